"""The doors of written channels as one part of the service: what is decided leaves by them, what customers write comes in.

Where the operator opens none, what would leave by them is refused with that word, and the desk goes on by other ways.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING

from dispatch.channels.door import BadDoor, ChannelDoor
from dispatch.channels.message_sender import MessageSender
from dispatch.channels.sent import SentMessages
from dispatch.channels.strangers import Strangers
from dispatch.core.actions import SendMessage
from dispatch.core.conversation.channels import Channel, Preference
from dispatch.core.conversation.events import StrangerIdentified
from dispatch.core.events import Event
from dispatch.core.ids import EventKind, event_key, is_stranger
from dispatch.core.surveys.asked import AskedSurvey
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import read
from dispatch.outgoing.unwanted import unwanted
from dispatch.registers.customers import Customer
from dispatch.service.channels_file import ChannelSettings
from dispatch.service.customers_heard import CustomersHeard
from dispatch.store.errors import JournalFailed
from dispatch.views.conversation import ConversationView

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from dispatch.channels.social.door import SocialDoor
    from dispatch.channels.webpush.door import PushDoor
    from dispatch.service.service import Service  # which has the doors

_EXTRA = "pip install 'callahead[channels]'"
ANSWERED_FROM_S = 86_400.0


class Doors:
    """``open`` them, start the ``parts``. In one event loop."""

    def __init__(self, service: Service) -> None:
        now, journal = service.now(), service.journal
        self.by_channel: dict[Channel, ChannelDoor] = {}
        self.social: SocialDoor | None = None
        self.push: PushDoor | None = None
        self._service = service
        self._keeping: set[asyncio.Task[None]] = set()
        self.strangers = Strangers(journal.strangers, journal.meta.secret("strangers"), now)
        self._recall_who_they_were()
        sent = SentMessages(journal.sent_messages, now)
        self.ears = CustomersHeard(self, service.customers, self.strangers, sent, service.now, self._forget_browser)
        self.sender = MessageSender(journal, service.clock, self.by_channel, sent, self)

    def _recall_who_they_were(self) -> None:
        """Know of strangers what the ledger does: the last start may have ended between the row and the register."""
        keys = [event_key(EventKind.IDENTIFIED, name) for name in self.strangers.unknown()]
        for key in self._service.journal.ledger.taken(keys):
            row = self._service.journal.ledger.under(key)
            said = read(row) if row is not None else None
            if isinstance(said, StrangerIdentified) and (
                keep := self.strangers.identified(said.stranger, said.customer)
            ):
                keep()

    def open(self, settings: ChannelSettings) -> list[ChannelDoor]:
        """Make the doors that the operator wants. Raises ``BadDoor``."""
        try:
            doors = self._made(settings)
        except ModuleNotFoundError as error:
            raise BadDoor(f"--channels needs {error.name}: {_EXTRA}") from None
        self.by_channel.update({door.channel: door for door in doors})
        return doors

    def _made(self, settings: ChannelSettings) -> list[ChannelDoor]:
        service, now, networks = self._service, self._service.now, self._service.partner_networks
        made: list[ChannelDoor] = []
        if settings.sms is not None:
            from dispatch.channels.smpp.door import SmppDoor  # noqa: PLC0415 - imports what is an extra

            made.append(SmppDoor(settings.sms, self.ears, now))
        if settings.email is not None:
            from dispatch.channels.smtp.door import SmtpDoor  # noqa: PLC0415 - likewise

            made.append(SmtpDoor(settings.email, self.ears, now, service.journal.meta.secret("mail")))
        if settings.push is not None:
            from dispatch.channels.webpush.door import PushDoor  # noqa: PLC0415 - likewise

            self.push = PushDoor(settings.push, self.ears, networks)
            made.append(self.push)
        if settings.social is not None:
            from dispatch.channels.social.door import SocialDoor  # noqa: PLC0415 - beside the others

            self.social = SocialDoor(settings.social, self.ears, now, networks)
            made.append(self.social)
        return made

    def troubles(self) -> list[str]:
        """Return what keeps messages from getting through, in words, for health."""
        waiting = self.sender.waiting()
        away = [
            f"{channel}: {door.trouble}; {waiting.get(channel, 0)} messages wait"
            for channel, door in self.by_channel.items()
            if door.trouble is not None
        ]
        return [*away, *self.ears.floods.told(self._service.now())]

    # --- whom the ears tell, and whom the sender writes to -----------------------------------------------------------

    async def tell(self, event: Event) -> Turn:
        """Tell the desk; return once it is stored."""
        return await self._service.tell(event)

    def is_known(self, key: str) -> bool:
        """Tell whether an event with this key has been handled."""
        return self._service.heard(key)

    def conversation(self, customer: str) -> ConversationView:
        """Return a customer's conversation."""
        return self._service.casebook.conversation(customer)

    def preference_of(self, customer: str) -> Preference:
        """Return what a customer prefers."""
        return self._service.room.desk.preference_of(customer)

    def survey_of(self, customer: str) -> AskedSurvey | None:
        """Return what a customer was asked last about a talk."""
        return self._service.room.desk.survey_of(customer)

    def unwanted(self, action: SendMessage) -> str:
        """Tell why a message must not be sent by now; empty: it may."""
        return unwanted(action, self._service.customers.get(action.customer), self._service.room.desk)

    async def link_for(self, action: SendMessage) -> str:
        """Return a link of the customer's own page; empty for a stranger, and where the store does not take it just now."""
        if self._service.customers.get(action.customer) is None:
            return ""
        try:
            return await self._service.page_links.link_of(action.customer)
        except JournalFailed as error:
            log.warning("a message goes without a link of the customer's page: %s", error)
            return ""

    def address_for(self, action: SendMessage) -> str | None:
        """Return where a message goes: an answer to where they wrote from, all else to where they are registered."""
        if is_stranger(action.customer):
            stranger = self.strangers.get(action.customer)
            if stranger is None or stranger.channel is not action.channel:
                return None
            return stranger.address or None
        if action.purpose == "reply" and (found := self._wrote_from(action)) is not None:
            return found
        customer = self._service.customers.get(action.customer)
        return None if customer is None else _address(customer, action.channel)

    def _wrote_from(self, action: SendMessage) -> str | None:
        lately = self._service.now() - ANSWERED_FROM_S
        return self.strangers.address_of(action.customer, action.channel, since=lately)

    async def keep(self, customer: Customer) -> None:
        """Register a customer as they are now."""
        self._service.customers.add(customer)
        await asyncio.to_thread(self._service.journal.customers.keep, [customer])

    def _forget_browser(self, endpoint: str) -> None:
        """Take a subscription that is over from whose it is."""
        for customer in list(self._service.customers):
            left = customer.without_push(endpoint)
            if len(left.push) < len(customer.push):
                task = asyncio.ensure_future(self.keep(left))
                self._keeping.add(task)
                task.add_done_callback(self._keeping.discard)


def _address(customer: Customer, channel: Channel) -> str | None:
    match channel:
        case Channel.SMS:
            return customer.phone or None
        case Channel.EMAIL:
            return customer.email or None
        case Channel.SOCIAL:
            return customer.social or None
        case Channel.PUSH:
            return json.dumps([asdict(one) for one in customer.push]) if customer.push else None
        case _:
            return None
