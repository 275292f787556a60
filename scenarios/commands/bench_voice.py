"""``callahead bench voice``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from scenarios.terminal import show


def voice(
    *,
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A folder for each speaker.")],
    talks: Annotated[int, typer.Option(min=1, max=1_000, help="Of each speaker, held against everybody's print.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Have recorded speakers enrol and talk over a telephone line, and reckon who is taken for whom, and after how long."""
    from scenarios.bench.voice.measured import measured  # noqa: PLC0415 - wants the extra "voice"
    from scenarios.bench.voice.recordings import read_speakers  # noqa: PLC0415 - likewise

    speakers = read_speakers(folder)
    with show.bar("talks") as progress:
        figures = asdict(measured(speakers, talks, progress))
    show.figures(figures, as_json=as_json)
