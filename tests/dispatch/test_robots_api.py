"""Robots over HTTP: on the customer's own page, on the telephone, and what the agent reads who takes over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from dispatch.core.policy import MessagePolicy, Policy
from dispatch.core.robots.model import Wish
from dispatch.service.service import Service
from dispatch.web.api.app import create_app
from dispatch.words import say
from tests.dispatch.conftest import HTTP, portless

pytestmark = pytest.mark.anyio
Words = Any
AGENT = {"languages": ["lv"], "provenance": "simulated", "wait_s": 1.0}
RINGS = {"ref": "77", "phone": "+37120000001"}


@pytest.fixture
async def house() -> AsyncIterator[Service]:
    """A service with robots."""
    async with portless(policy=Policy(robots=True, messages=MessagePolicy())) as made:
        made.page_links.public_url = HTTP
        yield made


@pytest.fixture
async def api(house: Service, words: Words) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it; a customer is registered."""
    wire = httpx.ASGITransport(create_app(house))
    async with httpx.AsyncClient(transport=wire, base_url=HTTP) as client:
        for path, body in (("vendors", words.vendors), ("devices", words.registered), ("customers", [words.customer])):
            assert (await client.post(f"/api/v1/{path}", json=body)).status_code == 200
        yield client


@pytest.fixture
async def mine(house: Service, api: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """The customer's own page."""
    assert api is not None  # they are registered
    wire = httpx.ASGITransport(create_app(house))
    async with httpx.AsyncClient(transport=wire, base_url=HTTP) as client:
        link = await house.page_links.link_of("c-1")
        assert (await client.post("/me/enter", json={"link": link.partition("#")[2]})).status_code == 204
        yield client


async def _write(mine: httpx.AsyncClient, ref: str, text: str) -> Any:
    answer = await mine.post("/api/v1/me/messages", json={"ref": ref, "text": text})
    assert answer.status_code == 200, answer.text
    return (await mine.get("/api/v1/me")).json()["page"]["lines"]


async def test_a_robot_answers_on_the_page_and_hands_over_to_an_agent_who_has_it_all(
    api: httpx.AsyncClient, mine: httpx.AsyncClient
) -> None:
    """Its words are marked as a robot's, may be answered by a tap, and end with the hand-over."""
    line = (await _write(mine, "a", "Hm?"))[-1]
    assert (line["side"], line["channel"]) == ("robot", "chat")
    assert line["text"].startswith(say("robot_hello", "lv"))
    assert line["choices"] == [say(f"robot_wish_{one}", "lv") for one in ("person", *Wish)]
    line = (await _write(mine, "b", "3"))[-1]
    assert say("page_m_none", "lv") in line["text"]
    lines = await _write(mine, "c", "0")
    assert [one["side"] for one in lines] == ["customer", "robot"] * 2 + ["customer", "house"]
    assert lines[-1]["text"] == say("robot_hands_over", "lv")
    assert (await _write(mine, "d", "3"))[-1]["side"] == "customer"
    seen = (await api.get("/api/v1/customers/c-1/conversation")).json()
    assert seen["owner"] == "waits"
    assert seen["handed_over"]["why"] == "wish"
    assert seen["handed_over"]["said"] == [f"chat/c-1/{ref}" for ref in "abc"]
    brief = (await api.post("/api/v1/agents/a-1/claim", json=AGENT)).json()
    assert brief["robot"] == [
        "Handed over by our robot: they want a person",
        "Wanted: what devices may pay",
        "Said: 3 messages, below",
        "Tried: asked what it is about; told: what devices may pay",
        "Who writes is known: by their address, or their own page",
    ]
    said = {"call": brief["call"], "attempt": brief["attempt"], "agent": "a-1"}
    assert (await api.post("/api/v1/calls/connected", json=said)).status_code == 200
    assert (await api.get("/api/v1/customers/c-1/conversation")).json()["owner"] == "person"
    metrics = (await api.get("/metrics")).text
    assert 'callahead_robots_handed_over_total{why="wish"} 1.0' in metrics


async def test_what_is_said_again_under_its_ref_is_answered_once(mine: httpx.AsyncClient) -> None:
    """A page that had no coverage sends it twice."""
    assert len(await _write(mine, "a", "mani limiti")) == len(await _write(mine, "a", "mani limiti"))


async def _menu(api: httpx.AsyncClient, expected: int = 200, **more: Any) -> Any:
    answer = await api.post("/api/v1/calls/menu", json=RINGS | more)
    assert answer.status_code == expected, answer.text
    return answer.json()


async def test_who_rings_is_answered_by_keys_and_by_words(api: httpx.AsyncClient) -> None:
    """Nothing is open of theirs: the robot's menu; a key said again is heard once; zero is a person."""
    told = await _menu(api)
    assert told["say"][0] == say("robot_hello", "lv")
    outage = next(one for one in told["options"] if one["wish"] == "outage")
    said = await _menu(api, key=outage["key"], wish="outage")
    assert (said["state"], said["step"]) == ("menu", 1)
    assert say("robot_outage_no", "lv") in said["say"][0]
    assert await _menu(api, key=outage["key"], wish="outage") == said
    again = await _menu(api, words="Vai visiem ir traucējums?", step=1)
    assert again["step"] == 2
    assert (await api.get("/api/v1/queue")).json() == []
    person = await _menu(api, key="0", step=2)
    assert person["state"] == "queued"
    assert [one["call"] for one in (await api.get("/api/v1/queue")).json()] == ["in/77"]
    brief = (await api.post("/api/v1/agents/a-1/claim", json=AGENT)).json()
    assert brief["robot"][1:3] == ["Wanted: whether it is everybody's outage", "Said: 3 messages, below"]


async def test_what_is_not_understood_on_the_telephone_is_put_through(api: httpx.AsyncClient) -> None:
    """Money, too: a number that rings shows who pays for it, not who speaks."""
    assert (await _menu(api, words="hm hm hm"))["state"] == "menu"
    assert (await _menu(api, words="tas dīvainais", step=1))["state"] == "queued"
    assert (await _menu(api, ref="78", wish="limits", key="3"))["state"] == "queued"
    await _menu(api, 422, words="x" * 2_001)
    await _menu(api, 422, step=100)
