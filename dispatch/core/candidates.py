"""Whom a dispatcher may send to a case: trucks with way and arrival, the best first, and contractors. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from dispatch.core.case import Case
from dispatch.core.distance import Point, metres
from dispatch.core.events import SupplierOpened
from dispatch.core.free_trucks import Truck
from dispatch.core.ids import case_of_tow
from dispatch.core.policy import Policy
from dispatch.core.transitions import HelpState

TruckState = Literal["sent", "free", "busy", "declined", "unable", "off_duty"]
_ORDER: list[TruckState] = ["sent", "free", "busy", "declined", "unable", "off_duty"]
MOST = 50
"""So many are told of."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A truck that could be sent, or why it cannot. Of one that is busy: from where and when it will be free."""

    truck: str
    state: TruckState
    metres: float
    """The way, as the house reckons it."""
    eta: float
    """When it could be there, POSIX seconds."""
    skills: tuple[str, ...]
    off_roads: str | None = None
    """Why its drive is a guess: it, or the case, is off the roads that arrivals are reckoned by."""


@dataclass(frozen=True, slots=True)
class Contractor:
    """A partner that tows."""

    contractor: str
    state: Literal["free", "asked", "comes", "declined"]
    metres: float | None
    """As the crow flies; ``None``: the place of the case is not known."""


@dataclass(frozen=True, slots=True)
class Yard:
    """The trucks, what they are busy with, and how long they drive."""

    trucks: Iterable[Truck]
    cases: Mapping[str, Case]
    policy: Policy

    def candidates(self, case: Case, now: float) -> list[Candidate]:
        """Return the trucks of the case's own world: those that can go by arrival, then why the others cannot."""
        place = case.place
        if place is None:
            return []
        here = (place.latitude, place.longitude)
        alike = [truck for truck in self.trucks if truck.provenance == case.finding.provenance]
        found = [self._candidate(case, truck, here, now) for truck in alike]
        return sorted(found, key=lambda one: (_rank(one), one.eta, one.truck))[:MOST]

    def _candidate(self, case: Case, truck: Truck, here: Point, now: float) -> Candidate:
        start, free_at = truck.point, now
        if truck.tow not in {None, case.tow}:
            start, free_at = self._when_through(truck, now)
        leg = self.policy.travel.leg(start, here, free_at)
        eta = round(free_at + leg.seconds, 1)
        off_roads = self.policy.travel.why_not(start, here)
        return Candidate(truck.truck, _state(case, truck), round(leg.metres), eta, truck.skills, off_roads)

    def _when_through(self, truck: Truck, now: float) -> tuple[Point, float]:
        """Return where and when a truck will be through with the job it has; a tow to a workshop is not reckoned in."""
        other = self.cases.get(case_of_tow(truck.tow or ""))
        if other is None or other.place is None:
            return truck.point, now
        there = (other.place.latitude, other.place.longitude)
        arrives = now if other.help is HelpState.ON_SCENE else max(now, other.eta or now)
        return there, arrives + other.remedy.on_scene_s


def _rank(one: Candidate) -> int:
    return 0 if one.state in {"sent", "free"} else _ORDER.index(one.state)


def _state(case: Case, truck: Truck) -> TruckState:
    if not truck.can(case.skill, case.load):
        return "unable"
    if not truck.on_duty:
        return "off_duty"
    if truck.tow == case.tow and truck.truck == case.truck:
        return "sent"
    if truck.tow is not None:
        return "busy"
    return "declined" if truck.truck in case.declined | case.refused else "free"


def contractors(case: Case, suppliers: Iterable[SupplierOpened]) -> list[Contractor]:
    """Return the partners that tow, who can be asked first, the nearest of them first."""
    able = [one for one in suppliers if "tow" in one.serves and one.provenance == case.finding.provenance]
    found = [Contractor(one.supplier, _said(case, one.supplier), _off(case, one)) for one in able]
    return sorted(found, key=lambda one: (one.state == "declined", one.metres or 0.0, one.contractor))


def _said(case: Case, name: str) -> Literal["free", "asked", "comes", "declined"]:
    order = case.order
    if order is None or name not in order.asked:
        return "free"
    if order.partner != name:
        return "declined"
    return "asked" if not order.settled else "comes" if order.at is not None else "declined"


def _off(case: Case, one: SupplierOpened) -> float | None:
    place = case.place
    return None if place is None else round(metres((place.latitude, place.longitude), (one.latitude, one.longitude)))
