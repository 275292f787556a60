"""Draws ``docs/architecture.svg`` from the code: its rooms by the layers of pyproject, and which imports which.

``make architecture`` writes it; a test tells whether it is of today's code. Of arrows that a longer way implies none is drawn.
"""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import combinations, pairwise, product
from pathlib import Path
from random import Random

import grimp

ROOT = Path(__file__).parents[1]
DRAWING = ROOT / "docs" / "architecture.svg"
PACKAGES = ("scenarios", "dispatch", "gateway", "firmware_sim")
"""From left to right."""

IN_A_ROW = 4
BOX, GAP = 24.0, 12.0
"""A box's height, and between two things of a row."""
PITCH = 42.0
HEAD, TOP, SIDE = 64.0, 44.0, 18.0
LETTER, PADDING = 6.9, 20.0
BEGINNINGS, ORDERED, STRAIGHTENED = 60, 12, 400
"""How many orders are tried, and sweeps over the rows."""
NEAR = 24.0
"""What stands less beside what is below it is moved over it."""
STRAIGHT = 4
"""What it weighs that a line goes on straight, beside that it is near its boxes."""
MIDDLE = 0.12
"""What it weighs to stand in the middle."""
Pair = tuple[str, str]


@dataclass(slots=True, eq=False)
class Spot:
    """A place in a row: a room's box, or where arrows to one room pass through, as one line."""

    name: str
    """Empty: arrows pass through."""
    row: int
    x: float = 0.0
    """Of its middle, from the panel's middle."""
    above: list[Spot] = field(default_factory=list)
    below: list[Spot] = field(default_factory=list)

    @property
    def width(self) -> float:
        """As wide as its name."""
        return len(self.name) * LETTER + PADDING if self.name else 2.0

    @property
    def top(self) -> float:
        """Of its row, from the drawing's top."""
        return TOP + HEAD + self.row * PITCH


@dataclass(frozen=True, slots=True)
class Panel:
    """A package: its rows of spots from top to bottom."""

    name: str
    rows: list[list[Spot]]

    @property
    def width(self) -> float:
        """Wide enough for its rows and its head."""
        return max(2 * max(map(_reach, self.spots())) + 2 * SIDE, 214.0)

    def spots(self) -> list[Spot]:
        """Return all of them."""
        return [spot for row in self.rows for spot in row]


def drawing() -> str:
    """Return the drawing of the code as it is."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    imports = _imports()
    panels = [_panel(name, _rows(settings, name), _within(name, imports)) for name in PACKAGES]
    return _svg(panels, _pure(settings), _reduced(_between(imports)))


# What is drawn: read from the code


def _imports() -> set[Pair]:
    """Return which room imports which, as ``gateway.contract``."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    pairs = ((module, there) for module in graph.modules for there in graph.find_modules_directly_imported_by(module))
    return {(a, b) for a, b in ((_room(one), _room(other)) for one, other in pairs) if a != b}


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _within(package: str, imports: set[Pair]) -> set[Pair]:
    inside = {pair for pair in imports if all(room.startswith(f"{package}.") for room in pair)}
    return _reduced({(one.partition(".")[2], other.partition(".")[2]) for one, other in inside})


def _between(imports: set[Pair]) -> set[Pair]:
    pairs = {(one.partition(".")[0], other.partition(".")[0]) for one, other in imports}
    return {(one, other) for one, other in pairs if one != other}


def _reduced(pairs: set[Pair]) -> set[Pair]:
    """Leave out what a longer way implies."""
    after: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        after[one].add(other)
    return {
        (one, other) for one, other in pairs if not any(other in _reached(by, after) for by in after[one] - {other})
    }


