"""Knowledge files that are wrong: file, entry and rule are told, before anything starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.diagnosis.catalogue import (
    LANGUAGES,
    CatalogueError,
    catalogue,
    read_catalogue,
)
from gateway.diagnosis.codes import pattern
from gateway.diagnosis.knowledge import Knowledge
from gateway.diagnosis.ranking import model
from gateway.kinds.car.features import KNOWLEDGE
from gateway.kinds.registry import knowledges, own_codes

SOUND = """
leak = 0.01
pending_leak = 0.02
[conditions.hot]
says = "hot"
fails = "not hot"
false_alarm = 0.01
measure = "the temperature"
all = [{ signal = "Vehicle.OBD.CoolantTemperature", above = 115 }]
"""
PART = """
[parts.{name}]
system = "cooling"
prior = {prior}
severity = "high"
drive = "stop_now"
help = "tow"
skill = "tow"
on_scene_min = 15
workshop_min = 60
advice = "Stop."
[parts.{name}.names]
en = "pump"
uk = "помпа"
ru = "помпа"
lv = "sūknis"
fa = "پمپ"
zh = "泵"
[[parts.{name}.shows]]
any = [{shows}]
p = {p}
"""


def part(name: str = "pump", prior: str = "0.3", shows: str = '"P0217", "hot"', p: str = "0.9") -> str:
    """Return a part's entry."""
    return PART.format(name=name, prior=prior, shows=shows, p=p)


ANSWERS = part("nothing") + part("unknown")


def written(folder: Path, *texts: str) -> Knowledge:
    """Write knowledge files and return where they lie; they speak of what a car's do."""
    for number, text in enumerate(texts):
        (folder / f"part{number}.toml").write_text(text, "utf-8")
    return replace(KNOWLEDGE, folder=folder)


def test_a_sound_folder_is_one_catalogue(tmp_path: Path) -> None:
    """Files of a folder are read together."""
    known = read_catalogue(written(tmp_path, SOUND, ANSWERS, part()))
    assert set(known.parts) == {"nothing", "unknown", "pump"}


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ((), "no knowledge files"),
        (("leak = ",), "part0.toml: file: not TOML"),
        ((SOUND, part()), "parts.unknown is missing"),
        ((SOUND, ANSWERS, part(), part()), "part3.toml: parts.pump: stands in part2.toml already"),
        ((SOUND, ANSWERS, part(p="1.2")), "part2.toml: parts.pump.shows.0.p: Input should be less than 1"),
        ((SOUND, ANSWERS, part(p="0")), "part2.toml: parts.pump.shows.0.p: Input should be greater than 0"),
        ((SOUND, ANSWERS, part(prior="-0.1")), "part2.toml: parts.pump.prior: Input should be greater than 0"),
        (
            (SOUND, ANSWERS, part(shows='"cold"')),
            "part2.toml: parts.pump.shows.0: condition 'cold' is not in the catalogue",
        ),
        (
            (SOUND, ANSWERS, part(shows='"P0312..P0300"')),
            "part2.toml: parts.pump.shows.0: 'P0312..P0300': the first code",
        ),
        (
            (SOUND, ANSWERS, part(shows='"symptom:sings"')),
            "part2.toml: parts.pump.shows.0: 'symptom:sings' is told by nobody",
        ),
        (
            (SOUND, ANSWERS, part().replace('lv = "sūknis"\n', "")),
            "part2.toml: parts.pump.names: a name is missing in lv",
        ),
        ((SOUND, ANSWERS, part().replace("system", "sytem")), "part2.toml: parts.pump.sytem: Extra inputs"),
        (
            (SOUND.replace("Vehicle.OBD.CoolantTemperature", "Coolant"), ANSWERS),
            "part0.toml: conditions.hot: 'Coolant' is no signal",
        ),
        ((SOUND.replace(", above = 115", ""), ANSWERS), "part0.toml: conditions.hot.all.0: a test has one bound"),
    ],
)
def test_what_is_wrong_is_told_with_file_entry_and_rule(tmp_path: Path, texts: tuple[str, ...], told: str) -> None:
    """A likelihood outside [0, 1], a missing translation, a word that is not there: none of it is read over."""
    with pytest.raises(CatalogueError) as error:
        read_catalogue(written(tmp_path, *texts))
    assert told in str(error.value)


@pytest.mark.parametrize("domain", ["car", "fridge", "payment"])
def test_every_part_has_a_name_in_every_language(domain: str) -> None:
    """English, Ukrainian, Russian, Latvian, Persian, Chinese."""
    known = catalogue(knowledges()[domain])
    assert all(set(entry.names) == set(LANGUAGES) for entry in known.parts.values())
    least = {"car": 60, "fridge": 15, "payment": 20}
    assert len(known.parts) - 2 >= least[domain]


def test_every_code_there_can_be_falls_into_a_system() -> None:
    """65,536 codes of SAE J2012, each in a system of its own letter."""
    letters = {"P": "powertrain", "C": "chassis", "B": "body", "U": "network"}
    for letter, name in letters.items():
        for number in range(0x4000):
            found = model(KNOWLEDGE).system_of(f"{letter}{number:04X}")
            assert found is not None
            assert found.letter == name


def test_makes_are_read_and_name_parts_there_are() -> None:
    """The shipped files are sound."""
    assert own_codes()
    assert all(pattern(like) for codes in own_codes().values() for meaning in codes.values() for like in meaning.like)


def test_knowledge_is_shipped_with_the_package() -> None:
    """The folders that the service reads are part of the gateway."""
    assert {path.name for path in KNOWLEDGE.folder.iterdir()} >= {"codes", "vendors", "evidence.toml"}
    assert all(any(known.folder.glob("*.toml")) for known in knowledges().values())
