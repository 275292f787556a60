"""What is out of order with a phone, as plain numbers: nothing is, by default."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.wear.failure import BodyCondition


@dataclass(slots=True)
class Condition(BodyCondition):
    """Every number stands at its healthy value; a failure moves it. Switches are 0 or 1."""

    faded: float = 0.0
    """Charge that the battery holds no more, percent of new."""
    shutdowns_h: float = 0.0
    """Sudden ones, an hour."""
    heats_k: float = 0.0
    """By how much a cell with a short gets warmer."""
    port_dead: float = 0.0
    """No charger is felt, or nothing flows."""
    plug_losses_h: float = 0.0
    """How often a worn socket loses the plug while it charges, an hour."""
    moist: float = 0.0
    hoarded_mb: float = 0.0
    block_errors_h: float = 0.0
    aerial_loss_db: float = 0.0
    modem_resets_h: float = 0.0
    cell_loss_db: float = 0.0
    """Where its owner is, and no fault of the phone."""
    dead_touch: float = 0.0
    """Percent of the screen."""
    ghosts_h: float = 0.0
    chip_dead: float = 0.0
    """The secure element does not answer."""
    chip_errors: float = 0.0
    """Share of payments at a terminal that it breaks off."""
    spurious_h: float = 0.0
    """Alarms without a cause, an hour."""
