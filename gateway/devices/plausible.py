"""Readings that cannot both be true. Neither is used, the sender is told, and the rest of the event counts. Pure.

An event that tells of a fault is never refused for a sensor that lies: the broken sensor may be the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.contract.refusals import Refused, Rule

Reading = float | int | str | bool
_ENGINE = "Vehicle.Powertrain.CombustionEngine"
_CRANKS_BELOW_RPM = 400
"""A starter turns an engine at 150 to 300 revolutions a minute."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two readings that contradict each other where ``test`` holds."""

    one: str
    other: str
    test: Callable[[Any, Any], bool]
    says: str


def _apart(limit: float) -> Callable[[Any, Any], bool]:
    return lambda one, other: abs(one - other) > limit


CLASHES = (
    Clash(f"{_ENGINE}.IsRunning", f"{_ENGINE}.Speed", lambda runs, rpm: not runs and rpm > _CRANKS_BELOW_RPM,
          "the engine is off and turns faster than any starter turns it"),
    Clash(f"{_ENGINE}.IsRunning", f"{_ENGINE}.Speed", lambda runs, rpm: runs and rpm == 0,
          "the engine runs and does not turn"),
    Clash(f"{_ENGINE}.Speed", "Vehicle.OBD.EngineSpeed", _apart(1_500), "two engine speeds differ by more than 1,500 rpm"),
    Clash("Vehicle.LowVoltageBattery.CurrentVoltage", "Vehicle.OBD.ControlModuleVoltage", _apart(5),
          "two voltages of one net differ by more than 5 V"),
    Clash(f"{_ENGINE}.EngineCoolant.Temperature", "Vehicle.OBD.CoolantTemperature", _apart(40),
          "two coolant temperatures differ by more than 40 °C"),
    Clash("Vehicle.Speed", "Vehicle.OBD.Speed", _apart(40), "two speeds of one car differ by more than 40 km/h"),
    Clash("Vehicle.IsMoving", "Vehicle.Speed", lambda moves, speed: not moves and abs(speed) > 10,  # noqa: PLR2004
          "the car stands and drives faster than 10 km/h"),
    Clash("Callahead.MainsPresent", "Callahead.MainsVoltage", lambda there, volt: not there and volt > 150,  # noqa: PLR2004
          "there is no mains, and more than 150 V of it"),
)  # fmt: skip


_TESTS = [
    (one, other, [(clash.test, clash) for clash in CLASHES if (clash.one, clash.other) == (one, other)])
    for one, other in dict.fromkeys((clash.one, clash.other) for clash in CLASHES)
]
"""Each pair of readings, and what is asked of it: most events tell few of them."""


def clashes(readings: Mapping[str, Reading]) -> tuple[Clash, ...]:
    """Return the contradictions within the readings of one event."""
    found: tuple[Clash, ...] = ()
    for one, other, tests in _TESTS:
        if one in readings and other in readings:
            for test, clash in tests:
                if test(readings[one], readings[other]):
                    found += (clash,)
    return found


def refusal(found: tuple[Clash, ...], event_id: str) -> Refused:
    """Return what the sender is told of contradictory readings."""
    first = found[0]
    names = " and ".join(dict.fromkeys(name for clash in found for name in (clash.one, clash.other)))
    detail = f"{'; '.join(clash.says for clash in found)}: {names} were not used, the rest of the event was."
    return Refused(Rule.CONTRADICTION, detail, pointer=f"/data/…/{first.one}", event_id=event_id)
