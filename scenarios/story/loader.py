"""Finds, reads and checks stories. Whatever is wrong is told by file, key and rule, before anything starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.policy_file import read_policy
from gateway.contract.documents import FAST, from_yaml, read_text
from gateway.contract.nearest import nearest
from gateway.errors import AuthorError
from scenarios.story.distributions import Spans
from scenarios.story.model import story_model
from scenarios.story.schema import Story

SHELF = Path(__file__).parents[1] / "stories"
"""Where the stories that are shipped lie."""
DISTRIBUTIONS = frozenset(Spans.model_fields)
TOLD_AT_ONCE = 5
"""More mistakes than these are counted, not listed."""
FILES = frozenset({".yaml", ".yml"})
"""How the names of policy files end."""


class StoryError(AuthorError):
    """The story's author is to correct something: the message names file, key and rule."""


class _OneKeyOnce(FAST):  # type: ignore[misc, valid-type] # one class or the other
    """YAML 1.1 lets a key stand twice and forgets the first; here that is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """Refuse a key that stands twice."""
        seen = set[str]()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                message = f"the key '{key.value}' stands twice"
                raise yaml.constructor.ConstructorError(None, None, message, key.start_mark)
            seen.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


def open_story(name: str, settings: Iterable[str] = ()) -> Story:
    """Read a story by its path, a shipped one by its name. Raises ``StoryError``, ``BadPolicyFile``.

    ``settings``: ``path=value``; of ``policy=FILE`` the story's policy becomes that of the file, as ``callahead-serve`` takes it.
    """
    path = find(name)
    content = extended(path)
    changed = [_change(content, setting) for setting in settings]
    try:
        return story_model().model_validate(content)
    except ValidationError as error:
        raise StoryError("\n".join(_told(path, error, changed))) from None


def shipped() -> list[Story]:
    """Read every story that is shipped, in the order of their names."""
    return [open_story(path.stem) for path in sorted(SHELF.glob("*.yaml"))]


def is_policy(path: Path) -> bool:
    """Tell whether a file is a policy's: it has no key that stories alone have. Raises ``StoryError``."""
    of_stories = {"extends", *story_model().model_fields} - HousePolicy.model_fields.keys()
    return not of_stories & _read(path).keys()


@contextmanager
def naming(story: str) -> Iterator[None]:
    """Name the file in what a run, rather than the reading, finds wrong with a story."""
    try:
        yield
    except StoryError as error:
        message = f"{find(story)}: {error}"
        raise StoryError(message) from None


def find(name: str) -> Path:
    """Return the file of a story. Raises ``StoryError`` with the nearest name there is."""
    path = Path(name)
    if path.is_file():
        return path
    shelved = SHELF / f"{name}.yaml"
    if not shelved.is_file() and path.parent.name == SHELF.parent.name:
        shelved = SHELF / path.name  # where the shipped ones lay before they had a folder of their own
    if shelved.is_file() and path.name in {name, shelved.name}:
        return shelved.relative_to(Path.cwd()) if shelved.is_relative_to(Path.cwd()) else shelved
    names = sorted(found.stem for found in SHELF.glob("*.yaml"))
    near = nearest(path.stem, names, 0.6)
    hint = f"did you mean '{near}'?" if near else f"shipped are: {', '.join(names)}"
    message = f"{name}: there is no such story; {hint}"
    raise StoryError(message)


