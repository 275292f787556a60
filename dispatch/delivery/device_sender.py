"""Carries out what the desk decided: commands to devices over the link. Partners: ``webhook_sender``; agents fetch their calls.

What was sent is ticked off in the store's outbox once the broker has it; what was not is sent again at the next start
unless the desk has moved on, and the device, which knows a command by its id, ignores the second. While there is no broker
the link keeps commands in order, so that an offer is followed by what takes it back. A simulated action never reaches a
real device, nor the other way round: it goes to the dead letters instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from itertools import starmap

from dispatch.core.actions import DeviceCommand
from dispatch.ledger.rows import Row, read
from dispatch.outgoing.device_commands import Addressed, commands_of, may_be_left_out
from dispatch.outgoing.superseded import still_wanted
from dispatch.store.errors import JournalFailed
from dispatch.store.journal import Journal
from dispatch.views.casebook import Casebook
from dispatch.views.counters import Tallies
from gateway.contract.commands import Command
from gateway.contract.receipts import EventOutcome
from gateway.contract.topics import Channel, topic
from gateway.devices.registry import Registry
from gateway.intake.intake import Refusal
from gateway.links.handover.delivery import Link

log = logging.getLogger(__name__)

RETRY_S = 2.0
"""After the store did not take a tick."""


class DeviceSender:
    """Sends commands and refusals, and keeps the outbox. ``run`` it as a task; ``stop`` ends it after the last tick."""

    def __init__(
        self,
        link: Link,
        registry: Registry,
        journal: Journal,
        now: Callable[[], float],
        tallies: Tallies | None = None,
        *,
        book: Casebook | None = None,
        unwanted: Callable[[DeviceCommand], bool] = lambda _: False,
    ) -> None:
        """``book`` tells what the desk has moved on from, after a restart; ``unwanted``: what a customer agrees to no longer."""
        self._book = book
        self._unwanted = unwanted
        self._link = link
        self._registry = registry
        self._journal = journal
        self._now = now
        self._tallies = tallies or Tallies()
        self._loop = asyncio.get_running_loop()
        self._sent: list[str] = []
        self._expired: list[str] = []
        self._dead: dict[str, str] = {}
        self._something = asyncio.Event()
        self._stopping = False

    def carry_out(self, row: Row) -> None:
        """Send what an action says. Returns at once; the outbox is ticked off when the broker has it."""
        action = read(row)
        if isinstance(action, DeviceCommand):
            self._if_agreed(action, row.at, commands_of(action, row.at))

    def _if_agreed(self, action: DeviceCommand, at: float, sending: list[Addressed]) -> None:
        """Send what the customer agrees to: it is asked again just before."""
        if self._unwanted(action):
            self._not_sent(action)
        else:
            self._command(action.key, at, sending)

    def _not_sent(self, action: DeviceCommand) -> None:
        log.info("%s is not sent any more: the desk has moved on", action.key, extra={"key": action.key})
        self._expired.append(action.key)
        self._something.set()

    def _command(self, key: str, at: float, sending: list[Addressed]) -> None:
        sending = [one for one in sending if not (may_be_left_out(one[1]) and self._objection(*one))]
        objection = next(filter(None, starmap(self._objection, sending)), None)
        if objection is not None:
            log.warning("%s was not sent: %s", key, objection, extra={"key": key})
            self._dead[key] = objection
            self._something.set()
            return
        if not sending:  # a truck that is there and that nobody was to replace needs no command
            self._sent.append(key)
            self._something.set()
        self._send(key, at, sending)

    def resume(self) -> int:
        """Send again what a crash may have kept from being sent; return how many actions that was."""
        undone = self._journal.outbox.commands()
        for row in undone:
            self._send_again(row)
        return len(undone)

    def _send_again(self, row: Row) -> None:
        """Send what still holds: nobody is offered a job that the desk has given to another meanwhile."""
        action = read(row)
        assert isinstance(action, DeviceCommand)  # noqa: S101 - its type says so
        commands = commands_of(action, row.at)
        wanted = commands if self._book is None else still_wanted(action, commands, self._book)
        if wanted:
            self._if_agreed(action, row.at, wanted)
        else:
            self._not_sent(action)

    def refuse(self, refusal: Refusal) -> None:
        """Tell the sender of a refused message why, on ``…/rejected`` of the device its topic names, if any."""
        if refusal.device is not None and not refusal.device.endswith("/"):
            told = refusal.problem.model_dump_json(exclude_none=True).encode()
            self._link.publish(topic(refusal.device, Channel.REJECTED), told)

    def confirm(self, receipt: EventOutcome) -> None:
        """Send a receipt. It is not kept: a sender that gets none asks again, with the event itself."""
        self._link.publish(topic(receipt.to, Channel.COMMAND), receipt.command(self._now()).encode())

    async def run(self) -> None:
        """Tick off in the store what was sent, and keep what will never be, until ``stop``."""
        last = False
        while not last:
            await self._something.wait()
            self._something.clear()
            last = self._stopping
            await self._tick()

    def stop(self) -> None:
        """Write the last ticks and end."""
        self._stopping = True
        self._something.set()

    def _objection(self, device: str, command: Command) -> str | None:
        record = self._registry.get(device)
        if record is None:
            return f"{device} is not registered"
        if record.provenance != command.provenance:
            return f"the action is {command.provenance} and {device} is {record.provenance}"
        return None

    def _send(self, key: str, at: float, sending: list[Addressed]) -> None:
        left = len(sending)

        def delivered() -> None:
            self._loop.call_soon_threadsafe(count)

        def count() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self._tallies.done(key, self._now() - at)
                self._sent.append(key)
                self._something.set()

        for device, command in sending:
            self._link.publish(topic(device, Channel.COMMAND), command.encode(), delivered=delivered)

    async def _tick(self) -> None:
        sent, self._sent = self._sent, []
        expired, self._expired = self._expired, []
        dead, self._dead = self._dead, {}
        try:
            note = partial(self._journal.outbox.note_commands, sent, self._now(), forbidden=dead, expired=expired)
            await asyncio.to_thread(note)
        except JournalFailed:
            if not self._stopping:
                self._sent, self._dead = sent + self._sent, dead | self._dead
                self._expired = expired + self._expired
                self._loop.call_later(RETRY_S, self._something.set)
