"""``callahead vendor``: simulated devices on real brokers, each with one fault, and the service that hears a recording."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from firmware_sim.device.fix import Fix
from firmware_sim.device.uplink import Outgoing, Uplink
from firmware_sim.kinds.car.device import Car
from firmware_sim.links.lines import OwnLine
from firmware_sim.links.mqtt import MqttFleet
from gateway.contract.broker_address import BrokerAddress
from gateway.contract.commands import NoticeCommand, parse_command
from scenarios.service.forks import Ended
from scenarios.vendor_kit.check import Mark, check, holds
from scenarios.vendor_kit.heard import HeardMessage
from scenarios.vendor_kit.replay import play
from scenarios.vendor_kit.watch import WatchPlan, watch
from tests.conftest import command

ROOT = Path(__file__).parents[2]
Words = Any
"""What the fixture of that name gives."""
Change = Callable[[Outgoing, int], Outgoing | None]
"""From what a good device sends, and its how-manieth event it is, to what the faulty one does."""


def every_fifth(**attributes: object) -> Change:
    """Return what changes attributes of every fifth event."""

    def change(sent: Outgoing, number: int) -> Outgoing:
        if sent.key is None or number % 5:
            return sent
        return replace(sent, payload=json.dumps(json.loads(sent.payload) | attributes).encode())

    return change


def lost(sent: Outgoing, number: int) -> Outgoing | None:
    """Count events that are never sent."""
    return sent if sent.key is None or number % 5 else None


def no_json(sent: Outgoing, number: int) -> Outgoing:
    """Write every fifth event without care."""
    return sent if sent.key is None or number % 5 else replace(sent, payload=sent.payload[:-1])


def not_retained(sent: Outgoing, _number: int) -> Outgoing:
    """Forget the retain flag."""
    return replace(sent, retain=False)


def unchanged(sent: Outgoing, _number: int) -> Outgoing:
    """Send what is to be sent."""
    return sent


@dataclass
class FaultyLine:
    """A device's line, with a fault of its firmware in it."""

    line: Uplink
    change: Change
    has_will: bool = True
    number: int = 0

    def open(self, last_will: Outgoing) -> None:
        """Connect, with the last will or without."""
        if self.has_will:
            self.line.open(last_will)
        else:
            assert isinstance(self.line, OwnLine)
            self.line.connection.open(None)

    def send(self, outgoing: Outgoing) -> None:
        """Send what the faulty firmware makes of it."""
        self.number += outgoing.key is not None
        changed = self.change(outgoing, self.number)
        if changed is not None:
            self.line.send(changed)

    def cut(self) -> None:
        """Lose the connection."""
        self.line.cut()


@dataclass
class Patient:
    """A simulated car, and what is wrong with it."""

    rule: str | None
    """The rule it breaks."""
    change: Change = unchanged
    has_will: bool = True
    clock: float = 0.0
    """Seconds its clock is ahead."""
    fix: tuple[float, float] = (56.95, 24.1)

    @property
    def car(self) -> str:
        """Its name, after its fault."""
        return f"volta/{self.rule or 'good'}"


PATIENTS = [
    Patient(None),
    Patient("last-will", has_will=False),
    Patient("sequence", lost),
    Patient("clock", clock=-3_600.0),
    Patient("time-in-future", clock=3_600.0),
    Patient("card-number", every_fifth(note="4111-1111-1111-1111")),
    Patient("state-retained", not_retained),
    Patient("position-plausible", fix=(0.0, 0.0)),
    Patient("source-mismatch", every_fifth(source="/volta/somebody-else")),
    Patient("not-json", no_json),
]


@dataclass
class Street:
    """The patients on one broker, driven by one thread until they are cut off or it ends."""

    address: BrokerAddress
    told: list[bytes] = field(default_factory=list)
    to_cut: set[str] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    def drive(self) -> None:
        """Have every car report five times a second."""
        cars = {patient.car: (patient, Car(patient.car)) for patient in PATIENTS}
        fleet = MqttFleet(
            f"mqtt://{self.address.host}:{self.address.port}",
            [car for _, car in cars.values()],
            run="street",
            on_command=lambda _, payload: self.told.append(payload),
            on_rejected=lambda *_: None,
        )
        with fleet:
            for patient, car in cars.values():
                assert car.uplink
                car.uplink = FaultyLine(car.uplink, patient.change, patient.has_will)
                car.go_online(time.time() + patient.clock)
            while not self.over.wait(0.2):
                self._report(cars)

    def _report(self, cars: dict[str, tuple[Patient, Car]]) -> None:
        for name, (patient, car) in cars.items():
            if name in self.to_cut:
                car.go_offline()
                continue
            now = time.time() + patient.clock
            car.sensors.fix = Fix(*patient.fix, 8.0, now)
            car.status(now)


