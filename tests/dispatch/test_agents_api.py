"""An agent's working life over the HTTP API: pause, wrap-up, my day, finding a customer, notes, transfer, outcomes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from dispatch.core.conversation.channels import Channel
from dispatch.core.desk import Desk
from dispatch.core.events import CustomerPhoned
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.registers.customers import Customer
from dispatch.registers.search import found, is_enough
from dispatch.service.service import Service
from dispatch.web.api.app import create_app
from gateway.devices.registry import DeviceRecord, Registry
from tests.conftest import until

pytestmark = pytest.mark.anyio
AGENT = {"languages": ["lv"], "provenance": "simulated", "wait_s": 1.0}
Words = Any


@pytest.fixture
async def api(service: Service, words: Words) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it; a customer with a car and a contract is registered."""
    wire = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=wire, base_url="http://callahead/api/v1") as client:
        car = next(one for one in words.registered if one["device"] == "volta/car-1")
        car |= {"plate": "AB-1234", "drivers": ["Jānis Bērziņš"]}
        await post(client, "/vendors", words.vendors)
        await post(client, "/devices", words.registered)
        await post(client, "/customers", [words.customer | {"contract": "K 77-1", "email": "anna@example.lv"}])
        yield client


async def post(api: httpx.AsyncClient, path: str, body: Any = None, expected: int = 200) -> Any:
    """Post, and hold the answer's status."""
    answer = await api.post(path, json=body)
    assert answer.status_code == expected, answer.text
    return answer.json() if answer.content else None


async def get(api: httpx.AsyncClient, path: str, expected: int = 200, **query: Any) -> Any:
    """Get, and hold the answer's status."""
    answer = await api.get(path, params=query)
    assert answer.status_code == expected, answer.text
    return answer.json()


async def rung(api: httpx.AsyncClient, hear: Any, words: Words) -> dict[str, Any]:
    """A battery is flat, and agent a-1 has our call to its owner in hand."""
    await hear(words.flat_battery())
    brief = await post(api, "/agents/a-1/claim", AGENT)
    return {"call": brief["call"], "attempt": brief["attempt"]}


# --- how they are ----------------------------------------------------------------------------------------------------


async def test_an_agents_day(api: httpx.AsyncClient, hear: Any, words: Words) -> None:
    """Talking, wrapping up, paused, back; what it came to; times are RFC 3339."""
    call = await rung(api, hear, words)
    assert (await get(api, "/agents/a-1"))["state"] == "talking"
    await post(api, "/calls/connected", call)
    await post(api, "/calls/ended", call | {"outcome": "informed"})
    shown = await get(api, "/agents/a-1")
    assert (shown["state"], shown["last_call"], shown["in_hand"]) == ("wrapping_up", call["call"], [])
    assert datetime.fromisoformat(shown["since"]).tzinfo is not None
    await post(api, "/agents/a-1/wrap-up")
    assert (await get(api, "/agents/a-1"))["state"] == "ready"
    assert (await post(api, "/agents/a-1/wrap-up"))["repeat"]
    await post(api, "/agents/a-1/pause", {"reason": "meal"})
    assert (await post(api, "/agents/a-1/pause", {"reason": "meal"}))["repeat"]
    shown = await get(api, "/agents/a-1")
    assert (shown["state"], shown["reason"], shown["day"]["conversations"]) == ("paused", "meal", 1)
    assert (await post(api, "/agents/a-1/claim", AGENT, 409))["title"] == "You pause"
    await post(api, "/agents/a-1/resume")
    assert (await get(api, "/agents"))[0]["state"] == "ready"
    assert set((await get(api, "/agents/a-1"))["day"]["paused_s"]) == {"meal"}


async def test_who_pauses_while_they_wait_is_answered_at_once(
    api: httpx.AsyncClient, hear: Any, words: Words, service: Service
) -> None:
    """And the next call is not theirs."""
    waits = asyncio.ensure_future(api.post("/agents/a-1/claim", json=AGENT | {"wait_s": 60}))
    await until(lambda: "a-1" in service.casebook.agents)
    await post(api, "/agents/a-1/pause", {"reason": "break"})
    assert (await asyncio.wait_for(waits, 10)).status_code == 204
    await hear(words.flat_battery())
    (queued,) = await get(api, "/queue")
    assert queued["state"] == "queued"
    assert datetime.fromisoformat(queued["due_at"]).timestamp() == pytest.approx(queued["due"], abs=1)


