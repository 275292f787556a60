"""``callahead bench NAME``."""

from __future__ import annotations

import typer

from scenarios.bench.ble_command import ble

app = typer.Typer(no_args_is_help=True, help="Measure what the README and the contract promise.")
app.command()(ble)


@app.callback()
def bench() -> None:
    """Measure what the README and the contract promise."""
