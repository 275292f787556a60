"""Who speaks is known by voice, by questions, on their own telephone; what that permits; and that consent comes first and last."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from dispatch.core.consent import Purpose, Way
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.desk_state import Standing
from dispatch.core.events import (
    AgentBecameFree,
    CallConnected,
    CallEnded,
    ConsentChanged,
    CustomerErased,
    CustomerPhoned,
    DataExpired,
    Outcome,
)
from dispatch.core.policy import Identity, Policy
from dispatch.core.routing.events import CallTransferred
from dispatch.core.verification.checks import StillWanted
from dispatch.core.verification.events import (
    ConfirmationAnswered,
    ConfirmationAsked,
    QuestionsAnswered,
    SensitiveAct,
    VoiceCheckBegan,
    VoiceCompared,
    VoiceEnrolled,
    VoicePrintDeleted,
)
from dispatch.core.verification.limits import FIRST, LEAST_SPEECH_S, MOST_SPEECH_S, VoiceState
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Pen, Row
from dispatch.views.casebook import Casebook
from tests.dispatch.conftest import START

CALL, EDITION = "in/1", "m-1"
LOW, HIGH = SensitiveAct.STOP_PAYING, SensitiveAct.DISPUTE


@dataclass
class Talk:
    """A house that knows by voice, whose customer c-1 rang in and speaks with Anna."""

    policy: Policy = field(default_factory=lambda: Policy(identity=Identity.VOICE))
    now: float = START
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let them speak."""
        self.desk, self.pen, self.book = Desk(self.policy), Pen(), Casebook()

    def tell(self, *events: Any) -> None:
        """Tell the desk, and write everything down."""
        for event in events:
            self.now += 1.0
            self.rows.append(self.pen.write(event, self.now))
            cause = self.rows[-1].seq
            for at, action in self.desk.handle(event, self.now):
                self.rows.append(self.pen.write(action, at, cause))
        for row in self.rows[self.book.last_seq :]:
            self.book.feed(row)

    def speaks(self) -> None:
        """They ring in, and Anna answers."""
        self.tell(
            CustomerPhoned(CALL, "c-1", "lv", "simulated"),
            AgentBecameFree("anna", ("lv",), "simulated"),
            CallConnected(CALL, 1, "anna"),
        )

    def enrols(self) -> None:
        """They agreed to it, and enrolled before."""
        self.tell(
            ConsentChanged("c-1", Purpose.VOICE_PRINT, given=True, way=Way.TELEPHONE),
            VoiceEnrolled("print/c-1/in/0/1", "c-1", EDITION, 20.5),
        )

    def listens(self, edition: str = EDITION) -> None:
        """The line listens."""
        self.tell(VoiceCheckBegan(CALL, 1, "c-1", edition))

    def compares(self, likeness: float = 0.95, speech_s: float = 4.5, **changes: Any) -> None:
        """What was said is compared."""
        said = {"wanted": FIRST, "elapsed_s": 6.0, "edition": EDITION} | changes
        self.tell(VoiceCompared(CALL, 1, "c-1", likeness, speech_s=speech_s, **said))

    @property
    def voice(self) -> VoiceState:
        """How it stands."""
        check = self.desk.verification.of(CALL, 1)
        return VoiceState.UNHEARD if check is None else check.voice

    def wants(self, act: SensitiveAct, *, can_confirm: bool = True) -> StillWanted | None:
        """What Anna still wants of them."""
        return self.desk.verifying.wants("anna", "c-1", act, can_confirm=can_confirm)


@pytest.fixture
def talk() -> Talk:
    """Of somebody who enrolled."""
    found = Talk()
    found.enrols()
    found.speaks()
    return found


