"""What customers hold, and what is offered them, over the HTTP API: kept, shown, sealed, told to them and erased."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from dispatch.core.policy import Policy
from dispatch.service.service import Service
from dispatch.web.api.app import create_app
from tests.dispatch.conftest import portless
from tests.dispatch.test_offers import HOUSE

TOM = {"customer": "c-1", "name": "Tom", "phone": "+37120000001", "language": "en", "provenance": "simulated"}
SAVINGS = {
    "customer": "c-1", "product": "savings-1", "kind": "savings_account", "name": "Rainy days", "branch": "Riga, Brīvības",
    "rate": "0.5", "balance": "4650.00", "currency": "EUR",
}  # fmt: skip
COVER = {"customer": "c-1", "product": "cover-1", "kind": "cover", "device": "volta/car-1", "until": 1_900_000_000}


@pytest.fixture
async def running(request: pytest.FixtureRequest) -> AsyncIterator[Service]:
    """A service whose house offers something, unless a test has it otherwise."""
    async with portless(policy=getattr(request, "param", HOUSE)) as made:
        yield made


@pytest.fixture
async def client(running: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it; Tom is registered, and wants to be offered what fits him."""
    wire = httpx.ASGITransport(create_app(running))
    async with httpx.AsyncClient(transport=wire, base_url="http://callahead/api/v1") as made:
        (await made.post("/customers", json=[TOM | {"may_offers": True}])).raise_for_status()
        yield made


async def speaks(client: httpx.AsyncClient, ref: str = "1") -> str:
    """Tom rings in, and Anna speaks with him; return the call."""
    claim = {"languages": ["en"], "provenance": "simulated", "wait_s": 0}
    (await client.post("/calls/inbound", json={"ref": ref, "customer": "c-1"})).raise_for_status()
    call: str = (await client.post("/agents/anna/claim", json=claim)).json()["call"]
    (await client.post("/calls/connected", json={"call": call, "attempt": 1, "agent": "anna"})).raise_for_status()
    return call


def asks(ref: str = "r-1", **more: Any) -> dict[str, Any]:
    """Return what Anna asks."""
    return {"ref": ref, "attempt": 1, "agent": "anna"} | more


@pytest.mark.anyio
async def test_from_the_register_to_the_back_office(client: httpx.AsyncClient, running: Service) -> None:
    """Registered, offered with its reasons, taken, told to who opens it, sealed in the ledger, exported and erased."""
    assert (await client.post("/products", json=[SAVINGS, COVER])).json() == {"registered": 2}
    found = (await client.get("/customers/c-1/products")).json()
    assert [(one["product"], one["rate"], one["balance"], one["branch"]) for one in found] == [
        ("savings-1", "0.5", "4650.00", "Riga, Brīvības"), ("cover-1", "", "", ""),
    ]  # fmt: skip
    call = await speaks(client)
    assert (await client.get(f"/calls/{call}/offer")).status_code == 404
    offered = (await client.post(f"/calls/{call}/offer/ask?language=lv", json=asks())).json()
    assert (offered["offer"], offered["gain"], offered["currency"], offered["propensity"]) == (
        "better_savings", "93.00", "EUR", 1.0,
    )  # fmt: skip
    assert "€93.00 more a year" in offered["say"]
    assert "93,00 €" in offered["reads"]
    assert "suitable: 2.5% instead of 0.5% a year" in offered["why"]
    assert (await client.get(f"/calls/{call}/offer")).json()["say"] == offered["say"]
    said = {"attempt": 1, "answer": "yes", "agent": "anna"}
    assert (await client.post(f"/calls/{call}/offer", json=said)).json() == {"repeat": False}
    assert (await client.post(f"/calls/{call}/offer", json=said)).json() == {"repeat": True}
    other = await client.post(f"/calls/{call}/offer", json=said | {"answer": "no"})
    assert (other.status_code, other.json()["type"].rpartition(":")[2]) == (409, "answered-otherwise")
    (task,) = (await client.get("/offers/taken")).json()
    assert {name: task[name] for name in ("customer", "offer", "provider", "about", "rate", "agent")} == {
        "customer": "c-1", "offer": "better_savings", "provider": "bank", "about": "savings-1", "rate": "2.5", "agent": "anna",
    }  # fmt: skip
    with running.journal._database.reading() as connection:
        bodies = " ".join(connection.scalars(text("SELECT body FROM ledger")))
    assert "465000" not in bodies
    assert "93.00" not in bodies
    kept = (await client.get("/customers/c-1/export")).json()
    assert [one["product"] for one in kept["products"]] == ["savings-1", "cover-1"]
    rows = {row["type"]: row for case in kept["cases"] for row in case["rows"]}
    assert rows["OfferSought"]["body"]["held"][0]["balance"] == 4_650_00
    assert rows["OfferAnswered"]["body"]["by"] == "demo-anna"
    (await client.delete("/customers/c-1?close_cases=true")).raise_for_status()
    assert running.journal.products.all() == running.room.products.of("c-1") == []
    assert (await client.get(f"/calls/{call}/offer")).status_code == 404


