"""A place in words, in the customer's language. Names stay as GeoNames writes them. Pure."""

from __future__ import annotations

from dispatch.words import say
from gateway.finding import Place
from gateway.places.place_names import gazetteer


def where_in(place: Place, language: str) -> str:
    """Return it as ``2.4 km north-east of Mārupe``; the degrees where nothing with a name is near."""
    found = gazetteer().offset(place.latitude, place.longitude)
    if found is None:
        return f"{place.latitude:.4f}, {place.longitude:.4f}"
    if found.close:
        return found.label
    key = "place_in" if found.within else "place_off"
    km = f"{found.km:.1f}" if found.km < 10 else f"{found.km:.0f}"  # noqa: PLR2004 - from here on tenths say nothing
    return say(key, language, km=km, wind=say(f"wind_{found.wind}", language), name=found.label)
