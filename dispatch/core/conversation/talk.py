"""What is remembered of each customer's conversation: what we wrote lately, how it was taken, what they prefer. Pure.

It is changed by rows alone, so that the desk and who folds a ledger remember the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core.actions import SendMessage
from dispatch.core.conversation.channels import NO_PREFERENCE, RECEIPTLESS, Channel, Preference
from dispatch.core.conversation.events import CustomerAnswered, MessageReported
from dispatch.core.robots.dialogues import Dialogue, Dialogues

DAY_S = 86_400.0
TRIAL_S = 15.0
"""A message that lies there for so long was read meanwhile, or was not: one trial. Whoever is spoken with after half a minute has
missed two of them, and not the whole time that they had [fit]."""
USUAL = 0.1
"""How likely one is read in a trial, on the channel that the house would try first, before anything was heard [fit]."""
STEP = 0.7
"""To how much less likely that is on each next one of the house's order [fit]."""
OF_CHANNEL = 240.0
"""How many trials of everybody's weigh as much as that [fit]: thirty messages that nobody reads. With less, a channel that was
unlucky with its first few is left for a worse one, and seldom tried again."""
OTHER = 0.25
"""How much a trial of the other urgency says of this one [fit]."""
OF_CUSTOMER = 8.0
"""How many trials of a customer's own weigh as much as what is known of everybody [fit]: people differ, and most look on few
channels or at once."""
SILENCE = 0.5
"""How much it says of a customer that nothing was heard of a message on a channel without receipts of reading [fit]."""


