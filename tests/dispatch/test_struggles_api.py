"""From an app's steps to the agent's screen: consent before all, the invitation answered in the app or on the page."""

from __future__ import annotations

import json
import time
from itertools import count
from typing import Any

import httpx
import pytest

from dispatch.core.invitations.actions import InviteCustomer
from dispatch.ledger.rows import read
from dispatch.service.service import Service
from tests.dispatch.conftest import Connect, heard

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("linked", "house")]
PHONE = "volta/phone-7"
TOM = {
    "customer": "c-7", "name": "Tom Ozols", "phone": "+37120000007", "language": "lv", "provenance": "simulated",
    "may_app_help": True,
}  # fmt: skip
INVITATION = f"inv/{PHONE}/1-1"


@pytest.fixture
async def house(connect: Connect) -> httpx.AsyncClient:
    """Tom, who agreed to be helped in the app, and his telephone; and a neighbour."""
    api = connect()
    for path, body in (
        ("vendors", [{"vendor": "volta", "provenance": "simulated"}]),
        ("customers", [TOM, {**TOM, "customer": "c-8", "phone": "+37120000008"}]),
        ("devices", [{"device": PHONE, "kind": "phone", "customer": "c-7", "provenance": "simulated"}]),
    ):
        (await api.post(f"/api/v1/{path}", json=body)).raise_for_status()
    return api


class App:
    """Tom's."""

    def __init__(self, service: Service) -> None:
        self._service, self._ids = service, count(1)

    async def tells(self, result: str, **more: Any) -> None:
        """One step, heard and stored."""
        number, hour = next(self._ids), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._service.now()))
        step = {"session": "s-0a1b", "flow": "new_payee", "step": "name", "result": result, "app_version": "4.2.0"}
        event = {
            "specversion": "1.0", "type": "callahead.app.step.v1", "source": f"/{PHONE}", "id": f"1-{number}", "time": hour,
            "provenance": "simulated", "data": step | more,
        }  # fmt: skip
        await heard(self._service, f"callahead/v1/{PHONE}/event", json.dumps(event).encode())

    async def fails(self, times: int = 2) -> None:
        """The name does not fit."""
        for _ in range(times):
            await self.tells("failed", error="name_mismatch")


@pytest.fixture
def app(service: Service) -> App:
    """Tom's app."""
    return App(service)


def rows(service: Service, kind: str) -> list[Any]:
    """Return what the ledger has of a kind."""
    return [read(row) for row in service.journal.ledger.rows() if row.type == kind]


async def let_in(service: Service, connect: Connect, customer: str) -> httpx.AsyncClient:
    """Return a client of a customer's, who opened the link of a message."""
    client, link = connect(), await service.page_links.link_of(customer)
    assert (await client.post("/me/enter", json={"link": link.partition("#")[2]})).status_code == 204
    return client


async def claim(house: httpx.AsyncClient) -> Any:
    """An agent asks for the next call, and gets its brief."""
    said = {"languages": ["lv"], "skills": ["payment"], "provenance": "simulated", "wait_s": 5}
    answer = await house.post("/api/v1/agents/anna/claim", json=said)
    answer.raise_for_status()
    return answer.json()


async def test_from_the_second_failure_to_the_agents_screen(
    service: Service, house: httpx.AsyncClient, app: App
) -> None:
    """He is invited in the app, says there that he wants to talk, and all is there before the voice."""
    await app.fails()
    (invited,) = rows(service, "InviteCustomer")
    assert isinstance(invited, InviteCustomer)
    assert (invited.invitation, invited.device, invited.language) == (INVITATION, PHONE, "lv")
    await app.tells("answered", invitation=INVITATION, reply="talk")
    brief = await claim(house)
    assert brief["struggle"]["reason"] == "payee_name"
    assert brief["struggle"]["app_version"] == "4.2.0"
    assert brief["direction"] == "outbound"
    told = (await house.get("/api/v1/struggles")).json()
    (one,) = told["struggles"]
    assert (one["customer"], one["flow"], one["step"]) == ("c-7", "new_payee", "name")
    assert (one["reply"], one["call"]) == ("talk", brief["call"])
    (fault,) = told["faults"]
    assert (fault["app_version"], fault["reason"], fault["customers"], fault["accepted"]) == (
        "4.2.0",
        "payee_name",
        1,
        1,
    )


async def test_it_can_be_answered_on_the_customers_page(
    service: Service, connect: Connect, house: httpx.AsyncClient, app: App
) -> None:
    """By whom it is for alone, once; the chat waits for an agent."""
    await app.fails()
    mine, other = [await let_in(service, connect, one) for one in ("c-7", "c-8")]
    page = (await mine.get("/api/v1/me")).json()["page"]
    assert page["invitation"]["replies"] == ["talk", "chat", "later", "no"]
    assert (await other.get("/api/v1/me")).json()["page"]["invitation"] is None
    said = {"invitation": INVITATION, "reply": "chat"}
    assert (await other.post("/api/v1/me/invitations", json=said)).status_code == 404
    assert (await mine.post("/api/v1/me/invitations", json=said | {"reply": "perhaps"})).status_code == 422
    assert (await mine.post("/api/v1/me/invitations", json=said | {"invitation": "x" * 201})).status_code == 422
    assert (await mine.post("/api/v1/me/invitations", json=said)).json() == {"repeat": False}
    assert (await mine.post("/api/v1/me/invitations", json=said)).json() == {"repeat": True}
    assert (await mine.get("/api/v1/me")).json()["page"]["invitation"] is None
    assert (await claim(house))["channel"] == "chat"


async def test_without_consent_nothing_is_kept_and_its_withdrawal_acts_before_the_next_decision(
    service: Service, house: httpx.AsyncClient, app: App
) -> None:
    """No row tells of who struggles then, however much; given again, the next step is heard."""
    consent = {"purpose": "app_help", "given": False, "way": "app"}
    (await house.post("/api/v1/customers/c-7/consent", json=consent)).raise_for_status()
    await app.fails(5)
    assert rows(service, "StruggleSeen") == rows(service, "InviteCustomer") == []
    assert (await house.get("/api/v1/struggles")).json() == {"struggles": [], "faults": []}
    (await house.post("/api/v1/customers/c-7/consent", json=consent | {"given": True})).raise_for_status()
    await app.tells("shown", session="s-0a2c")
    for _ in range(2):
        await app.tells("failed", session="s-0a2c", error="name_mismatch")
    assert len(rows(service, "InviteCustomer")) == 1


async def test_a_customer_who_says_nothing_is_not_watched(house: httpx.AsyncClient) -> None:
    """The one consent that is not assumed."""
    silent = {name: value for name, value in TOM.items() if name != "may_app_help"} | {"customer": "c-9"}
    (await house.post("/api/v1/customers", json=[silent])).raise_for_status()
    assert (await house.get("/api/v1/customers/c-9/consent")).json()["agrees"]["app_help"] is False
