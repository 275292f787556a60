"""Who is there, over a link that has no last will: a device that is neither connected nor heard advertising is gone. No radio here.

What a broker does with a last will is done here by the clock: the device's own word that it is online is taken back, and
given again when it returns. Times are seconds of a clock that does not go back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

GONE_AFTER_S = 90.0


@dataclass(slots=True)
class _Seen:
    boot: int
    address: str
    at: float
    online: bool = True


@dataclass(slots=True)
class Presence:
    """Knows devices by their proved names."""

    gone_after_s: float = GONE_AFTER_S
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _device_at: dict[str, str] = field(default_factory=dict)

    def stated(self, device: str, address: str, boot: int, now: float) -> None:
        """A device said that it is online, in this boot."""
        self._seen[device] = _Seen(boot, address, now)
        self._device_at[address] = device

    def heard(self, device: str, now: float) -> int | None:
        """A device is connected; return its boot where it was said to be gone, and is not any more."""
        seen = self._seen.get(device)
        if seen is None:
            return None
        seen.at = now
        back, seen.online = not seen.online, True
        return seen.boot if back else None

    def advertised(self, address: str, now: float) -> None:
        """Somebody advertises. It may be anybody under that address: it only puts off the word that a device is gone."""
        device = self._device_at.get(address)
        if device is not None and self._seen[device].online:
            self._seen[device].at = now

    def gone(self, now: float) -> list[tuple[str, int]]:
        """Return devices that were not heard for so long, each once, with their boots."""
        found = [one for one, seen in self._seen.items() if seen.online and now - seen.at >= self.gone_after_s]
        for device in found:
            self._seen[device].online = False
        return [(device, self._seen[device].boot) for device in found]
