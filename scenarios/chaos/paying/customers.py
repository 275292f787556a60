"""Customers of devices that pay, and the house's person for money, at the HTTP API. Each asks until it is heard.

They let devices pay, have mandates rest, revoke them, answer what they are asked, and dispute.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Literal

from dispatch.channels.bank.names import short_name
from dispatch.core.ids import instruction_id, payment_id, top_up_id
from dispatch.core.purse.mandate import Mandate
from scenarios.chaos.chronicle import Chronicle
from scenarios.chaos.paying.bank import ChaosBank
from scenarios.chaos.paying.payers import ChaosPayer
from scenarios.chaos.paying.plan import CustomerDoes
from scenarios.runner.network import body_of
from scenarios.service.client import Client, Patience, Response
from scenarios.world.inboxes.letters import InboxLetter

STUBBORN = Patience(tries=None, again_after_s=0.1)
TIMEOUT_S = 40.0
RESTS_S = 0.4
"""So long a mandate is suspended."""
LOOKS_S = 0.5
"""Between two looks of the house's person."""
FILLED_WITHIN_S = 20.0
"""So long at most a stage waits for money in the purses."""
CODE_WITHIN_S, CODES = 4.0, 3
"""So long a code is waited for, and so often another is asked for."""
SAYS_NO, SAYS_YES = 0.35, 0.85
"""Of those who are asked; the others say nothing, and it lapses."""
_FORBIDDEN, _SERVER_ERROR = 403, 500
_DIGITS = re.compile(r"\b\d{6}\b")


