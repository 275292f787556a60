"""An agent takes down what a caller tells of: of a silent device, of a stranger; and how a customer wants to be reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from dispatch.service.service import Service
from dispatch.web.api.app import create_app
from tests.dispatch.conftest import heard

if TYPE_CHECKING:
    from conftest import Words

pytestmark = pytest.mark.anyio
AGENT = {"languages": ["lv", "en"], "provenance": "simulated"}
NUMBER = "+37129999999"
HERE = {"latitude": 56.951, "longitude": 24.101}


@pytest.fixture
async def api(service: Service, words: Words) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it; devices and a customer are registered, and a truck is there."""
    wire = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=wire, base_url="http://callahead/api/v1") as client:
        await post(client, "/vendors", words.vendors)
        cars = [one | ({"plate": "AB-1234"} if one["device"] == "volta/car-1" else {}) for one in words.registered]
        await post(client, "/devices", cars)
        await post(client, "/customers", [words.customer])
        await heard(service, *words.truck())
        yield client


async def post(api: httpx.AsyncClient, path: str, body: Any, expected: int = 200) -> Any:
    """What is answered to a request."""
    answer = await api.post(path, json=body)
    assert answer.status_code == expected, answer.text
    return answer.json() if answer.content else None


async def get(api: httpx.AsyncClient, path: str) -> Any:
    """What is answered to a question."""
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stranger_rings(api: httpx.AsyncClient, service: Service, ref: str = "s-1") -> str:
    """Somebody rings from a number that is nobody's, and speaks with an agent: under which name they are known."""
    await post(api, "/calls/inbound", {"ref": ref, "phone": NUMBER, "provenance": "simulated"})
    await post(api, "/agents/a-1/claim", AGENT)
    await post(api, "/calls/connected", {"call": f"in/{ref}", "attempt": 1, "agent": "a-1"})
    return service.casebook.calls[f"in/{ref}"].customer


def told(stranger: str, **more: Any) -> dict[str, Any]:
    """What they tell."""
    said = {"ref": "r-1", "customer": stranger, "call": "in/s-1", "name": "Juris Kalns", "place": HERE}
    return said | {"symptoms": ["no_crank"], "drivable": False, **more}


async def test_of_a_strangers_car_a_case_is_opened_and_a_truck_is_sent(
    api: httpx.AsyncClient, service: Service
) -> None:
    """As for any case; they are named to nobody but the register, and later they turn out to be somebody."""
    stranger = await stranger_rings(api, service)
    case = (await post(api, "/cases/reported", told(stranger)))["case"]
    (shown,) = await get(api, "/cases")
    assert (shown["case"], shown["customer"], shown["help"]["state"]) == (case, stranger, "offered")
    assert "the starter does not turn" in " ".join(shown["finding"]["why"])
    assert shown["finding"]["drive"] == "stop_now"
    known = service.doors.strangers.get(stranger)
    assert known is not None
    assert (known.name, known.rung_at) == ("Juris Kalns", NUMBER)
    rows = [row.body for row in service.journal.ledger.rows()]
    assert not [row for row in rows if "Kalns" in row or NUMBER in row], "the ledger names nobody"
    await post(api, f"/conversations/{stranger}/identify", {"customer": "c-1"})
    (shown,) = await get(api, "/cases")
    assert (shown["case"], shown["customer"]) == (case, "c-1")
    await post(api, "/calls/ended", {"call": "in/s-1", "attempt": 1, "outcome": "informed", "agent": "a-1"})
    assert await get(api, "/queue") == [], "they know what comes: nobody rings them"
    conversation = await get(api, "/customers/c-1/conversation")
    assert conversation["open_cases"] == [case]


async def test_a_silent_device_of_a_customer_is_told_of_by_its_plate(api: httpx.AsyncClient) -> None:
    """The registered car is meant, however the plate is spaced; what the device says later belongs to the same case."""
    await post(api, "/calls/inbound", {"ref": "k-1", "customer": "c-1"})
    await post(api, "/agents/a-1/claim", AGENT)
    await post(api, "/calls/connected", {"call": "in/k-1", "attempt": 1, "agent": "a-1"})
    said = {"ref": "r-1", "customer": "c-1", "call": "in/k-1", "plate": "ab 1234", "place": HERE}
    await post(api, "/cases/reported", said | {"symptoms": ["no_crank"]})
    (shown,) = await get(api, "/cases")
    assert (shown["device"], shown["help"]["state"]) == ("volta/car-1", "offered")


async def test_who_wants_nobody_is_sent_nobody(api: httpx.AsyncClient, service: Service) -> None:
    """It is written down, and that is all."""
    stranger = await stranger_rings(api, service)
    await post(api, "/cases/reported", told(stranger, wants_help=False))
    (shown,) = await get(api, "/cases")
    assert shown["help"] is None
    await post(api, "/calls/ended", {"call": "in/s-1", "attempt": 1, "outcome": "informed", "agent": "a-1"})
    assert await get(api, "/cases") == [], "it is over"


