"""The service's HTTP API, as agents, partners and the telephone exchange use it. On a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import asdict, replace
from typing import Any, Self

import httpx

from gateway.contract.broker_address import BrokerAddress
from gateway.errors import InternalError
from scenarios.service.client import FOR_A_WHILE, TIMEOUT_S, Client, Response

WAIT_S = 25.0
"""How long one question waits for news."""
AT_ONCE = 2_000
"""How many records are registered with one request."""
_NOTHING = {httpx.codes.NO_CONTENT, httpx.codes.CONFLICT}


class ApiRefused(InternalError):  # noqa: N818 - says what happened
    """The service did not take what the world told it: a mistake of the world's."""


class Api:
    """Speaks to the service from one thread; ``start`` runs a conversation there. Use it in a ``with`` block."""

    def __init__(self, http: str) -> None:
        self._client = Client(http, FOR_A_WHILE)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="api", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up on everybody."""
        self.start(self._hang_up()).result(TIMEOUT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_S)
        self._loop.close()

    def start(self, conversation: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Run a coroutine on the API's thread. From any thread."""
        return asyncio.run_coroutine_threadsafe(conversation, self._loop)

    def register(self, path: str, records: Sequence[Any]) -> None:
        """Register dataclasses, or what is JSON already, thousands at once, and wait until they are kept."""
        for first in range(0, len(records), AT_ONCE):
            some = records[first : first + AT_ONCE]
            body = [one if isinstance(one, dict) else as_asked(one) for one in some]
            self.start(self.post(path, body)).result()

    def credential(self, vendor: str, broker: str) -> str:
        """Get a vendor's credential, and return the broker's address with it."""
        told = self.start(self.post(f"/vendors/{vendor}/credentials", {})).result()
        return replace(BrokerAddress.parse(broker), username=told["username"], password=told["password"]).url

    async def post(self, path: str, body: Any) -> Any:  # noqa: ANN401 - JSON
        """Post, again where the service is busy. ``None``: no content, or 409. Raises ``ApiRefused``."""
        return said_in(await self._client.ask("POST", path, body))

    async def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """Get. Raises ``ApiRefused``."""
        return _taken(await self._client.ask("GET", path, **query)).json()

    async def _hang_up(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._client.close()


def as_asked(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """Return a record's members, but for who asked for it, and what a customer said when: that is the service's to say.

    What is empty is left out: an address that nobody has is none.
    """
    told = asdict(record).items()
    return {name: value for name, value in told if name not in _THE_SERVICES_OWN and value not in ("", ())}


_THE_SERVICES_OWN = {"by", "consents", "push", "wrong_number"}


def said_in(answer: Response) -> Any:  # noqa: ANN401 - JSON
    """Return what an answer says. ``None``: no content, or 409. Raises ``ApiRefused``."""
    return None if _taken(answer).status_code in _NOTHING else answer.json()


def _taken(answer: Response) -> Response:
    if answer.is_success or answer.status_code == httpx.codes.CONFLICT:
        return answer
    request = answer.request
    message = f"{request.method} {request.url.path}: {answer.status_code}: {answer.text}"
    raise ApiRefused(message)
