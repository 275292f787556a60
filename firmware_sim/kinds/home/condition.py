"""What is out of order in a home, as plain numbers: nothing is, by default."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.wear.failure import BodyCondition


@dataclass(slots=True)
class Condition(BodyCondition):
    """Every number stands at its healthy value; a failure moves it. Switches are 0 or 1."""

    # heating
    lost_bar: float = 0.0
    """Of the pressure of the heating's water."""
    pump: float = 1.0
    """Speed that the circulation pump still reaches, share."""
    pump_open: float = 0.0
    """Its winding takes no current."""
    sparks_not: float = 0.0
    """Probability that one try to ignite fails."""
    ionisation: float = 1.0
    """What a sooted electrode leaves of the flame's current, share."""
    probe_lost: float = 0.0
    """The probe of the flow's temperature says nothing."""
    probe_offset_k: float = 0.0
    resets_h: float = 0.0
    """Watchdog resets of the heating's control, an hour."""
    board_fault: float = 0.0
    """Its self-test fails."""
    # water
    burst_l_h: float = 0.0
    """What runs out of a pipe."""
    drips_l_h: float = 0.0
    """What a tap or a cistern lets through, into the drain."""
    valve_stuck: float = 0.0
    # meter
    battery: float = 1.0
    """Share of its charge."""
    clock_off_s: float = 0.0
    wrong_register: float = 0.0
    """It counts day for night."""
    radio_dead: float = 0.0
    guests_l_h: float = 0.0
    """Water that is drawn beyond the usual, now and then."""
    spurious_h: float = 0.0
    """Alarms without a cause, an hour."""
