"""Puts the page together: one file that needs no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from dispatch.policy_model.units import spoken
from dispatch.views.timeline import TimelineLine
from scenarios.report import pictures
from scenarios.report.cases import Told
from scenarios.report.day import Day
from scenarios.report.excerpt import Excerpt
from scenarios.report.locations import HEADS, location_rows
from scenarios.report.paid import Paid
from scenarios.report.pictures import Clock
from scenarios.report.style import STYLE
from scenarios.report.unusual import Questions, UnusualPaid
from scenarios.report.why_phoned_first import PhonedFirst
from scenarios.report.why_phoned_first import picture as why_picture
from scenarios.runner.run_notes import Notes
from scenarios.score.scorecard import Figure, meaning
from scenarios.story.expectations import Expectation
from scenarios.story.parameters import FITTED, Parameter

CARDS = {
    "cases": "cases",
    "called_first_share": "called before they phoned",
    "head_start_p50_s": "head start, median",
    "response_p50_s": "to the truck, median",
    "late_share": "later than due",
    "eta_bias": "arrivals later than said",
    "eta_p90_error": "arrivals off by, 9 of 10",
    "part_accuracy": "right part",
    "lost": "lost",
    "duplicates": "twice",
}

HEAD_STARTS = (
    "Head start: how long before the customer would have phoned our call connected. The ends gather what lies beyond."
)
WAITS_FOR_CALL = "From the case to our call. When the customer would have phoned, only a simulated world knows."
WHY = "Why customers phoned before we called, with their share of all who would have phoned."
RESPONSES = "Share of trucks that were there within a time of the fault. Due: {due} after it, {whose}."
OURS, USUAL = "the policy of this run", "the usual policy (ADAC's target)"
COURSE = "Calls that wait for an agent, agents with a call in hand, trucks with a job. Dotted: how many there are."
PARTS = "What was concluded. Whether that was right, this ledger does not know: there is no confusion matrix."
CONFUSION = (
    "What broke (rows) against what was concluded (columns), in cases. Green is right; the fuller the colour, "
    "the larger the share of its row."
)
WORST = (
    "By seconds waited, and an hour each for a wrong part, help in vain or a customer who had to ring. "
    "Open one for its timeline."
)
LOCATIONS = (
    "How far from the car trucks were sent: from the place they were told last to where it stood when they arrived."
)
PARAMETERS = (
    f'Set by the story, or the default with its source. <span class="fit">{FITTED}</span>: fitted or inferred, '
    "no published value was found."
)
MESSAGES = (
    "What the house wrote to customers beside their own devices, how much of it was read as far as providers tell, and how often "
    "they answered by a tap or a number; on the app, the answers alone."
)
PAID = "What devices paid by themselves, each week, by their kind; in the currency's major unit."
UNUSUAL = (
    "What customers were asked about as unusual, before it was paid or afterwards, against what really went wrong."
)
NO_PARAMETERS = (
    "A live service has no story and so no parameters; its policy stands in <code>dispatch/core/policy.py</code>."
)


@dataclass(frozen=True, slots=True)
class Content:
    """Everything the page tells."""

    name: str
    notes: Notes | None
    scorecard: Mapping[str, Figure]
    expect: Sequence[Expectation]
    cases: Sequence[Told]
    day: Day
    agents: int
    truth_known: bool
    worst: Sequence[tuple[Told, Excerpt]]
    due_s: float
    """From the fault to when help should be there."""
    phoned_first: PhonedFirst | None
    """``None``: the truth is not known."""
    paid: Paid
    """What devices paid."""
    unusual: UnusualPaid
    """What was unusual about it, against the truth."""


def page(content: Content) -> str:
    """Return the whole page."""
    clock = Clock(content.notes.utc_offset_s if content.notes else 0.0)
    sections = [(title, draw(content, clock)) for title, draw in _SECTIONS.items()]
    links = "".join(f'<a href="#{_anchor(title)}">{title}</a>' for title, body in sections if body)
    bodies = "".join(f'<h2 id="{_anchor(title)}">{title}</h2>{body}' for title, body in sections if body)
    title = content.notes.story if content.notes else content.name
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} - Callahead</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main>{_head(content, clock)}{_broken(content)}<nav>{links}</nav>{_cards(content)}{bodies}</main></body></html>\n"
    )


def _head(content: Content, clock: Clock) -> str:
    notes, day = content.notes, content.day
    span = f"{clock.moment(day.first_at or 0.0)} to {clock.moment(day.last_at)}"
    if notes is None:
        lead = f"A live service's ledger, {span} UTC. Nobody wrote down what really broke: what needs that is left out."
        return f'<h1>{escape(content.name)}</h1><p class="lead">{escape(lead)}</p>'
    lead = f"{notes.about[:1].upper()}{notes.about[1:]}. Seed {notes.seed}; {span}, local time."
    return f'<h1>{escape(notes.story)}</h1><p class="lead">{escape(lead)}</p>'


def _broken(content: Content) -> str:
    """Say first of all what was expected and does not hold, each with its figure."""
    broken = [one for one in content.expect if not one.holds]
    if not broken:
        return ""
    told = (f"<li><code>{one.key}</code> is <b>{_exact(one)}</b>, expected {escape(one.rule)}</li>" for one in broken)
    verb = "does" if len(broken) == 1 else "do"
    many = f"{len(broken)} of {len(content.expect)} expectations {verb} not hold"
    return f'<div class="alarm"><b>✗ {many}:</b><ul>{"".join(told)}</ul></div>'


def _exact(one: Expectation) -> str:
    return "not known" if one.value is None else f"{one.value}"


def _known(content: Content, key: str) -> bool:
    return content.scorecard.get(key) is not None


def _cards(content: Content) -> str:
    rules = {one.key: one for one in content.expect}
    broken = {one.key: one.key.replace("_", " ") for one in content.expect if not one.holds}
    shown = ((key, label) for key, label in (broken | CARDS).items() if key in broken or _known(content, key))
    cards = "".join(_card(key, label, content.scorecard.get(key), rules.get(key)) for key, label in shown)
    return f'<div class="cards">{cards}</div>'


def _card(key: str, label: str, value: Figure, rule: Expectation | None) -> str:
    verdict = "" if rule is None else " good" if rule.holds else " bad"
    sign = "✗ " if rule and not rule.holds else ""
    asked = f"<br>{sign}expected {escape(rule.rule)}" if rule else ""
    return f'<div class="card{verdict}"><b>{escape(figure_shown(key, value))}</b><span>{label}{asked}</span></div>'


def figure_shown(key: str, value: Figure) -> str:
    """Return a figure as people read it: shares in per cent, times in words."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return f"{value[:12]}…"
    if key.endswith(("_s", "_p50_s", "_p95_s")):
        return spoken(value) if value >= 0 else f"-{spoken(value)}"
    if key.endswith(("_share", "_accuracy", "_occupancy", "_bias", "_error")):
        return f"{value:.1%}"
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}".replace(",", " ")


