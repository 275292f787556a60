"""What is out of order with a television set and around it, as plain numbers: nothing is, by default."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.wear.failure import BodyCondition


@dataclass(slots=True)
class Condition(BodyCondition):
    """Every number stands at its healthy value; a failure moves it. Switches are 0 or 1."""

    string_open: float = 0.0
    """An LED of the backlight's string is open: no current, and the driver raises its voltage in vain."""
    backlight: float = 1.0
    """Current that the driver still brings, share."""
    esr: float = 0.0
    """How dry the supply's capacitors are, share."""
    sag_v: float = 0.0
    """What the 12 V rail loses."""
    airflow: float = 1.0
    """What dust or a cloth over the vents leaves, share."""
    board_resets_h: float = 0.0
    """Watchdog resets an hour."""
    bad_blocks: float = 0.0
    """The flash memory loses what is written."""
    radio_loss_db: float = 0.0
    """Of the Wi-Fi module's own aerial."""
    radio_resets_h: float = 0.0
    way_loss_db: float = 0.0
    """Of the way to the home's router."""
    tuner_noise_db: float = 0.0
    aerial_loss_db: float = 0.0
    """Of the cable to the aerial's socket, or its plug."""
    hoarded_mb: float = 0.0
    """Storage that apps and recordings have taken beyond the usual."""
    app_crashes_h: float = 0.0
    panel_errors_h: float = 0.0
    """Of the flat cable to the panel."""
    spurious_h: float = 0.0
    """Alarms without a cause, an hour."""
