"""What is wrong with a map."""

from __future__ import annotations

from gateway.errors import OperatorError


class BadMap(OperatorError):  # noqa: N818 - says what is wrong
    """The operator's fault: the file is no map that a browser can draw. The message says why, and what to do."""
