"""The contract as JSON Schema 2020-12, taken from the models that parse."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import CoreSchema

from gateway.contract import examples
from gateway.contract.commands import COMMAND_CLASSES
from gateway.contract.event_types import event_types
from gateway.contract.refusals import Problem
from gateway.contract.state import DeviceState

Json = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
STATE, REJECTED = "callahead.state.v1", "callahead.rejected.v1"
"""What the messages are called that carry no ``type`` of their own."""


def models() -> dict[str, type[BaseModel]]:
    """Return of every message, up and down, its model, by type."""
    return {
        **{model.model_fields["type"].default: model for model in (*event_types().classes, *COMMAND_CLASSES)},
        STATE: DeviceState,
        REJECTED: Problem,
    }


def shown_examples() -> dict[str, tuple[Json, ...]]:
    """Return the examples of every message, by type."""
    return {
        **event_types().shown,
        **{kind: (example,) for kind, example in examples.COMMANDS.items()},
        STATE: (examples.ONLINE, examples.LAST_WILL),
        REJECTED: (examples.REJECTED,),
    }


class _Plain(GenerateJsonSchema):
    """Without the titles pydantic makes of names: the names say as much."""

    def field_title_should_be_set(self, schema: CoreSchema) -> bool:
        del schema
        return False


def json_schemas() -> dict[str, Json]:
    """Return a schema of each message, by its type; each is complete in itself and carries its example."""
    return {kind: _schema(kind, model) for kind, model in models().items()}


def shared_schemas(ref_template: str) -> Json:
    """Return the schemas of all models by their names, referring to each other by ``ref_template``."""
    inputs = [(model, "validation") for model in models().values()]
    _, found = models_json_schema(inputs, ref_template=ref_template, schema_generator=_Plain)  # type: ignore[arg-type]
    shared: Json = found["$defs"]
    return shared


def described(model: type[BaseModel]) -> str:
    """Return in a sentence or two what a message says: an event's or a command's data knows."""
    data = model.model_fields.get("data")
    told = data.annotation if data else model
    return " ".join((told.__doc__ or "").split())


def _schema(kind: str, model: type[BaseModel]) -> Json:
    schema = model.model_json_schema(schema_generator=_Plain)
    return {
        "$schema": DIALECT,
        "$id": f"urn:callahead:schema:{kind}",
        **schema,
        "description": described(model),
        **({"x-max-bytes": event_types().max_bytes(kind)} if kind in event_types() else {}),
        "examples": list(shown_examples()[kind]),
    }
