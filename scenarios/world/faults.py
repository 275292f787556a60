"""What will break, where and when: drawn at once, so that it does not depend on what the service does.

For every device it is drawn in arrays what would break, when, and how likely this device is to be chosen; the likeliest
are. Whatever is drawn for a device depends on the device alone: a longer list of devices leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatch.policy_model.units import spoken
from scenarios.story.distributions import Numbers
from scenarios.story.loader import StoryError
from scenarios.story.part import ANY_TIME, Part
from scenarios.story.registry import PARTS, home_kinds, owners_of
from scenarios.story.schema import FaultProcess, Story
from scenarios.story.streams import Streams
from scenarios.world.ground_truth import Fault
from scenarios.world.homes import BLOCK, Block, Home, Window, blocks_of
from scenarios.world.plan import Plan
from scenarios.world.town import Point

PASSES_S = 300.0
"""Whoever first tries in the last minutes of an outage gets through at the next try, and needs nobody."""
FLOOR = 0.02
"""How likely the least likely moment of a shape is, the likeliest being 1."""
LATER = 1_000.0
"""Added to a lot for each second that its moment comes after the hour asked for: more than luck ever makes of it."""

Picked = tuple[int, int, str, str, float]
"""What kind of home (index into ``home_kinds``), its number from 0, the device's kind, the part, and when it breaks."""
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chance:
    """When and where a part of one device would break, if it does."""

    home: Home
    device: str
    part: str
    at: float
    point: Point


@dataclass(slots=True)
class Lots:
    """What one process would do to the devices it is likeliest to befall. One element of each array for each device."""

    lot: Numbers
    """The smallest are chosen."""
    owner: Integers
    """Index into ``home_kinds`` of what kind of home."""
    home: Integers
    """Number of the home among its kind, from 0."""
    part: Integers
    """Index into the process's causes."""
    at: Numbers

    def take(self, chosen: npt.NDArray[np.bool_] | Integers) -> Lots:
        """Return some of them."""
        return Lots(self.lot[chosen], self.owner[chosen], self.home[chosen], self.part[chosen], self.at[chosen])

    def likeliest(self, count: int) -> Lots:
        """Return the ``count`` likeliest, in no order."""
        return self if len(self.lot) <= count else self.take(np.argpartition(self.lot, count - 1)[:count])

    def with_more(self, more: Lots) -> Lots:
        """Return these and more."""
        return Lots(*(np.concatenate((getattr(self, name), getattr(more, name))) for name in self.__slots__))


def draw_faults(story: Story, plan: Plan, streams: Streams) -> list[Fault]:
    """Draw every fault, in order of time. Raises ``StoryError`` where more are asked for than can happen."""
    chosen = list(_chosen(story, plan, _all_lots(story, plan)))
    taken = {chance.device for chance in chosen}
    chosen.extend(_outages(story, plan, streams, taken))
    return sort_faults(_fault(story, chance, streams) for chance in chosen if chance.at < story.quiet_s)


def sort_faults(faults: Iterable[Fault]) -> list[Fault]:
    """Number faults in the order they happen."""
    ordered = sorted(faults, key=lambda fault: (fault.at, fault.device))
    for number, fault in enumerate(ordered, 1):
        fault.fault = f"f{number:04d}"
    return ordered


def _all_lots(story: Story, plan: Plan) -> list[Lots]:
    """Return each process's lots: as many as it may need when those before it were served."""
    wanted = [_count(story, process) for process in story.faults]
    limits = [sum(wanted[: number + 1]) for number in range(len(wanted))]
    none, nowhere = np.empty(0), np.empty(0, np.int64)
    lots = [Lots(none, nowhere, nowhere, nowhere, none) for _ in story.faults]
    for owner, kind in enumerate(one.name for one in home_kinds()):
        numbers = [number for number, process in enumerate(story.faults) if kind in owners_of(process.kind)]
        for block_number in range(blocks_of(story, kind)) if numbers else ():
            block = plan.block(kind, block_number)
            for number in numbers:
                drawn = _lots(story, story.faults[number], number, block, owner)
                lots[number] = lots[number].with_more(drawn.likeliest(limits[number])).likeliest(limits[number])
    return lots


def _count(story: Story, process: FaultProcess) -> int:
    there = story.devices(process.kind)
    return process.count if process.count is not None else round((process.share or 0.0) * there)


def _lots(story: Story, process: FaultProcess, number: int, block: Block, owner: int) -> Lots:
    """Draw for one block of homes what would break, when, and each home's lot."""
    which, when, where_in, lot = block.dice("faults", number).random((4, BLOCK))
    if process.empirical is not None:
        when = where_in = np.zeros(BLOCK)  # the first moment from the hour on
    shares = np.cumsum(list(process.causes.values()))
    part = np.searchsorted(shares / shares[-1], which, side="right")
    window = _window(story, process)
    at = _moments(process, [PARTS[name] for name in process.causes], part, block, window, when, where_in)
    at[block.count :] = np.nan
    there = np.flatnonzero(~np.isnan(at))
    lots = -np.log1p(-lot[there]) / _likely(process, at[there], window)
    if process.empirical is not None:
        lots += (at[there] - window[0]) * LATER  # whoever comes to it first
    return Lots(lots, np.full(len(there), owner), block.first + there, part[there], at[there])


