"""How long one vendor's fault takes to be a case while another floods, beside how long without: turn about, in one run.

    .venv/bin/python benchmarks/flood.py [--faults 10] [--kind near-cards]

Seen from outside: from the publish until the HTTP API has the case. The flood is at the limit of ``--vendor-rate``'s default, and
its kinds are statuses, or events full of what is nearly a card number, which cost the most to look at.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway.contract.broker_address import BrokerAddress
from scenarios.service.process import ServiceProcess

FLOODING = [f"volta/car-{number}" for number in range(200)]
HOSTILE = "4000 " * 2_900


def event(device: str, seq: int, kind: str, data: object, more: object = None) -> tuple[str, bytes]:
    """Return topic and payload of what a car says."""
    said = {
        "specversion": "1.0",
        "type": f"callahead.vehicle.{kind}.v1",
        "source": f"/{device}",
        "id": f"1-{seq}",
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }
    return f"callahead/v1/{device}/event", json.dumps(said | ({"x": more} if more else {})).encode()


def line(address: BrokerAddress, vendor: str, password: str) -> mqtt.Client:
    """Connect a vendor."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, f"{vendor}:flood")
    client.max_queued_messages_set(0)
    client.max_inflight_messages_set(2_000)
    client.username_pw_set(vendor, password)
    client.connect(address.host, address.port)
    client.loop_start()
    return client


def flood(client: mqtt.Client, kind: str, rate: int, over: threading.Event, taken: list[float]) -> None:
    """Send so many a second until it is ``over``; in ``taken`` stands how many a second the broker took."""
    seq, acked, began = 0, itertools.count(), time.monotonic()
    client.on_publish = lambda *_: next(acked)
    while not over.is_set():
        for device in FLOODING:
            seq += 1
            data = {"signals": {"Vehicle.Speed": float(seq % 90)}}
            client.publish(*event(device, seq, "status", data, HOSTILE if kind == "near-cards" else None), qos=1)
        over.wait(max(0.0, began + seq / rate - time.monotonic()))
    taken.append(next(acked) / (time.monotonic() - began))


def waited(client: mqtt.Client, api: httpx.Client, car: str) -> float:
    """Return after how many seconds a fault of a car is a case."""
    began = time.monotonic()
    client.publish(*event(car, 1, "fault", {"codes": [{"code": "P0562", "status": "confirmed"}]}), qos=1)
    while not any(case["device"] == car for case in api.get("/cases").json()):
        time.sleep(0.005)
    return time.monotonic() - began


def main() -> int:
    """Measure, and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--faults", type=int, default=10)
    asked.add_argument("--rate", type=int, default=2_000, help="of the flood; the default is what one vendor may send")
    asked.add_argument("--kind", choices=("statuses", "near-cards"), default="near-cards")
    told = asked.parse_args()
    cars = [f"zeta/car-{number}" for number in range(2 * told.faults)]
    with TemporaryDirectory() as folder, ServiceProcess(Path(folder), None, "embedded", []) as process:
        addresses = process.addresses()
        api = httpx.Client(base_url=f"{addresses.http}/api/v1", timeout=60)
        vendors = ("volta", "zeta")
        api.post("/vendors", json=[{"vendor": one, "provenance": "simulated"} for one in vendors]).raise_for_status()
        known = [
            {"device": one, "kind": "car", "customer": "c-1", "provenance": "simulated"} for one in [*cars, *FLOODING]
        ]
        api.post("/devices", json=known).raise_for_status()
        broker = BrokerAddress.parse(str(addresses.broker))
        volta, zeta = (
            line(broker, one, api.post(f"/vendors/{one}/credentials", json={}).json()["password"]) for one in vendors
        )
        quiet = [waited(zeta, api, car) for car in cars[: told.faults]]
        over, taken = threading.Event(), list[float]()
        flooding = threading.Thread(target=flood, args=(volta, told.kind, told.rate, over, taken))
        flooding.start()
        time.sleep(5)  # until it has filled what it can fill
        busy = [waited(zeta, api, car) for car in cars[told.faults :]]
        over.set()
        flooding.join()
    for name, found in (("quiet", quiet), ("in the flood", busy)):
        sys.stdout.write(f"{name}: median {statistics.median(found):.3f} s, at most {max(found):.3f} s\n")
    sys.stdout.write(f"the broker took {taken[0]:,.0f} messages a second of the flood\n")
    sys.stdout.write(f"{statistics.median(busy) / statistics.median(quiet):.1f} times\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
