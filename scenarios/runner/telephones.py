"""The simulated world's telephones, customers' and agents': one process holds them all, and each does as its owner.

They are real telephones of a simulated world: they speak SIP, say a tone, and ring nobody outside of 127.0.0.0/8.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from random import SystemRandom

from dispatch.channels.sip.process import SipProcess
from dispatch.channels.sip.uris import number_of, user_of
from dispatch.channels.sip.wire import (
    Fares,
    HangUp,
    LineSetup,
    LineState,
    ListenIn,
    PickUp,
    RangIn,
    Refuse,
    Report,
    Ring,
)
from dispatch.channels.telephony import LegState, LineAway

HOME = "127.0.0.1"
TONE = "ausine,440"
"""What whoever picks up says."""
EAR = "ear of "
PATIENCE_S = 3600.0
PORTS = range(20_000, 32_000)
"""Below those that Linux gives to outgoing connections."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What somebody does when it rings. Seconds of the wall."""

    answers_after_s: float | None = 0.0
    """``None``: lets it ring."""
    busy: bool = False
    """Engaged, or declined: a telephone says the same."""
    hangs_up_after_s: float | None = None
    """Of having answered; ``None``: waits for the other."""


@dataclass(slots=True)
class Telephones:
    """``start`` them, tell by ``will`` what their owners do, and ``stop`` them. Everything happens in one event loop's thread."""

    service: str
    """Where the service is rung, ``127.0.0.1:port``."""
    port: int = 0
    """Where they are rung; 0: any that is free."""
    will: dict[str, Manner] = field(default_factory=dict)
    """Number, or agent → what they do when it rings."""
    otherwise: Manner = field(default_factory=Manner)
    """What everybody else does."""
    rang: list[str] = field(default_factory=list)
    """Whose telephones rang, in order."""
    on_change: Callable[[str, LegState], None] | None = None
    """Told of each telephone that rings, is picked up and put down."""
    packets: int = 0
    """Of sound that arrived, of calls that are over."""
    lost: int = 0
    on_sound: Callable[[str, bytes], None] | None = None
    """Told of a telephone whose owner ``listens`` and 20 ms of what they hear, PCM as ``dispatch.channels.telephony`` has it."""
    up: asyncio.Event = field(default_factory=asyncio.Event)
    listening: asyncio.Task[int] | None = None
    """To the process that holds them, for as long as it lives."""
    _trouble: str = "its process ended"
    _process: SipProcess = field(init=False)
    _legs: dict[str, str] = field(default_factory=dict)
    """Telephone → its leg."""
    _whose: dict[str, str] = field(default_factory=dict)
    _answered: set[str] = field(default_factory=set)
    """Legs."""

    def __post_init__(self) -> None:
        """Choose where they are rung."""
        self.port = self.port or free_port()
        self._process = SipProcess(self._heard, self._sound_came)

    @property
    def at(self) -> str:
        """Where they are rung."""
        return f"{HOME}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process that holds them."""
        return self._process.pid

    async def start(self) -> None:
        """Bring them up. Raises ``LineAway``."""
        await self._process.start(LineSetup("world", self.at, interface=HOME, listen=self.at, sound=TONE))
        self.listening = asyncio.create_task(self._process.listen())
        up = asyncio.create_task(self.up.wait())
        await asyncio.wait({up, self.listening}, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if not self.up.is_set():
            raise LineAway(f"the world's telephones do not start: {self._trouble}")

    async def stop(self) -> None:
        """Put all of them down."""
        await self._process.end()
        if self.listening is not None:
            await self.listening

    def ring_in(self, number: str) -> None:
        """Have a customer's telephone ring the service."""
        leg = f"rings-{number}-{len(self._whose)}"
        self._note(number, leg)
        self._process.tell(Ring(leg, f"sip:service@{self.service}", PATIENCE_S, caller=number))

    def pick_up(self, telephone: str, after_s: float = 0.0) -> None:
        """Have a telephone picked up so many seconds after it rings, or from now on where it does."""
        leg = self._legs.get(telephone)
        if leg is None or leg in self._answered:
            self.will[telephone] = Manner(after_s)
        else:
            asyncio.get_running_loop().call_later(after_s, self._process.tell, PickUp(leg))

    def put_down(self, telephone: str) -> None:
        """Have a telephone end its call."""
        if (leg := self._legs.get(telephone)) is not None:
            self._process.tell(HangUp(leg))

    def listens(self, telephone: str) -> None:
        """Have what the owner of a picked up telephone hears told to ``on_sound``."""
        if (leg := self._legs.get(telephone)) is not None:
            self._process.tell(ListenIn(f"{EAR}{telephone}", leg))

    def _sound_came(self, ear: str, pcm: bytes) -> None:
        if self.on_sound is not None:
            self.on_sound(ear.removeprefix(EAR), pcm)

    def speaks(self, telephone: str) -> bool:
        """Tell whether a telephone is picked up, or rings."""
        return telephone in self._legs

    def _heard(self, said: Report) -> None:
        match said:
            case RangIn():
                self._rings(said)
            case Fares():
                self._fares(said)
            case LineState(up=True):
                self.up.set()
            case LineState():
                self._trouble = said.why

    def _rings(self, said: RangIn) -> None:
        telephone = number_of(said.called) or user_of(said.called)
        self.rang.append(telephone)
        manner = self.will.get(telephone, self.otherwise)
        if manner.busy or telephone in self._legs:
            self._process.tell(Refuse(said.leg))
            return
        self._note(telephone, said.leg)
        self._told(telephone, LegState.RINGING)
        if manner.answers_after_s is not None:
            asyncio.get_running_loop().call_later(manner.answers_after_s, self._process.tell, PickUp(said.leg))

    def _fares(self, said: Fares) -> None:
        telephone = self._whose.get(said.leg)
        if telephone is None:
            return
        if said.state is LegState.ANSWERED:
            self._answered.add(said.leg)
        if said.state is LegState.ENDED:
            self._answered.discard(said.leg)
            self.packets, self.lost = self.packets + said.packets, self.lost + said.lost
            del self._whose[said.leg]
            if self._legs.get(telephone) == said.leg:
                del self._legs[telephone]
        hangs_up_s = self.will.get(telephone, self.otherwise).hangs_up_after_s
        if said.state is LegState.ANSWERED and hangs_up_s is not None:
            asyncio.get_running_loop().call_later(hangs_up_s, self._process.tell, HangUp(said.leg))
        self._told(telephone, said.state)

    def _note(self, telephone: str, leg: str) -> None:
        self._legs[telephone], self._whose[leg] = leg, telephone

    def _told(self, telephone: str, state: LegState) -> None:
        if self.on_change is not None:
            self.on_change(telephone, state)


def free_port() -> int:
    """Return a port that nobody listens on, by UDP or TCP, and that the system gives to no outgoing connection meanwhile."""
    for port in SystemRandom().sample(PORTS, len(PORTS)):
        with ExitStack() as tried, suppress(OSError):
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                tried.enter_context(socket.socket(socket.AF_INET, kind)).bind((HOME, port))
            return port
    raise OSError("every port is taken")
