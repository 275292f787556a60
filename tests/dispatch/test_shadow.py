"""Another policy beside the one that decides: what it would have done, what that would have cost, and that it touches nothing."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from dispatch.cli.shadow_process import ShadowPart
from dispatch.core.actions import SendTow
from dispatch.core.desk import Desk
from dispatch.core.events import Event, PlanProposed
from dispatch.core.plan.model import Level, PlannedRoute
from dispatch.core.policy import Policy
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import Row, read
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.policy_file import BadPolicyFile, shadow_of
from dispatch.service.settings import (
    BrokerSettings,
    HearingSettings,
    PolicySettings,
    ProcessSettings,
    Settings,
    StoreSettings,
    WebSettings,
)
from dispatch.shadow.process import ShadowProcess
from dispatch.shadow.setup import ShadowSetup
from dispatch.store.address import StoreAddress
from dispatch.store.journal import Journal
from dispatch.views.shadow.moments import moments
from dispatch.views.shadow.report import ShadowReport
from dispatch.views.shadow.shadow import NotAlike, Shadow
from dispatch.web.api.app import create_app
from gateway.finding import Place
from tests.conftest import REAL_PYTHON, command
from tests.dispatch.conftest import START, Room, portless

OTHER = "volta/car-2/1-1"
CASE = "volta/car-1/1-7"
PLANS = Policy(plan=Level.INSERTION)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A store that a service keeps."""
    with Journal.open(tmp_path) as found:
        yield found


def around_the_corner() -> Room:
    """Return a room in which a near truck is soon through, and only a far one is free when the next car breaks down."""
    room = Room()
    north = Place(56.96, 24.10, 10, START, "gnss")
    room.truck("near", place=north)
    room.found(key=OTHER, episode=OTHER, device="volta/car-2", customer="c-2")
    room.truck("near", "accepted", job=f"{OTHER}/tow")
    room.truck("near", "arrived", job=f"{OTHER}/tow")
    room.wait(900)
    room.truck("far", place=replace(north, latitude=57.35))
    room.found()
    return room


class Kept:
    """A desk whose every row is in a store."""

    def __init__(self, journal: Journal, policy: Policy | None = None) -> None:
        self.journal, self.desk, self.pen = journal, Desk(policy), journal.ledger.pen()

    def tell(self, event: Event, at: float) -> list[Row]:
        """Have it decide, and have that stored."""
        rows = [self.pen.write(action, due) for due, action in self.desk.wake(at)]
        rows.append(cause := self.pen.write(event, at))
        rows.extend(self.pen.write(action, due, cause.seq) for due, action in self.desk.handle(event, at))
        self.journal.commit([Turn(rows=rows)], at)
        return rows


def committed(journal: Journal, told: list[tuple[Event, float]], policy: Policy | None = None) -> Kept:
    """Have the store know what a desk was told and decided."""
    kept = Kept(journal, policy)
    for event, at in told:
        kept.tell(event, at)
    return kept


def followed(journal: Journal, policy: Policy, live: Policy | None = None) -> Shadow:
    """Follow the whole ledger."""
    found = Shadow(Desk(live), policy)
    for moment in moments(journal.ledger.rows()):
        found.follow(moment)
    return found


def test_who_would_wait_for_a_truck_around_the_corner(journal: Journal) -> None:
    """The house sends the far one; the plan would wait for the near one: the same case, both arrivals, both costs, counted once."""
    committed(journal, around_the_corner().told)
    judge = followed(journal, PLANS).judge
    (one,) = judge.differences
    (case,) = one.cases
    assert (case.case, one.trigger) == (CASE, "FaultFound")
    assert (case.live.truck, case.live.goes, case.shadow.truck, case.shadow.goes) == ("far", True, "near", False)
    assert case.live.arrives is not None
    assert case.shadow.arrives is not None
    assert case.sooner_s == pytest.approx(case.live.arrives - case.shadow.arrives, abs=0.2)
    assert case.sooner_s > 0
    assert one.cost_live is not None
    assert one.cost_shadow is not None
    assert judge.totals.cost_s == pytest.approx(one.cost_shadow - one.cost_live, abs=0.2)
    totals = judge.totals
    assert (totals.choices, totals.alike, totals.shadow_waits, totals.shadow_sends, totals.compared) == (2, 1, 1, 0, 1)
    assert totals.live.late == 1
    assert totals.shadow.late == 0


def test_from_how_everything_stands_and_not_from_a_history_of_its_own(journal: Journal) -> None:
    """What the shadow would have done once moves no truck: of the next choice the far truck is on its way to the first case."""
    room = around_the_corner()
    room.truck("near", "finished", job=f"{OTHER}/tow")
    third = "volta/car-3/1-1"
    room.found(key=third, episode=third, device="volta/car-3", customer="c-3")
    committed(journal, room.told)
    judge = followed(journal, PLANS).judge
    assert judge.totals.choices == 3
    assert judge.totals.alike == 2  # the near truck, free by now, goes to the third in both


