"""A fridge's controller: it sees measured values alone, runs compressor, fan and defrost, and raises its alarms."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from firmware_sim.kinds.fridge.body import Around, Body, Demand
from firmware_sim.kinds.fridge.build import Build
from firmware_sim.kinds.fridge.condition import Condition
from firmware_sim.kinds.fridge.device import FridgeSensors
from firmware_sim.wear.luck import Luck
from gateway.kinds.fridge.messages import ApplianceAlarm

STEP_S = 300.0
"""Between two looks of the controller. Faster events are decided within one."""
_HOUR = int(3600 / STEP_S)
_HALF = STEP_S / 2
"""How long a condition has lasted, on average, when it is first seen."""
DEFROSTED_C = 9.0
"""At which the bi-metal on the evaporator opens."""
DRIPS_S = 360.0
"""Pause after a defrost."""
GAP_SEEN = 0.22
"""A door that stands open less leaves the magnet of its switch in place."""
OUT_S = 0.3
"""Share of the nominal voltage below which there is no mains."""
_HOLDS: dict[ApplianceAlarm, float] = {
    "SensorFault": 120,
    "FanStalled": 360,
    "CondenserHot": 600,
    "IceMakerFault": 3600,
    "ControlFault": 0,
    "CompressorStart": 0,
    "DefrostFault": 0,
    "PowerLost": 0,
}
"""Seconds that a condition must last; temperature and door have times of their own."""


@dataclass(slots=True)
class Controller:
    """What it remembers."""

    build: Build
    body: Body
    sensed_c: float
    """Behind the cabinet air by the sensor's lag."""
    demand: Demand = field(default_factory=Demand)
    read_c: float | None = None
    stuck_c: float | None = None
    door_open: bool = False
    ran_s: float = 0.0
    """Of the compressor, since the last defrost."""
    defrost_s: float = -1.0
    """Since it began; below 0: none is under way."""
    defrost_failed: bool = False
    since_defrost_s: float = 1e6
    on_s: float = 1e6
    """Since power came."""
    power_was_lost: bool = False
    standing: dict[ApplianceAlarm, float] = field(default_factory=dict)
    """Alarm → since when its condition holds, in seconds."""
    raised: dict[ApplianceAlarm, float] = field(default_factory=dict)
    """Alarm → seconds since it was told last."""
    ran: deque[bool] = field(default_factory=lambda: deque([False] * _HOUR, maxlen=_HOUR))
    opened: deque[float] = field(default_factory=lambda: deque([0.0] * _HOUR, maxlen=_HOUR))

    @property
    def setpoint_c(self) -> float:
        """As the build has it; what the owner changed is added by ``step``."""
        return self.build.setpoint_c

    def restart(self) -> None:
        """Power came, or the board was reset: what it had timed is forgotten."""
        self.demand, self.defrost_s, self.on_s = Demand(), -1.0, 0.0
        self.standing.clear()
        self.raised.clear()

    def step(self, around: Around, faulty: Condition, luck: Luck) -> tuple[ApplianceAlarm, ...]:
        """Read, decide for the next step, and return the alarms to tell now."""
        self.on_s += STEP_S
        self._read(around, faulty, luck)
        self._defrost(faulty)
        self._cool(faulty)
        self.ran.append(self.body.running)
        return self._complain(around, faulty, luck)

    def _read(self, around: Around, faulty: Condition, luck: Luck) -> None:
        """Take the temperature and look at the door."""
        self.sensed_c += (self.body.air_c - self.sensed_c) * min(1.0, STEP_S / self.build.sensor_lag_s)
        noise = (self.build.noise_k + faulty.sensor_noise_k) * luck.normal()
        read = self.sensed_c + faulty.sensor_offset_k + noise
        if faulty.sensor_stuck > 0.5:
            self.stuck_c = read if self.stuck_c is None else self.stuck_c
            read = self.stuck_c
        else:
            self.stuck_c = None
        self.read_c = None if faulty.sensor_lost > 0.5 else read
        is_open = around.gap > GAP_SEEN or around.door_s > 0.6 * STEP_S
        if faulty.door_flickers and luck.even() < faulty.door_flickers:
            is_open = not is_open
        self.door_open = faulty.door_says > 0.5 or (is_open and faulty.door_says > -0.5)
        seen = STEP_S if self.door_open else around.door_s
        self.opened.append(0.0 if faulty.door_says < -0.5 else seen)

    def _cool(self, faulty: Condition) -> None:
        """Switch the compressor by the temperature; without a reading, by the clock."""
        if self.defrost_s >= 0 or self.since_defrost_s < DRIPS_S:
            self.demand.speed, self.demand.fan = 0.0, False
            return
        self.demand.speed = self._speed(faulty)
        self.demand.fan = self.body.running or self.demand.speed > 0

    def _speed(self, faulty: Condition) -> float:
        if self.read_c is None:
            return 1.0 if self.on_s % 2400 < 900 else 0.0
        above, half = self.read_c - self.setpoint_c - faulty.setpoint_k, self.build.hysteresis_k / 2
        if above < -half or (above < half and not self.demand.speed):
            return 0.0
        return min(1.0, max(0.4, 0.5 + 0.3 * above)) if self.build.inverter else 1.0

    def _defrost(self, faulty: Condition) -> None:
        """Begin, watch or end a defrost."""
        self.since_defrost_s += STEP_S
        self.ran_s += STEP_S if self.body.running else 0.0
        if self.defrost_s >= 0:
            self.defrost_s += STEP_S
            self._end_defrost(faulty)
        elif self.build.no_frost and self.ran_s > self.build.defrost_every_s and faulty.defrost_never < 0.5:
            self.defrost_s, self.demand.heater = 0.0, faulty.defrost_ends_early < 0.5
            self.body.heater_a = 0.0 if faulty.defrost_ends_early > 0.5 else self.body.heater_a

    def _end_defrost(self, faulty: Condition) -> None:
        timed_out = self.defrost_s > self.build.watch.defrost_limit_s
        warm = self.body.evaporator_c > DEFROSTED_C and faulty.defrost_ends_late < 0.5
        if timed_out or warm or faulty.defrost_ends_early > 0.5:
            self.defrost_failed = timed_out
            self.defrost_s, self.ran_s, self.since_defrost_s, self.demand.heater = -1.0, 0.0, 0.0, False

    def _complain(self, around: Around, faulty: Condition, luck: Luck) -> tuple[ApplianceAlarm, ...]:
        """Return the alarms to tell now: those that came to stand, and those that stand for long."""
        watch = self.build.watch
        known = [alarm for alarm in self._conditions(around, faulty) if alarm in watch.alarms]
        self.power_was_lost = False
        new = self._due(known) if known or self.standing else []
        if faulty.spurious_h and luck.even() < faulty.spurious_h * STEP_S / 3600 and watch.alarms:
            new.append(watch.alarms[int(luck.even() * len(watch.alarms))])
        if not new:
            return ()
        return tuple(dict.fromkeys([*new, *self.raised])) if watch.tells_all else tuple(dict.fromkeys(new))

    def _due(self, known: list[ApplianceAlarm]) -> list[ApplianceAlarm]:
        """Let the clocks of all alarms run on, and return those that are due."""
        watch, before = self.build.watch, self.standing
        self.standing = {alarm: before[alarm] + STEP_S if alarm in before else _HALF for alarm in known}
        told = {alarm: age + STEP_S for alarm, age in self.raised.items() if alarm in self.standing}
        due = [alarm for alarm in known if self.standing[alarm] >= self._holds(alarm)]
        new = [alarm for alarm in due if told.get(alarm, 1e12) >= watch.repeats_s]
        told.update(dict.fromkeys(new, 0.0))
        self.raised = told
        return new

    def _holds(self, alarm: ApplianceAlarm) -> float:
        watch = self.build.watch
        return {"HighTemperature": watch.warm_s, "DoorOpen": watch.door_s}.get(alarm) or _HOLDS.get(alarm, 0.0)

    def _conditions(self, around: Around, faulty: Condition) -> list[ApplianceAlarm]:
        """Return what is wrong as the controller sees it."""
        build, body, watch = self.build, self.body, self.build.watch
        found: list[ApplianceAlarm] = []
        if self.read_c is None:
            found.append("SensorFault")
        elif self.read_c > self.setpoint_c + faulty.setpoint_k + watch.warm_k and self._is_settled():
            found.append("HighTemperature")
        if self.door_open:
            found.append("DoorOpen")
        if body.failed_starts >= watch.starts:
            found.append("CompressorStart")
        if self._stalls(faulty):
            found.append("FanStalled")
        if self.power_was_lost or around.mains < OUT_S or (build.has_reserve and around.mains < 0.72):
            found.append("PowerLost")
        return found + self._rarer_conditions(faulty)

    def _stalls(self, faulty: Condition) -> bool:
        """Tell whether a fan that should turn does not, the condenser's among them (LG: "Er FF" and "Er CF")."""
        build = self.build
        inside = build.has_fan and self.demand.fan and faulty.fan < 0.3
        outside = build.has_condenser_fan and self.body.running and faulty.condenser_fan < 0.3
        return build.fan_tells_truth and (inside or outside)

    def _rarer_conditions(self, faulty: Condition) -> list[ApplianceAlarm]:
        build, body = self.build, self.body
        found: list[ApplianceAlarm] = []
        cold = self.defrost_s >= STEP_S and self.demand.heater and "defrost_heater_current" in build.instruments
        unheated = cold and body.heater_a < 0.3 * build.circuit.heater / build.nominal_v
        if self.defrost_failed or unheated:
            found.append("DefrostFault")
        if body.condenser_c > build.watch.condenser_c:
            found.append("CondenserHot")
        if build.ice_maker and faulty.ice_stuck > 0.5:
            found.append("IceMakerFault")
        if faulty.board_fault > 0.5:
            found.append("ControlFault")
        return found

    def _is_settled(self) -> bool:
        return self.on_s > self.build.watch.quiet_after_power_s and self.since_defrost_s > 2400 and self.defrost_s < 0

    def tell(self, sensors: FridgeSensors, around: Around, faulty: Condition, luck: Luck) -> None:
        """Write into ``sensors`` what this model measures; the rest stays ``None``."""
        body, noise = self.body, luck.normal
        measured: dict[str, float | bool | None] = {
            "temperature_c": self.read_c,
            "setpoint_c": self.setpoint_c + faulty.setpoint_k,
            "door_open": self.door_open,
            "compressor_duty": 100 * sum(self.ran) / _HOUR,
            "compressor_current": self._amperes(noise()),
            "fan_running": self._fan(faulty),
            "mains_present": around.mains > OUT_S,
            "mains_voltage": max(0.0, self.build.nominal_v * around.mains * (1 + 0.006 * noise())),
            "evaporator_c": body.evaporator_c + 0.6 * noise(),
            "condenser_c": body.condenser_c + 0.8 * noise(),
            "room_c": around.room_c + 1.0 + 0.3 * noise(),
            "defrost_heater_current": body.heater_a * (1 + 0.03 * noise()) if self.build.no_frost else None,
            "door_open_s": min(3600.0, sum(self.opened)),
        }
        for name, value in measured.items():
            is_lost = faulty.readings_lost and luck.even() < faulty.readings_lost
            setattr(sensors, name, None if is_lost or name not in self.build.instruments else value)

    def _amperes(self, noise: float) -> float:
        """Return the current: what a locked rotor draws is a peak that an average does not show."""
        if self.body.failed_starts and not self.build.peak_current:
            return 0.0
        return max(0.0, self.body.current_a * (1 + 0.03 * noise))

    def _fan(self, faulty: Condition) -> bool | None:
        if not self.build.has_fan:
            return None
        return self.demand.fan and (faulty.fan > 0.3 or not self.build.fan_tells_truth)
