"""A phone: where its owner is, the notices on its screen, and what it forwards for its car."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from firmware_sim.device.device import Outgoing
from firmware_sim.device.fix import Fix, position_of
from firmware_sim.device.notices import NoticeDevice
from gateway.contract.commands import Command, InvitationCommand
from gateway.contract.envelope import DeviceEvent
from gateway.contract.topics import Channel, topic
from gateway.kinds.car.messages import VehicleFault, VehicleStatus
from gateway.kinds.phone.messages import (
    ChargeState,
    PhoneAlarm,
    PhoneAttributes,
    PhoneFault,
    PhoneFaultEvent,
    PhoneStatus,
    PhoneStatusEvent,
    SecureElement,
)

_WHOLE = frozenset({
    "battery_cycles", "sudden_shutdowns", "plug_losses", "storage_free", "storage_errors", "rsrp", "modem_resets",
    "ghost_touches", "tap_failures",
})  # fmt: skip


@dataclass(slots=True)
class PhoneSensors:
    """What a phone measures of itself. The world sets it."""

    alarms: tuple[PhoneAlarm, ...] = ()
    charge: float = 1.0
    """Share."""
    charge_state: ChargeState = "IsNotCharging"
    chip: SecureElement = "Ready"
    measured: dict[str, float | bool] = field(default_factory=dict)
    """Field of ``PhoneAttributes`` → value; temperature in °C. What is not there, no sensor tells."""

    def attributes(self) -> PhoneAttributes:
        """Return the measurements by their published names."""
        told = {name: _told(name, value) for name, value in self.measured.items()}
        return PhoneAttributes(
            battery=round(200 * self.charge),
            charge_state=self.charge_state,
            secure_element=self.chip,
            **told,  # type: ignore[arg-type] # the names are those of the fields
        )


def _told(name: str, value: float | bool) -> float | int | bool:  # noqa: FBT001 - a reading
    if isinstance(value, bool):
        return value
    if name == "battery_temperature":
        return round(100 * value)
    return round(value) if name in _WHOLE else round(value, 1)


class Phone(NoticeDevice):
    """Reports its position and what is wrong with it, and shows its owner what it is told."""

    sensors: PhoneSensors | None
    """``None``: an app that tells where the phone is and nothing else."""
    measure: Callable[[PhoneSensors], None] | None
    """Called before each report, where the world has a body behind it."""

    fix: Fix | None
    """The world sets it; ``None``: no fix."""
    on_invitation: Callable[[InvitationCommand], None] | None
    """Called with each invitation to be helped that the app shows: the world sets it."""

    def __init__(self, name: str, *, boot: int = 1, buffer_limit: int = 200, fix: Fix | None = None) -> None:
        """Name is ``vendor/device``."""
        super().__init__(name, boot=boot, buffer_limit=buffer_limit)
        self.fix = fix
        self.sensors, self.measure = None, None
        self.on_invitation = None

    def status(self, now: float) -> PhoneStatusEvent:
        """Report the position, and how it does where its app tells that; may be dropped from a full store."""
        content = PhoneStatus(position=position_of(self.fix))
        sensors = self._look()
        if sensors is not None:
            content = PhoneStatus(position=content.position, alarms=sensors.alarms, attributes=sensors.attributes())
        return self.emit(PhoneStatusEvent, content, now, perishable=True)

    def fault(self, alarms: Iterable[PhoneAlarm], now: float) -> PhoneFaultEvent:
        """Report alarms with what it measures now."""
        sensors = self._look() or PhoneSensors()
        content = PhoneFault(alarms=tuple(alarms), position=position_of(self.fix), attributes=sensors.attributes())
        return self.emit(PhoneFaultEvent, content, now, perishable=False)

    def _look(self) -> PhoneSensors | None:
        if self.measure is not None:
            self.sensors = self.sensors or PhoneSensors()
            self.measure(self.sensors)
        return self.sensors

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

    def on_command(self, command: Command, now: float) -> None:
        """Show a notice, or an invitation."""
        super().on_command(command, now)
        if isinstance(command, InvitationCommand) and self.on_invitation is not None:
            self.on_invitation(command)
