"""What an open page is told: all that it shows, whenever that is another, for as long as its reader is let in."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict

from pydantic import TypeAdapter
from starlette.websockets import WebSocket, WebSocketDisconnect

from dispatch.access.principal import Principal
from dispatch.access.roles import Role
from dispatch.core.purse.events import MandateChanged, MandateGiven, PaymentAsked
from dispatch.ledger.rows import Row, Said, read
from dispatch.service.service import Service
from dispatch.views.casebook import Casebook
from dispatch.views.own_page import OwnPage
from dispatch.web.api.me import page_of

LOGGED_OUT, POLICY_VIOLATED, TOO_MANY = 4401, 1008, 1013
"""As a websocket says why it ends: ours, and RFC 6455."""
LOOK_EVERY_S = 5.0
"""A truck moves, an hour passes, a session ends: nobody tells that, so it is looked at so often."""
REST_S = 0.25
"""At least so long between two pages: rows come in batches."""
MOST_OF_ONE = 8
"""So many pages of one customer are open at once."""
USED = "used"
"""What a page says while somebody touches it: it counts as being asked."""
_FORM = TypeAdapter(OwnPage)


class LivePages:
    """Knows the open pages by customer. ``feed`` it every row once it is stored."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._open: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._asked: set[str] = set()
        """Customers whom an agent asks to be shown something by video."""

    def feed(self, row: Row) -> None:
        """Wake the pages of whose what a row tells is; where nobody looks, nothing is read."""
        for customer in self._whose(row) if self._open else ():
            for page in self._open.get(customer, ()):
                page.set()

    def invite(self, customer: str, *, asked: bool) -> None:
        """An agent asks a customer for video, or does not any more."""
        (self._asked.add if asked else self._asked.discard)(customer)
        for page in self._open.get(customer, ()):
            page.set()

    def is_asked(self, customer: str) -> bool:
        """Does an agent ask a customer for video?"""
        return customer in self._asked

    def _whose(self, row: Row) -> set[str]:
        """Return the customers whose pages a row may change; what is told by key alone is seen at the next look."""
        said, book = read(row), self._service.casebook
        case, call = book.cases.get(row.case or ""), book.calls.get(getattr(said, "call", None) or "")
        named = getattr(said, "customer", "") or _payer(book, said)
        return {one for one in (named, case and case.customer, call and call.customer) if one}

    async def show(self, browser: WebSocket) -> None:
        """Show a page until it is closed, or its reader is let in no more."""
        who: Principal = browser.state.principal
        await browser.accept()
        if who.role is not Role.CUSTOMER or who.owns is None:
            await browser.close(POLICY_VIOLATED)
            return
        mine = self._open[who.owns]
        if len(mine) >= MOST_OF_ONE:
            await browser.close(TOO_MANY)
            return
        news = asyncio.Event()
        mine.add(news)
        try:
            await self._close(browser, await self._first_to_end(browser, who, news))
        finally:
            mine.discard(news)
            if not mine:
                self._open.pop(who.owns, None)

    async def _first_to_end(self, browser: WebSocket, who: Principal, news: asyncio.Event) -> int:
        tasks = [asyncio.create_task(way) for way in (self._tell(browser, who, news), self._hear(browser, who))]
        done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        return next(iter(done)).result()

    async def _tell(self, browser: WebSocket, who: Principal, news: asyncio.Event) -> int:
        before = b"", False
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while self._service.log_in.still(who) and (page := page_of(self._service, who)) is not None:
                news.clear()
                said = _FORM.dump_json(page), self.is_asked(page.customer)
                if said != before:
                    video = "true" if said[1] else "false"
                    await browser.send_text(
                        f'{{"now":{self._service.now()},"video":{video},"page":{said[0].decode()}}}'
                    )
                    before = said
                await _wait(news)
        return LOGGED_OUT

    async def _hear(self, browser: WebSocket, who: Principal) -> int:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, KeyError):
            while await browser.receive_text() == USED:
                self._service.log_in.touch(who)
        return POLICY_VIOLATED

    async def _close(self, browser: WebSocket, code: int) -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await browser.close(code)


def _payer(book: Casebook, said: Said) -> str:
    """Return whose money a row is about that names a payment or a mandate alone."""
    payment = book.money.payments.get(getattr(said, "payment", ""))
    mandate = book.money.mandates.get(getattr(said, "mandate", "") if isinstance(said, MandateChanged) else "")
    if isinstance(said, PaymentAsked):
        return said.ask.customer
    if isinstance(said, MandateGiven):
        return said.mandate.customer
    return payment.customer if payment is not None else mandate.mandate.customer if mandate is not None else ""


async def _wait(news: asyncio.Event) -> None:
    """Wait for news, or for as long as nothing need be looked at."""
    await asyncio.sleep(REST_S)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOOK_EVERY_S):
            await news.wait()
