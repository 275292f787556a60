"""Labelled episodes of fridges and payments: they show what is true, and never say it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from firmware_sim.kinds.fridge.failures import MODES
from firmware_sim.wallet.failures import CAUSES
from gateway.contract.envelope import DeviceEvent
from gateway.contract.messages import parse_event, parse_state
from gateway.kinds.fridge.messages import ApplianceAttributes, ApplianceFaultEvent, ApplianceStatusEvent
from gateway.payments.messages import PaymentAttemptEvent
from scenarios.episodes.episode import Episode
from scenarios.kinds.fridge.episode import fridge_episode
from scenarios.kinds.phone.payments import SHARES, payment_episode
from scenarios.story.registry import PARTS

Draw = Callable[..., Episode]
KINDS = pytest.mark.parametrize("draw", [fridge_episode, payment_episode])


def drawn(draw: Draw, number: int, part: str | None = None) -> Episode:
    """Draw one episode."""
    return draw(number, np.random.default_rng([5, number]), part)


def events(episode: Episode) -> list[DeviceEvent]:
    """Read every event, as the gateway does."""
    return [parse_event(message.payload) for message in episode.messages if message.topic.endswith("/event")]


@KINDS
def test_the_same_dice_give_the_same_bytes(draw: Draw) -> None:
    """And other dice others."""
    assert [drawn(draw, number) for number in range(15)] == [drawn(draw, number) for number in range(15)]
    assert drawn(draw, 1).messages != drawn(draw, 2).messages


@KINDS
def test_everything_sent_is_in_the_contract_and_in_order(draw: Draw) -> None:
    """Each message comes from a registered device, not before the one before it."""
    for number in range(40):
        episode = drawn(draw, number)
        names = {record.device for record in episode.devices}
        assert [message.at for message in episode.messages] == sorted(message.at for message in episode.messages)
        assert {event.device for event in events(episode)} <= names
        for message in episode.messages:
            if message.topic.endswith("/state"):
                parse_state(message.payload)


@KINDS
def test_no_message_names_the_truth(draw: Draw) -> None:
    """No part's id stands in a payload or a topic, but for ``currency``, which is the name of a field."""
    for number in range(60):
        sent = b"".join(message.topic.encode() + message.payload for message in drawn(draw, number).messages)
        assert not [part for part in PARTS if part != "currency" and part.encode() in sent]


@KINDS
def test_about_15_of_100_are_about_nothing(draw: Draw) -> None:
    """And the others about every part there is."""
    parts = Counter(drawn(draw, number).truth.part for number in range(400))
    assert 0.09 < parts["nothing"] / 400 < 0.21
    assert set(parts) - {"nothing"} <= set(MODES) | set(SHARES)
    assert len(parts) > 15


def is_odd(attributes: ApplianceAttributes) -> bool:
    """Tell whether a person would wonder at these readings."""
    temperature, setpoint = attributes.temperature, attributes.setpoint or 450
    duty, volts = attributes.compressor_duty, attributes.mains_voltage
    return (
        (temperature is not None and abs(temperature - setpoint) > 350)
        or (duty is not None and not 3 < duty < 95)
        or setpoint > 800
        or (volts is not None and not (100 < volts < 140 or 205 < volts < 260))
        or 0 in {attributes.compressor_current, attributes.defrost_heater_current}
        or (attributes.condenser_temperature or 0) > 5_500
        or (attributes.evaporator_temperature or 0) > 1_600
        or attributes.mains_present is False
    )


def shows(episode: Episode) -> bool:
    """Tell whether the fridge complained, fell silent or read oddly since the fault began."""
    for message in episode.messages:
        if message.at < episode.truth.at:
            continue
        if message.topic.endswith("/state"):
            if not parse_state(message.payload).online:
                return True
            continue
        event = parse_event(message.payload)
        if isinstance(event, ApplianceFaultEvent):
            return True
        if isinstance(event, ApplianceStatusEvent) and is_odd(event.data.attributes):
            return True
    return False


@pytest.mark.parametrize("part", sorted(MODES))
def test_every_part_of_a_fridge_shows_in_most_episodes(part: str) -> None:
    """By an alarm, by silence or by readings at which one would wonder."""
    episodes = [drawn(fridge_episode, number, part) for number in range(16)]
    assert sum(map(shows, episodes)) > 8
    assert all(one.truth.part == part and one.truth.needs_help == PARTS[part].needs_help for one in episodes)


@pytest.mark.parametrize("part", sorted({*CAUSES, "technical", "duplicate_payment", "bank_outage", "processor_outage"}))
def test_every_cause_shows_as_an_attempt_that_does_not_settle(part: str) -> None:
    """Told by the first device."""
    for number in range(6):
        episode = drawn(payment_episode, number, part)
        first = [event for event in events(episode) if event.device == episode.devices[0].device]
        told = [event.data.status for event in first if isinstance(event, PaymentAttemptEvent)]
        assert [status for status in told if status != "ACSC"]


@pytest.mark.parametrize("part", ["processor_outage", "bank_outage"])
def test_an_outage_is_told_by_many(part: str) -> None:
    """Five others at least fail within the hour, from phones of their own."""
    for number in range(6):
        episode = drawn(payment_episode, number, part)
        refused = {
            event.device
            for event in events(episode)
            if isinstance(event, PaymentAttemptEvent) and event.data.status != "ACSC"
        }
        assert len(refused) >= 4
        assert len(episode.devices) > 6
