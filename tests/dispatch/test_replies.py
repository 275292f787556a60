# ruff: noqa: RUF001 - written in six languages
"""What a customer's word means as an answer: in six languages, in any digits, and nothing where they say more than that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.conversation.channels import Answer
from dispatch.core.conversation.replies import answer_in, is_stop, language_of

ASKED = (Answer.WANTS_HELP, Answer.WANTS_NO_HELP, Answer.CALL_ME)
NOTICE = (Answer.NEEDS_NO_CALL, Answer.CALL_ME)
STOP_NOW = (Answer.HAS_STOPPED, Answer.CALL_ME)


@pytest.mark.parametrize("said", ["1", " 1.", "1!", "１", "۱", "١", "(1)"])
def test_a_number_chooses_in_any_digits(said: str) -> None:
    """A number chooses in any digits."""
    assert answer_in(said, NOTICE) is Answer.NEEDS_NO_CALL


@pytest.mark.parametrize("said", ["0", "3", "1 2", "11", "1st", "½", "", "9" * 50])
def test_a_number_that_was_not_offered_chooses_nothing(said: str) -> None:
    """A number that was not offered chooses nothing."""
    assert answer_in(said, NOTICE) is None


@pytest.mark.parametrize(
    "said", ["yes", "Yes please!", "JĀ", "jā, lūdzu", "да", "Так", "بله", "بله، لطفاً", "是", "好的。"]
)
def test_yes_wants_help_where_that_was_asked(said: str) -> None:
    """Yes wants help where that was asked."""
    assert answer_in(said, ASKED) is Answer.WANTS_HELP
    assert answer_in(said, NOTICE) is None  # to what?


@pytest.mark.parametrize("said", ["no", "No, thanks", "nē", "Нет", "ні", "نه", "خیر", "不用了"])
def test_no_wants_none_where_that_was_asked(said: str) -> None:
    """No wants none where that was asked."""
    assert answer_in(said, ASKED) is Answer.WANTS_NO_HELP
    assert answer_in(said, NOTICE) is None


@pytest.mark.parametrize("said", ["Call me!", "Zvaniet", "позвоните", "Передзвоніть", "لطفا تماس بگیرید", "请来电"])
def test_who_wants_to_be_rung_says_so(said: str) -> None:
    """Who wants to be rung says so."""
    assert {answer_in(said, asked) for asked in (ASKED, NOTICE, STOP_NOW)} == {Answer.CALL_ME}


@pytest.mark.parametrize(
    "said", ["Stopped", "esmu apstājusies", "остановилась", "зупинився", "توقف کردم", "停好了", "yes"]
)
def test_a_car_that_stands_is_no_wish_for_silence(said: str) -> None:
    """A car that stands is no wish for silence."""
    assert answer_in(said, STOP_NOW) is Answer.HAS_STOPPED
    assert not is_stop(said)


@pytest.mark.parametrize("said", ["STOP", "Stop!", "unsubscribe", "Atteikties", "СТОП", "відписатися", "لغو", "退订"])
def test_stop_is_stop(said: str) -> None:
    """Stop is stop."""
    assert is_stop(said)
    assert answer_in(said, STOP_NOW) is None


@pytest.mark.parametrize(
    "said",
    ["stop the truck, I am at home", "1 is not what I need", "yes but not today", "call my wife", "нет, позвоните"],
)
def test_whoever_says_more_is_read_by_a_person(said: str) -> None:
    """Whoever says more is read by a person."""
    assert not is_stop(said)
    assert {answer_in(said, asked) for asked in (ASKED, NOTICE, STOP_NOW)} == {None}


def test_no_word_or_number_says_a_place() -> None:
    """No word or number says a place."""
    assert answer_in("1", (Answer.PLACE, Answer.CALL_ME)) is None
    assert answer_in("2", (Answer.PLACE, Answer.CALL_ME)) is Answer.CALL_ME


@given(st.text(max_size=60), st.lists(st.sampled_from(list(Answer)), unique=True))
def test_an_answer_is_one_that_was_offered(said: str, offered: list[Answer]) -> None:
    """An answer is one that was offered."""
    assert answer_in(said, offered) in {None, *offered}
    assert is_stop(said) in {True, False}
    assert language_of(said) in {None, "lv", "ru", "uk", "fa", "zh"}


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Kur jūs esat?", "lv"),
        ("Где вы?", "ru"),
        ("Де ви є?", "uk"),
        ("کجا هستید؟", "fa"),
        ("你在哪里？", "zh"),
        ("hello", None),
    ],
)
def test_letters_show_the_language(said: str, language: str | None) -> None:
    """Letters show the language."""
    assert language_of(said) == language
