"""What can break, as the world knows it. How it shows is the body's affair: ``firmware_sim/kinds/home``."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.story.part import Part

TECHNICIAN_COMES = (
    "burst_pipe",
    "circulation_pump",
    "flame_sensor",
    "flow_sensor",
    "heating_pressure",
    "ignition",
    "meter_battery",
    "meter_radio",
    "shutoff_valve",
)
"""When its owner notices, the body shows."""
NOTICED_AFTER_H: Mapping[str, float] = {"heating_control": 5.0}
"""Likewise a technician's, of what no body shows: after how many hours it is noticed [fit]."""
BY_VOICE = ("meter_clock", "tariff_register")
"""What is put right from afar, once somebody has spoken with the owner."""
OWNER_SEES_TO = ("dripping_tap",)
"""What needs nobody: a message says what to do."""

HOME_PARTS: Mapping[str, Part] = {
    **{part: Part("home") for part in TECHNICIAN_COMES},
    **{part: Part("home", unnoticed_s=hours * 3600) for part, hours in NOTICED_AFTER_H.items()},
    **{part: Part("home", comes=False) for part in BY_VOICE},
    **{part: Part("home", needs_help=False, phones=False) for part in OWNER_SEES_TO},
}
"""Part → what the world knows of it."""
