"""The example devices, run as a vendor would: what they send is the contract, and they see what comes back."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.broker.embedded import EmbeddedBroker
from gateway.contract.broker_address import BrokerAddress
from gateway.contract.messages import parse_event, parse_state
from gateway.contract.refusals import Refused
from gateway.contract.signing import TEST_KEY, TEST_SEED
from gateway.contract.state import DeviceState
from gateway.devices.registry import Registry
from gateway.intake.intake import Intake
from gateway.kinds.car.messages import VehicleFaultEvent, VehicleStatusEvent
from gateway.payments.device_key import DeviceKey, objection
from gateway.payments.messages import PaymentRequestEvent

EXAMPLES = Path(__file__).parents[2] / "firmware_sim" / "examples"
DEVICE = "acme/car-9"
TOPIC = f"callahead/v1/{DEVICE}"
Start = Callable[..., "subprocess.Popen[str]"]


def needed(what: object, name: str) -> None:
    """Skip where something is not installed; in CI that is a failure."""
    if not what and os.environ.get("CI"):
        pytest.fail(f"{name} is missing, and CI has to have it")
    if not what:
        pytest.skip(f"{name} is not there")


def python_command(url: str, seconds: int, *, bad: bool) -> list[str]:
    """Return how the Python device is started."""
    options = ["--device", DEVICE, "--seconds", str(seconds), *(["--bad"] if bad else [])]
    return [sys.executable, str(EXAMPLES / "python_device.py"), url, *options]


def node_command(url: str, seconds: int, *, bad: bool) -> list[str]:
    """Return how the Node device is started: mqtt.js is looked for where ``CALLAHEAD_NODE_MODULES`` says."""
    node, modules = shutil.which("node"), os.environ.get("CALLAHEAD_NODE_MODULES", "")
    needed(node, "node")
    needed(
        modules and (Path(modules) / "mqtt").is_dir(),
        "mqtt.js (npm install mqtt; CALLAHEAD_NODE_MODULES=…/node_modules)",
    )
    options = ["--device", DEVICE, "--seconds", str(seconds), *(["--bad"] if bad else [])]
    return ["env", f"NODE_PATH={modules}", str(node), str(EXAMPLES / "node_device.js"), url, *options]


def shell_command(url: str, seconds: int, *, bad: bool) -> list[str]:
    """Return how the shell device is started."""
    needed(shutil.which("mosquitto_pub"), "mosquitto_pub")
    return ["env", f"BAD={'yes' if bad else ''}", str(EXAMPLES / "shell_device.sh"), url, DEVICE, str(seconds)]


DEVICES = pytest.mark.parametrize(
    "command", [python_command, node_command, shell_command], ids=["python", "node", "shell"]
)


class Gateway:
    """Hears everything under our root, in order, and answers."""

    def __init__(self, address: BrokerAddress) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "gateway", protocol=paho.MQTTv311)
        self._client.on_message = lambda _client, _user, message: self._take(message)
        listens = threading.Event()
        self._client.on_subscribe = lambda *_: listens.set()
        self._client.connect(address.host, address.port)
        self._client.subscribe("callahead/v1/#", qos=1)
        self._client.loop_start()
        assert listens.wait(30), "what is sent before the broker has the subscription is heard by nobody"

    def _take(self, message: paho.MQTTMessage) -> None:
        if message.topic.endswith(("/event", "/state")):
            self.heard.append((message.topic, bytes(message.payload), message.retain))

    def say(self, channel: str, text: str) -> None:
        """Send something down to the device."""
        self._client.publish(f"{TOPIC}/{channel}", text, qos=1).wait_for_publish(5)

    def on(self, channel: str) -> list[bytes]:
        """Return what came on a channel."""
        return [payload for topic, payload, _ in self.heard if topic == f"{TOPIC}/{channel}"]

    @property
    def states(self) -> list[DeviceState]:
        """Return what the device said of its link."""
        return [parse_state(payload) for payload in self.on("state")]

    def stop(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def address(nats: Callable[..., EmbeddedBroker]) -> BrokerAddress:
    """The embedded broker's."""
    return nats().address


@pytest.fixture
def gateway(address: BrokerAddress) -> Iterator[Gateway]:
    """Somebody who listens."""
    hears = Gateway(address)
    yield hears
    hears.stop()


@pytest.fixture
def start(address: BrokerAddress) -> Iterator[Start]:
    """Start devices; end them, and what they started, at the end."""
    started: list[subprocess.Popen[str]] = []

    def run(command: Callable[..., list[str]], seconds: int = 2, *, bad: bool = False) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command(str(address), seconds, bad=bad),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@DEVICES
