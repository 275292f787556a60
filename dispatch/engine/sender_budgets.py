"""How much one sender may ask of us: messages and refusals, by token buckets, and what one message may cost. Pure.

A vendor and each of its devices have their own bucket. A sender that is over is *thinned*: of what it sends only so much is
looked at, and the rest is refused (``over-budget``). It is told once in a while, and that it is thinned is written down as an
input. What piles up while nobody could be heard is no flood: buckets fill for as long as that lasts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf

DEVICE_RATE, VENDOR_RATE = 20.0, 2_000.0
WINDOW_S = 60.0
"""A sender that is over is told so once in this time, and thinned for as long where one message cost too much."""
DEVICE_BURST_S, VENDOR_BURST_S = 120.0, 30.0
"""So many seconds' worth may come at once: what a device has kept while it had no line, and what a vendor's whole fleet has."""
MESSAGE_CPU_S = 0.1
"""Of processor time, for one message. The dearest that the contract allows costs less."""
WAITING = 3_000
"""So many messages may wait to be looked at, and of one vendor its share of them, where there are others: the link takes four
thousand, so that there is always room for another one's."""
CALM_RATE, CALM_BURST = 10.0 / 60.0, 5.0
"""Messages a second of a device, and at once, that are looked at whatever waits: a fleet whose devices all connect at once after
an outage is no flood, and a car that says little is heard while its vendor's others say too much."""
WAITING_BYTES = 64 * 1024 * 1024
"""So many bytes of one vendor's, likewise: as many messages as wait may be as large as one may be."""
THINNED_RATE, THINNED_BURST = 1.0, 10.0
"""Messages a second of a device that is thinned for what its messages cost."""
REFUSALS_RATE, REFUSALS_BURST = 5.0, 500.0
"""Refusals a second that are told and kept in full, for each vendor; the others are counted."""
ALL_REFUSALS_RATE, ALL_REFUSALS_BURST = 100.0, 5_000.0
"""For all vendors together, whatever names are made up."""
OTHERS_WITHIN_S = 60.0
KNOWN = 200_000
"""So many senders are remembered. One that is forgotten begins with a full bucket."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages a second, as long as one likes; 0: no limit."""

    device_rate: float = DEVICE_RATE
    vendor_rate: float = VENDOR_RATE


class Why(StrEnum):
    """What was too much."""

    MESSAGES = "messages"
    PROCESSOR = "processor"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Over:
    """A sender is over its budget."""

    sender: str
    """``vendor/device``, or a vendor."""
    why: Why
    until: float
    """POSIX seconds: it is told again from then on, where it still is."""
    is_news: bool
    """It has not been told lately."""


