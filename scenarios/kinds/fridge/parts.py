"""What can break in a fridge, as the world knows it. How it shows is the body's affair: ``firmware_sim/kinds/fridge``."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.story.part import Part

TECHNICIAN_COMES = (
    "compressor",
    "compressor_starter",
    "control_board",
    "defrost_heater",
    "defrost_sensor",
    "door_seal",
    "evaporator_fan",
    "refrigerant_leak",
    "temperature_sensor",
)
"""Parts of a fridge that a technician mends. When its owner notices, the body shows: it gets warm, thaws, or freezes."""
NOTICED_AFTER_H = {"condenser_fan": 12.0, "door_switch": 6.0, "ice_maker": 12.0}
"""Likewise a technician's; a fan that is silent, a lamp that stays dark, no ice: after how many hours it is noticed [fit]."""
OWNER_SEES_TO = ("door_ajar", "power_cut", "low_voltage", "condenser_dirty", "thermostat_setting", "warm_load")
"""What befalls a fridge and needs nobody to come. How each shows: ``firmware_sim.kinds.fridge.failures``."""

FRIDGE_PARTS: Mapping[str, Part] = {
    "stock": Part("fridge", phones=False),
    **{part: Part("fridge") for part in TECHNICIAN_COMES},
    **{part: Part("fridge", unnoticed_s=hours * 3600) for part, hours in NOTICED_AFTER_H.items()},
    **{part: Part("fridge", needs_help=False, phones=False) for part in OWNER_SEES_TO},
}
"""Part → what the world knows of it."""
