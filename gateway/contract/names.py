"""Every name the contract has, for telling a sender which one it may have meant."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel

from gateway.contract import messages, values


@cache
def published_names() -> tuple[str, ...]:
    """Return the names of all members of all parts of events, sorted."""
    models = [
        part
        for module in (messages, values)
        for part in vars(module).values()
        if isinstance(part, type) and issubclass(part, BaseModel)
    ]
    return tuple(sorted({field.alias or name for model in models for name, field in model.model_fields.items()}))
