# ruff: noqa: RUF001 - written in six languages
"""Robots: what they understand, what they do next, and that a person has it from the hand-over on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.core.actions import Action, QueueCall, SendMessage
from dispatch.core.conversation.channels import Answer, Channel
from dispatch.core.conversation.events import AgentWrote, CustomerAnswered, CustomerWrote
from dispatch.core.conversation.voice import VoiceMessage
from dispatch.core.desk import Desk
from dispatch.core.desk_state import Standing
from dispatch.core.events import AgentBecameFree, CallConnected, CallEnded, CustomerErased, Event, Outcome
from dispatch.core.ids import contact_id
from dispatch.core.policy import Policy
from dispatch.core.robots.actions import AnswerByRobot, HandToPerson
from dispatch.core.robots.dialogues import CIRCLES, KEPT_S, MOST, QUIET_S
from dispatch.core.robots.hearing import LONGEST, hear
from dispatch.core.robots.model import MENU, ConversationOwner, Cue, RobotStage, Saying, Wish
from dispatch.core.robots.tables import TABLES, step
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Pen, Row
from dispatch.words import LANGUAGES, PhraseError, say
from dispatch.words.heard.meanings import meanings, read_meanings

NOW = 1_790_000_000.0
ROBOTS = Policy(robots=True)


class House:
    """A desk with robots, and its ledger."""

    def __init__(self, policy: Policy = ROBOTS) -> None:
        self.policy, self.desk, self.pen = policy, Desk(policy), Pen()
        self.rows: list[Row] = []
        self.done: list[Action] = []
        self.now, self.count = NOW, 0

    def tell(self, event: Event, after_s: float = 5.0) -> list[Action]:
        """Have something happen; return what is decided about it."""
        self.now += after_s
        self.rows.append(self.pen.write(event, self.now))
        actions = [action for _, action in self.desk.handle(event, self.now)]
        self.rows += [self.pen.write(action, self.now, self.rows[-1].seq) for action in actions]
        self.done += actions
        return actions

    def write(self, text: str, channel: Channel = Channel.CHAT, customer: str = "c1", **more: object) -> list[Action]:
        """Have a customer write."""
        self.count += 1
        event = CustomerWrote(f"{channel}/m{self.count}", customer, channel, text, "en", "simulated")
        return self.tell(replace(event, **more))  # type: ignore[arg-type]

    def owner(self, customer: str = "c1") -> ConversationOwner | None:
        """Whose is it?"""
        return self.desk.owner_of(customer)


def robots_words(actions: Iterable[Action]) -> list[str]:
    """Return what a robot says."""
    return [one.text for one in actions if isinstance(one, SendMessage) and one.purpose == "robot"]


def handed(actions: Iterable[Action]) -> list[HandToPerson]:
    """Return the hand-overs."""
    return [one for one in actions if isinstance(one, HandToPerson)]


def queued(actions: Iterable[Action]) -> list[QueueCall]:
    """Return what waits for an agent."""
    return [one for one in actions if isinstance(one, QueueCall)]


# --- what is understood --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wish", "language"), list(product(Wish, LANGUAGES)))
def test_every_wish_is_understood_by_the_words_that_the_menu_has_for_it(wish: Wish, language: str) -> None:
    """Who writes what they read there is understood in each language."""
    assert hear(say(f"robot_wish_{wish}", language), RobotStage.ASKED).wish is wish


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_and_yes_and_no_are_understood_by_their_own_words(language: str) -> None:
    """So are the other choices."""
    assert hear(say("robot_wish_person", language), RobotStage.START).person == "wish"
    assert hear(say("robot_yes", language), RobotStage.OFFERED).cue is Cue.YES
    assert hear(say("robot_no", language), RobotStage.OFFERED).cue is Cue.NO
    assert hear(say("robot_hello", language), RobotStage.TOLD).machine


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Smoke comes out of the bonnet, when does the truck come?", "danger"),
        ("Bremzes nestrādā!", "danger"),
        ("我很害怕，孩子在车里", "distress"),
        ("I am in a wheelchair, where is my truck?", "vulnerable"),
        ("Это уже третий раз, безобразие", "anger"),
        ("WHERE IS MY TRUCK!!!", "anger"),
        ("я хочу поговорити з кимось", "wish"),
        ("0", "wish"),
        ("call me", "wish"),
        ("please raise my limit", "complicated"),
        ("Πού είναι το φορτηγό;", "language"),
        ("<script>alert(1)</script>", "unreadable"),
        ("where is my truck " * 60, "unreadable"),
    ],
)
def test_what_is_for_a_person_goes_there_at_once(text: str, why: str) -> None:
    """However well the rest was understood. The person is told why."""
    house = House()
    actions = house.write(text)
    assert [one.why for one in handed(actions)] == [why]
    assert not robots_words(actions)
    assert len(queued(actions)) == 1
    assert house.owner() is ConversationOwner.WAITS


def test_numbers_stand_for_what_was_numbered_last() -> None:
    """One is no wish before anything was asked, and no yes where something else was."""
    assert hear("1", RobotStage.START) == hear("9", RobotStage.ASKED)
    assert [hear(str(number), RobotStage.ASKED).wish for number in range(1, 8)] == list(MENU)
    assert [hear(one, RobotStage.OFFERED).cue for one in ("1", "2", "۱", "3")] == [Cue.YES, Cue.NO, Cue.YES, Cue.MISS]


def test_no_line_stands_for_two_wishes() -> None:
    """It would be heard as none."""
    lines = {wish: {tuple(sorted(pattern)) for pattern in meanings()[wish]} for wish in Wish}
    assert not [(one, other) for one, other in combinations(Wish, 2) if lines[one] & lines[other]]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('[eta]\nen = ["where"]', "needs a list of en, lv"),
        ("[eta", "not TOML"),
        ('[eta]\nen = ["?"]\nlv = ["a"]\nru = ["a"]\nuk = ["a"]\nfa = ["a"]\nzh = ["a"]', "each of words with letters"),
        (
            '[eta]\nen = ["a b", "B a"]\nlv = ["a"]\nru = ["a"]\nuk = ["a"]\nfa = ["a"]\nzh = ["a"]',
            "stands there twice",
        ),
    ],
)
def test_a_mistake_in_the_lists_is_told_by_file_entry_and_rule(tmp_path, text: str, rule: str) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    """The author learns what to mend."""
    (tmp_path / "robots.toml").write_text(text, "utf-8")
    with pytest.raises(PhraseError, match=rule):
        read_meanings(tmp_path / "robots.toml")


# --- the tables ----------------------------------------------------------------------------------------------------------


def test_the_tables_lead_nowhere_that_they_do_not_go_on_from() -> None:
    """Every stage that is reached knows thanks, or ends; whatever is missing is a person's."""
    for wish, table in TABLES.items():
        for (stage, cue), to in table.items():
            assert to.to is not RobotStage.START, (wish, stage, cue)
            assert (to.to, Cue.THANKS) in table, (wish, to)
        assert step(wish, RobotStage.DONE, Cue.UNKNOWN) is None


