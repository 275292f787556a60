"""What the process of another policy is told when it is started: a line of JSON on its standard input."""

from __future__ import annotations

from typing import Any

import msgspec

from dispatch.core.policy import Policy
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.store.address import StoreAddress

BEHIND_S = 60.0
"""Who does not reach the end of the ledger within so many seconds has fallen behind."""


class ShadowSetup(msgspec.Struct, frozen=True):
    """Where the store is (a DSN, password included), and both policies as a policy file has them."""

    store: str
    live: dict[str, Any]
    shadow: dict[str, Any]
    log_format: str = "auto"
    log_level: str = "info"
    behind_s: float = BEHIND_S

    def address(self) -> StoreAddress:
        """Return where the store is."""
        return StoreAddress.parse(self.store)

    def policies(self) -> tuple[Policy, Policy]:
        """Return what the desk goes by and what the shadow goes by, their roads read. Raises ``BadRoads``."""
        live, shadow = _policy(self.live), _policy(self.shadow)
        return live, shadow


def _policy(written: dict[str, Any]) -> Policy:
    policy = HousePolicy.model_validate(written).desk()
    if policy.roads is None:
        return policy
    from dispatch.roads.house import with_roads  # noqa: PLC0415 - imports numpy and scipy, which are an extra

    return with_roads(policy)
