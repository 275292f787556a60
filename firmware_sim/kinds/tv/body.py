"""A television set at work: light, power, heat, waves and storage, and the control that watches what it can measure of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from firmware_sim.kinds.tv.build import Build, draw_build
from firmware_sim.kinds.tv.condition import Condition
from firmware_sim.kinds.tv.device import TvSensors
from firmware_sim.kinds.tv.failures import WAYS_TO_FAIL
from firmware_sim.wear.luck import Luck
from firmware_sim.wear.unit import Making, Unit
from gateway.kinds.tv.messages import BootReason, TvAlarm

DAY_S, ROOM_C = 86_400.0, 22.0
LAG_S = 1_500.0
"""In which a board gets warm, and cold."""
TOO_HOT_C = 88.0
OPEN_V = 1.35
"""To what share of its voltage a driver goes that brings no current."""
RAIL_V, LEAST_RAIL_V = 12.0, 10.9
LEAST_MER_DB = 20.0
"""Below which a receiver shows blocks, and then nothing (8-VSB and 64-QAM need 15 to 22 dB)."""
NOISE_DBUV = 30.0
"""Level at which nothing is left over the tuner's own noise."""
BEST_MER_DB = 36.0
LOSES_HALF_DBM, PER_DB = -83.0, 0.45
"""Where a Wi-Fi link loses half of its packets, and how steeply it gets better."""
CONNECTS_PERCENT = 60.0
FULL_MB = 60.0
CRASHES_FULL_H = 5.0
"""Apps that find no room."""
CRASHES, ERRORS, RESETS = 3, 20, 3
"""In the last hour (crashes, errors) or day (resets), from which on the control complains."""


