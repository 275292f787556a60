"""Places on the map and lists of words, as a story writes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from dispatch.policy_model.strict_model import StrictModel

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")]


def listed(found: object) -> object:
    """Take a list as YAML has it for a tuple."""
    return tuple(found) if isinstance(found, list) else found


Words = Annotated[tuple[Word, ...], BeforeValidator(listed), Field(min_length=1)]


class PlaceOnMap(StrictModel):
    """A place on the map, WGS 84 degrees."""

    latitude: Latitude
    longitude: Longitude
