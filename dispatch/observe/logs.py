"""Where log lines go and how they look: for people on a terminal, as one JSON object a line for machines.

Whoever has something to say uses Python's own ``logging``; what a line is about it gives as ``extra``, and of that only the
names in ``FIELDS`` are shown: ids, never names, numbers, addresses or secrets. uvicorn's lines take the same way.
"""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from dispatch.observe.log_throttle import LogThrottle

FIELDS = frozenset({
    *("case", "device", "vendor", "rule", "key", "event_id", "pointer", "link", "state", "seq", "rows", "cases"),
    *("seconds", "drift", "partner", "address", "suppressed", "trace_id"),
})  # fmt: skip
"""What may stand in a line beside its text. ``address``: of a radio or a broker."""
_TALKATIVE = ("httpx", "httpcore", "asyncio", "alembic", "bleak", "bumble", "geopy", "multipart", "nicegui")


class LogFormat(StrEnum):
    """How lines look."""

    AUTO = "auto"
    """For people on a terminal, JSON elsewhere."""
    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """The least that is told."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def set_up(form: LogFormat = LogFormat.AUTO, level: LogLevel = LogLevel.INFO, out: TextIO | None = None) -> None:
    """Have everything that is logged written to ``out``, standard error where it is left out."""
    stream = out or sys.stderr
    for_people = form is LogFormat.TEXT or (form is LogFormat.AUTO and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(for_people=for_people, colors=stream.isatty()))
    handler.addFilter(LogThrottle())
    logging.basicConfig(handlers=[handler], level=level.value.upper(), force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _formatter(*, for_people: bool, colors: bool) -> logging.Formatter:
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(FIELDS),
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if for_people else "iso", utc=not for_people, key="time"),
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendered(for_people, colors)],
    )


def _rendered(for_people: bool, colors: bool) -> list[Processor]:  # noqa: FBT001 - two of a kind
    if for_people:
        return [structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0, timestamp_key="time", sort_keys=False)]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        _in_order,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _in_order(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Put what every line has first."""
    first = {name: event.pop(name) for name in ("time", "level", "message") if name in event}
    return {**first, **event}
