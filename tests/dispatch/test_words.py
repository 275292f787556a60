"""The phrase table: whole in every language, and checked before anybody says anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dispatch.channels.smpp.texts import MOST_PARTS, parts_of
from dispatch.words import LANGUAGES, PhraseError, about, knows, phrases, say, spoken
from dispatch.words.phrases import placeholders, read_phrases
from gateway.diagnosis.catalogue import LANGUAGES as OF_THE_CATALOGUE
from gateway.diagnosis.catalogue import catalogue
from gateway.kinds.registry import knowledges

KEPT = re.compile(r"\{\w*\}|Callahead|IBAN|BIC|PIN|°C")
"""What stays as it is in every language."""
ENGLISH = re.compile(r"\b(the|and|your|you|we|please|was|truck|car|fridge|payment|not|it|of|with|for)\b", re.IGNORECASE)
FOREIGN_SCRIPT = {"ru", "uk", "fa", "zh"}


@pytest.mark.parametrize("key", list(phrases()))
def test_every_phrase_is_whole_in_every_language(key: str) -> None:
    """The same placeholders, no English left over, and nothing said in two languages alike."""
    texts = phrases()[key].texts
    assert set(texts) == set(LANGUAGES) == set(OF_THE_CATALOGUE)
    for language in LANGUAGES[1:]:
        text = texts[language]
        assert placeholders(text) == placeholders(texts["en"])
        left = KEPT.sub("", text)
        if language in FOREIGN_SCRIPT:
            assert not re.search(r"[A-Za-z]", left), text
        assert not ENGLISH.search(left), text
        if re.search(r"[A-Za-z]{2}", KEPT.sub("", texts["en"])):
            assert text != texts["en"]


def test_ukrainian_is_not_russian_and_latvian_is_no_cyrillic() -> None:
    """Letters that the one has and the other has not stand where they belong."""
    for key, phrase in phrases().items():
        assert not re.search("[ыэёъ]", phrase.texts["uk"], re.IGNORECASE), key
        assert not re.search("[іїєґ]", phrase.texts["ru"], re.IGNORECASE), key
        assert not re.search("[\u0430-\u044f]", phrase.texts["lv"], re.IGNORECASE), key
        assert re.search("[\u0600-\u06ff]", phrase.texts["fa"]) or key.startswith("place"), key


def test_every_payment_and_every_fridge_part_has_words_of_its_own() -> None:
    """There the advice carries the content; a new cause cannot come without it."""
    for kind in ("payment", "fridge"):
        for part in catalogue(knowledges()[kind]).parts:
            assert knows(f"{kind}_{part}"), f"{kind}_{part}"


def test_english_words_for_payments_are_the_catalogues() -> None:
    """Whoever changes the advice there changes it here, in six languages."""
    for part, entry in catalogue(knowledges()["payment"]).parts.items():
        assert say(f"payment_{part}", "en") == entry.advice
    safety = catalogue(knowledges()["fridge"]).food_safety
    assert safety is not None
    assert say("fridge_food_unsafe", "en") == safety.says


def test_what_is_to_be_minded_names_parts_that_there_are() -> None:
    """A caution for no part would never be said."""
    there_are = {part for known in knowledges().values() for part in catalogue(known).parts}
    for key, phrase in phrases().items():
        assert set(phrase.parts) <= there_are, key
    assert about("hv_isolation", "caution") == ["caution_leave_car", "caution_no_cables"]
    assert about("tyre_slow_leak", "driving") == ["driving_air"]


def test_a_language_we_do_not_speak_is_english_and_a_region_is_no_language() -> None:
    """``lv-LV`` is Latvian, ``de`` English."""
    assert spoken("lv-LV") == "lv"
    assert spoken("zh-Hans-CN") == "zh"
    assert spoken("de") == "en"
    assert [spoken(one) for one in ("lav", "LV", "lv_LV", "rus", "ukr", "per", "zho")] == ["lv"] * 3 + [
        "ru",
        "uk",
        "fa",
        "zh",
    ]
    assert say("drive_on", "pt-BR") == "You can drive on."


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('[hello]\nen = "Hello."', "a text is missing in lv, ru, uk, fa, zh"),
        ('[hello]\nen = "{a}"\nlv = "{b}"\nru = "{a}"\nuk = "{a}"\nfa = "{a}"\nzh = "{a}"', "placeholders in lv"),
        ('[hello]\nde = "Hallo."', "de: no language of the table"),
        ('hello = "Hello."', "must be a table"),
        ("[hello", "not TOML"),
    ],
)
def test_a_mistake_in_the_table_is_told_by_file_entry_and_rule(tmp_path: Path, text: str, rule: str) -> None:
    """The author learns what to mend."""
    (tmp_path / "hello.toml").write_text(text, "utf-8")
    with pytest.raises(PhraseError, match=rule) as told:
        read_phrases(tmp_path)
    assert str(told.value).startswith("hello.toml: ")


def test_a_notice_says_its_figures() -> None:
    """Values go where the placeholders stand; one that is missing is a mistake."""
    assert say("notice_ring_within", "lv", minutes=10) == "Mēs jums piezvanīsim 10 min laikā."
    with pytest.raises(KeyError):
        say("notice_ring_within", "lv")


LETTERS_A_SECOND = {"en": 14.0, "lv": 13.0, "ru": 13.0, "uk": 13.0, "fa": 12.0, "zh": 4.2}
"""As they are read out on a telephone: 150 words a minute in English, 250 characters in Chinese [fit for the others]."""
LONGEST_SAID_S, LONGEST_VALUE = 20.0, 24
"""Whoever listens for longer has forgotten the beginning; and of what stands for a placeholder, in letters."""
OF_PAGES = ("page_", "subject_")
"""What is read on a page, and never said."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_takes_no_longer_than_anybody_listens(language: str) -> None:
    """Every sentence that an agent, a machine or a robot may say, with whatever stands for its placeholders."""
    value = LONGEST_VALUE // (3 if language == "zh" else 1)
    for key, phrase in phrases().items():
        text = phrase.texts[language]
        letters = len(re.sub(r"\{\w*\}", "", text)) + value * len(placeholders(text))
        assert key.startswith(OF_PAGES) or letters / LETTERS_A_SECOND[language] <= LONGEST_SAID_S, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_written_goes_into_an_sms(language: str) -> None:
    """What an owner is told of any part, with everything that may be answered."""
    answers = [phrase.texts[language] for key, phrase in phrases().items() if key.startswith("reply_")]
    for kind, known in knowledges().items():
        for part in catalogue(known).parts:
            own = phrases().get(f"{kind}_{part}")
            said = own.texts[language] if own is not None else say("maybe_device", language, part="x" * LONGEST_VALUE)
            text = " ".join([said, say("stop", language), say("notice_wait", language), *answers]).format(number=1)
            assert len(parts_of(text, "c-1/1")) <= MOST_PARTS, part
