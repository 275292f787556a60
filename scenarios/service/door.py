"""The service's HTTP API as an operator's command line uses it: one question, one answer, or a sentence on what is wrong."""

from __future__ import annotations

from typing import Any

import httpx

from gateway.errors import OperatorError

TIMEOUT_S = 60.0


class ServiceSaysNo(OperatorError):  # noqa: N818 - says what happened
    """What was asked cannot be done: the message says why, and what to change."""


class ServiceDoor:
    """A service at ``http``. Every method raises ``ServiceSaysNo``."""

    def __init__(self, http: str) -> None:
        self._http = http.rstrip("/")

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read; ``None`` for what is not there."""
        return self._ask("GET", path, missing=True)

    def post(self, path: str, body: Any) -> Any:  # noqa: ANN401 - JSON
        """Change something."""
        return self._ask("POST", path, body)

    def delete(self, path: str) -> None:
        """Take something away."""
        self._ask("DELETE", path)

    def _ask(self, method: str, path: str, body: Any = None, *, missing: bool = False) -> Any:  # noqa: ANN401 - JSON
        url = f"{self._http}/api/v1{path}"
        try:
            answer = httpx.request(method, url, json=body, timeout=TIMEOUT_S, trust_env=False)
        except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            message = (
                f"no service answers at {self._http} ({error}): start callahead-serve, or name another with --service"
            )
            raise ServiceSaysNo(message) from None
        if missing and answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if not answer.is_success:
            raise ServiceSaysNo(_reason(answer))
        return answer.json() if answer.content else None


def _reason(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        return f"{problem['title']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.request.url} answers {answer.status_code}, and not as Callahead's service does"
