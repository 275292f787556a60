"""``callahead learn offers``: what other ways of choosing offers would have brought, from the log of a house."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from gateway.errors import OperatorError
from scenarios.learning.offers import CHOICES, EstimatedValue, LoggedOffer, logged_offers, self_normalised, weighted
from scenarios.runner.recorded import open_recorded
from scenarios.terminal import show

LEAST = 2


class TooFewOffers(OperatorError):  # noqa: N818 - says what is the matter
    """A ledger with hardly an offer in it says nothing of any."""


def offers(
    ledger: Annotated[
        str, typer.Argument(metavar="LEDGER", help="A run's or a service's folder, a ledger's file, or a DSN.")
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Judge other ways of choosing offers before they are tried: what each would bring for an offer, with 95% intervals.

    By inverse propensity weighting, and self-normalised, in minor units of worth to the house.
    """
    log = logged_offers(open_recorded(ledger).rows())
    if len(log) < LEAST:
        raise TooFewOffers(
            f"{ledger}: {len(log)} offers were made in it, and {LEAST} are needed: nothing can be said of any"
        )
    found = {name: (weighted(log, choice), self_normalised(log, choice)) for name, choice in CHOICES.items()}
    brought = sum(one.brought for one in log) / len(log)
    if as_json:
        told = {name: {"weighted": asdict(one), "self_normalised": asdict(two)} for name, (one, two) in found.items()}
        typer.echo(json.dumps({"offers": len(log), "brought": brought, "choices": told}, indent=2))
        return
    show.OUT.print(_table(log, brought, found))


def _table(
    log: Sequence[LoggedOffer], brought: float, found: dict[str, tuple[EstimatedValue, EstimatedValue]]
) -> Table:
    card = Table(title=f"{len(log)} offers, {brought:.1f} brought by each as they were made", show_edge=False)
    for title in ("way of choosing", "would bring", "95%", "self-normalised", "95%"):
        card.add_column(title, no_wrap=True)
    for name, estimates in found.items():
        card.add_row(
            name, *(cell for one in estimates for cell in (f"{one.value:.1f}", f"{one.low:.1f} .. {one.high:.1f}"))
        )
    return card
