"""Roads: what a map says of them, what becomes of it, and how long one drives. Small towns of our own, and Gothenburg."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.desk import Desk
from dispatch.core.policy import Policy
from dispatch.core.transitions import HelpState
from dispatch.core.travel import GreatCircle, Leg, TravelTimes
from dispatch.roads.errors import BadRoads
from dispatch.roads.file import SHIPPED, read_roads, written
from dispatch.roads.graph import RoadGraph
from dispatch.roads.house import times_on, with_roads
from dispatch.roads.nearest import Nearest
from dispatch.roads.network import network
from dispatch.roads.paths import Paths
from dispatch.roads.reading import read_source
from dispatch.roads.router import Router
from dispatch.roads.times import TREES_KEPT, RoadTimes
from dispatch.roads.traffic import Traffic
from dispatch.roads.ways import kind_of, limit_kmh
from dispatch.views.choices import choices
from gateway.errors import InternalError
from gateway.finding import Place
from tests.conftest import command
from tests.dispatch.conftest import FLAT_BATTERY, Room

NOON = 1_767_610_800.0
"""A Monday in January, 12:00 in Stockholm."""
NIGHT = NOON - 9 * 3600
STEP = 0.001
"""Of latitude: 111.4 m."""
NORTH, EAST = 57.7, 11.95
Feature = dict[str, Any]


def spot(row: float, column: float) -> tuple[float, float]:
    """Return a crossing of the town as latitude and longitude."""
    return round(NORTH + row * STEP, 6), round(EAST + column * STEP * 2, 6)


def way(*spots: tuple[float, float], **tags: str) -> Feature:
    """Return a way over some crossings."""
    line = [[spot(*one)[1], spot(*one)[0]] for one in spots]
    properties = {"highway": "residential"} | {name.replace("__", ":"): value for name, value in tags.items()}
    return {"type": "Feature", "geometry": {"type": "LineString", "coordinates": line}, "properties": properties}


def town(*more: Feature) -> list[Feature]:
    """Return five streets by five, as a chessboard."""
    lines = [[(row, column) for column in range(5)] for row in range(5)]
    return [*(way(*line) for line in (*lines, *zip(*lines, strict=True))), *more]


def geojson(features: list[Feature]) -> str:
    """Return a file's text."""
    return json.dumps({"type": "FeatureCollection", "copyright": "© us", "timestamp": "2016", "features": features})


@pytest.fixture(name="kept")
def _kept(tmp_path: Path) -> Callable[..., Path]:
    def keep(features: list[Feature], name: str = "town.geojson") -> Path:
        path = tmp_path / name
        path.write_bytes(
            gzip.compress(geojson(features).encode()) if name.endswith("gz") else geojson(features).encode()
        )
        return path

    return keep


@pytest.fixture(name="built")
def _built(kept: Callable[..., Path]) -> Callable[..., RoadGraph]:
    def build(*features: Feature) -> RoadGraph:
        source = read_source(kept(list(features)))
        return RoadGraph("town", source.attribution, "Europe/Stockholm", source.drawn, network(source, "town").columns)

    return build


def times(graph: RoadGraph, **policy: Any) -> RoadTimes:
    """Return how long one drives on it."""
    return times_on(Policy(**policy), graph)


