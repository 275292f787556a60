"""The kinds of devices there are: each folder in ``scenarios/kinds`` is one. Read at once, checked, and told by file and rule.

The folders stand above this room, for their actors know the world; so they are found by walking, never imported by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module, invalidate_caches
from pathlib import Path
from sys import modules
from typing import TypeVar

from gateway.errors import AuthorError
from scenarios.story.kind import WorldKind
from scenarios.story.part import Part

PACKAGE = "scenarios.kinds"
CALLERS_LETTER = "q"
"""What the ids of those begin with who ring about something else."""
Wanted = TypeVar("Wanted")
Value = TypeVar("Value")


class KindError(AuthorError):
    """A kind's folder is not as it has to be: the message names the file and the rule."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was found in the folders."""

    kinds: Mapping[str, WorldKind]
    """In the order of their names: homes, devices and draws follow it."""
    folders: Mapping[str, Path]
    parts: Mapping[str, Part]
    """Every part, in the same order."""


class _Registry:
    """Reads the folders when it is first asked."""

    def __init__(self) -> None:
        self._found: Found | None = None

    @property
    def found(self) -> Found:
        """Return what there is. Raises ``KindError``."""
        if self._found is None:
            self._found = _read()
        return self._found

    @contextmanager
    def also(self, folder: Path) -> Iterator[None]:
        """Have the kinds that lie in another folder, too, for as long as this lasts: as a test's. Raises ``KindError``."""
        path = import_module(PACKAGE).__path__
        path.append(str(folder))
        invalidate_caches()
        self._found = None
        try:
            yield
        finally:
            path.remove(str(folder))
            self._found = None
            for name in [one.name for one in _folders(folder)]:
                for module in [one for one in modules if f"{one}.".startswith(f"{PACKAGE}.{name}.")]:
                    del modules[module]


REGISTRY = _Registry()


class _View(Mapping[str, Value]):
    """A table that follows the registry."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _now(self) -> Mapping[str, Value]:
        table: Mapping[str, Value] = getattr(REGISTRY.found, self._name)
        return table

    def __getitem__(self, key: str) -> Value:
        return self._now()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())


KINDS: Mapping[str, WorldKind] = _View("kinds")
"""Name → kind, in the order of their names."""
PARTS: Mapping[str, Part] = _View("parts")
"""Part → what the world knows of it."""


def home_kinds() -> tuple[WorldKind, ...]:
    """Return the kinds by which homes are counted, in order."""
    return tuple(kind for kind in KINDS.values() if kind.homes is not None)


def owners_of(kind: str) -> tuple[str, ...]:
    """Return by which kinds the homes are counted that own a device of ``kind``, in order."""
    return tuple(one.name for one in home_kinds() if one.homes is not None and kind in one.homes.owns)


def device_kind(device: str) -> str | None:
    """Return of what kind a device of the world is, by its name; ``None``: it is none of the world's."""
    return _stems_of(REGISTRY.found).get(device.rpartition("-")[0])


def platform(kind: str, file: str, name: str, of: type[Wanted]) -> Wanted | None:
    """Return what a kind's ``file`` holds under ``name``; ``None``: it has no such file. Raises ``KindError``: it is another."""
    is_there, found = _held(REGISTRY.found, kind, file, name)
    if not is_there:
        return None
    if not isinstance(found, of):
        path = REGISTRY.found.folders[kind] / f"{file}.py"
        message = f"{path}: {name} is missing: it must be one of {of.__module__}.{of.__name__}"
        raise KindError(message)
    return found


@lru_cache(maxsize=256)
def _held(found: Found, kind: str, file: str, name: str) -> tuple[bool, object]:
    """Return whether a kind has a file, and what that holds under a name: it is asked for with each device that wakes."""
    if not (found.folders[kind] / f"{file}.py").is_file():
        return False, None
    return True, getattr(import_module(f"{PACKAGE}.{kind}.{file}"), name, None)


