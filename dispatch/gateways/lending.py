"""Which devices are lent to gateway processes, and where each message goes that comes.

A device is at the desk or lent, and whoever has it has its twin; there is no other moment. A calm device is lent once all that
it said is stored. Its messages go to its gateway, which takes what is of routine and gives the device back with the first
message that is not. What it took is kept in the inbox, in the service's own store, before anything is acknowledged: a gateway
that dies takes nothing along but time, for the stored twin and the inbox make its devices what they were.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import msgspec

from dispatch.core.events import CaseReported, CustomerErased, DataExpired, Event, OwnerChanged
from dispatch.engine.driver import Driver
from dispatch.engine.inputs import AwaitedEvent, FromGateway, give_up
from dispatch.engine.recovery import InboxHearing
from dispatch.gateways.line import AskedOfGateway, GatewayLine
from dispatch.gateways.messages import GatewayAnswer, LentDevice
from dispatch.ledger.pipeline import ControlRoom
from dispatch.store.errors import JournalFailed
from dispatch.store.inbox_rows import framed
from dispatch.store.journal import Journal
from gateway.contract.envelope import CONTENT_TYPE
from gateway.contract.topics import Channel, parse_topic
from gateway.contract.topics import topic as topic_of
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.devices.twin_text import read_twin, write_twin
from gateway.devices.twins import MOST
from gateway.links.handover.delivery import Delivery
from gateway.payments.memory import PaymentMemory
from gateway.places.impossible import NEAR_DEG

log = logging.getLogger("callahead")

SENDERS = 65_536
"""Of so many topics it is known by heart whose they are."""
AT_ONCE = 200
"""So many messages are taken again before others have their turn."""
STORE_AGAIN_S = 1.0
HOME_WITHIN_S = 2.0
"""So long is waited for a device to come home, where its twin of before will do."""
_PLAIN = {None, CONTENT_TYPE}


class _Source(msgspec.Struct):
    source: str = ""


_read_source = msgspec.json.Decoder(_Source).decode


@dataclass(slots=True)
class AwayDevice:
    """A device that is lent. It stays so until all that was asked of its gateway is answered, and decided."""

    shard: int
    open: int = 0
    """Messages that its gateway was asked about."""
    is_called: bool = False
    """It was asked to come home."""
    is_back: bool = False
    """Its twin is here; what is out comes behind it, one after the other."""
    home: asyncio.Event | None = None
    """Is set once it is home, where somebody waits for that."""


@dataclass(slots=True)
class HeldEvent:
    """An event that waits for devices to come home."""

    item: AwaitedEvent
    devices: set[str]


@dataclass(frozen=True, slots=True)
class TwinsBack:
    """Twins that a gateway told."""

    home: list[Twin]
    """Of devices that it gives back."""
    fresh: list[Twin]


def shard_of(device: str, of: int) -> int:
    """Return which of ``of`` shards a device, ``vendor/device``, belongs to: for ever the same."""
    return crc32(device.encode()) % of


class Lending:
    """In the loop's thread alone. ``receive`` what links hand over; ``serve`` a gateway that claims a shard."""

    def __init__(self, driver: Driver, room: ControlRoom, journal: Journal, count: int) -> None:
        """``count``: how many shards there are."""
        self.count = count
        self.lost: Callable[[int], None] = lambda _shard: None
        """Is told which shard's gateway is gone."""
        self.sent_away = ""
        """Who wanted to be a gateway last and could not, and why; empty once one is."""
        self._driver, self._room, self._journal = driver, room, journal
        self._lines: dict[int, GatewayLine] = {}
        self._stranded: dict[int, list[Delivery]] = {}
        """Shard whose gateway was lost → what came for its devices, and waits until they are as they were."""
        self._away: dict[str, AwayDevice] = {}
        self._at_desk: Counter[str] = Counter()
        """Device → how many of its messages the desk has that are not stored."""
        self._pinned: Counter[str] = Counter()
        """Devices that an event is about which is not stored: they stay at home. Empty name: all do."""
        self._held: list[HeldEvent] = []
        self._lent = [0] * count
        """How many devices are lent to each."""
        self._is_stopping = False
        self._senders: dict[str, str] = {}
        self._vendors = room.intake.translators.vendors
        """Those with topics of their own: which device speaks there is not known before a message is read."""
        driver.is_held = self._holds
        room.intake.registry.changed = self._call_home

    @property
    def away(self) -> int:
        """How many devices are lent."""
        return len(self._away)

    def is_free(self, shard: int) -> bool:
        """Tell whether a shard has no gateway, and no devices that a lost one had."""
        return shard not in self._lines and shard not in self._stranded

    def free_shard(self) -> int | None:
        """Return a shard that has no gateway; ``None``: each has one, or is not at rest since it lost one."""
        return next(filter(self.is_free, range(self.count)), None)

    def troubles(self) -> Iterator[str]:
        """Yield which gateways are away, and why one that wanted to be there is not."""
        away = [shard for shard in range(self.count) if shard not in self._lines]
        for shard in away:
            yield f"gateway {shard + 1} of {self.count} is away; the desk does its work"
        if away and self.sent_away:
            yield self.sent_away

    def receive(self, delivery: Delivery) -> None:
        """Take a delivery. It is acknowledged once what it caused is stored."""
        device = self._device_of(delivery)
        if device is None:
            self._driver.offer(delivery)
            return
        away = self._away.get(device)
        if away is None:
            self._to_desk(device, delivery)
        elif (stranded := self._stranded.get(away.shard)) is not None:
            stranded.append(delivery)
        else:
            away.open += 1
            self._lines[away.shard].ask(device, _frame_of(delivery, self._driver.decider.now), delivery)

    async def serve(self, line: GatewayLine) -> None:
        """Have a gateway take its shard's devices until it is gone; then its devices come home, and nothing is lost."""
        self._lines[line.shard], self.sent_away = line, ""
        log.info("gateway %d of %d is there", line.shard + 1, self.count)
        try:
            why = await line.run()
            if not self._is_stopping:
                log.error("gateway %d of %d is away: %s; the desk does its work", line.shard + 1, self.count, why)
        finally:
            del self._lines[line.shard]
            self._stranded[line.shard] = line.unanswered()
        self.lost(line.shard)
        await self._bring_home(line.shard)

    async def see_home(self, device: str) -> None:
        """Have a device's twin here, with all that it said; where its gateway is slow, as it was told last."""
        away = self._away.get(device)
        if away is None:
            return
        self._call_home(device)
        away.home = away.home or asyncio.Event()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HOME_WITHIN_S):
                await away.home.wait()

    async def end(self) -> None:
        """Lend nothing more, and have all devices at home, so that their twins are stored. Then ``stop``."""
        self._is_stopping = True
        await asyncio.gather(*map(self.see_home, [*self._away]))

    def stop(self) -> None:
        """Give up what is held back, and say no more that gateways go."""
        self._is_stopping = True
        self._driver.is_held = lambda _item: False
        give_up(one.item for one in self._held)
        self._held.clear()

    def _device_of(self, delivery: Delivery) -> str | None:
        """Return whose twin a message is about, ``vendor/device``; ``None``: it is on a topic of a vendor's own."""
        topic, payload = delivery.topic, delivery.payload
        device = self._senders.get(topic)
        if device is None:
            where = parse_topic(topic)
            if where is None:
                return None
            if len(self._senders) >= SENDERS:
                self._senders.clear()
            device = self._senders[topic] = where.device
        if delivery.properties or b'via"' in payload or b"\\u" in payload:  # a phone may speak for it
            return _source_of(delivery) or device
        return device

    # --- at the desk ----------------------------------------------------------------------------------------------------

    def _to_desk(self, device: str, delivery: Delivery) -> None:
        self._at_desk[device] += 1
        stored = partial(self._stored, device, delivery)
        self._driver.offer(msgspec.structs.replace(delivery, ack=stored))

    def _stored(self, device: str, delivery: Delivery) -> None:
        delivery.ack()
        self._at_desk[device] -= 1
        if not self._at_desk[device]:
            del self._at_desk[device]
            if delivery.topic == topic_of(device, Channel.EVENT):
                self._lend(device)

    def _lend(self, device: str) -> None:
        """Lend a device that said something of routine, where it may be and nobody needs it here."""
        shard, intake = shard_of(device, self.count), self._room.intake
        has_room = shard in self._lines and self._lent[shard] < MOST and not self._is_stopping
        if device in self._away or not has_room or not intake.is_calm(device) or not self._may_go(device):
            return
        calm = intake.lend(device)
        self._away[device] = AwayDevice(shard)
        self._lent[shard] += 1
        self._driver.checkpoint.lend(device)
        shape = calm.shape
        self._lines[shard].lend(LentDevice(calm.record, write_twin(calm.twin), [*shape.plan.names], shape.alarms))

    def _may_go(self, device: str) -> bool:
        """Tell whether nothing but its own messages will change a device's twin, and nothing else is looked at with them."""
        if self._pinned and ("" in self._pinned or device in self._pinned):
            return False
        intake = self._room.intake
        vendor, twin, record = device.partition("/")[0], intake.twins.get(device), intake.registry.get(device)
        if twin is None or record is None or vendor in self._vendors or any("{" in one for one in self._vendors):
            return False
        if PaymentMemory.NAME in twin.memories or self._room.desk.is_about(device):
            return False  # others' payments may change what is known of its own
        return not intake.registry.is_paired(device) and self._is_near_its_phone(record, twin)

    def _is_near_its_phone(self, record: DeviceRecord, twin: Twin) -> bool:
        """Tell whether a fix near a device's last is plausible whatever its owner's phone tells: no gateway has that twin."""
        if record.paired_phone is None:
            return True
        phone = self._room.intake.twins.at_hand(record.paired_phone)
        if phone is None or phone.place is None or twin.place is None:
            return False
        return abs(twin.place.latitude - phone.place.latitude) < NEAR_DEG

    # --- answers --------------------------------------------------------------------------------------------------------

    def answered(self, line: GatewayLine, asked: AskedOfGateway, answer: GatewayAnswer) -> None:
        """Have the desk keep what a gateway took, and look at what it left. Raises ``ValueError`` where it makes no sense."""
        left = set(answer.left)
        taken = [place for place in range(len(asked.devices)) if place not in left]
        frames = tuple(asked.frames[place] for place in taken)
        if len(left) + len(taken) != len(asked.devices) or not all(frames):
            raise ValueError("it leaves what it was not asked, or takes what is to be left")
        back = TwinsBack([*map(read_twin, answer.home)], [*map(read_twin, answer.fresh)])
        for twin in (*back.home, *back.fresh):
            if (away := self._away.get(twin.device)) is None or away.shard != line.shard:
                raise ValueError(f"it tells of {twin.device}, which is not lent to it")
        deliveries = tuple(one for place in taken if (one := asked.deliveries[place]) is not None)
        at = max((one.received_at for one in asked.deliveries if one is not None), default=self._driver.decider.now)
        turn = partial(self._decided, asked, left, back, answer.counts)
        self._driver.inbox.put(FromGateway(at, deliveries, frames, decided=turn))

    def _decided(
        self, asked: AskedOfGateway, left: Collection[int], back: TwinsBack, counts: Iterable[tuple[str, str, int]]
    ) -> None:
        """It is an answer's turn: twins are here as they are in it, and what was left waits for its own turn."""
        checkpoint, intake = self._driver.checkpoint, self._room.intake
        checkpoint.lent_said({device for place, device in enumerate(asked.devices) if place not in left})
        for vendor, type_, count in counts:
            intake.heard.count_as((vendor, type_), count)
        for twin in (*back.home, *back.fresh):
            intake.put_back(twin.device, twin)
            checkpoint.is_told(twin)
        for twin in back.home:
            self._away[twin.device].is_back = True
        for place, device in enumerate(asked.devices):
            if (delivery := asked.deliveries[place]) is None:
                continue
            self._away[device].open -= 1
            if place in left:
                self._to_desk(device, delivery)
        self._see_home({twin.device for twin in back.home} | {asked.devices[place] for place in left})

    def _see_home(self, devices: Iterable[str]) -> None:
        """Count devices as home that are back, and of which nothing is out any more."""
        for device in devices:
            away = self._away.get(device)
            if away is not None and away.is_back and not away.open:
                self._is_home(device)

    async def _bring_home(self, shard: int) -> None:
        """Have the devices of a gateway that was lost as the store has them, and let what came meanwhile have its turn."""
        stored = asyncio.Event()
        self._driver.inbox.put(FromGateway(self._driver.decider.now, stored=stored.set))
        await stored.wait()  # and with it all that the gateway had answered
        gone = {device for device, away in self._away.items() if away.shard == shard}
        undecided = await self._taken_again({device for device in gone if not self._away[device].is_back})
        waiting = self._stranded.pop(shard)
        for device in gone:
            self._is_home(device)
        for delivery in (*undecided, *waiting):
            self.receive(delivery)
        log.info("%d devices of gateway %d are as they were", len(gone), shard + 1)

    async def _taken_again(self, devices: set[str]) -> list[Delivery]:
        """Make devices what they were, as a restart does; return messages of which something follows only now."""
        while True:
            try:
                hearing = await self._hear_again(devices)
            except JournalFailed as error:
                log.error("%s; %d devices wait for it", error, len(devices))  # noqa: TRY400 - one line
                await asyncio.sleep(STORE_AGAIN_S)
            else:
                break
        for sentence in hearing.lost():
            log.error("%s", sentence)
        for device in devices:
            self._driver.checkpoint.is_told(self._room.intake.twin(device))
            self._room.intake.twins.release(device)
        self._driver.inbox.wake()
        return [one.delivery() for one in hearing.undecided]

    async def _hear_again(self, devices: set[str]) -> InboxHearing:
        kept = {twin.device: twin for twin in await asyncio.to_thread(self._journal.twins.of, [*devices])}
        for device in devices:
            self._room.intake.put_back(device, kept.get(device))
        hearing = InboxHearing(self._journal, self._room, devices)
        for number, _ in enumerate(hearing.steps()):
            if not number % AT_ONCE:
                await asyncio.sleep(0)
        return hearing

    # --- events that need devices here ----------------------------------------------------------------------------------

    def _holds(self, item: AwaitedEvent) -> bool:
        """Hold an event back until the devices that it is about are home, and keep them here until it is stored."""
        devices = self._needed_for(item.event)
        if devices is None:
            return False
        for name in devices:
            self._pinned[name] += 1
        item.answer.add_done_callback(partial(self._unpin, devices))
        missing = set(self._away) if "" in devices else self._away.keys() & devices
        if not missing:
            return False
        self._held.append(HeldEvent(item, {*missing}))
        for device in missing:
            self._call_home(device)
        return True

    @staticmethod
    def _needed_for(event: Event) -> frozenset[str] | None:
        """Return devices whose twins an event changes beside their messages; the empty name: all; ``None``: of none."""
        if isinstance(event, CaseReported):
            return frozenset({event.finding.device})
        if isinstance(event, OwnerChanged):
            return frozenset({event.device})
        return frozenset({""}) if isinstance(event, CustomerErased | DataExpired) else None

    def _unpin(self, devices: Iterable[str], _answer: object) -> None:
        self._pinned -= Counter(devices)

    def _call_home(self, device: str) -> None:
        """Have a device given back."""
        away = self._away.get(device)
        line = None if away is None else self._lines.get(away.shard)
        if away is not None and line is not None and not away.is_called:
            away.is_called = True
            line.ask(device, b"", None)

    def _is_home(self, device: str) -> None:
        away = self._away.pop(device)
        self._lent[away.shard] -= 1
        if away.home is not None:
            away.home.set()
        for one in self._held:
            one.devices.discard(device)
        for one in [one for one in self._held if not one.devices]:
            self._held.remove(one)
            self._driver.inbox.put(one.item)


def _frame_of(delivery: Delivery, not_before: float) -> bytes:
    """Return a message as the inbox keeps it; nothing of one that is not of routine anyway.

    ``not_before``: the latest hour that anything was decided at. Time never goes back.
    """
    if delivery.retained or delivery.properties or delivery.content_type not in _PLAIN:
        return b""
    return framed((max(delivery.received_at, not_before), False, delivery.topic, delivery.payload))


def _source_of(delivery: Delivery) -> str:
    """Return whom a message names as its source; nothing where it names nobody."""
    named = dict(delivery.properties).get("source")
    if named is None:
        try:
            named = _read_source(delivery.payload).source
        except (msgspec.MsgspecError, ValueError):
            return ""
    return named.removeprefix("/")
