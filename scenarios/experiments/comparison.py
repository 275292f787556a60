"""Plays both sides of a comparison, seed by seed, until enough is known; keeps every result as it comes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scenarios.experiments.against import Side
from scenarios.experiments.paired import PairedDifference, differences
from scenarios.experiments.trial import Card, Trial, TrialOutcome
from scenarios.experiments.workers import Workers

FEWEST = 5
"""Seeds before an interval is believed to be narrow."""
KEPT = "trials.jsonl"
Ends = Mapping[str, float]
"""Figure → half the width of its interval from which on no more seeds are played."""


@dataclass(slots=True)
class Comparison:
    """What is known so far."""

    sides: tuple[Side, Side]
    pairs: list[tuple[Card, Card]] = field(default_factory=list)
    narrow: bool = False
    """Stopped because it was known well enough."""
    interrupted: bool = False

    def differences(self) -> list[PairedDifference]:
        """Return what both sides differ in."""
        return differences(self.pairs)

    def is_narrow(self, ends: Ends) -> bool:
        """Tell whether every interval asked for is narrow enough."""
        if not ends or len(self.pairs) < FEWEST:
            return False
        known = {one.key: one.width for one in self.differences()}
        return all(known.get(key, float("inf")) <= width for key, width in ends.items())


def compared(
    sides: tuple[Side, Side],
    seeds: range,
    workers: Workers,
    out: Path,
    *,
    ends: Ends | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> Comparison:
    """Play both sides on each seed. Ctrl-C ends it with the seeds that are done on both sides."""
    found = Comparison(sides)
    out.mkdir(parents=True, exist_ok=True)
    outcomes = workers.outcomes(_trials(sides, seeds))
    with (out / KEPT).open("w", encoding="utf-8") as kept:
        try:
            for mine in outcomes:
                other = next(outcomes)
                _keep(kept.write, mine, other)
                kept.flush()
                found.pairs.append((mine.scorecard, other.scorecard))
                progress(len(found.pairs) / len(seeds))
                if found.is_narrow(ends or {}):
                    found.narrow = len(found.pairs) < len(seeds)
                    break
        except KeyboardInterrupt:
            found.interrupted = True
        finally:
            outcomes.close()  # type: ignore[attr-defined] # a generator: what is under way is given up
    return found


def _trials(sides: tuple[Side, Side], seeds: range) -> Iterator[Trial]:
    for seed in seeds:
        yield from (Trial(label, side.story, seed) for label, side in zip(("story", "against"), sides, strict=True))


def _keep(write: Callable[[str], object], *outcomes: TrialOutcome) -> None:
    for one in outcomes:
        write(json.dumps(asdict(one)) + "\n")
