"""Where log lines go and how they look: for people on a terminal, as one JSON object a line for machines.

Whoever has something to say uses Python's own ``logging``; what a line is about it gives as ``extra``, and of that only the
names in ``FIELDS`` are shown: ids, never names, numbers, addresses or secrets. uvicorn's lines take the same way.
"""

from __future__ import annotations

import logging
import re
import sys
from enum import StrEnum
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from dispatch.observe.log_throttle import LogThrottle

FIELDS = frozenset({
    *("case", "device", "vendor", "rule", "key", "event_id", "pointer", "link", "state", "seq", "rows", "cases"),
    *("seconds", "drift", "partner", "address", "suppressed", "trace_id", "row", "messages", "devices"),
})  # fmt: skip
"""What may stand in a line beside its text. ``address``: of a radio or a broker."""
_OF_PAGES = ("engineio.server", "socketio.server", "uvicorn.error", "asyncio", "nicegui")
"""They tell of messages that nobody can read with a traceback for each: whoever may reach the console filled the disk."""
_READERS = ("engineio.", "socketio.", "uvicorn.protocols.websockets.", "nicegui.client", "nicegui.storage")
"""What reads such messages, and keeps what they say of their page. Nothing of ours is called by it."""
_TALKATIVE = (
    *_OF_PAGES[:2],
    "httpx",
    "httpcore",
    "asyncio",
    "alembic",
    "bleak",
    "bumble",
    "geopy",
    "multipart",
    "nicegui",
)


_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


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
    for name in _OF_PAGES:
        logger = logging.getLogger(name)
        logger.addFilter(_told_shortly)
        while logger is not logging.root:  # whatever a library has set up for itself
            logger.handlers.clear()
            logger.propagate = True
            logger = logger.parent or logging.root


def _told_shortly(record: logging.LogRecord) -> bool:
    """Tell what a page sent in a line, once in a while. What goes wrong in our own app keeps its traceback."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None or not _is_of_readers(error.__traceback__):
        return True
    record.msg, record.args = "a page sent what cannot be read: %s", (f"{type(error).__name__}: {error}"[:200],)
    record.exc_info, record.flood = None, "page"
    return True


def _is_of_readers(trace: TracebackType | None) -> bool:
    while trace is not None:
        if str(trace.tb_frame.f_globals.get("__name__")).startswith(_READERS):
            return True
        trace = trace.tb_next
    return False


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
        return [
            _printable,
            structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0, timestamp_key="time", sort_keys=False),
        ]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        _in_order,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _printable(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Write control characters as what they are: what devices and partners sent moves no cursor and ends no line."""
    return {key: _CONTROL.sub(_escaped, value) if isinstance(value, str) else value for key, value in event.items()}


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _in_order(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Put what every line has first."""
    first = {name: event.pop(name) for name in ("time", "level", "message") if name in event}
    return {**first, **event}
