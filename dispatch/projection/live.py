"""How everything stands now: read from the ledger and drawn once for all who watch, and what changed as bytes."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.core.policy import Policy
from dispatch.engine.clock import Clock
from dispatch.projection.devices import Devices
from dispatch.projection.drives import Drives
from dispatch.projection.follower import Follower
from dispatch.projection.names import CustomerNames
from dispatch.projection.surroundings import place_names, some_place, zone_of
from dispatch.projection.wire import packed
from dispatch.store.journal import Journal
from dispatch.views.capacity import capacity
from dispatch.views.case_view import CaseView
from dispatch.views.casebook import Casebook
from dispatch.views.picture.details import case_details
from dispatch.views.picture.facts import IN_HAND, Facts
from dispatch.views.picture.picture import Changes, Picture

RENAMED_EVERY_S = 30.0
"""What customers are called is looked at again so often."""
CAPACITY_EVERY_S = 5.0
SPOKE_WITHIN_S = 5.0
"""The process that decides says every second how it is."""
Said = dict[str, Any]


class LivePicture:
    """``tick`` about once a second; ``whole`` for whoever begins to watch. Raises ``JournalFailed``."""

    def __init__(self, journal: Journal, policy: Policy, clock: Clock) -> None:
        self.policy, self.clock = policy, clock
        self.devices = Devices(journal)
        self.names = CustomerNames(journal.customers)
        self.zone = policy.quiet.zone if policy.quiet is not None else "UTC"
        self.number = 0
        """Counts what was said."""
        self._life = secrets.token_hex(4)
        self._follower = Follower(journal)
        self._drives = Drives(policy)
        self._picture = Picture(policy, self.names.of, self._drives.way, self._drives.seconds)
        self._status: Said = {}
        self._spoke_at = time.monotonic()
        self._told: Said = {}
        self._alerts: list[str] = []
        self._capacity_at = -math.inf
        self._renamed_at = 0.0
        self._whole: bytes | None = None
        self._places: list[list[Any]] = []
        self._drawn = False

    @property
    def book(self) -> Casebook:
        """The cases as the ledger has them."""
        return self._follower.book

    @property
    def trucks(self) -> Facts:
        """The trucks as they were drawn last."""
        return self._picture.parts["trucks"]

    def note_status(self, status: Said) -> None:
        """Take what the process that decides says of itself, and how long it took to plan."""
        self._drawn &= not self._picture.note_times(_numbers(status.pop("replan_ms", None)))
        self._status, self._spoke_at = status, time.monotonic()

    def tick(self) -> bytes | None:
        """Read what was committed, and return what changed for all who watch; ``None``: nothing did."""
        count, erased = self._follower.catch_up()
        if erased:
            self.names.forget()
        self.devices.look(self.clock.now())
        self._look_at_capacity()
        changes = self._draw() if count or self._renames() or not self._drawn else {}
        besides = self._news(self._besides())
        if not changes and not besides:
            return None
        self.number += 1
        self._whole = None
        return packed(self._head() | changes | besides)

    def _look_at_capacity(self) -> None:
        """See once in a while what crossed a threshold: it does so by time passing, too."""
        if time.monotonic() - self._capacity_at >= CAPACITY_EVERY_S:
            self._capacity_at = time.monotonic()
            self._alerts = [one.said for one in capacity(self.book, self.policy, self.clock.now()).alerts]

    def beat(self) -> bytes:
        """Return what says that nothing changed, and what the hour is."""
        return packed(self._head())

    def whole(self) -> bytes:
        """Return all that is known, made once for all who begin to watch between two ticks."""
        if self._whole is None:
            self._whole = packed(
                self._head() | {"whole": True, "places": self._places} | self._picture.parts | self._told
            )
        return self._whole

    def details(self, name: str) -> Said | None:
        """Return all that is known of one case; ``None``: it is not at hand."""
        case = self.book.cases.get(name)
        return None if case is None else self.details_of(case, self.book, self.clock.now())

    def details_of(self, case: CaseView, book: Casebook, now: float) -> Said:
        """Return all that is known of a case of a casebook."""
        return case_details(case, book, self.names.customers, self.policy, zone=ZoneInfo(self.zone), now=now)

    def look_around(self) -> None:
        """Learn where all this is, once somebody said where they are. Takes a second. What is told next as a whole has it."""
        if not self.is_at_home:
            self.zone, self._places = zone_of(self.policy, self.book), place_names(self.book)
            self._told = self._told | {"zone": self.zone}
            self._whole = None

    @property
    def is_at_home(self) -> bool:
        """Is it known where all this is, or is there nothing yet to tell it by?"""
        return bool(self._places) or some_place(self.book) is None

    def _head(self) -> Said:
        rate = 1.0 / max(1e-9, self.clock.real_seconds(1.0))
        return {"n": self.number, "life": self._life, "now": round(self.clock.now(), 2), "rate": round(rate, 4)}

    def _draw(self) -> Changes:
        self._drives.book = self.book
        self.names.look(_customers(self.book), time.monotonic())
        self._drawn = True
        return self._picture.draw(self.book)

    def _renames(self) -> bool:
        """Is it time to look whether a customer has another name?"""
        now = time.monotonic()
        if now - self._renamed_at < RENAMED_EVERY_S:
            return False
        self._renamed_at = now
        return True

    def _besides(self) -> Said:
        silent, names = self.devices.silent()
        totals = self._picture.totals
        return {
            "totals": totals,
            "status": self._status,
            "deaf": time.monotonic() - self._spoke_at > SPOKE_WITHIN_S,
            "silent": {"count": silent, "latest": names, "devices": len(self.devices.seen)},
            "muted": [
                [one.device, one.until, one.by, one.reason, one.heard] for one in self.book.muted(self.clock.now())
            ],
            "alerts": self._alerts,
            "zone": self.zone,
            "targets": {
                "due_s": self.policy.due_s,
                "silent_s": self.policy.truck_silent_s,
                "plan": str(self.policy.plan),
            },
            "seq": self.book.last_seq,
            "row_at": self.book.last_at,
        }

    def _news(self, besides: Said) -> Said:
        """Return of these what is another than was told last."""
        found = {name: value for name, value in besides.items() if self._told.get(name) != value}
        self._told = besides
        return found


def _numbers(told: object) -> dict[str, float]:
    """Return what is told as numbers by name; nothing where it is none."""
    found = told if isinstance(told, dict) else {}
    return {str(name): float(value) for name, value in found.items() if isinstance(value, int | float)}


def _customers(book: Casebook) -> Iterable[str]:
    yield from (case.customer for case in book.open_cases())
    yield from (call.customer for call in book.calls.values() if call.state in IN_HAND)
