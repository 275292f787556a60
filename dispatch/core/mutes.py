"""Devices that dispatchers muted: what they tell is kept and opens no case, unless it is dangerous. Pure."""

from __future__ import annotations

from dispatch.core.acts import DeviceMuted, DeviceUnmuted, MuteAct
from gateway.finding import Drive, Finding, Severity

LONGEST_S = 86_400.0
"""Nobody mutes a device for longer than a day at a time."""


class Mutes:
    """Device → until when it is muted, POSIX seconds."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def note(self, act: MuteAct, now: float) -> None:
        """Note what a dispatcher did, and forget what is over."""
        self._until = {device: until for device, until in self._until.items() if until > now}
        match act:
            case DeviceMuted():
                self._until[act.device] = min(act.until, now + LONGEST_S)
            case DeviceUnmuted():
                self._until.pop(act.device, None)

    def is_muted(self, device: str, now: float) -> bool:
        """Is a device muted just now?"""
        return self._until.get(device, now) > now

    def silences(self, finding: Finding, now: float) -> bool:
        """Does a finding open no case, as its device is muted and it is not dangerous?"""
        return self.is_muted(finding.device, now) and not is_dangerous(finding)

    def standing(self) -> dict[str, float]:
        """Return them, to be written down."""
        return dict(self._until)

    def stand(self, until: dict[str, float]) -> None:
        """Take up an earlier standing."""
        self._until = dict(until)


def is_dangerous(finding: Finding) -> bool:
    """Does a finding break through whatever is muted?"""
    return finding.drive is Drive.STOP_NOW or finding.severity is Severity.CRITICAL
