"""Calls that wait for one agent, as files have them: read strictly, and drawn. Pure but for the reading.

Everybody phones at a constant hazard ``theta``, every talk ends at a constant rate ``mu``, both a second; all answer at once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from dispatch.core.call_order.index import Placeable
from dispatch.policy_model.strict_model import StrictModel
from gateway.contract.documents import read_text
from gateway.errors import OperatorError

MOST_JOBS = 14
"""The optimum is exact, and its work doubles with each job."""
DRAWN_JOBS = 9
PHONES_S, TALKS_S = (60.0, 1_800.0), (60.0, 600.0)
"""Means that are drawn, evenly: until a customer phones, and of a talk."""


class BadJobs(OperatorError):  # noqa: N818 - says what is the matter
    """A file that holds no jobs, or jobs that are none; the message names file, place and rule."""


_Rate = Annotated[float, Field(ge=1e-9, le=1e6)]


class _JobRates(StrictModel):
    theta: _Rate
    mu: _Rate


def _solvable(found: list[_JobRates]) -> list[_JobRates]:
    if not 1 <= len(found) <= MOST_JOBS:
        message = f"{len(found)} jobs; the optimum is found for 1 to {MOST_JOBS}"
        raise ValueError(message)
    return found


_FILE = TypeAdapter(Annotated[list[_JobRates], AfterValidator(_solvable)])


@dataclass(frozen=True, slots=True)
class CallJob:
    """One call. Rates a second."""

    theta: float
    """At which the customer phones."""
    mu: float
    """At which a talk with them ends."""


def placeables(jobs: Sequence[CallJob]) -> list[Placeable]:
    """Return jobs as the index sees them, each named by its number."""
    return [Placeable(str(number), 1.0, 1 / job.mu, partial(_phones, job.theta)) for number, job in enumerate(jobs)]


def _phones(theta: float, within_s: float) -> float:
    return -math.expm1(-theta * within_s)


def drawn(seed: int, count: int) -> Iterator[list[CallJob]]:
    """Draw instances of nine calls."""
    dice = Random(seed)  # noqa: S311 - no secret
    for _ in range(count):
        yield [CallJob(1 / dice.uniform(*PHONES_S), 1 / dice.uniform(*TALKS_S)) for _ in range(DRAWN_JOBS)]


def read_jobs(path: Path) -> list[CallJob]:
    """Read a JSON list of ``{"theta": …, "mu": …}``. Raises ``BadJobs``."""
    try:
        return [CallJob(one.theta, one.mu) for one in _FILE.validate_python(_json(path))]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise BadJobs(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}") from None


def _json(path: Path) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(read_text(path))
    except OSError as error:
        raise BadJobs(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise BadJobs(f"{path}: no JSON: {error}") from None
