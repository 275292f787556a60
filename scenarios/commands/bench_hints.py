"""``callahead bench hints``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scenarios.terminal import show

if TYPE_CHECKING:
    from dispatch.channels.knowledge.index import Finder


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
    sound: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Instead: what is heard in a recording (WAV), and shown for it."
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="With --sound: a Vosk model; wants the extra listen."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Ask labelled questions in five languages, and tell how often the right article comes first, or among three."""
    from scenarios.bench.hints.measured import FILE, measured, read_questions  # noqa: PLC0415 - --help does without

    if (sound is None) != (model is None):
        raise typer.BadParameter("--sound and --model are given together, or neither")
    finder = _finder(by_meaning=embeddings)
    if sound is not None and model is not None:
        figures: Any = _heard(sound, model, finder)
    else:
        from dispatch.channels.knowledge.articles import articles  # noqa: PLC0415 - --help does without

        figures = measured(finder, articles(), read_questions(questions or FILE))
    show.figures(asdict(figures), as_json=as_json)


def _finder(*, by_meaning: bool) -> Finder:
    from dispatch.channels.knowledge.articles import articles  # noqa: PLC0415 - --help does without
    from dispatch.channels.knowledge.index import full_text  # noqa: PLC0415 - likewise

    if not by_meaning:
        return full_text()
    from dispatch.channels.knowledge.meanings import ByMeaning  # noqa: PLC0415 - wants the extra "hints"

    return ByMeaning(articles().values(), full_text())


def _heard(sound: Path, model: Path, finder: Finder) -> object:
    from dispatch.channels.listener.recognisers import VoskListener  # noqa: PLC0415 - --help does without
    from scenarios.bench.hints.listened import listened, rate_of  # noqa: PLC0415 - likewise

    return listened(sound, VoskListener(model, rate_of(sound)), finder)
