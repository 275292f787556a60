"""A broker's address: read, written, and never with its password where somebody could see it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.broker_address import BadBrokerAddress, BrokerAddress, parse_embedded

HOSTS = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True) | st.ip_addresses().map(str)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
ADDRESSES = st.builds(BrokerAddress, HOSTS, st.integers(1, 65_535), st.none() | WORDS, st.none() | WORDS, st.booleans())


@given(address=ADDRESSES)
def test_an_address_is_read_as_it_was_written(address: BrokerAddress) -> None:
    """Whatever stands in user and password, in a name, in IPv4 and in IPv6."""
    assert BrokerAddress.parse(address.url) == address


@given(address=ADDRESSES, password=st.uuids().map(str))
def test_a_password_is_never_shown(address: BrokerAddress, password: str) -> None:
    """Neither in the address as text, nor in what is said of one that cannot be read."""
    told = BrokerAddress(address.host, address.port, "anna", password, address.tls)
    assert password not in f"{told} {told!r}"
    with pytest.raises(BadBrokerAddress) as error:
        BrokerAddress.parse(f"{told.url}/topic")
    assert password not in str(error.value)


@pytest.mark.parametrize(
    "url", ["mqtt://anna:sec@ret/@host", "mqtt://anna:secret@host:port", "mqtt://anna:[secret@host"]
)
def test_a_password_that_spoils_the_address_is_not_shown_either(url: str) -> None:
    """It should have been percent-encoded."""
    with pytest.raises(BadBrokerAddress) as error:
        BrokerAddress.parse(url)
    assert "ret" not in str(error.value).partition("Write")[0]


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://broker.example", BrokerAddress("broker.example", 1883)),
        ("mqtts://broker.example", BrokerAddress("broker.example", 8883, tls=True)),
        ("mqtt://anna:p%40ss@10.0.0.1:2000/", BrokerAddress("10.0.0.1", 2000, "anna", "p@ss")),
        ("mqtt://[::1]:1884", BrokerAddress("::1", 1884)),
        ("mqtt://[::1]", BrokerAddress("::1", 1883)),
    ],
)
def test_a_port_that_is_left_out_is_the_schemes(url: str, address: BrokerAddress) -> None:
    """User, password, port and TLS are taken from the URL."""
    assert BrokerAddress.parse(url) == address


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("broker:1883", "it begins with broker://"),
        ("", "it begins with nothing://"),
        ("http://broker", "it begins with http://"),
        ("embedded://broker", "it begins with embedded://"),
        ("mqtt://", "it names no host"),
        ("mqtt://broker:0x10", "its port is not a number between 1 and 65535"),
        ("mqtt://broker:0", "its port is not a number between 1 and 65535"),
        ("mqtt://broker:65536", "its port is not a number between 1 and 65535"),
        ("mqtt://broker/topic", "something follows host and port"),
        ("mqtt://[::1", "Invalid IPv6 URL"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_and_what_to_write(url: str, fault: str) -> None:
    """In one sentence each."""
    with pytest.raises(BadBrokerAddress) as error:
        BrokerAddress.parse(url)
    assert str(error.value).endswith(f"cannot be used: {fault}. Write mqtt://user:password@host:port or mqtts://…")


@given(url=st.text(max_size=40) | st.text(max_size=30).map("mqtt://{}".format))
def test_no_text_is_refused_in_another_way(url: str) -> None:
    """Whatever is typed."""
    with suppress(BadBrokerAddress):
        assert BrokerAddress.parse(url).host


def test_a_broker_of_our_own_is_told_where_to_listen() -> None:
    """Who may connect to it does not stand there."""
    assert parse_embedded("embedded://0.0.0.0:1884") == ("0.0.0.0", 1884)  # noqa: S104 - as an operator writes it
    assert parse_embedded("embedded://[::1]") == ("::1", 1883)
    for url in ("embedded://", "embeddedly", "mqtt://host", "embedded://anna:secret@host", "embedded://host:port"):
        with pytest.raises(BadBrokerAddress, match="Write embedded://host:port") as error:
            parse_embedded(url)
        assert "secret" not in str(error.value)
