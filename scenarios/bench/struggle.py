"""How well people who struggle with an app are recognised, how soon they are invited, and how soon somebody speaks with them.

Recognition is judged in virtual time, on seeds that nothing was tuned on; how soon they are invited is measured at the real
service: broker, service and telephones over MQTT, at the wall's pace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dispatch.core.events import CallConnected
from dispatch.core.ids import is_invited
from dispatch.ledger.rows import Row, read
from dispatch.views.casebook import Casebook
from scenarios.runner.real_time import play_live
from scenarios.runner.virtual import Result, run_story
from scenarios.score.struggle_facts import StruggleFacts, judged_struggles
from scenarios.story.loader import open_story
from scenarios.world.app_truth import AppUse

STORY, FIRST_SEED = "toms_bill", 101
"""Nothing was tuned on seeds from here on."""
LIVE = (
    "duration=150 s", "settle=30 s", "phones.count=120", "phones.status_every=1 h", "apps.every={exponential: {mean: 40 s}}",
    "apps.people={hindered: 1}",
)  # fmt: skip
"""The story as it is played live: two minutes and a half of people who struggle, none of the day around them."""


@dataclass(slots=True)
class StruggleFigures:
    """What is printed. Shares from 0 to 1; ``None``: nothing to be judged."""

    seeds: int
    struggles: int
    """In truth, of people who agreed to be helped."""
    struggle_recall: float
    struggle_precision: float
    recall_worst: float
    """Of one seed."""
    precision_worst: float
    reason_right: float
    """Of those recognised, the share whose reason is the true one."""
    frauds_invited: int
    invited_to_voice_p50_s: float | None
    invited_to_voice_p95_s: float | None
    screen_before_voice: float | None
    """Of the calls that came of an invitation: the agent's screen said flow, step, reason and version before they spoke."""
    gave_up: float
    """Of those who struggled, in the app."""
    gave_up_uninvited: float
    """The same, where the house invites nobody."""
    customer_calls: int
    customer_calls_uninvited: int
    invitation_p95_s: float | None = None
    """Live."""


@dataclass(slots=True)
class _Sums:
    hits: list[int] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)
    false: list[int] = field(default_factory=list)
    right: int = 0
    frauds: int = 0
    gave_up: int = 0
    calls: int = 0
    voices: list[float] = field(default_factory=list)
    screens: list[bool] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Add one run."""
        facts = result.kept.facts.struggles
        judged = judged_struggles(result.uses, facts)
        self.hits.append(judged.hits)
        self.missed.append(judged.missed)
        self.false.append(judged.false)
        self.right += judged.reasons_right
        self.frauds += judged.frauds_invited
        self.gave_up += judged.gave_up
        self.calls += int(result.scorecard["customer_calls"] or 0)
        self.voices += facts.voice_delays()
        self.screens += screens_before_voice(result.rows)

    @property
    def true(self) -> int:
        """Who struggled, of those who agreed."""
        return sum(self.hits) + sum(self.missed)


def struggle_figures(
    seeds: int = 5, out: Path | None = None, progress: Callable[[float], None] = lambda _: None
) -> StruggleFigures:
    """Play ``toms_bill`` with and without inviting; where ``out`` is given, play it live there, too (three minutes)."""
    invited, alone = _Sums(), _Sums()
    for number in range(seeds):
        for sums, settings in ((invited, ()), (alone, ("policy.invites=false",))):
            sums.add(run_story(open_story(STORY, settings), FIRST_SEED + number))
        progress((number + 1) / (seeds + (out is not None)))
    found = _figures(seeds, invited, alone)
    if out is not None:
        found.invitation_p95_s = live_invitation_p95_s(out)
    return found


def live_invitation_p95_s(out: Path, seed: int = FIRST_SEED, settings: Sequence[str] = LIVE) -> float | None:
    """Return the 95th percentile from the deciding step to the invitation on the telephone's screen, seconds of the wall.

    The story is played at the real service, which starts with its own broker in ``out``.
    """
    result = play_live(open_story(STORY, settings), seed, speed=1.0, out=out, quiet=True)
    delays = screen_delays(result.uses, result.struggles)
    return round(float(np.percentile(delays, 95)), 3) if delays else None


def screen_delays(uses: Iterable[AppUse], facts: StruggleFacts) -> list[float]:
    """Return the seconds from each deciding step, or the first good moment behind it, until the invitation was on the screen."""
    due = {use.episode: use.invited_at for use in uses if use.invited_at is not None}
    return [max(0.0, due[name] - one.due_at) for name, one in facts.seen.items() if name in due]


def screens_before_voice(rows: Iterable[Row]) -> list[bool]:
    """Return of each call that came of an invitation whether all was on the agent's screen before they spoke."""
    book, found = Casebook(), list[bool]()
    for row in rows:
        said = read(row)
        if isinstance(said, CallConnected) and is_invited(said.call):
            view = book.struggle_of(book.calls[said.call].customer, row.at)
            one = view.struggle if view is not None else None
            found.append(one is not None and all((one.flow, one.step, one.reason, one.app_version)))
        book.feed(row)
    return found


def _figures(seeds: int, invited: _Sums, alone: _Sums) -> StruggleFigures:
    recalls, precisions = _shares(invited.hits, invited.missed), _shares(invited.hits, invited.false)
    voices = invited.voices
    return StruggleFigures(
        seeds=seeds,
        struggles=invited.true,
        struggle_recall=_share(sum(invited.hits), invited.true),
        struggle_precision=_share(sum(invited.hits), sum(invited.hits) + sum(invited.false)),
        recall_worst=min(recalls),
        precision_worst=min(precisions),
        reason_right=_share(invited.right, sum(invited.hits)),
        frauds_invited=invited.frauds,
        invited_to_voice_p50_s=round(float(np.percentile(voices, 50)), 1) if voices else None,
        invited_to_voice_p95_s=round(float(np.percentile(voices, 95)), 1) if voices else None,
        screen_before_voice=_share(sum(invited.screens), len(invited.screens)) if invited.screens else None,
        gave_up=_share(invited.gave_up, invited.true),
        gave_up_uninvited=_share(alone.gave_up, alone.true),
        customer_calls=invited.calls,
        customer_calls_uninvited=alone.calls,
    )


def _shares(part: list[int], rest: list[int]) -> list[float]:
    return [_share(one, one + other) for one, other in zip(part, rest, strict=True)]


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
