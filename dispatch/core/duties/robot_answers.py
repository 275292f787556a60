"""What a customer writes and nobody has in hand is answered by a robot where it is simple, and else is a person's. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from dispatch.core.actions import Action
from dispatch.core.case import Case
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import AgentWrote, CustomerWrote
from dispatch.core.duties.conversations import Conversations
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.ids import is_stranger
from dispatch.core.messages import Messages
from dispatch.core.policy import Policy
from dispatch.core.purse.purse import Purse
from dispatch.core.robots.actions import AnswerByRobot, HandToPerson
from dispatch.core.robots.dialogues import CIRCLES, MISSES, MOST, Dialogue, Dialogues
from dispatch.core.robots.facts import HowItStands, RobotCustomer, fact, must_not_drive
from dispatch.core.robots.hearing import HeardByRobot, hear
from dispatch.core.robots.model import MENU, ConversationOwner, Cue, HandOverReason, RobotStage, Saying, Wish
from dispatch.core.robots.tables import RobotStep, step
from dispatch.core.routing.model import Concern
from dispatch.core.withdrawal import withdrawal
from dispatch.words import say
from gateway.finding import Help

ANOTHER_S = 4 * 3_600.0
"""Another appointment is so much later: the other half of the day [fit]."""
VALID_S = 10 * 60.0
"""What a robot answered is not sent later: it is not so by then, or a person has them [fit]."""
NOT_SAID_ON: dict[Wish, frozenset[Channel]] = {Wish.LIMITS: frozenset({Channel.IVR})}
"""A number that rings shows who pays for it, not who speaks: nothing of money is said there."""
_CONCERN: dict[HandOverReason, Concern] = {"danger": "distress", "distress": "distress", "anger": "complaint"}
_SILENT: frozenset[HandOverReason] = frozenset({"stranger", "loop", "unreadable"})
"""Where it is not even said that a person takes over: nobody knows who reads it, or a machine does."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a robot has before it."""

    event: CustomerWrote
    before: Dialogue | None
    """``None``: it begins here."""
    heard: HeardByRobot
    now: float
    language: str

    @property
    def stage(self) -> RobotStage:
        return self.before.stage if self.before is not None else RobotStage.START

    @property
    def wish(self) -> Wish | None:
        return self.heard.wish or (self.before.wish if self.before is not None else None)