def _scorecard(content: Content, _clock: Clock) -> str:
    rules = {one.key: one for one in content.expect}
    rows = [_score(key, value, rules.get(key)) for key, value in content.scorecard.items()]
    held = sum(one.holds for one in content.expect)
    verdict = f"{held} of {len(content.expect)} expectations hold." if content.expect else ""
    return f'<p class="dim">{verdict}</p>{_table(("figure", "value", "expected", "what it is"), rows)}'


def _table(heads: Sequence[str], rows: Sequence[str]) -> str:
    named = "".join(f"<th>{head}</th>" for head in heads)
    return f'<div class="scroll"><table><tr>{named}</tr>{"".join(rows)}</table></div>'


def _score(key: str, value: Figure, rule: Expectation | None) -> str:
    mark = ""
    if rule is not None:
        verdict, sign = ("holds", "✓") if rule.holds else ("broken", "✗")
        mark = f'<span class="{verdict}">{sign} {escape(rule.rule)}</span>'
    figure = f'<td class="number">{escape(figure_shown(key, value))}</td>'
    return f'<tr><td><code>{key}</code></td>{figure}<td>{mark}</td><td class="dim">{escape(meaning(key))}</td></tr>'


def _being_first(content: Content, _clock: Clock) -> str:
    if content.truth_known:
        median = content.scorecard.get("head_start_p50_s")
        known = median if isinstance(median, (int, float)) else None
        picture, caption = pictures.head_starts(content.cases, known), HEAD_STARTS
    else:
        picture, caption = pictures.waits_for_call(content.cases), WAITS_FOR_CALL
    pair = f'<div class="pair">{_drawn(picture, caption)}{_responses(content)}</div>'
    return pair + _why_phoned_first(content.phoned_first)


