"""What a notebook shows of a run: HTML that takes its colours from the notebook, light or dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from scenarios.experiments.paired import PairedDifference
from scenarios.experiments.shown import number, signed
from scenarios.score.scorecard import Figure, meaning
from scenarios.story.expectations import Expectation

HOLDS, BROKEN = "#2a9d6f", "#d55e00"
"""Green and red that can be read on white and on black."""
_DIM = "opacity:.7"
_NUMBER = "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums"
_LEFT = "text-align:left;white-space:nowrap"
_SAYS = f"text-align:left;{_DIM}"


def run(story: str, about: str, scorecard: Mapping[str, Figure], expect: Sequence[Expectation]) -> str:
    """Return the scorecard with a mark at each figure of which something was expected."""
    rules = {one.key: one for one in expect}
    rows = (
        _row((f"<code>{key}</code>", _LEFT), (_figure(value), _NUMBER), (_mark(rules.get(key)), _LEFT), (_meaning(key), _SAYS))
        for key, value in scorecard.items()
    )  # fmt: skip
    return _head(story, f"{about}. {_verdict(expect)}") + _table("figure", ("value",), ("expected", "what it is"), rows)


def comparison(title: str, sides: tuple[str, str], differences: Iterable[PairedDifference]) -> str:
    """Return the differences, the clear ones in bold."""
    rows = (
        _row(
            (f"<code>{one.key}</code>", _LEFT), (number(one.story), _NUMBER), (number(one.against), _NUMBER),
            (f"<b>{signed(one.difference)}</b>" if one.clear else signed(one.difference), _NUMBER), (_interval(one), _NUMBER),
        )
        for one in differences
    )  # fmt: skip
    return _head(title, "Bold: a clear difference.") + _table(
        "figure", (*sides, "difference", "95% interval"), (), rows
    )


def _head(title: str, about: str) -> str:
    return f'<div><b>{escape(title)}</b><div style="{_DIM}">{escape(about)}</div></div>'


def _verdict(expect: Sequence[Expectation]) -> str:
    held = sum(one.holds for one in expect)
    return f"{held} of {len(expect)} expectations hold" if expect else "Nothing was expected of it"


def _table(first: str, numbers: Iterable[str], rest: Iterable[str], rows: Iterable[str]) -> str:
    heads = [(first, _LEFT), *((one, _NUMBER) for one in numbers), *((one, _LEFT) for one in rest)]
    named = "".join(f'<th style="{style}">{escape(head)}</th>' for head, style in heads)
    return f"<table><thead><tr>{named}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _row(*cells: tuple[str, str]) -> str:
    return "<tr>" + "".join(f'<td style="{style}">{text}</td>' for text, style in cells) + "</tr>"


def _figure(value: Figure) -> str:
    if value is None:
        return "-"
    return escape(f"{value[:12]}…" if isinstance(value, str) else f"{value:,}".replace(",", " "))


def _meaning(key: str) -> str:
    return escape(meaning(key).partition("; ")[0])


def _mark(one: Expectation | None) -> str:
    if one is None:
        return ""
    colour, sign = (HOLDS, "✓") if one.holds else (BROKEN, "✗")
    return f'<span style="color:{colour}">{sign} {escape(one.rule)}</span>'


def _interval(one: PairedDifference) -> str:
    return "-" if one.low is None or one.high is None else f"{signed(one.low)} .. {signed(one.high)}"