@pytest.mark.parametrize(
    ("likeness", "speech_s", "state"),
    [
        (0.95, 4.5, VoiceState.ACCEPTED),
        (0.7, MOST_SPEECH_S, VoiceState.REJECTED),
        (0.99, LEAST_SPEECH_S - 0.1, VoiceState.NOT_ENOUGH_SPEECH),
        (0.0, 0.0, VoiceState.NOT_ENOUGH_SPEECH),
    ],
)
def test_a_voice_is_decided_about_by_its_score_and_how_much_was_said(
    talk: Talk, likeness: float, speech_s: float, state: VoiceState
) -> None:
    """Silence is no rejection; what was decided stays."""
    assert talk.wants(LOW) is StillWanted.QUESTIONS
    talk.listens()
    assert talk.voice is VoiceState.LISTENING
    talk.compares(likeness, speech_s)
    assert talk.voice is state
    talk.compares(0.99, 9.0)
    assert talk.voice is state
    assert talk.wants(LOW) is (None if state is VoiceState.ACCEPTED else StillWanted.QUESTIONS)


def test_a_voice_alone_permits_what_is_of_low_risk(talk: Talk) -> None:
    """Money asks for a yes on their own telephone, each thing for its own; questions, where they have none."""
    talk.listens()
    talk.compares()
    assert talk.wants(LOW) is None
    assert talk.wants(HIGH) is StillWanted.CONFIRMATION
    assert talk.wants(HIGH, can_confirm=False) is StillWanted.QUESTIONS
    talk.tell(ConfirmationAnswered(CALL, 1, "c-1", HIGH, confirmed=True))
    assert talk.wants(HIGH) is StillWanted.CONFIRMATION  # nobody had asked them
    talk.tell(ConfirmationAsked(CALL, 1, "c-1", HIGH), ConfirmationAnswered(CALL, 1, "c-1", HIGH, confirmed=False))
    assert talk.wants(HIGH) is StillWanted.CONFIRMATION
    talk.tell(ConfirmationAnswered(CALL, 1, "c-1", HIGH, confirmed=True))
    assert talk.wants(HIGH) is None
    assert talk.wants(SensitiveAct.CONFIRM_NUMBER) is StillWanted.CONFIRMATION


def test_questions_are_the_fall_back_and_who_fails_them_gets_nothing_in_this_call(talk: Talk) -> None:
    """Whatever their voice is like. The first word holds."""
    talk.listens()
    talk.compares(0.5, 12.0)
    talk.tell(QuestionsAnswered(CALL, 1, "c-1", right=True))
    assert talk.wants(LOW) is None
    assert talk.wants(HIGH, can_confirm=False) is None
    again = Talk()
    again.enrols()
    again.speaks()
    again.listens()
    again.tell(QuestionsAnswered(CALL, 1, "c-1", right=False))
    again.compares()
    assert again.voice is VoiceState.ACCEPTED
    assert again.wants(LOW) is again.wants(HIGH) is StillWanted.NOTHING_HELPS


@pytest.mark.parametrize("agreed", [None, False])
def test_without_a_word_of_theirs_there_is_no_print(*, agreed: bool | None) -> None:
    """Consent is never assumed, whoever says that a print was made."""
    talk = Talk()
    if agreed is not None:
        talk.tell(ConsentChanged("c-1", Purpose.VOICE_PRINT, given=agreed, way=Way.TELEPHONE))
    talk.tell(VoiceEnrolled("print/c-1/in/0/1", "c-1", EDITION, 20.5))
    talk.speaks()
    talk.listens()
    assert talk.voice is (VoiceState.NOT_ENROLLED if agreed is None else VoiceState.OPTED_OUT)
    talk.compares()
    assert talk.wants(LOW) is StillWanted.QUESTIONS


@pytest.mark.parametrize(
    ("event", "then"),
    [
        (ConsentChanged("c-1", Purpose.VOICE_PRINT, given=False, way=Way.LINK), VoiceState.OPTED_OUT),
        (VoicePrintDeleted("c-1", "asked"), VoiceState.NOT_ENROLLED),
        (DataExpired("voice_print", START + 60.0), VoiceState.EXPIRED),
        (CustomerErased("c-1"), VoiceState.UNHEARD),
    ],
)
@pytest.mark.parametrize("decided", [False, True])
def test_what_they_want_no_more_holds_before_the_next_decision(
    talk: Talk, event: Any, then: VoiceState, *, decided: bool
) -> None:
    """Also where the voice was accepted already, or the sound is on its way."""
    talk.listens()
    if decided:
        talk.compares()
    talk.tell(event)
    assert talk.voice is then
    if not decided:
        talk.compares()
    assert talk.voice is then
    assert talk.wants(LOW) is StillWanted.QUESTIONS
    assert talk.desk.verification.print_of("c-1") is None


