"""Labelled episodes from homes: fridges that fail and payments that are refused."""

from __future__ import annotations

from scenarios.kinds.fridge.episode import fridge_episode
from scenarios.kinds.phone.episode import payment_episode

__all__ = ["fridge_episode", "payment_episode"]
