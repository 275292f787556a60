"""Agents of a known skill with hints: pulled ones make novices faster, pushed ones nobody; without a skill all is as it was."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dispatch.channels.knowledge.index import full_text
from dispatch.channels.listener.heard import Listener
from scenarios import cli
from scenarios.bench.hints.listened import BadSound, listened, rate_of
from scenarios.bench.hints.measured import QuestionsError, read_questions
from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story

SHORT = ("duration=100 min", "cars.count=200", "faults.0.count=8", "faults.1.count=2", "faults.2.count=8")
SKILLED = (*SHORT, "agents.0.skill=novice", "agents.1.skill=expert")


def card(*settings: str) -> dict[str, Any]:
    """What a short morning comes to."""
    return dict(run_story(open_story("winter_morning", settings), 3).scorecard)


def test_novices_who_pull_hints_are_faster_and_who_is_pushed_them_is_not() -> None:
    """The same calls in all; only how long they take differs."""
    none, pulled, pushed = (card(*SKILLED, f"policy.hints={how}") for how in ("none", "pulled", "pushed"))
    assert none["cases"] == pulled["cases"] == pushed["cases"]
    assert "hints_shown" not in none
    assert pulled["hints_used"] > 0.8 * pulled["hints_shown"] > 0
    assert pushed["hints_shown"] > 0
    assert pushed["hints_used"] <= 1
    assert pulled["agent_occupancy"] < pushed["agent_occupancy"] <= none["agent_occupancy"]


def test_agents_of_no_known_skill_look_for_none() -> None:
    """Row for row the same, whatever the policy says of hints."""
    ledgers = {card(*SHORT, f"policy.hints={how}")["ledger_sha256"] for how in ("none", "pulled")}
    assert len(ledgers) == 1


def test_callahead_bench_hints_prints_its_figures() -> None:
    """Over 60 questions in five languages; the right one is among three nearly always."""
    result = CliRunner().invoke(cli.app, ["bench", "hints", "--json"])
    found = json.loads(result.stdout)
    assert (found["questions"], set(found["languages"])) == (60, {"lv", "ru", "uk", "fa", "zh"})
    assert found["top3"] >= 0.95
    assert found["held"]["silent_where_nobody_answers"] == 1.0


def test_a_question_about_no_article_is_told(tmp_path: Path) -> None:
    """By file, entry and rule."""
    file = tmp_path / "own.toml"
    file.write_text('[lv.tuned]\n"Kas tas?" = "no_such"\n[lv.held]\n[nobody]\ntuned = []\nheld = []\n', "utf-8")
    with pytest.raises(QuestionsError, match=r"own\.toml: lv\.tuned: 'Kas tas\?': there is no article 'no_such'"):
        read_questions(file)


class SpeaksOfACard:
    """Whoever listens to any sound hears this, after the second half-second."""

    def __init__(self) -> None:
        self.frames = 0

    def hear(self, sound: bytes) -> str:
        """A sentence is over."""
        self.frames += len(sound) > 0
        return "I lost my bank card" if self.frames == 2 else ""

    def end(self) -> str:
        """What was being said."""
        return "please block it"


def test_what_is_heard_in_a_recording_leads_to_hints(tmp_path: Path) -> None:
    """By any listener; a file that is no sound is told."""
    listener: Listener = SpeaksOfACard()
    found = listened(sound(tmp_path), listener, full_text())
    assert found.heard == "I lost my bank card please block it"
    assert next(iter(found.hints)) == "card_lost"
    assert rate_of(sound(tmp_path)) == 8_000
    (tmp_path / "none.wav").write_bytes(b"RIFF")
    with pytest.raises(BadSound, match="is no WAV file"):
        rate_of(tmp_path / "none.wav")


def sound(folder: Path) -> Path:
    """Two seconds of silence."""
    path = folder / "silence.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8_000)
        out.writeframes(bytes(32_000))
    return path
