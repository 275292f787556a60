"""Which geocoder on the net is asked for street addresses: a public server, or one of the operator's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from gateway.errors import OperatorError

_KNOWN = {"nominatim", "photon"}


class BadGeocoder(OperatorError, ValueError):  # noqa: N818 - says what happened
    """The operator's fault: the option names no geocoder that we know, or no URL."""


@dataclass(frozen=True, slots=True)
class Geocoder:
    """Which geocoder is asked. ``netloc`` empty: the public server, with its limits."""

    name: str
    scheme: str = "https"
    netloc: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``nominatim``, ``photon``, or either with ``=URL`` of a server of one's own. Raises ``BadGeocoder``."""
        name, given, url = text.partition("=")
        if name not in _KNOWN:
            message = f"--geocoder {text}: choose nominatim or photon, with =URL for a server of your own"
            raise BadGeocoder(message)
        if not given:
            return cls(name)
        try:
            parts = urlsplit(url)
            sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            sound = False
        if not sound or parts.query or parts.fragment or parts.username:
            message = f"--geocoder {text}: {url or 'nothing'} is no address of a server, as http://geocoder.local:8080"
            raise BadGeocoder(message)
        return cls(name, parts.scheme, (parts.netloc + parts.path).rstrip("/"))

    @property
    def public(self) -> bool:
        """Whether positions go to strangers."""
        return not self.netloc
