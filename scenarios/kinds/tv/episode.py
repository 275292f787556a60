"""Episodes of television sets: what fails, or what a sound one puts up with."""

from __future__ import annotations

from firmware_sim.kinds.tv.body import MAKING
from firmware_sim.kinds.tv.device import Television
from scenarios.episodes.episode import Episodes
from scenarios.episodes.units import UnitEpisodes
from scenarios.kinds.tv.parts import TV_PARTS

SHARES = {
    "led_backlight": 24,
    "tv_power_supply": 15,
    "tv_main_board": 13,
    "panel_cable": 6,
    "tv_wifi_module": 6,
    "tv_tuner": 3,
    "app_crash_loop": 8,
    "aerial_cable": 6,
    "blocked_vents": 3,
    "tv_storage_full": 7,
    "weak_wifi": 9,
}
"""How often each is the cause: repairers name backlights, power supplies and main boards first; no counts are published [fit]."""
UNITS = UnitEpisodes(
    kind="tv",
    stem="visora/tv",
    making=MAKING,
    device=Television,
    parts=TV_PARTS,
    shares=SHARES,
    status_every_s=2 * 3600.0,
)
EPISODES = Episodes(0.2, UNITS.numbered)
