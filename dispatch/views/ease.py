"""On which channel a customer is at ease with what: learned from what they did, task by task. Pure.

The share of a channel among what somebody did of a task is a Dirichlet posterior with one observation spread evenly over the
channels, so that one tap is no habit. What they said themselves goes before (``Preference.technology``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dispatch.core.conversation.channels import Answer, Channel, Task
from dispatch.views.conversation import Utterance


@dataclass(frozen=True, slots=True)
class Ease:
    """The channel on which somebody does a task most, its share (posterior mean, 0 to 1), and how often they did it at all."""

    channel: Channel
    share: float
    times: int


def at_ease(lines: Iterable[Utterance]) -> dict[Task, Ease]:
    """Return what was learned of a customer, by task; a task that they never did is left out."""
    did: dict[Task, Counter[Channel]] = {}
    for line in lines:
        task = task_of(line)
        if task is not None:
            did.setdefault(task, Counter())[line.channel] += 1
    return {task: _most(counts) for task, counts in did.items()}


def task_of(line: Utterance) -> Task | None:
    """Return what a customer did with a line; ``None``: nothing that says with what they are at ease."""
    if line.side != "customer":
        return Task.FOLLOW if line.status == "read" else None
    if line.sort in {"rang_in", "written"}:
        return Task.TELL
    if line.sort != "answer":
        return None
    return Task.SAY_WHERE if line.answer is Answer.PLACE else Task.ANSWER


def _most(counts: Counter[Channel]) -> Ease:
    times = counts.total()
    channel = max(counts, key=lambda one: (counts[one], -list(Channel).index(one)))
    return Ease(channel, (counts[channel] + 1 / len(Channel)) / (times + 1), times)
