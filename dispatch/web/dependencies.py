"""What paths of the API share: the service behind them, pages and the hour to wait, and an event told and stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from dispatch.core.events import AskedEvent
from dispatch.ledger.pipeline import Turn
from dispatch.service.service import Service
from dispatch.web.problems import ApiProblem
from gateway.contract.bounds import LARGEST_WHOLE, MOST_MEMBERS, AccuracyM, Latitude, Longitude
from gateway.finding import Place, Provenance

STORED_WITHIN_S = 15.0
"""A store that takes nothing for so long is told to the caller, who sends the same again."""
ASKED_ACCURACY_M = 100.0
"""How well a place is known that the customer described on the telephone, where the agent does not say."""
Found = TypeVar("Found")


class Body(BaseModel):
    """A request's body: unknown keys are refused, so that a typing error is told and not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _has_few_members(cls, told: Any) -> Any:  # noqa: ANN401 - any JSON
        """Refuse an object of very many keys as one mistake, before there is a mistake for each."""
        if isinstance(told, dict) and len(told) > MOST_MEMBERS:
            message = "Input should have at most {most} keys, not {given}"
            raise PydanticCustomError("too_many_members", message, {"most": MOST_MEMBERS, "given": len(told)})
        return told


class Done(BaseModel):
    """It is stored. A repeat changes nothing."""

    repeat: bool = False


Simulated = Annotated[Provenance, Field(description="Simulated and real are never mixed.")]
Limit = Annotated[int, Query(ge=1, le=5_000)]
After = Annotated[int, Query(ge=0, le=LARGEST_WHOLE)]
Wait = Annotated[float, Query(ge=0, le=60, description="How long to wait for news, in real seconds.")]


class SaidPlace(Body):
    """Where the customer says it is, WGS 84 degrees."""

    latitude: Latitude
    longitude: Longitude
    accuracy_m: AccuracyM = ASKED_ACCURACY_M

    def place(self, now: float) -> Place:
        """Return the place as of ``now``, POSIX seconds."""
        return Place(self.latitude, self.longitude, self.accuracy_m, now, "customer")


class Registered(BaseModel):
    """How many were registered."""

    registered: int


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(_service)]


async def tell(service: Service, event: AskedEvent, by: str) -> Turn:
    """Tell the desk, and return once it is stored. Raises ``ApiProblem`` (503) where that takes too long.

    ``by``: who asked for it, as it stands in the row.
    """
    return (await tell_all(service, [event], by))[0]


async def tell_all(service: Service, events: Sequence[AskedEvent], by: str) -> list[Turn]:
    """Tell the desk several things at once."""
    told = [service.driver.submit(replace(event, by=by)) for event in events]
    try:
        async with asyncio.timeout(STORED_WITHIN_S):
            return await asyncio.gather(*told)
    except TimeoutError:
        raise not_stored(service) from None


def not_stored(service: Service) -> ApiProblem:
    """Return what is told to who waited for too long."""
    why = service.driver.committer.trouble or "the service is behind with its work"
    detail = f"{why}. It will be stored when that is over; send it again to make sure."
    return ApiProblem(503, "store", "Not stored yet", detail)


async def when_found(service: Service, look: Callable[[], list[Found]], wait_s: float) -> list[Found]:
    """Return what ``look`` finds, waiting up to ``wait_s`` seconds for the first."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while not (found := look()):
        left = deadline - loop.time()
        if left <= 0 or not await service.driver.announcer.news.wait(left):
            return look()
    return found
