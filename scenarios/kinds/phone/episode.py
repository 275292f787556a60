"""Episodes of phones' own parts: what fails, or what a sound one puts up with."""

from __future__ import annotations

from firmware_sim.kinds.phone.body import MAKING
from firmware_sim.kinds.phone.device import Phone
from scenarios.episodes.episode import Episodes
from scenarios.episodes.units import UnitEpisodes
from scenarios.kinds.phone.parts import PHONE_PARTS

SHARES = {
    "phone_battery": 28,
    "touch_screen": 17,
    "charging_port": 14,
    "phone_storage_full": 11,
    "damp_port": 7,
    "phone_radio": 8,
    "phone_storage_chip": 4,
    "phone_hot_battery": 4,
    "secure_element": 7,
}
"""How often each is the cause, roughly: repairers name batteries, screens and sockets most often; no counts are published [fit]."""
UNITS = UnitEpisodes(
    kind="phone",
    stem="pingo/handset",
    making=MAKING,
    device=Phone,
    parts=PHONE_PARTS,
    shares=SHARES,
    status_every_s=2 * 3600.0,
)
EPISODES = Episodes(0.2, UNITS.numbered)
