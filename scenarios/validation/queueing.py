"""Calls that wait for agents, against Erlang C, Erlang A and Cobham. The queue is the desk's own, the agents are the world's.

By the index (``policy.call_order``) neither callers nor our calls are served first, and Cobham has no word on it. But no order
that looks at nobody's own time changes how long all of them wait on average, where all times are alike (Kleinrock's conservation
law): that is Erlang C's.

What of the desk and the world would distort the comparison, and how the stories keep it out: agents take a second to pick up
and rest between calls (``picks_up``, ``rests``: 0 s), customers take seconds to answer our calls or do not (``answer: 1.0``,
``picks_up_after: 0 s``), an agent's language matters until a call is due (one language). What does not: ``call_due_s`` and
``claim_timeout_s`` move nobody in the queue, which is first come, first served within a priority.

Warm-up: a run begins empty, so calls of the first tenth of it are not counted, nor those of the first five relaxation times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.policy_model.units import spoken
from scenarios.runner.virtual import run_story
from scenarios.story.loader import StoryError
from scenarios.story.registry import KINDS
from scenarios.story.schema import Agents, Story
from scenarios.story.streams import Streams
from scenarios.validation import formulas
from scenarios.validation.answer import Answer, Known, RunFigure
from scenarios.validation.waits import Waits, waits

SOON_S = 20.0
"""The service level that call centres speak of."""
WARM_UP_SHARE, WARM_UP_RELAXATIONS = 0.1, 5
NEEDED_RELAXATIONS = 20
"""A run that is shorter is lengthened where nothing but calls happens in it."""
MOST_DAYS = 10
INSTANT = 1e-9


@dataclass(frozen=True, slots=True)
class Centre:
    """A call centre in the words of queueing theory."""

    servers: int
    service: float
    callers: float
    """Customers who ring, erlangs."""
    ours: float
    """Our own calls, which are served after them, erlangs."""
    patience: float | None
    """Mean; ``None``: nobody hangs up."""
    callers_first: bool = True
    """Ours are served after them; else whoever it is worth more to place next, whichever that is."""

    @property
    def load(self) -> float:
        """All calls, erlangs."""
        return self.callers + self.ours

    @property
    def memory(self) -> float:
        """How long it takes to forget how it began, seconds."""
        limit = float("inf") if self.patience is None else self.patience + self.service
        if self.load >= self.servers:
            return limit
        return min(limit, formulas.relaxation(self.servers, self.load, self.service))


def known(story: Story) -> dict[str, Known]:
    """Compute what theory says of the story's call centre."""
    centre = centre_of(story)
    try:
        return _figures(centre)
    except formulas.Unstable as error:
        message = f"agents.0.count: {error}; add agents, or let customers hang up (customers.patience)"
        raise StoryError(message) from None


def seen(story: Story, seed: int) -> dict[str, RunFigure]:
    """Play the story and measure the same."""
    centre = centre_of(story)
    story = at_random(long_enough(story, centre), seed)
    first = story.start_s + max(WARM_UP_SHARE * story.duration, WARM_UP_RELAXATIONS * centre.memory)
    found = waits(run_story(story, seed).rows, first, story.quiet_s)
    if not len(found.seconds):
        message = "duration: no call came after the warm-up; tell a longer story or ring more often"
        raise StoryError(message)
    return _measured(found, centre, story.quiet_s - first)


def _figures(centre: Centre) -> dict[str, Known]:
    if centre.patience is not None:
        by, queue = "Erlang A", formulas.erlang_a(centre.servers, centre.load, centre.service, centre.patience)
    else:
        by, queue = "Erlang C", formulas.erlang_c(centre.servers, centre.load, centre.service)
    busy = Known(centre.load * (1 - queue.leaves) / centre.servers, by)
    figures = {"P(wait)": Known(queue.waits, by), "agents busy": busy}
    if centre.patience is not None:
        figures["abandoned"] = Known(queue.leaves, by)
    if centre.ours and not centre.callers_first:
        figures["mean wait, s"] = Known(queue.mean_wait, "Erlang C, in any order", centre.service)
        return figures
    if centre.ours:
        loads = (centre.callers, centre.ours)
        callers, ours = formulas.priorities(centre.servers, loads, centre.service)
        figures["wait of callers, s"] = Known(callers, "Cobham", centre.service)
        figures["wait of our calls, s"] = Known(ours, "Cobham", centre.service)
        return figures
    figures["mean wait, s"] = Known(queue.mean_wait, by, centre.service)
    if centre.patience is None:
        soon = formulas.served_within(queue, centre.servers, centre.load, centre.service, SOON_S)
        figures["within 20 s"] = Known(soon, by)
    return figures


