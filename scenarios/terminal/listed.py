"""Commands that are imported when they are called: ``--help`` and a wrong word are answered without what they need."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command

from dispatch.observe.garbage import loading


class Listed(NamedTuple):
    """A command, or a group of commands, and where it is."""

    where: str
    """``module:name`` of a function, or of a ``typer.Typer``."""
    says: str
    """What it does, in a line: the first of its own help."""

    def command(self, name: str) -> Any:  # noqa: ANN401 - Typer's own kind of command
        """Import it."""
        module, _, built = self.where.partition(":")
        with loading():
            found = getattr(import_module(module), built)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            alone.command(name)(found)
            found = alone
        command = get_command(found)
        command.name = name
        return command


def listing(listed: Mapping[str, Listed], says: str) -> typer.Typer:
    """Return a group of these commands, in this order."""

    class Group(TyperGroup):
        """Knows what is in the list."""

        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - Typer keeps its Click to itself
            """Return the names."""
            del ctx
            return list(listed)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - likewise
            """Import a command; ``None``: there is none of this name."""
            del ctx
            return listed[cmd_name].command(cmd_name) if cmd_name in listed else None

        def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - likewise
            """Write the list as it stands, without importing anything."""
            del ctx
            with formatter.section("Commands"):
                formatter.write_dl([(name, one.says) for name, one in listed.items()])

    app = typer.Typer(
        cls=Group, help=says, add_completion=False, no_args_is_help=True, rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )  # fmt: skip
    app.callback()(_nothing_else)
    return app


def _nothing_else() -> None:
    pass
