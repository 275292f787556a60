"""Customers on a line of ours are known by their voice: what they say is compared with their print, or makes one, and goes.

Nothing is listened to before the desk has said that they agreed and have a print that holds; whoever withdraws it, or is erased, is
listened to no more at once. Sound is bytes here for half a second, and nowhere else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from dispatch.channels.telephony import LegReport, LegState, LineAway, Telephony
from dispatch.core.events import ConsentChanged, CustomerErased, Event
from dispatch.core.ids import voice_print_id
from dispatch.core.verification.events import VoiceCheckBegan, VoiceCompared, VoiceEnrolled, VoicePrintDeleted
from dispatch.core.verification.limits import MOST_ELAPSED_S, VoiceState, likeness_wanted
from dispatch.engine.inputs import Stopped
from gateway.errors import SenderError

if TYPE_CHECKING:
    from dispatch.channels.voiceprint.check import VoiceVerdict  # wants the extra voice
    from dispatch.channels.voiceprint.worker import Made, VoiceWorker  # likewise
    from dispatch.service.service import Service  # which has the exchange

log = logging.getLogger("callahead")

BY = "telephone"
AT_ONCE = 8_000
"""Bytes that are looked at together: half a second."""
MOST_WAITING = 20 * AT_ONCE
"""Bytes that may wait to be looked at: where the machine is behind by ten seconds, what comes is not heard."""
MOST_VOICES = 40
"""That are listened to at once."""
SILENT_S = 2.0
"""A line that brings no sound at all is given up so much after the longest check."""
ENROLS_WITHIN_S = 300.0


class MayNotEnrol(SenderError):  # noqa: N818 - says what holds
    """The message is a sentence for whoever asked. ``reason``: as the API names it."""

    def __init__(self, reason: str, says: str) -> None:
        super().__init__(says)
        self.reason = reason


class TalkOfTwo(Protocol):
    """A call on a line, as the exchange has it."""

    call: str
    attempt: int
    agent: str
    customer: str
    line: Telephony
    customer_leg: str | None
    spoke: bool


@dataclass(slots=True)
class VoiceEar:
    """What hears one customer."""

    leg: str
    talk: TalkOfTwo
    take: Callable[[bytes], Any]
    began_at: float
    """By the loop's clock, when they began to speak."""
    sound: bytearray = field(default_factory=bytearray)
    looks: bool = False
    last: VoiceVerdict | None = None
    gives_up: asyncio.TimerHandle | None = None
    share: float | None = None
    """Of what is wanted of who enrols, 0 to 1; ``None``: they do not."""


