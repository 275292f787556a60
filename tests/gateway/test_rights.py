"""Rights told from a name, and how each broker is told them."""

from __future__ import annotations

from typing import Any

import bcrypt
import pytest

from gateway.access.credentials import Access, credential, draw_password
from gateway.access.mosquitto_files import acl, passwords
from gateway.access.nats_config import permissions, subject
from gateway.access.rights import ANYBODY, SERVICE, own_topics, rights_of
from gateway.mapping.read import read_mapping, shipped


def access(*names: str, **more: Any) -> Access:
    """Return what a broker is told."""
    return Access(credential(SERVICE, "p", 0.0), tuple(credential(name, "p", 0.0) for name in names), **more)


def test_a_name_says_what_it_may() -> None:
    """A device its own topics, a vendor those of all its devices; events and states up, commands and refusals down."""
    device, vendor = rights_of("acme/car-1"), rights_of("acme")
    assert device.publish == [f"callahead/v1/acme/car-1/{channel}" for channel in ("event", "urgent", "state")]
    assert device.subscribe == ["callahead/v1/acme/car-1/command", "callahead/v1/acme/car-1/rejected"]
    assert vendor.publish[0] == "callahead/v1/acme/+/event"
    assert {one.rpartition("/")[2] for one in vendor.subscribe} == {"event", "urgent", "state", "command", "rejected"}
    assert rights_of(ANYBODY).subscribe == ["callahead/v1/+/+/command", "callahead/v1/+/+/rejected"]


@pytest.mark.parametrize("name", ["", "ACME", "acme/", "acme/car/1", "acme/+", "+", "#", "acme/car 1", "a.b", SERVICE])
def test_no_other_name_has_any(name: str) -> None:
    """Nothing with a wildcard, a line's end or too many levels gets into a broker's files."""
    with pytest.raises(ValueError, match="neither a vendor nor a device"):
        rights_of(name)


@pytest.mark.parametrize(
    ("mapping", "name", "own"),
    [
        ("obd_dongle", "roadlog", "roadlog/+/report"),
        ("obd_dongle", "roadlog/dongle-1", "roadlog/dongle-1/report"),
        ("sparkplug", "acme", "spBv1.0/acme/DDATA/+/+"),
    ],
)
def test_a_mapping_brings_a_vendor_its_own_topics(mapping: str, name: str, own: str) -> None:
    """Where the topic says whose it is, and only there."""
    assert own in own_topics(read_mapping(shipped(mapping)), name)


@pytest.mark.parametrize(("mapping", "name"), [("obd_dongle", "other"), ("sparkplug", "acme/edge7-van12")])
def test_what_a_topic_does_not_tell_is_not_granted(mapping: str, name: str) -> None:
    """Another vendor's, and a device whose name is put together from several levels: that needs its vendor's credential."""
    assert own_topics(read_mapping(shipped(mapping)), name) == []


def test_nats_has_dots_for_slashes() -> None:
    """And two slashes for a dot; a command is for us to send, whoever's topic it is."""
    assert subject("spBv1.0/acme/DDATA/+/#") == "spBv1//0.acme.DDATA.*.>"
    told = permissions(rights_of("acme/car-1"))
    assert told["publish"]["allow"] == ["callahead.v1.acme.car-1.*"]
    assert told["publish"]["deny"] == told["subscribe"]["allow"]
    assert permissions(rights_of("acme"))["publish"]["deny"] == [
        "callahead.v1.acme.*.command",
        "callahead.v1.acme.*.rejected",
    ]


def test_mosquittos_files() -> None:
    """A block for each user; only in open demo mode does anything stand before the first."""
    listed = acl(access("acme/car-1"))
    assert "user acme/car-1\ntopic write callahead/v1/acme/car-1/event\n" in listed
    assert listed.strip().startswith(f"user {SERVICE}\ntopic readwrite #")
    assert acl(access(open_demo=True)).startswith("topic write callahead/v1/+/+/event\n")
    assert [line.split(":")[0] for line in passwords(access("acme", "zeta")).splitlines()] == [SERVICE, "acme", "zeta"]
    assert ANYBODY not in passwords(access(open_demo=True))


def test_passwords_are_drawn_and_hashed() -> None:
    """192 bits, no two alike; bcrypt for NATS, PBKDF2 as ``mosquitto_passwd`` writes it for Mosquitto."""
    drawn = {draw_password() for _ in range(1_000)}
    assert len(drawn) == 1_000
    assert {len(password) for password in drawn} == {32}
    kept = credential("acme", "secret", 0.0)
    assert bcrypt.checkpw(b"secret", kept.bcrypt.encode())
    assert kept.pbkdf2.startswith("$7$101$")
    assert "secret" not in str(kept)
