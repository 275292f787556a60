"""Events as independent senders put them on real brokers: mosquitto_pub, and npm's cloudevents with mqtt.js."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gateway.broker.embedded import EmbeddedBroker
from gateway.contract.binding import read_event, to_binary
from gateway.contract.broker_address import BrokerAddress
from gateway.contract.event_types import event_types
from gateway.contract.messages import parse_event
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState, MqttVersion

UP = "callahead/v1/volta/phone-1/event"
WHOLE = event_types().examples["callahead.phone.status.v1"]
PAYLOAD = json.dumps(WHOLE).encode()
EVENT = parse_event(PAYLOAD)
NODE = """
const { MQTT, CloudEvent } = require("cloudevents");
const mqtt = require("mqtt");
const [url, topic, text] = process.argv.slice(1);
const event = new CloudEvent({ ...JSON.parse(text), note: "naïve 🚗" });
const client = mqtt.connect(url, { protocolVersion: 5 });
client.on("connect", () => {
  const [binary, whole] = [MQTT.binary(event), MQTT.structured(event)];
  const properties = { ...binary["User Properties"] };
  for (const name in properties) {
    if (properties[name] === undefined) delete properties[name];
    else properties[name] = [properties[name], properties[name]];
  }
  const say = (message, userProperties, done) =>
    client.publish(topic, JSON.stringify(message.payload), { qos: 1, properties: {
      contentType: message.PUBLISH["Content Type"], userProperties } }, done);
  say(binary, properties, () => say(whole, undefined, () => client.end()));
});
"""
"""Every user property twice, as mqtt.js sends an array."""


def needed(what: object, name: str) -> None:
    """Skip where something is not installed; in CI that is a failure."""
    if not what and os.environ.get("CI"):
        pytest.fail(f"{name} is missing, and CI has to have it")
    if not what:
        pytest.skip(f"{name} is not there")


@pytest.fixture
def hear(
    make_link: Callable[..., Any], eventually: Callable[..., Any]
) -> Iterator[Callable[..., tuple[Any, list[Delivery]]]]:
    """Connect a link that notes what comes in; stop it at the end."""
    with ExitStack() as stack:

        def connect(address: BrokerAddress, **settings: Any) -> tuple[Any, list[Delivery]]:
            heard: list[Delivery] = []
            link = make_link(address, lambda delivery: (heard.append(delivery), delivery.ack())[0], **settings)
            link.start()
            stack.callback(link.stop)
            eventually(lambda: link.status.state is LinkState.READY)
            return link, heard

        yield connect


def publish(address: BrokerAddress, *options: str, message: bytes) -> None:
    """Publish with mosquitto_pub."""
    needed(shutil.which("mosquitto_pub"), "mosquitto_pub")
    command = ["mosquitto_pub", "-h", address.host, "-p", str(address.port), "-q", "1", "-t", UP, *options, "-s"]
    subprocess.run(command, input=message, check=True, timeout=20)


def read(delivery: Delivery) -> Any:
    """Read an event as the intake does."""
    return read_event(delivery.payload, delivery.content_type, delivery.properties)


def test_both_modes_and_both_versions_are_one_event(
    mosquitto: Callable[..., BrokerAddress], hear: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    """mosquitto_pub in 3.1.1 and 5, structured and binary."""
    address = mosquitto("allow_anonymous true")
    _, heard = hear(address)
    publish(address, "-V", "311", message=PAYLOAD)
    typed = ["-D", "PUBLISH", "content-type", "application/cloudevents+json; charset=utf-8"]
    publish(address, "-V", "5", *typed, message=PAYLOAD)
    binary = to_binary(EVENT)
    properties = [part for pair in binary.properties for part in ("-D", "PUBLISH", "user-property", *pair)]
    typed = ["-D", "PUBLISH", "content-type", "application/json; charset=utf-8"]
    publish(address, "-V", "5", *typed, *properties, *properties, message=binary.payload)
    eventually(lambda: len(heard) == 3)
    assert [read(delivery) for delivery in heard] == [EVENT] * 3


def test_an_independent_encoder_is_understood(
    mosquitto: Callable[..., BrokerAddress], hear: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    """Npm's cloudevents writes times in UTC, adds parameters and leaves our optional attributes alone."""
    modules = os.environ.get("CALLAHEAD_NODE_MODULES", "")
    needed(modules and (Path(modules) / "cloudevents").is_dir(), "npm's cloudevents (CALLAHEAD_NODE_MODULES)")
    address = mosquitto("allow_anonymous true")
    _, heard = hear(address)
    command = ["node", "-e", NODE, f"mqtt://{address.host}:{address.port}", UP, json.dumps(WHOLE)]
    subprocess.run(command, check=True, timeout=30, env={**os.environ, "NODE_PATH": modules})
    eventually(lambda: len(heard) == 2)
    assert heard[0].properties
    assert not heard[1].properties
    assert [read(delivery) for delivery in heard] == [EVENT] * 2


def test_a_broker_that_knows_only_3_1_1_is_spoken_to_in_it(
    nats: Callable[..., EmbeddedBroker],
    hear: Callable[..., Any],
    make_link: Callable[..., Any],
    eventually: Callable[..., Any],
) -> None:
    """The link goes back by itself, at once, and what was published before it connected is not lost."""
    address = nats().address
    heard: list[Delivery] = []
    link = make_link(address, heard.append)
    done: list[int] = []
    for number in range(3):
        link.publish(UP, b"%d" % number, delivered=lambda: done.append(1))
    hear(address, client_id="another")
    link.start()
    eventually(lambda: link.status.state is LinkState.READY and len(done) == 3)
    link.publish(UP, b"3")
    eventually(lambda: [delivery.payload for delivery in heard][-1:] == [b"3"])
    link.stop()


def test_a_version_may_be_asked_for(mosquitto: Callable[..., BrokerAddress], hear: Callable[..., Any]) -> None:
    """Some brokers hang up on a version that they do not know, without a word."""
    address = mosquitto("allow_anonymous true")
    for version in MqttVersion:
        hear(address, version=version, client_id=f"in-{version}")


def test_a_session_of_mqtt_5_outlives_the_connection(
    mosquitto: Callable[..., BrokerAddress], hear: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    """What is sent while we are away waits, as in 3.1.1, with its properties."""
    address = mosquitto("allow_anonymous true")
    link, _ = hear(address)
    link.stop()
    publish(address, "-V", "5", "-D", "PUBLISH", "content-type", "application/cloudevents+json", message=PAYLOAD)
    _, heard = hear(address)
    eventually(lambda: heard)
    assert heard[0].content_type == "application/cloudevents+json"
