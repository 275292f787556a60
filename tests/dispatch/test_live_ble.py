"""``callahead-serve --ble-adapter`` in its own process: Bluetooth devices get the same path and the same guarantees."""

from __future__ import annotations

import queue
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Self

import httpx
import pytest

from firmware_sim.device.fix import Fix
from firmware_sim.device.uplink import Outgoing
from firmware_sim.kinds.car.device import Car, CarSensors
from firmware_sim.links.ble_fleet import BleFleet
from firmware_sim.links.memory import MemoryUplink

Served = Any
Eventually = Callable[..., Any]
KEY = sha256(b"car-1").digest()
CAR = {
    "device": "volta/car-1",
    "kind": "car",
    "customer": "c-1",
    "provenance": "simulated",
    "ble_key": KEY.hex(),
}
WITHOUT = "import sys; sys.modules.update(dict.fromkeys(['bleak', 'bumble', 'isotp']))\n"


class Air:
    """One car with a radio, and an adapter for the service."""

    def __init__(self, key: bytes = KEY) -> None:
        now = time.time()
        self.car = Car("volta/car-1", boot=int(now), sensors=CarSensors(fix=Fix(56.95, 24.1, 8.0, now)))
        self.commands: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.rejected: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.acknowledged: list[str] = []
        self.fleet = BleFleet(
            [self.car],
            {self.car.name: key},
            on_command=lambda _, payload: self.commands.put(payload),
            on_rejected=lambda _, payload: self.rejected.put(payload),
            on_acknowledged=self.acknowledged.append,
        )

    def __enter__(self) -> Self:
        """Turn the radios on."""
        self.fleet.start()
        self.adapter = self.fleet.adapter()
        self.car.go_online(time.time())
        return self

    def __exit__(self, *_: object) -> None:
        """Turn them off."""
        self.fleet.close()

    def oil_pressure_is_lost(self) -> str:
        """Report what makes the service tell the driver to stop."""
        self.car.sensors.engine_running, self.car.sensors.speed = True, 60.0
        self.car.sensors.oil_pressure_status = "ERROR"
        return self.car.fault(["P0522"], time.time()).key


def get(served: Served, path: str) -> Any:
    """Ask the API."""
    return httpx.get(f"{served.http}/api/v1{path}").raise_for_status().json()


def register(served: Served, words: Any) -> None:
    """Register vendor, car and customer."""
    bodies = {"/vendors": words.vendors, "/devices": [CAR], "/customers": [words.customer]}
    for path, body in bodies.items():
        httpx.post(f"{served.http}/api/v1{path}", json=body).raise_for_status()


def cases(served: Served) -> list[str]:
    """Return the episodes of all cases."""
    return [case["case"] for case in get(served, "/cases?open=false")]


def test_a_fault_over_bluetooth_becomes_a_case_and_the_driver_is_told(
    serve: Callable[..., Served], words: Any, eventually: Eventually
) -> None:
    """Acknowledged once stored; the command comes down the same way; what is refused is told with its reason."""
    with Air() as air:
        served = serve("--ble-adapter", air.adapter)
        register(served, words)
        fault = air.oil_pressure_is_lost()
        eventually(lambda: fault in air.acknowledged, 20)
        eventually(lambda: cases(served) == [fault])
        assert b"stop-safely" in air.commands.get(timeout=60)
        assert get(served, "/health")["bluetooth"]["state"] == "ready"
        bad = Outgoing("", b'{"not": "an event"}', retain=False, perishable=False, key="volta/car-1/bad")
        assert air.car.uplink
        air.car.uplink.send(bad)
        assert b"not-a-cloudevent" in air.rejected.get(timeout=60)


def test_a_killed_service_gets_again_what_it_had_not_stored(
    serve: Callable[..., Served], words: Any, eventually: Eventually
) -> None:
    """Killed in the middle of a hundred events: all are stored by its successor, and the case is one."""
    with Air() as air:
        served = serve("--ble-adapter", air.adapter)
        register(served, words)
        made = [air.oil_pressure_is_lost()]
        made += [air.car.status(time.time()).key for _ in range(100)]
        eventually(lambda: air.acknowledged, 20)
        served.kill()
        again = serve("--ble-adapter", air.adapter)
        eventually(lambda: set(air.acknowledged) >= set(made), 30)
        seen = get(again, "/devices/volta/car-1")["events"]
        assert (seen["taken"], seen["missing"], seen["lost"]) == (101, 0, 0)
        assert cases(again) == made[:1]


def test_an_event_by_bluetooth_and_by_mqtt_is_one_event(
    serve: Callable[..., Served], words: Any, eventually: Eventually
) -> None:
    """The same bytes through both doors: one finding, one case."""
    from paho.mqtt import publish  # noqa: PLC0415 - one message

    with Air() as air:
        served = serve("--ble-adapter", air.adapter, "--open-demo")
        register(served, words)
        sent: list[Outgoing] = []
        radio, air.car.uplink = air.car.uplink, MemoryUplink(sent.append)
        fault = air.oil_pressure_is_lost()
        assert radio
        radio.send(sent[0])
        publish.single(sent[0].topic, sent[0].payload, 1, hostname=served.broker.host, port=served.broker.port)
        eventually(lambda: fault in air.acknowledged, 20)
        eventually(lambda: get(served, "/devices/volta/car-1")["events"]["repeats"] == 1)
        assert cases(served) == [fault]


def test_a_device_cannot_speak_for_another(serve: Callable[..., Served], words: Any, eventually: Eventually) -> None:
    """Car 1, known and bonded, sends an event of car 2: it is refused, kept for the vendor, and causes nothing."""
    with Air() as air:
        served = serve("--ble-adapter", air.adapter)
        register(served, words)
        made: list[Outgoing] = []
        other = Car("volta/car-2", boot=int(time.time()))
        other.uplink = MemoryUplink(made.append)
        other.go_online(time.time())
        other.fault(["P0562"], time.time())
        assert air.car.uplink
        air.car.uplink.send(made[-1])
        assert b"source-mismatch" in air.rejected.get(timeout=60)
        eventually(lambda: made[-1].key in air.acknowledged)
        assert cases(served) == []


@pytest.mark.parametrize("module", ["dispatch.cli.command_line", "scenarios.cli"])
def test_everything_starts_without_bluetooths_libraries(module: str) -> None:
    """Neither the service nor the command line imports them before they are wanted."""
    command = [sys.executable, "-c", f"{WITHOUT}import {module}"]
    assert subprocess.run(command, check=False).returncode == 0


def test_without_them_the_option_says_what_to_install(tmp_path: Any) -> None:
    """Exit code 2, and a sentence."""
    options = ["serve", "--port", "0", "--ble-adapter", "platform", "--dir", str(tmp_path)]
    options = ["serve", "--port", "0", "--ble-adapter", "platform", "--dir", str(tmp_path)]
    program = f"{WITHOUT}import dispatch.cli.serve\nsys.argv = {options}\n"
    ended = subprocess.run(
        [sys.executable, "-c", program + "dispatch.cli.serve.main()"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert "callahead[ble]" in ended.stderr
