"""The HTTP API, spoken to as agents, partners and a telephone exchange do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from dispatch.core.desk import Desk
from dispatch.core.events import OrderAnswered
from dispatch.core.policy import Policy
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.policy_file import desk_policy, road_lines
from dispatch.service.service import Service
from dispatch.store.errors import JournalFailed
from dispatch.views.local_time import local_time
from dispatch.web.api.app import create_app
from gateway.finding import Carries, Load
from gateway.links.handover.delivery import Delivery
from tests.conftest import until

pytestmark = pytest.mark.anyio
Words = Hear = Any
"""What fixtures of these names give."""
AGENT = {"languages": ["lv"], "provenance": "simulated"}


@pytest.fixture
async def api(service: Service, words: Words) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it; devices, a customer and partners are registered."""
    wire = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=wire, base_url="http://callahead/api/v1") as client:
        where = {"latitude": 56.9, "longitude": 24.1, "provenance": "simulated"}
        await _post(client, "/vendors", words.vendors)
        await _post(client, "/devices", words.registered)
        await _post(client, "/customers", [words.customer])
        await _post(client, "/workshops", [{"workshop": "w-1", **where}])
        await _post(client, "/suppliers", [{"supplier": "s-1", "serves": ["supplies", "technician"], **where}])
        yield client


async def _post(api: httpx.AsyncClient, path: str, body: Any, expected: int = 200) -> Any:
    answer = await api.post(path, json=body)
    assert answer.status_code == expected, answer.text
    if expected >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.json() if answer.content else None


async def _get(api: httpx.AsyncClient, path: str, expected: int = 200, **query: Any) -> Any:
    answer = await api.get(path, params=query)
    assert answer.status_code == expected, answer.text
    return answer.json()


