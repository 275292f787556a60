"""What is out of order with a washing machine, its taps and its laundry, as plain numbers: nothing is, by default."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.wear.failure import BodyCondition


@dataclass(slots=True)
class Condition(BodyCondition):
    """Every number stands at its healthy value; a failure moves it. Switches are 0 or 1."""

    # water in
    supply: float = 1.0
    """Of the house's water, share; 0: the tap is closed."""
    valve_open_coil: float = 0.0
    """The inlet valve takes no current and stays shut."""
    valve_flow: float = 1.0
    """What its strainer lets through, share."""
    valve_leaks: float = 0.0
    """What it lets through while it is shut, share."""
    hose_l_min: float = 0.0
    """What the inlet hose loses while the tap is open."""
    gasket_l_min: float = 0.0
    """What the door's gasket loses while the drum turns in water."""
    # water out
    pump: float = 1.0
    """What its wheel still moves, share."""
    pump_open: float = 0.0
    """Its winding takes no current."""
    pump_jammed: float = 0.0
    """Its wheel stands: it moves nothing and draws more."""
    filter: float = 1.0
    """What the fluff filter lets through, share."""
    # heat
    heater: float = 1.0
    """Power, share."""
    heater_stuck: float = 0.0
    """Its relay is welded: it heats whenever there is mains."""
    probe_lost: float = 0.0
    probe_stuck: float = 0.0
    probe_offset_k: float = 0.0
    # level
    level_stuck: float = 0.0
    level_gain: float = 1.0
    """What the pressure in its air trap still comes to, share."""
    # drum
    torque: float = 1.0
    """What worn brushes leave of the motor's, share."""
    motor_short: float = 0.0
    """Turns of its winding that touch: less torque, more current and heat."""
    belt: float = 1.0
    """What the belt carries over, share; 0: it is off."""
    friction: float = 0.0
    """Extra current of a worn bearing, share."""
    play_mm: float = 0.0
    """By how much more the tub swings for that."""
    damping: float = 1.0
    """Of the dampers, share."""
    imbalance_kg: float = 0.0
    """Laundry on one side of the drum, beyond the usual."""
    # door and control
    lock_fails: float = 0.0
    """Probability that one try to lock the door fails."""
    relays_dead: float = 0.0
    """The board switches neither motor nor heater nor pump."""
    resets_h: float = 0.0
    """Restarts of the control module, an hour of a programme."""
    board_fault: float = 0.0
    """Its self-test fails."""
    readings_lost: float = 0.0
    """Probability that one reading is missing from a report."""
    spurious_h: float = 0.0
    """Alarms without a cause, an hour of a programme."""
