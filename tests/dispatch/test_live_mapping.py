"""A vendor's own topics, heard by the running service: what fits becomes a case, what does not is told why."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable
from typing import Any

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.conftest import command


def report(**changes: Any) -> bytes:
    """What an OBD dongle says of a car whose battery is flat."""
    now_ms = int(time.time() * 1000)
    said = {
        "ts": now_ms,
        "boot": 7,
        "n": 42,
        "lat": 56.95,
        "lon": 24.1,
        "acc": 8,
        "fix": now_ms // 1000,
        "ign": "crank",
        "batt_mv": 8_900,
        "mil": 1,
        "dtc": ["P0562"],
    }
    return json.dumps({**said, **changes}).encode()


def test_a_dongle_that_knows_nothing_of_our_contract_gets_its_owner_called(
    serve: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    """Its report becomes one case, sent twice or not; a wrong one is refused on the device's own topic, by name."""
    service = serve("--open-demo", "--mapping", "obd_dongle")
    refused: queue.Queue[bytes] = queue.Queue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _user, message: refused.put(message.payload)
    client.connect(service.broker.host, service.broker.port)
    client.subscribe("callahead/v1/roadlog/+/rejected", qos=1)
    client.loop_start()
    told = report()
    for payload in (told, told, report(n=43, ts="on the moon")):
        client.publish("roadlog/dongle-1/report", payload, qos=1).wait_for_publish(10)
    problem = json.loads(refused.get(timeout=60))
    assert problem["type"] == "urn:callahead:rule:invalid-value"
    assert "obd_dongle.toml" in problem["detail"]
    (case,) = eventually(lambda: httpx.get(f"{service.http}/api/v1/cases").json())
    assert case["finding"]["part"] == "battery_12v"
    client.disconnect()
    client.loop_stop()


def test_a_mapping_that_is_not_there_is_told(tmp_path: Any) -> None:
    """Nothing starts; the message names the file."""
    ended = command("dispatch.cli.serve", "--port", "0", "--dir", str(tmp_path), "--mapping", "no.toml")
    assert ended.returncode == 2
    assert "no.toml" in ended.stderr
