"""The voice menu: what a machine says to who rings in, and what a pressed key comes to. Spoken to as an exchange does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from dispatch.service.service import Service
from dispatch.views.contact import Contact
from dispatch.views.conversation import Fact
from dispatch.web.api.app import create_app

pytestmark = pytest.mark.anyio
Words = Hear = Any
"""What fixtures of these names give."""
RINGS = {"ref": "77", "phone": "+37120000001"}


@pytest.fixture
async def api(service: Service, words: Words) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it; devices and a customer are registered."""
    wire = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=wire, base_url="http://callahead/api/v1") as client:
        for path, body in (
            ("/vendors", words.vendors),
            ("/devices", words.registered),
            ("/customers", [words.customer]),
        ):
            assert (await client.post(path, json=body)).status_code == 200
        yield client


async def _menu(api: httpx.AsyncClient, expected: int = 200, **more: Any) -> Any:
    answer = await api.post("/calls/menu", json=RINGS | more)
    assert answer.status_code == expected, answer.text
    return answer.json()


async def _queue(api: httpx.AsyncClient) -> list[Any]:
    found: list[Any] = (await api.get("/queue")).json()
    return found


async def test_who_rings_about_what_we_know_is_told_at_once(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """In their language: what broke, that help is looked for, what a key says; our own call still waits."""
    await hear(words.flat_battery())
    told = await _menu(api)
    assert (told["state"], told["language"]) == ("menu", "lv")
    assert told["say"][0] == "Mēs par to jau zinām."
    assert "akumulators" in told["say"][1]
    assert [(one["key"], one["answer"]) for one in told["options"]] == [("1", "has_stopped"), ("0", None)]
    assert [call["direction"] for call in await _queue(api)] == ["outbound"]


async def test_a_key_spares_both_the_call(api: httpx.AsyncClient, hear: Hear, words: Words, service: Service) -> None:
    """What a key says is the customer's word: nobody rings, help goes on, and it stands in the one conversation."""
    await hear(words.truck())
    await hear(words.flat_battery())
    told = await _menu(api)
    done = await _menu(api, **(told["options"][0] | {"key": "1"}))
    assert done["state"] == "done"
    assert "apstājieties" not in done["say"][1]  # they have just said that they stand
    assert "Lūdzu, tālāk nebrauciet." in done["say"][1]
    assert await _queue(api) == []
    (case,) = service.casebook.cases.values()
    assert (case.contact, case.help.state if case.help else None) == (Contact.ANSWERED, "offered")
    assert case.has_stopped
    assert service.casebook.conversation("c-1").told[case.case][Fact.HAS_STOPPED].channel == "ivr"
    lines = service.casebook.conversation("c-1").lines
    assert ("ivr", "has stopped") in [(line.channel, line.text) for line in lines]
    again = await _menu(api, **(told["options"][0] | {"key": "1"}))
    assert again["state"] == "done"  # the exchange asks twice: nothing is done twice
    assert len(service.casebook.conversation("c-1").lines) == len(lines)


async def test_nought_is_for_a_person(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """They wait for an agent as who rang in does, and our call to them is withdrawn."""
    await hear(words.flat_battery())
    assert (await _menu(api, key="0"))["state"] == "queued"
    (waiting,) = await _queue(api)
    assert (waiting["call"], waiting["direction"]) == ("in/77", "inbound")


async def test_who_waits_for_a_person_is_not_hung_up_on(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """A key that is pressed while they hold the line is heard, and an agent comes all the same."""
    await hear(words.flat_battery())
    told = await _menu(api)
    assert (await _menu(api, key="0"))["state"] == "queued"
    assert (await _menu(api, **(told["options"][0] | {"key": "1"})))["state"] == "queued"
    assert [call["direction"] for call in await _queue(api)] == ["inbound"]


async def test_of_whom_nothing_is_broken_goes_to_a_person_at_once(api: httpx.AsyncClient) -> None:
    """There is nothing to say, and nobody is kept in a menu."""
    assert (await _menu(api))["state"] == "queued"
    assert len(await _queue(api)) == 1


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"key": "12"}, (422, "key")),
        ({"key": "1", "answer": "wants_no_help", "case": "volta/car-1/1-7"}, (409, "menu-changed")),
        ({"phone": "+49301234567"}, (404, "unknown-customer")),
        ({"customer": "c-1"}, (422, "either 'customer' or 'phone'")),
    ],
)
async def test_nonsense_is_told(
    api: httpx.AsyncClient, hear: Hear, words: Words, more: dict[str, Any], problem: tuple[int, str]
) -> None:
    """With its reason; a key that means nothing says the keys again."""
    await hear(words.flat_battery())
    answer = await api.post("/calls/menu", json=RINGS | more)
    assert (answer.status_code, problem[1] in answer.text) == (problem[0], True), answer.text
    assert (await _menu(api, key="9"))["state"] == "menu"


async def test_who_comes_to_a_branch_waits_like_who_rings(
    api: httpx.AsyncClient, hear: Hear, words: Words, service: Service
) -> None:
    """One case, one conversation: whoever takes them sees what was said on other channels."""
    await hear(words.flat_battery())
    answer = await api.post("/calls/inbound", json={"ref": "b-1", "customer": "c-1", "channel": "branch"})
    assert answer.status_code == 200
    (waiting,) = await _queue(api)
    assert waiting["call"] == "in/b-1"
    assert service.casebook.calls["in/b-1"].channel == "branch"
    assert service.casebook.conversation("c-1").lines[-1].text == "is at a branch"


async def test_a_machine_tells_nobody_of_anothers_car(api: httpx.AsyncClient, hear: Hear, words: Words) -> None:
    """Of two with one number, whose car is broken is not said before somebody has asked who it is."""
    other = words.customer | {"customer": "c-2", "name": "Juris Ozols"}
    assert (await api.post("/customers", json=[other])).status_code == 200
    await hear(words.flat_battery())
    told = await _menu(api)
    assert (told["state"], len(told["say"])) == ("queued", 1)
