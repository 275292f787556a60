"""A campaign: so many inputs at each surface, all from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from scenarios.fuzz.file_surface import play_files
from scenarios.fuzz.findings import Tally
from scenarios.fuzz.service_surface import hosted, play_http, play_websocket


@dataclass(frozen=True, slots=True)
class CampaignSize:
    """How many inputs of each sort."""

    http: int
    websocket: int
    files: int


def campaign(wanted: CampaignSize, seed: int, folder: Path, progress: Callable[[float], None]) -> list[Tally]:
    """Play it, and return what it came to. ``folder`` is the service's and the files'."""
    # Dice, and no secrets: whoever plays a seed again gets the same inputs.
    http, websocket, files = (Random(f"{seed} {surface}") for surface in ("http", "websocket", "files"))  # noqa: S311
    whole = wanted.http + wanted.websocket + wanted.files
    done: list[Tally] = []

    def share(count: int) -> Callable[[float], None]:
        before = sum(tally.inputs for tally in done)
        return lambda part: progress((before + part * count) / max(1, whole))

    if wanted.http or wanted.websocket:
        with hosted(folder / "service") as service:
            done.append(play_http(service, http, wanted.http, share(wanted.http)))
            done.append(play_websocket(service, websocket, wanted.websocket, share(wanted.websocket)))
    done.append(play_files(folder / "files", files, wanted.files, share(wanted.files)))
    return [tally for tally in done if tally.inputs]
