"""``callahead bench calls``: the optimum is one, the index comes near it, and files that hold no jobs are refused."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.errors import OperatorError
from scenarios import cli
from scenarios.bench.calls.jobs import MOST_JOBS, BadJobs, CallJob, drawn, read_jobs
from scenarios.bench.calls.measured import measured
from scenarios.bench.calls.optimum import called_first, solved
from scenarios.experiments.workers import hired

TWO = [CallJob(1 / 300, 1 / 240), CallJob(1 / 1200, 1 / 240)]


def survive(jobs: list[CallJob], talk: CallJob, waiting: frozenset[int], left: frozenset[int]) -> float:
    """Return the probability that of those who wait exactly ``left`` have not phoned when a talk ends (inclusion, exclusion)."""
    gone = waiting - left
    subsets = (some for size in range(len(gone) + 1) for some in combinations(sorted(gone), size))
    return sum(
        (-1) ** len(some) * talk.mu / (talk.mu + sum(jobs[job].theta for job in (*left, *some))) for some in subsets
    )


def by_hand(jobs: list[CallJob], waiting: frozenset[int]) -> float:
    """Try everybody first, and whatever may be left of the others afterwards."""
    best = 0.0
    for first in waiting:
        others = waiting - {first}
        sets = (frozenset(some) for size in range(len(others) + 1) for some in combinations(sorted(others), size))
        best = max(best, 1 + sum(survive(jobs, jobs[first], others, left) * by_hand(jobs, left) for left in sets))
    return best


def test_the_reference_of_two() -> None:
    """1 + mu / (mu + theta of the other): the faster first is worth 1.833333, the slower first 1.555556."""
    found = solved(TWO)
    assert (found.optimum, found.index) == (pytest.approx(1.833333, abs=1e-6), pytest.approx(1.833333, abs=1e-6))
    assert found.order == [0, 1]
    assert called_first(TWO, lambda waiting: waiting[-1]) == pytest.approx(1.555556, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_is_one(seed: int) -> None:
    """By another way to reckon it: all subsets that may be left of each talk."""
    jobs = next(drawn(seed, 1))[:5]
    assert called_first(jobs) == pytest.approx(by_hand(jobs, frozenset(range(5))), rel=1e-9)


def test_equal_talks_leave_nothing_to_gain() -> None:
    """Largest hazard first is optimal."""
    jobs = [CallJob(job.theta, 1 / 240) for job in next(drawn(7, 1))]
    found = solved(jobs)
    assert found.index == pytest.approx(found.optimum, rel=1e-12)
    assert found.order == sorted(range(9), key=lambda job: -jobs[job].theta)


@pytest.mark.parametrize("seed", [1, 2, 900_000])
def test_the_index_comes_near_the_optimum(seed: int) -> None:
    """Sixty instances of nine calls."""
    ratios = [one.index / one.optimum for one in map(solved, drawn(seed, 60))]
    assert fmean(ratios) >= 0.995
    assert 0.98 <= min(ratios) <= max(ratios) <= 1 + 1e-9


def test_both_orders_are_played_on_the_same_seeds() -> None:
    """One seed of the story; the figures of twenty are in docs/calls.md."""
    with hired(1) as workers:
        found = measured(2, 1, 1, workers, lambda _: None)
    assert found.busy_called_first > found.busy_called_first_before
    assert (found.instances, found.seeds) == (2, 1)


def bench(path: Path) -> Any:
    """Run the command on a file."""
    return CliRunner().invoke(cli.app, ["bench", "calls", "--json", "--jobs", str(path)])


def test_it_prints_what_a_file_comes_to(tmp_path: Path) -> None:
    """As JSON."""
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps([{"theta": job.theta, "mu": job.mu} for job in TWO]), "utf-8")
    assert read_jobs(path) == TWO
    found = json.loads(bench(path).stdout)
    assert found == {"optimum": pytest.approx(11 / 6), "index": pytest.approx(11 / 6), "order": [0, 1]}


JOB = '{"theta": 0.01, "mu": 0.01}'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no JSON"),
        ("{}", "the whole: Input should be a valid list"),
        ("[]", "0 jobs; the optimum is found for 1 to 14"),
        (f"[{','.join([JOB] * (MOST_JOBS + 1))}]", "15 jobs; the optimum is found for 1 to 14"),
        ('[{"theta": 0, "mu": 1}]', "0.theta: Input should be greater than or equal to"),
        ('[{"theta": 1, "mu": -0.1}]', "0.mu: Input should be greater than or equal to"),
        ('[{"theta": NaN, "mu": 1}]', "0.theta: Input should be a finite number"),
        ('[{"theta": 1e999, "mu": 1}]', "0.theta: Input should be a finite number"),
        ('[{"theta": 1e300, "mu": 1}]', "0.theta: Input should be less than or equal to"),
        ('[{"theta": "1", "mu": 1}]', "0.theta: Input should be a valid number"),
        ('[{"theta": true, "mu": 1}]', "0.theta: Input should be a valid number"),
        (f'[{JOB}, {{"theta": 1}}]', "1.mu: Field required"),
        ('[{"theta": 1, "mu": 1, "w": 3}]', "unknown key"),
        ("[3]", "0: Input should be a valid dictionary"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_a_file_that_holds_no_jobs_is_refused_by_place_and_rule(tmp_path: Path, text: str, told: str) -> None:
    """An operator's mistake, which the command line tells in a line and ends with 2."""
    path = tmp_path / "jobs.json"
    path.write_text(text, "utf-8")
    with pytest.raises(BadJobs, match=r"jobs\.json") as found:
        read_jobs(path)
    assert told in str(found.value)
    assert isinstance(found.value, OperatorError)
    assert bench(path).exit_code


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    """Likewise."""
    (binary := tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.json", tmp_path, binary):
        with pytest.raises(BadJobs):
            read_jobs(path)
