"""Puts the service together as the store has it: the desk brought to where the ledger ends, the projections fed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from dispatch.core.desk import Desk
from dispatch.core.policy import Policy
from dispatch.delivery.geocoding import Addresses
from dispatch.delivery.partner_networks import PartnerNetworks
from dispatch.engine.agent_long_poll import WaitingAgents
from dispatch.engine.checkpoint import Checkpoint
from dispatch.engine.clock import Clock
from dispatch.engine.driver import Driver
from dispatch.engine.inputs import MissedMessage
from dispatch.engine.recovery import Restored, heard_again, restored
from dispatch.engine.sender_budgets import Limits, SenderBudgets
from dispatch.gateways.lending import Lending
from dispatch.ledger.personal import sealed
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Row, Said, Sealing
from dispatch.ledger.seen_keys import Keys
from dispatch.ledger.whose import Whose
from dispatch.registers.customers import Customers
from dispatch.router.link import RoutedLink
from dispatch.router.messages import RouterSetup
from dispatch.service.access_control import AccessControl, authority_in
from dispatch.service.service import Service, ServiceBroker
from dispatch.store.journal import Journal
from dispatch.views.snapshot import snapshot
from gateway.access.nats_spelling import as_sent, spelled
from gateway.conclude.concluder import OwnCodes
from gateway.devices.registry import Registry
from gateway.devices.twins import MOST, Twins
from gateway.intake.intake import Intake
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState, LinkStatus
from gateway.links.mqtt.broker_links import BrokerLinks
from gateway.mapping.rules import VendorMapping
from gateway.mapping.translate import Translators


@dataclass(frozen=True, slots=True)
class Hearing:
    """Which devices are heard, and how what they say is read."""

    open_demo: bool = False
    """Also those that nobody registered, as simulated ones."""
    mappings: Sequence[VendorMapping] = ()
    own_codes: OwnCodes | None = None
    """What makes mean by trouble codes of their own; ``None``: as shipped."""
    limits: Limits = field(default_factory=Limits)
    """How much one sender may ask of us."""
    gateways: int = 1
    """How many processes hear; with one, it is the service's own, else there is a router, too."""
    log_format: str = "auto"
    log_level: str = "info"


def build(
    journal: Journal,
    clock: Clock,
    broker: ServiceBroker,
    hearing: Hearing,
    *,
    access_control: AccessControl | None = None,
    addresses: Addresses | None = None,
    policy: Policy | None = None,
    partner_networks: PartnerNetworks | None = None,
) -> tuple[Service, BrokerLinks]:
    """Return the service and its connection to the broker. Nothing runs yet."""
    found = restored(journal, policy=policy)
    journal.voice_prints.keep_only(found.desk.verification.prints())
    translators = Translators(hearing.mappings)
    customers = Customers(journal.customers.all())
    room = _control_room(journal, found, customers, hearing, translators)
    waiting_agents, addresses = WaitingAgents(), addresses or Addresses()
    access_control = access_control or AccessControl(journal, authority_in(Path()), open_demo=hearing.open_demo)
    again = heard_again(journal, room)
    budgets = SenderBudgets(hearing.limits, access_control.how_many_vendors, room.intake.admits)
    driver = _driver(
        room, journal, clock, found, [addresses.feed, waiting_agents.feed], budgets=budgets, checkpoint=again.checkpoint
    )
    driver.offer_again(again.undecided)
    broker.tell_refusals(lambda refusal: driver.refuse(MissedMessage(refusal, clock.now())))
    lending = Lending(driver, room, journal, hearing.gateways) if hearing.gateways > 1 else None
    hear = lending.receive if lending else driver.offer
    session = journal.meta.broker_session()
    link = _broker_links(broker, hearing, translators.filters, session, hear=hear, now=clock.now)
    link.on_change(_Absence(budgets, clock, room.pen.at if room.pen.seq else None).changed)
    return Service(
        clock,
        journal,
        room,
        customers,
        found.casebook,
        found.requests,
        waiting_agents,
        driver,
        access_control,
        broker.told,
        lambda: link.status,
        found.desk.agents_waiting(),
        addresses,
        began_at=clock.now(),
        lost=again.lost,
        drift=found.drift,
        partner_networks=partner_networks or PartnerNetworks(),
        lending=lending,
    ), link


