"""What customers write becomes an event of their conversation: who it is, whether it answers something, and that it is said once.

Nobody is merged: who writes from an address that is no one customer's, or several', is a stranger whom an agent identifies.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol
from weakref import WeakValueDictionary

from dispatch.channels.door import NotNow, Receipt, Received, readable
from dispatch.channels.floods import Floods
from dispatch.channels.sent import SentMessages
from dispatch.channels.strangers import Strangers
from dispatch.core.conversation.channels import Answer, Channel, Preference
from dispatch.core.conversation.events import (
    AgentWrote,
    CustomerAnswered,
    CustomerWrote,
    MessageReported,
    PreferenceChanged,
    StrangerIdentified,
)
from dispatch.core.conversation.replies import answer_in, is_stop, language_of
from dispatch.core.events import CustomerErased, Event
from dispatch.core.ids import EventKind, event_key
from dispatch.core.surveys.asked import AskedSurvey
from dispatch.core.surveys.events import SurveyAnswered
from dispatch.core.surveys.rating import WrittenReply, rating_of, words_beside
from dispatch.engine.inputs import Stopped
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import Row, read
from dispatch.registers.customers import Customer, Customers
from dispatch.views.conversation import ConversationView, Utterance
from dispatch.words import say

log = logging.getLogger(__name__)

BY = "service/doors"
STORED_WITHIN_S = 8.0
"""Of what a door waits for: other sides hang up after ten or more."""
AGAIN_S = 30.0
ANSWERED_WITHIN_S = 2 * 86_400.0
"""A word is no answer to what was asked longer ago."""
SAME_WITHIN_S = 300.0
"""The same words from the same address within so long are the same message, where the other side gives messages no names."""


class HeardBy(Protocol):
    """The desk, and what is read from its ledger."""

    async def tell(self, event: Event) -> Turn:
        """Return once the event is stored."""

    def is_known(self, key: str) -> bool:
        """Tell whether an event with this key has been handled."""

    def conversation(self, customer: str) -> ConversationView:
        """Return a customer's conversation."""

    def preference_of(self, customer: str) -> Preference:
        """Return what a customer prefers."""

    def survey_of(self, customer: str) -> AskedSurvey | None:
        """Return what a customer was asked last about a talk."""


