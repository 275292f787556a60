"""A running service with its doors open, and the world's servers behind them: from a fault to the customer's answer and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from dispatch.channels.door import Received
from dispatch.channels.floods import FEW
from dispatch.channels.message_sender import MessageSender
from dispatch.channels.smpp.pdu import SmppStatus
from dispatch.core.actions import SendMessage
from dispatch.core.conversation.channels import Answer, Channel, Preference
from dispatch.core.conversation.events import (
    AgentWrote,
    CustomerAnswered,
    CustomerWrote,
    MessageReported,
    PreferenceChanged,
    StrangerIdentified,
)
from dispatch.core.events import CustomerErased, FaultFound
from dispatch.core.policy import MessagePolicy, Policy
from dispatch.core.robots.actions import HandToPerson
from dispatch.ledger.rows import read
from dispatch.outgoing.unwanted import unwanted
from dispatch.registers.customers import Customer
from dispatch.service.channels_file import ChannelSettings
from dispatch.service.doors import Doors
from dispatch.service.service import Service
from dispatch.web.api.app import create_app
from dispatch.words import say
from gateway.finding import Drive, Help, Remedy, Severity
from scenarios.world.inboxes.mail_server import WorldMail
from scenarios.world.inboxes.push_service import PushService
from scenarios.world.inboxes.sms_centre import SmsCentre
from scenarios.world.inboxes.social_platform import SocialPlatform
from tests.conftest import until
from tests.dispatch.conftest import FLAT_BATTERY, portless
from tests.dispatch.test_doors_of_push_and_social import PEM, SECRET

pytestmark = pytest.mark.anyio
HOUSE = "help@house.example"
ANNA = Customer("c-1", "Anna Ozola", "+37120000001", "lv", "simulated", email="anna@world.example", social="@anna")
BORIS = replace(ANNA, customer="c-2", name="Boris", phone="+37120000002", email="boris@world.example", social="@boris")


@dataclass
class House:
    """A service with all its doors, and the world behind them."""

    service: Service
    sms: SmsCentre
    mail: WorldMail
    push: PushService
    social: SocialPlatform

    def told(self, kind: type) -> list[Any]:
        """Return what the ledger has of a kind, in its order."""
        return [said for row in self.service.journal.ledger.rows() if isinstance(said := read(row), kind)]

    def register(self, *customers: Customer) -> None:
        """Have customers."""
        for one in customers:
            self.service.customers.add(one)
        self.service.journal.customers.keep(customers)

    async def breaks(self, reach: Sequence[Channel] = (Channel.SMS,), **changes: Any) -> str:
        """Have Anna's car break down, which has no app; return the case."""
        finding = replace(FLAT_BATTERY, notify=None, observed_at=self.service.now(), **changes)
        await self.service.tell(FaultFound(finding, "lv", may_call=True, may_order=True, reach=tuple(reach)))
        return finding.episode

    async def agent_writes(self, channel: Channel, text: str, customer: str = "c-1", ref: str = "a/1") -> None:
        """Have an agent write."""
        await self.service.tell(AgentWrote(ref, customer, channel, text, "agent-1", "simulated"))


@asynccontextmanager
async def _house(
    *channels: Channel, sections: Sequence[str] = ("sms", "email", "push", "social"), robots: bool = False
) -> AsyncIterator[House]:
    """Open a house that writes unasked on these channels."""
    policy = Policy(messages=MessagePolicy(channels=channels or (Channel.SMS,), fallback_s=3_600.0), robots=robots)
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(portless(policy=policy))
        doors = service.doors
        app = httpx.ASGITransport(create_app(service))
        api = await stack.enter_async_context(httpx.AsyncClient(transport=app, base_url="http://localhost/api/v1"))

        async def bring(body: bytes, headers: dict[str, str]) -> int:
            return (await api.post("/channels/social/webhook", content=body, headers=headers)).status_code

        sms = await stack.enter_async_context(SmsCentre())
        mail = await stack.enter_async_context(
            WorldMail(lambda: ("127.0.0.1", doors.by_channel[Channel.EMAIL].incoming.port))  # type: ignore[attr-defined]
        )
        social = await stack.enter_async_context(SocialPlatform(SECRET, bring))
        doors.open(_settings(sms.port, mail.port, social.url, sections))
        push = await stack.enter_async_context(PushService(doors.push.public_key if doors.push else ""))
        await _run(service, stack)
        await until(lambda: not doors.troubles())
        yield House(service, sms, mail, push, social)


