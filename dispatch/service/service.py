"""The parts of one running service, as the API and the console see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from dispatch.channels.knowledge.index import Finder, full_text
from dispatch.channels.listener.heard import HeardWords
from dispatch.core.actions import DeviceCommand, SendNotice
from dispatch.core.events import Event
from dispatch.core.routing.presence import Sight
from dispatch.delivery.geocoding import Addresses
from dispatch.delivery.partner_directory import PartnerDirectory
from dispatch.delivery.partner_networks import PartnerNetworks
from dispatch.delivery.webhook_sender import WebhookSender
from dispatch.delivery.webhooks import Door
from dispatch.engine.agent_long_poll import WaitingAgents
from dispatch.engine.clock import Clock
from dispatch.engine.driver import Driver
from dispatch.gateways.lending import Lending
from dispatch.ledger.pipeline import ControlRoom, Turn
from dispatch.ledger.replay import Drift
from dispatch.maps.map_tiles import MapTiles
from dispatch.observe.heartbeat import Heartbeat
from dispatch.outgoing.outbox import Errand
from dispatch.registers.customers import Customers
from dispatch.service.access_control import AccessControl
from dispatch.service.bank import Bank
from dispatch.service.doors import Doors
from dispatch.service.exchange import Exchange
from dispatch.service.log_in import LogIn
from dispatch.service.page_links import PageLinks
from dispatch.service.payment_codes import PaymentCodes
from dispatch.service.personal_data import PersonalData
from dispatch.service.present_agents import PresentAgents
from dispatch.service.single_sign_on import SingleSignOn
from dispatch.service.watch import Watch
from dispatch.service.who_rings import WhoRings
from dispatch.store.journal import Journal
from dispatch.views.call_brief import Brief, brief_of
from dispatch.views.casebook import Casebook
from dispatch.views.health import LOST_TOLD_S, Condition, Facts, condition
from dispatch.views.partner_requests import Requests
from dispatch.views.shadow.report import ShadowReport
from dispatch.words import phrases
from gateway.contract.broker_address import BrokerAddress
from gateway.devices.twin import Twin
from gateway.intake.intake import Refusal
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState, LinkStatus


@dataclass(frozen=True, slots=True)
class BrokersTold:
    """Where devices are told to connect: in the clear, with TLS, with a certificate. ``None``: no such listener."""

    plain: str
    tls: str | None = None
    certificates: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceBroker:
    """The broker that the service is on: our own address there, and what devices are told."""

    address: BrokerAddress
    told: BrokersTold
    respells: bool = False
    """Topics come as NATS takes them (``gateway.access.nats_spelling``), since it is our own and vendors have topics of theirs."""
    tell_refusals: Callable[[Callable[[Refusal], None]], None] = lambda _: None
    """Have it tell, from any thread, of messages that it hung up for; other people's brokers tell nobody."""

    @classmethod
    def at(cls, address: BrokerAddress, tls: str | None = None, certificates: str | None = None) -> ServiceBroker:
        """Return a broker whose plain address devices are told, too, without our own name there."""
        return cls(address, BrokersTold(str(replace(address, username=None, password=None)), tls, certificates))


