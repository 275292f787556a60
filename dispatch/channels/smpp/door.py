"""The door of SMS."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import smpp34

from dispatch.channels.door import LONGEST_TEXT, Ears, NotNow, Outgoing, Received, check_host, mixed
from dispatch.channels.kept_line import AGAIN, KeptLine
from dispatch.channels.smpp import pdu
from dispatch.channels.smpp.long_texts import TOGETHER_S, LongTexts
from dispatch.channels.smpp.pdu import BadPdu, Pdu, SmppStatus
from dispatch.channels.smpp.receipts import is_receipt, receipt_in
from dispatch.channels.smpp.session import WITHIN_S, LineBroken, NotTaken, Session
from dispatch.channels.smpp.settings import SmppSettings
from dispatch.channels.smpp.texts import (
    HAS_HEADER,
    Belongs,
    NoText,
    SmsPart,
    TextTooLong,
    parts_of,
    text_in,
    whole,
    without_header,
)
from dispatch.core.conversation.channels import Channel
from dispatch.outgoing.outbox import Failed, Refused, Result, Taken
from gateway.finding import Provenance
from gateway.retry.backoff import Backoff

log = logging.getLogger(__name__)

MOST_BEGUN = 1_000
"""Messages of which it is remembered how far they came; of others all parts go again, which telephones know by their header."""
GOODBYE_S = 2.0
"""A centre that does not hear us out by then is hung up on."""

_LATER = {
    SmppStatus.NOT_BOUND,
    SmppStatus.SYSTEM_ERROR,
    SmppStatus.QUEUE_FULL,
    SmppStatus.SUBMIT_FAILED,
    SmppStatus.THROTTLED,
    SmppStatus.TEMPORARY,
}
"""What a centre says that may pass; all else is final."""
_E164 = re.compile(r"\+[1-9]\d{5,14}")
_INTERNATIONAL, _SHORT, _NAME, _ISDN = 1, 3, 5, 1
"""Types of numbers, and the plan of telephone numbers."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A message of which the centre has taken some parts."""

    parts: list[SmsPart]
    taken: list[str]
    """What it calls them, in their order."""