def _settings(sms: int, mail: int, social: str, sections: Sequence[str]) -> ChannelSettings:
    here: dict[str, Any] = {"host": "127.0.0.1", "provenance": "simulated"}
    said = {
        "sms": here | {"port": sms, "system_id": "us", "password": "$P", "sender": "+37129999999"},
        "email": here | {"port": mail, "tls": "none", "sender": HOUSE, "listen": "127.0.0.1", "listen_port": 0},
        "push": {"provenance": "simulated", "contact": "mailto:help@house.example", "key": "$K"},
        "social": {"provenance": "simulated", "url": social, "secret": "$S"},
    }
    chosen = {name: section for name, section in said.items() if name in sections}
    return ChannelSettings.model_validate(chosen, context={"P": "secret", "K": PEM, "S": SECRET})


async def _run(service: Service, stack: AsyncExitStack) -> None:
    """Run the sender and the doors, as the command line does."""
    service.driver.announcer.feed(service.doors.sender.carry_out)
    for part in (service.doors.sender, *service.doors.by_channel.values()):
        task = asyncio.create_task(part.run())
        stack.push_async_callback(asyncio.wait, {task})
        stack.callback(part.stop)
    service.doors.sender.resume()


async def test_a_fault_is_told_by_sms_and_answered_by_a_number() -> None:
    """A fault is told by sms and answered by a number."""
    async with _house() as house:
        house.register(ANNA)
        case = await house.breaks()
        [letter] = await house.sms.inboxes.wait_for(ANNA.phone)
        [message] = house.told(SendMessage)
        assert message.text in letter.text
        await until(lambda: [one.status for one in house.told(MessageReported)] == ["sent", "delivered"])
        number = message.answers.index(Answer.CALL_ME) + 1
        assert await house.sms.write(ANNA.phone, f" {number}. ") == SmppStatus.OK
        [answered] = house.told(CustomerAnswered)
        assert (answered.customer, answered.case, answered.answer) == ("c-1", case, Answer.CALL_ME)
        assert house.told(CustomerWrote) == []
        assert len(await house.sms.inboxes.wait_for(ANNA.phone, 2)) == 2  # what it came to is written back


async def test_a_robot_answers_where_they_write_and_a_number_is_its_number() -> None:
    """By SMS, mail and messenger; not an answer to what was offered before. What machines send by mail, no robot reads."""
    async with _house(Channel.SMS, Channel.EMAIL, robots=True) as house:
        house.register(ANNA)
        await house.breaks(drive=Drive.YES)
        await house.sms.inboxes.wait_for(ANNA.phone)
        await house.sms.write(ANNA.phone, "Hm, labdien")
        asked = (await house.sms.inboxes.wait_for(ANNA.phone, 2))[-1].text
        assert asked.startswith(say("robot_hello", "lv"))
        assert "3: manu maksājumu limiti." in asked
        await house.sms.write(ANNA.phone, "3")
        assert say("page_m_none", "lv") in (await house.sms.inboxes.wait_for(ANNA.phone, 3))[-1].text
        assert house.told(CustomerAnswered) == []
        await house.mail.write(ANNA.email, "Aizmirsu paroli", HOUSE)
        [mail] = await house.mail.inboxes.wait_for(ANNA.email)
        assert mail.subject == say("subject_robot", "lv")
        await house.mail.write(ANNA.email, "Automātiska atbilde", HOUSE, Auto_Submitted="auto-replied")
        await house.social.write(ANNA.social, "Lūdzu, cilvēku!")
        [told] = await house.social.inboxes.wait_for(ANNA.social)
        assert told.text == say("robot_hands_over", "lv")
        [over] = house.told(HandToPerson)
        assert (over.why, over.verified, len(over.said)) == ("wish", True, 4)
        await house.sms.write(ANNA.phone, "3")
        assert [one.purpose for one in house.told(SendMessage)].count("robot") == 3


