"""What can break, and what the world knows of it. How it shows is the device's affair.

To add a part: one entry here under the name that ``gateway/diagnosis`` gives it, how it fails (cars:
``firmware_sim/body/failures.py``), and a fault process in a story.
"""

from __future__ import annotations

from scenarios.world.car_parts import CAR_PARTS
from scenarios.world.part import Kind, Occasion, Part

__all__ = ["PARTS", "Kind", "Occasion", "Part"]

PARTS: dict[str, Part] = {
    **CAR_PARTS,
    "compressor": Part("fridge", unnoticed_s=2.3 * 3600),  # until it is warm inside: see fridges
    "door_ajar": Part("fridge", needs_help=False),
    "stock": Part("fridge", phones=False),
    "processor_outage": Part("phone"),
    "account_number": Part("phone"),
}
