"""Whom a dispatcher may send, as they read it before they act: the best first, each with what it costs and why. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.core.candidates import Candidate, TruckState
from dispatch.views.durations import waited

CAN_GO = {"sent", "free", "declined"}


@dataclass(frozen=True, slots=True)
class TruckChoice:
    """A truck. Times are POSIX seconds, spans seconds."""

    truck: str
    state: TruckState
    metres: float
    """The way, as the house reckons it; of one that is busy from where it will be through."""
    eta: float
    arrives_in_s: float
    sooner_s: float | None
    """Than the one that has the job; negative: later. ``None``: none has it."""
    late_s: float
    """Behind when help is due."""
    skills: tuple[str, ...]
    last_with: tuple[str, ...]
    """What no other free truck can do: sending it costs whoever needs that next."""
    why: str
    """For and against it."""


def choices(found: Sequence[Candidate], due: float, now: float) -> list[TruckChoice]:
    """Return candidates, in their order, with what each costs. ``due``: when help should be there."""
    sent = next((one for one in found if one.state == "sent"), None)
    able = [one for one in found if one.state in CAN_GO]
    free = Counter(skill for one in found if one.state == "free" for skill in one.skills)
    return [_choice(one, sent, able[0] if able else None, free, due, now) for one in found]


def _choice(  # noqa: PLR0917 - what one line is made of
    one: Candidate, sent: Candidate | None, best: Candidate | None, free: Counter[str], due: float, now: float
) -> TruckChoice:
    last = tuple(skill for skill in one.skills if one.state == "free" and free[skill] == 1)
    sooner = None if sent is None else round(sent.eta - one.eta, 1)
    late = max(0.0, round(one.eta - due, 1))
    why = "; ".join(_reasons(one, best, last, late, sooner))
    return TruckChoice(
        *(one.truck, one.state, one.metres, one.eta, round(one.eta - now, 1), sooner, late, one.skills, last, why)
    )


def _reasons(
    one: Candidate, best: Candidate | None, last: tuple[str, ...], late: float, sooner: float | None
) -> list[str]:
    said = {
        "sent": "it has the job",
        "free": "",
        "busy": "it has another job, and comes when that is done",
        "declined": "it declined this job",
        "unable": "it lacks the skill",
        "off_duty": "it is off duty",
    }
    behind = 0.0 if best is None else one.eta - best.eta
    found = [
        said[one.state],
        "the first to be there" if one is best else f"{waited(behind)} behind the first" if best is not None else "",
        f"{waited(sooner)} sooner than the one that has the job" if sooner and sooner > 0 else "",
        f"{waited(late)} late" if late else "",
        f"the last free one for {', '.join(last)}" if last else "",
        f"its arrival is a guess: {one.off_roads}" if one.off_roads else "",
    ]
    return [one for one in found if one]
