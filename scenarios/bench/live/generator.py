"""The load generator, a process of its own: told on its standard input what to do, it answers in lines of JSON.

The schedule is fixed before it starts: message n of a load is due at its begin + n / rate, whether or not the ones before
it went well. How late the generator itself is, is measured; a latency runs from when the message was due.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gateway.contract.broker_address import BrokerAddress
from scenarios.bench.live import words
from scenarios.bench.live.connections import Connections, LoadFailed, Peer

BEGIN_AFTER_S = 0.1
GRAIN_S = 0.002
"""How long the generator sleeps between two bursts."""
BURST = 200
"""Messages without a look at what comes back."""
SAY_EVERY_S = 0.5
NUMBERS = 0x7FFF


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be sent."""

    rate: float
    """Events a second, of all devices together; faults come on top."""
    faults_per_s: float
    seconds: float
    settle_s: float
    """How long to wait at the end for what is still to come back."""


@dataclass(slots=True)
class ToldFault:
    """A fault that was told, when that was due and when its command came (both by ``perf_counter``)."""

    device: str
    seq: int
    due: float
    answered: float | None = None
    again: int = 0
    """The command came so many times more."""


@dataclass(slots=True)
class Schedule:
    """Evenly spaced sendings, fixed beforehand."""

    began: float
    rate: float
    total: int
    sent: int = 0
    late: list[float] = field(default_factory=list)
    """Of the first of each burst, seconds."""

    def due(self, now: float) -> range:
        """Return which are due and not sent yet, a burst at most, and take them as sent."""
        up_to = min(self.total, int((now - self.began) * self.rate) + 1) if now >= self.began else 0
        taken = range(self.sent, min(up_to, self.sent + BURST))
        if taken:
            self.late.append(now - self.at(self.sent))
            self.sent = taken.stop
        return taken

    def at(self, number: int) -> float:
        """Return when one is due."""
        return self.began + number / self.rate


class Generator:
    """Everybody who sends: the first peers are cars, the others phones."""

    def __init__(self, address: BrokerAddress, cars: int, phones: int) -> None:
        peers = [Peer(words.car(number), listens=False) for number in range(cars)]
        peers += [Peer(words.phone(number), listens=True) for number in range(phones)]
        self._cars = cars
        self._steps = words.statuses()
        self._begins = [words.template(peer.device, "vehicle.status", self._steps[0]) for peer in peers[:cars]]
        self._phones = [_Phone(peer) for peer in peers[cars:]]
        self.faults: dict[tuple[str, int], ToldFault] = {}
        self._answered = 0
        self.connections = Connections(address, peers, self._commanded)

    def run(self, load: Load) -> dict[str, Any]:
        """Send a load, wait for what comes back, and return how it went."""
        began = time.perf_counter() + BEGIN_AFTER_S
        routine = Schedule(began, load.rate, int(load.rate * load.seconds))
        faults = Schedule(began, load.faults_per_s, int(load.faults_per_s * load.seconds))
        wall = time.time() - time.perf_counter()
        before, say = self.connections.sent, _Sayer(self)
        say.progress(began - BEGIN_AFTER_S)
        while routine.sent < routine.total or faults.sent < faults.total:
            now = time.perf_counter()
            stamp = words.stamp(wall + now)
            for number in routine.due(now):
                self._routine(number, stamp)
            for number in faults.due(now):
                self._fault(number, faults.at(number), stamp)
            say.progress(now)
            behind = now - routine.at(routine.sent) > GRAIN_S and routine.sent < routine.total
            self.connections.listen(0 if behind else GRAIN_S)
        took = time.perf_counter() - began
        _say({"over": self.standing()})
        self._settle(load.settle_s, say)
        late = 1000 * np.array(routine.late or [0.0])
        return {
            "sent": self.connections.sent - before,
            "faults": faults.total,
            "seconds": round(took, 3),
            "late_p99_ms": round(float(np.percentile(late, 99)), 1),
            "late_max_ms": round(float(late.max()), 1),
            "settled_after_s": round(time.perf_counter() - began - took, 2),
            "acked": self.connections.acked(),
            **self.standing(),
        }

    def standing(self) -> dict[str, float]:
        """Return the sums so far, and when that was."""
        return {
            "at": time.perf_counter(),
            "total": self.connections.sent,
            "waiting": len(self.faults) - self._answered,
            "broken": self.connections.broken,
        }

    def _routine(self, number: int, stamp: bytes) -> None:
        which = number % len(self.connections.peers)
        if which >= self._cars:
            phone = self._phones[which - self._cars]
            packet, urgent = phone.routine(stamp)
            self.connections.publish(phone.peer, packet, urgent=urgent)
            return
        peer, begins = self.connections.peers[which], self._begins[which]
        before, after = self._steps[(which + peer.sent) % words.STEPS]
        where = (peer.sent & NUMBERS) + 1
        pieces = (begins.head, where.to_bytes(2), begins.source, b"%d" % (words.FIRST_SEQ + peer.sent))
        self.connections.publish(peer, b"".join((*pieces, begins.between, stamp, before, stamp, after)))

    def _fault(self, number: int, due: float, stamp: bytes) -> None:
        phone = self._phones[number % len(self._phones)]
        peer, seq, packet = phone.failing(stamp)
        self.faults[peer.device, seq] = ToldFault(peer.device, seq, due)
        self.connections.publish(peer, packet, urgent=True)

    def _commanded(self, peer: Peer, command: bytes) -> None:
        seq = words.fault_of(command)
        fault = self.faults.get((peer.device, seq)) if seq is not None else None
        if fault is None:
            return
        if fault.answered is None:
            fault.answered = time.perf_counter()
            self._answered += 1
        else:
            fault.again += 1

    def _settle(self, within_s: float, say: _Sayer) -> None:
        ends = time.perf_counter() + within_s
        while time.perf_counter() < ends:
            self.connections.listen(0.02)
            say.progress(time.perf_counter())
            if len(self.faults) == self._answered and self.connections.acked() >= self.connections.sent:
                return


