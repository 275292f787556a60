"""What the doctor finds of one thing, and how bad that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a thing stands."""

    OK = "ok"
    ABSENT = "absent"
    """It is not there, and only wanted for something that not everybody does."""
    POOR = "poor"
    """It will do for trying, not for a fleet."""
    BAD = "bad"
    """Nothing works without it."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """``found``: what is there, in words; ``todo``: what to do about it, empty where nothing is to be done."""

    what: str
    state: State
    found: str
    todo: str = ""