async def test_a_robot_s_words_do_not_leave_once_a_person_has_them() -> None:
    """They waited for a door that was shut: by then an agent writes."""
    async with _house(robots=True, sections=("email",)) as house:
        house.register(ANNA)
        await house.service.tell(CustomerWrote("sms/1", "c-1", Channel.SMS, "mani limiti", "lv", "simulated"))
        [said] = house.told(SendMessage)
        desk, anna = house.service.room.desk, house.service.customers.get("c-1")
        assert unwanted(said, anna, desk) == ""
        await house.agent_writes(Channel.EMAIL, "Labdien!")
        assert unwanted(said, anna, desk) == "a person has the conversation by now"


async def test_the_same_words_again_are_heard_once() -> None:
    """The same words again are heard once."""
    async with _house() as house:
        house.register(ANNA)
        for _ in range(2):
            assert await house.sms.write(ANNA.phone, "where are you?") == SmppStatus.OK
            await house.mail.write(ANNA.email, "where are you?", HOUSE, Message_ID="<a@world.example>")
            assert await house.social.write(ANNA.social, "where are you?", named="m-1") == 200
        heard = house.told(CustomerWrote)
        assert sorted(one.channel for one in heard) == ["email", "sms", "social"]
        assert {(one.customer, one.text, one.language) for one in heard} == {("c-1", "where are you?", "lv")}


async def test_the_same_word_answers_an_agent_s_next_question() -> None:
    """Yes, and yes: what was asked in between makes it another message, of a stranger, too."""
    async with _house() as house:
        house.register(ANNA)
        for number in (ANNA.phone, "+37125555555"):
            await house.sms.write(number, "yes")
            whose = house.told(CustomerWrote)[-1].customer
            await house.agent_writes(Channel.SMS, "and are you safe?", whose, f"a/{whose}")
            await house.sms.inboxes.wait_for(number)
            for _ in range(2):
                await house.sms.write(number, "yes")
        assert [one.text for one in house.told(CustomerWrote)] == ["yes"] * 4


async def test_one_mail_round_trip() -> None:
    """One mail round trip."""
    async with _house(Channel.EMAIL) as house:
        house.register(ANNA)
        await house.breaks([Channel.EMAIL])
        [letter] = await house.mail.inboxes.wait_for(ANNA.email)
        assert letter.subject == "Ziņa par jūsu bojājumu"
        text = f"Jūs esat ātri!\n\nOn Mon, Example House <{HOUSE}> wrote:\n> {letter.text}"
        assert (await house.mail.write("Anna@World.Example", text, HOUSE, letter.ref)).startswith("250")
        [wrote] = house.told(CustomerWrote)
        assert (wrote.customer, wrote.text, wrote.case) == ("c-1", "Jūs esat ātri!", FLAT_BATTERY.episode)
        await house.agent_writes(Channel.EMAIL, "Labdien!")
        assert len(await house.mail.inboxes.wait_for(ANNA.email, 2)) == 2


async def test_a_mail_for_which_nobody_vouches_calls_nothing_off() -> None:
    """Whoever forges a customer's sender is a stranger: also once an agent took one of theirs for the customer's own."""
    async with _house(Channel.EMAIL) as house:
        house.register(ANNA)
        await house.breaks(reach=(Channel.EMAIL,))
        await house.mail.inboxes.wait_for(ANNA.email)
        forged = Received(Channel.EMAIL, "1", ANNA.email, "1", 100.0, "simulated", is_vouched_for=False)
        for number, text in enumerate(("1", "2", "STOP", "не надо")):
            await house.service.doors.ears.heard(replace(forged, ref=f"f/{number}", text=text, at=house.service.now()))
        wrote = house.told(CustomerWrote)
        assert {(one.customer.partition("/")[0], one.candidates) for one in wrote} == {("stranger", ("c-1",))}
        await house.service.tell(StrangerIdentified(wrote[0].customer, "c-1", "lv", by="user/anna"))
        await house.service.doors.ears.heard(replace(forged, ref="f/9", text="2", at=house.service.now()))
        assert house.told(CustomerWrote)[-1].customer not in {"c-1", wrote[0].customer}
        assert (house.told(CustomerAnswered), house.told(PreferenceChanged)) == ([], [])


