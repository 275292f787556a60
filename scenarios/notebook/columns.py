"""The columns of a notebook's tables: name, type, and what each says. Names that end in ``_at`` are POSIX seconds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from dispatch.core.conversation.channels import Channel
from dispatch.ledger.rows import Row
from gateway.finding import Place
from scenarios.experiments.paired import PairedDifference
from scenarios.report.cases import Told
from scenarios.report.day import Day, Job
from scenarios.score.conversation_facts import ConversationFacts
from scenarios.score.location_error import location_errors
from scenarios.score.scorecard import ScoreEvidence
from scenarios.terminal.extras import extras_named
from scenarios.world.ground_truth import Fault

if TYPE_CHECKING:
    from pandas import DataFrame

Line = TypeVar("Line")
TEXT, REAL, WHOLE, YES_NO = "string", "float64", "Int64", "boolean"
"""pandas' own types; what is not known is ``<NA>``, or ``NaN`` among real numbers."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Line]):
    """One column."""

    name: str
    dtype: str
    says: str
    of: Callable[[Line], object]


def frame(columns: Iterable[Column[Line]], lines: Iterable[Line]) -> DataFrame:
    """Return a table of these columns. Raises ``ExtraMissing``."""
    with extras_named():
        from pandas import DataFrame, Series  # noqa: PLC0415 - half a second, and an extra
    there = list(lines)
    return DataFrame({one.name: Series(list(map(one.of, there)), dtype=one.dtype) for one in columns})


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A row, and when the story began."""

    row: Row
    start: float


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case, and how far from the car help was sent: metres; ``None``: nobody came, or nobody knows."""

    told: Told
    off_m: float | None

    @property
    def place(self) -> Place | None:
        """Where help was sent last, or what was concluded."""
        return self.told.case.place

    def fault(self, of: Callable[[Fault], object]) -> object:
        """Read what really broke; ``None``: nobody knows, or nothing did."""
        return None if self.told.fault is None else of(self.told.fault)


@dataclass(frozen=True, slots=True)
class TruckLine:
    """A truck and its jobs. ``end``: of the ledger, POSIX seconds."""

    truck: str
    jobs: list[Job]
    began: float
    end: float

    @property
    def bound_s(self) -> float:
        """From each job's offer to its end."""
        return sum((self.end if job.until is None else job.until) - job.since for job in self.jobs)

    @property
    def to_scene_s(self) -> float:
        """From each offer to the arrival, over the jobs it arrived for."""
        return sum(job.there - job.since for job in self.jobs if job.there is not None)


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """A customer's conversation, and what is true of them: their faults, none where nobody knows."""

    facts: ConversationFacts
    faults: list[Fault]

    @property
    def reads_soonest(self) -> str | None:
        """The channel on which they read soonest, in truth."""
        return next((one.reads_soonest for one in self.faults if one.reads_soonest is not None), None)

    @property
    def told(self) -> str:
        """What they told that an agent would ask, in truth."""
        return ", ".join(dict.fromkeys(fact for fault in self.faults for fact in fault.told))

    @property
    def told_twice(self) -> int | None:
        """How often they were asked for what they had told; ``None``: nobody knows."""
        return sum(fault.told_twice for fault in self.faults) if self.faults else None


def conversation_lines(evidence: ScoreEvidence) -> Iterator[ConversationLine]:
    """Return a line for each customer with whom something was written, as the conversations began."""
    faults: dict[str, list[Fault]] = defaultdict(list)
    for fault, _ in evidence.truth or ():
        faults[fault.customer].append(fault)
    return (ConversationLine(one, faults.get(one.customer, [])) for one in evidence.facts.conversations)


def ledger_lines(rows: Iterable[Row], start: float) -> Iterator[LedgerLine]:
    """Read a ledger row by row."""
    return (LedgerLine(row, start) for row in rows)


def case_lines(cases: Iterable[Told], evidence: ScoreEvidence) -> Iterator[CaseLine]:
    """Return a line for each case."""
    off = {one.case: one.metres for one in location_errors(evidence.truth or ())}
    return (CaseLine(one, off.get(one.case.case)) for one in cases)


def truck_lines(day: Day) -> Iterator[TruckLine]:
    """Return a line for each truck, by name; one that had no job too."""
    of_truck: dict[str, list[Job]] = defaultdict(list)
    for job in day.jobs:
        of_truck[job.truck].append(job)
    for truck in sorted(day.trucks | of_truck.keys()):
        yield TruckLine(truck, of_truck[truck], day.first_at or 0.0, day.last_at)


LEDGER: tuple[Column[LedgerLine], ...] = (
    Column("seq", WHOLE, "number of the row, from 1", lambda one: one.row.seq),
    Column("at", REAL, "POSIX seconds", lambda one: one.row.at),
    Column("story_s", REAL, "seconds since the story began", lambda one: one.row.at - one.start),
    Column("kind", TEXT, "`input` or `action`", lambda one: one.row.kind.value),
    Column("type", TEXT, "of the event or the action, as `FaultFound`, `SendTow`", lambda one: one.row.type),
    Column("case", TEXT, "which it names", lambda one: one.row.case),
    Column("cause", WHOLE, "`seq` of the input that an action answers", lambda one: one.row.cause),
    Column("key", TEXT, "unique in the ledger, where it has one", lambda one: one.row.key),
    Column("body", TEXT, "the event or the action, JSON", lambda one: one.row.body),
    Column("hash", TEXT, "SHA-256, chained to the row before", lambda one: one.row.hash),
)