@dataclass(slots=True)
class ChaosCustomers:
    """All of them, in one event loop; ``_doing`` is what they have not finished."""

    http: str
    bank: ChaosBank
    chronicle: Chronicle
    dice: Random
    wrong: list[str] = field(default_factory=list)
    """What the service refused that it should not have."""
    _doing: set[asyncio.Task[None]] = field(default_factory=set)
    _mandates: dict[str, Mandate] = field(default_factory=dict)
    """Customer → by which their device pays now."""
    _codes: defaultdict[str, asyncio.Queue[str]] = field(default_factory=lambda: defaultdict(asyncio.Queue))
    _asked: set[str] = field(default_factory=set)
    _disputed: set[str] = field(default_factory=set)
    _refs: Iterator[int] = field(default_factory=count)
    _client: Client = field(init=False)
    _looks: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        """Read what comes by SMS."""
        self._client = Client(self.http, STUBBORN, ask_again=_is_broken, timeout_s=TIMEOUT_S)
        self.bank.sms.inboxes.on_letter = self._letter

    # --- in the loop's thread ----------------------------------------------------------------------------------------

    async def begin(self, payers: list[ChaosPayer]) -> None:
        """Have all let their devices pay, and the house's person begin."""
        await asyncio.gather(*(self._lets_pay(one) for one in payers))
        self._looks = asyncio.create_task(self._sees_to())
        self._looks.add_done_callback(self._done)

    async def end(self) -> None:
        """Send everybody home."""
        tasks = [*self._doing, *([self._looks] if self._looks else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    def do(self, payer: ChaosPayer, what: CustomerDoes, paid: list[str]) -> None:
        """Have a customer do something; ``paid``: end-to-end ids of what was paid for them."""
        match what:
            case CustomerDoes.SUSPEND:
                self._start(self._suspends(payer))
            case CustomerDoes.REVOKE:
                self._start(self._revokes(payer))
            case CustomerDoes.STOP:
                self._start(self._stops(payer))
            case CustomerDoes.DISPUTE:
                self._start(self._disputes(payer, paid))

    def asked(self, payer: ChaosPayer, end_to_end_id: str) -> None:
        """A device shows that its customer is asked."""
        payment = payment_id(payer.device.name, end_to_end_id)
        if payment not in self._asked:
            self._asked.add(payment)
            self._start(self._considers(payer, payment))

    @property
    def busy(self) -> int:
        """How many things they have begun and not finished."""
        return len(self._doing)

    # --- what they do ------------------------------------------------------------------------------------------------

    def _start(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(doing)
        self._doing.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._doing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.wrong.append(repr(error))

    async def _lets_pay(self, payer: ChaosPayer) -> None:
        await self._post(payer, "mandates", body_of(payer.top_up(time.time())))
        await self._gives(payer, strong=payer.is_strong)
        await self._is_filled(payer)

    async def _is_filled(self, payer: ChaosPayer) -> None:
        """Wait until the purse is topped up, or the bank said that it is not."""
        for _ in range(round(FILLED_WITHIN_S / LOOKS_S)):
            money = (await self._client.ask("GET", f"/customers/{payer.customer}/money")).json()
            if (
                any(float(one["amount"]) for one in money["balances"])
                or self._at_bank(top_up_id(payer.customer, 1)) == "RJCT"
            ):
                return
            await asyncio.sleep(LOOKS_S)

    async def _gives(self, payer: ChaosPayer, *, strong: bool) -> None:
        mandate = payer.mandate(f"m{next(self._refs)}", time.time())
        body = body_of(mandate)
        code = await self._code(payer, {"mandate": body}) if strong else None
        await self._post(payer, "mandates", body | ({"code": code} if code else {}))
        self._mandates[payer.customer] = mandate

    async def _suspends(self, payer: ChaosPayer) -> None:
        mandate = self._mandates[payer.customer].mandate
        for to in ("suspended", "active"):
            await self._post(payer, "mandates/changes", {"mandate": mandate, "to": to}, "mandate-revoked")
            await asyncio.sleep(RESTS_S)

    async def _revokes(self, payer: ChaosPayer) -> None:
        mandate = self._mandates[payer.customer].mandate
        await self._post(payer, "mandates/changes", {"mandate": mandate, "to": "revoked"}, "mandate-revoked")
        await self._gives(payer, strong=False)

    async def _stops(self, payer: ChaosPayer) -> None:
        await self._post(payer, "mandates/stops", {"device": payer.device.name})
        await self._gives(payer, strong=False)

    async def _disputes(self, payer: ChaosPayer, paid: list[str]) -> None:
        for name in paid:
            payment = payment_id(payer.device.name, name)
            if payment not in self._disputed:
                self._disputed.add(payment)
                await self._post(payer, "payments/disputes", {"payment": payment, "why": "not ordered"})
                return

    async def _considers(self, payer: ChaosPayer, payment: str) -> None:
        luck = self.dice.random()
        if luck > SAYS_YES:
            return
        answer: dict[str, Any] = {"payment": payment, "agreed": False}
        if luck > SAYS_NO and (code := await self._code(payer, {"payment": payment})) is not None:
            said = await self._ask(payer, "payments/answers", {"payment": payment, "agreed": True, "code": code})
            if said.status_code != _FORBIDDEN:  # else the service was killed in between, and knows of no code
                return
        await self._ask(payer, "payments/answers", answer)

    async def _code(self, payer: ChaosPayer, about: dict[str, Any]) -> str | None:
        """Have a code sent and read it. ``None``: none comes; there are six an hour, and none twice in half a minute."""
        codes = self._codes[payer.phone]
        for _ in range(CODES):
            while not codes.empty():
                codes.get_nowait()
            if not (await self._ask(payer, "codes", about)).is_success:
                return None
            try:
                return await asyncio.wait_for(codes.get(), CODE_WITHIN_S)
            except TimeoutError:
                continue
        return None

    def _letter(self, letter: InboxLetter) -> None:
        found = _DIGITS.search(letter.text)
        if found is not None:
            self._codes[letter.to].put_nowait(found[0])

    # --- the house's person for money --------------------------------------------------------------------------------

    async def _sees_to(self) -> None:
        while True:
            await asyncio.sleep(LOOKS_S)
            seen = (await self._client.ask("GET", "/payments/to-see")).json()
            for one in seen["disputes"]:
                decision = "refund" if self.dice.random() < 0.5 else "uphold"  # noqa: PLR2004 - a share
                await self._say("/payments/disputes/decided", {"payment": one["payment"], "decision": decision})
            for one in seen["held"]:
                if one["may_say"] and (status := self._at_bank(one["name"])) is not None:
                    await self._say("/payments/bank-said", {"name": one["name"], "status": status})

    def _at_bank(self, name: str) -> Literal["ACSC", "RJCT"] | None:
        """Ask the bank on the telephone what it did. ``None``: it has no such order so far."""
        mine = short_name(instruction_id(name))
        if mine in self.bank.bank.executed:
            return "ACSC"
        return "RJCT" if mine in self.bank.bank.rejected else None

    async def _say(self, path: str, body: dict[str, Any]) -> None:
        await self._client.ask("POST", path, body | {"why": "looked at it"})

    # --- HTTP --------------------------------------------------------------------------------------------------------

    async def _post(self, payer: ChaosPayer, path: str, body: dict[str, Any], *grounds: str) -> None:
        """Say something that has to be taken, but for ``grounds``."""
        answer = await self._ask(payer, path, body)
        if not answer.is_success and not any(one in answer.text for one in grounds):
            self.wrong.append(f"{path} of {payer.customer}: {answer.status_code} {answer.text[:300]}")

    async def _ask(self, payer: ChaosPayer, path: str, body: dict[str, Any]) -> Response:
        answer = await self._client.ask("POST", f"/customers/{payer.customer}/{path}", body)
        if not answer.is_success:
            self.chronicle.note("the API refused", path=path, status=answer.status_code, said=answer.text[:300])
        return answer


def _is_broken(answer: Response) -> bool:
    """Tell whether it is asked again: the service, or its store, takes nothing at the moment."""
    return answer.status_code >= _SERVER_ERROR
