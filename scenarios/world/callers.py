"""Callers: customers who ring about something else than a fault. Drawn at once, so that two policies meet the same ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.registers.customers import Customer
from scenarios.story.distributions import Numbers
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world.names import person_named


@dataclass(frozen=True, slots=True)
class Caller:
    """One call: whose, when (POSIX seconds), and for how long they wait for an agent."""

    customer: Customer
    at: float
    patience: float


def draw_callers(story: Story, streams: Streams) -> list[Caller]:
    """Draw every call until the story's last stretch: a Poisson process, each call another customer's."""
    if not story.calls.rate:
        return []
    times = _times(story, streams.stream("callers"))
    patience = story.customers.patience.draw(streams.stream("callers' patience"), len(times))
    spoken = _languages(story, len(times), streams.stream("callers' languages"))
    return [
        Caller(_customer(number, language), float(at), float(bears))
        for number, (at, bears, language) in enumerate(zip(times, patience, spoken, strict=True), 1)
    ]


def _times(story: Story, dice: np.random.Generator) -> Numbers:
    """Given how many there are, the moments of a Poisson process lie evenly."""
    span = story.quiet_s - story.start_s
    count = int(dice.poisson(story.calls.rate * span))
    return np.sort(story.start_s + span * dice.random(count))


def _languages(story: Story, count: int, dice: np.random.Generator) -> list[str]:
    words, weights = list(story.customers.languages), np.array(list(story.customers.languages.values()))
    return [words[place] for place in dice.choice(len(words), count, p=weights / weights.sum())]


def _customer(number: int, language: str) -> Customer:
    name, phone = person_named(number), f"+998{number:08d}"
    return Customer(f"q{number:06d}", name, phone, language, "simulated")