@dataclass(slots=True)
class Tv(Unit[TvAlarm]):
    """One set in its living room."""

    build: Build = field(kw_only=True)
    condition: Condition = field(default_factory=Condition)
    board_c: float = ROOM_C
    boot_reason: BootReason = "PowerOnReboot"
    started: float = 0.0
    crashes: list[float] = field(default_factory=list)
    radio_resets: list[float] = field(default_factory=list)
    errors: float = 0.0
    """Of the panel's link, an hour."""
    beacons_lost: int = 0
    stray: TvAlarm | None = None
    """An alarm without a cause."""

    @property
    def faulty(self) -> Condition:
        """What is out of order."""
        return self.condition

    @property
    def is_on(self) -> bool:
        """Does it play, by its owner's habits?"""
        since = (self.now % DAY_S) / 3600 - self.build.on_h
        return since % 24 < self.build.plays_h

    @property
    def is_dark(self) -> bool:
        """Is there no picture to be seen?"""
        return self.condition.string_open > 0.5 or self.level < LEAST_MER_DB

    @property
    def level(self) -> float:
        """What the tuner makes of its signal: modulation error ratio, dB."""
        level = self.build.level - self.condition.aerial_loss_db
        return max(0.0, min(BEST_MER_DB, level - NOISE_DBUV) - self.condition.tuner_noise_db)

    @property
    def rssi(self) -> float:
        """Of its Wi-Fi, dBm."""
        return self.build.rssi - self.condition.way_loss_db - self.condition.radio_loss_db

    @property
    def loss(self) -> float:
        """Packets that do not come through, percent."""
        busy = 12.0 if self.condition.radio_resets_h > 0.8 else 0.0
        return min(100.0, busy + 100 / (1 + math.exp((self.rssi - LOSES_HALF_DBM) * PER_DB)))

    @property
    def free_mb(self) -> float:
        """Storage."""
        return max(12.0, self.build.storage_mb - self.condition.hoarded_mb)

    @property
    def bothers(self) -> bool:
        """Whoever sits before it sees that there is no picture, that nothing streams, that it starts anew."""
        often = len(self.crashes) >= CRASHES or self.loss > CONNECTS_PERCENT or self.errors > ERRORS
        return self.is_on and (self.is_dark or often or (self.now - self.started < 600 and self.restarts > 1))

    def pass_time(self, span: float) -> None:
        """Let it live."""
        faulty, hours = self.condition, span / 3600
        settles = ROOM_C + (self.build.warm_k / faulty.airflow**0.7 if self.is_on else 4.0)
        self.board_c += (settles - self.board_c) * (1 - math.exp(-span / LAG_S))
        full = CRASHES_FULL_H if self.free_mb < FULL_MB else 0.0
        bad = 2.0 if faulty.bad_blocks > 0.5 else 0.0
        if self.is_on:
            self._note(self.crashes, faulty.app_crashes_h + full + bad + 0.01, span)
            self._restart_if(faulty, span)
        self._note(self.radio_resets, faulty.radio_resets_h + 0.003, span)
        self.crashes = [at for at in self.crashes if self.now - at < 3600]
        self.radio_resets = [at for at in self.radio_resets if self.now - at < DAY_S]
        self.errors = faulty.panel_errors_h * self.is_on * (0.7 + 0.6 * self.luck.even())
        self.beacons_lost += round(hours * self.loss * 4)
        self.stray = self._strays(span)

    def _note(self, when: list[float], per_hour: float, span: float) -> None:
        when.extend([self.now] * self.often(per_hour, span))

    def _restart_if(self, faulty: Condition, span: float) -> None:
        """Start anew where the rail breaks down or a watchdog bites."""
        reasons: tuple[tuple[BootReason, float], ...] = (
            ("BrownOutReset", 2.5 * max(0.0, faulty.esr - 0.35) + 0.6 * (faulty.sag_v > 1)),
            ("SoftwareWatchdogReset", faulty.board_resets_h),
        )
        for reason, per_hour in reasons:
            if self.often(per_hour, span):
                self.restarts += 1
                self.boot_reason, self.started = reason, self.now
                return

    def _strays(self, span: float) -> TvAlarm | None:
        if not self.often(self.condition.spurious_h, span):
            return None
        alarms: tuple[TvAlarm, ...] = ("ConnectionFailed", "NoSignal", "SoftwareFault", "Radio")
        return alarms[int(self.luck.even() * len(alarms))]

    @property
    def rail_v(self) -> float:
        """Of the supply's 12 V rail."""
        return RAIL_V - self.condition.sag_v - 0.25 * self.condition.esr

    def watch(self) -> Iterator[TvAlarm]:
        """Yield what it complains about."""
        if self.stray:
            yield self.stray
        if self.loss > CONNECTS_PERCENT:
            yield "ConnectionFailed"
        if len(self.radio_resets) >= RESETS:
            yield "Radio"
        if self.condition.bad_blocks > 0.5:
            yield "NonVolatileMemoryError"
        if self.free_mb < FULL_MB:
            yield "StorageFull"
        if len(self.crashes) >= CRASHES:
            yield "SoftwareFault"
        if self.is_on:
            yield from self._watch_picture()

    def _watch_picture(self) -> Iterator[TvAlarm]:
        if self.condition.string_open > 0.5 or self.errors > 2 * ERRORS:
            yield "VisualDisplayFault"
        if self.rail_v < LEAST_RAIL_V or (self.boot_reason == "BrownOutReset" and self.now - self.started < 3600):
            yield "PowerSource"
        if self.board_c > TOO_HOT_C:
            yield "ResettableOverTemp"
        if self.level < LEAST_MER_DB:
            yield "NoSignal"

    def measure(self, sensors: TvSensors) -> None:
        """Write into ``sensors`` what this model measures; the rest stays ``None``."""
        sensors.on, sensors.alarms = self.is_on, tuple(self.standing)
        sensors.boot_reason, sensors.up_time_s = self.boot_reason, max(0.0, self.now - self.started)
        lit = self.build.backlight_ma if self.is_on else 0.0
        flows = 0.0 if self.condition.string_open > 0.5 else lit * self.condition.backlight
        known = {
            "temperature": self._noisy(self.board_c),
            "rssi": max(-120.0, self.rssi + 1.5 * self.luck.normal()),
            "beacons_lost": float(self.beacons_lost),
            "packet_loss": min(100.0, self._noisy(self.loss)),
            "radio_resets": float(len(self.radio_resets)),
            "storage_free": self._noisy(self.free_mb),
            "memory_free": self._noisy(self.build.memory_mb),
            "app_crashes": float(len(self.crashes)),
            **(self._of_picture(lit, flows) if self.is_on else {}),
        }
        sensors.measured = {name: value for name, value in known.items() if name in self.build.instruments}

    def _of_picture(self, lit: float, flows: float) -> dict[str, float]:
        dark = self.condition.string_open > 0.5
        return {
            "backlight_wanted": lit,
            "backlight": self._noisy(flows),
            "backlight_voltage": self._noisy(self.build.backlight_v * (OPEN_V if dark else 1.0)),
            "panel_errors": float(round(self.errors)),
            "supply": max(0.0, self.rail_v + 0.05 * self.luck.normal()),
            "ripple": self._noisy(self.build.ripple_mv + 420 * self.condition.esr),
            "tuner_level": max(0.0, self.build.level - self.condition.aerial_loss_db + self.luck.normal()),
            "tuner_mer": max(0.0, self.level + 0.8 * self.luck.normal()),
        }

    def _noisy(self, value: float) -> float:
        return value * max(0.0, 1 + self.build.noise * self.luck.normal())

    def renew(self) -> None:
        """Put every part right."""
        self.condition = Condition()
        self.crashes.clear()
        self.radio_resets.clear()
        self.errors, self.stray = 0.0, None
        self.boot_reason, self.started = "PowerOnReboot", self.now


def installed(dice: np.random.Generator, part: str, now: float) -> Tv:
    """Draw a sound one, as of ``now``."""
    del part
    return Tv(now, Luck(dice), build=draw_build(dice), started=now - DAY_S * float(dice.uniform(1, 30)))


MAKING = Making(installed, WAYS_TO_FAIL)
