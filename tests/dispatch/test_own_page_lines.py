"""The websockets of customers' page: who is told what, and when it ends; a room for two that passes on little and keeps nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from starlette.websockets import WebSocket

from dispatch.access.principal import DEMO, Principal
from dispatch.access.roles import Role
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import CustomerWrote
from dispatch.core.events import AgentBecameFree, CallEnded, Outcome
from dispatch.registers.customers import Customer
from dispatch.service.access_registers import new_key
from dispatch.service.log_in import Where
from dispatch.service.service import Service
from dispatch.web.own_page import live, video
from dispatch.web.own_page.live import LivePages
from dispatch.web.own_page.video import VideoRooms
from tests.conftest import until
from tests.dispatch.conftest import portless

pytestmark = pytest.mark.anyio
OFFER = json.dumps({"type": "offer", "description": {"type": "offer", "sdp": "v=0"}})
WITH_C1 = "customer=c-1&agent=anna"


class Line:
    """A browser's end of a websocket."""

    def __init__(self, who: Principal, query: str = "") -> None:
        self.heard: list[Any] = []
        self.closed: int | None = None
        self._says: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._says.put_nowait({"type": "websocket.connect"})
        scope = {
            "type": "websocket",
            "query_string": query.encode(),
            "headers": [],
            "path": "/",
            "state": {"principal": who},
        }
        self.socket = WebSocket(scope, self._says.get, self._send)

    def says(self, text: str) -> None:
        """The browser says something."""
        self._says.put_nowait({"type": "websocket.receive", "text": text})

    def hangs_up(self) -> None:
        """The browser is gone."""
        self._says.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def _send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.closed = message["code"]
        elif message["type"] == "websocket.send":
            self.heard.append(json.loads(message["text"]))


