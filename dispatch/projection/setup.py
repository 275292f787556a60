"""What the process that shows is told when it is started: a line of JSON on its standard input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from dispatch.core.policy import Policy
from dispatch.engine.clock import Clock, WallClock
from dispatch.engine.story_clock import StoryClock
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.store.address import StoreAddress


class Setup(msgspec.Struct, frozen=True):
    """Where the store is (a DSN, password included), where to be asked, by which policy and clock."""

    store: str
    socket: str
    policy: dict[str, Any]
    """As a policy file has it."""
    clock: str | None = None
    """A story's clock file; ``None``: the real time."""
    log_format: str = "auto"
    log_level: str = "info"

    def address(self) -> StoreAddress:
        """Return where the store is."""
        return StoreAddress.parse(self.store)

    def house(self) -> Policy:
        """Return what the desk goes by; its roads are not read."""
        return HousePolicy.model_validate(self.policy).desk()

    def told_time(self) -> Clock:
        """Return the service's clock. Raises ``BadClockFile``."""
        return StoryClock(Path(self.clock)) if self.clock else WallClock()
