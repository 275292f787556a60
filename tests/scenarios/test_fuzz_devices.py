"""A short campaign of what devices and strangers may send; ``CALLAHEAD_LONG=1`` (``make fuzz``) plays 800,000 inputs."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from scenarios.fuzz.event_surface import hostile_event, play_events
from scenarios.fuzz.packet_surface import brokers_words, play_broker, play_packets, strangers_words

LONG = bool(os.environ.get("CALLAHEAD_LONG"))
EVENTS, PACKETS, STRANGERS = (600_000, 190_000, 10_000) if LONG else (3_000, 4_000, 150)
long = pytest.mark.timeout(3_600)


@long
def test_no_event_crashes_stalls_or_fills_the_intake_or_gets_through() -> None:
    """Changed, broken, poisoned, with card numbers, another's, too large, in either mode."""
    tally = play_events(Random(7), EVENTS, lambda _share: None)
    assert tally.inputs == EVENTS
    assert [str(one) for one in tally.found] == []
    assert tally.refused > EVENTS / 2


@long
def test_no_packet_of_a_brokers_crashes_stalls_or_fills_us() -> None:
    """What cannot be read ends the connection, and nothing else."""
    tally = play_packets(Random(7), PACKETS, lambda _share: None)
    assert [str(one) for one in tally.found] == []
    assert tally.refused > PACKETS / 4


@long
def test_no_stranger_ends_the_broker_or_those_who_ask_at_its_door(tmp_path: Path) -> None:
    """Between them a device that may is let in, and the broker is sound."""
    tally = play_broker(tmp_path, Random(7), STRANGERS, lambda _share: None)
    assert tally.inputs == STRANGERS
    assert [str(one) for one in tally.found] == []


def test_a_seed_plays_the_same_words() -> None:
    """Whoever finds something can find it again."""
    for words in (
        lambda dice: hostile_event(dice).payload,
        strangers_words,
        lambda dice: brokers_words(dice, v5=True),
    ):
        first, again, other = ([words(dice) for _ in range(30)] for dice in (Random(1), Random(1), Random(2)))
        assert first == again != other