def _reached(start: str, after: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = after.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _rows(settings: Mapping[str, list[dict[str, list[str]]]], package: str) -> list[list[str]]:
    """Return the layers that pyproject names, top first; a long one in several rows."""
    (layers,) = (one["layers"] for one in settings["contracts"] if one.get("containers") == [package])
    return [row for layer in layers for row in _folded([room.strip() for room in layer.split(":")])]


def _folded(rooms: list[str]) -> Iterator[list[str]]:
    rows = -(-len(rooms) // IN_A_ROW)
    each = -(-len(rooms) // rows)
    for first in range(0, len(rooms), each):
        yield rooms[first : first + each]


def _pure(settings: Mapping[str, list[dict[str, list[str]]]]) -> set[str]:
    (pure,) = (one["source_modules"] for one in settings["contracts"] if "sans-IO" in one["name"])
    return set(pure)


def _says(room: str) -> str:
    """Return the sentence a room, or a package, says of itself."""
    path = ROOT / room.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").partition("\n")[0]


# Where it stands


def _panel(name: str, rows: list[list[str]], pairs: set[Pair]) -> Panel:
    spots = {room: Spot(room, row) for row, rooms in enumerate(rows) for room in rooms}
    placed = [[spots[room] for room in rooms] for rooms in rows]
    lines: dict[tuple[str, int], Spot] = {}
    for one, other in sorted(pairs):
        _lead(spots[one], spots[other], placed, lines)
    _order(placed)
    _straighten(placed)
    return Panel(name, placed)


def _lead(one: Spot, other: Spot, rows: list[list[Spot]], lines: dict[tuple[str, int], Spot]) -> None:
    """Lead an arrow from a room to one below it; in the rows between it joins the line of others to the same room."""
    at = one
    for row in range(one.row + 1, other.row + 1):
        spot = other if row == other.row else lines.get((other.name, row))
        if spot is None:
            spot = lines[other.name, row] = Spot("", row)
            rows[row].append(spot)
        if spot not in at.below:
            at.below.append(spot)
            spot.above.append(at)
        at = spot


def _order(rows: list[list[Spot]]) -> None:
    """Order each row so that arrows cross least: the best of some beginnings, and among those of the shortest arrows."""
    dice = Random(1)  # noqa: S311 - the same drawing every time
    found: list[tuple[int, float, list[list[Spot]]]] = []
    for _ in range(BEGINNINGS):
        for row in rows:
            dice.shuffle(row)
        _untangle(rows)
        found.append((*_tangle(rows), [list(row) for row in rows]))
    *_, best = min(found, key=lambda one: one[:2])
    for row, order in zip(rows, best, strict=True):
        row[:] = order
        _spread(row, [0.0] * len(row))


def _untangle(rows: list[list[Spot]]) -> None:
    """Order each row by where its neighbours above stand, then by those below, and again; then swap what crosses less."""
    for row in rows:
        _spread(row, [0.0] * len(row))
    for sweep in range(ORDERED):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            wanted = {id(spot): _wanted(spot, spot.above if down else spot.below) for spot in row}
            row.sort(key=lambda spot: wanted[id(spot)])
            _spread(row, [wanted[id(spot)] for spot in row])
    for _ in range(ORDERED):
        for row in rows:
            _swap(row)
    for row in rows:
        _spread(row, [spot.x for spot in row])


def _tangle(rows: list[list[Spot]]) -> tuple[int, float]:
    """Return how often arrows cross, and how far they go to the side."""
    crossings = sum(
        (one.x - other.x) * (to.x - end.x) < 0
        for row in rows
        for one, other in combinations(row, 2)
        for to, end in product(one.below, other.below)
    )
    return crossings, round(sum(abs(spot.x - one.x) for row in rows for spot in row for one in spot.below), 3)


def _swap(row: list[Spot]) -> None:
    """Swap neighbours where that leaves fewer crossings."""
    for number in range(len(row) - 1):
        one, other = row[number : number + 2]
        if _crossings(other, one) < _crossings(one, other):
            row[number : number + 2] = other, one
            one.x, other.x = other.x, one.x


def _crossings(left: Spot, right: Spot) -> int:
    """Count how often the arrows of two spots cross, if they stand so."""
    pairs = [*product(left.above, right.above), *product(left.below, right.below)]
    return sum(one.x > other.x for one, other in pairs)


def _straighten(rows: list[list[Spot]]) -> None:
    """Move spots to where their arrows are straight, and the whole to the middle."""
    for sweep in range(STRAIGHTENED):
        for row in rows if sweep % 2 else reversed(rows):
            _spread(row, [_wanted(spot, spot.above + spot.below) for spot in row])
    for row in reversed(rows):
        _spread(row, [_over(spot) for spot in row])
    spots = [spot for row in rows for spot in row]
    left, right = min(spot.x - spot.width / 2 for spot in spots), max(spot.x + spot.width / 2 for spot in spots)
    for spot in spots:
        spot.x -= (left + right) / 2


def _wanted(spot: Spot, neighbours: list[Spot]) -> float:
    """Return where a spot is nearest to its neighbours, and a little to the middle."""
    weights = [1 if one.name or spot.name else STRAIGHT for one in neighbours]
    return sum(weight * one.x for weight, one in zip(weights, neighbours, strict=True)) / (sum(weights) + MIDDLE)


def _over(spot: Spot) -> float:
    """Return where a line, or a box with one way down, stands right over what is below it, or near enough to there."""
    straight = [one for one in spot.below if not one.name] or spot.below
    return straight[0].x if len(straight) == 1 and abs(straight[0].x - spot.x) < NEAR else spot.x


def _spread(row: list[Spot], wanted: Iterable[float]) -> None:
    """Place a row's spots in order, as near to where they are wanted as their widths allow (least squares)."""
    starts = [0.0]
    for before, spot in pairwise(row):
        starts.append(starts[-1] + (before.width + spot.width) / 2 + GAP)
    shifts = _rising([goal - start for goal, start in zip(wanted, starts, strict=True)])
    for spot, shift, start in zip(row, shifts, starts, strict=True):
        spot.x = shift + start


def _rising(values: list[float]) -> list[float]:
    """Return the numbers nearest to these that never fall (pool adjacent violators)."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        blocks.append((value, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (low, few), (high, more) = blocks.pop(), blocks.pop()
            blocks.append(((low * few + high * more) / (few + more), few + more))
    return [value for value, many in blocks for _ in range(many)]


def _reach(spot: Spot) -> float:
    return abs(spot.x) + spot.width / 2


# How it looks

STYLE = """
svg { --paper:#fdfdfc; --panel:#f4f4f1; --line:#d5d8d4; --ink:#1d232a; --dim:#5d6670; --box:#ffffff; --pure:#d7efe5; --edge:#009e73;
  --arrow:#8b959e; --way:#0072b2; }
@media (prefers-color-scheme: dark) { svg { --paper:#14181d; --panel:#1c2229; --line:#37414b; --ink:#e7eaed; --dim:#9aa5b0;
  --box:#28313a; --pure:#12463a; --edge:#2fc39a; --arrow:#6f7b86; --way:#4aa8e0; } }
text { font:12.5px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill:var(--ink); }
.paper { fill:var(--paper); } .panel { fill:var(--panel); stroke:var(--line); }
.room { fill:var(--box); stroke:var(--arrow); } .pure { fill:var(--pure); stroke:var(--edge); }
.name { text-anchor:middle; } .package { font-size:17px; font-weight:600; } .says, .key { fill:var(--dim); font-size:12px; }
.arrow, .way { fill:none; stroke:var(--arrow); stroke-width:1.3; } .way { stroke:var(--way); stroke-width:2; }
.tip { fill:var(--arrow); } .way-tip { fill:var(--way); }
"""


def _svg(panels: list[Panel], pure: set[str], between: set[Pair]) -> str:
    lefts, at = {}, SIDE
    for panel in panels:
        lefts[panel.name] = at
        at += panel.width + SIDE
    deepest = max(len(panel.rows) for panel in panels)
    height = TOP + HEAD + deepest * PITCH + SIDE
    middle = {panel.name: lefts[panel.name] + panel.width / 2 for panel in panels}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {at:.0f} {height:.0f}" role="img">',
        "<title>The rooms of Callahead, drawn from its imports</title>",
        f"<style>{STYLE}</style>{_tips()}",
        f'<rect class="paper" width="{at:.0f}" height="{height:.0f}" rx="10"/>',
        *(_panel_drawn(panel, lefts[panel.name], height, pure) for panel in panels),
        *_ways(sorted(between), middle),
        _key(lefts[PACKAGES[-1]] + SIDE, height),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _tips() -> str:
    tip = '<marker id="{id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">{path}</marker>'
    path = '<path class="{}" d="M0 0.8 L8 4 L0 7.2 z"/>'
    return f"<defs>{tip.format(id='tip', path=path.format('tip'))}{tip.format(id='way-tip', path=path.format('way-tip'))}</defs>"


def _panel_drawn(panel: Panel, left: float, height: float, pure: set[str]) -> str:
    middle = left + panel.width / 2
    says = _says(panel.name).partition(":")[0]
    head = (
        f'<rect class="panel" x="{left:.1f}" y="{TOP:.0f}" width="{panel.width:.1f}" height="{height - TOP - SIDE:.1f}" rx="10"/>'
        f'<text class="name package" x="{middle:.1f}" y="{TOP + 26:.0f}">{panel.name}/</text>'
        f'<text class="name says" x="{middle:.1f}" y="{TOP + 44:.0f}">{escape(says.lower())}</text>'
    )
    arrows = "".join(_arrows(spot, middle) for spot in panel.spots())
    boxes = "".join(_box(spot, middle, panel.name, pure) for spot in panel.spots() if spot.name)
    return f"<g>{head}{arrows}{boxes}</g>"


def _box(spot: Spot, middle: float, package: str, pure: set[str]) -> str:
    name = f"{package}.{spot.name}"
    kind = "room pure" if name in pure else "room"
    x, y = middle + spot.x, spot.top
    return (
        f'<g><title>{escape(_says(name))}</title><rect class="{kind}" x="{x - spot.width / 2:.1f}" y="{y:.1f}" '
        f'width="{spot.width:.1f}" height="{BOX:.0f}" rx="5"/>'
        f'<text class="name" x="{x:.1f}" y="{y + 16.5:.1f}">{spot.name}</text></g>'
    )


def _arrows(spot: Spot, middle: float) -> str:
    """Lead a curve to each spot below, with a tip at a box; where arrows pass through, a line on through the row."""
    x, foot = middle + spot.x, spot.top + BOX
    through = "" if spot.name else f'<path class="arrow" d="M{x:.1f} {spot.top:.1f} V{foot:.1f}"/>'
    return through + "".join(_curve(x, foot, middle + one.x, one) for one in spot.below)


def _curve(x: float, y: float, end_x: float, end: Spot) -> str:
    end_y = end.top - 1 if end.name else end.top
    bend = (end_y - y) * 0.55
    path = f"M{x:.1f} {y:.1f} C{x:.1f} {y + bend:.1f} {end_x:.1f} {end_y - bend:.1f} {end_x:.1f} {end_y:.1f}"
    tip = ' marker-end="url(#tip)"' if end.name else ""
    return f'<path class="arrow"{tip} d="{path}"/>'


def _ways(between: list[Pair], middle: Mapping[str, float]) -> Iterator[str]:
    """Lead an arrow over the panels from each package to those it imports; short ones below long ones."""

    def apart(pair: Pair) -> float:
        return abs(middle[pair[0]] - middle[pair[1]])

    for level, (one, other) in enumerate(sorted(between, key=apart)):
        side = 1 if middle[other] > middle[one] else -1
        start, end, y = (
            middle[one] + side * (16 + 8 * level),
            middle[other] - side * (16 + 8 * level),
            TOP - 11 - 7 * level,
        )
        path = f"M{start:.1f} {TOP:.0f} V{y + 6:.0f} Q{start:.1f} {y:.0f} {start + 6 * side:.1f} {y:.0f} "
        path += f"H{end - 6 * side:.1f} Q{end:.1f} {y:.0f} {end:.1f} {y + 6:.0f} V{TOP - 1:.0f}"
        yield f'<path class="way" marker-end="url(#way-tip)" d="{path}"/>'


KEY = (
    "pure: no clock, no dice,",
    "no network, no store",
    "",
    "An arrow is an import. What",
    "a longer way implies is not",
    "drawn. Blue: of packages.",
)
INDENTED = 2
"""Lines beside the little box."""


def _key(left: float, height: float) -> str:
    y = height - SIDE - 16 * len(KEY) - 8
    lines = (
        f'<text class="key" x="{left + (38 if number < INDENTED else 0):.0f}" y="{y + 16 * number + 11:.0f}">{line}</text>'
        for number, line in enumerate(KEY)
        if line
    )
    return f'<rect class="room pure" x="{left:.0f}" y="{y + 2:.0f}" width="30" height="14" rx="4"/>{"".join(lines)}'


if __name__ == "__main__":
    DRAWING.write_text(drawing(), encoding="utf-8")