async def test_a_pause_with_a_call_in_hand_begins_behind_it(api: httpx.AsyncClient, hear: Any, words: Words) -> None:
    """Nobody is cut off."""
    call = await rung(api, hear, words)
    await post(api, "/calls/connected", call)
    await post(api, "/agents/a-1/pause", {"reason": "training"})
    assert (await get(api, "/agents/a-1"))["state"] == "talking"
    await post(api, "/calls/ended", call | {"outcome": "informed"})
    assert (await get(api, "/agents/a-1"))["state"] == "paused"


async def test_bad_input_about_agents(api: httpx.AsyncClient) -> None:
    """Each is told what is wrong."""
    await post(api, "/agents/a-1/pause", {"reason": "bored"}, 422)
    await post(api, "/agents/a-1/pause", None, 422)
    await get(api, "/agents/nobody", 404)
    for wrong in ({"proficiencies": {"lv": 6}}, {"proficiencies": {"lv": 0}}, {"chats": -1}, {"chats": 21}):
        await post(api, "/agents/a-1/claim", AGENT | wrong, 422)


async def test_a_chat_is_held_beside_a_call(api: httpx.AsyncClient, service: Service) -> None:
    """Whoever says what they hold keeps it; a second voice waits."""
    await service.driver.tell(CustomerPhoned("in/1", "c-1", "lv", "simulated", channel=Channel.CHAT))
    first = await post(api, "/agents/a-1/claim", AGENT | {"chats": 2})
    assert (first["call"], first["channel"]) == ("in/1", "chat")
    await post(api, "/calls/connected", {"call": "in/1", "attempt": 1})
    await post(api, "/calls/inbound", {"ref": "2", "customer": "c-1"})
    second = await post(api, "/agents/a-1/claim", AGENT | {"chats": 2, "holds": ["in/1"]})
    assert second["call"] == "in/2"
    await post(api, "/calls/inbound", {"ref": "3", "customer": "c-1"})
    await post(api, "/agents/a-1/claim", AGENT | {"chats": 2, "holds": ["in/1", "in/2"], "wait_s": 0}, 204)
    assert [one["call"] for one in (await get(api, "/agents/a-1"))["in_hand"]] == ["in/1", "in/2"]


# --- who is it -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "by"),
    [
        ("ozol", "name"),
        ("ANNA OZOLA", "name"),
        ("ab 1234", "plate"),
        ("k77-1", "contract"),
        ("ANNA@example.lv", "email"),
        ("car-1", "device"),
        ("volta/car-1", "device"),
        ("c-1", "customer"),
    ],
)
async def test_a_customer_is_found(api: httpx.AsyncClient, said: str, by: str) -> None:
    """With what they can be asked to verify them."""
    (one,) = await get(api, "/customers/search", q=said)
    assert (one["customer"], one["by"], one["contract"]) == ("c-1", by, "K 77-1")
    assert one["cars"][0]["plate"] == "AB-1234"


async def test_a_number_is_found_in_any_notation(api: httpx.AsyncClient, words: Words) -> None:
    """From four digits on."""
    digits = words.customer["phone"].removeprefix("+371")
    for said in (words.customer["phone"], f"00371{digits}", f"(0) {digits[:4]} {digits[4:]}", digits[-4:]):
        assert [one["by"] for one in await get(api, "/customers/search", q=said)] == ["phone"], said
    await get(api, "/customers/search", 422, q=digits[-3:])
    await get(api, "/customers/search", 422, q="a")
    await get(api, "/customers/search", 422)
    assert await get(api, "/customers/search", q="nobody of that name") == []


