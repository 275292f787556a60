"""The service's HTTP API as an operator's command line uses it: one question, one answer, or a sentence on what is wrong."""

from __future__ import annotations

import asyncio
import os
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from gateway.errors import OperatorError
from scenarios.service.client import Client, NoAnswer, Response, in_json


class ServiceSaysNo(OperatorError):  # noqa: N818 - says what happened
    """What was asked cannot be done: the message says why, and what to change."""


class ServiceDoor:
    """A service at ``http``, asked and waited for. Every method raises ``ServiceSaysNo``. Not in an event loop."""

    def __init__(self, http: str) -> None:
        self._http = http.rstrip("/")

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read; ``None`` for what is not there."""
        answer = self._ask("GET", path)
        return None if answer.status_code == httpx.codes.NOT_FOUND else in_json(_taken(answer))

    def post(self, path: str, body: Any) -> Any:  # noqa: ANN401 - JSON
        """Change something."""
        return in_json(_taken(self._ask("POST", path, body)))

    def delete(self, path: str) -> None:
        """Take something away."""
        _taken(self._ask("DELETE", path))

    def _ask(self, method: str, path: str, body: Any = None) -> Response:  # noqa: ANN401 - JSON
        try:
            return asyncio.run(self._once(method, path, body))
        except (NoAnswer, httpx.InvalidURL) as error:
            message = (
                f"no service answers at {self._http} ({error}): start callahead-serve, or name another with --service"
            )
            raise ServiceSaysNo(message) from None

    async def _once(self, method: str, path: str, body: Any) -> Response:  # noqa: ANN401 - JSON
        async with Client(self._http, key=given_key()) as client:
            return await client.ask(method, path, body)


def given_key() -> str | None:
    """Return the key that the environment holds or names the file of: on a command line everybody would see it.

    Raises ``ServiceSaysNo`` where the file cannot be read.
    """
    given = os.environ.get("CALLAHEAD_KEY", "")
    if not given.startswith("@"):
        return given or None
    try:
        return Path(given[1:]).read_text("utf-8").strip()
    except OSError as error:
        raise ServiceSaysNo(f"CALLAHEAD_KEY={given}: the file cannot be read: {error}") from None


KEY_HINT = ". This command takes the key from CALLAHEAD_KEY, or from the file of CALLAHEAD_KEY=@FILE"
"""Where the service wants to know who asks."""


def _taken(answer: Response) -> Response:
    if not answer.is_success:
        raise ServiceSaysNo(_reason(answer))
    return answer


def _reason(answer: Response) -> str:
    try:
        problem = answer.json()
        hint = KEY_HINT if answer.status_code == HTTPStatus.UNAUTHORIZED else ""
        return f"{problem['title']}: {problem['detail']}{hint}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.request.url} answers {answer.status_code}, and not as Callahead's service does"
