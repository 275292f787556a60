"""How kettles break in ``callahead chaos``."""

from __future__ import annotations

from typing import cast

from firmware_sim.kinds.phone.device import Phone
from scenarios.episodes.trouble import Trouble

TROUBLES = {"cold": Trouble(Phone, lambda device, _fix, now: cast("Phone", device).status(now))}
SOUND = Phone
