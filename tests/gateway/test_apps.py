"""Who struggles with an app is told from what its steps say, and from nothing else; what cannot be is refused or harmless."""

from __future__ import annotations

import json
import time
from itertools import count
from typing import Any, get_args

import pytest

from dispatch.words import LANGUAGES, phrases
from gateway.apps.conclude import MOST_TOLD
from gateway.apps.memory import AppMemory
from gateway.apps.messages import Flow
from gateway.apps.reasons import ReasonsError, rank, read_reasons, reasons
from gateway.contract.refusals import Rule
from gateway.devices.registry import DeviceRecord, Registry
from gateway.finding import Conclusion, InvitationReplied, Struggle, StruggleOver
from gateway.intake.intake import Intake
from gateway.kinds.registry import kinds

NOW = 1_768_200_000.0
"""2026-01-12, 06:40 UTC."""
PHONE = "volta/phone-1"


class Customers:
    """People with telephones, each using an app, and the intake that hears of it."""

    def __init__(self, phones: int = 12) -> None:
        self.registry = Registry(
            DeviceRecord(f"volta/phone-{number}", "phone", f"c{number}", "simulated") for number in range(1, phones + 1)
        )
        self.intake = Intake(self.registry, open_demo=False)
        self.now = NOW
        self.refused: Rule | None = None
        self._ids = count(1)

    def step(self, result: str, step: str = "account", after: float = 5.0, **more: Any) -> list[Conclusion]:
        """One step, so many seconds after the one before."""
        self.now += after
        phone, at = more.pop("phone", PHONE), more.pop("at", self.now)
        said = {"session": "s-00ab", "flow": "new_payee", "app_version": "4.1.0"} | more
        return self.tell(phone, said | {"step": step, "result": result}, at=at, number=more.pop("number", None))

    def tell(self, phone: str, said: dict[str, Any], *, at: float, number: int | None = None) -> list[Conclusion]:
        """One event as it comes over the wire."""
        said = {name: value for name, value in said.items() if name != "number"}
        hour = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z"
        event = {
            "specversion": "1.0", "type": "callahead.app.step.v1", "source": f"/{phone}",
            "id": f"1-{next(self._ids) if number is None else number}", "time": hour, "data": said,
        }  # fmt: skip
        verdict = self.intake.receive(f"callahead/v1/{phone}/event", json.dumps(event).encode(), self.now)
        self.refused = verdict.refusal.rule if verdict.refusal else None
        return list(verdict.conclusions)

    def fails(self, error: str = "account_number_invalid", **more: Any) -> list[Conclusion]:
        """The app says no."""
        return self.step("failed", error=error, **more)


@pytest.fixture
def people() -> Customers:
    """Twelve of them."""
    return Customers()


def test_who_is_refused_twice_struggles_and_the_reason_is_said(people: Customers) -> None:
    """Once is everyday life. It is said with the page, what the app said, its version, and the signs in words."""
    assert people.step("shown") == people.fails() == []
    (found,) = people.fails()
    assert isinstance(found, Struggle)
    assert (found.customer, found.flow, found.step, found.reason) == ("c1", "new_payee", "account", "account_number")
    assert found.episode == f"{PHONE}/1-1"
    assert found.errors == ("account_number_invalid",)
    assert (found.app_version, found.fraud, found.page_s) == ("4.1.0", False, 0.0)
    assert found.sure > 0.9
    assert found.why[0] == "they failed twice at one page"
    assert people.fails() == []  # it is told once


@pytest.mark.parametrize(
    "acts",
    [
        [("shown", {"after": 1.0}), ("passed", {"after": 300.0}), ("shown", {"step": "name", "after": 1.0})],
        [("background", {}), ("foreground", {"after": 20.0})] * 4,
        [("shown", {"step": page, "after": 9.0}) for page in ("account", "name", "account", "confirm", "account")],
        [("tapped", {"taps": 3}), ("passed", {})],
        [
            ("failed", {"error": "account_number_invalid"}),
            ("passed", {}),
            ("failed", {"step": "name", "error": "name_mismatch"}),
        ],
    ],
    ids=["slow reader", "copies from elsewhere", "looks around", "impatient", "two slips put right"],
)
def test_who_only_looks_like_it_does_not_struggle(people: Customers, acts: list[tuple[str, dict[str, Any]]]) -> None:
    """Time, other apps, curiosity and a slip are no struggle."""
    for result, more in acts:
        assert people.step(result, **more) == []


def test_what_interaction_analytics_goes_by_is_heard(people: Customers) -> None:
    """A dead button; an error and then away within ten seconds, twice; the same page three times in 15 seconds and an error."""
    people.step("shown")
    assert people.step("tapped", taps=4) == people.step("tapped", taps=3, after=6.0, screen_s=11.0) == []
    (dead,) = people.step("tapped", taps=3, after=6.0, screen_s=17.0)
    assert isinstance(dead, Struggle)
    assert dead.reason in {"app_bug", "unclear"}
    assert dead.page_s > 10.0
    other = Customers()
    for _ in range(3):
        other.step("shown", after=4.0)
    (circling,) = other.fails("code_wrong", after=4.0) or other.step("background", after=3.0)
    assert isinstance(circling, Struggle)


