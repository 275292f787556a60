# ruff: noqa: RUF001 - written in six languages
"""What a word or a number that a customer writes means, as an answer to what they were offered. Pure.

A whole message is an answer only where it is nothing else: "1", "yes please", "STOP". Whatever says more is for a person to read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from dispatch.core.conversation.channels import Answer

LONGEST = 40
"""Characters of what may be an answer."""
_STOP = (
    *("stop", "stopall", "stop all", "unsubscribe", "opt out", "optout"),
    *("beigt", "atteikties", "nesūtīt", "nesutit"),
    *("стоп", "отписаться", "не писать", "отписать"),
    *("відписатися", "не писати"),
    *("توقف", "لغو", "لغو اشتراک", "قطع"),
    *("退订", "停止", "取消订阅", "td"),
)
_YES = (
    *("yes", "yes please", "y", "please do"),
    *("jā", "ja", "jā lūdzu", "ja ludzu"),
    *("да", "да пожалуйста", "ага"),
    *("так", "так будь ласка"),
    *("بله", "بله لطفا", "بله لطفاً", "آره"),
    *("是", "是的", "好", "好的", "要"),
)
_NO = (
    *("no", "no thanks", "no thank you", "n"),
    *("nē", "ne", "nē paldies", "ne paldies"),
    *("нет", "нет спасибо"),
    *("ні", "ні дякую"),
    *("نه", "خیر", "نه ممنون", "نه متشکرم"),
    *("不", "不要", "不用", "不用了", "没有"),
)
_WORDS: dict[Answer, tuple[str, ...]] = {
    Answer.UNDERSTOOD: (
        *("ok", "okay", "k", "thanks", "thank you", "understood", "got it", "👍", "🙏"),
        *("labi", "paldies", "saprotu", "sapratu", "skaidrs"),
        *("хорошо", "спасибо", "понял", "поняла", "понятно", "ок", "ладно"),
        *("добре", "дякую", "зрозуміло", "зрозумів", "зрозуміла"),
        *("باشه", "ممنون", "متشکرم", "فهمیدم", "مرسی"),
        *("谢谢", "知道了", "明白", "明白了", "收到"),
    ),
    Answer.NEEDS_NO_CALL: (
        *("no call", "no need to call", "dont call", "do not call"),
        *("nezvaniet", "zvans nav vajadzīgs", "nezvanīt"),
        *("не звоните", "звонок не нужен", "не надо звонить"),
        *("не телефонуйте", "не дзвоніть", "дзвінок не потрібен"),
        *("زنگ نزنید", "تماس نگیرید", "نیازی به تماس نیست"),
        *("不用打电话", "无需来电", "别打电话"),
    ),
    Answer.CALL_ME: (
        *("call", "call me", "please call", "call me now", "ring me"),
        *("zvaniet", "piezvaniet", "lūdzu zvaniet", "lūdzu piezvaniet"),
        *("позвоните", "звоните", "перезвоните", "позвоните мне"),
        *("зателефонуйте", "телефонуйте", "дзвоніть", "передзвоніть"),
        *("زنگ بزنید", "تماس بگیرید", "لطفا تماس بگیرید", "لطفاً زنگ بزنید"),
        *("请来电", "打电话", "请打电话", "给我打电话"),
    ),
    Answer.WANTS_HELP: (
        *("help", "help me", "send help", "please come"),
        *("palīdziet", "palīgā", "brauciet"),
        *("помогите", "приезжайте", "помощь"),
        *("допоможіть", "приїжджайте", "допомога"),
        *("کمک", "کمک کنید", "بیایید"),
        *("救命", "请来", "帮忙", "需要帮助"),
    ),
    Answer.WANTS_NO_HELP: (
        *("no help", "cancel", "dont come", "do not come"),
        *("nevajag", "nebrauciet", "palīdzība nav vajadzīga"),
        *("не надо", "не нужно", "не приезжайте", "помощь не нужна"),
        *("не треба", "не потрібно", "не приїжджайте"),
        *("لازم نیست", "نیایید", "کمک لازم نیست"),
        *("不需要", "别来", "不用来"),
    ),
    Answer.HAS_STOPPED: (
        *("stopped", "i stopped", "i have stopped", "parked"),
        *("apstājos", "apstājies", "esmu apstājies", "esmu apstājusies", "stāvu"),
        *("остановился", "остановилась", "стою", "я остановился", "я остановилась"),
        *("зупинився", "зупинилася", "стою", "я зупинився", "я зупинилася"),
        *("ایستادم", "توقف کردم", "نگه داشتم", "پارک کردم"),
        *("停了", "已停车", "停好了", "我停了"),
    ),
}
_MEANS_YES = (Answer.WANTS_HELP, Answer.HAS_STOPPED, Answer.UNDERSTOOD)
"""What "yes" is taken for, of what is offered: a notice that offers a call, or none, is not answered by it."""
_MEANS_NO = (Answer.WANTS_NO_HELP,)


def is_stop(text: str) -> bool:
    """Does somebody want no more messages here?"""
    return _plain(text) in _STOPS


def answer_in(text: str, offered: Sequence[Answer]) -> Answer | None:
    """Return which of what was offered somebody chooses; ``None``: they say something else."""
    said = _plain(text)
    number = _number(said)
    if number is not None:
        chosen = offered[number - 1] if 0 < number <= len(offered) else None
        return chosen if chosen is not Answer.PLACE else None  # which no number says
    meant = _MEANT.get(said, ())
    return next((one for one in meant if one in offered), None)


def language_of(text: str) -> str | None:
    """Return in which of our languages somebody writes, as their letters show it; ``None``: they do not."""
    letters = set(text.lower())
    if letters & set("پچژگکیۀآ") or any("\u0600" <= char <= "\u06ff" for char in letters):
        return "fa"
    if any("\u4e00" <= char <= "\u9fff" for char in letters):
        return "zh"
    if any("\u0400" <= char <= "\u04ff" for char in letters):
        return "uk" if letters & set("іїєґ") else "ru"
    return "lv" if letters & set("āēīūģķļņčšž") else None


def _plain(text: str) -> str:
    """Return a short text without capitals, marks and spaces that mean nothing."""
    if len(text) > LONGEST:
        return ""
    kept = "".join(char if _says_something(char) else " " for char in unicodedata.normalize("NFKC", text).lower())
    return " ".join(kept.replace("'", "").split())


def _says_something(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" or char in "'👍🙏"


def _number(said: str) -> int | None:
    """Return the number that it is, in whatever digits."""
    if not 0 < len(said) <= 2 or not said.isdecimal():  # noqa: PLR2004 - nobody is offered a hundred
        return None
    return int(said)


_STOPS = {_plain(word) for word in _STOP}
_MEANT: dict[str, tuple[Answer, ...]] = {}
for _answer, _words in _WORDS.items():
    for _word in _words:
        _MEANT[_plain(_word)] = (*_MEANT.get(_plain(_word), ()), _answer)
_MEANT |= {_plain(word): (*_MEANT.get(_plain(word), ()), *_MEANS_YES) for word in _YES}
_MEANT |= {_plain(word): (*_MEANT.get(_plain(word), ()), *_MEANS_NO) for word in _NO}
