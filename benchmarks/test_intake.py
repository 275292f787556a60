"""How long the gateway takes for one report of each kind, beside ``json.loads`` of the same bytes in the same run.

``python benchmarks/test_intake.py`` prints the table of README.md; under pytest it is a benchmark like the others. Reports
differ from each other as those of real devices do: what never changes costs less than it should.
"""

from __future__ import annotations

import copy
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from gateway.contract.event_types import event_types
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twin import Twin
from gateway.devices.twin_text import read_twin, write_twin
from gateway.intake.intake import Intake
from gateway.kinds.registry import kinds

KINDS = (
    "vehicle.status", "appliance.status", "washer.status", "home.status", "tv.status", "phone.status", "truck.status",
    "payment.attempt", "vehicle.fault",
)  # fmt: skip
DEVICES, ROUNDS, EVERY_S = 20, 60, 60.0
OFTEN_S = 1.0
METRES = 1e-5
"""Degrees of latitude, nearly."""
BEGAN = 1_768_200_000.0
Message = tuple[str, bytes, float]


def messages(kind: str, every_s: float = EVERY_S) -> list[Message]:
    """Return what some devices report, a report each so many seconds: topic, payload, hour."""
    dice = random.Random(1)  # noqa: S311 - nothing is kept secret
    made = []
    for number in range(ROUNDS):
        for device in range(DEVICES):
            at = BEGAN + number * every_s + device * every_s / DEVICES
            event = _varied(
                event_types().examples[f"callahead.{kind}.v1"], dice, datetime.fromtimestamp(at, UTC).isoformat()
            )
            event |= {"source": f"/volta/one-{device}", "id": f"1-{number}"}
            made.append((f"callahead/v1/volta/one-{device}/event", json.dumps(event).encode(), at))
    return made


def _varied(example: dict[str, Any], dice: random.Random, time_: str) -> dict[str, Any]:
    """Return an event with another hour and measurements that differ a little."""
    event = copy.deepcopy(example) | {"time": time_}
    content = event["data"]
    if content.get("position"):
        content["position"]["fix_time"] = time_
        content["position"]["latitude"] += dice.random() * 10 * METRES
    for part in (content.get(name, {}) for name in ("signals", "attributes", "freeze_frame")):
        part.update({name: round(value + dice.random(), 2) for name, value in part.items() if isinstance(value, float)})
    return event


def intake(kind: str) -> Intake:
    """Return a gateway that knows the devices."""
    what = kinds().of_stranger(f"callahead.{kind}.v1").name
    names = (f"volta/one-{number}" for number in range(DEVICES))
    return Intake(Registry(DeviceRecord(name, what, "c-1", "simulated") for name in names))


def hear(kind: str, told: list[Message]) -> Intake:
    """Tell a fresh gateway everything."""
    room = intake(kind)
    tell(room, told)
    return room


def tell(room: Intake, told: list[Message]) -> None:
    """Tell a gateway everything. Raises ``ValueError``: it refuses something."""
    for topic, payload, at in told:
        refusal = room.receive(topic, payload, at).refusal
        if refusal is not None:
            raise ValueError(refusal.problem.detail)


@pytest.mark.parametrize("kind", KINDS)
def test_receiving_reports(benchmark: Callable[..., Any], kind: str) -> None:
    """An hour of twenty devices."""
    benchmark(hear, kind, messages(kind))


def _us(work: Callable[[Intake], object], each: int, kind: str = "", rounds: int = 15) -> float:
    """Return the fastest of some rounds, µs of CPU for each of its parts. It is given a fresh gateway for devices of a ``kind``."""
    spent = []
    room = intake(KINDS[0])
    for _ in range(rounds):
        room = intake(kind) if kind else room
        began = time.process_time()
        work(room)
        spent.append(time.process_time() - began)
    return min(spent) / each * 1e6


def main() -> None:
    """Print the table."""
    plain, lines = TypeAdapter(Twin), []
    for kind, every_s in [*((kind, EVERY_S) for kind in KINDS), (KINDS[0], OFTEN_S)]:
        told = messages(kind, every_s)
        twins = list(hear(kind, told).twins.values())
        texts = [write_twin(twin) for twin in twins]
        bare = _us(lambda _, told=told: [json.loads(payload) for _, payload, _ in told], len(told))  # type: ignore[misc]
        heard = _us(lambda room, told=told: tell(room, told), len(told), kind)  # type: ignore[misc]
        written = _us(lambda _, twins=twins: [write_twin(twin) for twin in twins * 20], 20 * DEVICES)  # type: ignore[misc]
        dumped = _us(lambda _, twins=twins: [plain.dump_json(twin) for twin in twins * 20], 20 * DEVICES)  # type: ignore[misc]
        read = _us(lambda _, texts=texts: [read_twin(text) for text in texts * 20], 20 * DEVICES)  # type: ignore[misc]
        size = statistics.mean(len(payload) for _, payload, _ in told)
        took = " | ".join(f"{one:.1f}" for one in (bare, heard, heard / bare, written, dumped, read))
        lines.append(f"| {kind}, each {every_s:.0f} s ({size:.0f} B) | {took} |")
    names = ("report", "`json.loads`", "`Intake.receive`", "ratio", "twin written", "by pydantic", "twin read")
    head = f"| {' | '.join(names)} |\n{'|---' * len(names)}|"
    sys.stdout.write("\n".join([head, *lines]) + "\n")


if __name__ == "__main__":
    main()
