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
    would_phone_at: float | None = None
    """When the customer phones in who has not been called before."""
    shown_at: float | None = None
    """When the device first told of it."""
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


def forget_devices(faults: Iterable[Fault]) -> None:
    """Note that nobody heard what devices told: a fault was shown when its customer told of it."""
    for fault in faults:
        fault.shown_at, fault.events = fault.told_at, []


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
    return fault
