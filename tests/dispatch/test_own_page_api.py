"""Customers' own page over HTTP: links, what it shows, answers, letters, wishes; another's, repeated, flooded, old."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from dispatch.core.actions import SendMessage
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import CustomerWrote
from dispatch.ledger.rows import read
from dispatch.registers.customers import PushSubscription
from dispatch.service.access_registers import SHORT_SECRET
from dispatch.service.page_links import HOLDS_S, LEAST_S
from dispatch.service.service import Service
from dispatch.views.conversation import Fact
from dispatch.web.api.me import LETTERS_AT_ONCE
from tests.dispatch.conftest import HTTP, Connect, Hour, heard

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("linked", "house")]
Words = Any
CASE = "volta/car-1/1-1"
SECOND = {
    "customer": "c-2",
    "name": "Juris Kalns",
    "phone": "+37120000002",
    "language": "ru",
    "provenance": "simulated",
}


@pytest.fixture
async def house(service: Service, connect: Connect, words: Words) -> httpx.AsyncClient:
    """Two customers; the first one's car has broken down, and a truck was asked to go."""
    api = connect()
    for path, body in (
        ("/vendors", words.vendors), ("/devices", words.registered), ("/customers", [words.customer, SECOND]),
    ):  # fmt: skip
        (await api.post(f"/api/v1{path}", json=body)).raise_for_status()
    for message in (words.truck(), words.flat_battery(number=1)):
        await heard(service, *message)
    return api


async def let_in(service: Service, connect: Connect, customer: str) -> httpx.AsyncClient:
    """Return a client of a customer's, who opened the link of a message."""
    client = connect()
    link = await service.page_links.link_of(customer)
    answer = await client.post("/me/enter", json={"link": link.partition("#")[2]})
    assert answer.status_code == 204, answer.text
    return client


async def refused(client: httpx.AsyncClient, path: str, body: Any) -> tuple[int, str]:
    """Return with which status and reason it is refused."""
    answer = await client.post(f"/api/v1/me/{path}", json=body)
    return answer.status_code, answer.json().get("type", "").rpartition(":")[2]


def rows(service: Service, kind: str) -> list[Any]:
    """Return what the ledger has of a kind."""
    return [read(row) for row in service.journal.ledger.rows() if row.type == kind]


async def test_a_link_is_short_hidden_from_servers_and_the_same_for_several_messages(
    service: Service, hour: Hour
) -> None:
    """Behind the hash, letters and digits alone, a hash in the store; a new one when it would not hold long."""
    link = await service.page_links.link_of("c-1")
    begin, _, secret = link.partition("#")
    assert (begin, len(secret), secret.isalnum()) == (f"{HTTP}/me", SHORT_SECRET, True)
    assert await service.page_links.link_of("c-1") == link
    assert all(secret not in str(one) for one in service.journal.access_links.all())
    hour.now += HOLDS_S - LEAST_S + 1
    assert await service.page_links.link_of("c-1") != link
    service.page_links.public_url = ""
    assert await service.page_links.link_of("c-1") == ""


async def test_the_page_is_the_same_for_all_and_runs_our_files_alone(
    house: httpx.AsyncClient, connect: Connect
) -> None:
    """Nothing of anybody in it; no other origin is spoken to; the place of the telephone may be asked for."""
    page = await connect().get("/me")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert not re.search("unsafe|http", policy)
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "geolocation=(self)" in page.headers["permissions-policy"]
    assert "Anna" not in page.text
    made = page.text.partition('data-files="')[2].partition('"')[0]
    for name, status in (("me.js", 200), ("dom.js", 200), ("other.js", 404)):
        assert (await connect().get(f"{made}/{name}")).status_code == status
    said = (await connect().get(f"/me/words/{made.rpartition('/')[2]}/fa-IR")).json()
    assert (said["language"], said["direction"]) == ("fa", "rtl")
    assert (await connect().get("/me/worker.js")).headers["service-worker-allowed"] == "/me"
    assert (await house.get("/api/v1/me")).json()["page"] is None  # the demo's


