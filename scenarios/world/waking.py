"""Homes that sleep: their devices are built when something is about to happen to one, and given up when that is over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from scenarios.world import network
from scenarios.world.actor import Fleet, actor_of
from scenarios.world.ground_truth import Fault
from scenarios.world.plan import Home
from scenarios.world.world import Life, World


def build_home(home: Home) -> Fleet:
    """Build what a home owns."""
    return {home.devices[kind]: actor_of(kind).build(home.devices[kind]) for kind in sorted(home.devices)}


def start_home(world: World, fleet: Fleet, home: Home, faults: Mapping[str, Fault]) -> None:
    """Set a home's devices in motion."""
    for kind in sorted(home.devices):
        actor_of(kind).start(world, fleet, home, faults.get(home.devices[kind]))


def wake(world: World, home: Home, faults: Mapping[str, Fault]) -> Life:
    """Have a home's devices awake around the faults of some of them. What the others told last is told, too."""
    failing = {kind: faults[home.devices[kind]] for kind in sorted(home.devices) if home.devices[kind] in faults}
    others = [kind for kind in sorted(home.devices) if kind not in failing]
    wakes = min(actor_of(kind).woken_at(world, fault) for kind, fault in failing.items())
    wakes = max(world.story.start_s, wakes)
    yield world.until(
        min((actor_of(kind).last_told(world, home.devices[kind], wakes) for kind in others), default=wakes)
    )
    fleet = _come_alive(world, home, faults)
    for kind in others:
        actor_of(kind).start(world, fleet, home, None)
    if others:
        yield world.until(wakes)
    lives = [actor_of(kind).live(world, fleet, home, fault, wakes) for kind, fault in failing.items()]
    also = [world.env.process(life) for life in lives[1:] if life is not None]
    if lives[0] is not None:
        yield from lives[0]
    yield from also
    if None in lives:
        return
    for name, device in fleet.items():
        world.awake.discard(name)
        world.doors.detach(device)


def _come_alive(world: World, home: Home, faults: Mapping[str, Fault]) -> Fleet:
    """Build a home's devices, and connect those that are not in a gap."""
    fleet = build_home(home)
    mine = [faults[name] for name in fleet if name in faults]
    gaps = network.draw_gaps(world.story, fleet, mine, world.streams)
    now, gaps_open = world.now, Counter[str]()
    world.awake.update(fleet)
    for name, device in fleet.items():
        world.doors.attach(device)
        if not any(gap.device == name and gap.begin <= now < gap.end for gap in gaps):
            device.go_online(now)
    for gap in gaps:
        if gap.end > now:
            world.env.process(network.lose(world, fleet[gap.device], gap, gaps_open))
    return fleet
