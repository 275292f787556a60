"""Suppliers as a story writes them: how they answer an order, what they have in stock, until when an order goes out today."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from dispatch.policy_model.strict_model import StrictModel, suggestion
from dispatch.policy_model.units import Share
from scenarios.story.distributions import Spans, uniform
from scenarios.story.hours import Clock

_AS_UNITS = {"type": "number", "minimum": 0}


def _units(found: object, where: str = "") -> float:
    if isinstance(found, bool) or not isinstance(found, (int, float)) or found < 0:
        message = f"{where}{found!r} is no stock: write units, as 40, or {{milk 1 l: 40}}"
        raise ValueError(message)
    return float(found)


def stocked(found: Any) -> Any:  # noqa: ANN401 - any YAML
    """Read units: ``40`` of each article, or by article or GTIN, ``{milk 1 l: 40}``; of what is not named it has none."""
    if isinstance(found, dict) and found:
        return {str(article): _units(units, f"{article}: ") for article, units in found.items()}
    return _units(found)


Stock = Annotated[
    float | dict[str, float],
    BeforeValidator(stocked),
    WithJsonSchema(
        {"anyOf": [_AS_UNITS, {"type": "object", "minProperties": 1, "additionalProperties": _AS_UNITS}]},
    ),
]


class Suppliers(StrictModel):
    """Who sells goods or sends technicians."""

    count: Annotated[int, Field(ge=0, le=10_000_000)]
    serves: Annotated[
        tuple[Literal["supplies", "technician"], ...],
        Field(min_length=1),
        BeforeValidator(lambda found: tuple(found) if isinstance(found, list) else found),
    ]
    answers_after: Spans = uniform(10, 120)
    refuses: Share = 0.05
    """Of what it is asked, without a look at its stock."""
    lead: Spans = uniform(2 * 3600, 24 * 3600)
    """From the order to the delivery or the visit."""
    stock: Stock | None = None
    """Units that each has at midnight, every day anew: ``40`` of each article, or by article or GTIN. It refuses an order
    that it cannot serve in full. Where it is left out, it never runs out."""
    cut_off: Clock | None = None
    """An order that it takes later in the day goes out with the next day: its ``lead`` counts from midnight."""

    @model_validator(mode="after")
    def _has_goods(self) -> Suppliers:
        if self.stock is not None and "supplies" not in self.serves:
            message = "stock is of goods, and this supplier sends technicians only"
            raise ValueError(message)
        return self


def check_stock(suppliers: tuple[Suppliers, ...], ordered: list[str]) -> None:
    """Raise where a supplier stocks what nobody in the story orders. ``ordered``: articles and GTINs."""
    for number, group in enumerate(suppliers):
        for article in group.stock if isinstance(group.stock, dict) else ():
            if article not in ordered:
                told = {"key": f"suppliers.{number}.stock.{article}", "hint": suggestion(article, ordered)}
                raise PydanticCustomError("unknown_key", "nobody orders it; {hint}", told)
