"""All that knows baresip-python, an alpha: one SIP stack in this process, its legs by our own names. Runs in a process of its own.

A telephone that rings in is held ringing until it is answered; a rung one that says nothing at all, not even
that it rings, was never reached. Sound is copied between joined legs every 20 ms, which is what a packet holds.
"""

from __future__ import annotations

import asyncio
import contextlib
from array import array
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from math import sin, tau

import baresip

from dispatch.channels.sip.sound import Mixer, SoftphoneCall
from dispatch.channels.sip.sound_socket import SoundSocket
from dispatch.channels.sip.statuses import ending_of
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
from dispatch.channels.telephony import LegEnding, LegState

PACKET_S = 0.02
MOST_BYTES = 32_768
"""Of sound that a leg's buffer holds."""
UNHEARD_S = 8.0
"""Whoever is rung and has said nothing for so long, not even that it rings, is not there."""
WAITS_S = 900
"""Whoever rings in and is neither answered nor gives up is held for so long; their own exchange seldom lets them."""
BEEP_S, BEEPS_EVERY_S = 0.2, 2.0
"""What whoever waits for the other hears."""
_RATE_HZ, _TONE_HZ, _LOUD = 8_000, 425, 4_000
BEEP = array(
    "h", (round(_LOUD * sin(tau * _TONE_HZ * at / _RATE_HZ)) for at in range(int(_RATE_HZ * BEEP_S)))
).tobytes()
_WHO = ("From", "To", "P-Asserted-Identity")
_FOR_ANY_NUMBER = "catchall=yes"
"""A trunk rings in with the number that was dialled, whether we register there or not; only some name the contact we told them."""
_RINGS = {baresip.Event.CALL_RINGING, baresip.Event.CALL_PROGRESS}

Say = Callable[[Report], None]


