"""Paths that only read: cases, the queue, totals, positions, refusals, the ledger, health."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.access.roles import Reach
from dispatch.ledger.rows import Kind, Row, read, readable
from dispatch.store.journal import Journal
from dispatch.store.refused_messages import KeptRefusal
from dispatch.views.case_view import CaseView
from dispatch.views.casebook import Casebook
from dispatch.views.plan_view import RefusedPlan, ReplanView
from dispatch.views.reading.belonging import call_of
from dispatch.views.shadow.report import ShadowReport
from dispatch.views.timeline import TimelineLine
from dispatch.views.waiting_calls import WaitingCall, waiting_calls
from dispatch.web.dependencies import After, Limit, ServiceDep, Wait, when_found
from dispatch.web.may import Own, Who, may, must_own
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Id
from gateway.kinds.registry import kinds
from gateway.links.handover.status import LinkStatus

router = APIRouter(tags=["readings"], responses=answers(422))


class Rejections(BaseModel):
    """What a vendor's devices sent that was refused."""

    counts: dict[str, int] = Field(description="Rule → how many, since the store was made.")
    rejections: list[KeptRefusal] = Field(description="Newest first.")


class LedgerRow(BaseModel):
    """A row of the ledger as it is read."""

    seq: int
    at: float
    kind: Kind
    type: str
    key: str | None
    case: str | None
    cause: int | None
    body: str = Field(description="JSON. What was personal and whose key was destroyed reads as ``erased``.")
    hash: str = Field(
        description="SHA-256 over the row before's and this one, with ``sealed`` instead of ``body`` if there."
    )
    sealed: str | None = Field(description="The body as it is stored, where what is personal in it is sealed.")


class LedgerPage(BaseModel):
    """Rows of the ledger."""

    rows: list[LedgerRow]
    next: int = Field(description="Ask for what comes ``after`` it next time.")


class LinkHealth(BaseModel):
    """The connection to the broker, or the Bluetooth adapter."""

    state: str
    reason: str
    since: float


class Health(BaseModel):
    """How the service does."""

    status: Literal["ok", "overloaded", "degraded"]
    reasons: list[str] = Field(description="What is wrong, the worst first.")
    broker: LinkHealth | None
    bluetooth: LinkHealth | None = Field(description="The adapter; none where the service was started without.")
    store: str = Field(description="``ok``, or why it takes nothing just now.")
    second_keys: int = Field(
        description="Decisions dropped because the ledger had them already: a mistake of ours, told in the log."
    )
    partners_waiting: int = Field(description="What partners with an address are still to be told.")
    queue_length: int = Field(description="Inputs that wait for their turn.")
    unacknowledged: int = Field(description="Inputs received and not stored.")
    lag_s: float = Field(description="For how long the oldest of them has waited, in real seconds.")
    outbox_length: int = Field(description="Commands that are decided and not carried out.")
    outbox_age_s: float = Field(description="How long ago the oldest of them was decided, in real seconds.")
    dead_letters: int = Field(description="What devices and partners never will be told, see ``GET /dead-letters``.")
    drift: int = Field(description="Actions that this version decides otherwise than the ledger has; they stand.")
    handled: int = Field(description="Deliveries acknowledged since the start.")
    ledger_seq: int
    now: float = Field(description="The service's time, POSIX seconds.")
    addresses: dict[str, int] | None = Field(
        description="Online lookups of addresses since the start, by what became of them; null: no geocoder was chosen."
    )


@router.get(
    "/cases",
    dependencies=[may(Permission.READ_CASES, Own.IN_BODY)],
    summary="Cases, open ones worst first",
    response_model=list[CaseView],
)
async def cases(service: ServiceDep, who: Who, *, open: bool = True, limit: Limit = 500) -> list[CaseView]:  # noqa: A002 - its public name
    """With ``open=false``: all that are at hand, the open ones and those closed lately, newest first."""
    book = service.casebook
    found = book.open_cases() if open else sorted(book.cases.values(), key=lambda case: -case.opened_at)
    if who.may(Permission.READ_CASES) is Reach.ALL:
        return found[:limit]
    mine = [case for case in found if who.owns_it(case.customer, Permission.READ_CASES)]
    return [replace(case, notes=[]) for case in mine[:limit]]  # those are dispatchers' for each other


