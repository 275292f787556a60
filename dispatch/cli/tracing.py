"""Turns traces on where the operator asks for them: ``--otel URL``, or OpenTelemetry's own variables."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from dispatch.service.service import Service
from dispatch.service.settings import CannotStart

log = logging.getLogger("callahead")

VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
MISSING = "pip install 'callahead[otel]'"


@contextlib.asynccontextmanager
async def tracing(url: str | None, service: Service) -> AsyncIterator[None]:
    """Trace faults while the service runs.

    ``url``: what ``--otel`` says, which ``check`` has seen. Variables that stand in the environment for other programs
    too are no reason not to start.
    """
    wanted = url is not None or any(os.environ.get(name) for name in VARIABLES)
    if not wanted:
        yield
        return
    try:
        from dispatch.observe.traces import Traces, otlp  # noqa: PLC0415 - the service starts without OpenTelemetry
    except ImportError:
        log.warning("no traces are sent, though OTEL_… asks for them: %s", MISSING)
        yield
        return
    traces = Traces(otlp(url))
    service.driver.follow_faults(traces)
    service.room.diagnosed = traces.diagnosed
    service.driver.tallies.done_with = traces.done
    try:
        yield
    finally:
        await asyncio.to_thread(traces.close)


def check(url: str | None) -> None:
    """Raise ``CannotStart`` where ``--otel`` names no place that spans can be sent to, or what sends them is missing."""
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = f"--otel {url!r} is no address of a collector; write http://HOST:4318"
        raise CannotStart(message)
    try:
        importlib.import_module("opentelemetry.sdk.trace")
    except ImportError as error:
        message = f"--otel needs {error.name}: {MISSING}"
        raise CannotStart(message) from None
