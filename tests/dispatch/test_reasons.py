"""Why somebody turns to us is thought of before they say it: by what is known, said to the agent, routed by, and learned from."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.core.actions import AssignCall, QueueCall
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.events import CustomerWrote, StrangerIdentified
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import AgentBecameFree, CallConnected, CallEnded, CustomerErased, CustomerPhoned, Outcome
from dispatch.core.policy import Policy
from dispatch.core.reasons.events import ReasonTold
from dispatch.core.reasons.model import SURE, Chance, Expects, Reason, Sign, skill_wanted
from dispatch.core.reasons.reasons import PRIOR, Reasons
from dispatch.core.reasons.weights import Evidence, WeightsError, chances, expected, read_weights, weights
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Pen, Row, body_of
from dispatch.registers.customers import Customer, Customers
from dispatch.service.service import Service
from dispatch.views.call_brief import Brief, brief_of
from dispatch.views.casebook import Casebook
from dispatch.views.reason_said import REASON_WORDS, SIGN_WORDS
from dispatch.views.script import BEFORE_KNOWN
from dispatch.web.api.app import create_app
from dispatch.words import LANGUAGES, say
from tests.dispatch.conftest import Room, only

THINKS = Policy(reasons=True)


@dataclass
class Centre(Room):
    """A room of a house that thinks of why it is rung; every row is written."""

    desk: Desk = field(default_factory=lambda: Desk(THINKS))
    rows: list[Row] = field(default_factory=list)
    pen: Pen = field(default_factory=Pen)

    def tell(self, event: Any, after: float = 0.0) -> list[Any]:
        """As a room; every row is written."""
        begins, said = len(self.decided), super().tell(event, after)
        self.rows += [self.pen.write(one, at) for at, one in self.decided[begins:] if at < self.now]
        self.rows.append(self.pen.write(event, self.now))
        cause = self.rows[-1].seq
        self.rows += [self.pen.write(one, at, cause) for at, one in self.decided[begins:] if at >= self.now]
        return said

    def rings(self, customer: str = "c-1", **said: Any) -> QueueCall:
        """A customer rings in."""
        event = CustomerPhoned(f"in/{len(self.rows)}", customer, "lv", "simulated", **said)
        return only(self.tell(event, 1.0), QueueCall)

    def says(self, call: str, reason: Reason, ref: str = "") -> None:
        """An agent says why."""
        self.tell(ReasonTold(ref or f"r-{len(self.rows)}", call, reason, "anna"), 1.0)

    def brief(self, call: str, language: str = "en") -> Brief:
        """Return what the agent reads."""
        book = Casebook()
        for row in self.rows:
            book.feed(row)
        known = Customers([Customer("c-1", "Anna", "+37120000001", language, "simulated")])
        return brief_of(book, call, known, policy=self.desk.policy, now=self.now)


@pytest.fixture
def centre() -> Centre:
    """A house that thinks of why it is rung."""
    return Centre()


def thought(action: QueueCall) -> Expects:
    """Return what was expected of a call."""
    assert action.expects is not None
    return action.expects


# --- what is expected --------------------------------------------------------------------------------------------------


def test_a_house_that_does_not_ask_writes_rows_as_before(room: Room) -> None:
    """No member more, and no word in the brief."""
    action = only(room.phones(), QueueCall)
    assert action.expects is None
    assert "expects" not in body_of(action)
    assert "about" not in body_of(CustomerPhoned("in/1", "c-1", "lv", "simulated"))


def test_what_is_known_of_their_case_is_a_sign(centre: Centre) -> None:
    """Written to and looked for; then promised and on its way; then late; then told by an agent."""
    centre.found()
    assert {Sign.SHOWN, Sign.SOUGHT, Sign.FRESH} <= set(thought(centre.rings()).signs)
    centre.truck("help/truck-1")
    centre.truck("help/truck-1", "accepted")
    assert Sign.COMING in thought(centre.rings()).signs
    centre.wait(2 * 3600)
    late = thought(centre.rings()).signs
    assert Sign.LATE in late
    assert Sign.FRESH not in late
    centre.agent("anna")
    held = only([action for _, action in centre.decided], AssignCall)
    centre.tell(CallConnected(held.call, held.attempt, "anna"), 5)
    centre.tell(CallEnded(held.call, held.attempt, Outcome.INFORMED, agent="anna"), 60)
    assert Sign.TOLD in thought(centre.rings()).signs


def test_of_whom_nothing_is_known_nothing_speaks(centre: Centre) -> None:
    """A customer without anything; and somebody whose number is nobody's."""
    assert thought(centre.rings()).signs == (Sign.NOTHING,)
    assert thought(centre.rings("stranger/ab12")).signs == (Sign.STRANGER,)


