"""The rules of the house that a test can hold: the arrows stand in pyproject (lint-imports), the rest here."""

from __future__ import annotations

import ast
import builtins
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP_LEVEL = {
    "pyproject.toml", "Makefile", "requirements.txt", "requirements-demo.txt", "README.md", "LICENSE", "NOTICE", "CONTRIBUTING.md",
    "CHANGELOG.md",
    ".ci", ".gitignore", "benchmarks", "docs", "gateway", "dispatch", "firmware_sim", "scenarios", "tests",
}  # fmt: skip
CLOCKS = {"now", "utcnow", "today"}
BANNED_WORDS = {"manager", "helper", "helpers", "utils", "util", "common", "base", "data"}


def pure_modules() -> list[Path]:
    """Return the files that pyproject says are sans-IO."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (pure,) = (contract for contract in contracts if "sans-IO" in contract["name"])
    found: list[Path] = []
    for name in pure["source_modules"]:
        path = ROOT / name.replace(".", "/")
        found.extend(path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")])
    return found


def ours() -> list[Path]:
    """Return every module of the packages."""
    packages = ("gateway", "dispatch", "firmware_sim", "scenarios")
    return [path for package in packages for path in (ROOT / package).rglob("*.py")]


@pytest.mark.parametrize("path", pure_modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_never_reads_a_clock(path: Path) -> None:
    """Time is an argument: no ``datetime.now()`` and no ``date.today()`` in a pure module."""
    calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    assert not [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS]


@pytest.mark.parametrize("path", pure_modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_keeps_no_files(path: Path) -> None:
    """A pure module opens no file; the diagnosis reads its catalogues, which are a part of the program."""
    calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    assert "open" not in {call.id for call in calls if isinstance(call, ast.Name)}


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A file is named after what it is about."""
    assert not [str(path) for path in ours() if path.stem in BANNED_WORDS]


def test_the_top_level_holds_only_what_is_named() -> None:
    """Nothing lies about beside the packages, tests and stories."""
    command = ["git", "ls-files"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {Path(name).parts[0] for name in listed.splitlines()} <= TOP_LEVEL


def lengths(paths: list[Path]) -> list[int]:
    """Return the lines of every function, without its docstring, shortest first."""
    return sorted(
        (node.end_lineno or 0) - body.lineno + 1
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for body in node.body[bool(ast.get_docstring(node)) :][:1]
    )


def test_functions_stay_short() -> None:
    """Half have at most 5 lines, nine in ten at most 15, none more than 45, and none in a pure room more than 40."""
    found = lengths(ours())
    assert found[len(found) // 2] <= 5
    assert found[len(found) * 9 // 10] <= 15
    assert found[-1] <= 45
    assert lengths(pure_modules())[-1] <= 40


@pytest.mark.parametrize("package", ["gateway", "dispatch", "scenarios"])
def test_a_package_holds_rooms_and_few_files(package: str) -> None:
    """What belongs together stands in a folder."""
    assert len(list((ROOT / package).glob("*.py"))) <= 3


@pytest.mark.parametrize("package", ["gateway", "dispatch", "firmware_sim", "scenarios"])
def test_a_class_name_stands_for_one_thing(package: str) -> None:
    """Within a package; but each kind of device has its body and build, as whoever has read one kind expects."""
    named: dict[str, list[str]] = {}
    for path in (ROOT / package).rglob("*.py"):
        if {"kinds", "examples"} & set(path.relative_to(ROOT).parts):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                named.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in named.items() if len(files) > 1} == {}


def test_errors_have_one_root() -> None:
    """Whose fault it is says the class; only what never leaves its module, or answers by raising, is none of them."""
    own = {"CallaheadError", "SenderError", "LineError", "OperatorError", "AuthorError", "InternalError"}
    raised: dict[str, set[str]] = {}
    for path in ours():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                raised[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}
    built_in = {name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    roots = {name for name, bases in raised.items() if bases & built_in and not name.startswith("_")}
    assert {name for name in roots - {"CallaheadError"} if not raised[name] & own} == set()
