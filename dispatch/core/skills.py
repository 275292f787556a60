"""What agents are trained for, and which of it a case needs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gateway.finding import Domain

Skill = Literal["roadside", "appliance", "payment"]

NEEDED: Mapping[Domain, Skill] = {
    Domain.VEHICLE: "roadside",
    Domain.APPLIANCE: "appliance",
    Domain.PAYMENT: "payment",
}
"""By what kind of thing broke."""
