"""Consent is asked again at the moment of the act: what a customer withdraws holds for what waits, and what is decided next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from dispatch.core.actions import (
    Action,
    AssignCall,
    CloseCase,
    EscalateCase,
    PlaceOrder,
    QueueCall,
    SendNotice,
    WithdrawCall,
    WithdrawRequest,
)
from dispatch.core.consent import Purpose, Way
from dispatch.core.desk import Desk
from dispatch.core.events import ConsentChanged, FaultFound, OrderAnswered, Outcome, OwnerChanged
from dispatch.core.policy import Policy
from dispatch.core.quiet_hours import QuietHours
from dispatch.ledger.rows import body_of, faults
from dispatch.service.service import Service
from dispatch.web.api.app import create_app
from gateway.finding import Domain, Drive, Grade, Help, OrderLine, Remedy, Severity
from tests.dispatch.conftest import heard

if TYPE_CHECKING:
    from conftest import Room

CASE = "volta/car-1/1-7"
CALL = f"{CASE}/call"
TALK = {
    "remedy": Remedy(Help.TALK, "none", 0, 0), "domain": Domain.PAYMENT, "drive": Drive.NOT_A_CAR,
    "severity": Severity.MEDIUM,
}  # fmt: skip
GOODS = {
    "remedy": Remedy(Help.SUPPLIES, "goods", 0, 0), "domain": Domain.APPLIANCE, "drive": Drive.NOT_A_CAR,
    "severity": Severity.LOW, "lines": (OrderLine("4001234567891", "milk 1 l", 4.0),),
}  # fmt: skip


def says(room: Room, purpose: Purpose, *, given: bool) -> list[Action]:
    """The customer says what they agree to."""
    return room.tell(ConsentChanged("c-1", purpose, given, Way.TELEPHONE, by="user/anna"), 5)


def kinds(actions: list[Action]) -> set[type]:
    """Return which kinds of actions there are."""
    return {type(one) for one in actions}


def test_a_call_that_waits_is_not_handed_out_once_consent_is_withdrawn(room: Room) -> None:
    """It is withdrawn with the reason, the truck goes on, and the customer is shown a message instead."""
    room.truck("help/truck-1")
    room.found()
    decided = says(room, Purpose.CALL, given=False)
    assert [one.reason for one in decided if isinstance(one, WithdrawCall)] == ["consent_withdrawn"]
    assert SendNotice in kinds(decided)
    assert AssignCall not in kinds(room.agent())
    assert CloseCase not in kinds(decided)  # the truck is still to come


def test_who_would_have_been_told_is_shown_it_and_the_case_is_closed(room: Room) -> None:
    """Nothing else was to be done than to talk."""
    room.found(**TALK)
    decided = says(room, Purpose.CALL, given=False)
    assert kinds(decided) == {WithdrawCall, SendNotice, CloseCase}


def test_who_has_to_be_asked_and_may_not_be_is_seen_to_by_a_person(room: Room) -> None:
    """Nobody is sent, so the case stays open."""
    room.truck("help/truck-1")
    room.found(grade=Grade.ASK)
    decided = says(room, Purpose.CALL, given=False)
    assert [one.reason for one in decided if isinstance(one, EscalateCase)] == ["may_not_be_asked"]
    assert CloseCase not in kinds(decided)


def test_a_call_in_an_agents_hand_is_taken_back(room: Room) -> None:
    """Before they speak."""
    room.found()
    room.agent()
    assert WithdrawCall in kinds(says(room, Purpose.CALL, given=False))


ASKED_FIRST = {
    "listen": False,
    "payment": False,
    "app_help": False,
    "spending": False,
    "offers": False,
    "voice_print": False,
}
"""What nobody has agreed to who was not asked."""


@pytest.mark.parametrize("after", ["unheard", "agent lost", "resting", "another owner"])
def test_nobody_is_rung_again(room: Room, after: str) -> None:
    """Whoever speaks goes on speaking; an answering machine, a lost agent and a later try are no reason to ring once more."""
    room.found()
    room.agent()
    if after == "resting":
        room.ended(CALL, Outcome.NO_ANSWER)
        says(room, Purpose.CALL, given=False)
    elif after == "another owner":
        room.connected(CALL)
        room.tell(OwnerChanged("volta/car-1", CASE, "c-2"))
        decided = room.agent()
        assert [one.reason for one in decided if isinstance(one, WithdrawCall)] == ["consent_withdrawn"]
    else:
        room.connected(CALL)
        assert not says(room, Purpose.CALL, given=False)
        decided = room.ended(CALL, Outcome.NO_ANSWER) if after == "unheard" else room.agent()
        assert [one.reason for one in decided if isinstance(one, WithdrawCall)] == ["consent_withdrawn"]
    room.agent("agent-2")
    assert not {QueueCall, AssignCall} & kinds(room.wait(2 * 86_400.0))


def test_who_agrees_again_is_rung(room: Room) -> None:
    """About what they were not told of."""
    room.truck("help/truck-1")
    room.found(notify=None)
    says(room, Purpose.CALL, given=False)
    room.agent()
    assert {QueueCall, AssignCall} <= kinds(says(room, Purpose.CALL, given=True))


def test_goods_that_no_supplier_has_taken_are_not_ordered(room: Room) -> None:
    """The one who was asked is told, the next is not asked, and the case ends."""
    room.found(**GOODS)
    decided = says(room, Purpose.ORDER, given=False)
    assert [one.reason for one in decided if isinstance(one, WithdrawRequest)] == ["consent_withdrawn"]
    assert PlaceOrder not in kinds(room.wait(86_400.0))


def test_goods_that_were_taken_stand(room: Room) -> None:
    """A contract is not undone by it."""
    room.found(**GOODS)
    room.tell(OrderAnswered(f"{CASE}/order", 1, accepted=True, arrives_at=room.now + 3600))
    assert WithdrawRequest not in kinds(says(room, Purpose.ORDER, given=False))


def test_no_message_is_shown_to_who_wants_none(room: Room) -> None:
    """Neither beside a call nor instead of one; a driver who must stop is shown that all the same."""
    finding = replace(_finding(room), **TALK, customer="c-1")
    decided = room.tell(FaultFound(finding, "lv", may_call=True, may_order=True, may_message=False))
    assert SendNotice not in kinds(decided)
    says(room, Purpose.MESSAGE, given=False)
    assert SendNotice not in kinds(says(room, Purpose.CALL, given=False))


def _finding(room: Room) -> Any:
    room.found()
    event = room.told[-1][0]
    assert isinstance(event, FaultFound)
    return replace(
        event.finding, key="volta/car-2/1-1", episode="volta/car-2/1-1", device="volta/car-2", customer="c-2"
    )


def test_a_row_of_who_agrees_to_all_is_as_it_always_was(room: Room) -> None:
    """Older ledgers and newer ones are read alike."""
    finding = _finding(room)
    assert "may_message" not in body_of(FaultFound(finding, "lv", may_call=True, may_order=True))
    assert '"may_message":false' in body_of(FaultFound(finding, "lv", True, True, may_message=False))  # noqa: FBT003


@pytest.mark.parametrize(
    ("zone", "rung_at"),
    [
        ("", "2026-01-13T07:00:00+02:00"),
        ("Asia/Tehran", "2026-01-13T07:00:00+03:30"),
        ("Mars/Base", "2026-01-13T07:00:00+02:00"),
    ],
)
def test_quiet_hours_are_the_customers_own(room: Room, zone: str, rung_at: str) -> None:
    """By the clock of the zone they are registered with; without one, or one this machine does not know, by the house's."""
    room.desk = Desk(Policy(quiet=QuietHours.parse("22:00-07:00@Europe/Riga")))
    room.now = datetime.fromisoformat("2026-01-13T02:30:00+02:00").timestamp()
    finding = replace(_finding(room), **TALK)
    decided = room.tell(FaultFound(finding, "lv", may_call=True, may_order=True, time_zone=zone))
    (queued,) = [one for one in decided if isinstance(one, QueueCall)]
    assert queued.not_before == datetime.fromisoformat(rung_at).timestamp()


