"""Agents read and write the one conversation over the HTTP API; strangers are identified by people alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from dispatch.core.conversation.channels import Answer, Channel
from dispatch.core.conversation.events import CustomerAnswered, CustomerWrote
from dispatch.core.events import FaultFound
from dispatch.core.ids import stranger_id
from dispatch.ledger.rows import read
from dispatch.service.service import Service
from dispatch.web.api.app import create_app
from dispatch.words import say
from gateway.finding import Place
from tests.dispatch.conftest import FLAT_BATTERY, heard

pytestmark = pytest.mark.anyio
Words = Any
CASE = "volta/car-1/1-1"
STRANGER = stranger_id("a1b2")
SECOND = {
    "customer": "c-2", "name": "Juris Kalns", "phone": "+37120000001", "language": "ru", "provenance": "simulated",
    "email": "juris@example.com",
}  # fmt: skip


@pytest.fixture
async def api(service: Service, words: Words) -> AsyncIterator[httpx.AsyncClient]:
    """A car has broken down; two customers have one number."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(service)), base_url="http://callahead/api/v1"
    ) as client:
        for path, body in (
            ("/vendors", words.vendors), ("/devices", words.registered), ("/customers", [words.customer, SECOND])
        ):  # fmt: skip
            (await client.post(path, json=body)).raise_for_status()
        await heard(service, *words.flat_battery())
        yield client


async def wrote(service: Service, customer: str, ref: str, text: str, **more: Any) -> None:
    """A customer wrote an SMS."""
    await service.tell(CustomerWrote(f"sms/{ref}", customer, Channel.SMS, text, "lv", "simulated", **more))


async def refused(api: httpx.AsyncClient, path: str, body: Any) -> tuple[int, str]:
    """Return with which status and reason it is refused."""
    answer = await api.post(path, json=body)
    return answer.status_code, answer.json().get("type", "").rpartition(":")[2]


async def test_one_conversation_has_all_channels_and_what_was_told(api: httpx.AsyncClient, service: Service) -> None:
    """Notice, SMS, an answer with a place: in order, each with its channel; the place is told, and nobody asks it again."""
    await wrote(service, "c-1", "1", "kur jūs esat?")
    place = Place(56.9, 24.1, 20.0, service.now(), "customer")
    await service.tell(CustomerAnswered("sms/2", "c-1", CASE, Channel.SMS, Answer.PLACE, "simulated", place, "Riga"))
    found = (await api.get("/customers/c-1/conversation")).json()
    assert (found["name"], found["language"], found["open_cases"]) == ("Anna Ozola", "lv", [CASE])
    lines = [(one["side"], one["channel"], one["sort"]) for one in found["lines"] if one["side"] == "customer"]
    assert lines == [("customer", "sms", "written"), ("customer", "sms", "answer")]
    assert [(one["answer"], one["near"]) for one in found["lines"] if one["sort"] == "answer"] == [("place", "Riga")]
    assert found["told"][CASE]["place"]["said"] == "Riga"
    assert found["reach"] == ["chat", "sms"]
    assert found["calls"] == ["in/sms-1"]  # ours was withdrawn: they answered
    assert (await api.get("/customers/c-9/conversation")).status_code == 404


