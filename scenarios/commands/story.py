"""``callahead stories`` lists what there is, ``callahead new`` starts one of your own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from scenarios.story.loader import SHELF, StoryError, find, open_story, shipped
from scenarios.story.model import story_model

SKELETON = Path(__file__).parents[1] / "story" / "skeleton.yaml"
_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")


def stories(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of story files, for editors.")
    ] = False,
) -> None:
    """List the stories that are shipped, one line each."""
    if schema:
        typer.echo(json.dumps(story_schema(), ensure_ascii=False, indent=2))
        return
    there = shipped()
    if as_json:
        typer.echo(json.dumps([{"name": one.name, "about": one.about} for one in there], ensure_ascii=False, indent=2))
        return
    wide = max(len(one.name) for one in there)
    for one in there:
        typer.echo(f"{one.name:{wide}}  {one.about}")


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the story; its file is NAME.yaml, here.")],
    *,
    like: Annotated[
        str | None, typer.Option(metavar="STORY", help="Start from this one, and write down what differs.")
    ] = None,
) -> None:
    """Start a story: a file with comments that runs at once."""
    if _WORD.fullmatch(name) is None:
        message = f"{name}: a story's name is lower case, as cold_morning: letters, digits, '_' and '-'"
        raise StoryError(message)
    path = Path(f"{name}.yaml")
    written = _like(name, like) if like else SKELETON.read_text("utf-8").replace("name: skeleton", f"name: {name}", 1)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(written)
    except FileExistsError:
        message = f"{path}: there is such a file already; choose another name"
        raise StoryError(message) from None
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise StoryError(message) from None
    typer.echo(f"{path}: play it with 'callahead run {path}'")


def story_schema() -> dict[str, Any]:
    """Return the JSON Schema of a story file. What a story extends may say the rest: no key is required but the name."""
    found = story_model().model_json_schema(by_alias=True)
    _without_defaults(found)
    properties = found["properties"]
    properties["extends"] = {"type": "string", "description": "Another story, of which this one says what differs."}
    whole = {"required": found.pop("required")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **found,
        "if": {"not": {"required": ["extends"]}},
        "then": whole,
    }


def _without_defaults(node: Any) -> None:  # noqa: ANN401 - JSON
    """Leave defaults out: they stand in seconds and metres, and a file has units."""
    if isinstance(node, dict):
        if not isinstance(node.get("default"), dict) or "type" not in node.get("default", {}):
            node.pop("default", None)
        for part in node.values():
            _without_defaults(part)
    elif isinstance(node, list):
        for part in node:
            _without_defaults(part)


def _like(name: str, like: str) -> str:
    path = find(like)
    base = open_story(like)
    extends = like if path.parent.resolve() == SHELF.resolve() else str(path.resolve())
    return (
        f"# {base.name}, and what differs. Lists are replaced as a whole; everything else is laid over it.\n"
        f"extends: {extends}\n"
        f"name: {name}\n"
        f"about: {json.dumps(base.about, ensure_ascii=False)}\n"
        "\n"
        "# weather: {temperature: 5 °C}\n"
        "# customers: {answer: 50%}\n"
        "# policy: reactive\n"
    )
