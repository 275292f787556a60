"""Who really spoke in a call, for the scorecard alone: the service never sees it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrueTalk:
    """Who really spoke."""

    call: str
    attempt: int
    enrolled: bool
    impostor: bool