def _measured(found: Waits, centre: Centre, window: float) -> dict[str, RunFigure]:
    every, count = np.ones(len(found.seconds), bool), len(found.seconds)
    return {
        "P(wait)": RunFigure(float((found.seconds > INSTANT).mean()), count),
        "agents busy": RunFigure(float(found.talked.sum()) / window / centre.servers, count),
        "abandoned": RunFigure(float(found.gave_up.mean()), count),
        "within 20 s": RunFigure(float((found.seconds <= SOON_S).mean()), count),
        "mean wait, s": _mean(found.seconds, every),
        "wait of callers, s": _mean(found.seconds, found.inbound),
        "wait of our calls, s": _mean(found.seconds, ~found.inbound),
    }


def _mean(seconds: np.typing.NDArray[np.float64], which: np.typing.NDArray[np.bool_]) -> RunFigure:
    count = int(which.sum())
    return RunFigure(float(seconds[which].mean()) if count else 0.0, count)


def centre_of(story: Story) -> Centre:
    """Read a story as a call centre. Raises ``StoryError`` where theory has no closed answer for it."""
    group = _one_group(story)
    handling = group.handling.exponential
    if handling is None or not handling.mean:
        raise _unknown("agents.0.handling", "exponential: {mean: …}")
    if group.picks_up or group.rests.constant != 0:
        raise _unknown("agents.0", "picks_up: 0 s and rests: 0 s")
    if not set(story.customers.languages) <= set(group.languages):
        raise _unknown("agents.0.languages", "every language of the customers")
    ours = _our_rate(story)
    if not story.calls.rate + ours:
        raise _unknown("calls.rate", "more than 0 calls")
    service, patience = handling.mean, _patience(story)
    if ours and patience is not None:
        raise _unknown("customers.patience", "a patience that never ends (365 days) where we ring customers, too")
    if patience is not None and story.policy.call_back_abandoned:
        raise _unknown("policy.call_back_abandoned", "false, where customers hang up")
    by_due = story.policy.call_order == "due"
    return Centre(group.count, service, story.calls.rate * service, ours * service, patience, by_due)


def _one_group(story: Story) -> Agents:
    if len(story.agents) != 1 or not story.agents[0].count:
        raise _unknown("agents", "one group of agents who are all alike")
    return story.agents[0]


def _patience(story: Story) -> float | None:
    """Return the mean patience; ``None`` where it outlasts the story."""
    patience = story.customers.patience
    if patience.exponential is not None:
        return patience.exponential.mean
    if patience.constant is not None and patience.constant >= story.duration:
        return None
    raise _unknown("customers.patience", "exponential: {mean: …}, or a span longer than the story")


def _our_rate(story: Story) -> float:
    """Return how many of our own calls come a second: one for each fault that is told by a talk alone."""
    habits = story.customers
    for number, process in enumerate(story.faults):
        if not KINDS[process.kind].pays or process.count is None or process.when.shape != "even":
            raise _unknown(f"faults.{number}", "faults of payments, so many (count), at any time alike")
        if process.when.start or process.when.until is not None:
            raise _unknown(f"faults.{number}.when", "the whole story")
    if story.faults and (habits.answer < 1 or habits.picks_up_after.constant != 0 or habits.phones_in.share):
        raise _unknown("customers", "answer: 1.0, picks_up_after: 0 s and phones_in: {share: 0.0}")
    return sum(process.count or 0 for process in story.faults) / (story.quiet_s - story.start_s)


def _unknown(key: str, needed: str) -> StoryError:
    return StoryError(f"{key}: queueing theory has its answer for {needed}")


def at_random(story: Story, seed: int) -> Story:
    """Let the number of faults be Poisson around the story's count: always as many would ring too regularly."""
    dice = Streams(seed).keyed("validate", "faults")
    processes = [one.model_copy(update={"count": int(dice.poisson(one.count or 0))}) for one in story.faults]
    failing = sum(one.count or 0 for one in processes)
    for kind in {one.kind for one in processes}:
        story = story.with_homes(kind, max(story.homes(kind), failing))
    return story.model_copy(update={"faults": tuple(processes)})


def long_enough(story: Story, centre: Centre) -> Story:
    """Return the story, lengthened where its call centre forgets its beginning slowly. Raises ``StoryError``."""
    needed = NEEDED_RELAXATIONS * centre.memory + story.settle
    if needed <= story.duration:
        return story
    if story.faults or needed > MOST_DAYS * 86400:
        use = f"{centre.servers} agents at {centre.load / centre.servers:.1%}"
        message = f"duration: {use} forget slowly how they began; tell at least {spoken(needed)}"
        raise StoryError(message)
    return story.model_copy(update={"duration": needed})


QUEUE = Answer(known, seen)
