"""Customers' own pages while a story plays live: each is entered by a link, as from a message, and then asked as a browser does."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from dispatch.core.conversation.events import MessageStatus
from scenarios.service.client import FOR_A_WHILE, Client, Response, busy
from scenarios.service.http import said_in
from scenarios.world.doors import Replied

PLACE_M = 30.0
"""Accuracy of a place that a customer points at on their page."""


def _busy_or_flooded(answer: Response) -> bool:
    return busy(answer) or answer.status_code == httpx.codes.TOO_MANY_REQUESTS


class OwnPages:
    """Of the service at ``http``. In one event loop; ``close`` them. Whatever asks raises ``ApiRefused``."""

    def __init__(self, http: str) -> None:
        self._http = http
        self._house = Client(http, FOR_A_WHILE)
        self._open: dict[str, asyncio.Task[Client]] = {}
        """By customer: who does two things at once opens their page once."""

    async def close(self) -> None:
        """Close them all."""
        for page in await asyncio.gather(*self._open.values(), return_exceptions=True):
            if isinstance(page, Client):
                await page.close()
        await self._house.close()

    async def write(self, customer: str, ref: str, text: str) -> None:
        """Have a customer write in the chat."""
        await self._post(customer, "/me/messages", {"ref": ref, "text": text})

    async def tap(self, ref: str, said: Replied) -> None:
        """Have a customer answer by a tap; about a case that is over by now it says nothing."""
        place: dict[str, Any] | None = None
        if said.place is not None:
            place = {"latitude": said.place.latitude, "longitude": said.place.longitude, "accuracy_m": PLACE_M}
        body = {"ref": ref, "case": said.case, "answer": said.answer, "place": place}
        await self._post(said.customer, "/me/answers", body)

    async def shows(self, customer: str, message: str, status: MessageStatus) -> None:
        """Have a customer see a message of ours on their page, where it is ``read`` at all."""
        if status == "read":
            await self._post(customer, "/me/seen", {"keys": [message]})

    async def _post(self, customer: str, path: str, body: dict[str, Any]) -> None:
        if customer not in self._open:
            self._open[customer] = asyncio.ensure_future(self._enter(customer))
        page = await self._open[customer]
        said_in(await page.ask("POST", path, body))

    async def _enter(self, customer: str) -> Client:
        """Open the page by a link that the house makes; what lets in from then on is the session's cookie."""
        link = said_in(await self._house.ask("POST", "/links", {"role": "customer", "owns": customer}))
        page = Client(self._http, FOR_A_WHILE, ask_again=_busy_or_flooded)
        said_in(await page.ask("POST", f"{self._http}/me/enter", {"link": link["path"].rpartition("/")[2]}))
        return page
