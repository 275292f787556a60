"""Which versions of the app fail at which page of which flow: what one customer cannot see, all together tell. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

WINDOW_S = 24 * 3600.0
"""What happened before is forgotten."""
NEEDS = 4
"""Customers of a version who must have been at a page before it says anything of the version [fit]."""
FAILS, TIMES = 0.3, 3.0
"""A version is to blame where such a share of its customers fail at a page, and so many times as many as of the others [fit]."""
MOST = 2_000
"""Versions and pages that are told apart; those of which nothing was heard for longest go first."""

MOST_VERSIONS = 64
"""Of one page."""


@dataclass(slots=True)
class _Page:
    """Who was at a page with one version, lately: device → when, and whether it failed without their doing."""

    seen: OrderedDict[str, tuple[float, bool]] = field(default_factory=OrderedDict)

    def note(self, device: str, at: float, *, failed: bool) -> None:
        before = self.seen.pop(device, (at, False))
        self.seen[device] = (at, failed or before[1])
        while self.seen and next(iter(self.seen.values()))[0] < at - WINDOW_S:
            self.seen.popitem(last=False)
        if len(self.seen) > MOST:
            self.seen.popitem(last=False)

    def counts(self, but: str) -> tuple[int, int]:
        """Return how many others were there, and how many of them failed."""
        others = [failed for device, (_, failed) in self.seen.items() if device != but]
        return len(others), sum(others)


class AppVersions:
    """Counts customers by flow, page and version. Hours in POSIX seconds, by our clock."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[str, str], dict[str, _Page]] = OrderedDict()

    def note(self, flow: str, page: str, version: str, device: str, at: float, *, failed: bool) -> None:
        """Note that somebody was at a page, and whether the app failed there in a way that is not theirs."""
        versions = self._pages.pop((flow, page), None) or {}
        self._pages[flow, page] = versions
        versions[version] = versions.pop(version) if version in versions else _Page()
        versions[version].note(device, at, failed=failed)
        if len(versions) > MOST_VERSIONS:
            del versions[next(iter(versions))]
        if len(self._pages) > MOST:
            self._pages.popitem(last=False)

    def is_to_blame(self, flow: str, page: str, version: str, device: str) -> bool:
        """Do many others with this version fail at the page, and few with another?"""
        versions = self._pages.get((flow, page), {})
        mine = versions.get(version)
        if mine is None:
            return False
        there, failed = mine.counts(device)
        if there < NEEDS or failed < FAILS * there:
            return False
        rest = [one.counts(device) for name, one in versions.items() if name != version]
        elsewhere, fails = sum(one for one, _ in rest), sum(one for _, one in rest)
        return elsewhere == 0 or failed / there >= TIMES * fails / elsewhere
