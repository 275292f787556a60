"""``callahead bench dispatch``: the optimum is one, the figures of the baselines, and files that hold no instances."""

from __future__ import annotations

import json
from itertools import permutations, product
from pathlib import Path
from typing import Any

import pytest

from scenarios.bench.dispatch.clairvoyant import clairvoyant
from scenarios.bench.dispatch.drawn import drawn
from scenarios.bench.dispatch.instance import BadInstances, Instance, drive, job_cost, read_instances
from scenarios.bench.dispatch.invariants import Broken
from scenarios.bench.dispatch.measured import BenchDay, ComparedInstance, _figures, compared, day
from scenarios.bench.dispatch.online import first_come, mean_cost, nearest_pair, waits
from scenarios.bench.dispatch.replans import broken_in_replans

GOOD: dict[str, Any] = {
    "trucks": [[0.0, 0.0]],
    "workshops": [[10.0, 0.0]],
    "jobs": [
        {"at": [5.0, 0.0], "release_min": 1.0, "on_scene_min": 15.0, "tow_to": 0},
        {"at": [0.0, 5.0], "release_min": 2.0, "on_scene_min": 5.0, "tow_to": None},
    ],
}


def by_hand(instance: Instance) -> float:
    """Try every order on every truck."""
    jobs, best = range(len(instance.jobs)), float("inf")
    for order in permutations(jobs):
        for who in product(range(len(instance.trucks)), repeat=len(jobs)):
            best = min(best, _cost(instance, order, who))
    return best / len(jobs)


def _cost(instance: Instance, order: tuple[int, ...], who: tuple[int, ...]) -> float:
    free, cost = [(0.0, spot) for spot in instance.trucks], 0.0
    for number, truck in zip(order, who, strict=True):
        job, (at, spot) = instance.jobs[number], free[truck]
        arrival = max(at, job.release) + drive(spot, job.at)
        cost += job_cost(arrival - job.release)
        free[truck] = (arrival + job.busy, job.end)
    return cost


@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_in_hindsight_is_one(seed: int) -> None:
    """The optimum in hindsight is one."""
    instance = drawn(seed, trucks=2, jobs=5, gap=8.0)
    nearest = mean_cost(waits(instance, nearest_pair))
    assert clairvoyant(instance, nearest) == pytest.approx(by_hand(instance))


def test_on_instances_that_nobody_tuned_on_the_plan_closes_most_of_the_gap() -> None:
    """On instances that nobody tuned on the plan closes most of the gap."""
    played = [compared(drawn(900_000 + number)) for number in range(30)]
    nearest, best = sum(one.nearest for one in played), sum(one.clairvoyant for one in played)
    assert (nearest - sum(one.plan for one in played)) / (nearest - best) > 0.58
    assert all(one.plan >= one.clairvoyant - 1e-9 for one in played)
    assert {(one.broken.deferred, one.broken.unassigned) for one in played} == {(0, 0)}


def test_on_a_day_of_ten_trucks_the_plan_is_far_below_nearest_pair() -> None:
    """On a day of ten trucks the plan is far below nearest pair."""
    found = day(0)
    assert found.plan < 0.85 * found.nearest
    assert found.late <= 0.5 * found.first_come_late


def test_a_hundred_replans_move_no_pin_and_leave_nobody_out() -> None:
    """A hundred replans move no pin and leave nobody out."""
    broken = broken_in_replans(100)
    assert (broken.deferred, broken.pinned_moved, broken.unassigned) == (0, 0, 0)


def test_waits_by_hand(tmp_path: Path) -> None:
    """Waits by hand."""
    path = tmp_path / "one.json"
    path.write_text(json.dumps({"instances": [GOOD]}))
    (instance,) = read_instances(path)
    way = 5 * 1.3 / 40 * 60
    later = 1 + way + 15 + way + 9 + (125**0.5) * 1.3 / 40 * 60 - 2
    for decide in (first_come, nearest_pair):
        assert waits(instance, decide) == pytest.approx([way, later])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"trucks": []}, "trucks"),
        ({"trucks": [[1.0]]}, "trucks"),
        ({"jobs": []}, "jobs"),
        ({"jobs": [{"at": [0.0, 0.0], "release_min": -1.0, "on_scene_min": 1.0, "tow_to": None}]}, "release_min"),
        ({"jobs": [GOOD["jobs"][0] | {"tow_to": 3}]}, "towed to workshop 3, and there are 1"),
        ({"jobs": [GOOD["jobs"][1]] * 13}, "jobs"),
        ({"lorries": []}, "unknown key"),
    ],
)
def test_instances_that_are_none_are_refused(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    """Instances that are none are refused."""
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"instances": [GOOD | changed]}))
    with pytest.raises(BadInstances, match=said):
        read_instances(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "NaN", '{"instances": []}', "[" * 100_000, '{"instances": [{}]}'])
def test_files_that_hold_no_instances_are_refused(tmp_path: Path, text: str) -> None:
    """Files that hold no instances are refused."""
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(BadInstances, match=r"bad\.json"):
        read_instances(path)


@pytest.mark.parametrize("text", ["[]", '{"instances": [3]}'])
def test_a_refusal_speaks_of_the_file_alone(tmp_path: Path, text: str) -> None:
    """And not of who reads it."""
    (path := tmp_path / "bad.json").write_text(text)
    with pytest.raises(BadInstances, match=r"should be an object with keys and values$"):
        read_instances(path)


def test_where_nobody_need_have_waited_a_ratio_is_not_known() -> None:
    """First come has somebody wait whom the optimum does not: not as good, and no number of times worse."""
    nobody = Broken()
    played = [ComparedInstance(2.0, 1.0, 0.0, 0.0, nobody), ComparedInstance(3.0, 0.0, 0.0, 0.5, nobody)]
    first, second = (_figures([one], [BenchDay(2.0, 1.0, 0.0, 0.0, nobody)], 0.0, (1.0, 1.0), nobody) for one in played)
    assert (first.first_come_ratio, first.nearest_ratio, first.clairvoyant_ratio, first.gap_closed) == (
        None,
        None,
        1,
        1,
    )
    assert (second.clairvoyant_ratio, second.nearest_ratio, second.least_ratio, second.gap_closed) == (
        None,
        1,
        None,
        None,
    )


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    """Files that cannot be read are refused."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "binary"):
        with pytest.raises(BadInstances):
            read_instances(path)
