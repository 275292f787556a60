"""Hints over the API: pulled by whom the call is given to, judged, written to the customer; ids alone in the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from dispatch.core.conversation.events import AgentWrote
from dispatch.core.desk import Desk
from dispatch.core.hints.events import HintJudged, HintsShown
from dispatch.core.policy import Policy
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import read
from dispatch.service.service import Service
from tests.dispatch.conftest import Connect

pytestmark = pytest.mark.anyio
ANNA = {"customer": "c-1", "name": "Anna", "phone": "+37120000001", "language": "lv", "provenance": "simulated"}
CALL = "in/77"
SAID = "Man nozaga maku, bloķējiet karti"


@pytest.fixture
async def api(connect: Connect) -> httpx.AsyncClient:
    """Anna rang in, and agent a has her on the line."""
    found = connect()
    (await found.post("/api/v1/customers", json=[ANNA])).raise_for_status()
    (await found.post("/api/v1/calls/inbound", json={"ref": "77", "customer": "c-1"})).raise_for_status()
    claim = {"languages": ["lv"], "provenance": "simulated", "wait_s": 5}
    (await found.post("/api/v1/agents/a/claim", json=claim)).raise_for_status()
    (await found.post("/api/v1/calls/connected", json={"call": CALL, "attempt": 1})).raise_for_status()
    return found


async def shown(api: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    """What an agent is shown."""
    answer = await api.get(f"/api/v1/calls/{CALL}/hints", params=query)
    answer.raise_for_status()
    return dict(answer.json())


def rows(service: Service, kind: type) -> list[Any]:
    """What the ledger has of a kind."""
    return [read(row) for row in service.journal.ledger.rows() if row.type == kind.__name__]


async def test_an_agent_asks_says_what_became_of_it_and_the_ledger_holds_no_word_of_it(
    api: httpx.AsyncClient, service: Service
) -> None:
    """In both languages; said twice, it counts once; the next time it is no less likely, and a replay counts the same."""
    found = await shown(api, q=SAID, language="en")
    first = found["hints"][0]
    assert (first["article"], len(found["hints"]) <= 3) == ("card_lost", True)
    assert (first["agent"]["language"], first["customer"]["language"]) == ("en", "lv")
    assert first["agent"]["title"] == "Card lost or stolen: block it"
    path = f"/api/v1/calls/{CALL}/hints/card_lost"
    assert (await api.post(path, json={"said": "used"})).json() == {"repeat": False}
    assert (await api.post(path, json={"said": "used"})).json() == {"repeat": True}
    (judged,) = rows(service, HintJudged)
    assert (judged.agent, judged.article, judged.verdict, bool(judged.by)) == ("a", "card_lost", "used", True)
    (seen,) = rows(service, HintsShown)
    assert (seen.agent, seen.articles[0], seen.way) == ("a", "card_lost", "pulled")
    again = (await shown(api, q=SAID))["hints"][0]
    assert (again["said"], again["sure"] >= first["sure"]) == ("used", True)
    bodies = [row.body for row in service.journal.ledger.rows()]
    assert not [body for body in bodies if "nozaga" in body]
    fold = Fold(service.room.desk.policy)
    for row in service.journal.ledger.rows():
        fold.feed(row)
    assert fold.standing().hinted == service.room.desk.standing().hinted != []
    other = Desk()
    other.stand(replace(Desk().standing(), hinted=fold.standing().hinted))
    assert other.hints.favours("card_lost", "") == service.room.desk.hints.favours("card_lost", "") > 0


async def test_captions_and_what_they_wrote_are_looked_up_beside_what_is_typed(
    api: httpx.AsyncClient, service: Service
) -> None:
    """A caption is kept in memory alone, and no word is asked twice of whoever listens."""
    assert (await shown(api))["hints"] == []
    answer = await api.post(f"/api/v1/calls/{CALL}/captions", json={"text": SAID})
    assert answer.status_code == 204
    assert (await shown(api))["hints"][0]["article"] == "card_lost"
    assert not [row for row in service.journal.ledger.rows() if "nozaga" in row.body]


async def test_what_went_wrong_is_written_to_the_customer_where_the_agent_wants_it(
    api: httpx.AsyncClient, service: Service
) -> None:
    """In their language, on a channel on which they can be written to; elsewhere it is refused, and the verdict stands."""
    path = f"/api/v1/calls/{CALL}/hints/card_lost"
    (await api.post(path, json={"said": "used", "tell_on": "chat"})).raise_for_status()
    (written,) = rows(service, AgentWrote)
    assert written.text.startswith("Karte pazuda, tāpēc to bloķēja.")
    assert (await api.post(path, json={"said": "helpful", "tell_on": "email"})).status_code == 409
    assert len(rows(service, HintJudged)) == 2


async def test_who_asks_for_what_there_is_not_is_told(api: httpx.AsyncClient, service: Service) -> None:
    """An unknown call or article, a call of another's, a word that is none; and a house that shows none."""
    path = f"/api/v1/calls/{CALL}/hints"
    assert (await api.get("/api/v1/calls/in/78/hints")).status_code == 404
    assert (await api.post(f"{path}/no_such", json={"said": "used"})).status_code == 404
    assert (await api.post(f"{path}/card_lost", json={"said": "perhaps"})).status_code == 422
    assert (await api.get(path, params={"q": "x" * 501})).status_code == 422
    assert (await api.post("/api/v1/calls/in/78/captions", json={"text": "hello"})).status_code == 404
    service.room.desk.policy = Policy(hints="none")
    assert (await shown(api, q=SAID))["hints"] == []
