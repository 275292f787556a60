"""How the house works in a story: the same as in the file of ``callahead-serve --policy``."""

from __future__ import annotations

from dispatch.policy_model.house_policy import HousePolicy

__all__ = ["HousePolicy"]
