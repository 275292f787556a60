"""Who can take a call now. The steps of a policy hold one after the other, each for so long; at last anybody takes it. Pure.

Without steps it is as it always was: whoever speaks the language and is trained for what broke, and anybody once the call is due.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from dispatch.core.case import Call
from dispatch.core.conversation.channels import Channel
from dispatch.core.events import AgentBecameFree
from dispatch.core.policy import Policy
from dispatch.core.routing.model import BEST, EMPATHY, Proficiency, Step
from dispatch.core.skills import NEEDED

SKILLS = frozenset(NEEDED.values())


@dataclass(frozen=True, slots=True)
class Routing:
    """Says who takes a call, by a policy. Nothing is kept."""

    policy: Policy
    held_by: Callable[[str], Collection[Call]]
    """Returns the calls that an agent has in hand."""

    def who(self, call: Call, free: Iterable[AgentBecameFree], prefers: str, now: float) -> AgentBecameFree | None:
        """Return who takes a call ``now``: of those it suits whom the customer prefers, else who has waited longest.

        ``free``: who waits for a call, who waited longest first.
        """
        fit = (one for one in free if one.provenance == call.provenance and self._takes(one, call, now))
        first = next(fit, None)
        if not prefers or first is None or first.agent == prefers:
            return first
        return next((one for one in fit if one.agent == prefers), first)

    def changes(self, call: Call) -> Iterator[float]:
        """Yield when other agents may take a call than before, POSIX seconds."""
        if call.to_agent:
            yield call.not_before + self.policy.transfer_waits_s
        if self.policy.routing:
            yield from (call.not_before + held for held in self._held_s())

    def for_anybody(self, call: Call, now: float) -> bool:
        """Tell whether every step of a call is over."""
        if self.policy.routing:
            return now >= call.not_before + self._held_s()[-1]
        return now >= call.due

    def _takes(self, agent: AgentBecameFree, call: Call, now: float) -> bool:
        return has_room(agent, self.held_by(agent.agent), call) and self._suits(agent, call, now)

    def _suits(self, agent: AgentBecameFree, call: Call, now: float) -> bool:
        if call.to_agent and now < call.not_before + self.policy.transfer_waits_s:
            return agent.agent == call.to_agent
        if self.for_anybody(call, now):
            return True
        if not self.policy.routing:
            return _suits(call, agent) and has_all(agent, call.needs)
        return has_all(agent, needed(self._step(call, now), call))

    def _step(self, call: Call, now: float) -> Step:
        return next(
            step for step, held in zip(self.policy.routing, self._held_s(), strict=True) if now < call.not_before + held
        )

    def _held_s(self) -> list[float]:
        """Return for how long a call has waited when each step is over, seconds."""
        return list(accumulate(step.holds_s for step in self.policy.routing))


def needed(step: Step, call: Call) -> Iterator[Proficiency]:
    """Yield what a step asks of an agent for a call; what somebody asked for who handed it on is asked by every step."""
    yield from call.needs
    yield from step.others
    asked = {
        call.language: step.language,
        call.skill or "": step.skill,
        EMPATHY: step.empathy if call.concern else 0,
        str(call.channel): step.channel if call.channel is not Channel.PHONE else 0,
    }
    yield from (Proficiency(attribute, least) for attribute, least in asked.items() if attribute and least)


def has_all(agent: AgentBecameFree, needs: Iterable[Proficiency]) -> bool:
    """Tell whether an agent is good enough at everything."""
    return all(level_of(agent, need.attribute) >= need.level for need in needs)


def level_of(agent: AgentBecameFree, attribute: str) -> int:
    """Return how good an agent is at something, 0 to 5. What they only name, a language or a skill, they can do best."""
    said = next((one.level for one in agent.proficiencies if one.attribute == attribute), None)
    if said is not None:
        return said
    trained = attribute in agent.skills or (attribute in SKILLS and not agent.skills)
    return BEST if trained or attribute in agent.languages else 0


def has_room(agent: AgentBecameFree, held: Collection[Call], call: Call) -> bool:
    """Tell whether an agent can take a call beside what they hold: so many in writing, and one voice at most.

    Who names no number takes one conversation at a time, of whichever channel.
    """
    if not agent.chats:
        return not held
    alike = sum(one.is_spoken == call.is_spoken for one in held)
    return alike < (1 if call.is_spoken else agent.chats)


def _suits(call: Call, agent: AgentBecameFree) -> bool:
    """Do they speak the customer's language, and can they talk about what broke?"""
    trained = call.skill is None or not agent.skills or call.skill in agent.skills
    return trained and call.language in agent.languages