@dataclass(slots=True)
class Sent:
    """A message of ours of which nobody has said that it was read."""

    message: str
    """Key of the action."""
    channel: Channel
    case: str | None
    urgent: bool
    at: float
    """POSIX seconds."""
    beside_call: bool
    tried: tuple[Channel, ...]
    """On which it went out so far, this one included."""
    read_by: float
    """Who reads it later did not read it in time, POSIX seconds."""
    left: float = 0.0
    """When it leaves, POSIX seconds: later than ``at`` where it is held back."""
    counts_until: float | None = None
    """Until when its not being read says something of the channel: later they spoke with us, or it was never sent.
    ``None``: all along."""
    failed: bool = False
    """It reached nobody, and never will."""

    def trials(self, now: float) -> int:
        """Return in how many trials it was not read until ``now``."""
        until = self.read_by if self.failed else min(now, self.ends)
        return max(0, int((until - self.left) // TRIAL_S))

    @property
    def ends(self) -> float:
        """Until when it counts whether it is read, POSIX seconds."""
        return self.read_by if self.counts_until is None else min(self.read_by, self.counts_until)

    def in_time(self, now: float) -> bool:
        """Does whoever reads it ``now`` do so in time, and of their own accord?

        Who is rung takes the telephone in hand, and sees all that stands there.
        """
        return now <= self.read_by and (self.counts_until is None or now < self.counts_until)


@dataclass(slots=True)
class Heard:
    """How often messages of one channel were read in time, and in how many trials they were not."""

    read: int = 0
    missed: int = 0

    def add(self, other: Heard, sign: int = 1) -> None:
        """Count what another counted, or (``sign`` -1) count it no more."""
        self.read += sign * other.read
        self.missed += sign * other.missed


@dataclass(slots=True)
class Talk:
    """One customer's conversation."""

    customer: str
    messages: int = 0
    """Sent so far, but for those a device shows."""
    preference: Preference = NO_PREFERENCE
    unasked: list[float] = field(default_factory=list)
    """When we wrote unasked, within the last day; POSIX seconds."""
    waiting: dict[str, Sent] = field(default_factory=dict)
    """Key → a message that may still be read."""
    heard: dict[str, Heard] = field(default_factory=dict)
    """``{channel}/{urgent or calm}`` → how messages were taken."""

    def count_unasked(self, now: float) -> int:
        """Return how many messages were written unasked within a day."""
        return sum(now - at < DAY_S for at in self.unasked)


class Reading:
    """How messages were taken by everybody, by channel and urgency.

    How likely one is read in the next trial is a beta-Bernoulli posterior in two steps: what everybody's messages say of the
    channel, those of the other urgency less, whose mean is the prior of what a customer's own say.

    Reads to trials is how many are read in time, to how long it takes to find that out: who tries channels one after the other
    in that order is read soonest.
    """

    def __init__(self, talks: Iterable[Talk] = ()) -> None:
        self._all: dict[str, Heard] = {}
        for talk in talks:
            self.count(talk)

    def count(self, talk: Talk, sign: int = 1) -> None:
        """Count how one customer took messages, or (``sign`` -1) count it no more."""
        for key, heard in talk.heard.items():
            self._all.setdefault(key, Heard()).add(heard, sign)

    def note(self, key: str, heard: Heard) -> None:
        """One more was read in time, or was not."""
        self._all.setdefault(key, Heard()).add(heard)

    def chance(self, talk: Talk, channel: Channel, *, urgent: bool, place: int = 0) -> float:
        """Return how likely a customer reads a message of a channel within ``TRIAL_S`` and the house hears of it, 0 to 1.

        ``place``: how many channels the house would try before, where it knows nothing.
        """
        same = heard_key(channel, urgent=urgent)
        alike = self._all.get(same, _NOTHING)
        other = self._all.get(heard_key(channel, urgent=not urgent), _NOTHING)
        usual = _mean(
            USUAL * STEP**place, OF_CHANNEL, alike.read + OTHER * other.read, alike.missed + OTHER * other.missed
        )
        own = talk.heard.get(same, _NOTHING)
        return _mean(usual, OF_CUSTOMER, own.read, (SILENCE if channel in RECEIPTLESS else 1.0) * own.missed)


_NOTHING = Heard()


def _mean(prior: float, weight: float, read: float, missed: float) -> float:
    """Return the mean of a beta posterior. ``prior``: its mean before; ``weight``: in trials."""
    return (weight * prior + read) / (weight + read + missed)


class Talks:
    """Every conversation, by customer."""

    def __init__(self) -> None:
        self.of_customer: dict[str, Talk] = {}
        self.reading = Reading()
        self.dialogues = Dialogues()
        """Whose each is, where robots answer."""
        self._of_message: dict[str, str] = {}
        """Key of a message that may still be read → its customer."""

    def of(self, customer: str) -> Talk:
        """Return a customer's conversation."""
        return self.of_customer.setdefault(customer, Talk(customer))

    def preference_of(self, customer: str) -> Preference:
        """Return what a customer prefers."""
        talk = self.of_customer.get(customer)
        return talk.preference if talk is not None else NO_PREFERENCE

    def holding(self, message: str) -> Talk | None:
        """Return the conversation of a message that may still be read."""
        customer = self._of_message.get(message)
        return self.of_customer.get(customer) if customer is not None else None

    def sent(self, customer: str, sent: Sent, *, unasked: bool) -> None:
        """Note that a message goes out. What was written before and not read in time was missed."""
        talk = self.of(customer)
        if unasked:
            talk.unasked = [*(at for at in talk.unasked if sent.at - at < DAY_S), sent.at]
        for old in [one for one in talk.waiting.values() if sent.at > one.read_by and _is_past(one, sent)]:
            self.settled(old.message, sent.at)
        talk.waiting[sent.message] = sent
        self._of_message[sent.message] = customer

    def numbered(self, action: SendMessage) -> None:
        """Note the number of a message."""
        self.of(action.customer).messages = action.number

    def settled(self, message: str, now: float, *, read: bool = False) -> None:
        """Note that a message was read in time, or was not for as long as it was waited for."""
        customer = self._of_message.pop(message, None)
        talk = self.of_customer.get(customer or "")
        sent = talk.waiting.pop(message, None) if talk is not None else None
        if talk is None or sent is None:
            return
        key, heard = heard_key(sent.channel, urgent=sent.urgent), Heard(int(read), sent.trials(now))
        if heard != Heard():
            talk.heard.setdefault(key, Heard()).add(heard)
            self.reading.note(key, heard)

    def reported(self, event: MessageReported, now: float) -> None:
        """Note what a door says. What was delivered is not read; what the house kept back says nothing of anybody."""
        talk = self.holding(event.message)
        if talk is None:
            return
        sent = talk.waiting[event.message]
        match event.status:
            case "read":
                self.settled(event.message, now, read=sent.in_time(now))
            case "failed":
                sent.failed = True
            case "refused":
                sent.counts_until = sent.left
            case "sent" | "delivered":
                pass
            case _:
                assert_never(event.status)

    def read_on(self, customer: str, channel: Channel, now: float) -> None:
        """Note that a customer wrote on a channel: what waited there is read, and on others it need not be any more."""
        for sent in list(self.of(customer).waiting.values()):
            self.settled(sent.message, now, read=sent.channel is channel and sent.in_time(now))

    def answered(self, event: CustomerAnswered, now: float) -> None:
        """Note that a customer answered: on their page, what a message on another channel about that offered them."""
        waiting = list(self.of(event.customer).waiting.values())
        mine = [sent for sent in waiting if sent.case == event.case]
        led_there = event.channel is Channel.CHAT and bool(mine)
        self.read_on(event.customer, mine[-1].channel if led_there else event.channel, now)

    def spoke(self, customer: str, now: float) -> None:
        """Note that they speak with us: from now on they have another reason not to read what was written."""
        talk = self.of_customer.get(customer)
        for sent in talk.waiting.values() if talk is not None else ():
            sent.counts_until = min(sent.ends, now)

    def closed(self, customer: str, case: str, now: float) -> None:
        """Note that a case is closed: nobody waits for what was written beside a call about it to be read."""
        talk = self.of_customer.get(customer)
        for sent in list(talk.waiting.values()) if talk is not None else ():
            if sent.case == case and sent.beside_call:
                self.settled(sent.message, now)

    def forget(self, customer: str) -> None:
        """Remember nothing of a customer, but how many messages they were sent: no two have the same number."""
        self.dialogues.forget(customer)
        talk = self.of_customer.pop(customer, None)
        if talk is None:
            return
        self.reading.count(talk, -1)
        for message in talk.waiting:
            self._of_message.pop(message, None)
        if talk.messages:
            self.of(customer).messages = talk.messages

    def hand_over(self, stranger: str, customer: str) -> None:
        """A stranger turned out to be a customer."""
        self.dialogues.hand_over(stranger, customer)
        self.forget(stranger)
        self.of(customer)

    def standing(self) -> list[Talk]:
        """Return the conversations, to be written down."""
        return list(self.of_customer.values())

    def stand(self, talks: list[Talk], dialogues: list[Dialogue]) -> None:
        """Take up what was written down."""
        self.dialogues.stand(dialogues)
        self.of_customer = {talk.customer: talk for talk in talks}
        self._of_message = {message: talk.customer for talk in talks for message in talk.waiting}
        self.reading = Reading(talks)


def _is_past(old: Sent, sent: Sent) -> bool:
    """Does nobody look any more whether an old message is read: it was alone, or a day has passed?"""
    return not old.beside_call or sent.at - old.at > DAY_S


def heard_key(channel: Channel, *, urgent: bool) -> str:
    """Return under what it is counted how messages of a channel are taken."""
    return f"{channel}/{'urgent' if urgent else 'calm'}"
