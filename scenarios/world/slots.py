"""A workshop's book: which cars it has room for, and when the next one may come."""

from __future__ import annotations

from collections.abc import Iterable

from scenarios.story.hours import Span


class Slots:
    """One workshop with room for ``places`` cars at once. All times POSIX seconds."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken: list[Span] = []

    def first_free(self, earliest: float, lasts: float, latest: float, opened: Iterable[Span]) -> float | None:
        """Return when a car may come that stays for ``lasts``; ``None`` where there is no room until ``latest``.

        ``opened``: when cars are taken in; one may stay beyond it.
        """
        hours = list(opened)
        begins = {earliest, *(begin for begin, _ in hours), *(end for _, end in self._taken)}
        fits = (at for at in sorted(begins) if earliest <= at <= latest and _within(hours, at))
        return next((at for at in fits if self._room(at, at + lasts)), None)

    def take(self, at: float, lasts: float) -> None:
        """Write a car into the book."""
        self._taken.append((at, at + lasts))

    def give_back(self, at: float, lasts: float) -> None:
        """Strike a car out again."""
        self._taken.remove((at, at + lasts))

    def _room(self, begin: float, end: float) -> bool:
        """Is there a place throughout? Nothing grows fuller but where another car comes."""
        moments = [begin, *(since for since, _ in self._taken if begin < since < end)]
        return all(sum(since <= at < until for since, until in self._taken) < self._places for at in moments)


def _within(hours: list[Span], at: float) -> bool:
    return any(begin <= at < end for begin, end in hours)
