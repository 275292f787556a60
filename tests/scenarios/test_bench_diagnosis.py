"""``callahead bench diagnosis``: the score is of the truth, the same for the same seed, and as good as is promised."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.bench.figures import confusions, figures, reliability
from scenarios.bench.judged import JudgedEpisode
from scenarios.service.forks import Ended
from tests.conftest import command

KEYS = {
    "episodes", "top1", "top3", "ece", "brier", "false_dispatch", "missed", "baseline_first_code_top1", "baseline_frequent_top1",
}  # fmt: skip
_RANKED = ("battery_12v", "alternator")
ONE = JudgedEpisode("car", "battery_12v", True, True, _RANKED, 0.9, True, True, "alternator", 3, 0.001)  # noqa: FBT003


def bench(folder: Path, *words: str) -> Ended:
    """Run the benchmark."""
    return command("scenarios.cli", "bench", "diagnosis", *words, cwd=folder)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """A short run on a seed that nobody tuned on."""
    folder = tmp_path_factory.mktemp("bench")
    done = bench(folder, "--episodes", "1000", "--seed", "104", "--out", "out", "--json")
    assert done.returncode == 0, done.stderr
    assert len((folder / "out" / "episodes.jsonl").read_text("utf-8").splitlines()) == 1000
    assert (folder / "out" / "confusions.csv").exists()
    read: dict[str, dict[str, float]] = json.loads(done.stdout)
    return read


def test_the_figures_that_machines_read_are_there(found: dict[str, dict[str, float]]) -> None:
    """One object for each kind of device, and the time an event takes."""
    assert all(set(found[kind]) >= KEYS for kind in ("car", "fridge", "payment"))
    assert found["us_per_event"]
    assert found["times_json"]


@pytest.mark.parametrize(
    ("kind", "top1", "missed"), [("car", 0.6, 0.03), ("fridge", 0.6, 0.05), ("payment", 0.6, 0.03)]
)
def test_the_diagnosis_is_better_than_a_table_of_codes(
    found: dict[str, dict[str, float]], kind: str, top1: float, missed: float
) -> None:
    """Far ahead of "first code wins", hardly a fault is missed, and what it says of its own certainty is about true."""
    mine = found[kind]
    assert mine["top1"] >= top1
    assert mine["top1"] >= mine["baseline_first_code_top1"] + 0.1
    assert mine["missed"] <= missed
    assert mine["ece"] <= 0.12


def test_bad_input_ends_with_2(tmp_path: Path) -> None:
    """No episodes are no benchmark."""
    assert bench(tmp_path, "--episodes", "0").returncode == 2
    assert bench(tmp_path, "--seed", "-1").returncode == 2


def test_a_wrong_part_a_needless_truck_and_a_missed_fault_are_counted() -> None:
    """Each figure moves when what it counts happens, and only then."""
    good = figures([ONE] * 10)
    assert (good.top1, good.top3, good.false_dispatch, good.missed) == (1.0, 1.0, 0.0, 0.0)
    wrong = replace(ONE, named=("starter", "fuel_pump", "alternator"))
    assert figures([ONE, wrong]).top1 == 0.5
    needless = replace(ONE, truth="nothing", needs_help=False)
    assert figures([ONE, needless]).false_dispatch == 0.5
    missed = replace(ONE, sent=False, helped=False)
    assert figures([ONE, missed]).missed == 0.5
    untold = replace(ONE, told=False)
    assert (figures([ONE, untold]).faults, figures([ONE, untold]).untold) == (1, 1)
    assert confusions([ONE, wrong]) == [("battery_12v", "starter", 1, 2)]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_calibration_is_what_its_definition_says(claims: list[tuple[float, bool]]) -> None:
    """ECE is the mean distance of bins, weighted by their size: 0 for who is always sure and right, at most 1."""
    judged = [replace(ONE, probability=p, named=("battery_12v",) if right else ("starter",)) for p, right in claims]
    found = figures(judged)
    assert found.ece is not None
    assert 0 <= found.ece <= 1
    assert sum(each.count for each in reliability(judged)) == len(claims)
    assert found.brier is not None
    assert abs(found.brier - sum((p - right) ** 2 for p, right in claims) / len(claims)) < 1e-4


def test_who_is_sure_and_right_is_calibrated() -> None:
    """The two ends of the scale."""
    assert figures([replace(ONE, probability=1.0)] * 5).ece == 0.0
    assert figures([replace(ONE, probability=1.0, named=("starter",))] * 5).ece == 1.0
