"""Plays hostile files to those who read them, in this process: stories, policies, mappings, catalogues of codes."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import NamedTemporaryFile

from dispatch.roads.errors import BadRoads
from dispatch.roads.file import read_roads, written
from dispatch.roads.graph import RoadGraph
from dispatch.roads.network import network
from dispatch.roads.reading import read_source
from dispatch.service.policy_file import BadPolicyFile, read_policy
from gateway.contract.documents import DEEPEST, LONGEST
from gateway.diagnosis.catalogue import CatalogueError
from gateway.kinds.registry import own_codes
from gateway.mapping.read import SHIPPED, MappingError, read_mapping, shipped
from scenarios.capture.recording import open_recording
from scenarios.fuzz.findings import CPU_S, Tally, Verdict
from scenarios.fuzz.mutations import spoilt
from scenarios.story.loader import SHELF, StoryError, open_story

_POLICY = "dial_attempts: 2\nquiet_hours: 22:00-07:00@Europe/Riga\ndue: 45 min\n"
_CODES = '[[code]]\ncode = "P1234"\nmake = "volta"\n'
_LINES = [[[24 + 0.01 * x, 57 + 0.01 * y] for x in range(4)] for y in range(4)]
_STREETS = ",\n".join(
    f'{{"type": "Feature", "properties": {{"highway": "primary"}},\n"geometry": {{"type": "LineString", "coordinates": {line}}}}}'
    for line in (*_LINES, *(list(line) for line in zip(*_LINES, strict=True)))
)
_MAP = f'{{"type": "FeatureCollection",\n"features": [\n{_STREETS}\n]}}\n'
_BOMBS = (
    "[" * 5_000, "{a: " * 2_000, "a: &a [*a]\n", "9" * 6_000, ":".join(["1"] * 9_000), "2026-99-99", "!!int x", "\x00", "\ufeff",
    "&a [x,x,x,x,x,x,x,x,x]", "*a", "<<: *a", "? [x]\n: y\n", "!!python/object:os.system {}", ".".join(["a"] * 9_000),
    "x" * (LONGEST + 1), "".join(f"{' ' * depth}a:\n" for depth in range(4 * DEEPEST)), "1e999", "-.inf", "1d", "%TAG ! x\n",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one sort of file."""

    name: str
    read: Callable[[Path], object]
    error: type[Exception]
    sound: Sequence[bytes]


def _town() -> bytes:
    """Return a file of roads."""
    with NamedTemporaryFile(suffix=".geojson") as file:
        Path(file.name).write_text(_MAP, "utf-8")
        source = read_source(Path(file.name))
    return written(RoadGraph("town", source.attribution, "Europe/Riga", source.drawn, network(source, "town").columns))


def readers() -> list[Reader]:
    """Return all, with what each takes."""
    stories = [path.read_bytes() for path in sorted(SHELF.glob("*.yaml"))]
    mappings = [shipped(name).read_bytes() for name in SHIPPED]
    return [
        Reader("story.yaml", lambda path: open_story(str(path)), StoryError, stories),
        Reader("policy.yaml", read_policy, BadPolicyFile, [_POLICY.encode()]),
        Reader(
            "recorded.yaml", open_recording, StoryError, [b"name: a\nabout: b\nrecorded: {inputs: [], actions: []}\n"]
        ),
        Reader("mapping.toml", read_mapping, MappingError, mappings),
        Reader("map.geojson", lambda path: network(read_source(path), str(path)), BadRoads, [_MAP.encode()]),
        Reader("town.roads", lambda path: read_roads(str(path)), BadRoads, [_town()]),
        Reader("codes.toml", lambda path: own_codes((path,)), CatalogueError, [_CODES.encode()]),
    ]


def play_files(folder: Path, dice: Random, count: int, progress: Callable[[float], None]) -> Tally:
    """Write and read ``count`` files."""
    tally, known = Tally("files"), readers()
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        reader = dice.choice(known)
        path = folder / reader.name
        path.write_bytes(_hostile(dice, dice.choice(reader.sound)))
        _play(tally, reader, path)
        progress((number + 1) / count)
    return tally


def _play(tally: Tally, reader: Reader, path: Path) -> None:
    tally.inputs += 1
    what = f"{reader.name} {path.read_bytes()[:120]!r}"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu_s = _read(tally, reader, path, what)
    if cpu_s > CPU_S:
        gc.collect()  # what others left behind is not what this one costs
        cpu_s = min(cpu_s, *(_read(None, reader, path, what) for _ in range(3)))
    tally.judge_cost(what, cpu_s, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)


def _read(tally: Tally | None, reader: Reader, path: Path, what: str) -> float:
    """Read it once, and return the processor time that took. Without a tally only that counts."""
    began = time.process_time()
    try:
        reader.read(path)
    except reader.error:
        if tally:
            tally.refused += 1
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        if tally:
            tally.note(Verdict.CRASH, what, repr(error))
    return time.process_time() - began


def _hostile(dice: Random, sound: bytes) -> bytes:
    lines = sound.splitlines(keepends=True)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(lines) + 1)
        match dice.randrange(4):
            case 0:
                lines[at:at] = [dice.choice(_BOMBS).encode() + b"\n"]
            case 1:
                key = (lines[at : at + 1] or [b"a: b"])[0]
                parted = key.replace(b"=", b":").partition(b":")[0]
                lines[at : at + 1] = [parted + dice.choice((b": ", b" = ")) + dice.choice(_BOMBS).encode() + b"\n"]
            case 2:
                lines[at:at] = lines[at : at + 5] * dice.randint(1, 200)
            case _:
                lines[at : at + 1] = [spoilt(dice, b"".join(lines[at : at + 1]))]
    return b"".join(lines)[: 2 * LONGEST]
