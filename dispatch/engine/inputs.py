"""What feeds the core in the live service: deliveries of links, and events that somebody waits to see stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from dispatch.core.events import Event
from dispatch.ledger.pipeline import Turn
from gateway.contract.topics import parse_topic
from gateway.errors import LineError
from gateway.intake.intake import Refusal
from gateway.links.handover.delivery import Delivery


class Stopped(LineError):  # noqa: N818 - says what happened
    """The service is being stopped; what was told has not been handled."""

    def __init__(self) -> None:
        super().__init__("the service is being stopped; send it again")


@dataclass(frozen=True, slots=True)
class AwaitedEvent:
    """An event that somebody waits to see stored. ``at``: when it came in, POSIX seconds."""

    event: Event
    at: float
    answer: asyncio.Future[Turn]
    seen: int | None = None
    """The version of the case that a dispatcher acts by."""


@dataclass(frozen=True, slots=True)
class MissedMessage:
    """What never came to us, since a broker of ours hung up on its sender for it. ``at``: when, POSIX seconds."""

    refusal: Refusal
    at: float


Input = Delivery | AwaitedEvent | MissedMessage


def came_in_at(item: Input) -> float:
    """Return when an input came in, POSIX seconds: that is its hour, not when its turn came."""
    return item.received_at if isinstance(item, Delivery) else item.at


def lane_of(item: Input) -> str:
    """Return whose turn it is with an input: a vendor's, and that of everybody who is no device."""
    if isinstance(item, AwaitedEvent):
        return ""
    return (item.refusal.device or "").partition("/")[0] if isinstance(item, MissedMessage) else _vendor(item.topic)


@lru_cache(maxsize=65_536)
def _vendor(topic: str) -> str:
    where = parse_topic(topic)
    return where.device.partition("/")[0] if where else topic.partition("/")[0]


def topic_of(item: Input) -> str:
    """Return the topic of a delivery; of everything else, none."""
    return item.topic if isinstance(item, Delivery) else ""


def give_up(inputs: Iterable[Input]) -> None:
    """Tell whoever waits that it was not handled. Deliveries stay unacknowledged and are delivered again."""
    for item in inputs:
        if isinstance(item, AwaitedEvent) and not item.answer.done():
            item.answer.set_exception(Stopped())