def test_accents_make_no_difference_and_few_are_told() -> None:
    """Jānis is Janis, Łukasz is lukasz, and a street of them are twenty."""
    names = ["Jānis Bērziņš", "Łukasz Żak", "علی رضا", *(f"Ivan {number}" for number in range(50))]
    them = [Customer(f"c-{n}", name, f"+3712000{n:04d}", "lv", "simulated") for n, name in enumerate(names)]
    cars = Registry([DeviceRecord("v/a", "car", "c-0", "simulated", plate="ĀB 1")])
    assert [one.customer.name for one in found("berz jan", them, cars.of_customer)] == ["Jānis Bērziņš"]
    assert [one.customer.name for one in found("lukasz", them, cars.of_customer)] == ["Łukasz Żak"]
    assert [one.customer.name for one in found("علی", them, cars.of_customer)] == ["علی رضا"]
    assert [one.by for one in found("ab1", them, cars.of_customer)] == ["plate"]
    assert len(found("ivan", them, cars.of_customer)) == 20
    assert not is_enough("  - ")


async def test_what_verifies_them_stands_in_the_brief_and_goes_when_they_are_erased(
    api: httpx.AsyncClient, hear: Any, words: Words, service: Service
) -> None:
    """Plate, drivers and contract are theirs: the export has them, and erasing takes them."""
    await hear(words.flat_battery())
    brief = await post(api, "/agents/a-1/claim", AGENT)
    assert brief["contract"] == "K 77-1"
    assert brief["cars"][0]["drivers"] == ["Jānis Bērziņš"]
    export = await get(api, "/customers/c-1/export")
    assert "AB-1234" in str(export)
    answer = await api.delete("/customers/c-1", params={"close_cases": True})
    assert answer.status_code == 200, answer.text
    record = service.room.intake.registry.get("volta/car-1")
    assert record is not None
    assert (record.plate, record.drivers) == ("", ())
    assert service.room.intake.registry.of_customer("c-1") == []


# --- what is said of a call ------------------------------------------------------------------------------------------


async def test_a_note_is_read_by_the_next_agent(api: httpx.AsyncClient, hear: Any, words: Words) -> None:
    """In the brief; sealed in the ledger; said twice, it is one; another text under its ref is refused."""
    call = await rung(api, hear, words)
    note = {"ref": "n-1", "call": call["call"], "text": "Her mother died.", "concern": "bereavement"}
    assert not (await post(api, "/calls/note", note))["repeat"]
    assert (await post(api, "/calls/note", note))["repeat"]
    await post(api, "/calls/note", note | {"text": "Not so."}, 409)
    await post(api, "/calls/note", note | {"ref": "n-2", "text": ""}, 422)
    await post(api, "/calls/note", note | {"ref": "n-2", "call": "in/9"}, 404)
    await post(api, "/calls/note", note | {"ref": "n-2", "concern": "boredom"}, 422)
    await post(api, "/calls/ended", call | {"outcome": "no_answer"})
    await post(api, "/calls/inbound", {"ref": "7", "customer": "c-1"})
    brief = await post(api, "/agents/a-2/claim", AGENT)
    assert [one["text"] for one in brief["notes"]] == ["Her mother died."]
    assert brief["concern"] == "bereavement"


async def test_a_call_is_handed_on_with_what_was_said(api: httpx.AsyncClient, hear: Any, words: Words) -> None:
    """Only while they speak; to one agent, a skill or a supervisor."""
    call = await rung(api, hear, words)
    asked = call | {"to_agent": "a-2", "text": "Wants to know about the bill."}
    assert (await post(api, "/calls/transfer", asked, 409))["title"] == "Nobody speaks yet"
    await post(api, "/calls/connected", call)
    await post(api, "/calls/transfer", call, 422)
    await post(api, "/calls/transfer", asked | {"to_supervisor": True}, 422)
    await post(api, "/calls/transfer", call | {"needs": {"empathy": 9}}, 422)
    await post(api, "/calls/transfer", asked)
    assert (await post(api, "/calls/transfer", asked))["repeat"]
    assert (await get(api, "/agents/a-1"))["state"] == "wrapping_up"
    brief = await post(api, "/agents/a-2/claim", AGENT)
    assert (brief["call"], brief["attempt"]) == (call["call"], 2)
    assert brief["notes"][-1]["text"] == "Wants to know about the bill."
    assert "hold the line" in brief["again"]
    await post(api, "/calls/ended", call | {"outcome": "informed", "agent": "a-1"}, 409)


