"""What is odd about what devices pay for long is asked about, all of it in one message; nobody rings. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dispatch.core.actions import SendMessage
from dispatch.core.messages import REPLY_WITHIN_S, Messages, OfMoney
from dispatch.core.purse.actions import AskAboutMoney
from dispatch.core.purse.purse import Purse
from dispatch.core.purse.questions import Question
from dispatch.core.purse.said import explained_in, named_by_device
from dispatch.words import say


@dataclass(frozen=True, slots=True)
class WatchingMoney:
    """Asks customers about their devices' money."""

    purse: Purse
    messages: Messages

    def asks(self, customer: str) -> list[AskAboutMoney]:
        """Return what a customer is to be asked now."""
        return [
            AskAboutMoney(
                customer, one.ref, one.odd.what, one.payments, self._explained(one, one.payer.language), one.provenance
            )
            for one in self.purse.questions.waiting(customer)
        ]

    def write(self, customer: str, asked: Sequence[AskAboutMoney], now: float) -> Iterator[SendMessage]:
        """Write to them about all of it, once."""
        known = self.purse.questions.get(asked[-1].ref) if asked else None
        if known is None:
            return
        payer, said = known.payer, " ".join(one.words for one in asked)
        text = say("money_question", payer.language, what=said)
        until = now + REPLY_WITHIN_S
        about = OfMoney(customer, text, payer.language, until, known.provenance, payer.reach, payer.time_zone)
        yield from self.messages.of_money(about, now)

    def _explained(self, one: Question, language: str) -> str:
        last = self.purse.payments.get(one.payments[-1]) if one.payments else None
        told = last.payee_name if last is not None and last.payee == one.odd.payee else ""
        return explained_in(one.odd, language, payee_named(self.purse, one.mandate, one.odd.payee, told))


def payee_named(purse: Purse, mandate: str, payee: str, told: str = "") -> str:
    """Return who is paid, as the customer's own list has them; else as their device ``told``, which nobody has checked.

    So the account stands beside that.
    """
    given = purse.given.get(mandate)
    names = given.mandate.payees if given is not None else ()
    known = next((one.name for one in names if one.payee == payee and one.name), "")
    return known or named_by_device(payee, told)
