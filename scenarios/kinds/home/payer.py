"""How it pays of itself."""

from __future__ import annotations

from firmware_sim.kinds.home.habits import HABITS
from scenarios.world.payers.kind import PayerKind

PAYER = PayerKind(habits=HABITS, metered="energy", befalls={"wrong_tariff": "energy"})
