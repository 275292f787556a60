"""Where somebody is rung: SIP addresses made of numbers and names, and the wall between the simulated world and the real one. Pure.

Whatever is simulated is rung on 127.0.0.0/8, and nothing real ever is: there are the telephones of the simulated world. A PBX of
one's own on this machine is told by the machine's address on its network.
"""

from __future__ import annotations

import hashlib
import re
from ipaddress import IPv4Address, ip_address
from urllib.parse import unquote

from dispatch.channels.telephony import CannotDial
from dispatch.registers.telephone import dialled
from gateway.finding import Provenance

SHORTEST, LONGEST = 7, 15
"""Digits of a number in E.164, its country's among them."""
_URI = re.compile(
    r"^sips?:(?:(?P<user>[^@;?<>\s\"]+)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?$"
)
_HOST = re.compile(r"^(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?$")
_PLAIN_REF = re.compile(r"[A-Za-z0-9@._~+=:-]{1,128}")
_NUMERIC = re.compile(r"^[0-9.]+$")
_MOST_PORT = 65_535
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
"""What whoever rings calls themselves: it may look like anybody's address."""
_IN_BRACKETS = re.compile(r"^[^<>]*<(?P<uri>[^<>]*)>\s*(?:[;,].*)?$", re.DOTALL)
_BARE = re.compile(r"^\s*(?P<uri>[^<>;,\s]+)\s*(?:[;,][^<>]*)?$")
_WHO = re.compile(r"^\s*(?:sips?:(?P<user>[^@;:?]*)(?:[;:?][^@]*)?@|tel:(?P<number>[^;?@]*))", re.IGNORECASE)


def number_of(address: str) -> str:
    """Return the number in what an exchange tells of who rings, as ``"Ann" <sip:+371…@host>;tag=…``; empty: it is withheld.

    Only that of the address itself, and only where it is a number and nothing else.
    """
    number = dialled(unquote(_user_part(address)))
    return number if SHORTEST <= len(number.lstrip("+")) <= LONGEST else ""


def _user_part(address: str) -> str:
    """Return what stands before the host of an address, or a ``tel:`` one's number; empty: nothing, or it cannot be read."""
    bare = _QUOTED.sub("", address)
    found = _IN_BRACKETS.match(bare) or _BARE.match(bare)
    who = _WHO.match(found["uri"]) if found else None
    return "" if who is None else who["user"] or who["number"] or ""


def ref_of(call_id: str) -> str:
    """Return what a call is called here: its Call-ID, or a digest of one that is long or would be several parts of a path."""
    return (
        call_id
        if _PLAIN_REF.fullmatch(call_id)
        else hashlib.sha256(call_id.encode("utf-8", "replace")).hexdigest()[:32]
    )


def number_to_dial(phone: str, country_code: str = "") -> str:
    """Return a number in E.164. Raises ``CannotDial``; a message never tells the number."""
    number = dialled(phone)
    if not number.startswith("+"):
        if not country_code:
            raise CannotDial("the customer's number has no country, and the trunk file no country_code")
        number = f"+{country_code}{number.removeprefix('0')}"
    digits = len(number) - 1
    if not SHORTEST <= digits <= LONGEST:
        raise CannotDial(
            f"the customer's number cannot be read: {digits} digits, and E.164 has {SHORTEST} to {LONGEST}"
        )
    return number


def checked_address(uri: str, provenance: Provenance) -> str:
    """Return a SIP address that somebody ``provenance`` may be rung at. Raises ``CannotDial``."""
    found = _URI.match(uri)
    if found is None or int(found["port"] or 0) > _MOST_PORT:
        raise CannotDial(f"{uri!r} is no SIP address, as sip:anna@pbx.example or sip:anna@192.0.2.7:5060")
    must_be_of(found["host"], provenance)
    return uri


def checked_host(host: str, provenance: Provenance) -> str:
    """Return a host, with a port or without, that calls ``provenance`` may go by. Raises ``CannotDial``."""
    found = _HOST.match(host)
    if found is None or int(found["port"] or 0) > _MOST_PORT:
        raise CannotDial(f"{host!r} is no host, as sip.operator.example or 192.0.2.7:5060")
    must_be_of(found["host"], provenance)
    return host


def must_be_of(host: str, provenance: Provenance) -> None:
    """Keep the worlds apart. Raises ``CannotDial``."""
    home = is_loopback(host)
    if provenance == "simulated" and not _is_127(host):
        raise CannotDial(
            f"simulated-call-leaves-the-machine: {host} is not in 127.0.0.0/8, and who is simulated is rung there only"
        )
    if provenance != "simulated" and home:
        raise CannotDial(
            f"real-call-to-the-simulated-world: {host} is this machine, where the simulated world's telephones are"
        )


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its name; numbers that are no address, as 127.1, count as it."""
    bare = host.strip("[]").rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        address = ip_address(bare)
    except ValueError:
        return bool(_NUMERIC.match(bare)) or bare.startswith("0x")
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def is_number(host: str) -> bool:
    """Tell whether a host, with a port or without, is told by its address and not by a name."""
    found = _HOST.match(host)
    bare = (found["host"] if found else host).strip("[]")
    return ":" in bare or bool(_NUMERIC.match(bare))


def _is_127(host: str) -> bool:
    try:
        return IPv4Address(host).is_loopback
    except ValueError:
        return False


def user_of(address: str) -> str:
    """Return who is rung at an address, as ``anna`` of ``<sip:anna@pbx.example>``; empty: nobody is named."""
    return _user_part(address)
