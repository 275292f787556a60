"""Spans of time that differ from one to the next, by name: lognormal, exponential, weibull, gamma, uniform, triangular and more."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import AS_DURATION, Duration

Numbers = npt.NDArray[np.float64]


class Lognormal(StrictModel):
    """Given by ``median`` and ``sigma`` (of the logarithm), or ``mean`` and ``cv`` (standard deviation over mean)."""

    median: Duration | None = None
    sigma: Annotated[float, Field(ge=0, le=5)] | None = None
    mean: Duration | None = None
    cv: Annotated[float, Field(gt=0, le=10)] | None = None

    @model_validator(mode="after")
    def _one_pair(self) -> Lognormal:
        pairs = (self.median is not None, self.sigma is not None), (self.mean is not None, self.cv is not None)
        if sorted(pairs) != [(False, False), (True, True)]:
            message = "give median and sigma, or mean and cv"
            raise ValueError(message)
        return self

    @property
    def shape(self) -> tuple[float, float]:
        """Median and sigma. For mean m and cv c: sigma² = ln(1 + c²), median = m·exp(-sigma²/2)."""
        if self.median is not None and self.sigma is not None:
            return self.median, self.sigma
        mean, cv = self.mean or 0.0, self.cv or 0.0
        variance = math.log1p(cv**2)
        return mean * math.exp(-variance / 2), math.sqrt(variance)

    def draw(self, dice: np.random.Generator, count: int) -> Numbers:
        """Draw ``count`` spans."""
        median, sigma = self.shape
        return median * np.exp(sigma * dice.standard_normal(count))


class Exponential(StrictModel):
    """Memoryless, given by its mean."""

    mean: Duration

    def draw(self, dice: np.random.Generator, count: int) -> Numbers:
        """Draw ``count`` spans."""
        return self.mean * dice.standard_exponential(count)


class Uniform(StrictModel):
    """Any span from ``low`` to ``high`` alike."""

    low: Duration
    high: Duration

    @model_validator(mode="after")
    def _in_order(self) -> Uniform:
        if self.low > self.high:
            message = "low must not be more than high"
            raise ValueError(message)
        return self

    def draw(self, dice: np.random.Generator, count: int) -> Numbers:
        """Draw ``count`` spans."""
        return self.low + (self.high - self.low) * dice.random(count)


class Weibull(StrictModel):
    """By ``shape`` (below 1: early failures, 1: memoryless, above: wear) and ``scale``, by which 63% are over."""

    shape: Annotated[float, Field(gt=0, le=20)]
    scale: Duration

    def draw(self, dice: np.random.Generator, count: int) -> Numbers:
        """Draw ``count`` spans."""
        return self.scale * dice.weibull(self.shape, count)


class Gamma(StrictModel):
    """By ``shape`` and ``mean``: shape 1 is exponential, a whole shape k is k exponential steps one after another."""

    shape: Annotated[float, Field(gt=0, le=1_000)]
    mean: Duration

    def draw(self, dice: np.random.Generator, count: int) -> Numbers:
        """Draw ``count`` spans."""
        return dice.gamma(self.shape, self.mean / self.shape, count)


class Triangular(StrictModel):
    """From ``low`` to ``high``, likeliest at ``mode``: what experts guess."""

    low: Duration
    mode: Duration
    high: Duration

    @model_validator(mode="after")
    def _in_order(self) -> Triangular:
        if not self.low <= self.mode <= self.high or self.low == self.high:
            message = "write low, mode and high in this order, and high above low"
            raise ValueError(message)
        return self

    def draw(self, dice: np.random.Generator, count: int) -> Numbers:
        """Draw ``count`` spans."""
        return dice.triangular(self.low, self.mode, self.high, count)


def _listed(found: object) -> object:
    return tuple(found) if isinstance(found, list) else found


Observed = Annotated[tuple[Duration, ...], BeforeValidator(_listed), Field(min_length=1)]
"""Spans that were measured; each is drawn as often as it stands there."""


class Spans(StrictModel):
    """One distribution by its name; a bare ``5 min`` is that span every time."""

    lognormal: Lognormal | None = None
    exponential: Exponential | None = None
    weibull: Weibull | None = None
    gamma: Gamma | None = None
    uniform: Uniform | None = None
    triangular: Triangular | None = None
    empirical: Observed | None = None
    constant: Duration | None = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Say that a bare span will do."""
        named = handler.resolve_ref_schema(handler(core))
        return {"anyOf": [AS_DURATION, {**named, "minProperties": 1, "maxProperties": 1}]}

    @model_validator(mode="before")
    @classmethod
    def _bare_span(cls, found: Any) -> Any:  # noqa: ANN401 - any YAML
        return found if isinstance(found, (dict, Spans)) else {"constant": found}

    @model_validator(mode="after")
    def _exactly_one(self) -> Spans:
        if len(self.model_fields_set) != 1:
            message = f"name exactly one distribution: {', '.join(type(self).model_fields)}"
            raise ValueError(message)
        return self

    def draw(self, dice: np.random.Generator, count: int) -> Numbers:
        """Draw ``count`` spans, in seconds."""
        if self.constant is not None:
            return np.full(count, self.constant)
        if self.empirical is not None:
            return np.array(self.empirical)[dice.integers(len(self.empirical), size=count)]
        (name,) = self.model_fields_set
        drawn: Numbers = getattr(self, name).draw(dice, count)
        return drawn

    @property
    def middle(self) -> float:
        """About the median, in seconds."""
        return float(np.median(self.draw(np.random.default_rng(0), 1_001)))

    def one(self, dice: np.random.Generator) -> float:
        """Draw one span, in seconds."""
        return float(self.draw(dice, 1)[0])


def always(span: float) -> Spans:
    """Return the distribution that is ``span`` seconds every time."""
    return Spans.model_construct({"constant"}, constant=span)


def lognormal(median: float, sigma: float) -> Spans:
    """Return a lognormal by its median (seconds) and sigma."""
    return Spans.model_construct({"lognormal"}, lognormal=Lognormal.model_construct(median=median, sigma=sigma))


def exponential(mean: float) -> Spans:
    """Return an exponential by its mean (seconds)."""
    return Spans.model_construct({"exponential"}, exponential=Exponential.model_construct(mean=mean))


def uniform(low: float, high: float) -> Spans:
    """Return a uniform from ``low`` to ``high`` (seconds)."""
    return Spans.model_construct({"uniform"}, uniform=Uniform.model_construct(low=low, high=high))
