"""What tests of several packages start: brokers, the service, and the words of a few devices."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import IO, Any

import certifi
import paho.mqtt.client as mqtt
import pytest
from hypothesis import HealthCheck, settings
from paho.mqtt.enums import CallbackAPIVersion

from gateway.broker.embedded import EmbeddedBroker
from gateway.contract.broker_address import BrokerAddress
from gateway.kinds.car.messages import VehicleFaultEvent
from gateway.kinds.truck.messages import TruckStatusEvent
from gateway.links.mqtt.link import MqttLink
from scenarios.service.forks import AT_WORK, PYTHON, SERVICE, Copies, Ended, Forked, Forks

# How long an example takes is nobody's claim: a machine may be busy.
settings.register_profile("callahead", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("callahead")

DEAREST_FIRST = (
    *(
        "test_live",
        "test_agent_page",
        "test_readme",
        "test_validate",
        "test_chaos",
        "test_console_acts",
        "test_console",
    ),
    *(
        "test_identity",
        "test_own_page",
        "test_vendor_kit",
        "test_underground_garage",
        "test_live_sip",
        "test_addresses",
    ),
    *("test_script", "test_stalls", "test_virtual", "test_single_sign_on", "test_links_ble", "test_links_dongles"),
    *(
        "test_mapping_any",
        "test_money_page",
        "test_phone_relay",
        "test_ble_commands",
        "test_bank_door",
        "test_examples",
    ),
    *("test_live_writing", "test_bench_unusual", "test_fuzz", "test_account_pages", "test_contract_fuzz", "test_cli"),
    *(
        "test_bench_calls",
        "test_vendor_commands",
        "test_people",
        "test_bench_dispatch",
        "test_compare",
        "test_live_ble",
    ),
)
"""Files that take longest, about the longest first: no process is left alone with one at the end."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave alone what is imported before the first test: looking there for garbage was a third of what tests cost."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(100_000, 10, 5)  # a story's world that was played goes away before the next is large


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the dearest files first; ``--no-loadscope-reorder`` leaves them there."""
    place = {name: number for number, name in enumerate(DEAREST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.fixture(scope="session", autouse=True)
def _one_authority(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test speaks to a public server: httpx would read all whom the world trusts, anew for each request."""
    first, end, _ = Path(certifi.where()).read_text("utf-8").partition("-----END CERTIFICATE-----\n")
    file = tmp_path_factory.mktemp("trusted") / "one.pem"
    file.write_text(first + end)
    os.environ["SSL_CERT_FILE"] = str(file)


CALLAHEAD = "scenarios.cli"
_COMMANDS = (Path(__file__).parents[1] / "scenarios" / "commands").glob("*.py")
COMMANDS = tuple(f"scenarios.commands.{file.stem}" for file in _COMMANDS)
COPIED = "CALLAHEAD_TESTS_COPIED"
"""Environment variable: the folder of the process that is copied, one for all who run tests."""
REAL_PYTHON = sys.executable


def pytest_configure(config: pytest.Config) -> None:
    """Have one process that is copied, for whoever starts our commands."""
    if COPIED not in os.environ:
        copied = Forks((*AT_WORK, CALLAHEAD, *COMMANDS))
        if config.getoption("numprocesses", None):
            copied.warm()  # while tests are collected
        os.environ[COPIED] = str(copied.folder)
        config.add_cleanup(copied.close)


@pytest.fixture(scope="session", autouse=True)
def _copies_of_python() -> Iterator[None]:
    """What our own code starts as ``python -m`` is a copy as well."""
    sys.executable = str(Path(os.environ[COPIED]) / PYTHON)
    yield
    sys.executable = REAL_PYTHON


@pytest.fixture
def real_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is started in this test imports for itself, as at its user's."""
    monkeypatch.setattr(sys, "executable", REAL_PYTHON)


@cache
def forks(module: str = SERVICE) -> Copies:
    """Return what starts copies of a command of ours."""
    return Copies(Path(os.environ[COPIED]), module)


def command(module: str, *words: str, cwd: Path | None = None, timeout_s: float = 60.0, **environment: str) -> Ended:
    """Return what the command of ours came to that ``python -m module`` is."""
    return forks(module).run(*words, cwd=cwd, timeout_s=timeout_s, **environment)


REGISTERED: list[dict[str, Any]] = [
    {
        "device": "volta/car-1",
        "kind": "car",
        "customer": "c-1",
        "provenance": "simulated",
        "paired_phone": "volta/phone-1",
    },
    {"device": "volta/phone-1", "kind": "phone", "customer": "c-1", "provenance": "simulated"},
    {"device": "help/truck-1", "kind": "truck", "provenance": "simulated", "skills": ["battery", "tyre", "tow"]},
]
VENDORS = [{"vendor": name, "provenance": "simulated"} for name in ("volta", "help")]
CUSTOMER = {
    "customer": "c-1",
    "name": "Anna Ozola",
    "phone": "+37120000001",
    "language": "lv",
    "provenance": "simulated",
}


@pytest.fixture
def anyio_backend() -> str:
    """Nothing but asyncio."""
    return "asyncio"


