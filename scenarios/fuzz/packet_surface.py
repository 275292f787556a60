"""Plays hostile MQTT packets: to what reads a broker's, in this process, and to a broker of ours, over its socket."""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

from gateway.access.credentials import Access, credential
from gateway.access.rights import SERVICE
from gateway.broker.embedded import EmbeddedBroker
from gateway.contract.broker_address import BrokerAddress
from gateway.links.handover.delivery import Delivery
from gateway.links.mqtt.protocol import packets
from gateway.links.mqtt.protocol.framing import framed
from gateway.links.mqtt.protocol.properties import write_properties, write_text
from gateway.links.mqtt.stream import Stream
from scenarios.fuzz.findings import CPU_S, Tally, Verdict
from scenarios.fuzz.mutations import spoilt
from scenarios.fuzz.process_meter import ProcessMeter

WINDOW = 4_000
LOOKED_AT = 50
"""After so many strangers it is seen whether the broker still does its work."""
ANSWERS_WITHIN_S = 5.0
_TOPIC = "callahead/v1/acme/car-1/event"
_IDS = (
    *(
        "JetStream out of resources",
        "acme/car-1",
        "callahead-1",
        "",
        "\x00",
        "x" * 5_000,
        "a.b>c*",
        "Server is ready\n",
    ),
    *("\u202e", "$SYS"),
)
_USERS = ((None, None), ("acme/car-1", "wrong"), ("acme/car-1", "right"), ("\x00", "\x00"))


def play_packets(dice: Random, count: int, progress: Callable[[float], None]) -> Tally:
    """Have our end of a connection read ``count`` broken packets of a broker's."""
    return asyncio.run(_play_all(dice, count, progress))


def play_broker(folder: Path, dice: Random, count: int, progress: Callable[[float], None]) -> Tally:
    """Have ``count`` strangers say something to a broker of ours that is no MQTT, or nearly; a device connects in between."""
    tally = Tally("broker")
    with _broker(folder) as (broker, address):
        meter, cpu_s, peak = ProcessMeter(broker.pid or 0), 0.0, 0
        for number in range(count):
            tally.inputs += 1
            sent = strangers_words(dice)
            tally.refused += _say(address, sent)
            if number % LOOKED_AT == 0:
                if not _serves(broker, address):
                    tally.note(Verdict.CRASH, repr(sent[:100]), f"the broker serves nobody (log: {broker.log})")
                    return tally
                now, high = meter.cpu_s(), meter.peak()
                tally.judge_cost(
                    f"the last {LOOKED_AT}", (now - cpu_s) / LOOKED_AT if number else 0.0, high - (peak or high)
                )
                cpu_s, peak = now, high
                progress(number / count)
    return tally


def strangers_words(dice: Random) -> bytes:
    """Return what a stranger says: a connection's beginning, whole or not, and what should not follow."""
    user, password = dice.choice(_USERS)
    login = packets.Login(dice.choice(_IDS), user, password, 30)
    begun = packets.connect(login, v5=dice.random() < 0.3)  # noqa: PLR2004 - now and then
    begun = spoilt(dice, begun) if dice.random() < 0.5 else begun  # noqa: PLR2004 - either
    return begun + b"".join(_from_a_client(dice) for _ in range(dice.randrange(4)))


def brokers_words(dice: Random, *, v5: bool) -> bytes:
    """Return what no broker should say."""
    said = b"".join(_from_a_broker(dice, v5=v5) for _ in range(dice.randint(1, 3)))
    return spoilt(dice, said) if dice.random() < 0.9 else said  # noqa: PLR2004 - mostly


