"""A device with a display: it shows its owner what it is told."""

from __future__ import annotations

from collections.abc import Callable

from firmware_sim.device.device import Device
from gateway.contract.commands import Command, NoticeCommand


class NoticeDevice(Device):
    """Shows notices."""

    shown: list[str]
    """The notices shown, oldest first."""
    on_notice: Callable[[NoticeCommand], None] | None
    """Called with each notice as it is shown: the world sets it, and may have the owner read."""

    def __init__(self, name: str, *, boot: int = 1, buffer_limit: int = 200) -> None:
        """Name is ``vendor/device``."""
        super().__init__(name, boot=boot, buffer_limit=buffer_limit)
        self.shown, self.on_notice = [], None

    def on_command(self, command: Command, now: float) -> None:  # noqa: ARG002 - the text needs no time
        """Show a notice."""
        if isinstance(command, NoticeCommand):
            self.shown.append(command.data.text)
            if self.on_notice is not None:
                self.on_notice(command)
