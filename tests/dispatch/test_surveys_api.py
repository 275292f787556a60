"""Surveys through a service: a call over the API, the answer by the door of SMS, and what agent, supervisor and nobody else see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from dispatch.channels.door import Received
from dispatch.core.conversation.channels import Channel
from dispatch.core.policy import MessagePolicy, Policy
from dispatch.service.service import Service
from dispatch.web.api.app import create_app
from tests.dispatch.conftest import portless
from tests.dispatch.test_agents_api import get, post

pytestmark = pytest.mark.anyio
ANNA = {"customer": "c-1", "name": "Anna", "phone": "+37120000001", "language": "en", "provenance": "simulated"}
JANIS = ANNA | {"customer": "c-2", "name": "Jānis", "phone": "+37120000002"}
CLAIM = {"languages": ["en"], "provenance": "simulated", "wait_s": 1.0}


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """One that asks by SMS."""
    async with portless(policy=Policy(surveys=True, messages=MessagePolicy((Channel.SMS,)))) as made:
        yield made


@pytest.fixture
async def api(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it, with two customers."""
    wire = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=wire, base_url="http://callahead/api/v1") as client:
        await post(client, "/customers", [ANNA, JANIS])
        yield client


async def talks(api: httpx.AsyncClient, agent: str, customer: str, ref: str) -> None:
    """A customer rings in and is spoken with."""
    await post(api, "/calls/inbound", {"ref": ref, "customer": customer})
    brief = await post(api, f"/agents/{agent}/claim", CLAIM)
    call = {"call": brief["call"], "attempt": brief["attempt"], "agent": agent}
    await post(api, "/calls/connected", call)
    await post(api, "/calls/ended", call | {"outcome": "informed"})


def sms(service: Service, text: str, phone: str = "+37120000001", ref: str = "") -> Received:
    """What comes by the SMS centre."""
    return Received(Channel.SMS, ref or f"m-{text}", phone, text, service.now(), "simulated")


def said(service: Service, customer: str = "c-1") -> list[tuple[str, str]]:
    """Return what was written, by whom."""
    return [(one.side, one.text) for one in service.casebook.conversation(customer).lines if one.sort == "written"]


async def test_an_answer_by_sms_is_taken_and_what_is_none_goes_to_an_agent(
    api: httpx.AsyncClient, service: Service
) -> None:
    """A digit of any script; from another's number, or as words, it is an ordinary message that waits for an agent."""
    await talks(api, "a-1", "c-1", "1")
    await service.doors.ears.heard(sms(service, "4", "+37120000002"))
    await service.doors.ears.heard(sms(service, "it was 4 weeks late", ref="m-2"))
    assert [one.score for one in service.casebook.surveys(0)] == [None]
    assert {call.customer for call in service.casebook.queue()} == {"c-1", "c-2"}
    await service.doors.ears.heard(sms(service, "۴ ممنون"))
    await service.doors.ears.heard(sms(service, "۴ ممنون"))  # the centre says it again
    await service.doors.ears.heard(sms(service, "1"))  # and a second one changes nothing
    (survey,) = service.casebook.surveys(0)
    assert (survey.score, survey.words, survey.agent, survey.state) == (4, "۴ ممنون", "a-1", "counted")
    assert [side for side, _ in said(service)].count("customer") == 3


async def test_who_gives_little_waits_for_another_agent_who_reads_it(api: httpx.AsyncClient, service: Service) -> None:
    """Whom it is about is not given the call."""
    await talks(api, "a-1", "c-1", "1")
    await service.doors.ears.heard(sms(service, "2, nobody listened"))
    assert await post(api, "/agents/a-1/claim", CLAIM | {"wait_s": 0}, 204) is None
    brief = await post(api, "/agents/a-2/claim", CLAIM)
    assert brief["gave"] == 'gave 2 of 5 for the talk with a-1, just now, and wrote "2, nobody listened"'
    assert brief["concern"] == "complaint"
    assert "A colleague rings you" in said(service)[-1][1]


async def test_scores_are_told_to_whose_they_are_and_to_supervisors_by_group(
    api: httpx.AsyncClient, service: Service
) -> None:
    """Of few answers nothing is said; of everybody's list no single score."""
    await talks(api, "a-1", "c-1", "1")
    await service.doors.ears.heard(sms(service, "5"))
    mine = await get(api, "/agents/a-1")
    assert mine["scores"] == {"asked": 1, "answered": 1, "mean": None, "low": None, "high": None}
    assert [one["scores"] for one in await get(api, "/agents")] == [None]
    floor: dict[str, Any] = await get(api, "/floor")
    few = {"group": "everything (en)", "asked": 1, "answered": 1, "mean": None, "low": None, "high": None}
    assert floor["scores"] == [few]