def test_who_writes_or_was_put_through_by_a_machine_is_told_apart(centre: Centre) -> None:
    """The channel is a sign, too."""
    assert Sign.MENU in thought(centre.rings(channel=Channel.IVR)).signs
    wrote = CustomerWrote("sms/1", "c-7", Channel.SMS, "where is it", "lv", "simulated")
    assert Sign.WRITES in thought(only(centre.tell(wrote), QueueCall)).signs


def test_what_they_chose_in_a_menu_is_mostly_what_it_is(centre: Centre) -> None:
    """A key that was pressed outweighs what is usual."""
    for reason in Reason:
        assert thought(centre.rings(about=reason)).chances[0].reason is reason


def test_what_it_was_the_last_time_is_remembered_for_a_day(centre: Centre) -> None:
    """And no longer; nor of somebody else, nor of whom was erased."""
    centre.says(centre.rings().call, Reason.BOOKING)
    assert thought(centre.rings()).before is Reason.BOOKING
    assert thought(centre.rings("c-2")).before is None
    centre.wait(86_500)
    assert thought(centre.rings()).before is None
    centre.says(centre.rings().call, Reason.ORDER)
    centre.tell(CustomerErased("c-1"))
    assert thought(centre.rings()).before is None


def test_who_a_stranger_is_takes_along_what_they_rang_about(centre: Centre) -> None:
    """It is that customer's from then on."""
    centre.says(centre.rings("stranger/ab12").call, Reason.DISPUTE)
    centre.tell(StrangerIdentified("stranger/ab12", "c-1", "lv"))
    assert thought(centre.rings()).before is Reason.DISPUTE


@settings(max_examples=200, derandomize=True)
@given(st.sets(st.sampled_from(Sign)), st.none() | st.sampled_from(Reason), st.none() | st.sampled_from(Reason))
def test_chances_add_up_and_are_written_likeliest_first(
    signs: set[Sign], chosen: Reason | None, before: Reason | None
) -> None:
    """Whatever is known; and the same gives the same."""
    evidence = Evidence(tuple(sorted(signs)), chosen, before)
    assert sum(chances(evidence, {}).values()) == pytest.approx(1.0)
    found = expected(evidence, {})
    assert found == expected(evidence, {})
    assert all(one.p >= other.p for one, other in pairwise(found.chances))
    assert 0.94 < sum(one.p for one in found.chances) < 1.001


def test_what_is_less_likely_than_not_is_not_known() -> None:
    """Nobody is routed by it."""
    unsure = Expects((Chance(Reason.APP, SURE - 0.01),), (Sign.NOTHING,))
    sure = Expects((Chance(Reason.APP, SURE),), (Sign.STRUGGLES,))
    assert unsure.known is None
    assert skill_wanted(unsure, "roadside") == "roadside"
    assert skill_wanted(sure, "roadside") == "payment"
    assert skill_wanted(Expects((Chance(Reason.PROGRESS, 0.9),), ()), "roadside") == "roadside"
    assert skill_wanted(None, None) is None


# --- what comes of it --------------------------------------------------------------------------------------------------


def test_an_agent_who_knows_about_money_is_found_for_it(centre: Centre) -> None:
    """Who chose a payment in the menu is not given to a roadside agent while another is there."""
    centre.tell(AgentBecameFree("road", ("lv",), "simulated", ("roadside",)))
    centre.tell(AgentBecameFree("bank", ("lv",), "simulated", ("payment",)))
    centre.rings(about=Reason.REFUSED)
    assert only([action for _, action in centre.decided], AssignCall).agent == "bank"


