"""What is known of each open case, truck and call, as the page gets it: nothing in it changes by time passing alone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import atan2, cos, degrees, radians
from typing import Any

from dispatch.core.acts import OfCase
from dispatch.core.policy import Policy
from dispatch.ledger.rows import Row, read
from dispatch.views.case_view import CallView, CaseView, HelpView, RequestView, TruckView
from dispatch.views.casebook import Casebook
from dispatch.views.waiting_calls import hazard_of
from gateway.finding import Drive, Grade, Help, Place

Fact = dict[str, Any]
Facts = dict[str, Fact]
"""Name → what is known of it."""
NameOf = Callable[[str], str]
"""Returns a customer's name; the id where it is not known."""
DIGITS = 5
"""Of degrees: a metre."""
TRUCK = frozenset({Help.ROADSIDE, Help.TOW})
TURNS_M = 15.0
"""A truck that moved less is where it was, and looks where it looked."""
IN_HAND = frozenset({"queued", "assigned", "connected"})


def case_facts(case: CaseView, rows: Sequence[Row], policy: Policy, name_of: NameOf) -> Fact:
    """Return what is known of a case; ``rows``: its own. Hours in POSIX seconds."""
    finding = case.finding
    return care_facts(case, rows, policy) | {
        "name": finding.name,
        "severity": finding.severity.rank,
        "sure": round(finding.probability, 2),
        "ask": finding.grade is Grade.ASK,
        "stop": finding.drive is Drive.STOP_NOW,
        "skill": finding.remedy.skill,
        "needs": str(finding.remedy.help),
        "domain": str(finding.domain),
        "truck_job": finding.remedy.help in TRUCK or case.help is not None,
        "asks_first": case.asks_first,
        "asks_where": case.open_question,
        "device": case.device,
        "customer": case.customer,
        "who": name_of(case.customer),
        "near": case.near,
        "place": place_facts(case.place),
        "doubt": place_facts(case.overruled),
        "opened": case.opened_at,
        "due": case.opened_at + policy.due_s,
        "on_scene_s": finding.remedy.on_scene_s,
        "contact": str(case.contact),
        "contact_at": case.contact_at,
        "rang_in": len(case.rang_in),
        "help": help_facts(case.help),
        "booking": request_facts(case.booking),
        "order": request_facts(case.order),
        "escalated": list(case.escalated),
        "before": list(case.before),
        "also": [one.name for one in case.also.values()],
        "recovered": case.recovered_at,
        "simulated": case.provenance == "simulated",
    }


def care_facts(case: CaseView, rows: Sequence[Row], policy: Policy) -> Fact:
    """Return what people did about a case: whose it is, who has seen it and when, and what can be taken back."""
    care, stood = case.care, case.care.stood
    last = care.last
    return {
        "version": case.version,
        "owner": stood.owner,
        "care": str(stood.state),
        "acknowledged_by": stood.acknowledged_by if care.is_seen else None,
        "acknowledged_at": acted_at(rows) if care.is_seen else None,
        "pinned": stood.pinned,
        "notes": [[one.at, one.by, one.text] for one in case.notes],
        "raised": [[one.at, one.reason, one.to] for one in case.escalations],
        "last_act": None
        if last is None
        else {"ref": last.ref, "what": last.what, "by": last.by, "undo_until": last.at + policy.undo_within_s},
    }


def acted_at(rows: Sequence[Row]) -> float | None:
    """Return when a person did something about a case last, POSIX seconds; ``None``: nobody did."""
    return next((row.at for row in reversed(rows) if isinstance(read(row), OfCase)), None)


def place_facts(place: Place | None) -> list[Any] | None:
    """Return latitude, longitude, accuracy in metres, the hour of the fix, and who took it; and whether it drove meanwhile."""
    if place is None:
        return None
    where = [round(place.latitude, DIGITS), round(place.longitude, DIGITS), round(place.accuracy_m)]
    return [*where, place.fix_time, place.source, place.moving]


