"""``callahead learn``: models that a desk may adopt, learned from a ledger."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from dispatch.core.call_order.hazards import USUAL
from dispatch.policy_model.units import spoken
from dispatch.service.hazards_file import read_hazards, write_hazards
from gateway.errors import OperatorError
from scenarios.commands.learn_offers import offers
from scenarios.learning.hazards import SOON_S, Learned, learned
from scenarios.learning.phoning import phoning
from scenarios.runner.recorded import open_recorded
from scenarios.terminal import show

learn_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, add_completion=False, help="Learn from a ledger what a desk goes by."
)
OUT = Path("hazards.yaml")


class CannotWrite(OperatorError):  # noqa: N818 - says what is the matter
    """The model's file cannot be written."""


@learn_app.callback()
def learn() -> None:
    """Learn from a ledger what a desk goes by."""


learn_app.command()(offers)


@learn_app.command()
def hazards(
    ledger: Annotated[
        str, typer.Argument(metavar="LEDGER", help="A run's or a service's folder, a ledger's file, or a DSN.")
    ],
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="What is written.")] = OUT,
    base: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A model that is kept where the ledger shows too little.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Learn when customers phone who have heard nothing, by what broke; our own calls, coming first, censor.

    A desk adopts the file where its policy says call_order: index and hazards: FILE.
    """
    before = USUAL if base is None else read_hazards(base)
    found = learned(phoning(open_recorded(ledger).rows()), before)
    try:
        write_hazards(out, found.model)
    except OSError as error:
        raise CannotWrite(f"--out {out}: cannot be written: {error.strerror or error}") from None
    if as_json:
        typer.echo(json.dumps({"out": str(out), "phoned_soon": found.phoned_soon, **asdict(found.model)}, indent=2))
        return
    show.OUT.print(_table(found))
    show.OUT.print(f"{out}: {found.model.version}")


def _table(found: Learned) -> Table:
    card = Table(show_edge=False)
    for title in ("class", "median", "sigma", "phoned", "not by then", "in 2 min", "Kaplan-Meier"):
        card.add_column(title)
    for one in found.model.classes:
        soon = found.phoned_soon.get(one.of)
        counts = [str(one.phoned), str(one.unheard)] if one.phoned else ["as before", ""]
        shares = [f"{one.phones(0, SOON_S):.1%}", "" if soon is None else f"{soon:.1%}"]
        card.add_row(one.of, spoken(one.median_s), f"{one.sigma:.2f}", *counts, *shares)
    return card
