"""Why somebody struggles: the reasons of the catalogue, weighed by what the app said. Pure.

Naive Bayes over few signs, small enough to explain every number: the errors of one run, whether one element was tapped over and
over, and whether many others fail with the same version of the app. (``gateway.diagnosis`` speaks of parts, of who comes to mend
them, and of whether a car may be driven.)
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.apps.messages import Flow, StepError
from gateway.errors import AuthorError

FILE = Path(__file__).with_name("knowledge") / "reasons.toml"
UNCLEAR = "unclear"
SAYS_MOST = 2
"""The same error a third time says no more of why."""
RARE = 0.02
"""P(a sign | a reason that does not name it) [fit]."""
ERRORS = get_args(StepError)
Probability = Annotated[float, Field(gt=0, lt=1)]


class ReasonsError(AuthorError):
    """The author's fault: file, entry and rule."""


class Reason(BaseModel):
    """One reason."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    flows: Annotated[tuple[Flow, ...], Field(min_length=1)]
    share: Probability
    errors: dict[StepError, Probability] = {}
    tapped: Probability = RARE
    version: Probability = RARE
    hopeless: bool = False

    @model_validator(mode="after")
    def _errors_are_shares(self) -> Reason:
        if sum(self.errors.values()) > 1:
            raise ValueError("errors: add up to more than 1")
        return self

    def of_error(self, error: str) -> float:
        """Return P(an error is this one | this reason)."""
        left = 1 - sum(self.errors.values())
        return self.errors.get(error, 0.0) + max(left, RARE) / len(ERRORS)  # type: ignore[call-overload, no-any-return]


class Reasons(BaseModel):
    """The catalogue."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    reasons: dict[str, Reason]

    @model_validator(mode="after")
    def _has_an_answer_for_everything(self) -> Reasons:
        if set(self.reasons.get(UNCLEAR, Reason(flows=("log_in",), share=0.5)).flows) != set(get_args(Flow)):
            raise ValueError(f"reasons.{UNCLEAR}: must be there, for every flow")
        return self


@dataclass(frozen=True, slots=True)
class Ranked:
    """The reasons of one run, the likeliest first."""

    posterior: tuple[tuple[str, float], ...]
    hopeless: float
    """P(no other try can help)."""

    @property
    def first(self) -> tuple[str, float]:
        """The likeliest, and how likely it is."""
        return self.posterior[0]


def rank(flow: str, errors: Mapping[str, int], *, tapped: bool, version: bool) -> Ranked:
    """Weigh the reasons of a flow. ``errors``: error → how often; ``version``: many others fail with the same version."""
    known = {name: one for name, one in reasons().items() if flow in one.flows}
    weights = {name: _weight(one, errors, tapped=tapped, version=version) for name, one in known.items()}
    top = max(weights.values())
    shares = {name: math.exp(weight - top) for name, weight in weights.items()}
    total = sum(shares.values())
    posterior = sorted(((name, share / total) for name, share in shares.items()), key=lambda one: (-one[1], one[0]))
    return Ranked(tuple(posterior), sum(share for name, share in posterior if known[name].hopeless))


def _weight(reason: Reason, errors: Mapping[str, int], *, tapped: bool, version: bool) -> float:
    said = math.log(reason.share)
    said += sum(min(count, SAYS_MOST) * math.log(reason.of_error(error)) for error, count in errors.items())
    said += math.log(reason.tapped if tapped else 1 - reason.tapped)
    return said + math.log(reason.version if version else 1 - reason.version)


@cache
def reasons() -> Mapping[str, Reason]:
    """Return the catalogue. Raises ``ReasonsError`` naming file, entry and rule."""
    return read_reasons(FILE.read_text("utf-8"))


def read_reasons(text: str) -> Mapping[str, Reason]:
    """Read a catalogue. Raises ``ReasonsError``."""
    try:
        return Reasons.model_validate(tomllib.loads(text), strict=False).reasons
    except tomllib.TOMLDecodeError as error:
        raise ReasonsError(f"{FILE.name}: file: not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise ReasonsError(f"{FILE.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
