"""How a fridge fares: a row for each report of some hours, what is usual for it, its restarts. Pure; ``Twin`` keeps it.

One report says little of a fridge: its compressor pauses, its evaporator is heated to defrost, its door is opened. Minima,
maxima and sums over hours tell, and one fridge differs from the next by more than a fault changes it: therefore what is
usual is learned of each while it is well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from gateway.devices.memory import Memory

KEEP = 72
"""Rows."""
SPAN_S = 16 * 3600.0
"""How far back they reach."""
DIGITS = 3
"""More are noise, and dear to store."""
APART_S = 300.0
"""Closer reports are one row."""
LEARNS_FROM = 100
"""A mean moves by at least one part in so many."""
LATELY_S = 4 * 3600.0
"""A cycle of the compressor or a defrost fits into it: extremes are those of so long a time."""
RUNS_PERCENT = 40.0
"""Where the compressor runs less, its coil and condenser just rest."""
ODD_APART_S = 3_600.0
"""What is out of order again sooner is the same trouble."""
RESTARTS = 32
"""Restarts and door alarms that are remembered."""

_COLUMNS = {
    "temperature": ("TemperatureMeasurement.MeasuredValue", 0.01),
    "setpoint": ("TemperatureControl.TemperatureSetpoint", 0.01),
    "door": ("RefrigeratorAlarm.State", 1.0),
    "duty": ("Callahead.CompressorDuty", 1.0),
    "amperes": ("Callahead.CompressorCurrent", 1.0),
    "fan": ("Callahead.FanRunning", 1.0),
    "mains": ("Callahead.MainsPresent", 1.0),
    "volts": ("Callahead.MainsVoltage", 1.0),
    "evaporator": ("Callahead.EvaporatorTemperature", 0.01),
    "condenser": ("Callahead.CondenserTemperature", 0.01),
    "room": ("Callahead.RoomTemperature", 0.01),
    "heater": ("Callahead.DefrostHeaterCurrent", 1.0),
    "door_s": ("Callahead.DoorOpenSeconds", 1.0),
}
"""Column → published name, and what makes °C, A, V, s or 0 and 1 of it."""
_READS = tuple(_COLUMNS.values())
_TOLD = tuple(f"told {name}" for name in _COLUMNS)
"""Of each column: under which name it is counted that it was told."""


class Row(NamedTuple):
    """One report: POSIX seconds by the device's clock, °C, percent, A, V, s; switches are 0 or 1, ``None`` was not told."""

    at: float
    temperature: float | None = None
    setpoint: float | None = None
    door: float | None = None
    duty: float | None = None
    amperes: float | None = None
    fan: float | None = None
    mains: float | None = None
    volts: float | None = None
    evaporator: float | None = None
    condenser: float | None = None
    room: float | None = None
    heater: float | None = None
    door_s: float | None = None

    @property
    def above(self) -> float | None:
        """How much warmer it is than it is set to, K; 4 °C where the setting is not told."""
        return (
            None if self.temperature is None else self.temperature - (4.0 if self.setpoint is None else self.setpoint)
        )

    @property
    def chill(self) -> float | None:
        """How much colder the evaporator is than the air inside, K."""
        cold, air = self.evaporator, self.temperature
        return None if cold is None or air is None else air - cold

    @property
    def lift(self) -> float | None:
        """How much hotter the condenser is than the room, K."""
        return None if self.condenser is None or self.room is None else self.condenser - self.room


def row_of(readings: Mapping[str, float | int | str | bool], at: float) -> Row:
    """Return the readings of one report as a row."""
    get = readings.get
    return Row(
        at,
        *[
            None if (value := get(name)) is None or isinstance(value, str) else round(value * factor, DIGITS)
            for name, factor in _READS
        ],
    )


