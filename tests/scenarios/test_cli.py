"""``callahead run``: exit codes, JSON for machines, and mistakes told in a line."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scenarios.cli import COMMANDS
from scenarios.service.forks import Ended
from scenarios.story.scorecard_keys import KEYS, WHERE_USED
from scenarios.terminal.extras import EXTRA_OF
from tests.conftest import command


def callahead(*words: str, folder: Path) -> Ended:
    """Run the command line."""
    return command("scenarios.cli", *words, cwd=folder)


def test_a_story_that_holds_ends_with_0_and_json_alone(tmp_path: Path) -> None:
    """Nothing but one JSON object stands on standard output."""
    done = callahead("run", "card_outage", "--json", "--seed", "2", folder=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 0
    asked_nobody = tuple(key for key in KEYS if key not in WHERE_USED)
    assert (found["story"], found["seed"], tuple(found["scorecard"])) == ("card_outage", 2, asked_nobody)
    assert all(set(one) == {"key", "rule", "value", "holds"} and one["holds"] for one in found["expect"])
    assert (tmp_path / "runs" / "card_outage-2" / "truth.jsonl").exists()


def test_a_story_that_does_not_hold_ends_with_1_and_says_which_rule(tmp_path: Path) -> None:
    """The rule and what came out instead."""
    done = callahead("run", "card_outage", "--out", "here", "--set", "expect.lost='>= 5'", folder=tmp_path)
    assert done.returncode == 1
    assert "card_outage: expect.lost: 0 does not hold '>= 5'" in done.stderr
    assert "called_first_share" in done.stdout
    assert (tmp_path / "here" / "ledger.sqlite").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "card_outag"), "card_outag: there is no such story; did you mean 'card_outage'?"),
        (
            ("run", "card_outage", "--set", "phones.cuont=5"),
            "card_outage.yaml: phones.cuont: unknown key; did you mean 'count'?",
        ),
        (
            ("run", "winter_morning", "--set", "faults.0.count=5000"),
            "faults.0.count: 5000 faults are asked for, but only",
        ),
        (("live", "card_outage", "--set", "duration=5"), "card_outage.yaml: duration: 5 is not a duration"),
        (("live", "card_outage", "--broker", "mqtt://127.0.0.1:1"), "no MQTT broker at host 127.0.0.1, port 1"),
        (("live", "card_outage", "--port", "70000"), "Invalid value for '--port'"),
        (
            ("live", "card_outage", "--set", "policy=reactive"),
            "card_outage.yaml: policy.name: the service hears devices",
        ),
        (
            ("live", "card_outage", "--broker", "nowhere"),
            "--broker nowhere: the broker's address 'nowhere' cannot be used",
        ),
    ],
)
def test_bad_input_ends_with_2_and_one_line(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    """File, key and rule on standard error; no traceback, and nothing was written."""
    done = callahead(*words, folder=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_the_contract_is_written_in_each_form(tmp_path: Path) -> None:
    """``callahead contract`` prints or writes; the AsyncAPI document and the schemas are JSON, the page is the published one."""
    printed = callahead("contract", "--format", "asyncapi", folder=tmp_path)
    assert json.loads(printed.stdout)["asyncapi"].startswith("3.")
    assert callahead("contract", "--format", "jsonschema", "--out", str(tmp_path), folder=tmp_path).returncode == 0
    schemas = [json.loads(path.read_text("utf-8")) for path in tmp_path.glob("*.schema.json")]
    assert len(schemas) > 10
    page = callahead("contract", "--format", "html", folder=tmp_path)
    assert page.stdout.startswith("<!doctype html>")
    assert callahead("contract", "--format", "pdf", folder=tmp_path).returncode == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_with_the_first_line_of_its_own_help(name: str) -> None:
    """What the list says without importing it is what it says itself."""
    command = COMMANDS[name].command(name)
    assert command.get_short_help_str(limit=200).rstrip(".") == COMMANDS[name].says.rstrip(".")


def test_help_needs_nothing_that_a_command_needs(tmp_path: Path) -> None:
    """No statistics, no store, no pictures: the list is there at once."""
    asked = "import sys; sys.argv[1:] = ['--help']; from scenarios.cli import main; sys.exit(main())"
    shown = f"import atexit, sys; atexit.register(lambda: print('#', *sorted(sys.modules))); exec({asked!r})"
    done = subprocess.run([sys.executable, "-c", shown], cwd=tmp_path, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rpartition("#")[2].split())
    assert "scenarios.terminal.listed" in loaded
    assert not loaded & {"numpy", "scipy", "sqlalchemy", "matplotlib", "simpy", "rich.console", "httpx", "nicegui"}


def test_a_story_without_roads_begins_without_them(tmp_path: Path) -> None:
    """What takes a third of the time until something happens is imported by the stories that have it."""
    shown = "import sys, scenarios.commands.play; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", shown], cwd=tmp_path, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "scenarios.runner.virtual" in loaded
    assert not loaded & {"scipy", "scenarios.world.roads", "scenarios.commands.capture", "dispatch.views.snapshot"}


def test_a_wrong_word_is_told_without_a_traceback(tmp_path: Path) -> None:
    """As a wrong option is, of the command line and of a group."""
    for words in (("nosuch",), ("vendor", "nosuch"), ("run", "card_outage", "--seed", "x"), ("bench", "live", "--no")):
        done = callahead(*words, folder=tmp_path)
        assert done.returncode == 2
        assert "Error:" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("missing", "words", "extra"),
    [
        ("simpy", ("run", "card_outage"), "sim"),
        ("matplotlib", ("report", "runs/nothing"), "report"),
        ("paho", ("vendor", "record", "file", "--broker", "mqtt://nowhere", "--device", "volta/car-1"), "sim"),
    ],
)
def test_what_is_not_installed_is_named_with_its_extra(
    tmp_path: Path, missing: str, words: tuple[str, ...], extra: str
) -> None:
    """Where the service alone is installed, a story says what it lacks."""
    without = f"import sys; sys.modules[{missing!r}] = None; sys.argv[1:] = {list(words)}; from scenarios.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", without], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == f"this needs {missing}: pip install 'callahead[{extra}]'"


def test_an_operators_commands_need_no_extra(tmp_path: Path) -> None:
    """Credentials are for the service alone; what a vendor tests with stands in the same group."""
    without = f"import sys; sys.modules.update(dict.fromkeys({sorted(EXTRA_OF)})); sys.argv[1:] = {{}}; "
    for words in (["vendor", "list"], ["device", "revoke", "volta/car-1"], ["partner", "list"]):
        asked = [*words, "--service", "http://127.0.0.1:9"]
        code = without.format(asked) + "from scenarios.cli import main; main()"
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "no service answers at" in done.stderr


def test_every_package_that_an_extra_brings_is_known() -> None:
    """As the package itself says."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    always = {Requirement(line).name for line in project["dependencies"]}
    for extra in ("sim", "report"):
        brought = {Requirement(line).name for line in project["optional-dependencies"][extra]}
        assert not brought & always
        brought = {name.removesuffix("-mqtt") for name in brought}  # paho's module is not called as its package is
        assert {name for name in EXTRA_OF if EXTRA_OF[name] == extra} <= brought <= EXTRA_OF.keys()
