"""Frames and sessions over Bluetooth LE: whatever the air does to them, no wrong message comes out."""

from __future__ import annotations

import os
import random
from binascii import crc_hqx
from collections import Counter
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.contract.frames import MAX_MESSAGE, Cutter, Defect, Joiner, Message, MessageKind
from gateway.contract.gatt import MAX_MTU, MIN_MTU, advertise, device_hash, read_advertised, room
from gateway.contract.session import CentralSession, DeviceSession, Forged, numbers, read_numbers

CORRUPTIONS = 10_000
LONG = bool(os.environ.get("CALLAHEAD_LONG"))
KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
mtus = st.integers(MIN_MTU, MAX_MTU)
bodies = st.binary(max_size=2_000)


def cut(bodies_sent: list[bytes], mtu: int, session: int = 7) -> list[bytes]:
    """Return the frames of several events in one session."""
    cutter = Cutter(session, room(mtu))
    return [
        frame
        for number, body in enumerate(bodies_sent)
        for frame in cutter.cut(Message(MessageKind.EVENT, number, body))
    ]


def joined(frames: list[bytes], session: int = 7) -> tuple[list[bytes], Counter[Defect]]:
    """Return the bodies that a receiver makes of frames, and what it complained of."""
    joiner = Joiner(session)
    found = [message for message in map(joiner.take, frames) if message]
    return [message.body for message in found], joiner.defects


@given(st.lists(bodies, max_size=6), mtus)
def test_what_goes_in_comes_out_at_any_mtu(sent: list[bytes], mtu: int) -> None:
    """Messages of any length cross any MTU from 23 to 517, in frames that fit it."""
    frames = cut(sent, mtu)
    assert all(len(frame) <= min(mtu - 3, 512) for frame in frames)
    assert joined(frames) == (sent, Counter())


def test_the_longest_event_passes_and_a_longer_one_does_not() -> None:
    """The contract's limit is the frames' limit, sealed."""
    whole = os.urandom(MAX_MESSAGE)
    assert joined(cut([whole], MAX_MTU))[0] == [whole]
    with pytest.raises(ValueError, match="at most"):
        cut([whole + b"!"], MAX_MTU)


@given(st.lists(bodies, min_size=1, max_size=5), mtus, st.data())
def test_a_lost_frame_costs_its_message_and_no_other(sent: list[bytes], mtu: int, data: st.DataObject) -> None:
    """One frame vanishes: its message is missing, its neighbours are whole, and the loss shows where more frames come."""
    frames = cut(sent, mtu)
    gone = data.draw(st.integers(0, len(frames) - 1))
    found, defects = joined(frames[:gone] + frames[gone + 1 :])
    assert len(found) == len(sent) - 1
    assert Counter(found) <= Counter(sent)
    assert defects[Defect.LOST] == (gone < len(frames) - 1)


@given(st.lists(bodies, min_size=1, max_size=5), mtus, st.data())
def test_repeated_frames_change_nothing(sent: list[bytes], mtu: int, data: st.DataObject) -> None:
    """A frame that comes again, at once or later, is told by its sequence."""
    frames = cut(sent, mtu)
    again = data.draw(st.integers(0, len(frames) - 1))
    at = data.draw(st.integers(again + 1, len(frames)))
    found, defects = joined([*frames[:at], frames[again], *frames[at:]])
    assert found == sent
    assert defects == Counter({Defect.REPEATED: 1})


@given(st.lists(bodies, min_size=1, max_size=4), mtus, st.randoms(use_true_random=False))
def test_frames_of_an_earlier_connection_are_told_apart(sent: list[bytes], mtu: int, dice: random.Random) -> None:
    """What was under way when the link broke may arrive after the reconnect, anywhere: it is left out."""
    old, new = cut([b"old" + body for body in sent], mtu, session=6), cut(sent, mtu, session=7)
    places = sorted(dice.sample(range(len(old) + len(new)), len(old)))
    mixed = list(new)
    for place, frame in zip(places, old, strict=True):
        mixed.insert(place, frame)
    found, defects = joined(mixed)
    assert found == sent
    assert defects == Counter({Defect.OTHER_SESSION: len(old)})


