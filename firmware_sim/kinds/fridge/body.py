"""A fridge's body: heat flows between room, cabinet, food, freezer, evaporator and condenser, and a compressor.

One lump for each; steps of minutes, each lump solved implicitly against the others, so that no step is unstable.
Coefficients: capacity falls by about 3% and power by 1% for each kelvin the evaporator gets colder; capacity falls by
0.9% and power rises by 0.8% for each kelvin the condenser gets warmer (catalogue curves of small hermetic compressors,
rounded). Errors of 20% in any of them change when things happen by tens of minutes, not what happens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmware_sim.kinds.fridge.build import FREEZER_C, ROOM_C, Build
from firmware_sim.kinds.fridge.condition import Condition

WIDE_OPEN_W_K = 20.0
"""Heat that comes in by a wide open door, latent heat too."""
LAMP_W = 3.0
"""Light-emitting diodes, as connected fridges have them [fit]; it burns while the switch says that the door is open."""
WIDE_OPEN_G_S = 0.04
"""Water that comes with it."""
STILL_AIR = 0.16
"""What a compact condenser that is built for a fan still gives off without one, share."""
FUSION_J_KG = 334_000.0
BLOCKED_KG = 0.9
"""Frost that halves the air flow through an evaporator."""
STARTS_ABOVE, STALLS_BELOW = 0.82, 0.7
"""Of the nominal voltage."""
EQUALISES_S = 400.0
"""A compressor that stopped less long ago starts against pressure and stalls."""
TRIPS_C, RESETS_C = 128.0, 75.0
"""Winding temperatures at which the overload protector opens and closes."""


@dataclass(slots=True)
class Demand:
    """What the controller wants now."""

    speed: float = 0.0
    """Of the compressor, share; 0: off."""
    fan: bool = False
    heater: bool = False


@dataclass(slots=True)
class Around:
    """What the household does during one step."""

    room_c: float = ROOM_C
    mains: float = 1.0
    """Share of the nominal voltage."""
    door_s: float = 0.0
    """Seconds wide open, in this step."""
    gap: float = 0.0


@dataclass(slots=True)
class Body:
    """Temperatures in °C, frost in kg, and the compressor's state."""

    build: Build
    air_c: float
    food_c: float
    freezer_c: float
    evaporator_c: float
    condenser_c: float
    winding_c: float = 60.0
    frost_kg: float = 0.1
    running: bool = False
    current_a: float = 0.0
    """Measured while it last ran or tried to."""
    heater_a: float = 0.0
    failed_starts: int = 0
    """In a row."""
    idle_s: float = 1e6
    run_s: float = 0.0
    """Since it started last."""
    rest_s: float = 0.0
    """Until the overload protector closes."""

    def step(self, span: float, demand: Demand, around: Around, faulty: Condition, luck: float) -> None:
        """Let ``span`` seconds pass; ``luck`` (0 to 1) decides on a start."""
        self._compress(span, demand, around, faulty, luck)
        power = self._power(demand, faulty) if self.running else 0.0
        cooling = self._cooling(demand, faulty) if self.running else 0.0
        self._warm_side(span, power, cooling, around, faulty)
        self._cold_side(span, cooling, demand, around, faulty)

    def _compress(self, span: float, demand: Demand, around: Around, faulty: Condition, luck: float) -> None:
        """Start, run, trip or rest."""
        wanted = (demand.speed > 0 or faulty.relay_welded > 0.5) and faulty.relay_dead < 0.5 and around.mains > 0.3
        self.rest_s = max(0.0, self.rest_s - span)
        if not wanted or self.rest_s > 0:
            self._stop(span)
        elif self.running:
            self.run_s += span
            if self.winding_c > TRIPS_C or self.run_s > faulty.trips_after_s or around.mains < STALLS_BELOW:
                self._trip(300 + 900 * luck)
        else:
            self._start(span, around, faulty, luck)

    def _start(self, span: float, around: Around, faulty: Condition, luck: float) -> None:
        under_pressure = self.idle_s < EQUALISES_S and not self.build.waits_between_starts
        if faulty.winding_open > 0.5:
            self.failed_starts, self.current_a = self.failed_starts + 1, 0.0
        elif luck < faulty.start_fails or around.mains < STARTS_ABOVE or under_pressure:
            # a rotor that stands is a resistance: it draws less where the voltage is low
            self.current_a = faulty.locked_rotor * around.mains * self._amperes(self.build.circuit.power, 1.0)
            self.failed_starts += 1
            self.winding_c += 25
            self._trip(180 + 240 * luck)
        elif self.build.waits_between_starts and self.idle_s < EQUALISES_S:
            self.idle_s += span
        else:
            self.running, self.run_s, self.failed_starts = True, 0.0, 0

    def _trip(self, rest: float) -> None:
        self.running, self.rest_s, self.idle_s = False, rest, 0.0

    def _stop(self, span: float) -> None:
        self.running = False
        self.idle_s += span

    def _cooling(self, demand: Demand, faulty: Condition) -> float:
        """Heat the circuit takes from the evaporator, W. Below 85% of its charge the evaporator starves."""
        circuit = self.build.circuit
        colder = 1 + 0.028 * (self.evaporator_c - circuit.evaporating_c)
        hotter = 1 - 0.009 * (self.condenser_c - 40)
        fed = min(1.0, max(0.0, (faulty.charge - 0.12) / 0.73))
        speed = demand.speed or 1.0
        return circuit.capacity * speed * faulty.pumping * fed * min(1.9, max(0.0, colder)) * max(0.2, hotter)

    def _power(self, demand: Demand, faulty: Condition) -> float:
        """Electric power, W: less where little is pumped."""
        moved = min(1.4, max(0.0, 1 + 0.01 * (self.evaporator_c - self.build.circuit.evaporating_c)))
        share = 0.55 + 0.45 * moved * faulty.pumping * min(1.0, faulty.charge + 0.15)
        hotter = max(0.7, 1 + 0.008 * (self.condenser_c - 40))
        return self.build.circuit.power * (demand.speed or 1.0) * (share + faulty.friction) * hotter

    def _amperes(self, power: float, mains: float) -> float:
        factor = 0.9 if self.build.inverter else 0.65
        return power / (factor * self.build.nominal_v * max(0.3, mains))

    def _warm_side(self, span: float, power: float, cooling: float, around: Around, faulty: Condition) -> None:
        """Condenser and motor winding."""
        circuit = self.build.circuit
        air = faulty.condenser_air
        if self.build.has_condenser_fan:
            air *= STILL_AIR + (1 - STILL_AIR) * faulty.condenser_fan
        gives = circuit.to_room * air
        heat = cooling + 0.9 * power
        self.condenser_c = (circuit.condenser * self.condenser_c + span * (gives * around.room_c + heat)) / (
            circuit.condenser + span * gives
        )
        if self.running:
            self.current_a = self._amperes(power, around.mains)
            load = power / circuit.power / max(0.5, around.mains)
            settles = self.condenser_c + 32 * load * load
        else:
            settles = self.condenser_c + 5
        self.winding_c += (settles - self.winding_c) * min(1.0, span / 1500)
        if self.rest_s > 0 and self.winding_c < RESETS_C:
            self.rest_s = min(self.rest_s, 2 * span)

    def _cold_side(self, span: float, cooling: float, demand: Demand, around: Around, faulty: Condition) -> None:
        """Evaporator with its frost, freezer, cabinet air and food."""
        circuit = self.build.circuit
        to_air, to_freezer = self._passes(demand, faulty)
        heat = self._heater(demand, around, faulty, span)
        before = self.evaporator_c
        held = circuit.evaporator + 2_100 * self.frost_kg
        flows = to_air * self.air_c + to_freezer * self.freezer_c + heat - cooling
        self.evaporator_c = (held * before + span * flows) / (held + span * (to_air + to_freezer))
        self._melt(held)
        self._cabinet(span, to_air, around, faulty)
        if circuit.freezer_leak:
            gains = circuit.freezer_leak * around.room_c + faulty.ice_heat_w + to_freezer * self.evaporator_c
            gives = circuit.freezer_leak + to_freezer
            self.freezer_c = (circuit.freezer * self.freezer_c + span * gains) / (circuit.freezer + span * gives)
        self._frost(span, around, faulty)

    def _passes(self, demand: Demand, faulty: Condition) -> tuple[float, float]:
        """Conductances from the evaporator to cabinet and freezer, W/K, with what fan and frost leave of them."""
        circuit, build = self.build.circuit, self.build
        blown = (faulty.fan if demand.fan else 0.0) if build.has_fan else float(self.running)
        free = 1 / (1 + (self.frost_kg / BLOCKED_KG) ** 3)
        to_air = circuit.to_air_off + blown * free * (circuit.to_air_on - circuit.to_air_off)
        to_freezer = circuit.to_freezer_off + blown * free * (circuit.to_freezer_on - circuit.to_freezer_off)
        return to_air, to_freezer

    def _heater(self, demand: Demand, around: Around, faulty: Condition, span: float) -> float:
        if not demand.heater or around.mains < 0.3:
            return 0.0
        power = self.build.circuit.heater * faulty.heater * around.mains**2
        self.heater_a = power / (self.build.nominal_v * around.mains)
        return 0.7 * power if span else 0.0

    def _melt(self, held: float) -> None:
        """Frost melts before the evaporator gets above freezing."""
        if self.evaporator_c > 0 and self.frost_kg > 0:
            melts = min(self.frost_kg, held * self.evaporator_c / FUSION_J_KG)
            self.frost_kg -= melts
            self.evaporator_c -= melts * FUSION_J_KG / held

    def _cabinet(self, span: float, to_air: float, around: Around, faulty: Condition) -> None:
        circuit = self.build.circuit
        lamp = LAMP_W if faulty.door_says > 0.5 else 0.0
        opens = WIDE_OPEN_W_K * (around.gap + around.door_s / span)
        leak = circuit.leak + faulty.gasket + opens
        gains = leak * around.room_c + to_air * self.evaporator_c + circuit.food_to_air * self.food_c + lamp
        gives = leak + to_air + circuit.food_to_air
        self.air_c = (circuit.air * self.air_c + span * gains) / (circuit.air + span * gives)
        self.food_c += span * circuit.food_to_air * (self.air_c - self.food_c) / circuit.food

    def _frost(self, span: float, around: Around, faulty: Condition) -> None:
        """Moist air leaves frost on a cold coil. What is thawed by hand or in every pause is not followed."""
        if self.build.no_frost and self.evaporator_c < 0:
            moist = 0.0015 + 0.012 * faulty.gasket
            moist += WIDE_OPEN_G_S * (around.gap + around.door_s / span) + faulty.water_g_h / 3600
            self.frost_kg = min(3.0, self.frost_kg + moist * span / 1000)

    def load_warm(self, kilograms: float, degrees: float) -> None:
        """Put in food of ``degrees`` °C, mostly water."""
        held, brought = self.build.circuit.food, 3_500.0 * kilograms
        self.food_c = (held * self.food_c + brought * degrees) / (held + brought)


def settled(build: Build, dice: np.random.Generator) -> Body:
    """Return a body that has long been cold."""
    near = dice.normal(0, 0.4, 3)
    wanted = build.setpoint_c
    return Body(
        build,
        air_c=wanted + float(near[0]),
        food_c=wanted + 0.5 + float(near[1]) / 2,
        freezer_c=FREEZER_C + float(near[2]),
        evaporator_c=build.circuit.evaporating_c + 6,
        condenser_c=ROOM_C + 6,
        frost_kg=float(dice.uniform(0.02, 0.25)) if build.no_frost else 0.15,
        current_a=build.circuit.power / (0.65 * build.nominal_v),
        heater_a=build.circuit.heater / build.nominal_v if build.no_frost else 0.0,
    )
