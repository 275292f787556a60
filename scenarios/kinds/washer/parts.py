"""What can break in a washing machine, as the world knows it. How it shows is the body's affair: ``firmware_sim/kinds/washer``."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.story.part import Part

TECHNICIAN_COMES = (
    "control_module",
    "door_gasket",
    "door_interlock",
    "drain_pump",
    "heater_relay",
    "inlet_hose",
    "inlet_valve",
    "level_sensor",
    "wash_motor",
    "wash_probe",
)
"""When its owner notices, the body shows: the machine stands in the middle of a programme, or there is water on the floor."""
NOTICED_AFTER_H = {"drum_bearing": 6.0, "drum_belt": 2.0, "tub_dampers": 2.0, "wash_heater": 4.0}
"""Likewise a technician's; it roars, does not turn, knocks, washes cold: after how many hours it is noticed [fit]."""
OWNER_SEES_TO = ("drain_filter", "tap_closed", "unbalanced_load")
"""What needs nobody to come."""

WASHER_PARTS: Mapping[str, Part] = {
    **{part: Part("washer") for part in TECHNICIAN_COMES},
    **{part: Part("washer", unnoticed_s=hours * 3600) for part, hours in NOTICED_AFTER_H.items()},
    **{part: Part("washer", needs_help=False, phones=False) for part in OWNER_SEES_TO},
}
"""Part → what the world knows of it."""
