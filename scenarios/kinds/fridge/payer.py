"""How it pays of itself."""

from __future__ import annotations

from firmware_sim.kinds.fridge.habits import HABITS
from scenarios.world.payers.kind import PayerKind

PAYER = PayerKind(habits=HABITS, befalls={"daily_orders": "groceries"})
