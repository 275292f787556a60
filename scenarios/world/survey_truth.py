"""How content people really were with a talk that they were asked about, for the scorecard alone: the service never sees it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "truth_surveys.jsonl"


@dataclass(slots=True)
class Contentment:
    """One customer who was asked how a talk was."""

    message: str
    """Key of what they were sent."""
    customer: str
    score: int
    """What they would give, 1 to 5, whether or not they say so."""
    answers: bool
    """Do they say so?"""


def write(folder: Path, asked: Iterable[Contentment]) -> None:
    """Write one line of JSON for each, where there is any."""
    lines = [json.dumps(asdict(one), ensure_ascii=False) for one in asked]
    if lines:
        (folder / FILE).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read(folder: Path) -> list[Contentment]:
    """Read what ``write`` wrote; nothing where nobody was asked."""
    path = folder / FILE
    return [Contentment(**json.loads(line)) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
