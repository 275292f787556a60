"""How much each sign speaks for each reason: a table of log-odds, read from ``weights.toml`` and checked. Pure.

P(reason | signs) is a softmax over log(share) + the weights of the signs, divided by the temperature: multinomial logistic
regression, of which every figure can be looked up.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dispatch.core.reasons.model import Chance, Expects, Reason, Sign
from gateway.errors import AuthorError

FILE = Path(__file__).with_name("weights.toml")
LEAST = 0.005
"""What is less likely is not written down."""
Weight = Annotated[float, Field(ge=-20, le=20)]


class WeightsError(AuthorError):
    """The author's fault: file, entry and rule."""


class LogOdds(BaseModel):
    """The table."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    temperature: Annotated[float, Field(gt=0, le=10)]
    chosen: Weight
    """For the reason that they chose in a menu."""
    before: Weight
    """For the one that they turned to us about last."""
    shares: dict[Reason, Annotated[float, Field(gt=0, lt=1)]]
    signs: dict[Sign, dict[Reason, Weight]]

    @model_validator(mode="after")
    def _is_whole(self) -> LogOdds:
        for names, entry, there in ((Reason, "shares", self.shares), (Sign, "signs", self.signs)):
            missing = [str(one) for one in names if one not in there]
            if missing:
                raise ValueError(f"{entry}: there is nothing of {', '.join(missing)}")
        return self


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one reason or another."""

    signs: tuple[Sign, ...]
    chosen: Reason | None = None
    before: Reason | None = None


def chances(evidence: Evidence, tilt: Mapping[Reason, float], table: LogOdds | None = None) -> dict[Reason, float]:
    """Return how likely each reason is; they add up to 1. ``tilt``: reason → how many times as frequent as usual it is here."""
    table = table or weights()
    scores = {reason: _score(reason, evidence, table) for reason in Reason}
    top = max(scores.values())
    shares = {reason: tilt.get(reason, 1.0) * math.exp(score - top) for reason, score in scores.items()}
    total = sum(shares.values())
    return {reason: share / total for reason, share in shares.items()}


def expected(evidence: Evidence, tilt: Mapping[Reason, float]) -> Expects:
    """Return the same as it is written down with a call."""
    found = sorted(chances(evidence, tilt).items(), key=lambda one: (-one[1], one[0]))
    kept = tuple(Chance(reason, round(p, 4)) for reason, p in found if p >= LEAST)
    return Expects(kept, evidence.signs, evidence.chosen, evidence.before)


def _score(reason: Reason, evidence: Evidence, table: LogOdds) -> float:
    said = math.log(table.shares[reason]) + sum(table.signs[sign].get(reason, 0.0) for sign in evidence.signs)
    said += table.chosen if reason is evidence.chosen else 0.0
    said += table.before if reason is evidence.before else 0.0
    return said / table.temperature


@cache
def weights() -> LogOdds:
    """Return the table that ships. Raises ``WeightsError`` naming file, entry and rule."""
    return read_weights(FILE.read_text("utf-8"))


def read_weights(text: str) -> LogOdds:
    """Read a table. Raises ``WeightsError``."""
    try:
        return LogOdds.model_validate(tomllib.loads(text), strict=False)
    except tomllib.TOMLDecodeError as error:
        raise WeightsError(f"{FILE.name}: file: not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise WeightsError(f"{FILE.name}: {where}: {first['msg']}") from None
