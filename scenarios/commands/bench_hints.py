"""``callahead bench hints``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from scenarios.terminal import show


def hints(
    *,
    questions: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Labelled questions instead of ours, as TOML of the same shape."
        ),
    ] = None,
    embeddings: Annotated[
        bool, typer.Option("--embeddings", help="By meaning as well as by words; wants the extra hints.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Ask labelled questions in five languages, and tell how often the right article comes first, or among three."""
    from dispatch.channels.knowledge.articles import articles  # noqa: PLC0415 - --help does without
    from dispatch.channels.knowledge.index import Finder, full_text  # noqa: PLC0415 - likewise
    from scenarios.bench.hints.measured import FILE, measured, read_questions  # noqa: PLC0415 - likewise

    finder: Finder = full_text()
    if embeddings:
        from dispatch.channels.knowledge.meanings import ByMeaning  # noqa: PLC0415 - wants the extra

        finder = ByMeaning(articles().values(), finder)
    figures = measured(finder, articles(), read_questions(questions or FILE))
    show.figures(asdict(figures), as_json=as_json)
