"""A whole fridge at work: body, controller, kitchen and whatever is failing, one step after the other."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from firmware_sim.kinds.fridge.body import Around, Body, settled
from firmware_sim.kinds.fridge.build import Build
from firmware_sim.kinds.fridge.condition import Condition
from firmware_sim.kinds.fridge.controller import OUT_S, STEP_S, Controller
from firmware_sim.kinds.fridge.device import FridgeSensors
from firmware_sim.kinds.fridge.household import Household
from firmware_sim.wear.failure import Failure
from firmware_sim.wear.luck import Luck
from gateway.kinds.fridge.messages import ApplianceAlarm

WARM_FOOD_C = 45.0
COOLS_DOWN_S = 6 * 3600.0
"""After a repair."""
LOADS_S_KG = 12.0
"""For so long the door is open while a kilogram is put in."""


@dataclass(slots=True)
class Machine:
    """One fridge. ``step`` lets ``STEP_S`` pass; ``tell`` writes what it measures into the device's sensors."""

    build: Build
    household: Household
    now: float
    """POSIX seconds."""
    luck: Luck
    body: Body
    controller: Controller
    failures: list[Failure] = field(default_factory=list)
    faulty: Condition = field(default_factory=Condition)
    around: Around = field(default_factory=Around)
    restarts: int = 0
    """Of the control board, since the beginning."""
    has_power: bool = True
    loading_s: float = 0.0
    """The door has still to be open for what is being put in."""

    @property
    def talks(self) -> bool:
        """Whether the radio has power."""
        return self.has_power or self.build.has_reserve

    def step(self) -> tuple[ApplianceAlarm, ...]:
        """Let one step pass and return the alarms to tell at its end."""
        self._fail()
        self.around = self.household.step(self.now, STEP_S, self.faulty, self.luck)
        loads = min(STEP_S, self.loading_s)
        self.around.door_s = max(self.around.door_s, loads)
        self.loading_s -= loads
        self.body.step(STEP_S, self.controller.demand, self.around, self.faulty, self.luck.even())
        self.now += STEP_S
        self._power()
        if not self.talks:
            return ()
        if not self.has_power:
            self.controller.demand.speed = 0.0
        return self.controller.step(self.around, self.faulty, self.luck)

    def tell(self, sensors: FridgeSensors) -> None:
        """Measure."""
        self.controller.tell(sensors, self.around, self.faulty, self.luck)

    def repair(self) -> None:
        """Put everything right: parts replaced, frost thawed, refrigerant filled up, what went warm thrown away.

        The controller is silent about temperature until the fridge has had time to cool down.
        """
        self.failures.clear()
        self.faulty, body = Condition(), self.body
        body.frost_kg, body.failed_starts, body.rest_s = min(body.frost_kg, 0.05), 0, 0.0
        body.food_c = min(body.food_c, self.build.setpoint_c + 3)
        body.freezer_c = min(body.freezer_c, -10.0)
        self.controller.restart()
        self.controller.on_s, self.controller.defrost_failed = -COOLS_DOWN_S, False

    def _fail(self) -> None:
        """Let every failure act, and use up what happens once."""
        faulty = self.faulty
        for failure in self.failures:
            failure.act(self.now, faulty)
        if faulty.warm_kg:
            self.body.load_warm(faulty.warm_kg, WARM_FOOD_C)
            self.loading_s = LOADS_S_KG * faulty.warm_kg
            faulty.warm_kg = 0.0
        if faulty.frost_kg:
            self.body.frost_kg, faulty.frost_kg = max(self.body.frost_kg, faulty.frost_kg), 0.0

    def _power(self) -> None:
        """Restart the board where power came back, or where it resets by itself."""
        had, self.has_power = self.has_power, self.around.mains > OUT_S
        resets = self.faulty.resets_h and self.luck.even() < self.faulty.resets_h * STEP_S / 3600
        if (self.has_power and not had) or resets:
            self.restarts += 1
            self.controller.restart()
            self.controller.power_was_lost = not resets


def switched_on(build: Build, household: Household, now: float, dice: np.random.Generator) -> Machine:
    """Return a fridge that has long been cold. Its first hour still settles."""
    body = settled(build, dice)
    duty = 0.75 if build.inverter else 0.38
    controller = Controller(build, body, body.air_c, ran_s=float(dice.random()) * build.defrost_every_s * 0.9)
    controller.ran.extend((dice.random(len(controller.ran)) < duty).tolist())
    return Machine(build, household, now, Luck(dice), body, controller)