def _read() -> Found:
    kinds: dict[str, WorldKind] = {}
    folders: dict[str, Path] = {}
    for folder in sorted((one for path in import_module(PACKAGE).__path__ for one in _folders(Path(path))), key=_name):
        if folder.name in folders:
            message = f"{folder}: there is a kind '{folder.name}' already: {folders[folder.name]}"
            raise KindError(message)
        kinds[folder.name], folders[folder.name] = _kind(folder), folder
    parts: dict[str, Part] = {}
    for name, kind in kinds.items():
        _check(kind, folders[name], kinds)
        for part in kind.parts:
            if part in parts:
                message = f"{folders[name] / 'parts.py'}: '{part}' is a part of kind '{parts[part].kind}' already"
                raise KindError(message)
        parts.update(kind.parts)
    _stand_apart(kinds, folders)
    return Found(kinds, folders, parts)


def _folders(path: Path) -> list[Path]:
    return [
        one for one in path.iterdir() if one.is_dir() and not one.name.startswith(("_", ".")) and any(one.glob("*.py"))
    ]


@lru_cache(1)
def _stems_of(found: Found) -> dict[str, str]:
    homes = (one.homes for one in found.kinds.values() if one.homes is not None)
    return {stem: kind for one in homes for kind, stem in one.owns.items()}


def _name(folder: Path) -> str:
    return folder.name


def _kind(folder: Path) -> WorldKind:
    path = folder / "kind.py"
    for file, what in (("__init__.py", "in one sentence"), ("kind.py", f"KIND = Kind(name='{folder.name}', …)")):
        if not (folder / file).is_file():
            message = f"{folder / file}: is missing: every kind says there what it is, {what}"
            raise KindError(message)
    kind = getattr(import_module(f"{PACKAGE}.{folder.name}.kind"), "KIND", None)
    if not isinstance(kind, WorldKind):
        message = f"{path}: KIND is missing: it must be a scenarios.story.kind.Kind"
        raise KindError(message)
    if kind.name != folder.name:
        message = f"{path}: its name is '{kind.name}' and its folder '{folder.name}': they must be the same"
        raise KindError(message)
    return kind


def _check(kind: WorldKind, folder: Path, kinds: Mapping[str, WorldKind]) -> None:
    """Check one kind by itself, and that those it names exist."""
    path = folder / "kind.py"
    for part, known in kind.parts.items():
        if known.kind != kind.name:
            message = f"{folder / 'parts.py'}: '{part}' says that it is of kind '{known.kind}', not of '{kind.name}'"
            raise KindError(message)
    homes = kind.homes
    for other in (*(homes.owns if homes else ()), *([kind.paired_with] if kind.paired_with else [])):
        if other not in kinds:
            message = f"{path}: there is no kind '{other}'; there are {', '.join(kinds)}"
            raise KindError(message)
    if homes is None:
        return
    if kind.gathers:
        return
    if kind.name not in homes.owns:
        message = f"{path}: homes.owns must name '{kind.name}' itself"
        raise KindError(message)
    if not (folder / "actor.py").is_file():
        message = f"{folder / 'actor.py'}: is missing: a kind that homes own must have one"
        raise KindError(message)


def _stand_apart(kinds: Mapping[str, WorldKind], folders: Mapping[str, Path]) -> None:
    """Check that no two kinds of homes share what tells them apart."""
    taken: dict[tuple[str, object], str] = {("homes.letter", CALLERS_LETTER): "callers"}
    for kind in kinds.values():
        for what, value in _marks(kind):
            if (what, value) in taken:
                message = (
                    f"{folders[kind.name] / 'kind.py'}: {what} {value!r} is that of '{taken[what, value]}' already"
                )
                raise KindError(message)
            taken[what, value] = kind.name


def _marks(kind: WorldKind) -> Iterator[tuple[str, object]]:
    if kind.homes is None:
        return
    yield "homes.section.KEY", kind.homes.section.KEY
    yield "homes.letter", kind.homes.letter
    yield "homes.telephone", kind.homes.telephone
    for stem in kind.homes.owns.values():
        yield "homes.owns", stem
