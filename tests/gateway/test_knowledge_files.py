"""The car's knowledge, as files: what must hold of them whoever reads them."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest

from gateway.kinds.car.messages import Symptom, VehicleSignals

GATEWAY = Path(__file__).parents[2] / "gateway"
KNOWLEDGE = GATEWAY / "kinds" / "car" / "knowledge"
LANGUAGES = {"en", "uk", "ru", "lv", "fa", "zh"}
DERIVED = {
    "codes.modules_silent", "codes.cylinders", "codes.undervoltage", "codes.unrelated", "codes.count", "car.age_years",
    "car.mileage_km", "car.electric",
}  # fmt: skip
CODE = r"[PCBU][0-3][0-9A-F]{3}"
MEMBER = re.compile(rf"^({CODE})(\.\.({CODE}))?$|^[PCBU][0-3][0-9A-F]{{0,2}}\*$")
FIELDS = {
    "system", "prior", "severity", "drive", "help", "skill", "tow_type", "part_number", "on_scene_min", "workshop_min",
    "advice", "names", "shows",
}  # fmt: skip
CHOICES = {
    "severity": {"low", "medium", "high", "critical"},
    "drive": {"yes", "to_workshop", "stop_now"},
    "help": {"roadside", "tow", "talk", "notice"},
    "skill": {"battery", "tyre", "electric", "tow", "fuel", "key", "none"},
    "tow_type": {"any", "flatbed", "none"},
}


def _files() -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(KNOWLEDGE.glob("*.toml")):
        yield path, tomllib.loads(path.read_text("utf-8"))


EVIDENCE: dict[str, Any] = tomllib.loads((KNOWLEDGE / "evidence.toml").read_text("utf-8"))
PARTS: dict[str, dict[str, Any]] = {name: part for _, file in _files() for name, part in file.get("parts", {}).items()}


def _number(code: str) -> int:
    return int(code[1:], 16)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_has_all_that_the_service_needs_of_it(name: str) -> None:
    """Every part says who must come, whether to drive on, and its name in six languages."""
    part = PARTS[name]
    assert part.keys() >= FIELDS
    assert set(part["names"]) == LANGUAGES
    assert all(part["names"].values())
    for field, allowed in CHOICES.items():
        assert part[field] in allowed
    assert 0 < part["prior"] < 1
    assert set(part.get("fits", ["combustion"])) <= {"combustion", "petrol", "diesel", "hybrid", "electric"}


@pytest.mark.parametrize("name", PARTS)
def test_an_agent_can_read_the_advice_aloud(name: str) -> None:
    """Advice is one or two sentences, and where the car must stand it says so."""
    part = PARTS[name]
    assert 1 <= len(re.findall(r"[.!?](?:\s|$)", part["advice"])) <= 2
    if part["drive"] == "stop_now":
        assert "do not drive" in part["advice"]


@pytest.mark.parametrize("name", PARTS)
def test_evidence_names_only_what_exists(name: str) -> None:
    """Every member of every group is a code, a range the right way round, a condition or a symptom that is there."""
    seen = Counter[str]()
    for group in PARTS[name]["shows"]:
        assert group.keys() <= {"any", "p", "consequence"}
        assert 0 < group["p"] < 1
        for member in group["any"]:
            if member.startswith("symptom:"):
                assert member.removeprefix("symptom:") in EVIDENCE["symptoms"]
            elif (code := MEMBER.match(member)) is None:
                assert member in EVIDENCE["conditions"]
                seen[member] += 1
            elif code[3]:
                assert code[1][0] == code[3][0]
                assert _number(code[1]) < _number(code[3])
    assert not [member for member, times in seen.items() if times > 1], "a condition counts once"


def test_a_part_stands_in_one_file() -> None:
    """No part is written twice, and the shares of all are one."""
    names = [name for _, file in _files() for name in file.get("parts", {})]
    assert len(names) == len(set(names))
    assert sum(part["prior"] for part in PARTS.values()) == pytest.approx(1, abs=0.01)
    assert {"nothing", "unknown"} <= PARTS.keys()


@pytest.mark.parametrize("name", EVIDENCE["conditions"])
def test_a_condition_looks_at_published_signals(name: str) -> None:
    """Each test of a condition looks at one thing that the contract publishes, with one bound."""
    condition = EVIDENCE["conditions"][name]
    assert condition.keys() - {"needs"} == {"says", "fails", "false_alarm", "measure", "all"}
    assert 0 < condition["false_alarm"] < 1
    published = {field.alias for field in VehicleSignals.model_fields.values()} | DERIVED
    for check in [*condition.get("needs", []), *condition["all"]]:
        looks = check.keys() & {"signal", "any", "lowest", "highest", "slope", "spread"}
        assert len(looks) == 1
        looked = check[looks.pop()]
        assert {looked} if isinstance(looked, str) else set(looked) <= published
        assert isinstance(looked, list) or looked in published
        assert bool(check.keys() & {"above", "below"}) + ("is" in check) + ("in" in check) == 1


def test_every_symptom_of_the_contract_is_known() -> None:
    """What a driver can say is all evidence for something."""
    assert EVIDENCE["symptoms"].keys() == set(get_args(Symptom))
    named = {member for part in PARTS.values() for group in part["shows"] for member in group["any"]}
    assert {f"symptom:{name}" for name in EVIDENCE["symptoms"]} <= named
    assert EVIDENCE["conditions"].keys() <= named


def test_every_code_falls_into_a_system() -> None:
    """The ranges of j2012.toml cover the four letters without a gap or an overlap, and speak for systems that exist."""
    systems = tomllib.loads((KNOWLEDGE / "codes" / "j2012.toml").read_text("utf-8"))["systems"]
    known = {part["system"] for part in PARTS.values()}
    covered: dict[str, list[tuple[int, int]]] = {}
    for system in systems:
        first, _, last = system["codes"].partition("..")
        covered.setdefault(first[0], []).append((_number(first), _number(last or first)))
        assert set(system["parts_of"]) <= known
    assert covered.keys() == set("PCBU")
    for ranges in covered.values():
        assert ranges[0][0] == 0
        assert ranges[-1][1] == 0x3FFF
        assert all(before[1] + 1 == after[0] for before, after in pairwise(ranges))


@pytest.mark.parametrize("path", sorted((KNOWLEDGE / "vendors").glob("*.toml")), ids=lambda path: path.stem)
def test_a_make_says_what_its_codes_stand_for(path: Path) -> None:
    """A make's own code stands for generic codes or for parts that exist, and the file says where from."""
    make = tomllib.loads(path.read_text("utf-8"))
    assert make["source"]
    assert make["vendors"]
    assert 8 <= len(make["codes"]) <= 20
    for code, meaning in make["codes"].items():
        assert re.fullmatch(CODE, code)
        assert meaning["means"]
        assert bool(meaning.get("like")) != bool(meaning.get("parts"))
        assert all(re.fullmatch(CODE, like) for like in meaning.get("like", []))
        assert meaning.get("parts", {}).keys() <= PARTS.keys()


def test_the_examples_of_the_page_are_the_files_own() -> None:
    """Who copies one, copies what works; of a part's signs the page shows some."""
    page = (GATEWAY / "diagnosis" / "knowledge.md").read_text("utf-8")
    part, condition = (tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL))
    kept = tomllib.loads((KNOWLEDGE / "charging.toml").read_text("utf-8"))["parts"]["alternator"]
    (shown,) = part["parts"].values()
    assert {**shown, "shows": None} == {**kept, "shows": None}
    assert all(group in kept["shows"] for group in shown["shows"])
    evidence = tomllib.loads((KNOWLEDGE / "evidence.toml").read_text("utf-8"))["conditions"]
    assert all(evidence[name] == said for name, said in condition["conditions"].items())
