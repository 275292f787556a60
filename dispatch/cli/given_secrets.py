"""Options that may hold a secret: on the command line everybody on the machine sees it, so a file or the environment may say it."""

from __future__ import annotations

from pathlib import Path

from gateway.errors import OperatorError


class NoSuchSecret(OperatorError):  # noqa: N818 - says what is wrong
    """The operator's fault: the file cannot be read."""


def revealed(option: str, text: str) -> str:
    """Return an option's text; of ``@FILE``, what stands in the file. Raises ``NoSuchSecret``."""
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NoSuchSecret(f"{option} {text}: the file cannot be read: {error}") from None
