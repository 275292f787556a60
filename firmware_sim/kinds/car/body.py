"""The whole body, stepped in time: what is done with it, what breaks, what its control units store."""

from __future__ import annotations

from random import Random

from firmware_sim.kinds.car.build import Build
from firmware_sim.kinds.car.chassis import Chassis
from firmware_sim.kinds.car.defects import Damage, Defects
from firmware_sim.kinds.car.electrics import Electrics
from firmware_sim.kinds.car.engine import Engine
from firmware_sim.kinds.car.failures import break_part
from firmware_sim.kinds.car.fault_memory import FaultMemory, Status
from firmware_sim.kinds.car.heat import Heat
from firmware_sim.kinds.car.measured import Measured, Scatter
from firmware_sim.kinds.car.monitors import findings, silent_units
from firmware_sim.kinds.car.self_tests import SELF_TESTS
from firmware_sim.kinds.car.traction import Traction
from firmware_sim.kinds.car.use import Activity, Use

BRAKES_KMH_S = 6.0
"""How fast a car that gets no more power slows down, km/h in a second."""
PULLS_KMH_S = 5.0
IGNITION_A, UNLOCKED_A, EXHAUSTED_C = 9.0, 4.0, 136.0
WHEEL_CODES = ("C0035", "C0040", "C0045", "C0050")
"""Circuits of the wheel speed sensors: left front, right front, left rear, right rear."""
RANGE_CODES = ("C0031", "C0034", "C0037", "C003A")
PRESSURE_CODES = ("C0750", "C0755", "C0760", "C0765")


