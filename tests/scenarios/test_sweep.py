"""``callahead sweep``: ranges become points, every run becomes a row."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from scenarios.cli import main
from scenarios.experiments.axes import axis, grid, hypercube
from scenarios.service.process import CannotPlay
from scenarios.story.scorecard_keys import KEYS, WHERE_USED

TINY = (
    "duration=40 min", "settle=15 min", "cars.count=30", "faults=[{part: battery_12v, count: 2}]", "cars.departs=10 min",
    "trucks.1.count=1",
)  # fmt: skip


def test_a_grid_is_every_combination_and_its_ends_belong_to_it() -> None:
    """Whole numbers stay whole, units stay where they stand."""
    axes = [
        axis("trucks.0.count=10..40..10"),
        axis("customers.answer=30%..90%..30%"),
        axis("policy=proactive,reactive"),
    ]
    points = grid(axes)
    assert len(points) == 4 * 3 * 2
    assert points[0] == {"trucks.0.count": 10, "customers.answer": "30%", "policy": "proactive"}
    assert points[-1] == {"trucks.0.count": 40, "customers.answer": "90%", "policy": "reactive"}
    assert axis("policy=../a.yaml,b.yaml").values == ("../a.yaml", "b.yaml")
    assert axis("place.radius=1.5 km..2 km..0.25 km").values == ("1.5 km", "1.75 km", "2.0 km")
    assert axis("agents=[{count: 1, languages: [lv, ru]}]").values == ("[{count: 1, languages: [lv, ru]}]",)


def test_a_hypercube_meets_each_strip_of_each_axis_once() -> None:
    """The same seed draws the same points."""
    axes = [axis("trucks.0.count=1..10"), axis("customers.answer=0.0..1.0"), axis("policy=proactive,reactive")]
    points = hypercube(axes, 10, 1)
    assert sorted(int(point["trucks.0.count"]) for point in points) == list(range(1, 11))
    assert sorted(int(float(point["customers.answer"]) * 10) for point in points) == list(range(10))
    assert [point["policy"] for point in points].count("reactive") == 5
    assert points == hypercube(axes, 10, 1) != hypercube(axes, 10, 2)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("trucks.0.count", "a path and its values are needed"),
        ("trucks.0.count=10..x", "'10..x' is no range"),
        ("trucks.0.count=40..10..5", "its beginning lies above its end"),
        ("trucks.0.count=10..40..0", "its step must be more than 0"),
        ("trucks.0.count=1,,2", "a value is missing between two commas"),
        ("cars.trip=10 min..1 h..5 min", "its ends have different units: h, min"),
        ("trucks.0.count=10..40", "a grid wants a step, as 10..40..1"),
        ("cars.count=1..1000000..1", "a sweep plays at most 100000"),
    ],
)
def test_a_malformed_range_is_told_with_how_to_write_it(setting: str, told: str) -> None:
    """Before anything runs."""
    with pytest.raises(CannotPlay, match=f"--set {setting.partition('=')[0]}|these axes span") as caught:
        grid([axis(setting)])
    assert told in str(caught.value)


def swept(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Sweep a tiny morning; return the exit code."""
    monkeypatch.setattr(sys, "argv", ["callahead", "sweep", "winter_morning", "--workers", "1", *words])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_every_run_is_a_row_of_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a column for each axis and for each figure of the scorecard."""
    out = tmp_path / "found.parquet"
    house = tmp_path / "house.yaml"
    house.write_text("dial_attempts: 3\n", "utf-8")
    sets = [word for one in (*TINY, "trucks.0.count=1,2", f"policy={house},reactive") for word in ("--set", one)]
    assert swept(monkeypatch, *sets, "--seeds", "1", "--out", str(out)) == 0
    rows = pq.read_table(out).to_pylist()
    assert [(row["point"], row["trucks.0.count"], row["policy"]) for row in rows] == [
        (0, 1, str(house)), (1, 1, "reactive"), (2, 2, str(house)), (3, 2, "reactive"),
    ]  # fmt: skip
    assert set(KEYS) - set(WHERE_USED) < set(rows[0])
    assert not set(WHERE_USED) & set(rows[0])  # nobody in it has to do with those
    shown = capsys.readouterr().out
    assert "reactive" in shown
    assert "4 points, 4 runs" in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("--set", "trucks.0.cuont=1,2"),
            "trucks.0.cuont: unknown key; did you mean 'count'? (by --set trucks.0.cuont)",
        ),
        (("--set", "trucks.0.count=1,2", "--policy", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
        (("--set", "trucks.0.count=1,2", "--out", "found.csv"), "a file's name that ends in .parquet is needed"),
        (("--set", "trucks.0.count=1,2", "--show", "casse"), "'casse' is not on the scorecard; did you mean 'cases'?"),
    ],
)
def test_bad_input_ends_with_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    told: str,
) -> None:
    """In one line, and no file is written."""
    monkeypatch.chdir(tmp_path)
    assert swept(monkeypatch, *words) == 2
    assert told in capsys.readouterr().err.replace("\n", "")
    assert list(tmp_path.iterdir()) == []