async def test_a_mail_that_bounces_and_a_social_message_that_is_read_are_told() -> None:
    """A mail that bounces and a social message that is read are told."""
    async with _house(Channel.EMAIL) as house:
        house.register(ANNA)
        await house.agent_writes(Channel.EMAIL, "hello", ref="a/1")
        [letter] = await house.mail.inboxes.wait_for(ANNA.email)
        await house.mail.bounce(letter, HOUSE)
        await house.agent_writes(Channel.SOCIAL, "hello", ref="a/2")
        [message] = await house.social.inboxes.wait_for(ANNA.social)
        assert await house.social.read(message) == 200
        told = {(one.message[-1], one.status) for one in house.told(MessageReported)}
        assert {("1", "failed"), ("2", "read")} <= told


async def test_a_browser_subscribes_is_pushed_to_and_forgotten_when_it_is_gone() -> None:
    """A browser subscribes is pushed to and forgotten when it is gone."""
    async with _house(Channel.PUSH) as house:
        browser = house.push.subscribe("annas")
        house.register(replace(ANNA, push=(browser,)))
        await house.breaks([Channel.PUSH])
        [shown] = await house.push.inboxes.wait_for("annas")
        assert shown.subject == "Ziņa par jūsu bojājumu"
        house.push.unsubscribe("annas")
        await house.agent_writes(Channel.PUSH, "hello")
        await until(lambda: house.service.customers.get("c-1").push == ())  # type: ignore[union-attr]
        await until(lambda: "refused" in [one.status for one in house.told(MessageReported)])


async def test_an_sms_from_a_stranger_is_kept_answered_and_identified() -> None:
    """An sms from a stranger is kept answered and identified."""
    async with _house() as house:
        house.register(ANNA)
        assert await house.sms.write("+37125555555", "آیا کسی آنجاست؟") == SmppStatus.OK
        [wrote] = house.told(CustomerWrote)
        assert wrote.customer.startswith("stranger/")
        assert (wrote.candidates, wrote.language) == ((), "fa")
        assert "25555555" not in "".join(row.body for row in house.service.journal.ledger.rows())
        await house.agent_writes(Channel.SMS, "who is it?", wrote.customer)
        await house.sms.inboxes.wait_for("+37125555555")
        await house.service.tell(StrangerIdentified(wrote.customer, "c-1", "lv"))
        assert await house.sms.write("+37125555555", "and now?") == SmppStatus.OK
        assert house.told(CustomerWrote)[-1].customer == "c-1"
        await house.agent_writes(Channel.SMS, "now I know", ref="a/2")
        assert len(await house.sms.inboxes.wait_for("+37125555555", 2)) == 2
        assert house.sms.inboxes.of(ANNA.phone) == []


async def test_who_a_stranger_was_is_recalled_after_a_crash_between_ledger_and_register() -> None:
    """Who a stranger was is recalled after a crash between ledger and register."""
    async with _house() as house:
        house.register(ANNA)
        await house.sms.write("+37125555555", "hello")
        [wrote] = house.told(CustomerWrote)
        before = house.service.journal.strangers.all()
        await house.service.tell(StrangerIdentified(wrote.customer, "c-1", "lv"))
        await until(lambda: house.service.journal.strangers.all() != before)
        house.service.journal.strangers.keep(before)
        again = Doors(house.service)
        found = again.strangers.get(wrote.customer)
        assert found is not None
        assert found.customer == "c-1"
        assert house.service.journal.strangers.all()[0].customer == "c-1"


