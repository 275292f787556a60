"""``callahead diagnose FILE``: one event or a recorded sequence, explained: which part, how sure, why, what to do, what to measure.

The file holds an event (JSON), a list of events, an event a line, or a recording of ``callahead vendor record``. All of it
goes through the real intake, as of each event's own hour; what it refuses is told and leads to exit code 2.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from dispatch.views.durations import hour_in
from gateway.conclude.report import Diagnosed
from gateway.devices.registry import DeviceRecord, Registry
from gateway.diagnosis.catalogue import NOTHING
from gateway.diagnosis.explain import certainty, deciding_measurement, ranked, reasons_against, reasons_for
from gateway.finding import Drive, Finding, Grade, Recovery
from gateway.intake.intake import Intake
from gateway.kinds.registry import NoSuchKind, kinds, own_codes
from scenarios.terminal import show
from scenarios.terminal.exit_codes import BAD_INPUT
from scenarios.vendor_kit.heard import HeardMessage, KitError, read_recording

_NAMED = 5
"""So many parts are shown."""
_LEAST = 0.005
"""A part less likely than this is not shown."""
_DO = {
    Grade.ACT: "act: sure enough to do what helps",
    Grade.ASK: "ask: the customer is asked before anybody is sent",
    Grade.WATCH: "watch: nobody is told, more evidence is awaited",
}
_DRIVE = {
    Drive.YES: "yes",
    Drive.TO_WORKSHOP: "to the next workshop",
    Drive.STOP_NOW: "no, stop now",
    Drive.NOT_A_CAR: "-",
}


@dataclass(slots=True)
class Explained:
    """What was made of one device."""

    device: str
    found: Diagnosed | None = None
    """The latest diagnosis."""
    told: list[Finding | Recovery] = field(default_factory=list)
    """What dispatch would have been told, in order."""

    @property
    def grade(self) -> Grade:
        """What to do."""
        return self.found.decision.grade if self.found else Grade.WATCH


def diagnose(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An event, a list of events, or a recording.")],
    *,
    model_year: Annotated[int | None, typer.Option(min=1950, max=2100, help="Of the car: parts fail by age.")] = None,
    codes: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="What a make means by codes of its own (TOML).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Explain what an event, or a recorded sequence, says of the part that broke."""
    messages = _messages(file)
    devices: dict[str, Explained] = {}
    intake = Intake(
        Registry(_records(messages, model_year)),
        own_codes=own_codes(codes or ()),
        explained=lambda device, _subject, found: setattr(devices[device], "found", found),
    )
    refused = list(_tell(file, messages, intake, devices))
    found = sorted(devices.values(), key=lambda one: list(Grade).index(one.grade))
    for refusal in refused:
        show.complain(refusal)
    if as_json:
        typer.echo(json.dumps(_as_json(found, refused), ensure_ascii=False, indent=2))
    else:
        for one in found:
            if one.found is not None or not refused:
                _print(one)
    if refused:
        raise typer.Exit(BAD_INPUT)


def _tell(file: Path, messages: list[HeardMessage], intake: Intake, devices: dict[str, Explained]) -> Iterator[str]:
    """Tell every message, gather what is made of it, and yield what is refused, in words: file, event, rule."""
    for record in intake.registry:
        devices[record.device] = Explained(record.device)
    for number, heard in enumerate(messages, 1):
        verdict = intake.receive(
            heard.topic, heard.payload, heard.at, content_type=heard.content_type, properties=heard.properties
        )
        if verdict.refusal is not None:
            yield f"{file}: event {number}: {verdict.refusal.rule}: {verdict.refusal.problem.detail}"
        for conclusion in verdict.conclusions:
            if isinstance(conclusion, Finding | Recovery):
                devices[conclusion.device].told.append(conclusion)
    for one in devices.values():
        one.found = one.found or intake.explain(one.device)


# --- reading --------------------------------------------------------------------------------------------------------


def _messages(file: Path) -> list[HeardMessage]:
    """Read whatever the file holds. Raises ``KitError`` naming file, entry and rule."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KitError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    try:
        whole = json.loads(text)
    except ValueError as error:
        if len(text.strip().splitlines()) < 2:  # noqa: PLR2004 - one line that is no JSON is no recording
            raise KitError(f"{file}: not JSON: {error}") from None
        return _lines(file, text)
    if isinstance(whole, dict) and "topic" in whole and "payload" in whole:
        return read_recording(file)
    events = whole if isinstance(whole, list) else [whole]
    if not events:
        raise KitError(f"{file}: the list holds no event")
    return _as_heard(file, events)


def _lines(file: Path, text: str) -> list[HeardMessage]:
    events = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except ValueError as error:
            raise KitError(f"{file}:{number}: not JSON: {error}") from None
        if isinstance(event, dict) and "topic" in event:
            return read_recording(file)
        events.append(event)
    return _as_heard(file, events)


def _as_heard(file: Path, events: Iterable[object]) -> list[HeardMessage]:
    """Return events as they would arrive: each at its own hour, never before the one above, and none in the future."""
    found: list[HeardMessage] = []
    at = 0.0
    for number, event in enumerate(events, 1):
        if not isinstance(event, dict):
            raise KitError(f"{file}: event {number}: is no JSON object; a CloudEvent is one")
        source = event.get("via") or event.get("source")
        if not isinstance(source, str) or not source.startswith("/"):
            raise KitError(f"{file}: event {number}: source: is missing; it is /{{vendor}}/{{device}}")
        at = max(at, min(_time_of(event), time.time()))
        found.append(HeardMessage(at, f"callahead/v1{source}/event", json.dumps(event).encode()))
    return found


def _time_of(event: dict[str, Any]) -> float:
    """Return an event's own hour; now where it tells none that can be read, which the intake will say."""
    try:
        return datetime.fromisoformat(str(event.get("time"))).timestamp()
    except ValueError:
        return time.time()


