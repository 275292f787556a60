"""The air of a live story: cars and phones with simulated radios, the phones by bleak over bumble."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from bumble.device import Device as RadioDevice

from firmware_sim.device.device import Device
from firmware_sim.links.ble_fleet import BleFleet
from firmware_sim.links.ether import Spot
from firmware_sim.links.radio_faults import RadioFaults
from gateway.links.ble.bumble_backend import BumbleAdapter, BumbleClient, BumbleScanner
from scenarios.world.bluetooth import Pair

APART_M = 3.0
"""Between two cars in the row."""


@dataclass(slots=True)
class Air:
    """The fleet of radios, as the world's doors see it."""

    fleet: BleFleet

    def pair(self, pair: Pair, relayed: Callable[[bytes, Callable[[], None]], None]) -> Callable[[bool], None]:
        """Put a phone beside its device."""
        beside = Spot(self.fleet.spot(pair.device).east, pair.distance)
        self.fleet.add_phone(pair.phone, pair.device, relayed, by_bumble, acknowledges=pair.acknowledges, spot=beside)
        return partial(self._near, pair.phone)

    def _near(self, phone: str, near: bool) -> None:  # noqa: FBT001 - a switch
        self.fleet.near(phone, near=near)


@contextmanager
def air(pairs: list[Pair], devices: Mapping[str, Device], faults: RadioFaults) -> Iterator[Air]:
    """Turn the cars' radios on, in a row; off at the end."""
    logging.getLogger("bumble").setLevel(logging.CRITICAL)  # it complains of every link that breaks, as links here do
    fleet = BleFleet(
        [devices[pair.device] for pair in pairs],
        {pair.device: pair.key for pair in pairs},
        on_command=_nobody,
        on_rejected=_nobody,
        faults=faults,
        spots={pair.device: Spot(APART_M * place) for place, pair in enumerate(pairs)},
    )
    with fleet:
        yield Air(fleet)


def by_bumble(device: RadioDevice) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what has bleak's scanner and client use a simulated radio."""
    radio = BumbleAdapter(device)
    return {"backend": BumbleScanner, "radio": radio}, {"backend": BumbleClient, "radio": radio}


def _nobody(_device: str, _payload: bytes) -> None:
    """Phones send nothing down to cars."""
