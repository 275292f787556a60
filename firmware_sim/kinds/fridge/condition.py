"""What is out of order with a fridge, its household and its mains, as plain numbers: nothing is, by default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from firmware_sim.wear.failure import BodyCondition


@dataclass(slots=True)
class Condition(BodyCondition):
    """Every number stands at its healthy value; a failure moves it. Switches are 0 or 1."""

    ONCE: ClassVar[frozenset[str]] = frozenset({"warm_kg", "frost_kg"})

    # the refrigerant circuit
    charge: float = 1.0
    """Refrigerant left, share of the full charge."""
    pumping: float = 1.0
    """What the compressor's valves and pistons still move, share."""
    friction: float = 0.0
    """Extra power of worn bearings, share of the nominal power."""
    start_fails: float = 0.0
    """Probability that one attempt to start fails with the rotor locked."""
    locked_rotor: float = 6.0
    """Current of a start that fails, times the nominal: less where only the main winding is fed."""
    winding_open: float = 0.0
    """The motor takes no current at all."""
    trips_after_s: float = 1e9
    """The overload protector opens after so long a run."""
    condenser_air: float = 1.0
    """Air that reaches the condenser, share."""
    condenser_fan: float = 1.0
    """Speed, share; as ``fan``."""
    # the cold side
    fan: float = 1.0
    heater: float = 1.0
    """Power of the defrost heater, share."""
    defrost_ends_early: float = 0.0
    """The bi-metal or its sensor says 'warm' from the start."""
    defrost_ends_late: float = 0.0
    """It never says 'warm': only the timer ends a defrost."""
    defrost_never: float = 0.0
    """None is started."""
    gasket: float = 0.0
    """Extra heat leak of the door's gasket, W/K; moist air comes with it."""
    ice_stuck: float = 0.0
    """The ice maker's motor or valve does not finish its turn."""
    ice_heat_w: float = 0.0
    """Heat of an ice maker whose mould heater stays on."""
    water_g_h: float = 0.0
    """Water that dribbles into the freezer and becomes frost."""
    frost_kg: float = 0.0
    """Frost that is there already when the failure begins; melted away once."""
    # sensors and control
    sensor_offset_k: float = 0.0
    sensor_noise_k: float = 0.0
    sensor_lost: float = 0.0
    """Open or shorted: the controller gets no reading."""
    sensor_stuck: float = 0.0
    door_says: float = 0.0
    """+1: the switch always says open, -1: always closed."""
    door_flickers: float = 0.0
    """Probability that the switch says the opposite."""
    relay_welded: float = 0.0
    relay_dead: float = 0.0
    resets_h: float = 0.0
    """Restarts of the control board, an hour."""
    readings_lost: float = 0.0
    """Probability that one reading is missing from a report."""
    board_fault: float = 0.0
    """The board's self-test fails."""
    # household, room and mains
    setpoint_k: float = 0.0
    """By how much somebody turned the thermostat up."""
    door_gap: float = 0.0
    """How far the door stands open, share of wide open."""
    door_rate: float = 1.0
    """Openings, times the usual."""
    warm_kg: float = 0.0
    """Warm food put in; taken account of once."""
    room_k: float = 0.0
    """Room above its usual temperature."""
    mains: float = 1.0
    """Mains voltage, share of nominal."""
    spurious_h: float = 0.0
    """Alarms without a cause, an hour."""