async def test_a_customer_sees_what_is_theirs_in_their_language(
    service: Service, house: httpx.AsyncClient, connect: Connect, words: Words
) -> None:
    """The case in true sentences, the notice, what may be answered, and no colleague's note; the other one sees nothing of it."""
    note = {"ref": "n", "case": CASE, "seen": service.casebook.cases[CASE].version, "text": "sounds angry"}
    (await house.post("/api/v1/cases/note", json=note)).raise_for_status()
    mine, other = [await let_in(service, connect, one) for one in ("c-1", "c-2")]
    told = (await mine.get("/api/v1/me")).json()
    (case,) = told["page"]["cases"]
    assert (case["case"], told["page"]["language"], case["truck"]["state"]) == (CASE, "lv", "sought")
    assert {one["tone"] for one in case["said"]} == {"know", "do", "comes"}
    assert case["answers"] == ["has_stopped", "place", "call_me"]
    assert "angry" not in str(told)
    assert {one["side"] for one in told["page"]["lines"]} == {"house"}
    page = (await other.get("/api/v1/me")).json()["page"]
    assert (page["cases"], page["lines"], page["language"]) == ([], [], "ru")
    await heard(service, *words.truck(job={"id": f"{CASE}/tow", "state": "accepted"}))
    (case,) = (await mine.get("/api/v1/me")).json()["page"]["cases"]
    assert case["truck"]["state"] == "on_way"
    assert case["truck"]["eta_from"] <= case["truck"]["eta"] <= case["truck"]["eta_until"]


async def test_an_answer_counts_once_however_often_it_is_tapped(service: Service, connect: Connect) -> None:
    """It stands in the conversation; the same reference for another answer is refused, and what was answered is offered no more."""
    mine = await let_in(service, connect, "c-1")
    body = {"ref": "r-1", "case": CASE, "answer": "has_stopped"}
    said = [(await mine.post("/api/v1/me/answers", json=body)).json() for _ in range(2)]
    assert said == [{"repeat": False}, {"repeat": True}]
    (event,) = rows(service, "CustomerAnswered")
    assert (event.customer, event.channel, event.by) == ("c-1", Channel.CHAT, "link/customer/c-1")
    assert await refused(mine, "answers", body | {"answer": "call_me"}) == (409, "ref-used")
    (case,) = (await mine.get("/api/v1/me")).json()["page"]["cases"]
    assert case["answers"] == ["place", "call_me"]  # there is no call any more that they could decline


async def test_where_they_are_goes_to_the_case(service: Service, connect: Connect) -> None:
    """As their own word: where the car's fresh fix says otherwise, the desk sees both, and nobody asks them again."""
    mine = await let_in(service, connect, "c-1")
    where = {"latitude": 56.9, "longitude": 24.2, "accuracy_m": 12}
    body = {"ref": "r", "case": CASE, "answer": "place", "place": where}
    assert (await mine.post("/api/v1/me/answers", json=body)).status_code == 200
    overruled = service.casebook.cases[CASE].overruled
    assert overruled is not None
    assert (overruled.latitude, overruled.source) == (56.9, "customer")
    assert service.casebook.conversation("c-1").told[CASE][Fact.PLACE].channel is Channel.CHAT


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("answers", {"ref": "r", "case": CASE, "answer": "place"}, (422, "invalid-request")),
        ("answers", {"ref": "r", "case": CASE, "answer": "maybe"}, (422, "invalid-request")),
        ("answers", {"ref": "r", "case": "volta/car-9/1-1", "answer": "call_me"}, (404, "unknown-case")),
        ("messages", {"ref": "r", "text": ""}, (422, "invalid-request")),
        ("messages", {"ref": "r", "text": "x" * 2_001}, (422, "invalid-request")),
        ("messages", {"ref": "r", "text": "a\x00b"}, (422, "invalid-request")),
        ("messages", {"ref": "r", "text": "x", "customer": "c-2"}, (422, "invalid-request")),
        ("messages", {"ref": "r", "text": "x", "case": "volta/car-9/1-1"}, (404, "unknown-case")),
        ("preference", {"language": "de"}, (422, "invalid-request")),
        ("preference", {"quiet": "25:00-07:00@Europe/Riga"}, (422, "invalid-request")),
        ("preference", {"quiet": "22:00-07:00@Mars/Olympus"}, (422, "invalid-request")),
        ("preference", {"channels": ["sms"], "avoid": ["sms"]}, (422, "invalid-request")),
        ("preference", {"channels": ["sms", "sms"]}, (422, "invalid-request")),
        ("preference", {"technology": {"fly": "sms"}}, (422, "invalid-request")),
        ("preference", {"avoid": ["phone"]}, (422, "invalid-request")),
        ("seen", {"keys": ["x"] * 65}, (422, "invalid-request")),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    service: Service, connect: Connect, path: str, body: Any, expected: tuple[int, str]
) -> None:
    """And nothing of it is written down."""
    mine = await let_in(service, connect, "c-1")
    before = service.casebook.last_seq
    assert await refused(mine, path, body) == expected
    assert service.casebook.last_seq == before


