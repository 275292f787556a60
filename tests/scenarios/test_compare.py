"""``callahead compare``: the same seeds on both sides, paired intervals, the same result whoever plays."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import LocalCluster

from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.policy_file import read_policy, write_policy
from scenarios.cli import main
from scenarios.experiments.against import two_sides
from scenarios.experiments.comparison import KEPT, Comparison, compared
from scenarios.experiments.paired import differences, interval
from scenarios.experiments.trial import Card
from scenarios.experiments.workers import hired
from scenarios.service.process import CannotPlay
from scenarios.story.loader import SHELF, StoryError
from scenarios.story.scorecard_keys import KEYS
from tests.conftest import eventually

TINY = (
    "duration=40 min", "settle=15 min", "cars.count=40", "faults=[{part: battery_12v, count: 3}]", "cars.departs=10 min",
    "trucks.0.count=3", "trucks.1.count=2",
)  # fmt: skip
STORY = SHELF / "winter_morning.yaml"
SETS = [word for one in TINY for word in ("--set", one)]


def played(out: Path, seeds: int, workers: int | None = 1, cluster: str | None = None, **ends: float) -> Comparison:
    """Compare a tiny morning with a reactive one."""
    sides = two_sides("winter_morning", "reactive", TINY, None)
    with hired(workers, cluster) as hands:
        return compared(sides, range(1, seeds + 1), hands, out, ends=ends)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """What one worker finds."""
    return played(tmp_path_factory.mktemp("alone"), 5)


def hashes(found: Comparison) -> list[tuple[object, object]]:
    """Return the ledgers of all pairs."""
    return [(mine["ledger_sha256"], other["ledger_sha256"]) for mine, other in found.pairs]


def test_the_interval_is_the_paired_t_interval() -> None:
    """Against a worked example: differences 1, 2, 3, 4, 5 have mean 3 and t(0.975, 4) = 2.776 times 0.7071."""
    low, high = interval([1, 2, 3, 4, 5])
    assert (low, high) == (pytest.approx(3 - 1.9632, abs=1e-3), pytest.approx(3 + 1.9632, abs=1e-3))
    assert interval([1.0]) == (None, None)


def test_what_one_side_has_not_is_left_out_of_the_pair() -> None:
    """A head start needs a call of ours; a hash is no number."""
    pairs: list[tuple[Card, Card]] = [
        ({"head_start_p50_s": 60.0}, {"head_start_p50_s": None}),
        ({"cases": 4}, {"cases": 1}),
    ]
    blank: Card = dict.fromkeys(KEYS)
    found = differences([(blank | a, blank | b) for a, b in pairs])
    assert [(one.key, one.difference, one.pairs) for one in found] == [("cases", 3, 1)]


def test_it_stops_once_it_is_known_well_enough_whoever_plays(alone: Comparison, tmp_path: Path) -> None:
    """Two processes find what one found, stop after the fifth seed and not before; every seed's scorecard is kept."""
    found = played(tmp_path, 40, 2, called_first_share=1.0)
    assert hashes(found) == hashes(alone)
    assert (len(found.pairs), found.narrow, alone.narrow) == (5, True, False)
    kept = [json.loads(line) for line in (tmp_path / KEPT).read_text("utf-8").splitlines()]
    assert [(one["label"], one["seed"]) for one in kept[:3]] == [("story", 1), ("against", 1), ("story", 2)]


def test_a_cluster_finds_what_one_worker_finds(alone: Comparison, tmp_path: Path) -> None:
    """A Dask cluster, by its address."""
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp://", dashboard_address=None
    ) as there:  # type: ignore[no-untyped-call]
        address = there.scheduler_address.replace("tcp://", "dask://")
        assert hashes(played(tmp_path, 2, None, address)) == hashes(alone)[:2]


def test_settings_and_stories_can_be_held_against_each_other() -> None:
    """A comma within a value is no new setting."""
    mine, other = two_sides(
        "winter_morning", "policy.dial_attempts=1,agents=[{count: 1, languages: [lv, ru]}]", TINY, None
    )
    assert (mine.story.policy.dial_attempts, other.story.policy.dial_attempts) == (6, 1)
    assert other.story.agents[0].languages == ("lv", "ru")
    assert two_sides("winter_morning", "card_outage", (), "reactive")[0].story.policy.reactive


def test_the_file_that_the_service_goes_by_is_what_is_judged(tmp_path: Path) -> None:
    """The policy is what the file says, whatever the story's was; settings go on top of it."""
    house = HousePolicy.model_validate({"dial_attempts": 3, "contractor_late": "15 min"})
    write_policy(tmp_path / "house.yaml", house)
    write_policy(tmp_path / "other.yaml", house.model_copy(update={"dial_attempts": 2}))
    file, another = str(tmp_path / "house.yaml"), str(tmp_path / "other.yaml")
    mine, other = two_sides("toms_bill", another, (), file)
    assert (mine.name, other.name) == (file, another)
    assert (mine.story.policy, other.story.policy.dial_attempts) == (read_policy(Path(file)), 2)
    mine, other = two_sides("toms_bill", "policy.dial_attempts=5", ("policy.call_due=2 min",), file)
    assert [(one.story.policy.dial_attempts, one.story.policy.call_due) for one in (mine, other)] == [
        (3, 120),
        (5, 120),
    ]
    assert two_sides("winter_morning", str(SHELF / "card_outage.yaml"), (), file)[1].name == "card_outage"


def test_bad_addresses_and_names_are_told_before_anything_runs(tmp_path: Path) -> None:
    """What is wrong, and what would be right."""
    with pytest.raises(CannotPlay, match="no Dask scheduler answers there"):
        played(tmp_path, 2, None, "dask://127.0.0.1:1")
    with pytest.raises(CannotPlay, match="write dask://HOST:PORT"):
        played(tmp_path, 2, None, "127.0.0.1")
    with pytest.raises(StoryError, match="neither a policy"):
        two_sides("winter_morning", "reactiv", (), None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--until-ci", "caled_first_share=0.1"), "did you mean 'called_first_share'?"),
        (("--until-ci", "lost=-1"), "'-1' is not a width above 0"),
        (("--policy", "reaktiv"), "--policy reaktiv: did you mean 'reactive'?"),
        (("--policy", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
        (("--set", f"policy={STORY}"), "about: unknown key"),
        (("--set", "faults.0.count=99"), "faults.0.count: 99 faults are asked for, but only"),
    ],
)
def test_bad_input_ends_with_2(
    tmp_path: Path,
    words: tuple[str, ...],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In one line, and nothing was written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["callahead", "compare", "winter_morning", *SETS, *words])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(300)
def test_ctrl_c_shows_what_is_done(tmp_path: Path) -> None:
    """The finished seeds make a table, the exit code is 130, and no worker is left."""
    command = [
        sys.executable,
        "-m",
        "scenarios.cli",
        "compare",
        "winter_morning",
        *SETS,
        "--seeds",
        "500",
        "--out",
        ".",
    ]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        kept = tmp_path / KEPT
        eventually(lambda: kept.exists() and len(kept.read_text("utf-8").splitlines()) >= 2, 250)
        running.send_signal(signal.SIGINT)
        shown, told = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "called_first_share" in shown
    assert "of 500 seeds are done" in told
    assert "Traceback" not in told
