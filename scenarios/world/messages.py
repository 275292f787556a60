"""Messages to people: they come, are read after a while or not, and are answered by what is true of whoever reads them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from dispatch.core.actions import SendMessage, SendNotice
from dispatch.core.conversation.channels import UNASKED, Answer, Channel
from dispatch.core.ids import device_of_case
from dispatch.words import LANGUAGES, say
from gateway.contract.commands import NoticeCommand
from scenarios.story.habits import Habits
from scenarios.story.registry import PARTS
from scenarios.world import addresses
from scenarios.world.doors import Replied
from scenarios.world.ground_truth import Fault
from scenarios.world.town import Point
from scenarios.world.world import Breakdown, Life, Person, World

DELIVERED_S = 2.0
"""Until a provider has brought a message [fit]."""
ANSWERS_S = 5.0
"""From reading to the tap [fit]."""
ON_SCREEN = frozenset({Channel.APP, Channel.SMS, Channel.PUSH, Channel.SOCIAL})
"""What whoever takes the telephone in hand sees."""
SETTLES = frozenset({Answer.NEEDS_NO_CALL, Answer.WANTS_HELP, Answer.WANTS_NO_HELP, Answer.HAS_STOPPED, Answer.PLACE})
"""After which nobody need be rung who knows what is under way."""
SPOT = 3
"""Decimals of a degree, a hundred metres, to which a place is the same."""


FIRST = "f0001"
"""The story's first fault."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message, as it reaches somebody."""

    key: str
    customer: str
    channel: Channel
    case: str | None
    answers: tuple[Answer, ...]
    text: str
    notice: str = ""
    """Of what a device shows: its id."""


def written(world: World, said: SendMessage | SendNotice) -> None:
    """The house writes unasked. What a device shows comes when the device is told; who gets an answer waits for it."""
    if isinstance(said, SendNotice):
        world.offered[said.key] = said.answers
    elif said.purpose == "notice":
        world.env.process(_brought(world, said))
    else:
        person = world.person(said.customer)
        if person.mail is not None or (said.purpose == "robot" and person.letters):
            world.env.process(_answered(world, said, person))


def shown(world: World, notice: NoticeCommand, customer: str) -> None:
    """A device shows a message, or what is shown beside another's screen, of which nobody asks whether it was read."""
    asked = notice.id in world.offered
    answers = world.offered.pop(notice.id, ())
    letter = Letter(
        notice.id if asked else "", customer, Channel.APP, notice.data.case, answers, notice.data.text, notice.id
    )
    world.env.process(_comes(world, letter))


def _answered(world: World, said: SendMessage, person: Person) -> Life:
    """Who has written is answered where they wrote; a robot's words do not come once a person has them.

    Who wrote of what is broken, and is told by a robot how it stands, waits for no other answer.
    """
    if said.channel is not Channel.CHAT:
        if not world.doors.leaves(said):
            return
        yield world.env.timeout(DELIVERED_S)
    if person.mail is not None:
        person.mail.put(said)
    elif len(said.choices) == 1:
        letters, person.letters = person.letters, []
        for letter in letters:
            letter.succeed()


def _brought(world: World, said: SendMessage) -> Life:
    """A provider brings it, when it leaves: what was held back over night may have been said by then."""
    letter = Letter(said.key, said.customer, said.channel, said.case, said.answers, said.text)
    yield world.until(said.not_before)
    if not world.doors.leaves(said):
        return
    yield world.env.timeout(DELIVERED_S)
    if not has(world, letter.customer, letter.channel):
        yield world.doors.message_is(letter.customer, letter.key, "failed")
        return
    yield world.doors.message_is(letter.customer, letter.key, "delivered")
    yield from _comes(world, letter)


def _comes(world: World, letter: Letter) -> Life:
    """It is there, and is read after a while, or not unasked."""
    person, fault = world.person(letter.customer), _fault(world, letter)
    person.messages[letter.channel] += 1
    dice = _dice(world, letter, person, fault)
    allows, looks = float(dice.random()), float(dice.random())
    habit = habits_of(world).of(letter.channel)
    after = habit.after.one(dice) * pace(world, letter.customer, letter.channel)
    on_the_way = fault is not None and is_on_journey(world, fault) and letter.channel is Channel.APP
    if letter.channel is Channel.APP and (allows >= habit.has or on_the_way):
        return
    read = partial(_read, world, letter, dice)
    if letter.channel in ON_SCREEN:
        person.unread.append(read)
    app = letter.channel is Channel.APP
    if looks < habit.reads if app else reads(world, letter.customer, letter.channel):
        yield world.env.timeout(after)
        if letter.channel not in ON_SCREEN or read in person.unread:
            read()