async def test_a_claim_is_answered_with_the_brief(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """Who, what broke, what is on its way and what to say, with the customer's name and number."""
    await hear(words.truck())
    await hear(words.flat_battery())
    brief = await _post(api, "/agents/a-1/claim", AGENT)
    assert brief["customer"]["name"] == "Anna Ozola"
    assert "battery" in brief["broke"]
    assert "help/truck-1 was asked and has not promised yet" in brief["on_the_way"][0]
    assert brief["say"]


async def test_the_brief_asks_by_the_services_own_policy(
    api: httpx.AsyncClient, hear: Hear, words: Words, service: Service
) -> None:
    """Where 8 m are too vague to the desk, the agent asks where it is: the screen has no policy of its own."""
    service.room.desk = Desk(Policy(place_accuracy_m=5.0))
    await hear(words.truck())
    await hear(words.flat_battery())
    brief = await _post(api, "/agents/a-1/claim", AGENT)
    assert brief["ask_where"]
    assert brief["on_the_way"] == []


async def test_hours_are_told_by_the_customers_clock(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """Registered in Tehran: the agent reads the zone with the hour; a zone that there is not is refused."""
    await _post(api, "/customers", [words.customer | {"time_zone": "Asia/Tehran"}])
    await hear(words.truck())
    await hear(words.flat_battery())
    (case,) = await _get(api, "/cases")
    await hear(words.truck(job={"id": f"{case['case']}/tow", "state": "accepted"}))
    brief = await _post(api, "/agents/a-1/claim", AGENT)
    assert "+0330" in brief["on_the_way"][0]
    assert brief["language"] == "lv"
    assert len(brief["say"]) == len(brief["say_en"])
    problem = await _post(api, "/customers", [words.customer | {"time_zone": "Riga"}], 422)
    assert "'Riga' is no time zone of the IANA database" in str(problem)


async def test_a_timeline_of_long_ago_has_the_customers_call(
    api: httpx.AsyncClient, hear: Hear, words: Words, service: Service
) -> None:
    """Read again from the ledger, it is the one that was shown while the case was at hand."""
    await hear(words.truck())
    await _post(api, "/calls/inbound", {"ref": "7", "customer": words.customer["customer"]})
    brief = await _post(api, "/agents/a-1/claim", AGENT)
    one = {"call": brief["call"], "attempt": brief["attempt"]}
    await _post(api, "/calls/connected", one)
    told = {"ref": "7", "customer": "c-1", "part": "battery_12v", "place": {"latitude": 56.95, "longitude": 24.1}}
    case = (await _post(api, "/cases/reported", told | {"call": brief["call"]}))["case"]
    await _post(api, "/calls/ended", one | {"outcome": "informed"})
    (view,) = await _get(api, "/cases")
    assert (view["contact"], view["rang_in"]) == ("spoken to", ["in/7"])
    shown = await _get(api, "/cases/timeline", case=case)
    assert shown[0]["what"] == "the customer rang in"
    assert shown[-1]["what"].startswith("call ended: informed")
    service.casebook.cases.clear()
    assert await _get(api, "/cases/timeline", case=case) == shown


async def test_a_claim_waits_for_a_call(api: httpx.AsyncClient, hear: Hear, words: Words, service: Service) -> None:
    """The agent who waits is answered as soon as a call is queued."""
    waiting = asyncio.create_task(_post(api, "/agents/a-1/claim", AGENT | {"wait_s": 10}))
    await until(lambda: bool(service.waiting_agents._waiting))
    await hear(words.flat_battery())
    assert (await waiting)["call"] == "volta/car-1/1-1/call"


async def test_an_agent_who_gave_up_is_given_nothing(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """204 after the wait; a call that comes later waits for somebody who is there."""
    await _post(api, "/agents/a-1/claim", AGENT | {"wait_s": 0}, 204)
    await hear(words.flat_battery())
    (call,) = await _get(api, "/queue")
    assert call["state"] == "queued"
    assert 0 < call["phones_within_two_minutes"] < 0.5
    assert call["hazards"] == "usual-1"
    await _post(api, "/calls/inbound", {"ref": "7", "customer": "c-9"}, 404)


async def test_a_service_that_ends_waits_for_nobody_who_asks_again(api: httpx.AsyncClient, service: Service) -> None:
    """Whoever waits is sent away, asks again at once, and would be hung up on with an error."""
    waiting = asyncio.create_task(_post(api, "/agents/a-1/claim", AGENT | {"wait_s": 60}, 204))
    await until(lambda: bool(service.waiting_agents._waiting))
    service.waiting_agents.send_away()
    await waiting
    await _post(api, "/agents/a-1/claim", AGENT | {"wait_s": 60}, 204)
    assert not service.waiting_agents._waiting


async def test_a_newer_claim_takes_the_place_of_the_older(
    api: httpx.AsyncClient, hear: Hear, words: Words, service: Service
) -> None:
    """An agent whose connection broke asks again; the call comes once, on the newer request."""
    older = asyncio.create_task(_post(api, "/agents/a-1/claim", AGENT | {"wait_s": 10}, 204))
    await until(lambda: bool(service.waiting_agents._waiting))
    newer = asyncio.create_task(_post(api, "/agents/a-1/claim", AGENT | {"wait_s": 10}))
    await older
    await hear(words.flat_battery())
    assert (await newer)["attempt"] == 1


async def test_repeats_change_nothing(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """Connected and ended, told twice, stand in the ledger once, also after the call is over."""
    await hear(words.flat_battery())
    brief = await _post(api, "/agents/a-1/claim", AGENT)
    one = {"call": brief["call"], "attempt": brief["attempt"]}
    assert [await _post(api, "/calls/connected", one) for _ in "ab"] == [{"repeat": False}, {"repeat": True}]
    over = one | {"outcome": "informed"}
    assert [await _post(api, "/calls/ended", over) for _ in "ab"] == [{"repeat": False}, {"repeat": True}]
    assert await _post(api, "/calls/connected", one) == {"repeat": True}
    rows = (await _get(api, "/ledger"))["rows"]
    assert [row["type"] for row in rows if row["type"].startswith("Call")] == ["CallConnected", "CallEnded"]


async def test_another_agents_word_is_refused(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """Who connects and ends a call is whom it was given to; the row says so where the body does not."""
    await hear(words.flat_battery())
    brief = await _post(api, "/agents/a-1/claim", AGENT)
    one = {"call": brief["call"], "attempt": brief["attempt"]}
    over = one | {"outcome": "informed"}
    for path, body in (("/calls/connected", one), ("/calls/ended", over)):
        problem = await _post(api, path, body | {"agent": "a-2"}, 409)
        assert problem["type"] == "urn:callahead:problem:not-your-call"
        assert problem["detail"] == f"{brief['call']} was given to a-1"
    await _post(api, "/calls/connected", one)
    await _post(api, "/calls/ended", over | {"agent": "a-1"})
    assert (await _post(api, "/calls/ended", over | {"agent": "a-2"}, 409))["detail"].endswith("was given to a-1")
    rows = [row for row in (await _get(api, "/ledger"))["rows"] if row["type"] in {"CallConnected", "CallEnded"}]
    assert [json.loads(row["body"])["agent"] for row in rows] == ["a-1", "a-1"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"outcome": "informed"}, {"outcome": "informed"}, 200),
        ({"outcome": "informed"}, {"outcome": "informed", "wants_help": True}, 200),
        ({"outcome": "informed"}, {"outcome": "no_answer"}, 409),
        ({"outcome": "no_answer"}, {"outcome": "informed"}, 409),
        ({"outcome": "informed", "wants_help": True}, {"outcome": "informed", "wants_help": False}, 409),
        (
            {"outcome": "informed", "place": {"latitude": 56.95, "longitude": 24.1}},
            {"outcome": "informed", "place": {"latitude": 57.3, "longitude": 24.1}},
            409,
        ),
    ],
)
async def test_a_call_that_is_ended_from_two_windows(
    api: httpx.AsyncClient, hear: Hear, words: Words, *, first: dict[str, Any], second: dict[str, Any], expected: int
) -> None:
    """The same again is a repeat; another outcome is told what was said first, which holds."""
    await hear(words.flat_battery())
    brief = await _post(api, "/agents/a-1/claim", AGENT)
    one = {"call": brief["call"], "attempt": brief["attempt"], "agent": "a-1"}
    await _post(api, "/calls/connected", one)
    await _post(api, "/calls/ended", one | first)
    answer = await _post(api, "/calls/ended", one | second, expected)
    if expected == 200:
        assert answer == {"repeat": True}
    else:
        assert answer["type"] == "urn:callahead:problem:call-ended-otherwise"
        assert f"was ended before: {first['outcome']}" in answer["detail"]
        assert "by a-1" in answer["detail"]
    rows = (await _get(api, "/ledger"))["rows"]
    assert sum(row["type"] == "CallEnded" for row in rows) == 1


async def test_two_windows_at_the_same_time(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """Neither is stored when the other is asked: one of them holds, the other is told which."""
    await hear(words.flat_battery())
    brief = await _post(api, "/agents/a-1/claim", AGENT)
    one = {"call": brief["call"], "attempt": brief["attempt"]}
    both = [api.post("/calls/ended", json=one | {"outcome": outcome}) for outcome in ("informed", "declined_help")]
    assert sorted([answer.status_code for answer in await asyncio.gather(*both)]) == [200, 409]


async def test_a_no_calls_the_truck_off(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """With whatever outcome it comes; the timeline and the truck say the same."""
    await hear(words.truck())
    await hear(words.flat_battery())
    brief = await _post(api, "/agents/a-1/claim", AGENT)
    one = {"call": brief["call"], "attempt": brief["attempt"]}
    await _post(api, "/calls/connected", one)
    refused = await _post(api, "/calls/ended", one | {"outcome": "declined_help", "wants_help": True}, 422)
    assert refused["type"] == "urn:callahead:problem:wants-help-contradicts"
    await _post(api, "/calls/ended", one | {"outcome": "informed", "wants_help": False})
    rows = [row["type"] for row in (await _get(api, "/ledger"))["rows"]]
    assert "CancelTow" in rows
    assert rows[-1] == "CloseCase"


async def test_nobody_who_did_not_answer_said_no(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """What is told beside ``no_answer`` was said by nobody, and does not stand in the ledger."""
    await hear(words.flat_battery())
    brief = await _post(api, "/agents/a-1/claim", AGENT)
    one = {"call": brief["call"], "attempt": brief["attempt"]}
    await _post(api, "/calls/ended", one | {"outcome": "no_answer", "wants_help": False})
    (row,) = [row for row in (await _get(api, "/ledger"))["rows"] if row["type"] == "CallEnded"]
    assert json.loads(row["body"])["wants_help"] is None


async def test_the_next_agent_sees_that_a_session_was_lost(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """An agent who claims again while connected: the customer counts as unknown, and whoever rings is told why."""
    await hear(words.flat_battery())
    brief = await _post(api, "/agents/a-1/claim", AGENT)
    one = {"call": brief["call"], "attempt": brief["attempt"]}
    await _post(api, "/calls/connected", one)
    assert (await _get(api, "/cases"))[0]["informed_at"] is not None
    again = await _post(api, "/agents/a-1/claim", AGENT)
    assert (again["call"], again["attempt"]) == (brief["call"], 2)
    assert "may have spoken already" in again["again"]
    assert (await _get(api, "/cases"))[0]["informed_at"] is None


async def test_an_unknown_call_is_404(api: httpx.AsyncClient) -> None:
    """And does not enter the ledger."""
    before = (await _get(api, "/ledger"))["next"]
    problem = await _post(api, "/calls/connected", {"call": "nix", "attempt": 1}, 404)
    assert problem["type"] == "urn:callahead:problem:unknown-call"
    assert (await _get(api, "/ledger"))["next"] == before


async def test_a_customer_who_phones_first(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """Our call is withdrawn; whoever answers sees everything; the agent who had our call is told with 409."""
    await hear(words.truck())
    await hear(words.flat_battery())
    ours = await _post(api, "/agents/a-1/claim", AGENT)
    brief = await _post(api, "/calls/inbound", {"ref": "77", "phone": "+37120000001"})
    assert (brief["call"], brief["case"], brief["direction"]) == ("in/77", ours["case"], "inbound")
    assert brief["on_the_way"]
    problem = await _post(api, "/calls/connected", {"call": ours["call"], "attempt": 1}, 409)
    assert "customer phoned" in problem["detail"]
    answered = await _post(api, "/agents/a-2/claim", AGENT)
    assert answered["call"] == "in/77"
    await _post(api, "/calls/connected", {"call": "in/77", "attempt": 1})


async def test_a_customer_phones_about_nothing_we_know(api: httpx.AsyncClient) -> None:
    """The case is null; told again with the same reference, it is the same call."""
    for _ in "ab":
        brief = await _post(api, "/calls/inbound", {"ref": "78", "customer": "c-1"})
        assert brief["case"] is None
    assert len(await _get(api, "/queue")) == 1


async def test_a_stranger_phones(api: httpx.AsyncClient) -> None:
    """They wait as any caller does, and the agent is told to ask; of an id that is nobody's it is told what to do."""
    brief = await _post(api, "/calls/inbound", {"ref": "79", "phone": "+49301234567"})
    assert (brief["customer"], brief["case"], brief["provenance"]) == (None, None, "real")
    assert "Nobody is registered" in brief["telephone"]
    problem = await _post(api, "/calls/inbound", {"ref": "80", "customer": "c-9"}, 404)
    assert "register the customer" in problem["detail"]
    problem = await _post(api, "/calls/inbound", {"ref": "79"}, 422)
    assert "either 'customer' or 'phone'" in problem["detail"]


async def test_partners_fetch_and_answer(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """A workshop that waits is asked at once, goes on behind what it has seen, and answers; a repeat is a no-op."""
    waiting = asyncio.create_task(_get(api, "/requests", partner="w-1", wait_s=10))
    await hear(words.truck())
    await hear(words.flat_battery())
    found = await waiting
    booking = found["requests"][0]
    assert (booking["type"], booking["body"]["workshop"]) == ("BookWorkshop", "w-1")
    assert await _get(api, "/requests", partner="w-1", after=found["next"]) == {"requests": [], "next": found["next"]}
    said = {"booking": booking["body"]["booking"], "attempt": 1, "accepted": True, "slot_at": booking["at"] + 3600}
    answers = [await _post(api, "/bookings/answer", said) for _ in "ab"]
    assert [answer["repeat"] for answer in answers] == [False, True]
    await _post(api, "/bookings/answer", said | {"booking": "nix"}, 404)
    await _post(api, "/orders/fulfilled", {"order": "nix"}, 404)


async def test_what_can_be_read(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """Cases, their timeline, totals, positions with their age, the ledger and health."""
    await hear(words.truck())
    await hear(words.flat_battery())
    case = (await _get(api, "/cases"))[0]
    assert case["finding"]["part"] == "battery_12v"
    assert [line["what"] for line in await _get(api, "/cases/timeline", case=case["case"])][1] == "case opened"
    await _get(api, "/cases/timeline", 404, case="nix")
    assert (await _get(api, "/totals"))["tows"] == 1
    places = {one["properties"]["device"]: one for one in (await _get(api, "/devices/positions"))["features"]}
    assert places["help/truck-1"]["geometry"] == {"type": "Point", "coordinates": [24.1, 56.95]}
    assert places["help/truck-1"]["properties"]["kind"] == "truck"
    assert 0 <= places["volta/car-1"]["properties"]["age_s"] < 60
    assert (await _get(api, "/health"))["store"] == "ok"
    assert "Anna" not in str(await _get(api, "/ledger"))


async def test_the_ledger_waits_for_news(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """Answered with the first rows behind the number asked for."""
    last = (await _get(api, "/ledger"))["next"]
    waiting = asyncio.create_task(_get(api, "/ledger", after=last, wait_s=10))
    await hear(words.truck())
    assert [row["type"] for row in (await waiting)["rows"]] == ["TruckReported"]


async def test_a_refused_message_is_kept_for_its_vendor(api: httpx.AsyncClient, hear: Hear) -> None:
    """With the rule, what is wrong and how it began."""
    await hear(("callahead/v1/volta/car-1/event", b"{nonsense"))
    kept = await _get(api, "/vendors/volta/rejections")
    assert kept["counts"] == {"not-json": 1}
    assert kept["rejections"][0]["problem"]["type"] == "urn:callahead:rule:not-json"
    assert (await _get(api, "/vendors/other/rejections"))["rejections"] == []


async def test_thousands_are_registered_at_once(api: httpx.AsyncClient) -> None:
    """4,000 devices in one request."""
    devices = [{"device": f"volta/d-{number}", "kind": "car", "provenance": "simulated"} for number in range(4_000)]
    assert await _post(api, "/devices", devices) == {"registered": 4_000}


async def test_what_trucks_take_along_and_cars_take_is_registered(api: httpx.AsyncClient, service: Service) -> None:
    """Kept in the store as it was told."""
    load, carries = {"needs": ["all_wheels_up"], "mass_kg": 2_100.0}, {"able": ["high_voltage"], "mass_kg": None}
    await _post(api, "/devices", [{"device": "volta/suv", "kind": "car", "provenance": "simulated", "load": load}])
    await _post(
        api, "/devices", [{"device": "help/t-9", "kind": "truck", "provenance": "simulated", "carries": carries}]
    )
    kept = {record.device: record for record in service.journal.devices.all()}
    assert kept["volta/suv"].load == Load(("all_wheels_up",), 2_100.0)
    assert kept["help/t-9"].carries == Carries(("high_voltage",), None)
    assert kept["volta/car-1"].load == Load()


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        (
            "/devices",
            [{"device": "v/d", "kind": "truck", "provenance": "simulated", "carries": {"able": ["crane"]}}],
            "/0/carries/able/0",
        ),
        (
            "/devices",
            [{"device": "v/d", "kind": "car", "provenance": "simulated", "load": {"mass_kg": -1}}],
            "/0/load/mass_kg",
        ),
        ("/devices", [{"device": "no slash", "kind": "car", "provenance": "simulated"}], "/0/device"),
        ("/devices", [{"device": "v/d", "kind": "boat", "provenance": "simulated"}], "/0/kind"),
        ("/customers", [{"customer": "c"}], "/0/name"),
        ("/calls/ended", {"call": "x", "attempt": 1, "outcome": "asleep"}, "/outcome"),
        ("/calls/ended", {"call": "x", "attempt": 1, "outcome": "informed", "colour": 1}, "/colour"),
    ],
)
async def test_bad_requests_are_told(api: httpx.AsyncClient, path: str, body: object, pointer: str) -> None:
    """RFC 9457, with a JSON pointer to what is wrong."""
    problem = await _post(api, path, body, 422)
    assert problem["status"] == 422
    assert pointer in [fault["pointer"] for fault in problem["faults"]]


async def test_an_unknown_path_is_a_problem_too(api: httpx.AsyncClient) -> None:
    """No HTML from an API."""
    assert "docs" in (await _post(api, "/nix", {}, 404))["detail"]


async def test_the_api_describes_itself(api: httpx.AsyncClient) -> None:
    """Every path has a summary, and names its problems."""
    paths = (await _get(api, "/openapi.json"))["paths"]
    assert len(paths) >= 18
    assert all(one["summary"] for path in paths.values() for one in path.values())


async def test_nothing_is_answered_or_acknowledged_before_it_is_stored(
    api: httpx.AsyncClient, service: Service, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: nothing is acknowledged, health says why; when there is room again, the same batch is stored."""
    commit, acked = service.journal.write, asyncio.Event()

    def full(*_: object) -> None:
        raise JournalFailed("the store did not take the batch: disk is full")

    monkeypatch.setattr(service.journal, "write", full)
    topic, payload = words.flat_battery()
    service.driver.offer(Delivery(topic, payload, retained=False, received_at=service.now(), ack=acked.set))
    await until(lambda: service.driver.committer.trouble is not None)
    waiting = asyncio.create_task(_post(api, "/calls/inbound", {"ref": "1", "customer": "c-1"}))
    assert (await _get(api, "/health"))["store"] == "the store did not take the batch: disk is full"
    assert not acked.is_set()
    assert await _get(api, "/cases") == []
    monkeypatch.setattr(service.journal, "write", commit)
    assert (await asyncio.wait_for(waiting, 5))["case"]
    assert acked.is_set()
    assert (await _get(api, "/health"))["store"] == "ok"


async def test_a_device_shows_how_it_does(api: httpx.AsyncClient, hear: Hear, words: Words, service: Service) -> None:
    """State, place, order of events, clock and readings, each with an age; a repeat and a gap are counted."""
    unheard = await _get(api, "/devices/volta/car-1")
    assert (unheard["state"], unheard["state_age_s"], unheard["place"], unheard["boot"]) == (
        "unknown",
        None,
        None,
        None,
    )
    fault = words.flat_battery(number=4)
    for message in (fault, fault, words.flat_battery(number=7)):
        await hear(message)
    seen = await _get(api, "/devices/volta/car-1")
    assert (seen["state"], seen["boot"], seen["last_seq"], seen["restarts"]) == ("online", 1, 7, 0)
    events = seen["events"]
    assert (events["taken"], events["repeats"], events["missing"], events["lost"]) == (2, 1, 2, 0)
    assert 0 <= seen["state_age_s"] < 10
    assert 0 <= seen["place"]["age_s"] < 10
    assert abs(seen["clock"]["skew_s"]) < 5
    assert seen["readings"]["Vehicle.LowVoltageBattery.CurrentVoltage"] == 8.1
    assert service.twins()["volta/car-1"].order.repeats == 1
    await hear(("callahead/v1/volta/car-1/state", b'{"online": false, "boot": 1}'))
    assert (await _get(api, "/devices/volta/car-1"))["state"] == "offline"
    assert (await _get(api, "/devices/positions"))["features"][0]["properties"]["state"] == "offline"


async def test_a_vendors_devices_are_counted_by_state(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """All states are counted, one can be asked for alone; no other vendor's device is among them."""
    await hear(words.flat_battery())
    found = await _get(api, "/vendors/volta/devices")
    assert found["counts"] == {"online": 1, "offline": 0, "silent": 0, "unknown": 1}
    assert [line["device"] for line in found["devices"]] == ["volta/car-1", "volta/phone-1"]
    found = await _get(api, "/vendors/volta/devices", state="unknown")
    assert [line["device"] for line in found["devices"]] == ["volta/phone-1"]


async def test_a_device_nobody_registered_is_404(api: httpx.AsyncClient) -> None:
    """With what to do."""
    problem = await _get(api, "/devices/volta/car-99", 404)
    assert problem["type"] == "urn:callahead:problem:unknown-device"
    assert "POST /api/v1/devices" in problem["detail"]


async def test_a_kept_refusal_says_everything(api: httpx.AsyncClient, hear: Hear) -> None:
    """Stable type, pointer, event id and hash are kept with the masked message."""
    await hear(("callahead/v1/volta/car-1/event", b'{"specversion": "1.0", "id": "1-9", "source": "/volta/car-1"}'))
    (kept,) = (await _get(api, "/vendors/volta/rejections"))["rejections"]
    problem = kept["problem"]
    assert problem["type"] == f"urn:callahead:rule:{kept['rule']}"
    assert (problem["event_id"], len(problem["sha256"])) == ("1-9", 64)
    assert problem["detail"]


async def test_an_agent_takes_down_what_no_device_told_of(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """A case is opened while the customer is on the line, once, and a truck is on its way."""
    await hear(words.truck())
    await _post(api, "/calls/inbound", {"ref": "7", "customer": words.customer["customer"]})
    brief = await _post(api, "/agents/a-1/claim", AGENT)
    await _post(api, "/calls/connected", {"call": brief["call"], "attempt": brief["attempt"]})
    place = {"latitude": 56.95, "longitude": 24.1}
    told = {
        "ref": "7",
        "customer": words.customer["customer"],
        "part": "battery_12v",
        "place": place,
        "call": brief["call"],
    }
    first = await _post(api, "/cases/reported", told)
    assert await _post(api, "/cases/reported", told) == {"case": first["case"], "repeat": True}
    (case,) = await _get(api, "/cases")
    assert (case["case"], case["help"]["truck"]) == (first["case"], "help/truck-1")
    assert case["informed_at"] is not None
    looked = {"ref": "8", "by": "crew", "case": first["case"], "part": "alternator"}
    assert (await _post(api, "/cases/reported", looked))["case"] == first["case"]


@pytest.mark.parametrize(
    ("told", "status", "what"),
    [
        ({"customer": "c-9"}, 404, "nobody is registered as c-9"),
        ({"device": "volta/car-99"}, 404, "nothing is registered as volta/car-99"),
        ({"case": "volta/car-1/1-1", "by": "crew"}, 404, "no case 'volta/car-1/1-1' is open"),
        ({"device": "volta/car-1", "part": "compressor"}, 422, "'compressor' is no part of a car"),
        ({}, 422, "exactly one of"),
    ],
)
async def test_a_report_about_nothing_known_is_refused(
    api: httpx.AsyncClient, told: dict[str, Any], status: int, what: str
) -> None:
    """It says what is not known, and what to do."""
    assert what in str(await _post(api, "/cases/reported", {"ref": "1", **told}, status))


async def test_what_names_something_else_is_no_case(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """A customer's id, a part of a case's, a word of the ledger: 404, and no error of ours."""
    await hear(words.truck())
    await hear(words.flat_battery())
    for case in ("c-1", "volta/car-1", "volta/car-1/1-", "0", "1", "lv", "%", "_", "volta/car-1/1-2/tow"):
        await _get(api, "/cases/timeline", 404, case=case)


async def test_an_hour_that_no_calendar_has_spoils_no_page(
    service: Service, api: httpx.AsyncClient, hear: Hear, words: Words
) -> None:
    """An older service took a supplier's milliseconds; its ledger is shown all the same."""
    fridge = words.registered[0] | {"device": "volta/fridge-1", "kind": "fridge", "paired_phone": None}
    await _post(api, "/devices", [fridge | {"home_latitude": 56.9, "home_longitude": 24.1}])
    item = {"gtin": "4006381333931", "name": "milk", "quantity": 0.5, "reorder_at": 1, "reorder_quantity": 4}
    told = {"specversion": "1.0", "type": "callahead.appliance.stock.v1", "data": {"items": [item]}}
    head = {"source": "/volta/fridge-1", "id": "1-1", "time": "2026-01-12T06:00:00Z", "provenance": "simulated"}
    await hear(("callahead/v1/volta/fridge-1/event", json.dumps(told | head).encode()))
    (case,) = service.casebook.open_cases()
    assert case.order is not None
    await service.tell(OrderAnswered(f"{case.case}/order", 1, accepted=True, arrives_at=1_795_954_887_000.0))
    (case,) = service.casebook.open_cases()
    assert any("an unknown hour" in line["what"] for line in await _get(api, "/cases/timeline", case=case.case))
    assert await _get(api, "/cases")
    assert await _post(api, "/calls/inbound", {"ref": "in-1", "customer": "c-1"})


def test_an_hour_that_no_calendar_has_is_told_as_such() -> None:
    """In the words of a call and of an agent's screen."""
    assert local_time("Europe/Riga", None).when(1.8e12, 1.8e9, "en")
    assert local_time("Europe/Riga", None).hour(-1e300, 1.8e9) == "an unknown hour"


async def test_two_customers_with_one_number(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """Nobody is guessed, whatever is open under it: an agent asks, and then their call is about their case."""
    await _post(api, "/customers", [{**words.customer, "customer": "a-husband"}])
    await hear(words.flat_battery())
    brief = await _post(api, "/calls/inbound", {"ref": "1", "phone": "00371 2000-0001"})
    assert (brief["customer"], brief["case"]) == (None, None)
    assert brief["telephone"] == "a-husband, c-1 have the number that rings. Ask who it is."
    stranger = next(one["customer"] for one in await _get(api, "/queue") if one["call"] == "in/1")
    told = await _get(api, f"/customers/{stranger}/conversation")
    assert [one["customer"] for one in told["candidates"]] == ["a-husband", "c-1"]
    claimed = await _post(api, "/agents/a-1/claim", AGENT)
    assert claimed["call"] == "in/1"
    await _post(api, "/calls/connected", {"call": "in/1", "attempt": 1})
    await _post(api, f"/conversations/{stranger}/identify", {"customer": "c-1"})
    case = (await _get(api, "/cases"))[0]["case"]
    await _post(api, "/calls/ended", {"call": "in/1", "attempt": 1, "outcome": "informed"})
    assert await _get(api, "/queue") == [], "they know: nobody rings them about it"
    assert (await _get(api, f"/cases?case={case}"))[0]["informed_at"] is not None


async def test_a_car_that_is_sold_while_its_case_is_open(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """Who owned it is not rung about it any more; what fails next is the new owner's."""
    await hear(words.flat_battery())
    car = next(one for one in words.registered if one["device"] == "volta/car-1")
    await _post(api, "/customers", [{**words.customer, "customer": "c-2", "phone": "+37120000002"}])
    await _post(api, "/devices", [car])
    assert [call["customer"] for call in await _get(api, "/queue")] == ["c-1"], (
        "registered anew, it is the same owner's"
    )
    await _post(api, "/devices", [{**car, "customer": "c-2"}])
    [case] = await _get(api, "/cases", open=False)
    assert (case["customer"], case["close_reason"]) == ("c-1", "handed_on")
    assert await _get(api, "/queue") == []
    await hear(words.flat_battery())
    assert [call["customer"] for call in await _get(api, "/queue")] == ["c-2"]


async def test_a_truck_that_is_under_way_goes_on_when_the_car_is_sold(
    api: httpx.AsyncClient, hear: Hear, words: Words
) -> None:
    """Somebody stands there; but who owned it is not rung."""
    await hear(words.truck())
    await hear(words.flat_battery())
    car = next(one for one in words.registered if one["device"] == "volta/car-1")
    await _post(api, "/devices", [{**car, "customer": None}])
    [case] = await _get(api, "/cases")
    assert (case["closed_at"], case["help"]["truck"]) == (None, "help/truck-1")
    assert await _get(api, "/queue") == []


async def test_roads_are_drawn_where_there_are_any(api: httpx.AsyncClient, service: Service) -> None:
    """By class, with whose map it is; a service without says how to have some."""
    answer = await api.get("/roads")
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "start callahead-serve with --roads, as --roads gothenburg",
    )
    service.road_lines = road_lines(desk_policy(HousePolicy(roads="gothenburg")))
    found = await _get(api, "/roads")
    drawn = {one["properties"]["road"]: one["geometry"] for one in found["features"]}
    assert found["attribution"] == "© OpenStreetMap contributors, ODbL 1.0"
    assert {"motorway", "residential"} < drawn.keys()
    assert "service" not in drawn
    longitude, latitude = drawn["motorway"]["coordinates"][0][0]
    assert (57 < latitude < 58, 11 < longitude < 13) == (True, True)
    assert road_lines(desk_policy(HousePolicy())) is None
