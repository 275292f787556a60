"""Who writes to us of their own accord, when, and what they want. Drawn at once, so that two policies meet the same ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.registers.customers import Customer
from scenarios.story.contacts import OF_A_CASE, Contacts
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.story.weights import drawn
from scenarios.world.names import person_named

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class ContactPlan:
    """One of them: what they are like, when (POSIX seconds) and on which channel they write."""

    ref: str
    kind: Contacts
    at: float
    channel: str
    customer: Customer | None
    """``None``: somebody of whom something is broken then."""


def draw_contacts(story: Story, streams: Streams) -> list[ContactPlan]:
    """Draw all until the story's last stretch, in the order in which they write: a Poisson process for each wish."""
    plans = [one for number, kind in enumerate(story.contacts) for one in _of(story, kind, number, streams)]
    return sorted(plans, key=lambda one: (one.at, one.ref))


def _of(story: Story, kind: Contacts, number: int, streams: Streams) -> list[ContactPlan]:
    dice = streams.keyed("contacts", kind.wish, number)
    span = story.quiet_s - story.start_s
    count = int(dice.poisson(kind.per_day * span / DAY_S))
    times = np.sort(story.start_s + span * dice.random(count))
    return [
        ContactPlan(
            f"{kind.wish}-{number}-{place}",
            kind,
            float(at),
            drawn(kind.channels, dice),
            None if kind.wish in OF_A_CASE else _customer(number, place, drawn(story.customers.languages, dice)),
        )
        for place, at in enumerate(times)
    ]


def _customer(number: int, place: int, language: str) -> Customer:
    name = f"w{number:02d}{place:05d}"
    phone = f"+997{number:02d}{place:06d}"
    return Customer(
        name, person_named(place), phone, language, "simulated", email=f"{name}@customers.invalid", social=name
    )
