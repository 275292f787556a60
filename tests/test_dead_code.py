"""Nothing is defined that nobody uses: functions, classes and constants of modules, by their names."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ("gateway", "dispatch", "firmware_sim", "scenarios")
LONGEST = 300
"""Letters of a text in which a name may stand, as in ``"scenarios.commands.play:run"``; longer ones are prose."""
Defines = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def parsed(*folders: str) -> dict[Path, ast.Module]:
    """Return what files say, without what they say about themselves."""
    found = {path: ast.parse(path.read_text("utf-8")) for folder in folders for path in (ROOT / folder).rglob("*.py")}
    for tree in found.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | Defines):
                node.body = [one for one in node.body if not _is_text(one)]
    return found


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def used(tree: ast.AST) -> Counter[str]:
    """Return which names a piece of code uses; to import one is no use of it."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found[node.id] += 1
        elif isinstance(node, ast.Attribute):
            found[node.attr] += 1
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < LONGEST:
            found.update(re.findall(r"\w+", node.value))
    return found


def defined(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Yield what a module defines, by name; a function with a decorator is its decorator's to use, ``__it__`` Python's."""
    yield from ((name, node) for name, node in _defined(tree) if not name.startswith("__"))


def _defined(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) or (isinstance(node, Defines) and not node.decorator_list):
            yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (
                (name.id, node) for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)
            )


def used_in_all(trees: Iterable[ast.AST]) -> Counter[str]:
    """Return which names many pieces of code use. Adding up counters would go through all names for each of them."""
    found: Counter[str] = Counter()
    for tree in trees:
        found.update(used(tree))
    return found


def unused(ours: dict[Path, ast.Module], others: Counter[str]) -> set[str]:
    """Return what is defined in ``ours`` and used nowhere but in its own definition."""
    in_file = {path: used(tree) for path, tree in ours.items()}
    every = Counter(others)
    for found in in_file.values():
        every.update(found)
    return {
        f"{path.relative_to(ROOT)}: {name}"
        for path, tree in ours.items()
        if path.parent.name != "versions"  # Alembic reads what its files define
        for name, node in defined(tree)
        if every[name] <= in_file[path][name]  # no other file does: then it is worth a closer look
        if every[name] <= used(node)[name]
    }


def test_whatever_a_module_defines_somebody_uses() -> None:
    """Tests and benchmarks among them."""
    others = used_in_all(parsed("tests", "benchmarks").values())
    assert unused(parsed(*OURS), others) == set()


def test_what_nobody_uses_is_found() -> None:
    """Also a function that only calls itself, and one that is only imported; not what a text names."""
    code = "LOST, KEPT = 1, 2\ndef again(): return again()\ndef called(): return KEPT\nclass Empty: pass\nat = 'm:called'\n"
    tree, importing = ast.parse(code), ast.parse("from m import Empty")
    found = unused({ROOT / "m.py": tree, ROOT / "n.py": importing}, Counter(["at"]))
    assert found == {"m.py: LOST", "m.py: again", "m.py: Empty"}
