"""How much one sender may ask of us: messages and refusals, by token buckets, and what one message may cost. Pure.

A vendor and each of its devices have their own bucket. A sender that is over is *thinned*: of what it sends only so much is
looked at, and the rest is refused (``over-budget``). It is told once in a while, and that it is thinned is written down as an
input. What piles up while nobody could be heard is no flood: buckets fill for as long as that lasts.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
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
        self._more, self._more_until = 0.0, 0.0
        """What a bucket that is new until then holds beside its ``burst``."""

    def take(self, name: str, now: float, amount: float = 1.0) -> bool:
        """Take from a bucket; ``False``: there is not so much in it."""
        bucket = self._filled(name, now)
        if bucket[0] < amount:
            return False
        bucket[0] -= amount
        return True

    def level(self, name: str, now: float) -> float:
        """Return how much is in a bucket."""
        return self._filled(name, now)[0]

    def fill(self, seconds: float, now: float) -> None:
        """Add to every bucket what it would have gained in so many seconds, over its brim if need be."""
        self._more, self._more_until = seconds * self._rate, now + seconds + WINDOW_S
        for bucket in self._levels.values():
            bucket[0] += self._more

    def _filled(self, name: str, now: float) -> list[float]:
        """Return a bucket as it is now. What it gained while it was over its brim is lost, and nothing else."""
        bucket = self._levels.get(name)
        if bucket is None:
            return self._new(name, now)
        level, since = bucket
        if now > since:
            bucket[1] = now
            if level < self._burst:
                bucket[0] = min(self._burst, level + (now - since) * self._rate)
        return bucket

    def _new(self, name: str, now: float) -> list[float]:
        if len(self._levels) >= KNOWN:
            del self._levels[next(iter(self._levels))]
        bucket = self._levels[name] = [self._burst + (self._more if now < self._more_until else 0.0), now]
        return bucket


@dataclass(slots=True)
class SenderBudgets:
    """The buckets of all senders. Times are POSIX seconds of the service's clock."""

    limits: Limits = field(default_factory=Limits)
    vendors: Callable[[], int] = lambda: 1
    """How many there are."""
    knows: Callable[[str], bool] = lambda _device: True
    """Is it a device and no name that somebody made up?"""
    _devices: Buckets = field(init=False)
    _vendors: Buckets = field(init=False)
    _refusals: Buckets = field(default_factory=lambda: Buckets(REFUSALS_RATE, REFUSALS_BURST))
    _all_refusals: Buckets = field(default_factory=lambda: Buckets(ALL_REFUSALS_RATE, ALL_REFUSALS_BURST))
    _calm: Buckets = field(default_factory=lambda: Buckets(CALM_RATE, CALM_BURST))
    _thinned: OrderedDict[str, float] = field(default_factory=OrderedDict)
    """Device whose message cost too much → until when."""
    _slow: Buckets = field(default_factory=lambda: Buckets(THINNED_RATE, THINNED_BURST))
    _told: OrderedDict[str, float] = field(default_factory=OrderedDict)
    """Sender → until when it need not be told again."""
    _heard: dict[str, float] = field(default_factory=dict)
    """The vendors of the last minutes."""
    _waiting: Counter[str] = field(default_factory=Counter)
    """Messages that were admitted and not looked at yet, by vendor."""
    _waiting_bytes: Counter[str] = field(default_factory=Counter)
    """What they have together."""

    def __post_init__(self) -> None:
        """Make the buckets of the limits that are set."""
        self._devices = Buckets(self.limits.device_rate, self.limits.device_rate * DEVICE_BURST_S)
        self._vendors = Buckets(self.limits.vendor_rate, self.limits.vendor_rate * VENDOR_BURST_S)

    def admit(self, device: str, now: float, size: int = 0) -> Over | None:
        """Take a message of ``size`` bytes into account; where that is too much, return whose budget it is over."""
        vendor = device.partition("/")[0]
        self._note(vendor, now)
        if self.limits.vendor_rate and not self._vendors.take(vendor, now):
            return self._over(vendor, Why.MESSAGES, now)
        if self.limits.device_rate and not self._devices.take(device, now):
            return self._over(device, Why.MESSAGES, now)
        if self._thinned and self._is_thinned(device, now):
            return self._over(device, Why.PROCESSOR, now)
        if self._has_no_room(device, size, now):
            return self._over(vendor, Why.WAITING, now)
        self._waiting[vendor] += 1
        self._waiting_bytes[vendor] += size
        return None

    def done(self, device: str, size: int = 0) -> None:
        """Note that a message which was admitted waits no more."""
        vendor = device.partition("/")[0]
        self._waiting[vendor] -= 1
        self._waiting_bytes[vendor] -= size
        if not self._waiting[vendor]:
            del self._waiting[vendor], self._waiting_bytes[vendor]

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
        """What waited meanwhile was sent in that time."""
        for buckets in (self._devices, self._vendors, self._calm):
            buckets.fill(max(0.0, seconds), now)

    def _has_no_room(self, device: str, size: int, now: float) -> bool:
        vendor, is_calm = device.partition("/")[0], self._calm.take(device, now)
        fits = self._waiting_bytes[vendor] + size <= WAITING_BYTES
        if (fits and self._waiting[vendor] * max(2, len(self._heard)) < WAITING) or self._is_in_credit(vendor, now):
            return False
        if not fits:
            return True
        return self._waiting[vendor] >= self._share() and not (is_calm and self.knows(device))

    def _share(self) -> float:
        """Return how many messages of one vendor may wait. One that has the house to itself waits for nobody but itself."""
        others_may_come = len(self._heard) > 1 or self.vendors() > 1
        return WAITING / max(2, len(self._heard)) if others_may_come else inf

    def _is_in_credit(self, vendor: str, now: float) -> bool:
        """Tell whether it still sends what piled up while nobody could be heard."""
        return self._vendors.level(vendor, now) > self.limits.vendor_rate * VENDOR_BURST_S

    def _note(self, vendor: str, now: float) -> None:
        if vendor not in self._heard:
            self._heard = {name: at for name, at in self._heard.items() if at > now - OTHERS_WITHIN_S}
        if len(self._heard) < KNOWN:
            self._heard[vendor] = now

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
