"""TELLS STORIES: a simulated world of devices and people, on a virtual clock or on the wall's, and the scorecard.

In a notebook: ``import scenarios; run = scenarios.play("winter_morning", seed=7)``. Importing it loads nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.notebook.api import compare, open_run, play, stories

__all__ = ["compare", "open_run", "play", "stories"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from scenarios.terminal.extras import extras_named  # noqa: PLC0415 - as what follows: the import stays cheap

    with extras_named():
        from scenarios.notebook import api  # noqa: PLC0415
    return getattr(api, name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
