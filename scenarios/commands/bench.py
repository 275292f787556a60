"""The command group ``callahead bench``: one measurement, one file."""

from __future__ import annotations

import typer

from scenarios.bench.diagnosis import diagnosis
from scenarios.bench.live.command import live
from scenarios.commands.bench_ble import ble
from scenarios.commands.bench_calls import calls
from scenarios.commands.bench_dispatch import dispatch
from scenarios.commands.bench_hints import hints
from scenarios.commands.bench_payments import payments
from scenarios.commands.bench_reasons import reasons
from scenarios.commands.bench_voice import voice

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, add_completion=False, help="Measure a part of Callahead."
)
app.command()(diagnosis)
app.command()(ble)
app.command()(dispatch)
app.command()(calls)
app.command()(hints)
app.command()(live)
app.command()(payments)
app.command()(voice)
app.command()(reasons)


@app.callback()
def bench() -> None:
    """Measure a part of Callahead; --json for machines."""
