"""Who gives wrong passwords has to wait, longer each time. Counted before it is looked at, so a burst is no way round. Pure.

Three things are counted: a name from one address; an address, whatever names it tries; and a name from all addresses where it
never logged in. So a stranger who guesses keeps other strangers out, and never the owner where the owner has been before.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

FREE = 5
"""So many wrong ones are forgiven, of a name from one address."""
FREE_OF_STRANGERS = 20
"""Of a name, from all addresses where it never logged in."""
FREE_OF_AN_ADDRESS = 20
"""From an address, behind which a whole office may sit."""
FIRST_WAIT_S = 60.0
LONGEST_WAIT_S = 3_600.0
FORGOTTEN_AFTER_S = 86_400.0
MOST = 10_000
"""Names and addresses that are remembered: what strangers write must not fill the memory."""


@dataclass(slots=True)
class _Failures:
    count: int
    last: float


class Lockout:
    """``now`` is POSIX seconds."""

    def __init__(self, free: int = FREE) -> None:
        self._free = free
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait_s(self, who: str, now: float) -> float:
        """Return how long they still have to wait; 0: they may try."""
        found = self._failures.get(who)
        over = 0 if found is None else found.count - self._free
        if found is None or over < 0:
            return 0.0
        wait = min(FIRST_WAIT_S * 2.0 ** min(over, 10), LONGEST_WAIT_S)
        return max(0.0, found.last + wait - now)

    def count(self, who: str, now: float, times: int = 1) -> int:
        """Count a try as a wrong one; return how many there are."""
        found = self._failures.pop(who, None)
        if found is None or now - found.last > FORGOTTEN_AFTER_S:
            found = _Failures(0, now)
        found.count, found.last = found.count + times, now
        self._failures[who] = found
        if len(self._failures) > MOST:
            self._failures.popitem(last=False)
        return found.count

    def take_back(self, who: str) -> None:
        """One that was counted was none."""
        found = self._failures.get(who)
        if found is not None:
            found.count -= 1

    def passed(self, who: str) -> None:
        """Forget it all: they knew it."""
        self._failures.pop(who, None)


@dataclass(frozen=True, slots=True)
class Guess:
    """A try: for which name, from where."""

    name: str
    address: str
    """As ``network_of`` has it."""
    has_account: bool
    """Is there such a name?"""
    familiar: bool
    """Did this name log in from there before?"""

    @property
    def pair(self) -> str:
        """The name at this address."""
        return f"{self.address} {self.name}"


class Guesses:
    """Counts tries. What is counted of accounts from strange addresses, the account keeps beyond a restart."""

    def __init__(self) -> None:
        self._pairs, self._addresses = Lockout(), Lockout(FREE_OF_AN_ADDRESS)
        self._accounts, self._made_up = Lockout(FREE_OF_STRANGERS), Lockout(FREE_OF_STRANGERS)
        """Apart: names that do not exist push no account's count out of the memory."""

    def restore(self, name: str, count: int, last: float) -> None:
        """Take up what an account kept."""
        if count:
            self._accounts.count(name, last, count)

    def begin(self, guess: Guess, now: float) -> float:
        """Count a try, before anything is looked at; return how long they have to wait instead, in seconds, or 0."""
        counted = list(self._counts(guess))
        wait = max(lockout.wait_s(who, now) for lockout, who in counted)
        if wait <= 0:
            for lockout, who in counted:
                lockout.count(who, now)
        return wait

    def take_back(self, guess: Guess) -> None:
        """Nothing was looked at after all."""
        for lockout, who in self._counts(guess):
            lockout.take_back(who)

    def was_right(self, guess: Guess) -> None:
        """They knew it. Others' tries from the same address stay counted."""
        for lockout, who in self._counts(guess):
            if lockout is self._addresses:
                lockout.take_back(who)
            else:
                lockout.passed(who)

    def _counts(self, guess: Guess) -> list[tuple[Lockout, str]]:
        """Return where a try counts, and under which name."""
        counted = [(self._pairs, guess.pair), (self._addresses, guess.address)]
        strangers = self._accounts if guess.has_account else self._made_up
        return counted if guess.familiar else [*counted, (strangers, guess.name)]


def network_of(address: str) -> str:
    """Return what is counted of an address: itself, or the network of an IPv6 one, of which one house has many."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
    return str(found)


def place_of(name: str, network: str) -> str:
    """Return what an account keeps of where it logged in: not the address itself."""
    return hashlib.sha256(f"{name} {network}".encode()).hexdigest()[:24]
