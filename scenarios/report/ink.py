"""Colours of the page and its pictures: Okabe and Ito's palette, which colour-blind people tell apart, for light and for dark.

Pictures are drawn in stand-in colours; in the page each becomes a variable of the style sheet, so that one picture serves
a light screen, a dark one and paper.
"""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure as Picture

INK, LINE, PAPER = "#010101", "#020202", "#030303"
BLUE, ORANGE, GREEN, RED, SKY, PINK = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7"
VARIABLES = {
    INK: "ink", LINE: "line", PAPER: "paper", BLUE: "blue", ORANGE: "orange", GREEN: "green", RED: "red", SKY: "sky", PINK: "pink",
}  # fmt: skip
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "callahead",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
}
_FONT = re.compile(r"font: ((?:[\w.]+ )*)([\d.]+px) [^;\"]*")


@contextmanager
def drawing(width: float, height: float) -> Iterator[Picture]:
    """Begin a picture, inches. Figures are made without a screen and without the library's global state."""
    from matplotlib import rc_context  # noqa: PLC0415 - half a second that only a report spends
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415

    with rc_context(_SETTINGS):
        yield Canvas(figsize=(width, height))


def svg(picture: Picture, name: str) -> str:
    """Return the picture as an SVG element with the page's own colours and font; ``name`` keeps its ids apart."""
    written = io.StringIO()
    picture.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = written.getvalue()
    text = text[text.index("<svg") :]
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var(--{variable})")
    text = _FONT.sub(r"font-weight: normal; font-size: \2", text)
    text = re.sub(r'id="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'(href="|url\()#', rf"\1#{name}-", text)
    return re.sub(r'<svg ([^>]*?)width="[^"]*pt" ([^>]*?)height="[^"]*pt"|<svg ', _sized, text, count=1)


def _sized(found: re.Match[str]) -> str:
    return f'<svg role="img" {found[1] or ""} {found[2] or ""}'
