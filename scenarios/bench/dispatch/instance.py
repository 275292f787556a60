"""An instance: trucks, workshops and jobs on a plane, as files have it; read strictly, and drawn by the same rules. Pure.

Positions are kilometres, times minutes; driving takes 1.3 times the straight line at 40 km/h.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from dispatch.policy_model.strict_model import StrictModel
from gateway.errors import OperatorError

MINUTES_PER_KM = 1.3 / 40 * 60
UNHOOK_MIN = 9.0
DUE_MIN, LATE = 45.0, 4.0
MOST_TRUCKS, MOST_JOBS = 6, 12
"""The optimum in hindsight is exact, and its work grows threefold with each job."""
Spot = tuple[float, float]


class BadInstances(OperatorError):  # noqa: N818 - says what is the matter
    """A file that holds no instances, or instances that are none; the message names file, place and rule."""


_Km = Annotated[float, Field(ge=-10_000, le=10_000)]
_At = Annotated[list[_Km], Field(min_length=2, max_length=2)]


class _WrittenJob(StrictModel):
    at: _At
    release_min: Annotated[float, Field(ge=0, le=100_000)]
    on_scene_min: Annotated[float, Field(ge=0, le=10_000)]
    tow_to: Annotated[int, Field(ge=0)] | None


class _Written(StrictModel):
    trucks: Annotated[list[_At], Field(min_length=1, max_length=MOST_TRUCKS)]
    workshops: list[_At]
    jobs: Annotated[list[_WrittenJob], Field(min_length=1, max_length=MOST_JOBS)]

    @model_validator(mode="after")
    def _workshops_are_there(self) -> _Written:
        for number, job in enumerate(self.jobs):
            if job.tow_to is not None and job.tow_to >= len(self.workshops):
                message = f"job {number} is towed to workshop {job.tow_to}, and there are {len(self.workshops)}"
                raise ValueError(message)
        return self


class _File(StrictModel):
    about: str = ""
    seed: int | None = None
    instances: Annotated[list[_Written], Field(min_length=1, max_length=100_000)]


@dataclass(frozen=True, slots=True)
class BenchJob:
    """One job."""

    at: Spot
    release: float
    busy: float
    """From the truck's arrival until it is free again."""
    end: Spot
    """Where it is free then."""


@dataclass(frozen=True, slots=True)
class Instance:
    """Trucks that stand somewhere at minute 0, and jobs in the order of their release."""

    trucks: tuple[Spot, ...]
    jobs: tuple[BenchJob, ...]


def drive(a: Spot, b: Spot) -> float:
    """Return the minutes from one place to another."""
    return math.hypot(a[0] - b[0], a[1] - b[1]) * MINUTES_PER_KM


def job_cost(wait: float) -> float:
    """Return what a wait of so many minutes costs."""
    return wait + LATE * max(0.0, wait - DUE_MIN)


def bench_job(at: Spot, release: float, on_scene: float, workshop: Spot | None) -> BenchJob:
    """Return a job that is mended where it stands, or towed."""
    if workshop is None:
        return BenchJob(at, release, on_scene, at)
    return BenchJob(at, release, on_scene + drive(at, workshop) + UNHOOK_MIN, workshop)


def read_instances(path: Path) -> list[Instance]:
    """Read a file of instances. Raises ``BadInstances``."""
    try:
        written = _File.model_validate(_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise BadInstances(f"{path}: {where}: {_rule(first)}") from None
    return [_read(one) for one in written.instances]


def _rule(mistake: ErrorDetails) -> str:
    """Return what is wrong, without the words of whoever reads it."""
    if mistake["type"] == "model_type":
        return "should be an object with keys and values"
    return mistake["msg"].removeprefix("Value error, ")


def _json(path: Path) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInstances(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise BadInstances(f"{path}: no JSON: {error}") from None


def _read(written: _Written) -> Instance:
    shops = [_spot(shop) for shop in written.workshops]
    jobs = [
        bench_job(_spot(job.at), job.release_min, job.on_scene_min, None if job.tow_to is None else shops[job.tow_to])
        for job in written.jobs
    ]
    return Instance(tuple(_spot(truck) for truck in written.trucks), tuple(sorted(jobs, key=lambda job: job.release)))


def _spot(at: Sequence[float]) -> Spot:
    return at[0], at[1]
