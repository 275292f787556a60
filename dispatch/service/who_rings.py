"""Who rings in from a number, whichever exchange tells of it: of nobody's number and of several people's none is guessed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from dispatch.channels.door import Received
from dispatch.channels.strangers import Strangers
from dispatch.core.conversation.channels import SPOKEN, Channel
from dispatch.core.ids import is_stranger, stranger_id
from dispatch.registers.customers import Customer, Customers
from dispatch.registers.strangers import Stranger
from dispatch.registers.telephone import dialled
from dispatch.store.errors import JournalFailed
from dispatch.views.case_view import CallView
from dispatch.views.casebook import Casebook
from gateway.finding import Provenance

NOBODY = "Nobody is registered with the number that rings. Ask who it is."
WITHHELD = "The number that rings is withheld, or cannot be read. Ask who it is."


@dataclass(frozen=True, slots=True)
class Ringing:
    """Who rings: a customer, or a stranger whom an agent identifies."""

    customer: str
    language: str
    """BCP 47; of a stranger, what all speak whose number it is."""
    candidates: tuple[str, ...] = ()
    """Of a stranger: the customers who have that number."""
    may_call: bool = True


@dataclass(frozen=True, slots=True)
class WhoRings:
    """Asks the registers. In one event loop."""

    customers: Customers
    strangers: Strangers
    now: Callable[[], float]
    """POSIX seconds."""

    def at(self, number: str, provenance: Provenance) -> list[Customer]:
        """Return the customers of one world who have a number, in any notation; of one that cannot be read, nobody."""
        found = self.customers.by_phone(number) if dialled(number) else []
        return [one for one in found if one.provenance == provenance]

    async def stranger(self, ref: str, number: str, them: Sequence[Customer], provenance: Provenance) -> Ringing:
        """Return who rings from a number that is not one customer's: a stranger, or whom an agent found it to be before."""
        names = tuple(sorted(one.customer for one in them))
        found = await self._found(ref, dialled(number), names, provenance)
        known = self.customers.get(found.customer) if found.is_settled else None
        if known is not None:
            return ringing(known)
        languages = {one.language for one in them}
        return Ringing(found.stranger, languages.pop() if len(languages) == 1 else "en", names)

    def word(self, view: CallView, casebook: Casebook) -> str:
        """Say what an agent has to ask of who rings; empty: it is known who it is."""
        if not is_stranger(view.customer) or view.channel not in SPOKEN:
            return ""
        names = casebook.conversation(view.customer).candidates
        if names:
            return f"{', '.join(names)} have the number that rings. Ask who it is."
        return NOBODY if self.strangers.get(view.customer) is not None else WITHHELD

    async def _found(self, ref: str, number: str, names: tuple[str, ...], provenance: Provenance) -> Stranger:
        """Return who rings from a number; of one that is withheld, or while the store takes nothing, somebody new."""
        now = self.now()
        if number:
            with contextlib.suppress(JournalFailed):
                return await self.strangers.heard(Received(Channel.PHONE, ref, number, "", now, provenance), names)
        name = stranger_id(sha256(ref.encode()).hexdigest()[:24])
        return Stranger(name, Channel.PHONE, "", provenance, names, now, 0)


def ringing(customer: Customer) -> Ringing:
    """Return a customer who rings."""
    may_call = customer.may_call and not customer.wrong_number
    return Ringing(customer.customer, customer.language, may_call=may_call)
