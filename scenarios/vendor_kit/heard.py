"""One MQTT message as it was heard, and the recordings it is kept in: JSON lines, one message each. No network."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import OperatorError


class KitError(OperatorError):
    """The user is to correct something, or the broker is not there: the message says what to do."""


@dataclass(frozen=True, slots=True)
class HeardMessage:
    """A message, and when it came: POSIX seconds by the listener's clock."""

    at: float
    topic: str
    payload: bytes
    qos: int = 1
    """As delivered: the lower of the publisher's and ours, which is 1."""
    retained: bool = False
    """It stood on the topic before we listened."""
    content_type: str | None = None
    """MQTT 5 alone has one."""
    properties: tuple[tuple[str, str], ...] = ()
    """MQTT 5 user properties; a name may repeat."""


class RecordedLine(BaseModel):
    """A line of a recording. ``payload`` is text or a JSON object; bytes that are no UTF-8 stand in ``payload_base64``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Annotated[float, Field(allow_inf_nan=False)]
    topic: Annotated[str, Field(min_length=1, max_length=65_535, pattern=r"^[^#+\u0000]+$")]
    payload: str | dict[str, Any] | None = None
    payload_base64: str | None = None
    content_type: str | None = None
    properties: dict[str, str] | list[tuple[str, str]] = Field(default_factory=list)
    retain: bool | None = None

    def heard(self) -> HeardMessage:
        """Return the message. Raises ``ValueError`` where it has no payload, or two."""
        pairs = self.properties.items() if isinstance(self.properties, dict) else self.properties
        retain = self.topic.endswith("/state") if self.retain is None else self.retain
        payload = self._bytes()
        return HeardMessage(self.at, self.topic, payload, 1, retain, self.content_type, tuple(pairs))

    def _bytes(self) -> bytes:
        if (self.payload is None) is (self.payload_base64 is None):
            message = "either payload or payload_base64 is needed"
            raise ValueError(message)
        if self.payload_base64 is not None:
            return base64.b64decode(self.payload_base64, validate=True)
        return (self.payload if isinstance(self.payload, str) else json.dumps(self.payload)).encode()


def read_recording(path: Path) -> list[HeardMessage]:
    """Read a recording, in the order of its lines. Raises ``KitError`` with file, line and key."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: {getattr(error, 'strerror', None) or error}"
        raise KitError(message) from None
    found = [_read(path, number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not found:
        message = f"{path}: no messages; `callahead vendor record` makes a recording"
        raise KitError(message)
    return found


def write_recording(path: Path, messages: Iterable[HeardMessage]) -> int:
    """Write a recording and return how many messages it holds. Raises ``KitError``."""
    lines = [*_lines(messages)]
    try:
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise KitError(message) from None
    return len(lines)


def _read(path: Path, number: int, line: str) -> HeardMessage:
    try:
        return RecordedLine.model_validate_json(line).heard()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the line"
        message = f"{path}:{number}: {where}: {first['msg']}"
    except ValueError as error:
        message = f"{path}:{number}: {error}"
    raise KitError(message)


def _lines(messages: Iterable[HeardMessage]) -> Iterator[str]:
    for heard in messages:
        try:
            body = {"payload": heard.payload.decode()}
        except UnicodeDecodeError:
            body = {"payload_base64": base64.b64encode(heard.payload).decode()}
        line: dict[str, Any] = {"at": heard.at, "topic": heard.topic} | body
        if heard.content_type is not None:
            line["content_type"] = heard.content_type
        if heard.properties:
            line["properties"] = heard.properties
        if heard.retained != heard.topic.endswith("/state"):
            line["retain"] = heard.retained
        yield json.dumps(line, ensure_ascii=False)
