"""Whether a message is still to be sent when it leaves: it may have been decided long ago, and held back over night. Pure."""

from __future__ import annotations

from dispatch.core.actions import SendMessage
from dispatch.core.desk import Desk
from dispatch.core.robots.model import ConversationOwner
from dispatch.registers.customers import Customer


def unwanted(action: SendMessage, customer: Customer | None, desk: Desk) -> str:
    """Tell why what is written unasked must not be sent by now; empty: it may. Who asks is answered.

    ``customer``: as registered by now; ``None``: a stranger. ``desk``: as it stands by now.
    """
    if action.purpose == "robot":
        now_whose = desk.owner_of(action.customer)
        return "" if now_whose is ConversationOwner.ROBOT else "a person has the conversation by now"
    if action.purpose == "reply" or customer is None:
        return ""
    if not customer.may_message:
        return "the customer wants no messages"
    if action.channel in desk.preference_of(action.customer).avoid:
        return f"the customer wants no messages by {action.channel}"
    overtaken = action.beside_call and desk.needs_no_word(action.case or "")
    return "they know by now, or it is over" if overtaken else ""
