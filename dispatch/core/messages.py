"""Messages go out: on the channel that fits, once, and on the next one where it was not read in time. Pure.

Where the house uses no channels (``Policy.channels``), the customer's device alone shows them, as it always did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from dispatch.core.actions import Action, MessagePurpose, SendMessage, SendNotice
from dispatch.core.case import Case
from dispatch.core.conversation.channels import SILENT, Answer, Channel, Preference
from dispatch.core.conversation.choice import in_order
from dispatch.core.conversation.talk import DAY_S, Sent, Talk, Talks
from dispatch.core.policy import MessagePolicy, Policy
from dispatch.core.quiet_hours import BadQuietHours, QuietHours
from dispatch.core.timers import About, Alarms
from gateway.finding import Drive, Provenance, Severity

REPLY_WITHIN_S = DAY_S
"""An answer that no door takes for so long is no answer any more [fit]."""


@dataclass(frozen=True, slots=True)
class Messages:
    """What is written to customers."""

    policy: Policy
    alarms: Alarms
    talks: Talks

    def write(
        self, case: Case, text: str, now: float, answers: Sequence[Answer] = (), *, beside_call: bool = False
    ) -> Iterator[Action]:
        """Tell the customer of a case, unasked, on the channel that fits best.

        ``beside_call``: we ring them, and nobody counts as informed who was only written to.
        """
        if not case.may_message:
            return
        urgent, talk = is_urgent(case), self.talks.of(case.finding.customer)
        order = in_order(self.talks.reading, talk, self._reach(case), urgent=urgent)
        capped = not urgent and case.notices + case.written and talk.count_unasked(now) >= self.policy.messages.cap
        if not order or capped:
            return
        yield self._send(order, case, _Text(text, tuple(answers), beside_call), now)

    def fall_back(
        self, case: Case, before: Sent, text: str, answers: tuple[Answer, ...], now: float
    ) -> Iterator[Action]:
        """Say on the next channel how it stands: on the one before it was not read in time, or could not be sent.

        ``text`` and ``answers`` are of now: what was true minutes ago would be a lie.
        """
        if not case.may_message:
            return
        left = self._left(case, before)
        if not left:
            return
        self.talks.settled(before.message, now)
        yield self._send(left, case, _Text(text, answers, before.beside_call), now, before)

    def goes_on(self, case: Case) -> bool:
        """Will what they were written beside our call be said on another channel, where they do not read it by then?"""
        waiting = self.talks.of(case.finding.customer).waiting.values()
        return any(one.case == case.case and one.beside_call and self._left(case, one) for one in waiting)

    def _left(self, case: Case, before: Sent) -> list[Channel]:
        """Return on which channels it was not said so far."""
        talk = self.talks.of(case.finding.customer)
        order = in_order(self.talks.reading, talk, self._reach(case), urgent=before.urgent)
        return [one for one in order if one not in before.tried]

    def reply(
        self,
        talk: Talk,
        channel: Channel,
        text: str,
        now: float,
        *,
        language: str,
        provenance: Provenance,
        case: str | None = None,
        agent: str = "",
        purpose: MessagePurpose = "reply",
        answers: tuple[Answer, ...] = (),
        valid_s: float = REPLY_WITHIN_S,
        choices: tuple[str, ...] = (),
    ) -> SendMessage:
        """Answer on a channel on which the customer is. Nobody is written to less for having asked.

        ``valid_s``: one that no door has taken for so long is not sent any more.
        """
        until = now + valid_s
        said = SendMessage(
            talk.customer, talk.messages + 1, channel, case, purpose, text, language, until, provenance, answers=answers,
            agent=agent, choices=choices,
        )  # fmt: skip
        self.talks.numbered(said)
        return said

    def of_money(self, said: OfMoney, now: float) -> Iterator[SendMessage]:
        """Write to a customer about money, on the channel that fits best, where there is one. Nobody rings."""
        talk = self.talks.of(said.customer)
        reach = [one for one in self.policy.messages.channels if one in said.reach]
        for channel in in_order(self.talks.reading, talk, reach, urgent=said.urgent)[:1]:
            peace = left_in_peace(talk.preference, self.policy, now, said.time_zone)
            held = 0.0 if said.urgent or channel in SILENT or peace <= now else peace
            written = SendMessage(
                said.customer, talk.messages + 1, channel, None, said.purpose, said.text, said.language,
                until=max(said.until, held), provenance=said.provenance, not_before=held, urgent=said.urgent,
            )  # fmt: skip
            self.talks.numbered(written)
            yield written

    def _reach(self, case: Case) -> list[Channel]:
        device = [Channel.APP] if case.finding.notify is not None else []
        return device + [one for one in self.policy.messages.channels if one in case.reach]

    def _send(
        self, order: list[Channel], case: Case, said: _Text, now: float, before: Sent | None = None
    ) -> SendNotice | SendMessage:
        """Write on the first of these channels; where there are others, look later whether it was read."""
        action = self._action(order[0], case, said, now, before)
        if isinstance(action, SendMessage):
            self.talks.numbered(action)
            case.written += 1
        else:
            case.notices = action.number
        if self.policy.messages.channels:
            sent = as_sent(action, case, now, self.policy.messages)
            self.talks.sent(case.finding.customer, sent, unasked=before is None)
            if len(order) > 1:
                self.alarms.set(sent.read_by, About.MESSAGE, action.key, 0)
        return action

    def _action(
        self, channel: Channel, case: Case, said: _Text, now: float, before: Sent | None
    ) -> SendNotice | SendMessage:
        if channel is Channel.APP:
            return self._notice(case, said, before)
        return self._message(channel, case, said, now, before)

    def _notice(self, case: Case, said: _Text, before: Sent | None) -> SendNotice:
        shown = SendNotice(
            case.case, case.finding.notify or "", said.text, case.finding.provenance, case.notices + 1, said.beside_call
        )
        if not self.policy.messages.channels:
            return shown
        return replace(shown, answers=said.answers, instead_of=_key(before), tried=_tried(before))

    def _message(self, channel: Channel, case: Case, said: _Text, now: float, before: Sent | None) -> SendMessage:
        finding, urgent = case.finding, is_urgent(case)
        talk = self.talks.of(finding.customer)
        held = 0.0 if urgent or channel in SILENT else self._wakes_nobody(talk, case, now)
        return SendMessage(
            finding.customer,
            talk.messages + 1,
            channel,
            case.case,
            "notice",
            said.text,
            case.language,
            until=max(now, held) + self.policy.messages.until_s,
            provenance=finding.provenance,
            answers=said.answers,
            not_before=held,
            instead_of=_key(before),
            tried=_tried(before),
            beside_call=said.beside_call,
            urgent=urgent,
        )

    def _wakes_nobody(self, talk: Talk, case: Case, now: float) -> float:
        """Return until when a message that can wait is kept back; 0: it is not."""
        at = left_in_peace(talk.preference, self.policy, now, case.time_zone)
        return at if at > now else 0.0


@dataclass(frozen=True, slots=True)
class OfMoney:
    """What is written to a customer about money, or what they took, and how they are reached."""

    customer: str
    text: str
    language: str
    until: float
    """Not tried after it, POSIX seconds."""
    provenance: Provenance
    reach: tuple[Channel, ...]
    time_zone: str = ""
    urgent: bool = False
    """Somebody stands there and waits for the answer: quiet hours do not hold it back."""
    purpose: MessagePurpose = "money"


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    answers: tuple[Answer, ...]
    beside_call: bool


def as_sent(action: SendNotice | SendMessage, case: Case, now: float, policy: MessagePolicy) -> Sent:
    """Return what is remembered of a message until it is read. One that is held back has its time from when it leaves."""
    channel, leaves = Channel.APP, now
    if isinstance(action, SendMessage):
        channel, leaves = action.channel, max(now, action.not_before)
    tried, read_by = (*action.tried, channel), leaves + policy.fallback_s
    return Sent(action.key, channel, case.case, is_urgent(case), now, action.beside_call, tried, read_by, left=leaves)


def is_urgent(case: Case) -> bool:
    """Is a message about it worth waking somebody?"""
    finding = case.finding
    return finding.sends or finding.drive is Drive.STOP_NOW or finding.severity in {Severity.HIGH, Severity.CRITICAL}


def left_in_peace(preference: Preference, policy: Policy, at: float, zone: str) -> float:
    """Return until when a customer is left in peace: ``at`` itself where they may be rung and written to, POSIX seconds.

    As they said, by the clock that they said it of, where that can be read; or as the house has it, by their own (``zone``).
    """
    with suppress(BadQuietHours):  # a ledger of another machine, that knew the place
        if preference.quiet:
            return QuietHours.parse(preference.quiet).over(at)
    return at if policy.quiet is None else policy.quiet.over(at, zone)


def _key(before: Sent | None) -> str:
    return before.message if before is not None else ""


def _tried(before: Sent | None) -> tuple[Channel, ...]:
    return before.tried if before is not None else ()
