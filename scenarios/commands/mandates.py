"""``callahead mandate …``: what a mandate's limits come to."""

from __future__ import annotations

import json
from datetime import date
from itertools import islice
from typing import Annotated

import typer

from dispatch.core.purse.mandate import Alignment, Period
from dispatch.core.purse.periods import BadPeriod, Days, Periods
from scenarios.terminal import show

mandate_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    help="What a mandate's limits come to.",
)
MOST = 10_000
"""Periods that are listed."""


@mandate_app.callback()
def mandate() -> None:
    """What a mandate's limits come to; --json for machines."""


@mandate_app.command("periods")
def periods(
    *,
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="The mandate's first day, as 2026-08-31.")],
    period: Annotated[Period, typer.Option("--type", help="How long a limit holds.")] = Period.MONTH,
    alignment: Annotated[Alignment, typer.Option(help="Where periods begin.")] = Alignment.CONSENT,
    count: Annotated[int, typer.Option(min=1, max=MOST, help="How many.")] = 12,
    as_json: Annotated[bool, typer.Option("--json", help="Print the ends as a JSON list and nothing else.")] = False,
) -> None:
    """Tell when the periods of a limit end: each ends as the day begins that is told, and the next one with it."""
    kind = Periods(period, alignment, _day(first))
    try:
        found = list(islice(kind, count))
    except (OverflowError, ValueError):
        raise BadPeriod(
            f"there are no {count} such periods from {first} to the last day there is, {date.max}"
        ) from None
    if as_json:
        typer.echo(json.dumps([days.end.isoformat() for days in found]))
        return
    for days in found:
        show.OUT.print(_line(kind, days))


def _line(kind: Periods, days: Days) -> str:
    have, whole = kind.share(days)
    short = f", {have} of {whole} days: its limit is cut as short" if have < whole else ""
    return f"{days.begin} to {days.end}{short}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadPeriod(f"--from {text!r} is no date, as 2026-08-31 is one") from None
