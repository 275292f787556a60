"""A diagnosis made into a finding: what dispatch and the agent are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from gateway.conclude.readings import provenance_of
from gateway.contract.envelope import DeviceEvent
from gateway.devices.episodes import HOLD_S, Episode, Judgement
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.diagnosis.explain import alternatives, deciding_measurement, reasons_against, reasons_for
from gateway.diagnosis.grade import Decision, decide
from gateway.diagnosis.ranking import Evidence, Model, Ranking
from gateway.finding import Alternative, Domain, Finding, Place, Recovery, Severity
from gateway.places.place_names import gazetteer


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """One diagnosis: evidence ranked and graded."""

    model: Model
    ranking: Ranking
    decision: Decision

    def judgement(self, episode: Episode | None) -> Judgement:
        """Return what matters to an episode that may be open."""
        told = self.ranking.probability(episode.part) if episode else 0.0
        decision = self.decision
        return Judgement(decision.part, decision.probability, decision.grade, decision.drive, told)


Explained = Callable[[str, str, Diagnosed], None]
"""Is shown a device, what of it is affected (the episode's subject), and the diagnosis."""


def remember(found: Diagnosed, episode: Episode | None) -> None:
    """Keep what was seen in this diagnosis as evidence for the next of the episode.

    What is rare stays: a voltage that sagged once did so however it rests now, and a supply that broke down was not right.
    What is usual is kept only until it can be judged again.
    """
    if episode is None:
        return
    usual, of_codes = found.model.usual, found.model.of_codes
    held, failed = episode.held, episode.failed
    for name, holds in found.ranking.answers.items():
        if holds is None or name in of_codes:
            continue
        rare, other = (failed, held) if name in usual else (held, failed)
        if holds is not (name in usual):
            rare.add(name)
            other.discard(name)
        elif name not in rare:
            other.add(name)


def diagnosed(model: Model, evidence: Evidence, answers: dict[str, bool | None] | None = None) -> Diagnosed:
    """Rank and grade. ``answers``: of the model to the conditions, where they are known already."""
    ranking = model.rank(evidence, answers)
    return Diagnosed(model, ranking, decide(model, ranking))


def _also_likely(found: Diagnosed) -> tuple[Alternative, ...]:
    parts = found.model.known.parts
    also = alternatives(found.ranking, found.decision.part)
    return tuple(Alternative(name, parts[name].name, round(share, 4)) for name, share in also)


def finding(  # noqa: PLR0917 - a finding has many sources
    event: DeviceEvent,
    record: DeviceRecord,
    episode: Episode,
    domain: Domain,
    found: Diagnosed,
    place: Place | None,
    notify: str | None,
) -> Finding:
    """Return what dispatch is told."""
    decision, model, ranking = found.decision, found.model, found.ranking
    part = model.known.parts[decision.part]
    return Finding(
        key=event.key,
        episode=episode.key,
        device=record.device,
        domain=domain,
        customer=record.customer or "",
        part=decision.part,
        name=part.name,
        probability=round(decision.probability, 4),
        alternatives=_also_likely(found),
        why=reasons_for(model, ranking, decision.part),
        severity=part.severity,
        drive=decision.drive,
        remedy=part.remedy,
        advice=part.advice,
        place=place,
        near=gazetteer().near(place.latitude, place.longitude) if place else "",
        observed_at=event.time.timestamp(),
        provenance=provenance_of(event, record),
        notify=notify,
        grade=decision.grade,
        against=reasons_against(model, ranking, decision.part),
        decides=deciding_measurement(model, ranking),
        part_number=part.part_number,
        relapse=episode.relapse,
        load=record.load,
    )


def worse(found: Finding, severity: Severity, why: str) -> Finding:
    """Return a finding that is at least so severe, for one reason more."""
    worst = max(found.severity, severity, key=lambda one: one.rank)
    return replace(found, severity=worst, why=(why, *found.why))


def recovered(event: DeviceEvent, twin: Twin, subject: str, at: float, hold_s: float = HOLD_S) -> Iterable[Recovery]:
    """Note that the device is well in one respect; a recovery, once it has been for long enough."""
    return _recovery(event, twin, subject, twin.episodes.well(subject, at, hold_s))


def over(event: DeviceEvent, twin: Twin, subject: str, at: float) -> Iterable[Recovery]:
    """End an episode at once: a payment that went through, a stock filled up."""
    return _recovery(event, twin, subject, twin.episodes.end(subject, at))


def lapsed(event: DeviceEvent, twin: Twin, subject: str, at: float, hold_s: float = HOLD_S) -> Iterable[Recovery]:
    """End an episode that was over before this event, and nobody said so."""
    return _recovery(event, twin, subject, twin.episodes.lapse(subject, at, hold_s))


def _recovery(event: DeviceEvent, twin: Twin, subject: str, episode: Episode | None) -> Iterable[Recovery]:
    if episode is not None:
        yield Recovery(f"{event.key}/{subject}", episode.key, twin.device, event.time.timestamp())