@pytest.mark.anyio
async def test_nothing_is_offered_and_the_agent_reads_why(client: httpx.AsyncClient) -> None:
    """Without consent, and where they are to be treated with care; of another's call, or of none, nobody asks."""
    (await client.post("/products", json=[SAVINGS])).raise_for_status()
    call = await speaks(client)
    (await client.post("/customers", json=[TOM | {"vulnerable": True}])).raise_for_status()
    found = (await client.post(f"/calls/{call}/offer/ask", json=asks())).json()
    assert (found["offer"], found["why"]) == ("", ["they are not to be offered anything now"])
    (await client.post("/customers/c-1/consent", json={"purpose": "offers", "given": False})).raise_for_status()
    (await client.post("/customers", json=[TOM])).raise_for_status()  # a register that says nothing of it leaves it
    found = (await client.post(f"/calls/{call}/offer/ask", json=asks("r-2"))).json()
    assert found["why"] == ["they have not agreed to be offered things"]
    nothing = await client.post(f"/calls/{call}/offer", json={"attempt": 1, "answer": "yes", "agent": "anna"})
    assert (nothing.status_code, nothing.json()["type"].rpartition(":")[2]) == (409, "nothing-offered")
    assert (await client.post(f"/calls/{call}/offer/ask", json=asks(agent="bea"))).status_code == 409
    assert (await client.post("/calls/in/none/offer/ask", json=asks())).status_code == 404


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"customer": "c-9"}, 404),
        ({"kind": "gold"}, 422),
        ({"rate": "1e3"}, 422),
        ({"rate": "-1"}, 422),
        ({"balance": "1.001"}, 422),
        ({"balance": "1.00", "currency": None}, 422),
        ({"currency": "XXQ"}, 422),
        ({"product": "a/b"}, 422),
        ({"since": 5.0, "until": 4.0}, 422),
        ({"colour": "red"}, 422),
    ],
)
async def test_what_is_no_product_is_refused_and_nothing_of_it_is_kept(
    client: httpx.AsyncClient, running: Service, changes: dict[str, Any], status: int
) -> None:
    """All are registered, or none."""
    answer = await client.post("/products", json=[SAVINGS, SAVINGS | {"product": "savings-2"} | changes])
    assert answer.status_code == status
    assert running.room.products.of("c-1") == running.journal.products.all() == []


@pytest.mark.anyio
async def test_a_customer_holds_no_thousands_and_what_ended_is_gone(
    client: httpx.AsyncClient, running: Service
) -> None:
    """A hundred at most; who ends what is not there is told that it was so before."""
    many = [SAVINGS | {"product": f"p-{number}"} for number in range(101)]
    assert (await client.post("/products", json=many)).status_code == 409
    (await client.post("/products", json=many[:100])).raise_for_status()
    assert (await client.delete("/customers/c-1/products/p-7")).json() == {"repeat": False}
    assert (await client.delete("/customers/c-1/products/p-7")).json() == {"repeat": True}
    assert len(running.room.products.of("c-1")) == len(running.journal.products.all()) == 99


@pytest.mark.anyio
@pytest.mark.parametrize("running", [Policy()], indirect=True)
async def test_a_house_that_offers_nothing_says_so(client: httpx.AsyncClient) -> None:
    """As houses do that have no policy about it."""
    found = (await client.post(f"/calls/{await speaks(client)}/offer/ask", json=asks())).json()
    assert found["why"] == ["the house offers nothing"]
