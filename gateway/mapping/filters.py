"""Topic filters with named placeholders: ``spBv1.0/{group}/DDATA/{node}/{device}``, and templates filled from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_LEFT_OVER = re.compile(r"[{}+#\x00]")
OURS = "callahead/"
"""Our own topics need no mapping, and may not be claimed by one."""


def placeholders(text: str) -> tuple[str, ...]:
    """Return the names in braces, in their order."""
    return tuple(_PLACEHOLDER.findall(text))


def fill(template: str, places: Mapping[str, str]) -> str | None:
    """Put ``places`` into a template; ``None`` where one of its placeholders is not known."""
    if any(name not in places for name in placeholders(template)):
        return None
    return _PLACEHOLDER.sub(lambda found: places[found[1]], template)


class TopicFilter(str):
    """What a mapping hears. A placeholder stands for one whole level, a final ``#`` for all levels that follow."""

    __slots__ = ("__dict__",)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls.checked, core_schema.str_schema(min_length=1))

    @classmethod
    def checked(cls, text: str) -> TopicFilter:
        """Read a filter. Raises ``ValueError`` with what is wrong with it."""
        if text.startswith(OURS):
            raise ValueError(f"{text!r} is one of our own topics, which need no mapping")
        levels = text.removesuffix("/#").split("/")
        for level in levels:
            if _LEFT_OVER.search(_PLACEHOLDER.sub("", level)) or (
                placeholders(level) and not _PLACEHOLDER.fullmatch(level)
            ):
                raise ValueError(
                    f"{level!r}: a level is plain text or one {{placeholder}} of small letters, digits and _"
                )
        if len(set(placeholders(text))) != len(placeholders(text)):
            raise ValueError(f"{text!r} has a placeholder twice")
        return cls(text)

    @cached_property
    def mqtt(self) -> str:
        """The filter to subscribe to."""
        return _PLACEHOLDER.sub("+", self)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        many = self.endswith("/#")
        levels = self.removesuffix("/#").split("/")
        parts = [f"(?P<{level[1:-1]}>[^/]+)" if _PLACEHOLDER.fullmatch(level) else re.escape(level) for level in levels]
        return re.compile("/".join(parts) + ("(?:/.*)?" if many else ""), re.DOTALL)

    def match(self, topic: str) -> dict[str, str] | None:
        """Return the placeholders' values; ``None`` where the topic is another."""
        found = self._pattern.fullmatch(topic)
        return found.groupdict() if found else None
