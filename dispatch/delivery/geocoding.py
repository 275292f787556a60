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
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.core.events import CaseReported, FaultFound
from dispatch.delivery.geocoder import Geocoder
from dispatch.ledger.rows import Row, read
from gateway.finding import Finding

if TYPE_CHECKING:
    from dispatch.delivery.geocoder_client import GeocoderClient  # imports geopy, which is an extra

log = logging.getLogger(__name__)

EVERY_S = 1.0
"""Between two requests to a public server."""
KEPT = 10_000
"""Addresses."""
WAITING = 200
"""Positions. When more wait, the oldest are left out: their calls have been made."""
_PLACES = 4
"""Decimals of a degree that tell two positions apart: 11 m."""
Key = tuple[float, float]


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

    def forget(self) -> None:
        """Know no address by heart any more."""
        self._known.clear()

    async def run(self) -> None:
        """Look up what is wanted until ``stop``, the newest first."""
        if self._geocoder is None:
            return
        from dispatch.delivery.geocoder_client import GeocoderClient  # noqa: PLC0415 - imports geopy, which is an extra

        async with GeocoderClient(self._geocoder, self._every_s) as client:
            work = asyncio.ensure_future(self._work(client))
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

    async def _work(self, client: GeocoderClient) -> None:
        while True:
            await self._some.wait()
            key, _ = self._wanted.popitem()
            if not self._wanted:
                self._some.clear()
            if key not in self._known:  # somebody may have asked again while it was looked up
                await asyncio.sleep(await self._look_up(key, client))

    async def _look_up(self, key: Key, client: GeocoderClient) -> float:
        """Look one up; return for how many seconds nothing is to be asked after it."""
        try:
            address = await client.address(key)
        except Exception as error:  # noqa: BLE001 - whatever a server says, calls are made without it
            self._failed(error)
            return client.pause_after(error)
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