class Body:
    """One car's body. ``step`` it forward; ``break_part`` breaks something from a moment on."""

    def __init__(
        self,
        build: Build,
        dice: Random,
        now: float,
        *,
        ambient: float,
        fuel: float = 50.0,
        warm: bool = False,
        chassis: Chassis | None = None,
    ) -> None:
        """``chassis``: the one that this car has been seen to roll on; drawn where it has not been seen before."""
        self.build, self.dice, self.now = build, dice, now
        self.defects = Defects()
        self.damages: list[Damage] = []
        self.circuits: list[str] = []
        """Tests of circuits that fail now."""
        self.electrics = Electrics(build, ambient + (15 if warm else 0), dice.uniform(0.8, 0.97))
        self.heat = Heat(build, ambient, warm=warm)
        self.engine = Engine(build, dice, fuel=fuel)
        self.chassis = chassis or Chassis(build, dice)
        self.traction = Traction(build, dice, ambient)
        self.measured = Measured()
        self.scatter = Scatter(dice, build.noise)
        self.memory = FaultMemory(build, self._places())
        self.units = _units(build)
        self.activity: Activity = "parked"
        self.speed = self.wanted_speed = self.load = 0.0
        self.awake_s = self.awake_before_s = self.driven_s = self.rolled_km = 0.0
        self.top_speed = 0.0
        """The greatest speed that it could reach of late, km/h."""
        self.has_run = False
        """Since the key was turned."""
        self.ambient = ambient
        self.engaged = False
        """The last turn of the key reached the starter, or closed the contactors."""
        self.silenced: frozenset[str] = frozenset()
        self.silent: frozenset[str] = frozenset()

    @property
    def running(self) -> bool:
        """Could it drive: does the engine run, or is the high voltage side ready?"""
        if self.build.powertrain == "electric":
            return self.traction.ready
        return self.engine.running and (not self.build.high_voltage or self.traction.ready)

    def break_part(self, part: str, at: float, dice: Random) -> None:
        """Let a part fail from ``at`` on, in a way that is drawn."""
        self.damages.append(break_part(self.build, part, at, dice))

    def mend(self) -> None:
        """Make everything sound again, and forget all codes, as a workshop does."""
        self.damages.clear()
        self.circuits.clear()
        self.defects, self.silenced = Defects(), frozenset()
        self.electrics.charge = max(self.electrics.charge, 0.8)
        self.engine.fuel = max(self.engine.fuel, 20.0)
        self.chassis.mend()
        self.memory.clear()

    def step(self, now: float, use: Use) -> dict[str, Status]:
        """Come to ``now``; return the codes that were stored, or confirmed, on the way."""
        dt = max(0.0, now - self.now)
        self.now = now
        self._fail(now)
        if self.activity in {"parked", "unlocking"} and use.activity == "cranking":
            self.memory.start_trip()
            self.driven_s, self.has_run = 0.0, False
        self.activity, self.ambient = use.activity, use.ambient
        self.wanted_speed = use.speed if use.activity == "driving" else 0.0
        self._live(dt, use)
        self.chassis.roll(dt, self.speed, self.defects)
        self.measured.roll(self.chassis, use.ambient, self.scatter)
        self.measured.take(self.electrics, self.engine, self.heat, self.defects, self.build, self.scatter)
        self.silent = silent_units(self)
        failing = [name for name in findings(self) if SELF_TESTS[name].unit not in self.silent]
        return self.memory.news(failing, self._counted(dt), awake=self.activity in {"driving", "idling"})

    def _counted(self, dt: float) -> float:
        """Return for how much of ``dt`` seconds a test can have failed: no longer than since it broke."""
        since = min((self.now - damage.began for damage in self.damages if damage.began <= self.now), default=dt)
        return min(dt, 60.0, max(1.0, since))

    def _possible(self) -> float:
        """Return the greatest speed it can reach now, km/h."""
        d = self.defects
        if not self.running:
            return 0.0
        limits = [200.0 * self.engine.torque if self.build.combustion else 200.0, 180.0 * (1 - self.chassis.slip)]
        if d.throttle >= 0.6:
            limits.append(45.0)
        if d.pedal >= 0.6:
            limits.append(35.0)
        if d.gear_valve >= 0.6 or d.range_signal >= 0.6:
            limits.append(70.0)
        if d.gears >= 0.9 or d.clutch > 0.96 or d.parking_brake >= 0.9:
            limits.append(0.0)
        if self.chassis.cold_pressures[self.chassis.wheel] < 60:
            limits.append(25.0)
        return max(0.0, min(limits))

    def _live(self, dt: float, use: Use) -> None:
        if use.activity == "cranking":
            self._crank(dt)
        elif use.activity in {"driving", "idling"}:
            self._go(dt, use)
        else:
            self._stand(dt, use)

    def _stand(self, dt: float, use: Use) -> None:
        """Parked, plugged in, or with the driver at its doors."""
        load = {"parked": 0.03, "plugged": -6.0 if self.build.high_voltage else 0.03}.get(use.activity, UNLOCKED_A)
        self.engine.stop()
        self.engine.cool(dt, use.ambient)
        self.heat.stand(dt, use.ambient)
        self.electrics.rest(dt, use.ambient, load, self.defects)
        self.traction.rest(dt, use.ambient)
        if use.activity == "plugged":
            self.traction.charge_up(dt, use.ambient, self.defects)
        self.speed = self.load = self.awake_s = 0.0

    def _crank(self, dt: float) -> None:
        d = self.defects
        self.engaged = self.able_to_crank()
        self.speed = self.awake_s = 0.0
        if self.build.starter:
            self.electrics.crank(dt, d, engaged=self.engaged)
            if self.engaged:
                volts = self.electrics.supply
                self.engine.tries(dt, self.electrics.crank_rpm, volts, self.heat.coolant, d)
            return
        self.electrics.rest(dt, self.ambient, 14.0, d)
        ready = self.engaged and self.traction.switch_on(self.electrics.supply, d)
        if ready and self.build.combustion:
            self.engine.tries(dt, 350.0, self.electrics.supply, self.heat.coolant, d)

    def able_to_crank(self) -> bool:
        """Does the key's turn get through: key, switch, gear, fuse, body's control unit, bus?"""
        d = self.defects
        return max(d.neutral_unseen, d.key_unread, d.ignition_switch, d.main_fuse, d.body_unit, d.bus) < 0.6

    def _go(self, dt: float, use: Use) -> None:
        """Idle or drive; without an engine it rolls out and stands with the ignition on."""
        d = self.defects
        self.awake_before_s = self.awake_s
        self.awake_s += dt
        self.has_run = self.has_run or self.running
        lost = max(d.main_fuse, d.ignition_switch) >= 0.6
        if lost:
            self.engine.stop()
            self.traction.ready = False
        self._reach(dt)
        if self.speed > 0:
            self.driven_s += dt
            self.rolled_km += self.speed * dt / 3600
        self.chassis.drive_through(self.load, self.heat.fluid, d)
        self.electrics.let_go(d)
        self._burn(dt, use.ambient)
        if self.build.high_voltage and not lost and self.traction.ready:
            self.speed = min(self.speed, self.traction.run(dt, self.speed, use.ambient, d))
        self._power(dt, use.ambient)

    def _reach(self, dt: float) -> None:
        self.top_speed = self._possible()
        wanted = min(self.wanted_speed, self.top_speed)
        if wanted < self.speed:
            self.speed = max(wanted, self.speed - BRAKES_KMH_S * dt)
        else:
            self.speed = min(wanted, self.speed + PULLS_KMH_S * dt)

    def _burn(self, dt: float, ambient: float) -> None:
        engine, heat, d = self.engine, self.heat, self.defects
        if not self.build.combustion or not engine.running:
            engine.stop()
            engine.cool(dt, ambient)
            heat.stand(dt, ambient)
            self.load = min(1.0, 0.1 + (self.speed / 130) ** 2) if self.speed else 0.0
            return
        engine.run(dt, self.speed, self.chassis.slip, heat.coolant, self.electrics.supply, d)
        self.load = engine.load
        heat.run(dt, engine.rpm, engine.load, self.speed, ambient, d)
        heat.gearbox(dt, ambient, self.chassis.slipping_kw, self.speed)
        if heat.coolant > EXHAUSTED_C and self.dice.random() < dt / 200:
            engine.stop()

    def _power(self, dt: float, ambient: float) -> None:
        d = self.defects
        feeds = (
            self.traction.ready if self.build.high_voltage else self.engine.running
        )  # a hybrid's converter needs no engine
        if not feeds or max(d.main_fuse, d.ignition_switch) >= 0.6:
            self.electrics.rest(dt, ambient, IGNITION_A, d)
            return
        extra = min(22.0, max(0.0, 2 * (10 - ambient))) + 16 * self.heat.fan_runs + 12 * d.steering_assist
        rpm = self.engine.rpm if self.build.starter else 1_500.0
        self.electrics.run(dt, rpm, extra, d, self.dice.uniform(-1.0, 1.0))

    def _fail(self, now: float) -> None:
        changed = False
        for damage in self.damages:
            changed = damage.step(now) or changed
        if not changed:
            return
        sizes: dict[str, float] = {}
        for damage in self.damages:
            for defect, size in damage.heading:
                sizes[defect] = sizes.get(defect, 0.0) + size * damage.level
        for defect, size in sizes.items():
            setattr(self.defects, defect, size)
        self.circuits = [name for damage in self.damages if damage.level > 0.5 for name in damage.circuits]
        self.silenced = self._cut_off()

    def _cut_off(self) -> frozenset[str]:
        """Draw which control units a fault of bus or supply silences this time."""
        d = self.defects
        if d.main_fuse >= 0.6:
            return frozenset(unit for unit in sorted(self.units) if self.dice.random() < 0.5)
        lost = {unit for unit in sorted(self.units) if d.bus >= 0.6 and self.dice.random() < 0.6}
        if d.brake_unit >= 0.95:
            lost.add("brakes")
        if d.steering_assist >= 0.9:
            lost.add("steering")
        if d.ignition_switch >= 0.6:
            lost |= {unit for unit in sorted(self.units) if self.dice.random() < 0.25}
        return frozenset(lost)

    def _places(self) -> dict[str, str]:
        wheel, cylinder = self.chassis.wheel, self.engine.cylinder
        return {
            "cylinder": str(cylinder),
            "other": str(cylinder % self.build.cylinders + 1),
            "wheel": WHEEL_CODES[wheel],
            "range": RANGE_CODES[wheel],
            "pressure": PRESSURE_CODES[wheel],
        }


def _units(build: Build) -> frozenset[str]:
    units = {"brakes", "body", "cluster", "restraint", "climate", "tyres", "parking", "immobiliser"}
    units |= {"engine"} if build.combustion else set()
    units |= {"hybrid"} if build.high_voltage else set()
    units |= set() if build.gearbox in {"manual", "single_speed"} else {"gearbox"}
    units |= set() if build.hydraulic_steering else {"steering"}
    return frozenset(units)
