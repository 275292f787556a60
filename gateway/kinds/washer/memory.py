"""What is kept of one washing machine: what is usual for it, and how its latest programmes went. Pure; ``Twin`` keeps it.

One machine differs from the next by more than many a fault changes it: therefore what is usual is learned of each from programmes
that went well. Times by its clock, POSIX seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from gateway.contract.values import Readings
from gateway.devices.memory import Memory

LEARNS_FROM = 12
"""A mean moves by at least one part in so many."""
DIGITS = 3
"""More are noise, and dear to store."""
RESTARTS = 8
"""Restarts that are remembered."""
REPORTS = 6
"""Of so many it is remembered how much was missing; a reading that was told as often is missed."""
PHASE, STATE, ERROR = "Callahead.WashPhase", "OperationalState.OperationalState", "OperationalState.OperationalError"
LEARNED = frozenset({
    "Callahead.MotorCurrent", "Callahead.DrainPumpCurrent", "Callahead.HeaterCurrent", "Callahead.HeatingRate",
    "Callahead.Inflow", "Callahead.Vibration", "Callahead.DrainSeconds", "Callahead.FillSeconds",
})  # fmt: skip
"""Readings of which it is learned what is usual."""
ALWAYS = frozenset({
    "TemperatureMeasurement.MeasuredValue", "TemperatureControl.TemperatureSetpoint", "BooleanState.StateValue",
    "Callahead.DoorLocked", "Callahead.WaterLevel", "Callahead.MotorTemperature",
})  # fmt: skip
"""Readings that belong to no phase: a machine that measures them tells them each time."""


@dataclass(slots=True)
class WasherMemory(Memory):
    """What is kept beside what every twin has."""

    NAME: ClassVar[str] = "washer"

    usual: dict[str, float] = field(default_factory=dict)
    """Reading → its mean over programmes that went well."""
    programmes: int = 0
    """From how many it was learned."""
    tells: dict[str, int] = field(default_factory=dict)
    """Of ``ALWAYS``: in how many reports it was, at most ``REPORTS``; one that is never told is not there."""
    missing: list[float] = field(default_factory=list)
    """Of the latest reports: what share of what it usually tells was missing."""
    boot: int | None = None
    restarts: list[float] = field(default_factory=list)
    running_since: float | None = None
    """Since when the programme under way has been heard of."""
    alarmed_at: float = 0.0
    """When it last complained, or its readings did."""
    first_in: dict[str, str] = field(default_factory=dict)
    """Alarm → in what phase it was when it first told it."""

    def hear(self, told: Readings, at: float, boot: int) -> float | None:
        """Note a report. Return when the programme began that came to its end with it; ``None``: none did."""
        self._hear_boot(boot, at)
        state, began = told.get(STATE), self.running_since
        if state == "Running":
            self.running_since = self.running_since or at
        elif state is not None:
            self.running_since = self.running_since if state == "Paused" else None
        self._miss(told)
        return began if state == "Stopped" and told.get(ERROR) in {None, "NoError"} else None

    def _hear_boot(self, boot: int, at: float) -> None:
        if self.boot is not None and boot > self.boot:
            self.restarts = [*self.restarts[1 - RESTARTS :], at]
            self.running_since = None
        self.boot = boot if self.boot is None else max(boot, self.boot)

    def _miss(self, told: Readings) -> None:
        """Note what share of what it tells whatever it does is not told now."""
        usual = [name for name, count in self.tells.items() if count >= REPORTS]
        if usual:
            share = sum(name not in told for name in usual) / len(usual)
            self.missing = [*self.missing[1 - REPORTS :], round(share, DIGITS)]
        for name in ALWAYS & told.keys():
            self.tells[name] = min(REPORTS, self.tells.get(name, 0) + 1)

    def learn(self, told: Readings) -> None:
        """Take the end of a programme that went well as usual."""
        self.programmes += 1
        for name in LEARNED & told.keys():
            value, known = float(told[name]), self.usual.get(name)
            step = 1 / min(self.programmes, LEARNS_FROM)
            self.usual[name] = round(value if known is None else known + (value - known) * step, DIGITS)

    def complain(self, alarm: str, told: Readings, at: float) -> None:
        """Note that an alarm was told."""
        self.alarmed_at = max(self.alarmed_at, at)
        self.first_in.setdefault(alarm, str(told.get(PHASE, "")))

    def forget(self) -> None:
        """Forget how it was before somebody put it right; what is usual for it stays."""
        self.restarts, self.missing = [], []
        self.running_since, self.alarmed_at = None, 0.0
        self.first_in.clear()