def test_a_robot_asks_before_it_orders_or_moves_anything() -> None:
    """What is done is done by a yes to what was offered; a link alone goes at once, and only to where they are registered."""
    does = [(wish, key) for wish, table in TABLES.items() for key, to in table.items() if to.say is Saying.DO]
    assert {key for wish, key in does if wish is not Wish.PASSWORD} == {(RobotStage.OFFERED, Cue.YES)}
    assert {wish for wish, _ in does} == {Wish.BOOKING, Wish.PASSWORD}


# --- conversations -------------------------------------------------------------------------------------------------------


def test_without_robots_whoever_writes_waits_for_an_agent() -> None:
    """As it always was."""
    house = House(Policy())
    assert [type(one) for one in house.write("what are my limits?")] == [QueueCall]
    assert house.owner() is None


def test_a_robot_says_that_it_is_one_and_answers() -> None:
    """Once, at the beginning."""
    house = House()
    first = house.write("what are my limits?")
    assert [type(one) for one in first] == [AnswerByRobot, SendMessage]
    assert robots_words(first)[0].startswith(say("robot_hello", "en"))
    assert say("page_m_none", "en") in robots_words(first)[0]
    second = house.write("is it only me who has an outage?")
    assert say("robot_hello", "en") not in robots_words(second)[0]
    assert robots_words(house.write("thanks")) == [say("robot_bye", "en")]
    assert not handed(house.done)
    assert house.owner() is ConversationOwner.ROBOT


