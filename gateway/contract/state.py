"""What a device says of its link on ``…/state``: online or offline."""

from __future__ import annotations

from typing import Annotated

from gateway.contract.values import Moment, Strict, Whole


class DeviceState(Strict):
    """What stands retained on ``…/state``. ``boot`` keeps an old last will from marking a newer session offline."""

    online: bool
    boot: Annotated[int, Whole(0, 9_999_999_999)]
    """How often the device has restarted, as in its events' ids."""
    time: Moment | None = None
    """Absent in a last will, which is written before its hour."""

    def encode(self) -> bytes:
        """Return the bytes to publish."""
        return self.model_dump_json(exclude_none=True).encode()
