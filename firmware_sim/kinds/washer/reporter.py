"""When a washing machine tells what: alarms at once, each phase as it begins, and now and then that it still stands there."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.kinds.washer.device import Washer
from firmware_sim.kinds.washer.machine import Machine
from gateway.kinds.washer.messages import WasherFaultEvent


@dataclass(slots=True)
class Reporter:
    """One machine and the device that tells of it."""

    machine: Machine
    device: Washer
    every_s: float
    """Between two statuses where nothing happens."""
    next_status: float
    """POSIX seconds."""

    def live(self) -> WasherFaultEvent | None:
        """Let one step pass, and tell of it. Return what it complained about."""
        machine, device = self.machine, self.device
        before, restarts = (machine.controller.state, machine.phase), machine.restarts
        alarms = machine.step()
        now = machine.now
        if machine.restarts > restarts:
            device.restart(now)
        changed = (machine.controller.state, machine.phase) != before
        if alarms:
            machine.tell(device.sensors)
            return device.fault(alarms, now)
        if changed or now >= self.next_status:
            machine.tell(device.sensors)
            device.status(now)
            self.next_status = now + self.every_s
        return None