@pytest.mark.parametrize("channel", [Channel.CHAT, Channel.SMS, Channel.EMAIL, Channel.SOCIAL, Channel.IVR])
def test_it_is_the_same_on_every_channel(channel: Channel) -> None:
    """The menu, a number, the answer; on the channel on which they write."""
    house = House()
    asked = house.write("hm, hello there", channel)
    (menu,) = [one for one in asked if isinstance(one, SendMessage)]
    assert menu.choices == tuple(say(f"robot_wish_{one}", "en") for one in ("person", *MENU))
    told = house.write("4", channel)
    assert say("robot_outage_no", "en") in robots_words(told)[0]
    assert {one.channel for one in house.done if isinstance(one, SendMessage)} == {channel}


def test_money_is_not_told_to_who_rings() -> None:
    """A number that rings shows who pays for it, not who speaks."""
    assert [one.why for one in handed(House().write("my limits", Channel.IVR))] == ["unknown"]


def test_two_misses_are_a_persons_with_all_that_was_said_and_tried() -> None:
    """Nobody says anything twice."""
    house = House()
    house.write("the thing is strange")
    actions = house.write("you know, the thing")
    (over,) = handed(actions)
    assert (over.why, over.wish, over.verified) == ("misses", None, True)
    assert over.said == ("chat/m1", "chat/m2")
    assert over.tried == ("anything/ask",)
    assert not robots_words(actions)
    assert say("robot_hands_over", "en") in [one.text for one in actions if isinstance(one, SendMessage)]


def test_what_nobody_knows_is_a_persons() -> None:
    """Where is a truck that nobody sent?"""
    (over,) = handed(House().write("where is my truck?"))
    assert (over.why, over.wish) == ("unknown", Wish.ETA)


def test_nothing_private_is_told_to_a_stranger() -> None:
    """Not even that a person takes over: nobody knows who reads it."""
    house = House()
    actions = house.write("what are my limits?", Channel.EMAIL, "stranger/abc")
    assert [type(one) for one in actions] == [HandToPerson, QueueCall]
    assert [(one.why, one.verified) for one in handed(actions)] == [("stranger", False)]


def test_who_speaks_into_a_message_is_heard_by_a_person() -> None:
    """A robot hears no voices."""
    assert [one.why for one in handed(House().write("", voice=VoiceMessage(3.0, "ab")))] == ["voice"]


def test_who_taps_that_they_want_a_person_has_one_who_knows_what_was_tried() -> None:
    """Also about what is over."""
    house = House()
    house.write("what are my limits?")
    actions = house.tell(CustomerAnswered("chat/a", "c1", "old", Channel.CHAT, Answer.CALL_ME, "simulated"))
    assert [(one.why, one.tried) for one in handed(actions)] == [("wish", ("limits/tell",))]
    assert len(queued(actions)) == 1


def test_a_link_goes_to_where_they_are_registered_and_nowhere_else() -> None:
    """On SMS it is the answer itself; from the chat it goes to the first address; without one a person sees to it."""
    sms = House().write("forgot my password", Channel.SMS, reach=(Channel.EMAIL, Channel.SMS))
    assert [one.channel for one in sms if isinstance(one, SendMessage)] == [Channel.SMS]
    chat = House().write("forgot my password", Channel.CHAT, reach=(Channel.EMAIL,))
    sent = [one for one in chat if isinstance(one, SendMessage)]
    assert [one.channel for one in sent] == [Channel.EMAIL, Channel.CHAT]
    assert [one.why for one in handed(House().write("forgot my password"))] == ["unknown"]


def test_a_machine_is_not_answered_and_ends_with_a_person() -> None:
    """Two robots do not write to each other for ever."""
    house = House()
    house.write("what are my limits?")
    for _ in range(CIRCLES - 1):
        assert not robots_words(house.write("Automatic reply: I am out of office until Monday."))
    assert [one.why for one in handed(house.write("Automatic reply: I am out of office until Monday."))] == ["loop"]
    assert not robots_words(house.write("Automatic reply"))


def test_what_goes_in_circles_is_a_persons() -> None:
    """The same answer so often helps nobody."""
    house = House()
    for _ in range(CIRCLES):
        assert robots_words(house.write("what are my limits?"))
    assert [one.why for one in handed(house.write("what are my limits?"))] == ["loop"]


