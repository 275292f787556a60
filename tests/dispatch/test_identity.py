"""Who may connect, send and read: devices and vendors with credentials, on the embedded broker and on Mosquitto."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.access.authority import Authority
from gateway.contract.broker_address import BrokerAddress
from tests.conftest import command, forks

ROOT = Path(__file__).parents[2]
CHANNELS = ("event", "state", "command", "rejected")
REFUSED = {134, 135}
"""Bad user name or password, not authorised: CONNACK 4 and 5 of MQTT 3.1.1, as paho tells them."""
Eventually = Callable[..., Any]


def freed_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass(slots=True)
class Guarded:
    """A service whose broker knows who may connect."""

    make: str
    http: str
    plain: BrokerAddress
    tls: BrokerAddress
    certificates: BrokerAddress
    folder: Path

    def post(self, path: str, body: Any, expected: int = 200) -> Any:
        """Post; the answer's body."""
        answer = httpx.post(f"{self.http}/api/v1{path}", json=body, timeout=30)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        """Read."""
        return httpx.get(f"{self.http}/api/v1{path}").raise_for_status().json()

    def delete(self, path: str, expected: int = 204) -> None:
        """Take away."""
        assert httpx.delete(f"{self.http}/api/v1{path}", timeout=30).status_code == expected

    def key(self, name: str, **wanted: Any) -> Any:
        """Return a credential, of a device that is registered on the way, or of a vendor."""
        vendor, _, device = name.partition("/")
        self.post("/vendors", [{"vendor": vendor, "provenance": "simulated"}])
        if device:
            kind = device.partition("-")[0]
            self.post("/devices", [{"device": name, "kind": kind, "customer": "c-1", "provenance": "simulated"}])
        return self.post(f"/{'devices' if device else 'vendors'}/{name}/credentials", wanted)


@dataclass(slots=True)
class Line:
    """A device's connection, and what it was answered."""

    client: paho.Client
    connack: list[int] = field(default_factory=list)
    subacks: dict[int, list[int]] = field(default_factory=dict)
    pubacks: dict[int, int] = field(default_factory=dict)
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """The broker does not take it."""
        return bool(self.connack) and self.connack[-1] in REFUSED

    @property
    def taken(self) -> bool:
        """The broker has taken it."""
        return bool(self.connack) and self.connack[-1] == 0

    def say(self, topic: str, payload: bytes = b"{}") -> int:
        """Publish with QoS 1."""
        return self.client.publish(topic, payload, qos=1).mid

    def read(self, topic_filter: str, eventually: Eventually) -> int:
        """Subscribe, and return the code of the SUBACK."""
        _, mid = self.client.subscribe(topic_filter, qos=1)
        return int(eventually(lambda: self.subacks.get(mid or 0))[0])


@pytest.fixture
def line() -> Iterator[Callable[..., Line]]:
    """Open connections; close them at the end."""
    with ExitStack() as stack:

        def connect(address: BrokerAddress, name: str | None, password: str = "", **more: Any) -> Line:
            client = paho.Client(
                CallbackAPIVersion.VERSION2,
                f"t-{time.monotonic_ns()}",
                protocol=more.get("protocol", paho.MQTTv311),
                reconnect_on_failure=more.get("again", False),
            )
            made = _wired(client)
            if name:
                client.username_pw_set(name, password)
            if address.tls:
                client.tls_set_context(_trusting(more["authority"], more.get("files")))
            client.connect_async(address.host, address.port)
            client.loop_start()
            stack.callback(client.loop_stop)
            stack.callback(client.disconnect)
            return made

        yield connect


def tried(line: Line, topic: str, eventually: Eventually) -> None:
    """Publish what may be denied, and return once the broker has dealt with it. Mosquitto 2.0.11 hangs up at once."""
    eventually(lambda: line.taken)
    sent = line.say(topic, b"{forged")
    eventually(lambda: sent in line.pubacks or line.lost)


def _wired(client: paho.Client) -> Line:
    line = Line(client)
    client.on_connect = lambda _client, _user, _flags, code, _properties: line.connack.append(code.value)
    client.on_connect_fail = lambda _client, _user: line.lost.append("no connection")
    client.on_disconnect = lambda _client, _user, _flags, code, _properties: line.lost.append(str(code))
    client.on_subscribe = lambda _client, _user, mid, codes, _properties: line.subacks.__setitem__(
        mid, [code.value for code in codes]
    )
    client.on_publish = lambda _client, _user, mid, code, _properties: line.pubacks.__setitem__(mid, code.value)
    client.on_message = lambda _client, _user, message: line.heard.append((message.topic, message.payload))
    return line


