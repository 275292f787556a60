"""Voice messages over HTTP: sent once, heard by whom they are for, which is written down; sealed, erased, kept no longer."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dispatch.access.hosts import AllowedHosts
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.voice import voice_of
from dispatch.core.events import DataExpired
from dispatch.ledger.rows import body_of, faults, read
from dispatch.service.log_in import LogIn
from dispatch.service.service import Service
from dispatch.store.address import StoreAddress
from dispatch.store.backup import back_up
from dispatch.store.journal import Journal
from dispatch.store.voice_rows import KeptVoice
from dispatch.web.api.app import create_app
from dispatch.web.api.me import VOICES_AT_ONCE
from dispatch.web.body_limit import LONGEST_BODY, LONGEST_OF_PATH
from tests.dispatch.conftest import Hour, portless
from tests.dispatch.recordings import recording, spoken

pytestmark = pytest.mark.anyio
Words = Any
HTTP = "http://127.0.0.1:8080"
CASE = "volta/car-1/1-1"
DAY_S = 86_400.0
SPEECH = recording(2.0)
SECOND = {
    "customer": "c-2",
    "name": "Juris Kalns",
    "phone": "+37120000002",
    "language": "ru",
    "provenance": "simulated",
}


class House:
    """A service, an agent's client, and two customers' own."""

    def __init__(self, service: Service) -> None:
        self.service, self.app = service, create_app(service, AllowedHosts())
        self.api = self.client()

    def client(self) -> httpx.AsyncClient:
        """Make one with cookies of its own."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=HTTP)

    async def let_in(self, customer: str) -> httpx.AsyncClient:
        """Return a client of a customer's, by the link of a message."""
        link = (await self.service.page_links.link_of(customer)).partition("#")[2]
        client = self.client()
        assert (await client.post("/me/enter", json={"link": link})).status_code == 204
        return client

    async def hear(self, customer: str, message: str) -> httpx.Response:
        """An agent hears a message."""
        path = f"/api/v1/conversations/{customer}/voice"
        return await self.api.post(path, json={"message": message, "agent": "ilze"})

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """Return the rows of a kind, as they are read with the keys."""
        found = self.service.journal.ledger.rows()
        return [json.loads(body_of(read(row))) for row in found if row.type == kind]


@pytest.fixture
async def house(hour: Hour, words: Words) -> AsyncIterator[House]:
    """Two customers are registered."""
    async with portless() as service:
        service.log_in = LogIn(service.journal, now=hour)
        service.page_links.public_url = HTTP
        found = House(service)
        for path, body in (("vendors", words.vendors), ("devices", words.registered)):
            (await found.api.post(f"/api/v1/{path}", json=body)).raise_for_status()
        (await found.api.post("/api/v1/customers", json=[words.customer, SECOND])).raise_for_status()
        yield found


async def send(client: httpx.AsyncClient, body: dict[str, Any]) -> tuple[int, str]:
    """Return with which status it is answered, and by which name it is refused."""
    answer = await client.post("/api/v1/me/voice", json=body)
    return answer.status_code, answer.json().get("type", "").rpartition(":")[2]


async def test_it_waits_for_an_agent_and_every_hearing_is_written_down(house: House) -> None:
    """One row, however often it is sent; the sound is in no row; who heard it is, and the customer's export says so, too."""
    mine = await house.let_in("c-1")
    said = spoken(SPEECH, text="Klausieties, kā tas skan")
    assert [(await mine.post("/api/v1/me/voice", json=said)).json() for _ in range(2)] == [
        {"repeat": False},
        {"repeat": True},
    ]
    (call,) = [one for one in house.service.casebook.queue() if one.channel is Channel.CHAT]
    (line,) = (await house.api.get("/api/v1/customers/c-1/conversation")).json()["lines"]
    assert (line["voice_s"], line["text"], call.customer) == (2.0, "Klausieties, kā tas skan", "c-1")
    heard = await house.hear("c-1", line["key"])
    assert (heard.content, heard.headers["content-type"]) == (SPEECH, "audio/wav")
    assert heard.headers["cache-control"] == "no-store"
    (played,) = house.rows("VoicePlayed")
    assert (played["by"], played["customer"], played["message"]) == ("demo-ilze", "c-1", line["key"])
    own = await mine.get("/api/v1/me/voice", params={"message": line["key"]})
    assert own.content == SPEECH
    assert len(house.rows("VoicePlayed")) == 1  # what is their own they may hear as they like
    page = (await mine.get("/api/v1/me")).json()["page"]
    assert [one["voice_s"] for one in page["lines"]] == [2.0]
    exported = (await mine.get("/api/v1/customers/c-1/export")).json()
    assert [one["wav"] for one in exported["voice"]] == [b64encode(SPEECH).decode()]
    assert "VoicePlayed" in json.dumps(exported["cases"])
    assert "UklGR" not in json.dumps([house.rows(kind) for kind in ("CustomerWrote", "VoicePlayed", "QueueCall")])
    assert next(faults(house.service.journal.ledger.rows()), None) is None