@pytest.fixture
async def service(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """A service with two customers, that looks often whether somebody is still let in."""
    monkeypatch.setattr(live, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(live, "REST_S", 0.001)
    monkeypatch.setattr(video, "LOOK_EVERY_S", 0.01)
    async with portless() as made:
        for name in ("c-1", "c-2"):
            made.customers.add(Customer(name, f"Name of {name}", "+37120000001", "lv", "simulated"))
        yield made


async def customer(service: Service, name: str) -> Principal:
    """Somebody who came by a link."""
    registers = service.log_in.registers
    secret = await registers.add_link(name, Role.CUSTOMER, name, service.log_in.now() + 3_600)
    return service.log_in.by_session(await service.log_in.enter(service.log_in.link_of(secret), Where()))


async def exchange(service: Service) -> Principal:
    """A machine that speaks for agents."""
    made, secret = new_key("exchange", service.log_in.now(), role=Role.AGENT)
    await service.log_in.registers.add_key(made)
    return service.log_in.by_key(secret)


async def writes(service: Service, name: str) -> str:
    """A customer writes; return the call that it waits as."""
    await service.tell(CustomerWrote(f"chat/{name}-1", name, Channel.CHAT, "hello", "lv", "simulated"))
    return next(call.call for call in service.casebook.calls.values() if call.customer == name)


def run(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Have an end of a line served."""
    return asyncio.create_task(work)


async def test_a_page_is_told_what_is_its_own_and_only_when_it_is_another(service: Service) -> None:
    """The other one's letter is no news; one's own is; somebody of the house has no such page."""
    pages = LivePages(service)
    service.driver.announcer.feed(pages.feed)
    mine, staff = Line(await customer(service, "c-1")), Line(DEMO)
    await pages.show(staff.socket)
    assert staff.closed == live.POLICY_VIOLATED
    shown = run(pages.show(mine.socket))
    await until(lambda: mine.heard)
    await writes(service, "c-2")
    await writes(service, "c-1")
    await until(lambda: len(mine.heard) == 2)
    assert [len(one["page"]["lines"]) for one in mine.heard] == [0, 1]
    assert "c-2" not in json.dumps(mine.heard)
    mine.hangs_up()
    await shown


async def test_a_page_ends_with_its_link_and_says_nothing_but_that_it_is_used(service: Service) -> None:
    """4401 once it is revoked; a word that is none of the page's ends it."""
    pages = LivePages(service)
    revoked, odd = Line(await customer(service, "c-1")), Line(await customer(service, "c-2"))
    one, other = run(pages.show(revoked.socket)), run(pages.show(odd.socket))
    await until(lambda: revoked.heard and odd.heard)
    await service.page_links.revoke("c-1")
    odd.says("used")
    odd.says("everything of everybody")
    await asyncio.gather(one, other)
    assert (revoked.closed, odd.closed) == (live.LOGGED_OUT, live.POLICY_VIOLATED)


async def test_so_many_pages_of_one_customer_and_no_more(service: Service) -> None:
    """A page that is opened again and again takes no memory without end."""
    pages, who = LivePages(service), await customer(service, "c-1")
    lines = [Line(who) for _ in range(live.MOST_OF_ONE + 1)]
    tasks = [run(pages.show(line.socket)) for line in lines]
    await until(lambda: lines[-1].closed is not None)
    assert lines[-1].closed == live.TOO_MANY
    for line in lines:
        line.hangs_up()
    await asyncio.gather(*tasks)


async def test_a_room_is_for_a_customer_and_who_has_their_conversation(service: Service) -> None:
    """Nobody else takes a seat; what they say to begin with is passed on; the end of the conversation ends it."""
    anna = await exchange(service)
    pages = LivePages(service)
    rooms, who = VideoRooms(service, pages), await customer(service, "c-1")
    call = await writes(service, "c-1")
    for line in (
        Line(who),
        Line(anna, WITH_C1),
        Line(anna, "customer=c-1&agent=bob"),
        Line(who, WITH_C1),
    ):
        await (rooms.agent if line.socket.query_params else rooms.customer)(line.socket)
        assert line.closed == video.NOT_ALLOWED
    await service.tell(AgentBecameFree("anna", ("lv",), "simulated"))
    agent, theirs = Line(anna, WITH_C1), Line(who)
    for line in (Line(anna, "customer=c-2&agent=anna"), Line(await customer(service, "c-2"))):
        await (rooms.agent if line.socket.query_params else rooms.customer)(line.socket)
        assert line.closed == video.NOT_ALLOWED
    first = run(rooms.agent(agent.socket))
    await until(lambda: pages.is_asked("c-1"))
    second = run(rooms.customer(theirs.socket))
    await until(lambda: agent.heard and theirs.heard)
    theirs.says(OFFER)
    await until(lambda: len(agent.heard) == 2)
    assert [one["type"] for one in agent.heard] == ["ready", "offer"]
    await service.tell(CallEnded(call, 1, Outcome.INFORMED, agent="anna"))
    await first
    await until(lambda: len(theirs.heard) == 2)
    assert (agent.closed, theirs.heard[-1]) == (video.NOT_ALLOWED, {"type": "gone"})
    assert not pages.is_asked("c-1")
    theirs.hangs_up()
    await second


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"type":"order"}', "x" * (video.LONGEST + 1), OFFER[:-1], '{"type":["offer"]}']
)
async def test_what_browsers_do_not_say_to_begin_with_ends_it(service: Service, text: str) -> None:
    """Nothing of it reaches the other one."""
    anna = await exchange(service)
    rooms = VideoRooms(service, LivePages(service))
    await writes(service, "c-1")
    await service.tell(AgentBecameFree("anna", ("lv",), "simulated"))
    agent, theirs = Line(anna, WITH_C1), Line(await customer(service, "c-1"))
    first = run(rooms.agent(agent.socket))
    await asyncio.sleep(0)
    second = run(rooms.customer(theirs.socket))
    await until(lambda: agent.heard and theirs.heard)
    theirs.says(text)
    await second
    assert theirs.closed == video.TOO_MUCH
    assert [one["type"] for one in agent.heard] == ["ready", "gone"]
    agent.hangs_up()
    await first


async def test_a_browser_that_floods_the_room_is_shown_out(service: Service) -> None:
    """A burst is usual, for ever is not; of two pages of one agent the newer counts."""
    anna = await exchange(service)
    rooms = VideoRooms(service, LivePages(service))
    await writes(service, "c-1")
    await service.tell(AgentBecameFree("anna", ("lv",), "simulated"))
    older, newer = Line(anna, WITH_C1), Line(anna, WITH_C1)
    tasks = [run(rooms.agent(older.socket))]
    await asyncio.sleep(0)
    tasks.append(run(rooms.agent(newer.socket)))
    await until(lambda: older.closed is not None)
    assert older.closed == video.ELSEWHERE
    for _ in range(int(video.AT_ONCE) + 40):
        newer.says(OFFER)
    await until(lambda: newer.closed is not None)
    assert newer.closed == video.TOO_MUCH
    older.hangs_up()
    await asyncio.gather(*tasks)
