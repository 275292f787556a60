"""Who is offered what, and who nothing: eligible, suitable, drawn by derived dice; Tom's savings account from end to end."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.actions import QueueCall, SendMessage
from dispatch.core.conversation.channels import Channel
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import (
    AgentBecameFree,
    CallConnected,
    CallEnded,
    CustomerErased,
    CustomerPhoned,
    DataExpired,
    FaultFound,
    OrderAnswered,
    OrderFulfilled,
    Outcome,
    SupplierOpened,
)
from dispatch.core.ids import order_id
from dispatch.core.invitations.actions import ExplainStruggle
from dispatch.core.offers.actions import OpenProduct, ProposeOffer, WithholdOffer
from dispatch.core.offers.deciding import decide
from dispatch.core.offers.events import OfferAnswered, OfferReply, OfferSought
from dispatch.core.offers.forbidden import CallSituation, NoOffer, PastOffer, why_not
from dispatch.core.offers.products import HeldProduct, OwnedDevice, fitting, gain_a_year, segment_of
from dispatch.core.offers.rules import DAY_S, OfferPolicy
from dispatch.core.offers.said import sentence, terms
from dispatch.core.offers.sampling import OfferCandidate, Tried, choose, weigh
from dispatch.core.policy import MessagePolicy, Policy
from dispatch.core.routing.events import CallNoted, CallTransferred
from dispatch.ledger.audit.cases import Cases
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import read
from dispatch.policy_model.offers import OfferError, house_catalogue, read_catalogue
from dispatch.views.offer_view import WHY_NOT, reasons
from dispatch.views.timeline import line
from dispatch.words import LANGUAGES
from gateway.finding import Domain, Drive, Help, Remedy, Severity
from tests.dispatch.conftest import FLAT_BATTERY, START, all_of, none, only
from tests.dispatch.test_inviting import Bank

MAKES = OfferPolicy(makes=True, catalogue=house_catalogue())
HOUSE = Policy(offers=MAKES, messages=MessagePolicy(channels=(Channel.SMS, Channel.EMAIL)))
SAVINGS = HeldProduct("savings-1", "savings_account", "0.5", 4_650_00, "EUR")
CURRENT = HeldProduct("current-1", "current_account", "", 812_35, "EUR")
CAR = OwnedDevice("volta/car-1", Domain.VEHICLE, 2019)
FRIDGE = OwnedDevice("volta/fridge-1", Domain.APPLIANCE, 2024)
ALL_WELL = CallSituation(
    speaks=True, agrees=True, vulnerable=False, concern="", danger=False, fraud=False, disputes=False,
    told_twice=False, waited_s=20.0, lost=False, owed=False,
)  # fmt: skip


class House(Bank):
    """A bank whose agents may offer something."""

    def __init__(self, policy: Policy = HOUSE) -> None:
        super().__init__()
        self.desk = Desk(policy)
        self.asked = 0

    def rings_in(self, waits_s: float = 20.0, *, agent: str = "anna", customer: str = "c-1", ref: str = "1") -> str:
        """A customer rings in, and is spoken with."""
        self.tell(CustomerPhoned(f"in/{ref}", customer, "en", "simulated"))
        self.tell(AgentBecameFree(agent, ("en",), "simulated"), waits_s)
        self.tell(CallConnected(f"in/{ref}", 1, agent))
        return f"in/{ref}"

    def seeks(self, call: str, **changes: Any) -> Any:
        """The agent asks whether something is to be offered; return what is decided about it."""
        self.asked += 1
        plain = OfferSought(
            f"r-{self.asked}", call, 1, "c-1", "en", "simulated", "anna", may_offers=True, held=(SAVINGS, CURRENT)
        )
        said = self.tell(replace(plain, **changes), 60.0)
        return next((one for one in said if isinstance(one, ProposeOffer | WithholdOffer)), None)

    def says(self, call: str, answer: OfferReply, attempt: int = 1, customer: str = "c-1") -> list[Any]:
        """The customer answers."""
        reach = (Channel.SMS, Channel.EMAIL)
        return self.tell(OfferAnswered(call, attempt, customer, answer, "simulated", "anna", reach=reach), 5.0)


@pytest.fixture
def house() -> House:
    """A desk that has heard nothing yet."""
    return House()


def test_toms_savings_account(house: House) -> None:
    """Article D: he struggles with a payee, is helped by who he is put through to, is offered what earns him more, and takes it.

    4650.00 at 2.5 instead of 0.5% is 93.00 a year, exactly; and the terms are written to him.
    """
    house.free()
    house.struggles()
    call = only(house.replies("talk"), QueueCall).call
    house.tell(CallConnected(call, 1, "anna"), 12)
    offered = house.seeks(call)
    assert isinstance(offered, ProposeOffer)
    assert (offered.offer, offered.about, offered.rate_held, offered.rate) == (
        "better_savings", "savings-1", "0.5", "2.5",
    )  # fmt: skip
    assert (offered.gain, offered.currency, offered.segment) == (93_00, "EUR", "saver")
    assert "earn 0.5% a year" in offered.text
    assert "€93.00 more a year" in offered.text
    assert (offered.propensity, len(offered.among)) == (1.0, 1)
    assert reasons(offered)[:2] == ["eligible: they have savings-1", "suitable: 2.5% instead of 0.5% a year"]
    taken = house.says(call, "yes")
    task, written = only(taken, OpenProduct), only(taken, SendMessage)
    assert (task.provider, task.gives, task.rate, task.about) == ("bank", "savings_account", "2.5", "savings-1")
    assert (written.channel, written.purpose, written.case) == (Channel.SMS, "terms", None)
    assert written.text == terms(offered, "en")
    assert none(house.says(call, "yes"), OpenProduct | SendMessage), "told twice, it is once"
    told = house.tell(CallEnded(call, 1, Outcome.INFORMED, agent="anna"), 10)
    assert only(told, ExplainStruggle)
    assert [one.call for one in house.book.taken()] == [call]
    view = house.book.offer_on(call)
    assert view is not None
    assert (view.answer, view.opened) == ("yes", task)
    told_of = [line(row).what for row in house.rows if row.type in {"OfferSought", "OfferAnswered", "OpenProduct"}]
    assert told_of[1:3] == [
        "was offered something, and takes it",
        "bank is to carry out what they took: better savings",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_is_said_in_every_language(language: str) -> None:
    """Each offer of the catalogue, with its sums and rates in it; short enough to be heard, and to be an SMS of three parts."""
    for one in fitting(house_catalogue(), [SAVINGS, CURRENT], [CAR, FRIDGE], 2026):
        offered = decide(_sought(one.offer.owns), ALL_WELL, _only(one.offer.offer), MAKES, START)
        assert isinstance(offered, ProposeOffer)
        said, written = sentence(offered, language), terms(offered, language)
        assert "{" not in said + written
        assert len(said) <= 240
        assert (
            len(written) <= 3 * 153 if language == "en" else len(written) <= 3 * 134
        )  # GSM 7 bit, UCS-2: SMS of parts


def _sought(owns: Domain | None) -> OfferSought:
    devices = {None: (), Domain.VEHICLE: (CAR,), Domain.APPLIANCE: (FRIDGE,), Domain.PAYMENT: ()}[owns]
    held = (SAVINGS, CURRENT) if owns is None else (replace(CURRENT, balance=900_00, rate="2.5"),)
    return OfferSought("r", "in/9", 1, "c-1", "en", "simulated", may_offers=True, held=held, owns=devices)


def _only(offer: str) -> Any:
    """Return how offers were taken where only this one ever was."""
    return lambda _segment, name: Tried(50_000, 0) if name == offer else Tried(0, 50_000)


def test_what_is_gained_is_exact_and_never_said_to_be_more() -> None:
    """Decimal arithmetic; a part of a cent is left out."""
    assert gain_a_year(4_650_00, "0.5", "2.5") == 93_00
    assert gain_a_year(1_01, "0", "0.9999") == 1  # 1.0099 cents
    assert gain_a_year(333_33, "1.15", "2.4") == int(Decimal(33333) * Decimal("1.25") / 100)


def test_who_is_eligible_and_whom_it_suits() -> None:
    """By what they hold and own; what is covered, gains little, or costs more than they could bear, is none for them."""

    def names(*held: HeldProduct, owns: tuple[OwnedDevice, ...] = ()) -> list[str]:
        return [one.offer.offer for one in fitting(house_catalogue(), held, owns, 2026)]

    assert names() == []
    assert names(SAVINGS) == ["better_savings"]
    assert names(replace(SAVINGS, balance=499_99)) == []  # 9.99 a year
    assert names(replace(SAVINGS, rate="2.5")) == []
    assert names(replace(SAVINGS, currency="GBP")) == []
    assert names(owns=(CAR,)) == ["battery_check", "roadside_cover"]
    assert names(owns=(replace(CAR, built=2024),)) == ["roadside_cover"]
    assert names(owns=(replace(CAR, built=0),)) == ["roadside_cover"]
    assert names(HeldProduct("p-1", "cover", device=CAR.device), owns=(CAR,)) == ["battery_check"]
    assert names(HeldProduct("p-1", "cover"), owns=(CAR,)) == ["battery_check"]  # of all that they have
    assert names(replace(CURRENT, balance=100_00), owns=(CAR, FRIDGE)) == []
    assert names(owns=(FRIDGE,)) == ["longer_warranty"]
    assert segment_of([SAVINGS, CURRENT]) == "saver"
    assert (segment_of([CURRENT]), segment_of([])) == ("payer", "owner")
    assert not replace(SAVINGS, until=START).holds(START)


# --- how one is chosen -------------------------------------------------------------------------------------------------

CANDIDATES = [
    OfferCandidate("a", 40_00, Tried(6, 70)),
    OfferCandidate("b", 25_00, Tried(2, 11)),
    OfferCandidate("c", 9_00, Tried(30, 20)),
    OfferCandidate("d", 9_00, Tried(30, 20)),
]


def test_the_propensity_is_how_often_it_is_chosen() -> None:
    """Of 4,000 calls by the derived dice, and of 200,000 draws from the posteriors by others: within three standard errors."""
    among = weigh(CANDIDATES, 0.1)
    likely = {one.offer: one.propensity for one in among}
    assert sum(likely.values()) == pytest.approx(1.0, abs=1e-6)
    chosen = Counter(choose(f"in/{number}", CANDIDATES, 0.1).offer for number in range(4_000))
    for name, share in likely.items():
        assert abs(chosen[name] / 4_000 - share) <= 3 * (share * (1 - share) / 4_000) ** 0.5, name
    dice = np.random.default_rng(7)
    drawn = np.stack([dice.beta(1 + c.tried.yes, 9 + c.tried.no, 200_000) * c.value for c in CANDIDATES])
    shares = np.bincount(drawn.argmax(axis=0), minlength=4) / 200_000
    for one, share in zip(among, shares, strict=True):
        assert one.propensity == pytest.approx(0.1 / 4 + 0.9 * share, abs=0.006)


@given(
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 3_000), st.integers(0, 100_000)), min_size=1, max_size=6),
    st.sampled_from([0.0, 0.05, 0.1, 1.0]),
    st.text(max_size=20),
)
def test_propensities_are_a_distribution_and_a_replay_draws_the_same(
    drawn: list[tuple[int, int, int]], explore: float, name: str
) -> None:
    """Whatever was heard so far: each at least its share of what is explored, all of them one."""
    candidates = [OfferCandidate(f"o-{number}", value, Tried(yes, no)) for number, (yes, no, value) in enumerate(drawn)]
    chosen = choose(name, candidates, explore)
    assert sum(one.propensity for one in chosen.among) == pytest.approx(1.0, abs=1e-6)
    assert all(one.propensity >= explore / len(candidates) - 1e-9 for one in chosen.among)
    assert chosen == choose(name, candidates, explore)
    assert chosen.propensity > 0 or explore == 0.0


def test_what_is_taken_is_offered_more() -> None:
    """In that segment alone; and what nobody takes is still offered now and then."""
    house = House()
    for number in range(40):
        call = house.rings_in(customer=f"c-{number}", ref=f"{number}")
        made = house.seeks(call, customer=f"c-{number}", owns=(replace(CAR, built=2024),))
        assert isinstance(made, ProposeOffer)
        house.says(call, "yes" if made.offer == "roadside_cover" else "no", customer=f"c-{number}")
        house.tell(CallEnded(call, 1, Outcome.INFORMED, agent="anna"))
    made = [read(row) for row in house.rows if row.type == "ProposeOffer"]
    first, last = made[0], made[-1]
    assert isinstance(first, ProposeOffer)
    assert isinstance(last, ProposeOffer)
    likely = {one.offer: one.propensity for one in last.among}
    assert likely["roadside_cover"] > 0.6 > next(one.propensity for one in first.among if one.offer == "roadside_cover")
    assert likely["better_savings"] >= 0.05
    assert {name.partition("/")[0] for name in house.desk.standing().offers.tried} == {"saver"}


# --- where nothing is --------------------------------------------------------------------------------------------------

AGAINST: dict[NoOffer, list[dict[str, Any]]] = {
    "not_speaking": [{"speaks": False}],
    "no_consent": [{"agrees": False}],
    "vulnerable": [{"vulnerable": True}, {"concern": "distress"}, {"concern": "bereavement"}],
    "danger": [{"danger": True}],
    "fraud": [{"fraud": True}],
    "complaint": [
        {"concern": "complaint"}, {"disputes": True}, {"told_twice": True}, {"waited_s": 300.0}, {"lost": True},
    ],
    "owed": [{"owed": True}],
    "often_enough": [{"past": (PastOffer("x", START - 29 * DAY_S),)}],
    "later": [{"past": (PastOffer("x", START - 13 * DAY_S, "later"),)}],
}  # fmt: skip


@pytest.mark.parametrize("reason", get_args(NoOffer))
def test_each_reason_alone_is_enough(reason: NoOffer) -> None:
    """And each is said in words."""
    assert WHY_NOT[reason]
    rules = replace(MAKES, within_s=DAY_S) if reason == "later" else MAKES
    for changes in AGAINST.get(reason, []):
        assert why_not(replace(ALL_WELL, **changes), rules, START) == reason
    assert why_not(ALL_WELL, MAKES, START) is None
    assert why_not(ALL_WELL, OfferPolicy(), START) == "switched_off"


def test_the_desk_sees_what_speaks_against_it(house: House) -> None:
    """A truck on its way, danger, a complaint that is noted, a call that was handed on, a long wait, fraud, a question."""

    def withheld(call: str, **changes: Any) -> str:
        found = house.seeks(call, **changes)
        assert isinstance(found, WithholdOffer), found
        return found.why

    call = house.rings_in()
    assert withheld("in/none") == withheld(call, customer="c-2") == withheld(call, agent="juris") == "not_speaking"
    assert withheld(call, may_offers=False) == "no_consent"
    assert withheld(call, vulnerable=True) == "vulnerable"
    assert withheld(call, held=()) == "nothing_fits"
    house.tell(CallNoted("n-1", call, "unhappy", "anna", "complaint"))
    assert withheld(call) == "complaint"
    house.tell(CallEnded(call, 1, Outcome.INFORMED, agent="anna"))
    assert withheld(call) == "not_speaking"
    assert withheld(house.rings_in(301.0, ref="2")) == "complaint"
    house.tell(CallEnded("in/2", 1, Outcome.INFORMED, agent="anna"))

    call = house.rings_in(ref="3")
    house.tell(CallTransferred(call, 1, "anna", "bea"))
    house.tell(AgentBecameFree("bea", ("en",), "simulated"))
    house.tell(CallConnected(call, 2, "bea"))
    assert withheld(call, attempt=2, agent="bea") == "complaint"
    house.tell(CallEnded(call, 2, Outcome.INFORMED, agent="bea"))

    house.tell(FaultFound(FLAT_BATTERY, "en", may_call=False, may_order=False))
    assert withheld(house.rings_in(ref="4")) == "danger"
    house.tell(CallEnded("in/4", 1, Outcome.INFORMED, agent="anna"))
    assert isinstance(house.seeks(house.rings_in(customer="c-2", ref="5"), customer="c-2"), ProposeOffer)

    house = House()
    house.struggles(fraud=True)
    assert withheld(house.rings_in()) == "fraud"
    house = House()
    house.struggles()
    assert withheld(house.rings_in()) == "owed"  # it is the app that they fight with, and nobody speaks of it


def test_whoever_is_owed_help_is_offered_nothing_until_they_have_it(house: House) -> None:
    """A technician is wanted: not before; a talk that was all it took: then."""
    talk = replace(
        FLAT_BATTERY, remedy=Remedy(Help.TALK, "engine", 0, 0), drive=Drive.TO_WORKSHOP, severity=Severity.MEDIUM
    )
    house.tell(FaultFound(talk, "en", may_call=False, may_order=True))
    call = house.rings_in()
    assert isinstance(house.seeks(call), ProposeOffer)
    house = House()
    visit = replace(
        talk, remedy=Remedy(Help.TECHNICIAN, "refrigeration", 3_600, 0), domain=Domain.APPLIANCE, drive=Drive.NOT_A_CAR
    )
    house.tell(SupplierOpened("s-1", ("technician",), 56.95, 24.1, "simulated"))
    house.tell(FaultFound(visit, "en", may_call=False, may_order=True))
    call = house.rings_in()
    (case,) = house.desk.standing().cases
    found = house.seeks(call)
    assert isinstance(found, WithholdOffer)
    assert found.why == "owed"
    house.tell(OrderAnswered(order_id(case.case), 1, accepted=True, arrives_at=house.now + 3_600))
    found = house.seeks(call)
    assert isinstance(found, WithholdOffer)
    assert found.why == "owed"  # it is promised, and not there
    house.tell(OrderFulfilled(order_id(case.case)))
    assert isinstance(house.seeks(call), ProposeOffer)


def test_an_answer_holds_once_and_is_remembered(house: House) -> None:
    """A no keeps that from them for half a year, "later" everything for two weeks, and one a month is enough for all."""

    def next_call(ref: str, days: float) -> Any:
        house.now += days * DAY_S
        found = house.seeks(house.rings_in(ref=ref), owns=(CAR,))
        return found.offer if isinstance(found, ProposeOffer) else found.why

    first = next_call("1", 0)
    assert house.seeks("in/1", owns=(CAR,)) is None, "one on a call"
    assert none(house.says("in/1", "no"), OpenProduct)
    assert none(house.says("in/1", "yes"), OpenProduct), "the first word holds"
    assert none(house.says("in/2", "yes"), OpenProduct), "nothing was offered there"
    house.tell(CallEnded("in/1", 1, Outcome.INFORMED, agent="anna"))
    assert next_call("2", 10) == "often_enough"
    house.tell(CallEnded("in/2", 1, Outcome.INFORMED, agent="anna"))
    second = next_call("3", 21)
    assert second not in {first, "often_enough"}
    house.says("in/3", "later")
    assert {one.no for one in house.desk.standing().offers.tried.values()} == {1}


def test_who_folds_the_rows_knows_the_same_and_the_ledger_is_sound(house: House) -> None:
    """What was offered, how it was taken, and of who is erased nothing but that somebody took it."""
    for number, answer in enumerate(("yes", "no", "later")):
        call = house.rings_in(customer=f"c-{number}", ref=f"{number}")
        house.seeks(call, customer=f"c-{number}")
        house.says(call, answer, customer=f"c-{number}")  # type: ignore[arg-type] # one of the three
        house.tell(CallEnded(call, 1, Outcome.INFORMED, agent="anna"))
    house.tell(DataExpired("words", house.now + 1))
    house.tell(CustomerErased("c-0"))
    fold, audit = Fold(HOUSE, version=DECISIONS_VERSION), Cases()
    for row in house.rows:
        fold.feed(row)
        assert not list(audit.check(read(row), row.seq))
    standing = house.desk.standing().offers
    assert fold.standing().offers == standing
    assert [one.proposed.customer for one in standing.made] == ["c-1", "c-2"]
    assert {(one.proposed.text, one.proposed.gain) for one in standing.made} == {("", 0)}
    assert standing.tried == {"saver/better_savings": Tried(1, 2)}
    again = Desk(HOUSE)
    again.stand(house.desk.standing())
    assert again.standing().offers == standing
    assert house.book.offer_on("in/0") is None
    assert all_of([read(row) for row in house.rows], ProposeOffer)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[better_savings]\ngives = "savings_account"\nprovider = "b"\nvalue = "1.00"', "whom is it for"),
        ('[better_savings]\ngives = "gold"\nprovider = "b"\nvalue = "1.00"\nowns = "vehicle"', "better_savings.gives"),
        ('[better_savings]\ngives = "card"\nprovider = "b"\nvalue = "1.001"\nowns = "vehicle"', "decimal places"),
        ('[better_savings]\ngives = "card"\nprovider = "b"\nvalue = "1"\nowns = "vehicle"\nrate = "1"', "say which"),
        ('[a_boat]\ngives = "card"\nprovider = "b"\nvalue = "1.00"\nowns = "vehicle"', "nothing to say of it"),
        ("[better_savings", "cannot be read"),
    ],
)
def test_a_catalogue_is_read_whole_or_refused(text: str, says: str, tmp_path: Path) -> None:
    """With file, offer and rule."""
    file = tmp_path / "offers.toml"
    file.write_text(text)
    with pytest.raises(OfferError, match=says):
        read_catalogue(file)
