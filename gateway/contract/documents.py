"""Files that people write - stories, policies, mappings, catalogues - read under limits: bytes, depth, and what aliases come to.

Whatever is wrong with one is told as its own format's error, also where reading it would take all memory or the stack.
"""

from __future__ import annotations

import errno
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

LONGEST = 256 * 1024
"""Bytes of what people write."""
DEEPEST = 32
"""Levels of blocks and lists within each other."""
MOST_VALUES = 20_000
"""Keys and values, an alias counted as what it stands for."""
MOST_DOTS = 64
"""In a dotted key: what Python's reader needs for one grows with the square of them."""
LONGEST_NUMBER = 4_000
"""Characters. Python writes no longer ones, and one of base 60 costs the square of its length."""
_BETWEEN_KEYS = re.compile(r"[=\n]")
FAST: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same in C, where PyYAML was built with it."""
_WRONG = (ValueError, TypeError, OverflowError, LookupError, AttributeError, RecursionError)
"""What constructors raise for dates that there are none of, numbers of thousands of digits and their kin."""


def read_text(path: Path, longest: int = LONGEST) -> str:
    """Read a text file. Raises ``OSError``, also where it is too long, and ``UnicodeDecodeError``."""
    with path.open("rb") as file:
        found = file.read(longest + 1)
    if len(found) > longest:
        raise OSError(errno.EFBIG, f"too long, more than {longest} bytes", str(path))
    return found.decode("utf-8").replace("\r\n", "\n")


def from_yaml(text: str, loader: type[yaml.SafeLoader] = FAST, most: int = MOST_VALUES) -> Any:  # noqa: ANN401 - any YAML
    """Read YAML. Raises ``yaml.YAMLError`` and nothing else."""
    try:
        _must_be_small(text, most)
        return yaml.load(text, Loader=loader)  # noqa: S506 - a SafeLoader
    except _WRONG as error:
        raise yaml.YAMLError(f"a value cannot be read: {error}") from None


def from_toml(text: str) -> dict[str, Any]:
    """Read TOML. Raises ``tomllib.TOMLDecodeError`` and nothing else."""
    if any(part.count(".") > MOST_DOTS for part in _BETWEEN_KEYS.split(text)):
        raise tomllib.TOMLDecodeError(_TOO_DEEP)
    try:
        found = tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError(_TOO_DEEP) from None
    except tomllib.TOMLDecodeError:
        raise
    except _WRONG as error:
        raise tomllib.TOMLDecodeError(f"a value cannot be read: {error}") from None
    if _is_deep(found):
        raise tomllib.TOMLDecodeError(_TOO_DEEP)
    return found


_TOO_DEEP = f"nested more than {DEEPEST} levels deep"


@dataclass(slots=True)
class _Count:
    """Counts the values of a document event by event, an alias as what it stands for."""

    most: int
    _open: list[tuple[str | None, int]] = field(default_factory=list)
    """Anchors of what is open, and how many values came before each."""
    _sizes: dict[str, int] = field(default_factory=dict)
    _values: int = 0

    def feed(self, event: yaml.Event) -> None:
        """Count one. Raises ``yaml.YAMLError`` where it is too much."""
        if isinstance(event, yaml.CollectionStartEvent):
            self._open.append((event.anchor, self._values))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self._open.pop()
            self._add(1)
            self._note(anchor, self._values - before)
        elif isinstance(event, yaml.ScalarEvent):
            if event.implicit[0] and len(event.value) > LONGEST_NUMBER and event.value[0] in "+-0123456789":
                raise _too_much(f"a number of more than {LONGEST_NUMBER} characters", event)
            self._add(1)
            self._note(event.anchor, 1)
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._sizes.get(event.anchor or "", self.most))  # one that stands within itself has no end
        if len(self._open) > DEEPEST:
            raise _too_much(_TOO_DEEP, event)
        if self._values > self.most:
            raise _too_much(f"more than {self.most} values, aliases counted as what they stand for", event)

    def _add(self, values: int) -> None:
        self._values += values

    def _note(self, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self._sizes[anchor] = size


def _too_much(what: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    mark: Any = event.start_mark  # the C reader's has a type of its own
    return yaml.MarkedYAMLError(problem=what, problem_mark=mark)


def _must_be_small(text: str, most: int) -> None:
    count = _Count(most)
    for event in yaml.parse(text, Loader=FAST):
        count.feed(event)


def _is_deep(found: object) -> bool:
    level: list[object] = [found]
    for _ in range(DEEPEST + 1):
        level = [inner for one in level for inner in _inner(one)]
    return bool(level)


def _inner(one: object) -> list[Any]:
    return list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else []
