"""Who they are: the only place with names, telephone numbers and addresses. The ledger knows customers by id alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dispatch.core.consent import Consent, Purpose, Way
from dispatch.core.conversation.channels import Channel
from dispatch.core.events import ConsentChanged
from dispatch.registers.telephone import dialled, means
from gateway.finding import Provenance

MOST_BROWSERS = 5
"""So many browsers of one customer are written to."""


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """A browser of a customer's that agreed to Web Push (RFC 8030, 8291): where to, and with which keys, base64url."""

    endpoint: str
    p256dh: str
    auth: str
    strong: bool = False
    """They said with a code by SMS that it is theirs: it may be asked to confirm payments."""


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer."""

    customer: str
    """Id; says nothing about the person."""
    name: str
    phone: str
    """E.164."""
    language: str
    """BCP 47."""
    provenance: Provenance
    may_call: bool = True
    may_order: bool = True
    time_zone: str | None = None
    """IANA, as ``Europe/Riga``: hours are told and kept quiet by it. ``None``: told by that of the place where it broke, kept
    quiet by the house's."""
    may_message: bool = True
    may_payment: bool = False
    """Do they let their devices pay, within the mandates that they gave?"""
    may_app_help: bool = False
    """May the steps they take in an app be watched, to offer help?"""
    may_spending: bool = False
    """Do they want to be told each week what their devices paid, and to be advised about money?"""
    may_offers: bool = False
    """Do they want to be offered what fits them, once what they turned to us for is solved?"""
    email: str = ""
    social: str = ""
    """The account on the platform of the house's social door."""
    push: tuple[PushSubscription, ...] = ()
    consents: tuple[Consent, ...] = ()
    """What was said last about each purpose, and by whom it was written down; of one registered before that was noted: nothing."""
    contract: str = ""
    """The number of their contract, as they know it."""
    may_listen: bool = False
    """May a supervisor listen in while they speak with an agent?"""
    may_voice_print: bool = False
    """May they be known by their voice? Biometric data: only by their explicit word."""
    iban: str = ""
    """The account that their purse is topped up from; empty: it is not."""
    wrong_number: bool = False
    """Somebody else answered at their number: nobody rings there before it is confirmed, or another one is known."""
    vulnerable: bool = False
    """They are to be treated with particular care, as a person of the house wrote down: nothing is offered to them."""

    def reach(self, channels: Iterable[Channel]) -> tuple[Channel, ...]:
        """Return on which of these channels there is an address of theirs."""
        has = {
            Channel.SMS: bool(self.phone) and not self.wrong_number,
            Channel.EMAIL: bool(self.email),
            Channel.SOCIAL: bool(self.social),
            Channel.PUSH: bool(self.push),
        }
        return tuple(one for one in channels if has.get(one, False))

    def agrees(self, purpose: Purpose) -> bool:
        """Is this done with their consent?"""
        return bool(getattr(self, f"may_{purpose}"))

    def withdrew(self, purpose: Purpose) -> bool:
        """Did they withdraw it themselves? Then they alone give it back: a registration is what somebody else knows of them."""
        said = next((one for one in self.consents if one.purpose is purpose), None)
        return said is not None and not said.given and said.way is not Way.REGISTRATION

    def with_consent(self, said: Consent) -> Customer:
        """Return the customer as they agree now."""
        others = tuple(one for one in self.consents if one.purpose is not said.purpose)
        changed: dict[str, bool] = {f"may_{said.purpose}": said.given}
        return replace(self, consents=(*others, said), **changed)  # type: ignore[arg-type]

    def newly_registered(self, before: Customer | None, at: float, by: str) -> Customer:
        """Return the customer with what their registration says; what was said ``before`` and stays so is as it was said."""
        said = {one.purpose: one for one in before.consents} if before is not None else {}
        kept = [
            said[purpose]
            if purpose in said and said[purpose].given is self.agrees(purpose)
            else Consent(purpose, self.agrees(purpose), at, by, Way.REGISTRATION)
            for purpose in Purpose
            if not purpose.asked_first or purpose in said or self.agrees(purpose)
        ]
        doubtful = before is not None and before.wrong_number and before.phone == self.phone
        push = self.push or (before.push if before is not None else ())  # their browsers', which no registration knows
        return replace(self, consents=tuple(kept), wrong_number=doubtful, push=push)

    def with_push(self, subscription: PushSubscription) -> Customer:
        """Return the customer with one browser more that agreed to Web Push; the last ones count."""
        others = tuple(one for one in self.push if one.endpoint != subscription.endpoint)
        if len(others) < MOST_BROWSERS:
            return replace(self, push=(*others, subscription))
        goes = next((one for one in others if subscription.strong or not one.strong), None)
        if goes is None:  # who has nothing but a link drives out none that confirms
            return self
        return replace(self, push=(*(one for one in others if one != goes), subscription))

    def without_push(self, endpoint: str) -> Customer:
        """Return the customer with a browser less."""
        return replace(self, push=tuple(one for one in self.push if one.endpoint != endpoint))


