"""What can break, as the world knows it. How it shows is the body's affair: ``firmware_sim/kinds/tv``."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.story.part import Part

TECHNICIAN_COMES = ("led_backlight", "panel_cable", "tv_main_board", "tv_power_supply", "tv_tuner")
"""When its owner notices, the body shows."""
NOTICED_AFTER_H: Mapping[str, float] = {"tv_wifi_module": 3.0}
"""Likewise a technician's, of what no body shows: after how many hours it is noticed [fit]."""
BY_VOICE = ("app_crash_loop",)
"""What is put right from afar, once somebody has spoken with the owner."""
OWNER_SEES_TO = ("aerial_cable", "blocked_vents", "tv_storage_full", "weak_wifi")
"""What needs nobody: a message says what to do."""

TV_PARTS: Mapping[str, Part] = {
    **{part: Part("tv") for part in TECHNICIAN_COMES},
    **{part: Part("tv", unnoticed_s=hours * 3600) for part, hours in NOTICED_AFTER_H.items()},
    **{part: Part("tv", comes=False) for part in BY_VOICE},
    **{part: Part("tv", needs_help=False, phones=False) for part in OWNER_SEES_TO},
}
"""Part → what the world knows of it."""
