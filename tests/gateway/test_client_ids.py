"""A session at the broker belongs to its user: nobody else takes it over, or deletes what waits in it."""

from __future__ import annotations

import logging
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.access.admission import Admission, ConnectingClient, NotAdmitted
from gateway.access.authority import Authority
from gateway.access.credentials import Access, ClientIds, credential
from gateway.access.mosquitto_files import IdsNotHeld, MosquittoFiles, Ports
from gateway.access.nats_config import MAX_PAYLOAD
from gateway.access.rights import SERVICE
from gateway.broker.embedded import EmbeddedBroker
from gateway.broker.hung_up import KEPT_OUT_S, OFTEN, WITHIN_S, Repeaters
from gateway.contract.broker_address import BrokerAddress
from gateway.contract.client_ids import client_id, owner_of
from gateway.contract.refusals import Rule
from gateway.intake.intake import Refusal
from gateway.links.mqtt.protocol import packets

Eventually = Callable[..., Any]
COMMAND = "callahead/v1/acme/car-1/command"
NOT_AUTHORISED = "Not authorized"
USERS = ("acme", "acme/car-1", "acme/car-10", "zeta/car-1")


def access(client_ids: ClientIds, *users: str, **more: Any) -> Access:
    """Return what a broker is told; every password is the user's name."""
    known = tuple(credential(user, user, 0.0) for user in users or USERS)
    service = credential(SERVICE, SERVICE, 0.0)
    return Access(service, known, client_ids=client_ids, service_session="callahead-drawn", **more)


@dataclass(slots=True)
class Session:
    """A connection, and what came of it."""

    client: paho.Client
    answers: list[str] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    subscribed: list[int] = field(default_factory=list)

    def leave(self) -> None:
        """Go away; the session stays where it is to."""
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def connect(eventually: Eventually) -> Iterator[Callable[..., Session]]:
    """Connect as a user, and return once the broker has answered."""
    with ExitStack() as stack:

        def open_session(address: BrokerAddress, user: str | None, named: str, *, clean: bool = False) -> Session:
            client = paho.Client(CallbackAPIVersion.VERSION2, named, clean_session=clean, reconnect_on_failure=False)
            made = Session(client)
            client.on_connect = lambda _c, _u, _f, code, _p: made.answers.append(str(code))
            client.on_message = lambda _c, _u, message: made.heard.append(message.payload)
            client.on_publish = lambda _c, _u, mid, _r, _p: made.sent.append(mid)
            client.on_subscribe = lambda _c, _u, mid, _r, _p: made.subscribed.append(mid)
            if user:
                client.username_pw_set(user, user)
            client.connect(address.host, address.port)
            client.loop_start()
            stack.callback(made.leave)
            eventually(lambda: made.answers)
            return made

        yield open_session