async def test_another_customers_case_is_as_one_that_never_was(
    service: Service, house: httpx.AsyncClient, connect: Connect
) -> None:
    """The same answer, word for word, but for the name that they asked for themselves; a key in their name says nothing either."""
    other = await let_in(service, connect, "c-2")
    body = {"ref": "r", "case": CASE, "answer": "call_me"}
    theirs = (await other.post("/api/v1/me/answers", json=body)).json()
    none = (await other.post("/api/v1/me/answers", json=body | {"case": "volta/car-9/1-1"})).json()
    assert theirs["detail"].replace(CASE, "") == none["detail"].replace("volta/car-9/1-1", "")
    assert await refused(house, "answers", body) == (403, "not-allowed")
    line = service.casebook.conversation("c-1").lines[0]
    await other.post("/api/v1/me/seen", json={"keys": [line.key]})
    assert rows(service, "MessageReported") == []


async def test_chat_goes_both_ways_and_what_was_read_is_not_said_again(
    service: Service, house: httpx.AsyncClient, connect: Connect
) -> None:
    """They write, it waits for an agent; the agent writes, they have read it."""
    mine = await let_in(service, connect, "c-1")
    body = {"ref": "m-1", "text": "Cik ilgi vēl?", "case": CASE}
    said = [(await mine.post("/api/v1/me/messages", json=body)).json() for _ in range(2)]
    assert said == [{"repeat": False}, {"repeat": True}]
    (wrote,) = rows(service, "CustomerWrote")
    assert (wrote.text, wrote.language, wrote.channel) == ("Cik ilgi vēl?", "lv", Channel.CHAT)
    assert any(call.channel is Channel.CHAT for call in service.casebook.queue())
    reply = {"ref": "a-1", "channel": "chat", "text": "Desmit minūtes.", "agent": "ilze"}
    (await house.post("/api/v1/conversations/c-1/messages", json=reply)).raise_for_status()
    lines = (await mine.get("/api/v1/me")).json()["page"]["lines"]
    assert [(one["side"], one["text"]) for one in lines][-2:] == [
        ("customer", "Cik ilgi vēl?"),
        ("agent", "Desmit minūtes."),
    ]
    assert "ilze" not in str(lines)
    keys = [one["key"] for one in lines]
    for repeat in (False, True):
        assert (await mine.post("/api/v1/me/seen", json={"keys": keys})).json() == {"repeat": repeat}
    lines = (await mine.get("/api/v1/me")).json()["page"]["lines"]
    assert {one["status"] for one in lines if one["side"] != "customer"} == {"read"}


async def test_a_chat_that_floods_is_told_so_and_loses_nothing_that_was_taken(
    service: Service, connect: Connect
) -> None:
    """So many at once, then 429 by name; a repeat of what was taken is no flood; the other one writes on."""
    mine, other = [await let_in(service, connect, one) for one in ("c-1", "c-2")]
    statuses = [
        (await mine.post("/api/v1/me/messages", json={"ref": f"m-{one}", "text": str(one)})).status_code
        for one in range(LETTERS_AT_ONCE + 3)
    ]
    assert statuses == [200] * LETTERS_AT_ONCE + [429] * 3
    assert await refused(mine, "messages", {"ref": "m-99", "text": "x"}) == (429, "too-many-messages")
    assert (await mine.post("/api/v1/me/messages", json={"ref": "m-0", "text": "0"})).json() == {"repeat": True}
    assert (await other.post("/api/v1/me/messages", json={"ref": "m", "text": "x"})).status_code == 200
    assert [one.text for one in rows(service, "CustomerWrote")][:-1] == [str(one) for one in range(LETTERS_AT_ONCE)]
    assert len({call.call for call in service.casebook.queue() if call.customer == "c-1"} - {f"{CASE}/call"}) == 1


async def test_wishes_hold_at_once_as_a_whole(service: Service, connect: Connect) -> None:
    """The page speaks their language from then on; the same once more changes nothing."""
    mine = await let_in(service, connect, "c-1")
    wishes = {
        "channels": ["sms", "email"], "avoid": ["push"], "language": "uk", "quiet": "22:00-07:00@Europe/Riga",
        "same_agent": True, "technology": {"follow": "chat"},
    }  # fmt: skip
    said = [(await mine.post("/api/v1/me/preference", json=wishes)).json() for _ in range(2)]
    assert said == [{"repeat": False}, {"repeat": True}]
    page = (await mine.get("/api/v1/me")).json()["page"]
    assert page["language"] == "uk"
    assert page["preference"] == wishes
    assert service.room.desk.preference_of("c-1").same_agent


