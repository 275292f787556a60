"""A service whose calls are rung over SIP, and the world's telephones: what its tests share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any, TypeVar

import pytest

from dispatch.channels.sip.line import SipLine
from dispatch.channels.sip.trunk_file import LineSettings, TrunkSettings
from dispatch.core.events import AgentBecameFree, Event, FaultFound
from dispatch.ledger.rows import Row, read
from dispatch.registers.customers import Customer
from dispatch.service.exchange import Exchange
from dispatch.service.service import Service
from scenarios.runner.telephones import Telephones, free_port
from tests.conftest import until
from tests.dispatch.conftest import FLAT_BATTERY, portless

NEEDS_SIP = pytest.mark.skipif(find_spec("baresip") is None, reason="the extra telephony is not installed")
ANNA, BEN = "+37120000001", "+37120000002"
S = TypeVar("S")


@dataclass
class House:
    """A service with a line, and the world's telephones."""

    service: Service
    line: SipLine
    phones: Telephones
    rows: list[Row]

    def said(self, kind: type[S]) -> list[S]:
        """Return the events or actions of a kind, in the ledger's order."""
        return [said for row in self.rows if isinstance(said := read(row), kind)]

    async def first(self, kind: type[S], number: int = 1) -> S:
        """Wait for the first of a kind, or a later one."""
        await until(lambda: len(self.said(kind)) >= number)
        return self.said(kind)[number - 1]

    async def breaks(self, customer: str = "c-1") -> None:
        """A customer's car breaks down."""
        device = f"volta/car-{customer}"
        finding = replace(FLAT_BATTERY, key=f"{device}/1-7", episode=f"{device}/1-7", device=device, customer=customer)
        await self.tell(
            FaultFound(replace(finding, observed_at=self.service.now()), "lv", may_call=True, may_order=True)
        )

    async def free(self, *agents: str) -> None:
        """Agents wait for a call."""
        for agent in agents:
            await self.tell(AgentBecameFree(agent, ("lv", "en"), "simulated"))

    def words(self) -> list[str]:
        """Return what the health of the service says of the telephone."""
        return [why for why in self.service.condition().reasons if "broker" not in why]

    async def tell(self, event: Event) -> None:
        """Tell the desk."""
        await self.service.tell(event)


@asynccontextmanager
async def house(proxy: str = "", *, softphones: bool = False, **settings: Any) -> AsyncIterator[House]:
    """A house whose two customers and whose agents have telephones; ``proxy``: by which customers are rung instead.

    ``softphones``: agents have none but in their pages.
    """
    ours = free_port()
    phones = Telephones(f"127.0.0.1:{ours}")
    await phones.start()
    line = SipLine(
        TrunkSettings(
            provenance="simulated",
            line=LineSettings(
                proxy=proxy or phones.at,
                listen=f"127.0.0.1:{ours}",
                agent_address=None if softphones else f"sip:{{agent}}@{phones.at}",
            ),
        )
    )
    async with portless(**settings) as service:
        for number, customer in ((ANNA, "c-1"), (BEN, "c-2")):
            service.customers.add(Customer(customer, customer, number, "lv", "simulated"))
        service.exchange = Exchange(service, {"simulated": line})
        rows: list[Row] = []
        service.driver.announcer.feed(service.exchange.feed)
        service.driver.announcer.feed(rows.append)
        running = asyncio.create_task(line.run())
        await line.ready.wait()
        yield House(service, line, phones, rows)
        line.stop()
        await running
    await phones.stop()
