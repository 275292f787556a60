"""Whether it is them, as the agent who speaks with them reads it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dispatch.core.policy import Identity
from dispatch.core.verification.checks import CallCheck, Verification
from dispatch.core.verification.limits import VoiceState
from dispatch.views.verification_said import ACTS

_ASK = "ask the questions"
_OF_VOICE = {
    VoiceState.UNHEARD: f"Nobody listens to this call: {_ASK}.",
    VoiceState.LISTENING: "Listening: within seconds they are known by their voice, or not. Speak with them.",
    VoiceState.REJECTED: f"Not known by their voice: {_ASK}.",
    VoiceState.NOT_ENOUGH_SPEECH: f"They said too little to be known by their voice: {_ASK}.",
    VoiceState.NOT_ENROLLED: f"No voice print: {_ASK}, then whether they want to be known by their voice.",
    VoiceState.OPTED_OUT: f"They do not want to be known by their voice: {_ASK}.",
    VoiceState.EXPIRED: f"Their voice print is too old: {_ASK}, then whether a new one may be made.",
}


class SpeakerState(StrEnum):
    """How the line is shown."""

    KNOWN = "known"
    WAIT = "wait"
    ASK = "ask"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WhoSpeaks:
    """One line, and what can be done about it."""

    state: SpeakerState
    words: str
    may_ask: bool
    """The questions were not answered yet."""
    may_enrol: bool
    """They can be asked whether they want to be known by their voice."""
    asked: tuple[str, ...] = ()
    """What they are to confirm on their own telephone, as the API names it."""


def who_speaks(
    known: Verification, check: CallCheck | None, customer: str, identity: Identity, live: str
) -> WhoSpeaks | None:
    """Return it; ``None``: the house leaves it to its agents. ``live``: what the line says beside the ledger."""
    if identity is Identity.AGENT:
        return None
    voice = check.voice if check is not None else VoiceState.UNHEARD
    state, words = _line(check, voice, by_voice=identity is Identity.VOICE)
    questions = check.questions if check is not None else None
    enrols = identity is Identity.VOICE and bool(questions) and known.print_of(customer) is None and not live
    if enrols and known.has_agreed(customer) is not False:
        words += " May they be known by their voice from now on?"
    asked = tuple(check.asked) if check is not None else ()
    told = [words, live, *(f"Asked on their telephone to confirm {ACTS[one]}." for one in asked)]
    return WhoSpeaks(state, " ".join(filter(None, told)), questions is None, enrols, tuple(map(str, asked)))


def _line(check: CallCheck | None, voice: VoiceState, *, by_voice: bool) -> tuple[SpeakerState, str]:
    if check is not None and check.questions is not None:
        if check.questions:
            return SpeakerState.KNOWN, "Known by questions."
        return (
            SpeakerState.FAILED,
            "The questions were answered wrongly: in this call nothing is done that only they may want.",
        )
    if check is not None and voice is VoiceState.ACCEPTED:
        return (
            SpeakerState.KNOWN,
            f"Known by their voice after {check.elapsed_s:.0f} s. Nothing tells a voice from a recording.",
        )
    if voice is VoiceState.LISTENING:
        return SpeakerState.WAIT, _OF_VOICE[voice]
    return SpeakerState.ASK, _OF_VOICE[voice] if by_voice else f"Not known yet: {_ASK}."
