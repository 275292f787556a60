"""Stories, policies, mappings and catalogues that would take all memory, the stack or the morning are refused by name."""

from __future__ import annotations

import itertools
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from dispatch.service.policy_file import BadPolicyFile, read_policy
from gateway.contract.documents import LONGEST
from gateway.diagnosis.catalogue import CatalogueError
from gateway.kinds.registry import own_codes
from gateway.mapping.read import MappingError, read_mapping
from scenarios.capture.recording import open_recording
from scenarios.story.loader import StoryError, open_story


def _doubled(one: str) -> str:
    """Nine of nine of nine …: a thousand bytes that stand for a billion."""
    names = "abcdefghij"
    return f"a: &a {one}\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in itertools.pairwise(names)
    )


YAML = {
    "lists in lists": "name: " + "[" * 100_000,
    "blocks in blocks": "".join(f"{' ' * depth}a:\n" for depth in range(500)),
    "aliases of aliases": _doubled("[x, x]"),
    "merged aliases": _doubled("{x: 1}").replace("[", "{<<: [").replace("]", "]}"),
    "an alias of itself": "name: &a [*a]",
    "too many values": "name: [" + "1, " * 50_000 + "1]",
    "too many bytes": "name: " + "x" * LONGEST,
    "five thousand digits": "name: " + "9" * 5_000,
    "base sixty": "name: " + ":".join(["1"] * 50_000),
    "no such day": "name: 2026-99-99",
    "no such number": "name: !!int abc",
    "an object": "name: !!python/object/apply:os.system [ls]",
    "a key that is a list": "? [a]\n: b",
    "no text": "name: \x00",
}
TOML = {
    "lists in lists": "a = " + "[" * 100_000,
    "tables in tables": "a = " + "{a = " * 1_000,
    "a long key": ".".join(["a"] * 60_000) + " = 1",
    "a long key within": "x = { " + ".".join(["a"] * 60_000) + " = 1 }",
    "a long heading": "[" + ".".join(["a"] * 60_000) + "]",
    "too many bytes": "a = '" + "x" * LONGEST + "'",
    "five thousand digits": "a = " + "9" * 5_000,
}


def _read_codes(path: Path) -> object:
    return own_codes((path,))


@pytest.mark.parametrize(
    ("read", "error"), [(open_story, StoryError), (read_policy, BadPolicyFile), (open_recording, StoryError)]
)
@pytest.mark.parametrize("text", YAML.values(), ids=YAML)
def test_hostile_yaml_is_told(read: Callable[..., object], error: type[Exception], text: str, tmp_path: Path) -> None:
    """As the author's or the operator's mistake, and at next to no cost."""
    _told(tmp_path / "file.yaml", text, lambda path: read(str(path) if read is open_story else path), error)


@pytest.mark.parametrize(("read", "error"), [(read_mapping, MappingError), (_read_codes, CatalogueError)])
@pytest.mark.parametrize("text", TOML.values(), ids=TOML)
def test_hostile_toml_is_told(
    read: Callable[[Path], object], error: type[Exception], text: str, tmp_path: Path
) -> None:
    """Likewise."""
    _told(tmp_path / "file.toml", text, read, error)


def _told(path: Path, text: str, read: Callable[[Path], object], error: type[Exception]) -> None:
    path.write_bytes(text.encode())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(error, match=path.name):
        read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
