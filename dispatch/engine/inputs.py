"""What feeds the core in the live service: deliveries of links, and events that somebody waits to see stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

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


def _nothing() -> None:
    """Nobody waits for it."""


@dataclass(frozen=True, slots=True)
class FromGateway:
    """What a gateway process made of messages of devices that are lent to it (``dispatch.gateways``).

    ``at``: when the last of them came in, POSIX seconds.
    """

    at: float
    taken: tuple[Delivery, ...] = ()
    """From these nothing follows but that their devices' twins have them, at the gateway."""
    frames: tuple[bytes, ...] = ()
    """The same, as the inbox keeps them."""
    decided: Callable[[], None] = _nothing
    """Is called when its turn comes."""
    stored: Callable[[], None] = _nothing
    """Is called once they are stored, with all that came before."""


Input = Delivery | AwaitedEvent | MissedMessage | FromGateway


def came_in_at(item: Input) -> float:
    """Return when an input came in, POSIX seconds: that is its hour, not when its turn came."""
    return item.received_at if isinstance(item, Delivery) else item.at


def deliveries_in(inputs: Sequence[Input]) -> list[Delivery]:
    """Return the deliveries among inputs, and behind them those that gateway processes took."""
    found = [item for item in inputs if isinstance(item, Delivery)]
    if len(found) < len(inputs):
        found += chain.from_iterable(item.taken for item in inputs if isinstance(item, FromGateway))
    return found


def lane_of(item: Input) -> str:
    """Return whose turn it is with an input: a vendor's, and that of everybody who is no device; gateway processes among them."""
    if not isinstance(item, Delivery):
        return ""
    return (item.refusal.device or "").partition("/")[0] if isinstance(item, MissedMessage) else _vendor(item.topic)


@lru_cache(maxsize=65_536)
def _vendor(topic: str) -> str:
    where = parse_topic(topic)
    return where.device.partition("/")[0] if where else topic.partition("/")[0]


def series_of(item: Input) -> str:
    """Return within what an input keeps its place: its device, which may use several topics; of a vendor's own topic, that."""
    return _series(item.topic) if isinstance(item, Delivery) else ""


@lru_cache(maxsize=65_536)
def _series(topic: str) -> str:
    where = parse_topic(topic)
    return where.device if where else topic


def give_up(inputs: Iterable[Input]) -> None:
    """Tell whoever waits that it was not handled. Deliveries stay unacknowledged and are delivered again."""
    for item in inputs:
        if isinstance(item, AwaitedEvent) and not item.answer.done():
            item.answer.set_exception(Stopped())
