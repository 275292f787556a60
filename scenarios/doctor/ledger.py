"""``callahead doctor --ledger``: goes through a store beside the service that has it, and tells what is not sound."""

from __future__ import annotations

import json

from rich.table import Table
from rich.text import Text

from dispatch.core.decisions import not_compared
from dispatch.core.policy import Policy
from dispatch.ledger.audit.ledger import AuditReport, audit
from dispatch.store.address import StoreAddress
from dispatch.store.journal import Journal
from scenarios.terminal import show

_STEP = 500
"""Rows between two moves of the bar."""


def examine(address: StoreAddress, policy: Policy | None = None) -> AuditReport:
    """Read every row of a store. Raises ``JournalRefused`` where it cannot be opened, ``JournalFailed`` where not read."""
    report = AuditReport()
    with Journal.look_at(address) as journal, show.bar("ledger") as progress:
        last = max(1, journal.ledger.pen().seq)
        report.note(journal.flaws())
        for seq in audit(journal.ledger.rows(limit=last), report, policy, taken_before=journal.erasures.last_seq()):
            if seq % _STEP == 0:
                progress(min(1.0, seq / last))
    return report


def as_json(report: AuditReport) -> str:
    """Return the report for machines."""
    told = {
        "sound": report.sound,
        "rows": report.rows,
        "cases": report.cases,
        "ledger_sha256": report.last_hash,
        "replayed": report.replayed,
        "flaws": dict(report.flaws),
        "first_flaws": [{"law": one.law, "seq": one.seq, "what": one.what} for one in report.told],
        "decided_by": report.decided_by,
        "drift": report.drift,
        "first_drift": [{"seq": one.seq, "what": one.what} for one in report.drift_told],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def tell(report: AuditReport, where: str) -> None:
    """Print the report for people."""
    verdict = "sound" if report.sound else "NOT SOUND"
    show.OUT.print(f"{where}: {verdict}", style="green" if report.sound else "red", soft_wrap=True, highlight=False)
    card = Table(show_edge=False, show_header=False)
    card.add_column("what", no_wrap=True)
    card.add_column("", justify="right")
    for name, figure in (("rows", report.rows), ("cases", report.cases), ("inputs replayed", report.replayed)):
        card.add_row(name, str(figure))
    card.add_row("drift: decided otherwise now", str(report.drift) if report.decided_by is None else "not compared")
    for law, count in report.flaws.most_common():
        card.add_row(Text(f"broken: {law}", style="red"), str(count))
    show.OUT.print(card)
    if report.decided_by is not None:
        show.OUT.print(Text(f"  {not_compared(report.decided_by)}"), soft_wrap=True)
    for line in (*report.told, *report.drift_told):
        show.OUT.print(Text(f"  {line}"), soft_wrap=True)