def test_a_shadow_alike_differs_in_nothing(journal: Journal) -> None:
    """And each decision was looked at."""
    committed(journal, around_the_corner().told)
    totals = followed(journal, Policy(acknowledge_times=1)).judge.totals
    assert (totals.choices, totals.alike, totals.cost_s) == (2, 2, 0.0)
    assert totals.moments == 2


def test_both_are_measured_by_one_ruler(journal: Journal) -> None:
    """A shadow that thinks its trucks to be three times as fast, and sends the same ones, brings nobody help any sooner."""
    committed(journal, around_the_corner().told)
    judge = followed(journal, replace(PLANS, speed_mps=100.0)).judge
    arrivals = [case.shadow.arrives for one in judge.differences for case in one.cases]
    plain = [case.shadow.arrives for one in followed(journal, PLANS).judge.differences for case in one.cases]
    assert arrivals == plain


def test_calls_that_would_not_have_been(journal: Journal) -> None:
    """A house that wants better places rings first and sends later: one truck, no; one call more for the same reason, no."""
    room = Room()
    room.truck("t-1")
    room.found(place=Place(56.95, 24.10, 300.0, START, "network"))
    committed(journal, room.told)
    judge = followed(journal, Policy(place_accuracy_m=100.0)).judge
    (one,) = judge.differences
    assert [(case.live.goes, case.shadow.goes, case.shadow.truck) for case in one.cases] == [(True, False, None)]
    assert judge.totals.shadow_waits == 1
    assert judge.totals.compared == 0


def test_what_a_worker_proposes_is_no_proposal_to_a_house_without_one(journal: Journal) -> None:
    """The one that decides answers it; the shadow does not hear it."""
    policy = Policy(plan=Level.PARTITION)
    room = Room(Desk(policy))
    room.truck("t-1")
    room.found()
    room.tell(PlanProposed(room.desk._plan.number, (PlannedRoute("t-1", ()),)))
    committed(journal, room.told, policy)
    totals = followed(journal, PLANS, policy).judge.totals
    assert totals.others_live == {"RefusePlan": 1}
    assert totals.others_shadow == {}


def test_a_ledger_of_another_policy_is_not_followed(journal: Journal) -> None:
    """What it would say of it is not true."""
    committed(journal, around_the_corner().told, PLANS)
    with pytest.raises(NotAlike, match=r"^row \d+: "):
        followed(journal, Policy())


# --- the process ------------------------------------------------------------------------------------------------------


class Reports(list[ShadowReport]):
    """What was said."""


def process(journal: Journal, tmp_path: Path, setup: ShadowSetup | None = None) -> tuple[ShadowProcess, Reports]:
    """Return one that has begun, and what it says."""
    said = Reports()
    return ShadowProcess(journal, setup or set_up(tmp_path), said.append), said


def set_up(tmp_path: Path, live: dict[str, Any] | None = None, **others: Any) -> ShadowSetup:
    """Return what a process is told."""
    store = StoreAddress.in_folder(tmp_path).url.render_as_string(hide_password=False)
    return ShadowSetup(store, live or {}, {"plan": "insertion"}, **others)


def test_it_begins_where_the_store_ends_and_writes_nothing(journal: Journal, tmp_path: Path) -> None:
    """What was before counts not; what comes is compared; the ledger and the outbox are as they were."""
    room = around_the_corner()
    kept = committed(journal, room.told[:-1])
    with Journal.look_at(StoreAddress.in_folder(tmp_path)) as reading:
        beside, _ = process(reading, tmp_path)
        rows = kept.tell(*room.told[-1])
        before = journal.ledger.sha256()
        assert beside._looked() is None
        assert [one.truck for one in map(read, rows) if isinstance(one, SendTow)] == ["far"]
        assert journal.ledger.sha256() == before
        totals = beside._shadow.judge.totals
        assert (totals.choices, totals.shadow_waits) == (1, 1)


def test_one_that_raises_says_so_and_ends(journal: Journal, tmp_path: Path) -> None:
    """Roads that nobody has read are a fault of ours in the middle of a decision."""

    class Unread(ShadowSetup, frozen=True):
        def policies(self) -> tuple[Policy, Policy]:
            return Policy(), Policy(roads="nowhere")

    beside, said = process(journal, tmp_path, Unread(str(tmp_path), {}, {"roads": "nowhere"}))
    committed(journal, around_the_corner().told)
    beside.run(threading.Event())
    assert [one.state for one in said] == ["running", "stopped"]
    assert "nobody has read the roads nowhere" in (said[-1].why or "")