@given(st.lists(bodies, min_size=2, max_size=4), mtus, st.randoms(use_true_random=False))
def test_reordered_frames_never_make_a_wrong_message(sent: list[bytes], mtu: int, dice: random.Random) -> None:
    """However frames are shuffled, what comes out is what went in, or nothing."""
    frames = cut(sent, mtu)
    dice.shuffle(frames)
    assert Counter(joined(frames)[0]) <= Counter(sent)


@given(bodies, mtus, st.integers(0, 2**24 - 1))
def test_a_peer_that_lies_about_length_gets_nothing_through(body: bytes, mtu: int, lie: int) -> None:
    """A message that claims another length than it has, up to 16 MiB, is dropped although each frame is sound."""
    first, *rest = cut([body], mtu)
    lying = first[:4] + lie.to_bytes(3, "little") + first[7:-2]
    found, defects = joined([lying + crc_hqx(lying, 0xFFFF).to_bytes(2, "little"), *rest])
    assert found == ([body] if lie == len(body) else [])
    assert bool(defects) == (lie != len(body))


def test_ten_thousand_corruptions_neither_crash_nor_make_a_wrong_event() -> None:
    """Bits flipped, bytes cut off, put in or exchanged, frames exchanged: each message comes out as it was sent or not at all."""
    dice = random.Random(20260112)
    sent = [dice.randbytes(dice.randrange(900)) for _ in range(4)]
    whole = {mtu: cut(sent, mtu) for mtu in (23, 50, 185, 247, 517)}
    came = Counter[str]()
    for _ in range(CORRUPTIONS * (10 if LONG else 1)):
        frames = corrupted(list(whole[dice.choice(list(whole))]), dice)
        found, defects = joined(frames)
        assert Counter(found) <= Counter(sent)
        came.update(defects)
    assert set(came) >= {Defect.CRC, Defect.LOST}


@given(st.lists(st.binary(max_size=600), max_size=30))
def test_any_bytes_at_all_are_survived(frames: list[bytes]) -> None:
    """Noise is no message."""
    assert joined(frames)[0] == []


def corrupted(frames: list[bytes], dice: random.Random) -> list[bytes]:
    """Return frames of which something was corrupted."""
    at = dice.randrange(len(frames))
    frame = bytearray(frames[at])
    place = dice.randrange(len(frame))
    match dice.randrange(6):
        case 0:
            frame[place] ^= 1 << dice.randrange(8)
        case 1:
            frame[place : place + dice.randrange(1, 9)] = dice.randbytes(dice.randrange(9))
        case 2:
            del frame[place:]
        case 3:
            frame = bytearray(dice.randbytes(len(frame)))
        case 4:
            frame[place : place + 2] = reversed(frame[place : place + 2])
        case _:
            other = dice.randrange(len(frames))
            frames[at], frames[other] = frames[other], frames[at]
            return frames
    frames[at] = bytes(frame)
    return frames


class Pair:
    """A central and a device, and everything that crossed between them."""

    def __init__(self, mtu: int = 247, device_key: bytes = KEY, session: int = 1, name: str = "volta/car-1") -> None:
        nonces = (bytes([session, drawn]) * 8 for drawn in count())
        self.central = CentralSession(session, bytes([session]) * 16, {"volta/car-1": KEY}.get, room(mtu))
        self.device = DeviceSession(name, device_key, room(mtu), lambda: next(nonces))
        self.up: list[bytes] = []
        self.down: list[bytes] = []

    def shake_hands(self) -> bool:
        """Open the session; return whether both believe each other."""
        self.write(self.central.opening())
        if self.central.device:
            self.write(self.central.channel.pack(MessageKind.READY)[1])
        return self.device.ready

    def write(self, frames: list[bytes]) -> list[Message]:
        """Bring frames down, and what the device answers up."""
        self.down += frames
        found = []
        for frame in frames:
            answers, message = self.device.take(frame)
            found += [message] if message else []
            self.notify(answers)
        return found

    def notify(self, frames: list[bytes]) -> list[Message]:
        """Bring frames up."""
        self.up += frames
        return [message for message in map(self.central.take, frames) if message]

    def tell(self, body: bytes) -> list[Message]:
        """Have the device tell an event."""
        assert self.device.channel
        return self.notify(self.device.channel.pack(MessageKind.EVENT, body)[1])


