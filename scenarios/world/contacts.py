"""People who write to us of their own accord: what they write, how they take what a robot answers, and when it is enough."""

from __future__ import annotations

import tomllib
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import simpy

from dispatch.core.actions import SendMessage
from dispatch.core.conversation.channels import Channel
from dispatch.core.robots.model import MENU, Wish
from dispatch.words import say, spoken
from scenarios.story.contacts import Contacts
from scenarios.world.contact_plan import ContactPlan
from scenarios.world.contact_truth import ContactTruth
from scenarios.world.customers import hold_the_line
from scenarios.world.world import Breakdown, Life, Person, World

MOST = 8
"""So often they write about one thing at the most."""
BY_NUMBER = 0.7
"""Who is asked what it is about, and sees it among the choices: how many tap it or write its number; the others say it [fit]."""
THANKS = 0.5
"""Of those who have what they wanted: how many say so [fit]."""
SHORTEST = 4
"""Letters of a word that may be misspelt."""
Hears = Generator[simpy.Event, Any, SendMessage | None]
Read = Literal["asked", "offered", "told", "bye", "handed", "person"]
"""What a message of ours is, to who reads it."""


def write_in(world: World) -> Life:
    """Everybody who writes of their own accord, each when it is time."""
    for plan in world.plan.contacts:
        yield world.until(plan.at)
        person, language = _who(world, plan)
        if person is not None and person.mail is None:
            world.env.process(_Writer(world, plan, person, language).live())


def _who(world: World, plan: ContactPlan) -> tuple[Person | None, str]:
    """Return who it is; nobody where nothing is broken of anybody who could ask that now."""
    if plan.customer is not None:
        return world.person(plan.customer.customer), plan.customer.language
    wrote = {one.customer for one in world.plan.contact_truths}
    broken = [one for _, one in sorted(world.broken.items()) if one.fault.customer not in wrote]
    may = [one for one in broken if _may_ask(one, plan.kind.wish)]
    if not may:
        return None, ""
    luck = world.streams.uniforms("who writes", plan.ref)[0]
    fault = may[int(luck * len(may))].fault
    homes = (home.customer for home in world.plan.homes)
    language = next(one.language for one in homes if one.customer == fault.customer)
    return world.person(fault.customer), language


def _may_ask(breakdown: Breakdown, wish: str) -> bool:
    """Were they told what is done about it, and does it not work yet?"""
    waits = breakdown.told.triggered and not breakdown.mended.triggered
    return waits and (breakdown.fault.part == "stock") == (wish == "order")