@dataclass(slots=True)
class Course:
    """What is kept of one fridge. Times by its clock, POSIX seconds."""

    rows: list[Row] = field(default_factory=list)
    """Oldest first."""
    usual: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    """From how many reports each was learned."""
    boot: int | None = None
    starts: list[tuple[float, float]] = field(default_factory=list)
    """When it was heard first after each restart, and for how many seconds it had been silent."""
    door_alarms: list[float] = field(default_factory=list)
    odd_at: float = 0.0
    """When something was last out of order."""
    looked_at: float = 0.0
    """When it was last diagnosed."""
    odd_since: float = 0.0
    """Since when, with no more than an hour of order between."""

    def joined(self, row: Row) -> Row:
        """Return a report together with what was told within minutes before, which is one row with it."""
        rows = self.rows
        if len(rows) < 2 or row.at - rows[-1].at >= APART_S:  # noqa: PLR2004 - the first stays
            return row
        return Row(row.at, *[old if new is None else new for new, old in zip(row[1:], rows[-1][1:], strict=True)])

    def note(self, row: Row, boot: int) -> None:
        """Add a report; what is told a second time within minutes replaces what it was."""
        rows = self.rows
        if rows and row.at < rows[-1].at:
            return
        if self.boot is not None and boot > self.boot and rows:
            self.starts = [*self.starts[1 - RESTARTS :], (row.at, row.at - rows[-1].at)]
        self.boot = boot if self.boot is None else max(boot, self.boot)
        whole = self.joined(row)
        if whole is not row:
            rows.pop()
        rows.append(whole)
        while len(rows) > KEEP or rows[0].at < row.at - SPAN_S:
            del rows[0]

    def is_odd(self, at: float) -> None:
        """Note that something is out of order."""
        if at - self.odd_at > ODD_APART_S:
            self.odd_since = at
        self.odd_at = max(at, self.odd_at)

    def complain(self, at: float) -> None:
        """Note that the door's alarm was told."""
        self.door_alarms = [*self.door_alarms[1 - RESTARTS :], at]

    def forget(self) -> None:
        """Forget how it fared until now; what is usual for it stays."""
        self.rows.clear()
        self.starts, self.door_alarms = [], []
        self.odd_at = self.odd_since = self.looked_at = 0.0

    def learn(self, row: Row) -> None:
        """Take a report of a fridge that is well as usual."""
        counts, usual = self.counts, self.usual
        for name, value in (
            ("duty", row.duty),
            ("amperes", row.amperes if (row.amperes or 0.0) > 0.05 else None),  # noqa: PLR2004 - it ran
            ("volts", row.volts),
            ("heater", row.heater if (row.heater or 0.0) > 0.1 else None),  # noqa: PLR2004 - it was heated
            ("room", row.room),
            ("setpoint", row.setpoint),
            ("jitter", next(self.jitters(), None)),
            *extremes(self.since(row.at - LATELY_S)).items(),
        ):
            if value is not None:
                count = counts[name] = counts.get(name, 0) + 1
                known = usual.get(name, value)
                usual[name] = known + (value - known) / min(count, LEARNS_FROM)
        for name, value in zip(_TOLD, row[1:], strict=True):
            if value is not None:
                counts[name] = counts.get(name, 0) + 1

    def since(self, at: float) -> list[Row]:
        """Return the rows from ``at`` on."""
        rows = self.rows
        first = len(rows)
        while first and rows[first - 1].at >= at:
            first -= 1
        return rows[first:]

    def jitters(self) -> Iterator[float]:
        """Yield, newest first, how far each temperature lies from the middle of its neighbours, K."""
        told = [row.temperature for row in self.rows[-16:] if row.temperature is not None]
        for index in range(len(told) - 2, 0, -1):
            yield abs(told[index] - (told[index - 1] + told[index + 1]) / 2)


@dataclass(slots=True)
class FridgeMemory(Memory):
    """What is kept of one fridge beside what every twin has."""

    NAME: ClassVar[str] = "fridge"

    warm_since: float | None = None
    """Since when it has been too warm for food."""
    course: Course | None = None
    """How it has fared in the last hours."""

    def forget(self) -> None:
        """Forget how it was before somebody put it right."""
        self.warm_since = None
        if self.course is not None:
            self.course.forget()


def extremes(rows: list[Row]) -> dict[str, float | None]:
    """Return how cold the evaporator and how hot the condenser got while the compressor ran; ``None`` where nobody knows."""
    coldest = most_chill = most_lift = None
    for row in rows:  # in one pass: it is done at every report
        duty, cold = row.duty, row.evaporator
        if duty is not None and duty < RUNS_PERCENT:
            continue
        if cold is not None:
            coldest = cold if coldest is None or cold < coldest else coldest
            chill = row.chill
            if chill is not None and (most_chill is None or chill > most_chill):
                most_chill = chill
        lift = row.lift
        if lift is not None and (most_lift is None or lift > most_lift):
            most_lift = lift
    return {"coldest": coldest, "chill": most_chill, "lift": most_lift}
