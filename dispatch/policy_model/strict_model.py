"""What every file that people write for us has in common: no unknown keys, and a hint at the one that was meant."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from gateway.contract.described import Described
from gateway.contract.nearest import nearest


def suggestion(word: str, known: list[str]) -> str:
    """Return ``did you mean …?``, or the words there are where none is near."""
    near = nearest(word, known, 0.55)
    return f"did you mean '{near}'?" if near else f"there are: {', '.join(known)}"


class StrictModel(Described):
    """A part of a file. Unknown keys are refused by name; values are taken as they stand, never guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _keys_are_known(cls, found: Any) -> Any:  # noqa: ANN401 - any YAML
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in found if isinstance(found, dict) else ():
            if key not in known:
                hint = suggestion(str(key), known)
                raise PydanticCustomError("unknown_key", "unknown key; {hint}", {"key": str(key), "hint": hint})
        return found
