"""What the service does without, and which extra brings it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import OperatorError

EXTRA_OF = {
    **dict.fromkeys(("joblib", "numpy", "paho", "psutil", "scipy", "simpy"), "sim"),
    **dict.fromkeys(("matplotlib", "pandas", "pyarrow"), "report"),
    "osmium": "roads",
}
"""Library → the extra that brings it."""


class ExtraMissing(OperatorError):  # noqa: N818 - says what is the matter
    """A library is wanted that only an extra brings; the message says how to get it."""


@contextmanager
def extras_named() -> Iterator[None]:
    """Say of a library that is not installed which extra brings it. Raises ``ExtraMissing``."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in EXTRA_OF:
            raise
        message = f"this needs {missing}: pip install 'callahead[{EXTRA_OF[missing]}]'"
        raise ExtraMissing(message) from None