def _trusting(authority: str, files: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority)
    if files:
        context.load_cert_chain(files / "client.pem", files / "client.key")
    return context


def _written(folder: Path, key: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "client.pem").write_text(key["certificate"]["certificate"])
    (folder / "client.key").write_text(key["certificate"]["private_key"])
    (folder / "ca.pem").write_text(key["authority"])
    return folder


@pytest.fixture(scope="module", params=["embedded", "mosquitto"])
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """One service for several claims, on either broker, with a listener for TLS and one for certificates."""
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        options = ["--broker", "embedded", "--tls", "0", "--certificates", "0"]
        if request.param == "mosquitto":
            options = _beside_mosquitto(folder, stack)
        log = stack.enter_context((folder / "serve.log").open("w"))
        process = forks().start("--port", "0", "--json", "--dir", str(folder / "serve"), *options, stderr=log)
        stack.callback(process.wait, 15)
        stack.callback(process.terminate)
        assert process.stdout
        told = json.loads(process.stdout.readline())
        addresses = [BrokerAddress.parse(told[name]) for name in ("broker", "broker_tls", "broker_certificates")]
        yield Guarded(request.param, told["http"], *addresses, folder)


def _beside_mosquitto(folder: Path, stack: ExitStack) -> list[str]:
    """Start a Mosquitto on what ``callahead broker-config`` writes; return the service's options."""
    binary = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if binary is None:
        pytest.skip("mosquitto is not installed")
    plain, tls, certificates = (freed_port() for _ in range(3))
    doors = ["--tls", str(tls), "--certificates", str(certificates)]
    words = ("broker-config", "--for", "mosquitto", "--port", str(plain), *doors)
    folders = ["--dir", str(folder / "mosquitto"), "--store", str(folder / "serve")]
    written = command("scenarios.cli", *words, *folders)
    assert written.returncode == 0, written.stderr
    log = stack.enter_context((folder / "mosquitto.log").open("w"))
    process = subprocess.Popen([binary, "-v", "-c", str(folder / "mosquitto" / "mosquitto.conf")], stderr=log)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return [*written.stdout.split()[1:], "--mosquitto", str(folder / "mosquitto"), *doors]


def test_a_device_says_its_own(guarded: Guarded, line: Callable[..., Line], words: Any, eventually: Eventually) -> None:
    """With its password: its event becomes a case. The command that follows comes down to it and to nobody else."""
    guarded.post("/customers", [words.customer])
    key = guarded.key("volta/car-1")
    spy = guarded.key("other")
    car, other = line(guarded.plain, "volta/car-1", key["password"]), line(guarded.plain, "other", spy["password"])
    eventually(lambda: car.taken and other.taken)
    car.read("callahead/v1/volta/car-1/command", eventually)
    for wide in ("callahead/v1/volta/+/command", "callahead/v1/+/+/event", "callahead/v1/#", "#"):
        code = other.read(wide, eventually)
        assert code == 0x80 or guarded.make == "mosquitto"  # Mosquitto grants it, and delivers nothing
    car.say(*words.flat_battery())
    eventually(lambda: car.heard)
    assert guarded.get("/totals")["cases"] == 1
    assert other.heard == []


def test_a_device_does_not_say_anothers(guarded: Guarded, line: Callable[..., Line], eventually: Eventually) -> None:
    """What it publishes for another device, or as a command, reaches neither the service nor the other device."""
    keys = {name: guarded.key(name)["password"] for name in ("volta/car-2", "volta/car-3", "other/car-3")}
    victims = [line(guarded.plain, name, keys[name]) for name in ("volta/car-3", "other/car-3")]
    eventually(lambda: all(one.taken for one in victims))
    for name, victim in zip(("volta/car-3", "other/car-3"), victims, strict=True):
        for channel in ("command", "rejected"):
            assert victim.read(f"callahead/v1/{name}/{channel}", eventually) == 1
    forged = [f"{name}/{channel}" for name in ("volta/car-3", "other/car-3") for channel in CHANNELS]
    for where in (*forged, "volta/car-2/command"):
        tried(line(guarded.plain, "volta/car-2", keys["volta/car-2"]), f"callahead/v1/{where}", eventually)
    before = guarded.get("/vendors/volta/rejections")["counts"].get("not-json", 0)
    own = line(guarded.plain, "volta/car-2", keys["volta/car-2"])
    own.say("callahead/v1/volta/car-2/event", b"{its own")
    eventually(lambda: guarded.get("/vendors/volta/rejections")["counts"].get("not-json", 0) > before)
    kept = (
        guarded.get("/vendors/volta/rejections")["rejections"] + guarded.get("/vendors/other/rejections")["rejections"]
    )
    assert {one["device"] for one in kept} == {"volta/car-2"}
    assert [victim.heard for victim in victims] == [[], []]