async def test_one_without_words_is_a_message_all_the_same(house: House) -> None:
    """Its text is left empty, and a plain message has no member of it."""
    mine = await house.let_in("c-1")
    assert await send(mine, spoken(SPEECH)) == (200, "")
    (await mine.post("/api/v1/me/messages", json={"ref": "m-1", "text": "Hello"})).raise_for_status()
    spoke, wrote = house.rows("CustomerWrote")
    assert (spoke["text"], spoke["voice"]["seconds"], spoke["voice"]["sha256"]) == ("", 2.0, voice_of(SPEECH).sha256)
    assert "voice" not in wrote
    (call,) = [one for one in house.service.casebook.queue() if one.channel is Channel.CHAT]
    assert call.customer == "c-1"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (spoken(b""), (422, "voice-empty")),
        (spoken(recording(0.2)), (422, "voice-empty")),
        (spoken(recording(2.0, loud=0.0)), (422, "voice-silent")),
        (spoken(recording(60.5)), (413, "voice-too-long")),
        (spoken(SPEECH[:-100]), (422, "voice-damaged")),
        (spoken(SPEECH) | {"recording": "no base64 !"}, (422, "voice-damaged")),
        (spoken(b"OggS" + SPEECH), (415, "voice-type")),
        (spoken(b"<html>" * 100), (415, "voice-type")),
        (spoken(SPEECH) | {"type": "audio/webm;codecs=opus"}, (415, "voice-type")),
        (spoken(SPEECH, text=" "), (422, "invalid-request")),
        (spoken(SPEECH, ref="x" * 201), (422, "invalid-request")),
        (spoken(SPEECH, case="volta/car-9/1-1"), (404, "unknown-case")),
    ],
)
async def test_what_is_no_voice_message_is_refused_by_name(
    house: House, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    """And nothing of it is kept."""
    mine = await house.let_in("c-1")
    assert await send(mine, body) == expected
    assert house.rows("CustomerWrote") == []
    assert list(house.service.journal.voices.of("c-1")) == []


async def test_two_megabytes_are_refused_before_they_are_read(house: House) -> None:
    """By what they say that they are; and where they say nothing, at the first byte too many."""
    mine = await house.let_in("c-1")
    longest, read = LONGEST_OF_PATH["/api/v1/me/voice"], 0
    assert longest < LONGEST_BODY
    answer = await mine.post("/api/v1/me/voice", content=b"x" * 2_000_000)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:callahead:problem:too-large")

    async def drops() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 100_000
            yield b"x" * 100_000

    answer = await mine.post("/api/v1/me/voice", content=drops())
    assert answer.status_code == 413
    assert read <= longest + 200_000


async def test_too_many_are_refused_and_what_was_taken_stays(house: House) -> None:
    """By name, so that the page can say so; the other customer speaks on."""
    mine, other = [await house.let_in(one) for one in ("c-1", "c-2")]
    sent = [await send(mine, spoken(SPEECH, f"v-{number}")) for number in range(VOICES_AT_ONCE + 1)]
    assert sent == [(200, "")] * VOICES_AT_ONCE + [(429, "too-many-voice-messages")]
    assert len(list(house.service.journal.voices.of("c-1"))) == VOICES_AT_ONCE
    assert await send(other, spoken(SPEECH)) == (200, "")


async def test_a_ref_stands_for_one_recording(house: House) -> None:
    """Another under it is refused, and the first one is what is heard; so is one of which the row was not written yet."""
    mine = await house.let_in("c-1")
    another = recording(3.0)
    assert await send(mine, spoken(SPEECH)) == (200, "")
    assert await send(mine, spoken(another)) == (409, "ref-used")
    (row,) = house.rows("CustomerWrote")
    assert (await house.hear("c-1", row["message"])).content == SPEECH


async def test_another_customers_is_as_one_that_never_was(house: House) -> None:
    """For customers and, under the wrong name, for agents; who may not take calls hears none, and nothing is written down."""
    mine, other = [await house.let_in(one) for one in ("c-1", "c-2")]
    assert await send(mine, spoken(SPEECH)) == (200, "")
    (row,) = house.rows("CustomerWrote")
    name = row["message"]
    found = [await other.get("/api/v1/me/voice", params={"message": one}) for one in (name, "chat/c-1/none")]
    assert [one.status_code for one in found] == [404, 404]
    assert found[0].json()["detail"].replace(name, "") == found[1].json()["detail"].replace("chat/c-1/none", "")
    assert (await house.hear("c-2", name)).status_code == 404
    stranger = await mine.post("/api/v1/conversations/c-1/voice", json={"message": name})
    assert stranger.status_code == 403
    assert (await house.client().get("/api/v1/me/voice", params={"message": name})).status_code == 403
    assert house.rows("VoicePlayed") == []


async def test_it_goes_with_who_is_erased(house: House) -> None:
    """Nothing of it can be heard, or is in the store; that there was a message is in the ledger, which is sound."""
    mine, other = [await house.let_in(one) for one in ("c-1", "c-2")]
    for client in (mine, other):
        assert await send(client, spoken(SPEECH, text="secret words")) == (200, "")
    name = house.rows("CustomerWrote")[0]["message"]
    (await house.api.delete("/api/v1/customers/c-1", params={"close_cases": True})).raise_for_status()
    assert (await house.hear("c-1", name)).status_code == 404
    assert house.service.journal.voices.digest_of(name) == ""
    assert len(list(house.service.journal.voices.of("c-2"))) == 1
    assert (await mine.get("/api/v1/me/voice", params={"message": name})).status_code in {401, 403, 404}
    assert await send(mine, spoken(SPEECH, "v-2")) in {(401, "log-in"), (403, "not-allowed"), (404, "unknown-customer")}
    assert [row["text"] for row in house.rows("CustomerWrote")] == ["erased", "secret words"]
    assert next(faults(house.service.journal.ledger.rows()), None) is None


async def test_it_is_kept_as_long_as_words_are(house: House) -> None:
    """Then its key is gone and so is it; the line says that something was there."""
    mine = await house.let_in("c-1")
    assert await send(mine, spoken(SPEECH)) == (200, "")
    (row,) = house.rows("CustomerWrote")
    now = house.service.now()
    await house.service.driver.tell(DataExpired("words", now - 180 * DAY_S))
    assert (await house.hear("c-1", row["message"])).status_code == 200
    await house.service.driver.tell(DataExpired("words", now + 14 * DAY_S))
    assert (await house.hear("c-1", row["message"])).status_code == 404
    assert house.service.journal.voices.digest_of(row["message"]) == ""
    (line,) = house.service.casebook.conversation("c-1").lines
    assert (line.text, line.voice_s) == ("erased", 0.0)


async def test_the_sound_is_sealed_on_the_disk_and_in_a_backup_and_gone_when_it_is_erased(tmp_path: Path) -> None:
    """Neither as it was sent nor in base64; a backup bears it, sealed, with its key."""

    def in_files() -> bool:
        kept = b"".join(file.read_bytes() for file in tmp_path.glob("ledger.sqlite*"))
        return SPEECH[1000:1100] in kept or b64encode(SPEECH[999:1101])[4:-4] in kept

    with Journal.open(tmp_path) as journal:
        await asyncio.to_thread(journal.voices.keep, KeptVoice("chat/c-1/v", "c-1", 1e9, SPEECH), "digest")
        assert not in_files()
        await asyncio.to_thread(back_up, StoreAddress.in_folder(tmp_path), tmp_path / "backup" / "one.sqlite")
        found = journal.voices.get("chat/c-1/v", "c-1")
        assert found is not None
        assert found.recording == SPEECH
        assert journal.voices.get("chat/c-1/v", "c-2") is None
        journal.voices.forget("chat/c-1/v")
        assert journal.voices.get("chat/c-1/v", "c-1") is None
    with Journal.look_at(StoreAddress.file_at(tmp_path / "backup" / "one.sqlite")) as copy:
        (kept,) = copy.voices.of("c-1")
        assert kept.recording == SPEECH
