"""What is remembered of each customer's conversation: what we wrote lately, how it was taken, what they prefer. Pure.

It is changed by rows alone, so that the desk and who folds a ledger remember the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dispatch.core.actions import SendMessage
from dispatch.core.conversation.channels import NO_PREFERENCE, Channel, Preference

DAY_S = 86_400.0
PRIOR = 4.0
"""How many messages of a customer's own weigh as much as what is known of everybody [fit]."""


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


@dataclass(slots=True)
class Heard:
    """How often messages of one channel were read in time, and how often not."""

    read: int = 0
    missed: int = 0

    def note(self, *, read: bool) -> None:
        """One more was, or was not."""
        self.read += read
        self.missed += not read

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

    How likely one is read is a beta-Bernoulli posterior: a customer's own counts, beside what everybody's say of the channel with
    the weight of ``PRIOR`` messages, so that nobody is judged by a single one.
    """

    def __init__(self, talks: Iterable[Talk] = ()) -> None:
        self._all: dict[str, Heard] = {}
        for talk in talks:
            self.count(talk)

    def count(self, talk: Talk, sign: int = 1) -> None:
        """Count how one customer took messages, or (``sign`` -1) count it no more."""
        for key, heard in talk.heard.items():
            self._all.setdefault(key, Heard()).add(heard, sign)

    def note(self, channel: Channel, *, urgent: bool, read: bool) -> None:
        """One more was read in time, or was not."""
        self._all.setdefault(heard_key(channel, urgent=urgent), Heard()).note(read=read)

    def chance(self, talk: Talk, channel: Channel, *, urgent: bool) -> float:
        """Return how likely a customer reads a message of a channel in time, 0 to 1."""
        key = heard_key(channel, urgent=urgent)
        everybody, own = self._all.get(key, Heard()), talk.heard.get(key, Heard())
        usual = (1 + everybody.read) / (2 + everybody.read + everybody.missed)
        return (PRIOR * usual + own.read) / (PRIOR + own.read + own.missed)


class Talks:
    """Every conversation, by customer."""

    def __init__(self) -> None:
        self.of_customer: dict[str, Talk] = {}
        self.reading = Reading()
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
        """Note that a message goes out. What was written before and not read in time was missed, where we did not ring as well."""
        talk = self.of(customer)
        if unasked:
            talk.unasked = [*(at for at in talk.unasked if sent.at - at < DAY_S), sent.at]
        for old in [one for one in talk.waiting.values() if sent.at > one.read_by and _is_past(one, sent)]:
            self.settled(old.message, read=None if old.beside_call else False)
        talk.waiting[sent.message] = sent
        self._of_message[sent.message] = customer

    def numbered(self, action: SendMessage) -> None:
        """Note the number of a message."""
        self.of(action.customer).messages = action.number

    def settled(self, message: str, *, read: bool | None) -> Sent | None:
        """Note that a message was read in time, or was not; ``None``: it says nothing of the customer. Return it."""
        customer = self._of_message.pop(message, None)
        talk = self.of_customer.get(customer or "")
        sent = talk.waiting.pop(message, None) if talk is not None else None
        if talk is not None and sent is not None and read is not None:
            heard = talk.heard.setdefault(heard_key(sent.channel, urgent=sent.urgent), Heard())
            heard.note(read=read)
            self.reading.note(sent.channel, urgent=sent.urgent, read=read)
        return sent

    def was_read(self, message: str, now: float) -> None:
        """Note that a message was read. Later than in time says nothing: they may have spoken with us meanwhile."""
        talk = self.holding(message)
        if talk is not None:
            self.settled(message, read=True if now <= talk.waiting[message].read_by else None)

    def read_on(self, customer: str, channel: Channel, now: float) -> None:
        """Note that a customer wrote on a channel: what waited there is read, and on others it need not be any more."""
        for sent in list(self.of(customer).waiting.values()):
            if sent.channel is channel:
                self.was_read(sent.message, now)
            else:
                self.settled(sent.message, read=None)

    def closed(self, customer: str, case: str) -> None:
        """Note that a case is closed: nobody waits for what was written beside a call about it to be read."""
        talk = self.of_customer.get(customer)
        for sent in list(talk.waiting.values()) if talk is not None else ():
            if sent.case == case and sent.beside_call:
                self.settled(sent.message, read=None)

    def forget(self, customer: str) -> None:
        """Remember nothing of a customer, but how many messages they were sent: no two have the same number."""
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
        self.forget(stranger)
        self.of(customer)

    def standing(self) -> list[Talk]:
        """Return the conversations, to be written down."""
        return list(self.of_customer.values())

    def stand(self, talks: list[Talk]) -> None:
        """Take up what was written down."""
        self.of_customer = {talk.customer: talk for talk in talks}
        self._of_message = {message: talk.customer for talk in talks for message in talk.waiting}
        self.reading = Reading(talks)


def _is_past(old: Sent, sent: Sent) -> bool:
    """Does nobody look any more whether an old message is read: it was alone, or a day has passed?"""
    return not old.beside_call or sent.at - old.at > DAY_S


def heard_key(channel: Channel, *, urgent: bool) -> str:
    """Return under what it is counted how messages of a channel are taken."""
    return f"{channel}/{'urgent' if urgent else 'calm'}"
