"""What can break in a kettle."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.story.part import Part

KETTLE_PARTS: Mapping[str, Part] = {
    "heating_element": Part("kettle"),
    "limescale": Part("kettle", needs_help=False, phones=False),
}
