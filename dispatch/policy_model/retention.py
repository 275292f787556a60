"""For how long personal data is kept, by class: the ``retention:`` of a policy file. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from dispatch.core.events import Expiring
from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration

_DAY_S = 86_400.0
LEAST_S = 7 * _DAY_S


def _a_week_at_least(value: float) -> float:
    if value < LEAST_S:
        message = "7 days at least: a case that is open needs what is known of it"
        raise ValueError(message)
    return value


Kept = Annotated[Duration, AfterValidator(_a_week_at_least)]


class Retention(StrictModel):
    """Of what is older, nothing personal can be read any more; an open case keeps what is its customer's."""

    place: Kept = 60 * _DAY_S
    """Where people, cars and crews were. CNIL, délibération 2015-165, article 5: two months for employees' vehicles."""
    words: Kept = 180 * _DAY_S
    """What customers said, were shown and ordered. CNIL on recorded calls: six months at the most."""
    refused: Kept = 30 * _DAY_S
    """Messages of devices that were refused, for their vendor to look at [ours]."""
    log_ins: Kept = 180 * _DAY_S
    """Sessions and links that are over. CNIL, délibération 2021-122, on logs: six to twelve months."""

    voice_print: Kept = 730 * _DAY_S
    """Prints of voices: a voice is another after years, and whoever was not rung for so long is asked anew [fit]."""

    def kept_s(self) -> dict[Expiring, float]:
        """Return how long each class is kept, seconds."""
        return {
            "place": self.place,
            "words": self.words,
            "refused": self.refused,
            "log_ins": self.log_ins,
            "voice_print": self.voice_print,
        }
