"""One SIP line: starts the process that speaks SIP, starts it again where it dies, and asks the trunk whether it is there."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from dispatch.channels.sip.certificates import tls_context, trusted
from dispatch.channels.sip.probe import why_away
from dispatch.channels.sip.process import SipProcess
from dispatch.channels.sip.trunk_file import TrunkSettings
from dispatch.channels.sip.uris import checked_address, number_of, number_to_dial, ref_of
from dispatch.channels.sip.wire import (
    Command,
    Fares,
    HangUp,
    Join,
    LineSetup,
    LineState,
    ListenIn,
    PickUp,
    RangIn,
    Refuse,
    Report,
    Ring,
    RingSoftphone,
)
from dispatch.channels.telephony import Hear, HearSound, Incoming, LegEnding, LegReport, LegState, LineAway
from gateway.finding import Provenance
from gateway.retry.backoff import Backoff

log = logging.getLogger("callahead")

SOUND_S = 30.0
"""Who lived for so long did not die at once."""
STARTS, ASKS = Backoff(0.5, 30.0), Backoff(2.0, 60.0)
"""Until the process is started again, and until a trunk that is away is asked again."""
ASKED_EVERY_S = 30.0
_STARTING = "the line is being started"


class SipLine:
    """``run`` it as a task; ``stop`` ends it. What it says comes by ``hear``."""

    def __init__(self, settings: TrunkSettings) -> None:
        self.hear: Hear = lambda _: None
        self.hear_sound: HearSound = lambda _leg, _pcm: None
        self._settings = settings
        self._process: SipProcess | None = None
        self._stopping, self._asked = asyncio.Event(), asyncio.Event()
        self._process_trouble: str | None = _STARTING
        self._trunk_trouble: str | None = None
        self._legs: set[str] = set()
        """Those that are not over, which are where the process is."""
        self.ready = asyncio.Event()
        """Set where the line is up for the first time."""

    @property
    def pid(self) -> int | None:
        """The process that speaks SIP."""
        return None if self._process is None else self._process.pid

    @property
    def provenance(self) -> Provenance:
        """Whom it is for."""
        return self._settings.provenance

    def trouble(self) -> str | None:
        """Say why nobody can be rung just now; ``None``: they can."""
        return self._process_trouble or self._trunk_trouble

    def agent_address(self, agent: str) -> str | None:
        """Return where an agent is rung; ``None``: they dial by hand. Raises ``CannotDial``."""
        line = self._settings.line
        found = line.agents.get(agent) or (line.agent_address or "").replace("{agent}", agent)
        return checked_address(found, self.provenance) if found else None

    def customer_address(self, phone: str) -> str:
        """Return where a customer's number is rung. Raises ``CannotDial``."""
        line = self._settings.line
        return checked_address(f"sip:{number_to_dial(phone, line.country_code)}@{line.proxy}", self.provenance)

    def ring(self, leg: str, address: str, within_s: float) -> None:
        """Ring an address. Raises ``LineAway`` and ``CannotDial``."""
        checked_address(address, self.provenance)
        self._tell(Ring(leg, address, within_s, self._settings.line.caller_id or ""))
        self._legs.add(leg)

    def ring_softphone(self, leg: str, within_s: float) -> None:
        """Ring an agent's page. Raises ``LineAway``."""
        self._tell(RingSoftphone(leg, within_s))
        self._legs.add(leg)

    def listen_in(self, leg: str, of: str, *, alone: bool = False) -> None:
        """Have a leg hear another, ``alone`` or with whoever that is joined with. Raises ``LineAway``."""
        self._tell(ListenIn(leg, of, alone))
        self._legs.add(leg)

    def say(self, leg: str, frame: bytes) -> None:
        """Have a softphone say 20 ms."""
        if self._process is not None and leg in self._legs:
            self._process.say({leg: frame})

    def answer(self, leg: str) -> None:
        """Answer whoever rings in, or a softphone that rings."""
        self._tell_if_up(PickUp(leg))

    def refuse(self, leg: str) -> None:
        """Be engaged for whoever rings in."""
        self._tell_if_up(Refuse(leg))

    def join(self, one: str, other: str) -> None:
        """Have two legs hear each other."""
        self._tell_if_up(Join(one, other))

    def hang_up(self, leg: str) -> None:
        """End a leg."""
        if leg in self._legs:
            self._tell_if_up(HangUp(leg))

    async def run(self) -> None:
        """Keep the line up until ``stop``."""
        ask = self._ask_why_not if self._settings.line.register_there else self._ask_again_and_again
        asking = asyncio.create_task(ask())
        died = 0
        while not self._stopping.is_set():
            began = asyncio.get_running_loop().time()
            await self._live_through_one()
            died = 1 if asyncio.get_running_loop().time() - began > SOUND_S else died + 1
            await self._pause(STARTS.after(died))
        asking.cancel()

    def stop(self) -> None:
        """Have it end."""
        self._stopping.set()

    # --- the process -------------------------------------------------------------------------------------------------

    def _tell(self, command: Command) -> None:
        if self._process is None or self._process_trouble is not None:
            raise LineAway(self._process_trouble or _STARTING)
        self._process.tell(command)

    def _tell_if_up(self, command: Command) -> None:
        """Tell it; where there is no process there are no legs either, and that is said."""
        with contextlib.suppress(LineAway):
            self._tell(command)

    async def _live_through_one(self) -> None:
        self._process_trouble, self._process = _STARTING, SipProcess(self._heard, self._sound_came)
        await self._process.start(_setup(self._settings))
        listening = asyncio.create_task(self._process.listen())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        await self._process.end()
        stopping.cancel()
        why = f"the process that speaks SIP ended with {await listening}"
        if not self._stopping.is_set():
            log.error("%s; it is started again", why)
        if self._process_trouble in {None, _STARTING}:
            self._process_trouble = why
        for leg in list(self._legs):
            self._over(LegReport(leg, LegState.ENDED, LegEnding.LINE, why))

    def _sound_came(self, leg: str, pcm: bytes) -> None:
        self.hear_sound(leg, pcm)

    def _heard(self, report: Report) -> None:
        match report:
            case RangIn():
                self._legs.add(report.leg)
                self.hear(Incoming(report.leg, number_of(report.caller), ref_of(report.ref)))
            case Fares(state=LegState.ENDED):
                self._over(LegReport(report.leg, report.state, report.ending, report.why))
            case Fares():
                self.hear(LegReport(report.leg, report.state))
            case LineState():
                self._stands(report)

    def _stands(self, report: LineState) -> None:
        proxy, starting = self._settings.line.proxy, self._process_trouble == _STARTING
        if report.up:
            self._process_trouble = self._trunk_trouble = None
            self.ready.set()
        elif starting and report.why:
            self._process_trouble = report.why
        elif starting:
            self._process_trouble, self._trunk_trouble = None, f"{proxy} has not registered us yet"
        else:
            self._away(f"{proxy} does not register us: {report.why or 'no answer'}")
            self._asked.set()

    def _over(self, report: LegReport) -> None:
        if report.leg in self._legs:
            self._legs.discard(report.leg)
            if report.ending is LegEnding.LINE:
                self._asked.set()  # is it the trunk, or that one telephone?
            self.hear(report)

    # --- the trunk ---------------------------------------------------------------------------------------------------

    async def _ask_again_and_again(self) -> None:
        """Ask a trunk that wants no registration whether it is there; one that does is asked by the stack itself."""
        failed = 0
        while True:
            why = await self._why_away()
            failed = failed + 1 if why else 0
            if why:
                self._away(why)
            elif self._trunk_trouble:
                log.info("the trunk %s is back", self._settings.line.proxy)
                self._trunk_trouble = None
            self._asked.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ASKS.after(failed) if failed else ASKED_EVERY_S):
                    await self._asked.wait()

    async def _ask_why_not(self) -> None:
        """Where a trunk does not register us, a connection may say in words what the stack has a number for."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            if self._settings.line.transport != "udp" and self._trunk_trouble and (why := await self._why_away()):
                self._trunk_trouble = why

    async def _why_away(self) -> str | None:
        line = self._settings.line
        context = tls_context(line.ca) if line.transport == "tls" else None
        return await why_away(line.proxy, line.transport, context=context)

    def _away(self, why: str) -> None:
        if self._trunk_trouble is None:
            log.warning("the trunk is away: %s; calls are dialled by hand until it is back", why)
        self._trunk_trouble = why

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


def _setup(settings: TrunkSettings) -> LineSetup:
    line = settings.line
    return LineSetup(
        user=line.user,
        domain=line.proxy,
        interface=line.interface or ("127.0.0.1" if settings.provenance == "simulated" else None),
        listen=line.listen or "",
        password=settings.password,
        auth_user=line.auth_user,
        transport=line.transport,
        ca=trusted(line.ca) if line.transport == "tls" else "",
        register_s=line.register_every if line.register_there else 0,
        silent_s=line.lost_after_s,
    )