def extended(path: Path, below: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read a story and what it ``extends``, laid over each other. Raises ``StoryError``: it extends itself in the end."""
    content = _read(path)
    base = content.pop("extends", None)
    if base is None:
        return content
    if not isinstance(base, str):
        message = f"{path}: extends: {base!r} is no story; write a name or a path, as 'extends: winter_morning'"
        raise StoryError(message)
    beside = path.parent / base
    there = beside if beside.is_file() else _extends(path, base)
    met = (*below, path.resolve())
    if there.resolve() in met:
        way = " → ".join(one.name for one in (*met, there))
        message = f"{path}: extends: a story cannot extend itself: {way}"
        raise StoryError(message)
    return laid_over(extended(there, met), content)


def _extends(path: Path, base: str) -> Path:
    try:
        return find(base)
    except StoryError as error:
        message = f"{path}: extends: {error}"
        raise StoryError(message) from None


def laid_over(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``more`` over it: block by block, lists and values replaced, what is null taken away."""
    merged = dict(base)
    for key, value in more.items():
        under = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(under, dict) and isinstance(value, dict) and not _is_one_of_several(under, value):
            merged[key] = laid_over(under, value)
        else:
            merged[key] = value
    return merged


def _is_one_of_several(under: dict[str, Any], value: dict[str, Any]) -> bool:
    """Tell whether both name a distribution: another one takes its place."""
    return len(under) == len(value) == 1 and under.keys() != value.keys() and {*under, *value} <= DISTRIBUTIONS


def _read(path: Path) -> dict[str, Any]:
    try:
        content = from_yaml(read_text(path), _OneKeyOnce)
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        message = f"{path}: cannot be read: {_briefly(error)}"
        raise StoryError(message) from None
    if not isinstance(content, dict):
        message = f"{path}: a story is a list of keys and values, as 'name: winter_morning'"
        raise StoryError(message)
    return content


def _briefly(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    if isinstance(error, yaml.MarkedYAMLError) and mark is not None:
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return str(error)


def _change(content: dict[str, Any], setting: str) -> str:
    """Carry out one ``path=value`` on the story as it was read; return its path."""
    path, equals, value = setting.partition("=")
    if not equals or not path:
        message = f"--set {setting}: write path=value, as cars.count=500"
        raise StoryError(message)
    try:
        new = from_yaml(value)
    except yaml.YAMLError:
        new = value
    if path == "policy" and isinstance(new, str) and Path(new).suffix in FILES:
        new = read_policy(Path(new)).written()
    if isinstance(content.get("policy"), str):
        content["policy"] = {"name": content["policy"]}
    *way, last = path.split(".")
    _put(_alone(_walk(content, way, setting), last), last, new, setting)
    return path


def _walk(node: Any, way: list[str], setting: str) -> Any:  # noqa: ANN401 - any YAML
    for step in way:
        node = _alone(node, step)
        if isinstance(node, list):
            node = node[_index(node, step, setting)]
        elif isinstance(node, dict):
            if node.get(step) is None:
                node[step] = {}
            node = node[step]
        else:
            break
    return node


def _alone(node: Any, step: str) -> Any:  # noqa: ANN401 - any YAML
    """Step into a list of one entry where a name is asked of it: ``agents.count`` is ``agents.0.count``."""
    return node[0] if isinstance(node, list) and len(node) == 1 and not step.isdigit() else node


def _put(node: Any, last: str, value: Any, setting: str) -> None:  # noqa: ANN401 - any YAML
    if isinstance(node, list):
        node[_index(node, last, setting)] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        message = f"--set {setting}: '{last}' stands below a value that has no keys"
        raise StoryError(message)


def _index(items: list[Any], step: str, setting: str) -> int:
    if step.isdigit() and int(step) < len(items):
        return int(step)
    message = f"--set {setting}: '{step}' is no place in a list of {len(items)}; count from 0"
    raise StoryError(message)


def _told(path: Path, error: ValidationError, changed: list[str]) -> Iterator[str]:
    mistakes = error.errors(include_url=False)
    for mistake in mistakes[:TOLD_AT_ONCE]:
        key = _key(mistake)
        origin = next((f" (by --set {one})" for one in changed if _lies_in(key, one)), "")
        yield f"{path}: {key + ': ' if key else ''}{_rule(mistake)}{origin}"
    if len(mistakes) > TOLD_AT_ONCE:
        yield f"{path}: and {len(mistakes) - TOLD_AT_ONCE} more"


def _lies_in(key: str, setting: str) -> bool:
    """Tell whether a setting led to a key, with or without the place in a list of one entry."""
    return any(f"{one}.".startswith(f"{setting}.") for one in (key, key.replace(".0.", ".")))


def _key(mistake: ErrorDetails) -> str:
    parts = [str(part) for part in mistake["loc"]]
    extra = mistake.get("ctx", {}).get("key")
    return ".".join([*parts, *([extra] if extra else [])])


def _rule(mistake: ErrorDetails) -> str:
    text = mistake["msg"].removeprefix("Value error, ")
    if mistake["type"] == "missing":
        return "is missing"
    given = mistake["input"]
    ours = mistake["type"] in {"value_error", "unknown_key"}
    if not ours and isinstance(given, (int, float, str)):
        return f"{text[0].lower()}{text[1:]}, not {given!r}"
    return text[0].lower() + text[1:]