def test_the_brief_says_how_sure_it_is_and_by_what(centre: Centre) -> None:
    """Or that it is not known; and what an agent said, once one did."""
    action = centre.rings(about=Reason.REFUSED)
    brief = centre.brief(action.call)
    assert brief.reason is not None
    assert brief.reason.known
    assert brief.reason.chances[0].words == REASON_WORDS[Reason.REFUSED]
    assert brief.reason.why[0].startswith("they chose it in the menu")
    assert say("why_refused", "en") in brief.say
    centre.says(action.call, Reason.APP)
    told = centre.brief(action.call).reason
    assert told is not None
    assert told.told is Reason.APP


def test_nothing_of_anybody_is_told_before_it_is_known_who_speaks(centre: Centre) -> None:
    """Whatever is open of theirs, in every language: one of two openings, and the question who it is, are said first."""
    centre.found()
    centre.truck("help/truck-1")
    with_case = centre.rings()
    for language in LANGUAGES:
        may_be = {say(str(line), language) for line in BEFORE_KNOWN}
        brief = centre.brief(with_case.call, language)
        assert brief.opening == brief.say[: len(brief.opening)]
        assert len(brief.opening) == 3
        assert set(brief.opening) <= may_be
        assert brief.opening[-1] == say("who_speaks", language)


def test_everything_an_agent_may_read_has_words() -> None:
    """Each reason and each sign; and what is said of each but of the one that is none."""
    assert set(REASON_WORDS) == set(Reason)
    assert set(SIGN_WORDS) == set(Sign)
    for reason in set(Reason) - {Reason.OTHER}:
        assert say(f"why_{reason}", "lv")


# --- what is learned ---------------------------------------------------------------------------------------------------


def test_a_house_that_is_rung_about_something_else_learns_that(centre: Centre) -> None:
    """A hundred orders, where nothing was known: the next is thought to be one; who corrects a word takes it back."""
    for number in range(100):
        centre.says(centre.rings(f"c-{number}-a").call, Reason.ORDER)
    learned, nothing = Reasons(), Evidence((Sign.NOTHING,))
    learned.stand(centre.desk.standing().reasons)
    after = chances(nothing, learned.tilt("simulated"))[Reason.ORDER]
    assert after > 5 * chances(nothing, {})[Reason.ORDER]
    assert dict.fromkeys(Reason, 1.0) != learned.tilt("simulated") != learned.tilt("real") == {}
    tilted = centre.desk.standing().reasons.tallies["simulated"][Reason.ORDER].told
    call = centre.rings("c-y").call
    centre.says(call, Reason.ORDER)
    centre.says(call, Reason.APP)
    centre.says(call, Reason.APP)
    assert centre.desk.standing().reasons.tallies["simulated"][Reason.ORDER].told == tilted
    assert centre.desk.standing().reasons.tallies["simulated"][Reason.APP].told == 1


def test_what_is_simulated_teaches_nothing_about_real_customers(centre: Centre) -> None:
    """Each world has counts of its own."""
    for number in range(50):
        centre.says(centre.rings(f"c-{number}").call, Reason.ORDER)
    real = CustomerPhoned("in/real", "c-real", "lv", "real")
    fresh = only(Centre().tell(real), QueueCall)
    assert only(centre.tell(real), QueueCall).expects == fresh.expects


def test_agents_who_say_what_was_expected_change_nothing() -> None:
    """Told as often as expected, the shares are as they were: by the formula of the Dirichlet posterior."""
    known, share = Reasons(), (weights().shares[Reason.APP] + 1 / len(Reason)) / 2
    assert known.tilt("real") == {}
    evidence = Evidence((Sign.STRUGGLES,))
    p = chances(evidence, {})[Reason.APP]
    queued = QueueCall("in/1", None, "c", "inbound", 1, 0, 0, 0, "lv", "real", expects=expected(evidence, {}))
    known.queued(queued, 0.0)
    known.told(ReasonTold("r", "in/1", Reason.APP, "anna"))
    assert known.tilt("real")[Reason.APP] == pytest.approx((PRIOR * share + 1) / (PRIOR * share + p))