@dataclass(slots=True)
class SipLeg:
    """One telephone's part."""

    name: str
    call: baresip.Call | SoftphoneCall
    incoming: bool = False
    rang: bool = False
    answered: bool = False
    joined: str | None = None
    hears: str | None = None
    """The leg that it listens in on."""
    alone: bool = False
    """Of those two, it hears that one and not the other."""
    mixer: Mixer = field(default_factory=Mixer)
    ending: LegEnding | None = None
    """What it ends with, where we end it for a reason of our own."""
    why: str = ""
    beeped_at: float = 0.0
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class SipStack:
    """``start`` it, have it ``do`` what is wanted, and ``stop`` it. ``say`` is called with all that happens."""

    def __init__(self, setup: LineSetup, say: Say, sound: SoundSocket) -> None:
        self._setup, self._say, self._sound = setup, say, sound
        self._runtime = baresip.Runtime()
        self._agents: dict[str, baresip.UserAgent] = {}
        """Caller → the identity that rings as it."""
        self._legs: dict[str, SipLeg] = {}
        self._by_handle: dict[int, SipLeg] = {}
        self._early: dict[int, list[baresip.StackEvent]] = {}
        """What was told of calls before ``dial`` said which they are."""
        self._dialling = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.dead = asyncio.Event()
        """Set where the stack died, and this process is good for nothing more."""

    async def start(self) -> None:
        """Bring the stack up. Raises ``baresip.BaresipError``."""
        setup = self._setup
        self._runtime.on_dead = self.dead.set
        await self._runtime.start(
            baresip.Config(
                net_interface=setup.interface,
                audio_source=setup.sound,
                audio_player="aumem",
                expose_headers=_WHO,
                max_concurrent_calls=None,
                rtp_timeout=setup.silent_s,
                extra_config_text=more_settings(setup),
            )
        )
        self._runtime.subscribe(self._on)
        self._sound.listen(self._softphone_says)
        self._agents[""] = await self._identity(setup.user, _FOR_ANY_NUMBER, register_s=setup.register_s)
        self._soon(self._copy_sound())
        self._say(LineState(up=not setup.register_s))
        if setup.register_s:
            self._soon(self._register())

    async def stop(self) -> None:
        """Hang up everything, and end."""
        for task in self._tasks:
            task.cancel()
        for leg in list(self._legs.values()):
            await self._hang_up(leg)
        with contextlib.suppress(baresip.BaresipError):
            await self._runtime.close()

    def do(self, command: Command) -> None:
        """Do it soon; how it fares is said."""
        if isinstance(command, Ring):
            self._soon(self._ring(command))
        elif isinstance(command, RingSoftphone):
            self._ring_softphone(command)
        elif isinstance(command, ListenIn):
            self._listen_in(command)
        elif isinstance(command, Join):
            self._join(command.one, command.other)
        elif (leg := self._legs.get(command.leg)) is not None:
            self._soon(self._act(command, leg))

    # --- what is wanted ----------------------------------------------------------------------------------------------

    async def _identity(self, user: str, *more: str, register_s: int = 0) -> baresip.UserAgent:
        setup = self._setup
        account = baresip.Account(
            user=user,
            domain=setup.domain,
            password=setup.password,
            auth_user=setup.auth_user,
            transport=setup.transport,
            reg_interval=register_s,
            extra_params=more,
        )
        return await baresip.UserAgent.create(self._runtime, account, transfer_policy="reject")

    async def _register(self) -> None:
        """Register; the stack does so again and again by itself, and says each time how it went."""
        with contextlib.suppress(baresip.BaresipError):
            await self._agents[""].register()

    async def _ring(self, ring: Ring) -> None:
        self._dialling += 1
        try:
            if ring.caller not in self._agents:
                self._agents[ring.caller] = await self._identity(ring.caller)
            leg = self._know(SipLeg(ring.leg, await self._agents[ring.caller].dial(ring.to)))
        except (baresip.BaresipError, ValueError) as error:
            self._say(Fares(ring.leg, LegState.ENDED, LegEnding.LINE, str(error)))
            return
        finally:
            self._dialling -= 1
        loop = asyncio.get_running_loop()
        leg.timers = [
            loop.call_later(min(UNHEARD_S, ring.within_s), self._give_up_unheard, leg),
            loop.call_later(ring.within_s, self._give_up, leg, LegEnding.UNANSWERED, "nobody answered in time"),
        ]
        for event in self._early.pop(leg.call.handle, ()):
            self._fares(leg, event)
        if not self._dialling:
            self._early.clear()

    def _ring_softphone(self, ring: RingSoftphone) -> None:
        leg = self._softphone(ring.leg)
        why = "it was not taken in time"
        leg.timers = [
            asyncio.get_running_loop().call_later(ring.within_s, self._give_up, leg, LegEnding.UNANSWERED, why)
        ]
        self._rings(leg)

    def _listen_in(self, listen: ListenIn) -> None:
        """Whoever listens to a call that is over meanwhile hears that it is."""
        leg = self._softphone(listen.leg)
        leg.hears, leg.alone = listen.of, listen.alone
        self._answered(leg)
        if listen.of not in self._legs:
            self._ended(leg, "it is over")

    def _softphone(self, name: str) -> SipLeg:
        call = SoftphoneCall(lambda: self._answered(leg), lambda why: self._ended(leg, why))
        leg = self._know(SipLeg(name, call, incoming=True))  # no network is at fault where it ends
        return leg

    def _give_up_unheard(self, leg: SipLeg) -> None:
        if not leg.rang and not leg.answered:
            self._give_up(leg, LegEnding.LINE, f"no answer from {self._setup.domain}")

    def _give_up(self, leg: SipLeg, ending: LegEnding, why: str) -> None:
        if not leg.answered and leg.ending is None:
            leg.ending, leg.why = ending, why
            self._soon(self._hang_up(leg))

    async def _act(self, command: PickUp | Refuse | HangUp, leg: SipLeg) -> None:
        if isinstance(command, HangUp):
            await self._hang_up(leg)
            return
        with contextlib.suppress(baresip.BaresipError):  # gone already, and that is said
            await (leg.call.answer() if isinstance(command, PickUp) else leg.call.reject())

    async def _hang_up(self, leg: SipLeg) -> None:
        try:
            await leg.call.hangup()
        except baresip.BaresipError as error:  # gone already: that it is over was told, or never will be
            if leg.name in self._legs:
                self._ended(leg, str(error))

    def _join(self, one: str, other: str) -> None:
        for leg in (self._legs.get(one), self._legs.get(other)):
            if leg is not None:
                self._part(leg)
        pair = self._legs.get(one), self._legs.get(other)
        if pair[0] is not None and pair[1] is not None:
            pair[0].joined, pair[1].joined = other, one

    def _part(self, leg: SipLeg) -> None:
        mate = self._legs.get(leg.joined or "")
        if mate is not None:
            mate.joined = None
        leg.joined = None

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on(self, event: baresip.StackEvent) -> None:
        kind = event.event
        if kind is baresip.Event.CALL_INCOMING:
            self._rang_in(event)
        elif kind in {baresip.Event.REGISTER_OK, baresip.Event.REGISTER_FAIL}:
            self._say(LineState(up=kind is baresip.Event.REGISTER_OK, why=event.text or ""))
        elif (leg := self._by_handle.get(event.call)) is not None:
            self._fares(leg, event)
        elif self._dialling and event.call:
            self._early.setdefault(event.call, []).append(event)

    def _rang_in(self, event: baresip.StackEvent) -> None:
        call = baresip.Call._from_incoming(self._runtime, event)  # noqa: SLF001 - its own on_incoming hides whom it is for
        leg = self._know(SipLeg(f"in/{event.call_id}/{event.call}", call, incoming=True))
        told = event.headers
        caller = told.get("P-Asserted-Identity") or told.get("From") or event.peer or ""
        self._say(RangIn(leg.name, caller, told.get("To", ""), event.call_id or leg.name))

    def _fares(self, leg: SipLeg, event: baresip.StackEvent) -> None:
        if event.event in _RINGS and not leg.rang:
            self._rings(leg)
        elif event.event is baresip.Event.CALL_ESTABLISHED:
            self._answered(leg)
        elif event.event is baresip.Event.CALL_CLOSED:
            self._ended(leg, event.text or "", *(_counted(event) if leg.answered else (0, 0)))

    def _rings(self, leg: SipLeg) -> None:
        leg.rang = True
        self._say(Fares(leg.name, LegState.RINGING))

    def _answered(self, leg: SipLeg) -> None:
        leg.answered = True
        self._say(Fares(leg.name, LegState.ANSWERED))

    def _ended(self, leg: SipLeg, text: str, packets: int = 0, lost: int = 0) -> None:
        for timer in leg.timers:
            timer.cancel()
        self._part(leg)
        for ear in [one for one in self._legs.values() if one.hears == leg.name]:
            self._ended(ear, "it is over")
        self._legs.pop(leg.name, None)
        self._by_handle.pop(leg.call.handle, None)
        ending = leg.ending or ending_of(text, answered=leg.answered, incoming=leg.incoming)
        self._say(Fares(leg.name, LegState.ENDED, ending, leg.why or text, packets, lost))

    def _know(self, leg: SipLeg) -> SipLeg:
        self._legs[leg.name] = self._by_handle[leg.call.handle] = leg
        return leg

    # --- sound -------------------------------------------------------------------------------------------------------

    async def _copy_sound(self) -> None:
        while True:
            self._copy_all([leg for leg in self._legs.values() if leg.answered])
            await asyncio.sleep(PACKET_S)

    def _copy_all(self, legs: list[SipLeg]) -> None:
        """Have each hear whom it is joined with, and who listens in both; then send what softphones are to hear."""
        said = {leg.name: self._copy(leg, self._legs.get(leg.joined or "")) for leg in legs if leg.hears is None}
        for ear in (leg for leg in legs if leg.hears is not None):
            heard, own = self._legs.get(ear.hears or ""), said.get(ear.hears or "", b"")
            other = said.get((heard and heard.joined) or "", b"")
            ear.call.audio.write(own if ear.alone else ear.mixer.mix(own, other))
        softphones = ((leg.name, leg.call) for leg in legs)
        found = {name: call.audio.heard() for name, call in softphones if isinstance(call, SoftphoneCall)}
        self._sound.send({name: pcm for name, pcm in found.items() if pcm})

    def _copy(self, leg: SipLeg, mate: SipLeg | None) -> bytes:
        """Have a leg's mate hear what it says; what nobody hears is read all the same, so that nothing old is heard later."""
        said = b""
        with contextlib.suppress(baresip.AudioNotActive, baresip.AudioRestarted):
            said = _said_by(leg, mate)
            if mate is None:
                self._beep(leg)
            elif said and mate.answered:
                mate.call.audio.write(said)
        return said

    def _softphone_says(self, name: str, pcm: bytes) -> None:
        leg = self._legs.get(name)
        if leg is not None and leg.answered and leg.hears is None and isinstance(leg.call, SoftphoneCall):
            leg.call.audio.came(pcm)

    def _beep(self, leg: SipLeg) -> None:
        """Have who waits hear that they are not alone; telephones that say something by themselves take none."""
        now = asyncio.get_running_loop().time()
        if now - leg.beeped_at >= BEEPS_EVERY_S:
            leg.beeped_at = now
            leg.call.audio.write(BEEP)

    def _soon(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def more_settings(setup: LineSetup) -> str:
    """Return what the library has no word for. Left to itself it believes any certificate, and hangs up on who waits."""
    lines = [f"call_local_timeout {WAITS_S}"]
    lines += [f"sip_listen {setup.listen}"] if setup.listen else []
    lines += ["sip_verify_server yes", f"sip_cafile {setup.ca}"] if setup.ca else []
    return "".join(f"{line}\n" for line in lines)


def _said_by(leg: SipLeg, mate: SipLeg | None) -> bytes:
    """Return what a leg says now. A softphone's frames come by TCP, unevenly: they go on by the other's clock."""
    if isinstance(leg.call, SoftphoneCall) and mate is not None and isinstance(mate.call, baresip.Call):
        return leg.call.audio.due(mate.call.audio.info().tx_buffered)
    return leg.call.audio.read(MOST_BYTES)


def _counted(event: baresip.StackEvent) -> tuple[int, int]:
    """Return how many packets of sound came in, and how many did not."""
    found = event.stats
    return int(found.get("rx", {}).get("packets", 0)), int(found.get("rtcp", {}).get("rx_lost", 0))
