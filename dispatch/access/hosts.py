"""Under which names the service is asked, and from which pages: against foreign pages and re-bound names. Pure.

A page of another site can send a browser's request here, with its cookies, and cannot help telling where it comes from. A name
of another site can be pointed at this machine; a number cannot, so numbers are names of ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*", re.IGNORECASE)
"""RFC 1123, and the underscore that names on networks have all the same."""
_SAFE_SITES = {"", "same-origin", "none"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says of where it goes and where it comes from: its headers, empty where they are left out."""

    host: str
    origin: str = ""
    site: str = ""
    """``Sec-Fetch-Site``."""
    mode: str = ""
    """``Sec-Fetch-Mode``."""
    changes: bool = False
    """Is it no plain GET or HEAD?"""


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """``own``: what the machine is called beside ``localhost`` and numbers; ``public``: what browsers call the service.

    A proxy may stand for a public name, on whatever port; a page of another port of the machine is another's. Small letters.
    """

    own: frozenset[str] = frozenset()
    public: frozenset[str] = frozenset()

    def objection(self, asked: Asked) -> str | None:
        """Return why a request is refused; ``None``: it may go on."""
        if not self._ours(hostname_of(asked.host)):
            return f"the name {asked.host!r} is none of this service's (--http-name says which are)"
        if asked.origin and not self._same(asked):
            return f"a page of {asked.origin!r} may not ask this service"
        if asked.site not in _SAFE_SITES and (asked.changes or asked.mode != "navigate"):
            return "a page of another site may not ask this service"
        return None

    def _ours(self, host: str) -> bool:
        return host == "localhost" or host in self.own | self.public or _is_number(host)

    def _same(self, asked: Asked) -> bool:
        """Is the page one of ours: from the same host and port, or from a public name of ours?"""
        origin = urlsplit(asked.origin)
        return origin.netloc.lower() == asked.host.lower() or (origin.hostname or "") in self.public


def hostname_of(netloc: str) -> str:
    """Return the name in ``host:port``, in small letters; empty where that is not what it is."""
    try:
        parts = urlsplit(f"//{netloc}")
        is_all = parts.netloc == netloc and "@" not in netloc and (parts.port is None or parts.port >= 0)
    except ValueError:  # also of a port that is no number
        return ""
    return parts.hostname or "" if is_all else ""


def is_host_name(text: str) -> bool:
    """Tell whether it is a name or a number of a host as browsers, devices and certificates write it: without a port, ASCII."""
    return _HOST_NAME.fullmatch(text) is not None or _is_number(text)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches what listens there."""
    return host == "localhost" or (_is_number(host) and ip_address(host).is_loopback)


def safe_url(url: str) -> str:
    """Return an address of whom we believe: over TLS, or on this machine. Raises ``ValueError`` for another."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError("is no address as https://id.example")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("is not https: whoever is on the way could log in as anybody")
    return url


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