def look(person: Person) -> None:
    """Look at the telephone, and read all that stands there."""
    for read in list(person.unread):
        read()


def _read(world: World, letter: Letter, dice: np.random.Generator) -> None:
    person, habit = world.person(letter.customer), habits_of(world).of(letter.channel)
    person.unread = [one for one in person.unread if one.args[1] is not letter]  # type: ignore[attr-defined] # ours
    person.announced = True
    breakdown = _breakdown(world, letter)
    if breakdown is not None:
        breakdown.ask_to_stop()
        take_in(world, breakdown, says_wait=says_wait(letter.text))
    letter = _as_known(world, letter)
    if float(dice.random()) < habit.tells and letter.key:
        world.doors.message_is(letter.customer, letter.key, "read")
    answers, luck = float(dice.random()) < habit.answers, float(dice.random())
    journeys = breakdown is not None and is_on_journey(world, breakdown.fault)
    if letter.answers and answers and letter.case is not None and not journeys:
        world.env.process(_answers(world, letter, letter.case, luck))


def says_wait(text: str) -> bool:
    """Tell whether a message says, in whichever language, that nothing need be done, and that it is told when it is over."""
    return any(say("notice_wait", language) in text for language in LANGUAGES)


def take_in(world: World, breakdown: Breakdown, *, says_wait: bool) -> None:
    """Have read a message about what is broken: it calms for a while; whom it tells all there is, and truly, for good."""
    if breakdown.mended.triggered:
        return
    fault = breakdown.fault
    if not breakdown.calmed.triggered:
        fault.read_notice_at = world.now
        breakdown.calmed.succeed()
    if says_wait:
        hear_all(world, breakdown)


def hear_all(world: World, breakdown: Breakdown) -> None:
    """Learn that it is everybody's and passes, and that they are told when it has: where that is true, most are content."""
    fault, content = breakdown.fault, breakdown.content
    if PARTS[fault.part].passes and not content.triggered:
        wants = world.streams.uniforms("wants_more", fault.device, fault.fault)[0]
        if wants >= world.story.customers.notices.wants_more:
            content.succeed()


def _as_known(world: World, letter: Letter) -> Letter:
    """Return a letter with what may be answered: over a network the device may show it before the house is heard to write it."""
    if letter.key or letter.notice not in world.offered:
        return letter
    return replace(letter, key=letter.notice, answers=world.offered.pop(letter.notice))


def _answers(world: World, letter: Letter, case: str, luck: float) -> Life:
    yield world.env.timeout(ANSWERS_S)
    breakdown = _breakdown(world, letter)
    if breakdown is None or breakdown.told.triggered:
        return
    fault = breakdown.fault
    answer = chosen(fault, letter.answers, content=luck < habits_of(world).content)
    if answer is None:
        return
    stands = Point(fault.latitude, fault.longitude) if answer is Answer.PLACE else None
    tell(fault, answer)
    if answer in SETTLES:
        fault.answered_at = fault.answered_at or world.now
        breakdown.told.succeed()
    ref = f"{letter.channel}-{fault.fault}-{letter.key.rpartition('/')[2]}"
    yield world.doors.replied(ref, Replied(letter.customer, case, letter.channel, answer, stands))


def wants_somebody(fault: Fault) -> bool:
    """Does its customer want somebody to come?"""
    return fault.needs_help and PARTS[fault.part].comes


def chosen(fault: Fault, offered: tuple[Answer, ...], *, content: bool) -> Answer | None:
    """Return what somebody answers, by what is true of what broke; ``None``: nothing that was offered."""
    if Answer.PLACE in offered:
        return Answer.PLACE
    if Answer.WANTS_HELP in offered:
        return Answer.WANTS_HELP if wants_somebody(fault) else Answer.WANTS_NO_HELP
    if Answer.HAS_STOPPED in offered:
        return Answer.HAS_STOPPED
    if Answer.NEEDS_NO_CALL in offered and content:
        return Answer.NEEDS_NO_CALL
    return Answer.CALL_ME if Answer.CALL_ME in offered else None


