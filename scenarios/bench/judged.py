"""Episodes told to the real intake, and what it made of each: the finding against the truth. Only here the two meet."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gateway.conclude.report import Diagnosed
from gateway.contract.refusals import Rule
from gateway.devices.registry import Registry
from gateway.diagnosis.catalogue import NOTHING, UNKNOWN, Meaning
from gateway.diagnosis.ranking import Model, Ranking, model
from gateway.finding import Finding, Grade, Help
from gateway.intake.intake import Intake
from gateway.kinds.registry import knowledges, own_codes
from scenarios.episodes.episode import Episode

TOP = 3
VOLTA = Path(__file__).with_name("volta.toml")
"""What the simulated make means by codes of its own: given to the intake as an operator gives a make's list."""


@dataclass(frozen=True, slots=True)
class JudgedEpisode:
    """One episode, boiled down to what the figures need."""

    kind: str
    truth: str
    needs_help: bool
    told: bool
    """The device told of a fault, or was found out by its readings."""
    named: tuple[str, ...]
    """What the last diagnosis ranks first, at most three, ``nothing`` among them; the first alone where none was made."""
    probability: float | None
    """Of the first of them; ``None`` where no diagnosis was made, for nothing called for one."""
    sent: bool
    """Somebody was sent unasked."""
    helped: bool
    """Somebody was sent, called or asked."""
    first_code: str
    """What "first code wins" says."""
    events: int
    cpu_s: float
    """All events together, in the intake."""
    json_s: float = 0.0
    """What ``json.loads`` takes for the same messages right afterwards: how fast this machine is just now."""


def judge(episode: Episode) -> JudgedEpisode:
    """Tell the messages of an episode to a fresh intake, as they arrive, and compare with the truth at the end."""
    device = episode.devices[0].device
    rankings: list[Ranking] = []

    def note(whose: str, subject: str, found: Diagnosed) -> None:
        if whose == device and not (episode.beside and subject.startswith(episode.beside)):
            rankings.append(found.ranking)

    intake = Intake(Registry(episode.devices), own_codes=_own_codes(), explained=note)
    findings: list[Finding] = []
    began = time.process_time()
    for message in episode.messages:
        verdict = intake.receive(message.topic, message.payload, message.at)
        if verdict.refusal is not None and verdict.refusal.rule is not Rule.CONTRADICTION:
            problem = f"a simulated device broke the contract: {message.topic}: {verdict.refusal.problem.detail}"
            raise RuntimeError(problem)
        findings.extend(one for one in verdict.conclusions if isinstance(one, Finding) and one.device == device)
    cpu_s = time.process_time() - began
    last = rankings[-1] if rankings else None
    first = _first_told(episode, device)
    return JudgedEpisode(
        episode.kind,
        episode.truth.part,
        episode.truth.needs_help,
        bool(findings) or first is not None,
        tuple(part for _, part in last.posterior[:TOP]) if last else (NOTHING,),
        last.posterior[0][0] if last else None,
        any(one.grade is Grade.ACT and one.sends for one in findings),
        any(one.remedy.help is not Help.NOTICE for one in findings),
        _by_first_code(model(knowledges()[episode.kind]), first),
        len(episode.messages),
        cpu_s,
        _json_s(episode),
    )


def _json_s(episode: Episode) -> float:
    began = time.process_time()
    for message in episode.messages:
        json.loads(message.payload)
    return time.process_time() - began


@cache
def _own_codes() -> dict[str, dict[str, Meaning]]:
    return own_codes([VOLTA])


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
