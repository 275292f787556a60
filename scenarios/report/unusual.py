"""What was unusual about payments, held against what really went wrong, as the report shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from scenarios.score.payment_facts import PaymentFacts, has_shown, is_about, is_right, judged_unusual
from scenarios.world.money_truth import Wrong


class WrongsFound(NamedTuple):
    """Of one sort of what went wrong."""

    kind: str
    shown: int
    """How many showed in a payment."""
    asked: int
    """Of those: about how many their customers were asked."""
    stopped: int
    """How many customers saw to."""
    after_s: float | None
    """From the beginning to the first question, the median."""


class Questions(NamedTuple):
    """Of one sort of what customers were asked."""

    what: str
    asked: int
    right: int
    answers: tuple[tuple[str, int], ...]
    """What they said, and how often; what is missing was never answered."""


@dataclass(frozen=True, slots=True)
class UnusualPaid:
    """All of it. ``recall``, ``precision``: ``None`` where nothing went wrong, or nobody was asked."""

    recall: float | None = None
    precision: float | None = None
    found: tuple[WrongsFound, ...] = ()
    questions: tuple[Questions, ...] = field(default=())

    @classmethod
    def of(cls, wrongs: Sequence[Wrong] | None, facts: PaymentFacts) -> UnusualPaid:
        """Judge what was asked. ``wrongs``: ``None`` where the truth is not known, and nothing is judged."""
        if wrongs is None:
            return cls()
        judged = judged_unusual(wrongs, facts)
        return cls(
            judged.found / judged.wrongs if judged.wrongs else None,
            judged.right / judged.asked if judged.asked else None,
            tuple(_found(kind, wrongs, facts) for kind in sorted({one.kind for one in wrongs})),
            tuple(_asked(what, wrongs, facts) for what in sorted({one.what for one in facts.unusual})),
        )


def _found(kind: str, wrongs: Sequence[Wrong], facts: PaymentFacts) -> WrongsFound:
    mine = [one for one in wrongs if one.kind == kind and has_shown(one, facts)]
    first = [min((asked.at for asked in facts.unusual if is_about(asked, one)), default=None) for one in mine]
    after = [at - one.begins_at for at, one in zip(first, mine, strict=True) if at is not None]
    stopped = sum(one.stopped_at is not None for one in mine)
    return WrongsFound(kind, len(mine), len(after), stopped, median(after) if after else None)


def _asked(what: str, wrongs: Sequence[Wrong], facts: PaymentFacts) -> Questions:
    mine = [one for one in facts.unusual if one.what == what]
    answers = Counter(facts.answers[one.name] for one in mine if one.name in facts.answers)
    return Questions(what, len(mine), sum(is_right(one, wrongs) for one in mine), tuple(sorted(answers.items())))
