"""A customer is told all that is kept of them, and erased: everywhere, for good, with the ledger as sound as before."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from dispatch.core.events import FaultFound
from dispatch.core.policy import Policy
from dispatch.engine.recovery import restored
from dispatch.ledger.audit.ledger import AuditReport, audit
from dispatch.ledger.personal import ERASED
from dispatch.ledger.rows import faults, read
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.policy_model.retention import Retention
from dispatch.service.build import Hearing, build
from dispatch.service.erased_list import ErasedList, UnreadableList
from dispatch.service.personal_data import list_in
from dispatch.service.policy_file import BadPolicyFile, read_policy, write_policy
from dispatch.service.retention import Sweeper
from dispatch.service.service import Service, ServiceBroker
from dispatch.store.address import StoreAddress
from dispatch.store.backup import back_up, bring_back
from dispatch.store.journal import Journal
from dispatch.web.api.app import create_app
from gateway.contract.broker_address import BrokerAddress
from tests.dispatch.conftest import heard

pytestmark = pytest.mark.anyio
Words = Any
DAY_S = 86_400.0


class Hour:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.at = 1_768_197_600.0

    def now(self) -> float:
        """Return the hour."""
        return self.at

    def real_seconds_until(self, at: float) -> float:
        """Wait for nothing."""
        return max(0.0, at - self.at)

    def real_seconds(self, span: float) -> float:
        """As many."""
        return span


class House:
    """A service on a folder, and a client of it."""

    def __init__(self, service: Service, api: httpx.AsyncClient) -> None:
        self.service, self.api = service, api

    async def post(self, path: str, body: Any, status: int = 200) -> Any:
        """Post, and return the answer."""
        answer = await self.api.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def get(self, path: str, status: int = 200, **query: Any) -> Any:
        """Get the answer."""
        answer = await self.api.get(path, params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def hear(self, message: tuple[str, bytes]) -> None:
        """Have a message heard, and stored."""
        await heard(self.service, *message)


@asynccontextmanager
async def open_house(folder: Path, hour: Hour) -> AsyncIterator[House]:
    """Run a service there."""
    with Journal.open(folder) as journal:
        service, _ = build(journal, hour, ServiceBroker.at(BrokerAddress("127.0.0.1", 1)), Hearing(open_demo=False))
        service.personal_data.erased = list_in(folder)
        running = asyncio.create_task(service.driver.run())
        await service.personal_data.erase_again()
        wire = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=wire, base_url="http://callahead/api/v1") as api:
            yield House(service, api)
        service.driver.stop()
        await running


@pytest.fixture
def hour() -> Hour:
    """The service's clock."""
    return Hour()


async def break_down(house: House, words: Words) -> str:
    """Register a customer whose car breaks down, and return the case."""
    for path, body in (
        ("/vendors", words.vendors), ("/devices", words.registered), ("/customers", [words.customer]),
    ):  # fmt: skip
        await house.post(path, body)
    await house.hear(words.truck())
    await house.hear(words.flat_battery())
    await house.hear(("callahead/v1/volta/car-1/event", b'{"words": "of Anna"}'))
    (case,) = await house.get("/cases")
    return str(case["case"])


def in_files(folder: Path, *texts: str) -> list[str]:
    """Return which of some texts stand in any file of a store."""
    kept = b"".join(file.read_bytes() for file in folder.glob("ledger.sqlite*"))
    return [text for text in texts if text.encode() in kept]


async def test_nothing_of_an_erased_customer_is_left(
    tmp_path: Path, hour: Hour, words: Words, caplog: pytest.LogCaptureFixture
) -> None:
    """In the file, in what is known by heart, and behind a restart; the chain holds, and their case reads as erased."""
    caplog.set_level(logging.DEBUG, "callahead")
    caplog.set_level(logging.DEBUG, "dispatch")
    personal = ("Anna Ozola", words.customer["phone"])
    async with open_house(tmp_path, hour) as house:
        case = await break_down(house, words)
        assert in_files(tmp_path, *personal) == list(personal)
        seen = json.dumps(await house.get("/customers/c-1/export"))
        assert all(text in seen for text in personal)
        refused = await house.api.delete("/customers/c-1")
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:callahead:problem:open-cases")
        assert (await house.api.delete("/customers/c-1", params={"close_cases": True})).json() == {"repeat": False}
        (view,) = await house.get("/cases", open=False)
        assert (view["case"], view["close_reason"], view["near"], view["place"]) == (case, "erased", ERASED, None)
        await house.get("/customers/c-1/export", 404)
        assert (await house.api.delete("/customers/c-1")).json() == {"repeat": True}
        told = json.dumps([await house.get("/ledger"), await house.get("/cases/timeline", case=case)])
        of_others = [row for row in json.loads(told)[0]["rows"] if row["type"] == "TruckReported"]
        assert [
            row["type"] for row in json.loads(told)[0]["rows"] if "56.95" in row["body"] and row not in of_others
        ] == []
        assert house.service.room.intake.twins.get("volta/car-1") is None
        by = [
            json.loads(row["body"])["by"]
            for row in (await house.get("/ledger"))["rows"]
            if row["type"] == "CustomerErased"
        ]
        assert by == ["demo-dispatcher"]
        assert not await asyncio.to_thread(house.service.journal.refused.of, ["volta/car-1"])
    assert in_files(tmp_path, *personal) == []
    async with open_house(tmp_path, hour) as house:
        assert not list(faults(house.service.journal.ledger.rows()))
        assert house.service.drift.count == 0
        assert not house.service.room.desk.open_of("c-1")
        assert (await house.get("/cases", open=False))[0]["near"] == ERASED
        registered = house.service.room.intake.registry.get("volta/car-1")
        assert registered is not None
        assert registered.customer is None
    assert caplog.text
    assert not [text for text in personal if text in caplog.text]


