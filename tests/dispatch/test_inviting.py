"""Who struggles with an app is invited at a good moment or left alone for a reason, rung or written with, and told what it was."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from dispatch.core.actions import AssignCall, InviteCustomer, QueueCall
from dispatch.core.consent import Purpose, Way
from dispatch.core.conversation.channels import Channel, Preference
from dispatch.core.conversation.events import PreferenceChanged
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import AgentBecameFree, CallConnected, CallEnded, ConsentChanged, CustomerErased, Outcome
from dispatch.core.ids import invitation_id
from dispatch.core.invitations.actions import ExplainStruggle, LeaveAlone
from dispatch.core.invitations.events import InvitationAnswered, Reply, StruggleEnded, StruggleSeen
from dispatch.core.policy import Policy
from dispatch.core.quiet_hours import QuietHours
from dispatch.ledger.audit.cases import Cases
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Pen, Row, read
from dispatch.outgoing.device_commands import commands_of
from dispatch.registers.customers import Customer, Customers
from dispatch.views.call_brief import brief_of
from dispatch.views.casebook import Casebook
from dispatch.views.in_hand import Reached, in_hand, marks
from dispatch.words import say
from gateway.contract.commands import InvitationCommand, NoticeCommand
from gateway.finding import Struggle, StruggleOver
from tests.dispatch.conftest import START, Room, all_of, none, only

PHONE = "volta/phone-1"
TOMS = Struggle(
    key=f"{PHONE}/1-4",
    episode=f"{PHONE}/1-1",
    device=PHONE,
    customer="c-1",
    flow="new_payee",
    step="account",
    reason="account_number",
    sure=0.97,
    probability=0.85,
    errors=("account_number_invalid",),
    why=("they failed twice at one page",),
    fraud=False,
    app_version="4.2.0",
    page_s=0.0,
    at=START,
    provenance="simulated",
)
TOM = Customer("c-1", "Tom", "+37120000001", "en", "simulated", may_app_help=True)


@dataclass
class Bank(Room):
    """A room that writes down what it is told and decides."""

    rows: list[Row] = field(default_factory=list)
    pen: Pen = field(default_factory=Pen)

    def tell(self, event: Any, after: float = 0.0) -> list[Any]:
        """As a room; every row is written."""
        begins, said = len(self.decided), super().tell(event, after)
        rows = [(at, action, None) for at, action in self.decided[begins:] if at < self.now]
        self.rows += [self.pen.write(action, at) for at, action, _ in rows]
        self.rows.append(self.pen.write(event, self.now))
        cause = self.rows[-1].seq
        self.rows += [self.pen.write(action, at, cause) for at, action in self.decided[begins:] if at >= self.now]
        return said

    def wait(self, seconds: float) -> list[Any]:
        """Let time pass."""
        begins, said = len(self.decided), super().wait(seconds)
        self.rows += [self.pen.write(action, at) for at, action in self.decided[begins:]]
        return said

    def struggles(self, after: float = 0.0, **changes: Any) -> list[Any]:
        """Tom struggles, just now."""
        wishes = {name: changes.pop(name) for name in ("may_message", "wrong_number", "time_zone") if name in changes}
        self.now += after
        return self.tell(StruggleSeen(replace(TOMS, **{"at": self.now} | changes), "en", **wishes))

    def replies(self, reply: Reply, after: float = 3.0, invitation: str = "", customer: str = "c-1") -> list[Any]:
        """Tom answers."""
        said = InvitationAnswered(invitation or invitation_id(TOMS.episode), customer, reply, "simulated")
        return self.tell(said, after)

    def free(self, agent: str = "anna", *languages: str, skills: tuple[Any, ...] = ("payment",)) -> list[Any]:
        """An agent asks for a call."""
        return self.tell(AgentBecameFree(agent, languages or ("en",), "simulated", skills))

    @property
    def book(self) -> Casebook:
        """What people see."""
        found = Casebook()
        for row in self.rows:
            found.feed(row)
        return found


@pytest.fixture
def bank() -> Bank:
    """A desk that has heard nothing yet."""
    return Bank()


def test_tom_is_invited_rung_and_told_what_went_wrong(bank: Bank) -> None:
    """Article D: noticed while it happens, invited, routed to who fits with his details on the screen, and told afterwards."""
    bank.free("car-agent", skills=("roadside",))
    bank.free("juris", "lv")
    bank.free("anna")
    invited = only(bank.struggles(), InviteCustomer)
    assert invited.text == say("app_invitation", "en", flow=say("app_flow_new_payee", "en"))
    ((device, command),) = commands_of(invited, START)
    assert isinstance(command, InvitationCommand)
    assert (device, command.data.replies, command.data.flow) == (PHONE, ("talk", "chat", "later", "no"), "new_payee")
    wanted = bank.replies("talk")
    queued, assigned = only(wanted, QueueCall), only(wanted, AssignCall)
    assert (queued.direction, queued.reason, queued.priority, queued.language) == ("outbound", "invited", 0, "en")
    assert assigned.agent == "anna"  # who speaks his language and knows of payments
    brief = brief_of(bank.book, queued.call, Customers([TOM]), policy=Policy(), now=bank.now)  # before the voice
    assert brief.struggle is not None
    assert (brief.struggle.flow, brief.struggle.step, brief.struggle.reason) == (
        "new_payee",
        "account",
        "account_number",
    )
    assert (brief.struggle.app_version, brief.struggle.errors, brief.struggle.reply) == (
        "4.2.0", ("account_number_invalid",), "talk",
    )  # fmt: skip
    assert brief.headline == "Struggles with the app: new payee, at account"
    assert say("app_account_number", "en") in brief.say
    assert say("open_question", "en") not in brief.say
    bank.tell(CallConnected(queued.call, 1, "anna"), 12)
    told = only(bank.tell(CallEnded(queued.call, 1, Outcome.INFORMED, agent="anna"), 200), ExplainStruggle)
    assert told.text == say("app_account_number", "en")
    ((device, notice),) = commands_of(told, bank.now)
    assert isinstance(notice, NoticeCommand)
    assert device == PHONE
    assert none(
        bank.tell(StruggleEnded(StruggleOver(f"{PHONE}/1-9", TOMS.episode, PHONE, "c-1", "done", bank.now))),
        ExplainStruggle,
    )
    (fault,) = bank.book.app_faults()
    assert (fault.app_version, fault.step, fault.seen, fault.invited, fault.accepted, fault.done) == (
        "4.2.0",
        "account",
        1,
        1,
        1,
        1,
    )
    said = [line.text for line in bank.book.conversation("c-1").lines]
    assert said[:2] == [invited.text, "wants to talk"]
    assert told.text in said


def test_the_screen_of_the_agent_has_it_whole(bank: Bank) -> None:
    """Nothing has to be asked; and it is drawn anew when they answer or come through."""
    bank.free()
    bank.struggles()
    call = only(bank.replies("talk"), QueueCall).call
    customers, book = Customers([TOM]), bank.book
    brief = brief_of(book, call, customers, policy=Policy(), now=bank.now)
    shown = in_hand(book, brief, customers, Reached((), Preference()), policy=Policy(), beside="lv", now=bank.now)
    assert shown.brief.struggle == brief.struggle
    assert say("app_account_number", "lv") in {line.beside for line in shown.script}
    before = marks(book, customers, call, bank.now)
    bank.tell(StruggleEnded(StruggleOver(f"{PHONE}/1-9", TOMS.episode, PHONE, "c-1", "done", bank.now)))
    assert marks(bank.book, customers, call, bank.now) != before


def test_chat_waits_for_an_agent_as_who_wrote_does(bank: Bank) -> None:
    """And what went wrong is told once it is over."""
    bank.struggles()
    queued = only(bank.replies("chat"), QueueCall)
    assert (queued.direction, queued.channel, queued.reason) == ("inbound", Channel.CHAT, "invited")
    assigned = only(bank.free(), AssignCall)
    bank.tell(CallConnected(queued.call, 1, assigned.agent), 1)
    assert all_of(bank.tell(CallEnded(queued.call, 1, Outcome.INFORMED, agent="anna"), 90), ExplainStruggle)


def test_later_is_told_in_writing_and_no_is_no(bank: Bank) -> None:
    """Nobody is rung; who said no is left alone for a week."""
    bank.struggles()
    said = bank.replies("later")
    assert only(said, ExplainStruggle)
    assert none(said, QueueCall)
    episode = f"{PHONE}/2-1"
    bank.struggles(after=60, episode=episode, key=f"{PHONE}/2-3")
    assert bank.replies("no", invitation=invitation_id(episode)) == []
    again = bank.struggles(after=2 * 86_400.0, episode=f"{PHONE}/3-1", key=f"{PHONE}/3-3")
    assert only(again, LeaveAlone).why == "declined_before"
    assert only(bank.struggles(after=6 * 86_400.0, episode=f"{PHONE}/4-1", key=f"{PHONE}/4-3"), InviteCustomer)


@pytest.mark.parametrize(("page_s", "waits_s"), [(0.0, 0.0), (9.0, 0.0), (12.0, 18.0), (29.0, 1.0), (31.0, 0.0)])
def test_nobody_is_invited_at_the_worst_moment(bank: Bank, page_s: float, waits_s: float) -> None:
    """Who has looked at the same screen for 10 to 30 s is invited once it is 30."""
    decided = bank.struggles(page_s=page_s)
    assert bool(all_of(decided, InviteCustomer)) is (waits_s == 0)
    if waits_s:
        assert bank.wait(waits_s - 0.5) == []
        assert only(bank.wait(1.0), InviteCustomer)


def test_who_came_through_meanwhile_is_not_invited(bank: Bank) -> None:
    """Nor whose consent is withdrawn before the moment comes, nor who is erased."""
    over = StruggleEnded(StruggleOver(f"{PHONE}/1-9", TOMS.episode, PHONE, "c-1", "done", START))
    for event in (over, ConsentChanged("c-1", Purpose.APP_HELP, given=False, way=Way.APP), CustomerErased("c-1")):
        bank.__init__()  # type: ignore[misc] # a fresh one
        bank.struggles(page_s=12.0)
        bank.tell(event)
        assert bank.wait(60.0) == []


@pytest.mark.parametrize(
    ("changes", "policy", "why"),
    [
        ({"fraud": True}, Policy(), "fraud"),
        ({"fraud": True, "page_s": 12.0}, Policy(), "fraud"),
        ({}, Policy(invites=False), "switched_off"),
        ({"at": START - 3_600.0}, Policy(), "too_late"),
        ({"may_message": False}, Policy(), "preference"),
        ({}, Policy(quiet=QuietHours.parse("05:00-09:00@UTC")), "quiet_hours"),
    ],
)
def test_who_is_left_alone_is_so_for_a_reason(changes: dict[str, Any], policy: Policy, why: str) -> None:
    """It is written down, and decided once."""
    bank = Bank(Desk(policy))
    assert only(bank.struggles(**changes), LeaveAlone).why == why
    assert bank.struggles(**changes, key=f"{PHONE}/1-5", reason="payee_name") == []


def test_preference_cap_and_a_talk_under_way_are_heeded(bank: Bank) -> None:
    """Who wants nothing in the app, was invited twice today, or holds the line."""
    bank.tell(PreferenceChanged("c-1", Preference(avoid=(Channel.APP,))))
    assert only(bank.struggles(), LeaveAlone).why == "preference"
    bank.tell(PreferenceChanged("c-1", Preference()))
    for number in (2, 3):
        assert only(bank.struggles(after=60, episode=f"{PHONE}/{number}-1", key=f"{PHONE}/{number}-3"), InviteCustomer)
    assert only(bank.struggles(after=60, episode=f"{PHONE}/4-1", key=f"{PHONE}/4-3"), LeaveAlone).why == "cap"
    bank.phones()
    later = bank.struggles(after=90_000.0, episode=f"{PHONE}/5-1", key=f"{PHONE}/5-3")
    assert only(later, LeaveAlone).why == "speaking"


def test_fraud_that_shows_later_stops_an_invitation_that_waits(bank: Bank) -> None:
    """Held for a better moment, and then never made."""
    bank.struggles(page_s=12.0)
    assert only(bank.struggles(after=3, fraud=True, key=f"{PHONE}/1-6", page_s=15.0), LeaveAlone).why == "fraud"
    assert bank.wait(120) == []


def test_an_answer_to_anothers_invitation_does_nothing(bank: Bank) -> None:
    """Nor to one that was never made, nor a second wish to talk."""
    bank.struggles()
    assert bank.replies("talk", customer="c-2") == []
    assert bank.replies("talk", invitation="inv/nobody/none/1-1") == []
    assert only(bank.replies("talk"), QueueCall)
    assert bank.replies("chat") == []
    assert bank.replies("no") == []


@pytest.mark.parametrize("reply", ["talk", "chat", "later"])
def test_an_answer_to_an_invitation_that_nobody_made_does_nothing(bank: Bank, reply: Reply) -> None:
    """Its name can be guessed from the steps: who was left alone, for fraud above all, is not rung for that."""
    bank.struggles(fraud=True)
    assert bank.replies(reply) == []


def test_fraud_in_one_run_holds_for_the_next(bank: Bank) -> None:
    """Who is being cheated begins anew in the app, and nobody sees it in that run."""
    bank.struggles(fraud=True)
    again = bank.struggles(after=60, episode=f"{PHONE}/2-1", key=f"{PHONE}/2-3")
    assert only(again, LeaveAlone).why == "fraud"
    assert only(bank.struggles(after=90_000.0, episode=f"{PHONE}/3-1", key=f"{PHONE}/3-3"), InviteCustomer)


def test_who_cannot_be_rung_there_is_written_with(bank: Bank) -> None:
    """Somebody else answers at their number."""
    bank.struggles(wrong_number=True)
    assert only(bank.replies("talk"), QueueCall).channel is Channel.CHAT


def test_a_reason_that_turns_out_to_be_another_is_what_the_agent_sees(bank: Bank) -> None:
    """They are invited once, and counted once."""
    bank.struggles()
    assert bank.struggles(after=5, key=f"{PHONE}/1-6", reason="payee_name", step="name") == []
    book = bank.book
    assert [(one.reason, one.seen) for one in book.app_faults() if one.seen] == [("payee_name", 1)]
    view = book.struggle_of("c-1", bank.now)
    assert view is not None
    assert view.struggle.reason == "payee_name"


def test_a_desk_that_is_folded_from_its_rows_stands_as_it_stood(bank: Bank) -> None:
    """At every row of a day: so that an upgrade forgets nobody who struggles, and invites nobody twice."""
    bank.free()
    bank.struggles(page_s=12.0)
    _same_folded(bank)
    bank.wait(20)
    bank.replies("talk")
    _same_folded(bank)
    call = all_of([action for _, action in bank.decided], QueueCall)[0].call
    bank.tell(CallConnected(call, 1, "anna"), 4)
    _same_folded(bank)
    bank.tell(CallEnded(call, 1, Outcome.INFORMED, agent="anna"), 60)
    bank.struggles(after=60, episode=f"{PHONE}/2-1", key=f"{PHONE}/2-3")
    bank.replies("chat", invitation=invitation_id(f"{PHONE}/2-1"))
    bank.struggles(after=60, episode=f"{PHONE}/3-1", key=f"{PHONE}/3-3", customer="c-2", fraud=True)
    _same_folded(bank)
    assert [flaw for row in bank.rows for flaw in Cases().check(read(row), row.seq)] == []


def _same_folded(bank: Bank) -> None:
    fold, again = Fold(bank.desk.policy, version=DECISIONS_VERSION), Desk(bank.desk.policy)
    for row in bank.rows:
        fold.feed(row)
    folded, stands = fold.standing(), bank.desk.standing()
    assert folded.struggling == stands.struggling
    assert folded.invited == stands.invited
    assert folded.calls == stands.calls
    assert folded.waiting_calls == stands.waiting_calls
    assert [one.due for one in folded.alarms if one.about == "invitation"] == [
        one.due for one in stands.alarms if one.about == "invitation" and one.due > bank.now
    ]
    again.stand(folded)
    assert again.standing().struggling == stands.struggling
