"""The README stays true: its commands run, its links lead somewhere, its picture is there."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dispatch.ledger.rows import faults
from scenarios.runner.recorded import recorded_in
from scenarios.service.forks import Ended
from tests.conftest import command

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
MODULES = {"callahead": "scenarios.cli", "callahead-serve": "dispatch.cli.serve"}
MORNING = ".venv/bin/callahead run winter_morning"
WIDEST = 132
"""Characters of a line."""


def commands() -> list[str]:
    """Return the lines of the README's shell blocks, without their comments."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Ended, Path]]:
    """Run a command as it stands there, once: what it came to, and where a run is kept, which alone is changed."""
    done: dict[str, tuple[Ended, Path]] = {}

    def run(line: str, **environment: str) -> tuple[Ended, Path]:
        if line not in done:
            out = tmp_path_factory.mktemp("readme") / "out"
            program, *rest = shlex.split(line)
            kept = ["--out", str(out)] if rest[0] in {"run", "live", "compare"} else []
            module = MODULES[Path(program).name]
            done[line] = command(module, *rest, *kept, cwd=ROOT, timeout_s=280, **environment), out
        return done[line]

    return run


@pytest.mark.timeout(300)
@pytest.mark.parametrize("line", commands())
def test_each_command_runs(line: str, ran: Callable[..., tuple[Ended, Path]], request: pytest.FixtureRequest) -> None:
    """Each command does what it says, and ends with 0: what a story expects holds. What needs a service has one."""
    environment = {}
    if " vendor " in line:  # speaks to a running service
        environment["CALLAHEAD_SERVICE"] = request.getfixturevalue("serve")().http
    ended, _ = ran(line, **environment)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.timeout(300)
def test_the_winter_morning_is_as_large_as_it_says(ran: Callable[..., tuple[Ended, Path]]) -> None:
    """2,000 cars, 8 hours, at least 150 faults; its ledger has no gap, no key twice and an unbroken chain."""
    _, out = ran(MORNING)
    recorded = recorded_in(out, "winter_morning")
    assert recorded.notes is not None
    assert recorded.notes.scorecard["devices"] == 2_000 * 2 + 70
    assert recorded.notes.scorecard["sim_s"] == 8 * 3600
    assert len(recorded.truth or ()) >= 150
    assert list(faults(recorded.rows())) == []


@pytest.mark.parametrize("target", ["demo", "test", "install"])
def test_each_make_target_is_there(target: str) -> None:
    """The README's first screen names them."""
    assert f"make {target}" in README or target == "install"
    assert subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_no_line_is_too_wide_to_read(name: str) -> None:
    """In an editor, in a diff, on a terminal."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    assert not [number for number, line in enumerate(lines, 1) if len(line) > WIDEST]


def test_it_says_what_is_gained_and_when_not_to_use_it() -> None:
    """With the command that gives the figures, and a picture of a run's report."""
    assert "callahead compare winter_morning --seeds 3" in README
    assert "(docs/report.png)" in README
    assert "**When not to use it**" in README
