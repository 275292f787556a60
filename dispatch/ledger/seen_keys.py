"""Which keys stand in the ledger already: the latest by heart, older ones asked of whoever keeps the ledger. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

BY_HEART = 100_000
"""So many keys are known at least without asking, some tens of megabytes; a repeat mostly comes soon."""


class Keys:
    """The keys of inputs and actions. ``kept`` tells of an older one whether it stands in the ledger.

    Those just added are known before they are stored: two generations of ``BY_HEART``, the older forgotten as a whole.
    """

    def __init__(self, known: Iterable[str] = (), kept: Callable[[str], bool] | None = None) -> None:
        self._young: set[str] = set(known)
        self._old: set[str] = set()
        self._kept = kept
        self._forgot = kept is not None
        """Something may be known that is not known by heart."""

    def add(self, key: str) -> None:
        """Note a key."""
        if len(self._young) >= BY_HEART:
            self._young, self._old, self._forgot = set(), self._young, True
        self._young.add(key)

    def lately(self, key: str) -> bool:
        """Tell whether a key is known by heart."""
        return key in self._young or key in self._old

    def __contains__(self, key: str) -> bool:
        """Tell whether a key stands in the ledger or is about to."""
        return self.lately(key) or (self._forgot and self._kept is not None and self._kept(key))
