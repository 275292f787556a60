"""How much of a list of trouble codes the car's knowledge covers: ``python benchmarks/code_coverage.py LIST.json``.

The list is JSON, code → text, such as public lists of SAE J2012 give it; none ships with us. Printed are: how many generic
codes fall into which J2012 system of ``knowledge/codes/j2012.toml``; those whose text contradicts their system by its words; how
many are evidence for a part of ``gateway/kinds/car/knowledge``, by their name or within a range; and some that are not.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

KNOWLEDGE = Path(__file__).parents[1] / "gateway" / "kinds" / "car" / "knowledge"
CODE = re.compile(r"^[PCBU][0-3][0-9A-F]{3}$")
NO_PARTS = frozenset({"nothing", "unknown"})
WORDS: Mapping[str, frozenset[str]] = {
    r"misfire|ignition coil|knock": frozenset({"ignition"}),
    r"crankshaft position|camshaft position": frozenset({"ignition", "engine"}),
    r"\bO2 sensor|oxygen sensor|catalyst|\bEGR\b|NOx|reductant|particulate": frozenset({"exhaust"}),
    r"exhaust (?:gas|aftertreatment)|gas recirculation|air injection|\bAIR system": frozenset({"exhaust"}),
    r"fuel (?:pump|rail|pressure|injector|level)|evap\b|purge|throttle|turbocharger|air flow": frozenset({"fuel"}),
    r"engine coolant|thermostat|\bfan \d": frozenset({"cooling", "high_voltage"}),
    r"engine oil": frozenset({"lubrication"}),
    r"starter relay|immobilizer|ignition switch": frozenset({"starting"}),
    r"generator (?:lamp|field|control circuit)|^charging system": frozenset({"charging"}),
    r"transmission|shift solenoid|torque converter|\bgear\b": frozenset({"transmission"}),
    r"wheel speed|\bABS\b|(?<!exhaust )brake": frozenset({"brakes"}),
    r"steering(?! column)": frozenset({"steering"}),
    r"tire pressure": frozenset({"tyres"}),
    r"airbag|restraint|seat ?belt|squib": frozenset({"body"}),
    r"hybrid|drive motor|battery charger|high voltage|dc/dc": frozenset({"high_voltage"}),
    r"lost communication|invalid data received|communication bus|software incompatibility": frozenset({"network"}),
}
"""What a text speaks of → the systems of parts that its code may speak for; one that matches is enough."""
INSIDE = re.compile(r"internal control module|processor|auto configuration|requested mil", re.IGNORECASE)
"""A control unit that speaks of itself, whatever it controls."""


def covers(entry: str, code: str) -> bool:
    """Tell whether an entry of a knowledge file (``P0300``, ``P0300..P0312``, ``U01*``) stands for the code."""
    if entry.endswith("*"):
        return code.startswith(entry[:-1])
    first, _, last = entry.partition("..")
    return code[0] == first[0] and first <= code <= (last or first)


def generic_ranges() -> list[dict[str, Any]]:
    """Return the systems of ``j2012.toml`` in their order, the manufacturers' ranges too."""
    found: list[dict[str, Any]] = tomllib.loads((KNOWLEDGE / "codes" / "j2012.toml").read_text("utf-8"))["systems"]
    return found


def members() -> Iterator[tuple[str, str]]:
    """Yield part and entry for every code that a part's evidence names."""
    for path in sorted(KNOWLEDGE.glob("*.toml")):
        for part, entry in tomllib.loads(path.read_text("utf-8")).get("parts", {}).items():
            for group in entry["shows"]:
                yield from ((part, member) for member in group["any"] if member[0] in "PCBU" and member[1].isdigit())


def contradicts(text: str, system: Mapping[str, Any]) -> bool:
    """Tell whether the text speaks of systems of parts, and of none that its range speaks for."""
    if INSIDE.search(text):
        return False
    spoken = [allowed for words, allowed in WORDS.items() if re.search(words, text, re.IGNORECASE)]
    return bool(spoken) and not frozenset(system["parts_of"]) & frozenset().union(*spoken)


def _systems(texts: Mapping[str, str]) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """Return the system of each generic code, and the codes that fall into none."""
    ranges = generic_ranges()
    found: dict[str, Mapping[str, Any]] = {}
    lost: list[str] = []
    for code in texts:
        system = next((one for one in ranges if covers(one["codes"], code)), None)
        if system is None:
            lost.append(code)
        elif system.get("generic", True):
            found[code] = system
    return found, lost


def _evidence(codes: Sequence[str]) -> tuple[set[str], set[str], set[str]]:
    """Return the codes that a part names, those within a part's range, and those only ``unknown`` or ``nothing`` know."""
    named, ranged, aside = set[str](), set[str](), set[str]()
    entries = list(members())
    for code in codes:
        hits = [(part, entry) for part, entry in entries if covers(entry, code)]
        if any(part not in NO_PARTS and entry == code for part, entry in hits):
            named.add(code)
        elif any(part not in NO_PARTS and entry != "U01*" for part, entry in hits):
            ranged.add(code)
        elif hits:
            aside.add(code)
    return named, ranged, aside


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("list", type=Path, help="JSON: trouble code → text")
    asked.add_argument("--show", type=int, default=20, help="how many examples")
    options = asked.parse_args()
    told: dict[str, str] = json.loads(options.list.read_text("utf-8"))
    texts = {code.upper(): text for code, text in sorted(told.items()) if CODE.match(code.upper())}
    systems, lost = _systems(texts)
    generic = list(systems)
    _print(f"{len(texts)} codes, {len(generic)} of them generic; {len(lost)} fall into no system")
    for name, count in Counter(system["name"] for system in systems.values()).most_common():
        _print(f"  {count:5}  {name}")
    odd = [code for code in generic if contradicts(texts[code], systems[code])]
    _print(f"{len(odd)} texts contradict their system ({len(odd) / max(1, len(generic)):.1%}):")
    for code in odd[: options.show]:
        _print(f"  {code}  {systems[code]['name']} | {texts[code]}")
    named, ranged, aside = _evidence(generic)
    left = [code for code in generic if code not in named | ranged | aside]
    _print(
        f"evidence for a part: {len(named)} by name, {len(ranged)} within a range; {len(aside)} known, but for no part"
    )
    _print(f"left to their system: {len(left)}, for instance:")
    for code in left[:: max(1, len(left) // max(1, options.show))][: options.show]:
        _print(f"  {code}  {systems[code]['name']} | {texts[code]}")


if __name__ == "__main__":
    main()
