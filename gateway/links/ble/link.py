"""Bluetooth LE, by bleak: scans for devices that offer our service, connects to many, and hands over what they say.

The same ``Delivery`` as from MQTT, into the same queue: a device is told that its event is stored once it is, and sends it
again in its next session where it was not told. A device speaks for itself alone: the topic of a delivery is made of the
name that it has proved, and the intake refuses an event whose source is another.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from gateway.contract import gatt
from gateway.contract.messages import parse_state
from gateway.contract.refusals import Refused
from gateway.contract.session import NONCE_BYTES, CentralSession
from gateway.contract.state import DeviceState
from gateway.contract.topics import Channel, parse_topic
from gateway.contract.topics import topic as topic_of
from gateway.errors import LineError
from gateway.links.ble.adapter import Adapter, NoAdapter, Opened
from gateway.links.ble.conversation import PULSE_EVERY_S, Conversation, Down
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState, LinkStatus
from gateway.links.schedule.presence import Presence
from gateway.links.schedule.turns import LEFT_ALONE_S, Caller, Turns
from gateway.retry.backoff import Backoff

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
CONNECT_WITHIN_S = 8.0
RETRY = Backoff(0.5, 30.0)
HELD = 200
"""Commands kept for a device that is not connected; beyond that the oldest goes, and the outbox sends it at the next start."""

Visit = Callable[[BleakClient, Caller[BLEDevice]], Coroutine[Any, Any, None]]
"""What to do with a device of one service, once connected. Raises ``BleakError`` where it went wrong."""


class NotOurs(LineError, BleakError):  # noqa: N818 - says what it is
    """The peer is not what its service says; it is left alone."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How a service's devices are dealt with."""

    visit: Visit
    bond: bool = False
    """Encrypt the link, and bond, before anything else."""
    wanted: Callable[[str], bool] = lambda _address: True
    """Whether to connect to an address at all."""
    rest_s: float = 0.0
    """Between two visits."""


