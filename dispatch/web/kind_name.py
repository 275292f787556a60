"""The name of a kind of device, as a request gives it: checked where it comes in."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError

from gateway.contract.bounds import Line
from gateway.kinds.registry import kinds


def _known(name: str) -> str:
    if name not in kinds():
        *first, last = (f"'{one}'" for one in kinds().names)
        raise PydanticCustomError("enum", "Input should be {expected}", {"expected": f"{', '.join(first)} or {last}"})
    return name


class _WhichThereAre:
    """Marks a name whose schema lists the kinds there are."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(core), "enum": list(kinds().names)}


KindName = Annotated[Line, AfterValidator(_known), _WhichThereAre()]