@pytest.fixture(params=["embedded", "mosquitto"])
def street(request: pytest.FixtureRequest) -> Iterator[Street]:
    """The patients on either broker."""
    address = (
        request.getfixturevalue("nats")().address
        if request.param == "embedded"
        else request.getfixturevalue("mosquitto")("allow_anonymous true")
    )
    made = Street(address)
    driving = threading.Thread(target=made.drive)
    driving.start()
    yield made
    made.over.set()
    driving.join()


def vendor(*words: str) -> Ended:
    """Run ``callahead vendor``."""
    return command("scenarios.cli", "vendor", *words, cwd=ROOT)


def test_each_device_fails_by_its_own_fault_alone(street: Street) -> None:
    """Ten devices at once on a real broker, each with another fault, all watched, driven and cut: each its rule."""

    def examine(patient: Patient) -> tuple[str, set[str]]:
        plan = WatchPlan(3.0, cut_within=4.0, drive=True)
        watched, version = watch(street.address, patient.car, plan, lambda _: street.to_cut.add(patient.car))
        assert version in {"5", "3.1.1"}
        judged = check(watched)
        return patient.car, {one.rule for one in judged if one.finding.mark is Mark.FAILED}

    with ThreadPoolExecutor(len(PATIENTS)) as wards:
        found = dict(wards.map(examine, PATIENTS))
    assert found == {patient.car: {patient.rule} if patient.rule else set() for patient in PATIENTS}
    assert len([one for one in map(parse_command, street.told) if isinstance(one, NoticeCommand)]) == len(PATIENTS)


def test_the_command_line_reports_and_its_exit_code_is_the_verdict(street: Street) -> None:
    """0 for a good device, as JSON; 1 for a bad one, with the rule and the offending message quoted, its card masked."""
    where = ("--broker", f"mqtt://{street.address.host}:{street.address.port}", "--seconds", "2")
    good = vendor("check", *where, "--device", "volta/good", "--json")
    assert good.returncode == 0, good.stdout
    told = json.loads(good.stdout)
    assert told["passed"]
    assert {"rule", "claim", "mark", "detail"} <= set(told["rules"][0])
    bad = vendor("check", *where, "--device", "volta/card-number")
    assert bad.returncode == 1
    assert "card-number: " in bad.stdout
    assert "[card …1111]" in bad.stdout
    assert "4111-1111" not in bad.stdout + bad.stderr
    assert not street.told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "--broker", "mqtt://127.0.0.1:1", "--device", "v/d"), "no MQTT broker at mqtt://127.0.0.1:1"),
        (("check", "--broker", "broker", "--device", "v/d"), "Write mqtt://user:password@host:port"),
        (("check", "--broker", "mqtt://127.0.0.1:1", "--device", "V"), "it is written vendor/device"),
        (("check", "--device", "v/d"), "--broker"),
        (("replay", "/nowhere.jsonl", "--broker", "mqtt://127.0.0.1:1"), "/nowhere.jsonl: No such file"),
        (("replay", "README.md", "--broker", "mqtt://127.0.0.1:1"), "README.md:1: the line"),
    ],
)
def test_bad_input_ends_with_2(words: tuple[str, ...], said: str) -> None:
    """A broker that is not there, an address, a device or a file that cannot be read: one line, no traceback."""
    done = vendor(*words)
    assert done.returncode == 2
    assert said in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_a_broker_that_refuses_is_told(mosquitto: Callable[..., BrokerAddress]) -> None:
    """Wrong credentials: exit code 2 and what to check."""
    done = vendor("check", "--broker", str(mosquitto("allow_anonymous false")), "--device", "v/d", "--seconds", "1")
    assert (done.returncode, "Check user and password" in done.stderr) == (2, True)


@dataclass
class Known:
    """A service that knows the devices, and each vendor's way to its broker."""

    http: str
    brokers: dict[str, str]
    """Vendor → address with its credential."""


@pytest.fixture
def known(serve: Callable[..., Any], words: Words) -> Known:
    """A service on its embedded broker, which enforces rights."""
    served = serve()

    def post(path: str, body: Any) -> Any:
        return httpx.post(f"{served.http}/api/v1/{path}", json=body).raise_for_status().json()

    for path, body in (("vendors", words.vendors), ("devices", words.registered), ("customers", [words.customer])):
        post(path, body)
    keys = {name: post(f"vendors/{name}/credentials", {}) for name in ("volta", "help")}
    where = f"{served.broker.host}:{served.broker.port}"
    return Known(
        served.http, {name: f"mqtt://{key['username']}:{key['password']}@{where}" for name, key in keys.items()}
    )


