"""``callahead contract``: writes the published contract, made from the models that parse."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.contract.asyncapi import asyncapi
from gateway.contract.page import html
from gateway.contract.schemas import json_schemas


class Form(StrEnum):
    """How it is written."""

    ASYNCAPI = "asyncapi"
    JSONSCHEMA = "jsonschema"
    HTML = "html"


def contract(
    *,
    form: Annotated[Form, typer.Option("--format", help="AsyncAPI 3, JSON Schema 2020-12, or a page to read.")],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="File to write; for jsonschema a folder, one file a message. Without it: print."
        ),
    ] = None,
) -> None:
    """Write the contract with vendors: what they may send and will receive."""
    if form is Form.JSONSCHEMA and out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, schema in json_schemas().items():
            _write(out / f"{name}.schema.json", _json(schema))
        return
    text = html() if form is Form.HTML else _json(asyncapi() if form is Form.ASYNCAPI else json_schemas())
    if out is None:
        typer.echo(text, nl=False)
    else:
        _write(out, text)


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint="--out") from None
    typer.echo(path)
