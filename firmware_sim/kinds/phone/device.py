"""A phone: where its owner is, the notices on its screen, and what it forwards for its car."""

from __future__ import annotations

from collections.abc import Callable

from firmware_sim.device.device import Device, Outgoing
from firmware_sim.device.fix import Fix, position_of
from gateway.contract.commands import Command, NoticeCommand
from gateway.contract.envelope import DeviceEvent
from gateway.contract.topics import Channel, topic
from gateway.kinds.car.messages import VehicleFault, VehicleStatus
from gateway.kinds.phone.messages import PhoneStatus, PhoneStatusEvent


class Phone(Device):
    """Reports its position, and shows its owner what it is told."""

    fix: Fix | None
    """The world sets it; ``None``: no fix."""
    shown: list[str]
    """The notices shown, oldest first."""
    on_notice: Callable[[NoticeCommand], None] | None
    """Called with each notice as it is shown: the world sets it, and may have the owner read."""

    def __init__(self, name: str, *, boot: int = 1, buffer_limit: int = 200, fix: Fix | None = None) -> None:
        """Name is ``vendor/device``."""
        super().__init__(name, boot=boot, buffer_limit=buffer_limit)
        self.fix = fix
        self.shown = []
        self.on_notice = None

    def status(self, now: float) -> PhoneStatusEvent:
        """Report the position; may be dropped from a full store."""
        return self.emit(PhoneStatusEvent, PhoneStatus(position=position_of(self.fix)), now, perishable=True)

    def relay(self, event: DeviceEvent) -> None:
        """Forward an event of the paired car, in its own name, with our position where it told none."""
        content = event.data
        if isinstance(content, (VehicleStatus, VehicleFault)) and content.fix is None and self.fix is not None:
            content = content.model_copy(update={"position": self.fix.position()})
        told = event.model_copy(update={"via": self.source, "data": content})
        perishable = isinstance(content, VehicleStatus)
        self._hand_over(
            Outgoing(topic(self.name, Channel.EVENT), told.encode(), retain=False, perishable=perishable, key=event.key)
        )

    def on_command(self, command: Command, now: float) -> None:  # noqa: ARG002 - the text needs no time
        """Show a notice."""
        if isinstance(command, NoticeCommand):
            self.shown.append(command.data.text)
            if self.on_notice is not None:
                self.on_notice(command)
