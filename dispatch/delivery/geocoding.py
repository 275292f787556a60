"""Street addresses of positions, from a geocoder on the net, for the agent's brief. Off unless the operator chooses one.

A lookup starts when a finding comes in, so that the address is there when the call is made; nobody ever waits for one:
until it is known, and wherever it fails, the offline name of ``gateway.places.place_names`` stands alone. Addresses are kept in
memory only, never in the ledger. Positions of simulated devices and of homes are not asked of a public server.

Nominatim's usage policy (operations.osmfoundation.org/policies/nominatim): a user agent of one's own, at most one request a
second, results kept. We hold Photon's public server to the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from dispatch.core.events import CaseReported, FaultFound
from dispatch.delivery.retry_after import retry_after_s
from dispatch.ledger.rows import Row, read
from gateway.errors import LineError, OperatorError
from gateway.finding import Finding

log = logging.getLogger(__name__)

LIMIT_S = 2.0
"""So long an answer is waited for."""
EVERY_S = 1.0
"""Between two requests to a public server."""
PAUSE_S, LONGEST_PAUSE_S = 60.0, 3_600.0
"""After a server said that it is asked too often, where it does not say for how long; and where it says too long."""
KEPT = 10_000
"""Addresses."""
WAITING = 200
"""Positions. When more wait, the oldest are left out: their calls have been made."""
LONGEST = 120
"""Letters of an address."""
USER_AGENT = "callahead-serve/0.1"
_PLACES = 4
"""Decimals of a degree that tell two positions apart: 11 m."""
_PUBLIC = {"nominatim": "nominatim.openstreetmap.org", "photon": "photon.komoot.io"}
"""Whom we may ask, and where their public servers are."""
_SPOKEN = ("name", "housenumber", "street", "postcode", "city", "state", "country")
"""What a place of Photon's is called by, where it has no street."""
_NOWHERE = "Unable to geocode"
"""What Nominatim says of a position without an address."""

Key = tuple[float, float]


class BadGeocoder(OperatorError, ValueError):  # noqa: N818 - says what happened
    """The operator's fault: the option names no geocoder that we know, or no URL."""


class BadAnswer(LineError):  # noqa: N818 - says what came
    """The geocoder's fault: nobody can read an address in what it says."""


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
        if name not in _PUBLIC:
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

    def question(self, key: Key) -> httpx.URL:
        """Return what asks for the address of a position."""
        more = {"format": "json", "addressdetails": "1"} if self.name == "nominatim" else {"limit": "1"}
        at = {"lat": f"{key[0]:.{_PLACES}f}", "lon": f"{key[1]:.{_PLACES}f}"}
        return httpx.URL(f"{self.scheme}://{self.netloc or _PUBLIC[self.name]}/reverse", params=at | more)

    def address_in(self, answer: object) -> str:
        """Return the address in an answer; empty where there is none. Raises ``BadAnswer``."""
        if not isinstance(answer, Mapping):
            raise BadAnswer(f"{self.name} answered with no object")
        return _of_nominatim(answer) if self.name == "nominatim" else _of_photon(answer)


@dataclass(slots=True)
class LookupCounts:
    """What became of the lookups since the start."""

    found: int = 0
    nothing: int = 0
    """The geocoder knows no address there."""
    failed: int = 0
    left_out: int = 0