# --- what tags say ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({"highway": "motorway"}, ("motorway", 90, 1)),
        ({"highway": "motorway", "oneway": "no"}, ("motorway", 90, 0)),
        ({"highway": "residential", "maxspeed": "50"}, ("residential", 40, 0)),
        ({"highway": "primary", "maxspeed": "70;50"}, ("primary", 40, 0)),
        ({"highway": "primary", "maxspeed": "30 mph"}, ("primary", 39, 0)),
        ({"highway": "primary", "maxspeed": "SE:urban"}, ("primary", 40, 0)),
        ({"highway": "primary", "maxspeed": "signals"}, ("primary", 65, 0)),
        ({"highway": "primary", "maxspeed": "0"}, ("primary", 65, 0)),
        ({"highway": "residential", "oneway": "-1"}, ("residential", 25, -1)),
        ({"highway": "tertiary", "junction": "roundabout"}, ("tertiary", 40, 1)),
        ({"highway": "service", "access": "no", "motor_vehicle": "yes"}, ("service", 15, 0)),
        ({"highway": "service", "access": "private"}, None),
        ({"highway": "service", "access": "yes", "motorcar": "no"}, None),
        ({"highway": "residential", "oneway": "reversible"}, None),
        ({"highway": "footway"}, None),
        ({"building": "yes"}, None),
    ],
)
def test_what_a_way_is_to_a_car(tags: dict[str, str], found: tuple[str, int, int] | None) -> None:
    """Its class, how fast one drives there, in which direction; ``None``: no car may."""
    kind = kind_of(tags)
    assert (kind and (kind.road, kind.kmh, kind.direction)) == found


@given(st.text(max_size=20))
def test_whatever_a_limit_says(text: str) -> None:
    """A speed, or nothing."""
    found = limit_kmh(text)
    assert found is None or (found > 0 and not math.isnan(found))


# --- what becomes of it -----------------------------------------------------------------------------------------------


def test_streets_become_stretches_between_junctions(built: Callable[..., RoadGraph]) -> None:
    """A chessboard: 25 crossings, 40 stretches of 111 or 119 m; bends in between are points of their stretch."""
    graph = built(*town(way((0, 4), (0, 4.5), (0.5, 4.5), (0.5, 5), (0, 5), (0, 4.5))))
    assert (graph.junctions, graph.stretches) == (26, 42)
    assert sorted(graph.length.tolist())[1:21] == pytest.approx([111.4] * 20, abs=0.1)
    assert graph.length.max() == pytest.approx(2 * (111.4 / 2 + 59.6), rel=0.01), (
        "the loop at the end is a stretch, too"
    )
    assert graph.of_classes("residential").all()
    assert (graph.attribution, graph.drawn) == ("© us", "2016")


def test_only_where_one_comes_back_from(built: Callable[..., RoadGraph]) -> None:
    """A one-way out of town, a street of its own elsewhere and a gated yard are left out."""
    out = [
        way((4, 4), (6, 6), oneway="yes"),
        way((40, 40), (40, 41)),
        way((0, 0), (-1, 0), access="private"),
        way((2, 2), (2.5, 2.5), highway="footway"),
        way((9, 9)),
    ]
    assert built(*town(*out)).junctions == 25


def test_the_same_roads_give_the_same_bytes(built: Callable[..., RoadGraph], tmp_path: Path) -> None:
    """And what is read is what was written."""
    graph = built(*town(way((0, 0), (1.5, 1.2), (2, 2), oneway="yes", highway="primary", maxspeed="70")))
    path = tmp_path / "town.roads"
    path.write_bytes(written(graph))
    again = read_roads(str(path))
    assert written(again) == written(graph)
    assert (again.length == graph.length).all()
    assert (again.name, again.zone) == ("town", "Europe/Stockholm")


