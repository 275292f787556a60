"""The file of ``callahead-serve --policy``: YAML with the keys of a story's ``policy:`` block. Read whole, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dispatch.core.policy import Policy
from dispatch.core.quiet_hours import QuietHours
from dispatch.policy_model.house_policy import HousePolicy
from gateway.contract.documents import from_yaml, read_text
from gateway.errors import OperatorError


class BadPolicyFile(OperatorError):  # noqa: N818 - says what is wrong
    """The operator's fault: the message names file, key and rule."""


def read_policy(path: Path) -> HousePolicy:
    """Read a policy file. Raises ``BadPolicyFile``."""
    found = read_yaml(path)
    if not isinstance(found, dict):
        raise BadPolicyFile(f"{path}: a policy is a list of keys and values, as 'dial_attempts: 2'")
    try:
        policy = HousePolicy.model_validate(found)
    except ValidationError as error:
        raise BadPolicyFile("\n".join(told(path, error))) from None
    if policy.reactive:
        raise BadPolicyFile(f"{path}: name: {NOT_SERVED}")
    return policy


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - any YAML
    """Read a file of the operator's. Raises ``BadPolicyFile``."""
    try:
        return from_yaml(read_text(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadPolicyFile(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise BadPolicyFile(f"{path}: not YAML: {' '.join(str(error).split())}") from None


def house_of(file: Path | None, quiet_hours: str | None, roads: str | None = None) -> HousePolicy:
    """Return how the house works; what the command line says of quiet hours and roads goes before the file.

    Raises ``BadPolicyFile`` and ``BadQuietHours``.
    """
    house = read_policy(file) if file is not None else HousePolicy()
    said: dict[str, Any] = {} if quiet_hours is None else {"quiet_hours": QuietHours.parse(quiet_hours)}
    said |= {} if roads is None else {"roads": roads}
    return house.model_copy(update=said)


def shadow_of(file: Path, live: HousePolicy, quiet_hours: str | None, roads: str | None) -> HousePolicy:
    """Return how a house would work that decides beside the ``live`` one: what the command line says holds for both.

    Raises ``BadPolicyFile``, ``BadRoads`` and ``BadQuietHours``.
    """
    shadow = house_of(file, quiet_hours, roads)
    if shadow.desk() == live.desk():
        raise BadPolicyFile(f"{file}: it says what the house goes by already: a shadow would decide nothing otherwise")
    if shadow.plan == "partition" and live.plan != "partition":
        raise BadPolicyFile(
            f"{file}: plan: a shadow has no worker that proposes plans, so 'insertion' is all it can do"
        )
    if shadow.roads != live.roads:
        desk_policy(shadow)  # roads that cannot be read are told at once
    return shadow


def desk_policy(house: HousePolicy) -> Policy:
    """Return what the desk goes by, its roads read. Raises ``BadRoads``, and ``BadPolicyFile`` where nothing can read them."""
    policy = house.desk()
    if policy.roads is None:
        return policy
    try:
        from dispatch.roads.house import with_roads  # noqa: PLC0415 - imports numpy and scipy, which are an extra
    except ModuleNotFoundError as error:
        raise BadPolicyFile(f"roads: {error.name} is missing: pip install 'callahead[plan]'") from None
    return with_roads(policy)


def road_lines(policy: Policy) -> Callable[[], bytes] | None:
    """Return what draws the roads of a policy, where it has any (``dispatch.roads.lines``)."""
    if policy.drives is None:
        return None
    from dispatch.roads.lines import lines_of  # noqa: PLC0415 - likewise

    return lines_of(policy)


NOT_SERVED = (
    "the service hears devices, that is what it is for; a reactive house is there to compare with "
    "(callahead run or compare)"
)
"""Why nobody can run a reactive service."""


def write_policy(path: Path, policy: HousePolicy) -> None:
    """Write what differs from the usual. Raises ``OSError``."""
    path.write_text(yaml.safe_dump(policy.written(), sort_keys=False, allow_unicode=True), "utf-8")


def told(path: Path, error: ValidationError) -> Iterator[str]:
    """Yield each mistake of a file: file, key and rule."""
    for mistake in error.errors(include_url=False):
        yield f"{path}: {_key(mistake)}: {_rule(mistake)}"


def _key(mistake: ErrorDetails) -> str:
    unknown: Any = mistake.get("ctx", {}).get("key")
    return ".".join([*map(str, mistake["loc"]), *([unknown] if unknown else [])])


def _rule(mistake: ErrorDetails) -> str:
    text = mistake["msg"].removeprefix("Value error, ")
    ours = mistake["type"] in {"value_error", "unknown_key"}
    return text if ours else f"{text[0].lower()}{text[1:]}, not {mistake['input']!r}"
