"""What customers say yes with: sent to what is theirs alone, for one thing, once, for five minutes.

Strong authentication (RTS (EU) 2018/389): the page that they have open is one factor, what the proof comes to another; the message
names sum and payee, and the proof holds for nothing else (Art. 5, dynamic linking). A payment is confirmed by a notification of Web
Push, sealed for a browser that they said with a code is theirs: its link bears the proof, and they type nothing. Else, and where
they want that, a code goes to their registered telephone number by SMS; by mail where the house has no door for that. Proofs are
nowhere but in memory and there: in no ledger, no conversation and no log.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import NamedTuple
from urllib.parse import quote

from dispatch.access.lockout import Lockout
from dispatch.channels.door import ChannelDoor, Outgoing
from dispatch.core.conversation.channels import Channel
from dispatch.outgoing.outbox import Taken
from dispatch.registers.customers import Customer
from dispatch.words import say
from gateway.errors import SenderError

HOLDS_S = 300.0
DIGITS = 6
TOKEN_BYTES = 16
"""Of a proof that nobody types."""
WRONG_MOST = 5
"""After so many wrong ones a code is none any more, and the next has to be waited for, longer each time."""
AGAIN_S = 30.0
"""A new one is sent so often at most, seconds."""
MOST_AN_HOUR = 6
HOUR_S = 3_600.0
KNOWN = 10_000
"""Customers whose codes are remembered."""


class NoCode(SenderError):  # noqa: N818 - says what happened
    """There is no code, or not this one. ``why``: as the API names it."""

    def __init__(self, why: str, detail: str, wait_s: float = 0.0) -> None:
        super().__init__(detail)
        self.why, self.wait_s = why, wait_s


class Wanted(NamedTuple):
    """What a code is for."""

    about: str
    """What it is bound to: the payment, or the mandate and all that it says."""
    words: str
    """As the message names it, in the customer's language."""
    language: str
    may_push: bool = False
    """May a notification be asked, or has it to be a code that they type?"""


class _Way(NamedTuple):
    """Where a proof goes."""

    channel: Channel
    door: ChannelDoor
    address: str
    link: str = ""
    """What bears it, where nothing is typed."""


@dataclass(slots=True)
class _Code:
    digits: str
    about: str
    until: float
    wrong: int = 0


@dataclass(slots=True)
class _Sent:
    code: _Code | None = None
    at: list[float] = field(default_factory=list)


class PaymentCodes:
    """``now`` is the machine's time, as of all that is let in by. ``draw`` returns digits."""

    def __init__(
        self,
        doors: Mapping[Channel, ChannelDoor],
        now: Callable[[], float],
        draw: Callable[[], str] | None = None,
        link_of: Callable[[str], Awaitable[str]] | None = None,
    ) -> None:
        """``link_of``: returns a link of a customer's page; empty, or none: nothing can be confirmed by a notification."""
        self._link_of = link_of
        self._doors, self._now, self._draw = doors, now, draw or _drawn
        self._sent: OrderedDict[str, _Sent] = OrderedDict()
        self._lockout = Lockout(WRONG_MOST)

    async def send(self, customer: Customer, wanted: Wanted) -> Channel:
        """Send a proof, which takes the place of the one before; return on which channel. Raises ``NoCode``."""
        now, mine = self._now(), self._of(customer.customer)
        self._must_not_flood(customer.customer, mine, now)
        way = (await self._by_push(customer) if wanted.may_push else None) or self._way(customer)
        mine.at.append(now)
        proof = secrets.token_urlsafe(TOKEN_BYTES) if way.link else self._draw()
        code = _Code(proof, wanted.about, now + HOLDS_S)
        if not isinstance(await way.door.send(_message(customer, wanted, way, code, now)), Taken):
            raise NoCode("code-not-sent", "it could not be sent just now; try again")
        mine.code = code
        return way.channel

    def reaches(self, customer: Customer) -> bool:
        """Tell whether there is a way to what is theirs alone."""
        try:
            self._way(customer)
        except NoCode:
            return False
        return True

    async def _by_push(self, customer: Customer) -> _Way | None:
        """Return the way to the browsers that they said are theirs; ``None``: there is none, or no page to lead to."""
        door, browsers = self._doors.get(Channel.PUSH), [asdict(one) for one in customer.push if one.strong]
        if door is None or self._link_of is None or not browsers or door.provenance != customer.provenance:
            return None
        link = await self._link_of(customer.customer)
        return _Way(Channel.PUSH, door, json.dumps(browsers), link) if link else None

    def check(self, customer: str, about: str, digits: str) -> None:
        """See that it is the code that was sent for this; it is used up by it. Raises ``NoCode``."""
        now, mine = self._now(), self._of(customer)
        wait = self._lockout.wait_s(customer, now)
        if wait > 0:
            raise NoCode("too-many-codes", f"too many wrong codes: try again in {wait:.0f} s", wait)
        self._lockout.count(customer, now)  # before it is looked at: a burst is no way round
        code = mine.code
        if code is None or code.until <= now or not hmac.compare_digest(code.about.encode(), about.encode()):
            raise NoCode("old-code", "no code was sent for this, or it is too old: ask for another")
        code.wrong += 1
        if not hmac.compare_digest(code.digits.encode(), digits.encode()):
            if code.wrong >= WRONG_MOST:
                mine.code = None
            raise NoCode("wrong-code", "that is not the code that was sent")
        mine.code = None
        self._lockout.passed(customer)

    def _of(self, customer: str) -> _Sent:
        mine = self._sent.setdefault(customer, _Sent())
        self._sent.move_to_end(customer)
        if len(self._sent) > KNOWN:
            self._sent.popitem(last=False)
        return mine

    def _must_not_flood(self, customer: str, mine: _Sent, now: float) -> None:
        mine.at = [at for at in mine.at if now - at < HOUR_S]
        waits = [self._lockout.wait_s(customer, now)]
        if mine.at:
            waits.append(mine.at[-1] + AGAIN_S - now)
        if len(mine.at) >= MOST_AN_HOUR:
            waits.append(mine.at[-MOST_AN_HOUR] + HOUR_S - now)
        if max(waits) > 0:
            raise NoCode("too-many-codes", f"wait {max(waits):.0f} s for another code", max(waits))

    def _way(self, customer: Customer) -> _Way:
        """Return where a code goes. Raises ``NoCode``."""
        sms = customer.phone if not customer.wrong_number else ""
        for channel, address in ((Channel.SMS, sms), (Channel.EMAIL, customer.email)):
            door = self._doors.get(channel)
            if door is None or not address:
                continue
            if door.provenance == customer.provenance:
                return _Way(channel, door, address)
        detail = "the house sends no SMS and no mail to them: ring the number of the contract"
        raise NoCode("no-way-for-a-code", detail)


def about_browser(endpoint: str) -> str:
    """Return what a code is bound to that makes a browser one that confirms payments."""
    return f"browser/{endpoint}"


def _message(customer: Customer, wanted: Wanted, way: _Way, code: _Code, now: float) -> Outgoing:
    what, language = wanted.words, wanted.language
    link = f"{way.link}~{code.digits}~{quote(code.about, safe='')}" if way.link else ""
    text = say("money_push", language, what=what) if link else say("money_code", language, code=code.digits, what=what)
    subject = say("subject_money_push" if link else "subject_money_code", language)
    key = f"code/{customer.customer}/{now:.0f}"
    return Outgoing(key, way.address, text, subject, language, customer.provenance, link, HOLDS_S)


def _drawn() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
