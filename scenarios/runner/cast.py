"""Puts a world together and sets all its actors in motion. Adding a kind of device: its own folder, and no line here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial

import simpy

from dispatch.core.actions import SendMessage, SendNotice
from scenarios.story.registry import KINDS
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world import agents, bluetooth, call_reasons, contacts, customers, messages, network, partners, surveys
from scenarios.world.actor import Fleet, crews
from scenarios.world.doors import Doors
from scenarios.world.faults import draw_faults
from scenarios.world.ground_truth import Fault
from scenarios.world.market import open_market
from scenarios.world.noise import Noise
from scenarios.world.often import with_counts
from scenarios.world.payers import payers
from scenarios.world.plan import Home, Plan, draw_plan
from scenarios.world.waking import build_home, start_home, wake
from scenarios.world.world import Breakdown, World


def prepare(story: Story, seed: int, *, sleepers: bool = False) -> tuple[Streams, Plan, list[Fault]]:
    """Draw who is there and what will break. Raises ``StoryError`` where the story asks for more than can happen.

    ``sleepers``: nobody plays but those to whom something happens (``may_sleep``).
    """
    streams = Streams(seed)
    plan = draw_plan(story, streams)
    faults = draw_faults(with_counts(story, streams), plan, streams)
    plan.homes = plan.homes_of({fault.device for fault in faults}) if sleepers else list(plan.everybody())
    return streams, plan, faults


def may_sleep(story: Story) -> bool:
    """Tell whether what the story's devices tell by routine can be left out without changing a decision.

    What a radio loses depends on all that it carries, and an outage is told from what all others pay: there nobody sleeps.
    """
    pays = (
        story.payments is not None
        or story.apps is not None
        or story.payers is not None
        or not all(KINDS[process.kind].sleeps for process in story.faults)
    )
    return story.telemetry == "relevant" and story.bluetooth is None and not pays


def build_fleet(plan: Plan) -> Fleet:
    """Build every device that plays; none is online yet. Crews come first, for they need the best lines."""
    fleet: Fleet = build_crews(plan)
    for home in plan.homes:
        fleet.update(build_home(home))
    return fleet


def build_crews(plan: Plan) -> Fleet:
    """Build the devices of those who help."""
    return {name: device for crew in crews() for name, device in crew.build(plan).items()}


def set_in_motion(  # noqa: PLR0917 - everything there is
    env: simpy.Environment, story: Story, streams: Streams, plan: Plan, faults: list[Fault], doors: Doors, fleet: Fleet
) -> World:
    """Attach every device to the doors and start every actor."""
    world = _world(env, story, streams, plan, doors, faults)
    pairs = bluetooth.draw_pairs(story, plan, streams)
    no_network = bluetooth.without_modem(pairs)
    for device in fleet.values():
        if device.name not in no_network:
            doors.attach(device)
    bluetooth.start(world, pairs, fleet)
    for device in fleet.values():
        device.go_online(world.now)
    _start_people(world, fleet)
    phones_of = {pair.device: pair.phone for pair in pairs}
    _start_gaps(world, {name: device for name, device in fleet.items() if name not in no_network}, faults, phones_of)
    broken = {fault.device: fault for fault in faults}
    for home in plan.homes:
        if _tells_how_it_does(story, home, broken):
            start_home(world, fleet, home, broken)
    payers.start(world, fleet)
    return world


def _tells_how_it_does(story: Story, home: Home, broken: Mapping[str, Fault]) -> bool:
    """Do a home's devices tell how they do? Where they only pay, that changes no decision; where one is, it says as it pays."""
    only_pay = story.payers is not None and story.telemetry == "relevant"
    return not only_pay or any(device in broken for device in home.devices.values())


def set_in_motion_by_events(  # noqa: PLR0917 - likewise
    env: simpy.Environment, story: Story, streams: Streams, plan: Plan, faults: list[Fault], doors: Doors
) -> World:
    """Start the crews and the people; every other device is built when something is about to happen to it."""
    world = _world(env, story, streams, plan, doors, faults)
    world.sleepers = True
    fleet = build_crews(plan)
    for device in fleet.values():
        doors.attach(device)
        device.go_online(world.now)
    _start_people(world, fleet)
    _start_gaps(world, fleet, (), {})
    broken = {fault.device: fault for fault in faults}
    for home in plan.homes:
        env.process(wake(world, home, broken))
    return world


def _world(  # noqa: PLR0917 - likewise
    env: simpy.Environment, story: Story, streams: Streams, plan: Plan, doors: Doors, faults: list[Fault]
) -> World:
    return World(env, story, streams, plan, doors, faults, Noise(streams), open_market(story, streams))


def _start_people(world: World, fleet: Fleet) -> None:
    """Start crews, agents, partners, and the customers who will worry."""
    for crew in crews():
        crew.start(world, fleet)
    for agent in world.plan.agents:
        world.env.process(agents.work(world, agent))
    world.env.process(partners.listen(world))
    world.env.process(customers.ring_in(world))
    if world.story.calls.about is not None:
        call_reasons.start(world, world.story.calls.about)
    if world.story.contacts:
        world.env.process(contacts.write_in(world))
    world.on_breakdown = partial(_begin_to_worry, world)
    world.doors.on_heard = world.heard
    if world.story.habits is not None:
        world.doors.on_message = partial(_written, world)


def _written(world: World, said: SendMessage | SendNotice) -> None:
    """Have people get what the house writes."""
    if isinstance(said, SendMessage) and said.purpose == "survey":
        world.env.process(surveys.asked(world, said))
    else:
        messages.written(world, said)


def _begin_to_worry(world: World, breakdown: Breakdown) -> None:
    breakdown.fault.reads_soonest = messages.soonest(world, breakdown.fault)
    lives = customers.journey if messages.is_on_journey(world, breakdown.fault) else customers.worry
    world.env.process(lives(world, breakdown))
    if world.story.calls.about is not None:
        world.env.process(call_reasons.after_talk(world, breakdown, world.story.calls.about))


def _start_gaps(world: World, fleet: Fleet, faults: Iterable[Fault], phones_of: Mapping[str, str]) -> None:
    gaps_open: Counter[str] = Counter()
    for gap in network.draw_gaps(world.story, fleet, faults, world.streams, phones_of):
        world.env.process(network.lose(world, fleet[gap.device], gap, gaps_open))
