"""Agents' softphones: a page of theirs with sound, which rings as a telephone does and carries the voice of a call.

A page that is lost in mid-call comes back to its leg within ``GONE_AFTER_S``; after that the agent has hung up.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from dispatch.channels.telephony import LegReport, LegState, Telephony

GONE_AFTER_S = 5.0
"""Seconds of the wall: a page is back within two as a rule."""
Said = dict[str, str]


class SoundPage(Protocol):
    """A page with sound."""

    def tell(self, said: Said) -> None:
        """Tell it how its leg stands."""

    def hear(self, pcm: bytes) -> None:
        """Have it hear whole frames."""

    def give_way(self) -> None:
        """Another page counts from now on."""


@dataclass(slots=True)
class Softphone:
    """One agent's: a page, or a leg that waits for it to come back."""

    page: SoundPage | None = None
    line: Telephony | None = None
    leg: str = ""
    call: str = ""
    taken: bool = False
    gone: asyncio.TimerHandle | None = None

    @property
    def stands(self) -> Said:
        """How it stands, as its page is told."""
        if not self.leg:
            return {"type": "free"}
        return {"type": "speaks" if self.taken else "rings", "call": self.call}

    def show(self, said: Said | None = None) -> None:
        """Tell the page, if there is one."""
        if self.page is not None:
            self.page.tell(said or self.stands)


class Softphones:
    """All of them, by agent; in the event loop's thread."""

    def __init__(self, gone_after_s: float = GONE_AFTER_S) -> None:
        self._gone_after_s = gone_after_s
        self._phones: dict[str, Softphone] = {}
        self._agents: dict[str, str] = {}
        """Leg → agent."""

    def come(self, agent: str, page: SoundPage) -> None:
        """An agent has sound in a page; of several pages, the one that came last counts."""
        phone = self._phones.setdefault(agent, Softphone())
        before, phone.page = phone.page, page
        if before is not None:
            before.give_way()
        if phone.gone is not None:
            phone.gone.cancel()
            phone.gone = None
        phone.show()

    def go(self, agent: str, page: SoundPage, *, for_good: bool = False) -> None:
        """A page has no sound any more. ``for_good``: the agent turned it off, and does not come back."""
        phone = self._phones.get(agent)
        if phone is None or phone.page is not page:
            return
        phone.page = None
        if not phone.leg:
            del self._phones[agent]
        elif for_good:
            self._put_down(phone)
        else:
            phone.gone = asyncio.get_running_loop().call_later(self._gone_after_s, self._put_down, phone)

    def is_here(self, agent: str) -> bool:
        """Has an agent a page with sound just now?"""
        phone = self._phones.get(agent)
        return phone is not None and phone.page is not None

    def ring(self, agent: str, leg: str, call: str, line: Telephony, within_s: float) -> None:
        """Ring it, where it is here. Raises ``LineAway``."""
        line.ring_softphone(leg, within_s)
        phone = self._phones[agent]
        self._agents.pop(phone.leg, None)
        phone.line, phone.leg, phone.call, phone.taken = line, leg, call, False
        self._agents[leg] = agent
        phone.show()

    def take(self, agent: str, call: str) -> None:
        """The agent takes the call that rings, whose brief they see; of another one that is nothing."""
        phone = self._phones.get(agent)
        if phone is not None and phone.line is not None and phone.leg and phone.call == call:
            phone.line.answer(phone.leg)

    def say(self, agent: str, frame: bytes) -> None:
        """The agent says 20 ms."""
        phone = self._phones.get(agent)
        if phone is not None and phone.line is not None and phone.taken:
            phone.line.say(phone.leg, frame)

    def hear(self, leg: str, pcm: bytes) -> None:
        """Somebody says something to a softphone."""
        phone = self._phones.get(self._agents.get(leg, ""))
        if phone is not None and phone.page is not None:
            phone.page.hear(pcm)

    def heard(self, report: LegReport) -> None:
        """A leg fares; where it is a softphone's, its page is told."""
        agent = self._agents.get(report.leg, "")
        phone = self._phones.get(agent)
        if phone is None:
            return
        if report.state is LegState.ANSWERED:
            phone.taken = True
            phone.show()
        elif report.state is LegState.ENDED:
            self._over(agent, phone, report.why)

    def _over(self, agent: str, phone: Softphone, why: str) -> None:
        del self._agents[phone.leg]
        if phone.gone is not None:
            phone.gone.cancel()
        phone.line, phone.leg, phone.call, phone.taken, phone.gone = None, "", "", False, None
        phone.show({"type": "free", "why": why})
        if phone.page is None:
            del self._phones[agent]

    def _put_down(self, phone: Softphone) -> None:
        if phone.line is not None:
            phone.line.hang_up(phone.leg)
