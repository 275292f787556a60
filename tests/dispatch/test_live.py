"""``callahead-serve`` in its own process, on real brokers: it starts, refuses, is killed, goes on, leaves nothing."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from dispatch.core.decisions import DECISIONS_VERSION
from gateway.contract.broker_address import BrokerAddress
from tests.conftest import REAL_PYTHON, command, forks

Words = Started = Embedded = Any
"""What fixtures give: see there."""
ROOT = Path(__file__).parents[2]


VENDORS = ("volta", "help")


class Vendors:
    """Two vendors' devices, each vendor's on one connection, and what they were told."""

    def __init__(self, served: Started) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        _post(served, "/vendors", [{"vendor": name, "provenance": "simulated"} for name in VENDORS])
        self._lines = {name: self._connect(served, name) for name in VENDORS}

    def _connect(self, served: Started, name: str) -> paho.Client:
        key = _post(served, f"/vendors/{name}/credentials", {})
        line = paho.Client(CallbackAPIVersion.VERSION2, f"vendor-{name}")
        line.username_pw_set(key["username"], key["password"])
        line.on_message = lambda _client, _user, message: self.told.append(
            (message.topic.rpartition("/")[2], json.loads(message.payload))
        )
        line.connect(served.broker.host, served.broker.port)
        line.loop_start()
        for channel in ("command", "rejected"):
            line.subscribe(f"callahead/v1/{name}/+/{channel}", qos=1)
        return line

    def say(self, message: tuple[str, bytes]) -> None:
        """Publish, and return once the broker has it."""
        self._lines[message[0].split("/")[2]].publish(*message, qos=1).wait_for_publish(10)

    def on(self, channel: str) -> list[dict[str, Any]]:
        """What came down on one channel."""
        return [body for name, body in self.told if name == channel]

    def stop(self) -> None:
        """Hang up."""
        for line in self._lines.values():
            line.disconnect()
            line.loop_stop()


Connect = Callable[[Started], Vendors]


@pytest.fixture
def vendor() -> Iterator[Connect]:
    """Register and connect two vendors; hang up at the end."""
    with ExitStack() as stack:

        def connect(served: Started) -> Vendors:
            made = Vendors(served)
            stack.callback(made.stop)
            return made

        yield connect


def _get(served: Started, path: str) -> Any:
    return httpx.get(f"{served.http}/api/v1{path}").raise_for_status().json()


def _post(served: Started, path: str, body: Any) -> Any:
    return httpx.post(f"{served.http}/api/v1{path}", json=body).raise_for_status().json()


def _register(served: Started, words: Words) -> None:
    _post(served, "/vendors", words.vendors)
    _post(served, "/devices", words.registered)
    _post(served, "/customers", [words.customer])


def _exit(*options: str) -> tuple[int, str]:
    """Start the service where it must refuse to, and return its exit code and what it said."""
    ended = command("dispatch.cli.serve", *options)
    return ended.returncode, ended.stderr


@pytest.fixture(params=["embedded", "mosquitto"])
def started(request: pytest.FixtureRequest, serve: Callable[..., Any]) -> Started:
    """A service on either broker."""
    if request.param == "embedded":
        return serve()
    return serve("--broker", str(request.getfixturevalue("mosquitto")("allow_anonymous true")))


def test_the_whole_way(started: Started, vendor: Connect, words: Words, eventually: Callable[..., Any]) -> None:
    """A fault on MQTT: a truck is offered the job, the driver is told to stop, an agent gets the call; a clean end.

    The owner's phone shows both: that they should stop, and that we ring.
    """
    _register(started, words)
    devices = vendor(started)
    devices.say(words.truck())
    devices.say(words.flat_battery())
    told = eventually(lambda: devices.on("command") if len(devices.on("command")) == 4 else None)
    assert Counter(command["type"] for command in told) == {
        "callahead.command.stop-safely.v1": 1,
        "callahead.command.job-offer.v1": 1,
        "callahead.command.notice.v1": 2,
    }
    brief = _post(started, "/agents/a-1/claim", {"languages": ["lv"], "provenance": "simulated"})
    assert brief["customer"]["name"] == "Anna Ozola"
    assert started.stop() == 0


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        (("callahead/v1/volta/car-1/event", b"{nonsense"), "not-json"),
        (("callahead/v1/volta/car-1/event", b"[]"), "not-a-cloudevent"),
        (("callahead/v1/volta/car-1/events", b"{}"), "wrong-topic"),
        (("callahead/v1/volta/car-1/event", b" " * 300_000), "too-large"),
    ],
)
def test_bad_input_is_answered(
    embedded: Embedded, vendor: Connect, message: tuple[str, bytes], rule: str, eventually: Callable[..., Any]
) -> None:
    """On ``…/rejected``, with the rule it breaks; counted; and the service goes on."""
    devices = vendor(embedded)
    before = _get(embedded, "/vendors/volta/rejections")["counts"].get(rule, 0)
    devices.say(message)
    assert eventually(lambda: devices.on("rejected"))[0]["type"] == f"urn:callahead:rule:{rule}"
    assert _get(embedded, "/vendors/volta/rejections")["counts"][rule] == before + 1


def test_who_asks_gets_a_receipt(
    started: Started, vendor: Connect, words: Words, eventually: Callable[..., Any]
) -> None:
    """Accepted once, then repeat, then refused with the rule: on the command topic, each behind what is stored."""
    _register(started, words)
    devices = vendor(started)
    topic, plain = words.flat_battery()
    asked = json.loads(plain) | {"receipt": "wanted"}
    for message in (asked, asked, asked | {"id": "1-77", "data": {"codes": []}}):
        devices.say((topic, json.dumps(message).encode()))

    def receipts() -> list[dict[str, Any]]:
        return [one["data"] for one in devices.on("command") if one["type"] == "callahead.receipt.v1"]

    told = eventually(lambda: receipts() if len(receipts()) == 3 else None)
    assert [one["verdict"] for one in told] == ["accepted", "repeat", "refused"]
    assert [one["event_id"] for one in told] == [asked["id"], asked["id"], "1-77"]
    rejected = eventually(lambda: devices.on("rejected"))
    assert (told[2]["rule"], rejected[0]["sha256"]) == ("invalid-value", told[2]["sha256"])
    assert _get(started, "/totals")["cases"] == 1


def test_a_receipt_that_a_crash_swallowed_comes_with_the_repeat(
    serve: Callable[..., Any], vendor: Connect, words: Words, eventually: Callable[..., Any]
) -> None:
    """After kill -9 the event, sent again, is told to have been taken before: nothing is lost, nothing is doubled."""
    first = serve()
    _register(first, words)
    topic, plain = words.flat_battery()
    asked = (topic, json.dumps(json.loads(plain) | {"receipt": "wanted"}).encode())
    vendor(first).say(asked)
    eventually(lambda: _get(first, "/totals")["cases"] == 1)
    first.kill()
    again = serve()
    devices = vendor(again)
    devices.say(asked)

    def verdicts() -> set[str]:
        return {one["data"]["verdict"] for one in devices.on("command") if one["type"] == "callahead.receipt.v1"}

    eventually(lambda: "repeat" in verdicts())
    assert _get(again, "/totals")["cases"] == 1


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One service for several claims."""
    folder = tmp_path_factory.mktemp("serve")
    with forks().start("--port", "0", "--json", "--dir", str(folder)) as process:
        assert process.stdout
        told = json.loads(process.stdout.readline())
        yield SimpleNamespace(http=told["http"], broker=BrokerAddress.parse(told["broker"]), folder=folder)
        process.terminate()
        assert process.wait(15) == 0


