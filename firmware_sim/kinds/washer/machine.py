"""A whole washing machine at work: body, controller, laundry and whatever is failing, one step after the other."""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_sim.kinds.washer.body import ROOM_C, Body, Load
from firmware_sim.kinds.washer.build import Build
from firmware_sim.kinds.washer.condition import Condition
from firmware_sim.kinds.washer.controller import IDLE_S, STEP_S, Controller
from firmware_sim.kinds.washer.device import WasherSensors
from firmware_sim.wear.failure import Failure
from firmware_sim.wear.luck import Luck
from gateway.kinds.washer.messages import WasherAlarm, WashPhase


@dataclass(slots=True)
class Machine:
    """One washing machine. ``step`` lets ``span_s`` pass; ``tell`` writes what it measures into the device's sensors."""

    build: Build
    now: float
    """POSIX seconds."""
    luck: Luck
    body: Body
    controller: Controller
    failures: list[Failure] = field(default_factory=list)
    faulty: Condition = field(default_factory=Condition)
    restarts: int = 0
    """Of the control module, since the beginning."""

    @property
    def span_s(self) -> float:
        """How long the next step is: a machine that stands is looked at seldom, seconds."""
        wet = self.body.tray_l > 0 or self.controller.demand.pump
        return STEP_S if self.controller.busy or wet else IDLE_S

    @property
    def phase(self) -> WashPhase:
        """What it is doing."""
        return self.controller.phase

    def wash(self, load: Load) -> None:
        """Somebody puts laundry in and begins a programme; water that stood under the tub has been wiped up."""
        self.body.load = load
        self.body.tray_l = 0.0
        self.controller.start()

    def step(self) -> tuple[WasherAlarm, ...]:
        """Let one step pass and return the alarms to tell at its end."""
        span = self.span_s
        for failure in self.failures:
            failure.act(self.now, self.faulty)
        self.body.step(span, self.controller.demand, self.faulty)
        self.now += span
        resets = self.faulty.resets_h and self.controller.busy
        if resets and self.luck.even() < self.faulty.resets_h * span / 3600:
            self.restarts += 1
            self.controller.restart()
        return self.controller.step(span, self.faulty, self.luck)

    def tell(self, sensors: WasherSensors) -> None:
        """Measure."""
        self.controller.tell(sensors, self.faulty, self.luck)

    def repair(self) -> None:
        """Put everything right: parts replaced, water let out and wiped up, what was hot has cooled down."""
        self.failures.clear()
        self.faulty = Condition()
        self.body.pumped_l += self.body.water_l + self.body.tray_l + self.body.floor_l
        self.body.water_l = self.body.tray_l = self.body.floor_l = 0.0
        self.body.water_c = min(self.body.water_c, ROOM_C)
        self.controller.restart()
        self.controller.completes = True
        self.controller.latest.clear()


def installed(build: Build, load: Load, now: float, luck: Luck) -> Machine:
    """Return a sound machine that stands empty."""
    body = Body(build, load)
    return Machine(build, now, luck, body, Controller(build, body))
