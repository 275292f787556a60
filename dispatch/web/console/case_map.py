"""The console's map: where devices are (drawn by ``console.js``), where it broke, and what the places around are called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from nicegui import ui

from dispatch.views.case_view import CaseView
from dispatch.web.console.alerts import SHOWN
from dispatch.web.console.source import ConsoleSource
from gateway.kinds.registry import kinds
from gateway.places.place_names import gazetteer

_NAMES = 30
"""So many place names fit on the map."""


def dots() -> str:
    """Return how each kind of device is drawn on the map, as JSON."""
    return json.dumps({kind.name: asdict(kind.dot) for kind in kinds()})


class CaseMap:
    """Build it, then ``begin``."""

    def __init__(self, source: ConsoleSource) -> None:
        self._source = source
        self._shown_seq = -1
        self._named = False
        ui.label("Map").classes("text-subtitle1 text-weight-medium map-title")
        options = {"preferCanvas": True, "attributionControl": False, "maxZoom": 18}
        self._map = ui.leaflet(center=(0, 0), zoom=2, options=options)
        self._map.classes("w-full grow rounded")
        self._map.clear_layers()
        ui.label("Place names: GeoNames, CC BY 4.0").classes("text-caption text-grey-7")

    async def begin(self) -> None:
        """Draw devices as soon as the browser has the map."""
        await self._map.initialized()
        ui.run_javascript(f"callaheadMap.start(getElement({self._map.id}).map)")

    def refresh(self) -> None:
        """Show where it broke, and the names of places as soon as a position says where that is."""
        if not self._map.is_initialized:
            return
        if not self._named:
            self._name_places()
        book = self._source.casebook
        if book.last_seq != self._shown_seq:
            self._shown_seq = book.last_seq
            pins = json.dumps(list(_pins(book.open_cases()[:SHOWN])))
            ui.run_javascript(f"window.callaheadCases && callaheadCases({pins})")

    def _name_places(self) -> None:
        places = list(self._places())
        if places:
            self._named = True
            ui.run_javascript(f"callaheadMap.names(getElement({self._map.id}).map, {json.dumps(places)})")

    def _places(self) -> Iterator[dict[str, Any]]:
        """Yield the largest places around the devices."""
        known = [twin.place for twin in self._source.twins().values() if twin.place is not None]
        if not known:
            return
        middle = known[len(known) // 2]
        around = gazetteer().around(middle.latitude, middle.longitude)
        for place in sorted(around, key=lambda place: -place.population)[:_NAMES]:
            where = {"latitude": place.latitude, "longitude": place.longitude}
            yield {"name": place.name, **where, "population": place.population}


def _pins(cases: list[CaseView]) -> Iterator[dict[str, Any]]:
    for case in cases:
        place = case.place
        if place is not None:
            yield {
                "latitude": place.latitude,
                "longitude": place.longitude,
                "accuracy_m": place.accuracy_m,
                "severity": str(case.finding.severity),
                "name": case.finding.name,
                "near": case.near,
                "help": case.help.state if case.help else "",
            }