@dataclass(slots=True)
class Service:
    """Everything is read in the event loop's thread; only the driver changes it."""

    clock: Clock
    journal: Journal
    room: ControlRoom
    customers: Customers
    casebook: Casebook
    requests: Requests
    waiting_agents: WaitingAgents
    driver: Driver
    access_control: AccessControl
    brokers_told: BrokersTold
    broker: Callable[[], LinkStatus | None]
    """How the connection to the broker stands; ``None`` where there is none."""
    hung_up: list[str] = field(default_factory=list)
    """Agents who waited for a call when the service ended the last time."""
    addresses: Addresses = field(default_factory=Addresses)
    log_in: LogIn = field(init=False)
    """Who may do what over the HTTP API and the console; replaced where that is to be more than this machine's."""
    sign_on: SingleSignOn | None = None
    """Where the house has an OpenID Connect provider."""
    began_at: float = 0.0
    """When it was built, POSIX seconds by its clock."""
    lost: tuple[str, ...] = ()
    """What of the store could not be read then, in words."""
    drift: Drift = field(default_factory=Drift)
    """What this version decides otherwise than stands in the ledger, as found at the start."""
    bluetooth: Callable[[], LinkStatus | None] = lambda: None
    """How the Bluetooth adapter stands; ``None`` where there is none."""
    partners: PartnerDirectory = field(init=False)
    webhooks: WebhookSender = field(init=False)
    doors: Doors = field(init=False)
    """By which customers are written to and write."""
    bank: Bank = field(init=False)
    """By which money moves."""
    present_agents: PresentAgents = field(init=False)
    """Which agents give signs of life."""
    who_rings: WhoRings = field(init=False)
    """Whose number rings."""
    partner_networks: PartnerNetworks = field(default_factory=PartnerNetworks)
    """Where partners may be."""
    bluetooth_devices: Callable[[], int] = lambda: 0
    """How many devices are connected over Bluetooth LE."""
    heartbeat: Heartbeat = field(init=False)
    personal_data: PersonalData = field(init=False)
    watch: Watch | None = None
    """The process that shows; ``None``: there is none."""
    shadow: Callable[[], ShadowReport | None] = lambda: None
    """How the policy stands that decides beside ours and acts on nothing; ``None``: there is none."""
    exchange: Exchange | None = None
    """What rings agents and customers; ``None``: agents dial by hand."""
    map_file: MapTiles | None = None
    """What the dispatcher's map is drawn from, where the operator brings one."""
    lending: Lending | None = None
    """Who lends devices to gateway processes; ``None``: there are none."""
    page_links: PageLinks = field(init=False)
    """Links of customers' own pages, as messages carry them."""
    payment_codes: PaymentCodes = field(init=False)
    """What customers confirm payments with."""
    knowledge: Callable[[], Finder] = full_text
    """What looks up what agents read while they speak; made when it is asked for first."""
    heard_words: HeardWords = field(default_factory=HeardWords)
    """What customers said last, as captions tell it."""
    road_lines: Callable[[], bytes] | None = None
    """The roads that arrivals are reckoned by, as gzipped GeoJSON; ``None``: there are none."""

    def __post_init__(self) -> None:
        """Know the partners as the store has them."""
        phrases()  # what is said is checked before anybody is rung
        self.log_in = LogIn(self.journal)
        self.page_links = PageLinks(lambda: self.log_in)
        self.partners = PartnerDirectory(self.journal.partners)
        patience_s = self.room.desk.policy.answer_timeout_s
        door = Door(self.partner_networks)
        self.webhooks = WebhookSender(self.journal, self.partners, self.clock, self, patience_s=patience_s, door=door)
        self.doors = Doors(self)
        self.bank = Bank(self)
        self.payment_codes = PaymentCodes(
            self.doors.by_channel,
            lambda: self.log_in.now(),  # noqa: PLW0108 - set later
            link_of=lambda customer: self.page_links.link_of(customer),  # noqa: PLW0108 - likewise
        )
        self.present_agents = PresentAgents(self)
        self.who_rings = WhoRings(self.customers, self.doors.strangers, self.now)
        self.personal_data = PersonalData(
            self.journal,
            self.room,
            self.driver,
            self.requests,
            self.webhooks,
            self.doors.sender,
            self.bank.sender,
            self.addresses,
            lambda: self.log_in,
            self.clock.now,
        )
        self.driver.announcer.feed(self.personal_data.feed)
        self.driver.announcer.feed(self.doors.ears.feed)
        links = {"broker": lambda: self.broker(), "bluetooth": lambda: self.bluetooth()}  # noqa: PLW0108 - set later
        self.heartbeat = Heartbeat(self.journal, self.driver, links)

    def hear(self, delivery: Delivery) -> None:
        """Take what a link hands over. It is acknowledged once what it caused is stored."""
        (self.lending.receive if self.lending is not None else self.driver.offer)(delivery)

    async def see_home(self, device: str) -> None:
        """Have a device's twin as it is by now, also where a gateway process has it."""
        if self.lending is not None:
            await self.lending.see_home(device)

    async def tell(self, event: Event) -> Turn:
        """Tell the desk; returns once it is stored."""
        return await self.driver.tell(event)

    def sight_of(self, agent: str) -> Sight | None:
        """Return whether the desk sees an agent who gives signs of life; ``None``: they never gave one."""
        return self.room.desk.sight_of(agent)

    def has_work(self, agent: str) -> bool:
        """Tell whether an agent has something in hand, or waits for it."""
        desk = self.room.desk
        return bool(desk.held_by(agent)) or agent in desk.agents_waiting()

    def speaks_by_telephone(self, agent: str) -> tuple[str, ...]:
        """Return the calls that an agent's telephone carries just now."""
        return self.exchange.spoken_by(agent) if self.exchange is not None else ()

    def heard(self, key: str) -> bool:
        """Tell whether an event with this key has been handled."""
        return self.room.heard(key)

    def replan_ms(self, most: int) -> dict[int, float]:
        """Return how long the last replans took since the start: number of the record → milliseconds."""
        return self.driver.decider.replans.latest(most)

    def dead_letters(self) -> list[Errand]:
        """Return what partners and customers were not told, oldest first."""
        senders = (self.webhooks, self.doors.sender, self.bank.sender)
        dead = [errand for one in senders for errand in one.outbox.dead.values()]
        return sorted(dead, key=lambda errand: errand.seq)

    def unwanted(self, action: DeviceCommand) -> bool:
        """Tell whether it is a message to a customer who wants none any more."""
        case = self.casebook.cases.get(action.case or "") if isinstance(action, SendNotice) else None
        customer = self.customers.get(case.customer) if case is not None else None
        return customer is not None and not customer.may_message

    def withdrawn(self, request: str, attempt: int) -> str | None:
        """Return why a booking or order was withdrawn; ``None``: it was not."""
        return self.requests.withdrawn(request, attempt)

    def now(self) -> float:
        """Return the service's time, POSIX seconds."""
        return self.clock.now()

    def twins(self) -> Mapping[str, Twin]:
        """Return the devices' twins by name: all of a small fleet, those heard lately of a large one."""
        return self.room.intake.twins

    def brief_of(self, call: str) -> Brief:
        """Return what the agent sees of a call, by the policy that the desk decides by. Raises ``KeyError``."""
        policy, now = self.room.desk.policy, self.now()
        devices_of, address_of = self.room.intake.registry.of_customer, self.addresses.of
        brief = brief_of(
            self.casebook, call, self.customers, policy=policy, now=now, address_of=address_of, devices_of=devices_of
        )
        by_hand = self.exchange.word(call) if self.exchange is not None else ""
        return replace(brief, telephone=by_hand or self.who_rings.word(self.casebook.calls[call], self.casebook))

    def link(self) -> str:
        """Say how the connection to the broker stands, in one word."""
        status = self.broker()
        return str(status.state) if status else "none"

    def lag_s(self) -> float:
        """Return for how long the oldest input has waited that is not stored yet, in seconds of the wall."""
        return self._real_age(self.driver.waits_since())

    def outbox_age_s(self) -> float:
        """Return how long ago the oldest command was decided that is not carried out yet, in seconds of the wall."""
        return self._real_age(self.heartbeat.outbox.oldest_at)

    def _real_age(self, since: float | None) -> float:
        """Return how long ago ``since`` was, whatever the pace of the service's clock: it is the machine that is judged."""
        return 0.0 if since is None else max(0.0, self.clock.real_seconds(self.now() - since))

    def condition(self) -> Condition:
        """Return in what condition the service is."""
        return condition(
            Facts(
                store=self.heartbeat.trouble,
                disk=self.heartbeat.disk_trouble,
                broker=_wrong(self.broker()),
                bluetooth=_wrong(self.bluetooth()),
                telephone=() if self.exchange is None else tuple(self.exchange.troubles()),
                lost=self.lost if self.now() - self.began_at < LOST_TOLD_S else (),
                waiting=len(self.driver.inbox),
                lag_s=self.lag_s(),
                thinning=self.driver.decider.overload.on,
                outbox_age_s=self.outbox_age_s(),
                standstill_s=self.heartbeat.late_s,
                gateways=() if self.lending is None else tuple(self.lending.troubles()),
                doors=(*self.doors.troubles(), *self.bank.troubles()),
            )
        )


def _wrong(link: LinkStatus | None) -> str | None:
    return None if link is None or link.state is LinkState.READY else link.reason