def tell(fault: Fault, answer: Answer) -> None:
    """Note what an answer tells that an agent would ask."""
    if answer is Answer.PLACE:
        fault.tell("place", spot(fault))
    elif answer in {Answer.WANTS_HELP, Answer.WANTS_NO_HELP}:
        fault.tell("wants_help", str(answer is Answer.WANTS_HELP))


def spot(fault: Fault) -> str:
    """Return where it is, so that the same place is told the same."""
    return f"{fault.latitude:.{SPOT}f},{fault.longitude:.{SPOT}f}"


# --- what people are like ----------------------------------------------------------------------------------------------


_USUAL = Habits()


def habits_of(world: World) -> Habits:
    """Return how people write and read; as usual where the story does not say."""
    return world.story.habits or _USUAL


def has(world: World, customer: str, channel: Channel) -> bool:
    """Tell whether a customer can be written to on a channel."""
    return addresses.has(habits_of(world), world.streams, customer, channel)


def reads(world: World, customer: str, channel: Channel) -> bool:
    """Tell whether a customer looks at what comes on a channel: who does not, never does."""
    return world.streams.uniforms("has", customer, channel)[1] < habits_of(world).of(channel).reads


def pace(world: World, customer: str, channel: Channel) -> float:
    """Return how slow a customer is on a channel, always: 1 as most are."""
    if channel is Channel.APP:
        return 1.0  # as ``notices`` has it
    luck = world.streams.hashed("pace", customer, channel).standard_normal()
    return math.exp(habits_of(world).pace * float(luck))


def soonest(world: World, fault: Fault) -> str | None:
    """Return the channel on which a customer reads soonest, of all on which they are written to."""
    if world.story.habits is None:
        return None
    found: dict[str, float] = {}
    for channel in UNASKED:
        habit = habits_of(world).of(channel)
        if channel is Channel.APP:
            dice = _of_the_app(world, fault)
            takes = float(dice.random()) < habit.has and float(dice.random()) < habit.reads
            takes = takes and not is_on_journey(world, fault)
        else:
            used = channel in world.story.policy.channels
            takes = used and has(world, fault.customer, channel) and reads(world, fault.customer, channel)
        if takes:
            found[channel] = habit.after.middle * pace(world, fault.customer, channel)
    return min(found, key=found.__getitem__, default=None)


def _dice(world: World, letter: Letter, person: Person, fault: Fault | None) -> np.random.Generator:
    """Return the dice of one message: the first that the app shows about a fault falls as without channels."""
    if fault is None:
        return world.streams.hashed("message", letter.customer, letter.channel, person.messages[letter.channel])
    if letter.channel is Channel.APP:
        return _of_the_app(world, fault)
    return world.streams.hashed("message", fault.device, fault.fault, letter.channel, person.messages[letter.channel])


def _of_the_app(world: World, fault: Fault) -> np.random.Generator:
    return world.streams.hashed("notices", fault.device, fault.fault)


def _breakdown(world: World, letter: Letter) -> Breakdown | None:
    return world.broken.get(device_of_case(letter.case)) if letter.case is not None else None


def _fault(world: World, letter: Letter) -> Fault | None:
    breakdown = _breakdown(world, letter)
    return None if breakdown is None else breakdown.fault


def is_on_journey(world: World, fault: Fault) -> bool:
    """Tell whether it is the first fault of a story whose customer goes from channel to channel."""
    return bool(habits_of(world).journey) and fault.fault == FIRST


def refuses(world: World, person: Person, breakdown: Breakdown | None) -> bool:
    """Tell whether somebody takes no call of ours: they do not know the number, and read of no call."""
    if world.story.habits is None:
        return False
    if breakdown is not None and is_on_journey(world, breakdown.fault):
        return True
    habits, (known, takes) = world.story.habits, world.streams.uniforms("caller", person.customer)
    return not person.announced and known >= habits.knows_number and takes >= habits.takes_unknown
