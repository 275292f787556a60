"""Calls over SIP on this machine, many at once: how long connecting takes beside the answering, what is lost, what a call costs.

    python benchmarks/sip_calls.py [--calls 12] [--seconds 60] [--softphones]

``--softphones``: agents have no telephone but their page, each a websocket of a process of its own that speaks 50 frames a second;
then what the service's process takes beside what it takes without sound is told, too, for sound passes through it.

Prints JSON. The service's line and the world's telephones are processes of their own; what a call costs is the line's processor
time, two legs and the sound between them. The desk, its store and this script are in a third.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil
import uvicorn
import websockets

from dispatch.channels.sip.line import SipLine
from dispatch.channels.sip.trunk_file import LineSettings, TrunkSettings
from dispatch.channels.telephony import FRAME
from dispatch.core.actions import AssignCall
from dispatch.core.events import AgentBecameFree, CallConnected, CallEnded, FaultFound, Outcome
from dispatch.engine.clock import WallClock
from dispatch.ledger.rows import Row, read
from dispatch.registers.customers import Customer
from dispatch.service.build import Hearing, build
from dispatch.service.exchange import Exchange
from dispatch.service.service import Service, ServiceBroker
from dispatch.store.journal import Journal
from dispatch.web.api.app import create_app
from dispatch.web.console.agent_page import mount_agent
from gateway.contract.broker_address import BrokerAddress
from gateway.finding import Domain, Drive, Finding, Help, Place, Remedy, Severity
from scenarios.runner.telephones import Manner, Telephones, free_port

AGENT_S, CUSTOMER_S = 1.0, 2.0
"""After so long they answer."""
WITHIN_S, LAST_WORDS_S = 60.0, 0.3


@dataclass(slots=True)
class Seen:
    """When what happened, by the call; seconds of the wall."""

    assigned: dict[str, float] = field(default_factory=dict)
    connected: dict[str, float] = field(default_factory=dict)
    ended: dict[str, CallEnded] = field(default_factory=dict)
    agents: dict[str, AssignCall] = field(default_factory=dict)

    def feed(self, row: Row) -> None:
        """Take note."""
        said = read(row)
        if isinstance(said, AssignCall):
            self.assigned[said.call], self.agents[said.call] = time.monotonic(), said
        elif isinstance(said, CallConnected):
            self.connected[said.call] = time.monotonic()
        elif isinstance(said, CallEnded):
            self.ended[said.call] = said


@dataclass(slots=True)
class House:
    """The service, its line, and the world's telephones."""

    service: Service
    line: SipLine
    phones: Telephones
    seen: Seen = field(default_factory=Seen)

    def __post_init__(self) -> None:
        """Have calls rung by the line."""
        self.service.exchange = Exchange(self.service, {"simulated": self.line})
        for feed in (self.service.exchange.feed, self.seen.feed):
            self.service.driver.announcer.feed(feed)

    async def begin(self, calls: int) -> None:
        """Have so many cars break down, and as many agents wait; return when all speak or have ended."""
        for number in range(calls):
            self.service.customers.add(Customer(f"c-{number}", f"c-{number}", phone_of(number), "lv", "simulated"))
            self.phones.will[f"agent-{number}"] = Manner(AGENT_S)
            found = FaultFound(_finding(number, self.service.now()), "lv", may_call=True, may_order=True)
            await self.service.tell(found)
        agents = (AgentBecameFree(f"agent-{number}", ("lv",), "simulated") for number in range(calls))
        await asyncio.gather(*map(self.service.tell, agents))
        async with asyncio.timeout(WITHIN_S):
            while len(self.seen.connected) + len(self.seen.ended) < calls:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.01)

    async def cost(self, seconds: float) -> dict[str, float]:
        """Return how many cores each process takes while nothing is done but speaking."""
        pids = {"line": self.line.pid, "telephones": self.phones.pid, "service": None}
        processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        before = {name: _cpu_s(process) for name, process in processes.items()}
        await asyncio.sleep(seconds)
        return {name: (_cpu_s(process) - before[name]) / seconds for name, process in processes.items()}

    async def end(self, calls: int) -> int:
        """Have agents say how it was; return how many customers were not on the line any more."""
        dropped = sum(not self.phones.speaks(phone_of(number)) for number in range(calls))
        for call, given in self.seen.agents.items():
            await self.service.tell(CallEnded(call, given.attempt, Outcome.INFORMED, agent=given.agent))
        async with asyncio.timeout(WITHIN_S):
            while any(self.phones.speaks(phone_of(one)) for one in range(calls)):  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.01)
        await asyncio.sleep(LAST_WORDS_S)
        return dropped


