"""A washing machine's controller: it sees measured values alone, runs the programme, and raises its alarms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from firmware_sim.kinds.washer.body import Body, Demand
from firmware_sim.kinds.washer.build import Build
from firmware_sim.kinds.washer.condition import Condition
from firmware_sim.kinds.washer.device import WasherSensors
from firmware_sim.wear.luck import Luck
from gateway.kinds.washer.messages import OperationalState, WasherAlarm, WashPhase

STEP_S, IDLE_S = 10.0, 300.0
"""Between two looks of the controller: in a programme, and while it stands."""
EMPTY_MM = 12.0
REFILLS_BELOW = 0.6
"""Share of the level wanted."""
OVERFULL_MM = 170.0
"""At which a switch of its own, apart from the level sensor, trips."""
SCALDS_K = 12.0
"""Above the setting."""
HEATS_S, RISES_K = 1500.0, 5.0
"""After so long a heating the water has to be so much warmer."""
LONGEST_HEAT_S = 4500.0
RINSE_S, SPIN_S, PUMPS_ON_S = 300.0, 420.0, 20.0
TURNS = 0.6
"""Share of the speed that is wanted below which the drum is taken to stand."""
STANDS_S = 60.0
TWIST_TRIES = 3
"""So often the laundry is spread anew before a spin is given up."""
GENTLE_RPM = 500.0
WINDING_C = 110.0
"""At which a motor is switched off."""
NO_PROBE_C = -20.0
STEEPEST_K_MIN = 15.0
"""A probe that jumps is told as no more than this."""
_LATEST = ("inflow_l_min", "valve_a", "fill_s", "drain_s", "pump_a", "heating_rate", "heater_a", "heater_idle_a",
           "drum_rpm", "drum_rpm_wanted", "motor_a", "vibration_mm", "imbalance_kg", "lock_tries")  # fmt: skip
"""What is told of the latest time that it was measured."""


@dataclass(slots=True)
class Controller:
    """What it remembers."""

    build: Build
    body: Body
    state: OperationalState = "Stopped"
    completes: bool = True
    programme: list[WashPhase] = field(default_factory=list)
    """What is still to come, the phase under way first."""
    phase_s: float = 0.0
    demand: Demand = field(default_factory=Demand)
    locked: bool = False
    read_c: float | None = None
    read_mm: float = 0.0
    stuck_c: float | None = None
    began_c: float = 0.0
    """What the water had when its heating began."""
    drained_s: float = 0.0
    """Since there was no more water to be seen."""
    stands_s: float = 0.0
    twists: int = 0
    rinsed: bool = False
    latest: dict[str, float] = field(default_factory=dict)
    raised: set[WasherAlarm] = field(default_factory=set)
    """In this programme, or since there is water under the tub."""

    @property
    def phase(self) -> WashPhase:
        """What it is doing, or was when it gave up."""
        return self.programme[0] if self.programme else "Idle"

    @property
    def busy(self) -> bool:
        """A programme is under way."""
        return self.state == "Running"

    def start(self) -> None:
        """Begin a programme."""
        rinses: list[WashPhase] = ["Fill", "Rinse", "Drain"] * self.build.rinses
        self.programme = ["Lock", "Fill", "Heat", "Wash", "Drain", *rinses, "Spin"]
        self.state, self.completes, self.rinsed = "Running", True, False
        self.raised &= {"WaterLeak"}
        self.latest = {"lock_tries": 0.0}
        self._enter()

    def restart(self) -> None:
        """The module was reset: the programme is lost, the water stays."""
        self.programme, self.state = [], "Stopped"
        self.demand, self.locked = Demand(), False
        self.raised.clear()

    def step(self, span: float, faulty: Condition, luck: Luck) -> tuple[WasherAlarm, ...]:
        """Read, decide for the next step, and return the alarms to tell now."""
        self._read(faulty, luck)
        found = list(self._always(faulty, luck))
        if self.busy:
            self.phase_s += span
            self._measure(span)
            found += self._go_on(span, faulty, luck)
        new = [one for one in dict.fromkeys(found) if one in self.build.alarms and one not in self.raised]
        self.raised.update(new)
        return tuple(new)

    def _read(self, faulty: Condition, luck: Luck) -> None:
        """Take temperature and level."""
        read = self.body.water_c + faulty.probe_offset_k + 0.3 * luck.normal()
        if faulty.probe_stuck > 0.5:
            read = self.stuck_c = read if self.stuck_c is None else self.stuck_c
        else:
            self.stuck_c = None
        self.read_c = None if faulty.probe_lost > 0.5 else read
        level = self.body.level_mm * faulty.level_gain
        self.read_mm = 0.0 if faulty.level_stuck > 0.5 else max(0.0, level + 0.8 * luck.normal())

    def _always(self, faulty: Condition, luck: Luck) -> Iterator[WasherAlarm]:
        """Yield what is wrong whatever it does."""
        yield from self._watch_floor()
        if self.body.level_mm > OVERFULL_MM:
            self._give_up()
            yield "WaterLevelError"
        if self.busy:
            yield from self._watch_itself(faulty, luck)

    def _watch_floor(self) -> Iterator[WasherAlarm]:
        if self.body.tray_l < self.build.leak_at_l:
            self.raised.discard("WaterLeak")
        elif "WaterLeak" in self.build.alarms:
            if self.build.stops_leaks and "WaterLeak" not in self.raised:
                self._give_up()
            yield "WaterLeak"

    def _watch_itself(self, faulty: Condition, luck: Luck) -> Iterator[WasherAlarm]:
        if self.read_c is not None and self.read_c > self.build.setpoint_c + SCALDS_K and self.phase != "Lock":
            self._give_up()
            yield "TempTooHigh"
        if self.read_c is None or self.read_c < NO_PROBE_C:
            yield "SensorFault"
        if faulty.board_fault > 0.5:
            yield "ControlFault"
        if faulty.spurious_h and luck.even() < faulty.spurious_h * STEP_S / 3600:
            alarms = sorted(self.build.alarms - {"WaterLeak", "TempTooHigh"})
            yield alarms[int(luck.even() * len(alarms))]

    def _go_on(self, span: float, faulty: Condition, luck: Luck) -> Iterator[WasherAlarm]:
        match self.phase:
            case "Lock":
                yield from self._lock(faulty, luck)
            case "Fill":
                yield from self._fill()
            case "Heat":
                yield from self._heat()
            case "Wash" | "Rinse":
                self._wash()
            case "Drain":
                yield from self._drain(span)
            case _:
                yield from self._spin()
        yield from self._watch_drum(span)

    def _enter(self) -> None:
        """Begin the phase that is next; past the last one, the programme is over."""
        self.phase_s = self.drained_s = self.stands_s = 0.0
        wash, spin = self.build.wash_rpm, self.build.spin_rpm
        self.demand = {
            "Lock": Demand(),
            "Fill": Demand(valve=True),
            "Heat": Demand(heater=True, rpm=wash),
            "Wash": Demand(rpm=wash),
            "Rinse": Demand(rpm=wash),
            "Drain": Demand(pump=True),
            "Spin": Demand(pump=True, rpm=spin),
            "Idle": Demand(),
        }[self.phase]
        self.twists = 0
        if self.phase == "Heat":
            self.began_c = self.read_c or 0.0
        if not self.programme:
            self.state, self.locked = "Stopped", False

    def _next(self) -> None:
        if self.phase == "Rinse":
            self.rinsed = True
        del self.programme[:1]
        self._enter()

    def _give_up(self) -> None:
        """Stop where it is, let the water out, and wait for somebody; what does nothing goes on doing it."""
        if not self.busy:
            return
        self.state, self.completes = "Error", False
        self.demand = Demand(pump=self.body.level_mm > EMPTY_MM)

    def _lock(self, faulty: Condition, luck: Luck) -> Iterator[WasherAlarm]:
        self.latest["lock_tries"] += 1
        self.locked = luck.even() >= faulty.lock_fails
        if self.locked:
            self._next()
        elif self.latest["lock_tries"] >= self.build.lock_limit:
            self._give_up()
            yield "DoorError"

    def _fill(self) -> Iterator[WasherAlarm]:
        if self.read_mm >= self.build.wash_mm:
            self._next()
        elif self.phase_s > self.build.fill_limit_s:
            self._give_up()
            yield "InflowError"

    def _heat(self) -> Iterator[WasherAlarm]:
        read = self.read_c
        rises = 0.0 if read is None else read - self.began_c
        cold = self.phase_s >= HEATS_S and rises < RISES_K
        if read is None or read >= self.build.setpoint_c - 0.5:
            self._next()
        elif cold or self.phase_s > LONGEST_HEAT_S:
            self._next()  # it washes as warm as the water is
            yield "TempTooLow"

    def _wash(self) -> None:
        """Tumble; take water where it has become little."""
        self.demand.valve = self.read_mm < self.build.wash_mm * (0.9 if self.demand.valve else REFILLS_BELOW)
        if self.phase_s >= (self.build.wash_s if self.phase == "Wash" else RINSE_S):
            self._next()

    def _drain(self, span: float) -> Iterator[WasherAlarm]:
        self.drained_s += span if self.read_mm <= EMPTY_MM else 0.0
        if self.drained_s >= PUMPS_ON_S:
            self._next()
        elif self.phase_s > self.build.drain_limit_s:
            self._give_up()
            yield "DrainError"

    def _spin(self) -> Iterator[WasherAlarm]:
        shakes = "vibration_mm" in self.build.instruments and self.body.swing_mm > self.build.shakes_mm
        if shakes and self.demand.rpm > GENTLE_RPM:
            self.twists += 1
        if self.twists >= TWIST_TRIES and self.demand.rpm > GENTLE_RPM:
            self.demand.rpm = GENTLE_RPM
            yield "Unbalanced"
        if self.phase_s >= SPIN_S:
            self._next()

    def _watch_drum(self, span: float) -> Iterator[WasherAlarm]:
        wanted = self.demand.rpm
        stands = wanted > 0 and self.body.rpm < TURNS * wanted
        self.stands_s = self.stands_s + span if stands else 0.0
        if self.stands_s >= STANDS_S or self.body.motor_c > WINDING_C:
            self._give_up()
            yield "MotorFault"

    def _measure(self, span: float) -> None:
        """Note what belongs to the phase."""
        body, demand, latest = self.body, self.demand, self.latest
        if demand.valve:
            latest["inflow_l_min"], latest["valve_a"] = body.inflow_l_min, body.valve_a
        if self.phase == "Fill":
            latest["fill_s"] = self.phase_s
        elif self.phase == "Drain":
            latest["drain_s"] = self.phase_s
        if demand.pump and body.free_l > 0:
            latest["pump_a"] = max(body.pump_a, latest.get("pump_a", 0.0) if self.phase_s > span else 0.0)
        if demand.rpm and self.phase_s > span:
            latest["drum_rpm"], latest["drum_rpm_wanted"] = body.rpm, demand.rpm
        if demand.rpm == self.build.wash_rpm and self.phase_s > span:
            latest["motor_a"] = body.motor_a
        if self.phase == "Spin":
            latest["imbalance_kg"] = body.aside_kg
            latest["vibration_mm"] = max(body.swing_mm, latest.get("vibration_mm", 0.0))
        self._measure_heat()

    def _measure_heat(self) -> None:
        body, latest = self.body, self.latest
        if not self.demand.heater:
            latest["heater_idle_a"] = body.heater_a
            return
        latest["heater_a"] = body.heater_a
        if self.read_c is not None and self.phase_s >= STANDS_S:
            rate = (self.read_c - self.began_c) / self.phase_s * 60
            latest["heating_rate"] = max(-STEEPEST_K_MIN, min(STEEPEST_K_MIN, rate))

    def tell(self, sensors: WasherSensors, faulty: Condition, luck: Luck) -> None:
        """Write into ``sensors`` what this model measures; the rest stays ``None``."""
        body = self.body
        sensors.state, sensors.phase, sensors.completes = self.state, self.phase, self.completes
        measured: dict[str, float | bool | None] = {
            "temperature_c": self.read_c,
            "setpoint_c": self.build.setpoint_c,
            "leak": body.tray_l >= self.build.leak_at_l,
            "door_locked": self.locked,
            "water_level_mm": min(600.0, self.read_mm),
            "motor_c": body.motor_c,
            **{name: self._noisy(self.latest.get(name), luck) for name in _LATEST},
        }
        for name, value in measured.items():
            is_lost = faulty.readings_lost and luck.even() < faulty.readings_lost
            setattr(sensors, name, None if is_lost or name not in self.build.instruments else value)

    def _noisy(self, value: float | None, luck: Luck) -> float | None:
        return None if value is None else value * max(0.0, 1 + self.build.noise * luck.normal())
