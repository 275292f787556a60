"""What paths about money share: whose it is, amounts as they come in, codes, and what came of what was said."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.access.roles import Role
from dispatch.core.events import AskedEvent
from dispatch.core.purse.money import BadAmount, in_minor_units
from dispatch.service.payment_codes import NoCode
from dispatch.service.service import Service
from dispatch.views.own_money import MoneyReader, OwnMoney, own_money
from dispatch.views.purse import PaymentView
from dispatch.web.dependencies import Done, tell
from dispatch.web.may import not_allowed
from dispatch.web.problems import ApiProblem
from gateway.kinds.registry import kinds

Digits = Annotated[str, Field(pattern=r"^[0-9]{6}$", description="As it came to their telephone (POST …/codes).")]
Proof = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{6}|[A-Za-z0-9_-]{22})$",
        description="The six digits that came to their telephone, or what the notification's link bears (POST …/codes).",
    ),
]
_STATUS: dict[str, Literal[403, 409, 429, 503]] = {
    "too-many-codes": 429,
    "code-not-sent": 503,
    "no-way-for-a-code": 409,
}


def minor_units(text: str, currency: str) -> int:
    """Return an amount in minor units. Raises ``ApiProblem`` (422) where it has more places than its currency."""
    try:
        return in_minor_units(text, currency)
    except BadAmount as error:
        raise ApiProblem(422, "bad-amount", "That is no amount of that currency", str(error)) from None


def must_speak_with(service: Service, who: Principal, customer: str, permission: Permission) -> None:
    """See that an agent asks for nobody's money but of whom they speak with. Raises ``ApiProblem`` (403)."""
    if who.role is not Role.AGENT:
        return
    calls = service.casebook.calls
    held = [calls[name] for name in service.room.desk.held_by(who.name) if name in calls]
    if not any(one.customer == customer and one.state == "connected" for one in held):
        raise not_allowed(who, permission, f" for {customer!r} before you speak with them")


def money_of(service: Service, customer: str) -> OwnMoney:
    """Return all of a customer's money as it stands."""
    registered = service.room.intake.registry.of_customer(customer)
    devices = [one for one in registered if kinds().named(one.kind).domain]
    known, desk = service.customers.get(customer), service.room.desk
    language = desk.preference_of(customer).language or (known.language if known is not None else "")
    return own_money(
        MoneyReader(customer, service.casebook.money.of(customer), desk.purse, devices, service.now(), language)
    )


def own_payment(service: Service, customer: str, payment: str) -> PaymentView:
    """Return a payment of a customer's; another's is as one that never was. Raises ``ApiProblem`` (404)."""
    found = service.casebook.money.payments.get(payment)
    if found is None or found.customer != customer:
        raise unknown_payment(payment)
    return found


def unknown_payment(payment: str) -> ApiProblem:
    """Return what is said of a payment that nobody knows."""
    return ApiProblem(404, "unknown-payment", "There is no such payment", f"no payment is known as {payment!r}")


def refused_code(error: NoCode) -> ApiProblem:
    """Return what is said of a code that does not count."""
    wait = f" (after {math.ceil(error.wait_s)} s)" if error.wait_s else ""
    return ApiProblem(_STATUS.get(error.why, 403), error.why, "That was not confirmed", f"{error}{wait}")


async def told(service: Service, event: AskedEvent, by: str) -> Done:
    """Tell the desk. Raises ``ApiProblem``: 409 where it cannot be taken as all money stands."""
    turn = await tell(service, event, by)
    if turn.objection is not None:
        name, detail = turn.objection.ground.value, turn.objection.detail
        raise ApiProblem(409, name, "That cannot be done as the money stands", detail)
    return Done(repeat=turn.repeat)
