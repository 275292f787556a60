"""The MQTT link on real brokers: nothing is lost, whatever goes away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from gateway.access.credentials import Access, credential, draw_password
from gateway.access.rights import SERVICE
from gateway.broker.embedded import EmbeddedBroker
from gateway.contract.broker_address import BrokerAddress
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState
from gateway.links.mqtt.link import MqttLink
from gateway.mapping.read import read_mapping, shipped

UP = "callahead/v1/volta/car-1/event"


@dataclass(slots=True)
class Hearing:
    """A link, and what came in by it."""

    link: MqttLink
    heard: list[Delivery] = field(default_factory=list)

    @property
    def payloads(self) -> list[bytes]:
        """What was said."""
        return [delivery.payload for delivery in self.heard]


@pytest.fixture
def listen(make_link: Callable[..., Any], eventually: Callable[..., Any]) -> Iterator[Callable[..., Hearing]]:
    """Connect a link; stop it at the end."""
    with ExitStack() as stack:

        def connect(address: BrokerAddress, *, acks: bool = True, ready: bool = True, **settings: Any) -> Hearing:
            hearing: Hearing

            def receive(delivery: Delivery) -> None:
                hearing.heard.append(delivery)
                if acks:
                    delivery.ack()

            hearing = Hearing(make_link(address, receive, **settings))
            hearing.link.start()
            stack.callback(hearing.link.stop)
            if ready:
                eventually(lambda: hearing.link.status.state is LinkState.READY)
            return hearing

        yield connect


Listen = Callable[..., Hearing]
Nats = Callable[..., EmbeddedBroker]


@pytest.fixture(params=["nats", "mosquitto"])
def address(request: pytest.FixtureRequest) -> BrokerAddress:
    """A broker of either make."""
    if request.param == "nats":
        found: BrokerAddress = request.getfixturevalue("nats")(ack_wait_s=1.0).address
        return found
    address: BrokerAddress = request.getfixturevalue("mosquitto")("allow_anonymous true")
    return address


def test_what_is_not_acknowledged_comes_again(
    address: BrokerAddress, listen: Listen, eventually: Callable[..., Any]
) -> None:
    """A service that dies before it stored a message gets it again; one that stored it does not."""
    first = listen(address, acks=False)
    for payload in (b"stored", b"not stored"):
        first.link.publish(UP, payload)
    eventually(lambda: len(first.heard) == 2)
    first.heard[0].ack()
    first.link.stop()
    second = listen(address)
    second.link.publish(UP, b"new")
    eventually(lambda: {b"not stored", b"new"} <= set(second.payloads))
    assert b"stored" not in second.payloads


def test_what_is_sent_while_we_are_away_waits(
    address: BrokerAddress, listen: Listen, eventually: Callable[..., Any]
) -> None:
    """The session stays with the broker."""
    listen(address).link.stop()
    vendor = listen(address, client_id="a-vendor")
    sent = []
    vendor.link.publish(UP, b"meanwhile", delivered=lambda: sent.append(1))
    eventually(lambda: sent)
    back = listen(address)
    eventually(lambda: back.payloads == [b"meanwhile"])


def test_a_retained_state_is_heard_on_arrival(
    address: BrokerAddress, listen: Listen, eventually: Callable[..., Any]
) -> None:
    """What stood there before we subscribed says so."""
    vendor = listen(address, client_id="a-vendor")
    sent = []
    vendor.link.publish("callahead/v1/volta/car-1/state", b"{}", retain=True, delivered=lambda: sent.append(1))
    eventually(lambda: sent)
    late = listen(address, client_id="late")
    assert eventually(lambda: late.heard)[0].retained


def test_our_own_words_do_not_come_back(address: BrokerAddress, listen: Listen, eventually: Callable[..., Any]) -> None:
    """Commands and refusals are published under the root we subscribe to."""
    hearing = listen(address)
    for channel in ("command", "rejected", "event"):
        hearing.link.publish(f"callahead/v1/volta/car-1/{channel}", channel.encode())
    eventually(lambda: hearing.payloads == [b"event"])


def test_nothing_is_lost_when_the_broker_restarts(
    nats: Nats, listen: Listen, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    """Killed in the middle, started again on its port: what it had taken and what we still had to send arrives."""
    broker = nats(tmp_path / "b", ack_wait_s=1.0)
    hearing = listen(broker.address, acks=False)
    hearing.link.publish(UP, b"before")
    before = eventually(lambda: hearing.heard)[0]
    broker.kill()
    eventually(lambda: hearing.link.status.state is LinkState.LOST)
    hearing.link.publish(UP, b"meanwhile")
    before.ack()  # of a connection that is gone: must not acknowledge another message by its number
    nats(tmp_path / "b", port=broker.address.port, ack_wait_s=1.0)
    eventually(lambda: {b"before", b"meanwhile"} <= set(hearing.payloads[1:]))


def test_a_broker_that_is_not_there_is_tried_again(
    nats: Nats, listen: Listen, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    """The reason names it and says what to do; the link is up as soon as it is."""
    broker = nats(tmp_path / "b")
    broker.stop()
    hearing = listen(broker.address, ready=False)
    eventually(lambda: hearing.link.status.state is LinkState.LOST)
    assert f"no broker answers at {broker.address}" in hearing.link.status.reason
    assert "--broker" in hearing.link.status.reason
    nats(tmp_path / "b", port=broker.address.port)
    eventually(lambda: hearing.link.status.state is LinkState.READY)


def test_a_mapping_of_many_topics_keeps_nobody_out(
    nats: Nats, listen: Listen, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    """NATS has 65,535 packet numbers for a session, for 14 subscriptions of 4,000: where there are more, each has fewer.

    And by itself it would take 1,000 subscriptions of all clients together.
    """
    written, before = tmp_path / "many.toml", "text_topics = ["
    lines = ", ".join(f'"line{number}/{{car}}/{{metric}}"' for number in range(1_000))
    written.write_text(shipped("teslamate").read_text("utf-8").replace(before, f"{before}{lines}, "))
    mapping = read_mapping(written)
    assert len(mapping.filters) == 1_002
    password = draw_password()
    us = Access(credential(SERVICE, password, 0.0), mappings=(mapping,))
    address = replace(nats(access=us).address, username=SERVICE, password=password)
    hearing = listen(address, filters=[each.mqtt for each in mapping.filters])
    hearing.link.publish("line999/1/speed", b"1")
    eventually(lambda: hearing.payloads == [b"1"])


def test_wrong_credentials_are_told(
    mosquitto: Callable[..., BrokerAddress], listen: Listen, eventually: Callable[..., Any]
) -> None:
    """They are not mistaken for a broker that is away."""
    hearing = listen(mosquitto("allow_anonymous false"), ready=False)
    eventually(lambda: hearing.link.status.state is LinkState.REFUSED)
    assert "check user and password" in hearing.link.status.reason


def test_a_subscription_that_is_refused_is_told(
    nats: Nats, listen: Listen, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    """A service that hears nothing would look healthy. NATS refuses when its window is set too wide."""
    monkeypatch.setattr("gateway.broker.embedded.pending_room", lambda _: 65_535)
    monkeypatch.setattr("gateway.broker.embedded.MAX_ACK_PENDING", 65_535)
    hearing = listen(nats().address, ready=False)
    eventually(lambda: hearing.link.status.state is LinkState.REFUSED)
    assert "does not let us read callahead/v1/#" in hearing.link.status.reason
