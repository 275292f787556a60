"""What a story says of its households."""

from __future__ import annotations

from scenarios.story.kind import Section


class Households(Section):
    """Homes with a phone, a car, a fridge, a television set and a heating, water and meter that tell how they do."""

    KEY = "households"
