"""Has the bank told what was decided: as soon as it is stored, many orders in a file, and again until it is taken.

Which orders a file has, and what stands in it, is stored before it is brought: after a crash, and when the desk asks again, it is
the same file under the same name, and the bank does nothing twice. That the bank never had it is said to the desk only where that
is certain.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from dispatch.channels.bank.answers import BY
from dispatch.channels.bank.batches import Batches
from dispatch.channels.bank.names import message_name, short_name
from dispatch.channels.bank.orders import BadFile, CannotOrder, Order, OrderKind
from dispatch.channels.bank.settings import BankSettings
from dispatch.channels.bank.ways import BankWay
from dispatch.core.events import Event
from dispatch.core.purse.actions import InstructBank
from dispatch.core.purse.events import BankAnswered
from dispatch.delivery.outbox_sender import OutboxSender
from dispatch.engine.clock import Clock
from dispatch.engine.inputs import Stopped
from dispatch.outgoing.outbox import Errand, ErrandOutcome, Failed, Objection, Refused, Result, Taken
from dispatch.registers.bank_orders import BankFile, BankOrder
from dispatch.store.bank_rows import BankRows
from dispatch.store.batch import BANK
from dispatch.store.errors import JournalFailed
from dispatch.store.journal import Journal
from dispatch.store.outbox_rows import Letter

AT_ONCE = 2_000
"""Orders that are under way: more than a file has, so that files fill."""
UNTIL_S = 86_400.0
"""So long after it was decided an order is brought; then a person has long been told [fit]."""


class PayersBank(Protocol):
    """Who knows accounts, and who is told what became of an order."""

    async def tell(self, event: Event) -> Any:  # noqa: ANN401 - what it came to
        """Return once the event is stored."""

    def is_known(self, key: str) -> bool:
        """Tell whether an event with this key is stored."""

    def order_of(self, action: InstructBank) -> Order:
        """Return what is to be done, with names and accounts. Raises ``CannotOrder``."""


Write = Callable[[str, Sequence[Order], float], bytes]
"""Makes the file of a message's identification, of orders of one batch, and of an hour, POSIX seconds. Raises ``BadFile``."""


@dataclass(frozen=True, slots=True)
class BankDoor:
    """A bank, and the way to it."""

    settings: BankSettings
    way: BankWay
    write: Write


