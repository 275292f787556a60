"""What an agent does for nobody who is not who they say: refused, with what is still wanted."""

from __future__ import annotations

from dispatch.access.principal import Principal
from dispatch.access.roles import Role
from dispatch.core.verification.checks import StillWanted
from dispatch.core.verification.events import SensitiveAct
from dispatch.service.service import Service
from dispatch.web.problems import ApiProblem

_WANTED = {
    StillWanted.QUESTIONS: (
        "questions-wanted",
        "ask the questions, and say how they were answered (POST /calls/questions)",
    ),
    StillWanted.CONFIRMATION: (
        "confirmation-wanted",
        "have it confirmed on the customer's own telephone (POST /calls/confirmations)",
    ),
    StillWanted.NOTHING_HELPS: ("not-known", "the questions were answered wrongly: not in this call"),
}


def must_be_known(service: Service, who: Principal, customer: str, act: SensitiveAct) -> None:
    """See that an agent does it for nobody who is not who they say. Raises ``ApiProblem`` (403).

    Where the policy's ``identity`` leaves it to the agents, nothing is asked.
    """
    if who.role is not Role.AGENT:
        return
    known = service.customers.get(customer)
    can_confirm = known is not None and service.payment_codes.reaches(known)
    refuse_unknown(service.room.desk.verifying.wants(who.name, customer, act, can_confirm=can_confirm))


def refuse_unknown(wanted: StillWanted | None) -> None:
    """Refuse what something is still wanted for. Raises ``ApiProblem`` (403)."""
    if wanted is not None:
        reason, detail = _WANTED[wanted]
        raise ApiProblem(403, reason, "It is not made sure who speaks", detail)
