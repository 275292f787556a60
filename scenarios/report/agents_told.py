"""The report's section about conversations of agents with customers: by group, with intervals, and what customers gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from dispatch.policy_model.units import spoken
from scenarios.report.ink import BLUE, LINE, drawing, svg
from scenarios.score.ledger_facts import Facts
from scenarios.score.nonresponse import Corrected
from scenarios.score.quality import Difference, GroupQuality, Measured, Quality, quality
from scenarios.score.survey_means import survey_means
from scenarios.world.survey_truth import Contentment

WIDE = 10.4
"""Inches."""
FEW_TO_SAY = "too few to say"
HEADS = ("group", "agents", "conversations", "typical time", "turned to us again in 24 h", "settled at once", "score")
CHECKED, HINTED = "until known who speaks", "spoke from an article"
"""Columns that stand only where a ledger tells of them."""
NAMES = {
    "handling_s": "handling time",
    "repeat_share": "turned to us again",
    "first_contact_share": "settled at once",
    "score": "score",
}
ABOUT = (
    "Agents by what they are there for. Typical: the median, with what was left of the conversation. Settled at once: informed, "
    "not handed on, and the customer turned to us neither a day before nor a day behind. Intervals of 95%. Fewer than 20 "
    "conversations, or three agents, say nothing of a group; nobody is ranked."
)
PICTURE = "Typical handling time by group, with its interval of 95%."
SURVEYS = (
    "What customers gave, 1 to 5, who were asked how a talk was. Corrected: each answer counts for as many as would have had to be "
    "asked for it, by what is known of all of them (how long they waited, whether they had turned to us before, on what, in which "
    "language, with which group). Who is silent because of what they would say, and like others in all that, no weight finds."
)


@dataclass(frozen=True, slots=True)
class AgentsTold:
    """What a ledger says of them."""

    quality: Quality
    means: Corrected | None
    """``None``: nobody was asked, or too few answered."""
    asked: int
    left_out: Mapping[str, int]
    """Why how many were not asked."""
    truth: float | None
    """What all who were asked would have given on average; ``None``: nobody knows."""

    @classmethod
    def of(cls, facts: Facts, contentment: Sequence[Contentment] | None) -> AgentsTold:
        """Read it."""
        surveys = list(facts.surveys.of.values())
        scores = [one.score for one in contentment or ()]
        truth = round(sum(scores) / len(scores), 3) if scores else None
        told = quality(facts.contacts, surveys, facts.checks, facts.hints)
        return cls(
            told,
            survey_means(surveys),
            len(surveys),
            {str(why): count for why, count in facts.surveys.left_out.items()},
            truth,
        )

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        means = self.means
        return {
            "groups": [asdict(one) for one in self.quality.groups],
            "differences": [asdict(one) for one in self.quality.differences],
            "compared": self.quality.compared,
            "surveys": {"asked": self.asked, "left_out": dict(self.left_out), "truth": self.truth}
            | ({} if means is None else _means(means)),
        }


def _means(means: Corrected) -> dict[str, Any]:
    return {
        "answered": means.answered,
        "mean": _rounded(means.raw._asdict()),
        "weighted": _rounded(means.weighted._asdict()),
        "bounds": {f"{odds:g}": _rounded({"low": low, "high": high}) for odds, (low, high) in means.bounds.items()},
    }


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in figures.items()}


def section(told: AgentsTold) -> str:
    """Return the section; empty where nobody spoke with anybody."""
    if not told.quality.groups:
        return ""
    groups = told.quality.groups
    checked, hinted = any(one.check_s for one in groups), any(one.hinted_share for one in groups)
    rows = "".join(_group(one, checked=checked, hinted=hinted) for one in groups)
    names = [*HEADS, *([CHECKED] if checked else []), *([HINTED] if hinted else [])]
    heads = "".join(f"<th>{head}</th>" for head in names)
    table = f'<div class="scroll"><table><tr>{heads}</tr>{rows}</table></div>'
    said = "".join(f"<li>{escape(_differs(one))}</li>" for one in told.quality.differences)
    none = f"Compared {told.quality.compared} times: nothing differs by more than chance."
    compared = f"<ul>{said}</ul>" if said else f'<p class="dim">{none if told.quality.compared else ""}</p>'
    return f'<p class="dim">{ABOUT}</p>{_picture(told.quality.groups)}{table}{compared}{_surveys(told)}'


def _group(one: GroupQuality, *, checked: bool, hinted: bool) -> str:
    cells = (
        *(str(one.agents), str(one.conversations)),
        *(_times(one.handling_s), _shares(one.repeat_share), _shares(one.first_contact_share), _scores(one.score)),
        *([_times(one.check_s or Measured(0))] if checked else []),
        *([_shares(one.hinted_share or Measured(0))] if hinted else []),
    )
    numbers = "".join(f'<td class="number">{cell}</td>' for cell in cells)
    return f"<tr><td>{escape(one.group or 'not known')}</td>{numbers}</tr>"


def _times(one: Measured) -> str:
    return _shown(one, lambda value: spoken(round(value)))


def _shares(one: Measured) -> str:
    return _shown(one, lambda value: f"{value:.1%}")


def _scores(one: Measured) -> str:
    return _shown(one, lambda value: f"{value:.2f}")


def _shown(one: Measured, form: Any) -> str:  # noqa: ANN401 - a function of one number
    if one.value is None or one.low is None or one.high is None:
        return f'<span class="dim">{FEW_TO_SAY} ({one.count})</span>'
    return f"{form(one.value)} ({form(one.low)} to {form(one.high)})"


def _differs(one: Difference) -> str:
    if one.figure == "handling_s":
        span = f"{one.low:.2f} to {one.high:.2f}"
        return f"{NAMES[one.figure]}: {one.one} takes {one.value:.2f} times as long as {one.other} ({span})"
    form = "+.2f" if one.figure == "score" else "+.1%"
    return f"{NAMES[one.figure]}: {one.one} {one.value:{form}} to {one.other} ({one.low:{form}} to {one.high:{form}})"


def _picture(groups: Sequence[GroupQuality]) -> str:
    shown = [one for one in groups if one.handling_s.value is not None]
    if not shown:
        return ""
    with drawing(WIDE, 0.9 + 0.35 * len(shown)) as canvas:
        axes: Any = canvas.subplots()
        for row, one in enumerate(shown):
            found = one.handling_s
            axes.plot([(found.low or 0) / 60, (found.high or 0) / 60], [row, row], color=BLUE, linewidth=2)
            axes.plot([(found.value or 0) / 60], [row], "o", color=BLUE)
        axes.set_yticks(range(len(shown)), [one.group for one in shown], fontsize=8.5)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_color(LINE)
        axes.set_xlabel("minutes")
        return f"<figure>{svg(canvas, 'handling')}<figcaption>{PICTURE}</figcaption></figure>"


def _surveys(told: AgentsTold) -> str:
    left = ", ".join(f"{why.replace('_', ' ')} {count}" for why, count in sorted(told.left_out.items()))
    not_asked = f" Not asked: {left}." if left else ""
    if not told.asked:
        return f'<p class="dim">{not_asked}</p>' if left else ""
    means = told.means
    if means is None:
        return f"<p>{SURVEYS}</p><p>{told.asked} were asked; {FEW_TO_SAY} what they gave.{not_asked}</p>"
    rows = [
        ("as given", _span(means.raw)),
        ("corrected for who is silent", _span(means.weighted)),
        *(
            (f"odds to answer off by {odds:g} times", f"{low:.2f} to {high:.2f}")
            for odds, (low, high) in means.bounds.items()
        ),
        *([("in truth", f"{told.truth:.2f}")] if told.truth is not None else []),
    ]
    cells = "".join(f'<tr><td>{name}</td><td class="number">{value}</td></tr>' for name, value in rows)
    head = "<tr><th>mean score</th><th>of 5</th></tr>"
    share = f"{means.asked} were asked, {means.answered} ({means.answered / means.asked:.1%}) answered.{not_asked}"
    return f"<p>{SURVEYS}</p><p>{share}</p><table>{head}{cells}</table>"


def _span(found: tuple[float, float, float]) -> str:
    value, low, high = found
    return f"{value:.2f} ({low:.2f} to {high:.2f})"