class BankSender(OutboxSender[InstructBank]):
    """``door`` is set where the house has a bank; without one, orders wait."""

    def __init__(
        self, journal: Journal, clock: Clock, payers: PayersBank, *, backoff: Callable[[int], float] | None = None
    ) -> None:
        super().__init__(journal, clock, backoff, AT_ONCE)
        self.door: BankDoor | None = None
        self.trouble: str | None = None
        """Why no file gets through at the moment."""
        self._rows: BankRows = journal.bank
        self._payers = payers
        self._batches: Batches[OrderKind, tuple[Order, InstructBank], Result]
        self._bringing: dict[str, asyncio.Future[Result]] = {}
        self._reasons: dict[str, str] = {}
        """Key of what could not be an order → ISO reason."""
        self._telling: set[asyncio.Task[None]] = set()

    def open(self, door: BankDoor) -> None:
        """Have a bank."""
        self.door = door
        self._batches = Batches(door.settings.batch, door.settings.batch_s, self._bring_new)

    async def run(self) -> None:
        """Bring what is due until ``stop``."""
        await super().run()
        await asyncio.gather(*self._telling)

    @property
    def waiting(self) -> int:
        """How many orders wait."""
        return self.outbox.waiting_for(BANK)

    def send_again(self, key: str) -> bool:
        """Try a dead letter again; ``False``: the desk was told that the bank never had it. Raises ``KeyError``."""
        action, now = self._actions[self.outbox.dead[key].key][0], self._clock.now()
        if self._payers.is_known(_rejected(action, "").key):
            return False
        self._revive(key, now, now + UNTIL_S)
        return True

    # --- what the outbox asks ----------------------------------------------------------------------------------------

    def _is_mine(self, action: object) -> InstructBank | None:
        return action if isinstance(action, InstructBank) else None

    def _take(self, letter: Letter) -> None:
        super()._take(letter)
        if (dead := self.outbox.dead.get(letter.row.key or "")) is not None:  # of before the start: is it told?
            self._ended(dead, self._actions[dead.key][0])

    def _errand(self, action: InstructBank, letter: Letter) -> Errand:
        return Errand(
            key=action.key,
            seq=letter.row.seq,
            partner=BANK,
            request=action.instruction,
            withdraws=False,
            until=letter.row.at + UNTIL_S,
            attempts=letter.attempts,
            next_at=letter.next_at or letter.row.at,
            outcome=letter.outcome,
            trouble=letter.trouble,
        )

    def _objection(self, errand: Errand) -> Objection | None:
        action, door = self._actions[errand.key][0], self.door
        if door is None or door.settings.provenance == action.provenance:
            return None
        self._reasons[errand.key] = "AG01"
        return ErrandOutcome.FORBIDDEN, f"the order is {action.provenance} and the bank is {door.settings.provenance}"

    async def _send(self, errand: Errand, action: InstructBank, decided_at: float) -> Result:
        if self.door is None:
            return Failed("this house has no bank")
        try:
            return await self._ordered(action, decided_at)
        except CannotOrder as error:
            self._reasons[errand.key] = error.reason
            return Refused(str(error))
        except BadFile as error:
            self.trouble = f"our fault: {error}"
            return Failed(self.trouble)
        except JournalFailed as error:
            return Failed(str(error))

    def _ended(self, errand: Errand, action: InstructBank) -> None:
        """Tell the desk of what the bank never had, unless it knows; of all else it has to wait for the bank's word."""
        reason = self._reasons.pop(errand.key, "MS03")
        if errand.outcome is None or not errand.outcome.dead or not errand.never_taken or action.attempt > 1:
            return
        event = _rejected(action, reason)
        if not self._payers.is_known(event.key):
            task = asyncio.ensure_future(self._tell(event))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self, event: BankAnswered) -> None:
        with suppress(Stopped):  # the next start finds the dead letter, and tells of it
            await self._payers.tell(event)

    # --- files -------------------------------------------------------------------------------------------------------

    async def _ordered(self, action: InstructBank, decided_at: float) -> Result:
        name = short_name(action.instruction)
        known = (await asyncio.to_thread(self._rows.orders, [name])).get(name)
        if known is not None:
            return await self._again(known, action, decided_at)
        order = self._payers.order_of(action)
        return await self._batches.join(order.kind, (order, action))

    async def _bring_new(self, wanted: list[tuple[Order, InstructBank]]) -> Result:
        """Make a file of orders that no file has, and bring it. Somebody may have been erased since they were put together."""
        assert self.door is not None  # noqa: S101 - whoever calls has looked
        if not all(self._is_so_still(order, action) for order, action in wanted):
            return Failed("an account or a name is another by now: the file is put together anew")
        settings, now = self.door.settings, self._clock.now()
        simulated = settings.provenance == "simulated"
        message = message_name([order.end_to_end for order, _ in wanted], simulated=simulated)
        orders = [order for order, _ in wanted]
        content = await asyncio.to_thread(self.door.write, message, orders, now)
        customers = tuple(sorted({action.customer for _, action in wanted}))
        file = BankFile(message, content.decode(), customers, tuple(order.end_to_end for order in orders))
        kept = [_known_as(order.end_to_end, action, message, now) for order, action in wanted]
        await asyncio.to_thread(self._rows.keep, kept, file)
        return await self._bring(file)

    def _is_so_still(self, order: Order, action: InstructBank) -> bool:
        try:
            return self._payers.order_of(action) == order
        except CannotOrder:
            return False

    async def _again(self, known: BankOrder, action: InstructBank, decided_at: float) -> Result:
        """Bring the file of an order once more, unless the bank has answered, or had it since the desk asked for that."""
        if known.answered:
            return Taken()
        file = await asyncio.to_thread(self._rows.file, known.message)
        if file is None:
            return Refused(
                "what stood in the file is erased: nobody can tell the bank again, nor knows whether it had it"
            )
        if file.delivered_at is not None and file.delivered_at >= decided_at:
            return Taken()
        if action.attempt > known.attempt:
            await asyncio.to_thread(partial(self._rows.note_order, known.end_to_end, attempt=action.attempt))
        return await self._bring(file)

    async def _bring(self, file: BankFile) -> Result:
        """Bring a file; who wants the same meanwhile hears what it comes to."""
        bringing = self._bringing.get(file.message)
        if bringing is None:
            bringing = self._bringing[file.message] = asyncio.ensure_future(self._brought(file))
            bringing.add_done_callback(lambda _: self._bringing.pop(file.message, None))
        return await asyncio.shield(bringing)

    async def _brought(self, file: BankFile) -> Result:
        assert self.door is not None  # noqa: S101 - whoever calls has looked
        result = await self.door.way.bring(file.message, file.content.encode())
        if isinstance(result, Taken):
            self.trouble = None
            await asyncio.to_thread(self._rows.note_delivered, file.message, self._clock.now())
        else:
            self.trouble = result.why
        return result


def _rejected(action: InstructBank, reason: str) -> BankAnswered:
    return BankAnswered(action.instruction, action.attempt, "RJCT", action.provenance, reason, by=BY)


def _known_as(end_to_end: str, action: InstructBank, message: str, at: float) -> BankOrder:
    return BankOrder(
        end_to_end, action.instruction, action.attempt, action.method, action.customer, action.amount,
        action.currency, message, at, action.provenance,
    )  # fmt: skip
