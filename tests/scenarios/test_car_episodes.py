"""Labelled episodes of cars: every part is told of, healthy cars seldom, and nothing that is sent gives the truth away."""

from __future__ import annotations

from functools import cache

import pytest

from firmware_sim.kinds.car.failures import WAYS
from gateway.contract.envelope import DeviceEvent
from gateway.contract.messages import parse_event
from gateway.kinds.car.messages import VehicleFaultEvent
from scenarios.episodes.episode import Episode
from scenarios.kinds.car.episode import NOTHING, car_episode
from scenarios.kinds.car.parts import CAR_PARTS
from scenarios.kinds.car.shares import SHARES
from scenarios.story.streams import Streams

EACH = 12


@cache
def episodes(part: str) -> tuple[Episode, ...]:
    """Play some episodes of one part."""
    return tuple(car_episode(number, Streams(11), part) for number in range(EACH))


def events(episode: Episode) -> list[DeviceEvent]:
    """Read what was sent, as the gateway does."""
    return [parse_event(message.payload) for message in episode.messages if message.topic.endswith("/event")]


def told(episode: Episode) -> bool:
    """Tell whether a fault event came after it broke."""
    return any(
        isinstance(event, VehicleFaultEvent) and event.time.timestamp() >= episode.truth.at for event in events(episode)
    )


def test_the_world_and_the_bodies_know_the_same_parts() -> None:
    """Each part of a car has ways to fail, a share, and what the world knows of it."""
    assert set(WAYS) == set(CAR_PARTS) == set(SHARES)
    assert sum(SHARES.values()) == pytest.approx(1)


@pytest.mark.parametrize("part", CAR_PARTS)
def test_a_broken_part_is_told_of_in_most_episodes(part: str) -> None:
    """By codes or by what the driver says; also a fault that few control units see."""
    assert sum(map(told, episodes(part))) > EACH / 2


def test_a_healthy_car_is_seldom_told_of() -> None:
    """Cold, heat and low fuel are no faults; a stray code or a changed battery is told of all the same."""
    played = [car_episode(number, Streams(3), NOTHING) for number in range(40)]
    assert 0 < sum(map(told, played)) < 20
    assert not any(episode.truth.needs_help for episode in played)


def test_the_same_dice_give_the_same_bytes() -> None:
    """And other dice give others."""
    for number in range(8):
        assert car_episode(number, Streams(5)) == car_episode(number, Streams(5))
    assert car_episode(1, Streams(5)).messages != car_episode(1, Streams(6)).messages


def test_what_is_sent_never_holds_the_truth() -> None:
    """No part's name stands in any message."""
    sent = b"".join(message.payload for part in CAR_PARTS for message in episodes(part)[0].messages)
    assert [part for part in CAR_PARTS if f'"{part}"'.encode() in sent] == []
    assert b"nothing" not in sent


def test_messages_come_in_order_and_the_fault_begins_within_the_episode() -> None:
    """Time never goes back."""
    for part in ("battery_12v", "alternator", "tyre", "hv_battery"):
        for episode in episodes(part):
            times = [message.at for message in episode.messages]
            assert times == sorted(times)
            assert times[0] <= episode.truth.at <= times[-1]
