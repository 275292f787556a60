"""The inboxes of a story's people while it plays live: what the house writes really comes there, and is answered from there.

SMS centre, mail server, push service and social platform stand on a thread of theirs, and so do customers' own pages; the world's
thread waits for what it does there. They are there before the service is, which binds to them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from dispatch.channels.smpp.pdu import SmppStatus
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import MessageStatus
from dispatch.registers.customers import Customer
from scenarios.runner.mailbag import Brought
from scenarios.runner.own_pages import OwnPages
from scenarios.service.http import Api
from scenarios.service.process import CannotPlay
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world import addresses
from scenarios.world.doors import Replied
from scenarios.world.inboxes.all_of_them import HOUSE, WorldInboxes
from scenarios.world.inboxes.letters import Inboxes, InboxLetter
from scenarios.world.plan import Plan

Arrives = Callable[[str, Channel, InboxLetter], None]
"""Told whose it is."""
WITHIN_S = 20.0
TRIES, AGAIN_S = 20, 0.3
"""A service that is behind, or has not bound yet, hears it a moment later."""
SUBSCRIBED_AT_ONCE = 50


class StoryInboxes:
    """``up`` for a while; ``write`` the service's file; ``serve`` once the service is there, and ``bring`` what comes."""

    def __init__(self, story: Story, streams: Streams, plan: Plan) -> None:
        self._customers = {one.customer: one for one in plan.customers()}
        self._story = story
        self._loop = asyncio.new_event_loop()
        self._world = WorldInboxes(self._post)
        self._http = ""
        self._pages: OwnPages
        habits = story.habits
        no_sms = {
            one.phone
            for one in self._customers.values()
            if habits is not None and not addresses.has(habits, streams, one.customer, Channel.SMS)
        }
        self._world.sms.manners.status = lambda number: (
            SmppStatus.INVALID_DESTINATION if number in no_sms else SmppStatus.OK
        )

    # --- from the world's thread -------------------------------------------------------------------------------------

    @contextmanager
    def up(self) -> Iterator[None]:
        """Have the servers there for a while."""
        thread = Thread(target=self._loop.run_forever, name="inboxes", daemon=True)
        thread.start()
        try:
            self.start(self._world.__aenter__()).result(WITHIN_S)
            yield
        finally:
            self.start(self._stop()).result(WITHIN_S)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(WITHIN_S)
            self._loop.close()

    def write(self, folder: Path) -> Path:
        """Write the file by which the service finds them."""
        return self._world.write(folder.resolve())

    def serve(self, http: str, api: Api, arrives: Arrives) -> None:
        """The service is there, and knows its customers: browsers subscribe, and what comes is told. Raises ``CannotPlay``."""
        self._http, self._pages = http, OwnPages(http)
        for channel, inboxes in self._inboxes().items():
            inboxes.on_letter = partial(self._came, channel, self._whose(channel), arrives)
        if Channel.PUSH in self._story.policy.channels:
            self._subscribe(api)
        try:
            self.start(self._world.sms.bound()).result(WITHIN_S)
        except TimeoutError:
            raise CannotPlay(f"the service did not bind to the SMS centre within {WITHIN_S:.0f} s") from None

    def start(self, doing: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Do something on the inboxes' thread. From any thread."""
        return asyncio.run_coroutine_threadsafe(doing, self._loop)

    # --- what people do, on the inboxes' thread ----------------------------------------------------------------------

    async def writes(self, ref: str, customer: str, channel: Channel, text: str) -> Channel:
        """Have a customer write; who has no address there writes on their page. Returns where they did."""
        if not self._customers[customer].reach([channel]):
            await self._pages.write(customer, ref, text)
            return Channel.CHAT
        await self._says(customer, channel, text)
        return channel

    async def replies(self, ref: str, said: Replied, asked: Brought | None) -> None:
        """Have a customer answer: by its number where a number says it, else on the page that a message leads to."""
        number = asked.number_of(said.answer) if asked is not None and said.channel in _NUMBERS else None
        if asked is None or number is None:
            await self._pages.tap(ref, said)
        else:
            await self._says(said.customer, said.channel, str(number), asked.letter.ref)

    async def tells(self, customer: str, message: str, status: MessageStatus, brought: Brought | None) -> None:
        """Have the house learn that a message was read: by the platform, else since its page was opened."""
        if brought is not None and brought.said.channel is Channel.SOCIAL:
            await self._world.social.read(brought.letter)
        else:
            await self._pages.shows(customer, message, status)

    async def _says(self, customer: str, channel: Channel, text: str, answers: str = "") -> None:
        known = self._customers[customer]
        for _ in range(TRIES):
            if await self._said(known, channel, text, answers):
                return
            await asyncio.sleep(AGAIN_S)
        raise CannotPlay(f"the service did not take what a customer wrote by {channel}, {TRIES} times")

    async def _said(self, known: Customer, channel: Channel, text: str, answers: str) -> bool:
        match channel:
            case Channel.SMS:
                try:
                    return await self._world.sms.write(known.phone, text) == SmppStatus.OK
                except ConnectionError:
                    return False
            case Channel.EMAIL:
                return (await self._world.mail.write(known.email, text, HOUSE, answers)).startswith("250")
            case _:
                return await self._world.social.write(known.social, text, answers) == httpx.codes.OK

    # --- what comes --------------------------------------------------------------------------------------------------

    def _inboxes(self) -> dict[Channel, Inboxes]:
        world = self._world
        return {
            Channel.SMS: world.sms.inboxes,
            Channel.EMAIL: world.mail.inboxes,
            Channel.PUSH: world.push.inboxes,
            Channel.SOCIAL: world.social.inboxes,
        }

    def _whose(self, channel: Channel) -> dict[str, str]:
        """Return address → customer."""
        address = {Channel.SMS: "phone", Channel.EMAIL: "email", Channel.SOCIAL: "social", Channel.PUSH: "customer"}
        return {getattr(one, address[channel]): one.customer for one in self._customers.values()}

    @staticmethod
    def _came(channel: Channel, whose: dict[str, str], arrives: Arrives, letter: InboxLetter) -> None:
        arrives(whose[letter.to], channel, letter)

    def _subscribe(self, api: Api) -> None:
        """Have everybody's browser take notifications who has them."""
        names = [one.customer for one in self._customers.values() if one.push]
        for first in range(0, len(names), SUBSCRIBED_AT_ONCE):
            chunk = names[first : first + SUBSCRIBED_AT_ONCE]
            waiting = [api.start(api.post(f"/customers/{name}/push", self._browser(name))) for name in chunk]
            for one in waiting:
                one.result()

    def _browser(self, name: str) -> dict[str, Any]:
        made = self._world.push.subscribe(name)
        return {"endpoint": made.endpoint, "keys": {"p256dh": made.p256dh, "auth": made.auth}}

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """Bring the service what the social platform says."""
        async with httpx.AsyncClient(base_url=self._http, trust_env=False) as client:
            return (await client.post(path, content=body, headers=headers, timeout=WITHIN_S)).status_code

    async def _stop(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if self._http:
            await self._pages.close()
        await self._world.__aexit__()
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


_NUMBERS = {Channel.SMS, Channel.EMAIL, Channel.SOCIAL}
"""Where nothing can be tapped."""
