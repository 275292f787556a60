"""Which articles an agent is shown: by words of six languages, by the case, by what became of them; and when none is."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.channels.knowledge.articles import ArticleError, articles, read_articles
from dispatch.channels.knowledge.index import FullText, full_text
from dispatch.channels.listener.heard import KEPT_S, MOST_CALLS, HeardWords
from dispatch.channels.listener.recognisers import NoModel, VoskListener
from dispatch.core.hints.context import HintContext
from dispatch.core.hints.counts import PRIOR, HintCounts
from dispatch.core.hints.events import HintJudged, Verdict
from dispatch.core.hints.ranking import MOST, SURE, hints, ordered
from dispatch.core.hints.words import terms
from dispatch.words import LANGUAGES

NOTHING = HintContext()
FLAT = HintContext("car", "battery_12v", "roadside")


def shown(said: str, context: HintContext = NOTHING, counts: HintCounts | None = None) -> list[str]:
    """Return what an agent is shown."""
    found = hints(articles().values(), full_text().find(said), context, counts or HintCounts())
    return [one.article.article for one in found]


@pytest.mark.parametrize(
    ("said", "article"),
    [
        ("My wallet was stolen, please block my bank card", "card_lost"),
        ("Lūdzu bloķējiet manu karti, man nozaga maku", "card_lost"),
        ("Стиралка не сливает воду", "washer_no_drain"),
        ("Забула пароль, як його скинути?", "app_password"),
        ("موتور جوش آورده و بخار بیرون می‌آید", "car_overheats"),
        ("洗衣机不进水", "washer_no_water"),
    ],
)
def test_who_says_it_plainly_is_understood_in_each_language(said: str, article: str) -> None:
    """Whatever the case, the accents and the endings."""
    assert shown(said)[0] == article
    assert shown(said.upper())[0] == article


@pytest.mark.parametrize(
    "said",
    ["", "   ", "?!", "asdf qwer zxcv", "Haluaisin tietää milloin kirjasto aukeaa", '" OR article:*', "NEAR(" * 50],
)
def test_who_is_not_understood_is_shown_nothing(said: str) -> None:
    """Silence, a language nobody speaks, what only looks like a query."""
    assert shown(said) == []


@given(st.text(max_size=300))
def test_whatever_is_said_at_most_three_are_shown_the_likeliest_first(said: str) -> None:
    """Never an error, and the first is likelier right than not."""
    found = hints(articles().values(), full_text().find(said), NOTHING, HintCounts())
    assert len(found) <= MOST
    assert found == sorted(found, key=lambda one: (-one.sure, one.article.article))
    assert not found or found[0].sure >= SURE
    assert sum(one.sure for one in found) <= 1.0 + 1e-9


def test_what_broke_says_what_may_help_before_anybody_says_a_word() -> None:
    """A part or a reason does; a kind alone does not."""
    assert shown("", FLAT)[0] == "car_battery_flat"
    assert shown("", HintContext(flow="new_payee", reason="payee_name"))[0] == "pay_name"
    assert shown("", HintContext("car")) == []


def test_what_they_say_goes_before_what_broke() -> None:
    """Of somebody whose car stands, who rings since their card is gone."""
    assert shown("I lost my bank card, block it please", FLAT)[0] == "card_lost"


def said_of(article: str, *verdicts: Verdict, about: str = "") -> HintCounts:
    """Return counts behind verdicts."""
    counts = HintCounts()
    for number, verdict in enumerate(verdicts):
        counts.judged(HintJudged(f"in/{number}", "a", article, verdict, about))
    return counts


def test_what_helped_moves_up_where_a_call_is_about_the_same_and_less_elsewhere() -> None:
    """The share of good verdicts, beside four of the prior's; nothing is moved where nothing was said."""
    counts = said_of("car_keys", "used", "helpful", "helpful", about="car/key_fob")
    assert counts.favours("card_lost", "") == 0.0
    anywhere, here = counts.favours("car_keys", "car/tyre"), counts.favours("car_keys", "car/key_fob")
    assert 0.0 < anywhere < here
    share = (3 + PRIOR * 0.5) / (3 + PRIOR)
    assert anywhere == pytest.approx(math.log(share / (1 - share)))
    assert said_of("car_keys", "overridden", "not_helpful").favours("car_keys", "") < 0.0


def test_verdicts_change_the_order_and_bring_up_nothing_that_does_not_fit() -> None:
    """Two that fit alike change places; one that has nothing to do with it stays out, however good it was."""
    logs_in = HintContext(flow="log_in")
    first, second, *_ = [one.article.article for one in ordered(articles().values(), {}, logs_in, HintCounts())]
    assert {first, second} == {"app_code", "app_log_in"}
    counts = said_of(second, "used", "helpful")
    assert ordered(articles().values(), {}, logs_in, counts)[0].article.article == second
    assert shown("", NOTHING, said_of("card_lost", *["helpful"] * 50)) == []


