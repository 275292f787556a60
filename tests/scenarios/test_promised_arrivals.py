"""Arrivals that were promised, held against those that were."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from dispatch.core.actions import AdoptTow, MoveTow, ReassignTow, RenewEta, SendTow
from dispatch.core.eta_interval import LEAST_S, eta_interval
from gateway.finding import Place, TruckReport
from scenarios.score.promised_arrivals import Expected, PromisedArrival, bias, p90_error

PLACE = Place(57.7, 11.97, 10.0, 0.0, "satellite")
JOB = ("tow", PLACE, "battery_12v", 900.0)
HOW: dict[str, Any] = {"skills": ("tow",), "provenance": "simulated", "job": "c/tow"}
NOWHERE = (None, None, None)


def sent(truck: str = "t-1", eta: float = 600.0) -> SendTow:
    """The first offer."""
    return SendTow("c", "c/tow", truck, *JOB, eta, "simulated", *NOWHERE)


def said(truck: str, state: Literal["accepted", "arrived"]) -> TruckReport:
    """What a truck says of the job."""
    return TruckReport(f"{truck}/{state}", truck, PLACE, on_duty=True, **HOW, job_state=state)


def test_what_a_truck_promised_with_its_yes_is_held_against_its_arrival() -> None:
    """From its yes to its being there."""
    case = Expected()
    case.offer(sent())
    assert case.report(said("t-1", "accepted"), 100.0) is None
    assert case.report(said("t-1", "arrived"), 650.0) == PromisedArrival(500.0, 550.0)
    assert case.report(said("t-1", "arrived"), 660.0) is None  # said twice, counted once


def test_what_is_renewed_with_the_yes_is_promised_and_what_is_renewed_later_is_not() -> None:
    """One decision, one promise."""
    case = Expected()
    case.offer(sent())
    case.report(said("t-1", "accepted"), 100.0)
    case.renew(RenewEta("c", "c/tow", "t-1", 1, 900.0, "simulated"), 100.0)
    case.renew(RenewEta("c", "c/tow", "t-1", 2, 2_000.0, "simulated"), 300.0)
    assert case.report(said("t-1", "arrived"), 1_100.0) == PromisedArrival(800.0, 1_000.0)


@pytest.mark.parametrize(("metres", "promised_s"), [(20.0, 500.0), (900.0, 700.0)])
def test_who_is_sent_elsewhere_promises_anew(metres: float, promised_s: float) -> None:
    """A few metres are nothing to a customer."""
    case = Expected()
    case.offer(sent())
    case.report(said("t-1", "accepted"), 100.0)
    case.move(MoveTow("c", "c/tow", "t-1", 1, PLACE, "", "battery_12v", 900.0, 900.0, metres, "simulated"), 200.0)
    kept = case.report(said("t-1", "arrived"), 900.0)
    assert kept is not None
    assert kept.promised_s == promised_s


def test_a_truck_that_did_not_promise_or_does_not_come_has_no_error() -> None:
    """Whoever kept no promise has broken none of arrival."""
    case = Expected()
    case.offer(sent())
    assert case.report(said("t-2", "accepted"), 50.0) is None  # nobody asked it
    case.report(said("t-1", "accepted"), 100.0)
    case.offer(ReassignTow("c", "c/tow", 2, "t-1", "t-2", *JOB, 800.0, "simulated", *NOWHERE))
    assert case.report(said("t-1", "arrived"), 650.0) is None
    case.adopt(AdoptTow("c", "c/tow", 3, "t-1", "t-2", "arrived", *JOB, 650.0, "simulated", *NOWHERE), 650.0)
    assert case.report(said("t-1", "arrived"), 660.0) is None


def test_bias_and_error_are_shares_of_what_was_promised() -> None:
    """Sooner and later make up for each other in the bias, not in the error."""
    kept = [PromisedArrival(100.0, 110.0), PromisedArrival(900.0, 890.0)]
    assert bias(kept) == 0.0
    assert p90_error([PromisedArrival(100.0, 110.0)]) == 0.1
    assert p90_error([PromisedArrival(0.0, 6.0)]) == 0.1  # around the corner
    assert bias([]) is None
    assert p90_error([]) is None


def test_an_interval_holds_the_arrival_and_begins_in_the_future() -> None:
    """Also of a truck that should be there already."""
    for drive_s in (-100.0, 0.0, 10.0, 600.0, 5_000.0):
        since, until = eta_interval(1_000.0 + drive_s, 1_000.0)
        assert 1_000.0 <= since <= max(1_000.0, 1_000.0 + drive_s) <= until
        assert until >= 1_000.0 + drive_s + LEAST_S - 0.1