def test_lines_may_be_several_and_packed(kept: Callable[..., Path]) -> None:
    """``MultiLineString``, ``.gz``; what is no line is passed over."""
    several = way((0, 0), (5, 0))
    several["geometry"] = {"type": "MultiLineString", "coordinates": [several["geometry"]["coordinates"]]}
    point = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"highway": "stop"}}
    nowhere = {"type": "Feature", "geometry": None, "properties": None}
    source = read_source(kept([*town(several), point, nowhere], "town.json.gz"))
    assert len(source.ways) == 11


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not GeoJSON"),
        ("{", "not GeoJSON"),
        ("[1]", "not GeoJSON"),
        ('{"features": 3}', "not GeoJSON"),
        ("[" * 100_000, "not GeoJSON"),
        (geojson([]), "there is no road in it"),
        (geojson([way((0, 0), (0, 1), highway="footway")]), "none of its 1 ways is a road that cars may use"),
        (geojson([way((0, 0), (0, 1))]), "to and fro between 4 junctions"),
        (geojson([way((0, 0))]), "to and fro"),
        (geojson(town()).replace(f"[{EAST}, {NORTH}]", '["a", 3]'), "features.0: positions are"),
        (geojson(town()).replace(f"[{EAST}, {NORTH}]", "[57.7, 200]"), "is nowhere"),
        (geojson(town()).replace(f"[{EAST}, {NORTH}]", "[]"), "positions are"),
        (geojson(town()).replace(f"[{EAST}, {NORTH}]", "7"), "positions are"),
    ],
)
def test_what_is_no_map_is_told(tmp_path: Path, text: str, why: str) -> None:
    """By file, and by feature."""
    path = tmp_path / "map.json"
    path.write_text(text, "utf-8")
    with pytest.raises(BadRoads, match=why) as told:
        network(read_source(path), str(path))
    assert str(path) in str(told.value)


def test_a_file_that_is_not_whole_is_told(tmp_path: Path, kept: Callable[..., Path], monkeypatch: Any) -> None:
    """Cut short, packed otherwise, not there, or larger than there is room for."""
    whole = kept(town(), "town.json.gz").read_bytes()
    cut = tmp_path / "cut.json.gz"
    for found in (whole[:-20], b"plain", whole[:30] + b"x" + whole[31:]):
        cut.write_bytes(found)
        with pytest.raises(BadRoads, match=r"cut\.json\.gz: not whole|not GeoJSON"):
            read_source(cut)
    with pytest.raises(BadRoads, match="No such file"):
        read_source(tmp_path / "away.json")
    monkeypatch.setattr("dispatch.roads.reading.MOST_POINTS", 20)
    with pytest.raises(BadRoads, match="more than 20 points of roads; cut out the region"):
        read_source(kept(town()))
    monkeypatch.setattr("dispatch.roads.reading.MOST_BYTES", 1 << 10)
    with pytest.raises(BadRoads, match="of GeoJSON; cut out the region"):
        read_source(kept(town()))


def test_a_file_of_roads_that_is_broken_is_told(tmp_path: Path, built: Callable[..., RoadGraph]) -> None:
    """Wherever it is cut or changed: it is refused, or what is left is sound."""
    whole = written(built(*town()))
    path = tmp_path / "t.roads"
    for number in range(0, len(whole), 7):
        for broken in (whole[:number], whole[:number] + bytes([whole[number] ^ 0x55]) + whole[number + 1 :]):
            path.write_bytes(broken)
            with pytest.raises(BadRoads, match=r"t\.roads: (broken|no file of roads|not whole)"):
                read_roads(str(path))
    with pytest.raises(BadRoads, match="name a file that 'callahead roads build' wrote, or gothenburg"):
        read_roads("atlantis")


def test_a_file_without_a_way_back_is_broken(tmp_path: Path, built: Callable[..., RoadGraph]) -> None:
    """However well it is written."""
    graph = built(*town())
    lonely = replace(graph, columns=replace(graph.columns, one_way=np.ones_like(graph.columns.one_way)))
    path = tmp_path / "lonely.roads"
    path.write_bytes(written(lonely))
    with pytest.raises(BadRoads, match="its columns contradict each other"):
        read_roads(str(path))


