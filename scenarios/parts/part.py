"""What the world knows of a part beside how its device shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Kind = Literal["car", "fridge", "phone"]
"""What kind of device a part belongs to."""


class Occasion(StrEnum):
    """When it shows."""

    STARTING = "starting"
    """As the driver turns the key."""
    DRIVING = "driving"
    AT_THE_CAR = "at_the_car"
    """As the driver opens, locks or sets off."""
    PLUGGED = "plugged"
    """As an electric car is to be charged."""
    ANY_TIME = "any_time"


@dataclass(frozen=True, slots=True)
class Part:
    """One part."""

    kind: Kind
    occasion: Occasion = Occasion.ANY_TIME
    needs_help: bool = True
    """Must somebody come, deliver or call?"""
    phones: bool = True
    """Would the customer phone about it at all?"""
    unnoticed_s: float | None = None
    """After how long its owner notices it, where its device's body does not show when; ``None``: the body does."""
