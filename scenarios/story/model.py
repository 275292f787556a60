"""The whole model of a story: what ``schema`` says, and the sections that the kinds of devices bring.

It is made anew when a kind comes or goes. Everybody speaks of ``schema.Story``; only who reads a story needs this one.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, create_model

from scenarios.story import schema
from scenarios.story.distributions import Spans
from scenarios.story.registry import KINDS, REGISTRY, Found, KindError, home_kinds

Model = TypeVar("Model", bound=BaseModel)
_made: list[tuple[Found, type[schema.Story]]] = []
"""The model, and what kinds it was made from."""


def story_model() -> type[schema.Story]:
    """Return the model of a story with all kinds there are. Raises ``KindError``."""
    found = REGISTRY.found
    if not _made or _made[0][0] is not found:
        _made[:] = [(found, _whole())]
    return _made[0][1]


def _whole() -> type[schema.Story]:
    phones_in = _with(schema.PhonesIn, {kind.name: (Spans, kind.phones_in) for kind in KINDS.values() if kind.parts})
    customers = _with(schema.Customers, {"phones_in": (phones_in, phones_in.model_validate({}))})
    sections: dict[str, Any] = {}
    for kind in home_kinds():
        assert kind.homes is not None  # noqa: S101 - homes are counted by it
        section = kind.homes.section
        if section.KEY in schema.Story.model_fields:
            message = f"{REGISTRY.found.folders[kind.name] / 'kind.py'}: a story has a key '{section.KEY}' already"
            raise KindError(message)
        sections[section.KEY] = (section, section())
    return _with(schema.Story, {**sections, "customers": (customers, customers.model_validate({}))})


def _with(model: type[Model], fields: dict[str, Any]) -> type[Model]:
    """Return a model with more fields, under the same name here: stories are sent to other processes, by that name."""
    made: type[Model] = create_model(
        model.__name__, __base__=model, __module__=__name__, __doc__=model.__doc__, **fields
    )
    globals()[model.__name__] = made
    return made


story_model()
