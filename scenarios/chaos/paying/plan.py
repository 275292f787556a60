"""Which devices ask to pay in a round, how, and what their customers do meanwhile: drawn from the seed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

ASKS, DEEDS = 12, 3
"""In a round."""
TRAFFIC_S = 1.0
"""They are spread over so many seconds."""
LEAST, MOST = 60, 19_00
"""Cents that are asked for; a mandate lets 20 euro be paid at once."""
AT_ONCE, A_DAY, TOP_UP = 20_00, 130_00, 300_00
"""Cents that a mandate lets be paid at once and in a day, and that a purse is topped up with."""


class HowAsked(StrEnum):
    """How a device asks."""

    ONCE = "once"
    AGAIN = "again"
    """Twice, the same in two events: an answer may have been lost."""
    OTHERWISE = "otherwise"
    """Twice under one name, with another amount: it lost its memory, or somebody else speaks for it."""
    OLD = "old"
    """Under the name of a payment of before, with another amount."""
    TOO_MUCH = "too-much"
    """More than its mandate lets it pay at once: its customer is asked."""
    STRANGER = "stranger"
    """For somebody whom the mandate does not name."""
    FOREIGN = "foreign"
    """In a currency that is not the mandate's."""
    FORGED = "forged"
    """Signed by a key that is not its own."""


class CustomerDoes(StrEnum):
    """What a customer does meanwhile."""

    SUSPEND = "suspend"
    """A mandate rests, and goes on a moment later."""
    REVOKE = "revoke"
    """A mandate is revoked, and another given."""
    STOP = "stop"
    """A device is to pay nothing any more, and gets another mandate."""
    DISPUTE = "dispute"
    """What was paid was not right."""


@dataclass(frozen=True, slots=True)
class PlannedAsk:
    """One payment. Seconds from the round's beginning; ``payer``: any number, of whom there are counted round."""

    at_s: float
    payer: int
    how: HowAsked
    cents: int


@dataclass(frozen=True, slots=True)
class PlannedDeed:
    """One thing that a customer does."""

    at_s: float
    payer: int
    what: CustomerDoes


@dataclass(frozen=True, slots=True)
class MoneyPlan:
    """What is paid in one round, and what customers do."""

    asks: tuple[PlannedAsk, ...]
    deeds: tuple[PlannedDeed, ...]


_OFTEN = (HowAsked.ONCE, HowAsked.ONCE, HowAsked.AGAIN)
_SELDOM: list[HowAsked] = [one for one in HowAsked if one not in {HowAsked.ONCE, HowAsked.AGAIN}]


def draw_money(seed: int, number: int) -> MoneyPlan:
    """Draw a round: each of what seldom happens has its turn."""
    dice = Random(f"{seed}/{number}/money")  # noqa: S311 - dice
    hows: list[HowAsked] = [_SELDOM[(3 * number + place) % len(_SELDOM)] for place in range(3)]
    hows += [dice.choice(_OFTEN) for _ in range(ASKS - len(hows))]
    dice.shuffle(hows)
    asks = tuple(
        PlannedAsk(dice.uniform(0, TRAFFIC_S), number * ASKS + place, how, dice.randint(LEAST, MOST))
        for place, how in enumerate(hows)
    )
    kinds = list(CustomerDoes)
    deeds = tuple(
        PlannedDeed(dice.uniform(0, TRAFFIC_S), dice.randrange(1_000), kinds[(number + place) % len(kinds)])
        for place in range(DEEDS)
    )
    return MoneyPlan(asks, deeds)
