"""Episodes told to the real intake, and what it made of each: the finding against the truth. Only here the two meet."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from gateway.diagnosis.bayes import Model, model
from gateway.diagnosis.catalogue import NOTHING, UNKNOWN
from gateway.finding import Finding, Grade, Help
from gateway.intake import Intake
from gateway.registry import Registry
from scenarios.episodes.episode import Episode

TOP = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """One episode, boiled down to what the figures need."""

    kind: str
    truth: str
    needs_help: bool
    told: bool
    """The device told of a fault, or was found out by its readings."""
    named: tuple[str, ...]
    """What was concluded last, likeliest first, at most three; empty: nothing was concluded."""
    probability: float
    """Of the first of them."""
    sent: bool
    """Somebody was sent unasked."""
    helped: bool
    """Somebody was sent, called or asked."""
    first_code: str
    """What "first code wins" says."""
    events: int
    cpu_s: float
    """All events together, in the intake."""


def judge(episode: Episode) -> Judged:
    """Tell the messages of an episode to a fresh intake, as they arrive, and compare with the truth at the end."""
    intake = Intake(Registry(episode.devices))
    device = episode.devices[0].device
    findings: list[Finding] = []
    began = time.process_time()
    for message in episode.messages:
        verdict = intake.receive(message.topic, message.payload, message.at)
        if verdict.refusal is not None:
            problem = f"a simulated device broke the contract: {message.topic}: {verdict.refusal.problem.detail}"
            raise RuntimeError(problem)
        findings.extend(one for one in verdict.conclusions if isinstance(one, Finding) and one.device == device)
    cpu_s = time.process_time() - began
    last = findings[-1] if findings else None
    first = _first_told(episode, device)
    return Judged(
        episode.kind,
        episode.truth.part,
        episode.truth.needs_help,
        bool(findings) or first is not None,
        _named(last) if last else (),
        last.probability if last else 0.0,
        any(one.grade is Grade.ACT and one.sends for one in findings),
        any(one.remedy.help is not Help.NOTICE for one in findings),
        _by_first_code(model(episode.kind), first),
        len(episode.messages),
        cpu_s,
    )


def _named(found: Finding) -> tuple[str, ...]:
    return (found.part, *(other.part for other in found.alternatives if other.part != NOTHING))[:TOP]


def _first_told(episode: Episode, device: str) -> str | None:
    """Return the first trouble code, alarm or reason that the device told of; empty for a symptom alone."""
    topic = f"callahead/v1/{device}/event"
    for message in episode.messages:
        if message.topic != topic:
            continue
        event: dict[str, Any] = json.loads(message.payload)
        told = event["data"]
        if event["type"].endswith("fault.v1"):
            codes = [code["code"] for code in told.get("codes", ())]
            return str(next(iter(codes or told.get("alarms", ())), ""))
        if told.get("status") == "RJCT":
            return str(told.get("reason", "MS03"))
    return None


def _by_first_code(known: Model, code: str | None) -> str:
    """Return the part that names a code most strongly, as a table of codes would; the likeliest part without any."""
    if code is None:
        return NOTHING
    hits = known.hits(code) or known.hits(f"alarm:{code}")
    parts = [(known.weights[number].group.p, known.names[known.weights[number].part]) for number in hits]
    named = [(p, part) for p, part in parts if part not in {NOTHING, UNKNOWN}]
    return max(named, default=(0.0, UNKNOWN))[1]
