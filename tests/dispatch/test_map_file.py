"""The map that an operator brings: its tiles as they stand in the file, and what is no map is refused with the reason."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from dispatch.maps.errors import BadMap
from tests.dispatch.map_tiles import AREA, EXTENT, LINE, vector_tile, write_map

pytest.importorskip("pmtiles", reason="callahead[map] is not installed")
from pmtiles.tile import TileType

from dispatch.maps.map_file import MapFile
from tests.conftest import command

ALL = [(0, 0), (EXTENT, 0), (EXTENT, EXTENT), (0, EXTENT)]
ROAD = (LINE, [(0, 2_048), (EXTENT, 2_048)], {"kind": "highway"})
TILE = vector_tile({"earth": [(AREA, ALL, {"kind": "earth"})], "roads": [ROAD]})
METADATA = {
    "attribution": "<a href='https://a.example'>© A &amp; B</a>",
    "vector_layers": [{"id": "earth"}, {"id": "roads"}],
}
BOUNDS = {"min_lon_e7": 240_000_000, "min_lat_e7": 569_000_000, "max_lon_e7": 242_000_000, "max_lat_e7": 570_000_000}


@pytest.fixture
def brought(tmp_path: Path) -> Path:
    """A map of the whole world, of one tile."""
    return write_map(tmp_path / "world.pmtiles", {(0, 0, 0): TILE}, METADATA, **BOUNDS)


def many() -> dict[tuple[int, int, int], bytes]:
    """So many tiles, of as many sizes, that one directory does not hold them."""
    dice = Random(7)
    return {(7, column, row): dice.randbytes(dice.randrange(1, 400)) for column in range(128) for row in range(100)}


def test_tiles_are_found_by_their_numbers(tmp_path: Path) -> None:
    """Also where there are so many that directories lead to others; none elsewhere, nor where no map is."""
    tiles = many()
    found = MapFile(write_map(tmp_path / "many.pmtiles", tiles, METADATA))
    for where in ((7, 0, 0), (7, 127, 99), (7, 63, 50)):
        assert gzip.decompress(found.tile(*where) or b"") == tiles[where]
    for nowhere in ((7, 0, 127), (6, 0, 0), (8, 1, 1), (7, 128, 0), (7, -1, 0), (99, 0, 0)):
        assert found.tile(*nowhere) is None
    assert (found.encoding, found.media_type) == ("gzip", "application/vnd.mapbox-vector-tile")


def test_what_it_says_of_itself_is_text(brought: Path) -> None:
    """Whom it is owed to, without its markup; which layers it has, and where it is."""
    told = MapFile(brought).told
    assert told.credit == "© A & B"
    assert (told.kind, told.layers, told.bounds) == ("vector", ("earth", "roads"), (24.0, 56.9, 24.2, 57.0))
    assert told.made == MapFile(brought).told.made


def head(**changes: Any) -> Callable[[Path], bytes]:
    """Return what writes a map whose head says something else."""
    return lambda path: write_map(path, {(0, 0, 0): TILE}, METADATA, **changes).read_bytes()


def cut(size: int, extra: bytes = b"") -> Callable[[Path], bytes]:
    """Return what writes a map of which only so many bytes are there."""
    return lambda path: head()(path)[:size] + extra


def other(at: int, value: bytes) -> Callable[[Path], bytes]:
    """Return what writes a map in which some bytes are others."""
    return lambda path: (whole := head()(path))[:at] + value + whole[at + len(value) :]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda _: b"", "it is empty"),
        (lambda _: b'{"type": "FeatureCollection"}', "it is no PMTiles archive"),
        (lambda _: b"\xff" * 400, "it is no PMTiles archive"),
        (cut(100), "cut short|its head is broken|it has no tiles|are UNKNOWN"),
        (cut(300), "it is cut short"),
        (other(7, b"\x02"), "another version of PMTiles than 3"),
        (other(97, b"\x04"), "its directories are packed by ZSTD"),
        (other(98, b"\x04"), "its tiles are packed by ZSTD"),
        (other(99, b"\x63"), "its head is broken"),
        (other(127, b"\0" * 12), "one of its directories cannot be read"),
        (head(tile_type=TileType.MLT), "its tiles are MLT"),
        (head(tile_type=TileType.UNKNOWN), "its tiles are UNKNOWN"),
    ],
)
def test_what_is_no_map_is_refused(tmp_path: Path, made: Callable[[Path], bytes], why: str) -> None:
    """With the file and the reason, whatever it is."""
    path = tmp_path / "wrong.pmtiles"
    path.write_bytes(made(tmp_path / "right.pmtiles"))
    with pytest.raises(BadMap, match=f"wrong.pmtiles.*({why})"):
        MapFile(path)


def test_a_tile_of_a_broken_directory_is_told_of(tmp_path: Path) -> None:
    """A leaf that cannot be read breaks that part of the map alone."""
    tiles = many()
    path = write_map(tmp_path / "many.pmtiles", tiles, METADATA)
    whole = bytearray(path.read_bytes())
    leaf = int.from_bytes(whole[40:48], "little")
    whole[leaf : leaf + 64] = b"\0" * 64
    path.write_bytes(whole)
    found = MapFile(path)
    with pytest.raises(BadMap, match="directories cannot be read"):
        found.tile(7, 0, 0)
    assert found.tile(7, 127, 99) is not None


@pytest.mark.parametrize("kind", ["missing", "a story"])
def test_the_service_does_not_start_with_what_is_no_map(tmp_path: Path, kind: str) -> None:
    """It says which file, and why, before anything is opened."""
    path = tmp_path / "map.pmtiles"
    if kind == "a story":
        path.write_text("name: a story\n" * 40, "utf-8")
    done = command("dispatch.cli.serve", "--port", "0", "--dir", str(tmp_path / "d"), "--map", str(path))
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert ("No such file" if kind == "missing" else "no PMTiles archive") in done.stderr


def test_tiles_are_served_to_whoever_may_watch(serve: Callable[..., Any], brought: Path) -> None:
    """As they stand in the file, to be kept for ever under its name; to nobody who is not let in."""
    service = serve("--open-demo", "--map", str(brought))
    told = json.loads(
        httpx.get(service.http).text.partition('id="told">')[2].partition("</script>")[0].replace("\\u003c", "<")
    )
    where = told["map"]["tiles"].format(z=0, x=0, y=0)
    answer = httpx.get(service.http + where)
    assert answer.content == TILE
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert "immutable" in answer.headers["cache-control"]
    assert httpx.get(service.http + told["map"]["tiles"].format(z=3, x=1, y=1)).status_code == 204
    assert httpx.get(f"{service.http}/console/map/another/0/0/0").status_code == 404
    assert httpx.get(f"{service.http}/console/map/{told['map']['made']}/x/0/0").status_code == 422
    assert "worker-src blob:" in httpx.get(service.http).headers["content-security-policy"]
    httpx.post(f"{service.http}/api/v1/accounts", json={"name": "boss", "role": "administrator"}).raise_for_status()
    assert httpx.get(service.http + where).status_code == 401


def test_a_browser_draws_it_beneath_everything_else(
    browser: Browser, serve: Callable[..., Any], words: Any, publish: Callable[..., None], brought: Path
) -> None:
    """Where it has no WebGL it says so, and the page goes on."""
    service = serve("--open-demo", "--map", str(brought))
    publish(service.broker, words.truck(), words.flat_battery())
    page = browser.new_page(viewport={"width": 1500, "height": 900})
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda line: broken.append(line.text) if "Content Security Policy" in line.text else None)
    page.goto(service.http)
    expect(page.locator(".case")).to_have_count(1, timeout=20_000)
    expect(page.locator(".base-map canvas, #said .refused").first).to_be_visible(timeout=20_000)
    if page.locator(".base-map canvas").count():
        expect(page.locator("#credit")).to_contain_text("© A & B")
        assert page.evaluate("callahead.map.base.drawn.getStyle().layers.map((one) => one.id)")[:2] == [
            "paper",
            "earth area",
        ]
    page.evaluate("callahead.state.choose({theme: 'dark'})")
    page.get_by_role("button", name="All", exact=True).click()
    assert broken == []
    page.close()
