"""What is urgent waits behind no status at a broker, and is handed over once though two sessions are given it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from gateway.contract.broker_address import BrokerAddress
from gateway.contract.topics import URGENT_SUBSCRIPTION, Channel, topic
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
        MqttLink(address, first.of_all, client_id="house", window=20, gathers=True),
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
    links.stop()
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