def test_a_print_of_another_edition_of_the_model_is_none(talk: Talk) -> None:
    """Scores of two editions say nothing to each other: at the beginning, and where the service was upgraded meanwhile."""
    talk.listens("m-2")
    assert talk.voice is VoiceState.EXPIRED
    other = Talk()
    other.enrols()
    other.speaks()
    other.listens()
    other.compares(edition="m-2")
    assert other.voice is VoiceState.EXPIRED


def test_who_is_handed_on_is_asked_nothing_twice_and_who_rings_again_is(talk: Talk) -> None:
    """They hold the line; another call is another voice."""
    talk.listens()
    talk.compares()
    talk.tell(AgentBecameFree("ben", ("lv",), "simulated"), CallTransferred(CALL, 1, "anna", to_agent="ben"))
    talk.tell(CallConnected(CALL, 2, "ben"))
    assert talk.desk.verifying.wants("ben", "c-1", LOW, can_confirm=True) is None
    assert talk.wants(LOW) is StillWanted.QUESTIONS
    talk.tell(CallEnded(CALL, 2, Outcome.INFORMED, agent="ben"))
    assert talk.desk.verification.of(CALL, 2) is None


def test_where_the_house_leaves_it_to_its_agents_nothing_is_wanted() -> None:
    """As before there was any of it."""
    talk = Talk(Policy())
    talk.speaks()
    assert talk.wants(HIGH) is None


_EVENTS = st.sampled_from(
    [
        ConsentChanged("c-1", Purpose.VOICE_PRINT, given=True, way=Way.TELEPHONE),
        ConsentChanged("c-1", Purpose.VOICE_PRINT, given=False, way=Way.LINK),
        VoiceEnrolled("print/c-1/in/0/1", "c-1", EDITION, 20.5),
        VoiceEnrolled("print/c-1/in/0/2", "c-1", "m-2", 20.5),
        VoicePrintDeleted("c-1", "asked"),
        VoiceCheckBegan(CALL, 1, "c-1", EDITION),
        VoiceCompared(CALL, 1, "c-1", 0.95, 0.9, 5.0, 7.0, EDITION),
        VoiceCompared(CALL, 1, "c-1", 0.5, 0.9, 12.0, 17.0, EDITION),
        QuestionsAnswered(CALL, 1, "c-1", right=True),
        ConfirmationAsked(CALL, 1, "c-1", HIGH),
        ConfirmationAnswered(CALL, 1, "c-1", HIGH, confirmed=True),
        CallTransferred(CALL, 1, "anna", to_agent="ben"),
        DataExpired("voice_print", START + 8.0),
        CustomerErased("c-1"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_EVENTS, max_size=12))
def test_whoever_reads_the_rows_knows_the_same(events: list[Any]) -> None:
    """The desk, a fold, a snapshot of either and the casebook; and nobody is known by a voice without a print that counts."""
    talk = Talk()
    talk.speaks()
    talk.tell(*events)
    stands = talk.desk.standing().verification
    fold = Fold(talk.policy, version=DECISIONS_VERSION)
    for row in talk.rows:
        fold.feed(row)
    assert fold.standing().verification == stands
    assert talk.book.verification.standing() == stands
    again, adapter = Desk(talk.policy), TypeAdapter(Standing)
    again.stand(adapter.validate_json(adapter.dump_json(talk.desk.standing())))
    assert again.standing().verification == stands
    known = talk.desk.verification
    for check in stands.checks:
        has_print = known.print_of(check.customer) is not None and known.has_agreed(check.customer)
        assert check.voice is not VoiceState.ACCEPTED or has_print