def test_a_vendor_speaks_for_its_devices_only(
    guarded: Guarded, line: Callable[..., Line], eventually: Eventually
) -> None:
    """One connection for a whole fleet: every device of its own, none of another vendor's."""
    guarded.key("fleet/car-1")
    key = guarded.key("fleet")
    fleet = line(guarded.plain, "fleet", key["password"])
    eventually(lambda: fleet.taken)
    assert fleet.read("callahead/v1/fleet/+/rejected", eventually) == 1
    before = guarded.get("/vendors/volta/rejections")["counts"]
    tried(line(guarded.plain, "fleet", key["password"]), "callahead/v1/volta/car-1/event", eventually)
    fleet.say("callahead/v1/fleet/car-1/event", b"{own")
    fleet.say("callahead/v1/fleet/car-2/event", b"{own")
    eventually(lambda: len(fleet.heard) == 2)
    assert guarded.get("/vendors/volta/rejections")["counts"] == before


def test_on_whom_the_broker_hung_up_is_among_the_refusals(
    guarded: Guarded, line: Callable[..., Line], eventually: Eventually
) -> None:
    """A device's, which reads it on another connection of its own, and one of its vendor's whole line."""
    if guarded.make == "mosquitto":
        return  # it takes the topic, and the message reaches nobody
    keys = {name: guarded.key(name)["password"] for name in ("cut/car-1", "cut")}
    other = line(guarded.plain, "cut/car-1", keys["cut/car-1"])
    eventually(lambda: other.taken)
    assert other.read("callahead/v1/cut/car-1/rejected", eventually) == 1
    for name, key in keys.items():
        broken = line(guarded.plain, name, key)
        eventually(lambda broken=broken: broken.taken)
        broken.say("callahead/v1/cut/car 1/event")
        eventually(lambda broken=broken: broken.lost)
    eventually(lambda: guarded.get("/vendors/cut/rejections")["counts"] == {"hung-up": 2})
    kept = guarded.get("/vendors/cut/rejections")["rejections"]
    assert {one["device"] for one in kept} == {"cut/car-1", "cut/"}
    assert all("its topic has a space" in one["problem"]["detail"] for one in kept)
    ((_, told),) = eventually(lambda: other.heard)
    assert json.loads(told)["type"] == "urn:callahead:rule:hung-up"


def test_a_vendor_watches_its_own_devices_only(
    guarded: Guarded, line: Callable[..., Line], eventually: Eventually
) -> None:
    """What its devices send is the vendor's to read, as ``vendor check`` does; another vendor's is not, nor a device's."""
    keys = {name: guarded.key(name)["password"] for name in ("watch/car-1", "watch", "watch/car-2", "other")}
    lines = {name: line(guarded.plain, name, keys[name]) for name in keys}
    eventually(lambda: all(one.taken for one in lines.values()))
    assert lines["watch"].read("callahead/v1/watch/car-1/event", eventually) == 1
    for name in ("watch/car-2", "other"):
        code = lines[name].read("callahead/v1/watch/car-1/event", eventually)
        assert code == 0x80 or guarded.make == "mosquitto"  # Mosquitto grants it, and delivers nothing
    lines["watch/car-1"].say("callahead/v1/watch/car-1/event", b"{own")
    eventually(lambda: lines["watch"].heard)
    assert [lines[name].heard for name in ("watch/car-2", "other")] == [[], []]


def test_mqtt_5_tells_who_may_not_publish(guarded: Guarded, line: Callable[..., Line], eventually: Eventually) -> None:
    """On Mosquitto with MQTT 5 the PUBACK says 0x87, not authorised; the embedded broker speaks no 5."""
    key = guarded.key("volta/car-4")
    car = line(guarded.plain, "volta/car-4", key["password"], protocol=paho.MQTTv5)
    if guarded.make == "embedded":
        eventually(lambda: car.connack or car.lost)
        assert not car.taken
        return
    eventually(lambda: car.taken)
    own = car.say("callahead/v1/volta/car-4/event")
    eventually(lambda: own in car.pubacks)
    denied = car.say("callahead/v1/volta/car-5/event")
    eventually(lambda: denied in car.pubacks)
    assert (car.pubacks[denied], car.pubacks[own]) == (0x87, 0)