# --- over the API ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def api(service: Service, words: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it, with a car that has broken down."""
    wire = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=wire, base_url="http://callahead/api/v1") as client:
        for path, body in (
            ("/vendors", words.vendors), ("/devices", words.registered), ("/customers", [words.customer]),
        ):  # fmt: skip
            (await client.post(path, json=body)).raise_for_status()
        await heard(service, *words.flat_battery())
        yield client


@pytest.mark.anyio
async def test_registered_anew_without_consent_the_call_that_waits_is_not_handed_out(
    api: httpx.AsyncClient, words: Any, service: Service
) -> None:
    """As it was found: the agent got the call of somebody who had said no."""
    (await api.post("/customers", json=[words.customer | {"may_call": False}])).raise_for_status()
    claim = {"languages": ["lv"], "provenance": "simulated", "wait_s": 0}
    assert (await api.post("/agents/a-1/claim", json=claim)).status_code == 204
    (case,) = (await api.get("/cases", params={"open": False})).json()
    assert case["contact"] in {"does not want to be rung", "message shown"}
    told = [one["what"] for one in (await api.get("/cases/timeline", params={"case": case["case"]})).json()]
    assert "call withdrawn: consent withdrawn" in told
    assert not list(faults(service.journal.ledger.rows()))


@pytest.mark.anyio
async def test_the_record_says_what_was_said_when_by_whom_and_how(
    api: httpx.AsyncClient, words: Any, service: Service
) -> None:
    """It is kept with the row that says so; registering anew without a word about it leaves it as it is."""
    said = await api.post("/customers/c-1/consent", json={"purpose": "call", "given": False, "way": "writing"})
    assert said.json() == {"repeat": False}
    assert (await api.post("/customers/c-1/consent", json={"purpose": "call", "given": False})).json()["repeat"]
    (await api.post("/customers", json=[words.customer])).raise_for_status()
    found = (await api.get("/customers/c-1/consent")).json()
    assert found["agrees"] == {"call": False, "message": True, "order": True} | ASKED_FIRST
    (call,) = [one for one in found["consents"] if one["purpose"] == "call"]
    assert (call["given"], call["way"], call["by"]) == (False, "writing", "demo-dispatcher")
    (kept,) = service.journal.customers.all()
    assert kept == service.customers.get("c-1")
    assert [row.type for row in service.journal.ledger.rows()].count("ConsentChanged") == 1


