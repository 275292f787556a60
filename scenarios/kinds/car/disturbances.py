"""What befalls a car in which nothing is broken: cold, heat, a stray code, a battery that was changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from firmware_sim.kinds.car.body import Body
from firmware_sim.kinds.car.build import chance
from firmware_sim.kinds.car.defects import Damage
from firmware_sim.kinds.car.telematics import STRAY


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One kind: how often, in what weather (lowest, highest °C), and what it does to the body, before the drive or on it."""

    weight: float
    weather: tuple[float, float]
    does: Callable[[Body, Random, float], None]
    nights: bool = False
    hurry: float = 1.0


def _nothing(_body: Body, _dice: Random, _at: float) -> None:
    pass


def _tyres(body: Body, dice: Random, _at: float) -> None:
    body.chassis.cold_pressures = [pressure * dice.uniform(0.9, 0.94) for pressure in body.chassis.cold_pressures]


def _tired(body: Body, dice: Random, _at: float) -> None:
    body.electrics.charge = dice.uniform(0.66, 0.82)


def _low_fuel(body: Body, dice: Random, _at: float) -> None:
    body.engine.fuel = min(body.engine.fuel, dice.uniform(5.0, 9.0))


def _stray(body: Body, dice: Random, _at: float) -> None:
    body.memory.stray(dice.choice(STRAY), dice.choice(("pending", "pending", "confirmed")))


def _battery_changed(body: Body, dice: Random, _at: float) -> None:
    """Control units lose their supply, and complain of one another once it is back."""
    for code in dice.sample(("U0140", "U0155", "U0121", "U3003", "C0460", "B1000", "P0562"), dice.randint(1, 3)):
        body.memory.stray(code, "confirmed" if chance(dice, 0.5) else "pending")
    body.electrics.charge = 0.95


def _once(*heading: tuple[str, float], span: float) -> Callable[[Body, Random, float], None]:
    def does(body: Body, dice: Random, at: float) -> None:
        """Let it happen once on the way, and pass."""
        passing = Damage(at, heading, (), "passing", span, Random(dice.getrandbits(64)))  # noqa: S311
        body.damages.append(passing)

    return does


DISTURBANCES: Mapping[str, Disturbance] = {
    "cold_morning": Disturbance(3, (-20, -9), _tired, nights=True),
    "tyres_in_the_cold": Disturbance(2, (-15, -2), _tyres, nights=True),
    "stray_code": Disturbance(3, (-5, 28), _stray),
    "short_dip": Disturbance(1, (-12, 3), _tired, nights=True),
    "hot_traffic": Disturbance(2, (31, 39), _nothing, hurry=0.15),
    "low_fuel": Disturbance(2, (-5, 28), _low_fuel),
    "battery_changed": Disturbance(1, (-10, 20), _battery_changed),
    "damp_ignition": Disturbance(1, (1, 9), _once(("plugs", 0.55), span=90)),
    "fuel_cap": Disturbance(1, (5, 25), _once(("vapour_leak", 1.0), span=900)),
    "plain_drive": Disturbance(3, (-12, 30), _nothing),
}
