"""What can be wrong with roads: the operator's fault, told with file and rule."""

from __future__ import annotations

from gateway.errors import OperatorError


class BadRoads(OperatorError):  # noqa: N818 - says what is wrong
    """A file that holds no roads, or roads that are none; the message says which and why."""