def test_what_no_other_try_can_help_is_told_at_once(people: Customers) -> None:
    """A card that the wallet does not take is not tried three times first."""
    (found,) = people.fails("card_unsupported", flow="card_in_wallet", step="card")
    assert isinstance(found, Struggle)
    assert (found.reason, "no other try can help" in found.why) == ("card_not_supported", True)


def test_a_version_that_fails_for_many_is_to_blame(people: Customers) -> None:
    """What one customer cannot know, all together tell: with 4.2.0 the page fails for most, with 4.1.0 for nobody."""
    for number in range(2, 7):
        people.step("tapped", "confirm", phone=f"volta/phone-{number}", app_version="4.2.0", taps=3)
    for number in range(7, 12):
        people.step("passed", "confirm", phone=f"volta/phone-{number}")
    people.step("shown", "confirm", app_version="4.2.0")
    people.step("tapped", "confirm", app_version="4.2.0", taps=3)
    (found,) = people.step("tapped", "confirm", app_version="4.2.0", taps=3)
    assert isinstance(found, Struggle)
    assert (found.reason, found.app_version) == ("app_bug", "4.2.0")
    assert "many with this version of the app are stuck at this page" in found.why


def test_fraud_is_told_as_such(people: Customers) -> None:
    """Past the warning that the name is another's, on the telephone meanwhile: it is said again where it was said otherwise."""
    people.fails()
    (found,) = people.fails()
    assert isinstance(found, Struggle)
    assert not found.fraud
    people.step("warned", "name", verification="NMTC", on_call=True)
    (again,) = people.step("ignored", "name", verification="NMTC", on_call=True)
    assert isinstance(again, Struggle)
    assert (again.fraud, again.episode) == (True, found.episode)


def test_fraud_is_told_however_much_was_told_before_and_is_not_taken_back(people: Customers) -> None:
    """Neither by reasons that change without end, nor by hanging up for a moment."""
    people.fails()
    assert people.fails() != []
    memory = people.intake.twin(PHONE).memory(AppMemory)
    memory.tellings = MOST_TOLD
    people.step("warned", "name", verification="NMTC", on_call=True)
    (again,) = people.step("ignored", "name", verification="NMTC", on_call=True)
    assert isinstance(again, Struggle)
    assert again.fraud
    assert all(isinstance(one, Struggle) and one.fraud for one in people.fails("code_wrong", on_call=False))


def test_it_is_over_once_they_came_through_gave_up_or_began_anew(people: Customers) -> None:
    """Of a run of which nobody was told that they struggle, nothing is told either."""
    people.step("shown")
    assert people.step("done") == []
    for how, last in (("done", "done"), ("left", "left"), ("silent", "shown")):
        session = f"s-00{'dls'.index(how[0])}1"
        people.fails(session=session)
        (found,) = people.fails(session=session)
        (over,) = people.step(last, session=session if last != "shown" else "s-ffff")
        assert isinstance(found, Struggle)
        assert isinstance(over, StruggleOver)
        assert (over.how, over.episode) == (how, found.episode)
        assert people.fails(session=session, at=people.now - 500.0) == []  # what comes late is about nothing


def test_steps_out_of_order_and_repeated_change_nothing(people: Customers) -> None:
    """A repeat counts once; what comes late counts, and moves nobody to another page."""
    people.step("shown", "name", number=70)
    people.fails("name_mismatch", step="name", number=71)
    for _ in range(3):
        assert people.fails("name_mismatch", step="name", number=71, at=people.now - 5.0) == []
    twin = people.intake.twin(PHONE)
    assert twin.memory(AppMemory).worst.failures == 1
    assert people.step("shown", "account", number=69, at=people.now - 60.0) == []
    assert twin.memory(AppMemory).page == "name"


def test_a_session_that_never_ends_is_cut_into_runs(people: Customers) -> None:
    """Two failures a day apart are two slips, whatever the app calls its session."""
    people.fails()
    for _ in range(3):
        assert people.fails(after=86_400.0) == []


def test_another_customers_session_is_another(people: Customers) -> None:
    """The same session named by another's telephone; the telephone is another's from now on; it is nobody's."""
    people.fails()
    assert people.fails(phone="volta/phone-2") == []
    people.registry.add(DeviceRecord(PHONE, "phone", "c99", "simulated"))
    assert people.fails() == []
    (found,) = people.fails()
    assert isinstance(found, Struggle)
    assert found.customer == "c99"
    people.registry.add(DeviceRecord(PHONE, "phone", None, "simulated"))
    assert [people.fails(), people.fails(), people.fails()] == [[], [], []]


def test_ten_thousand_steps_a_minute_are_a_small_memory_and_few_words(people: Customers) -> None:
    """Whoever, or whatever, taps like that is told of a few times, and takes no room."""
    told = []
    for number in range(10_000):
        kind = ("failed", "tapped", "back", "shown", "background")[number % 5]
        more = {"error": ("code_wrong", "server", "crashed")[number % 3]} if kind == "failed" else {}
        page = "".join(chr(97 + int(digit)) for digit in str(number % 500))
        told += people.step(kind, page, after=0.006, app_version=f"{number % 300}.0", **more)
    assert 1 <= len(told) <= 4
    assert len(json.dumps(people.intake.twin(PHONE).memory(AppMemory), default=lambda one: {
        name: getattr(one, name) for name in one.__slots__
    })) < 6_000  # fmt: skip