async def test_two_customers_behind_one_number_are_asked_and_never_merged() -> None:
    """Two customers behind one number are asked and never merged."""
    async with _house() as house:
        house.register(ANNA, replace(BORIS, phone=ANNA.phone))
        await house.sms.write(ANNA.phone, "hello")
        await house.sms.write(ANNA.phone, "it is me")
        first, second = house.told(CustomerWrote)
        assert first.customer == second.customer != "c-1"
        assert first.candidates == ("c-1", "c-2")
        await house.service.tell(StrangerIdentified(first.customer, "c-2", "lv"))
        await house.sms.write(ANNA.phone, "and I am another")
        third = house.told(CustomerWrote)[-1]
        assert third.customer.startswith("stranger/")
        assert third.customer != first.customer


@pytest.mark.parametrize("sender", ["", "BANK", "12345", "٣٧١"])
async def test_a_number_that_cannot_be_read_is_a_stranger_s(sender: str) -> None:
    """A number that cannot be read is a stranger s."""
    async with _house() as house:
        house.register(ANNA)
        body = sender.encode("utf-8").decode("latin-1")
        assert await house.sms.write(body, "hello", ton=0) == SmppStatus.OK
        [wrote] = house.told(CustomerWrote)
        assert wrote.customer.startswith("stranger/")


async def test_real_customers_are_not_spoken_for_by_the_simulated_world() -> None:
    """Real customers are not spoken for by the simulated world."""
    async with _house() as house:
        house.register(replace(ANNA, provenance="real"))
        await house.sms.write(ANNA.phone, "STOP")
        [wrote] = house.told(CustomerWrote)
        assert (wrote.customer[:9], wrote.candidates) == ("stranger/", ())


async def test_real_messages_do_not_go_into_the_simulated_world() -> None:
    """They are dead letters that were never tried, and say why."""
    async with _house() as house:
        house.register(replace(ANNA, provenance="real"))
        for channel in (Channel.SMS, Channel.EMAIL, Channel.SOCIAL):
            await house.service.tell(AgentWrote(f"a/{channel}", "c-1", channel, "hello", "agent-1", "real"))
        await until(lambda: len(house.told(MessageReported)) == 3)
        assert {(one.status, one.why[:26]) for one in house.told(MessageReported)} == {
            ("refused", "the message is real and th")
        }
        assert {one.attempts for one in house.service.dead_letters()} == {0}
        assert (house.sms.inboxes.of(ANNA.phone), house.mail.raw, house.social.inboxes.of(ANNA.social)) == ([], [], [])


async def test_stop_ends_messages_here_is_told_once_and_other_channels_go_on() -> None:
    """Stop ends messages here is told once and other channels go on."""
    async with _house(Channel.SMS, Channel.EMAIL) as house:
        house.register(ANNA)
        for _ in range(2):
            assert await house.sms.write(ANNA.phone, "Stop!") == SmppStatus.OK
        [changed] = house.told(PreferenceChanged)
        assert changed.preference.avoid == (Channel.SMS,)
        [letter] = await house.sms.inboxes.wait_for(ANNA.phone)
        assert letter.text == "Turpmāk šeit mūsu ziņas jums nesūtīsim."
        assert house.told(CustomerWrote) == []
        await house.breaks([Channel.SMS, Channel.EMAIL])
        await house.mail.inboxes.wait_for(ANNA.email)
        assert len(house.sms.inboxes.of(ANNA.phone)) == 1


async def test_a_flood_from_one_number_is_put_off_told_and_loses_nothing() -> None:
    """A flood from one number is put off told and loses nothing."""
    async with _house() as house:
        house.register(ANNA, BORIS)
        said = [await house.sms.write(ANNA.phone, f"message {number}") for number in range(FEW + 2)]
        assert said == [SmppStatus.OK] * FEW + [SmppStatus.THROTTLED] * 2
        assert "2 messages by sms were put off: an address floods" in house.service.condition().reasons
        assert await house.sms.write(BORIS.phone, "hello") == SmppStatus.OK
        assert len(house.told(CustomerWrote)) == FEW + 1


