"""How far from the car help was sent: at arrival, for every truck that came, by who had told the place. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from gateway.finding import Place
from scenarios.score.ledger_facts import CaseFacts
from scenarios.world.ground_truth import Fault
from scenarios.world.town import Point, metres

EXACT_M = 25.0
"""A fix of this accuracy or better says where a car stands; a vaguer one says where to look."""


class Teller(StrEnum):
    """Who had told the place a truck was sent to."""

    RESTING_FIX = "device, at rest, within 25 m"
    OTHER_FIX = "device, driving or vaguer"
    PHONE = "phone"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class LocationError:
    """One truck that arrived."""

    case: str
    told_by: Teller
    metres: float
    """From where it was sent last to where the car stood when it arrived."""


def location_errors(truth: Iterable[tuple[Fault, list[CaseFacts]]]) -> list[LocationError]:
    """Return those of every case to which a truck came; where nobody came there is nothing to be wrong about."""
    return list(_errors(truth))


def by_source(errors: Iterable[LocationError]) -> dict[str, list[float]]:
    """Return the metres by who told the place, and ``all`` of them."""
    found: dict[str, list[float]] = {name: [] for name in (*Teller, "all")}
    for error in errors:
        found[error.told_by].append(error.metres)
        found["all"].append(error.metres)
    return found


def told_by(place: Place) -> Teller:
    """Tell whose word a place is."""
    if place.source == "customer":
        return Teller.CUSTOMER
    if place.source == "phone":
        return Teller.PHONE
    exact = not place.moving and place.accuracy_m <= EXACT_M
    return Teller.RESTING_FIX if exact else Teller.OTHER_FIX


def _errors(truth: Iterable[tuple[Fault, list[CaseFacts]]]) -> Iterator[LocationError]:
    for fault, cases in truth:
        there = Point(fault.latitude, fault.longitude)
        for case in cases:
            sent_to = case.arrived_for
            if sent_to is not None and case.arrivals:
                off = metres(Point(sent_to.latitude, sent_to.longitude), there)
                yield LocationError(case.case, told_by(sent_to), off)