@pytest.mark.parametrize("name", ["volta/car-6", "volta", "nobody", "callahead.service", "callahead.anybody", None])
def test_who_does_not_know_the_password_is_refused(
    guarded: Guarded, line: Callable[..., Line], name: str | None, eventually: Eventually
) -> None:
    """CONNACK 4 or 5 for a wrong password, an unknown vendor, the service's own name, and no name at all."""
    if name == "volta/car-6":
        guarded.key(name)
    stranger = line(guarded.plain, name, "a-guess")
    eventually(lambda: stranger.connack)
    assert stranger.refused


def test_a_rotated_credential_holds_no_more(
    guarded: Guarded, line: Callable[..., Line], eventually: Eventually
) -> None:
    """Whoever used it is cut off; the new one holds at once."""
    first = guarded.key("volta/car-7")
    before = line(guarded.plain, "volta/car-7", first["password"], again=True)
    eventually(lambda: before.taken)
    second = guarded.key("volta/car-7")
    after = line(guarded.plain, "volta/car-7", second["password"])
    eventually(lambda: after.taken)
    eventually(lambda: before.refused)
    assert first["password"] != second["password"]


def test_a_revoked_credential_holds_no_more(
    guarded: Guarded, line: Callable[..., Line], eventually: Eventually
) -> None:
    """A second time there is nothing to revoke: 404. A device's own is no business of its vendor's."""
    keys = {name: guarded.key(name) for name in ("gone/car-1", "gone")}
    lines = {name: line(guarded.plain, name, key["password"], again=True) for name, key in keys.items()}
    eventually(lambda: all(one.taken for one in lines.values()))
    guarded.delete("/vendors/gone/credentials")
    guarded.delete("/vendors/gone/credentials", expected=404)
    eventually(lambda: lines["gone"].refused)
    assert lines["gone/car-1"].taken
    assert lines["gone/car-1"].lost == []


def test_a_password_goes_over_tls_too(guarded: Guarded, line: Callable[..., Line], eventually: Eventually) -> None:
    """The same name and rights on the listener with TLS, which shows a certificate of our authority's."""
    key = guarded.key("volta/car-8", certificate=True)
    car = line(guarded.tls, "volta/car-8", key["password"], authority=key["authority"])
    eventually(lambda: car.taken)
    assert car.read("callahead/v1/volta/car-8/command", eventually) == 1
    wrong = line(guarded.tls, "volta/car-8", "a-guess", authority=key["authority"])
    eventually(lambda: wrong.refused)


def test_a_certificate_opens_the_door(
    guarded: Guarded, line: Callable[..., Line], tmp_path: Path, eventually: Eventually
) -> None:
    """Without a password, with the rights of the device whose name it bears; replaced or revoked, it does not."""
    first = guarded.key("volta/car-9", certificate=True)
    files = _written(tmp_path / "first", first)

    def connect(at: Path) -> Line:
        return line(guarded.certificates, None, authority=first["authority"], files=at)

    car = connect(files)
    eventually(lambda: car.taken)
    assert car.read("callahead/v1/volta/car-9/rejected", eventually) == 1
    tried(connect(files), "callahead/v1/volta/car-1/event", eventually)
    car.say("callahead/v1/volta/car-9/event", b"{own")
    assert json.loads(eventually(lambda: car.heard)[0][1])["type"] == "urn:callahead:rule:not-json"
    second = _written(tmp_path / "second", guarded.key("volta/car-9", certificate=True))
    again, replaced = connect(second), connect(files)
    eventually(lambda: again.taken)
    eventually(lambda: replaced.lost)
    guarded.delete("/devices/volta/car-9/credentials")
    revoked = connect(second)
    eventually(lambda: revoked.lost)
    assert not replaced.taken
    assert not revoked.taken


