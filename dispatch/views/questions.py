"""What an agent has to ask before anybody can be sent: the one rule, for the agent's screen and for simulated agents. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.core.case import nobody_would_come
from dispatch.core.policy import PlaceGate, Policy
from gateway.finding import Finding, Grade, Help, Place, Remedy, somebody_comes


@dataclass(frozen=True, slots=True)
class Questions:
    """What is to be asked on a call."""

    where: bool
    """Nobody was sent because we do not know well enough where it is."""
    help: bool
    """Nobody was sent because we are not sure what is broken: shall somebody come?"""
    where_if_wanted: bool
    """By the diagnosis nobody need come, and we do not know well enough where it is: asked of who wants somebody all the same."""
    help_if_wanted: bool
    """By the diagnosis nobody need come: who wants somebody all the same says so, and wherever it is, it is heard."""
    gate: PlaceGate
    """What the place is good for: a doubtful one is confirmed, of none is asked openly."""


def what_to_ask(
    finding: Finding | None,
    place: Place | None,
    *,
    nobody_sent: bool,
    answered: bool = False,
    asked_for_help: bool = False,
    policy: Policy,
    now: float,
) -> Questions:
    """Return what is to be asked at ``now``, POSIX seconds.

    ``finding``: what leads the case, ``None`` where a customer rings in and nothing is known to be broken.
    ``place``: the case's, which the customer may have told. ``nobody_sent``: the case is open, and neither a truck nor
    an order stands. ``answered``: the customer has said whether somebody shall come. ``asked_for_help``: that somebody shall,
    where by the diagnosis alone nobody would.
    """
    gate = policy.gate(place, now)
    if finding is None:
        return Questions(where=True, help=False, where_if_wanted=False, help_if_wanted=False, gate=gate)
    unknown = nobody_sent and gate is not PlaceGate.GOOD
    wanted = unknown and not finding.sends and _is_towed(somebody_comes(finding.domain, finding.remedy))
    return Questions(
        where=(unknown and _is_towed(finding.remedy)) or (wanted and asked_for_help),
        help=asks_help(finding, nobody_sent=nobody_sent, answered=answered),
        where_if_wanted=wanted and not asked_for_help,
        help_if_wanted=nobody_would_come(finding, nobody_sent=nobody_sent) and not asked_for_help,
        gate=gate,
    )


def _is_towed(remedy: Remedy) -> bool:
    """Has a truck to find it?"""
    return remedy.help in {Help.ROADSIDE, Help.TOW}


def asks_help(finding: Finding, *, nobody_sent: bool, answered: bool) -> bool:
    """Is the customer to be asked before anybody is sent?"""
    return nobody_sent and not answered and finding.grade is Grade.ASK and finding.sends
