"""What is urgent waits behind no status at a broker, and is handed over once though two sessions are given it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.contract.broker_address import BrokerAddress
from gateway.contract.topics import URGENT_SUBSCRIPTION, Channel, topic
from gateway.devices.registry import DeviceRecord, Registry
from gateway.intake.intake import Intake
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState
from gateway.links.mqtt.broker_links import BrokerLinks
from gateway.links.mqtt.first_copy import FirstCopy
from gateway.links.mqtt.link import MqttLink
from tests.conftest import until

CAR = "volta/car-1"
EVENT, URGENT = topic(CAR, Channel.EVENT), topic(CAR, Channel.URGENT)
LIMITED = ("allow_anonymous true", "max_queued_messages 10")
"""A broker that keeps ten messages of each session beside those that it may hand out."""


@pytest.mark.anyio
async def test_a_full_queue_of_statuses_at_the_broker_holds_back_and_drops_no_fault(
    mosquitto: Callable[..., BrokerAddress],
) -> None:
    """Mosquitto drops of a session whose queue is full: statuses, as long as that session is not the one for what is urgent."""
    address, heard, taken = mosquitto(*LIMITED), list[Delivery](), list[str]()
    first = FirstCopy(heard.append)
    links = [
        MqttLink(address, first.of_all, client_id="house", window=20),
        MqttLink(address, first.of_urgent, client_id="house-urgent", subscription=URGENT_SUBSCRIPTION),
        MqttLink(address, heard.append, client_id="car", subscription=None),
    ]
    for link in links:
        link.start()
    await until(lambda: all(link.status.state is LinkState.READY for link in links))
    for number in range(100):
        links[-1].publish(EVENT, b"%d" % number, delivered=lambda: taken.append("status"))
    await until(lambda: len(taken) == 100)
    links[-1].publish(URGENT, b"fault")
    await until(lambda: any(one.payload == b"fault" for one in heard))
    assert sum(one.topic == EVENT for one in heard) <= 30

    def acknowledged() -> int:
        for one in heard:
            one.ack()
        return len(heard)

    await until(lambda: acknowledged() == 31)
    assert [one.payload for one in heard if one.topic == URGENT] == [b"fault"]
    for link in links:
        link.stop()
    await asyncio.sleep(0)


@pytest.mark.anyio
async def test_the_service_hears_what_is_urgent_once(mosquitto: Callable[..., BrokerAddress]) -> None:
    """Though two sessions are given it; both copies are acknowledged."""
    address, heard = mosquitto("allow_anonymous true"), list[Delivery]()
    links = BrokerLinks(address, heard.append, now=lambda: 1.0, client_id="house")
    links.start()
    await until(lambda: links.status.state is LinkState.READY)
    links.publish(URGENT, b"fault")
    links.publish(EVENT, b"status")
    await until(lambda: len(heard) == 2)
    for one in heard:
        one.ack()
    links.publish(EVENT, b"later")
    await until(lambda: len(heard) == 3)
    await links.stopped()
    await asyncio.sleep(0)
    assert sorted(one.payload for one in heard) == [b"fault", b"later", b"status"]


def delivery(acknowledged: list[str], name: str, payload: bytes = b"fault", where: str = URGENT) -> Delivery:
    """Return a message that notes its acknowledgement."""
    return Delivery(where, payload, retained=False, received_at=1.0, ack=lambda: acknowledged.append(name))


def test_of_two_copies_the_first_is_handed_over_and_the_second_acknowledged() -> None:
    """Whichever session is faster. The first is acknowledged by whoever stores it."""
    heard: list[Delivery] = []
    done: list[str] = []
    first = FirstCopy(heard.append)
    first.of_urgent(delivery(done, "urgent"))
    first.of_all(delivery(done, "all"))
    assert (len(heard), done) == (1, ["all"])
    first.of_all(delivery(done, "all again", b"another"))
    first.of_urgent(delivery(done, "urgent again", b"another"))
    assert ([one.payload for one in heard], done) == ([b"fault", b"another"], ["all", "urgent again"])


def test_what_comes_again_by_its_own_session_is_heard_again() -> None:
    """A connection broke before it was stored: nobody else has it."""
    heard: list[Delivery] = []
    done: list[str] = []
    first = FirstCopy(heard.append)
    first.of_urgent(delivery(done, "urgent"))
    first.of_urgent(delivery(done, "urgent, after the break"))
    first.of_all(delivery(done, "a status", where=EVENT))
    assert (len(heard), done) == (3, [])


def test_copies_that_never_come_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker may drop them where its queue for the other session is full."""
    monkeypatch.setattr("gateway.links.mqtt.first_copy.COPIES", 2)
    heard: list[Delivery] = []
    done: list[str] = []
    first = FirstCopy(heard.append)
    for number in range(3):
        first.of_urgent(delivery(done, "urgent", b"%d" % number))
    first.of_all(delivery(done, "forgotten", b"0"))
    first.of_all(delivery(done, "known", b"2"))
    assert (len(heard), done) == (4, ["known"])


START = 1_768_197_600.0
CODES: dict[str, Any] = {"codes": [{"code": "P0562"}]}


def told(seq: int, kind: str, data: dict[str, Any]) -> bytes:
    """Return an event of a car, made ``seq`` seconds after the start."""
    return json.dumps(
        {
            "specversion": "1.0",
            "type": f"callahead.{kind}.v1",
            "source": f"/{CAR}",
            "id": f"1-{seq}",
            "time": datetime.fromtimestamp(START + seq, UTC).isoformat(),
            "datacontenttype": "application/json",
            "provenance": "simulated",
            "data": data,
        }
    ).encode()


def battery(seq: int, volts: float, codes: int) -> tuple[str, bytes]:
    """Return a status, and its topic."""
    signals = {"Vehicle.LowVoltageBattery.CurrentVoltage": volts, "Vehicle.Diagnostics.DTCCount": codes}
    return EVENT, told(seq, "vehicle.status", {"signals": signals})


def test_a_fault_that_overtook_statuses_is_one_episode_as_in_order() -> None:
    """What is older arrives behind it: it ends no episode, changes no newer reading, and nothing counts as missing."""
    sound, fault = [battery(seq, 14.1 - seq / 10, 0) for seq in range(4)], (URGENT, told(4, "vehicle.fault", CODES))
    last, found = battery(5, 10.3, 1), list[Any]()
    for place in range(6):
        said = [*sound, last]
        said.insert(place, fault)
        intake = Intake(Registry([DeviceRecord(CAR, "car", "c-1", "simulated")]))
        verdicts = [intake.receive(*one, START + 6 + number / 100) for number, one in enumerate(said)]
        twin = intake.twin(CAR)
        conclusions = {type(one).__name__ for verdict in verdicts for one in verdict.conclusions}
        refusals = [verdict.refusal for verdict in verdicts if verdict.refusal]
        missing = twin.order.missing(START + 7)
        found.append((conclusions, refusals, missing, twin.readings, sorted(twin.episodes.open), sorted(twin.told)))
    assert found == [found[4]] * 6, "in order"
    assert found[4][:3] == ({"Finding"}, [], 0)
    assert found[4][-1] == ["P0562"]
