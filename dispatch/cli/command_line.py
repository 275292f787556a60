"""``callahead-serve``'s command line: what it is asked; ``run`` does what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import typer

from dispatch.cli.access_commands import key_app, user_app
from dispatch.cli.join import check as check_join
from dispatch.cli.join import join
from dispatch.cli.option_groups import in_groups
from dispatch.cli.options import ORDER, Options
from dispatch.cli.run import run
from dispatch.cli.tracing import check as check_otel
from dispatch.observe import logs
from dispatch.store.backup_command import backup, restore
from dispatch.store.errors import JournalFailed
from gateway.broker.child_process import BrokerFailed
from gateway.contract.event_types import MessagesError
from gateway.diagnosis.catalogue import CatalogueError
from gateway.errors import OperatorError
from gateway.kinds.registry import KindError, NoSuchKind
from gateway.mapping.read import MappingError

_TOLD_SHORTLY = (
    *(OperatorError, CatalogueError, MappingError, KindError, NoSuchKind, MessagesError, BrokerFailed, JournalFailed),
)
"""What whoever started the service can mend: told in a line, without a trace."""


def command_line() -> None:
    """Do what ``callahead-serve`` is asked."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.callback(invoke_without_command=True)(serve)
    app.command()(backup)
    app.command()(restore)
    app.add_typer(user_app, name="user")
    app.add_typer(key_app, name="key")
    try:
        app()
    except _TOLD_SHORTLY as error:
        typer.echo(f"callahead-serve: {error}", err=True)
        raise SystemExit(2) from None


@in_groups(Options, ORDER)
def serve(context: typer.Context, options: Options) -> None:
    """Callahead's service: hears devices over MQTT and Bluetooth, sends help, and has customers called before they call."""
    store = options.store.settings()
    if context.invoked_subcommand is not None:
        context.obj = store.address()
        return
    logs.set_up(options.watching.log_format, options.watching.log_level)
    service = options.join.settings()
    if service is not None:
        check_join(_given(context))
        asyncio.run(join(service, options.store.folder, with_parent=options.process.stop_with_parent))
        return
    check_otel(options.watching.otel)
    asyncio.run(run(options.settings()))


def _given(context: typer.Context) -> Iterator[str]:
    """Yield the options that stand on the command line, as they are written."""
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if source is not None and source.name == "COMMANDLINE":
            yield option.opts[0]
