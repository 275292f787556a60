"""The README stays true: its commands run, its links lead somewhere, its picture is there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.conftest import command

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
MODULES = {"callahead": "scenarios.cli", "callahead-serve": "dispatch.cli.serve"}
WIDEST = 132
"""Characters of a line."""


def commands() -> list[str]:
    """Return the lines of the README's shell blocks, without their comments."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("line", commands())
def test_each_command_runs(line: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Each command does what it says, as it stands there, and ends with 0: what a story expects holds.

    Only where a run is kept is changed, and a service is there for what needs one.
    """
    program, *rest = shlex.split(line)
    if rest[0] in {"run", "live", "compare"}:
        rest += ["--out", str(tmp_path / "out")]
    environment = {}
    if rest[0] == "vendor":  # speaks to a running service
        environment["CALLAHEAD_SERVICE"] = request.getfixturevalue("serve")().http
    ended = command(MODULES[Path(program).name], *rest, cwd=ROOT, timeout_s=280, **environment)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr


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