async def test_order_within_a_conversation_holds_whatever_a_centre_says() -> None:
    """Order within a conversation holds whatever a centre says."""
    async with _house() as house:
        house.register(ANNA, BORIS)
        answers = iter([SmppStatus.THROTTLED, SmppStatus.OK])
        house.sms.manners.status = lambda number: (
            next(answers, SmppStatus.OK) if number == ANNA.phone else SmppStatus.OK
        )
        for number in range(3):
            await house.agent_writes(Channel.SMS, f"part {number}", ref=f"a/{number}")
        await house.agent_writes(Channel.SMS, "beside it", "c-2", ref="b/1")
        await house.sms.inboxes.wait_for(BORIS.phone)
        letters = await house.sms.inboxes.wait_for(ANNA.phone, 3)
        assert [one.text for one in letters] == ["part 0", "part 1", "part 2"]


async def test_what_no_door_can_send_is_told_and_goes_out_another_way() -> None:
    """What no door can send is told and goes out another way."""
    async with _house(Channel.SMS, Channel.EMAIL, sections=("email",)) as house:
        house.register(ANNA)
        await house.breaks([Channel.SMS, Channel.EMAIL])
        await house.mail.inboxes.wait_for(ANNA.email)
        [refused] = [one for one in house.told(MessageReported) if one.status == "refused"]
        assert refused.why == "this house has no door for sms"
        assert [one.channel for one in house.told(SendMessage)] == ["sms", "email"]


async def test_what_nobody_waits_for_any_more_is_told_with_why() -> None:
    """What nobody waits for any more is told with why."""
    async with _house() as house:
        house.register(ANNA)
        house.sms.manners.status = lambda _number: SmppStatus.QUEUE_FULL
        sender: MessageSender = house.service.doors.sender
        await house.agent_writes(Channel.SMS, "hello")
        await until(lambda: sender.outbox.oldest() is not None and sender.outbox.oldest().trouble)  # type: ignore[union-attr]
        lane = sender.outbox._lanes["sms"]
        lane.requests["sms/c-1"][0] = replace(lane.requests["sms/c-1"][0], until=0.0)
        await until(lambda: [one.status for one in house.told(MessageReported)] == ["failed"])
        assert "queue_full (0x14)" in house.told(MessageReported)[0].why


async def test_a_dead_letter_is_sent_again_when_somebody_asks() -> None:
    """A dead letter is sent again when somebody asks."""
    async with _house() as house:
        house.register(ANNA)
        house.sms.manners.status = lambda _number: SmppStatus.INVALID_DESTINATION
        await house.agent_writes(Channel.SMS, "hello")
        await until(lambda: [one.status for one in house.told(MessageReported)] == ["refused"])
        [dead] = house.service.dead_letters()
        house.sms.manners.status = lambda _number: SmppStatus.OK
        app = httpx.ASGITransport(create_app(house.service))
        async with httpx.AsyncClient(transport=app, base_url="http://localhost/api/v1") as api:
            (await api.post("/dead-letters/retry", json={"key": dead.key})).raise_for_status()
        [letter] = await house.sms.inboxes.wait_for(ANNA.phone)
        assert (letter.text, house.service.dead_letters()) == ("hello", [])


async def test_what_waits_while_a_centre_is_away_outlives_a_restart() -> None:
    """What waits while a centre is away outlives a restart."""
    async with _house() as house:
        house.register(ANNA)
        await house.sms.close()
        await until(lambda: any("sms: the SMS centre" in one for one in house.service.condition().reasons))
        await house.agent_writes(Channel.SMS, "hello")
        await until(house.service.doors.sender.outbox.oldest)
        again = MessageSender(
            house.service.journal, house.service.clock, house.service.doors.by_channel, house.service.doors.ears.sent,
            house.service.doors,
        )  # fmt: skip
        assert again.resume() == 1
        await house.sms.open()
        [letter] = await house.sms.inboxes.wait_for(ANNA.phone)
        assert letter.text == "hello"