@pytest.fixture
def guarded(
    nats: Callable[..., EmbeddedBroker], tmp_path: Path, eventually: Eventually
) -> Iterator[Callable[..., BrokerAddress]]:
    """Start a broker of a make, told who may connect."""
    with ExitStack() as stack:

        def start(make: str, told: Access) -> BrokerAddress:
            if make == "embedded":
                return nats(tmp_path / "embedded", access=told).address
            binary = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
            if binary is None:
                pytest.skip("mosquitto is not installed")
            port = free_port()
            files(tmp_path, port).admit(told)
            process = subprocess.Popen(
                [binary, "-c", str(tmp_path / "m" / "mosquitto.conf")], stderr=subprocess.DEVNULL
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            eventually(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
            return BrokerAddress("127.0.0.1", port)

        yield start


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def files(folder: Path, port: int) -> MosquittoFiles:
    """Return what keeps a Mosquitto's files."""
    return MosquittoFiles(folder / "m", Authority(folder / "a").server(["localhost"]), Ports(port))


@pytest.mark.parametrize(
    ("make", "mode"), [("embedded", ClientIds.WARN), ("embedded", ClientIds.REFUSE), ("mosquitto", ClientIds.REFUSE)]
)
def test_a_command_that_waits_is_not_deleted_by_who_takes_the_id(
    make: str,
    mode: ClientIds,
    guarded: Callable[..., BrokerAddress],
    connect: Callable[..., Session],
    eventually: Eventually,
) -> None:
    """A stranger who has a password of its own connects as the device, and asks for a clean session."""
    address = guarded(make, access(mode))
    device = connect(address, "acme/car-1", "acme/car-1")
    device.client.subscribe(COMMAND, 1)
    eventually(lambda: device.subscribed)
    device.leave()
    service = connect(address, SERVICE, "callahead-drawn")
    service.client.publish(COMMAND, b"stop safely", 1)
    eventually(lambda: service.sent)
    thief = connect(address, "zeta/car-1", "acme/car-1", clean=True)
    assert make == "mosquitto" or thief.answers == [NOT_AUTHORISED]
    thief.leave()
    back = connect(address, "acme/car-1", "acme/car-1")
    assert eventually(lambda: back.heard) == [b"stop safely"]


def test_the_change_over(
    nats: Callable[..., EmbeddedBroker],
    connect: Callable[..., Session],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """First an id of a device's own invention is warned of, so that its vendor can mend it; later it is not let in."""
    broker = nats(access=access(ClientIds.WARN))
    with caplog.at_level(logging.WARNING):
        assert connect(broker.address, "acme/car-1", "my-car").answers == ["Success"]
        assert connect(broker.address, "acme", "acme/car-1").answers == ["Success"]  # a vendor's line for its device
        assert connect(broker.address, "acme/car-1", "acme/car-1:spare").answers == ["Success"]
    assert [
        record.getMessage().partition(":")[0] for record in caplog.records if "client id" in record.getMessage()
    ] == [
        "acme/car-1 connects with a client id that is not its own, 'my-car'",
        "acme connects with a client id that is not its own, 'acme/car-1'",
    ]
    broker.admit(access(ClientIds.REFUSE))
    for user, named in [("acme/car-1", "my-car"), ("acme", "acme/car-1"), ("acme/car-1", "acme/car-10")]:
        assert connect(broker.address, user, named).answers == [NOT_AUTHORISED], named
    for user, named in [("acme/car-1", "acme/car-1"), ("acme", "acme:line-2"), ("acme", "acme")]:
        assert connect(broker.address, user, named).answers == ["Success"], named


@pytest.mark.parametrize(
    ("sent", "logged", "rule", "quoted"),
    [
        (("zigbee2mqtt/Kitchen Fridge", b"1", 1), "its topic has a space", Rule.HUNG_UP, "character not supported"),
        ((COMMAND, bytes(MAX_PAYLOAD + 1), 1), f"more than {MAX_PAYLOAD} bytes", Rule.TOO_LARGE, "payload exceeded"),
    ],
)
def test_a_limit_of_the_broker_is_told(  # noqa: PLR0917 - what is sent, what is told, and fixtures
    sent: tuple[str, bytes, int],
    logged: str,
    rule: Rule,
    quoted: str,
    nats: Callable[..., EmbeddedBroker],
    connect: Callable[..., Session],
    eventually: Eventually,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It hangs up without a word: the operator reads on whom and why, and its vendor finds it among what was refused."""
    broker, told = nats(access=access(ClientIds.WARN)), list[Refusal]()
    broker.tell_refusals(told.append)
    vendor = connect(broker.address, "acme", "acme:line-1")
    with caplog.at_level(logging.WARNING):
        vendor.client.publish(*sent)
        (refusal,) = eventually(lambda: told)
    assert re.search(f"hung up on acme: .*{logged}", caplog.text)
    assert (refusal.device, refusal.rule) == ("acme/", rule)
    assert re.search(f"The broker wrote: .*{quoted}", refusal.problem.detail)


def test_who_would_send_the_same_for_ever_is_told_so_and_nobody_else_waits(
    nats: Callable[..., EmbeddedBroker], connect: Callable[..., Session], eventually: Eventually
) -> None:
    """A session that was cut off again and again is refused for a while; the vendor's others are not, nor by a stranger's doing."""
    broker, told = nats(access=access(ClientIds.WARN)), list[Refusal]()
    broker.tell_refusals(told.append)
    for number in range(1, OFTEN + 1):
        stranger = packets.connect(packets.Login("acme:line-2", "acme", "wrong", 30), v5=False)
        with socket.create_connection((broker.address.host, broker.address.port), 10) as line, suppress(OSError):
            line.sendall(bytes([stranger[0], stranger[1] - 3]) + stranger[2:-3])  # its password ends too early
            while line.recv(100):
                pass
        looping = connect(broker.address, "acme", "acme:line-1")
        assert looping.answers == ["Success"]
        looping.client.publish("callahead/v1/acme/car 1/event", b"1", 1)
        eventually(lambda number=number: len(told) == number)  # type: ignore[misc]
    assert connect(broker.address, "acme", "acme:line-1").answers == [NOT_AUTHORISED]
    assert connect(broker.address, "acme", "acme:line-2").answers == ["Success"]
    assert connect(broker.address, "acme/car-1", "acme/car-1").answers == ["Success"]


def test_who_was_cut_off_again_and_again_waits_a_minute() -> None:
    """Not for ever: it may have been mended. Rarely is not again and again."""
    repeaters, session = Repeaters(), ("acme", "acme:line-1")
    for number in range(OFTEN):
        assert not repeaters.is_out(session, 10.0)
        repeaters.note(session, float(number))
    last = OFTEN - 1
    assert repeaters.is_out(session, last + KEPT_OUT_S - 1)
    assert not repeaters.is_out(("acme", "acme:line-2"), last)
    assert not repeaters.is_out(session, last + KEPT_OUT_S)
    for number in range(OFTEN):
        repeaters.note(session, 1_000.0 + number * WITHIN_S)
    assert not repeaters.is_out(session, 1_000.0 + last * WITHIN_S)


def test_what_strangers_call_themselves_fills_no_log(
    nats: Callable[..., EmbeddedBroker],
    connect: Callable[..., Session],
    eventually: Eventually,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever knocks under a name of its own invention and sends what is no MQTT is hung up on, and nothing is said of it."""
    address = nats(access=access(ClientIds.WARN)).address
    vendor = connect(address, "acme", "acme:line-1")
    with caplog.at_level(logging.WARNING):
        for number in range(20):
            login = packets.connect(packets.Login("x", f"made-up-{number}", "wrong", 30), v5=False)
            with socket.create_connection((address.host, address.port), 10) as line, suppress(OSError):
                line.sendall(bytes([login[0], login[1] - 3]) + login[2:-3])  # its password ends too early
                while line.recv(100):
                    pass
        vendor.client.publish("zigbee2mqtt/Kitchen Fridge", b"1", 1)
        eventually(lambda: "hung up on acme:" in caplog.text)
    assert "made-up" not in caplog.text


def test_mosquitto_is_not_told_to_refuse_what_its_settings_let_in(tmp_path: Path) -> None:
    """The operator's settings are the operator's: where they do not hold ids to users, that is said and nothing is promised."""
    files(tmp_path, 1883).admit(access(ClientIds.WARN))
    with pytest.raises(
        IdsNotHeld, match=r"mosquitto\.conf: write 'use_username_as_clientid true' behind each listener"
    ):
        files(tmp_path, 1883).admit(access(ClientIds.REFUSE))
    with pytest.raises(IdsNotHeld, match="--open-demo"):
        files(tmp_path / "new", 1883).admit(access(ClientIds.REFUSE, open_demo=True))


@pytest.mark.parametrize(
    ("named", "owner"),
    [
        ("acme", "acme"),
        ("acme/car-1", "acme/car-1"),
        ("acme/car-10", "acme/car-10"),
        ("acme/car-1:a", "acme/car-1"),
        ("acme/car-1.a", "acme/car-1"),
        ("acme:car-1", "acme"),
        ("acme/car-1:", None),
        ("acme/car-1:a:b", None),
        ("ACME", None),
        ("acme/", None),
        ("acme/car-1\n", None),
        ("", None),
        ("acme/car-1:" + "x" * 201, None),
    ],
)
def test_whose_an_id_is(named: str, owner: str | None) -> None:
    """The name up to the first dot or colon; what has any other form is nobody's."""
    assert owner_of(named) == owner
    assert owner is None or owner_of(client_id(owner, "x-1")) == owner
    assert client_id(None, "x-1") == client_id(SERVICE, "x-1") == "x-1"


@pytest.mark.parametrize("mode", ClientIds)
@pytest.mark.parametrize(
    ("caller", "why"),
    [
        (ConnectingClient("callahead-drawn", "acme", "acme"), "another's"),
        (ConnectingClient("zeta/car-1:x", "acme", "acme"), "another's"),
        (ConnectingClient("zeta/car-99", "acme", "acme"), "another's"),
        (ConnectingClient("acme", "acme/car-1", "acme/car-1"), "another's"),
        (ConnectingClient("acme", "acme", "ACME"), "wrong password"),
        (ConnectingClient("acme", "acme", None), "wrong password"),
        (ConnectingClient("acme", "acme", "x" * 100_000), "wrong password"),
        (ConnectingClient("nobody", "nobody", "nobody"), "no such user"),
        (ConnectingClient("acme"), "no user name"),
        (ConnectingClient("acme", "acme", "acme", by_certificate=True), "no certificate"),
        (ConnectingClient("acme", "acme", "acme", "ff", by_certificate=True), "no certificate"),
    ],
)
def test_who_is_not_let_in_is_told_why_and_nothing_else(mode: ClientIds, caller: ConnectingClient, why: str) -> None:
    """The answer goes into a log: nothing in it is a stranger's word."""
    with pytest.raises(NotAdmitted, match=why) as refused:
        Admission(access(mode)).admit(caller)
    assert "nobody" not in str(refused.value)


def test_who_has_no_name_takes_nobodys_id() -> None:
    """In open demo mode any id is free that is not a user's."""
    door = Admission(access(ClientIds.WARN, open_demo=True))
    assert door.admit(ConnectingClient("anything")) == "callahead.anybody"
    for taken in ("acme/car-1", "acme:x", "callahead-drawn"):
        with pytest.raises(NotAdmitted, match="another's"):
            door.admit(ConnectingClient(taken))


def test_an_id_that_the_broker_drew_is_let_in() -> None:
    """Who gives no id is given one for the time of the connection."""
    assert (
        Admission(access(ClientIds.REFUSE)).admit(ConnectingClient("lnFqCGMAtcIYf1F8TtmGMA", "acme", "acme")) == "acme"
    )


def test_whose_credential_is_another_one_now_is_cut_off(
    nats: Callable[..., EmbeddedBroker], connect: Callable[..., Session], eventually: Eventually
) -> None:
    """And nobody else is; a password that held before holds no more."""
    before = access(ClientIds.REFUSE)
    broker = nats(access=before)
    car, other = (connect(broker.address, name, name) for name in ("acme/car-1", "zeta/car-1"))
    changed = tuple(credential(known.username, "new", 1.0) if known.username == "acme/car-1" else known
                    for known in before.credentials)  # fmt: skip
    broker.admit(replace(before, credentials=changed))
    eventually(lambda: not car.client.is_connected())
    assert connect(broker.address, "acme/car-1", "acme/car-1").answers == [NOT_AUTHORISED]
    assert other.client.is_connected()
