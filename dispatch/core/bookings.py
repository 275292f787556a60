"""Workshops: a slot for the car at the nearest that takes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dispatch.core.actions import Action, BookWorkshop
from dispatch.core.case import Case, Request
from dispatch.core.distance import Point, between, least, metres
from dispatch.core.grid import Grid, cell_of
from dispatch.core.ids import booking_id
from dispatch.core.policy import Policy
from dispatch.core.timers import About, Alarms
from gateway.finding import Place, Provenance

FARTHER_M = 5_000.0
"""A workshop that is farther than the nearest by more than this is left for that one [fit]."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """A workshop that takes bookings."""

    workshop: str
    latitude: float
    longitude: float
    provenance: Provenance

    @property
    def point(self) -> Point:
        """Where it is."""
        return self.latitude, self.longitude


class Bookings:
    """The workshops, and the slots asked of them."""

    def __init__(self, policy: Policy, alarms: Alarms) -> None:
        self._policy = policy
        self._alarms = alarms
        self.workshops: dict[str, Workshop] = {}
        self._grid: Grid[Workshop] = Grid()

    def opens(self, shop: Workshop) -> None:
        """Know a workshop from now on."""
        known = self.workshops.get(shop.workshop)
        if known is not None:
            self._grid.take(cell_of(known.point), known.workshop)
        self.workshops[shop.workshop] = shop
        self._grid.put(cell_of(shop.point), shop.workshop, shop)

    def stand(self, workshops: Iterable[Workshop]) -> None:
        """Take up an earlier standing."""
        self.workshops, self._grid = {}, Grid()
        for shop in workshops:
            self.opens(shop)

    def named(self, workshop: str) -> Workshop | None:
        """Return the workshop of a name."""
        return self.workshops.get(workshop)

    def nearest(self, place: Place | None, provenance: Provenance, asked: list[str]) -> Workshop | None:
        """Return the nearest workshop of this provenance that was not asked yet."""

        def able(shop: Workshop) -> bool:
            return shop.provenance == provenance and shop.workshop not in asked

        if place is None:
            return next(filter(able, self.workshops.values()), None)
        here = (place.latitude, place.longitude)
        near = self._grid.nearest(here, self._policy.geodesics, able)
        found = least([between(shop.point, here) for shop in near], lambda number: metres(near[number].point, here))
        return None if found is None else near[found]

    def is_outdated(self, case: Case, booking: Request) -> bool:
        """Tell whether a workshop was asked for a car that comes too late for its slot, or that stands by another one now."""
        shop = self.workshops.get(booking.partner or "")
        if shop is None or case.place is None or booking.too_late or (booking.settled and booking.at is None):
            return False
        if booking.at is not None and case.eta is not None and case.eta + case.remedy.on_scene_s > booking.at:
            return True
        nearest, here = self.nearest(case.place, shop.provenance, []), (case.place.latitude, case.place.longitude)
        if nearest is None or nearest.workshop == shop.workshop:
            return False
        return metres(shop.point, here) - metres(nearest.point, here) > FARTHER_M

    def book(self, case: Case, now: float, *, again: bool = False, after: float = 0.0) -> Iterator[Action]:
        """Ask the nearest workshop that was not asked yet; with nobody left to ask, the booking is settled without a slot.

        ``again``: what those said who were asked before was said of another place or hour. Where no workshop is open at
        all there is no booking: nobody was asked, and no row tells of it. ``after``: no sooner than this, POSIX seconds.
        """
        asked = [] if again or case.booking is None else case.booking.asked
        shop = self.nearest(case.place, case.finding.provenance, asked)
        if shop is None:
            if case.booking is not None:
                case.booking.settled = True
            return
        booking = case.booking = case.booking or Request()
        remedy = case.remedy
        booking.attempt += 1
        booking.partner = shop.workshop
        booking.asked.append(shop.workshop)
        self._alarms.set(now + self._policy.answer_timeout_s, About.BOOKING, case.case, booking.attempt)
        there = case.eta if case.eta is not None else now + self._policy.due_s
        yield BookWorkshop(
            case.case,
            booking_id(case.case),
            booking.attempt,
            shop.workshop,
            max(there + remedy.on_scene_s, after),
            remedy.workshop_s,
            case.finding.part,
            case.finding.provenance,
        )