def test_a_recording_played_again_opens_the_case(
    known: Known, words: Words, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    """What a truck and a car with a flat battery said in an hour feeds the service in a second, by its vendor's credential."""
    said = {"help": [words.truck()], "volta": [words.flat_battery(), words.flat_battery()]}
    for name, messages in said.items():
        file = tmp_path / f"{name}.jsonl"
        lines = [{"at": 3_600 * n, "topic": t, "payload": p.decode()} for n, (t, p) in enumerate(messages)]
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        done = vendor("replay", str(file), "--broker", known.brokers[name], "--speed", "3600", "--json")
        assert (done.returncode, json.loads(done.stdout)["sent"]) == (0, len(messages)), done.stderr
    (case,) = eventually(lambda: httpx.get(f"{known.http}/api/v1/cases").json())
    assert case["device"] == "volta/car-1"
    assert case["help"]["truck"] == "help/truck-1"


def test_a_vendors_own_credential_is_enough(known: Known) -> None:
    """On the service's broker: a registered device passes; one it does not know fails by what the service says."""
    with ThreadPoolExecutor() as checks:
        over = threading.Event()
        driving = checks.submit(_drive, known.brokers["volta"], ["volta/car-1", "volta/stranger"], over)
        where = ("--broker", known.brokers["volta"], "--seconds", "3", "--drive", "--json", "--device")
        good, stranger = checks.map(lambda name: vendor("check", *where, name), ("volta/car-1", "volta/stranger"))
        over.set()
        driving.result()
    marks = {one["rule"]: one["mark"] for one in json.loads(good.stdout)["rules"]}
    assert (good.returncode, marks["heard"], marks["command"]) == (0, "passed", "not seen"), good.stdout
    marks = {one["rule"]: one["mark"] for one in json.loads(stranger.stdout)["rules"]}
    assert (stranger.returncode, [rule for rule, mark in marks.items() if mark == "failed"]) == (1, ["unknown-device"])


def test_another_vendors_credential_is_not(known: Known) -> None:
    """The broker does not let it read: exit code 2, and which credential it takes."""
    done = vendor("check", "--broker", known.brokers["help"], "--device", "volta/car-1", "--seconds", "1")
    assert (done.returncode, "use its vendor's credential" in done.stderr) == (2, True)


def _drive(broker: str, names: list[str], over: threading.Event) -> None:
    cars = [Car(name) for name in names]
    with MqttFleet(broker, cars, run="known", on_command=lambda *_: None, on_rejected=lambda *_: None):
        for car in cars:
            car.go_online(time.time())
        while not over.wait(0.2):
            for car in cars:
                car.status(time.time())


def test_what_is_recorded_can_be_played(street: Street, tmp_path: Path) -> None:
    """A recording holds events and state as they were sent, and plays to the same broker under the same verdict."""
    file, broker = tmp_path / "said.jsonl", f"mqtt://{street.address.host}:{street.address.port}"
    done = vendor("record", str(file), "--broker", broker, "--device", "volta/good", "--seconds", "1.5")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["topic"].rpartition("/")[2] for line in lines} == {"event", "state"}
    street.over.set()
    assert vendor("replay", str(file), "--broker", broker, "--speed", "100").returncode == 0


@pytest.fixture
def closed(mosquitto: Callable[..., BrokerAddress], tmp_path: Path) -> BrokerAddress:
    """Mosquitto where anybody may read and nobody may write."""
    rights = tmp_path / "rights"
    rights.write_text("topic read callahead/#\n")
    return mosquitto("allow_anonymous true", f"acl_file {rights}")


def test_mosquitto_tells_a_publisher_of_mqtt_5_that_it_may_not(closed: BrokerAddress, tmp_path: Path) -> None:
    """PUBACK 0x87, "Not authorized": the kit passes it on and ends with 1."""
    file = tmp_path / "said.jsonl"
    file.write_text('{"at": 0, "topic": "callahead/v1/v/d/event", "payload": "{}"}\n')
    done = vendor("replay", str(file), "--broker", str(closed))
    assert done.returncode == 1
    assert "callahead/v1/v/d/event: Not authorized" in done.stderr


def test_a_publisher_of_mqtt_3_1_1_is_told_success(closed: BrokerAddress) -> None:
    """What the kit's README warns of: the same refusal looks like success."""
    client, answers = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311), []
    client.on_publish = lambda *told: answers.append(told[3].is_failure)
    client.connect(closed.host, closed.port)
    client.loop_start()
    client.publish("callahead/v1/v/d/event", b"{}", qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
    assert answers == [False]


def test_user_properties_cannot_be_played_to_a_broker_without_them(nats: Callable[..., Any]) -> None:
    """MQTT 3.1.1 has none: the kit says so, instead of sending events without their attributes."""
    from scenarios.vendor_kit.heard import KitError  # noqa: PLC0415 - for this claim alone

    binary = HeardMessage(0.0, "callahead/v1/v/d/event", b"{}", properties=(("id", "1-1"),))
    with pytest.raises(KitError, match=r"speaks MQTT 3\.1\.1"):
        play(nats().address, [binary], 1.0)


def test_a_watch_of_nothing_fails(nats: Callable[..., Any]) -> None:
    """A device that says nothing has not passed."""
    watched, _ = watch(nats().address, "v/d", WatchPlan(0.2), lambda _: None)
    assert not holds(check(watched))