@dataclass(frozen=True, slots=True)
class RobotAnswers:
    """The robots, where the house has any."""

    conversations: Conversations
    purse: Purse

    @property
    def policy(self) -> Policy:
        """What the house has decided."""
        return self.conversations.policy

    @property
    def cases(self) -> OpenCases:
        """The open cases."""
        return self.conversations.cases

    @property
    def known(self) -> Dialogues:
        """Whose each conversation is."""
        return self._messages.talks.dialogues

    @property
    def _messages(self) -> Messages:
        return self.conversations.informing.messages

    # --- whose it is -------------------------------------------------------------------------------------------------

    def wrote(self, event: CustomerWrote, case: Case | None, now: float) -> Iterator[Action]:
        """Take what nobody has in hand. A person has it, or is to have it: they get what is written now, too."""
        if not self.policy.robots or self.known.owner(event.customer, now) in {
            ConversationOwner.WAITS,
            ConversationOwner.PERSON,
        }:
            yield from self._to_person(event, case, now)
            return
        before = self.known.of(event.customer, now)
        language = self._messages.talks.preference_of(event.customer).language or event.language
        heard = hear(event.text, before.stage if before is not None else RobotStage.START)
        turn = _Turn(event, before, heard, now, language)
        why = self._person_at_once(turn, case)
        if why is not None:
            yield from self._hand_over(turn, case, why)
        elif heard.machine:
            yield from self._keep_silent(turn, case)
        else:
            yield from self._go_on(turn, case)

    def wants_person(self, event: CustomerWrote, now: float) -> Iterator[Action]:
        """They tapped that they want a person."""
        if not self.policy.robots or self.known.owner(event.customer, now) in {
            ConversationOwner.WAITS,
            ConversationOwner.PERSON,
        }:
            yield from self._to_person(event, None, now)
            return
        turn = _Turn(event, self.known.of(event.customer, now), HeardByRobot(person="wish"), now, event.language)
        yield from self._hand_over(turn, None, "wish")

    def agent_wrote(self, event: AgentWrote, now: float) -> None:
        """A person has written: what comes back is for a person."""
        if self.policy.robots and event.agent:
            self.known.person_has(event.customer, event.channel, now, begins=True)

    def _to_person(
        self, event: CustomerWrote, case: Case | None, now: float, concern: Concern = ""
    ) -> Iterator[Action]:
        """Who holds the line at a machine is put through by it; what was written waits."""
        if event.channel is not Channel.IVR:
            yield from self.conversations.calls.wrote(event, case, now, concern)

    # --- is it for a person ------------------------------------------------------------------------------------------

    def _person_at_once(self, turn: _Turn, case: Case | None) -> HandOverReason | None:
        event, heard = turn.event, turn.heard
        if is_stranger(event.customer):
            return "stranger"
        if event.voice is not None:
            return "voice"
        if must_not_drive(self.cases.of_customer(event.customer)):
            return "must_not_drive"
        if heard.person is not None:
            return heard.person
        if case is not None and case.concern:
            return "vulnerable"
        return self._circles(turn)

    @staticmethod
    def _circles(turn: _Turn) -> HandOverReason | None:
        before = turn.before
        if before is None:
            return None
        return "loop" if len(before.tried) >= MOST or before.same >= CIRCLES else None

    # --- what it does ------------------------------------------------------------------------------------------------

    def _go_on(self, turn: _Turn, case: Case | None) -> Iterator[Action]:
        found = self._fact(turn)
        cue = found.cue if found is not None else turn.heard.cue
        missed = cue is Cue.MISS
        if missed and turn.before is not None and turn.before.misses + 1 >= MISSES:
            yield from self._hand_over(turn, case, "misses")
            return
        to = step(turn.wish, turn.stage, cue) or self._anew(turn, cue)
        if to is None:
            yield from self._hand_over(turn, case, "unknown" if cue is Cue.UNKNOWN else "misses")
            return
        yield from self._say(turn, to, found if found is not None else self._stood(turn, to), missed=missed)

    @staticmethod
    def _anew(turn: _Turn, cue: Cue) -> RobotStep | None:
        """Who was through and comes back begins anew."""
        return step(turn.wish, RobotStage.START, cue) if turn.stage is RobotStage.DONE else None

    def _fact(self, turn: _Turn) -> HowItStands | None:
        """Return how what they wish for now stands; ``None``: they wish for nothing new."""
        return self._stands(turn.heard.wish, turn) if turn.heard.wish is not None else None

    def _stood(self, turn: _Turn, to: RobotStep) -> HowItStands | None:
        """Return how what they wished for before stands by now, where it is said again or done."""
        said = to.say in {Saying.DO, Saying.OFFER}
        return self._stands(turn.wish, turn) if said and turn.wish is not None else None

    def _stands(self, wish: Wish, turn: _Turn) -> HowItStands:
        if turn.event.channel in NOT_SAID_ON.get(wish, frozenset()):
            return HowItStands(Cue.UNKNOWN)
        customer = turn.event.customer
        others = {
            case.finding.customer for case in self.cases.by_name.values() if case.finding.remedy.help is Help.WAIT
        }
        asked = RobotCustomer(
            self.cases.of_customer(customer),
            self.purse.given.of_customer(customer),
            len(others - {customer}),
            bool(self._link_channel(turn.event)),
            turn.language,
            turn.now,
        )
        return fact(wish, asked)

    def _say(self, turn: _Turn, to: RobotStep, found: HowItStands | None, *, missed: bool) -> Iterator[Action]:
        event = turn.event
        if to.say is Saying.DO and (found is None or found.cue is not Cue.OPEN):
            yield from self._hand_over(turn, found.case if found is not None else None, "unknown")
            return
        case = found.case if found is not None else None
        answer = AnswerByRobot(
            event.message, event.customer, event.channel, turn.wish, to.to, to.say, event.provenance,
            begins=turn.before is None, missed=missed, case=case.case if case is not None else None,
        )  # fmt: skip
        self.known.decided(answer, turn.now)
        yield answer
        if to.say is Saying.DO and turn.wish is not None:
            yield from self._do(turn, case)
            found = self._stands(turn.wish, turn)
            if found.cue is Cue.UNKNOWN or found.case is not case:  # nobody is left who could do it
                yield from self._hand_over(turn, case, "unknown")
                return
        if to.say is not Saying.NOTHING:
            yield self._message(turn, event.channel, _text(turn, to, found), case, _choices(to.say, turn.language))

    def _message(
        self, turn: _Turn, channel: Channel, text: str, case: Case | None, choices: tuple[str, ...] = ()
    ) -> Action:
        event = turn.event
        return self._messages.reply(
            self._messages.talks.of(event.customer), channel, text, turn.now, language=turn.language, provenance=event.provenance,
            case=case.case if case is not None else None, purpose="robot", valid_s=VALID_S, choices=choices,
        )  # fmt: skip

    def _keep_silent(self, turn: _Turn, case: Case | None) -> Iterator[Action]:
        """A machine wrote: who answered it would be answered for ever."""
        event = turn.event
        answer = AnswerByRobot(
            event.message, event.customer, event.channel, turn.wish, turn.stage, Saying.NOTHING, event.provenance,
            begins=turn.before is None, case=case.case if case is not None else None,
        )  # fmt: skip
        self.known.decided(answer, turn.now)
        yield answer

    # --- what is done ------------------------------------------------------------------------------------------------

    def _do(self, turn: _Turn, case: Case | None) -> Iterator[Action]:
        if turn.wish is Wish.BOOKING and case is not None:
            yield from self._book_another(case, turn.now)
        elif turn.wish is Wish.PASSWORD:
            channel = self._link_channel(turn.event)
            if channel is not None and channel is not turn.event.channel:
                yield self._message(turn, channel, say("page_new_link", turn.language), None)

    def _book_another(self, case: Case, now: float) -> Iterator[Action]:
        booking = case.booking
        if booking is None or booking.at is None:
            return
        after = booking.at + ANOTHER_S
        yield withdrawal(case, "booking", booking, "moved")
        booking.settled, booking.at = False, None
        yield from self.conversations.sending.bookings.book(case, now, again=True, after=after)

    @staticmethod
    def _link_channel(event: CustomerWrote) -> Channel | None:
        """Return where they are registered and can be sent a link; where they write, if that is such a place."""
        return event.channel if event.channel in event.reach else next(iter(event.reach), None)

    # --- a person takes over -----------------------------------------------------------------------------------------

    def _hand_over(self, turn: _Turn, case: Case | None, why: HandOverReason) -> Iterator[Action]:
        """The house says so, not the robot; then a person has it, with all that was wanted, said and tried."""
        event, before = turn.event, turn.before
        if why not in _SILENT and event.channel is not Channel.IVR:
            danger = say("robot_danger", turn.language) if why == "danger" else ""
            text = " ".join(filter(None, [danger, say("robot_hands_over", turn.language)]))
            yield self._messages.reply(
                self._messages.talks.of(event.customer), event.channel, text, turn.now, language=turn.language,
                provenance=event.provenance, case=case.case if case is not None else None,
            )  # fmt: skip
        action = HandToPerson(
            event.message, event.customer, event.channel, why, turn.wish, not is_stranger(event.customer),
            said=(*(before.said if before is not None else ()), event.message),
            tried=tuple(before.tried) if before is not None else (),
            provenance=event.provenance, case=case.case if case is not None else None,
        )  # fmt: skip
        self.known.decided(action, turn.now)
        yield action
        yield from self._to_person(event, case, turn.now, _CONCERN.get(why, ""))


