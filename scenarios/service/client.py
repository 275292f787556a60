"""The service's HTTP API: one client for the world, the people of a campaign, and an operator's commands. In an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import httpx

PREFIX = "/api/v1"
TIMEOUT_S = 60.0
BUSY = {httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.BAD_GATEWAY}

Response = httpx.Response
NoAnswer = httpx.TransportError
"""Nobody is there, or the line broke."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is asked where nobody answers or the service is busy."""

    tries: int | None
    """``None``: for ever."""
    again_after_s: float = 0.0


ONCE = Patience(1)
FOR_A_WHILE = Patience(5, 0.3)


def busy(answer: Response) -> bool:
    """Tell whether the service says that it can answer in a moment."""
    return answer.status_code in BUSY


class Client:
    """A service at ``http``, asked by as many as like at once. Use it in an ``async with`` block, or ``close`` it.

    ``ask_again`` tells after which answers to ask again, as ``patience`` has it.
    """

    def __init__(
        self,
        http: str,
        patience: Patience = ONCE,
        *,
        ask_again: Callable[[Response], bool] = busy,
        timeout_s: float = TIMEOUT_S,
        key: str | None = None,
    ) -> None:
        """Connect nowhere yet; ``key``: of a service where one has to log in. Raises ``httpx.InvalidURL``."""
        self._patience = patience
        self._ask_again = ask_again
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        base = http.rstrip("/") + PREFIX
        bearer = {"authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.AsyncClient(
            base_url=base, headers=bearer, timeout=timeout_s, limits=limits, trust_env=False
        )

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        await self.close()

    async def close(self) -> None:
        """Hang up on everybody."""
        await self._client.aclose()

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Response:  # noqa: ANN401 - JSON
        """Return what the service says, whatever that is. Raises ``NoAnswer`` where patience ends without an answer."""
        left = self._patience.tries
        while True:
            left = None if left is None else left - 1
            try:
                answer = await self._client.request(method, path, json=body, params=query or None)
            except NoAnswer:
                if left == 0:
                    raise
            else:
                if left == 0 or not self._ask_again(answer):
                    return answer
            await asyncio.sleep(self._patience.again_after_s)


def in_json(answer: Response) -> Any:  # noqa: ANN401 - JSON
    """Return what an answer holds; ``None`` where it holds nothing."""
    return answer.json() if answer.content else None
