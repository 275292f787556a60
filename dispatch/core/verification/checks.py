"""Who has a voice print, and how far it is with knowing who speaks in which call.

Changed by rows alone: the desk, who folds a ledger and who reads it for people remember the same.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import Field

from dispatch.core.consent import Purpose
from dispatch.core.events import (
    CallEnded,
    CallEvent,
    ConsentChanged,
    CustomerErased,
    DataExpired,
    PrivacyEvent,
)
from dispatch.core.routing.events import CallTransferred, NumberConfirmed
from dispatch.core.verification.events import (
    CheckEvent,
    ConfirmationAnswered,
    ConfirmationAsked,
    QuestionsAnswered,
    SensitiveAct,
    VerificationEvent,
    VoiceCheckBegan,
    VoiceCompared,
    VoiceEnrolled,
    VoicePrintDeleted,
)
from dispatch.core.verification.limits import LEAST_SPEECH_S, VoiceState

Left = Field(exclude_if=operator.not_)
KEPT_S = 86_400.0
"""Nobody speaks for so long: what is known of a call of which no end was told is forgotten then."""


class StillWanted(StrEnum):
    """What is wanted of who speaks before something is done for them."""

    QUESTIONS = "questions"
    CONFIRMATION = "confirmation"
    """On their own telephone."""
    NOTHING_HELPS = "nothing_helps"
    """They failed the questions: not in this call."""


@dataclass(frozen=True, slots=True)
class EnrolledPrint:
    """A customer's print, as the desk knows it. ``at``: POSIX seconds."""

    voice_print: str
    customer: str
    edition: str
    at: float


@dataclass(slots=True)
class CallCheck:
    """One attempt at a call: is it them?"""

    call: str
    attempt: int
    customer: str
    began_at: float
    voice: VoiceState = VoiceState.UNHEARD
    elapsed_s: float = 0.0
    """Until the voice was decided about, since they began to speak."""
    questions: bool | None = None
    """Answered rightly? ``None``: nobody has asked."""
    asked: list[SensitiveAct] = field(default_factory=list)
    """What they are asked about on their own telephone, and have not answered."""
    confirmed: list[SensitiveAct] = field(default_factory=list)

    @property
    def is_known(self) -> bool:
        """Are they who they say, as far as anything of low risk goes?"""
        return self.questions or (self.questions is None and self.voice is VoiceState.ACCEPTED)

    def wants(self, act: SensitiveAct, *, can_confirm: bool) -> StillWanted | None:
        """Return what is wanted before something is done; ``None``: nothing more.

        ``can_confirm``: they have a telephone or a page of their own to be asked on.
        """
        if self.questions is False:
            return StillWanted.NOTHING_HELPS
        if not self.is_known:
            return StillWanted.QUESTIONS
        if not act.is_high_risk or act in self.confirmed:
            return None
        if can_confirm:
            return StillWanted.CONFIRMATION
        return None if self.questions else StillWanted.QUESTIONS


@dataclass(frozen=True, slots=True)
class VerificationStanding:
    """``Verification`` written down."""

    prints: Annotated[list[EnrolledPrint], Left] = field(default_factory=list)
    agreed: Annotated[dict[str, bool], Left] = field(default_factory=dict)
    lapsed: Annotated[list[str], Left] = field(default_factory=list)
    checks: Annotated[list[CallCheck], Left] = field(default_factory=list)