@pytest.mark.anyio
async def test_no_import_gives_back_what_a_customer_withdrew(api: httpx.AsyncClient, words: Any) -> None:
    """The bank's nightly list says that all may be rung; what the list itself took away it may give back."""
    everybody = words.customer | {"may_call": True, "may_order": True}
    (
        await api.post("/customers/c-1/consent", json={"purpose": "call", "given": False, "way": "app"})
    ).raise_for_status()
    (await api.post("/customers", json=[words.customer | {"may_order": False}])).raise_for_status()
    told = (await api.post("/customers", json=[everybody])).json()
    assert told == {"registered": 1, "stays_withdrawn": {"c-1": ["call"]}}
    assert (await api.get("/customers/c-1/consent")).json()["agrees"] == {
        "call": False,
        "message": True,
        "order": True,
    } | ASKED_FIRST
    (await api.post("/customers/c-1/consent", json={"purpose": "call", "given": True, "way": "app"})).raise_for_status()
    assert (await api.post("/customers", json=[everybody])).json()["stays_withdrawn"] == {}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("c-9", {"purpose": "call", "given": False}, 404),
        ("c-1", {"purpose": "sell", "given": False}, 422),
        ("c-1", {"purpose": "call"}, 422),
        ("c-1", {"purpose": "call", "given": False, "way": "telepathy"}, 422),
    ],
)
async def test_nonsense_is_refused(api: httpx.AsyncClient, path: str, body: dict[str, Any], status: int) -> None:
    """With the reason, and changes nothing."""
    assert (await api.post(f"/customers/{path}/consent", json=body)).status_code == status