def test_counts_are_written_down_and_taken_up() -> None:
    """As a snapshot does."""
    counts, later = said_of("car_keys", "used", "overridden", about="car/key_fob"), HintCounts()
    later.stand(counts.standing())
    assert later.standing() == counts.standing()
    assert later.favours("car_keys", "car/key_fob") == counts.favours("car_keys", "car/key_fob")


def test_every_article_is_written_in_every_language() -> None:
    """At least 45, each about something that there is."""
    assert len(articles()) >= 45
    assert all(tuple(one.texts) == LANGUAGES for one in articles().values())


WRITTEN = """
[keys]
kinds = ["car"]
parts = ["key_fob"]
[keys.lv]
title = "Atslēgas"
questions = ["Kur ir atslēgas?"]
also = "pults"
answer = ["Kabatā."]
went_wrong = "Tās bija kabatā."
next_time = "Skatieties kabatā."
"""


def read(folder: Path, text: str) -> dict[str, object]:
    """Read one file."""
    (folder / "own.toml").write_text(text, "utf-8")
    return dict(read_articles(folder))


def test_without_a_translation_it_is_shown_in_another_language_and_says_so(tmp_path: Path) -> None:
    """It is a state, and no mistake: it is found, and read as it is written."""
    (tmp_path / "own.toml").write_text(WRITTEN, "utf-8")
    article = read_articles(tmp_path)["keys"]
    russian = article.in_language("ru-RU")
    assert (russian.language, russian.wanted) == ("lv", "ru")
    assert article.in_language("lv").language == article.in_language("lv").wanted == "lv"
    assert list(FullText([article]).find("kur manas atslēgas")) == ["keys"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda text: text.replace("[keys.lv]", "[keys.xx]"), "xx: neither a language of the house"),
        (lambda text: text.replace("key_fob", "key_bob"), "parts: key_bob: there is no such thing"),
        (lambda text: text.replace('["car"]', '"car"'), "kinds: must be a list of names"),
        (lambda text: text.replace('also = "pults"', ""), "lv: also: is missing"),
        (lambda text: text.replace('["Kabatā."]', "[]"), "lv: answer: must be a list of sentences, and not empty"),
        (
            lambda text: text.replace('title = "Atslēgas"', 'title = " "'),
            "lv: title: must be a sentence, and not empty",
        ),
        (lambda text: text + 'colour = "red"', "lv: colour: is no part of an article"),
        (lambda _: "[keys]\nkinds = []", "is written in no language"),
        (lambda _: "keys = 1", "must be a table"),
    ],
)
def test_what_is_wrong_is_told_by_file_entry_and_rule(tmp_path: Path, change: Callable[[str], str], rule: str) -> None:
    """To whoever wrote it."""
    with pytest.raises(ArticleError, match=f"^own.toml: keys: {rule}"):
        read(tmp_path, change(WRITTEN))


def test_a_file_that_is_no_toml_and_a_name_that_stands_twice(tmp_path: Path) -> None:
    """Likewise."""
    with pytest.raises(ArticleError, match=r"^own\.toml: file: not TOML"):
        read(tmp_path, "[keys")
    (tmp_path / "later.toml").write_text(WRITTEN, "utf-8")
    with pytest.raises(ArticleError, match=r"^own\.toml: keys: an article of that name"):
        read(tmp_path, WRITTEN)


def test_words_are_folded_and_cut_and_chinese_is_taken_in_pairs() -> None:
    """Latvian without its marks, Persian in either spelling, Russian whatever it ends with."""
    assert terms("Akumulators") == terms("AKUMULĀTORS") == ["akum", "akumul"]
    assert terms("يك كارت") == terms("یک کارت")
    assert set(terms("холодильник")) == set(terms("холодильнике"))
    assert terms("没电") == ["没", "电", "没电"]


def test_what_was_said_is_remembered_for_minutes_and_of_few_calls() -> None:
    """And by nobody else: it is no row."""
    heard = HeardWords()
    heard.caption("in/1", "my card is gone", 1_000.0)
    heard.caption("in/2", "it is cold", 1_000.0 + KEPT_S / 2)
    assert heard.of("in/1", 1_001.0) == ["my card is gone"]
    assert heard.of("in/1", 1_001.0 + KEPT_S) == []
    for number in range(2 * MOST_CALLS):
        heard.caption(f"in/x{number}", "hello", 1_010.0 + KEPT_S)
    assert heard.of("in/2", 1_010.0 + KEPT_S) == []


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    """Before the library is asked for."""
    with pytest.raises(NoModel, match="is no Vosk model"):
        VoskListener(tmp_path)
