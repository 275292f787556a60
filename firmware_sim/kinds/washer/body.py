"""A washing machine's body: water in, out and beside; its heat; the drum and how the tub swings.

One lump of water with the laundry in it. Nothing is lost: what came in is in the tub, was pumped out, or lies under the tub or
on the floor. Errors of 20% in any coefficient change when things happen, not what happens.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.kinds.washer.build import NOMINAL_V, Build
from firmware_sim.kinds.washer.condition import Condition

HELD_L_KG, SPUN_L_KG = 1.9, 0.6
"""Water that a kilogram of laundry holds when it is wet, and when it was spun."""
SPINS_RPM = 300.0
MAINS_C, ROOM_C = 14.0, 21.0
J_PER_L_K, J_PER_KG_K = 4_186.0, 1_400.0
LOSES_W_K = 5.0
"""Of a tub with warm water."""
BOILS_C = 100.0
TUB_L = 45.0
"""More runs out at the detergent drawer."""
TRAY_L = 2.0
"""Under the tub; more runs over the floor."""
SUMP_L = 0.5
"""The pump does not get it out."""
STALLS = 0.45
"""Torque, share, below which the drum does not turn."""
IDLES = 0.3
"""Current of a motor that turns nothing, share."""
STOPS_MM = 45.0
"""Farther the tub cannot swing."""
SWINGS_MM, PER_KG_MM = 1.5, 16.0
"""The tub in a spin: with an even load, and for each kilogram on one side."""
MOTOR_C = 35.0
"""By how much a motor gets hotter than the room at its usual current."""


@dataclass(slots=True)
class Demand:
    """What the controller wants now."""

    valve: bool = False
    pump: bool = False
    heater: bool = False
    rpm: float = 0.0


@dataclass(slots=True)
class Load:
    """What is in the drum."""

    kg: float = 4.0
    one_sided_kg: float = 0.1


@dataclass(slots=True)
class Body:
    """Litres, °C, rpm, mm and A; the sums ``in``, ``out`` since the beginning."""

    build: Build
    load: Load
    water_l: float = 0.0
    water_c: float = ROOM_C
    tray_l: float = 0.0
    floor_l: float = 0.0
    came_in_l: float = 0.0
    pumped_l: float = 0.0
    inflow_l_min: float = 0.0
    """Through the machine's own valve, now."""
    rpm: float = 0.0
    """By the motor's tachometer."""
    motor_a: float = 0.0
    motor_c: float = ROOM_C
    heater_a: float = 0.0
    pump_a: float = 0.0
    valve_a: float = 0.0
    swing_mm: float = 0.0
    aside_kg: float = 0.0
    """Laundry on one side of a drum that spins."""

    @property
    def free_l(self) -> float:
        """Water that the laundry does not hold."""
        held = SPUN_L_KG if self.rpm > SPINS_RPM else HELD_L_KG
        return max(0.0, self.water_l - held * self.load.kg)

    @property
    def level_mm(self) -> float:
        """Over the bottom of the tub."""
        return self.free_l / self.build.litres_per_mm

    def step(self, span: float, demand: Demand, faulty: Condition) -> None:
        """Let ``span`` seconds pass."""
        alive = faulty.relays_dead < 0.5
        self._fill(span, demand, faulty)
        self._turn(span, demand.rpm if alive else 0.0, faulty)
        self._leak(span, faulty)
        self._drain(span, faulty, on=demand.pump and alive)
        self._heat(span, faulty, on=demand.heater and alive)

    def _fill(self, span: float, demand: Demand, faulty: Condition) -> None:
        opens = demand.valve and faulty.valve_open_coil < 0.5
        self.valve_a = self.build.valve_a if opens else 0.0
        share = max(faulty.valve_flow if opens else 0.0, faulty.valve_leaks)
        comes = self.build.inflow_l_min * faulty.supply
        lost = min(comes, faulty.hose_l_min)
        self.inflow_l_min = max(0.0, comes - lost) * share
        self._spill(lost * span / 60, from_mains=True)
        self._take(self.inflow_l_min * span / 60)
        over = self.water_l - TUB_L - HELD_L_KG * self.load.kg
        if over > 0:
            self.water_l -= over
            self._spill(over)

    def _take(self, litres: float) -> None:
        """Mix water from the mains with what is there and with the laundry."""
        there = J_PER_L_K * self.water_l + J_PER_KG_K * self.load.kg
        self.water_c = (there * self.water_c + J_PER_L_K * litres * MAINS_C) / (there + J_PER_L_K * litres)
        self.water_l += litres
        self.came_in_l += litres

    def _spill(self, litres: float, *, from_mains: bool = False) -> None:
        """Water comes under the tub, and from there over the floor."""
        self.came_in_l += litres if from_mains else 0.0
        self.tray_l += litres
        over = max(0.0, self.tray_l - TRAY_L)
        self.tray_l -= over
        self.floor_l += over

    def _leak(self, span: float, faulty: Condition) -> None:
        if self.rpm <= 0 or not faulty.gasket_l_min:
            return
        splashes = min(1.0, self.level_mm / self.build.wash_mm) + 0.1
        lost = min(self.water_l, faulty.gasket_l_min * splashes * span / 60)
        self.water_l -= lost
        self._spill(lost)

    def _drain(self, span: float, faulty: Condition, *, on: bool) -> None:
        self.pump_a = 0.0
        if not on or faulty.pump_open > 0.5:
            return
        jammed = faulty.pump_jammed > 0.5
        moves = 0.0 if jammed else faulty.pump * faulty.filter
        self.pump_a = self.build.pump_a * (1.8 if jammed else 0.55 + 0.45 * moves)
        goes = min(max(0.0, self.free_l - SUMP_L), self.build.pump_l_min * moves * span / 60)
        self.water_l -= goes
        self.pumped_l += goes

    def _heat(self, span: float, faulty: Condition, *, on: bool) -> None:
        power = 0.0
        if (on or faulty.heater_stuck > 0.5) and self.free_l > SUMP_L:
            power = self.build.heater_w * faulty.heater
        self.heater_a = power / NOMINAL_V
        held = J_PER_L_K * max(1.0, self.water_l) + J_PER_KG_K * self.load.kg
        gains = power + LOSES_W_K * ROOM_C
        warmer = (held * self.water_c + span * gains) / (held + span * LOSES_W_K)
        self.water_c = min(BOILS_C, warmer)

    def _turn(self, span: float, wanted: float, faulty: Condition) -> None:
        torque = faulty.torque * (1 - 0.6 * faulty.motor_short)
        self.rpm = 0.0 if torque < STALLS else wanted * min(1.0, 0.4 + 0.75 * torque)
        self.motor_a = self._amperes(torque, faulty) if wanted else 0.0
        settles = ROOM_C + MOTOR_C * (self.motor_a / self.build.motor_a) ** 2
        self.motor_c += (settles - self.motor_c) * min(1.0, span / 900)
        self.swing_mm = self.aside_kg = 0.0
        if self.rpm > SPINS_RPM:
            self.aside_kg = (self.load.one_sided_kg + faulty.imbalance_kg) * min(1.0, 4 * faulty.belt)
            swings = (SWINGS_MM + PER_KG_MM * self.aside_kg) / max(0.15, faulty.damping) + faulty.play_mm
            self.swing_mm = min(STOPS_MM, swings)

    def _amperes(self, torque: float, faulty: Condition) -> float:
        """Return what the motor draws; worn brushes let little through, a short much."""
        carries = IDLES + (1 - IDLES) * faulty.belt * (0.7 + 0.3 * self.load.kg / 4)
        through = min(1.0, faulty.torque) if torque >= STALLS else 0.5 * faulty.torque
        return self.build.motor_a * carries * (1 + faulty.friction) * through * (1 + 2.2 * faulty.motor_short)