def test_a_killed_service_goes_on_where_it_was(
    serve: Callable[..., Any], vendor: Connect, words: Words, eventually: Callable[..., Any]
) -> None:
    """After kill -9, started again on the same folder: the case is there, the fault again is no second tow or call."""
    first = serve()
    _register(first, words)
    devices = vendor(first)
    devices.say(words.truck())
    fault = words.flat_battery()
    devices.say(fault)
    eventually(lambda: _get(first, "/totals")["tows"] == 1)
    before = _get(first, "/cases")[0]
    first.kill()
    again = serve()
    devices = vendor(again)
    devices.say(fault)
    devices.say(words.truck(job={"id": f"{before['case']}/tow", "state": "accepted"}))
    after = eventually(lambda: [case for case in _get(again, "/cases") if case["help"]["state"] == "promised"])
    assert [case["case"] for case in after] == [before["case"]]
    totals = _get(again, "/totals")
    assert (totals["cases"], totals["tows"], totals["calls_waiting"]) == (1, 1, 1)
    rows = _get(again, "/ledger")["rows"]
    started = [row for row in rows if row["type"] == "ServiceStarted"]
    assert started[0]["seq"] == 1, "before anything else is heard, and again at each start"
    (before_it,) = [row for row in rows if row["seq"] == started[1]["seq"] - 1]
    assert json.loads(started[1]["body"]) == {
        "decisions_version": DECISIONS_VERSION,
        "silent_since": before_it["at"],
        "key": None,
    }


def test_an_agent_who_waited_before_a_crash_is_not_counted_on(
    serve: Callable[..., Any], vendor: Connect, words: Words, eventually: Callable[..., Any]
) -> None:
    """Nobody is on the line to them any more: the call waits for one who claims it."""
    first = serve()
    _register(first, words)
    agent = {"languages": ["lv"], "provenance": "simulated", "wait_s": 30}
    with httpx.Client() as line:

        def wait() -> None:
            with pytest.raises(httpx.TransportError):
                line.post(f"{first.http}/api/v1/agents/a-1/claim", json=agent, timeout=30)

        waiting = threading.Thread(target=wait)
        waiting.start()
        eventually(lambda: any(row["type"] == "AgentBecameFree" for row in _get(first, "/ledger")["rows"]))
        first.kill()
        waiting.join()
    again = serve()
    vendor(again).say(words.flat_battery())
    eventually(lambda: _get(again, "/queue"))
    assert _post(again, "/agents/a-2/claim", agent)["attempt"] == 1


