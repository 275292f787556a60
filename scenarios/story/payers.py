"""What a story says of devices that pay of themselves: how their customers behave, what is wrong with some, and where they pay.

What each kind of device pays for, and how often, its habits say (``firmware_sim/kinds``). A default marked [fit] is inferred.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration, Share
from scenarios.story.distributions import Spans, lognormal


class GoesWrong(StrictModel):
    """How many of each, once what is usual is known."""

    wrong_tariff: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Meters that are paid in advance, and from one day on at two and a half to five times the price."""
    daily_orders: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Devices that think their store empty: the same order day after day, for two weeks or until somebody says stop."""
    stolen_key: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Devices in whose name somebody else pays, with their key, where they are not: three to eight times in two days."""
    unused: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Devices that nobody uses any more from one day on, and whose subscription is paid all the same."""
    known_after: Duration = 14 * 86_400.0
    """From the start: so long nothing goes wrong."""


class Payers(StrictModel):
    """Devices that pay of themselves, within the mandates that their customers gave when they registered."""

    agrees: Share = 1.0
    """Of all customers: who lets devices pay. The others' ask all the same, and are refused."""
    often: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Times as often as the kind's habits say."""
    prepaid: Share = 0.3
    """Of the homes: whose meter is paid in advance, every three days or so [fit]."""
    answers: Share = 0.9
    """Of customers who are asked about a payment: who answers in time [fit]."""
    answers_after: Spans = lognormal(60, 0.8)
    """From the question on their screen [fit]."""
    answers_later: Share = 0.25
    """Of customers who are asked in a message about what is paid for long: who ever answers. As many as answer a text message
    (``channels.sms.answers``); of a survey it is one in ten (Vocalabs) [fit]."""
    answers_later_after: Spans = lognormal(1_800, 1.65)
    """From the message: of those who answer one 80% do within two hours (Fizzback, Dialpad); one in a hundred after a day."""
    unsure: Share = 0.1
    """Of those: who do not know whether it is right [fit]."""
    wants_back: Share = 0.3
    """Of those whom it cost something: who stop the device and want the last payment back; the others want no more of it [fit]."""
    used_every: Duration = 3 * 86_400.0
    """How often, on average, a device that tells of its use is used: told in stories in which something is not, any more [fit]."""
    asks_twice: Share = 0.02
    """Of payments: which their device asks for a second time, not having heard [fit]."""
    elsewhere: Share = 0.01
    """Of payments: to somebody whom the mandate does not name [fit]."""
    disputed: Share = 0.001
    """Of what was paid [fit]."""
    disputed_after: Spans = lognormal(86_400, 0.7)
    decided_after: Spans = lognormal(86_400, 0.5)
    """From a dispute until a person has decided [fit]."""
    refunded: Share = 0.6
    """Of disputes that a person decides [fit]."""
    asks_again_after: Duration = 3600.0
    """Where there was not enough in the purse."""
    sites: Annotated[int, Field(ge=1, le=20)] = 12
    """Of each kind, where one pays on the spot: each a payee of its own. A mandate names twenty payees at most."""
    top_up: Annotated[int, Field(ge=1, le=10_000)] = 300
    """Euros that are collected at a time when the purse runs low."""
    goes_wrong: GoesWrong = GoesWrong()
