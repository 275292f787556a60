"""What the world knows of trucks: no home owns one, and nothing breaks in them. A story's ``trucks`` say how many there are."""

from __future__ import annotations

from scenarios.story.kind import WorldKind

KIND = WorldKind(name="truck")
