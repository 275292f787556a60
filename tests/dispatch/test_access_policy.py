"""Who may do what, as pure rules: the table, the codes of RFC 6238, waiting after wrong passwords, foreign pages."""

from __future__ import annotations

from base64 import b32encode
from pathlib import Path

import pytest

from dispatch.access import totp
from dispatch.access.accounts import ApiKey, BadAccess, must_be_a_password, must_fit
from dispatch.access.hosts import AllowedHosts, Asked, is_loopback
from dispatch.access.lockout import (
    FREE,
    FREE_OF_AN_ADDRESS,
    FREE_OF_STRANGERS,
    LONGEST_WAIT_S,
    MOST,
    Guess,
    Guesses,
    Lockout,
    network_of,
)
from dispatch.access.permissions import ABOUT, FOR_ALL, Permission
from dispatch.access.principal import DEMO, STRANGER, KnownBy, Principal
from dispatch.access.roles import GRANTS, OWNERS, Reach, Role, as_table

SECRET = b32encode(b"12345678901234567890").decode()
"""RFC 6238, appendix B."""


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)  # fmt: skip
def test_codes_are_those_of_the_standard(at: int, code: str) -> None:
    """The last six digits of appendix B's."""
    assert totp.code_at(SECRET, at // totp.STEP_S) == code
    assert totp.step_of(SECRET, f"{code[:3]} {code[3:]}", float(at)) == at // totp.STEP_S


@pytest.mark.parametrize("code", ["", "287083", "28708", "2870820", "２８７０８２", "-87082"])  # noqa: RUF001 - digits of another alphabet
def test_other_codes_are_none(code: str) -> None:
    """Whatever is typed."""
    assert totp.step_of(SECRET, code, 59.0) is None


def test_a_code_counts_once_and_for_a_minute_and_a_half() -> None:
    """The step before and the next count, too, for clocks differ; a step that was used does not."""
    assert [totp.step_of(SECRET, "287082", at) for at in (29.0, 59.0, 89.0, 121.0)] == [1, 1, 1, None]
    assert totp.step_of(SECRET, "287082", 59.0, after=1) is None


def test_wrong_passwords_are_forgiven_a_few_times_and_then_cost_more_each_time() -> None:
    """Up to an hour; a right one is a new beginning."""
    lockout = Lockout()
    for _ in range(FREE - 1):
        lockout.count("anna", 1000.0)
    assert lockout.wait_s("anna", 1000.0) == 0.0
    waits = []
    for _ in range(9):
        lockout.count("anna", 1000.0)
        waits.append(lockout.wait_s("anna", 1000.0))
    assert waits == [60, 120, 240, 480, 960, 1920, LONGEST_WAIT_S, LONGEST_WAIT_S, LONGEST_WAIT_S]
    assert lockout.wait_s("bob", 1000.0) == 0.0
    lockout.passed("anna")
    assert lockout.wait_s("anna", 1000.0) == 0.0


def test_what_is_counted_is_bounded() -> None:
    """A million names fill nothing."""
    lockout = Lockout(free=0)
    for number in range(MOST + 1):
        lockout.count(str(number), 0.0)
    assert (lockout.wait_s("0", 0.0), lockout.wait_s(str(MOST), 0.0) > 0) == (0.0, True)


def guess(name: str = "anna", address: str = "192.0.2.1", *, familiar: bool = False) -> Guess:
    """Somebody tries."""
    return Guess(name, address, has_account=name == "anna", familiar=familiar)


def test_a_stranger_keeps_strangers_out_and_never_the_owner() -> None:
    """From another address, however often; the owner's own wrong ones count at their own."""
    guesses, now = Guesses(), 1000.0
    tried = [guesses.begin(guess(address=f"192.0.2.{number}"), now) for number in range(FREE_OF_STRANGERS + 1)]
    assert (tried.count(0.0), tried[-1]) == (FREE_OF_STRANGERS, 60.0)
    assert guesses.begin(guess(address="203.0.113.9", familiar=True), now) == 0.0
    owner = [guesses.begin(guess(address="203.0.113.9", familiar=True), now) for _ in range(FREE)]
    assert (owner.count(0.0), owner[-1]) == (FREE - 1, 60.0)


def test_what_is_tried_at_once_is_counted_before_it_is_looked_at() -> None:
    """Of a hundred at once, five; what was not looked at is taken back; a right one leaves others' counted."""
    guesses = Guesses()
    assert [guesses.begin(guess(), 0.0) for _ in range(100)].count(0.0) == FREE
    again = Guesses()
    for _ in range(100):
        assert again.begin(guess(), 0.0) == 0.0
        again.take_back(guess())
    for number in range(FREE_OF_AN_ADDRESS - 1):
        assert again.begin(guess(f"made-up-{number}"), 0.0) == 0.0
    assert again.begin(guess(), 0.0) == 0.0
    again.was_right(guess())
    assert [again.begin(guess(), 0.0), again.begin(guess(), 0.0)] == [0.0, 60.0]


def test_names_that_do_not_exist_push_no_account_out() -> None:
    """However many are made up, from however many addresses."""
    guesses = Guesses()
    guesses.restore("anna", FREE_OF_STRANGERS, 0.0)
    for number in range(MOST + 1):
        guesses.begin(guess(f"made-up-{number}", f"192.0.2.{number}"), 0.0)
    assert guesses.begin(guess(address="198.51.100.1"), 0.0) == 60.0


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::"), ("2001:db8:0:0:ffff::1", "2001:db8::"),
     ("::ffff:192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80::"), ("", ""), ("x" * 100, "x" * 64)],
)  # fmt: skip
def test_an_ipv6_house_has_one_address(address: str, network: str) -> None:
    """And not 2^64 of them."""
    assert network_of(address) == network


