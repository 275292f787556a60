"""A list of devices as CSV, read whole before anything is done with it: every mistake is told by line, column and rule."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dispatch.web.api.registries import DeviceIn
from scenarios.service.door import ServiceSaysNo

NEEDED = ("device", "kind")
COLUMNS = (*NEEDED, *(name for name in DeviceIn.model_fields if name not in NEEDED))
MOST_TOLD = 20
"""So many mistakes are told at once."""


def read_devices(path: Path) -> list[dict[str, Any]]:
    """Return the devices of a file as the API takes them. Raises ``ServiceSaysNo`` with every line that is wrong.

    The first line names the columns. An empty cell is left to the default; ``provenance`` is ``simulated`` unless it
    says ``real``; several ``skills`` are parted by spaces.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(path, csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"{path}: {error}"
        raise ServiceSaysNo(message) from None


def _read(path: Path, lines: csv.DictReader[str]) -> list[dict[str, Any]]:
    _check_columns(path, list(lines.fieldnames or []))
    devices: list[dict[str, Any]] = []
    mistakes: list[str] = []
    seen: dict[str, int] = {}
    for line in lines:
        number = lines.line_num
        found = [*_mistakes(line), *_twice(line, seen, number)]
        mistakes += [f"{path}: line {number}, {mistake}" for mistake in found]
        if not mistakes:
            devices.append(_device(line).model_dump(mode="json"))
    if mistakes:
        more = [f"and {len(mistakes) - MOST_TOLD} more"] if len(mistakes) > MOST_TOLD else []
        raise ServiceSaysNo("\n".join([*mistakes[:MOST_TOLD], *more, "Nothing was registered."]))
    return devices


def _check_columns(path: Path, columns: list[str]) -> None:
    unknown = [name for name in columns if name not in COLUMNS]
    missing = [name for name in NEEDED if name not in columns]
    if unknown or missing:
        wrong = [f"has an unknown column {name!r}" for name in unknown] + [
            f"lacks the column {one!r}" for one in missing
        ]
        message = f"{path}: line 1 {', '.join(wrong)}; there are {', '.join(COLUMNS)}"
        raise ServiceSaysNo(message)


def _mistakes(line: dict[str, Any]) -> Iterator[str]:
    if None in line:
        yield "column after the last: more cells than columns"
        return
    try:
        _device(line)
    except ValidationError as error:
        for one in error.errors():
            given = f" (it says {line[str(one['loc'][0])]!r})" if line.get(str(one["loc"][0])) else ""
            yield f"column {one['loc'][0]}: {one['msg']}{given}"


def _twice(line: dict[str, Any], seen: dict[str, int], number: int) -> Iterator[str]:
    before = seen.setdefault(str(line["device"]), number)
    if before != number:
        yield f"column device: {line['device']} stands on line {before} already"


def _device(line: dict[str, Any]) -> DeviceIn:
    """Return a line as device. Raises ``ValidationError``."""
    told: dict[str, Any] = {name: cell.strip() for name, cell in line.items() if cell and cell.strip()}
    if "skills" in told:
        told["skills"] = told["skills"].split()
    return DeviceIn.model_validate({"provenance": "simulated", **told})
