"""What is said of a part: its name and, where it has them, words of its own. Alone among the words it reads the catalogue."""

from __future__ import annotations

from dispatch.words.phrases import knows, say
from gateway.diagnosis.catalogue import name_in
from gateway.finding import Domain, Drive, Finding, Help

CATALOGUE = {Domain.VEHICLE: "car", Domain.APPLIANCE: "fridge", Domain.PAYMENT: "payment"}
_FOOD_UNSAFE = "fridge_food_unsafe"


def part_in(finding: Finding, language: str) -> str:
    """Return the part's name in a language; in English where the catalogue does not have the part."""
    return name_in(CATALOGUE[finding.domain], finding.part, language) or finding.name


def own_words(finding: Finding) -> str | None:
    """Return the key of what is said of this part and no other; ``None``: its name is all there is."""
    if finding.domain is Domain.APPLIANCE and finding.advice == say(_FOOD_UNSAFE, "en"):
        return _FOOD_UNSAFE
    key = f"{CATALOGUE[finding.domain]}_{finding.part}"
    return key if knows(key) else None


def goods(finding: Finding) -> str:
    """Return what runs low, as its vendor calls it."""
    return ", ".join(one.name for one in finding.lines) or finding.name


def message(finding: Finding, language: str, sought: Help | None) -> str:
    """Return what an owner is shown whom nobody rings.

    ``sought``: what is being looked for and has not been promised; ``None``: nothing.
    """
    said = [_broken(finding, language)]
    if finding.drive in _DRIVE:
        said.append(say(_DRIVE[finding.drive], language))
    if sought in SOUGHT:
        said.append(say(SOUGHT[sought], language))
    return " ".join(said)


_DRIVE = {Drive.STOP_NOW: "stop", Drive.TO_WORKSHOP: "to_workshop", Drive.YES: "drive_on"}
SOUGHT: dict[Help | None, str] = {
    Help.ROADSIDE: "help_finding",
    Help.TOW: "help_finding",
    Help.TECHNICIAN: "visit_finding",
    Help.SUPPLIES: "goods_finding",
}
"""What is said of what is looked for and has not been promised."""


def _broken(finding: Finding, language: str) -> str:
    if finding.remedy.help is Help.SUPPLIES:
        return say("low_stock", language, name=goods(finding))
    key = own_words(finding)
    return say(key, language) if key else say(f"fault_{finding.domain}", language, part=part_in(finding, language))
