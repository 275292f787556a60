"""What is said of a part: its name and, where it has them, words of its own. Alone among the words it reads the catalogue."""

from __future__ import annotations

from dispatch.words.phrases import beginning, knows, say
from gateway.diagnosis.catalogue import name_in
from gateway.diagnosis.knowledge import Knowledge
from gateway.errors import InternalError
from gateway.finding import Drive, Finding, Help
from gateway.kinds.registry import kinds

_FOOD_UNSAFE, _URGENT = "food_unsafe", "urgent_"


class NothingBreaks(InternalError):  # noqa: N818 - says what happened
    """A finding is about a kind of device that has no parts."""


def part_in(finding: Finding, language: str) -> str:
    """Return the part's name in a language; in English where the catalogue does not have the part."""
    return name_in(_knowledge(finding), finding.part, language) or finding.name


def catalogue_of(finding: Finding) -> str:
    """Return the name of the catalogue that the finding's part stands in."""
    return _knowledge(finding).name


def own_words(finding: Finding) -> str | None:
    """Return the key of what is said of this part and no other; ``None``: its name is all there is."""
    kind = catalogue_of(finding)
    urgent = _urgent(finding, kind)
    if urgent:
        return urgent
    key = f"{kind}_{finding.part}"
    return key if knows(key) else None


def _urgent(finding: Finding, kind: str) -> str | None:
    """Return the key of what is said where something matters more than the part: it is the finding's advice."""
    keys = (f"{kind}_{_FOOD_UNSAFE}", *beginning(f"{kind}_{_URGENT}"))
    return next((key for key in keys if knows(key) and finding.advice == say(key, "en")), None)


def broken_in(finding: Finding, *, sure: bool) -> str:
    """Return the key of what is said of a device that reports a fault; its kind's words, where it has any."""
    line = "fault" if sure else "maybe"
    key = f"{line}_{_knowledge(finding).name}"
    return key if knows(key) else f"{line}_device"


def _knowledge(finding: Finding) -> Knowledge:
    """Return where the finding's part stands: each kind's words begin with the name of its catalogue."""
    known = kinds().knowledge_of(finding)
    if known is None:
        raise NothingBreaks(f"{finding.key}: nothing is known to break in a {finding.kind}")
    return known


def goods(finding: Finding) -> str:
    """Return what runs low, as its vendor calls it."""
    return ", ".join(one.name for one in finding.lines) or finding.name


def message(finding: Finding, language: str, sought: Help | None, *, has_stopped: bool = False) -> str:
    """Return what an owner is shown whom nobody rings.

    ``sought``: what is being looked for and has not been promised; ``None``: nothing. ``has_stopped``: as they said.
    """
    said = [_broken(finding, language)]
    if finding.drive in _DRIVE:
        said.append(
            say(
                stop_key(has_stopped=has_stopped) if finding.drive is Drive.STOP_NOW else _DRIVE[finding.drive],
                language,
            )
        )
    if sought in SOUGHT:
        said.append(say(SOUGHT[sought], language))
    if finding.remedy.help is Help.WAIT:
        said.append(say("notice_wait", language))
    return " ".join(said)


def may_pass(finding: Finding, language: str) -> str:
    """Return what an owner is shown whom nobody rings before it has shown whether it passes."""
    return f"{say(broken_in(finding, sure=False), language, part=part_in(finding, language))} {say('notice_may_pass', language)}"


def stop_key(*, has_stopped: bool) -> str:
    """Return what is said of a car that must not be driven on: who said that it stands is not asked to stop again."""
    return "stay_stopped" if has_stopped else "stop"


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
    if key:
        return say(key, language)
    return say(broken_in(finding, sure=True), language, part=part_in(finding, language))