def _text(turn: _Turn, to: RobotStep, found: HowItStands | None) -> str:
    """Return what the robot says."""
    language = turn.language
    said = [say("robot_hello", language)] if turn.before is None else []
    match to.say:
        case Saying.ASK | Saying.AGAIN:
            said += [say("robot_missed", language)] if to.say is Saying.AGAIN else []
            said.append(say("robot_ask", language))
        case Saying.TELL | Saying.DO:
            said += [_told(turn, found), say("robot_more", language)]
        case Saying.OFFER:
            said += [_told(turn, found), say(f"robot_offer_{turn.wish}", language)]
        case Saying.LEAVE:
            said += [say("robot_as_before", language), say("robot_more", language)]
        case Saying.BYE:
            said.append(say("robot_bye", language))
        case Saying.NOTHING:
            pass
        case _:
            assert_never(to.say)
    return " ".join(said)


def _choices(said: Saying, language: str) -> tuple[str, ...]:
    """Return what may be chosen, by its place, from 0: a person."""
    match said:
        case Saying.ASK | Saying.AGAIN:
            keys = [f"wish_{one}" for one in MENU]
        case Saying.OFFER:
            keys = ["yes", "no"]
        case Saying.TELL | Saying.DO | Saying.LEAVE:
            keys = []
        case Saying.BYE | Saying.NOTHING:
            return ()
        case _:
            assert_never(said)
    return tuple(say(f"robot_{one}", language) for one in ("wish_person", *keys))


def _told(turn: _Turn, found: HowItStands | None) -> str:
    return say(f"robot_told_{turn.wish}", turn.language, stands=found.stands if found is not None else "")