class Verification:
    """Every print, and every call in which somebody is to be known."""

    def __init__(self) -> None:
        self._prints: dict[str, EnrolledPrint] = {}
        """By customer."""
        self._agreed: dict[str, bool] = {}
        """What customers said in so many words; of who said nothing, nothing is assumed."""
        self._lapsed: dict[str, None] = {}
        """Customers whose print was kept for as long as it is to be."""
        self._checks: dict[str, CallCheck] = {}
        """By call."""

    def of(self, call: str, attempt: int) -> CallCheck | None:
        """Return how it stands with an attempt at a call; ``None``: nothing was heard of who speaks."""
        check = self._checks.get(call)
        return check if check is not None and check.attempt == attempt else None

    def print_of(self, customer: str) -> EnrolledPrint | None:
        """Return a customer's print; ``None``: they have none."""
        return self._prints.get(customer)

    def prints(self) -> list[str]:
        """Return the ids of all prints."""
        return [one.voice_print for one in self._prints.values()]

    def has_agreed(self, customer: str) -> bool | None:
        """Tell what a customer said of their voice; ``None``: nothing."""
        return self._agreed.get(customer)

    def voice_of(self, customer: str, edition: str) -> VoiceState:
        """Return whether what a customer says can be compared (``listening``), or why it cannot."""
        if self._agreed.get(customer) is False:
            return VoiceState.OPTED_OUT
        known = self._prints.get(customer)
        if known is None:
            return VoiceState.EXPIRED if customer in self._lapsed else VoiceState.NOT_ENROLLED
        return VoiceState.LISTENING if known.edition == edition else VoiceState.EXPIRED

    def happened(self, event: VerificationEvent, now: float) -> None:
        """Note what was heard."""
        match event:
            case VoiceEnrolled():
                self._enrolled(event, now)
            case VoicePrintDeleted():
                self._lose(event.customer, VoiceState.NOT_ENROLLED)
            case VoiceCheckBegan():
                self._forget_old(now)
                check = self._check(event, now)
                if check.voice is VoiceState.UNHEARD:  # else they were handed on, and are known
                    check.voice = self.voice_of(event.customer, event.edition)
            case VoiceCompared():
                self._compared(event)
            case QuestionsAnswered():
                check = self._check(event, now)
                check.questions = event.right if check.questions is None else check.questions
            case ConfirmationAsked():
                self._check(event, now).asked.append(event.act)
            case ConfirmationAnswered():
                self._confirmed(event, now)
            case _:
                assert_never(event)

    def agreed(self, event: PrivacyEvent) -> None:
        """Go by what a customer wants from now on: without their word there is no print, and none counts any more."""
        match event:
            case ConsentChanged():
                if event.purpose is Purpose.VOICE_PRINT:
                    self._agreed[event.customer] = event.given
                    if not event.given:
                        self._lose(event.customer, VoiceState.OPTED_OUT)
            case CustomerErased():
                self._lose(event.customer, VoiceState.NOT_ENROLLED)
                self._agreed.pop(event.customer, None)
                self._lapsed.pop(event.customer, None)
                for call in [check.call for check in self._of_customer(event.customer)]:
                    del self._checks[call]
            case DataExpired():
                if event.what == "voice_print":
                    self._expired(event.before)
            case NumberConfirmed():
                pass  # says nothing of who speaks
            case _:
                assert_never(event)

    def called(self, event: CallEvent) -> None:
        """Forget who spoke where a call is over. Who is handed on holds the line, and is asked nothing twice."""
        if not isinstance(event, CallEnded | CallTransferred):
            return
        check = self.of(event.call, event.attempt)
        if check is None:
            return
        if isinstance(event, CallEnded):
            del self._checks[event.call]
        else:
            check.attempt += 1

    def standing(self) -> VerificationStanding:
        """Return it, to be written down."""
        return VerificationStanding(
            list(self._prints.values()), dict(self._agreed), list(self._lapsed), list(self._checks.values())
        )

    def stand(self, stood: VerificationStanding) -> None:
        """Take up what was written down."""
        self._prints = {one.customer: one for one in stood.prints}
        self._agreed, self._lapsed = dict(stood.agreed), dict.fromkeys(stood.lapsed)
        self._checks = {one.call: one for one in stood.checks}

    def _enrolled(self, event: VoiceEnrolled, now: float) -> None:
        """Know a print, where its customer agreed to it: that is never assumed."""
        if self._agreed.get(event.customer):
            self._prints[event.customer] = EnrolledPrint(event.voice_print, event.customer, event.edition, now)
            self._lapsed.pop(event.customer, None)

    def _compared(self, event: VoiceCompared) -> None:
        """Decide by what was heard, if it still may be: the consent and the print are asked for at this moment."""
        check = self.of(event.call, event.attempt)
        if check is None or check.voice is not VoiceState.LISTENING or check.customer != event.customer:
            return
        check.elapsed_s = event.elapsed_s
        still = self.voice_of(event.customer, event.edition)
        if still is not VoiceState.LISTENING:
            check.voice = still
        elif event.speech_s < LEAST_SPEECH_S:
            check.voice = VoiceState.NOT_ENOUGH_SPEECH
        else:
            check.voice = VoiceState.ACCEPTED if event.likeness >= event.wanted else VoiceState.REJECTED

    def _confirmed(self, event: ConfirmationAnswered, now: float) -> None:
        check = self._check(event, now)
        if event.act not in check.asked:
            return
        if event.confirmed:
            check.asked = [one for one in check.asked if one is not event.act]
            check.confirmed.append(event.act)

    def _check(self, event: CheckEvent, now: float) -> CallCheck:
        check = self.of(event.call, event.attempt)
        if check is None or check.customer != event.customer:
            check = self._checks[event.call] = CallCheck(event.call, event.attempt, event.customer, now)
        return check

    def _of_customer(self, customer: str) -> list[CallCheck]:
        return [check for check in self._checks.values() if check.customer == customer]

    def _lose(self, customer: str, to: VoiceState) -> None:
        """A print counts no more, in a call that is under way neither."""
        self._prints.pop(customer, None)
        for check in self._of_customer(customer):
            if check.voice is not VoiceState.UNHEARD:
                check.voice = to

    def _expired(self, before: float) -> None:
        for one in [one for one in self._prints.values() if one.at < before]:
            self._lose(one.customer, VoiceState.EXPIRED)
            self._lapsed[one.customer] = None

    def _forget_old(self, now: float) -> None:
        for call in [check.call for check in self._checks.values() if now - check.began_at > KEPT_S]:
            del self._checks[call]
