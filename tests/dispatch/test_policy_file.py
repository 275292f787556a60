"""The policy file: what was judged in stories is deployed as it is, and what is wrong in a file is told by file, key and rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.core.plan.model import Level, Weights
from dispatch.core.policy import Policy
from dispatch.core.quiet_hours import QuietHours
from dispatch.core.routing.model import Proficiency, Step
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.policy_file import BadPolicyFile, house_of, read_policy, write_policy
from scenarios.story.loader import open_story
from tests.conftest import command

FILE = """
dial_attempts: 2
redial: 30 s
due: 1 h
speed: 50 km/h
place_accuracy: 250 m
truck_lost: 10 min
plan: insertion
plan_busy: 0.5
plan_cap: 3 h
routing: [{language: 4, empathy: 3, holds: 30 s}, {attributes: {calm: 2}, holds: 1 min}]
wrap_up: 90 s
quiet_hours: 22:00-07:00@Europe/Riga
"""


def kept(folder: Path, text: str) -> Path:
    """Write a file."""
    path = folder / "house.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_policy_is_read_with_its_units(tmp_path: Path) -> None:
    """What it does not say is as usual."""
    policy = read_policy(kept(tmp_path, FILE)).desk()
    assert (policy.dial_attempts, policy.redial_s, policy.due_s, policy.place_accuracy_m) == (2, 30, 3600, 250)
    assert policy.speed_mps == pytest.approx(50 / 3.6)
    assert policy.quiet == QuietHours.parse("22:00-07:00@Europe/Riga")
    assert policy.truck_lost_s == 600
    assert policy.routing == (Step(30, language=4, empathy=3), Step(60, others=(Proficiency("calm", 2),)))
    assert policy.wrap_up_s == 90
    assert (policy.plan, policy.plan_weights) == (Level.INSERTION, Weights(busy=0.5, cap_s=3 * 3600))
    assert policy.claim_timeout_s == Policy().claim_timeout_s


def test_a_storys_policy_is_the_same_block(tmp_path: Path) -> None:
    """Set in a story and written down, it is read as it was: to the last digit."""
    changed = [f"policy.{line.replace(': ', '=', 1)}" for line in FILE.strip().splitlines()]
    story = open_story("winter_morning", changed)
    write_policy(path := tmp_path / "policy.yaml", story.policy)
    assert read_policy(path) == story.policy == read_policy(kept(tmp_path, FILE))
    write_policy(path, HousePolicy())
    assert path.read_text() == "{}\n"
    assert read_policy(path) == HousePolicy()


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    """For quiet hours, which both may say."""
    said = "23:00-06:00@Europe/Vienna"
    assert house_of(kept(tmp_path, FILE), said).quiet_hours == QuietHours.parse(said)
    assert house_of(kept(tmp_path, FILE), said).dial_attempts == 2
    assert house_of(None, None) == HousePolicy()


WRONG = [
    ("dial_attemts: 2", "dial_attemts: unknown key; did you mean 'dial_attempts'?"),
    ("redial: 30", "redial: 30 is not a duration: write a number and its unit, as '5 min'"),
    ("redial: 30 sek", "redial: 'sek' is no unit of a duration; did you mean 'sec'?"),
    ("dial_attempts: 0", "dial_attempts: input should be greater than or equal to 1, not 0"),
    ("dial_attempts: two", "dial_attempts: input should be a valid integer, not 'two'"),
    ("quiet_hours: at night", "quiet_hours: 'at night': write from, to and where, as 22:00-07:00@Europe/Riga"),
    ("quiet_hours: 3", "quiet_hours: 3 are no quiet hours"),
    ("call_order: indx", "call_order: input should be 'due' or 'index', not 'indx'"),
    ("routing: [{language: 6, holds: 30 s}]", "routing.0.language: input should be less than or equal to 5, not 6"),
    ("routing: [{language: 3}]", "routing.0.holds: field required"),
    ("routing: [{holds: 30 s}]", "routing.0: a step asks for something"),
    ("routing: [{language: 3, holds: 0 s}]", "routing.0.holds: 0 s is not more than 0 s"),
    ("routing: [{langage: 3, holds: 9 s}]", "routing.0.langage: unknown key; did you mean 'language'?"),
    ("routing: [{attributes: {calm: 9}, holds: 9 s}]", "routing.0.attributes.calm: input should be less than or equal"),
    ("call_cap: 900", "call_cap: 900 is not a duration"),
    ("hazards: 3", "hazards: input should be a valid string, not 3"),
    ("name: reactive", "name: the service hears devices"),
    ("- dial_attempts", "a policy is a list of keys and values, as 'dial_attempts: 2'"),
    ("a: [", "not YAML: "),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_what_is_wrong_is_told_by_file_key_and_rule(tmp_path: Path, text: str, told: str) -> None:
    """Before anything starts."""
    path = kept(tmp_path, text)
    with pytest.raises(BadPolicyFile) as refused:
        read_policy(path)
    assert str(refused.value).startswith(f"{path}: {told}")


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """One line each."""
    with pytest.raises(BadPolicyFile) as refused:
        read_policy(kept(tmp_path, "redial: 3\ncircuity: 9\n"))
    assert len(str(refused.value).splitlines()) == 2


@pytest.mark.parametrize("text", [None, "redial: 30 sek"])
def test_the_service_does_not_start_with_a_bad_one(tmp_path: Path, text: str | None) -> None:
    """Exit code 2, one line that says what to change; nothing was begun."""
    path = tmp_path / "missing.yaml" if text is None else kept(tmp_path, text)
    ended = command("dispatch.cli.serve", "--dir", str(tmp_path / "serve"), "--policy", str(path))
    assert ended.returncode == 2
    assert f"callahead-serve: {path}: " in ended.stderr
    assert not (tmp_path / "serve").exists()