@dataclass(slots=True)
class BleLink:
    """The gateway's Bluetooth adapter. ``run`` it as a task; ``stop`` it. All in the loop's thread.

    ``receive`` gets deliveries; ``key_of`` knows the key of ``vendor/device``. ``more`` are other services to serve.
    """

    adapter: Adapter
    receive: Callable[[Delivery], None]
    key_of: Callable[[str], bytes | None]
    now: Callable[[], float] = time.time
    connections: int | None = None
    """At once; ``None``: as many as the adapter is good for."""
    bond: bool = True
    pulse_s: float = PULSE_EVERY_S
    more: Mapping[str, Ways] = field(default_factory=dict)
    status: LinkStatus = field(default_factory=lambda: LinkStatus(LinkState.CONNECTING, "not started", time.time()))
    conversations: dict[str, Conversation] = field(default_factory=dict)
    """By the device's proved name."""
    refused: int = 0
    """Peers that were not who they said."""
    presence: Presence = field(default_factory=Presence)
    _turns: Turns[BLEDevice] = field(init=False)
    _held: dict[str, deque[Down]] = field(default_factory=dict)
    _ways: dict[str, Ways] = field(init=False)
    _visits: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _drawn: int = field(default_factory=lambda: secrets.randbelow(256))
    _connecting: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """Make a plan of whose turn it is."""
        self._turns = Turns(self.connections or self.adapter.connections)
        self._ways = {gatt.SERVICE: Ways(self._converse, self.bond), **self.more}

    async def run(self) -> None:
        """Serve devices until ``stop``; an adapter that is not there, or goes, is tried again."""
        failures = 0
        while not self._stopping.is_set():
            try:
                async with self.adapter.open() as opened:
                    failures = 0
                    await self._serve(opened)
                    reason = "the adapter went away; trying again"
            except (NoAdapter, BleakError, OSError) as error:
                reason = f"{error}; trying again"
            failures += 1
            if not self._stopping.is_set():
                self._turn(LinkState.LOST, reason)
                with suppress(TimeoutError):
                    async with asyncio.timeout(RETRY.after(failures)):
                        await self._stopping.wait()
        self._turn(LinkState.STOPPED, "stopped by us")

    def stop(self) -> None:
        """Take leave of every device. What is not acknowledged by then is sent again in a later session."""
        self._stopping.set()

    def publish(
        self,
        topic: str,  # the Link protocol's name for it
        payload: bytes,
        *,
        retain: bool = False,
        delivered: Callable[[], None] | None = None,
    ) -> None:
        """Send to a device, now or in its next session; ``delivered`` is called once it has acknowledged.

        A refusal is for the session it belongs to: without one it is not kept.
        """
        del retain
        where = parse_topic(topic)
        if where is None or where.channel not in {Channel.COMMAND, Channel.REJECTED}:
            return
        down = Down(where.channel, payload, delivered)
        conversation = self.conversations.get(where.device)
        if conversation:
            conversation.say(down)
        elif where.channel is Channel.COMMAND:
            self._held.setdefault(where.device, deque(maxlen=HELD)).append(down)

    def release(self, device: str) -> list[Down]:
        """Return what is held for a device, and hold it no more: it is reached in another way."""
        return list(self._held.pop(device, ()))

    # --- the adapter --------------------------------------------------------------------------------------------------

    async def _serve(self, opened: Opened) -> None:
        """Scan and have one task for each connected device, until the adapter goes or we stop."""
        scanner = BleakScanner(self._heard, list(self._ways), **opened.scanner)
        async with AsyncExitStack() as stack:
            await scanner.start()
            stack.push_async_callback(_quietly, scanner.stop)
            stack.push_async_callback(self._end_visits)
            self._turn(LinkState.READY, f"scanning on {self.adapter.name}")
            while not self._stopping.is_set() and not opened.lost.is_set():
                while caller := self._turns.next(asyncio.get_running_loop().time()):
                    self._begin(caller, opened, scanner)
                self._give_way()
                self._tell_who_is_gone()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._stopping.wait()

    def _heard(self, device: BLEDevice, told: AdvertisementData) -> None:
        service = next((uuid for uuid in told.service_uuids if uuid in self._ways), None)
        if service is None or not self._ways[service].wanted(device.address):
            return
        records = [gatt.read_advertised(record) for record in told.manufacturer_data.values()]
        fault = service == gatt.SERVICE and any(record and record.fault for record in records)
        now = asyncio.get_running_loop().time()
        self.presence.advertised(device.address, now)
        self._turns.heard(device.address, device, service, now, fault=fault, rssi=told.rssi)

    def _begin(self, caller: Caller[BLEDevice], opened: Opened, scanner: BleakScanner) -> None:
        task = asyncio.create_task(self._visit(caller, opened, scanner))
        self._visits[caller.address] = task
        task.add_done_callback(lambda _: self._visits.pop(caller.address, None))

    def _give_way(self) -> None:
        now = asyncio.get_running_loop().time()
        for conversation in self.conversations.values():
            if self._turns.over(conversation.client.address, now, conversation.quiet_s):
                conversation.end()

    def _tell_who_is_gone(self) -> None:
        """Speak the last will of devices that vanished, and take it back when they are here again."""
        now = asyncio.get_running_loop().time()
        for device in self.conversations:
            boot = self.presence.heard(device, now)
            if boot is not None:
                self._state(device, DeviceState(online=True, boot=boot, time=datetime.fromtimestamp(self.now(), UTC)))
        for device, boot in self.presence.gone(now):
            self._state(device, DeviceState(online=False, boot=boot))

    def _state(self, device: str, state: DeviceState) -> None:
        where = topic_of(device, Channel.STATE)
        self.receive(Delivery(where, state.encode(), retained=False, received_at=self.now(), ack=_nobody, door="ble"))

    def _take(self, address: str, delivery: Delivery) -> None:
        """Hand a delivery on; what a device says of its boot is remembered."""
        where = parse_topic(delivery.topic)
        if where is not None and where.channel is Channel.STATE:
            with suppress(Refused):
                state = parse_state(delivery.payload)
                self.presence.stated(where.device, address, state.boot, asyncio.get_running_loop().time())
        self.receive(delivery)

    async def _end_visits(self) -> None:
        for conversation in self.conversations.values():
            conversation.end()
        if self._visits:
            _, left = await asyncio.wait(self._visits.values(), timeout=2.0)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _visit(self, caller: Caller[BLEDevice], opened: Opened, scanner: BleakScanner) -> None:
        """Connect to a device and do with it what its service wants. Nothing it does gets further than this."""
        ways, well, alone = self._ways[caller.service], False, False
        lost = asyncio.Event()
        client = BleakClient(
            caller.handle, lambda _client: lost.set(), timeout=CONNECT_WITHIN_S, pair=ways.bond, **opened.client
        )
        try:
            await self._connect(client, opened, scanner)
            await _until(ways.visit(client, caller), lost)
            well = True
        except NotOurs as error:
            alone = True
            log.info("%s is left alone: %s", caller.address, error, extra=_about(caller.address))
        except (BleakError, TimeoutError, OSError, EOFError) as error:
            log.info("%s: %s", caller.address, str(error) or type(error).__name__, extra=_about(caller.address))
        finally:
            await _quietly(client.disconnect)
            rest_s = LEFT_ALONE_S if alone else ways.rest_s if well else None
            self._turns.ended(caller.address, asyncio.get_running_loop().time(), rest_s=rest_s)

    async def _connect(self, client: BleakClient, opened: Opened, scanner: BleakScanner) -> None:
        if opened.scans_while_connecting:
            await client.connect()
            return
        async with self._connecting:  # many adapters do not scan and connect at once
            await _quietly(scanner.stop)
            try:
                await client.connect()
            finally:
                await _quietly(scanner.start)

    # --- a device of ours ---------------------------------------------------------------------------------------------

    async def _converse(self, client: BleakClient, caller: Caller[BLEDevice]) -> None:
        self._drawn = (self._drawn + 1) % 256
        command = client.services.get_characteristic(gatt.COMMAND)
        if command is None:
            raise NotOurs("it offers our service and not its characteristics")
        room = max(gatt.room(0), min(command.max_write_without_response_size, gatt.MAX_VALUE))
        session = CentralSession(self._drawn, secrets.token_bytes(NONCE_BYTES), self.key_of, room)
        conversation = Conversation(client, session, partial(self._take, caller.address), self.now, self.pulse_s)
        conversation.opened.add_done_callback(lambda opened: self._opened(conversation, opened))
        try:
            await conversation.hold()
        finally:
            self._closed(conversation)
            if session.refused:
                self.refused += 1
                log.warning("%s was not believed: %s", caller.address, session.refused, extra=_about(caller.address))

    def _opened(self, conversation: Conversation, opened: asyncio.Future[str]) -> None:
        if opened.cancelled():
            return
        device = opened.result()
        before = self.conversations.get(device)
        if before:  # it has come back before the old link was seen to be lost
            before.end()
        self.conversations[device] = conversation
        for down in self._held.pop(device, ()):
            conversation.say(down)

    def _closed(self, conversation: Conversation) -> None:
        device = conversation.session.device
        if device is None:
            return
        if self.conversations.get(device) is conversation:
            del self.conversations[device]
        for down in conversation.waiting:
            self.publish(topic_of(device, down.channel), down.payload, delivered=down.delivered)

    def _turn(self, state: LinkState, reason: str) -> None:
        if (self.status.state, self.status.reason) != (state, reason):
            level = logging.WARNING if state is LinkState.LOST else logging.INFO
            log.log(level, "Bluetooth: %s", reason, extra={"link": "bluetooth", "state": state.value})
        self.status = LinkStatus(state, reason, time.time())


def _about(address: str) -> dict[str, str]:
    return {"link": "bluetooth", "address": address, "flood": f"visit {address}"}


def _nobody() -> None:
    """Nobody waits for it: it is said again when it is true again."""


async def _until(work: Coroutine[Any, Any, None], lost: asyncio.Event) -> None:
    """Work until it is done or the link is lost."""
    working, losing = asyncio.ensure_future(work), asyncio.ensure_future(lost.wait())
    try:
        await asyncio.wait([working, losing], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, losing):
            task.cancel()
        await asyncio.gather(working, losing, return_exceptions=True)


async def _quietly(work: Callable[[], Coroutine[Any, Any, object]]) -> None:
    """Do what an adapter that is gone may refuse."""
    with suppress(BleakError, OSError, EOFError, TimeoutError):
        await work()
