"""Reads who was erased, and what is kept no longer: their cases stay, and read as erased. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import assert_never

from dispatch.core.events import ConsentChanged, CustomerErased, DataExpired, PrivacyEvent
from dispatch.core.routing.events import NumberConfirmed
from dispatch.ledger.findings import Findings
from dispatch.ledger.personal import ERASED
from dispatch.ledger.rows import Row
from dispatch.views.case_view import CallView, CaseView
from dispatch.views.conversation import Fact
from dispatch.views.reading import money, offers, surveys
from dispatch.views.reading.known import Known
from gateway.finding import Finding

RowsAgain = Callable[[list[int]], Iterable[Row]]
"""Brings rows of the ledger by their numbers."""


def happened(known: Known, event: PrivacyEvent, row_of: RowsAgain) -> None:
    """Read what becomes of what is people's own."""
    match event:
        case ConsentChanged() | NumberConfirmed():
            pass  # what is decided about it tells all there is to show
        case CustomerErased():
            known.conversations.pop(event.customer, None)
            _forget_struggles(known, event.customer)
            surveys.forget(known, event.customer)
            offers.forget(known, event.customer)
            known.money.erase(event.customer)
            theirs = [one for one in known.cases.values() if one.customer == event.customer]
            _erase(known, theirs, row_of, event)
            _erase_notes(call for call in known.calls.values() if call.customer == event.customer)
            for muted in [known.muted[one.device] for one in theirs if one.device in known.muted]:
                muted.reason = ERASED
        case DataExpired():
            before = event.before
            over = [one for one in known.cases.values() if one.closed_at is not None and one.closed_at < before]
            _erase(known, over, row_of, event)
            if event.what == "words":
                _forget_words(known, before)
                money.forget_words(known.money, before)
                surveys.forget_words(known, before)
                offers.forget_words(known, before)
                _erase_notes(
                    call for call in known.calls.values() if call.ended_at is not None and call.ended_at < before
                )
            elif event.what == "place":
                _forget_places(known, before)
        case _:
            assert_never(event)


def _erase_notes(calls: Iterable[CallView]) -> None:
    for call in calls:
        call.notes = [replace(note, text=ERASED) for note in call.notes]


def _forget_struggles(known: Known, customer: str) -> None:
    for episode in [name for name, one in known.struggles.items() if one.struggle.customer == customer]:
        del known.struggles[episode]
    for fault in known.app_faults.values():
        fault.customers.discard(customer)


def _erase(known: Known, cases: list[CaseView], row_of: RowsAgain, event: CustomerErased | DataExpired) -> None:
    what: set[str] = {"place", "words"} if isinstance(event, CustomerErased) else {event.what}
    known.findings, known.teller = Findings(), None
    for case in cases:
        if "place" in what:
            case.place, case.overruled, case.near = None, None, ERASED
            case.care.last = None
        if "words" in what:
            case.notice = ERASED if case.notice is not None else None
            case.notes = [replace(note, text=ERASED) for note in case.notes]
        case.finding = _erased(case.finding, what)
        case.also = {episode: _erased(finding, what) for episode, finding in case.also.items()}
        known.filed.read_again(case.case, row_of)


def _erased(finding: Finding, what: set[str]) -> Finding:
    if "place" in what:
        finding = replace(finding, place=None, near=ERASED)
    if "words" in what:
        finding = replace(finding, lines=(), why=(ERASED,) if finding.told else finding.why)
    return finding


def _forget_places(known: Known, before: float) -> None:
    for view in known.conversations.values():
        for line in view.lines:
            if line.at < before and line.near:
                line.near = ERASED
        for told in view.told.values():
            said = told.get(Fact.PLACE)
            if said is not None and said.at < before:
                told[Fact.PLACE] = replace(said, said=ERASED)


def _forget_words(known: Known, before: float) -> None:
    for view in known.conversations.values():
        for line in view.lines:
            if line.at < before and (line.text or line.voice_s):
                line.text, line.voice_s = ERASED, 0.0