CASES: tuple[Column[CaseLine], ...] = (
    Column("case", TEXT, "its id: the event that opened the episode", lambda one: one.told.case.case),
    Column("device", TEXT, "`vendor/device`", lambda one: one.told.case.device),
    Column("customer", TEXT, "id in the register", lambda one: one.told.case.customer),
    Column("domain", TEXT, "`vehicle`, `appliance`, `payment`", lambda one: one.told.case.last.domain.value),
    Column("part", TEXT, "as last concluded", lambda one: one.told.case.last.part),
    Column("probability", REAL, "of that part, 0 to 1", lambda one: one.told.case.last.probability),
    Column("broken", TEXT, "the part that really broke", lambda one: one.fault(lambda fault: fault.part)),
    Column("by_customer", YES_NO, "opened on what a customer said, not a device", lambda one: one.told.case.by_customer),
    Column("broke_at", REAL, "POSIX seconds, as the next six", lambda one: one.fault(lambda fault: fault.at)),
    Column("opened_at", REAL, "the case", lambda one: one.told.case.opened_at),
    Column("queued_at", REAL, "our call", lambda one: one.told.case.queued_at),
    Column("connected_at", REAL, "our call was answered", lambda one: one.told.case.connected_at),
    Column("would_phone_at", REAL, "the customer, had nobody called", lambda one: one.fault(lambda fault: fault.would_phone_at)),
    Column("arrived_at", REAL, "the first truck that could help", lambda one: next((at for at, _ in one.told.case.arrivals), None)),
    Column("closed_at", REAL, "the case", lambda one: one.told.case.closed_at),
    Column("head_start_s", REAL, "from our call to when they would have phoned; < 0: after", lambda one: one.told.head_start_s),
    Column("response_s", REAL, "seconds from the fault to the truck", lambda one: one.told.response_s),
    Column("late", YES_NO, "the truck came later than due", lambda one: one.told.late),
    Column("tows", WHOLE, "trucks sent", lambda one: one.told.case.tows),
    Column("orders", WHOLE, "goods and visits ordered", lambda one: one.told.case.orders),
    Column("calls", WHOLE, "queued, ours and theirs", lambda one: one.told.case.calls),
    Column("answered_in_writing", YES_NO, "by a tap or a number", lambda one: one.told.case.answered_in_writing),
    Column("latitude", REAL, "WGS 84 degrees, where help was sent, or would be", lambda one: one.place and one.place.latitude),
    Column("longitude", REAL, "", lambda one: one.place and one.place.longitude),
    Column("accuracy_m", REAL, "metres, of that fix, 68%", lambda one: one.place and one.place.accuracy_m),
    Column("location_error_m", REAL, "metres from where the truck was sent to where the car stood", lambda one: one.off_m),
)  # fmt: skip

TRUCKS: tuple[Column[TruckLine], ...] = (
    Column("truck", TEXT, "`vendor/device`", lambda one: one.truck),
    Column("jobs", WHOLE, "it was offered", lambda one: len(one.jobs)),
    Column("arrivals", WHOLE, "jobs it arrived for", lambda one: sum(job.there is not None for job in one.jobs)),
    Column("bound_s", REAL, "seconds from each offer to the job's end", lambda one: one.bound_s),
    Column("to_scene_s", REAL, "seconds of those from the offer to the arrival", lambda one: one.to_scene_s),
    Column(
        "bound_share", REAL, "of the time the ledger spans", lambda one: one.bound_s / max(one.end - one.began, 1.0)
    ),
)

CONVERSATIONS: tuple[Column[ConversationLine], ...] = (
    Column("customer", TEXT, "id in the register", lambda one: one.facts.customer),
    Column("messages", WHOLE, "ours to them, those that their devices show, too", lambda one: one.facts.messages.total()),
    Column("channels", TEXT, "by which they went, the most used first", lambda one: _listed(one.facts.messages)),
    Column("first_channel", TEXT, "by which the last message about something new went first", lambda one: _last(one.facts.firsts)),
    Column("reads_soonest", TEXT, "the channel that they read soonest, in truth", lambda one: one.reads_soonest),
    Column("prefers", TEXT, "channels, as they said last", lambda one: ", ".join(one.facts.preference.channels)),
    Column("read", WHOLE, "messages that the house was told they read", lambda one: one.facts.read),
    Column("wrote", WHOLE, "theirs to us, answers aside", lambda one: one.facts.wrote.total()),
    Column("wrote_by", TEXT, "the channels of those, the most used first", lambda one: _listed(one.facts.wrote)),
    Column("answers", TEXT, "by a tap or a number, in order", lambda one: ", ".join(one.facts.answers)),
    Column("told", TEXT, "what they told that an agent would ask, in truth", lambda one: one.told),
    Column("told_twice", WHOLE, "times they were asked for what they had told", lambda one: one.told_twice),
)  # fmt: skip


def _listed(counts: Counter[Channel]) -> str:
    return ", ".join(channel for channel, _ in counts.most_common())


def _last(channels: list[Channel]) -> str | None:
    return channels[-1] if channels else None


DIFFERENCES: tuple[Column[PairedDifference], ...] = (
    Column("figure", TEXT, "of the scorecard", lambda one: one.key),
    Column("story", REAL, "mean over the seeds", lambda one: one.story),
    Column("against", REAL, "mean over the seeds", lambda one: one.against),
    Column("difference", REAL, "story - against, paired", lambda one: one.difference),
    Column("low", REAL, "95% interval of the difference", lambda one: one.low),
    Column("high", REAL, "", lambda one: one.high),
    Column("seeds", WHOLE, "of which both sides have the figure", lambda one: one.pairs),
)