def test_every_permission_is_described_and_somebody_has_it() -> None:
    """And every role has what is for all."""
    assert ABOUT.keys() == set(Permission)
    assert set(Permission) == set().union(*GRANTS.values())
    assert all(grants.keys() >= FOR_ALL for grants in GRANTS.values())


def test_who_reaches_only_their_own_reaches_nothing_of_others() -> None:
    """But what is for all; and nobody else has to say whose."""
    for role, grants in GRANTS.items():
        reaches = {reach for permission, reach in grants.items() if permission not in FOR_ALL}
        assert reaches == ({Reach.OWN} if role in OWNERS else {Reach.ALL})


def test_only_administrators_give_access_and_auditors_change_nothing() -> None:
    """What must never slip in by a change of the table."""
    assert [role for role in Role if Permission.GIVE_ACCESS in GRANTS[role]] == [Role.ADMINISTRATOR]
    named = {str(one) for one in GRANTS[Role.AUDITOR]} - {str(one) for one in FOR_ALL}
    assert all(name.startswith(("read-", "watch-")) for name in named)
    assert [role for role in Role if Permission.TAKE_OVER_CALLS in GRANTS[role]] == [Role.SUPERVISOR]


def test_a_vendor_owns_its_devices_and_no_namesakes() -> None:
    """``acme`` is no prefix of ``acme-2``."""
    vendor = Principal(KnownBy.KEY, "k", GRANTS[Role.VENDOR], Role.VENDOR, "acme")
    owned = [
        vendor.owns_device(one, Permission.READ_DEVICES) for one in ("acme/car-1", "acme", "acme-2/car-1", "acm/e")
    ]
    assert owned == [True, True, False, False]
    assert not vendor.owns_it("acme/car-1", Permission.READ_DEVICES)
    truck = Principal(KnownBy.LINK, "helper/t", GRANTS[Role.HELPER], Role.HELPER, "help/truck-1")
    assert [truck.owns_device(one, Permission.READ_DEVICES) for one in ("help/truck-1", "help/truck-10", "help")] == [
        True, False, False,
    ]  # fmt: skip


def test_a_key_has_its_scopes_and_no_more() -> None:
    """With the things of whose it is, or everybody's."""
    own = ApiKey("k", "", (Permission.READ_DEVICES,), "acme", 0.0).grants()
    assert own == {Permission.READ_DEVICES: Reach.OWN} | dict.fromkeys(FOR_ALL, Reach.ALL)
    assert ApiKey("k", "", (Permission.READ_DEVICES,), None, 0.0).grants()[Permission.READ_DEVICES] is Reach.ALL