@given(mtus, bodies)
@settings(max_examples=50)
def test_a_session_opens_at_any_mtu(mtu: int, body: bytes) -> None:
    """Both prove that they know the key, and an event goes up."""
    pair = Pair(mtu)
    assert pair.shake_hands()
    assert [message.body for message in pair.tell(body)] == [body]
    assert pair.central.device == "volta/car-1"


def test_who_does_not_know_the_key_is_not_believed() -> None:
    """A peer that says it is another device, or that nobody knows, gets no session, and is told nothing."""
    pair = Pair(device_key=OTHER_KEY)
    assert not pair.shake_hands()
    assert "does not know" in str(pair.central.refused)
    stranger = Pair(name="volta/car-2")
    assert not stranger.shake_hands()
    assert "no key" in str(stranger.central.refused)


def test_a_central_without_the_key_hears_nothing_and_commands_nothing() -> None:
    """The device waits for a sealed message before it tells anything; an unsealed command does not count."""
    pair = Pair()
    pair.write(pair.central.opening())
    stranger = Cutter(1, 244, pair.central.channel.cutter.sequence)
    assert pair.write(stranger.cut(Message(MessageKind.COMMAND, 9, b"{}"))) == []
    assert not pair.device.ready
    assert pair.device.channel
    assert pair.device.channel.forged == Counter({Forged.SEAL: 1})


def test_what_was_recorded_is_worth_nothing_in_another_session() -> None:
    """Frames of one session, played in another under its number and sequence, do not become an event."""
    recorded = Pair(session=1)
    recorded.shake_hands()
    recorded.tell(b"event")
    now = Pair(session=2)
    now.shake_hands()
    cutter = Cutter(2, 244, now.central.channel.joiner.sequence)
    (message,) = [found for found in map(Joiner(1).take, recorded.up) if found and found.kind is MessageKind.EVENT]
    assert now.notify(cutter.cut(message)) == []
    assert now.central.channel.forged == Counter({Forged.SEAL: 1})


def test_a_message_played_twice_in_one_session_counts_once() -> None:
    """Even with a sequence of its own, so that the frame looks new."""
    pair = Pair()
    pair.shake_hands()
    pair.tell(b"event")
    (message,) = [found for found in map(Joiner(1).take, pair.up) if found and found.kind is MessageKind.EVENT]
    assert pair.notify(Cutter(1, 244, pair.central.channel.joiner.sequence).cut(message)) == []
    assert pair.central.channel.forged == Counter({Forged.REPLAYED: 1})


def test_what_goes_down_cannot_be_sent_up_again() -> None:
    """Each direction is sealed with a key of its own."""
    pair = Pair()
    pair.shake_hands()
    pair.write(pair.central.channel.pack(MessageKind.PULSE)[1])
    (message,) = [found for found in map(Joiner(1).take, pair.down) if found and found.kind is MessageKind.PULSE]
    assert pair.notify(Cutter(1, 244, pair.central.channel.joiner.sequence).cut(message)) == []


@given(st.lists(st.integers(0, 2**32 - 1), max_size=50), st.binary(max_size=3))
def test_acknowledged_numbers_are_read_back(acknowledged: list[int], rest: bytes) -> None:
    """An odd rest is left alone."""
    assert read_numbers(numbers(acknowledged) + rest) == acknowledged


def test_a_device_is_told_again_by_its_hash() -> None:
    """Hash and fault fit beside the service's UUID in one advertisement of 31 bytes; what others advertise is no error."""
    record = advertise("volta/car-1", fault=True)
    found = read_advertised(record)
    assert found
    assert (found.device_hash, found.fault) == (device_hash("volta/car-1"), True)
    assert 3 + 18 + 4 + len(record) <= 31
    assert read_advertised(b"\x01") is None