async def test_who_asked_for_an_hour_is_rung_then(api: httpx.AsyncClient, hear: Any, words: Words) -> None:
    """The queue says when; without an hour, or with one of last week, it is refused."""
    call = await rung(api, hear, words)
    at = datetime.now(UTC) + timedelta(hours=3)
    ended = call | {"outcome": "call_back"}
    await post(api, "/calls/ended", ended, 422)
    await post(api, "/calls/ended", ended | {"call_back_at": (at - timedelta(days=7)).isoformat()}, 422)
    await post(api, "/calls/ended", ended | {"call_back_at": at.replace(tzinfo=None).isoformat()}, 422)
    await post(api, "/calls/ended", call | {"outcome": "informed", "call_back_at": at.isoformat()}, 422)
    await post(api, "/calls/ended", ended | {"call_back_at": at.isoformat()})
    (queued,) = await get(api, "/queue")
    assert (queued["reason"], queued["not_before"]) == ("call_back", pytest.approx(at.timestamp(), abs=1))
    assert datetime.fromisoformat(queued["rings_at"]) == at.replace(microsecond=0)


async def test_nobody_rings_at_a_wrong_number(
    api: httpx.AsyncClient, hear: Any, words: Words, service: Service
) -> None:
    """A person is told; once it is confirmed, or another number is registered, the customer is rung."""
    await post(api, "/customers/c-1/consent", {"purpose": "message", "given": False})
    call = await rung(api, hear, words)
    await post(api, "/calls/ended", call | {"outcome": "wrong_number"})
    (one,) = await get(api, "/customers/search", q="c-1")
    assert one["wrong_number"]
    assert await get(api, "/queue") == []
    (case,) = await get(api, "/cases")
    assert [one["reason"] for one in case["escalations"]] == ["wrong_number"]
    await post(api, "/customers/c-1/number-confirmed")
    assert (await post(api, "/customers/c-1/number-confirmed"))["repeat"]
    (queued,) = await get(api, "/queue")
    assert queued["customer"] == "c-1"
    await post(api, "/customers/nobody/number-confirmed", None, 404)
    brief = await post(api, "/agents/a-1/claim", AGENT)
    ended = {"call": brief["call"], "attempt": brief["attempt"], "outcome": "wrong_number"}
    await post(api, "/calls/ended", ended)
    await post(api, "/customers", [words.customer | {"phone": "+37129999999"}])
    known = service.customers.get("c-1")
    assert known is not None
    assert (known.wrong_number, known.contract) == (False, "K 77-1")
    assert [one["customer"] for one in await get(api, "/queue")] == ["c-1"]


async def test_a_customers_own_call_has_no_answering_machine(api: httpx.AsyncClient) -> None:
    """Outcomes of ours are refused there."""
    await post(api, "/calls/inbound", {"ref": "1", "customer": "c-1"})
    brief = await post(api, "/agents/a-1/claim", AGENT)
    for outcome in ("voicemail", "wrong_number"):
        await post(api, "/calls/ended", {"call": brief["call"], "attempt": 1, "outcome": outcome}, 422)
    await post(api, "/calls/inbound", {"ref": "2", "customer": "c-1", "channel": "pigeon"}, 422)
    await post(api, "/calls/inbound", {"ref": "2", "customer": "c-1", "concern": "boredom"}, 422)


async def test_who_hung_up_is_rung_back(api: httpx.AsyncClient, service: Service) -> None:
    """Before anybody answered, and nothing is known to be broken; not where they do not want to be rung."""
    service.room.desk = Desk(HousePolicy().desk())
    await post(api, "/calls/inbound", {"ref": "1", "customer": "c-1"})
    await post(api, "/calls/ended", {"call": "in/1", "attempt": 1, "outcome": "abandoned"})
    (queued,) = await get(api, "/queue")
    assert (queued["call"], queued["reason"], queued["direction"]) == ("back/1", "abandoned", "outbound")
    brief = await post(api, "/agents/a-1/claim", AGENT)
    assert (brief["call"], brief["customer"]["customer"]) == ("back/1", "c-1")
    await post(api, "/calls/ended", {"call": "back/1", "attempt": 1, "outcome": "informed"})
    await post(api, "/customers/c-1/consent", {"purpose": "call", "given": False})
    await post(api, "/calls/inbound", {"ref": "2", "customer": "c-1"})
    await post(api, "/calls/ended", {"call": "in/2", "attempt": 1, "outcome": "abandoned"})
    assert await get(api, "/queue") == []
