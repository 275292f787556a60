"""What the documents say is there: every path, module, command, target and link they name."""

from __future__ import annotations

import importlib
import re
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from scenarios.cli import COMMANDS

ROOT = Path(__file__).parents[1]
LISTED = subprocess.run(
    ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split()
DOCUMENTS = sorted(name for name in LISTED if name != "CHANGELOG.md")
"""The changelog tells what was, under the names of its day."""
PACKAGES = ("gateway", "dispatch", "firmware_sim", "scenarios")
FOLDERS = (*PACKAGES, "tests", "docs", "benchmarks", ".ci")
_PATH = re.compile(r"[\w.*-]*(?:/[\w.*-]+)*/?")
_FILE = re.compile(r"[a-z0-9*][a-z0-9_*]*\.(?:py|md|toml|yaml|json|html|svg|png|js|sh)")
_MODULE = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+")


def without_blocks(name: str) -> str:
    """Return a document without its blocks of code."""
    return re.sub(r"^```.*?^```", "", (ROOT / name).read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def passages(name: str) -> Iterator[str]:
    """Yield a document's paragraphs, the entries of its lists and the rows of its tables."""
    for paragraph in re.split(r"\n\s*\n", without_blocks(name)):
        yield from re.split(r"\n(?=\s*[-*|]|\d+\. )", paragraph)


def coded(text: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def names_a_path(word: str) -> bool:
    """Tell whether a word is meant as a path of this repository: it begins with a folder of it, or ends as its files do."""
    first = word.partition("/")[0]
    in_a_folder = first in FOLDERS and ("/" in word or word in PACKAGES)
    return _PATH.fullmatch(word) is not None and (in_a_folder or _FILE.fullmatch(word.rpartition("/")[2]) is not None)


def is_there(word: str, bases: list[Path]) -> bool:
    """Tell whether a path is there, below one of the folders it may be meant from."""
    return any((base / word).exists() or any(base.glob(word)) for base in bases if base.is_dir())


def bases_of(name: str, words: list[str]) -> list[Path]:
    """Return the folders that a passage's paths are meant from: the root, the document's, and those it names itself."""
    named = [ROOT / word for word in words if names_a_path(word)]
    folders = [path if path.is_dir() else path.parent for path in named]
    return [ROOT, (ROOT / name).parent, *folders]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_that_is_named_is_there(name: str) -> None:
    """From the root, beside the document, or in a folder that the same passage names."""
    gone = [
        word
        for words in map(coded, passages(name))
        for word in words
        if names_a_path(word) and not is_there(word, bases_of(name, words))
    ]
    assert gone == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_module_that_is_named_is_there(name: str) -> None:
    """Also a class or a function of one, as ``gateway.errors.SenderError``."""
    named = [word for word in coded(without_blocks(name)) if _MODULE.fullmatch(word)]
    assert [word for word in named if not _is_a_module(word) and not _is_in_one(word)] == []


def _is_a_module(word: str) -> bool:
    try:
        return find_spec(word) is not None
    except ModuleNotFoundError:
        return False


def _is_in_one(word: str) -> bool:
    module, _, inside = word.rpartition(".")
    return _is_a_module(module) and hasattr(importlib.import_module(module), inside)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_that_is_named_is_there(name: str) -> None:
    """``callahead WORD`` and ``make WORD``, in the text and in its blocks."""
    text = (ROOT / name).read_text("utf-8")
    told = set(
        re.findall(
            r"(?:^|[`/ ])callahead ([a-z][a-z-]*)\b(?=[^\n]*`|[^\n]*$)", "\n".join([*coded(text), *_blocks(text)])
        )
    )
    assert told <= COMMANDS.keys()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {word.partition(" ")[2] for word in coded(text) if re.fullmatch(r"make [a-z]+", word)} <= targets
    assert set(re.findall(r"^    make (\w+)", text, re.MULTILINE)) <= targets


def _blocks(text: str) -> list[str]:
    return re.findall(r"^    (.*)$", text, re.MULTILINE) + re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    """Every file that is linked or shown is in the repository, and every heading of it that is meant."""
    text, folder = without_blocks(name), (ROOT / name).parent
    for target, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([\w-]+))?\)", text):
        there = folder / target if target else ROOT / name
        assert there.exists(), target
        assert not anchor or anchor in _anchors(there), f"{target}#{anchor}"


def _anchors(path: Path) -> set[str]:
    text = path.read_text("utf-8")
    if path.suffix == ".html":
        return set(re.findall(r"""id=["']([^"']+)""", text))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one).strip().lower().replace(" ", "-") for one in headings}
