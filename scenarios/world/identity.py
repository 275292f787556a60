"""Is it them? Agents make sure before they do anything for whom they speak with, where the house wants it.

Every draw is of the talk alone, so that policies are held against each other on the same talks.
"""

from __future__ import annotations

from collections.abc import Iterator

from dispatch.core.consent import Purpose, Way
from dispatch.core.events import ConsentChanged, Event
from dispatch.core.ids import voice_print_id
from dispatch.core.verification.events import VoiceEnrolled
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world.doors import Ticket
from scenarios.world.true_talks import TrueTalk
from scenarios.world.world import Life, World

EDITION = "story"
"""Of the model, as stories have it."""
BEFORE, ENROLLED_S = "in/before", 20.0
"""In which call customers enrolled, before the story began."""


def is_enrolled(story: Story, streams: Streams, customer: str) -> bool:
    """Has a customer a voice print?"""
    return streams.uniforms("enrolled", customer)[0] < story.voices.enrolled


def enrolments(story: Story, streams: Streams, customers: Iterator[str]) -> Iterator[Event]:
    """Yield what customers agreed to, and the prints that were made of them, before the story began."""
    if story.policy.identity != "voice":
        return
    for customer in customers:
        if is_enrolled(story, streams, customer):
            yield ConsentChanged(customer, Purpose.VOICE_PRINT, given=True, way=Way.TELEPHONE)
            yield VoiceEnrolled(voice_print_id(customer, BEFORE, 1), customer, EDITION, ENROLLED_S)


def make_sure(world: World, ticket: Ticket) -> Life:
    """Know who speaks: by their voice while they do, and by questions where that says nothing.

    While a voice is listened to they speak already; that its seconds stand before the handling is the careful reading.
    """
    story = world.story
    if story.policy.identity == "agent":
        return
    voices, dice = story.voices, world.streams.hashed("who_speaks", ticket.customer, ticket.direction)
    stranger, can_answer = (float(one) for one in dice.random(2))
    away, pace = (float(one) for one in dice.standard_normal(2))
    asks_s = voices.questions.one(dice)
    impostor = stranger < voices.impostors
    enrolled = is_enrolled(story, world.streams, ticket.customer)
    world.plan.true_talks.append(TrueTalk(ticket.call, ticket.attempt, enrolled, impostor))
    if (yield world.doors.listens(ticket)):
        heard = voices.heard(voices.others if impostor else voices.own, away, pace)
        yield world.env.timeout(heard.elapsed_s)
        if (yield world.doors.compared(ticket, heard)):
            return
    yield world.env.timeout(asks_s)
    right = can_answer < voices.guesses if impostor else can_answer >= voices.forgets
    yield world.doors.questioned(ticket, right=right)
