"""What a call is about, as far as a hint can be chosen by it before anybody says a word. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.core.hints.article import Article
from dispatch.words.parts import catalogue_of
from gateway.finding import Finding, Struggle

OF_PART, OF_REASON, OF_FLOW, OF_KIND, OF_HELP = 8.0, 8.0, 3.0, 1.5, 1.0
"""Log-odds for an article that fits in that [fit]: a part or a reason says what it is about, a kind of device only where."""


@dataclass(frozen=True, slots=True)
class HintContext:
    """The case's part and the help that is sought, what goes on in the app; empty where nothing is known."""

    kind: str = ""
    """The name of the catalogue that the part stands in."""
    part: str = ""
    help: str = ""
    flow: str = ""
    reason: str = ""

    @property
    def name(self) -> str:
        """Under which it is counted what helped: ``car/alternator``, ``app/log_in/code``; empty: nothing is known."""
        if self.reason:
            return f"app/{self.flow}/{self.reason}"
        return f"{self.kind}/{self.part}" if self.part else ""

    def favours(self, article: Article) -> float:
        """Return by how much an article is likelier for it, log-odds."""
        of_kind = self.kind in article.kinds
        part = OF_PART if of_kind and self.part in article.parts else OF_KIND if of_kind else 0.0
        reason = OF_REASON if self.reason in article.reasons else OF_FLOW if self.flow in article.flows else 0.0
        return part + reason + (OF_HELP if self.help in article.help else 0.0)


def hint_context(finding: Finding | None, struggle: Struggle | None) -> HintContext:
    """Return what is known of a case's finding, and of what its customer fights with in an app."""
    flow, reason = (struggle.flow, struggle.reason) if struggle is not None and not struggle.fraud else ("", "")
    if finding is None:
        return HintContext(flow=flow, reason=reason)
    return HintContext(catalogue_of(finding), finding.part, str(finding.remedy.help), flow, reason)