class Customers:
    """Every customer, by id. Held in memory; ``journal`` keeps them."""

    def __init__(self, customers: Iterable[Customer] = ()) -> None:
        self._by_id: dict[str, Customer] = {}
        self._at: dict[str, dict[str, None]] = {}
        """Address → ids of who has it, in the order they were registered."""
        for customer in customers:
            self.add(customer)

    def add(self, customer: Customer) -> None:
        """Register a customer, or replace what was registered under the id."""
        known = self._by_id.get(customer.customer)
        if known is not None and _addresses(known) != _addresses(customer):
            self._moves_from(known)
        self._by_id[customer.customer] = customer
        for address in _addresses(customer):
            self._at.setdefault(address, {})[customer.customer] = None

    def agreed(self, event: ConsentChanged, at: float) -> Customer | None:
        """Note what a customer agrees to from ``at`` on, POSIX seconds, and return how they are registered now."""
        known = self._by_id.get(event.customer)
        if known is None:
            return None
        said = Consent(event.purpose, event.given, at, event.by or "", event.way)
        self._by_id[event.customer] = found = known.with_consent(said)
        return found

    def doubted(self, customer: str, *, wrong: bool) -> Customer | None:
        """Note that a customer's number is not theirs, or is theirs after all, and return how they are registered now."""
        known = self._by_id.get(customer)
        if known is None or known.wrong_number is wrong:
            return None
        self._by_id[customer] = changed = replace(known, wrong_number=wrong)
        return changed

    def forget(self, customer: str) -> None:
        """Know a customer no more."""
        known = self._by_id.pop(customer, None)
        if known is not None:
            self._moves_from(known)

    def get(self, customer: str) -> Customer | None:
        """Return the customer with this id."""
        return self._by_id.get(customer)

    def by_phone(self, phone: str) -> list[Customer]:
        """Return who may ring from a number, written in any notation: a household has one telephone."""
        number = dialled(phone)
        if number.startswith("+"):
            return self._who_are_at(number)
        return [found for found in self._by_id.values() if means(found.phone, number)]

    def by_email(self, address: str) -> list[Customer]:
        """Return who has an e-mail address; capitals make no difference."""
        return self._who_are_at(_mailbox(address)) if address else []

    def by_social(self, account: str) -> list[Customer]:
        """Return who has an account on the social platform."""
        return self._who_are_at(_account(account)) if account else []

    def _who_are_at(self, address: str) -> list[Customer]:
        return [self._by_id[customer] for customer in self._at.get(address, ())]

    def _moves_from(self, customer: Customer) -> None:
        for address in _addresses(customer):
            here = self._at.get(address, {})
            here.pop(customer.customer, None)
            if not here:
                self._at.pop(address, None)

    def __iter__(self) -> Iterator[Customer]:
        """Iterate over all customers, in the order they were registered."""
        return iter(self._by_id.values())

    def __len__(self) -> int:
        """How many customers are registered."""
        return len(self._by_id)


def _addresses(customer: Customer) -> list[str]:
    """Return under what a customer is looked for, each kind with a beginning of its own."""
    mailbox = [_mailbox(customer.email)] if customer.email else []
    account = [_account(customer.social)] if customer.social else []
    return [customer.phone, *mailbox, *account]


def _mailbox(address: str) -> str:
    return f"mailto:{address.casefold()}"


def _account(account: str) -> str:
    return f"account:{account}"
