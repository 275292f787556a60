"""``callahead capture``: a regression story from a live run, or a virtual one."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from dispatch.ledger.rows import Row, readable
from gateway.contract.nearest import nearest
from scenarios.capture.again import DecisionDifference, differences
from scenarios.capture.choose import CONTEXTS, Past, Wanted
from scenarios.capture.recording import CapturedRow, RecordedStory, Recording, open_recording, write_recording
from scenarios.runner.recorded import NothingRecorded, Recorded, open_recorded
from scenarios.terminal import show

DIFFERS = 1
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
_TOLD = 20
AS_JSON = typer.Option("--json", help="Print JSON and nothing else.")


def capture(
    ledger: Annotated[
        str, typer.Argument(metavar="LEDGER", help="A run's or a service's folder, a ledger's file, or a DSN.")
    ],
    *,
    case: Annotated[str | None, typer.Option(metavar="ID", help="The case to capture.")] = None,
    window: Annotated[
        str | None, typer.Option(metavar="A..B", help="Or a stretch of time: 06:30..07:00, or two ISO 8601 times.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The story's file; without: named after the case.")] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Make a story of what the desk heard, which replays to the same decisions: callahead run FILE."""
    if (case is None) == (window is None):
        message = "give either --case ID or --window A..B"
        raise NothingRecorded(message)
    found = open_recorded(ledger)
    past = Past.of(found.rows())
    if not past.rows:
        message = f"{ledger}: the ledger is empty; nothing happened there yet"
        raise NothingRecorded(message)
    wanted = _case(past, ledger, case) if case is not None else _window(found, past, str(window))
    story = recorded_story(found, past, wanted)
    path = out or Path(f"{story.name}.yaml")
    try:
        write_recording(path, story)
    except OSError as error:
        message = f"{path}: the story cannot be written: {error.strerror}; name another file with --out"
        raise NothingRecorded(message) from None
    _tell(path, story.recorded, as_json=as_json)


def _tell(path: Path, made: Recording, *, as_json: bool) -> None:
    told = {"out": str(path), "inputs": len(made.inputs), "actions": len(made.actions), "context": made.context}
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    else:
        typer.echo(f"{path}: {told['inputs']} inputs, {told['actions']} actions (context: {made.context})")


def recorded_story(found: Recorded, past: Past, wanted: Wanted) -> RecordedStory:
    """Return the smallest story that replays to the same decisions. Raises ``NothingRecorded`` where none does."""
    last: list[DecisionDifference] = []
    for context in CONTEXTS:
        recording = Recording(
            ledger_sha256=past.rows[-1].hash,
            seed=found.notes.seed if found.notes else None,
            case=wanted.case,
            since=None if wanted.case else wanted.since,
            until=wanted.until,
            context=context,
            policy=dict(found.policy),
            inputs=tuple(_line(row) for row in past.inputs(wanted, context)),
            actions=tuple(_line(row) for row in past.actions(wanted)),
        )
        last = differences(recording)
        if not last:
            return RecordedStory(name=_name(wanted), about=_about(found, wanted), recorded=recording)
    first = last[0]
    message = (
        f"{found.name}: this desk decides otherwise than the one that wrote the ledger: then {first.recorded}, now "
        f"{first.replayed}; capture with the service that wrote it, or see callahead doctor --ledger"
    )
    raise NothingRecorded(message)


def _line(row: Row) -> CapturedRow:
    return CapturedRow(at=row.at, type=row.type, body=readable(row))


def _name(wanted: Wanted) -> str:
    if wanted.case is not None:
        return "case_" + re.sub(r"[^a-z0-9]+", "_", wanted.case.lower())
    return f"window_{datetime.fromtimestamp(wanted.since, UTC):%Y%m%d_%H%M%S}"


def _about(found: Recorded, wanted: Wanted) -> str:
    of = f" of {found.notes.story}, seed {found.notes.seed}" if found.notes else " of a live service"
    if wanted.case is not None:
        return f"the case {wanted.case}{of}"
    first, last = (datetime.fromtimestamp(at, UTC).isoformat() for at in (wanted.since, wanted.until))
    return f"what was decided from {first} to {last}{of}"


def _case(past: Past, ledger: str, case: str) -> Wanted:
    view = past.book.cases.get(case)
    if view is None:
        near = nearest(case, past.book.cases, 0.6)
        hint = f"did you mean {near}?" if near else f"it has {len(past.book.cases)} others"
        message = f"{ledger}: --case {case}: the ledger has no such case; {hint}"
        raise NothingRecorded(message)
    last = max((row.at for row in past.rows if row.case == case), default=view.opened_at)
    ends = max([last, *(line.at for line in past.book.timeline(case))])
    return Wanted(case, view.opened_at, ends)


def _window(found: Recorded, past: Past, window: str) -> Wanted:
    first, dots, last = window.partition("..")
    if not dots:
        message = f"--window {window}: write two times with .. between them, as 06:30..07:00"
        raise NothingRecorded(message)
    since, until = (_moment(found, past, text.strip()) for text in (first, last))
    begin, end = past.rows[0].at, past.rows[-1].at
    if since >= until:
        message = f"--window {window}: the second time must lie after the first"
        raise NothingRecorded(message)
    if until <= begin or since > end:
        told = "..".join(datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") for at in (begin, end))
        message = f"--window {window}: the ledger reaches from {told}"
        raise NothingRecorded(message)
    wanted = Wanted(None, since, until)
    if not past.actions(wanted):
        message = f"--window {window}: nothing was decided then; widen it"
        raise NothingRecorded(message)
    return wanted


def _moment(found: Recorded, past: Past, text: str) -> float:
    """Read a time; without a date on the ledger's first day, without an offset at the story's place (live: UTC)."""
    zone = timezone(timedelta(seconds=found.notes.utc_offset_s)) if found.notes else UTC
    day = datetime.fromtimestamp(past.rows[0].at, zone).date().isoformat()
    try:
        moment = datetime.fromisoformat(f"{day}T{text.zfill(5)}" if _CLOCK.fullmatch(text) else text)
    except ValueError:
        message = f"--window: {text!r} is no time; write 06:30, or 2026-01-12T06:30:00+02:00"
        raise NothingRecorded(message) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


def play_recording(path: Path, *, as_json: bool) -> None:
    """Replay a recorded story, tell every difference, and leave with 1 where there is one. Raises ``StoryError``."""
    story = open_recording(path)
    made, found = story.recorded, differences(story.recorded)
    if as_json:
        told = {"story": story.name, "inputs": len(made.inputs), "actions": len(made.actions)}
        typer.echo(json.dumps(told | {"differences": [asdict(one) for one in found], "holds": not found}, indent=2))
    elif not found:
        show.OUT.print(f"{story.name}: {len(made.inputs)} inputs, {len(made.actions)} actions: all decided alike")
    else:
        show.OUT.print(_table(story.name, found))
    if found:
        show.complain(f"{story.name}: {len(found)} of {len(made.actions)} actions are decided otherwise")
        raise typer.Exit(DIFFERS)


def _table(name: str, found: list[DecisionDifference]) -> Table:
    card = Table(title=f"{name}: decided otherwise", title_justify="left", show_edge=False)
    for column in ("at (UTC)", "recorded", "now"):
        card.add_column(column)
    for one in found[:_TOLD]:
        at = datetime.fromtimestamp(one.at, UTC).strftime("%H:%M:%S")
        card.add_row(at, Text(one.recorded or "-", style="red"), Text(one.replayed or "-", style="green"))
    return card
