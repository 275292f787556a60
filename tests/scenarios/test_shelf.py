"""Stories that extend others, the schema that editors check them with, ``callahead stories`` and ``callahead new``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from scenarios.cli import main
from scenarios.commands.story import story_schema
from scenarios.story.loader import SHELF, StoryError, laid_over, open_story


def callahead(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run the command line; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["callahead", *words])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_a_story_says_what_differs_from_another(tmp_path: Path) -> None:
    """Blocks are laid over each other, lists and distributions replaced; one by path, one by name, two steps deep."""
    (tmp_path / "mild.yaml").write_text("extends: winter_morning\nname: mild\nweather: {temperature: 5 °C}\n", "utf-8")
    more = "extends: mild.yaml\nname: late\ncars: {departs: 90 min, count: 7}\nworkshops: null\n"
    more += "trucks: [{count: 1, skills: [tow]}]\n"
    path = tmp_path / "late.yaml"
    path.write_text(more, "utf-8")
    told, base = open_story(str(path)), open_story("winter_morning")
    assert (told.name, told.weather.temperature, told.cars.count, told.cars.trips) == ("late", 5, 7, base.cars.trips)
    assert (told.cars.departs.constant, len(told.trucks), told.workshops.count) == (5400, 1, 0)
    assert told.expect == base.expect


def test_another_distribution_takes_the_place_of_the_one_below() -> None:
    """A lognormal and a uniform are not two; two values of one are laid over each other."""
    low: dict[str, Any] = {"trip": {"lognormal": {"median": "5 min", "sigma": 0.8}}}
    assert laid_over(low, {"trip": {"uniform": {"low": "1 s", "high": "2 s"}}}) == {
        "trip": {"uniform": {"low": "1 s", "high": "2 s"}}
    }
    assert laid_over(low, {"trip": {"lognormal": {"sigma": 1}}})["trip"]["lognormal"] == {"median": "5 min", "sigma": 1}


@pytest.mark.parametrize(
    ("extends", "told"),
    [
        ("tale.yaml", "a story cannot extend itself: tale.yaml → tale.yaml"),
        ("winter_mornin", "extends: winter_mornin: there is no such story; did you mean 'winter_morning'?"),
        ("[a, b]", "extends: ['a', 'b'] is no story"),
    ],
)
def test_what_cannot_be_extended_is_told(tmp_path: Path, extends: str, told: str) -> None:
    """By file and key."""
    path = tmp_path / "tale.yaml"
    path.write_text(f"extends: {extends}\nname: tale\n", "utf-8")
    with pytest.raises(StoryError) as caught:
        open_story(str(path))
    assert told in str(caught.value)


@pytest.mark.parametrize("path", sorted([*SHELF.glob("*.yaml"), *SHELF.glob("*/*.yaml")]), ids=lambda path: path.stem)
def test_editors_find_nothing_wrong_with_a_shipped_story(path: Path) -> None:
    """As a YAML language server reads it: dates are text."""
    written = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 - nothing but text comes of it
    content = yaml.safe_load(path.read_text("utf-8"))
    for key in ("start",):
        if key in content:
            content[key] = written[key]
    jsonschema.Draft202012Validator(story_schema()).validate(content)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cars": {"cuont": 3}}, {"duration": 7200}, {"duration": "2 huors"}, {"weather": {"temperature": "5 F"}},
        {"expect": {"lots": "== 0"}}, {"faults": [{"part": "batery_12v", "count": 1}]}, {"customers": {"answer": 1.3}},
        {"cars": {"trip": {"lognormal": {"median": "5 min"}, "uniform": {"low": "1 s", "high": "2 s"}}}},
    ],
)  # fmt: skip
def test_editors_find_what_is_wrong(wrong: dict[str, Any]) -> None:
    """Keys, units, names."""
    content = {"extends": "winter_morning", "name": "tale", **wrong}
    assert list(jsonschema.Draft202012Validator(story_schema()).iter_errors(content))


def test_the_schema_describes_every_key_that_the_code_describes() -> None:
    """What stands below a key in the code is what an editor shows."""
    told = story_schema()
    assert "heard" in json.dumps(told["$defs"]["HousePolicy"]["properties"]["name"])
    assert told["$defs"]["Cars"]["properties"]["stays"]["description"] == "Parked between two trips."


def test_stories_are_listed_one_line_each(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Name and what it is about; the same as JSON."""
    assert callahead(monkeypatch, "stories", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {"name": "kitchen_week", "about": open_story("kitchen_week").about} in found
    assert callahead(monkeypatch, "stories") == 0
    assert "kitchen_week" in capsys.readouterr().out


def test_a_new_story_runs_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A skeleton with comments, or what differs from another."""
    monkeypatch.chdir(tmp_path)
    assert callahead(monkeypatch, "new", "my_morning") == 0
    assert callahead(monkeypatch, "new", "mild", "--like", "winter_morning") == 0
    assert open_story("mild.yaml").cars.count == open_story("winter_morning").cars.count
    assert callahead(monkeypatch, "run", "my_morning.yaml", "--out", "here") == 0
    assert callahead(monkeypatch, "new", "my_morning") == 2
    assert "there is such a file already" in capsys.readouterr().err
    assert callahead(monkeypatch, "new", "My Morning") == 2
    assert callahead(monkeypatch, "new", "x", "--like", "winter_mornin") == 2