async def test_a_ledger_of_which_somebody_was_erased_is_told_again(tmp_path: Path, hour: Hour, words: Words) -> None:
    """Without a snapshot: cases and counters are as they were, and what others wait for goes on."""
    async with open_house(tmp_path, hour) as house:
        await break_down(house, words)
        await house.api.delete("/customers/c-1", params={"close_cases": True})
        await house.hear(words.truck())
        before = house.service.room.desk.standing()
        totals = house.service.casebook.totals()
    with Journal.open(tmp_path) as journal:
        journal.snapshots.forget_all()
        found = restored(journal, policy=Policy())
        assert found.drift.count == 0
        assert found.casebook.totals() == totals
        stands = found.desk.standing()
        assert (stands.cases, {one.truck: one.tow for one in stands.trucks}) == (
            before.cases, {one.truck: one.tow for one in before.trucks},
        )  # fmt: skip
        report = AuditReport()
        assert list(audit(journal.ledger.rows(), report, taken_before=journal.erasures.last_seq()))
        assert report.sound, report.told
        assert report.drift == 0


async def test_an_older_backup_brings_nobody_back(tmp_path: Path, hour: Hour, words: Words) -> None:
    """The list beside the store has them erased again before anything else."""
    live, backup = tmp_path / "live", tmp_path / "old.sqlite"
    async with open_house(live, hour) as house:
        await break_down(house, words)
        await asyncio.to_thread(back_up, StoreAddress.in_folder(live), backup)
        await house.api.delete("/customers/c-1", params={"close_cases": True})
    for file in live.glob("ledger.sqlite*"):
        file.unlink()
    bring_back(backup, StoreAddress.in_folder(live))
    assert in_files(live, "Anna Ozola")
    async with open_house(live, hour) as house:
        assert house.service.customers.get("c-1") is None
        found = [read(row) for row in house.service.journal.ledger.rows() if row.type == "FaultFound"]
        assert [one.finding.near for one in found if isinstance(one, FaultFound)] == [ERASED]
    assert in_files(live, "Anna Ozola") == []


async def test_who_is_registered_again_is_somebody_new(tmp_path: Path, hour: Hour, words: Words) -> None:
    """What was erased stays so, also behind a restart; what is found from then on is kept again."""
    async with open_house(tmp_path, hour) as house:
        await break_down(house, words)
        await house.api.delete("/customers/c-1", params={"close_cases": True})
        await house.post("/customers", [words.customer])
    async with open_house(tmp_path, hour) as house:
        assert house.service.customers.get("c-1") is not None


async def test_the_list_of_the_erased_is_its_owners_and_read_whole(tmp_path: Path) -> None:
    """A line that names nobody is told: without it, nobody knows whom a backup brings back."""
    found = ErasedList(tmp_path / "erased.jsonl")
    found.add("c-1", 5.0, "user/anna")
    found.add("c-1", 6.0, "user/anna")
    assert (found.customers(), (tmp_path / "erased.jsonl").stat().st_mode & 0o777) == (["c-1"], 0o600)
    (tmp_path / "erased.jsonl").write_text('{"customer": "c-1"}\nnonsense\n')
    with pytest.raises(UnreadableList, match="line 2"):
        found.customers()


async def test_what_was_kept_for_long_enough_is_erased(tmp_path: Path, hour: Hour, words: Words) -> None:
    """By class, by the service's clock, each recorded: places first, then words; an open case keeps what is its customer's."""
    async with open_house(tmp_path, hour) as house:
        case = await break_down(house, words)
        sweeper = Sweeper(house.service.journal, house.service.driver, hour, Retention())
        assert await sweeper.sweep() == []
        hour.at += 31 * DAY_S
        assert await sweeper.sweep() == ["refused"]
        hour.at += 37 * DAY_S
        assert await sweeper.sweep() == ["place"]
        rows = (await house.get("/ledger"))["rows"]
        near = {row["type"]: row["body"] for row in rows if row["type"] in {"FaultFound", "TruckReported"}}
        assert ERASED not in near["FaultFound"]  # its case is open
        assert ERASED in near["TruckReported"]
        (open_case,) = await house.get("/cases")
        assert open_case["place"]
        await house.api.delete("/customers/c-1", params={"close_cases": True})
        assert [row["type"] for row in rows].count("DataExpired") == 2
        assert case
    async with open_house(tmp_path, hour) as house:
        assert not list(faults(house.service.journal.ledger.rows()))
        assert house.service.drift.count == 0


def test_how_long_is_a_matter_of_the_policy_file(tmp_path: Path) -> None:
    """Durations with units; less than a week would take what an open case needs."""
    file = tmp_path / "policy.yaml"
    file.write_text("retention: {place: 14 days, words: 90 days}")
    house = read_policy(file)
    assert (house.retention.place, house.retention.words, house.retention.refused) == (
        14 * DAY_S,
        90 * DAY_S,
        30 * DAY_S,
    )
    write_policy(file, house)
    assert read_policy(file) == house
    assert HousePolicy().written() == {}
    for wrong in ("retention: {place: 1 day}", "retention: {places: 14 days}", "retention: {place: 14}"):
        file.write_text(wrong)
        with pytest.raises(BadPolicyFile, match="place"):
            read_policy(file)