def test_a_broker_that_dies_is_started_again(
    serve: Callable[..., Any], vendor: Connect, words: Words, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    """On its port and with its store; the service connects again by itself and loses nothing."""
    served = serve()
    _register(served, words)
    subprocess.run(["kill", "-9", str(_broker_of(served.process.pid))], check=True)
    eventually(lambda: _get(served, "/health")["status"] == "degraded")
    eventually(lambda: _get(served, "/health")["status"] == "ok")
    devices = vendor(served)
    devices.say(words.flat_battery())
    eventually(lambda: _get(served, "/totals")["cases"] == 1)
    assert "Server is ready" in (tmp_path / "serve" / "broker" / "nats-server.log").read_text()


def test_nothing_is_left_running(serve: Callable[..., Any], eventually: Callable[..., Any]) -> None:
    """Whoever started it closes the pipe, with a request still open: the service ends in order, the broker with it."""
    served = serve()
    broker = _broker_of(served.process.pid)
    assert Path(f"/proc/{broker}").exists()
    with httpx.stream("GET", f"{served.http}/api/v1/health"):
        served.process.stdin.close()
        assert served.process.wait(15) == 0
    eventually(lambda: not Path(f"/proc/{broker}").exists())


def _broker_of(pid: int) -> int:
    """Return the process id of a service's broker."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def test_it_starts_without_the_world(tmp_path: Path, serve: Callable[..., Any], vendor: Connect, words: Words) -> None:
    """With ``firmware_sim/`` and ``scenarios/`` deleted it serves vendors' devices all the same."""
    for package in ("gateway", "dispatch"):
        shutil.copytree(ROOT / package, tmp_path / "tree" / package, ignore=shutil.ignore_patterns("__pycache__"))
    hidden = tmp_path / "tree" / "sitecustomize.py"
    hidden.write_text(
        "import sys\nfor name in ('firmware_sim', 'scenarios', 'simpy', 'paho'):\n    sys.modules[name] = None\n"
    )
    served = serve("--open-demo", cwd=tmp_path / "tree")
    vendor(served).say(words.flat_battery())
    assert _get(served, "/health")["status"] == "ok"


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    """Exit code 2, naming the port and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = _exit("--port", str(port), "--dir", str(tmp_path))
    assert code == 2
    assert f"port {port} on 127.0.0.1 cannot be used" in said
    assert "--port 0" in said


def test_a_folder_in_use_is_told(embedded: Embedded) -> None:
    """Two services on one store would send two tows."""
    code, said = _exit("--port", "0", "--dir", str(embedded.folder))
    assert (code, "another service runs on" in said) == (2, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--broker", "broker:1883"), "Write mqtt://user:password@host:port"),
        (("--broker", "embedded://broker:no"), "Write embedded://host:port"),
        (("--mqtt-client", "paho", "--broker", "broker:1883"), "--mqtt-client chooses nothing any more"),
        (("--clock", "/nix/clock.json"), "the clock file /nix/clock.json cannot be read"),
    ],
)
def test_a_bad_option_is_told(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    """Exit code 2 and one line."""
    code, told = _exit("--port", "0", "--dir", str(tmp_path), *options)
    assert code == 2
    assert said in told
    assert "Traceback" not in told


def test_wrong_credentials_are_told(tmp_path: Path, mosquitto: Callable[..., BrokerAddress]) -> None:
    """Trying again would not help: exit code 2."""
    code, told = _exit("--port", "0", "--dir", str(tmp_path), "--broker", str(mosquitto("allow_anonymous false")))
    assert code == 2
    assert "check user and password" in told


def test_a_missing_broker_is_waited_for(tmp_path: Path) -> None:
    """The service says which broker and what to do, and keeps trying until it is stopped."""
    command = [
        REAL_PYTHON,
        "-m",
        "dispatch.cli.serve",
        "--port",
        "0",
        "--dir",
        str(tmp_path),
        "--broker",
        "mqtt://127.0.0.1:1",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stderr
        said = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
    assert "no broker answers at mqtt://127.0.0.1:1" in said


def test_a_story_has_its_own_time(serve: Callable[..., Any], tmp_path: Path, eventually: Callable[..., Any]) -> None:
    """The service's clock stands still until the story begins, and then runs at its rate."""
    clock = tmp_path / "clock.json"
    clock.write_text(json.dumps({"start": 1_000_000.0, "rate": 3_600.0, "anchor": None}))
    served = serve("--clock", str(clock))
    assert _get(served, "/health")["now"] == 1_000_000.0
    begun = tmp_path / "begun.json"
    begun.write_text(json.dumps({"start": 1_000_000.0, "rate": 3_600.0, "anchor": time.time()}))
    begun.replace(clock)
    eventually(lambda: _get(served, "/health")["now"] > 1_000_600.0)