async def _play_all(dice: Random, count: int, progress: Callable[[float], None]) -> Tally:
    tally = Tally("packets")
    for number in range(count):
        tally.inputs += 1
        v5 = dice.random() < 0.5  # noqa: PLR2004 - either
        words = brokers_words(dice, v5=v5)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        cpu_s = _read(tally, words, v5=v5)
        if cpu_s > CPU_S:
            cpu_s = min(cpu_s, _read(None, words, v5=v5))
        tally.judge_cost(repr(words[:100]), cpu_s, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
        if number % 1_000 == 0:
            progress(number / count)
    return tally


def _read(tally: Tally | None, words: bytes, *, v5: bool) -> float:
    heard: list[Delivery] = []
    stream = Stream(heard.append, _any_packet(v5=v5), lambda: 0.0, v5=v5, window=WINDOW)
    began = time.process_time()
    try:
        for at in range(0, len(words), 700):
            stream.data_received(words[at : at + 700])
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        if tally:
            tally.note(Verdict.CRASH, repr(words[:100]), repr(error))
    if tally:
        tally.refused += stream.ended.done()
    stream.ended.cancel()
    return time.process_time() - began


def _any_packet(*, v5: bool) -> Callable[[int, bytes], None]:
    """Return what reads any packet but a message, as a link does."""

    def read(kind: int, body: bytes) -> None:
        if kind == packets.PUBACK:
            packets.read_puback(body)
        elif kind == packets.CONNACK:
            packets.read_connack(body, v5=v5)
        elif kind == packets.SUBACK:
            packets.read_suback(body, v5=v5)
        elif kind == packets.DISCONNECT:
            packets.read_disconnect(body)

    return read


def _from_a_broker(dice: Random, *, v5: bool) -> bytes:
    match dice.randrange(6):
        case 0:
            told = write_properties([(0x26, write_text("a") + write_text("b"))]) if v5 else b""
            return framed(packets.CONNACK, b"\x00\x00" + told)
        case 1:
            return framed(packets.SUBACK, b"\x00\x01" + (b"\x00" if v5 else b"") + dice.randbytes(3))
        case 2:
            return framed(packets.PUBACK, dice.randbytes(dice.randrange(5)))
        case 3:
            return framed(packets.DISCONNECT, dice.randbytes(dice.randrange(9)))
        case 4:
            return bytes([dice.randrange(256), dice.randrange(128)]) + dice.randbytes(dice.randrange(128))
        case _:
            payload = dice.randbytes(dice.randrange(2_000))
            retain = dice.random() < 0.5  # noqa: PLR2004 - either
            return packets.publish(dice.randrange(65_536), _TOPIC, payload, retain=retain, again=False, v5=v5)


def _from_a_client(dice: Random) -> bytes:
    sound = (
        packets.publish(1, _TOPIC, dice.randbytes(dice.randrange(3_000)), retain=True, again=False, v5=False),
        packets.subscribe(2, ["callahead/v1/#", "$SYS/#", "x" * 3_000], v5=False),
        packets.puback(dice.randrange(65_536)),
        packets.PING,
        packets.LEAVE,
    )
    return spoilt(dice, dice.choice(sound))


@contextmanager
def _broker(folder: Path) -> Iterator[tuple[EmbeddedBroker, BrokerAddress]]:
    known = (credential("acme/car-1", "right", 0.0),)
    broker = EmbeddedBroker(folder, access=Access(credential(SERVICE, "ours", 0.0), known))
    try:
        yield broker, broker.start()
    finally:
        broker.stop()


def _say(address: BrokerAddress, words: bytes) -> bool:
    """Say it and hang up; tell whether the broker hung up, or refused the connection, first."""
    with suppress(OSError), socket.create_connection((address.host, address.port), ANSWERS_WITHIN_S) as line:
        line.sendall(words)
        line.shutdown(socket.SHUT_WR)
        answer = line.recv(4)
        return not answer or bool(answer[3:4].strip(b"\x00"))
    return True


def _serves(broker: EmbeddedBroker, address: BrokerAddress) -> bool:
    """Tell whether a device that may is let in, and the broker thinks itself sound."""
    login = packets.connect(packets.Login("acme/car-1:sound", "acme/car-1", "right", 30, lasting=False), v5=False)
    with suppress(OSError), socket.create_connection((address.host, address.port), ANSWERS_WITHIN_S) as line:
        line.sendall(login)
        return line.recv(4) == b"\x20\x02\x00\x00" and broker.alive() and not broker.ran_out_of_room()
    return False