async def until(holds: Callable[[], Any], within_s: float = 60.0) -> None:
    """Let the others run until it holds."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event, and needs none outside tests
            await asyncio.sleep(0.001)


def eventually(what: Callable[[], Any], within_s: float = 30.0) -> Any:
    """Return the first true answer of ``what``; fail where there is none in time."""
    deadline, pause_s = time.monotonic() + within_s, 0.005
    while not (found := what()):
        assert time.monotonic() < deadline, f"still not after {within_s:.0f} s"
        time.sleep(pause_s)
        pause_s = min(1.3 * pause_s, 0.05)  # to ask costs the service as well
    return found


@pytest.fixture(name="eventually")
def _eventually() -> Callable[..., Any]:
    return eventually


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[Callable[..., EmbeddedBroker]]:
    """Start embedded brokers; stop them all at the end."""
    with ExitStack() as stack:

        def start(folder: Path = tmp_path / "broker", **options: Any) -> EmbeddedBroker:
            broker = EmbeddedBroker(folder, **options)
            broker.start()
            stack.callback(broker.stop)
            return broker

        yield start


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Callable[..., BrokerAddress]]:
    """Start Mosquitto, as Debian ships it, with lines added to its settings."""
    binary = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if binary is None and not os.environ.get("CI"):
        pytest.skip("mosquitto is not installed")
    with ExitStack() as stack:

        def start(*lines: str) -> BrokerAddress:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            written = tmp_path / "mosquitto.conf"
            written.write_text(
                "\n".join([f"listener {port} 127.0.0.1", "user root", "max_queued_messages 0", *lines, ""])
            )
            process = subprocess.Popen([binary or "mosquitto", "-c", str(written)], stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            eventually(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
            return BrokerAddress("127.0.0.1", port)

        yield start


@pytest.fixture
def loop_of_its_own() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs on a thread of its own, as the service's does."""
    running = asyncio.new_event_loop()
    thread = threading.Thread(target=running.run_forever)
    thread.start()
    yield running
    running.call_soon_threadsafe(running.stop)
    thread.join()
    running.close()


@pytest.fixture
def make_link(loop_of_its_own: asyncio.AbstractEventLoop) -> Callable[..., Any]:
    """Make links, to be spoken to from the test's thread."""
    return partial(MqttLink, loop=loop_of_its_own)


@pytest.fixture
def publish() -> Callable[..., None]:
    """Send messages as a device would, and wait until the broker has them."""

    def sent(broker: BrokerAddress, *messages: tuple[str, bytes]) -> None:
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.connect(broker.host, broker.port)
        client.loop_start()
        for topic, payload in messages:
            client.publish(topic, payload, qos=1).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()

    return sent


@dataclass(slots=True)
class Served:
    """A running ``callahead-serve``."""

    process: Forked | subprocess.Popen[str]
    http: str
    broker: BrokerAddress

    def stop(self) -> int:
        """Ask it to stop, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()


def _python(cwd: Path, *words: str) -> subprocess.Popen[str]:
    """Start the service of the tree in a folder, as its user does: it imports for itself."""
    command = [REAL_PYTHON, "-m", SERVICE, *words]
    return subprocess.Popen(command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start the service in its own process, on free ports, and wait until it says that it is ready."""
    with ExitStack() as stack:

        def start(*options: str, cwd: Path | None = None, stderr: IO[str] | None = None) -> Served:
            folder = () if "--dir" in options else ("--dir", str(tmp_path / "serve"))
            words = ("--port", "0", "--json", "--stop-with-parent", *options, *folder)
            process = forks().start(*words, stderr=stderr) if cwd is None else _python(cwd, *words)
            stack.callback(process.wait)
            stack.callback(process.kill)
            assert process.stdout
            line = process.stdout.readline()
            assert line, f"it ended with {process.wait()}"
            told = json.loads(line)
            return Served(process, told["http"], BrokerAddress.parse(told["broker"]))

        yield start


@dataclass(slots=True)
class Words:
    """What a few devices say; each event has the next number."""

    vendors: list[dict[str, Any]] = field(default_factory=lambda: [dict(one) for one in VENDORS])
    registered: list[dict[str, Any]] = field(default_factory=lambda: [dict(one) for one in REGISTERED])
    customer: dict[str, Any] = field(default_factory=lambda: dict(CUSTOMER))
    said: int = 0

    def flat_battery(self, at: float | None = None, number: int | None = None) -> tuple[str, bytes]:
        """A car's battery is flat: topic and payload."""
        event = VehicleFaultEvent.model_validate(
            self._head("volta/car-1", at, number)
            | {
                "data": {
                    "codes": [{"code": "P0562"}],
                    "freeze_frame": {
                        "Vehicle.Powertrain.CombustionEngine.IsRunning": False,
                        "Vehicle.LowVoltageBattery.CurrentVoltage": 8.1,
                    },
                    "position": self._position(at),
                }
            }
        )
        return "callahead/v1/volta/car-1/event", event.encode()

    def truck(self, at: float | None = None, **more: Any) -> tuple[str, bytes]:
        """A truck says where it is, and perhaps how its job stands: topic and payload."""
        event = TruckStatusEvent.model_validate(
            self._head("help/truck-1", at, None) | {"data": {"position": self._position(at), **more}}
        )
        return "callahead/v1/help/truck-1/event", event.encode()

    def _head(self, device: str, at: float | None, number: int | None) -> dict[str, Any]:
        self.said += 1
        seq = self.said if number is None else number
        return {"source": f"/{device}", "id": f"1-{seq}", "time": _iso(at), "provenance": "simulated"}

    def _position(self, at: float | None) -> dict[str, Any]:
        return {"latitude": 56.95, "longitude": 24.1, "accuracy_m": 8.0, "fix_time": _iso(at)}


def _iso(at: float | None) -> str:
    return datetime.fromtimestamp(time.time() if at is None else at, UTC).isoformat()


@pytest.fixture
def words() -> Words:
    """What a few devices say."""
    return Words()