@dataclass(slots=True)
class _Writer:
    world: World
    plan: ContactPlan
    person: Person
    language: str
    mail: simpy.Store = field(init=False)
    dice: np.random.Generator = field(init=False)
    truth: ContactTruth = field(init=False)
    wrote: int = 0

    @property
    def kind(self) -> Contacts:
        return self.plan.kind

    def live(self) -> Life:
        """Write, read, reply, until it is enough or a person has it."""
        self.dice = self.world.streams.keyed("contact", self.plan.ref)
        self.mail = self.person.mail = simpy.Store(self.world.env)
        self.truth = ContactTruth(
            self.plan.ref, self.person.customer, self.kind.wish, self.world.now, self.plan.channel
        )
        self.world.plan.contact_truths.append(self.truth)
        yield from self._converse(self._first())
        if self.truth.came_back_at is not None:
            yield self.world.env.timeout(self.kind.comes_back_after.one(self.dice))
            self.truth.came_back_at = self.world.now
            yield from self._converse(self._says("person"))
        self.person.mail = None

    def _converse(self, text: str | None) -> Life:
        while text is not None and self.wrote < MOST:
            yield from self._write(text)
            if not text or self._is_through():
                return
            said = yield from self._answer()
            if said is None:
                yield from self._rings()
                return
            text = self._reply(said)
        if text is not None:
            yield from self._rings()

    def _write(self, text: str) -> Life:
        self.wrote += 1
        ref = f"{self.plan.ref}-{self.wrote}"
        yield self.world.doors.wrote(ref, self.person.customer, Channel(self.plan.channel), text)

    def _is_through(self) -> bool:
        return self.truth.robot_at is not None and self.truth.came_back_at is None

    def _answer(self) -> Hears:
        """Wait for an answer and read it; the value: the last that came, ``None`` where none did in time."""
        waits = self.mail.get()
        yield self.world.env.any_of([waits, self.world.env.timeout(self.kind.patience)])
        if not waits.triggered:
            waits.cancel()
            return None
        chat = self.plan.channel == Channel.CHAT
        yield self.world.env.timeout((self.kind.reads if chat else self.kind.reads_elsewhere).one(self.dice))
        came = cast("list[SendMessage]", [waits.value, *self.mail.items])
        self.mail.items.clear()
        here = [one for one in came if say("page_new_link", self.language) not in one.text]
        if not here:  # the link, where they are registered: they go on reading where they wrote
            return (yield from self._answer())
        said = here[-1]
        if read(said, self.language) == "handed":
            self._has_person()
            return (yield from self._answer())
        return said

    def _rings(self) -> Life:
        """Nobody answered, or it leads nowhere: ring."""
        self._has_person()
        self.person.mail = None
        while self.person.busy:
            yield self.world.env.timeout(5.0)
        patience = self.world.story.customers.patience.one(self.dice)
        yield from hold_the_line(self.world, self.person, f"write-{self.plan.ref}", patience)

    # --- what they say -----------------------------------------------------------------------------------------------

    def _first(self) -> str:
        luck = float(self.dice.random())
        if luck < self.kind.wants_person:
            return self._says("person")
        if luck < self.kind.wants_person + self.kind.angry:
            return self._says("anger")
        return self._says("vague" if float(self.dice.random()) < self.kind.vague else self.kind.wish)

    def _says(self, what: str) -> str:
        lines = phrases()[what][spoken(self.language)]
        text = lines[int(self.dice.integers(len(lines)))]
        return misspelt(text, self.dice) if float(self.dice.random()) < self.kind.typos else text

    def _reply(self, said: SendMessage) -> str | None:
        """Return what they write to it; ``None``: nothing, it is over for them."""
        match read(said, self.language):
            case "person":
                self._has_person()
                return None
            case "asked":
                return self._chooses()
            case "offered":
                return "1" if self._is_told(said) else "0"
            case "told":
                return self._takes(enough=self._is_told(said))
            case "bye" | "handed":
                return None

    def _chooses(self) -> str:
        if not self.truth.simple:
            return self._says("other") if float(self.dice.random()) < BY_NUMBER else "0"
        if float(self.dice.random()) < BY_NUMBER:
            return str(MENU.index(Wish(self.kind.wish)) + 1)
        return self._says(self.kind.wish)

    def _takes(self, *, enough: bool) -> str | None:
        """They were told how something stands."""
        luck, lets_be = float(self.dice.random()), float(self.dice.random())
        if enough and luck < self.kind.content:
            self.truth.robot_at = self.world.now
            return self._says("thanks") if float(self.dice.random()) < THANKS else None
        if not enough and self.truth.simple:
            return self._says(self.kind.wish)
        if lets_be < self.kind.comes_back:
            self.truth.came_back_at = self.world.now
            return None
        return self._says("person")

    def _is_told(self, said: SendMessage) -> bool:
        """Is it about what they want?"""
        return self.truth.simple and _begin(self.kind.wish, self.language) in said.text

    def _has_person(self) -> None:
        self.truth.person_at = self.truth.person_at or self.world.now


def read(said: SendMessage, language: str) -> Read:
    """Return what a message is to who reads it, by its words and by what may be chosen in it."""
    if said.agent:
        return "person"
    if said.purpose != "robot":
        return "handed"
    if len(said.choices) > len(("person", "yes", "no")):
        return "asked"
    if len(said.choices) > 1:
        return "offered"
    told = any(_begin(wish, language) in said.text for wish in Wish)
    return "told" if told or said.choices else "bye"


def _begin(wish: str, language: str) -> str:
    """Return with which words a robot tells how something stands."""
    return say(f"robot_told_{wish}", language, stands="").rstrip()


def misspelt(text: str, dice: np.random.Generator) -> str:
    """Return a text in one word of which two letters are the other way round; as it is where no word is long enough."""
    words = text.split()
    may = [number for number, word in enumerate(words) if len(word) >= SHORTEST]
    if not may:
        return text
    number = may[int(dice.integers(len(may)))]
    at = 1 + int(dice.integers(len(words[number]) - 2))
    word = words[number]
    words[number] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


@cache
def phrases() -> Mapping[str, Mapping[str, list[str]]]:
    """Read what people write: meaning → language → texts."""
    return tomllib.loads((Path(__file__).parent / "contact_phrases.toml").read_text("utf-8"))
