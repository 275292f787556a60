"""What an agent's page is told over its websocket, and what becomes of what an agent had in hand whose page is gone."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from dispatch.core.events import AgentBecameFree, CallConnected, FaultFound
from dispatch.core.policy import Policy
from dispatch.core.routing.events import AgentUnseen
from dispatch.ledger.rows import read
from dispatch.registers.customers import Customer
from dispatch.service.service import Service
from dispatch.web.api.app import create_app
from dispatch.web.console.agent_page import mount_agent
from tests.dispatch.conftest import FLAT_BATTERY, portless

pytestmark = pytest.mark.anyio
BACK_WITHIN_S, GONE_S = 0.05, 1.0
ANNA = Customer("c-1", "Anna Ozola", "+37120000017", "lv", "simulated")


@dataclass
class Browser:
    """A websocket, from the browser's side, over ASGI."""

    app: FastAPI
    query: str
    path: str = "/agent/feed"
    key: str = ""
    """Of whom it is, where somebody has to log in."""
    told: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    asks: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    runs: asyncio.Task[None] | None = None

    async def open(self) -> Browser:
        """Shake hands."""
        head = [(b"host", b"127.0.0.1"), (b"origin", b"http://127.0.0.1")]
        head += [(b"authorization", f"Bearer {self.key}".encode())] if self.key else []
        scope = {"type": "websocket", "path": self.path, "query_string": self.query.encode(), "headers": head}
        scope |= {"scheme": "ws", "subprotocols": [], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
        await self.asks.put({"type": "websocket.connect"})
        self.runs = asyncio.create_task(self.app(scope, self.asks.get, self.told.put))
        assert (await self.next())["type"] == "websocket.accept"
        return self

    async def next(self) -> Message:
        """What comes next."""
        return await asyncio.wait_for(self.told.get(), 20)

    async def hear(self) -> dict[str, Any]:
        """What it is told next."""
        found: dict[str, Any] = json.loads(zlib.decompress((await self.next())["bytes"], -15))
        return found

    async def until_in_hand(self, call: str) -> dict[str, Any]:
        """What it is told of a call, once it is in hand."""
        while call not in (said := await self.hear()).get("changed", {}):
            pass
        found: dict[str, Any] = said["changed"][call]
        return found

    async def close(self) -> None:
        """The tab is closed."""
        await self.asks.put({"type": "websocket.disconnect", "code": 1001})
        assert self.runs is not None
        await self.runs


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """A service that knows Anna."""
    async with portless(policy=Policy(agent_gone_s=GONE_S)) as made:
        made.customers.add(ANNA)
        yield made


@pytest.fixture
def app(service: Service) -> FastAPI:
    """Its app, with the agent's page."""
    made = create_app(service)
    service.present_agents.back_within_s = BACK_WITHIN_S
    mount_agent(made, service)
    return made


async def talks(service: Service, page: Browser) -> str:
    """Anna's car breaks down, and the agent speaks with her: the call."""
    await service.tell(AgentBecameFree("agent-1", ("lv",), "simulated"))
    await service.tell(FaultFound(FLAT_BATTERY, "lv", may_call=True, may_order=True))
    call = f"{FLAT_BATTERY.episode}/call"
    told = await page.until_in_hand(call)
    assert told["call"]["state"] == "assigned"
    assert told["person"]["name"] == "Anna Ozola"
    await service.tell(CallConnected(call, 1, "agent-1"))
    return call


def unseen(service: Service) -> list[AgentUnseen]:
    """Whom nobody sees any more, as the ledger has it."""
    found = [read(row) for row in service.journal.ledger.rows() if row.type == "AgentUnseen"]
    return [one for one in found if isinstance(one, AgentUnseen)]


async def until(service: Service, holds: Callable[[], object]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(20):
        while not holds():
            await service.driver.announcer.news.wait(1)


async def until_unseen(service: Service, agent: str) -> None:
    """Wait until the desk was told so."""
    await until(service, lambda: agent in [one.agent for one in unseen(service)])


async def somebody_else_goes(app: FastAPI, service: Service) -> None:
    """Later than whoever went before: by then it would have been told of them."""
    await service.tell(AgentBecameFree("agent-2", ("zh",), "simulated"))
    page = await Browser(app, "agent=agent-2").open()
    await page.close()
    await until_unseen(service, "agent-2")


async def test_what_is_in_hand_is_told_before_anybody_speaks_and_when_it_changes(
    app: FastAPI, service: Service
) -> None:
    """Nothing at first, then the brief with the call still to be answered, then that they speak; the script beside in Russian."""
    page = await Browser(app, "agent=agent-1").open()
    assert (await page.hear())["in_hand"] == []
    await page.asks.put({"type": "websocket.receive", "text": json.dumps({"type": "beside", "language": "ru"})})
    call = await talks(service, page)
    told = await page.until_in_hand(call)
    assert told["call"]["state"] == "connected"
    first = told["script"][0]
    assert (first["text"], first["beside"], first["must"]) == ("Šeit Callahead.", "Это Callahead.", True)
    await page.close()


async def test_an_agent_whose_page_is_gone_is_lost_and_one_who_comes_back_is_not(
    app: FastAPI, service: Service
) -> None:
    """Within its time the page may come back, as after a reload; later, what they had in hand is rung by somebody else."""
    page = await Browser(app, "agent=agent-1").open()
    call = await talks(service, page)
    await page.close()
    again = await Browser(app, "agent=agent-1").open()
    assert (await again.hear())["in_hand"] == [call]
    await somebody_else_goes(app, service)
    assert [one.agent for one in unseen(service)] == ["agent-2"]
    await again.close()
    await until_unseen(service, "agent-1")
    assert service.casebook.calls[call].state == "connected", "they may come back yet"
    await until(service, lambda: service.casebook.calls[call].reason == "agent_lost")
    wire = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=wire, base_url="http://localhost/api/v1") as api:
        told = (await api.get("/agents/agent-1")).json()
        assert (told["state"], told["lost"]) == ("away", [call])
        assert told["unseen_since"]
        (on_the_floor,) = [one for one in (await api.get("/floor")).json()["agents"] if one["agent"] == "agent-1"]
        assert [one["name"] for one in on_the_floor["lost"]] == ["Anna Ozola"]
        assert "agent-1" not in (await api.get("/colleagues")).text
    back = await Browser(app, "agent=agent-1").open()
    said = await back.hear()
    assert (said["in_hand"], [one["who"] for one in said["lost"]]) == ([], ["Anna Ozola"])
    await service.tell(AgentBecameFree("agent-1", ("lv",), "simulated"))
    await until(service, lambda: not service.casebook.agents["agent-1"].lost)
    await back.close()


async def test_who_comes_back_after_they_were_out_of_sight_keeps_what_they_have(app: FastAPI, service: Service) -> None:
    """The desk was told, and is told again; its timer leads to nothing."""
    page = await Browser(app, "agent=agent-1").open()
    call = await talks(service, page)
    await page.close()
    await until_unseen(service, "agent-1")
    gone_at = service.now() + GONE_S
    again = await Browser(app, "agent=agent-1").open()
    await until(service, lambda: service.casebook.agents["agent-1"].unseen_since is None)
    await until(service, lambda: service.now() > gone_at)
    assert service.room.desk.held_by("agent-1") == [call]
    await again.close()


async def test_an_agent_with_nothing_in_hand_leaves_no_word_of_it(app: FastAPI, service: Service) -> None:
    """Whoever closes the page at the end of a shift."""
    page = await Browser(app, "agent=agent-1").open()
    await page.close()
    await somebody_else_goes(app, service)
    assert [one.agent for one in unseen(service)] == ["agent-2"]


async def test_a_program_says_that_its_agent_is_there(app: FastAPI, service: Service) -> None:
    """Once it says so no more, what they had in hand is another's; who never did is left alone."""
    await service.tell(AgentBecameFree("agent-1", ("lv",), "simulated"))
    await service.tell(FaultFound(FLAT_BATTERY, "lv", may_call=True, may_order=True))
    call = f"{FLAT_BATTERY.episode}/call"
    await service.tell(CallConnected(call, 1, "agent-1"))
    wire = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=wire, base_url="http://localhost/api/v1") as api:
        for wrong in ({"within_s": 4}, {"within_s": 601}, {"within_s": "soon"}, {"beats": 1}):
            assert (await api.post("/agents/agent-1/here", json=wrong)).status_code == 422
        assert unseen(service) == []
        assert (await api.post("/agents/agent-1/here", json={"within_s": 5})).status_code == 200
    await until(service, lambda: service.casebook.calls[call].reason == "agent_lost")


@pytest.mark.parametrize(
    "asked", ["", "{", "[]", '{"type": "open"}', '{"type": "beside"}', '{"type":"beside","language":1}']
)
async def test_what_no_page_asks_ends_the_page(app: FastAPI, asked: str) -> None:
    """With its code; a language that we have no words in is English."""
    page = await Browser(app, "agent=agent-1").open()
    await page.hear()
    await page.asks.put({"type": "websocket.receive", "text": asked})
    while (said := await page.next())["type"] != "websocket.close":
        pass
    assert said["code"] == 4400


async def test_the_older_of_two_pages_gives_way(app: FastAPI) -> None:
    """It is told so, and is not opened again by itself."""
    older = await Browser(app, "agent=agent-1").open()
    await older.hear()
    newer = await Browser(app, "agent=agent-1").open()
    while (said := await older.next())["type"] != "websocket.close":
        pass
    assert said["code"] == 4409
    await newer.close()