def help_facts(help_: HelpView | None) -> Fact | None:
    """Return how it stands with the truck of a case; when the truck spoke last, it says itself."""
    if help_ is None:
        return None
    return {
        "state": help_.state,
        "truck": help_.truck,
        "eta": help_.eta,
        "promised": help_.promised_eta,
        "sent": help_.sent_at,
        "accepted": help_.accepted_at,
        "arrived": help_.arrived_at,
        "finished": help_.finished_at,
        "silent": bool(help_.silent_s),
        "tow_to": help_.tow_to,
        "attempts": help_.attempts,
    }


def request_facts(request: RequestView | None) -> Fact | None:
    """Return how it stands with a booking or an order."""
    if request is None:
        return None
    return {
        "partner": request.partner,
        "what": request.what,
        "state": request.state,
        "at": request.at,
        "attempt": request.attempt,
    }


def truck_facts(truck: TruckView, case: CaseView | None, before: Fact | None) -> Fact:
    """Return what is known of a truck, and where it looks; ``case``: which it is sent to, ``before``: what was known."""
    at = [round(truck.place.latitude, DIGITS), round(truck.place.longitude, DIGITS), round(truck.place.accuracy_m)]
    return {
        "at": at,
        "fix": truck.place.fix_time,
        "heard": truck.heard_at,
        "duty": truck.on_duty,
        "skills": list(truck.skills),
        "ends": truck.shift_end,
        "case": case.case if case is not None else None,
        "heading": _heading(before, at),
    }


def _heading(before: Fact | None, at: list[float]) -> int | None:
    """Return where a truck looks, degrees from north; as before where it did not move, ``None``: not known."""
    if before is None:
        return None
    north, east = _moved(before["at"], at)
    if north * north + east * east < TURNS_M**2:
        heading: int | None = before["heading"]
        return heading
    return round(degrees(atan2(east, north))) % 360


def _moved(start: list[float], end: list[float]) -> tuple[float, float]:
    """Return by how much one moved, metres to the north and to the east, near enough for a direction."""
    metre = radians(1) * 6_371_000
    return (end[0] - start[0]) * metre, (end[1] - start[1]) * metre * cos(radians(start[0]))


def call_facts(call: CallView, book: Casebook, name_of: NameOf) -> Fact:
    """Return what is known of a call that waits, or is spoken."""
    case, hazard = book.case_for(call), hazard_of(book, call)
    agent = book.agents.get(call.agent or "")
    return {
        "unseen": agent.unseen_since if agent is not None else None,
        "lost": call.reason == "agent_lost",
        "hazard": None if hazard is None else [hazard[0], hazard[1].median_s, hazard[1].sigma],
        "who": name_of(call.customer),
        "case": case.case if case is not None else None,
        "about": case.finding.name if case is not None else "",
        "inbound": call.direction == "inbound",
        "attempt": call.attempt,
        "priority": call.priority,
        "state": call.state,
        "agent": call.agent,
        "queued": call.queued_at,
        "not_before": call.not_before,
        "due": call.due,
        "connected": call.connected_at,
        "language": call.language,
    }


def bar_facts(case: CaseView, tow_s: float | None, unhook_s: float) -> Fact | None:
    """Return what a truck did for a case, as a bar of its day; ``None``: nothing. ``tow_s``: how long the tow takes."""
    help_ = case.help
    if help_ is None or (help_.state in {"declined", "cancelled"} and help_.finished_at is None):
        return None
    return {
        "truck": help_.truck,
        "name": case.finding.name,
        "severity": case.finding.severity.rank,
        "state": help_.state,
        "sent": help_.accepted_at or help_.sent_at,
        "eta": help_.eta,
        "arrived": help_.arrived_at,
        "finished": help_.finished_at,
        "tow_to": help_.tow_to,
        "on_scene_s": case.finding.remedy.on_scene_s,
        "tow_s": tow_s,
        "unhook_s": unhook_s,
    }
