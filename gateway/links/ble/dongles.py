"""OBD dongles that are not ours: ELM327 over Bluetooth LE, by the services that are in the field.

Receipt printers and scales offer the same services. Nobody is connected to but the dongles whose address is registered with
a car, and one that does not answer as an ELM327 is left alone. A dongle proves nothing, so it is bound to its address, and
to the VIN it told first: what it tells goes out in the name of that car and no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
from bleak.uuids import normalize_uuid_str

from gateway.contract.topics import Channel, topic
from gateway.devices.registry import Registry
from gateway.links.ble.link import NotOurs, Ways
from gateway.links.handover.delivery import Delivery
from gateway.links.schedule.turns import Caller
from gateway.obd.answers import PROMPT, Outcome, read_answer
from gateway.obd.survey import FIRST, IF_CODES, SUPPORTED, survey
from gateway.obd.translate import Car, Known

log = logging.getLogger(__name__)

POLL_EVERY_S = 60.0
CHUNK = 20
"""Bytes that every dongle takes at once."""
ANSWER_WITHIN_S = 5.0
SEARCH_WITHIN_S = 20.0
"""The first request makes the adapter look for the car's protocol."""
IDENTIFY_WITHIN_S = 3.0
LONGEST = 8_192
"""Characters of an answer; more is no answer."""
SET_UP = ("ATE0", "ATL0", "ATS0", "ATH1", "ATSP0")
"""No echo, no line feeds, no spaces, headers, and whatever protocol the car speaks."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Where a dongle is read and written."""

    notify: str
    write: str


PROFILES = {
    normalize_uuid_str(service): Profile(normalize_uuid_str(notify), normalize_uuid_str(write))
    for service, notify, write in (
        ("fff0", "fff1", "fff2"),
        ("ffe0", "ffe1", "ffe1"),
        ("18f0", "2af0", "2af1"),
        (
            "e7810a71-73ae-499d-8c15-faa9aef0c3f2",
            "bef8d6c9-9c21-4c9e-b632-bd58c1009f9f",
            "bef8d6c9-9c21-4c9e-b632-bd58c1009f9f",
        ),
    )
}


@dataclass(slots=True)
class Dongles:
    """Every dongle we know: asks each for a round now and then, and hands on what it comes to."""

    registry: Registry
    receive: Callable[[Delivery], None]
    now: Callable[[], float]
    every_s: float = POLL_EVERY_S
    _cars: dict[str, Car] = field(default_factory=dict)

    def services(self) -> dict[str, Ways]:
        """Return how the services of dongles are dealt with."""
        ways = Ways(self.visit, wanted=self._is_registered, rest_s=self.every_s)
        return dict.fromkeys(PROFILES, ways)

    async def visit(self, client: BleakClient, caller: Caller[BLEDevice]) -> None:
        """Ask one round. Raises ``NotOurs`` where no ELM327 answers, and ``BleakError``."""
        record = self.registry.dongle_at(caller.address)
        if record is None:
            raise NotOurs("no car is registered with it")
        async with _speaking(client, caller.service) as elm:
            texts = await elm.round()
        found = survey(texts)
        car = self._cars.setdefault(caller.address, Car(record.device, record.provenance))
        if car.device != record.device:
            car = self._cars[caller.address] = Car(record.device, record.provenance)
        if car.moved(found):
            log.warning(
                "the dongle %s of %s sits in another car now: nothing it tells is taken",
                caller.address,
                car.device,
                extra={"link": "bluetooth", "device": car.device, "address": caller.address},
            )
            return
        for event, told in car.events(found, self.now()):
            ack = _remember(car, told)
            where = topic(car.device, Channel.EVENT)
            self.receive(Delivery(where, event.encode(), retained=False, received_at=self.now(), ack=ack, door="ble"))

    def _is_registered(self, address: str) -> bool:
        return self.registry.dongle_at(address) is not None


def _remember(car: Car, told: Known | None) -> Callable[[], None]:
    """Return what notes that the codes are stored; until then they are told again."""

    def stored() -> None:
        if told is not None:
            car.told = told

    return stored


@dataclass(slots=True)
class Elm327:
    """An adapter that takes a line and answers with text that ends in a prompt."""

    client: BleakClient
    write: BleakGATTCharacteristic
    _text: str = ""
    _something: asyncio.Event = field(default_factory=asyncio.Event)

    def notified(self, _characteristic: object, chunk: bytearray) -> None:
        """Take the next bytes of an answer."""
        self._text += chunk.decode("ascii", "replace")
        self._something.set()

    async def ask(self, command: str, within_s: float = ANSWER_WITHIN_S) -> str:
        """Return what comes between a command and the prompt. Raises ``TimeoutError`` and ``BleakError``."""
        self._text = ""
        line = f"{command}\r".encode()
        response = "write-without-response" not in self.write.properties
        for at in range(0, len(line), CHUNK):
            await self.client.write_gatt_char(self.write, line[at : at + CHUNK], response=response)
        async with asyncio.timeout(within_s):
            while PROMPT not in self._text:
                if len(self._text) > LONGEST:
                    raise BleakError("the answer does not end")
                self._something.clear()
                await self._something.wait()
        return self._text.partition(PROMPT)[0]

    async def identify(self) -> None:
        """Make sure that it is what it looks like. Raises ``NotOurs``."""
        try:
            told = await self.ask("ATI", IDENTIFY_WITHIN_S)
        except TimeoutError:
            raise NotOurs("it does not answer") from None
        if "ELM327" not in told.upper().replace(" ", ""):
            raise NotOurs(f"it answers {told.strip()[:40]!r}, which is no ELM327")

    async def round(self) -> dict[str, str]:
        """Ask everything there is to ask; where no car answers, no more than whether it does."""
        await self.identify()
        for command in SET_UP:
            await self.ask(command)
        texts: dict[str, str] = {}
        for command in FIRST:
            texts[command] = await self.ask(command, SEARCH_WITHIN_S if command == SUPPORTED else ANSWER_WITHIN_S)
            if command == SUPPORTED and read_answer(texts[command], command).outcome is Outcome.NO_CAR:
                return texts
        found = survey(texts)
        if any(each and each.all for each in (found.stored, found.pending, found.permanent)):
            for command in IF_CODES:
                texts[command] = await self.ask(command)
        return texts


@asynccontextmanager
async def _speaking(client: BleakClient, service: str) -> AsyncIterator[Elm327]:
    profile = PROFILES[service]
    offered = client.services.get_service(service)
    notify = offered.get_characteristic(profile.notify) if offered else None
    write = offered.get_characteristic(profile.write) if offered else None
    if notify is None or write is None:
        raise NotOurs("it lacks the characteristics of an ELM327")
    elm = Elm327(client, write)
    await client.start_notify(notify, elm.notified)
    yield elm