class Addresses:
    """Knows addresses or has them looked up. ``run`` it as a task; ``stop`` ends it at once. In the loop's thread only.

    ``every_s``: between two requests; left out: a second for a public server, nothing for one of the operator's own.
    """

    def __init__(self, geocoder: Geocoder | None = None, every_s: float | None = None) -> None:
        self.counts = LookupCounts()
        self._geocoder = geocoder
        self._every_s = every_s if every_s is not None else EVERY_S * (geocoder is not None and geocoder.public)
        self._known: OrderedDict[Key, str] = OrderedDict()
        self._wanted: OrderedDict[Key, None] = OrderedDict()
        self._some = asyncio.Event()
        self._stopping = asyncio.Event()
        self._failing = False

    @property
    def on(self) -> bool:
        """Whether a geocoder was chosen."""
        return self._geocoder is not None

    @property
    def waiting(self) -> int:
        """How many positions are to be looked up."""
        return len(self._wanted)

    def feed(self, row: Row) -> None:
        """Take one row of the ledger: a finding's position is looked up before its call is made."""
        if self._geocoder is not None and row.type in {FaultFound.__name__, CaseReported.__name__}:
            event = read(row)
            if isinstance(event, FaultFound | CaseReported):
                self.of(event.finding)

    def of(self, finding: Finding) -> str:
        """Return the address where it is known; else an empty text, and it is looked up for the next who asks."""
        place = finding.place
        if self._geocoder is None or place is None or place.source == "home":
            return ""
        key = (round(place.latitude, _PLACES), round(place.longitude, _PLACES))
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        if finding.provenance == "real" or not self._geocoder.public:
            self._want(key)
        return ""

    async def run(self) -> None:
        """Look up what is wanted until ``stop``, the newest first."""
        if self._geocoder is None:
            return
        client = httpx.AsyncClient(timeout=LIMIT_S, headers={"User-Agent": USER_AGENT}, follow_redirects=True)
        async with client:
            work = asyncio.ensure_future(self._work(self._geocoder, client))
            end = asyncio.ensure_future(self._stopping.wait())
            await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
            end.cancel()
            if not work.cancel():
                work.result()

    def stop(self) -> None:
        """Look up nothing more."""
        self._stopping.set()

    def _want(self, key: Key) -> None:
        self._wanted[key] = None
        self._wanted.move_to_end(key)
        if len(self._wanted) > WAITING:
            self._wanted.popitem(last=False)
            self.counts.left_out += 1
        self._some.set()

    async def _work(self, geocoder: Geocoder, client: httpx.AsyncClient) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._some.wait()
            key, _ = self._wanted.popitem()
            if not self._wanted:
                self._some.clear()
            next_at = loop.time() + self._every_s
            pause_s = await self._look_up(key, geocoder, client)
            await asyncio.sleep(max(pause_s, next_at - loop.time()))

    async def _look_up(self, key: Key, geocoder: Geocoder, client: httpx.AsyncClient) -> float:
        """Look one up; return for how many seconds nothing is to be asked after it."""
        try:
            async with asyncio.timeout(LIMIT_S):
                answer = await client.get(geocoder.question(key))
            address = geocoder.address_in(answer.raise_for_status().json())
        except Exception as error:  # noqa: BLE001 - whatever a server says, calls are made without it
            self._failed(error)
            return _pause_after(error)
        self._answered(key, address)
        return 0.0

    def _answered(self, key: Key, address: str) -> None:
        self._failing = False
        self._known[key] = address
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        if address:
            self.counts.found += 1
        else:
            self.counts.nothing += 1

    def _failed(self, error: Exception) -> None:
        """Count it, and say the first of a row: without the position, which is the customer's."""
        self.counts.failed += 1
        if not self._failing:
            log.warning("the geocoder fails (%s); places are told by the offline names", type(error).__name__)
        self._failing = True


def _pause_after(error: Exception) -> float:
    """Return for how many seconds a server that failed is left in peace."""
    if isinstance(error, httpx.HTTPStatusError) and error.response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return min(retry_after_s(error.response.headers.get("retry-after")) or PAUSE_S, LONGEST_PAUSE_S)
    return 0.0


def _of_nominatim(answer: Mapping[str, Any]) -> str:
    if error := answer.get("error"):
        if _NOWHERE in str(error):
            return ""
        raise BadAnswer(f"nominatim says: {error}")
    return _said(answer.get("address"), answer.get("display_name"))


def _of_photon(answer: Mapping[str, Any]) -> str:
    found = answer.get("features")
    if not isinstance(found, list):
        raise BadAnswer("photon answered without features")
    if not found:
        return ""
    fields = found[0].get("properties") if isinstance(found[0], Mapping) else None
    if not isinstance(fields, Mapping):
        raise BadAnswer("photon answered with a place that has no properties")
    return _said(fields, ", ".join(filter(None, (_first(fields, name) for name in _SPOKEN))))


def _said(fields: object, otherwise: object) -> str:
    """Return street, number and town, or else the whole text there is, fit to be shown in a line."""
    told = _street(fields) if isinstance(fields, Mapping) else ""
    text = told or (otherwise if isinstance(otherwise, str) else "")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:LONGEST]


def _street(fields: Mapping[str, Any]) -> str:
    """Return street, number and town in the words of Nominatim (``address``) or Photon (``properties``)."""
    street = _first(fields, "road", "street", "pedestrian", "footway", "cycleway")
    if not street and fields.get("osm_key") == "highway":
        street = _first(fields, "name")
    town = _first(fields, "city", "town", "village", "municipality", "hamlet", "county")
    number = _first(fields, "house_number", "housenumber")
    return ", ".join(filter(None, (f"{street} {number}".strip(), town))) if street else ""


def _first(fields: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value), "")