class VoiceChecks:
    """Everybody who is listened to, to know them; in the event loop's thread. ``worker``: ``None`` where nobody ever is."""

    def __init__(self, service: Service, talk: Callable[[str], TalkOfTwo | None], new_leg: Callable[[], str]) -> None:
        self._service, self._talk, self._new_leg = service, talk, new_leg
        self.worker: VoiceWorker | None = None
        self.trouble = ""
        """Why nobody is known by voice, where the house wants it."""
        self._ears: dict[str, VoiceEar] = {}
        """By leg."""
        self._words: dict[str, str] = {}
        """Call → what came of an enrolment."""
        self._tasks: set[asyncio.Task[None]] = set()

    def word(self, call: str) -> str:
        """Say what an agent has to know beside what the desk knows of a call; empty: nothing."""
        ear = next((one for one in self._ears.values() if one.talk.call == call and one.share is not None), None)
        if ear is not None and ear.share is not None:
            return f"Their voice print is being made: {ear.share:.0%} of the speech that is wanted."
        return self._words.get(call, "")

    def speaks(self, talk: TalkOfTwo) -> None:
        """Agent and customer begin to speak."""
        if self.worker is not None and self._service.customers.get(talk.customer) is not None:
            self._run(self._begin(talk, self.worker, asyncio.get_running_loop().time()))

    def enrol(self, call: str) -> None:
        """Make a print of what a customer says from now on in this call, as they just agreed. Raises ``MayNotEnrol``."""
        talk, worker = self._talk(call), self.worker
        if worker is None:
            raise MayNotEnrol("no-voices", self.trouble or "The house knows nobody by their voice.")
        if talk is None or not talk.spoke or talk.customer_leg is None:
            raise MayNotEnrol("not-on-the-line", f"Nobody speaks on a line of ours in call {call!r} just now.")
        if any(one.talk is talk and one.share is not None for one in self._ears.values()):
            return
        self.over(call)
        made = worker.enrolment()
        ear = VoiceEar(self._new_leg(), talk, made.take, asyncio.get_running_loop().time(), share=0.0)
        if not self._listen(ear, ENROLS_WITHIN_S):
            raise MayNotEnrol("not-on-the-line", "The line is away.")

    def hear(self, leg: str, pcm: bytes) -> None:
        """A customer says something."""
        ear = self._ears.get(leg)
        if ear is None or len(ear.sound) > MOST_WAITING:
            return
        ear.sound += pcm
        if len(ear.sound) >= AT_ONCE and not ear.looks:
            self._run(self._look(ear))

    def heard(self, report: LegReport) -> None:
        """A leg fares."""
        ear = self._ears.get(report.leg)
        if ear is not None and report.state is LegState.ENDED:
            self._stop(ear)

    def over(self, call: str) -> None:
        """A call is out of its agent's hand: what was not decided never is."""
        self._words.pop(call, None)
        for ear in [one for one in self._ears.values() if one.talk.call == call]:
            self._stop(ear)

    def feed(self, event: Event) -> None:
        """Who is not to be known by their voice any more is heard no longer."""
        gone = isinstance(event, ConsentChanged | CustomerErased | VoicePrintDeleted)
        if not gone or self._service.room.desk.verification.has_agreed(event.customer):  # type: ignore[union-attr]
            return
        for ear in [one for one in self._ears.values() if one.talk.customer == event.customer]:  # type: ignore[union-attr]
            self._stop(ear)

    # --- listening ---------------------------------------------------------------------------------------------------

    async def _begin(self, talk: TalkOfTwo, worker: VoiceWorker, began_at: float) -> None:
        """Ask the desk whether they may be listened to; then listen."""
        service, known = self._service, self._service.room.desk.verification
        if len(self._ears) >= MOST_VOICES:
            log.warning("%d voices are listened to already: a customer is to be asked questions", MOST_VOICES)
            return
        await service.tell(VoiceCheckBegan(talk.call, talk.attempt, talk.customer, worker.edition, by=BY))
        check, print_ = known.of(talk.call, talk.attempt), known.print_of(talk.customer)
        if check is None or check.voice is not VoiceState.LISTENING or print_ is None:
            return
        numbers = await asyncio.to_thread(service.journal.voice_prints.get, print_.voice_print, talk.customer)
        if numbers is None:
            await service.tell(VoicePrintDeleted(talk.customer, "unreadable", by=BY))
        elif self._talk(talk.call) is talk and known.print_of(talk.customer) == print_:
            ear = VoiceEar(self._new_leg(), talk, worker.comparison(numbers).take, began_at)
            self._listen(ear, MOST_ELAPSED_S + SILENT_S)

    def _listen(self, ear: VoiceEar, within_s: float) -> bool:
        talk = ear.talk
        if talk.customer_leg is None:
            return False
        try:
            talk.line.listen_in(ear.leg, talk.customer_leg, alone=True)
        except LineAway as error:
            log.warning("a customer is not listened to: %s", error)
            return False
        self._ears[ear.leg] = ear
        ear.gives_up = asyncio.get_running_loop().call_later(within_s, lambda: self._run(self._give_up(ear)))
        return True

    async def _look(self, ear: VoiceEar) -> None:
        """Have the worker look at what was said since it looked last."""
        worker = self.worker
        while worker is not None and len(ear.sound) >= AT_ONCE and self._ears.get(ear.leg) is ear:
            ear.looks, said = True, bytes(ear.sound)
            ear.sound.clear()
            try:
                found = await worker.take(ear.take, said)
            finally:
                ear.looks = False
            if self._ears.get(ear.leg) is ear:  # else it is over, or they agree no longer
                await (self._compare(ear, found) if ear.share is None else self._make(ear, found))

    async def _compare(self, ear: VoiceEar, verdict: VoiceVerdict) -> None:
        ear.last = verdict
        if verdict.state is not VoiceState.LISTENING:
            await self._decide(ear)

    async def _decide(self, ear: VoiceEar) -> None:
        """Tell the desk what was heard, which says what it comes to."""
        self._stop(ear)
        worker, found, talk = self.worker, ear.last, ear.talk
        if worker is None:
            return
        speech_s = found.speech_s if found is not None else 0.0
        likeness = found.likeness if found is not None else 0.0
        elapsed_s = asyncio.get_running_loop().time() - ear.began_at
        wanted = likeness_wanted(speech_s)
        figures = round(likeness, 4), round(wanted, 4), round(speech_s, 2), round(elapsed_s, 2)
        event = VoiceCompared(talk.call, talk.attempt, talk.customer, *figures, worker.edition, by=BY)
        await self._service.tell(event)

    async def _make(self, ear: VoiceEar, made: Made) -> None:
        ear.share = made.share
        if made.share < 1:
            return
        self._stop(ear)
        talk, worker = ear.talk, self.worker
        if made.numbers is None or worker is None:
            self._words[talk.call] = "No voice print was made: more than one voice was heard."
            return
        name = voice_print_id(talk.customer, talk.call, talk.attempt)
        await self._keep(
            VoiceEnrolled(name, talk.customer, worker.edition, round(made.speech_s, 2), by=BY), made.numbers
        )
        self._words[talk.call] = "Their voice print was made."

    async def _keep(self, event: VoiceEnrolled, numbers: bytes) -> None:
        """Keep the print before the row that names it; what no row comes to name is kept no longer."""
        prints, now = self._service.journal.voice_prints, self._service.now()
        await asyncio.to_thread(prints.keep, event.voice_print, event.customer, now, numbers)
        if self._service.room.desk.verification.has_agreed(event.customer):
            await self._service.tell(event)
        known = self._service.room.desk.verification.print_of(event.customer)
        if known is None or known.voice_print != event.voice_print:  # they withdrew it meanwhile
            await asyncio.to_thread(prints.forget, [event.voice_print])

    async def _give_up(self, ear: VoiceEar) -> None:
        """The time is over, however little came."""
        if self._ears.get(ear.leg) is not ear:
            return
        if ear.share is None:
            await self._decide(ear)
        else:
            self._words[ear.talk.call] = "No voice print was made: too little was said."
            self._stop(ear)

    def _stop(self, ear: VoiceEar) -> None:
        if self._ears.pop(ear.leg, None) is None:
            return
        ear.sound.clear()
        ear.talk.line.hang_up(ear.leg)
        if ear.gives_up is not None:
            ear.gives_up.cancel()

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Say what went wrong: nobody waits for it, and whoever speaks is asked questions instead."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, Stopped):  # else the next start finds the call open
            log.error("who speaks could not be known by their voice: %s", error)
