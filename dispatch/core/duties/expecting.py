"""Who turns to us is thought to do so for a reason, by what is known of them before they say a word. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.core.call_order.unheard import Unheard
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import CustomerWrote
from dispatch.core.conversation.talk import Talks
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.events import CustomerPhoned
from dispatch.core.ids import is_stranger
from dispatch.core.invitations.struggling import Strugglers
from dispatch.core.policy import Policy
from dispatch.core.purse.purse import Purse
from dispatch.core.reasons.model import Expects, Sign
from dispatch.core.reasons.reasons import Reasons
from dispatch.core.reasons.signs import Theirs, signs_of
from dispatch.core.reasons.weights import Evidence, expected


@dataclass(frozen=True, slots=True)
class Expecting:
    """Reads what others know; it changes nothing."""

    policy: Policy
    cases: OpenCases
    talks: Talks
    strugglers: Strugglers
    purse: Purse
    unheard: Unheard
    reasons: Reasons

    def expects(self, event: CustomerPhoned | CustomerWrote, now: float) -> Expects | None:
        """Return why somebody turns to us ``now``, POSIX seconds; ``None``: the house does not go by that."""
        if not self.policy.reasons:
            return None
        chosen = event.about if isinstance(event, CustomerPhoned) else None
        before = self.reasons.before(event.customer, now)
        if is_stranger(event.customer):
            signs: tuple[Sign, ...] = (Sign.STRANGER,)
        else:
            signs = signs_of(self._theirs(event, spoke_lately=before is not None), now)
        return expected(Evidence(signs, chosen, before), self.reasons.tilt(event.provenance))

    def _theirs(self, event: CustomerPhoned | CustomerWrote, *, spoke_lately: bool) -> Theirs:
        customer = event.customer
        return Theirs(
            cases=self.cases.of_customer(customer),
            struggles=self.strugglers.of_customer(customer),
            payments=self.purse.of_customer(customer),
            mandates=self.purse.given.of_customer(customer),
            money_asked=bool(self.purse.questions.asked_of(customer)),
            talk=self.talks.of_customer.get(customer),
            rang_before=self.unheard.in_need(customer),
            spoke_lately=spoke_lately,
            menu=event.channel is Channel.IVR,
            writes=isinstance(event, CustomerWrote),
        )