def test_a_certificate_that_does_not_hold_opens_nothing(
    guarded: Guarded, line: Callable[..., Line], tmp_path: Path, eventually: Eventually
) -> None:
    """One that has expired, one of another authority's, and none at all: the handshake fails."""
    key = guarded.key("volta/car-10", certificate=True, certificate_valid_s=1)
    strangers = Authority(tmp_path / "strangers").client("volta/car-10", 3600)
    told = {"certificate": strangers.certificate, "private_key": strangers.private_key}
    eventually(lambda: time.time() > key["certificate"]["valid_until"] + 1)
    expired = _written(tmp_path / "expired", key)
    forged = _written(tmp_path / "forged", {"certificate": told, "authority": key["authority"]})
    for files in (expired, forged, None):
        car = line(guarded.certificates, "volta/car-10", key["password"], authority=key["authority"], files=files)
        eventually(lambda car=car: car.lost)
        assert not car.taken


def test_devices_in_flight_lose_nothing_when_others_come(
    guarded: Guarded, line: Callable[..., Line], words: Any, eventually: Eventually
) -> None:
    """A truck speaks on while 40 credentials are issued: it stays connected, and everything it says is handled."""
    key = guarded.key("help/truck-1")
    truck = line(guarded.plain, "help/truck-1", key["password"])
    eventually(lambda: truck.taken)
    before = guarded.get("/health")["handled"]
    with ThreadPoolExecutor(8) as pool:
        issued = [pool.submit(guarded.key, f"crowd/car-{number}") for number in range(40)]
        for _ in range(400):
            truck.say(*words.truck())
            time.sleep(0.002)
        names = [one.result()["username"] for one in issued]
    eventually(lambda: guarded.get("/health")["handled"] >= before + 400)
    assert (len(set(names)), truck.lost, guarded.get("/vendors/help/rejections")["counts"]) == (40, [], {})
    if guarded.make == "embedded":
        log = (guarded.folder / "serve" / "broker" / "nats-server.log").read_text()
        assert log.count("Reloaded server configuration") < 80  # those that come together are told together


def test_mosquitto_pub_is_a_client(guarded: Guarded, tmp_path: Path, eventually: Eventually) -> None:
    """With a password, and with a certificate; a wrong password ends it with an error."""
    key = guarded.key("shell/car-1", certificate=True)
    files = _written(tmp_path / "shell", key)
    what = ["-q", "1", "-t", "callahead/v1/shell/car-1/event", "-m", "{not json"]
    at = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(guarded.plain.port), "-u", "shell/car-1"]
    secure = [
        *("mosquitto_pub", "-h", "127.0.0.1", "-p", str(guarded.certificates.port), "--cafile", str(files / "ca.pem")),
        *("--cert", str(files / "client.pem"), "--key", str(files / "client.key")),
    ]
    for shell in ([*at, "-P", key["password"], *what], secure + what):
        subprocess.run(shell, check=True, timeout=20)
    eventually(lambda: guarded.get("/vendors/shell/rejections")["counts"].get("not-json") == 2)
    assert subprocess.run([*at, "-P", "a-guess", *what], capture_output=True, timeout=20, check=False).returncode != 0


