"""Links of customers' own pages: short enough for a text message, for one customer, for so many hours, revocable.

What opens the page stands behind the ``#`` of a link: browsers send that to nobody, so it is in no log, no referrer and no cache
on the way. A customer has one link at a time, which several messages may carry; a hash of it is kept, as of all links.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from dispatch.access.roles import Role
from dispatch.service.access_registers import draw_short
from dispatch.service.log_in import LogIn

HOLDS_S = 48 * 3_600.0
"""How long a new link holds."""
LEAST_S = 24 * 3_600.0
"""A link that holds for less is not sent once more: a new one is drawn."""
KNOWN = 50_000
"""So many customers' links are known by heart; who is forgotten gets a new one."""
PATH = "/me"


@dataclass(frozen=True, slots=True)
class _Drawn:
    secret: str
    until: float


@dataclass(slots=True)
class PageLinks:
    """``now`` of links is the machine's time, as of all that is let in by."""

    log_in: Callable[[], LogIn]
    public_url: str = ""
    """What links begin with; empty: there are none."""
    _drawn: OrderedDict[str, _Drawn] = field(default_factory=OrderedDict)

    async def link_of(self, customer: str) -> str:
        """Return a link of a customer's page; empty where the house told no address. Raises ``JournalFailed``."""
        if not self.public_url:
            return ""
        return f"{self.public_url}{PATH}#{await self._secret(customer)}"

    async def revoke(self, customer: str) -> int:
        """Have all links of a customer lead nowhere any more, and end who came by them; return how many there were."""
        return await self.log_in().registers.end_links_of(customer)

    async def _secret(self, customer: str) -> str:
        log_in = self.log_in()
        now, known = log_in.now(), self._drawn.get(customer)
        if known is not None and known.until - now >= LEAST_S and log_in.registers.has_link(known.secret):
            return known.secret
        drawn = _Drawn(draw_short(), now + HOLDS_S)
        await log_in.registers.add_link(customer, Role.CUSTOMER, customer, drawn.until, drawn.secret)
        self._remember(customer, drawn)
        return drawn.secret

    def _remember(self, customer: str, drawn: _Drawn) -> None:
        self._drawn[customer] = drawn
        self._drawn.move_to_end(customer)
        while len(self._drawn) > KNOWN:
            self._drawn.popitem(last=False)
