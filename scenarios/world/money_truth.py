"""What really went wrong with what devices paid, for the scorecard alone: the service never sees it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

FILE = "truth_money.jsonl"
WrongKind = Literal["wrong_tariff", "daily_orders", "stolen_key", "unused"]


@dataclass(slots=True)
class Wrong:
    """One thing that went wrong. Times in POSIX seconds."""

    kind: WrongKind
    customer: str
    device: str
    begins_at: float
    payments: list[str] = field(default_factory=list)
    """Asked for because of it."""
    stopped_at: float | None = None
    """The customer said no, and saw to it."""


def write(folder: Path, wrongs: Iterable[Wrong]) -> None:
    """Write one line of JSON for each, where there is any."""
    lines = [json.dumps(asdict(wrong), ensure_ascii=False) for wrong in wrongs]
    if lines:
        (folder / FILE).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read(folder: Path) -> list[Wrong]:
    """Read what ``write`` wrote; nothing where nothing went wrong."""
    path = folder / FILE
    return [Wrong(**json.loads(line)) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
