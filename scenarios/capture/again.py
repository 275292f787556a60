"""Plays a recorded story to a new desk and compares, action by action."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import get_args

from dispatch.core.actions import Action
from dispatch.core.desk import Desk
from dispatch.core.events import Event
from dispatch.ledger.findings import comparable
from dispatch.ledger.rows import Kind, body_of, case_of, read
from dispatch.roads.house import with_roads
from dispatch.views.timeline import line
from scenarios.capture.recording import CapturedRow, Recording
from scenarios.runner.run_notes import usual_but

_EVENTS = get_args(Event)


@dataclass(frozen=True, slots=True)
class DecisionDifference:
    """Where the desk decides otherwise; ``None``: nothing stands against it."""

    at: float
    recorded: str | None
    replayed: str | None


def decided(recording: Recording) -> list[CapturedRow]:
    """Tell a new desk every input, and return what it decides of what the recording is about."""
    desk = Desk(with_roads(usual_but(recording.policy)))
    lines: list[CapturedRow] = []
    for number, one in enumerate(recording.inputs, 1):
        event = read(one.row(Kind.INPUT, number))
        assert isinstance(event, _EVENTS)  # noqa: S101 - an input is an event
        lines.extend(_about(recording, desk.handle(event, one.at)))
    lines.extend(_about(recording, desk.wake(recording.until)))
    return lines


def _about(recording: Recording, decisions: list[tuple[float, Action]]) -> Iterator[CapturedRow]:
    for at, action in decisions:
        within = (recording.since or 0.0) <= at < recording.until
        if case_of(action) == recording.case if recording.case is not None else within:
            yield CapturedRow(at=at, type=type(action).__name__, body=body_of(action))


def differences(recording: Recording) -> list[DecisionDifference]:
    """Compare what was decided then with what is decided now. When an alarm was written down does not matter."""
    then, now = recording.actions, decided(recording)
    old, new = ([comparable(read(one.row(Kind.ACTION, 1))) for one in lines] for lines in (then, now))
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    found: list[DecisionDifference] = []
    for tag, first, last, begin, end in matcher.get_opcodes():
        if tag != "equal":
            found.extend(_unlike(then[first:last], now[begin:end]))
    return found


def _unlike(then: tuple[CapturedRow, ...], now: list[CapturedRow]) -> Iterator[DecisionDifference]:
    for number in range(max(len(then), len(now))):
        old = then[number] if number < len(then) else None
        new = now[number] if number < len(now) else None
        at = old.at if old is not None else now[number].at
        told, tells = _words(old), _words(new)
        same_words = told == tells and old is not None and new is not None
        yield DecisionDifference(
            at,
            f"{told} {old.body}" if same_words and old else told,
            f"{tells} {new.body}" if same_words and new else tells,
        )


def _words(one: CapturedRow | None) -> str | None:
    return None if one is None else f"{one.type}: {line(one.row(Kind.ACTION, 1)).what}"
