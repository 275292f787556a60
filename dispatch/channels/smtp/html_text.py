"""The text of a page of HTML, as far as a mail needs it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_LINES = {
    "address",
    "blockquote",
    "br",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "li",
    "p",
    "pre",
    "table",
    "tr",
    "ul",
    "ol",
}
_NOT_SHOWN = {"head", "script", "style", "template", "title"}
_BLANK = re.compile(r"\n{3,}")


class _PageText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._hidden = 0
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in _NOT_SHOWN
        if tag in _LINES:
            self._quoted += tag == "blockquote"
            self.found.append("\n" + "> " * bool(self._quoted))

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _NOT_SHOWN))
        self._quoted = max(0, self._quoted - (tag == "blockquote"))
        if tag in _LINES - {"br", "hr"}:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(re.sub(r"\s+", " ", data))


def text_of_html(page: str) -> str:
    """Return what is shown of a page; what it quotes has a ``>`` before each line."""
    reader = _PageText()
    reader.feed(page)
    reader.close()
    lines = (line.strip() for line in "".join(reader.found).split("\n"))
    return _BLANK.sub("\n\n", "\n".join(lines)).strip()
