"""Routing by skill against the N-model: one agent for one class of callers, another for both; its Markov chain is solved.

Agents take who came first of those they can speak with; of two who are idle the one who has been for longer takes a call. Who waits
and was passed over by an agent is of the class which that agent cannot take, and of all others the class is open: so a state
counts those between the two customers who are being served, and those behind both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dispatch.core.actions import AssignCall, QueueCall
from dispatch.ledger.rows import read
from scenarios.runner.virtual import run_story
from scenarios.story.loader import StoryError
from scenarios.story.schema import Story
from scenarios.validation.answer import Answer, Known, RunFigure

MOST_WAITING = 60
"""The chain is cut there; it is hardly ever so long."""
WARM_UP_SHARE = 0.05
BY = "Markov chain of the N-model"
State = tuple[str, int, int]
"""``idle``: both, since when counts as 0 or 1, the first agent or the second for longer. ``first``: the first agent alone is busy.
``second``: the second is, and so many wait whom the first cannot take. ``later``: both, the second took the later customer, so many
wait. ``earlier``: both, the second took the earlier one, so many wait between the two, and so many behind."""


@dataclass(frozen=True, slots=True)
class NModel:
    """Rates a second: of callers whom both can take, of those whom the second agent alone can, of an agent's conversations."""

    both: float
    one: float
    served: float

    @property
    def share(self) -> float:
        """Of callers whom both can take."""
        return self.both / (self.both + self.one)


def known(story: Story) -> dict[str, Known]:
    """Return the mean waits of both classes, and how busy agents are."""
    centre = centre_of(story)
    between = waiting(centre)
    service = 1 / centre.served
    return {
        "wait of one language, s": Known(between[0] / centre.both, BY, service),
        "wait of the other, s": Known(between[1] / centre.one, BY, service),
    }


def seen(story: Story, seed: int) -> dict[str, RunFigure]:
    """Play the story and measure the same."""
    common = story.agents[0].languages[0]
    first = story.start_s + WARM_UP_SHARE * story.duration
    since: dict[str, tuple[float, str]] = {}
    waits: dict[bool, list[float]] = {True: [], False: []}
    for row in run_story(story, seed).rows:
        said = read(row) if row.type in {"QueueCall", "AssignCall"} else None
        if isinstance(said, QueueCall):
            since.setdefault(said.call, (row.at, said.language))
        elif isinstance(said, AssignCall):
            at, language = since[said.call]
            if first <= at < story.quiet_s:
                waits[language == common].append(row.at - at)
    names = {True: "wait of one language, s", False: "wait of the other, s"}
    return {names[which]: RunFigure(float(np.mean(found)), len(found)) for which, found in waits.items()}


def centre_of(story: Story) -> NModel:
    """Read a story as an N-model. Raises ``StoryError`` where it is none."""
    if [group.count for group in story.agents] != [1, 1]:
        raise _unknown("agents", "two agents, each in a group of their own")
    first, second = story.agents
    both, means = set(first.languages), {group.handling.exponential for group in story.agents}
    if len(first.languages) != 1 or len(second.languages) != 2 or not both < set(second.languages):  # noqa: PLR2004 - an N
        raise _unknown("agents", "one who speaks one language and one who speaks that and another")
    (mean,) = means if len(means) == 1 else (None,)
    if mean is None or not mean.mean or any(group.picks_up or group.rests.constant != 0 for group in story.agents):
        raise _unknown("agents", "the same exponential handling, picks_up: 0 s and rests: 0 s")
    if not story.policy.routing or not story.calls.rate or story.faults:
        raise _unknown("policy.routing", "calls alone, and a step that outlasts every wait")
    if set(story.customers.languages) != set(second.languages):
        raise _unknown("customers.languages", "the languages of the second agent")
    share = story.customers.languages[first.languages[0]]
    rate = story.calls.rate
    return NModel(rate * share, rate * (1 - share), 1 / mean.mean)


def waiting(centre: NModel) -> tuple[float, float]:
    """Return how many wait on average whom both agents can take, and whom the second alone can."""
    states = list(_states())
    place = {state: number for number, state in enumerate(states)}
    rates = np.zeros((len(states), len(states)))
    for state in states:
        for other, rate in _moves(state, centre):
            if other in place:
                rates[place[state], place[other]] += rate
    np.fill_diagonal(rates, rates.diagonal() - rates.sum(axis=1))
    rates[:, 0] = 1.0  # they sum to one
    wanted = np.zeros(len(states))
    wanted[0] = 1.0
    shares = np.linalg.solve(rates.T, wanted)
    open_ = sum(shares[place[one]] * one[2] for one in states)
    passed = sum(shares[place[one]] * one[1] for one in states if one[0] in {"second", "earlier"})
    return float(open_ * centre.share), float(passed + open_ * (1 - centre.share))


def _states() -> Iterator[State]:
    yield from (("idle", 0, 0), ("idle", 1, 0), ("first", 0, 0))
    for count in range(MOST_WAITING + 1):
        yield from (("second", count, 0), ("later", 0, count))
        yield from (("earlier", passed, count - passed) for passed in range(count + 1))


def _moves(state: State, centre: NModel) -> Iterator[tuple[State, float]]:
    """Yield where a state leads, and how often."""
    kind, passed, behind = state
    anybody = centre.both + centre.one
    match kind:
        case "idle":
            yield ("first", 0, 0) if passed == 0 else ("second", 0, 0), centre.both
            yield ("second", 0, 0), centre.one
        case "first":
            yield ("later", 0, 0), anybody
            yield ("idle", 1, 0), centre.served
        case "second":
            yield ("earlier", passed, 0), centre.both
            yield ("second", passed + 1, 0), centre.one
            yield ("second", passed - 1, 0) if passed else ("idle", 0, 0), centre.served
        case _:
            yield (kind, passed, behind + 1), anybody
            yield _second_is_free(state), centre.served
            yield from _first_is_free(state, centre)


def _second_is_free(state: State) -> State:
    """Return where it leads: the second agent takes who came first."""
    _, passed, behind = state
    if passed:
        return "earlier", passed - 1, behind
    return ("later", 0, behind - 1) if behind else ("first", 0, 0)


def _first_is_free(state: State, centre: NModel) -> Iterator[tuple[State, float]]:
    """Yield where it leads: the first agent takes the first whom they can, and passes over those before."""
    _, passed, behind = state
    for over in range(behind):
        chance = (1 - centre.share) ** over * centre.share
        yield ("earlier", passed + over, behind - over - 1), centre.served * chance
    yield ("second", passed + behind, 0), centre.served * (1 - centre.share) ** behind


def _unknown(key: str, needed: str) -> StoryError:
    return StoryError(f"{key}: the N-model has its answer for {needed}")


SKILLS = Answer(known, seen)