class PlanTold(BaseModel):
    """The plan as it stands."""

    routes: dict[str, tuple[str, ...]] = Field(
        description="Truck → the cases that were planned for it last, in its order."
    )
    replans: list[ReplanView] = Field(description="The last times that it became another, the newest last.")
    refused: list[RefusedPlan] = Field(description="The last plans that were proposed and not taken, the newest last.")
    took_ms: dict[int, float] = Field(
        description="Number of a replan → the milliseconds that it took, since the service started: the ledger has none, "
        "as no replay could repeat them."
    )


@router.get("/plan", dependencies=[may(Permission.READ_CASES)], summary="What trucks are to do next")
async def plan(service: ServiceDep) -> PlanTold:
    """The route of each truck, and the last times that the plan became another: why, which cases moved, the cost before and after.

    Empty where the house goes by no plan.
    """
    found = service.casebook.plan
    took_ms = service.replan_ms(len(found.replans))
    return PlanTold(routes=found.routes, replans=found.replans, refused=found.refused, took_ms=took_ms)


@router.get(
    "/shadow",
    dependencies=[may(Permission.READ_CASES)],
    summary="What another policy would decide",
    response_model=ShadowReport,
    responses=answers(404),
)
async def shadow(service: ServiceDep) -> ShadowReport:
    """The policy of ``--shadow`` decides beside the house's, at each decision from how everything stands, and acts on nothing.

    Which truck and which call it would have chosen instead, when help would be there, and what that costs by the house's own
    weights; and how much of a processor it takes. Nothing is added up over time: trucks are where they are.
    """
    found = service.shadow()
    if found is None:
        raise ApiProblem(404, "no-shadow", "No other policy decides beside", "start callahead-serve with --shadow FILE")
    return found


@router.get(
    "/cases/timeline",
    dependencies=[may(Permission.READ_CASES, Own.IN_BODY)],
    summary="What happened to a case",
    response_model=list[TimelineLine],
    responses=answers(404),
)
async def timeline(case: Id, service: ServiceDep, who: Who) -> list[TimelineLine]:
    """In words, oldest first."""
    book = service.casebook
    if case not in book.cases:  # closed long ago: the ledger has it
        book = await asyncio.to_thread(_read_again, service.journal, case)
    if case not in book.cases:
        raise ApiProblem(404, "unknown-case", "There is no such case", f"no case {case!r} was ever opened")
    must_own(who, Permission.READ_CASES, book.cases[case].customer)
    return book.timeline(case, notes=who.may(Permission.READ_CASES) is Reach.ALL)


def _read_again(journal: Journal, case: str) -> Casebook:
    """Read a case of long ago from the ledger, with the calls that its customer made about it."""
    rows = {row.seq: row for row in journal.ledger.naming(case)}
    if all(
        row.case != case for row in rows.values()
    ):  # it names something else: what is told of that is no case's story
        return Casebook()
    for call in {name for row in rows.values() if (name := call_of(read(row))) and not name.startswith(case)}:
        rows |= {row.seq: row for row in journal.ledger.naming(call)}
    book = Casebook()
    for seq in sorted(rows):
        book.feed(rows[seq])
    return book


@router.get(
    "/queue",
    dependencies=[may(Permission.READ_CASES)],
    summary="Calls that wait for an agent, in the order they are served",
    response_model=list[WaitingCall],
)
async def queue(service: ServiceDep, limit: Limit = 500) -> list[WaitingCall]:
    """Who rang in first, then by urgency; or by the index, where the policy says ``call_order: index``.

    Each call of ours has the probability that its customer phones within two minutes, by the model adopted last.
    """
    now = service.now()
    return waiting_calls(service.casebook, service.room.desk.calls_in_turn(now), now)[:limit]


@router.get("/totals", dependencies=[may(Permission.READ_CASES)], summary="Running totals")
async def totals(service: ServiceDep) -> dict[str, int]:
    """Counted from the ledger."""
    return {"devices": len(service.room.intake.registry), **service.casebook.totals()}


