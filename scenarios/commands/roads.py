"""``callahead roads``: makes a graph of OpenStreetMap's roads, and tells how long one drives on one."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from dispatch.core.distance import Point
from dispatch.core.policy import Policy
from dispatch.roads.errors import BadRoads
from dispatch.roads.file import SHIPPED, SUFFIX, read_roads, written
from dispatch.roads.graph import RoadGraph
from dispatch.roads.house import times_on
from dispatch.roads.network import Network, network
from dispatch.roads.reading import MICRO, read_source
from gateway.places.place_names import gazetteer
from scenarios.terminal import show

roads_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False, help="Roads to drive on.")
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
SUFFIXES = (".gz", ".geojson", ".json", ".pbf", ".osm")


@roads_app.command()
def build(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="OpenStreetMap's .pbf, or GeoJSON, plain or .gz.")],
    *,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help=f"What is written; NAME{SUFFIX} without it.")] = None,
    name: Annotated[str | None, typer.Option(help="What these roads are called; the file's name without it.")] = None,
    zone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="By whose clock their traffic goes; the nearest town's without it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a graph of the roads that cars may use, where one can drive from anywhere to anywhere."""
    source = read_source(file)
    made = network(source, str(file))
    graph = RoadGraph(name or _called(file), source.attribution, zone or _zone(made), source.drawn, made.columns)
    found = written(graph)
    path = out or Path(f"{graph.name}{SUFFIX}")
    try:
        path.write_bytes(found)
    except OSError as error:
        raise BadRoads(f"--out {path}: cannot be written: {error.strerror}") from None
    read_roads(str(path))
    told = {
        "junctions": graph.junctions, "stretches": graph.stretches, "km": round(float(graph.length.sum()) / 1000, 1),
        "left_out": made.left_out, "bytes": len(found), "zone": graph.zone, "out": str(path),
    }  # fmt: skip
    if as_json:
        typer.echo(json.dumps(told))
        return
    show.OUT.print(
        f"{path}: {graph.junctions:,} junctions, {graph.stretches:,} stretches, {told['km']:,} km, {len(found):,} bytes; "
        f"{made.left_out:,} stretches left out, from which one does not come back. Traffic by the clock of {graph.zone}. "
        f"{graph.attribution}"
    )


@roads_app.command()
def drive(
    roads: Annotated[str, typer.Argument(metavar="ROADS", help=f"A file that 'build' wrote, or {', '.join(SHIPPED)}.")],
    start: Annotated[str, typer.Argument(metavar="LAT,LON")],
    end: Annotated[str, typer.Argument(metavar="LAT,LON")],
    *,
    as_json: Json = False,
) -> None:
    """Tell how long one drives from one place to another who sets out now."""
    ends = _point(start), _point(end)
    times = times_on(Policy(), read_roads(roads))
    leg, why_not = times.leg(*ends, time.time()), times.why_not(*ends)
    if as_json:
        told = {
            "seconds": round(leg.seconds, 1),
            "metres": round(leg.metres),
            "on_roads": leg.on_roads,
            "why_not": why_not,
        }
        typer.echo(json.dumps(told))
        return
    show.OUT.print(f"{leg.seconds / 60:.0f} min, {leg.metres / 1000:.1f} km" + (f"; {why_not}" if why_not else ""))


def _called(file: Path) -> str:
    name = file.name
    while name.endswith(SUFFIXES):
        name = name.rpartition(".")[0]
    return name.removesuffix("-latest").removesuffix("_roads") or "roads"


def _zone(made: Network) -> str:
    """Return the nearest town's. Raises ``BadRoads`` where none is near."""
    north, east = (float(one.mean()) / MICRO for one in (made.columns.latitude, made.columns.longitude))
    town = gazetteer().nearest(north, east)
    if town is None:
        raise BadRoads(
            f"no town is near {north:.2f}, {east:.2f}: say by whose clock its traffic goes, as --zone Europe/Stockholm"
        )
    return town.time_zone


def _point(text: str) -> Point:
    try:
        north, east = map(float, text.split(","))
    except ValueError:
        raise BadRoads(f"{text!r}: write latitude and longitude, as 57.7072,11.9668") from None
    if not (abs(north) <= 90 and abs(east) <= 180):  # noqa: PLR2004 - the Earth
        raise BadRoads(f"{text!r}: latitude is from -90 to 90, longitude from -180 to 180")
    return north, east