def _responses(content: Content) -> str:
    whose = OURS if content.notes and "due_s" in content.notes.policy else USUAL
    caption = RESPONSES.format(due=f"{content.due_s / 60:g} min", whose=whose)
    return _drawn(pictures.responses(content.cases, content.due_s), caption)


def _why_phoned_first(found: PhonedFirst | None) -> str:
    if found is None or not found.would_phone:
        return ""
    whole = found.would_phone
    ceiling = (
        f"Of {whole} customers who would have phoned, {found.called_first} ({found.called_first / whole:.1%}) were called "
        f"first and {found.spared} ({found.spared / whole:.1%}) were spared a call by a notice. Of {found.reachable} "
        f"({found.reachable / whole:.1%}) a device had told in time: that is the ceiling for any policy."
    )
    rows = [
        f'<tr><td>{reason}</td><td class="number">{count}</td><td class="number">{count / whole:.1%}</td></tr>'
        for reason, count in found.reasons.items()
    ]
    table = _table(("why they phoned before we called", "customers", "of all who would have"), rows)
    return f'<p class="note">{ceiling}</p>{_drawn(why_picture(found), WHY)}{table}'


def _day(content: Content, clock: Clock) -> str:
    return _drawn(pictures.course(content.day, content.agents, clock), COURSE)


def _where(content: Content, _clock: Clock) -> str:
    where = _drawn(pictures.map_of(content.cases, content.day), "Where the cases were, as last concluded.")
    what = _drawn(pictures.parts(content.cases), "What was concluded." if content.truth_known else PARTS)
    return f'<div class="pair">{where}<div>{_outcomes(content)}{what}</div></div>'


def _outcomes(content: Content) -> str:
    counts = Counter(pictures.outcome_of(one) for one in content.cases)
    rows = [f'<tr><td>{outcome}</td><td class="number">{count}</td></tr>' for outcome, count in counts.most_common()]
    return _table(("what became of the cases", ""), rows)


def _diagnosis(content: Content, _clock: Clock) -> str:
    if not content.truth_known or not content.cases:
        return ""
    return _drawn(pictures.confusion(content.cases), CONFUSION)


def _messages(content: Content, _clock: Clock) -> str:
    """Say what was written on which channel; nothing where nothing was."""
    found = content.day.messages
    cells = ("written", "read", "answered")
    rows = [
        f"<tr><td>{channel.value}</td>{''.join(f'<td>{counts[one]}</td>' for one in cells)}</tr>"
        for channel, counts in sorted(found.items())
    ]
    return f"<p>{MESSAGES}</p>{_table(('channel', *cells), rows)}" if rows else ""


def _payments(content: Content, _clock: Clock) -> str:
    """Say what devices paid, by their kind; nothing where none did."""
    if not content.paid.payments:
        return ""
    rows = [
        f'<tr><td>{escape(kind)}</td><td class="number">{count}</td><td class="number">{sum(sums) / 100:,.2f}</td></tr>'
        for kind, count, sums in content.paid.kinds()
    ]
    table = _table(("kind of device", "payments", "paid in all"), rows)
    refused = ", ".join(f"{reason} {count}" for reason, count in content.paid.refused.most_common())
    why = f'<p class="dim">Refused, by the reason of ISO 20022: {escape(refused)}.</p>' if refused else ""
    return f'<div class="pair">{_drawn(pictures.paid(content.paid), PAID)}<div>{table}{why}</div></div>{_unusual(content.unusual)}'


def _unusual(judged: UnusualPaid) -> str:
    """Hold what customers were asked about as unusual against what really went wrong; nothing where nobody knows that."""
    if not judged.found and not judged.questions:
        return ""
    wrong = [_row(one.kind, one.shown, one.asked, one.stopped, _days(one.after_s)) for one in judged.found]
    asked = [_row(one.what, one.asked, one.right, one.asked - _answered(one), _said(one)) for one in judged.questions]
    of_all = f"recall {_share(judged.recall)}, precision {_share(judged.precision)}"
    return (
        f"<p>{UNUSUAL} In all: {of_all}.</p>"
        f"{_table(('went wrong', 'showed', 'asked about', 'seen to', 'first asked after'), wrong)}"
        f"{_table(('asked as', 'asked', 'right', 'never answered', 'answers'), asked)}"
    )


