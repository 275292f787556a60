"""Episodes of homes: what fails, or what a sound one puts up with."""

from __future__ import annotations

from firmware_sim.kinds.home.body import MAKING
from firmware_sim.kinds.home.device import HomeController
from scenarios.episodes.episode import Episodes
from scenarios.episodes.units import UnitEpisodes
from scenarios.kinds.home.parts import HOME_PARTS

SHARES = {
    "heating_pressure": 16,
    "circulation_pump": 11,
    "ignition": 11,
    "flame_sensor": 10,
    "flow_sensor": 7,
    "heating_control": 9,
    "burst_pipe": 6,
    "dripping_tap": 10,
    "shutoff_valve": 4,
    "meter_battery": 5,
    "meter_clock": 3,
    "tariff_register": 3,
    "meter_radio": 5,
}
"""How often each is the cause: heating engineers name pressure, ignition and pumps most often; no counts are published [fit]."""
UNITS = UnitEpisodes(
    kind="home",
    stem="varma/home",
    making=MAKING,
    device=HomeController,
    parts=HOME_PARTS,
    shares=SHARES,
    status_every_s=3600.0,
)
EPISODES = Episodes(0.2, UNITS.numbered)
