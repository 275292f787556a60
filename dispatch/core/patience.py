"""How long the answers of others are waited for, where nobody could be heard for a while and their time begins anew. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.case import Case
from dispatch.core.lateness import OVERDUE_S
from dispatch.core.policy import Policy
from dispatch.core.timers import About
from dispatch.core.transitions import HelpState


def patience_s(policy: Policy, about: About, case: Case | None) -> float:  # noqa: C901, PLR0911, PLR0912 - the whole vocabulary on one screen
    """Return how long somebody's answer is waited for, seconds; 0 where an alarm is about no answer."""
    match about:
        case About.OFFER:
            return policy.offer_timeout_s
        case About.BOOKING | About.ORDER:
            return policy.answer_timeout_s
        case About.CLAIM:
            return policy.claim_timeout_s
        case About.TALK:
            return policy.talk_timeout_s
        case About.VANISH:
            return policy.agent_gone_s
        case About.LATE:
            return OVERDUE_S
        case About.MESSAGE:
            return policy.messages.fallback_s
        case About.PAYMENT:
            return policy.payments.ask_s
        case About.BANK:
            return policy.payments.bank_s
        case About.UNSEEN:
            return policy.acknowledge_within_s
        case About.TOW_RETRY:  # the truck that was asked may have answered; where none was, all are asked as due
            return policy.offer_timeout_s if case is not None and case.help is HelpState.OFFERED else 0.0
        case About.REDIAL | About.OVERDUE_CALL | About.AWAITED | About.INVITATION | About.SCORE:
            return 0.0
        case About.MANDATE | About.MONEY | About.WEEK | About.DUE | About.WAITS:
            return 0.0
        case _:
            assert_never(about)
