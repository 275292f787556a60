"""Plays a recording to a broker, with the pauses it was recorded with, or faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from gateway.contract.broker_address import BrokerAddress
from scenarios.vendor_kit.connection import Connection
from scenarios.vendor_kit.heard import HeardMessage, KitError
from scenarios.vendor_kit.played import Played

WINDOW = 100
"""Messages sent and not yet acknowledged."""


def play(
    address: BrokerAddress,
    messages: Sequence[HeardMessage],
    speed: float,
    progress: Callable[[float], None] | None = None,
) -> Played:
    """Publish the messages in their order; ``speed``: recorded seconds to a real one. Raises ``KitError``."""
    refused: list[tuple[str, str]] = []
    with Connection(address) as line:
        _check_version(line, messages)
        under_way: dict[int, HeardMessage] = {}
        for number, heard in enumerate(_paced(messages, speed), 1):
            under_way[line.publish(heard)] = heard
            if len(under_way) >= WINDOW:
                refused += _settle(line, under_way)
            if progress:
                progress(number / len(messages))
        while under_way:
            refused += _settle(line, under_way)
        return Played(len(messages), tuple(refused), line.version)


def _settle(line: Connection, under_way: dict[int, HeardMessage]) -> list[tuple[str, str]]:
    number, reason = line.outcome()
    heard = under_way.pop(number)
    return [(heard.topic, str(reason))] if reason.is_failure else []


def _check_version(line: Connection, messages: Sequence[HeardMessage]) -> None:
    """An event in binary mode is nothing without its properties, and MQTT 3.1.1 has none."""
    binary = sum(1 for heard in messages if heard.properties)
    if binary and line.version != "5":
        message = (
            f"{binary} messages have user properties, which {line.address} cannot carry: it speaks MQTT 3.1.1. "
            "Use a broker that speaks 5 (Mosquitto), or structured mode"
        )
        raise KitError(message)


def _paced(messages: Sequence[HeardMessage], speed: float) -> Iterator[HeardMessage]:
    began, first = time.monotonic(), messages[0].at
    for heard in messages:
        due = began + (heard.at - first) / speed
        time.sleep(max(0.0, due - time.monotonic()))
        yield heard
