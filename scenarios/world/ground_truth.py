"""What really happened in the simulated world, for the scorecard alone: the service never sees it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Fault:
    """Something that broke. Times in POSIX seconds, ``None``: it has not happened."""

    fault: str
    """``f0001``, in the order the faults happen."""
    device: str
    customer: str
    part: str
    needs_help: bool
    """Must somebody come, deliver or call?"""
    at: float
    latitude: float
    longitude: float
    """Where it stands once it stands still, WGS 84 degrees."""
    phones_after: float | None = None
    """How long after there is something to notice the customer phones in who has heard nothing, seconds; ``None``: never.
    Drawn before the story begins, whatever the service does."""
    noticeable_at: float | None = None
    """When there first was something to notice: for one who is told to stop sooner than for one who drives on."""
    would_phone_at: float | None = None
    """When the customer phones in who has heard nothing: ``phones_after`` from ``noticeable_at`` on, or once they can."""
    shown_at: float | None = None
    """When the device first told of it."""
    told_first_at: float | None = None
    """When that reached the service's broker: without coverage, or over a phone, later than it was told."""
    read_notice_at: float | None = None
    """When the customer first read a notice about it."""
    events: list[str] = field(default_factory=list)
    """What the device told of it, ``vendor/device/boot-seq``."""
    phoned_at: float | None = None
    told_at: float | None = None
    """When an agent took down what its customer said, for no device had told of it."""
    connected_at: float | None = None
    """When our call was answered first."""
    arrivals: list[tuple[float, str]] = field(default_factory=list)
    """When help arrived, and who."""
    mended_at: float | None = None
    told: dict[str, str] = field(default_factory=dict)
    """What its customer told when they were asked: where it is, whether somebody shall come."""
    told_twice: int = 0
    """How often they were asked for what they had told already, and nothing had changed."""
    answered_at: float | None = None
    """When they answered in writing what settled it."""
    reads_soonest: str | None = None
    """The channel on which its customer reads messages soonest; ``None``: nobody writes in this world."""

    def tell(self, fact: str, said: str) -> None:
        """Its customer is asked for a fact, and tells it: again, where they told the same before."""
        self.told_twice += self.told.get(fact) == said
        self.told[fact] = said


def forget_devices(faults: Iterable[Fault]) -> None:
    """Note that nobody heard what devices told: a fault was shown when its customer told of it."""
    for fault in faults:
        fault.shown_at = fault.told_first_at = fault.told_at
        fault.events = []


def write(path: Path, faults: Iterable[Fault]) -> None:
    """Write one line of JSON for each fault."""
    lines = (json.dumps(asdict(fault), ensure_ascii=False) for fault in faults)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read(path: Path) -> list[Fault]:
    """Read what ``write`` wrote."""
    return [_fault(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _fault(found: dict[str, object]) -> Fault:
    fault = Fault(**found)  # type: ignore[arg-type] # our own file
    fault.arrivals = [(at, who) for at, who in fault.arrivals]
    return fault if "phones_after" in found else _of_an_earlier_run(fault)


def _of_an_earlier_run(fault: Fault) -> Fault:
    """Complete a fault written when the clock of whoever phones still began at the fault."""
    if fault.would_phone_at is not None:
        fault.noticeable_at, fault.phones_after = fault.at, fault.would_phone_at - fault.at
    fault.told_first_at = fault.shown_at
    return fault