class _Phone:
    """What a phone says next: a payment that fails is paid with another card at its next turn."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self._quiet = words.template(peer.device, "phone.status", words.phone_status())
        self._fails = words.template(peer.device, "payment.attempt", words.failure())
        self._pays = words.template(peer.device, "payment.attempt", words.payment())
        self._unpaid: list[int] = []

    def routine(self, stamp: bytes) -> tuple[bytes, bool]:
        """Return what it says in its turn, and whether that is urgent."""
        seq = self._seq()
        if self._unpaid:
            return self._pays.filled(self._number(), seq, stamp, b"%d" % self._unpaid.pop()), True
        return self._quiet.filled(self._number(), seq, stamp, stamp), False

    def failing(self, stamp: bytes) -> tuple[Peer, int, bytes]:
        seq = self._seq()
        self._unpaid.append(seq)
        return self.peer, seq, self._fails.filled(self._number(), seq, stamp, b"%d" % seq)

    def _seq(self) -> int:
        return words.FIRST_SEQ + self.peer.sent

    def _number(self) -> int:
        return (self.peer.sent & NUMBERS) + 1


class _Sayer:
    """Says now and then how far it is."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._next = 0.0

    def progress(self, now: float) -> None:
        if now >= self._next:
            self._next = now + SAY_EVERY_S
            _say({"progress": self._generator.standing()})


def main() -> None:
    """Do what is told, a line at a time."""
    first = json.loads(sys.stdin.readline())
    address = BrokerAddress(**first["address"])
    try:
        generator = Generator(address, first["cars"], first["phones"])
        _say({"done": True})
        for line in sys.stdin:
            told = json.loads(line)
            _say({"done": _do(generator, told)})
    except LoadFailed as error:
        _say({"failed": str(error)})


def _do(generator: Generator, told: dict[str, Any]) -> Any:  # noqa: ANN401 - what is asked for
    if "connect" in told:
        return generator.connections.connect(told["connect"])
    if "run" in told:
        return generator.run(Load(**told["run"]))
    if "close" in told:
        return generator.connections.close()
    Path(told["faults"]).write_text(json.dumps([asdict(fault) for fault in generator.faults.values()]), "utf-8")
    return len(generator.faults)


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
