"""In what condition the service is, in words: for the health paths, the console's banner and the metrics. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

LAG_S = 10.0
"""An input that waits so long is late for whoever it is about."""
OUTBOX_S = 60.0
"""A command that was not taken by the broker or the partner for so long is told of."""
STANDSTILL_S = 5.0
LOST_TOLD_S = 3_600.0
"""What of the store could not be read at the start is told of for so long: by then devices have told how they are."""
MOST_CALLS = 5
"""So many that are dialled by hand are told of one by one."""

Status = Literal["ok", "overloaded", "degraded"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known. Ages in seconds of the wall; ``None``: nothing is wrong, or there is no such thing."""

    store: str | None = None
    """Why the store takes nothing."""
    disk: str | None = None
    """Why what devices send cannot be kept."""
    broker: str | None = None
    """Why there is no connection to the broker."""
    bluetooth: str | None = None
    gateways: tuple[str, ...] = ()
    """Which gateway processes are away."""
    telephone: tuple[str, ...] = ()
    """What is wrong with telephone lines, and which calls are dialled by hand."""
    lost: tuple[str, ...] = ()
    """What of the store could not be read at the start."""
    waiting: int = 0
    """Inputs that wait for their turn."""
    lag_s: float = 0.0
    """For how long the oldest of them has waited."""
    thinning: bool = False
    """There is a backlog, in which older statuses are not looked at."""
    outbox_age_s: float = 0.0
    standstill_s: float = 0.0
    doors: tuple[str, ...] = ()
    """Why customers are not written to, or not heard, on some channels."""


@dataclass(frozen=True, slots=True)
class Condition:
    """``ready``: messages are taken and stored. ``reasons`` say what is wrong, the worst first."""

    status: Status
    ready: bool
    reasons: tuple[str, ...]


def condition(facts: Facts) -> Condition:
    """Judge. What keeps messages from being taken or stored makes the service not ready; all else it bears."""
    blocked = list(_blocked(facts))
    hurt = list(_hurt(facts))
    crowded = list(_crowded(facts))
    status: Status = "degraded" if blocked or hurt else "overloaded" if crowded else "ok"
    return Condition(status, not blocked, (*blocked, *hurt, *crowded))


def _blocked(facts: Facts) -> Iterator[str]:
    if facts.store is not None:
        yield facts.store
    if facts.disk is not None:
        yield facts.disk
    if facts.broker is not None:
        yield f"no broker: {facts.broker}"


def _hurt(facts: Facts) -> Iterator[str]:
    if facts.bluetooth is not None:
        yield f"no Bluetooth: {facts.bluetooth}"
    yield from facts.gateways
    yield from facts.telephone[:MOST_CALLS]
    if len(facts.telephone) > MOST_CALLS:
        yield f"{len(facts.telephone) - MOST_CALLS} more calls are dialled by hand"
    yield from facts.doors
    yield from facts.lost
    if facts.outbox_age_s > OUTBOX_S:
        yield f"the oldest command was decided {facts.outbox_age_s:.0f} s ago and is not carried out"
    if facts.standstill_s > STANDSTILL_S:
        yield f"the service stood still for {facts.standstill_s:.0f} s within the last minute"


def _crowded(facts: Facts) -> Iterator[str]:
    if facts.thinning or facts.lag_s > LAG_S:
        yield f"{facts.waiting} messages wait, the oldest for {facts.lag_s:.0f} s"
    if facts.thinning:
        yield "statuses that a newer one overtakes are not looked at; faults always are"
