"""``callahead shadow``: what another policy would have decided, at each decision that stands in a ledger."""

from __future__ import annotations

import time
from itertools import chain
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from dispatch.core.desk import Desk
from dispatch.core.policy import Policy
from dispatch.roads.house import with_roads
from dispatch.service.policy_file import desk_policy, read_policy
from dispatch.views.shadow.moments import moments
from dispatch.views.shadow.report import ComparedChoice, ShadowDifference, ShadowReport
from dispatch.views.shadow.shadow import NotAlike, Shadow
from scenarios.runner.recorded import NothingRecorded, Recorded, open_recorded
from scenarios.runner.run_notes import usual_but
from scenarios.terminal import show

SHOWN = 12
"""So many differences are told one by one; with ``--json`` the last 200."""


def shadow(
    recorded: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's or a service's folder, a ledger's file, or a DSN.")
    ],
    policy: Annotated[Path, typer.Argument(metavar="POLICY", help="The other policy's file.")],
    *,
    live: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="What the ledger was decided by; a run's folder says it itself."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Decide anew at each decision of a ledger, from how everything stood, by another policy; nothing is written."""
    found, other = open_recorded(recorded), read_policy(policy)
    report = _compared(found, _decided_by(found, live), desk_policy(other), other.written())
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(report)).decode())
        return
    show.OUT.print(_table(report))
    for line in chain.from_iterable(map(_lines, report.differences[-SHOWN:])):
        show.OUT.print(Text(line), soft_wrap=True)


def _decided_by(found: Recorded, live: Path | None) -> Policy:
    return with_roads(usual_but(found.policy)) if live is None else desk_policy(read_policy(live))


def _compared(found: Recorded, live: Policy, policy: Policy, written: dict[str, object]) -> ShadowReport:
    began, beside, since, seq = time.process_time(), Shadow(Desk(live), policy, time.process_time), None, 0
    try:
        for moment in moments(found.rows()):
            beside.follow(moment)
            since, seq = since or moment.at, moment.last_seq
    except NotAlike as error:
        message = f"{found.name}: {error}; say by --policy what it was decided by"
        raise NothingRecorded(message) from None
    beside.spent.whole_s = round(time.process_time() - began, 2)
    figures = (beside.judge.totals, beside.spent, beside.judge.differences)
    return ShadowReport("stopped", None, written, since, 0, seq, 0, *figures)


def _table(report: ShadowReport) -> Table:
    totals, card = report.totals, Table(title="at each decision, from how everything stood", title_justify="left")
    card.add_column("")
    card.add_column("", justify="right")
    mean = max(1, totals.compared)
    for name, value in (
        ("searches for a truck", f"{totals.choices}"),
        ("the same truck", f"{totals.alike}"),
        ("another truck", f"{totals.another_truck}"),
        ("it would have waited for another", f"{totals.shadow_waits}"),
        ("it would have sent one, and none was", f"{totals.shadow_sends}"),
        ("until arrival where they differ, as it was", f"{totals.live.wait_s / mean / 60:.1f} min"),
        ("as it would be expected", f"{totals.shadow.wait_s / mean / 60:.1f} min"),
        ("late where they differ", f"{totals.live.late} -> {totals.shadow.late}"),
        ("what its choices cost more, as a plan does, minutes", f"{totals.cost_s / 60:.0f}"),
        ("calls of ours only one of them queued", f"{totals.live.calls} / {totals.shadow.calls}"),
        ("processor time of its decisions", f"{report.spent.shadow_s:.1f} s"),
    ):
        card.add_row(name, value)
    return card


def _lines(one: ShadowDifference) -> list[str]:
    """Say one difference: a line for each case, and for calls."""
    lines = [f"row {one.seq} {case.case}: {_said(case.live)}; beside: {_said(case.shadow)}" for case in one.cases]
    calls = [f"row {one.seq}: {name}: {', '.join(found)}" for name, found in _calls(one) if found]
    return lines + calls


def _calls(one: ShadowDifference) -> list[tuple[str, list[str]]]:
    return [("queued, and would not be", one.calls_live), ("not queued, and would be", one.calls_shadow)]


def _said(choice: ComparedChoice) -> str:
    if choice.truck is None:
        return "no truck"
    return f"{choice.truck} goes" if choice.goes else f"waits for {choice.truck}"
