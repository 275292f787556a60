"""Options in groups: a dataclass of dataclasses whose fields are options; the command line shows and takes them singly."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_type_hints

import typer

Options = TypeVar("Options")


def in_groups(form: type[Options], order: Sequence[str]) -> Callable[[Callable[[typer.Context, Options], None]], Any]:
    """Have a command that takes a context and a ``form`` take each option of the form's groups by itself, in this order.

    Raises ``ValueError`` where ``order`` is not exactly the names of all options, each once.
    """
    groups: dict[str, type] = get_type_hints(form)
    options = [option for group in groups.values() for option in _options(group)]
    _must_be_all(order, [option.name for option in options])
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    signature = [context, *sorted(options, key=lambda option: order.index(option.name))]

    def wrap(command: Callable[[typer.Context, Options], None]) -> Any:  # noqa: ANN401 - typer reads its signature
        def expanded(context: typer.Context, **values: Any) -> None:
            told = {
                name: group(**{one.name: values[one.name] for one in fields(group)}) for name, group in groups.items()
            }
            command(context, form(**told))

        expanded.__doc__, expanded.__name__ = command.__doc__, command.__name__
        expanded.__annotations__ = {one.name: one.annotation for one in signature}
        expanded.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
        return expanded

    return wrap


def _options(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if one.default is MISSING else one.default,
            annotation=hints[one.name],
        )
        for one in fields(group)
    ]


def _must_be_all(order: Sequence[str], names: Sequence[str]) -> None:
    wrong = {name for name in {*order, *names} if (order.count(name), names.count(name)) != (1, 1)}
    if wrong:
        raise ValueError(f"every option stands once in its group and once in the order: {', '.join(sorted(wrong))}")