async def test_an_agent_writes_once_however_often_it_is_sent(api: httpx.AsyncClient) -> None:
    """The message stands in the conversation as the agent's; another text of another agent under its ref is refused."""
    body = {"ref": "a-1", "channel": "chat", "text": "We see your car.", "agent": "ilze"}
    first = await api.post("/conversations/c-1/messages", json=body)
    again = await api.post("/conversations/c-1/messages", json=body)
    assert (first.json(), again.json()) == ({"repeat": False}, {"repeat": True})
    lines = (await api.get("/customers/c-1/conversation")).json()["lines"]
    mine = [(one["side"], one["who"], one["text"]) for one in lines if one["side"] == "agent"]
    assert mine == [("agent", "ilze", "We see your car.")]
    assert await refused(api, "/conversations/c-2/messages", body) == (409, "ref-used")
    other = body | {"text": "And where are you?"}  # not lost in silence, as a repeat
    assert await refused(api, "/conversations/c-1/messages", other) == (409, "ref-used")
    assert await refused(api, "/conversations/c-1/messages", body | {"ref": "a-2", "text": " \n "}) == (
        422,
        "invalid-request",
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"channel": "phone", "text": "x"}, (409, "not-reached")),
        ({"channel": "email", "text": "x"}, (409, "not-reached")),
        ({"channel": "chat", "text": ""}, (422, "invalid-request")),
        ({"channel": "chat", "text": "x" * 2_001}, (422, "invalid-request")),
        ({"channel": "chat", "text": "a\u202eb"}, (422, "invalid-request")),
        ({"channel": "pigeon", "text": "x"}, (422, "invalid-request")),
        ({"channel": "chat", "text": "x", "case": "volta/car-2/1-1"}, (404, "unknown-case")),
    ],
)
async def test_what_cannot_be_written_is_refused_by_name(
    api: httpx.AsyncClient, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    """No address, nothing said, too much, what turns a text around, another's case."""
    assert await refused(api, "/conversations/c-1/messages", {"ref": "r", **body}) == expected


async def test_who_wants_no_messages_is_written_to_where_they_write_alone(
    api: httpx.AsyncClient, service: Service
) -> None:
    """Unasked no more; an answer is none."""
    no = {"purpose": "message", "given": False}
    (await api.post("/customers/c-2/consent", json=no)).raise_for_status()
    body = {"ref": "r-1", "channel": "email", "text": "Hello"}
    assert await refused(api, "/conversations/c-2/messages", body) == (409, "not-reached")
    await wrote(service, "c-2", "9", "привет")
    assert (await api.get("/customers/c-2/conversation")).json()["reach"] == ["chat", "sms"]
    assert (await api.post("/conversations/c-2/messages", json=body | {"channel": "sms"})).status_code == 200


async def test_a_stranger_is_a_conversation_of_its_own_until_an_agent_says_who_it_is(
    api: httpx.AsyncClient, service: Service
) -> None:
    """Two customers behind one number: asked, never merged; then the lines are that customer's, and no other's."""
    await wrote(service, STRANGER, "5", "mana mašīna", candidates=("c-1", "c-2"))
    (found,) = (await api.get("/conversations/strangers")).json()
    assert (found["stranger"], found["text"]) == (STRANGER, "mana mašīna")
    assert [one["name"] for one in found["candidates"]] == ["Anna Ozola", "Juris Kalns"]
    path = f"/customers/{STRANGER}/conversation"
    assert [one["customer"] for one in (await api.get(path)).json()["candidates"]] == ["c-1", "c-2"]
    reply = {"ref": "r-1", "channel": "sms", "text": "Kas jūs esat?"}
    assert (await api.post(f"/conversations/{STRANGER}/messages", json=reply)).status_code == 200
    assert await refused(api, f"/conversations/{STRANGER}/identify", {"customer": "c-9"}) == (404, "unknown-customer")
    assert await refused(api, "/conversations/stranger/none/identify", {"customer": "c-2"}) == (404, "unknown-stranger")
    for repeat in (False, True):
        answer = await api.post(f"/conversations/{STRANGER}/identify", json={"customer": "c-2"})
        assert answer.json() == {"repeat": repeat}
    assert await refused(api, f"/conversations/{STRANGER}/identify", {"customer": "c-1"}) == (
        409,
        "identified-otherwise",
    )
    lines = (await api.get("/customers/c-2/conversation")).json()["lines"]
    assert [one["text"] for one in lines] == ["mana mašīna", "Kas jūs esat?"]
    assert (await api.get("/conversations/strangers")).json() == []
    assert (await api.get(path)).status_code == 404


async def test_a_real_stranger_is_no_simulated_customer(api: httpx.AsyncClient, service: Service) -> None:
    """Simulated and real are never mixed."""
    await service.tell(CustomerWrote("sms/8", STRANGER, Channel.SMS, "hi", "en", "real", candidates=("c-1",)))
    body = {"customer": "c-1"}
    assert await refused(api, f"/conversations/{STRANGER}/identify", body) == (409, "provenance-mixed")


async def test_rows_say_who_wrote(api: httpx.AsyncClient, service: Service) -> None:
    """The demo's agent, by name; the text is sealed with the person's key."""
    body = {"ref": "a-1", "channel": "chat", "text": "We see your car.", "agent": "ilze"}
    (await api.post("/conversations/c-1/messages", json=body)).raise_for_status()
    row = next(one for one in service.journal.ledger.rows() if one.type == "AgentWrote")
    assert "We see" not in row.body
    assert getattr(read(row), "by", None) == "demo-ilze"


async def test_a_car_that_shows_to_stop_in_its_own_words_is_told_in_the_reader_s(service: Service) -> None:
    """No English on a customer's page: the sort of the line says it, as of a call."""
    await service.tell(FaultFound(replace(FLAT_BATTERY, notify=None), "fa", may_call=True, may_order=True))
    (line,) = service.casebook.conversation("c-1").lines
    assert (line.sort, line.side) == ("told_to_stop", "house")
    assert say("page_l_told_to_stop", "fa") != say("page_l_told_to_stop", "en")