def test_openstreetmaps_own_files_are_read(tmp_path: Path) -> None:
    """By osmium, which an extra brings; a way that leaves the map ends there."""
    osmium = pytest.importorskip("osmium")
    path, numbers = tmp_path / "town.osm.pbf", {}
    lines = town(way((0, 0), (4, 4), name="Ringgatan"))
    with osmium.SimpleWriter(str(path)) as out:
        for line in lines:
            for lon, lat in line["geometry"]["coordinates"]:
                if (lon, lat) not in numbers:
                    numbers[lon, lat] = len(numbers) + 1
                    out.add_node(osmium.osm.mutable.Node(id=len(numbers), location=(lon, lat)))
        for number, line in enumerate(lines, 1):
            nodes = [numbers[lon, lat] for lon, lat in line["geometry"]["coordinates"]]
            out.add_way(osmium.osm.mutable.Way(id=number, nodes=[*nodes, 999], tags=line["properties"]))
    made = network(read_source(path), "town")
    assert (made.ways, len(made.columns.latitude)) == (11, 25)
    path.write_bytes(b"no map")
    with pytest.raises(BadRoads, match="no OpenStreetMap file that osmium can read"):
        read_source(path)


# --- how long one drives ----------------------------------------------------------------------------------------------


def test_one_drives_along_the_streets(built: Callable[..., RoadGraph]) -> None:
    """Two streets north and one east, at 25 km/h; a fast road past them is taken where it is quicker."""
    board = times(built(*town()))
    leg = board.leg(spot(0, 0), spot(2, 1), NIGHT)
    assert leg == Leg(
        pytest.approx(leg.metres * 3.6 / 25, rel=1e-3), pytest.approx(2 * 111.4 + 119.2, abs=1), on_roads=True
    )
    fast = [way((0, 0), (-1, 0), (-1, 4), (0, 4), highway="trunk")]
    assert times(built(*town(*fast))).leg(spot(0, 0), spot(0, 4), NIGHT).metres == pytest.approx(477 + 223, abs=2)


def test_one_way_streets_are_driven_one_way(built: Callable[..., RoadGraph]) -> None:
    """Against it one goes round the block; turned by its tag, the other way about."""
    lane = way((4, 0), (5, 0), (5, 1), (4, 1), oneway="yes")
    there, back = spot(5, 0.25), spot(5, 0.75)
    for tags, way_, round_ in (("yes", there, back), ("-1", back, there)):
        lane["properties"]["oneway"] = tags
        lanes = times(built(*town(lane)))
        assert lanes.leg(way_, round_, NIGHT).metres == pytest.approx(60, abs=2)
        assert lanes.leg(round_, way_, NIGHT).metres == pytest.approx(2 * 111 + 2 * 119 - 60, abs=3)


def test_who_stands_beside_the_road_comes_to_it_first(built: Callable[..., RoadGraph]) -> None:
    """As the crow flies, times what roads are longer; both ends on one stretch, or at one place."""
    board, near = times(built(*town())), spot(2.5, 0)
    off = (near[0], near[1] - 0.001)
    assert board.leg(off, spot(2, 0), NIGHT).metres == pytest.approx(55.7 + 59.6, abs=1)
    assert board.leg(near, spot(2.75, 0), NIGHT).metres == pytest.approx(27.8, abs=1)
    assert board.leg(off, off, NIGHT) == Leg(0.0, 0.0, on_roads=True)


def test_what_no_road_leads_to_is_told(built: Callable[..., RoadGraph]) -> None:
    """From far away: to the nearest road as the crow flies; beside one another and away from roads: straight there."""
    board, policy = times(built(*town())), Policy()
    far, beside = spot(100, 0), spot(101, 0)
    leg = board.leg(far, spot(0, 0), NIGHT)
    assert (leg.on_roads, leg.metres) == (False, pytest.approx(100 * 111.4, rel=0.01))
    assert board.why_not(far, spot(0, 0)) == f"{far[0]:.5f}, {far[1]:.5f} lies 10.7 km from the nearest road of town"
    assert board.leg(far, beside, NIGHT) == policy.travel.leg(far, beside, NIGHT)
    assert board.why_not(spot(0, 0), spot(4, 4)) is None