async def test_who_wants_no_messages_is_written_to_only_where_they_ask() -> None:
    """Who wants no messages is written to only where they ask."""
    async with _house() as house:
        house.register(replace(ANNA, may_message=False))
        await house.breaks()
        await until(lambda: "refused" in [one.status for one in house.told(MessageReported)])
        await house.agent_writes(Channel.SMS, "you asked")
        [letter] = await house.sms.inboxes.wait_for(ANNA.phone)
        assert letter.text == "you asked"


async def _held(house: House) -> str:
    """Have something calm break at night, of which Anna is written when she is up; return the case."""
    hours = "00:00-23:59@UTC" if house.service.now() % 86_400 < 86_000 else "12:00-11:59@UTC"
    await house.service.tell(PreferenceChanged("c-1", Preference(quiet=hours)))
    case = await house.breaks(severity=Severity.LOW, drive=Drive.NOT_A_CAR, remedy=Remedy(Help.NOTICE, "", 0, 0))
    [message] = house.told(SendMessage)
    assert message.not_before > house.service.now()
    return case


async def _morning(house: House) -> None:
    """It is time for all that waits."""
    sender = house.service.doors.sender
    lane = sender.outbox._lanes["sms"]
    lane.ready = [(0.0, seq, request) for _, seq, request in lane.ready]
    sender._something.set()


async def test_what_is_held_back_over_night_holds_up_nothing_else() -> None:
    """An answer, and what is urgent, leave at once, whatever waits for the morning."""
    async with _house() as house:
        house.register(ANNA)
        await _held(house)
        await house.agent_writes(Channel.SMS, "you asked")
        [letter] = await house.sms.inboxes.wait_for(ANNA.phone)
        assert letter.text == "you asked"
        await house.breaks(episode="volta/car-1/1-8", key="volta/car-1/1-8")
        assert len(await house.sms.inboxes.wait_for(ANNA.phone, 2)) == 2
        await _morning(house)
        assert len(await house.sms.inboxes.wait_for(ANNA.phone, 3)) == 3


async def test_what_is_no_longer_true_when_a_provider_is_back_is_not_sent() -> None:
    """That we ring them is a lie once they have answered elsewhere, or it is over."""
    async with _house() as house:
        house.register(ANNA)
        await house.sms.close()
        await until(house.service.doors.troubles)
        case = await house.breaks()
        said = CustomerAnswered("chat/1", "c-1", case, Channel.CHAT, Answer.HAS_STOPPED, "simulated")
        await house.service.tell(said)
        await house.sms.open()
        await _morning(house)
        await until(lambda: "refused" in [one.status for one in house.told(MessageReported)])
        assert house.sms.inboxes.of(ANNA.phone) == []


async def test_stop_holds_for_what_waits_to_be_sent() -> None:
    """Who wants no more messages here while one is held back gets none: it is asked when it is sent."""
    async with _house() as house:
        house.register(ANNA)
        await _held(house)
        await house.sms.write(ANNA.phone, "STOP")
        await house.sms.inboxes.wait_for(ANNA.phone)
        await _morning(house)
        await until(lambda: "refused" in [one.status for one in house.told(MessageReported)])
        assert len(house.sms.inboxes.of(ANNA.phone)) == 1


async def test_who_is_erased_is_known_to_no_door() -> None:
    """Who is erased is known to no door."""
    async with _house() as house:
        house.register(ANNA)
        await house.sms.write("+37125555555", "hello")
        [wrote] = house.told(CustomerWrote)
        await house.service.tell(StrangerIdentified(wrote.customer, "c-1", "lv"))
        await house.agent_writes(Channel.SMS, "hello")
        await house.sms.inboxes.wait_for("+37125555555")
        journal = house.service.journal
        await until(lambda: journal.sent_messages.all() and journal.strangers.all()[0].customer == "c-1")
        assert (await house.service.personal_data.export("c-1"))["wrote_from"][0]["address"] == "+37125555555"
        await house.service.tell(CustomerErased("c-1"))
        assert (journal.strangers.all(), journal.sent_messages.all()) == ([], [])
        assert house.service.doors.strangers.get(wrote.customer) is None
