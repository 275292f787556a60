"""A recorded story: what the desk heard, and what it decided. No names, numbers, addresses: they are in no ledger."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, ValidationError

from dispatch.core.policy import Policy
from dispatch.core.quiet_hours import BadQuietHours
from dispatch.ledger.rows import Kind, Row, read
from dispatch.policy_model.strict_model import StrictModel
from gateway.contract.documents import from_yaml, read_text
from scenarios.runner.run_notes import VALUES, usual_but
from scenarios.story.loader import StoryError

_MARK = re.compile(r"^recorded:", re.MULTILINE)
LONGEST = 64 * 1024 * 1024
"""Bytes of a recorded story: a machine wrote it."""
MOST_VALUES = 2_000_000
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
POLICY = {name: type(getattr(Policy(), name)) for name in VALUES}


def _tuple(found: object) -> object:
    return tuple(found) if isinstance(found, list) else found


class CapturedRow(StrictModel):
    """One row of the ledger: an input of the desk's, or an action."""

    at: float
    """POSIX seconds."""
    type: str
    body: str
    """JSON."""

    def row(self, kind: Kind, number: int) -> Row:
        """Return it as a row of a ledger of its own."""
        return Row(number, self.at, kind, self.type, None, None, None, self.body, "")


Lines = Annotated[tuple[CapturedRow, ...], BeforeValidator(_tuple)]


class Recording(StrictModel):
    """A case or a stretch of time. ``actions`` are what the desk decided then; of all else nothing is claimed."""

    ledger_sha256: str
    """Hash of the last row of the ledger it was taken from."""
    seed: int | None = None
    """Of the run, where it was one."""
    case: str | None = None
    since: float | None = None
    until: float
    """POSIX seconds: the desk is woken until then."""
    context: Literal["neighbours", "own", "everything"]
    """What of before is in it: trucks and agents that were free, those alone that were chosen, or all that ever happened."""
    policy: dict[str, float | int | str]
    """Where the house went by other values than usual."""
    inputs: Lines
    actions: Lines


class RecordedStory(StrictModel):
    """The whole file."""

    name: str
    about: str
    recorded: Recording = Field()


def is_recording(path: Path) -> bool:
    """Tell whether a file holds a recorded story."""
    try:
        return path.is_file() and _MARK.search(read_text(path, LONGEST)) is not None
    except (OSError, UnicodeDecodeError):
        return False


def open_recording(path: Path) -> RecordedStory:
    """Read a recorded story. Raises ``StoryError`` with what is wrong in it."""
    try:
        story = RecordedStory.model_validate(from_yaml(read_text(path, LONGEST), most=MOST_VALUES))
        lines = [("inputs", line) for line in story.recorded.inputs] + [
            ("actions", one) for one in story.recorded.actions
        ]
        for where, line in lines:
            _readable(path, where, line)
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        message = f"{path}: cannot be read: {error}"
        raise StoryError(message) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        message = f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise StoryError(message) from None
    _known_policy(path, story.recorded.policy)
    return story


def _readable(path: Path, where: str, line: CapturedRow) -> None:
    try:
        read(line.row(Kind.INPUT, 1))
    except (KeyError, ValidationError) as error:
        what = f"there is no {line.type}" if isinstance(error, KeyError) else error.errors(include_url=False)[0]["msg"]
        message = f"{path}: recorded.{where}: {line.type} at {line.at}: {what}; capture it again"
        raise StoryError(message) from None


def _known_policy(path: Path, policy: dict[str, float | int | str]) -> None:
    for name in policy:
        if name not in POLICY:
            message = f"{path}: recorded.policy.{name}: the house has no such value; there are: {', '.join(POLICY)}"
            raise StoryError(message)
    try:
        usual_but(policy)
    except BadQuietHours as error:
        message = f"{path}: recorded.policy.quiet: {error}"
        raise StoryError(message) from None


def write_recording(path: Path, story: RecordedStory) -> None:
    """Write it. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f"# Recorded; callahead run {path.name} plays it, and tells where the desk decides otherwise today.\n"
    body = yaml.dump(
        story.model_dump(exclude_none=True, mode="json"),
        Dumper=_DUMPER,
        sort_keys=False,
        width=10_000,
        allow_unicode=True,
    )
    path.write_text(head + body, encoding="utf-8")
