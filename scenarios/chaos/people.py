"""Agents, a workshop and a supplier at the HTTP API. They do what they are asked at once, and ask again until they are heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter

from dispatch.ledger.rows import Row
from scenarios.chaos.chronicle import Chronicle
from scenarios.service.client import Client, Patience, Response

SIMULATED = "simulated"
LANGUAGES = ["en"]
WAIT_S = 20.0
"""How long one question waits for news."""
STUBBORN = Patience(tries=None, again_after_s=0.05)
"""The service is not there, or its store takes nothing."""
TIMEOUT_S = 40.0
CONFLICT = 409
WORKSHOP, SUPPLIER = "workshop-1", "supplier-1"
_ROWS = TypeAdapter(list[Row])

Spoken = Callable[[str], None]
"""Is told the case that agent and customer speak about."""


class People:
    """Everybody who speaks HTTP. Runs in one loop; ``begin`` starts them all, ``end`` sends them home."""

    def __init__(self, http: str, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self._client = Client(http, STUBBORN, ask_again=self._refused, timeout_s=TIMEOUT_S)
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self, agents: int, spoken: Spoken, delivered: Spoken, rows: Callable[[list[Row]], None]) -> None:
        """Have everybody start work; ``rows`` is told of the ledger as it grows."""
        work = [self._agent(f"agent-{number}", spoken) for number in range(1, agents + 1)]
        work += [self._partner(WORKSHOP, delivered), self._partner(SUPPLIER, delivered), self._follow(rows)]
        self._tasks = [asyncio.create_task(one) for one in work]

    async def end(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.close()

    async def _agent(self, name: str, spoken: Spoken) -> None:
        while True:
            free = {"languages": LANGUAGES, "provenance": SIMULATED, "wait_s": WAIT_S}
            brief = await self._post(f"/agents/{name}/claim", free)
            if brief is None:
                continue
            call = {"call": brief["call"], "attempt": brief["attempt"]}
            if await self._post("/calls/connected", call) is None:
                continue  # withdrawn, or handed on
            spoken(brief["case"])
            wants = {"wants_help": True} if brief["ask_help"] else {}
            await self._post("/calls/ended", call | {"outcome": "informed"} | wants)

    async def _partner(self, name: str, delivered: Spoken) -> None:
        after = 0
        while True:
            page = await self._get("/requests", partner=name, after=after, wait_s=WAIT_S)
            for asked in page["requests"]:
                await self._see_to(asked["type"], asked["body"], delivered)
            after = page["next"]

    async def _see_to(self, kind: str, body: dict[str, Any], delivered: Spoken) -> None:
        if kind == "BookWorkshop":
            answer = {
                "booking": body["booking"],
                "attempt": body["attempt"],
                "accepted": True,
                "slot_at": body["earliest"],
            }
            await self._post("/bookings/answer", answer)
        elif kind == "PlaceOrder":
            answer = {"order": body["order"], "attempt": body["attempt"], "accepted": True, "arrives_at": 0.0}
            if await self._post("/orders/answer", answer) is not None:
                delivered(body["case"])
                await self._post("/orders/fulfilled", {"order": body["order"]})

    async def _follow(self, rows: Callable[[list[Row]], None]) -> None:
        after = 0
        while True:
            page = await self._get("/ledger", after=after, limit=1_000, wait_s=WAIT_S)
            after = page["next"]
            rows(_ROWS.validate_python(page["rows"]))

    async def _get(self, path: str, **query: Any) -> Any:  # noqa: ANN401 - JSON
        return (await self._client.ask("GET", path, **query)).json()

    async def _post(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Post until it is taken. ``None``: nothing to say (204), or it came too late (409)."""
        answer = await self._client.ask("POST", path, body)
        return answer.json() if answer.is_success and answer.content else None

    def _refused(self, answer: Response) -> bool:
        """Note what was not taken: it is asked again."""
        if answer.is_success or answer.status_code == CONFLICT:
            return False
        path = answer.request.url.path
        self._chronicle.note("the API refused", path=path, status=answer.status_code, said=answer.text[:500])
        return True