def test_passwords_are_kept_nowhere(guarded: Guarded) -> None:
    """Neither the password nor a client's private key stands in any file of service and broker, logs included."""
    key = guarded.key("quiet/car-1", certificate=True)
    secret = key["certificate"]["private_key"].splitlines()[2].encode()
    files = [path for path in guarded.folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        content = path.read_bytes()
        assert key["password"].encode() not in content, path
        assert secret not in content, path
    for name in ("ca.key", "server.key"):
        assert (guarded.folder / "serve" / "authority" / name).stat().st_mode & 0o777 == 0o600


def test_an_unregistered_vendor_has_no_devices(guarded: Guarded) -> None:
    """Neither they nor credentials are to be had; the answer says what to do first."""
    device = {"device": "ghost/car-1", "kind": "car", "provenance": "simulated"}
    assert "POST /api/v1/vendors" in guarded.post("/devices", [device], 404)["detail"]
    assert guarded.post("/vendors/ghost/credentials", {}, 404)["type"].endswith("unknown-vendor")
    assert guarded.post("/devices/ghost/car-1/credentials", {}, 404)["type"].endswith("unknown-device")


def test_simulated_and_real_are_never_mixed(guarded: Guarded) -> None:
    """A simulated vendor has no real device, not even by becoming simulated afterwards; a real one may try things."""
    device = {"device": "mixed/car-1", "kind": "car", "provenance": "real"}
    guarded.post("/vendors", [{"vendor": "mixed", "provenance": "simulated"}])
    assert guarded.post("/devices", [device], 409)["type"].endswith("provenance-mixed")
    guarded.post("/vendors", [{"vendor": "mixed", "provenance": "real"}])
    guarded.post("/devices", [device, {**device, "device": "mixed/car-2", "provenance": "simulated"}])
    guarded.post("/vendors", [{"vendor": "mixed", "provenance": "simulated"}], 409)


def test_a_long_name_has_no_certificate(guarded: Guarded) -> None:
    """X.509 ends at 64 characters; the answer says so, and a password is to be had."""
    name = "volta/car-" + "1" * 60
    guarded.key(name)
    assert "64 at most" in guarded.post(f"/devices/{name}/credentials", {"certificate": True}, 422)["detail"]


def test_a_listener_that_dies_comes_back(
    serve: Callable[..., Any], line: Callable[..., Line], tmp_path: Path, eventually: Eventually
) -> None:
    """Any of the embedded broker's processes: on its port, with the same users."""
    served = serve("--certificates", "0", "--ready", str(tmp_path / "ready"))
    at = BrokerAddress.parse(json.loads((tmp_path / "ready").read_text())["broker_certificates"])
    http = f"{served.http}/api/v1"
    httpx.post(f"{http}/vendors", json=[{"vendor": "stays", "provenance": "simulated"}])
    key = httpx.post(f"{http}/vendors/stays/credentials", json={"certificate": True}).json()
    files = _written(tmp_path / "key", key)
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text().split()
    (door,) = [pid for pid in children if b"nats-certificates" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    subprocess.run(["kill", "-9", door], check=True)
    fleet = line(at, None, authority=key["authority"], files=files, again=True)
    eventually(lambda: fleet.taken)
    assert fleet.read("callahead/v1/stays/+/command", eventually) == 1


def test_credentials_outlive_the_service(
    serve: Callable[..., Any], line: Callable[..., Line], eventually: Eventually
) -> None:
    """Killed and started again on its folder, it knows who was admitted, and who no more."""
    first = serve()
    http = f"{first.http}/api/v1"
    httpx.post(f"{http}/vendors", json=[{"vendor": name, "provenance": "simulated"} for name in ("stays", "goes")])
    keys = {name: httpx.post(f"{http}/vendors/{name}/credentials", json={}).json() for name in ("stays", "goes")}
    assert httpx.delete(f"{http}/vendors/goes/credentials").status_code == 204
    first.kill()
    again = serve()
    lines = {name: line(again.broker, name, key["password"]) for name, key in keys.items()}
    eventually(lambda: lines["stays"].taken and lines["goes"].refused)


def test_in_open_demo_mode_anybody_may_speak(
    serve: Callable[..., Any], line: Callable[..., Line], words: Any, eventually: Eventually
) -> None:
    """Without a name: whatever vendors may send and read, and nothing else."""
    served = serve("--open-demo")
    car, victim = line(served.broker, None), line(served.broker, None)
    eventually(lambda: car.taken and victim.taken)
    assert victim.read("callahead/v1/volta/+/command", eventually) == 1
    assert victim.read("callahead/v1/volta/+/event", eventually) == 0x80
    car.say("callahead/v1/volta/car-1/command", b"forged")
    car.say(*words.flat_battery())
    eventually(lambda: httpx.get(f"{served.http}/api/v1/totals").json()["cases"] == 1)
    assert b"forged" not in [payload for _, payload in victim.heard]


def test_a_vendors_own_topics_are_its_own(
    serve: Callable[..., Any], line: Callable[..., Line], eventually: Eventually
) -> None:
    """Where a mapping hears them: the vendor it names may speak there, another may not."""
    served = serve("--mapping", "obd_dongle")
    http = f"{served.http}/api/v1"
    httpx.post(f"{http}/vendors", json=[{"vendor": name, "provenance": "simulated"} for name in ("roadlog", "other")])
    lines = {
        name: line(served.broker, name, httpx.post(f"{http}/vendors/{name}/credentials", json={}).json()["password"])
        for name in ("roadlog", "other")
    }
    eventually(lambda: all(one.taken for one in lines.values()))
    for name, one in lines.items():
        one.say("roadlog/dongle-1/report", f"{{{name}".encode())
    rejections = eventually(lambda: httpx.get(f"{http}/vendors/roadlog/rejections").json()["rejections"])
    lines["roadlog"].say("roadlog/dongle-2/report", b"{the last")
    rejections = eventually(
        lambda: kept if len(kept := httpx.get(f"{http}/vendors/roadlog/rejections").json()["rejections"]) == 2 else None
    )
    assert [one["excerpt"] for one in rejections] == ["{the last", "{roadlog"]
