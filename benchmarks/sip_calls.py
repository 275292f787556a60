"""Calls over SIP on this machine, many at once: how long connecting takes beside the answering, what is lost, what a call costs.

    python benchmarks/sip_calls.py [--calls 12] [--seconds 60]

Prints JSON. The service's line and the world's telephones are processes of their own; what a call costs is the line's processor
time, two legs and the sound between them. The desk, its store and this script are in a third.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

import psutil

from dispatch.channels.sip.line import SipLine
from dispatch.channels.sip.trunk_file import LineSettings, TrunkSettings
from dispatch.core.actions import AssignCall
from dispatch.core.events import AgentBecameFree, CallConnected, CallEnded, FaultFound, Outcome
from dispatch.engine.clock import WallClock
from dispatch.ledger.rows import Row, read
from dispatch.registers.customers import Customer
from dispatch.service.build import Hearing, build
from dispatch.service.exchange import Exchange
from dispatch.service.service import Service, ServiceBroker
from dispatch.store.journal import Journal
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
        processes = {"line": psutil.Process(self.line.pid), "telephones": psutil.Process(self.phones.pid)}
        before = {name: _cpu_s(process) for name, process in processes.items()}
        await asyncio.sleep(seconds)
        return {name: (_cpu_s(process) - before[name]) / seconds for name, process in processes.items()}

    async def end(self, calls: int) -> int:
        """Have agents say how it was; return how many customers were not on the line any more."""
        dropped = sum(not self.phones.speaks(phone_of(number)) for number in range(calls))
        for call, given in self.seen.agents.items():
            await self.service.tell(CallEnded(call, given.attempt, Outcome.INFORMED, agent=given.agent))
        async with asyncio.timeout(WITHIN_S):
            while any(self.phones.speaks(f"agent-{one}") for one in range(calls)):  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.01)
        await asyncio.sleep(LAST_WORDS_S)
        return dropped


async def measure(calls: int, seconds: float) -> dict[str, Any]:
    """Have so many calls at once for so long."""
    ours = free_port()
    phones = Telephones(f"127.0.0.1:{ours}", otherwise=Manner(CUSTOMER_S))
    await phones.start()
    settings = LineSettings(proxy=phones.at, listen=f"127.0.0.1:{ours}", agent_address=f"sip:{{agent}}@{phones.at}")
    line = SipLine(TrunkSettings(provenance="simulated", line=settings))
    with Journal.in_memory() as journal:
        service, _ = build(journal, WallClock(), ServiceBroker.at(BrokerAddress("127.0.0.1", 1)), Hearing())
        house = House(service, line, phones)
        running = [asyncio.create_task(service.driver.run()), asyncio.create_task(line.run())]
        await line.ready.wait()
        try:
            await house.begin(calls)
            cores = await house.cost(seconds)
            return _figures(house, calls, cores, await house.end(calls)) | {"seconds": seconds}
        finally:
            line.stop()
            service.driver.stop()
            await asyncio.wait(running)
            await phones.stop()


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
    told = words.parse_args()
    print(json.dumps(asyncio.run(measure(told.calls, told.seconds)), indent=2))  # noqa: T201 - its result