def test_who_acts_is_written_as_they_are_known() -> None:
    """In the demo agents are the demo's."""
    anna = Principal(KnownBy.USER, "anna", GRANTS[Role.AGENT], Role.AGENT)
    assert (anna.actor, anna.actor_as("anna")) == ("user/anna", "user/anna")
    assert (DEMO.actor, DEMO.actor_as("agent-07"), DEMO.actor_as("demo-agent-07")) == (
        "demo-dispatcher", "demo-agent-07", "demo-agent-07",
    )  # fmt: skip
    assert (anna.acts_as("anna"), anna.acts_as("bob"), DEMO.acts_as("bob")) == (True, False, True)
    assert not STRANGER.known


def test_a_role_and_whose_it_is_fit_together() -> None:
    """A vendor is somebody's, an agent nobody's; a password is long enough."""
    for role, owns in ((Role.VENDOR, None), (Role.AGENT, "acme"), (Role.HELPER, ""), (Role.HELPER, "acme")):
        with pytest.raises(BadAccess):
            must_fit(role, owns)
    for password in ("short", "x" * 201):
        with pytest.raises(BadAccess, match="12 to 200"):
            must_be_a_password(password)


HOSTS = AllowedHosts(frozenset({"127.0.0.1", "machine"}), frozenset({"calls.example"}))


@pytest.mark.parametrize(
    "asked",
    [
        Asked("127.0.0.1:8080"),
        Asked("localhost"),
        Asked("machine:8080", "http://machine:8080", changes=True),
        Asked("[::1]:8080", "http://[::1]:8080", "same-origin", "cors", changes=True),
        Asked("calls.example", "https://calls.example", "same-origin", "cors", changes=True),
        Asked("127.0.0.1:8080", "https://calls.example", changes=True),
        Asked("CALLS.example:443", "", "none", "navigate"),
        Asked("192.0.2.7:8080", "", "cross-site", "navigate"),
    ],
)
def test_our_own_pages_and_machines_may_ask(asked: Asked) -> None:
    """By a name of ours, a number, or over a proxy that stands for a name of ours; a link of another site leads here."""
    assert HOSTS.objection(asked) is None


@pytest.mark.parametrize(
    "asked",
    [
        Asked(""),
        Asked("evil.example:8080"),
        Asked("localhost.evil.example"),
        Asked("[::1"),
        Asked("127.0.0.1:8080.evil.example"),
        Asked("evil.example@127.0.0.1:8080"),
        Asked("127.0.0.1:8080/evil.example"),
        Asked("127.0.0.1:8080", "http://evil.example", changes=True),
        Asked("127.0.0.1:8080", "http://127.0.0.1:9999", changes=True),
        Asked("127.0.0.1:8080", "null", changes=True),
        Asked("machine:8080", "http://machine:9999", changes=True),
        Asked("127.0.0.1:8080", "http://evil.example"),
        Asked("127.0.0.1:8080", "", "cross-site", "navigate", changes=True),
        Asked("127.0.0.1:8080", "", "same-site", "no-cors"),
    ],
)
def test_foreign_pages_and_names_may_not(asked: Asked) -> None:
    """Nor a page of another port of the same machine."""
    assert HOSTS.objection(asked)


def test_loopback_is_this_machine_alone() -> None:
    """A name that could be anybody's is not."""
    assert all(is_loopback(one) for one in ("127.0.0.1", "127.8.8.8", "::1", "localhost"))
    assert not any(is_loopback(one) for one in ("0.0.0.0", "::", "192.0.2.1", "myhost", ""))  # noqa: S104 - what is refused


def test_the_page_shows_the_table_as_it_is() -> None:
    """``docs/security.md`` has every action and role; written anew from ``dispatch.access.roles.as_table``."""
    page = (Path(__file__).parents[2] / "docs/security.md").read_text("utf-8")
    assert "\n".join(as_table()) in page