def test_one_that_falls_behind_says_so_and_ends(journal: Journal, tmp_path: Path) -> None:
    """Whoever reads on for ever would say tomorrow what yesterday should have been."""
    beside, said = process(journal, tmp_path, set_up(tmp_path, behind_s=-1.0))
    committed(journal, around_the_corner().told)
    beside.run(threading.Event())
    assert said[-1].state == "stopped"
    assert "it fell behind" in (said[-1].why or "")


def test_one_that_does_not_follow_begins_anew_and_then_ends(journal: Journal, tmp_path: Path) -> None:
    """It was told another policy than the one that decides: three times it looks whether the store helps."""
    beside, _ = process(journal, tmp_path, set_up(tmp_path, {"plan": "insertion"}))
    kept, room, found = Kept(journal), Room(), list[str | None]()
    for number in range(4):
        car = f"volta/car-{number}"
        room.truck(f"t-{number}")
        room.found(key=f"{car}/1-1", episode=f"{car}/1-1", device=car, customer=f"c-{number}")
    for event, at in room.told:
        kept.tell(event, at)
        found.append(beside._looked())
    assert found[:-1] == [None] * 7
    assert "it does not follow the ledger: row " in (found[-1] or "")


def test_as_a_process_of_its_own(journal: Journal, tmp_path: Path) -> None:
    """It reads the same store, says a line, and ends when its standard input is closed."""
    room = around_the_corner()
    with subprocess.Popen(
        [REAL_PYTHON, "-m", "dispatch.shadow"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(msgspec.json.encode(set_up(tmp_path)) + b"\n")
        running.stdin.flush()
        first = msgspec.json.decode(running.stdout.readline(), type=ShadowReport)
        assert (first.state, first.from_seq) == ("running", 0)
        committed(journal, room.told)
        report = first
        while report.totals.choices < 2:
            report = msgspec.json.decode(running.stdout.readline(), type=ShadowReport)
        assert (report.state, report.totals.shadow_waits, report.seq) == ("running", 1, journal.ledger.pen().seq)
        assert report.spent.whole_s > 0
        running.stdin.close()
        assert running.wait(10) == 0


@pytest.mark.anyio
async def test_the_service_goes_on_where_its_process_ends(tmp_path: Path) -> None:
    """A store that is not there: the process ends, that is told, and the service decides as ever. Before: it is starting."""
    house = HousePolicy(plan="insertion")
    settings = Settings(
        WebSettings("127.0.0.1", 0),
        StoreSettings(tmp_path / "nothing"),
        BrokerSettings(),
        HearingSettings(),
        None,
        PolicySettings(HousePolicy(), None, house),
        ProcessSettings(),
    )
    async with portless() as service, asyncio.timeout(30):
        transport = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://callahead") as client:
            missing = await client.get("/api/v1/shadow")
            assert (missing.status_code, missing.json()["detail"]) == (404, "start callahead-serve with --shadow FILE")
            part = ShadowPart(service, settings, house)
            starting = (await client.get("/api/v1/shadow")).json()
            assert (starting["state"], starting["policy"]) == ("starting", {"plan": "insertion"})
            await part.run()
            stopped = (await client.get("/api/v1/shadow")).json()
            assert (stopped["state"], stopped["why"]) == (
                "stopped",
                f"no service has kept its store in {tmp_path / 'nothing'}",
            )
        room = Room()
        room.truck("t-1")
        room.found()
        for event, _ in room.told:
            await service.tell(event)
        assert [case.case for case in service.casebook.open_cases()] == [CASE]


# --- what it is told ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("plan: tomorrow", "plan: "),
        ("name: reactive", "the service hears devices"),
        ("{}", "what the house goes by already"),
        ("plan: partition", "a shadow has no worker that proposes plans"),
        ("roads: nowhere", "nowhere"),
        ("[1, 2]", "a policy is a list of keys"),
    ],
)
def test_a_wrong_file_is_refused_at_the_start(tmp_path: Path, text: str, says: str) -> None:
    """With the reason, before anything is up."""
    (file := tmp_path / "other.yaml").write_text(text)
    ended = command("dispatch.cli.serve", "--dir", str(tmp_path / "s"), "--shadow", str(file))
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_the_command_line_says_holds_for_both(tmp_path: Path) -> None:
    """Quiet hours of the command line are the house's, whichever policy it has."""
    (file := tmp_path / "other.yaml").write_text("plan: insertion")
    live = HousePolicy.model_validate({"quiet_hours": "22:00-07:00@Europe/Riga"})
    found = shadow_of(file, live, "22:00-07:00@Europe/Riga", None)
    assert found == live.model_copy(update={"plan": "insertion"})
    with pytest.raises(BadPolicyFile, match="cannot be read"):
        shadow_of(tmp_path / "missing.yaml", live, None, None)
