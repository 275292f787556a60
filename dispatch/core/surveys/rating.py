# ruff: noqa: RUF001 - written in six languages
"""What a customer gives who was asked for one to five: a digit of any script, a word, stars. Pure.

Whoever says more than that, but for thanks or what follows a comma, has something to say that a person reads: "2 days I wait" is
no rating.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from dispatch.core.conversation.channels import Channel
from dispatch.core.surveys.asked import EVERY_S, AskedSurvey
from dispatch.core.surveys.model import LEAST, MOST

LONGEST = 300
"""Characters: who writes more, writes to a person."""
STARS = frozenset("★⭐🌟")
_NUMBERS: dict[int, tuple[str, ...]] = {
    1: ("one", "viens", "vieninieks", "один", "единица", "одиниця", "یک", "一"),
    2: ("two", "divi", "divnieks", "два", "двойка", "двійка", "دو", "二", "两"),
    3: ("three", "trīs", "tris", "trijnieks", "три", "тройка", "трійка", "سه", "三"),
    4: ("four", "četri", "cetri", "četrinieks", "четыре", "четверка", "чотири", "четвірка", "چهار", "四"),
    5: ("five", "pieci", "piecinieks", "пять", "пятерка", "п'ять", "п'ятірка", "پنج", "五"),
}
_SAID = {word: number for number, words in _NUMBERS.items() for word in words}
_LEAD = re.compile(
    r"(rating|score|i give|i rate|my rating|vērtējums|dodu|оценка|ставлю|оцінка|امتیاز|نمره|评分|打分|我给|给)[\s:=-]*"
)
_FIRST = re.compile(r"(?P<said>\d+|[一二两三四五]|[^\W\d]+(?:'[^\W\d]+)*)(?P<rest>.*)", re.DOTALL)
_OUT_OF = re.compile(r"\s*(/|of|out of|из|з|із|no|از)\s*5(?!\d)")
_BREAK = re.compile(r"\s*([;:!?。，；：！？…(]|[.,–—-](?!\d)|$)")
"""What comes behind it is something else that they say."""
_CHINESE = re.compile(r"(颗星|星|分(?!钟))(谢谢|很好|很差|因为|但|$|[^\w])|(谢谢|很好|很差|因为|但)")
_MAY_FOLLOW = frozenset(
    {
        *("thanks", "thank", "thx", "please", "stars", "star", "points", "point", "because", "but", "good", "bad"),
        *("very", "great", "excellent", "terrible", "ok", "okay"),
        *("paldies", "zvaigznes", "punkti", "jo", "bet", "labi", "slikti", "ļoti"),
        *("спасибо", "звезд", "звезды", "балла", "баллов", "балл", "потому", "но", "хорошо", "плохо", "очень"),
        *("дякую", "зірок", "зірки", "бали", "балів", "бал", "бо", "але", "добре", "погано", "дуже"),
        *("ممنون", "متشکرم", "مرسی", "ستاره", "چون", "ولی", "اما", "خوب", "بد", "خیلی"),
    }
)
"""A word behind it that makes no other thing of it."""


@dataclass(frozen=True, slots=True)
class WrittenReply:
    """What a customer wrote. ``at``: POSIX seconds; ``answers``: key of the message that it is said to answer, or empty."""

    text: str
    channel: Channel
    at: float
    answers: str = ""


def rating_in(text: str) -> int | None:
    """Return what somebody gives, 1 to 5; ``None``: it is no rating, and for a person to read."""
    said = unicodedata.normalize("NFKC", text).strip().lower().replace("ё", "е").replace("’", "'")
    if not said or len(said) > LONGEST:
        return None
    if said[0] in STARS:
        return _stars(said)
    found = _FIRST.match(_LEAD.sub("", said, count=1) if _LEAD.match(said) else said)
    if found is None:
        return None
    number = _number(found["said"])
    return number if number is not None and _is_all(found["rest"]) else None


def _number(said: str) -> int | None:
    """Return which of the five a word or a digit is; ``None``: none of them."""
    number = int(said) if said.isdecimal() and len(said) == 1 else _SAID.get(said, 0)
    return number if LEAST <= number <= MOST else None


def _is_all(rest: str) -> bool:
    """Is there nothing behind it that makes another thing of it, as in "3 people" or "4.5"?"""
    rest = _OUT_OF.sub("", rest, count=1) if _OUT_OF.match(rest) else rest
    if _BREAK.match(rest) is not None or not any(one.isalnum() for one in rest):
        return True
    word = re.match(r"\s+([^\W\d]+)", rest)
    follows = word is not None and word[1] in _MAY_FOLLOW
    return follows or "\n" in rest[:2] or _CHINESE.match(rest) is not None


def _stars(said: str) -> int | None:
    """Return how many stars are full; empty ones may follow."""
    full = sum(one in STARS for one in said)
    return full if LEAST <= full <= MOST and not any(one.isalnum() for one in said) else None


def rating_of(asked: AskedSurvey | None, said: WrittenReply) -> int | None:
    """Return what somebody who writes gives for the talk that they were asked about; ``None``: they write something else.

    A word that answers what was asked since is for whoever calls to look at first.
    """
    if asked is None or asked.channel is not said.channel or said.at - asked.asked_at > EVERY_S:
        return None
    if said.answers and said.answers != asked.message:
        return None
    return rating_in(said.text)


def words_beside(text: str) -> str:
    """Return what somebody wrote who gave a number; empty where it is nothing but that."""
    said = text.strip()
    return "" if len(said) == 1 else said
