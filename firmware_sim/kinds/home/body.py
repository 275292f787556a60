"""A home: its warmth, its water and its meter, and the controller that watches what it can measure of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from firmware_sim.kinds.home.build import Build, draw_build
from firmware_sim.kinds.home.condition import Condition
from firmware_sim.kinds.home.device import HomeSensors
from firmware_sim.kinds.home.failures import NEEDS, WAYS_TO_FAIL
from firmware_sim.wear.luck import Luck
from firmware_sim.wear.unit import Making, Unit
from gateway.kinds.home.messages import BootReason, HomeAlarm, Tariff

HOUR, DAY_S, YEAR_S = 3_600.0, 86_400.0, 31_557_600.0
MEAN_C, SEASON_K, DAY_K = 7.5, 10.5, 3.0
"""Outdoors in Riga: over a year, and by how much summer and afternoon are warmer."""
COLDEST_DAY, COLDEST_H = 20.0, 3.0
GAINS_K = 3.0
"""By how much people, sun and lamps warm a home."""
HEATS_UP_H = 3.0
WASHES_H = ((4.0, 7.0), (16.0, 20.0))
"""When the boiler makes hot water, hours after midnight UTC, whatever the season."""
LIFT_K, MOST_LIFT_K = 11.0, 45.0
"""By how much the flow is warmer than the return at full load; at which a boiler is stopped."""
LEAST_BAR = 0.7
TRIES = 5
LEAST_UA = 1.6
"""Less is no flame to the control."""
LOSSES = 3
TOO_HOT_C = 95.0
FROST_C, COLD_C = 0.0, 8.0
PUDDLE_L = 1.0
"""Lifts the float of a leak detector."""
TESTS_H = (1.0, 2.0)
"""When the main valve is tried each day, hours after midnight UTC."""
DAYTIME_H = (5.0, 21.0)
LOW = 0.1
"""Share of its charge at which a meter's battery is told to be low."""
CLOCK_S, SILENT_S = 3_600.0, 6 * 3_600.0


