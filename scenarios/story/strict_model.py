"""What every part of a story file has in common: no unknown keys, and a hint at the one that was meant."""

from __future__ import annotations

from dispatch.policy_model.strict_model import StrictModel as Brief
from dispatch.policy_model.strict_model import suggestion

__all__ = ["Brief", "suggestion"]
