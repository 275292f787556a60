"""The axes of a sweep as they are written, ``trucks.0.count=10..40..10`` or ``agents.0.count=4,8,12``, and the points they span."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import qmc

from scenarios.service.process import CannotPlay

Value = int | float | str
_NUMBER = r"([+-]?\d+(?:\.\d+)?)\s*([^\d\s.,][^.,]*?)?"
_RANGE = re.compile(rf"\s*{_NUMBER}\s*\.\.\s*{_NUMBER}\s*(?:\.\.\s*{_NUMBER}\s*)?")
MOST_POINTS = 100_000


@dataclass(frozen=True, slots=True)
class Axis:
    """One value of the story and what it takes. Between ``low`` and ``high`` where ``values`` is empty."""

    path: str
    values: tuple[Value, ...]
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    whole: bool = False
    """Whole numbers only."""

    def at(self, share: float) -> Value:
        """Return the value that lies at ``share`` (0 to 1, 1 not reached) of the way: all alike."""
        if self.values:
            return self.values[int(share * len(self.values))]
        if self.whole:
            return _written(self.low + int(share * (self.high - self.low + 1)), self.unit, whole=True)
        return _written(self.low + share * (self.high - self.low), self.unit, whole=False)


Point = dict[str, Value]
"""Path → value."""


def axis(setting: str) -> Axis:
    """Read one. Raises ``CannotPlay``: what is wrong with it, and how to write it."""
    path, equals, written = setting.partition("=")
    if not equals or not path or not written.strip():
        raise _malformed(setting, "a path and its values are needed")
    if written.lstrip()[0] in "[{":
        return Axis(path, (written,))
    if ".." in written and path != "policy":  # that of files, which may lie elsewhere
        return _range(setting, path, written)
    values = tuple(part.strip() for part in written.split(","))
    if not all(values):
        raise _malformed(setting, "a value is missing between two commas")
    return Axis(path, tuple(_number(value) for value in values))


def grid(axes: Sequence[Axis]) -> list[Point]:
    """Return every combination. Raises ``CannotPlay`` where an axis has no steps, or there are too many points."""
    for one in axes:
        if not one.values:
            low, high = (_written(end, one.unit, whole=one.whole) for end in (one.low, one.high))
            message = (
                f"--set {one.path}={low}..{high}: a grid wants a step, as {low}..{high}..1; or draw points with --lhs"
            )
            raise CannotPlay(message)
    count = 1
    for one in axes:
        count *= len(one.values)
    if count > MOST_POINTS:
        message = f"these axes span {count} points; a sweep plays at most {MOST_POINTS}. Draw some of them with --lhs"
        raise CannotPlay(message)
    return [
        dict(zip((one.path for one in axes), values, strict=True))
        for values in itertools.product(*(one.values for one in axes))
    ]


def hypercube(axes: Sequence[Axis], count: int, seed: int) -> list[Point]:
    """Draw ``count`` points of a Latin hypercube: each axis is cut into so many strips, and each strip is met once."""
    drawn = qmc.LatinHypercube(d=len(axes), rng=seed).random(count)
    return [{one.path: one.at(float(share)) for one, share in zip(axes, row, strict=True)} for row in drawn]


def _range(setting: str, path: str, written: str) -> Axis:
    found = _RANGE.fullmatch(written)
    if found is None:
        raise _malformed(setting, f"'{written}' is no range")
    units = {
        unit for number, unit in ((found[1], found[2]), (found[3], found[4]), (found[5], found[6])) if number and unit
    }
    if len(units) > 1:
        raise _malformed(setting, f"its ends have different units: {', '.join(sorted(units))}")
    unit = next(iter(units), "")
    low, high, step = float(found[1]), float(found[3]), float(found[5]) if found[5] else None
    whole = not any("." in (found[group] or "") for group in (1, 3, 5))
    if low > high:
        raise _malformed(setting, "its beginning lies above its end")
    if step is None:
        return Axis(path, (), low, high, unit, whole)
    if step <= 0:
        raise _malformed(setting, "its step must be more than 0")
    steps = int((high - low) / step + 1e-9) + 1
    return Axis(
        path, tuple(_written(low + number * step, unit, whole=whole) for number in range(min(steps, MOST_POINTS + 1)))
    )


def _malformed(setting: str, why: str) -> CannotPlay:
    return CannotPlay(f"--set {setting}: {why}; write path=10..40..10, path=4,8,12 or, with --lhs, path=10..40")


def _written(number: float, unit: str, *, whole: bool) -> Value:
    value: int | float = round(number) if whole else round(number, 9)
    if not unit:
        return value
    return f"{value}{unit}" if unit == "%" else f"{value} {unit}"


def _number(text: str) -> Value:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