@pytest.mark.parametrize(
    ("more", "status", "problem"),
    [
        ({"name": ""}, 422, "who-missing"),
        ({"symptoms": ["sings"]}, 422, "unknown-symptom"),
        ({"part": "wing"}, 422, "unknown-part"),
        ({"plate": "AB 1234"}, 409, "plate-known"),
        ({"customer": "c-1"}, 422, "not-a-stranger"),
        ({"customer": "stranger/never"}, 404, "unknown-customer"),
        ({"kind": "spaceship"}, 422, "invalid"),
        ({"symptoms": ["no_crank"] * 33}, 422, "invalid"),
        ({"name": "x" * 201}, 422, "invalid"),
        ({"drivable": "perhaps"}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_taken_down_is_refused_by_name(
    api: httpx.AsyncClient, service: Service, more: dict[str, Any], status: int, problem: str
) -> None:
    """And nothing is opened."""
    stranger = await stranger_rings(api, service)
    answer = await post(api, "/cases/reported", told(stranger) | more, status)
    assert problem in answer["type"] or problem == "invalid"
    assert await get(api, "/cases") == []


async def test_of_a_withheld_number_the_number_is_owed(api: httpx.AsyncClient, service: Service) -> None:
    """Who withholds it, is asked; each such call is somebody else's."""
    await post(api, "/calls/inbound", {"ref": "s-1", "phone": "anonymous", "provenance": "simulated"})
    view = service.casebook.calls["in/s-1"]
    assert "withheld" in service.brief_of("in/s-1").telephone
    await post(api, "/agents/a-1/claim", AGENT)
    await post(api, "/calls/connected", {"call": "in/s-1", "attempt": 1, "agent": "a-1"})
    problem = await post(api, "/cases/reported", told(view.customer), 422)
    assert "their" in problem["detail"]
    await post(api, "/cases/reported", told(view.customer, phone="0371 29 999 998"))


async def test_what_can_be_told_of_is_named_by_kind(api: httpx.AsyncClient) -> None:
    """Parts in the agent's language, symptoms, and of what it is asked whether it drives."""
    found = {one["kind"]: one for one in await get(api, "/kinds?language=lv")}
    meant = [one for one in found.values() if one["meant"]]
    assert len(meant) == 1
    assert meant[0]["drives"]
    assert "ģenerators" in [one["name"] for one in meant[0]["parts"]]
    assert "no_crank" in [one["symptom"] for one in meant[0]["symptoms"]]
    assert not [part for one in found.values() for part in one["parts"] if part["part"] in {"unknown", "nothing"}]
    assert all(one["parts"] for one in found.values())


async def test_an_agent_writes_down_how_they_want_to_be_reached(api: httpx.AsyncClient, service: Service) -> None:
    """It holds at once and stands in the history with who wrote it down; said again it is a repeat."""
    wanted = {"channels": ["sms", "push"], "avoid": ["email"], "language": "ru", "same_agent": True}
    wanted |= {"quiet": "22:00-07:00@Europe/Riga", "technology": {"answer": "sms"}, "agent": "a-1"}
    assert await post(api, "/customers/c-1/preference", wanted) == {"repeat": False}
    assert await post(api, "/customers/c-1/preference", wanted) == {"repeat": True}
    told_now = await get(api, "/customers/c-1/conversation")
    assert told_now["preference"]["channels"] == ["sms", "push"]
    assert told_now["language"] == "ru"
    (line,) = [one for one in told_now["lines"] if one["sort"] == "preferred"]
    assert (line["side"], line["who"]) == ("agent", "a-1")
    assert line["text"].startswith("wants sms, then push; not email; in ru; quiet 22:00-07:00@Europe/Riga")
    (row,) = [row for row in service.journal.ledger.rows() if row.type == "PreferenceChanged"]
    assert '"agent":"a-1"' in row.body
    assert '"by":"demo-a-1"' in row.body


@pytest.mark.parametrize(
    ("customer", "more", "status", "problem"),
    [
        ("c-1", {"channels": ["email"]}, 409, "not-reached"),
        ("c-1", {"channels": ["pigeon"]}, 422, ""),
        ("c-1", {"channels": ["sms"], "avoid": ["sms"]}, 422, ""),
        ("c-1", {"avoid": ["phone"]}, 422, ""),
        ("c-1", {"quiet": "late"}, 422, ""),
        ("c-1", {"language": "x" * 99}, 422, ""),
        ("c-9", {}, 404, "unknown-customer"),
        ("stranger/x", {}, 409, "not-identified"),
    ],
)
async def test_a_wish_that_cannot_hold_is_refused_by_name(
    api: httpx.AsyncClient, customer: str, more: dict[str, Any], status: int, problem: str
) -> None:
    """Nobody is promised what will not be."""
    answer = await post(api, f"/customers/{customer}/preference", more, status)
    assert problem in answer["type"]


async def test_colleagues_are_listed_ready_ones_first(api: httpx.AsyncClient, service: Service) -> None:
    """With what they speak and know, whether they have somebody in hand; never oneself, nor who is away."""
    await stranger_rings(api, service)
    other = AGENT | {"languages": ["ru"], "skills": ["appliance"], "wait_s": 0}
    await post(api, "/agents/a-2/claim", other, 204)
    await post(api, "/agents/a-3/pause", {"reason": "meal"})
    found = await get(api, "/colleagues?beside=a-2")
    assert [(one["agent"], one["state"], one["in_hand"]) for one in found] == [
        ("a-1", "talking", 1),
        ("a-3", "paused", 0),
    ]
    (ready, _) = await get(api, "/colleagues?beside=a-1")
    assert (ready["agent"], ready["languages"], ready["skills"]) == ("a-2", ["ru"], ["appliance"])
