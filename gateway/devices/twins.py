"""The twins that are at hand: all of them in a small fleet, the lately heard ones of a large one. Pure.

Two generations: when the young one is full, it becomes the old one, and who was not heard since is left to the store. A twin
that was changed is held until it is written with a batch, which is stored long before ``MOST`` others were heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from gateway.devices.twin import Twin

MOST = 50_000
"""Of each generation; a twin takes 5 to 10 kB."""


class Twins(Mapping[str, Twin]):
    """Device → twin. ``kept`` returns the twin of one device that is not at hand, where the store has one."""

    def __init__(
        self, twins: Iterable[Twin] = (), kept: Callable[[str], Twin | None] | None = None, most: int = MOST
    ) -> None:
        self._young = {twin.device: twin for twin in twins}
        self._old: dict[str, Twin] = {}
        self._nowhere: set[str] = set()
        """Devices that the store was just asked for in vain."""
        self._kept = kept
        self.most = most
        """How many are at hand of each generation."""
        self._held: dict[str, Twin] = {}
        """Those that the store does not have as they are."""
        self.changes = 0
        """How often a device's twin became another one or was let go of: what ``has`` told before may hold no more."""
        self._late: dict[str, Callable[[], None]] = {}
        """Device → what puts the latest that was heard of it into its twin."""

    @property
    def whole(self) -> bool:
        """Is every twin there is at hand?"""
        return self._kept is None

    def missing(self, devices: Iterable[str]) -> list[str]:
        """Return which of them are not at hand, each once."""
        return [one for one in dict.fromkeys(devices) if not self.is_at_hand(one)]

    def is_at_hand(self, device: str) -> bool:
        """Tell whether a device's twin can be had without asking the store."""
        return device in self._young or device in self._old or device in self._held

    def bring(self, devices: Iterable[str], found: Iterable[Twin]) -> None:
        """Take what the store has of ``devices``; of the others it is known now that it has nothing."""
        self._nowhere = set(devices)
        for twin in found:
            self[twin.device] = twin

    def get(self, device: str, default: Twin | None = None) -> Twin | None:  # type: ignore[override]
        """Return a device's twin; ``default``: it was never heard."""
        if device in self._late:
            self.settle(device)
        twin = self._young.get(device)
        if twin is not None:
            return twin
        twin = self._old.get(device) or self._held.get(device)
        if twin is None and self._kept is not None and device not in self._nowhere:
            twin = self._kept(device)
        if twin is None:
            return default
        self[device] = twin
        return twin

    def hold(self, twin: Twin) -> None:
        """Keep a twin at hand, however many others are heard."""
        self._held[twin.device] = twin

    def release(self, device: str) -> None:
        """The store has the device's twin as it is."""
        self._held.pop(device, None)

    def has(self, device: str, twin: Twin) -> bool:
        """Tell whether this is the twin of a device, lately heard."""
        return self._young.get(device) is twin

    def later(self, device: str, put: Callable[[], None]) -> None:
        """Have ``put`` called before anybody looks at a device's twin: what it said last is not in it yet."""
        self._late[device] = put

    def settle(self, device: str) -> None:
        """Put what a device said last into its twin."""
        put = self._late.pop(device, None)
        if put is not None:
            put()

    def at_hand(self, device: str) -> Twin | None:
        """Return a device's twin where it is at hand, without asking the store."""
        self.settle(device)
        return self._young.get(device) or self._old.get(device) or self._held.get(device)

    def __getitem__(self, device: str) -> Twin:
        twin = self.get(device)
        if twin is None:
            raise KeyError(device)
        return twin

    def __setitem__(self, device: str, twin: Twin) -> None:
        if self._kept is not None and len(self._young) >= self.most and device not in self._young:
            self._young, self._old = {}, self._young
            self.changes += 1
        if self._young.get(device, twin) is not twin:
            self.changes += 1
        self._young[device] = twin
        self._nowhere.discard(device)

    def forget(self, device: str) -> None:
        """Let go of a device that will not speak again."""
        self.changes += 1
        self._late.pop(device, None)
        self._held.pop(device, None)
        self._young.pop(device, None)
        self._old.pop(device, None)

    def __iter__(self) -> Iterator[str]:
        yield from self._young
        yield from (device for device in self._old if device not in self._young)

    def __len__(self) -> int:
        return len(self._young) + sum(device not in self._young for device in self._old)
