"""Models whose JSON Schema says of each field what stands under it in the source; read when a schema is asked for, and not before.

Pydantic's own ``use_attribute_docstrings`` reads and parses the source of every class as it is made: a sixth of a start.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema

LATER = ConfigDict(defer_build=True)
"""Of a model or an adapter: what checks it is built when it first checks something. Most are for what a run never meets."""


class Described(BaseModel):
    """A model whose fields are described by the docstrings under them."""

    model_config = LATER

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, field in cls.model_fields.items():
            shown = properties.get(field.alias or name, properties.get(name))
            about = said_of(cls, name)
            if shown is not None and about:
                shown["description"] = about
        return schema


def build_now() -> None:
    """Build what checks every model that is imported: for a service, whose first fault must not wait for it."""
    waiting = [Described]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        model.model_rebuild()


def said_of(model: type[BaseModel], field: str) -> str:
    """Return what a field's own description or the docstring under it says; empty: nothing does."""
    described = model.model_fields[field].description
    if described is not None:
        return described
    by = next((one for one in model.__mro__ if field in inspect.get_annotations(one)), model)
    return _said_in(by.__module__).get(by.__qualname__, {}).get(field, "")


@cache
def _said_in(module: str) -> dict[str, dict[str, str]]:
    """Return the docstrings under fields by class and field; none for a module whose source is not there."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError):  # as pydantic has it: a schema does without
        return {}
    return {name: dict(_under_fields(body)) for name, body in _classes(tree.body, "")}


def _classes(body: list[ast.stmt], before: str) -> Iterator[tuple[str, list[ast.stmt]]]:
    for one in body:
        if isinstance(one, ast.ClassDef):
            yield f"{before}{one.name}", one.body
            yield from _classes(one.body, f"{before}{one.name}.")


def _under_fields(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            text = below.value.value if isinstance(below.value, ast.Constant) else None
            if isinstance(text, str):
                yield field.target.id, inspect.cleandoc(text)