@dataclass(slots=True)
class CustomersHeard:
    """The ears of all doors. ``feed`` it every row once it is stored. In one event loop."""

    desk: HeardBy
    customers: Customers
    strangers: Strangers
    sent: SentMessages
    now: Callable[[], float]
    """POSIX seconds."""
    forget_push: Callable[[str], None] = lambda _endpoint: None
    """Is told of a browser that takes no more."""
    floods: Floods = field(default_factory=Floods)
    _one_at_a_time: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _doing: set[asyncio.Task[None]] = field(default_factory=set)

    # --- as doors call it --------------------------------------------------------------------------------------------

    async def heard(self, received: Received) -> None:
        """Take what somebody wrote; return once it is stored. Raises ``NotNow``."""
        self.floods.check(received.channel, received.from_address, self.now())
        received = replace(received, text=readable(received.text))
        name = f"{received.channel}/{received.from_address}"
        lock = self._one_at_a_time.setdefault(name, asyncio.Lock())
        async with lock:  # what one person writes is heard in its order
            await self._stored(self._take(received))

    async def reported(self, receipt: Receipt) -> None:
        """Take what became of a message of ours; return once it is stored. Raises ``NotNow``."""
        record = await self.sent.soon(receipt.channel, receipt.ref)
        if record is None:
            log.info("a report of %s is about no message that is known", receipt.channel)
            return
        if receipt.status == "delivered" and not await self.sent.delivered(receipt.channel, receipt.ref):
            return
        await self._stored(self.desk.tell(MessageReported(record.key, receipt.status, readable(receipt.why), by=BY)))

    async def gone(self, channel: Channel, address: str) -> None:
        """Take note that an address is nobody's any more."""
        log.info("an address for %s is gone", channel)
        self.forget_push(address)

    def feed(self, row: Row) -> None:
        """Take one row: who was identified, and who is forgotten."""
        said = read(row)
        if isinstance(said, StrangerIdentified):
            self._keep_identified(said)
        elif isinstance(said, CustomerErased):
            self.strangers.forget(said.customer)
            self.sent.forget(said.customer)

    def _keep_identified(self, said: StrangerIdentified) -> None:
        keep = self.strangers.identified(said.stranger, said.customer)
        if keep is not None:
            task = asyncio.ensure_future(asyncio.to_thread(keep))
            self._doing.add(task)
            task.add_done_callback(self._doing.discard)

    # --- who it is ---------------------------------------------------------------------------------------------------

    async def _take(self, received: Received) -> None:
        candidates = tuple(one.customer for one in self._at(received))
        known = self._known(received, candidates)
        if known is not None:
            await self._from_customer(received, self._ref(received, known.customer), known)
            return
        stranger = await self.strangers.heard(received, candidates)
        if stranger.is_settled and (found := self.customers.get(stranger.customer)) is not None:
            await self._from_customer(received, self._ref(received, found.customer), found)
            return
        ref = self._ref(received, stranger.stranger)
        language = language_of(received.text) or self._language(candidates)
        await self.desk.tell(
            CustomerWrote(
                f"{received.channel}/{ref}",
                stranger.stranger,
                received.channel,
                received.text,
                language,
                received.provenance,
                candidates,
                by=BY,
            )
        )

    def _known(self, received: Received, candidates: tuple[str, ...]) -> Customer | None:
        """Return the one customer who writes; ``None``: none, several, or an address for which nobody vouches."""
        if len(candidates) != 1:
            return None
        asked = self.sent.get(received.channel, received.answers) if received.answers else None
        vouched = received.is_vouched_for or (asked is not None and asked.customer == candidates[0])
        return self.customers.get(candidates[0]) if vouched else None

    def _at(self, received: Received) -> Iterable[Customer]:
        """Return who has an address. What is simulated is written by simulated customers alone."""
        match received.channel:
            case Channel.SMS:
                found = self.customers.by_phone(received.from_address)
            case Channel.EMAIL:
                found = self.customers.by_email(received.from_address)
            case Channel.SOCIAL:
                found = self.customers.by_social(received.from_address)
            case _:
                found = []
        return [one for one in found if one.provenance == received.provenance and received.from_address]

    def _language(self, candidates: tuple[str, ...]) -> str:
        known = [found.language for one in candidates if (found := self.customers.get(one)) is not None]
        return known[0] if known and len(set(known)) == 1 else "en"

    # --- what it says ------------------------------------------------------------------------------------------------

    async def _from_customer(self, received: Received, ref: str, customer: Customer) -> None:
        named = f"{received.channel}/{ref}"
        if is_stop(received.text):
            await self._stop(received, named, customer)
            return
        asked = self._asked(received, customer.customer)
        answer = answer_in(received.text, asked.answers) if asked is not None else None
        given = self._given(received, named, customer, asked if answer is not None else None)
        if given is not None:
            await self.desk.tell(given)
            return
        if asked is not None and asked.case is not None and answer is not None:
            await self.desk.tell(self._answered(received, named, customer, asked.case, answer))
            return
        language = self.desk.preference_of(customer.customer).language or customer.language
        case = asked.case or "" if asked is not None and received.answers else ""
        await self.desk.tell(
            CustomerWrote(
                named,
                customer.customer,
                received.channel,
                received.text,
                language,
                customer.provenance,
                case=case,
                by=BY,
            )
        )

    @staticmethod
    def _answered(received: Received, named: str, customer: Customer, case: str, answer: Answer) -> CustomerAnswered:
        return CustomerAnswered(named, customer.customer, case, received.channel, answer, customer.provenance, by=BY)

    def _asked(self, received: Received, customer: str) -> Utterance | None:
        """Return the message that this answers: the one it names, or the last on this channel that could be answered."""
        view = self.desk.conversation(customer)
        record = self.sent.get(received.channel, received.answers) if received.answers else None
        named = view.of_key(record.key) if record is not None and record.customer == customer else None
        asked = named or view.last_asked(received.channel)
        return asked if asked is not None and received.at - asked.at <= ANSWERED_WITHIN_S else None

    def _given(
        self, received: Received, named: str, customer: Customer, answered: Utterance | None
    ) -> SurveyAnswered | None:
        """Return what they give for a talk; ``None``: they say something else, or answer what was asked since."""
        survey = self.desk.survey_of(customer.customer)
        if survey is None or (answered is not None and answered.at > survey.asked_at):
            return None
        record = self.sent.get(received.channel, received.answers) if received.answers else None
        names = record.key if record is not None else ""
        score = rating_of(survey, WrittenReply(received.text, received.channel, received.at, names))
        if score is None:
            return None
        return SurveyAnswered(
            *(named, survey.survey, customer.customer, received.channel, score, customer.provenance),
            words=words_beside(received.text),
            by=BY,
        )

    async def _stop(self, received: Received, named: str, customer: Customer) -> None:
        """They want no more messages here: it holds at once, and is told once."""
        preference = self.desk.preference_of(customer.customer)
        if received.channel in preference.avoid:
            return
        avoid = (*preference.avoid, received.channel)
        channels = tuple(one for one in preference.channels if one is not received.channel)
        await self.desk.tell(
            PreferenceChanged(customer.customer, replace(preference, avoid=avoid, channels=channels), by=BY)
        )
        text = say("ack_stopped_here", preference.language or customer.language)
        await self.desk.tell(
            AgentWrote(
                f"{named}/acknowledged", customer.customer, received.channel, text, "", customer.provenance, by=BY
            )
        )

    def _ref(self, received: Received, whose: str) -> str:
        """Return what a message is called; of one without a name, the same for the same words a moment later.

        Whom an agent has asked something since, says "yes" once more and means it.
        """
        if received.is_named:
            return received.ref
        now = int(received.at // SAME_WITHIN_S)
        asked = self.desk.conversation(whose).last_of_agent(received.channel)
        named = f"{received.ref}/{asked}" if asked else received.ref
        before, this = (hashlib.sha256(f"{named}/{when}".encode()).hexdigest()[:24] for when in (now - 1, now))
        return before if self._was_heard(f"{received.channel}/{before}") else this

    def _was_heard(self, named: str) -> bool:
        return any(
            self.desk.is_known(event_key(kind, named)) for kind in (EventKind.WROTE, EventKind.REPLIED, EventKind.RATED)
        )

    @staticmethod
    async def _stored(doing: object) -> None:
        """Wait until it is stored, as long as other sides wait. Raises ``NotNow``."""
        task = asyncio.ensure_future(doing)  # type: ignore[call-overload]
        try:
            async with asyncio.timeout(STORED_WITHIN_S):
                await asyncio.shield(task)
        except TimeoutError:
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise NotNow("the service is behind with its work", AGAIN_S) from None
        except Stopped as error:
            raise NotNow(str(error), AGAIN_S) from None
