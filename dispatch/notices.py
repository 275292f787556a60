"""What messages to owners say. Pure. Only what the ledger knows, in few words; English for now, whatever the language asked for.

A message that is shown beside a call says what broke, what is being done, when we ring, how to check that it is genuine, and
that nothing more need be done. Two in three customers who are told of something ring back because one of these is missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from gateway.finding import Domain, Drive, Finding, Help

GENUINE = "To check that this is genuine, ring the number on your contract."
_THING = {Domain.VEHICLE: "Your car", Domain.APPLIANCE: "Your fridge", Domain.PAYMENT: "Your bank"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a case is at when the message is written."""

    asks: bool
    """Nobody is sent before the customer has answered."""
    looks_for: Help | None
    """Who is being looked for, and has not said that they come."""
    rings_within_s: float | None
    """``None``: agents are behind, and when one is free nobody knows."""


def beside_call(finding: Finding, standing: Standing, language: str) -> str:
    """Return what is shown to an owner whom we are about to ring."""
    del language  # one so far
    must_stop = finding.drive is Drive.STOP_NOW
    said = [
        f"{_THING[finding.domain]} reports a fault: {'it may be ' if standing.asks else ''}{finding.name}.",
        "Please stop at the next safe place and do not drive on." if must_stop else "",
        _LOOKS_FOR.get(standing.looks_for, "") if standing.looks_for else "",
        f"We ring you {_within(standing.rings_within_s)}{' to ask what you need' if standing.asks else ''}.",
        f"You need do nothing {'else' if must_stop else 'until then'}.",
        GENUINE,
    ]
    return " ".join(filter(None, said))


def please_stop(finding: Finding, language: str) -> str:
    """Return what a driver's phone shows beside the car's own display."""
    del language  # one so far
    return f"Please stop at the next safe place and do not drive on: {finding.name}."


_LOOKS_FOR = {
    Help.ROADSIDE: "We are finding a patrol that comes to you.",
    Help.TOW: "We are finding a tow truck for you.",
    Help.TECHNICIAN: "We are finding a technician who comes to you.",
}


def _within(seconds: float | None) -> str:
    if seconds is None:
        return "as soon as an agent is free"
    minutes = math.ceil(seconds / 60)
    return f"within {minutes} minute{'s' if minutes > 1 else ''}"