def test_what_it_sends_is_the_contract(
    command: Callable[..., list[str]], start: Start, gateway: Gateway, eventually: Callable[..., Any]
) -> None:
    """Online, a status, a fault with its place, offline; the service makes one finding of it. It prints what comes back."""
    process = start(command, 3)
    eventually(lambda: len(gateway.on("event")) == 2)
    gateway.say("command", '{"type": "callahead.command.stop-safely.v1"}')
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output
    eventually(lambda: len(gateway.states) == 2)
    status, fault = (parse_event(payload) for payload in gateway.on("event"))
    assert isinstance(status, VehicleStatusEvent)
    assert isinstance(fault, VehicleFaultEvent)
    assert fault.data.position
    assert [each.provenance for each in (status, fault)] == ["simulated", "simulated"]
    assert [each.seq for each in (status, fault)] == [0, 1]
    assert [each.online for each in gateway.states] == [True, False]
    assert {each.boot for each in gateway.states} == {fault.boot}
    intake = Intake(Registry(), open_demo=True)
    verdicts = [intake.receive(topic, payload, time.time()) for topic, payload, _ in gateway.heard]
    assert [verdict.refusal for verdict in verdicts] == [None] * len(verdicts)
    assert sum(len(verdict.conclusions) for verdict in verdicts) == 1
    assert "stop-safely" in output
    assert output.count("acknowledged: ") == 4


@DEVICES
def test_it_shows_that_something_was_refused(
    command: Callable[..., list[str]], start: Start, gateway: Gateway, eventually: Callable[..., Any]
) -> None:
    """And ends with 1."""
    process = start(command, 3, bad=True)
    eventually(lambda: len(gateway.on("event")) == 3)
    with pytest.raises(Refused) as refused:
        parse_event(gateway.on("event")[2])
    gateway.say("rejected", refused.value.problem(gateway.on("event")[2]).model_dump_json())
    output, _ = process.communicate(timeout=20)
    assert "urn:callahead:rule:" in output
    assert process.returncode == 1, output


@DEVICES
def test_its_last_will_says_that_it_is_gone(
    command: Callable[..., list[str]], start: Start, gateway: Gateway, eventually: Callable[..., Any]
) -> None:
    """Killed, it says offline, under the boot it was online with."""
    process = start(command, 60)
    eventually(lambda: len(gateway.on("event")) == 2)
    os.killpg(process.pid, signal.SIGKILL)
    eventually(lambda: len(gateway.states) == 2)
    online, gone = gateway.states
    assert (online.online, gone.online) == (True, False)
    assert online.boot == gone.boot


@DEVICES
def test_without_a_broker_it_says_so(command: Callable[..., list[str]]) -> None:
    """At once, and ends with 2."""
    done = subprocess.run(
        command("mqtt://127.0.0.1:1", 1, bad=False), capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr


def _paying(command: Callable[..., list[str]], seed: str) -> Callable[..., list[str]]:
    """Return the same command, which also asks for a payment."""

    def paying(url: str, seconds: int, *, bad: bool) -> list[str]:
        made = command(url, seconds, bad=bad)
        if command is shell_command:
            return ["env", "PAY=3.50", f"PAYMENT_KEY={seed}", *made[1:]]
        return [*made, "--pay", "3.50", *(["--payment-key", seed] if seed else [])]

    return paying


@DEVICES
def test_what_it_asks_to_pay_is_signed_as_the_contract_s_key_reads_it(
    command: Callable[..., list[str]], start: Start, gateway: Gateway, eventually: Callable[..., Any]
) -> None:
    """With nothing of ours, names in any script; and how the payment stands is shown."""
    process = start(_paying(command, TEST_SEED), 3)
    eventually(lambda: len(gateway.on("event")) == 3)
    asked = parse_event(gateway.on("event")[2])
    assert isinstance(asked, PaymentRequestEvent)
    assert objection(asked.data, DeviceKey(TEST_KEY), time.time()) is None
    gateway.say("command", '{"type": "callahead.payment.status.v1", "data": {"status": "ACSP"}}')
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output
    assert "callahead.payment.status.v1" in output


@pytest.mark.parametrize("command", [shell_command, node_command], ids=["shell", "node"])
def test_without_a_key_it_is_not_signed(
    command: Callable[..., list[str]], start: Start, gateway: Gateway, eventually: Callable[..., Any]
) -> None:
    """The gateway says so to a device that has one."""
    start(_paying(command, ""), 3)
    eventually(lambda: len(gateway.on("event")) == 3)
    asked = parse_event(gateway.on("event")[2])
    assert isinstance(asked, PaymentRequestEvent)
    found = objection(asked.data, DeviceKey(TEST_KEY), time.time())
    assert found is not None
    assert found.reason == "DS0A"


def test_the_python_device_signs_what_it_asks_to_pay() -> None:
    """With nothing of ours: as the contract's key reads it; without a key it is not signed."""
    spec = importlib.util.spec_from_file_location("python_device", EXAMPLES / "python_device.py")
    assert spec is not None
    assert spec.loader is not None
    device = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(device)
    for seed, against in ((TEST_SEED, None), ("", "DS0A")):
        event = parse_event(device.event(DEVICE, "payment.request", device.request("3.50", seed)))
        assert isinstance(event, PaymentRequestEvent)
        found = objection(event.data, DeviceKey(TEST_KEY), time.time())
        assert (found and found.reason) == against
