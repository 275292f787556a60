"""Before money is touched for who speaks, it is made sure who that is: what an agent is refused, and what lets them go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from dispatch.core.events import AgentBecameFree, CallConnected, CustomerPhoned
from dispatch.core.policy import Identity, Policy
from dispatch.core.verification.events import ConfirmationAnswered
from dispatch.ledger.rows import read
from dispatch.service.payment_codes import HOLDS_S
from dispatch.service.service import Service
from tests.dispatch.conftest import Connect, portless
from tests.dispatch.money_house import CAR, CUSTOMER, MoneyHouse

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("linked")]
TALK = {"call": "in/r-1", "attempt": 1}
OF = f"/api/v1/customers/{CUSTOMER}"


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """A house that asks questions."""
    async with portless(policy=Policy(identity=Identity.QUESTIONS)) as made:
        yield made


@pytest.fixture
async def agent(service: Service, connect: Connect) -> httpx.AsyncClient:
    """Anna, who speaks with the customer."""
    made = await connect().post("/api/v1/keys", json={"name": "anna", "role": "agent"})
    await service.tell(CustomerPhoned(TALK["call"], CUSTOMER, "en", "simulated"))
    await service.tell(AgentBecameFree("anna", ("en",), "simulated"))
    await service.tell(CallConnected(TALK["call"], 1, "anna"))
    return connect(made.json()["key"])


async def said(client: httpx.AsyncClient, path: str, body: Any) -> tuple[int, str]:
    """Return the status, and what a problem is called."""
    answer = await client.post(path, json=body)
    return answer.status_code, answer.json().get("type", "").rpartition(":")[2]


async def test_a_dispute_wants_questions_and_a_code_for_it_alone(service: Service, agent: httpx.AsyncClient) -> None:
    """What only takes away wants the questions alone; each wrong code is a row."""
    house = MoneyHouse(service)
    await house.opens()
    payment = await house.pays("p-1")
    dispute = {"payment": payment, "why": "not mine"}
    stop = {"device": CAR, "reason": "they ask for it"}
    assert await said(agent, f"{OF}/payments/disputes", dispute) == (403, "questions-wanted")
    assert await said(agent, f"{OF}/mandates/stops", stop) == (403, "questions-wanted")
    assert await said(agent, "/api/v1/calls/questions", TALK | {"right": True}) == (200, "")
    assert await said(agent, f"{OF}/mandates/stops", stop) == (200, "")
    assert await said(agent, f"{OF}/payments/disputes", dispute) == (403, "confirmation-wanted")
    sent = await agent.post("/api/v1/calls/confirmations", json=TALK | {"act": "dispute"})
    assert sent.json() == {"channel": "sms", "holds_s": HOLDS_S}
    assert "a payment was not right" in house.telephone.got[-1].text
    code, answers = house.telephone.code, "/api/v1/calls/confirmations/answers"
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert await said(agent, answers, TALK | {"act": "dispute", "code": wrong}) == (403, "wrong-code")
    assert await said(agent, answers, TALK | {"act": "enrol", "code": code}) == (403, "old-code")
    assert await said(agent, f"{OF}/payments/disputes", dispute) == (403, "confirmation-wanted")
    assert await said(agent, answers, TALK | {"act": "dispute", "code": code}) == (200, "")
    assert await said(agent, f"{OF}/payments/disputes", dispute) == (200, "")
    tries = [one for row in service.journal.ledger.rows() if isinstance(one := read(row), ConfirmationAnswered)]
    assert [one.confirmed for one in tries] == [False, False, True]
    assert {one.by for one in tries} == {"key/anna"}


async def test_who_has_no_telephone_of_theirs_is_asked_and_who_fails_gets_nothing(
    service: Service, agent: httpx.AsyncClient
) -> None:
    """Questions do where nothing can be sent; a wrong answer holds for the call, whatever is said later."""
    house = MoneyHouse(service)
    service.doors.by_channel.clear()
    await house.opens()
    dispute = {"payment": await house.pays("p-1"), "why": "not mine"}
    assert await said(agent, "/api/v1/calls/confirmations", TALK | {"act": "dispute"}) == (409, "no-way-for-a-code")
    assert await said(agent, "/api/v1/calls/questions", TALK | {"right": False}) == (200, "")
    assert await said(agent, "/api/v1/calls/questions", TALK | {"right": True}) == (409, "answered-otherwise")
    assert await said(agent, f"{OF}/payments/disputes", dispute) == (403, "not-known")
    assert await said(agent, "/api/v1/calls/voice-print", TALK) == (409, "no-voices")