def _answered(one: Questions) -> int:
    return sum(count for _, count in one.answers)


def _said(one: Questions) -> str:
    return ", ".join(f"{answer} {count}" for answer, count in one.answers)


def _row(name: str, *cells: str | int) -> str:
    numbers = "".join(f'<td class="number">{escape(str(one))}</td>' for one in cells)
    return f"<tr><td>{escape(name.replace('_', ' '))}</td>{numbers}</tr>"


def _days(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / 86_400:.1f} days"


def _share(share: float | None) -> str:
    return "not known" if share is None else f"{share:.3f}"


def _trucks(content: Content, clock: Clock) -> str:
    if not content.day.jobs:
        return ""
    busy = len({job.truck for job in content.day.jobs})
    few = f" The {pictures.MOST_TRUCKS} with most jobs of {busy}." if busy > pictures.MOST_TRUCKS else ""
    rows = location_rows(content.cases)
    off = f"<p>{LOCATIONS}</p>{_table(HEADS, rows)}" if rows else ""
    return _drawn(pictures.gantt(content.day, clock), f"What the trucks did.{few}") + off


def _worst(content: Content, clock: Clock) -> str:
    if not content.worst:
        return ""
    cases = (_case(number, one, found, clock) for number, (one, found) in enumerate(content.worst, 1))
    return f'<p class="dim">{WORST}</p>{"".join(cases)}'


def _case(number: int, one: Told, found: Excerpt, clock: Clock) -> str:
    finding = one.case.last
    why = "; ".join(text for weight, text in one.faults() if weight) or "nothing went wrong"
    truth = f"Broken: <b>{escape(one.fault.part)}</b>. " if one.fault else ""
    told = (
        f"{truth}Concluded: <b>{escape(finding.name)}</b> ({finding.probability:.0%}): {escape('; '.join(found.why))}."
    )
    say = "".join(f"<li>{escape(line)}</li>" for line in found.say)
    heading = f"<b>{number}. {escape(finding.name)}</b> <code>{escape(one.case.case)}</code>"
    return (
        f'<details{" open" if number == 1 else ""}><summary>{heading} <span class="why">{escape(why)}</span></summary>'
        f'<p>{told}</p><p class="dim">What the customer was to hear, as it stood at last:</p><ul>{say}</ul>'
        f"<table>{''.join(_line(line, clock) for line in found.lines)}</table></details>"
    )


def _line(line: TimelineLine, clock: Clock) -> str:
    when = clock.moment(line.at)[11:]
    return f'<tr class="{line.kind}"><td class="when">{when}</td><td>{escape(line.what)}</td></tr>'


def _parameters(content: Content, _clock: Clock) -> str:
    if content.notes is None:
        return f'<p class="note">{NO_PARAMETERS}</p>'
    rows = [_parameter(one) for one in content.notes.parameters]
    return f'<p class="dim">{PARAMETERS}</p>{_table(("parameter", "value", "set by", "what it is, source"), rows)}'


def _parameter(one: Parameter) -> str:
    mark = "story" if one.told else '<span class="dim">default</span>'
    fitted = f' <span class="fit">{FITTED}</span>' if one.fitted else ""
    about = f'<td class="dim">{escape(one.about)}</td>'
    return (
        f"<tr><td><code>{escape(one.path)}</code></td><td>{escape(one.value)}</td><td>{mark}{fitted}</td>{about}</tr>"
    )


def _drawn(picture: str, caption: str) -> str:
    return f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


_SECTIONS: dict[str, Callable[[Content, Clock], str]] = {
    "Being first": _being_first,
    "The day": _day,
    "The map": _where,
    "Trucks": _trucks,
    "Messages": _messages,
    "Payments": _payments,
    "Diagnosis": _diagnosis,
    "Worst cases": _worst,
    "Scorecard": _scorecard,
    "Parameters": _parameters,
}
