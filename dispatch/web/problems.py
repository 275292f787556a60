"""Errors of the HTTP API as RFC 9457 problem details: what happened, where, and what to do."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from dispatch.engine.inputs import Stopped
from dispatch.store.errors import JournalFailed
from gateway.errors import SenderError

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 20
"""So many faults of one request are told."""
LONGEST_SHOWN = 200
"""Characters of what a caller sent, in what they are told about it."""


class Fault(BaseModel):
    """One value that does not fit."""

    pointer: str = Field(description="JSON pointer (RFC 6901) into the body, or the name of the parameter.")
    detail: str


class ProblemDetails(BaseModel):
    """RFC 9457."""

    type: str = Field(examples=["urn:callahead:problem:unknown-call"])
    title: str
    status: int
    detail: str
    faults: list[Fault] | None = None
    changed: list[str] | None = Field(None, description="Of a stale act: what changed since, in words, oldest first.")


class ApiProblem(SenderError):  # noqa: N818 - an answer to the caller
    """The caller's request cannot be done; becomes problem details. ``name`` is the last part of the problem's type."""

    changed: list[str] | None = None
    """What a stale act did not know."""

    def __init__(self, status: int, name: str, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.name = name
        self.title = title
        self.detail = detail


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the problems a path answers with."""
    schema = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    return {status: {"model": ProblemDetails, "content": {MEDIA_TYPE: schema}} for status in statuses}


def install(app: FastAPI) -> None:
    """Have every error answered as problem details."""
    app.add_exception_handler(ApiProblem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(JournalFailed, _no_store)
    app.add_exception_handler(Stopped, _stopping)


def refusal(status: int, name: str, title: str, detail: str, faults: list[Fault] | None = None) -> JSONResponse:
    """Return an error as it is answered."""
    return _answer(
        ProblemDetails(type=f"urn:callahead:problem:{name}", title=title, status=status, detail=detail, faults=faults)
    )


def _answer(told: ProblemDetails) -> JSONResponse:
    return JSONResponse(told.model_dump(exclude_none=True), told.status, media_type=MEDIA_TYPE)


async def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiProblem)  # noqa: S101 - installed for it
    kind = f"urn:callahead:problem:{error.name}"
    told = ProblemDetails(type=kind, title=error.title, status=error.status, detail=error.detail, changed=error.changed)
    return _answer(told)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - installed for it
    found = error.errors()
    faults = [Fault(pointer=_pointer(one["loc"]), detail=one["msg"]) for one in found[:MOST_FAULTS]]
    detail = f"{faults[0].pointer}: {faults[0].detail}" + (f", and {len(found) - 1} more" if len(found) > 1 else "")
    return refusal(422, "invalid-request", "A value is missing, misnamed or impossible", detail, faults)


def shown_path(request: Request) -> str:
    """Return a request's path, as long as anybody reads it."""
    path = request.url.path
    return path if len(path) <= LONGEST_SHOWN else f"{path[:LONGEST_SHOWN]}…"


def _pointer(where: tuple[int | str, ...]) -> str:
    if where and where[0] == "body":
        return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in where[1:])
    return str(where[-1]) if where else ""


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - installed for it
    detail = f"{request.method} {shown_path(request)}: see /api/v1/docs for what there is"
    return refusal(error.status_code, "http", str(error.detail), detail)


async def _no_store(_request: Request, error: Exception) -> JSONResponse:
    return refusal(503, "store", "The store takes nothing just now", f"{error}; try again")


async def _stopping(_request: Request, error: Exception) -> JSONResponse:
    return refusal(503, "stopping", "The service is being stopped", str(error))
