"""The trunk file, the addresses it makes, and the wall between the simulated world and the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.channels.sip.line import SipLine
from dispatch.channels.sip.statuses import ending_of
from dispatch.channels.sip.trunk_file import PASSWORD_VARIABLE, BadTrunkFile, read_trunks
from dispatch.channels.sip.uris import checked_address, number_of, number_to_dial, ref_of, user_of
from dispatch.channels.telephony import CannotDial, LegEnding
from gateway.finding import Provenance
from tests.conftest import command

TRUNK = """
[trunk]
proxy = "sip.operator.example"
user = "callahead"
password = "@{secret}"
register = true
caller_id = "+371 67 000 000"
country_code = "371"

[trunk.agents]
anna = "sip:anna@pbx.example:5080"
"""
WORLD = '[world]\nproxy = "127.0.0.1:5070"\nagent_address = "sip:{agent}@127.0.0.1:5070"\n'


def read(folder: Path, text: str, **environment: str) -> SipLine:
    """Return the first line of a file."""
    (folder / "secret").write_text("s3cret\n")
    (folder / "trunk.toml").write_text(text.replace("{secret}", str(folder / "secret")))
    return SipLine(read_trunks(folder / "trunk.toml", environment)[0])


def test_a_trunk_is_read_whole(tmp_path: Path) -> None:
    """Numbers are dialled by its proxy, with the country that they lack; the password stands in no text."""
    (tmp_path / "trunk.toml").write_text(TRUNK.replace("{secret}", str(tmp_path / "secret")))
    (tmp_path / "secret").write_text("s3cret\n")
    (trunk,) = read_trunks(tmp_path / "trunk.toml", {})
    assert (trunk.provenance, trunk.password, trunk.line.caller_id) == ("real", "s3cret", "+37167000000")
    assert "s3cret" not in repr(trunk)
    line = SipLine(trunk)
    assert line.customer_address("020 000 017") == "sip:+37120000017@sip.operator.example"
    assert line.customer_address("00358 40 123 4567") == "sip:+358401234567@sip.operator.example"
    assert line.agent_address("anna") == "sip:anna@pbx.example:5080"
    assert line.agent_address("oto") is None


def test_the_password_may_stand_in_the_environment(tmp_path: Path) -> None:
    """As other secrets do."""
    (tmp_path / "t.toml").write_text('[trunk]\nproxy = "sip.operator.example"\n')
    (trunk,) = read_trunks(tmp_path / "t.toml", {PASSWORD_VARIABLE: "other"})
    assert {trunk.password} == {"other"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "nothing is in it"),
        ("[trunk", "not TOML"),
        ("[trunk]\nuser = 'x'\n", "trunk.proxy: Field required"),
        ('[trunk]\nproxy = "a b"\n', "trunk.proxy: 'a b' is no host"),
        ('[trunk]\nproxy = "sip.example"\nport = 5060\n', "trunk.port: Extra inputs"),
        ('[trunk]\nproxy = "sip.example"\npassword = "s3cret"\n', "trunk.password: is '@FILE'"),
        ('[trunk]\nproxy = "sip.example"\npassword = "@/no/such/file"\n', "trunk.password: the file cannot be read"),
        ('[trunk]\nproxy = "sip.example"\ntransport = "pigeon"\n', "trunk.transport"),
        ('[trunk]\nproxy = "sip.example"\ncaller_id = "12"\n', "trunk.caller_id: it has no country"),
        ('[trunk]\nproxy = "sip.example"\ncountry_code = "+371"\n', "trunk.country_code"),
        ('[trunk]\nproxy = "sip.example"\n[trunk.agents]\nanna = "anna"\n', "trunk.agents.anna: 'anna' is no SIP"),
        ('[trunk]\nproxy = "sip.example"\nagent_address = "sip:anna@x"\n', "trunk.agent_address"),
        ('[trunk]\nproxy = "127.0.0.1:5070"\n', "trunk.proxy: real-call-to-the-simulated-world"),
        ('[trunk]\nproxy = "localhost"\n', "trunk.proxy: real-call-to-the-simulated-world"),
        ('[trunk]\nproxy = "s.example"\n[trunk.agents]\na = "sip:a@[::1]"\n', "real-call-to-the-simulated-world"),
        ('[world]\nproxy = "sip.example"\n', "world.proxy: simulated-call-leaves-the-machine"),
        ('[world]\nproxy = "127.0.0.1"\nlisten = "0.0.0.0:5060"\n', "world.listen: simulated-call-leaves"),
        ('[trunk]\nproxy = "192.0.2.7"\ntransport = "tls"\n', "trunk.ca: 192.0.2.7 is told by number"),
        ('[trunk]\nproxy = "sip.example"\ntransport = "tls"\nca = "/no/such/file"\n', "trunk.ca: Path does not"),
        (
            '[trunk]\nproxy = "sip.example"\ntransport = "tls"\nca = "/etc/hostname"\n',
            "trunk.ca: /etc/hostname: no cert",
        ),
        (
            '[trunk]\nproxy = "sip.example"\nca = "/etc/hostname"\n',
            'trunk.ca: certificates are shown with transport = "tls"',
        ),
        (
            '[world]\nproxy = "127.0.0.1"\nagent_address = "sip:{agent}@pbx.example"\n',
            "world.agent_address: simulated-",
        ),
    ],
)
def test_a_mistake_is_told_by_file_key_and_rule(text: str, told: str, tmp_path: Path) -> None:
    """Before anything is up."""
    file = tmp_path / "trunk.toml"
    file.write_text(text)
    with pytest.raises(BadTrunkFile) as error:
        read_trunks(file, {})
    assert str(error.value).startswith(f"{file}: ")
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--telephony", "sip"), "needs --sip-trunk FILE"),
        (("--sip-trunk", "trunk.toml"), "rings nobody without --telephony sip"),
        (("--telephony", "sip", "--sip-trunk", "/no/such/trunk.toml"), "cannot be read"),
    ],
)
def test_the_command_line_says_what_is_missing(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    """In a line."""
    ended = command("dispatch.cli.serve", "--dir", str(tmp_path), *words)
    assert ended.returncode == 2
    assert told in ended.stderr


@pytest.mark.parametrize("phone", ["", "call me", "12345", "+12", "+1234567890123456", "112"])
def test_a_number_that_cannot_be_read_is_refused_and_never_told(phone: str, tmp_path: Path) -> None:
    """Also with a country to lend."""
    with pytest.raises(CannotDial) as error:
        number_to_dial(phone)
    assert not phone or phone not in str(error.value)
    if "1" in phone:
        with pytest.raises(CannotDial):
            read(tmp_path, WORLD).customer_address(phone)


@pytest.mark.parametrize(
    ("uri", "provenance", "rule"),
    [
        ("sip:x@127.0.0.1:5070", "simulated", ""),
        ("sip:x@127.3.2.1", "simulated", ""),
        ("sip:x@localhost", "simulated", "simulated-call-leaves-the-machine"),
        ("sip:x@192.0.2.7", "simulated", "simulated-call-leaves-the-machine"),
        ("sip:x@127.0.0.1.example", "simulated", "simulated-call-leaves-the-machine"),
        ("sip:x@pbx.example", "real", ""),
        ("sip:x@192.0.2.7:5061", "real", ""),
        ("sip:x@127.0.0.1", "real", "real-call-to-the-simulated-world"),
        ("sip:x@127.1", "real", "real-call-to-the-simulated-world"),
        ("sip:x@2130706433", "real", "real-call-to-the-simulated-world"),
        ("sip:x@0x7f000001", "real", "real-call-to-the-simulated-world"),
        ("sip:x@0.0.0.0", "real", "real-call-to-the-simulated-world"),
        ("sip:x@LOCALHOST.", "real", "real-call-to-the-simulated-world"),
        ("sip:x@[::ffff:127.0.0.1]", "real", "real-call-to-the-simulated-world"),
        ("sip:x@pbx.example\r\nX: y", "real", "no SIP address"),
        ("sip:x@pbx.example;maddr=127.0.0.1", "real", "no SIP address"),
        ("tel:+37120000017", "real", "no SIP address"),
    ],
)
def test_the_worlds_are_kept_apart(uri: str, provenance: Provenance, rule: str) -> None:
    """Whoever is simulated is rung in 127.0.0.0/8, and nobody else is."""
    if not rule:
        assert checked_address(uri, provenance) == uri
        return
    with pytest.raises(CannotDial, match=rule):
        checked_address(uri, provenance)


@pytest.mark.parametrize(
    ("told", "number", "user"),
    [
        ('"Ann" <sip:+37120000017@sbc.example>;tag=1', "+37120000017", "+37120000017"),
        ("<sip:0037120000017@sbc>", "+37120000017", "0037120000017"),
        ("<tel:+371-2000-0017>", "+37120000017", "+371-2000-0017"),
        ("<SIP:+37120000017:pin@sbc;user=phone>", "+37120000017", "+37120000017"),
        ("<sip:+37120000017;npdi;rn=+371@sbc>, <tel:+37120000017>", "+37120000017", "+37120000017"),
        ("<sip:+371%202000-0017@sbc>", "+37120000017", "+371%202000-0017"),
        ("<sip:+371 (0) 2000 0017@sbc>", "+37120000017", "+371 (0) 2000 0017"),
        ('"<sip:+37120000018@x>" <sip:+37120000017@sbc>', "+37120000017", "+37120000017"),
        ('"a\\"<sip:+37120000018@x>" <sip:+37120000017@sbc>', "+37120000017", "+37120000017"),
        ('"+371 2000 0018" <sip:anonymous@anonymous.invalid>', "", "anonymous"),
        ("<sip:+37120000018@x> <sip:+37120000017@sbc>", "", ""),
        ("sip:+37120000018@x <sip:+37120000017@sbc>", "+37120000017", "+37120000017"),
        ("<sip:anna20000017@sbc>", "", "anna20000017"),
        ("<sip:192.168.100.200>", "", ""),
        ("<tel:+1-800-CALL-NOW>", "", "+1-800-CALL-NOW"),
        (f"<sip:{'1' * 5_000}@sbc>", "", "1" * 5_000),
        ("<sip:anonymous@anonymous.invalid>;tag=2", "", "anonymous"),
        ("sip:anna@pbx.example", "", "anna"),
        ("", "", ""),
    ],
)
def test_who_rings_is_read_as_exchanges_write_it(told: str, number: str, user: str) -> None:
    """A number that is withheld is none."""
    assert (number_of(told), user_of(told)) == (number, user)


def test_a_call_is_called_so_that_an_agent_can_name_it() -> None:
    """Call-IDs may hold nearly anything; two of them are never one."""
    assert ref_of("a84b4c76e66710@pc33.example") == "a84b4c76e66710@pc33.example"
    odd = ["a/b@x", "c/b@x", "x" * 1_024, "x" * 1_023 + "y", "a b", "\u0101@x", "", "\ud800", 'sp<>{}[]"?~`']
    assert len({ref_of(one) for one in odd}) == len(odd)
    assert all(len(ref_of(one)) == 32 and ref_of(one).isalnum() for one in odd)


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        *(
            (f"{status} Whatever", LegEnding.UNANSWERED)
            for status in (404, 408, 410, 480, 484, 486, 487, 600, 603, 604)
        ),
        *((f"{status} Whatever", LegEnding.LINE) for status in (401, 403, 407, 488, 500, 502, 503, 504, 606)),
        ("Destination address required [89]", LegEnding.LINE),
        ("", LegEnding.LINE),
    ],
)
def test_it_is_told_whose_fault_it_is_that_nobody_speaks(text: str, ending: LegEnding) -> None:
    """What is the line's is never counted as a customer who did not answer."""
    assert ending_of(text, answered=False, incoming=False) is ending


def test_a_telephone_that_vanishes_did_not_hang_up() -> None:
    """No sound comes from it any more."""
    assert ending_of("rtp stream error", answered=True, incoming=False) is LegEnding.LOST
    assert ending_of("Connection reset by peer [104]", answered=True, incoming=False) is LegEnding.HUNG_UP
    assert ending_of("Connection reset by peer [104]", answered=False, incoming=True) is LegEnding.HUNG_UP
