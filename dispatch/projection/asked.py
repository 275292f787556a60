"""What somebody who watches may ask of the process that shows. Read strictly: it comes from a browser."""

from __future__ import annotations

from typing import Annotated

import msgspec

Text = Annotated[str, msgspec.Meta(max_length=512)]
Degrees = Annotated[float, msgspec.Meta(ge=-360, le=360)]
Moment = Annotated[float, msgspec.Meta(ge=0, le=4_102_444_800)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=600)]


class Open(msgspec.Struct, tag="open", frozen=True):
    """Tell all of a case, and again whenever it changes; ``None``: of none."""

    case: Text | None = None


class View(msgspec.Struct, tag="view", frozen=True):
    """Tell which devices are in this part of the map; ``None``: of none."""

    box: tuple[Degrees, Degrees, Degrees, Degrees] | None = None
    """South, west, north, east."""


class Past(msgspec.Struct, tag="past", frozen=True):
    """Tell how it stood at an hour, and go on from there; ``None``: how it stands."""

    at: Moment | None = None
    rate: Rate = 0.0


class Used(msgspec.Struct, tag="used", frozen=True):
    """Somebody sits before it: their session goes on. For the process that browsers are connected to."""


class Status(msgspec.Struct, tag="status", frozen=True):
    """How the process that decides is; it alone says so."""

    said: dict[str, object]


Asked = Open | View | Past | Used | Status
read_asked = msgspec.json.Decoder(Asked).decode