async def measure(calls: int, seconds: float, *, softphones: bool) -> dict[str, Any]:
    """Have so many calls at once for so long."""
    ours = free_port()
    phones = Telephones(f"127.0.0.1:{ours}", otherwise=Manner(CUSTOMER_S))
    await phones.start()
    rung_at = None if softphones else f"sip:{{agent}}@{phones.at}"
    settings = LineSettings(proxy=phones.at, listen=f"127.0.0.1:{ours}", agent_address=rung_at)
    line = SipLine(TrunkSettings(provenance="simulated", line=settings))
    with Journal.in_memory() as journal:
        service, _ = build(journal, WallClock(), ServiceBroker.at(BrokerAddress("127.0.0.1", 1)), Hearing())
        house = House(service, line, phones)
        running = [asyncio.create_task(service.driver.run()), asyncio.create_task(line.run())]
        await line.ready.wait()
        try:
            async with pages(service, calls if softphones else 0):
                await house.begin(calls)
                cores = await house.cost(seconds)
                return _figures(house, calls, cores, await house.end(calls)) | {"seconds": seconds}
        finally:
            line.stop()
            service.driver.stop()
            await asyncio.wait(running)
            await phones.stop()


@asynccontextmanager
async def pages(service: Service, agents: int) -> AsyncIterator[None]:
    """Have so many agents a page with sound, in a process of their own."""
    if not agents:
        yield
        return
    app = create_app(service)
    mount_agent(app, service)
    with socket.create_server(("127.0.0.1", 0)) as door:
        config = uvicorn.Config(app, log_level="error", lifespan="off", ws_per_message_deflate=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([door]))
        words = (__file__, "--pages-of", f"127.0.0.1:{door.getsockname()[1]}", "--calls", str(agents))
        browsers = await asyncio.create_subprocess_exec(sys.executable, *words)
        assert service.exchange is not None  # noqa: S101 - it is there from the beginning
        while not all(service.exchange.softphones.is_here(f"agent-{one}") for one in range(agents)):  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.05)
        yield
        browsers.terminate()
        await browsers.wait()
        server.should_exit = True
        await serving


async def page(service: str, agent: str) -> None:
    """An agent's page: takes what rings after a while, and speaks from then on."""
    where = f"ws://{service}/agent/sound?agent={agent}"
    speaking: asyncio.Task[None] | None = None
    async with websockets.connect(where, origin=f"http://{service}", compression=None) as browser:  # type: ignore[arg-type]
        async for message in browser:
            if isinstance(message, bytes):
                continue
            said = json.loads(message)
            if said["type"] == "rings":
                await asyncio.sleep(AGENT_S)
                await browser.send(json.dumps({"type": "take", "call": said["call"]}))
            elif said["type"] == "speaks":
                speaking = asyncio.create_task(_speak(browser))
            elif speaking is not None:
                speaking.cancel()


async def _speak(browser: websockets.ClientConnection) -> None:
    now = asyncio.get_running_loop().time
    began = now()
    for number in range(1_000_000):
        await browser.send(bytes(FRAME))
        await asyncio.sleep(max(0.0, began + (number + 1) / 50 - now()))


async def all_pages(service: str, agents: int) -> None:
    """All of them, until this process is ended."""
    await asyncio.gather(*(page(service, f"agent-{one}") for one in range(agents)))


def _figures(house: House, calls: int, cores: dict[str, float], dropped: int) -> dict[str, Any]:
    seen = house.seen
    overhead = sorted(at - seen.assigned[call] - AGENT_S - CUSTOMER_S for call, at in seen.connected.items())
    return {
        "calls": calls,
        "connected": len(seen.connected),
        "lost": calls - len(seen.connected) + dropped,
        "packets": house.phones.packets,
        "packets_lost": house.phones.lost,
        "connect_overhead_p50_s": round(overhead[len(overhead) // 2], 3),
        "connect_overhead_max_s": round(overhead[-1], 3),
        "core_a_call": round(cores["line"] / calls, 4),
        "core_a_telephone": round(cores["telephones"] / calls / 2, 4),
        "core_of_the_service_a_call": round(cores["service"] / calls, 4),
    }


def phone_of(number: int) -> str:
    """Return a customer's number."""
    return f"+3712{number:07d}"


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def _finding(number: int, now: float) -> Finding:
    device = f"volta/car-{number}"
    return Finding(
        key=f"{device}/1-7",
        episode=f"{device}/1-7",
        device=device,
        domain=Domain.VEHICLE,
        customer=f"c-{number}",
        part="battery_12v",
        name="12 V battery",
        probability=0.97,
        alternatives=(),
        why=("P0562",),
        severity=Severity.HIGH,
        drive=Drive.STOP_NOW,
        remedy=Remedy(Help.ROADSIDE, "battery", 1200, 1800),
        advice="Your 12 V battery is flat.",
        place=Place(56.95, 24.10, 8.0, now, "gnss"),
        near="Riga",
        observed_at=now,
        provenance="simulated",
        notify="volta/phone-1",
    )


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--calls", type=int, default=12)
    words.add_argument("--seconds", type=float, default=60.0)
    words.add_argument("--softphones", action="store_true")
    words.add_argument("--pages-of", help=argparse.SUPPRESS)
    told = words.parse_args()
    if told.pages_of:
        asyncio.run(all_pages(told.pages_of, told.calls))
    else:
        found = asyncio.run(measure(told.calls, told.seconds, softphones=told.softphones))
        print(json.dumps(found, indent=2))  # noqa: T201 - its result
