"""CONTRIBUTING's "to add…" is walked: in a copy of the tree one of each is added, where it says, and works.

*An event or an action* and *a kind of device* are not walked here: of the first mypy tells what is missing, the second has tests
of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dispatch.store.journal import Journal
from dispatch.store.versions import HEAD

ROOT = Path(__file__).parents[1]
PACKAGES = ("gateway", "dispatch", "firmware_sim", "scenarios")
ENTRIES = dict(
    re.findall(
        r"^- \*(.+?)\*: (.*?)(?=^- \*|^$)", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
)
"""What is added → what is said of it."""
LIKE = "alternator"
"""The part that the new one is like."""


@dataclass
class Tree:
    """A copy of the packages, and which of its files were touched."""

    root: Path
    touched: list[str] = field(default_factory=list)

    def holding(self, folder: str, text: str) -> Path:
        """Return the one file below a folder, which has this text."""
        paths = [path for path in (self.root / folder).rglob("*.*") if path.suffix in {".py", ".toml"}]
        (found,) = (path for path in paths if text in path.read_text("utf-8"))
        return found

    def change(self, path: Path, old: str, new: str) -> None:
        """Replace what stands there once."""
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        self.write(path, text.replace(old, new))

    def write(self, path: Path, text: str) -> None:
        """Write a file."""
        path.write_text(text, encoding="utf-8")
        self.touched.append(str(path.relative_to(self.root)))

    @contextmanager
    def adding(self, what: str) -> Iterator[None]:
        """See to it that what is touched meanwhile is what CONTRIBUTING names."""
        self.touched.clear()
        yield
        assert [path for path in self.touched if not _named(path, ENTRIES[what])] == []

    def callahead(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the copy's command line."""
        return self.python("-m", "scenarios.cli", *words)

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python on the copy."""
        environment = os.environ | {"PYTHONPATH": str(self.root)}
        command = [sys.executable, *words]
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)


def _named(path: str, entry: str) -> bool:
    """Tell whether an entry names a file, or the folder it lies in."""
    return any(
        path == word or (word.endswith("/") and path.startswith(word)) for word in re.findall(r"`([^`]+)`", entry)
    )


PLAYED = """\
import json
from pathlib import Path
import scenarios

run = scenarios.play("old_cars", settings={"cars.count": 60, "faults.0.count": 4, "faults.1.count": 0})
truth = [json.loads(line) for line in (run.save("out") / "truth.jsonl").read_text("utf-8").splitlines()]
print(
    "listed" if "old_cars" in scenarios.stories() else "",
    "holds" if run.holds else "",
    "broken" if any(fault["part"] == "dynamo" and fault["shown_at"] for fault in truth) else "",
    "concluded" if any('"dynamo"' in row.body for row in run.rows()) else "",
)
"""
COMMAND = '''\
"""``callahead weather``."""

from scenarios.world.sky import Clouded


def weather() -> None:
    """Tell what it is like outside."""
    raise Clouded("Riga: nothing to be seen; ask again")
'''
LISTED = """\
COMMANDS = {
    "weather": Listed("scenarios.commands.weather:weather", "Tell what it is like outside."),
"""
ERROR = """\
from gateway.errors import OperatorError


class Clouded(OperatorError):
    pass
"""
NUMBER = f"{int(HEAD) + 1:04}"
MIGRATION = f"""\
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{NUMBER}", "{HEAD}"


def upgrade() -> None:
    op.create_table("visits", sa.Column("at", sa.Double, nullable=False))
"""
TABLE = """
visits = Table("visits", tables, Column("at", Double, nullable=False))
"""
LOOK = """\
import sys
from pathlib import Path
from sqlalchemy import create_engine, inspect
from dispatch.store.journal import Journal

for name in sys.argv[1:]:
    Journal.open(Path(name)).close()
    with create_engine(f"sqlite:///{name}/ledger.sqlite").connect() as store:
        version = store.exec_driver_sql("select version_num from alembic_version").scalar()
        print(version, *sorted(inspect(store).get_table_names()))
"""


@pytest.fixture(scope="module", name="tree")
def _tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    root = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package)
    return Tree(root)


def test_a_part_and_a_story(tree: Tree) -> None:
    """The catalogue knows the part, the world breaks it, the service concludes it, and the story's expectation holds."""
    with tree.adding("a part"):
        knowledge = tree.holding("gateway", f"[parts.{LIKE}]")
        entry = re.search(rf"\[parts\.{LIKE}\].*?^\]\n", knowledge.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        assert entry is not None
        prior = re.search(r"^prior = (.*)$", entry[0], re.MULTILINE)
        assert prior is not None
        halved = entry[0].replace(prior[0], f"prior = {float(prior[1]) / 2}")
        tree.change(knowledge, entry[0], f"{halved}\n{halved.replace(LIKE, 'dynamo')}")
        failures = tree.holding("firmware_sim/kinds/car", f'"{LIKE}": (')
        tree.change(failures, f'"{LIKE}": (', f'"dynamo": (_way(1, alternator=ALL),),\n    "{LIKE}": (')
        tree.change(tree.holding("scenarios/", f'"{LIKE} '), f'"{LIKE} ', f'"{LIKE} dynamo ')
    with tree.adding("a story"):
        skeleton = (tree.root / "scenarios" / "story" / "skeleton.yaml").read_text("utf-8")
        story = skeleton.replace("name: skeleton", "name: old_cars").replace("part: battery_12v", "part: dynamo")
        tree.write(tree.root / "scenarios" / "stories" / "old_cars.yaml", story)
    done = tree.python("-c", PLAYED)
    assert done.stdout == "listed holds broken concluded\n", done.stderr


def test_a_command_and_an_error(tree: Tree) -> None:
    """The command is listed, imported when it is called; its error is told in a line, and the exit code says whose fault it is."""
    with tree.adding("a command"):
        tree.write(tree.root / "scenarios" / "commands" / "weather.py", COMMAND)
        tree.change(tree.root / "scenarios" / "cli.py", "COMMANDS = {\n", LISTED)
    (tree.root / "scenarios" / "world" / "sky.py").write_text(ERROR, encoding="utf-8")
    assert "gateway/errors.py" in ENTRIES["an error"]
    assert re.search(r"weather +Tell what it is like outside\.", tree.callahead("--help").stdout)
    told = tree.callahead("weather")
    assert (told.returncode, told.stderr) == (2, "Riga: nothing to be seen; ask again\n")


def test_something_in_the_store(tree: Tree, tmp_path: Path) -> None:
    """A store of today is brought up to date, a new one begins so, and both have the same tables."""
    Journal.open(tmp_path / "today").close()
    store = tree.root / "dispatch" / "store"
    with tree.adding("something to the store"):
        tree.write(store / "migrations" / "versions" / f"{NUMBER}_visits.py", MIGRATION)
        tree.change(store / "versions.py", f'"{HEAD}")', f'"{HEAD}", "{NUMBER}")')
        tree.write(store / "tables.py", (store / "tables.py").read_text("utf-8") + TABLE)
    done = tree.python("-c", LOOK, str(tmp_path / "today"), str(tmp_path / "new"))
    today, new = done.stdout.splitlines()
    assert today == new
    assert new.startswith(NUMBER)
    assert "visits" in new.split()


@pytest.mark.parametrize(
    "what", ["a part", "an event or an action", "a kind of device", "something to the store", "a command"]
)
def test_each_has_an_entry(what: str) -> None:
    """What people add most."""
    assert what in ENTRIES