def _broker_links(
    broker: ServiceBroker,
    hearing: Hearing,
    filters: Iterable[str],
    session: str,
    *,
    hear: Callable[[Delivery], None],
    now: Callable[[], float],
) -> BrokerLinks:
    """Return the connections to the broker; with gateways, a router's process hears."""
    if broker.respells:
        filters, hear = map(spelled, filters), _with_topics_as_sent(hear)
    setup = RouterSetup(broker.address.url, session, tuple(filters), hearing.log_format, hearing.log_level)
    hears = RoutedLink(setup, hear, now) if hearing.gateways > 1 else None
    return BrokerLinks(broker.address, hear, now=now, client_id=session, filters=setup.filters, hears=hears)


def _with_topics_as_sent(offer: Callable[[Delivery], None]) -> Callable[[Delivery], None]:
    """Return what takes deliveries of a broker that has topics spelled."""

    def take(delivery: Delivery) -> None:
        topic = as_sent(delivery.topic)
        offer(delivery if topic is delivery.topic else replace(delivery, topic=topic))

    return take


class _Absence:
    """While there is no broker, or no service, messages pile up: that is no flood, and its senders have budgets for it."""

    def __init__(self, budgets: SenderBudgets, clock: Clock, since: float | None) -> None:
        """``since``: when anybody was heard before this start, POSIX seconds."""
        self._budgets, self._clock, self._since = budgets, clock, since

    def changed(self, status: LinkStatus) -> None:
        """Take note of how the link stands."""
        now = self._clock.now()
        if status.state is not LinkState.READY:
            self._since = now if self._since is None else self._since
        elif self._since is not None:
            self._budgets.nobody_was_heard_for(now - self._since, now)
            self._since = None


def _control_room(
    journal: Journal, found: Restored, customers: Customers, hearing: Hearing, translators: Translators
) -> ControlRoom:
    intake = Intake(
        Registry(journal.devices.all()),
        open_demo=hearing.open_demo,
        twins=_twins_at_hand(journal),
        translators=translators,
        own_codes=hearing.own_codes,
    )
    pen = journal.ledger.pen()
    pen.sealing = sealing(journal, found.desk)
    room = ControlRoom(intake, found.desk, customers, pen, Keys(kept=journal.ledger.has_key))
    for product in journal.products.all():
        room.products.add(product)
    return room


def sealing(journal: Journal, desk: Desk) -> Sealing:
    """Have what is personal in a row sealed with the keys of whose it is."""
    whose, keys = Whose(desk), journal.person_keys

    def seal(said: Said, body: str, at: float) -> str:
        person = whose.of(said)
        return sealed(type(said).__name__, body, lambda what, plain: keys.seal(person, what, at, plain))

    return seal


def _driver(
    room: ControlRoom,
    journal: Journal,
    clock: Clock,
    found: Restored,
    more_feeds: list[Callable[[Row], None]],
    *,
    budgets: SenderBudgets,
    checkpoint: Checkpoint,
) -> Driver:
    casebook, requests = found.casebook, found.requests
    put_together = partial(snapshot, casebook=casebook, requests=requests)
    feeds = [casebook.feed, requests.feed, *more_feeds]
    return Driver(room, journal, clock, feeds=feeds, snapshot=put_together, budgets=budgets, checkpoint=checkpoint)


def _twins_at_hand(journal: Journal) -> Twins:
    """Have all twins of a small fleet at hand, and those of a large one when they are needed."""
    if journal.twins.count() <= MOST:
        return Twins(journal.twins.all(), journal.twins.one)
    return Twins(kept=journal.twins.one)
