"""The course of a day, read from a ledger row by row: who waited, who was busy, where each truck was bound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dispatch.core.actions import AdoptTow, AssignCall, CancelTow, QueueCall, ReassignTow, SendTow, WithdrawCall
from dispatch.core.events import CallEnded, TruckReported, WorkshopOpened
from dispatch.ledger.rows import Row, read

_SILENT = '"job_state":null'


@dataclass(slots=True)
class Job:
    """A truck's job: offered, there, done. POSIX seconds; ``None``: has not happened."""

    truck: str
    case: str
    since: float
    there: float | None = None
    until: float | None = None


@dataclass(slots=True)
class Day:
    """What happened when. Steps are (time, +1 or -1)."""

    waiting: list[tuple[float, int]] = field(default_factory=list)
    """Calls that wait for an agent."""
    talking: list[tuple[float, int]] = field(default_factory=list)
    """Agents who have a call in hand."""
    jobs: list[Job] = field(default_factory=list)
    trucks: set[str] = field(default_factory=set)
    workshops: list[tuple[float, float]] = field(default_factory=list)
    """Latitude, longitude."""
    first_at: float | None = None
    last_at: float = 0.0
    _queued: set[str] = field(default_factory=set)
    _held: set[str] = field(default_factory=set)
    _on: dict[str, Job] = field(default_factory=dict)
    """Tow → the job under way."""

    def through(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Take note of each row and pass it on."""
        for row in rows:
            self.feed(row)
            yield row

    def feed(self, row: Row) -> None:
        """Take the next row."""
        self.first_at = row.at if self.first_at is None else self.first_at
        self.last_at = row.at
        take = _TAKE.get(row.type)
        if take is None:
            return
        if row.type == "TruckReported" and _SILENT in row.body:
            self._seen(row)
            return
        take(self, read(row), row.at)

    def trucks_busy(self) -> list[tuple[float, int]]:
        """Return when trucks were bound and free again, as steps."""
        ends = [(self.last_at if job.until is None else job.until, -1) for job in self.jobs]
        return [(job.since, 1) for job in self.jobs] + ends

    def _seen(self, row: Row) -> None:
        """Note that a truck is there, without reading the whole of a report that says nothing else."""
        self.trucks.add(row.body.partition('"truck":"')[2].partition('"')[0])

    def _queue(self, action: QueueCall, at: float) -> None:
        self._put_down(action.call, at)
        if action.call not in self._queued:
            self._queued.add(action.call)
            self.waiting.append((at, 1))

    def _leaves_queue(self, call: str, at: float) -> None:
        if call in self._queued:
            self._queued.remove(call)
            self.waiting.append((at, -1))

    def _put_down(self, call: str, at: float) -> None:
        if call in self._held:
            self._held.remove(call)
            self.talking.append((at, -1))

    def _assign(self, action: AssignCall, at: float) -> None:
        self._leaves_queue(action.call, at)
        self._held.add(action.call)
        self.talking.append((at, 1))

    def _ended(self, event: CallEnded | WithdrawCall, at: float) -> None:
        self._leaves_queue(event.call, at)
        self._put_down(event.call, at)

    def _send(self, action: SendTow | ReassignTow, at: float) -> None:
        self._free(action.tow, at)
        self._on[action.tow] = job = Job(action.truck, action.case, at)
        self.jobs.append(job)

    def _adopt(self, action: AdoptTow, at: float) -> None:
        self._free(action.tow, at)
        job = Job(action.truck, action.case, at)
        self.jobs.append(job)
        if action.reason == "finished":
            job.there = job.until = at
            return
        job.there = at if action.reason == "arrived" else None
        self._on[action.tow] = job

    def _cancel(self, action: CancelTow, at: float) -> None:
        self._free(action.tow, at)

    def _free(self, tow: str, at: float) -> None:
        job = self._on.pop(tow, None)
        if job is not None:
            job.until = at

    def _truck(self, event: TruckReported, at: float) -> None:
        report = event.report
        self.trucks.add(report.truck)
        job = self._on.get(report.job or "")
        if job is None or job.truck != report.truck:
            return
        if report.job_state == "arrived":
            job.there = at
        elif report.job_state in {"finished", "declined"}:
            self._free(report.job or "", at)

    def _workshop(self, event: WorkshopOpened, _at: float) -> None:
        self.workshops.append((event.latitude, event.longitude))


_TAKE: dict[str, Callable[[Day, Any, float], None]] = {
    "QueueCall": Day._queue,  # noqa: SLF001 - the table belongs to the class
    "AssignCall": Day._assign,  # noqa: SLF001
    "CallEnded": Day._ended,  # noqa: SLF001
    "WithdrawCall": Day._ended,  # noqa: SLF001
    "SendTow": Day._send,  # noqa: SLF001
    "ReassignTow": Day._send,  # noqa: SLF001
    "AdoptTow": Day._adopt,  # noqa: SLF001
    "CancelTow": Day._cancel,  # noqa: SLF001
    "TruckReported": Day._truck,  # noqa: SLF001
    "WorkshopOpened": Day._workshop,  # noqa: SLF001
}
