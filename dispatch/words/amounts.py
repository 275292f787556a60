"""Sums of money and counts of things as readers of a language write them: what text messages say, that no browser writes. Pure.

After CLDR 46: decimal sign and digits, on which side the currency stands, which form of a word goes with a number. Sums are not
grouped: no bill of a device's is so long, and a sign that groups in one language divides in another.
"""

from __future__ import annotations

from typing import Literal

from dispatch.words.phrases import say, spoken

PluralForm = Literal["one", "few", "other"]
_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$", "UAH": "₴"}
"""Of currencies whose sign is nobody else's, or is mostly theirs; the others by their code."""
_BEHIND = {"lv", "ru", "uk"}
"""Where the currency stands behind the sum."""
_COMMA = {"lv", "ru", "uk"}
_PERSIAN = str.maketrans("0123456789.", "۰۱۲۳۴۵۶۷۸۹\N{ARABIC DECIMAL SEPARATOR}")
_TENS, _HUNDREDS = 10, 100


def amount_in(text: str, currency: str, language: str) -> str:
    """Return a sum, a decimal string of a currency's places, with its currency: ``12.40`` in EUR is ``€12.40`` or ``12,40 €``."""
    spoken_in = spoken(language)
    figures, sign = number_in(text, spoken_in), _SIGNS.get(currency, currency)
    if spoken_in in _BEHIND or spoken_in == "fa":
        return f"{figures} {sign}"
    return f"{sign}{figures}" if currency in _SIGNS else f"{sign} {figures}"


def number_in(text: str, language: str) -> str:
    """Return a decimal string as readers of a language write it."""
    spoken_in = spoken(language)
    if spoken_in == "fa":
        return text.translate(_PERSIAN)
    return text.replace(".", ",") if spoken_in in _COMMA else text


def counted(key: str, count: int, language: str) -> str:
    """Return a phrase with how many there are: of ``{key}_one``, ``{key}_few`` and ``{key}_other`` the one that fits."""
    return say(f"{key}_{plural(count, language)}", language, count=number_in(str(count), language))


def plural(count: int, language: str) -> PluralForm:
    """Return which form of a word goes with a number of things, 0 or more. Latvian's form for none is its ``other`` one here."""
    spoken_in, unit, teens = spoken(language), count % _TENS, 11 <= count % _HUNDREDS <= 14  # noqa: PLR2004 - eleven to fourteen
    match spoken_in:
        case "zh":
            return "other"
        case "lv":
            return "one" if unit == 1 and count % _HUNDREDS != 11 else "other"  # noqa: PLR2004 - eleven
        case "ru" | "uk":
            return "other" if teens or unit == 0 or unit > 4 else "one" if unit == 1 else "few"  # noqa: PLR2004 - two to four
        case "fa":
            return "one" if count <= 1 else "other"
        case _:
            return "one" if count == 1 else "other"