def test_a_truck_off_the_map_and_a_place_that_no_road_leads_to_are_said_where_one_chooses(
    built: Callable[..., RoadGraph],
) -> None:
    """With its arrival, which is a guess; whoever can be sent is sent all the same, and nothing is lost."""
    board = times(built(*town()))
    room = Room(Desk(replace(Policy(roads="town"), drives=board)))
    on, off = (Place(*spot(*at), 8.0, room.now, "gnss") for at in ((0, 0), (100, 0)))
    room.truck("near", place=on)
    room.truck("off", place=off)
    room.found(place=Place(*spot(4, 4), 8.0, room.now, "gnss"))
    case = FLAT_BATTERY.episode
    near, away = choices(room.desk.candidates(case, room.now), room.now + 2700, room.now)
    assert (near.truck, "guess" in near.why) == ("near", False)
    assert "its arrival is a guess: " in away.why
    assert "lies 10.7 km from the nearest road of town" in away.why
    room.found(key="volta/car-2/1-1", episode="volta/car-2/1-1", device="volta/car-2", customer="c-2", place=off)
    assert [one.help for one in room.desk.standing().cases] == [HelpState.OFFERED, HelpState.OFFERED]
    found = choices(room.desk.candidates("volta/car-2/1-1", room.now), room.now, room.now)
    assert all("its arrival is a guess" in one.why for one in found)


def test_a_road_that_is_slow_is_driven_round(built: Callable[..., RoadGraph]) -> None:
    """Where that is quicker; whoever starts on it leaves it."""
    graph = built(*town())
    nearest, seconds = Nearest(graph), graph.seconds.copy()
    seconds[nearest.of([spot(0, 1.5)]).stretch] *= 50
    paths = Paths(Router(graph, seconds), nearest, 10.0)
    path = paths.path(spot(0, 0), spot(0, 4))
    assert path.seconds[-1] == pytest.approx((4 * 119.2 + 2 * 111.4) * 3.6 / 25, rel=0.01)
    assert paths.path(spot(0, 1.5), spot(0, 4)).seconds[-1] > 25 * 119.2 * 3.6 / 25


def test_the_same_question_has_the_same_answer(built: Callable[..., RoadGraph]) -> None:
    """Alone, among others, asked again after so many others that it was forgotten, and of another who has read the same roads."""
    graph = built(*town())
    one, other = times(graph), times(graph)
    spots = [spot(row / 3, column / 7) for row in range(12) for column in range(28)]
    legs = {(a, b): one.leg(a, b, NOON) for a, b in zip(spots, reversed(spots), strict=True)}
    matrix = other.matrix(spots, spots, NOON)
    for number, start in enumerate(spots):
        leg = legs[start, spots[-1 - number]]
        assert (matrix.seconds[number][-1 - number], matrix.metres[number][-1 - number]) == (leg.seconds, leg.metres)
    more = [spot(row / 50, 2) for row in range(TREES_KEPT)]
    one.matrix(more[:1], more, NOON)
    assert all(one.leg(a, b, NOON) == leg for (a, b), leg in legs.items())
    assert one.matrix([], spots, NOON).seconds == []
    assert one.matrix(spots[:2], [], NOON).metres == [[], []]


def test_where_one_is_on_the_way_lies_on_it(built: Callable[..., RoadGraph]) -> None:
    """From the start to the end, evenly; straight there where no road leads."""
    board = times(built(*town()))
    start, end = spot(0, 0), spot(2, 1)
    leg = board.leg(start, end, NIGHT)
    assert board.along(start, end, 0.0, NIGHT) == start
    assert board.along(start, end, leg.seconds + 1, NIGHT) == end
    halfway = board.along(start, end, leg.seconds / 2, NIGHT)
    assert board.leg(start, halfway, NIGHT).seconds == pytest.approx(leg.seconds / 2, abs=1)
    far = spot(100, 0)
    straight = board.along(far, spot(101, 0), 5.0, NIGHT)
    assert far[0] < straight[0] < spot(101, 0)[0]