@dataclass(slots=True)
class House(Unit[HomeAlarm]):
    """One home."""

    build: Build = field(kw_only=True)
    condition: Condition = field(default_factory=Condition)
    room_c: float = 20.0
    puddle_l: float = 0.0
    tries: int = 1
    flame_losses: list[float] = field(default_factory=list)
    boot_reason: BootReason = "PowerOnReboot"
    started: float = 0.0
    meter_heard: float = 0.0
    energy_wh: float = 2_000_000.0
    stray: HomeAlarm | None = None
    """An alarm without a cause."""

    @property
    def faulty(self) -> Condition:
        """What is out of order."""
        return self.condition

    @property
    def hour(self) -> float:
        """Of the day, UTC."""
        return (self.now % DAY_S) / HOUR

    @property
    def outdoors_c(self) -> float:
        """Temperature outdoors."""
        season = math.cos(2 * math.pi * ((self.now % YEAR_S) / DAY_S - COLDEST_DAY) / 365.25)
        day = math.cos(2 * math.pi * (self.hour - COLDEST_H) / 24)
        return MEAN_C + self.build.weather_k - SEASON_K * season - DAY_K * day

    @property
    def demand(self) -> float:
        """Heat that is called for, share of what the boiler can give: for the rooms, or for hot water."""
        rooms = (self.build.setpoint_c - self.outdoors_c - GAINS_K) / self.build.heats_k
        rooms += 0.25 * max(0.0, self.build.setpoint_c - self.room_c - 0.5)
        washes = 0.3 if any(begins <= self.hour < ends for begins, ends in WASHES_H) else 0.0
        return min(1.0, max(rooms, washes, 0.0))

    @property
    def bar(self) -> float:
        """Pressure of the heating's water."""
        return max(0.0, self.build.bar - self.condition.lost_bar)

    @property
    def flame_ua(self) -> float:
        """Current of the flame, as the control sees it while it burns."""
        return self.build.flame_ua * self.condition.ionisation

    @property
    def read_flow_c(self) -> float | None:
        """Flow temperature as the probe has it."""
        return None if self.condition.probe_lost > 0.5 else self.flow_c + self.condition.probe_offset_k

    @property
    def heats(self) -> bool:
        """Does the boiler do what is called for?"""
        faulty = self.condition
        stops = faulty.probe_lost > 0.5 or faulty.probe_offset_k > 30 or faulty.board_fault > 0.5
        burns = self.tries < TRIES and self.flame_ua > LEAST_UA
        return burns and self.bar > LEAST_BAR and faulty.pump > 0.3 and not stops

    @property
    def return_c(self) -> float:
        """Of the water that comes back."""
        return 28.0 + 22 * self.demand if self.demand else self.room_c + 2

    @property
    def lift_k(self) -> float:
        """By how much the flow is warmer."""
        burns = self.tries < TRIES and self.bar > LEAST_BAR and self.flame_ua > LEAST_UA
        if not self.demand or not burns:
            return 0.5
        return min(MOST_LIFT_K, LIFT_K * max(0.35, self.demand) / max(0.1, self.condition.pump))

    @property
    def flow_c(self) -> float:
        """Of the water that leaves the boiler."""
        return self.return_c + self.lift_k

    @property
    def valve_is_tried(self) -> bool:
        """Is the main valve to be closed, to see that it does?"""
        return TESTS_H[0] <= self.hour < TESTS_H[1]

    @property
    def runs_l_h(self) -> float:
        """Water that runs all the time."""
        is_shut = self.valve_is_tried and self.condition.valve_stuck < 0.5
        return 0.0 if is_shut else self.condition.burst_l_h + self.condition.drips_l_h

    @property
    def bothers(self) -> bool:
        """Whoever is at home freezes, or stands in water."""
        return self.puddle_l > 15 or self.room_c < self.build.setpoint_c - 3.5

    def pass_time(self, span: float) -> None:
        """Let it live."""
        self._ignite()
        settles = self.build.setpoint_c if self.heats else self.outdoors_c + GAINS_K
        settles = max(settles, self.outdoors_c + GAINS_K)
        lag_h = HEATS_UP_H if settles > self.room_c else self.build.cools_h
        self.room_c += (settles - self.room_c) * (1 - math.exp(-span / HOUR / lag_h))
        self.puddle_l += self.condition.burst_l_h * span / HOUR
        if self.demand and self.flame_ua < 2.2 * LEAST_UA:
            self.flame_losses.extend([self.now] * self.often(2.5, span))
        self.flame_losses = [at for at in self.flame_losses if self.now - at < DAY_S]
        if self.often(self.condition.resets_h, span):
            self.restarts += 1
            self.boot_reason, self.started = "SoftwareWatchdogReset", self.now
        if self.condition.radio_dead < 0.5:
            self.meter_heard = self.now
        self.energy_wh += self.build.power_w * span / HOUR
        self.stray = self._strays(span)

    def _ignite(self) -> None:
        """Start the burner; whoever fails too often locks itself, and tries anew at the next call."""
        self.tries = 1
        while self.tries < TRIES and self.luck.even() < self.condition.sparks_not:
            self.tries += 1

    def _strays(self, span: float) -> HomeAlarm | None:
        if not self.often(self.condition.spurious_h, span):
            return None
        alarms = sorted(self.build.alarms - {"WaterLeak", "FrostDanger"})
        return alarms[int(self.luck.even() * len(alarms))]

    def watch(self) -> Iterator[HomeAlarm]:
        """Yield what its controller complains about."""
        yield from (alarm for alarm in self._wrong() if alarm in self.build.alarms)

    def _wrong(self) -> Iterator[HomeAlarm]:
        if self.stray:
            yield self.stray
        yield from self._wrong_heating()
        if self.puddle_l > PUDDLE_L:
            yield "WaterLeak"
        if self.valve_is_tried and self.condition.valve_stuck > 0.5:
            yield "ValveFault"
        yield from self._wrong_meter()

    def _wrong_heating(self) -> Iterator[HomeAlarm]:
        faulty, read = self.condition, self.read_flow_c
        if self.bar < LEAST_BAR:
            yield "LowPressure"
        if faulty.pump < 0.3 and self.demand:
            yield "PumpFault"
        if self.tries >= TRIES and self.demand:
            yield "IgnitionFailed"
        if len(self.flame_losses) >= LOSSES:
            yield "FlameLost"
        if read is None or read > TOO_HOT_C:
            yield "SensorFault"
        if faulty.board_fault > 0.5:
            yield "ControlFault"
        if self.room_c < COLD_C and self.outdoors_c < FROST_C:
            yield "FrostDanger"

    def _wrong_meter(self) -> Iterator[HomeAlarm]:
        if self.battery < LOW:
            yield "MeterBatteryLow"
        if abs(self.condition.clock_off_s) > CLOCK_S:
            yield "MeterClockInvalid"
        if self.tariff != self.tariff_due:
            yield "TariffInvalid"
        if self.now - self.meter_heard > SILENT_S:
            yield "MeterSilent"

    @property
    def battery(self) -> float:
        """Charge of the meter's battery, share."""
        return self.build.battery * self.condition.battery if self.condition.battery > 0.99 else self.condition.battery

    @property
    def tariff_due(self) -> Tariff:
        """Into which register it should count."""
        return "Day" if DAYTIME_H[0] <= self.hour < DAYTIME_H[1] else "Night"

    @property
    def tariff(self) -> Tariff:
        """Into which register it counts, by its own clock."""
        hour = (self.hour + self.condition.clock_off_s / HOUR) % 24
        is_day = DAYTIME_H[0] <= hour < DAYTIME_H[1]
        return "Day" if is_day != (self.condition.wrong_register > 0.5) else "Night"

    def measure(self, sensors: HomeSensors) -> None:
        """Write into ``sensors`` what is measured here; the rest stays ``None``."""
        sensors.alarms = tuple(self.standing)
        sensors.boot_reason, sensors.up_time_s = self.boot_reason, max(0.0, self.now - self.started)
        sensors.tariff, sensors.tariff_due = self.tariff, self.tariff_due
        stuck = self.condition.valve_stuck > 0.5
        sensors.valve_wanted = "Closed" if self.valve_is_tried else "Open"
        sensors.valve = "Open" if stuck else sensors.valve_wanted
        sensors.valve_fault = "Blocked" if stuck and self.valve_is_tried else "None"
        sensors.leak = self.puddle_l > PUDDLE_L if "leak" in self.build.instruments else None
        known = {"room": self.room_c, "setpoint": self.build.setpoint_c, **self._of_heating(), **self._of_rest()}
        always = {"room", "setpoint"}
        sensors.measured = {
            name: value for name, value in known.items() if name in self.build.instruments or name in always
        }

    def _of_heating(self) -> dict[str, float]:
        faulty, runs, read = self.condition, self.demand > 0, self.read_flow_c
        power = (
            0.0
            if faulty.pump_open > 0.5
            else self.build.pump_w * (0.4 + 0.6 * faulty.pump if faulty.pump > 0.3 else 1.7)
        )
        burns = runs and self.lift_k > 1
        return {
            "outdoors": self.outdoors_c + 0.3 * self.luck.normal(),
            "demand": 100 * self.demand,
            "pressure": self._noisy(1000 * self.bar),
            "return_temperature": self.return_c + 0.4 * self.luck.normal(),
            **({} if read is None else {"flow_temperature": read + 0.4 * self.luck.normal()}),
            **(
                {"pump_speed": self._noisy(self.build.pump_rpm * faulty.pump), "pump_power": self._noisy(power)}
                if runs
                else {}
            ),
            **(
                {"flame": self._noisy(self.flame_ua) if burns else 0.0, "ignition_tries": float(self.tries)}
                if runs
                else {}
            ),
            "flame_losses": float(len(self.flame_losses)),
        }

    def _of_rest(self) -> dict[str, float]:
        drawn = 250.0 if 5 <= self.hour < 21 and self.luck.even() < 0.12 else 0.0
        silent = self.now - self.meter_heard
        return {
            "water_flow": (self.runs_l_h + drawn + self.condition.guests_l_h) / 100,
            "least_flow": self._noisy(self.runs_l_h),
            "meter_battery": 200 * self.battery,
            "meter_clock": self.condition.clock_off_s + 2 * self.luck.normal(),
            "meter_silent": silent,
            "meter_rssi": max(-140.0, self.build.meter_rssi + 2 * self.luck.normal()),
            "power": 1000 * self._noisy(self.build.power_w),
            "energy": 1000 * self.energy_wh,
        }

    def _noisy(self, value: float) -> float:
        return value * max(0.0, 1 + self.build.noise * self.luck.normal())

    def renew(self) -> None:
        """Put every part right, and dry the floor."""
        self.condition = Condition()
        self.puddle_l, self.stray = 0.0, None
        self.flame_losses.clear()
        self.boot_reason, self.started, self.meter_heard = "PowerOnReboot", self.now, self.now


def installed(dice: np.random.Generator, part: str, now: float) -> House:
    """Draw a sound one, as of ``now``."""
    build = draw_build(dice, NEEDS.get(part, frozenset()))
    started = now - DAY_S * float(dice.uniform(1, 90))
    return House(now, Luck(dice), build=build, room_c=build.setpoint_c, started=started, meter_heard=now)


MAKING = Making(installed, WAYS_TO_FAIL)
