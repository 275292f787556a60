# ruff: noqa: RUF001 - written in six languages
"""Takes off what a mail answers. The rules stand here, so that nobody guesses what was cut. Pure.

Cut from the first line that begins what was written before: a mail program's "… wrote:", a line of its own before the original,
Outlook's block of headers. Then quoted lines at the end, and a signature behind ``-- ``. Where nothing would be left, all stays.
"""

from __future__ import annotations

import re

_WROTE = re.compile(
    r"^.{0,300}(?:wrote|schrieb|rakstīja|raksta|пишет|писал|писала|написал|написала|написав|пише|نوشت|写道)\s?[:：]\s*$"
)
_ORIGINAL = re.compile(
    r"^\W{0,4}-{2,}\s*(?:Original Message|Forwarded message|Sākotnējā ziņa|Исходное сообщение|Пересылаемое сообщение|"
    r"Оригінальне повідомлення|پیام اصلی|原始邮件)\s*-{2,}",
    re.IGNORECASE,
)
_HEADERS = re.compile(r"^\*?(?:From|No|От|Від|از|发件人)\*?\s?[:：]\*?\s.*[@<]")
_RULE = re.compile(r"^_{10,}\s*$")
_LONGEST_LINE = 400
"""Of what is looked at."""


def without_history(text: str) -> str:
    """Return what somebody wrote now."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = _until_signature(lines[: _begins(lines)])
    while kept and (not kept[-1].strip() or kept[-1].lstrip().startswith(">")):
        kept.pop()
    return "\n".join(kept).strip() or text.strip()


def _begins(lines: list[str]) -> int:
    """Return the number of the line that begins what was written before."""
    for number, line in enumerate(lines):
        looked_at = line[:_LONGEST_LINE].strip()
        both = f"{looked_at} {lines[number + 1][:_LONGEST_LINE].strip()}" if number + 1 < len(lines) else looked_at
        if _ORIGINAL.match(looked_at) or _RULE.match(looked_at) or _HEADERS.match(looked_at):
            return number
        if _WROTE.match(looked_at) or (looked_at.startswith("On ") and _WROTE.match(both)):
            return number
    return len(lines)


def _until_signature(lines: list[str]) -> list[str]:
    return lines[: lines.index("-- ")] if "-- " in lines else lines
