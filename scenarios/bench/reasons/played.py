"""Contacts drawn from played stories: what was expected of each, and why they turned to us in truth, as they told the agent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from joblib import Parallel, delayed

from dispatch.core.actions import QueueCall
from dispatch.core.reasons.events import ReasonTold
from dispatch.core.reasons.model import Expects, Reason
from dispatch.ledger.rows import Row, read
from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story
from scenarios.story.schema import Story

TOWN = Path(__file__).with_name("town.yaml")


@dataclass(frozen=True, slots=True)
class Contact:
    """One time that somebody turned to us and was spoken with."""

    seed: int
    expects: Expects
    truth: Reason
    open_case: bool

    def p(self, reason: Reason) -> float:
        """Return how likely a reason was thought to be; what is left of 1 is shared by those that were not written down."""
        said = {one.reason: one.p for one in self.expects.chances}
        left = max(0.0, 1 - sum(said.values())) / max(1, len(Reason) - len(said))
        return max(said.get(reason, left), LEAST)


LEAST = 1e-4
"""Nothing is taken for less likely: a logarithm is reckoned of it."""


def contacts_of(rows: Iterable[Row], seed: int) -> Iterator[Contact]:
    """Yield the contacts of a ledger, of those of which an agent said why."""
    queued, told = dict[str, QueueCall](), dict[str, Reason]()
    for row in rows:
        said = read(row)
        if isinstance(said, QueueCall) and said.expects is not None:
            queued.setdefault(said.call, said)
        elif isinstance(said, ReasonTold):
            told[said.call] = said.reason
    for call, reason in told.items():
        action = queued.get(call)
        if action is not None and action.expects is not None:
            yield Contact(seed, action.expects, reason, action.case is not None)


def played(seeds: Sequence[int], workers: int, progress: Callable[[float], None]) -> list[Contact]:
    """Play the town with every seed, and return all contacts. ``progress`` is told the share done."""
    story, found = open_story(str(TOWN), ()), list[Contact]()
    runs = Parallel(n_jobs=workers, return_as="generator")(delayed(_of_seed)(story, seed) for seed in seeds)
    for number, contacts in enumerate(runs, 1):
        found.extend(contacts)
        progress(number / len(seeds))
    return found


def _of_seed(story: Story, seed: int) -> list[Contact]:
    return list(contacts_of(run_story(story, seed).rows, seed))