def test_a_clock_that_is_wrong_is_corrected(people: Customers) -> None:
    """A telephone whose clock is a year ahead is heard as of our hour."""
    ahead = 366 * 86_400.0
    people.fails(at=people.now + ahead)
    (found,) = people.fails(at=people.now + ahead + 5)
    assert isinstance(found, Struggle)
    assert abs(found.at - people.now) < 60


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"flow": "pay_a_bill"}, Rule.INVALID_VALUE),
        ({"result": "failed"}, Rule.INVALID_VALUE),
        ({"error": "server"}, Rule.INVALID_VALUE),
        ({"result": "answered", "reply": "talk"}, Rule.INVALID_VALUE),
        ({"result": "answered", "invitation": "inv/a/b/1-1", "reply": "perhaps"}, Rule.INVALID_VALUE),
        ({"step": "LV80BANK0000435195001"}, Rule.INVALID_VALUE),
        ({"step": "4111111111111111"}, Rule.CARD_NUMBER),
        ({"session": "s-4111111111111111"}, Rule.CARD_NUMBER),
        ({"app_version": "latest"}, Rule.INVALID_VALUE),
        ({"screen_s": -1}, Rule.LEFT_OUT),
        ({"taps": 10_000_000}, Rule.LEFT_OUT),
        ({"name": "Tom"}, Rule.LEFT_OUT),
        ({"flow": None}, Rule.INVALID_VALUE),
    ],
)  # fmt: skip
def test_what_an_app_may_not_say_is_refused_with_the_rule(
    people: Customers, changes: dict[str, Any], rule: Rule
) -> None:
    """Unknown flows and results, numbers of accounts and cards wherever they could stand, names of members that are none."""
    sound = {"session": "s-00ab", "flow": "new_payee", "step": "account", "result": "shown", "app_version": "4.1.0"}
    said = {name: value for name, value in (sound | changes).items() if value is not None}
    assert people.tell(PHONE, said, at=people.now) == []
    assert people.refused is rule


@pytest.mark.parametrize("open_demo", [True, False])
def test_a_stranger_sends_none(people: Customers, open_demo: bool) -> None:  # noqa: FBT001 - a parameter
    """Nobody agreed to it for them, also where strangers may try things."""
    assert not kinds().hears_strangers("callahead.app.step.v1")
    people.intake = Intake(people.registry, open_demo=open_demo)
    assert people.fails(phone="volta/nobody") == []
    assert people.refused is Rule.UNKNOWN_DEVICE


def test_a_reply_is_told_with_who_gave_it(people: Customers) -> None:
    """Whose invitation it is, is for others to look up."""
    (told,) = people.step("answered", invitation="inv/volta/phone-1/1-1", reply="talk")
    assert isinstance(told, InvitationReplied)
    assert (told.customer, told.device, told.invitation, told.reply) == ("c1", PHONE, "inv/volta/phone-1/1-1", "talk")


# --- the catalogue -----------------------------------------------------------------------------------------------------


def test_every_reason_and_flow_has_words_in_six_languages() -> None:
    """And none has words that is not there."""
    named = {f"app_{name}" for name in reasons()} | {f"app_flow_{flow}" for flow in get_args(Flow)}
    told = {key for key in phrases() if key.startswith("app_")} - {"app_invitation", "app_we_see", "app_fraud"}
    assert told == named
    assert all(phrases()[key].texts.keys() == set(LANGUAGES) for key in named)


@pytest.mark.parametrize("flow", get_args(Flow))
def test_each_reason_is_told_by_what_shows_it(flow: str) -> None:
    """The error that a reason shows most often, twice, points at it."""
    for name, reason in reasons().items():
        if flow in reason.flows and max(reason.errors.values(), default=0.0) > 0.5:
            error = max(reason.errors, key=lambda one: reason.errors[one])
            assert rank(flow, {error: 2}, tapped=False, version=False).first[0] == name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[reasons", "file: not TOML"),
        ('[reasons.a]\nflows = ["log_in"]\nshare = 2.0\n', "reasons.a.share"),
        ('[reasons.a]\nflows = ["fly"]\nshare = 0.2\n', "reasons.a.flows.0"),
        (
            '[reasons.a]\nflows = ["log_in"]\nshare = 0.2\nerrors = {server = 0.7, network = 0.7}\n',
            "add up to more than 1",
        ),
        ('[reasons.a]\nflows = ["log_in"]\nshare = 0.2\n', "reasons.unclear: must be there"),
    ],
)
def test_a_mistake_in_the_catalogue_is_told_by_file_and_rule(text: str, says: str) -> None:
    """Before anything starts."""
    with pytest.raises(ReasonsError, match=r"reasons\.toml") as told:
        read_reasons(text)
    assert says in str(told.value)
