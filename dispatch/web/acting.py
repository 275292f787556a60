"""What paths of dispatchers share: who acts, what they saw, and what came of it. ``docs/dispatching.md`` tells it to people."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.access.principal import KnownBy, Principal
from dispatch.core.actions import QueueCall, SendNotice
from dispatch.core.acts import CaseCancelled, DispatcherEvent, MuteAct
from dispatch.core.events import CaseReported
from dispatch.core.objections import Ground, Objection
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import read
from dispatch.ledger.versions import CONTRADICTS_NOTHING
from dispatch.service.service import Service
from dispatch.views.case_view import CaseView
from dispatch.web.dependencies import STORED_WITHIN_S, Body, not_stored
from dispatch.web.may import not_allowed
from dispatch.web.problems import ApiProblem
from gateway.contract.bounds import LARGEST_WHOLE, Id, Words

MOST_CHANGES = 20
"""So many of the latest changes are told with a stale act."""
Told = Literal["nothing", "message", "call", "nobody"]
Reason = Annotated[Words, Field(description="Why, in a few words.")]
Needed = Annotated[Words, Field(min_length=1, description="Why, in a few words; needed.")]


class ActAsked(Body):
    """Who acts, as which act."""

    ref: Id = Field(description="Drawn by whoever acts, unique for each act; a repeat changes nothing.")
    dispatcher: Id | None = Field(
        None, description="For whom a machine acts, or who acts in the open demo. A person is themselves."
    )
    reason: Reason = ""


class ActOnCase(ActAsked):
    """An act about a case."""

    case: Id
    seen: int = Field(ge=0, le=LARGEST_WHOLE, description="The case's ``version`` by which it is decided.")


class ActOnAnybodys(ActOnCase):
    """An act about a case that may be another dispatcher's."""

    take_over: bool = Field(default=False, description="Though it is another's; supervisors only.")


class Acted(BaseModel):
    """It is stored, and what follows is under way."""

    act: str = Field(description="Its ``ref``, by which it can be undone.")
    repeat: bool = False
    version: int = Field(description="The case's from now on; 0: it is about none.")
    undo_until: float | None = Field(None, description="POSIX seconds; null: it cannot be undone.")
    told: Told = Field(
        "nothing",
        description="What the customer is told by it. ``nobody``: they should know, and no message reaches them: ring them.",
    )


def actor(who: Principal, said: ActAsked) -> str:
    """Return who acts, as it stands in the row. Raises ``ApiProblem`` where a person speaks for another."""
    if said.dispatcher is None:
        return who.actor
    if not who.acts_as(said.dispatcher):
        raise not_allowed(who, Permission.DISPATCH_CASES, f" as {said.dispatcher!r}")
    if who.known_by is KnownBy.DEMO:
        return who.actor_as(said.dispatcher)
    return who.actor if who.known_by is KnownBy.USER else f"{who.actor}/{said.dispatcher}"


def takes_over(who: Principal, said: ActOnAnybodys) -> bool:
    """Tell whether somebody acts on what is another's. Raises ``ApiProblem`` where they may not."""
    if said.take_over and who.may(Permission.TAKE_OVER_CASES) is None:
        raise not_allowed(who, Permission.TAKE_OVER_CASES)
    return said.take_over


async def act(service: Service, event: DispatcherEvent | CaseReported, ref: str, seen: int | None = None) -> Acted:
    """Have a dispatcher's act done. Raises ``ApiProblem``: 404, 409 with why it is not legal, 503.

    ``seen``: the version it was decided by; ``None``: it is about no case.
    """
    case = _case_of(event)
    judged = None if isinstance(event, CONTRADICTS_NOTHING) else seen
    before = service.casebook.cases.get(case or "")
    knew = before is not None and (before.informed_at is not None or before.notice is not None)
    if not service.heard(event.key or ""):
        _must_be_possible(service, case, judged)
    turn = await _stored(service, event, judged)
    if turn.objection is not None:
        raise _refused(service, turn.objection, case, seen)
    if turn.repeat:
        _must_be_the_same(service, event)
    return _acted(service, event, ref, turn, knew=knew)


def _case_of(event: DispatcherEvent | CaseReported) -> str | None:
    if isinstance(event, MuteAct):
        return None
    return event.corrects if isinstance(event, CaseReported) else event.case


def _must_be_possible(service: Service, case: str | None, seen: int | None) -> None:
    """What is stored says more than the desk remembers since its start: a case that was never, one that changed before."""
    if case is None:
        return
    view = must_be_known(service, case)
    if view.open and seen is not None and view.version > seen:
        raise _stale(service, case, seen)


def must_be_known(service: Service, case: str) -> CaseView:
    """Return a case. Raises ``ApiProblem`` (404) where it never was, or is put away."""
    view = service.casebook.cases.get(case)
    if view is None:
        detail = f"no case {case!r} is open, or was closed lately"
        raise ApiProblem(404, "unknown-case", "There is no such case", detail)
    return view


async def _stored(service: Service, event: DispatcherEvent | CaseReported, seen: int | None) -> Turn:
    try:
        async with asyncio.timeout(STORED_WITHIN_S):
            return await service.driver.submit(event, seen=seen)
    except TimeoutError:
        raise not_stored(service) from None


def _refused(service: Service, objection: Objection, case: str | None, seen: int | None) -> ApiProblem:
    if objection.ground is Ground.STALE and case is not None:
        return _stale(service, case, seen or 0)
    return ApiProblem(409, objection.ground.value, "That cannot be done as the case stands", objection.detail)


def _stale(service: Service, case: str, seen: int) -> ApiProblem:
    changed = [line.what for line in service.casebook.changed_since(case, seen)][-MOST_CHANGES:]
    detail = (
        f"{case} has changed since it was looked at ({'; '.join(changed[-3:])}): look again, and act by what stands"
    )
    problem = ApiProblem(409, Ground.STALE.value, "The case has changed since", detail)
    problem.changed = changed
    return problem


def _must_be_the_same(service: Service, event: DispatcherEvent | CaseReported) -> None:
    row = service.journal.ledger.under(event.key or "")
    first = read(row) if row is not None else event
    if type(first) is not type(event) or getattr(first, "by", None) != event.by:
        detail = "this ref stands for another act; draw a new one for each"
        raise ApiProblem(409, "ref-used", "The ref belongs to another act", detail)


def _acted(service: Service, event: DispatcherEvent | CaseReported, ref: str, turn: Turn, *, knew: bool) -> Acted:
    view = service.casebook.cases.get(_case_of(event) or "")
    last = view.care.last if view is not None else None
    undoable = last is not None and last.ref == ref
    until = last.at + service.room.desk.policy.undo_within_s if undoable and last is not None else None
    version = view.version if view is not None else 0
    return Acted(act=ref, repeat=turn.repeat, version=version, undo_until=until, told=_told(event, turn, knew=knew))


def _told(event: DispatcherEvent | CaseReported, turn: Turn, *, knew: bool) -> Told:
    if any(isinstance(action, SendNotice) for action in turn.actions):
        return "message"
    if any(isinstance(action, QueueCall) for action in turn.actions):
        return "call"
    return "nobody" if isinstance(event, CaseCancelled) and knew and not turn.repeat else "nothing"