def _window(story: Story, process: FaultProcess) -> Window:
    until = process.when.until
    if process.empirical is not None:
        return story.start_s + process.empirical[0], story.quiet_s
    return story.start_s + process.when.start, story.quiet_s if until is None else story.start_s + until


def _moments(  # noqa: PLR0917 - everything a moment hangs on
    process: FaultProcess,
    causes: list[Part],
    part: Integers,
    block: Block,
    window: Window,
    when: Numbers,
    where_in: Numbers,
) -> Numbers:
    """Return when each would break; NaN: its occasion does not come within the window."""
    first, last = window
    found = first + _shaped(process, when) * (last - first)
    for occasion in dict.fromkeys(cause.occasion for cause in causes if cause.occasion != ANY_TIME):
        fits = np.isin(part, [index for index, cause in enumerate(causes) if cause.occasion == occasion])
        if fits.any():
            found = np.where(fits, block.moments(occasion, window, when, where_in), found)
    return found


def _shaped(process: FaultProcess, luck: Numbers) -> Numbers:
    shaped: dict[str, Numbers] = {"even": luck, "rising": np.sqrt(luck), "falling": 1 - np.sqrt(1 - luck)}
    return shaped[process.when.shape]


def _likely(process: FaultProcess, at: Numbers, window: Window) -> Numbers:
    """Return how likely each device is to be chosen, by its moment; what happens at any time is drawn by its shape."""
    if process.when.shape == "even" or PARTS[next(iter(process.causes))].occasion == ANY_TIME:
        return np.ones(len(at))
    height = (at - window[0]) / max(1.0, window[1] - window[0])
    likely: Numbers = FLOOR + (height if process.when.shape == "rising" else 1 - height)
    return likely


def _chosen(story: Story, plan: Plan, lots: list[Lots]) -> Iterator[Chance]:
    """Choose for one process after the other; who was chosen before is not chosen again. By home, in order."""
    taken: set[tuple[str, int, int]] = set()
    picked: list[Picked] = []
    for number, (process, found) in enumerate(zip(story.faults, lots, strict=True)):
        ordered = found.take(np.argsort(found.lot, kind="stable"))
        mine: list[Picked] = []
        names, count = list(process.causes), _count(story, process)
        for owner, home, part, at in zip(
            *(getattr(ordered, name).tolist() for name in ("owner", "home", "part", "at")), strict=True
        ):
            if len(mine) < count and (process.kind, owner, home) not in taken:
                mine.append((owner, home, process.kind, names[part], at))
        if len(mine) < count:
            raise _too_many(story, process, number, len(mine))
        taken.update((kind, owner, home) for owner, home, kind, _, _ in mine)
        picked += mine
    kinds = [one.name for one in home_kinds()]
    for owner, number, kind, part, at in sorted(picked):
        home = plan.home(kinds[owner], number)
        yield Chance(home, home.devices[kind], part, at, home.place(at))


def _too_many(story: Story, process: FaultProcess, number: int, there: int) -> StoryError:
    if process.empirical is not None:
        return _nobody(story, process, process.empirical[0])
    count = _count(story, process)
    return StoryError(
        f"faults.{number}.{'count' if process.share is None else 'share'}: {count} faults are asked for, but only "
        f"{there} {process.kind}s have an occasion for one; widen 'when' or add {process.kind}s"
    )


def _nobody(story: Story, process: FaultProcess, at: float) -> StoryError:
    """Return the mistake that a fault at an hour befalls nobody; the process it was made of stands before it."""
    told = (
        (number, one.empirical)
        for number, one in enumerate(story.faults)
        if one.empirical and process.part in one.causes
    )
    number, place = next((number, hours.index(at)) for number, hours in told if at in hours)
    return StoryError(
        f"faults.{number}.empirical.{place}: from {spoken(at)} on no {process.kind} that is left has an occasion for "
        f"'{process.part}'; choose an earlier hour or add {process.kind}s"
    )


def _outages(story: Story, plan: Plan, streams: Streams, taken: set[str]) -> Iterator[Chance]:
    """Everybody who pays while their processor or bank is down; their first payment then is the one that fails."""
    for outage in story.payments.outages if story.payments else ():
        part = "processor_outage" if outage.processor else "bank_outage"
        for home in plan.everybody():
            payer = home.payer
            if payer is None or payer in taken or outage.name not in {home.processor, home.bank}:
                continue
            dice = streams.keyed("faults", "outage", home.customer.customer, round(outage.at))
            at = outage.at + story.payments.every.one(dice) if story.payments else 0.0
            if at < outage.at + outage.lasts - PASSES_S:
                taken.add(payer)
                yield Chance(home, payer, part, story.start_s + at, home.point)


def _fault(story: Story, chance: Chance, streams: Streams) -> Fault:
    part, customer = PARTS[chance.part], chance.home.customer.customer
    dice, habits = streams.hashed("phones_in", chance.device, chance.part), story.customers.phones_in
    after = habits.of(part.kind).one(dice)
    phones = part.needs_help and part.phones and float(dice.random()) < habits.share
    return Fault(
        fault="",
        device=chance.device,
        customer=customer,
        part=chance.part,
        needs_help=part.needs_help,
        at=chance.at,
        latitude=chance.point.latitude,
        longitude=chance.point.longitude,
        phones_after=after if phones else None,
    )
