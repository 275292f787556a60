"""One line to an SMS centre: bound, asked now and then whether it is alive, and broken off where it is not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress

import smpp34

from dispatch.channels.smpp import pdu
from dispatch.channels.smpp.pdu import Command, Pdu, SmppStatus
from dispatch.channels.smpp.settings import SmppSettings
from gateway.errors import LineError

WITHIN_S = 10.0
"""Of an answer."""
MOST_AT_ONCE = 64
"""Messages of the centre that we have not acknowledged; more are put off."""

Deliver = Callable[[Pdu], Awaitable[bytes]]
"""Sees to a ``deliver_sm`` and returns the answer."""


class LineBroken(LineError):  # noqa: N818 - says what happened
    """The centre is not there, hung up, hangs or speaks nonsense; the message says which."""


class NotBound(LineError):  # noqa: N818 - likewise
    """The centre does not let us in; the message says why it says so."""


class NotTaken(LineError):  # noqa: N818 - likewise
    """The centre did not take a message."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the SMS centre answered {named(status)}")
        self.status = status


class Session:
    """``open`` it, ``run`` it as a task until it breaks, ``close`` it."""

    def __init__(self, settings: SmppSettings, deliver: Deliver, within_s: float) -> None:
        self._settings = settings
        self._deliver = deliver
        self._within_s = within_s
        self._number = 0
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self._delivering: set[asyncio.Task[None]] = set()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, settings: SmppSettings, deliver: Deliver, within_s: float = WITHIN_S) -> Session:
        """Connect and bind. Raises ``LineBroken`` and ``NotBound``."""
        session = cls(settings, deliver, within_s)
        try:
            async with asyncio.timeout(within_s):
                await session._connect()
                await session._bind()
        except TimeoutError:
            session.close()
            raise LineBroken(f"{settings.where} did not answer within {within_s:g} s") from None
        except (OSError, ssl.SSLError) as error:
            raise LineBroken(f"{settings.where}: {error}") from None
        except BaseException:
            session.close()
            raise
        return session

    async def _connect(self) -> None:
        context = self._settings.tls_context()
        self._reader, self._writer = await asyncio.open_connection(
            self._settings.host, self._settings.port, ssl=context
        )

    async def _bind(self) -> None:
        number = self._next()
        self._writer.write(
            pdu.bind(number, self._settings.system_id, self._settings.password, self._settings.system_type)
        )
        answered = await self._read()
        if answered.command != Command.BIND_TRANSCEIVER | pdu.RESPONSE or answered.status != SmppStatus.OK:
            raise NotBound(f"{self._settings.where} does not let us in: {named(answered.status)}")

    async def run(self) -> None:
        """Hear the centre until the line breaks. Raises ``LineBroken``."""
        asking = asyncio.ensure_future(self._ask_now_and_then())
        hearing = asyncio.ensure_future(self._hear())
        try:
            await asyncio.wait({asking, hearing}, return_when=asyncio.FIRST_COMPLETED)
            for half in (hearing, asking):
                if half.done():
                    half.result()
        finally:
            asking.cancel()
            hearing.cancel()
            await asyncio.gather(asking, hearing, return_exceptions=True)
            self._give_up()

    async def submit(self, message: smpp34.SubmitSm) -> str:
        """Submit a part, and return what the centre calls it. Raises ``LineBroken`` and ``NotTaken``."""
        answered = await self._ask(lambda number: _numbered(message, number))
        if answered.status != SmppStatus.OK:
            raise NotTaken(answered.status)
        return answered.text

    async def unbind(self, within_s: float) -> None:
        """Say that we go, and hear that out, where the centre says so in good time."""
        with suppress(LineBroken, TimeoutError):
            async with asyncio.timeout(within_s):
                await self._ask(lambda number: pdu.written(Command.UNBIND, number))

    def close(self) -> None:
        """Hang up."""
        if hasattr(self, "_writer"):
            self._writer.close()

    def _next(self) -> int:
        self._number = self._number % 0x7FFF_FFFF + 1
        return self._number

    async def _ask(self, written: Callable[[int], bytes]) -> Pdu:
        number = self._next()
        waits: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waits
        try:
            async with asyncio.timeout(self._within_s):
                self._writer.write(written(number))
                await self._writer.drain()
                return await waits
        except TimeoutError:
            raise LineBroken(f"{self._settings.where} did not answer within {self._within_s:g} s") from None
        except OSError as error:
            raise LineBroken(f"{self._settings.where}: {error}") from None
        finally:
            del self._waiting[number]

    async def _ask_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._settings.enquire_link_s)
            await self._ask(lambda number: pdu.written(Command.ENQUIRE_LINK, number))

    async def _read(self) -> Pdu:
        try:
            return await pdu.read(self._reader)
        except pdu.BadPdu as error:
            raise LineBroken(f"{self._settings.where} speaks no SMPP: {error}") from None
        except (asyncio.IncompleteReadError, OSError):
            raise LineBroken(f"{self._settings.where} hung up") from None

    async def _hear(self) -> None:
        while True:
            heard = await self._read()
            if heard.command & pdu.RESPONSE:
                self._answered(heard)
            elif heard.command == Command.DELIVER_SM:
                self._see_to(heard)
            elif heard.command == Command.UNBIND:
                self._writer.write(pdu.answer(heard))
                raise LineBroken(f"{self._settings.where} ended the session")
            else:
                self._writer.write(_short_answer(heard))

    def _answered(self, heard: Pdu) -> None:
        waits = self._waiting.get(heard.number)
        if waits is not None and not waits.done():
            waits.set_result(heard)

    def _see_to(self, heard: Pdu) -> None:
        """Have a message seen to; it is answered when that is done, and meanwhile others are heard."""
        if len(self._delivering) >= MOST_AT_ONCE:
            self._writer.write(pdu.answer(heard, SmppStatus.THROTTLED, b"\0"))
            return
        task = asyncio.create_task(self._delivered(heard))
        self._delivering.add(task)
        task.add_done_callback(self._delivering.discard)

    async def _delivered(self, heard: Pdu) -> None:
        answer = await self._deliver(heard)
        self._writer.write(answer)

    def _give_up(self) -> None:
        """Nobody answers any more. What is being stored goes on to be stored; the centre says it again."""
        self.close()
        for waits in self._waiting.values():
            if not waits.done():
                waits.set_exception(LineBroken(f"{self._settings.where} hung up"))


def _short_answer(heard: Pdu) -> bytes:
    if heard.command == Command.ENQUIRE_LINK:
        return pdu.answer(heard)
    return pdu.written(Command.GENERIC_NACK, heard.number, status=SmppStatus.INVALID_COMMAND)


def _numbered(message: smpp34.SubmitSm, number: int) -> bytes:
    """Return a message's bytes with the line's next number in the header."""
    return message.encode()[:12] + number.to_bytes(4) + message.encode()[16:]


def named(status: int) -> str:
    """Return a status with its name, where we know one."""
    known = {one.value: one.name.lower() for one in SmppStatus}
    return f"{known[status]} ({status:#x})" if status in known else f"{status:#x}"