@router.get(
    "/devices/positions", dependencies=[may(Permission.READ_POSITIONS)], summary="Where devices are, as GeoJSON"
)
async def positions(service: ServiceDep) -> dict[str, Any]:
    """RFC 7946; each with ``kind``, ``state``, ``age_s`` and ``accuracy_m``."""
    now, registry = service.now(), service.room.intake.registry
    features = []
    for device, twin in service.twins().items():
        record, place = registry.get(device), twin.place
        if record is None or place is None:
            continue
        told = {"device": device, "kind": record.kind, "age_s": now - place.fix_time, "accuracy_m": place.accuracy_m}
        told["state"] = twin.standing(kinds().named(record.kind).cadence, now).state
        point = {"type": "Point", "coordinates": [place.longitude, place.latitude]}
        features.append({"type": "Feature", "geometry": point, "properties": told})
    return {"type": "FeatureCollection", "features": features}


@router.get(
    "/roads",
    dependencies=[may(Permission.READ_POSITIONS)],
    summary="The roads that arrivals are reckoned by, as GeoJSON",
    responses=answers(404),
)
async def roads(service: ServiceDep) -> Response:
    """RFC 7946, gzipped; a feature for each class of road, ``road``. Whoever shows them shows their ``attribution``, too."""
    if service.road_lines is None:
        raise ApiProblem(
            404, "no-roads", "There are no roads", "start callahead-serve with --roads, as --roads gothenburg"
        )
    lines = await asyncio.to_thread(service.road_lines)
    headers = {"content-encoding": "gzip", "cache-control": "private, max-age=3600"}
    return Response(lines, media_type="application/geo+json", headers=headers)


@router.get(
    "/vendors/{vendor}/rejections",
    dependencies=[may(Permission.READ_DEVICES, Own.VENDOR)],
    summary="What a vendor's devices sent that was refused",
)
async def rejections(vendor: Id, service: ServiceDep, limit: Limit = 100) -> Rejections:
    """Card numbers are masked before anything is kept."""
    counts = await asyncio.to_thread(service.journal.refused.counts, vendor)
    return Rejections(counts=counts, rejections=await asyncio.to_thread(service.journal.refused.newest, vendor, limit))


@router.get("/ledger", dependencies=[may(Permission.READ_LEDGER)], summary="Rows of the ledger; waits for news")
async def ledger(service: ServiceDep, after: After = 0, limit: Limit = 1_000, wait_s: Wait = 0) -> LedgerPage:
    """Ask with ``after`` = the last answer's ``next``. Customers appear by id alone."""
    await when_found(service, lambda: [service.casebook.last_seq] if service.casebook.last_seq > after else [], wait_s)
    rows = await asyncio.to_thread(lambda: list(service.journal.ledger.rows(after, limit)))
    return LedgerPage(rows=[_shown(row) for row in rows], next=rows[-1].seq if rows else after)


def _shown(row: Row) -> LedgerRow:
    body = readable(row)
    told = (row.seq, row.at, row.kind, row.type, row.key, row.case, row.cause, body, row.hash)
    sealed = row.body if body is not row.body else None
    return LedgerRow(**dict(zip(LedgerRow.model_fields, (*told, sealed), strict=True)))


def _link_health(link: LinkStatus | None) -> LinkHealth | None:
    return LinkHealth(state=link.state, reason=link.reason, since=link.since) if link else None


@router.get("/health", dependencies=[may(Permission.READ_HEALTH)], summary="How the service does")
async def health(service: ServiceDep) -> Health:
    """``degraded`` while a link is away, the store takes nothing or commands stay; ``overloaded``: more comes than is handled."""
    told, driver, outbox = service.condition(), service.driver, service.heartbeat.outbox
    return Health(
        status=told.status,
        reasons=list(told.reasons),
        broker=_link_health(service.broker()),
        bluetooth=_link_health(service.bluetooth()),
        store=service.heartbeat.trouble or "ok",
        queue_length=len(driver.inbox),
        unacknowledged=len(driver.inbox) + driver.tallies.in_hand,
        lag_s=service.lag_s(),
        outbox_length=outbox.waiting,
        outbox_age_s=service.outbox_age_s(),
        dead_letters=outbox.dead,
        second_keys=service.room.decided_twice + driver.committer.second_keys,
        partners_waiting=len(service.webhooks.outbox),
        drift=service.drift.count,
        handled=driver.announcer.handled,
        ledger_seq=service.casebook.last_seq,
        now=service.now(),
        addresses=asdict(service.addresses.counts) if service.addresses.on else None,
    )