class Buckets:
    """A bucket for each name: it holds ``burst`` and fills by ``rate`` a second."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._levels: dict[str, list[float]] = {}
        """Name → how much is in it, and when."""

    def take(self, name: str, now: float) -> bool:
        """Take one from a bucket; ``False``: there is not so much in it."""
        bucket = self._levels.get(name)
        if bucket is None:
            if len(self._levels) >= KNOWN:
                del self._levels[next(iter(self._levels))]
            bucket = self._levels[name] = [self._burst, now]
        elif now > bucket[1]:
            bucket[:] = _filled(bucket[0], now - bucket[1], self._rate, self._burst), now
        if bucket[0] < 1.0:
            return False
        bucket[0] -= 1.0
        return True


def _filled(level: float, seconds: float, rate: float, burst: float) -> float:
    """Return how much is in a bucket after some seconds. What it gained while it was over its brim is lost, and nothing else."""
    return level if level >= burst else min(burst, level + seconds * rate)


@dataclass(slots=True, eq=False)
class _Vendor:
    """What a vendor may still send, and how much of it waits."""

    name: str
    level: float
    """Messages of its fleet that may come at once."""
    since: float
    heard_at: float
    is_heard: bool = False
    """It counts among the vendors of the last minutes."""
    waiting: int = 0
    """Messages that were admitted and not looked at yet."""
    waiting_bytes: int = 0
    """What they have together."""

    def take(self, now: float, rate: float, burst: float) -> bool:
        """Take one message from its bucket; ``False``: there is none in it."""
        if now > self.since:
            self.level = _filled(self.level, now - self.since, rate, burst)
            self.since = now
        if self.level < 1.0:
            return False
        self.level -= 1.0
        return True


@dataclass(slots=True, eq=False)
class _Device:
    """What a device may still send: all that is looked at with a message, in one place."""

    vendor: _Vendor
    level: float
    """Messages that may come at once."""
    calm: float
    """And those that are looked at whatever waits."""
    since: float

    def fill(self, now: float, rate: float, burst: float) -> None:
        """Add what was gained since, as ``_filled`` does: for each message, calls would cost twice as much."""
        seconds, self.since = now - self.since, now
        if self.level < burst:
            level = self.level + seconds * rate
            self.level = min(burst, level)
        if self.calm < CALM_BURST:
            calm = self.calm + seconds * CALM_RATE
            self.calm = min(CALM_BURST, calm)

    def take_calm(self) -> bool:
        """Take a message that is looked at whatever waits; ``False``: it said too much lately."""
        if self.calm < 1.0:
            return False
        self.calm -= 1.0
        return True


@dataclass(slots=True)
class SenderBudgets:
    """The buckets of all senders. Times are POSIX seconds of the service's clock."""

    limits: Limits = field(default_factory=Limits)
    vendors: Callable[[], int] = lambda: 1
    """How many there are."""
    knows: Callable[[str], bool] = lambda _device: True
    """Is it a device and no name that somebody made up?"""
    _devices: dict[str, _Device] = field(default_factory=dict)
    _vendors: dict[str, _Vendor] = field(default_factory=dict)
    _piled_up_s: float = 0.0
    """So many seconds' worth does a bucket that is new hold beside its burst…"""
    _piled_up_until: float = 0.0
    """… until then."""
    _refusals: Buckets = field(default_factory=lambda: Buckets(REFUSALS_RATE, REFUSALS_BURST))
    _all_refusals: Buckets = field(default_factory=lambda: Buckets(ALL_REFUSALS_RATE, ALL_REFUSALS_BURST))
    _thinned: OrderedDict[str, float] = field(default_factory=OrderedDict)
    """Device whose message cost too much → until when."""
    _slow: Buckets = field(default_factory=lambda: Buckets(THINNED_RATE, THINNED_BURST))
    _told: OrderedDict[str, float] = field(default_factory=OrderedDict)
    """Sender → until when it need not be told again."""
    _heard: list[_Vendor] = field(default_factory=list)
    """The vendors of the last minutes."""
    _device_burst: float = field(init=False)
    _vendor_burst: float = field(init=False)

    def __post_init__(self) -> None:
        """Work out what the limits that are set come to."""
        self._device_burst = self.limits.device_rate * DEVICE_BURST_S
        self._vendor_burst = self.limits.vendor_rate * VENDOR_BURST_S

    def admit(self, device: str, now: float, size: int = 0) -> Over | None:
        """Take a message of ``size`` bytes into account; where that is too much, return whose budget it is over."""
        mine, limits = self._devices.get(device) or self._begin(device, now), self.limits
        vendor = mine.vendor
        vendor.heard_at = now
        if not vendor.is_heard:
            self._note(vendor, now)
        if limits.vendor_rate and not vendor.take(now, limits.vendor_rate, self._vendor_burst):
            return self._over(vendor.name, Why.MESSAGES, now)
        if now > mine.since:
            mine.fill(now, limits.device_rate, self._device_burst)
        if limits.device_rate:
            if mine.level < 1.0:
                return self._over(device, Why.MESSAGES, now)
            mine.level -= 1.0
        if self._thinned and self._is_thinned(device, now):
            return self._over(device, Why.PROCESSOR, now)
        if self._has_no_room(mine, device, size):
            return self._over(vendor.name, Why.WAITING, now)
        vendor.waiting += 1
        vendor.waiting_bytes += size
        return None

    def done(self, device: str, size: int = 0) -> None:
        """Note that a message which was admitted waits no more."""
        mine = self._devices.get(device)
        vendor = mine.vendor if mine is not None else self._vendors.get(device.partition("/")[0])
        if vendor is not None and vendor.waiting:
            vendor.waiting -= 1
            vendor.waiting_bytes -= size

    def spent(self, device: str, cpu_s: float, now: float) -> Over | None:
        """Note what a message cost, in seconds of processor time; return its sender where that was too much."""
        if cpu_s <= MESSAGE_CPU_S:
            return None
        _remember(self._thinned, device, now + WINDOW_S)
        return self._over(device, Why.PROCESSOR, now)

    def may_refuse(self, device: str, now: float) -> bool:
        """Tell whether one more refusal of its vendor's is told and kept in full."""
        return self._refusals.take(device.partition("/")[0], now) and self._all_refusals.take("", now)

    def nobody_was_heard_for(self, seconds: float, now: float) -> None:
        """What waited meanwhile was sent in that time: buckets hold more than their brim, if need be."""
        self._piled_up_s, self._piled_up_until = max(0.0, seconds), now + max(0.0, seconds) + WINDOW_S
        for vendor in self._vendors.values():
            vendor.level += self._piled_up_s * self.limits.vendor_rate
        for device in self._devices.values():
            device.level += self._piled_up_s * self.limits.device_rate
            device.calm += self._piled_up_s * CALM_RATE

    def _begin(self, device: str, now: float) -> _Device:
        """Hear of a device for the first time, or anew."""
        name, more_s = device.partition("/")[0], self._piled_up_s if now < self._piled_up_until else 0.0
        vendor = self._vendors.get(name)
        if vendor is None:
            if len(self._vendors) >= KNOWN:
                del self._vendors[next(iter(self._vendors))]
            level = self._vendor_burst + more_s * self.limits.vendor_rate
            vendor = self._vendors[name] = _Vendor(name, level, now, now)
        if len(self._devices) >= KNOWN:
            del self._devices[next(iter(self._devices))]
        level = self._device_burst + more_s * self.limits.device_rate
        mine = self._devices[device] = _Device(vendor, level, CALM_BURST + more_s * CALM_RATE, now)
        return mine

    def _has_no_room(self, mine: _Device, device: str, size: int) -> bool:
        vendor, is_calm = mine.vendor, mine.take_calm()
        fits = vendor.waiting_bytes + size <= WAITING_BYTES
        if fits and vendor.waiting * max(2, len(self._heard)) < WAITING:
            return False
        if vendor.level > self._vendor_burst:
            return False  # it still sends what piled up while nobody could be heard
        if not fits:
            return True
        return vendor.waiting >= self._share() and not (is_calm and self.knows(device))

    def _share(self) -> float:
        """Return how many messages of one vendor may wait. One that has the house to itself waits for nobody but itself."""
        others_may_come = len(self._heard) > 1 or self.vendors() > 1
        return WAITING / max(2, len(self._heard)) if others_may_come else inf

    def _note(self, vendor: _Vendor, now: float) -> None:
        """Count a vendor among those of the last minutes, and those no more that were not heard since."""
        for one in self._heard:
            one.is_heard = one.heard_at > now - OTHERS_WITHIN_S
        self._heard = [one for one in self._heard if one.is_heard]
        if len(self._heard) < KNOWN:
            vendor.is_heard = True
            self._heard.append(vendor)

    def _is_thinned(self, device: str, now: float) -> bool:
        until = self._thinned.get(device)
        if until is None:
            return False
        if until <= now:
            del self._thinned[device]
            return False
        return not self._slow.take(device, now)

    def _over(self, sender: str, why: Why, now: float) -> Over:
        until = self._told.get(sender, now)
        if until > now:
            return Over(sender, why, until, is_news=False)
        _remember(self._told, sender, now + WINDOW_S)
        return Over(sender, why, now + WINDOW_S, is_news=True)


def _remember(times: OrderedDict[str, float], name: str, until: float) -> None:
    times[name] = until
    times.move_to_end(name)
    if len(times) > KNOWN:
        times.popitem(last=False)
