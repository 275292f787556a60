"""Twins, held against what devices said: what the service shows of each in a round, after a restart, and what its store has.

What was said and acknowledged must be there, once, whether it lay in the inbox when the service was killed or in a stored twin.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from gateway.devices.twin import Twin
from scenarios.chaos.people import STUBBORN
from scenarios.service.client import Client

AT_ONCE = 8
"""So many devices are asked for at a time."""
AGAIN_AFTER_S = 0.1


@dataclass(frozen=True, slots=True)
class TwinShown:
    """What may not change of a device while nothing new comes: no ages, and no counts of repeats."""

    last: str
    """Key of its last event."""
    taken: int
    missing: int
    """Events that are not here, those given up included."""
    skew_s: float | None
    at: tuple[float, float] | None
    """Where it is, WGS 84 degrees."""
    readings: Mapping[str, Any]

    @classmethod
    def answered(cls, said: dict[str, Any]) -> Self:
        """Read what the API says of a device."""
        events, place = said["events"], said["place"]
        last = f"{said['device']}/{said['boot']}-{said['last_seq']}"
        at = (place["latitude"], place["longitude"]) if place else None
        return cls(
            last, events["taken"], events["missing"] + events["lost"], said["clock"]["skew_s"], at, said["readings"]
        )

    @classmethod
    def stored(cls, twin: Twin) -> Self:
        """Read a twin as the store has it."""
        order, place = twin.order, twin.place
        missing = order.missing(float("inf")) + order.lost(float("inf"))
        at = (place.latitude, place.longitude) if place else None
        return cls(
            f"{twin.device}/{order.boot}-{order.seq}", order.taken, missing, twin.clock.skew_s, at, twin.readings
        )


def forgotten(device: str, shown: TwinShown | None, said: Collection[str]) -> Iterator[str]:
    """Yield, in words, what a twin does not have. ``said``: keys of the events that the broker acknowledged."""
    if shown is None:
        yield f"{device} said {len(said)} events and has no twin"
    elif shown.last not in said or (shown.taken, shown.missing) != (len(said), 0):
        yield f"{device} said {len(said)} events; its twin has {shown.taken} up to {shown.last}, {shown.missing} missing"


def changed(before: Mapping[str, TwinShown], after: Mapping[str, TwinShown], where: str) -> Iterator[str]:
    """Yield, in words, which devices' twins are not ``where`` as they were."""
    for device, was in before.items():
        if (now := after.get(device)) != was:
            yield f"{device} was {was}, and {where} it is {now}"


class TwinsShown:
    """What the API shows. ``acknowledged``: device → keys of its events, as the world goes on filling it."""

    def __init__(self, http: str, acknowledged: Mapping[str, Collection[str]]) -> None:
        self._http, self._acknowledged = http, acknowledged
        self._last: dict[str, TwinShown] = {}
        """As they were shown last."""

    async def settle(self, within_s: float) -> list[str]:
        """Ask for those who said something since, until they have it, and it is stored; return what they do not have in time.

        What is shown and not stored yet is not acknowledged: after a kill it comes again, and a clock is told by a later hour.
        """
        deadline = time.monotonic() + within_s
        async with Client(self._http, STUBBORN) as client:
            while wrong := list(self._wrong()):
                if time.monotonic() > deadline:
                    return [sentence for device in wrong for sentence in self._forgotten(device)]
                self._last.update(await _asked(client, wrong))
                await asyncio.sleep(0 if not list(self._wrong()) else AGAIN_AFTER_S)
            while left := await _unacknowledged(client):
                if time.monotonic() > deadline:
                    return [f"{left} messages were taken and are not stored"]
                await asyncio.sleep(AGAIN_AFTER_S)
        return []

    async def again(self) -> list[str]:
        """Ask for all, once more; return who is not as before."""
        async with Client(self._http, STUBBORN) as client:
            return list(changed(self._last, await _asked(client, self._last), "after a restart"))

    def held_against(self, stored: Iterable[Twin]) -> list[str]:
        """Return whose stored twin is not as it was shown."""
        return list(changed(self._last, {twin.device: TwinShown.stored(twin) for twin in stored}, "in the store"))

    def _wrong(self) -> Iterator[str]:
        return (device for device in self._acknowledged if any(self._forgotten(device)))

    def _forgotten(self, device: str) -> Iterator[str]:
        return forgotten(device, self._last.get(device), self._acknowledged[device])


async def _unacknowledged(client: Client) -> int:
    answer = await client.ask("GET", "/health")
    return int(answer.raise_for_status().json()["unacknowledged"])


async def _asked(client: Client, devices: Iterable[str]) -> dict[str, TwinShown]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(device: str) -> TwinShown:
        async with turn:
            answer = await client.ask("GET", f"/devices/{device}")
            return TwinShown.answered(answer.raise_for_status().json())

    names = list(devices)
    return dict(zip(names, await asyncio.gather(*map(one, names)), strict=True))
