"""What is written to customers beside notices: what they may answer, and what their answers came to. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.case import Case
from dispatch.core.conversation.channels import Answer
from dispatch.core.transitions import HelpState
from dispatch.words import say
from dispatch.words.parts import SOUGHT
from gateway.finding import Drive, Help, Place


def offered(case: Case) -> tuple[Answer, ...]:
    """Return what a customer may answer to a notice, by what the house owes and has to ask."""
    if case.asks_first:
        return (Answer.WANTS_HELP, Answer.WANTS_NO_HELP, Answer.CALL_ME)
    if case.help is HelpState.ASKING:
        return (Answer.PLACE, Answer.CALL_ME)
    if case.finding.drive is Drive.STOP_NOW and not case.informed:
        return (Answer.HAS_STOPPED, Answer.CALL_ME)
    return (Answer.NEEDS_NO_CALL, Answer.CALL_ME)


def settles(case: Case, answer: Answer, place: Place | None) -> bool:
    """Does an answer tell us that they know, so that nobody rings to say it?

    That they need no call settles nothing where they are to stop and have not said that they stand: they were asked before that
    was known.
    """
    match answer:
        case Answer.UNDERSTOOD | Answer.CALL_ME:
            return False
        case Answer.NEEDS_NO_CALL:
            return case.informed or case.finding.drive is not Drive.STOP_NOW
        case Answer.PLACE:
            return place is not None
        case Answer.HAS_STOPPED | Answer.WANTS_HELP | Answer.WANTS_NO_HELP:
            return True
        case _:
            assert_never(answer)


def acknowledged(case: Case, answer: Answer, now: float, *, behind: bool) -> str:
    """Return what is written back: what their answer came to, as everything stands ``now`` (POSIX seconds)."""
    language = case.language
    if answer is Answer.CALL_ME:
        return say("notice_ring_when_free" if behind else "ack_ring_now", language)
    if answer is Answer.WANTS_NO_HELP:
        return say("notice_cancelled" if case.help is not HelpState.TOO_LATE else "ack_too_late", language)
    asks = say("notice_ask_when_free", language) if case.needs_answer else ""
    return " ".join(filter(None, [say("ack_thanks", language), on_its_way(case, now), asks]))


def on_its_way(case: Case, now: float) -> str:
    """Return who comes and when, or that somebody is looked for; nothing where nobody is wanted."""
    sought = sought_for(case)
    return say(SOUGHT[sought], case.language) if sought in SOUGHT else arrival(case, now)


def arrival(case: Case, now: float, language: str = "") -> str:
    """Return when the truck that has promised to come is there, in minutes from now; nothing where none has.

    ``language``: of who asks; empty: as the case has it.
    """
    if case.help is not HelpState.PROMISED or case.eta is None:
        return ""
    return say("ack_comes", language or case.language, minutes=max(1, round((case.eta - now) / 60)))


def sought_for(case: Case) -> Help | None:
    """Return what is looked for and has not been promised; ``None``: nothing."""
    asked = case.order is not None and not (case.order.settled and case.order.at is not None)
    return case.finding.remedy.help if case.help in _SOUGHT or asked else None


_SOUGHT = {HelpState.WAITING, HelpState.OFFERED}
