"""What the sections of the operator's file have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo

from gateway.contract.documents import read_text
from gateway.finding import Provenance


class Section(BaseModel):
    """One of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    provenance: Provenance = "real"
    """simulated: what is behind it is a simulated world, at an address of 127.0.0.0/8."""


def _revealed(said: object, asked: ValidationInfo) -> object:
    """Return a secret that stands in a file or in the environment (the validation's context)."""
    if not isinstance(said, str):
        return said
    if said.startswith("@"):
        try:
            return read_text(Path(said[1:])).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"the file cannot be read: {error}") from None
    if said.startswith("$"):
        environment: Any = asked.context or {}
        if not environment.get(said[1:]):
            raise ValueError(f"{said[1:]} is not in the environment")
        return environment[said[1:]]
    raise ValueError("is '@FILE', or '$NAME' of the environment: not the secret itself")


def _some(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


Secret = Annotated[str, BeforeValidator(_revealed), AfterValidator(_some), StringConstraints(max_length=10_000)]
Host = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:\[\]-]+$")]
Port = Annotated[int, Field(ge=0, le=65_535)]