def _records(messages: Iterable[HeardMessage], model_year: int | None) -> Iterator[DeviceRecord]:
    """Yield a registration for each device that speaks: a file is explained, not policed."""
    for heard in messages:
        try:
            event = json.loads(heard.payload)
            kind, source, via = kinds().of_stranger(event["type"]).name, str(event["source"]), event.get("via")
        except (ValueError, KeyError, TypeError, NoSuchKind):
            continue
        paired = str(via)[1:] if via else None
        yield DeviceRecord(source[1:], kind, None, "simulated", paired, model_year=model_year)


# --- telling --------------------------------------------------------------------------------------------------------


def _as_json(found: list[Explained], refused: list[str]) -> dict[str, Any]:
    """The device that is worst off stands at the top, the others under ``others``."""
    devices = {one.device: _one_as_json(one) for one in found}
    first = next(iter(devices), None)
    top = {"device": first, **devices.pop(first)} if first else {"parts": [], "decision": str(Grade.WATCH), "why": []}
    return {**top, "others": devices, "refused": refused}


def _one_as_json(one: Explained) -> dict[str, Any]:
    if one.found is None:
        return {"parts": [], "decision": str(Grade.WATCH), "why": []}
    ranking, decision, known = one.found.ranking, one.found.decision, one.found.model.known
    return {
        "parts": [
            {
                "part": name,
                "probability": round(share, 4),
                "severity": str(known.parts[name].severity),
                "safe_to_drive": str(known.parts[name].drive),
            }
            for share, name in ranked(ranking, watched=decision.grade is Grade.WATCH)
        ],
        "nothing_broke": round(ranking.probability(NOTHING), 4),
        "decision": str(decision.grade),
        "part": decision.part,
        "safe_to_drive": str(decision.drive),
        "why": list(_why(one.found)),
        "against": list(reasons_against(one.found.model, ranking, ranking.best)),
        "measure": deciding_measurement(one.found.model, ranking),
        "told": [_told(each) for each in one.told],
    }


def _why(found: Diagnosed) -> tuple[str, ...]:
    return reasons_for(found.model, found.ranking, found.ranking.best) or ("nothing speaks of a fault",)


def _told(one: Finding | Recovery) -> str:
    if isinstance(one, Recovery):
        return f"{hour_in(one.observed_at, UTC, '%H:%M UTC')} well again"
    again = f", for the {one.relapse + 1}. time" if one.relapse else ""
    where = f", {one.near}" if one.near else ""
    return f"{hour_in(one.observed_at, UTC, '%H:%M UTC')} {one.grade}: {one.name} {one.probability:.0%}{again}{where}"


def _print(one: Explained) -> None:
    out = show.OUT
    out.print(f"\n[bold]{escape(one.device)}[/bold]")
    if one.found is None:
        out.print("Nothing that could be diagnosed.")
        return
    ranking, decision, known = one.found.ranking, one.found.decision, one.found.model.known
    table = Table(show_edge=False, pad_edge=False)
    for name in ("part", "", "severity", "safe to drive", "help"):
        table.add_column(name, justify="left" if name else "right", no_wrap=name != "part")
    for share, name in ranking.posterior[:_NAMED]:
        part = known.parts[name]
        if share >= _LEAST or name == ranking.best:
            does = ("-", "yes", "-") if name == NOTHING else (part.severity, _DRIVE[part.drive], part.help)
            table.add_row(part.name, f"{share:.0%}", *does)
    out.print(table)
    best = known.parts[decision.part]
    said = Table.grid(padding=(0, 2))
    _add(said, "Decision", [_DO[decision.grade]])
    if decision.grade is not Grade.WATCH:
        _add(said, "Part", [f"{best.name}, {certainty(decision.probability)}"])
        _add(said, "To say", [best.advice])
    _add(said, "Why", _why(one.found))
    _add(said, "Against", reasons_against(one.found.model, ranking, ranking.best))
    _add(said, "Measure", filter(None, [deciding_measurement(one.found.model, ranking)]))
    _add(said, "Told", map(_told, one.told))
    out.print(said)


def _add(table: Table, title: str, texts: Iterable[str]) -> None:
    for number, text in enumerate(texts):
        table.add_row("" if number else f"[bold]{title}[/bold]", escape(text))
