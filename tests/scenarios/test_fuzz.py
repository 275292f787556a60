"""A short campaign of hostile inputs: none crashes, stalls or fills the service, and none gets through."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dispatch.store.errors import JournalRefused
from gateway.contract.event_types import event_types
from scenarios import cli
from scenarios.fuzz.campaign import CampaignSize, campaign
from scenarios.fuzz.event_surface import HostileEvent, hostile_event, play_events
from scenarios.fuzz.file_surface import Reader, play_files, readers
from scenarios.fuzz.findings import Tally, Verdict
from scenarios.fuzz.http_inputs import hostile_request
from scenarios.fuzz.packet_surface import brokers_words, strangers_words


def test_a_short_campaign_finds_nothing(tmp_path: Path) -> None:
    """``make fuzz`` plays a hundred times as many."""
    wanted = CampaignSize(events=3_000, packets=4_000, strangers=150, http=300, websocket=80, files=300)
    found = campaign(wanted, 7, tmp_path, lambda _share: None)
    assert [tally.inputs for tally in found] == list(astuple(wanted))
    assert [str(one) for tally in found for one in tally.found] == []
    assert all(tally.refused > tally.inputs / 4 for tally in found)
    requests = found[3]
    assert requests.refused < 0.97 * requests.inputs, "refused for what every request has in common, nothing is tried"


def test_a_seed_plays_the_same_inputs() -> None:
    """Whoever finds something can find it again."""
    for words in (
        lambda dice: hostile_request(dice).sent,
        lambda dice: hostile_event(dice).payload,
        strangers_words,
        lambda dice: brokers_words(dice, v5=True),
    ):
        first, again, other = ([words(dice) for _ in range(50)] for dice in (Random(1), Random(1), Random(2)))
        assert first == again != other


def test_an_input_is_not_charged_for_anothers_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousands of small lists have Python look for garbage: among those, as the service does, and not in all that was read."""
    whole = sound_event("callahead.appliance.stock.v1") | {"data": {"items": [[]] * 22_000}}
    lists = HostileEvent(f"callahead/v1{whole['source']}/event", json.dumps(whole).encode())
    monkeypatch.setattr("scenarios.fuzz.event_surface.hostile_event", lambda _dice: lists)
    before = gc.get_threshold(), gc.get_freeze_count()
    tally = play_events(Random(1), 10, lambda _share: None)
    assert [str(one) for one in tally.found] == []
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def sound_event(type_: str) -> dict[str, Any]:
    """Return the contract's example of a type."""
    return event_types().examples[type_]


def _breaks(_path: Path) -> object:
    raise ZeroDivisionError


def _stalls(_path: Path) -> object:
    return sum(range(20_000_000))


def _fills(_path: Path) -> object:
    return len(bytearray(512 * 1024 * 1024))


@pytest.mark.parametrize(
    ("read", "verdict"), [(_breaks, Verdict.CRASH), (_stalls, Verdict.SLOW), (_fills, Verdict.LARGE)]
)
def test_what_is_wrong_is_found(
    read: Callable[[Path], object], verdict: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that breaks, one that computes, one that takes memory."""
    broken = [Reader("story.yaml", read, JournalRefused, [b"name: a\n"])]
    monkeypatch.setattr("scenarios.fuzz.file_surface.readers", lambda: broken)
    assert len(readers()) > 1
    tally: Tally = play_files(tmp_path, Random(1), 1, lambda _share: None)
    assert tally.counts[verdict] == 1


NOTHING = [
    word for name in ("events", "packets", "strangers", "http", "websocket", "files") for word in (f"--{name}", "0")
]


def test_the_command_tells_and_says_by_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON for machines."""
    cli.app(["fuzz", *NOTHING, "--files", "20", "--json"], standalone_mode=False)
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["surface"], told["inputs"]) == ("files", 20)
