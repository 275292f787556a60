"""What was offered on a call, why, and what the customer said, as people see it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.core.offers.actions import OpenProduct, ProposeOffer

WHY_NOT = {
    "switched_off": "the house offers nothing",
    "not_speaking": "nobody speaks with them on this call",
    "no_consent": "they have not agreed to be offered things",
    "vulnerable": "they are not to be offered anything now",
    "danger": "something of theirs that is dangerous is under way",
    "fraud": "it looks as if they are being cheated",
    "complaint": "they have reason to complain: a dispute, a long wait, said it twice, or a case that was lost",
    "owed": "something is still to be done, said or asked",
    "often_enough": "they were offered something lately",
    "later": "they said: later",
    "nothing_fits": "nothing fits them",
}
"""Why nothing is offered, in words."""


@dataclass(slots=True)
class OfferView:
    """The last that was asked for on a call. Times are POSIX seconds."""

    call: str
    attempt: int
    customer: str
    sought_at: float
    proposed: ProposeOffer | None = None
    withheld: str = ""
    """Why nothing is offered."""
    answer: str = ""
    answered_at: float | None = None
    opened: OpenProduct | None = None
    """What the provider is to open."""
    opened_at: float | None = None


def in_percent(propensity: float) -> str:
    """Return a probability as people read it."""
    return f"{propensity:.0%}" if propensity >= 0.01 else "less than 1%"  # noqa: PLR2004 - one in a hundred


def reasons(made: ProposeOffer) -> list[str]:
    """Say why just this is offered to them, in English: what makes them eligible, whom it suits, how it was chosen."""
    said = [f"eligible: {_eligible(made)}"]
    if made.rate:
        said.append(f"suitable: {made.rate}% instead of {made.rate_held or '0'}% a year")
    taken = [f"{one.offer.replace('_', ' ')} {one.yes} of {one.yes + one.no}" for one in made.among]
    likely = f"chosen with {in_percent(made.propensity)}"
    return [*said, f"{likely} of {len(made.among)} that fit, by how many like them took it: {', '.join(taken)}"]


def _eligible(made: ProposeOffer) -> str:
    return f"they have {made.about}" if made.about else "they have none of it so far"
