"""Dispatchers act over the HTTP API: two of them on one case, refusals by name, what is read before, restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from dispatch.access.permissions import Permission
from dispatch.access.roles import GRANTS, Role
from dispatch.engine.clock import WallClock
from dispatch.service.build import Hearing, build
from dispatch.service.service import Service, ServiceBroker
from dispatch.store.journal import Journal
from dispatch.views.timeline import line
from dispatch.web.api.app import create_app, routes
from gateway.contract.broker_address import BrokerAddress
from tests.dispatch.conftest import heard
from tests.dispatch.test_acts import Room

pytestmark = pytest.mark.anyio
Words = Any
CASE = "volta/car-1/1-1"
ACTS = {
    "acknowledge": {},
    "take": {},
    "hand-over": {"to": "bob"},
    "let-go": {},
    "pin": {"truck": "help/truck-1"},
    "unpin": {},
    "send": {"truck": "help/truck-1"},
    "call-contractor": {"contractor": "tow-1"},
    "change-place": {"place": {"latitude": 56.9, "longitude": 24.1}},
    "correct": {"part": "alternator"},
    "merge": {"into": "volta/car-2/1-1"},
    "note": {"text": "she is alone with a child"},
    "cancel": {"reason": "a friend towed them"},
    "call-now": {},
    "escalate": {"to": "supervisors", "reason": "a bridge"},
    "undo": {"act": "r-1"},
}
_REF = count(1)


@pytest.fixture
def anyio_backend() -> str:
    """Nothing but asyncio."""
    return "asyncio"


async def _served(journal: Journal) -> tuple[Service, asyncio.Task[None]]:
    made, _ = build(journal, WallClock(), ServiceBroker.at(BrokerAddress("127.0.0.1", 1)), Hearing(open_demo=False))
    return made, asyncio.create_task(made.driver.run())


def _client(service: Service) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(service)), base_url="http://callahead/api/v1")


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """A service without broker and without port."""
    journal = Journal.in_memory()
    made, running = await _served(journal)
    yield made
    made.driver.stop()
    await running
    journal.close()


@pytest.fixture
async def api(service: Service, words: Words) -> AsyncIterator[httpx.AsyncClient]:
    """Two trucks stand by, a car has broken down, and a truck was offered the job."""
    async with _client(service) as client:
        await _stage(client, service, words)
        yield client


async def _stage(client: httpx.AsyncClient, service: Service, words: Words) -> None:
    where = {"latitude": 56.9, "longitude": 24.1, "provenance": "simulated"}
    second = words.registered[2] | {"device": "help/truck-2"}
    await _post(client, "/vendors", words.vendors)
    await _post(client, "/devices", [*words.registered, second])
    await _post(client, "/customers", [words.customer])
    await _post(client, "/workshops", [{"workshop": "w-1", **where}])
    await _post(client, "/suppliers", [{"supplier": "tow-1", "serves": ["tow"], **where}])
    for message in (words.truck(), _second(words.truck()), words.flat_battery()):
        await heard(service, *message)


def _second(message: tuple[str, bytes]) -> tuple[str, bytes]:
    topic, body = message
    return topic.replace("truck-1", "truck-2"), body.replace(b"truck-1", b"truck-2")


async def _post(api: httpx.AsyncClient, path: str, body: Any, expected: int = 200) -> Any:
    answer = await api.post(path, json=body)
    assert answer.status_code == expected, answer.text
    return answer.json()


async def _get(api: httpx.AsyncClient, path: str, expected: int = 200, **query: Any) -> Any:
    answer = await api.get(path, params=query)
    assert answer.status_code == expected, answer.text
    return answer.json()


async def _view(api: httpx.AsyncClient) -> Any:
    (view,) = await _get(api, "/cases")
    return view


async def _act(api: httpx.AsyncClient, name: str, expected: int = 200, /, **more: Any) -> Any:
    """Act as whoever looks at the case just now, or as ``more`` says."""
    view = await _view(api)
    body = {"case": view["case"], "seen": view["version"], "ref": f"r-{next(_REF)}"}
    return await _post(api, f"/cases/{name}", body | ACTS.get(name, {}) | more, expected)


async def test_an_act_is_stored_told_and_shown(api: httpx.AsyncClient, service: Service) -> None:
    """The row has who and why; the timeline says it; the view has it; it can be taken back for a while."""
    done = await _act(api, "take", dispatcher="anna", reason="she knows the road")
    assert (done["repeat"], done["told"]) == (False, "nothing")
    assert done["undo_until"] > service.now()
    view = await _view(api)
    assert view["care"]["stood"]["owner"] == "demo-anna"
    assert view["version"] == done["version"]
    said = [one["what"] for one in await _get(api, "/cases/timeline", case=view["case"])]
    assert said[-1] == "demo-anna takes the case: she knows the road"


async def test_of_two_dispatchers_the_second_learns_what_changed(api: httpx.AsyncClient) -> None:
    """Both saw the same; the act of the one makes that of the other stale, at the very same moment, too."""
    view = await _view(api)
    common = {"case": view["case"], "seen": view["version"]}
    sent = {"truck": "help/truck-2" if view["help"]["truck"].endswith("1") else "help/truck-1"}
    both = await asyncio.gather(
        api.post("/cases/send", json=common | sent | {"ref": "a", "dispatcher": "anna"}),
        api.post("/cases/take", json=common | {"ref": "b", "dispatcher": "bob"}),
    )
    assert [one.status_code for one in both] == [200, 409]
    problem = both[1].json()
    assert problem["type"].endswith(":stale")
    assert any(f"demo-anna sends {sent['truck']} instead of" in one for one in problem["changed"])
    again = await _post(api, "/cases/take", common | {"ref": "c", "dispatcher": "bob"}, 409)
    assert again["changed"] == problem["changed"]
    assert (await _act(api, "take", dispatcher="bob"))["act"]
    assert (await _act(api, "cancel", 409, dispatcher="anna"))["type"].endswith(":not-yours")


async def test_a_repeat_changes_nothing_and_a_ref_is_one_acts(api: httpx.AsyncClient) -> None:
    """Sent again after the connection broke, though the case has changed by it."""
    view = await _view(api)
    body = {"case": view["case"], "seen": view["version"], "ref": "once", "dispatcher": "anna"}
    await _post(api, "/cases/take", body)
    rows = len((await _get(api, "/ledger"))["rows"])
    assert (await _post(api, "/cases/take", body))["repeat"]
    assert (await _post(api, "/cases/let-go", body, 409))["type"].endswith(":ref-used")
    assert len((await _get(api, "/ledger"))["rows"]) == rows


async def test_candidates_are_read_and_recorded_with_the_choice(api: httpx.AsyncClient) -> None:
    """The best three with what each costs and why; the decision says by whom, and whom it was chosen from."""
    view = await _view(api)
    found = await _get(api, "/cases/candidates", case=view["case"])
    states = {one["state"]: one for one in found["trucks"]}
    assert set(states) == {"sent", "free"}
    assert found["version"] == view["version"]
    assert "it has the job" in states["sent"]["why"]
    assert "the last free one for" in states["free"]["why"]
    assert [one["contractor"] for one in found["contractors"]] == ["tow-1"]
    await _act(api, "send", truck=states["free"]["truck"], dispatcher="anna", reason="they asked for it")
    first, second = await _get(api, "/cases/why", case=view["case"])
    assert (first["by"], second["by"], second["reason"]) == (None, "demo-anna", "they asked for it")
    assert {one["truck"] for one in second["candidates"]} == {"help/truck-1", "help/truck-2"}
    assert second["instead_of"] == states["sent"]["truck"]


async def test_what_is_undone_stands_as_before(api: httpx.AsyncClient) -> None:
    """The truck before has the job again."""
    before = (await _view(api))["help"]["truck"]
    other = "help/truck-2" if before.endswith("1") else "help/truck-1"
    done = await _act(api, "send", truck=other)
    assert (await _view(api))["help"]["truck"] == other
    await _act(api, "undo", act=done["act"])
    assert (await _view(api))["help"]["truck"] == before
    assert (await _act(api, "undo", 409, act=done["act"]))["type"].endswith(":cannot-be-undone")


async def test_a_corrected_diagnosis_is_told_with_who_and_why(api: httpx.AsyncClient) -> None:
    """A part that there is not is refused before anything is written."""
    assert (await _act(api, "correct", 422, part="flux_capacitor"))["type"].endswith(":unknown-part")
    await _act(api, "correct", part="alternator", reason="the battery is new", dispatcher="anna")
    view = await _view(api)
    assert (view["finding"]["part"], view["finding"]["why"]) == ("alternator", ["the battery is new"])
    said = [one["what"] for one in await _get(api, "/cases/timeline", case=view["case"])]
    assert any(one.startswith("demo-anna corrects the diagnosis") for one in said)
    assert (await _act(api, "correct", 409, part="alternator"))["type"].endswith(":nothing-changes")


async def test_a_cancelled_customer_is_told(api: httpx.AsyncClient) -> None:
    """By a message, as one was shown before; the case is closed."""
    assert (await _act(api, "cancel", dispatcher="anna"))["told"] == "message"
    assert await _get(api, "/cases") == []
    (view,) = await _get(api, "/cases", open=False)
    assert view["close_reason"] == "cancelled"
    body = {"case": view["case"], "seen": view["version"], "ref": "late"}
    assert (await _post(api, "/cases/take", body, 409))["type"].endswith(":case-closed")


async def test_a_contractor_answers_as_any_partner(api: httpx.AsyncClient, service: Service) -> None:
    """It fetches what it is asked, with the place, and says yes; then it comes, and the customer hears that."""
    await _act(api, "call-contractor")
    (asked,) = (await _get(api, "/requests", partner="tow-1"))["requests"]
    assert (asked["body"]["what"], asked["body"]["place"]["source"]) == ("tow", "gnss")
    order = {"order": asked["body"]["order"], "attempt": 1, "accepted": True, "arrives_at": service.now() + 900}
    await _post(api, "/orders/answer", order)
    view = await _view(api)
    assert (view["order"]["state"], view["help"]["state"]) == ("accepted", "cancelled")
    brief = await _post(api, "/agents/a-1/claim", {"languages": ["lv"], "provenance": "simulated"})
    assert any("partner" in one for one in brief["say_en"])
    assert not any("called off" in one for one in brief["say_en"])


async def test_notes_mutes_shift_and_capacity_are_read(api: httpx.AsyncClient) -> None:
    """What whoever takes over has to know."""
    await _act(api, "take", dispatcher="anna")
    await _act(api, "note")
    await _act(api, "escalate", dispatcher="bob")
    await _act(api, "hand-over", to="bob", dispatcher="anna")
    mute = {"device": "volta/car-1", "for_s": 600, "reason": "in the workshop", "ref": "m-1"}
    await _post(api, "/devices/mute", mute)
    await _post(api, "/devices/mute", mute | {"device": "volta/nobody", "ref": "m-2"}, 404)
    await _post(api, "/devices/mute", mute | {"for_s": 1e6, "ref": "m-3"}, 422)
    view = await _view(api)
    assert [one["text"] for one in view["notes"]] == ["she is alone with a child"]
    assert [(one["reason"], one["to"]) for one in view["escalations"]] == [("asked_for", "supervisors")]
    shift = await _get(api, "/shift", dispatcher="demo-bob")
    counts = {name: shift[name]["count"] for name in ("mine", "handed_to_me", "unacknowledged", "escalated", "waiting")}
    assert counts == {"mine": 1, "handed_to_me": 1, "unacknowledged": 1, "escalated": 1, "waiting": 0}
    assert [one["device"] for one in shift["muted"]] == ["volta/car-1"]
    assert (await _get(api, "/dispatchers")) == [{"dispatcher": "demo-bob", "cases": 1}]
    house = await _get(api, "/capacity")
    assert {one["skill"]: (one["free"], one["busy"]) for one in house["skills"]}["battery"] == (1, 1)
    await _post(api, "/devices/unmute", {"device": "volta/car-1", "ref": "m-4"})
    assert await _get(api, "/devices/muted") == []


@pytest.mark.parametrize("name", sorted(ACTS))
async def test_what_makes_no_sense_is_refused(api: httpx.AsyncClient, name: str) -> None:
    """No such case; nothing said; a member that there is not; control characters; a version that is none."""
    body = {"case": "volta/car-9/1-1", "seen": 1, "ref": "x"} | ACTS[name]
    assert (await _post(api, f"/cases/{name}", body, 404))["type"].endswith(":unknown-case")
    for wrong in ({}, body | {"more": 1}, body | {"reason": "\x00"}, body | {"seen": -1}, body | {"ref": ""}):
        await _post(api, f"/cases/{name}", wrong, 422)
    rows = (await _get(api, "/ledger", limit=5_000))["rows"]
    assert not any(row["key"] == "act/x" for row in rows)


@pytest.mark.parametrize("name", ["cancel", "escalate"])
async def test_some_acts_need_a_reason(api: httpx.AsyncClient, name: str) -> None:
    """Whoever comes later asks for it."""
    await _act(api, name, 422, reason="")


async def test_acts_survive_a_restart_and_stale_ones_are_known_behind_it(tmp_path: Path, words: Words) -> None:
    """Owner, pin and note stand; an act by what was seen before is stale; a repeat is one."""
    with Journal.open(tmp_path) as journal:
        service, running = await _served(journal)
        async with _client(service) as api:
            await _stage(api, service, words)
            old = await _view(api)
            taken = {"case": old["case"], "seen": old["version"], "ref": "t-1", "dispatcher": "anna"}
            await _post(api, "/cases/take", taken)
            await _act(api, "pin", truck=old["help"]["truck"], dispatcher="anna")
            await _act(api, "note", dispatcher="bob")
            before = await _view(api)
        service.driver.stop()
        await running
    with Journal.open(tmp_path) as journal:
        service, running = await _served(journal)
        async with _client(service) as api:
            view = await _view(api)
            assert view["care"] == before["care"]
            assert (view["notes"], view["version"]) == (before["notes"], before["version"])
            assert not service.drift
            stale = await _post(api, "/cases/let-go", taken | {"ref": "t-2"}, 409)
            assert stale["type"].endswith(":stale")
            assert (await _post(api, "/cases/take", taken))["repeat"]
        service.driver.stop()
        await running


async def test_reasons_and_notes_are_sealed(tmp_path: Path, words: Words) -> None:
    """They are words about a customer, and read by whoever has the key."""
    with Journal.open(tmp_path) as journal:
        service, running = await _served(journal)
        async with _client(service) as api:
            await _stage(api, service, words)
            await _act(api, "note", text="her husband is Janis")
            await _act(api, "take", reason="he rang from Cesis")
        service.driver.stop()
        await running
        said = " ".join(line(row).what for row in journal.ledger.rows())
        assert "Janis" in said
        assert "Cesis" in said
        with journal._database.reading() as connection:
            bodies = " ".join(connection.scalars(text("SELECT body FROM ledger")))
        assert "Janis" not in bodies
        assert "Cesis" not in bodies


def test_every_act_needs_the_dispatchers_permission() -> None:
    """And nobody has it but those who dispatch; taking over is the supervisor's."""
    found = {one.path.removeprefix("/api/v1/cases/"): one.needs.permission for one in routes()}
    assert {found[name] for name in ACTS} == {Permission.DISPATCH_CASES}
    assert [role for role in Role if Permission.DISPATCH_CASES in GRANTS[role]] == [Role.DISPATCHER, Role.SUPERVISOR]
    assert [role for role in Role if Permission.TAKE_OVER_CASES in GRANTS[role]] == [Role.SUPERVISOR]


def test_the_acts_are_in_the_dispatchers_page(room: Room) -> None:
    """``docs/dispatching.md`` names every path and every ground of refusal."""
    from dispatch.core.objections import Ground  # noqa: PLC0415 - beside what it is held against

    page = (Path(__file__).parents[2] / "docs/dispatching.md").read_text("utf-8")
    assert all(f"`cases/{name}`" in page for name in ACTS)
    assert all(f"`{one}`" in page for one in Ground)
    assert room.now
