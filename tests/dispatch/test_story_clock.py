"""A story's time in the service: it follows a file that changes while it runs; the machine is judged by the wall's."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dispatch.engine.story_clock import LOOK_AGAIN_S, BadClockFile, StoryClock
from dispatch.ledger.pipeline import Turn
from dispatch.service.build import Hearing, build
from dispatch.service.service import Service, ServiceBroker
from dispatch.store.journal import Journal
from dispatch.store.outbox_rows import OutboxLength
from dispatch.views.counters import Tallies
from dispatch.views.health import LAG_S, OUTBOX_S
from gateway.contract.broker_address import BrokerAddress
from gateway.links.handover.delivery import Delivery

START, WALL, RATE = 1_768_197_600.0, 1_800_000_000.0, 60.0


@dataclass
class Played:
    """A story that a test plays: its file, and a wall's clock with a hand on it."""

    path: Path
    wall: float = WALL
    clock: StoryClock = field(init=False)

    def __post_init__(self) -> None:
        """The story has just begun."""
        self.write(start=START, rate=RATE, anchor=WALL)
        self.clock = StoryClock(self.path, lambda: self.wall, lambda: self.wall)

    def write(self, **stretch: float | None) -> None:
        """Replace the file, as whoever plays the story does."""
        begun = self.path.with_suffix(".new")
        begun.write_text(json.dumps(stretch))
        begun.replace(self.path)

    def passes(self, seconds: float) -> float:
        """Let time pass on the wall, and return the story's."""
        self.wall += seconds
        return self.clock.now()


@pytest.fixture
def played(tmp_path: Path) -> Played:
    """A story at 60 to 1."""
    return Played(tmp_path / "clock.json")


def test_a_story_may_go_slower_while_it_runs(played: Played) -> None:
    """The service notices within a moment; time is continuous and never goes back."""
    assert played.passes(10) == START + 600
    played.write(start=START + 600, rate=RATE / 2, anchor=WALL + 10)
    seen = [played.passes(0.01) for _ in range(100)]
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(START + 600 + RATE / 2)
    assert max(later - earlier for earlier, later in pairwise(seen)) <= 0.01 * RATE + 1e-6
    assert played.clock.real_seconds(30.0) == 1.0


def test_a_story_stands_still_until_it_is_let_on(played: Played) -> None:
    """Where the world is held up, nobody's deadline passes meanwhile."""
    played.write(start=START, rate=RATE, anchor=WALL, until=START + 30)
    assert played.passes(100) == START + 30
    played.write(start=START + 30, rate=RATE, anchor=WALL + 100, until=START + 600)
    assert played.passes(1) == START + 90


def test_whoever_waits_looks_again_soon(played: Played) -> None:
    """A wait that was reckoned at one rate would be wrong at another."""
    assert played.clock.real_seconds_until(START + 3_600) == LOOK_AGAIN_S
    assert played.clock.real_seconds_until(START + 0.6) == pytest.approx(0.01)
    assert played.clock.real_seconds_until(START - 1) == 0


def test_a_file_that_is_spoilt_later_changes_nothing(played: Played) -> None:
    """Spoilt at the start, it is the operator's fault."""
    played.path.write_text("{")
    assert played.passes(1) == START + 60
    played.path.unlink()
    assert played.passes(1) == START + 120
    with pytest.raises(BadClockFile, match="cannot be read"):
        StoryClock(played.path)


def _service(journal: Journal, clock: StoryClock) -> Service:
    """Return a service whose links do not matter, and whose driver does not run."""
    made, _ = build(journal, clock, ServiceBroker.at(BrokerAddress("127.0.0.1", 1)), Hearing(open_demo=True))
    made.broker = lambda: None
    return made


def _waiting(service: Service) -> Any:
    return Delivery("callahead/v1/a/b/event", b"{}", retained=False, received_at=service.now(), ack=lambda: None)


@pytest.mark.anyio
async def test_a_backlog_is_judged_by_the_wall(played: Played, tmp_path: Path) -> None:
    """A second is no trouble, although a minute of the story passed; what is trouble on the wall is trouble."""
    with Journal.open(tmp_path) as journal:
        service = _service(journal, played.clock)
        service.driver.offer(_waiting(service))
        played.passes(1)
        assert service.lag_s() == pytest.approx(1)
        assert service.condition().status == "ok"
        played.passes(LAG_S)
        assert service.condition().status == "overloaded"


@pytest.mark.anyio
async def test_a_command_that_stays_is_judged_by_the_wall(played: Played, tmp_path: Path) -> None:
    """Likewise."""
    with Journal.open(tmp_path) as journal:
        service = _service(journal, played.clock)
        service.heartbeat.outbox = OutboxLength(1, service.now(), 0)
        played.passes(OUTBOX_S / 2)
        assert service.condition().status == "ok"
        played.passes(OUTBOX_S)
        assert service.condition().status == "degraded"


def test_latencies_are_told_in_seconds_of_the_wall(played: Played) -> None:
    """Whatever a story's pace: what is measured is the machine."""
    tallies = Tallies(real_seconds=played.clock.real_seconds)
    tallies.take(1, START)
    tallies.stored([START], [Turn()], START + 60)
    tallies.done("key", 120.0)
    assert tallies.received_to_stored_s.total == pytest.approx(1)
    assert tallies.decided_to_done_s.total == pytest.approx(2)