def test_a_word_about_a_call_that_nobody_knows_is_no_word(centre: Centre) -> None:
    """Nor one about a call of ours."""
    before = centre.desk.standing().reasons
    centre.says("in/unknown", Reason.APP)
    assert centre.desk.standing().reasons == before


def test_a_desk_that_is_folded_from_its_rows_expects_the_same(centre: Centre) -> None:
    """At every step of a day; and a desk that takes up its standing goes on alike."""
    centre.found()
    call = centre.rings().call
    _same_folded(centre)
    centre.says(call, Reason.FAULT)
    _same_folded(centre)
    centre.says(call, Reason.PROGRESS)
    centre.rings("stranger/ab12", about=Reason.APP)
    centre.tell(StrangerIdentified("stranger/ab12", "c-2", "lv"))
    _same_folded(centre)
    centre.tell(CustomerErased("c-1"))
    centre.tell(CustomerPhoned("in/late", "c-2", "lv", "simulated"), 90_000)
    _same_folded(centre)


def _same_folded(centre: Centre) -> None:
    fold, again = Fold(THINKS, version=DECISIONS_VERSION), Desk(THINKS)
    for row in centre.rows:
        fold.feed(row)
    folded, stands = fold.standing(), centre.desk.standing()
    assert folded.reasons == stands.reasons
    assert folded.calls == stands.calls
    again.stand(folded)
    assert again.standing().reasons == stands.reasons


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (("[signs.menu]", "[signs.moon]"), "weights.toml: signs.moon"),
        (("[shares]", "[share]"), "weights.toml: shares: Field required"),
        (("temperature = ", "temperature = -"), "weights.toml: temperature: Input should be greater than 0"),
        (("[signs.writes]", "[signs.menu.writes]"), "weights.toml: "),
        (("[shares]", "[shares"), "weights.toml: file: not TOML"),
    ],
)
def test_a_mistake_in_the_table_is_told_by_file_entry_and_rule(change: tuple[str, str], rule: str) -> None:
    """The author learns what to mend."""
    from dispatch.core.reasons.weights import FILE  # noqa: PLC0415 - of this test alone

    with pytest.raises(WeightsError) as told:
        read_weights(FILE.read_text("utf-8").replace(*change, 1))
    assert str(told.value).startswith(rule)


# --- over the API ------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_an_agent_says_why_over_the_api(service: Service) -> None:
    """A reason that there is none of is refused, a repeat changes nothing, another word under its ref is told."""
    service.room.desk = Desk(THINKS)
    wire = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=wire, base_url="http://callahead/api/v1") as api:
        anna = {"customer": "c-1", "name": "Anna", "phone": "+37120000001", "language": "lv", "provenance": "simulated"}
        assert (await api.post("/customers", json=[anna])).status_code == 200
        rang = await api.post("/calls/inbound", json={"ref": "1", "customer": "c-1", "about": "mandate"})
        assert rang.json()["reason"]["chances"][0]["reason"] == "mandate"
        word = {"ref": "w-1", "call": "in/1", "reason": "dispute", "agent": "anna"}
        assert (await api.post("/calls/reason", json=word)).json() == {"repeat": False}
        assert (await api.post("/calls/reason", json=word)).json() == {"repeat": True}
        assert (await api.post("/calls/reason", json=word | {"reason": "app"})).status_code == 409
        assert (await api.post("/calls/reason", json=word | {"call": "in/9", "ref": "w-2"})).status_code == 404
        assert (await api.post("/calls/reason", json=word | {"reason": "weather"})).status_code == 422
        assert (await api.post("/calls/inbound", json={"ref": "2", "customer": "c-1", "about": "x"})).status_code == 422
    assert service.casebook.calls["in/1"].told_reason is Reason.DISPUTE