def test_the_hour_and_the_road_make_it_slower(built: Callable[..., RoadGraph]) -> None:
    """A workday's two peaks, by the clock of the town; snow by the pace of the house."""
    graph = built(*town())
    board, drive = times(graph), (spot(0, 0), spot(4, 4))
    free = board.leg(*drive, NIGHT).seconds
    peak, noon, sunday = (board.leg(*drive, NOON + hours * 3600).seconds / free for hours in (4.4, 0, 4.4 - 24))
    assert (peak, noon, sunday) == (
        pytest.approx(1.42, abs=0.01),
        pytest.approx(1.11, abs=0.01),
        pytest.approx(1.1, abs=0.03),
    )
    assert times(graph, road_pace=0.65).leg(*drive, NIGHT).seconds == pytest.approx(free / 0.65)
    assert all(1.0 <= Traffic("Europe/Stockholm").slowness(NOON + hour * 600) < 1.5 for hour in range(1008))


def test_great_circles_answer_alike() -> None:
    """Behind the same interface; by the policy's own figures."""
    sides: list[TravelTimes] = [Policy(speed_mps=10.0, circuity=2.0).travel, GreatCircle(2.0, 10.0)]
    a, b = (57.0, 12.0), (57.01, 12.0)
    assert (
        sides[0].leg(a, b, 0.0)
        == sides[1].leg(a, b, 0.0)
        == Leg(pytest.approx(222.8, abs=1), pytest.approx(2228, abs=9))
    )
    (there,), (here,) = sides[0].matrix([a, b], [b], 0.0).seconds
    assert (there, here) == (pytest.approx(sides[0].leg(a, b, 0.0).seconds, rel=0.005), 0.0)
    assert sides[0].along(a, b, 111.4, 0.0) == (pytest.approx(57.005, abs=1e-4), 12.0)


def test_a_policy_brings_its_roads() -> None:
    """Read by who starts a desk; a desk whose roads nobody has read does not go on as if it had none."""
    policy = Policy(roads="gothenburg", road_pace=0.5)
    with pytest.raises(InternalError, match="nobody has read the roads gothenburg"):
        _ = policy.travel
    read = with_roads(policy)
    assert isinstance(read.travel, RoadTimes)
    assert read == policy
    assert isinstance(with_roads(Policy()).travel, GreatCircle)


# --- Gothenburg -------------------------------------------------------------------------------------------------------


def test_gothenburg_is_shipped() -> None:
    """As large as it was built, with whose map it is; a drive across takes what it takes."""
    assert SHIPPED == ("gothenburg",)
    graph = read_roads("gothenburg")
    assert (graph.junctions, graph.stretches) == (13_622, 16_870)
    assert graph.length.sum() / 1000 == pytest.approx(1_150.4, abs=0.1)
    assert (graph.attribution, graph.zone) == ("© OpenStreetMap contributors, ODbL 1.0", "Europe/Stockholm")
    board = times(graph)
    leg = board.leg((57.7089, 11.9733), (57.6835, 11.9), NIGHT)  # the central station to Frölunda
    assert (leg.on_roads, 4_500 < leg.metres < 8_000, 5 < leg.seconds / 60 < 15) == (True, True, True)
    assert board.why_not((57.1, 11.2)) is not None


def test_a_service_whose_roads_are_none_does_not_start(tmp_path: Path) -> None:
    """It says so in a line."""
    (tmp_path / "town.roads").write_text("no roads", "utf-8")
    for roads, why in (("atlantis", "No such file or directory"), (str(tmp_path / "town.roads"), "no file of roads")):
        ended = command("dispatch.cli.serve", "--dir", str(tmp_path / "serve"), "--roads", roads)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.startswith(f"callahead-serve: {roads}: {why}")
        assert ended.stderr.count("\n") == 1
