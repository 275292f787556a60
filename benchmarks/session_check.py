"""What checking a session adds to a request: against the same request on a service where nobody logs in, turn about, in one run.

    .venv/bin/python benchmarks/session_check.py [--rounds 5000] [--sessions 2000]

Both services are whole, without a port; the path is the cheapest that there is, so that nothing hides what the check costs.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time

import httpx

from dispatch.access.accounts import Account
from dispatch.access.hosts import AllowedHosts
from dispatch.access.roles import Role
from dispatch.engine.clock import WallClock
from dispatch.service.build import Hearing, build
from dispatch.service.log_in import LogIn, Where
from dispatch.service.passwords import PasswordHasher
from dispatch.service.service import Service, ServiceBroker
from dispatch.store.journal import Journal
from dispatch.web.api.app import create_app
from dispatch.web.guard import COOKIE
from gateway.contract.broker_address import BrokerAddress

BUDGET_MS = 2.0
HTTP, PATH = "http://127.0.0.1:8080", "/api/v1/me"
SESSION_S = 3_600.0


def service(*, is_open: bool) -> Service:
    """Return a service without broker and port."""
    journal = Journal.in_memory()
    made, _ = build(journal, WallClock(), ServiceBroker.at(BrokerAddress("127.0.0.1", 1)), Hearing())
    made.log_in = LogIn(journal, may_be_open=is_open, hasher=PasswordHasher(cost=4))
    return made


async def logged_in(log_in: LogIn, sessions: int) -> str:
    """Have so many people be logged in; return the cookie of one."""
    for number in range(sessions):
        await log_in.registers.make(Account(f"agent-{number}", Role.AGENT, None, 0.0))
    drawn = [await log_in._begin(f"agent-{number}", SESSION_S, Where()) for number in range(sessions)]  # noqa: SLF001
    return drawn[sessions // 2]


async def asked(client: httpx.AsyncClient) -> float:
    """Return how long a request took, in milliseconds."""
    begun = time.perf_counter()
    answer = await client.get(PATH)
    took = (time.perf_counter() - begun) * 1_000
    answer.raise_for_status()
    return took


async def measured(rounds: int, sessions: int) -> bool:
    """Print what it costs; tell whether that is within the budget."""
    free, kept = service(is_open=True), service(is_open=False)
    cookie = await logged_in(kept.log_in, sessions)
    transports = [httpx.ASGITransport(create_app(one, AllowedHosts())) for one in (free, kept)]
    async with (
        httpx.AsyncClient(transport=transports[0], base_url=HTTP) as without,
        httpx.AsyncClient(transport=transports[1], base_url=HTTP, cookies={COOKIE: cookie}) as with_one,
    ):
        for _ in range(rounds // 10):
            await asked(without), await asked(with_one)
        pairs = [(await asked(without), await asked(with_one)) for _ in range(rounds)]
    open_ms, session_ms = (statistics.median(one[side] for one in pairs) for side in (0, 1))
    added = statistics.median(one[1] - one[0] for one in pairs)
    print(f"open {open_ms:.3f} ms, with a session of {sessions} {session_ms:.3f} ms: {session_ms / open_ms:.2f} times")  # noqa: T201
    print(f"it adds {added:.3f} ms (budget {BUDGET_MS:g} ms)")  # noqa: T201
    return added <= BUDGET_MS


def main() -> None:
    """Measure, and end with 1 where it is over the budget."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5_000)
    arguments.add_argument("--sessions", type=int, default=2_000)
    said = arguments.parse_args()
    sys.exit(0 if asyncio.run(measured(said.rounds, said.sessions)) else 1)


if __name__ == "__main__":
    main()
