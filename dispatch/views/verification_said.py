"""What was heard of who speaks, in words: for the timeline, and for the agent who speaks with them. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.verification.events import (
    ConfirmationAnswered,
    ConfirmationAsked,
    QuestionsAnswered,
    SensitiveAct,
    VerificationEvent,
    VoiceCheckBegan,
    VoiceCompared,
    VoiceEnrolled,
    VoicePrintDeleted,
)

ACTS = {
    SensitiveAct.STOP_PAYING: "that a device pays nothing more, or a mandate rests",
    SensitiveAct.DISPUTE: "that a payment was not right",
    SensitiveAct.ANSWER_MONEY: "what is to become of an unusual payment",
    SensitiveAct.CONFIRM_NUMBER: "that the number is theirs",
    SensitiveAct.ENROL: "that their voice shall be known",
}
"""What is confirmed, as the agent says it."""
_WHY_DELETED = {"asked": "they want that", "unreadable": "it cannot be read any more"}


def verification_said(event: VerificationEvent) -> str:  # noqa: PLR0911 - the whole vocabulary on one screen
    """Tell an event in words."""
    match event:
        case VoiceEnrolled():
            return f"a voice print was made, of {event.speech_s:.0f} s of speech"
        case VoicePrintDeleted():
            return f"the voice print is deleted: {_WHY_DELETED[event.why]}"
        case VoiceCheckBegan():
            return "who speaks is to be known by their voice, if they agreed to that"
        case VoiceCompared():
            alike = f"{event.likeness:.3f} alike of {event.wanted:.3f}"
            return f"the voice was compared: {alike}, {event.speech_s:.0f} s of speech in {event.elapsed_s:.0f} s"
        case QuestionsAnswered():
            return f"the questions were answered {'rightly' if event.right else 'wrongly'}"
        case ConfirmationAsked():
            return f"asked on their own telephone to confirm {ACTS[event.act]}"
        case ConfirmationAnswered():
            how = "confirmed on their own telephone" if event.confirmed else "not confirmed by what they told"
            return f"{how}: {ACTS[event.act]}"
        case _:
            assert_never(event)