def test_an_empty_message_is_asked_about_and_then_a_persons() -> None:
    """It says nothing, twice."""
    house = House()
    assert robots_words(house.write(" "))
    assert [one.why for one in handed(house.write("…"))] == ["misses"]


def test_an_agent_who_writes_has_it_and_a_robot_begins_anew_a_day_later() -> None:
    """What comes back is for them; and long after, it is another matter."""
    house = House()
    house.write("what are my limits?")
    house.tell(AgentWrote("a1", "c1", Channel.CHAT, "I look at it", "anna", "simulated"))
    assert house.owner() is ConversationOwner.PERSON
    assert not robots_words(house.write("what are my limits?"))
    call = queued(house.done)[-1]
    house.tell(AgentBecameFree("anna", ("en",), "simulated"))
    house.tell(CallConnected(call.call, call.attempt, "anna"))
    house.tell(CallEnded(call.call, call.attempt, Outcome.INFORMED, agent="anna"))
    assert not robots_words(house.write("what are my limits?"))
    house.tell(CallEnded("none", 1, Outcome.INFORMED), after_s=KEPT_S)
    house.tell(CallEnded("none", 2, Outcome.INFORMED), after_s=QUIET_S)
    house.tell(CustomerErased("c1"))
    assert house.owner() is None


def test_a_conversation_that_was_quiet_for_long_begins_anew() -> None:
    """The robot says once more what it is."""
    house = House()
    house.write("what are my limits?")
    house.tell(CallEnded("none", 1, Outcome.INFORMED), after_s=QUIET_S)
    assert robots_words(house.write("what are my limits?"))[0].startswith(say("robot_hello", "en"))


TEXTS = (
    *("where is my truck?", "what are my limits?", "is it only me?", "forgot my password", "my order?", "another slot"),
    *("thanks", "yes", "no", "0", "1", "2", "5", "7", "", "person please", "this is unacceptable", "smoke!", "hm"),
    *("Automatic reply: out of office", "Kur ir evakuators?", "какие лимиты?", "x" * (LONGEST + 1)),
)
MOVES = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(TEXTS), st.sampled_from([Channel.CHAT, Channel.SMS, Channel.IVR])),
    st.tuples(st.just("agent"), st.sampled_from(["free", "connect", "write", "end"]), st.just(Channel.CHAT)),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(moves=st.lists(MOVES, max_size=25))
def test_not_one_word_is_a_robots_behind_a_hand_over(moves: list[tuple[str, str, Channel]]) -> None:
    """Whoever writes what, and whatever agents do, within a day. The fold stands where the desk does."""
    house = House()
    for kind, what, channel in moves:
        if kind == "write":
            house.write(what, channel, reach=(Channel.SMS,))
        else:
            _agent(house, what)
    over = next((number for number, one in enumerate(house.done) if isinstance(one, HandToPerson)), len(house.done))
    behind = house.done[over + 1 :]
    assert not robots_words(behind)
    assert not any(isinstance(one, AnswerByRobot | HandToPerson) for one in behind)
    assert len(robots_words(house.done)) <= MOST + 2
    for one in handed(house.done):
        wrote = [row.said.message for row in house.rows if isinstance(row.said, CustomerWrote)]  # type: ignore[attr-defined]
        assert list(one.said) == wrote[: len(one.said)]
    fold = Fold(ROBOTS)
    for row in house.rows:
        fold.feed(row)
    assert _dialogues(fold.standing()) == _dialogues(house.desk.standing())


def _dialogues(standing: Standing) -> list[object]:
    return list(standing.dialogues)


def _agent(house: House, what: str) -> None:
    calls = queued(house.done)
    match what:
        case "free":
            house.tell(AgentBecameFree("anna", ("en",), "simulated"))
        case "write":
            house.tell(AgentWrote(f"w{len(house.rows)}", "c1", Channel.CHAT, "we see to it", "anna", "simulated"))
        case "connect" if calls:
            house.tell(CallConnected(calls[-1].call, calls[-1].attempt, "anna"))
        case "end" if calls:
            house.tell(CallEnded(calls[-1].call, calls[-1].attempt, Outcome.INFORMED, agent="anna"))


def test_a_contact_is_called_after_the_message_that_was_handed_over() -> None:
    """So that the agent's page finds both."""
    house = House()
    assert queued(house.write("person please"))[0].call == contact_id("chat/m1")
