"""From what a car told its OBD dongle to the contract's events, as the car itself would send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from gateway.contract.envelope import DeviceEvent, Provenance
from gateway.kinds.car.messages import (
    Dtc,
    VehicleFault,
    VehicleFaultEvent,
    VehicleSignals,
    VehicleStatus,
    VehicleStatusEvent,
)
from gateway.obd.survey import Codes, Survey

Known = frozenset[tuple[str, str]]
"""Codes with their status, as told last."""
MOST = 64
"""Codes in one event."""


@dataclass(slots=True)
class Car:
    """What was told of one car. An event's number is the millisecond it was made in: a dongle counts nothing."""

    device: str
    provenance: Provenance
    vin: str | None = None
    told: Known = field(default_factory=frozenset)
    _last_ms: int = 0

    def moved(self, found: Survey) -> bool:
        """Tell whether the dongle sits in another car now. Remembers the first VIN."""
        if self.vin is None:
            self.vin = found.vin
        return found.vin is not None and found.vin != self.vin

    def events(self, found: Survey, now: float) -> list[tuple[DeviceEvent, Known | None]]:
        """Return what is to be told: a fault with codes that are new, then how the car does.

        With the fault comes what is ``told`` once it is stored.
        """
        codes = _codes(found)
        made: list[tuple[DeviceEvent, Known | None]] = []
        new = tuple(code for code in codes if (code.code, code.status) not in self.told)
        known = frozenset((code.code, code.status) for code in codes)
        if new:
            fault = VehicleFault(codes=new[:MOST], freeze_frame=_frozen(found))
            made.append((VehicleFaultEvent.model_validate(self._head(now) | {"data": fault}), known))
        signals = _signals(found)
        if signals != VehicleSignals():
            status = VehicleStatus(signals=signals)
            heard = known if found.stored is not None and not new else None
            made.append((VehicleStatusEvent.model_validate(self._head(now) | {"data": status}), heard))
        return made

    def _head(self, now: float) -> dict[str, Any]:
        self._last_ms = max(self._last_ms + 1, int(now * 1000))
        return {
            "source": f"/{self.device}",
            "id": f"0-{self._last_ms}",
            "time": datetime.fromtimestamp(now, UTC),
            "provenance": self.provenance,
        }


def _codes(found: Survey) -> list[Dtc]:
    """Return every code once: confirmed before permanent before pending."""
    codes: dict[str, Dtc] = {}
    lists: tuple[tuple[Codes | None, Any], ...] = (
        (found.stored, "confirmed"),
        (found.permanent, "permanent"),
        (found.pending, "pending"),
    )
    for each, status in lists:
        for code in each.all if each else ():
            codes.setdefault(code, Dtc(code=code, status=status))
    return list(codes.values())


def _signals(found: Survey) -> VehicleSignals:
    """Return how the car does. ``DTCCount`` is told where it is sure, and 0 only where every control unit said so."""
    stored = len(found.stored.all) if found.stored else 0
    said = dict(found.live) | {"mil_on": found.mil, "vin": found.vin, "battery_voltage": found.voltage}
    if stored or found.no_codes:
        said["dtc_count"] = min(stored, 255)
    return _within_limits(said)


def _frozen(found: Survey) -> VehicleSignals:
    """Return the freeze frame; where the car has none, what it measures now."""
    frame = dict(found.frozen or found.live)
    if found.frozen_code:
        frame["obd_freeze_dtc"] = found.frozen_code
    frame.setdefault("battery_voltage", found.voltage)
    return _within_limits(frame)


def _within_limits(said: dict[str, Any]) -> VehicleSignals:
    """Leave out what the contract does not take: a sensor that is not connected says anything."""
    known = {name: value for name, value in said.items() if value is not None}
    if "engine_speed" in known:
        known["engine_running"] = known["engine_speed"] > 0
    try:
        return VehicleSignals(**known)
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors()}
        names = {field.alias or name: name for name, field in VehicleSignals.model_fields.items()}
        return VehicleSignals(
            **{name: value for name, value in known.items() if not wrong & {name, *_alias(name, names)}}
        )


def _alias(name: str, names: dict[str, str]) -> set[str]:
    return {alias for alias, own in names.items() if own == name}
