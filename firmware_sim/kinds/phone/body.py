"""A phone's own parts at work: its charge and warmth, its storage, its radio, its screen, and the chip that pays at terminals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from firmware_sim.kinds.phone.build import Build, draw_build
from firmware_sim.kinds.phone.condition import Condition
from firmware_sim.kinds.phone.device import PhoneSensors
from firmware_sim.kinds.phone.failures import WAYS_TO_FAIL
from firmware_sim.wear.luck import Luck
from firmware_sim.wear.unit import Making, Unit
from gateway.kinds.phone.messages import PhoneAlarm

HOUR, DAY_S = 3_600.0, 86_400.0
POCKET_C, CHARGES_K = 27.0, 7.0
FILLS_H = 2.2
"""In which an empty battery is filled."""
CHARGES_MA = 1_900.0
LEAST = 0.06
"""Share below which an owner finds another way to charge it."""
WORN_PERCENT, HOT_C, FULL_MB = 70.0, 55.0, 250.0
SHUTDOWNS, PLUG_LOSSES, BLOCKS, RESETS, TAPS = 3, 6, 3, 3, 2
"""In the last 24 hours, from which on the phone complains."""
DEAD_PERCENT, GHOSTS = 2.0, 30.0
NO_CELL_DBM, PER_DB = -120.0, 0.35
"""Where it has service half of the time, and how steeply that gets better."""


@dataclass(slots=True)
class Handset(Unit[PhoneAlarm]):
    """One phone."""

    build: Build = field(kw_only=True)
    condition: Condition = field(default_factory=Condition)
    charge: float = 0.7
    """Share of what it holds."""
    cell_c: float = POCKET_C
    happened: dict[str, list[float]] = field(default_factory=dict)
    """What is counted → when it happened in the last 24 hours."""
    stray: PhoneAlarm | None = None
    """An alarm without a cause."""

    @property
    def faulty(self) -> Condition:
        """What is out of order."""
        return self.condition

    @property
    def health(self) -> float:
        """Of the battery, percent."""
        return max(5.0, self.build.health - self.condition.faded)

    @property
    def is_plugged(self) -> bool:
        """Does a charger stand in its socket, by its owner's habits?"""
        return ((self.now % DAY_S) / HOUR - self.build.plugs_h) % 24 < self.build.charges_h

    @property
    def flows_ma(self) -> float:
        """Into the battery."""
        if not self.is_plugged or self.condition.port_dead > 0.5:
            return 0.0
        return CHARGES_MA * (1.0 if self.charge < 0.8 else max(0.02, (1 - self.charge) * 5))

    @property
    def free_mb(self) -> float:
        """Storage."""
        return max(40.0, self.build.storage_mb - self.condition.hoarded_mb)

    @property
    def rsrp(self) -> float:
        """Of the cell, dBm."""
        return max(-140.0, self.build.rsrp - self.condition.aerial_loss_db - self.condition.cell_loss_db)

    @property
    def no_service(self) -> float:
        """Percent of the time."""
        lost = 100 / (1 + math.exp((self.rsrp - NO_CELL_DBM) * PER_DB))
        return min(100.0, lost + 4 * min(5, self._count("modem_resets")))

    @property
    def bothers(self) -> bool:
        """Its owner notices what it does not do any more, once it has not done it again and again."""
        broken = self._count("sudden_shutdowns") >= SHUTDOWNS or self._count("tap_failures") >= TAPS
        felt = self.condition.dead_touch > DEAD_PERCENT or self.condition.ghosts_h > GHOSTS
        deaf = self.no_service > 40 and self._count("modem_resets") >= RESETS
        empty = self.is_plugged and self.condition.port_dead > 0.5 and self.charge < 0.3
        return broken or felt or deaf or empty

    def pass_time(self, span: float) -> None:
        """Let it live."""
        faulty, hours = self.condition, span / HOUR
        held = self.health / 100
        gains = self.flows_ma / CHARGES_MA / FILLS_H * hours
        uses = self.build.uses_day / 24 / held * hours
        self.charge = min(1.0, max(LEAST, self.charge + gains - uses))
        settles = POCKET_C + faulty.heats_k + (CHARGES_K if self.flows_ma > 100 else 0.0)
        self.cell_c += (settles - self.cell_c) * (1 - math.exp(-hours / 0.4))
        self._count_up("sudden_shutdowns", faulty.shutdowns_h, span)
        self._count_up("plug_losses", (faulty.plug_losses_h + 0.05) * self.is_plugged, span)
        self._count_up("storage_errors", faulty.block_errors_h, span)
        self._count_up("modem_resets", faulty.modem_resets_h + 0.004, span)
        self._count_up("tap_failures", self.build.taps_day / 16 * faulty.chip_errors + 0.004, span)
        self.restarts += self.now in self.happened["sudden_shutdowns"]
        self.stray = self._strays(span)

    def _count_up(self, what: str, per_hour: float, span: float) -> None:
        kept = [at for at in self.happened.get(what, ()) if self.now - at < DAY_S]
        self.happened[what] = kept + [self.now] * self.often(per_hour, span)

    def _count(self, what: str) -> int:
        return len(self.happened.get(what, ()))

    def _strays(self, span: float) -> PhoneAlarm | None:
        if not self.often(self.condition.spurious_h, span):
            return None
        alarms: tuple[PhoneAlarm, ...] = ("ChargingFault", "RadioFault", "TouchFault", "StorageError")
        return alarms[int(self.luck.even() * len(alarms))]

    def watch(self) -> Iterator[PhoneAlarm]:
        """Yield what it finds wrong with itself."""
        faulty = self.condition
        if self.stray:
            yield self.stray
        if self.health < WORN_PERCENT or self._count("sudden_shutdowns") >= SHUTDOWNS:
            yield "BatteryWorn"
        if self.cell_c > HOT_C:
            yield "BatteryOverTemp"
        if faulty.moist > 0.5 and self.is_plugged:
            yield "MoistureInPort"
        elif (self.is_plugged and faulty.port_dead > 0.5) or self._count("plug_losses") >= PLUG_LOSSES:
            yield "ChargingFault"
        if self.free_mb < FULL_MB:
            yield "StorageFull"
        if self._count("storage_errors") >= BLOCKS:
            yield "StorageError"
        yield from self._watch_contacts()

    def _watch_contacts(self) -> Iterator[PhoneAlarm]:
        """Yield what it finds wrong with how it talks to others: cells, fingers, terminals."""
        faulty = self.condition
        if self._count("modem_resets") >= RESETS:
            yield "RadioFault"
        if faulty.dead_touch > DEAD_PERCENT or faulty.ghosts_h > GHOSTS:
            yield "TouchFault"
        if faulty.chip_dead > 0.5 or self._count("tap_failures") >= TAPS:
            yield "SecureElementFault"

    def measure(self, sensors: PhoneSensors) -> None:
        """Write into ``sensors`` what this model measures; the rest is left out."""
        faulty = self.condition
        sensors.alarms = tuple(self.standing)
        sensors.charge = self.charge
        charging = self.flows_ma > 100
        sensors.charge_state = "IsCharging" if charging else "IsAtFullCharge" if self.charge > 0.99 else "IsNotCharging"
        sensors.chip = "NoResponse" if faulty.chip_dead > 0.5 else "Ready"
        known: dict[str, float | bool] = {
            "battery_health": min(100.0, self._noisy(self.health)),
            "battery_cycles": float(self.build.cycles),
            "battery_temperature": self.cell_c + 0.5 * self.luck.normal(),
            "plugged": self.is_plugged
            and not (faulty.port_dead > 0.5 and faulty.moist < 0.5 and self.luck.even() < 0.5),
            "charge_current": self._noisy(self.flows_ma),
            "port_moist": faulty.moist > 0.5,
            "storage_free": self._noisy(self.free_mb),
            "rsrp": min(-44.0, self.rsrp + 1.5 * self.luck.normal()),
            "no_service": min(100.0, self._noisy(self.no_service)),
            "dead_touch": faulty.dead_touch,
            "ghost_touches": float(round(faulty.ghosts_h * (0.7 + 0.6 * self.luck.even()))),
            **{name: float(self._count(name)) for name in self.happened},
        }
        sensors.measured = {name: value for name, value in known.items() if name in self.build.instruments}

    def _noisy(self, value: float) -> float:
        return value * max(0.0, 1 + self.build.noise * self.luck.normal())

    def renew(self) -> None:
        """Put every part right."""
        self.condition = Condition()
        self.happened.clear()
        self.stray, self.cell_c = None, POCKET_C


def installed(dice: np.random.Generator, part: str, now: float) -> Handset:
    """Draw a sound one, as of ``now``."""
    del part
    return Handset(now, Luck(dice), build=draw_build(dice), charge=float(dice.uniform(0.4, 0.95)))


MAKING = Making(installed, WAYS_TO_FAIL)
