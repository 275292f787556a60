"""The README stays true: its commands run, its links lead somewhere, its picture is there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
MODULES = {"callahead": "scenarios.cli", "callahead-serve": "dispatch.live"}
SHORTER = ["--set", "duration=2h", "--set", "settle=10min", "--set", "faults=[]"]
QUICKER = ["--set", "duration=10min", "--set", "settle=3min", "--speed", "200"]


def commands() -> list[str]:
    """Return the lines of the README's shell blocks, without their comments."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("line", commands())
def test_each_command_runs(line: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Each command does what it says or says what does not hold; none ends in bad input or a traceback.

    Stories are shortened: that they hold at their own length is claimed by tests/scenarios/test_virtual.py, and shown by the demo.
    """
    program, *rest = shlex.split(line)
    command = [sys.executable, "-m", MODULES[Path(program).name], *rest]
    if rest[0] in {"run", "live", "compare"}:
        command += ["--out", str(tmp_path / "out")]
    if rest[0] == "live":
        command += QUICKER
    elif rest[0] in {"run", "compare"}:
        command += SHORTER
    environment = dict(os.environ)
    if rest[0] == "vendor":  # speaks to a running service
        environment["CALLAHEAD_SERVICE"] = request.getfixturevalue("serve")().http
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=110, check=False)
    assert "Traceback" not in ended.stderr
    assert ended.returncode in ({0, 1} if rest[0] in {"run", "live"} else {0})


@pytest.mark.parametrize("target", ["demo", "test", "install"])
def test_each_make_target_is_there(target: str) -> None:
    """The README's first screen names them."""
    assert f"make {target}" in README or target == "install"
    assert subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_links_lead_somewhere() -> None:
    """Every file the README links or shows is in the repository."""
    linked = re.findall(r"\]\(([^)#:]+)\)", README)
    assert linked
    assert not [name for name in linked if not (ROOT / name).exists()]