async def test_a_registration_loses_no_browser_that_agreed_to_web_push(
    service: Service, house: httpx.AsyncClient, words: Words
) -> None:
    """Who registers customers knows nothing of their browsers."""
    known = service.customers.get("c-1")
    assert known is not None
    await service.doors.keep(replace(known, push=(PushSubscription("https://push.example/a", "B", "a"),)))
    (await house.post("/api/v1/customers", json=[words.customer])).raise_for_status()
    (kept,) = [one for one in service.journal.customers.all() if one.customer == "c-1"]
    assert [one.endpoint for one in kept.push] == ["https://push.example/a"]


async def test_an_old_link_sends_a_new_one_and_tells_nobody_whose_it_was(
    service: Service, connect: Connect, hour: Hour
) -> None:
    """The same words whoever asks; one message in ten minutes; where the house writes to nobody, it says whom to ring."""
    stranger = connect()
    secret = (await service.page_links.link_of("c-1")).partition("#")[2]
    hour.now += HOLDS_S + 1
    for link in (secret, "x" * SHORT_SECRET):
        answer = await stranger.post("/me/enter", json={"link": link})
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:callahead:problem:old-link")
        assert (await stranger.post("/me/renew", json={"link": link})).json() == {"sent": "nowhere"}
    policy = service.room.desk.policy
    service.room.desk.policy = replace(policy, messages=replace(policy.messages, channels=(Channel.SMS,)))
    for link in (secret, "x" * SHORT_SECRET, secret):
        assert (await stranger.post("/me/renew", json={"link": link})).json() == {"sent": "if_it_was_yours"}
    (sent,) = [one for one in rows(service, "SendMessage") if isinstance(one, SendMessage)]
    assert await service.doors.link_for(sent) == await service.page_links.link_of("c-1") != f"{HTTP}/me#{secret}"
    assert (sent.customer, sent.channel, sent.text) == ("c-1", Channel.SMS, "Šeit ir jauna saite uz jūsu lapu.")


async def test_links_are_revoked_and_go_with_who_is_erased(
    service: Service, house: httpx.AsyncClient, connect: Connect
) -> None:
    """Whoever came by them is out; a new one is drawn afterwards."""
    mine, link = await let_in(service, connect, "c-2"), await service.page_links.link_of("c-2")
    assert (await house.delete("/api/v1/links/c-2")).json() == {"ended": 1}
    assert (await mine.get("/api/v1/me")).json()["role"] is None  # the demo, where nobody logs in
    assert await service.page_links.link_of("c-2") != link
    mine, link = await let_in(service, connect, "c-2"), await service.page_links.link_of("c-2")
    for whose in ("c-1", "c-2"):  # not even their own: a link may be in anybody's hand, and it cannot be undone
        assert (await mine.delete(f"/api/v1/customers/{whose}")).status_code == 403
    assert (await house.delete("/api/v1/customers/c-2")).status_code == 200
    assert (await connect().post("/me/enter", json={"link": link.partition("#")[2]})).status_code == 404


async def test_a_customers_link_of_the_api_leads_to_their_page(house: httpx.AsyncClient, connect: Connect) -> None:
    """A helper's does not, nor does it open the page."""
    customer = await house.post("/api/v1/links", json={"role": "customer", "owns": "c-1"})
    helper = await house.post("/api/v1/links", json={"role": "helper", "owns": "help/truck-1"})
    client = connect()
    answer = await client.post(customer.json()["path"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    secret = helper.json()["path"].rpartition("/")[2]
    assert (await connect().post("/me/enter", json={"link": secret})).status_code == 404


async def test_an_sms_stands_beside_the_chat(service: Service, connect: Connect) -> None:
    """One conversation, each line with its channel."""
    await service.tell(CustomerWrote("sms/1", "c-1", Channel.SMS, "esmu uz ceļa", "lv", "simulated"))
    mine = await let_in(service, connect, "c-1")
    await mine.post("/api/v1/me/messages", json={"ref": "m", "text": "un te"})
    lines = (await mine.get("/api/v1/me")).json()["page"]["lines"]
    assert [one["channel"] for one in lines if one["side"] == "customer"] == ["sms", "chat"]
