"""What goes wrong with what devices pay: drawn before it happens, and lived through until the customer sees to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, get_args

from scenarios.story.payers import Payers
from scenarios.world.money_truth import Wrong, WrongKind
from scenarios.world.world import Life, World

if TYPE_CHECKING:
    from scenarios.world.payers.payers import Payer  # whose device it is

DAY_S = 86_400.0
LASTS_S = 14 * DAY_S
"""How long a device orders daily that nobody stops."""
DAYS_LEFT: Mapping[WrongKind, float] = {"unused": 85.0}
USUALLY_LEFT = 8.0
"""Nothing begins so many days before the end that it could not show: what is usual in a week takes one to be told from [fit]; that
nobody uses something any more shows in the first payment after fifty days, and it is paid once a month [fit]."""
THEFTS, THEFT_S = (3, 8), 2 * DAY_S
SUSPENDED_S = DAY_S
"""Until a new key is in the device, nothing is paid by it."""


def draw_wrongs(world: World, story: Payers, payers: Sequence[Payer]) -> Iterator[Wrong]:
    """Draw what goes wrong with whose device, one thing a home at most, and when."""
    taken: set[str] = set()
    for kind in get_args(WrongKind):
        may = [one for one in payers if _may_befall(kind, one)]
        dice = world.streams.keyed("goes_wrong", kind)
        order = [may[int(number)] for number in dice.permutation(len(may))]
        free = (one for one in order if one.customer not in taken)
        for _, payer in zip(range(getattr(story.goes_wrong, kind)), free, strict=False):
            taken.add(payer.customer)
            begin = world.story.start_s + story.goes_wrong.known_after
            last = max(begin, world.story.quiet_s - DAYS_LEFT.get(kind, USUALLY_LEFT) * DAY_S)
            yield Wrong(kind, payer.customer, payer.device, begin + (last - begin) * float(dice.random()))


def _may_befall(kind: WrongKind, payer: Payer) -> bool:
    """May it befall a device: one whose customer lets it pay; of meters, those that are paid in advance."""
    category = payer.kind.befalls.get(kind)
    pays = next((one for one in payer.pays if one.habit.category == category), None)
    if pays is None or not payer.home.customer.may_payment:
        return False
    return kind != "wrong_tariff" or pays.times > 1.0


def goes_wrong(payer: Payer, wrong: Wrong) -> Life:
    """Live through it. A wrong tariff is in what the device pays anyway."""
    yield payer.world.until(wrong.begins_at)
    if wrong.kind == "daily_orders":
        yield from _orders_daily(payer, wrong)
    elif wrong.kind == "stolen_key":
        yield from _is_stolen(payer, wrong)


def _orders_daily(payer: Payer, wrong: Wrong) -> Life:
    """It thinks that its store is empty: the same basket, day after day."""
    world, one = payer.world, next(one for one in payer.pays if one.habit.category == payer.kind.befalls[wrong.kind])
    dice = world.streams.keyed("daily", wrong.device)
    basket = max(1, round(one.size))
    while wrong.stopped_at is None and world.now < min(wrong.begins_at + LASTS_S, world.story.quiet_s):
        payer.ask(one, one.payees[0], basket, by_wrong=True)
        yield world.env.timeout(DAY_S * (1 + 0.1 * float(dice.standard_normal())))


def _is_stolen(payer: Payer, wrong: Wrong) -> Life:
    """Somebody pays in its name, at places anywhere, while it stands at home and tells so."""
    world, one = payer.world, next(one for one in payer.pays if one.habit.category == payer.kind.befalls[wrong.kind])
    dice = world.streams.keyed("stolen", wrong.device)
    times = int(dice.integers(THEFTS[0], THEFTS[1] + 1))
    for at in sorted((wrong.begins_at + THEFT_S * dice.random(times)).tolist()):
        if payer.kind.tells_every is not None:
            yield world.until(at - payer.kind.tells_every(world) * float(dice.random()))
            payer.kind.tells_place(world, payer.purse.device, payer.home.point)
        yield world.until(at)
        if wrong.stopped_at is not None or world.now >= world.story.quiet_s:
            break
        payees = list(one.sites)
        amount = max(1, round(one.size * float(dice.lognormal(0, 0.3))))
        payer.ask(one, payees[int(dice.integers(len(payees)))], amount, by_wrong=True)
    if wrong.stopped_at is not None:
        yield from _suspends(payer, wrong)


def _suspends(payer: Payer, wrong: Wrong) -> Life:
    """The customer has nothing paid with that key until another is in the device."""
    mandates = [payer.mandate(one) for one in payer.pays]
    for mandate in mandates:
        payer.world.doors.holds(mandate, "suspended")
    yield payer.world.until((wrong.stopped_at or wrong.begins_at) + SUSPENDED_S)
    for mandate in mandates:
        payer.world.doors.holds(mandate, "active")
