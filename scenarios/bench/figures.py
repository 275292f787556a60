"""The figures of a benchmark of the diagnosis: hits, calibration, help in vain and help not sent.

Brier score: mean squared difference of the probability told and what was true (Brier 1950). Log loss: mean -ln of the
probability told for what was true, or of its complement. ECE: expected calibration error over ten equal bins (Guo et al. 2017).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.diagnosis.catalogue import NOTHING
from scenarios.bench.judged import JudgedEpisode

BINS = 10
_LEAST = 1e-4


@dataclass(frozen=True, slots=True)
class Bin:
    """One tenth of the scale of probabilities: how sure, how often right."""

    said: float
    right: float
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one kind of device. Shares from 0 to 1; ``None``: a share of nothing."""

    episodes: int
    faults: int
    """Episodes in which something broke and the device told of it; hits are shares of these."""
    untold: int
    """Episodes in which something broke and the device sent nothing that shows it."""
    top1: float | None
    top3: float | None
    ece: float | None
    brier: float | None
    log_loss: float | None
    false_dispatch: float | None
    """Episodes in which somebody was sent unasked though nobody had to come ÷ all in which anybody was."""
    missed: float | None
    """Faults told of that needed help and got nobody sent, no call and no question ÷ all of those."""
    baseline_first_code_top1: float | None
    baseline_frequent_top1: float | None


def figures(judged: Sequence[JudgedEpisode]) -> Figures:
    """Compute every figure."""
    broken = [one for one in judged if one.truth != NOTHING]
    faults = [one for one in broken if one.told]
    claims = [one for one in judged if one.probability is not None]
    right = [_is_right(one) for one in claims]
    said = [one.probability or 0.0 for one in claims]
    sent = [one for one in judged if one.sent]
    needy = [one for one in faults if one.needs_help]
    frequent = Counter(one.truth for one in faults).most_common(1)
    return Figures(
        episodes=len(judged),
        faults=len(faults),
        untold=len(broken) - len(faults),
        top1=_share(sum(map(_is_right, faults)), len(faults)),
        top3=_share(sum(one.truth in one.named for one in faults), len(faults)),
        ece=_ece(reliability(judged)),
        brier=_mean([(p - hit) ** 2 for p, hit in zip(said, right, strict=True)]),
        log_loss=_mean([-math.log(max(_LEAST, p if hit else 1 - p)) for p, hit in zip(said, right, strict=True)]),
        false_dispatch=_share(sum(not one.needs_help for one in sent), len(sent)),
        missed=_share(sum(not one.helped for one in needy), len(needy)),
        baseline_first_code_top1=_share(sum(one.first_code == one.truth for one in faults), len(faults)),
        baseline_frequent_top1=_share(frequent[0][1] if frequent else 0, len(faults)),
    )


def reliability(judged: Sequence[JudgedEpisode]) -> list[Bin]:
    """Return the ten bins of the scale, of everything that was concluded; empty ones have a count of 0."""
    bins: list[list[JudgedEpisode]] = [[] for _ in range(BINS)]
    for one in judged:
        if one.probability is not None:
            bins[min(BINS - 1, int(one.probability * BINS))].append(one)
    return [
        Bin(
            _mean([one.probability or 0.0 for one in each]) or 0.0,
            _mean([_is_right(one) for one in each]) or 0.0,
            len(each),
        )
        for each in bins
    ]


def confusions(judged: Sequence[JudgedEpisode]) -> list[tuple[str, str, int, int]]:
    """Return what was taken for what: truth, conclusion, how often, of how many of that truth; the most frequent first."""
    told = [one for one in judged if one.told or one.truth == NOTHING]
    totals = Counter(one.truth for one in told)
    taken = Counter((one.truth, one.named[0]) for one in told)
    wrong = [(truth, said, count, totals[truth]) for (truth, said), count in taken.items() if truth != said]
    return sorted(wrong, key=lambda row: (-row[2], row[0], row[1]))


def by_part(judged: Sequence[JudgedEpisode]) -> dict[str, tuple[int, float, float]]:
    """Return, of each part that broke: how often, and the shares named first and among the first three."""
    parts: dict[str, list[JudgedEpisode]] = {}
    for one in judged:
        if one.told and one.truth != NOTHING:
            parts.setdefault(one.truth, []).append(one)
    return {
        part: (
            len(each),
            _mean([_is_right(one) for one in each]) or 0.0,
            _mean([part in one.named for one in each]) or 0.0,
        )
        for part, each in sorted(parts.items())
    }


def _is_right(one: JudgedEpisode) -> bool:
    return one.named[0] == one.truth


def _ece(bins: Sequence[Bin]) -> float | None:
    total = sum(each.count for each in bins)
    return round(sum(each.count * abs(each.said - each.right) for each in bins) / total, 4) if total else None


def _mean(values: Sequence[float]) -> float | None:
    return round(math.fsum(values) / len(values), 4) if values else None


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
