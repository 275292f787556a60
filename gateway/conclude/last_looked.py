"""What the last diagnosis of each device was made from: the same again says the same. Pure."""

from __future__ import annotations

MOST = 50_000
"""So many devices are remembered: those diagnosed last. Of one that is forgotten a diagnosis is made once more."""


class LastLooked:
    """Remembers what was looked at, for as many devices as may be diagnosed at a time."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._looked: dict[str, object] = {}
        """By device, the one diagnosed last at the end."""

    def is_news(self, device: str, looked: object) -> bool:
        """Tell whether a device is diagnosed from something else than the last time, and remember it."""
        before = self._looked.pop(device, None)
        self._looked[device] = looked
        if len(self._looked) > self._most:
            del self._looked[next(iter(self._looked))]
        return looked != before

    def __len__(self) -> int:
        """Of how many devices it knows."""
        return len(self._looked)
