"""Names for people who do not exist: common Latvian first and family names, put together by number."""

from __future__ import annotations

_FIRST = (
    "Anna",
    "Jānis",
    "Marta",
    "Artūrs",
    "Elza",
    "Kristaps",
    "Līga",
    "Edgars",
    "Ilze",
    "Mārtiņš",
    "Sofija",
    "Andris",
)
_FAMILY = (
    "Kalniņa",
    "Ozoliņš",
    "Liepa",
    "Krūmiņš",
    "Balode",
    "Zariņš",
    "Vītola",
    "Eglītis",
    "Siliņa",
    "Pētersons",
    "Roze",
)


def person_named(number: int) -> str:
    """Return the name with this number."""
    return f"{_FIRST[number % len(_FIRST)]} {_FAMILY[number // len(_FIRST) % len(_FAMILY)]}"
