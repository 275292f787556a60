"""A car that speaks to Callahead: MQTT 3.1.1 by paho-mqtt, one file, nothing else of ours. Copy it and make it yours.

python python_device.py mqtt://127.0.0.1:1883 --device acme/car-1 --seconds 10
"""

# ruff: noqa: T201, ANN401 - it talks to whoever tries it; paho hands over what it likes
from __future__ import annotations

import argparse
import base64
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

QOS = 1  # at least once: the broker acknowledges each message, and a repeat is known by its id
WAIT_S = 10.0
BOOT = int(time.time())  # grows with every start; a device with a store of its own counts 0, 1, 2 …
NUMBERS: Iterator[int] = count()  # of the events since then: id is boot-number, and an event sent again keeps its id


def event(device: str, kind: str, data: dict[str, Any]) -> bytes:
    """Return a CloudEvent 1.0. ``simulated``: an example never has a real truck sent; yours says ``real``."""
    attributes = {
        "specversion": "1.0",
        "type": f"callahead.{kind}.v1",
        "source": f"/{device}",
        "id": f"{BOOT}-{next(NUMBERS)}",
        "time": now(),
        "datacontenttype": "application/json",
        "provenance": "simulated",
        "data": data,
    }
    return json.dumps(attributes).encode()


def request(amount: str, seed: str) -> dict[str, Any]:
    """Return what we ask the house to pay: an hour of parking. Keep it, and ask again with the same where nobody answers."""
    data = {
        "end_to_end_id": f"PARK-{BOOT}",  # this payment's name: never used for another
        "created": now(),
        "currency": "EUR",
        "amount": amount,
        "creditor": "LV80BANK0000435195001",
        "creditor_name": "Rīgas autostāvvieta",
        "category": "parking",
        "words": "an hour at gate 4",
    }
    return {**data, "signature": signature(data, seed)} if seed else data


def signature(data: dict[str, str], seed: str) -> str:
    """Sign with Ed25519, ``seed`` its private key in base64url: members by name, no blanks, UTF-8 (RFC 8785)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - pip install cryptography

    signed = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(seed + "=" * (-len(seed) % 4)))
    return base64.urlsafe_b64encode(key.sign(signed)).rstrip(b"=").decode()


def state(*, online: bool) -> bytes:
    """Return what stands on …/state. The boot keeps a last will that comes late from hiding a newer start."""
    return json.dumps({"online": online, "boot": BOOT}).encode()


def now() -> str:
    """Return the time, with its offset from UTC."""
    return datetime.now(UTC).isoformat()


class Car:
    """A connection, and what came back on it."""

    def __init__(self, url: str, device: str) -> None:
        self.device = device
        self.refused = 0
        self.up = False
        self.trouble = ""
        self._topic = f"callahead/v1/{device}"
        at = urlsplit(url)
        # A session belongs to its user: the id is the user's name, and with the vendor's name a suffix for each of its devices.
        user = unquote(at.username) if at.username else device
        client_id = user if user == device else f"{user}:{device.replace('/', '-')}"
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv311)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.will_set(f"{self._topic}/state", state(online=False), QOS, retain=True)
        if at.username:
            self._client.username_pw_set(user, unquote(at.password or ""))
        if at.scheme == "mqtts":
            self._client.tls_set()
        self._client.connect(at.hostname or "127.0.0.1", at.port or (8883 if at.scheme == "mqtts" else 1883))
        self._client.loop_start()

    def publish(self, channel: str, payload: bytes, *, retain: bool = False) -> None:
        """Send, and wait until the broker has it. Keep what is not acknowledged, and send it again."""
        sent = self._client.publish(f"{self._topic}/{channel}", payload, QOS, retain)
        sent.wait_for_publish(WAIT_S)
        print(f"{'acknowledged' if sent.is_published() else 'NOT ACKNOWLEDGED'}: {channel} {payload.decode()}")

    def wait_until_up(self) -> bool:
        """Wait for connection and subscriptions; ``False`` where the broker would not have us."""
        deadline = time.monotonic() + WAIT_S
        while not self.up and not self.trouble and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.up

    def leave(self) -> None:
        """Say that we go: a connection that is closed in order sends no last will."""
        self.publish("state", state(online=False), retain=True)
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: mqtt.Client, _user: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self.trouble = f"the broker refused the connection: {code}; check user and password"
        else:
            client.subscribe([(f"{self._topic}/command", QOS), (f"{self._topic}/rejected", QOS)])

    def _on_subscribe(self, _client: mqtt.Client, _user: Any, _mid: int, codes: list[Any], _properties: Any) -> None:
        if any(code.is_failure for code in codes):
            self.trouble = f"the broker refused a subscription: {', '.join(map(str, codes))}"
        else:
            self.up = True

    def _on_message(self, _client: mqtt.Client, _user: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic.endswith("/rejected"):
            self.refused += 1
        print(f"{message.topic.rpartition('/')[2]}: {message.payload.decode()}")


def main() -> int:
    """Come online, tell how the car does, tell a fault, listen, and go."""
    options = arguments()
    try:
        car = Car(options.url, options.device)
    except OSError as error:
        print(f"no broker answers at {options.url.rpartition('@')[2]}: {error}", file=sys.stderr)
        return 2
    if not car.wait_until_up():
        print(car.trouble or "the broker did not answer in time", file=sys.stderr)
        return 2
    car.publish("state", state(online=True), retain=True)
    position = {"latitude": 51.0504, "longitude": 13.7373, "accuracy_m": 8, "fix_time": now()}
    weak = {"Vehicle.LowVoltageBattery.CurrentVoltage": 11.2, "Vehicle.Speed": 0}
    car.publish("event", event(options.device, "vehicle.status", {"position": position, "signals": weak}))
    fault = {"codes": [{"code": "P0562"}], "position": position, "freeze_frame": weak}
    car.publish("event", event(options.device, "vehicle.fault", fault))
    if options.pay:
        car.publish("event", event(options.device, "payment.request", request(options.pay, options.payment_key)))
    if options.bad:
        car.publish("event", event(options.device, "vehicle.fault", {"codes": [{"code": "flat battery"}]}))
    time.sleep(options.seconds)
    car.leave()
    return 1 if car.refused else 0


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="A car that speaks to Callahead.")
    parser.add_argument("url", help="mqtt://user:password@host:port or mqtts://…")
    parser.add_argument("--device", default="acme/car-1", help="vendor/device")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to listen")
    parser.add_argument("--pay", metavar="AMOUNT", help="also ask the house to pay an hour of parking: 3.50")
    parser.add_argument("--payment-key", default="", help="the private key to sign that with, 32 bytes in base64url")
    parser.add_argument("--bad", action="store_true", help="also send a bad event, to see it refused")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