class SmppDoor:
    """One provider's SMS centre. In one event loop."""

    channel = Channel.SMS

    def __init__(
        self,
        settings: SmppSettings,
        ears: Ears,
        now: Callable[[], float],
        *,
        again: Backoff = AGAIN,
        within_s: float = WITHIN_S,
        together_s: float = TOGETHER_S,
    ) -> None:
        """``now``: POSIX seconds. Raises ``BadDoor`` where a simulated centre is somewhere in the real world."""
        check_host("sms", settings.host, settings.provenance)
        self.provenance: Provenance = settings.provenance
        self.refused = 0
        """Messages of the centre that could not be read."""
        self._settings = settings
        self._ears = ears
        self._now = now
        self._within_s = within_s
        self._line = KeptLine(self._hold, again)
        self._long = LongTexts(together_s)
        self._session: Session | None = None
        self._begun: dict[str, _Begun] = {}

    @property
    def trouble(self) -> str | None:
        """Why nothing gets through at the moment."""
        return self._line.trouble

    async def run(self) -> None:
        """Stay bound until ``stop``."""
        await self._line.run()

    def stop(self) -> None:
        """Have ``run`` end."""
        self._line.stop()

    async def _hold(self, is_up: Callable[[], None]) -> None:
        session = await Session.open(self._settings, self._deliver, self._within_s)
        self._session = session
        is_up()
        running = asyncio.ensure_future(session.run())
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            self._session = None
            await session.unbind(GOODBYE_S)
            raise
        finally:
            self._session = None
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    # --- out ---------------------------------------------------------------------------------------------------------

    async def send(self, message: Outgoing) -> Result:
        """Send a message in as many parts as it needs."""
        if (objection := mixed(message, self)) is not None:
            return objection
        if not _E164.fullmatch(message.to_address):
            return Refused("the number is not in E.164: nobody can be sent anything at it")
        try:
            parts = parts_of(message.text, message.key, self._settings.alphabet)
        except TextTooLong as error:
            return Refused(str(error))
        return await self._submit(message, parts)

    async def _submit(self, message: Outgoing, parts: list[SmsPart]) -> Result:
        session = self._session
        if session is None:
            return Failed(self.trouble or "not connected")
        begun = self._begun.pop(message.key, None)
        taken = begun.taken if begun is not None and begun.parts == parts else []
        try:
            for part in parts[len(taken) :]:
                taken.append(await session.submit(self._written(message, part)))
        except NotTaken as error:
            return self._broken_off(message, parts, taken, str(error), may_pass=error.status in _LATER)
        except LineBroken as error:
            return self._broken_off(message, parts, taken, str(error), may_pass=True)
        return Taken(tuple(taken))

    def _broken_off(
        self, message: Outgoing, parts: list[SmsPart], taken: list[str], why: str, *, may_pass: bool
    ) -> Result:
        """Remember which parts the centre has: when it is tried again, it goes on behind them."""
        if not may_pass:
            return Refused(why)
        self._begun[message.key] = _Begun(parts, taken)
        while len(self._begun) > MOST_BEGUN:
            del self._begun[next(iter(self._begun))]
        return Failed(why)

    def _written(self, message: Outgoing, part: SmsPart) -> smpp34.SubmitSm:
        sender, (kind, plan) = self._settings.sender, _type_of(self._settings.sender)
        return smpp34.SubmitSm(
            sender.removeprefix("+"),
            message.to_address.removeprefix("+"),
            part.octets,
            source_addr_ton=kind,
            source_addr_npi=plan,
            dest_addr_ton=_INTERNATIONAL,
            dest_addr_npi=_ISDN,
            esm_class=HAS_HEADER if part.has_header else 0,
            validity_period=_period(message.valid_s),
            registered_delivery=1,
            data_coding=part.coding,
        )

    # --- in ----------------------------------------------------------------------------------------------------------

    async def _deliver(self, heard: Pdu) -> bytes:
        """See to what the centre delivers; return what it is answered, once that is stored."""
        try:
            await self._take(pdu.message_in(heard))
        except NotNow as error:
            log.info("an SMS is put off: %s", error)
            return pdu.answer(heard, SmppStatus.THROTTLED, b"\0")
        except (BadPdu, NoText) as error:
            self.refused += 1
            log.warning("an SMS is refused: %s", error)
            return pdu.answer(heard, SmppStatus.PERMANENT, b"\0")
        except Exception:
            log.exception("an SMS could not be taken: our fault; the centre keeps it")
            return pdu.answer(heard, SmppStatus.TEMPORARY, b"\0")
        return pdu.answer(heard, SmppStatus.OK, b"\0")

    async def _take(self, message: smpp34.SubmitSm | smpp34.DeliverSm) -> None:
        if not isinstance(message, smpp34.DeliverSm):
            raise BadPdu("it is not delivered to us, but submitted")
        if is_receipt(message):
            reported = receipt_in(message)
            if reported is not None:
                await self._ears.reported(reported)
            return
        octets, belongs = _octets(message)
        text, sender = text_in(octets, message.data_coding, self._settings.alphabet), _sender(message)
        take = partial(self._heard, sender, message.destination_addr)
        await (take(text) if belongs is None else self._long.take(sender, belongs, text, take))

    async def _heard(self, sender: str, to: str, text: str) -> None:
        text = whole(text)
        ref = hashlib.sha256(f"{sender}\0{to}\0{text}".encode()).hexdigest()[:24]
        told = Received(self.channel, ref, sender, text[:LONGEST_TEXT], self._now(), self.provenance, is_named=False)
        await self._ears.heard(told)


def _octets(message: smpp34.DeliverSm) -> tuple[bytes, Belongs | None]:
    """Return what a message says, and which part of a text it is, by its header or its optional parameters."""
    octets = bytes(message.short_message) or pdu.tlv(message, pdu.MESSAGE_PAYLOAD) or b""
    if message.esm_class & HAS_HEADER:
        return without_header(octets)
    reference, of, number = (pdu.tlv(message, tag) for tag in (pdu.SAR_REF, pdu.SAR_TOTAL, pdu.SAR_NUMBER))
    if reference and of and number and 0 < number[0] <= of[0]:
        return octets, Belongs(int.from_bytes(reference), number[0], of[0])
    return octets, None


def _sender(message: smpp34.DeliverSm) -> str:
    """Return who wrote, in E.164 where the centre says that the number has its country. Raises ``BadPdu``."""
    sender = message.source_addr
    if not sender.isprintable():
        raise BadPdu("its sender has a name that cannot be shown")
    return f"+{sender}" if message.source_addr_ton == _INTERNATIONAL and sender.isdigit() else sender


def _type_of(sender: str) -> tuple[int, int]:
    if sender.startswith("+"):
        return _INTERNATIONAL, _ISDN
    return (_SHORT, 0) if sender.isdigit() else (_NAME, 0)


def _period(seconds: float) -> str:
    """Return so long as SMPP writes it, in days, hours, minutes and seconds from when the centre took it."""
    minutes, second = divmod(max(1, int(min(seconds, 30 * 86_400.0))), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"0000{days:02}{hour:02}{minute:02}{second:02}000R"
