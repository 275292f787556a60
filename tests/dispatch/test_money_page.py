"""Money on the customers' own page, in a real browser: narrow, at night, in six languages; what is tapped is what the desk has."""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec
import pytest
import simpy
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from dispatch.access.hosts import AllowedHosts
from dispatch.core.conversation.channels import Channel
from dispatch.core.events import CustomerPhoned
from dispatch.core.policy import Policy
from dispatch.core.purse.actions import AskAboutMoney
from dispatch.core.purse.events import MoneyAnswered, PaymentDisputed
from dispatch.core.purse.payments import PaymentState
from dispatch.core.purse.rules import PaymentPolicy
from dispatch.engine.clock import WallClock
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.projection.setup import Setup
from dispatch.registers.customers import PushSubscription
from dispatch.service.build import Hearing, build
from dispatch.service.service import Service, ServiceBroker
from dispatch.store.address import StoreAddress
from dispatch.store.journal import Journal
from dispatch.views.own_money import Why
from dispatch.web.api.app import create_app
from dispatch.web.console.agent_page import mount_agent
from dispatch.web.console.desk_page import mount_desk
from dispatch.words import LANGUAGES, say
from gateway.contract.broker_address import BrokerAddress
from scenarios.runner.network import NetworkDoors
from scenarios.service.http import Api
from tests.conftest import REAL_PYTHON
from tests.dispatch.money_house import MoneyHouse, Telephone
from tests.dispatch.test_own_page import MEASURED

T = TypeVar("T")
PATIENCE_MS = 20_000
NARROW = {"width": 390, "height": 844}
PICTURES = os.environ.get("CALLAHEAD_PICTURES")
PICTURED = {"en": "customers_page_money.png", "fa": "customers_page_money_fa.png"}


class Shown:
    """The process that shows, there once somebody looks."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._starts = folder, asyncio.Lock()
        self._process: Process | None = None

    def soon(self) -> None:
        """Have it there when it is asked."""

    async def socket(self) -> Path:
        """Return where it answers."""
        path = self._folder / "watch"
        async with self._starts:
            if self._process is None:
                setup = Setup(
                    store=StoreAddress.in_folder(self._folder).url.render_as_string(hide_password=False),
                    socket=str(path),
                    policy=HousePolicy().written(),
                )
                process = await asyncio.create_subprocess_exec(REAL_PYTHON, "-m", "dispatch.projection", stdin=PIPE)
                self._process = process
                assert process.stdin is not None
                process.stdin.write(msgspec.json.encode(setup) + b"\n")
        async with asyncio.timeout(20):
            while not path.exists():  # noqa: ASYNC110 - a socket tells nobody that it is there
                await asyncio.sleep(0.05)
        return path

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()


class Served:
    """A service and its pages in a thread of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = asyncio.new_event_loop()
        self.service: Service
        self.http = ""
        self._ready, self._over = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self.loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._thread.start()
        assert self._ready.wait(30)

    async def _serve(self) -> None:
        with Journal.open(self.folder) as journal:
            broker = ServiceBroker.at(BrokerAddress("127.0.0.1", 1))
            at_once = Policy(payments=PaymentPolicy(gather_s=0.0))  # what is unusual for long is asked when it is found
            self.service, _ = build(journal, WallClock(), broker, Hearing(open_demo=False), policy=at_once)
            deciding = asyncio.create_task(self.service.driver.run())
            self.service.watch = watch = Shown(self.folder)
            app = create_app(self.service, AllowedHosts())
            mount_desk(app, self.service)
            mount_agent(app, self.service)
            config = uvicorn.Config(app, port=0, log_level="warning")
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
                await asyncio.sleep(0.01)
            self.http = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
            self.service.page_links.public_url = self.http
            self._ready.set()
            await self._over.wait()
            server.should_exit = True
            await serving
            watch.stop()
            self.service.driver.stop()
            await deciding

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        """Have something done there."""
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(30)

    def stop(self) -> None:
        """End it."""
        self.loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for all of these tests."""
    made = Served(tmp_path_factory.mktemp("money"))
    yield made
    made.stop()


Opens = Callable[..., Page]


@pytest.fixture
def open_page(served: Served, browser: Browser) -> Iterator[Opens]:
    """Open a customer's page on a telephone."""
    made: list[BrowserContext] = []
    expect.set_options(timeout=PATIENCE_MS)

    def start(house: MoneyHouse, scheme: Any = "dark", *, hears: bool = True) -> Page:
        context = browser.new_context(viewport=NARROW, color_scheme=scheme, locale="en-GB")  # type: ignore[arg-type]
        made.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        if not hears:
            page.route_web_socket(re.compile("/me/live"), lambda _: None)
        page.goto(served.run(served.service.page_links.link_of(house.customer)))
        page.wait_for_selector("body[data-state=shown]")
        return page

    yield start
    for context in made:
        context.close()


def house_of(served: Served, name: str, language: str) -> MoneyHouse:
    """A customer, their car, and money; on their page one payment waits, one is paid, one was refused."""
    house = MoneyHouse(served.service, language, f"c-{name}", f"volta/car-{name}")
    served.run(house.opens(money=60_00))
    return house


def with_payments(served: Served, house: MoneyHouse) -> None:
    """Something of everything."""
    served.run(house.pays("p-1"))
    served.run(house.asks("p-2", 4_00, category="toll"))
    served.run(house.asks("p-3", 19_00))
    served.run(house.asks("p-4", 15_00, payee="LV80BANK0000435195009"))
    served.run(house.asks("p-5", 30_00))


def looks_right(page: Page) -> None:
    """Nothing is cut, everything can be read, hit and named."""
    found = page.evaluate(MEASURED)
    assert found == {"faint": [], "small": [], "unnamed": 0, "wide": []}, found


def picture(of: Locator, name: str) -> None:
    """Keep what is seen, where pictures are wanted."""
    if PICTURES:
        of.screenshot(path=str(Path(PICTURES) / name))


SAID = """async ([states, whys, fails]) => {
  const said = await import(`${document.body.dataset.files}/money_words.js`);
  const device = { device: "v/d", kind: "car", called: "" };
  const sums = { amount: "12.40", short: "2.40", currency: "EUR" };
  const one = { ...sums, device, category: "water", payee: "Spring", at: 1.8e9 };
  return [
    ...["habit", "order", "collection"].flatMap((source) =>
      fails.map((fail) => said.due({ ...one, source, fails: fail }, "Europe/Riga"))),
    ...states.flatMap((state) => whys.map((why) => said.standing({ state, why, decision: "" }))),
    ...[0, 1, 2, 5, 11, 21].map((count) => said.counted("m_week", count, { sums: said.sums([one]) })),
  ];
}"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_reason_and_warning_has_words(served: Served, open_page: Opens, language: str) -> None:
    """Whatever may be shown, and was not by a test above: nothing untranslated, no gap."""
    page = open_page(house_of(served, f"words-{language}", language))
    expect(page.locator("#money-title")).to_have_text(say("page_money", language))
    said = page.evaluate(
        SAID, [[str(one) for one in PaymentState], list(get_args(Why)), ["", "purse", "limit", "mandate"]]
    )
    assert len(set(said)) > 40
    assert not [one for one in said if re.search(r"m_|\{|\}|undefined|NaN|  ", one)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_money_in_each_language(served: Served, open_page: Opens, language: str) -> None:
    """The mandate in a sentence, sums and days as they write them, nothing untranslated, nothing cut."""
    house = house_of(served, f"in-{language}", language)
    with_payments(served, house)
    page = open_page(house)
    expect(page.locator("#money-title")).to_have_text(say("page_money", language))
    mandate = page.locator(".mandate p").first
    expect(mandate).to_contain_text(say("page_m_for_parking", language))
    expect(mandate).to_contain_text("City parking")
    if language in PICTURED:
        picture(page.locator("#money"), PICTURED[language])
    served.run(house.price_creeps())
    expect(page.locator("[data-question]")).to_contain_text("City parking")
    expect(page.locator("[data-question] button")).to_have_text(
        [say(f"page_m_q_{one}", language) for one in ("fine", "stop", "stop_and_dispute", "unsure")]
    )
    if language in PICTURED:
        picture(page.locator("[data-question]"), PICTURED[language].replace("money", "question"))
    shown = page.locator("#money").inner_text()
    assert not re.search(r"\bm_|\{|\}|undefined|NaN|kind_", shown), shown
    if language == "fa":
        assert page.evaluate("document.documentElement.dir") == "rtl"
        said = re.sub("\u2068.*?\u2069", "", shown)
        assert not re.search("[0-9]", said), said
    sum_ = {
        "en": "€20.00",
        "lv": "20,00\u00a0€",
        "ru": "20,00\u00a0€",
        "uk": "20,00\u00a0€",
        "fa": "\u06f2\u06f0\u066b\u06f0\u06f0",
        "zh": "€20.00",
    }
    assert sum_[language] in mandate.inner_text(), mandate.inner_text()
    page.locator("#give summary").click()
    page.locator("#consents summary").click()
    expect(page.locator("#consents")).to_contain_text(say("page_why_spending", language))
    looks_right(page)


def test_a_payment_that_waits_is_first_and_paid_with_a_code(served: Served, open_page: Opens) -> None:
    """It appears while the page is open; the code comes to the telephone; a wrong one is told; the right one pays."""
    house = house_of(served, "waits", "en")
    page = open_page(house)
    expect(page.locator(".mandate p").first).to_have_text(
        re.compile(
            r"^Your car \(.Volta E AB-123.\) may pay for parking at .City parking., at most €20.00 a time, €50.00 a month, until "
        )
    )
    payment = served.run(house.asks("p-1", 19_00))
    served.run(house.bank(payment))
    wanted = served.run(house.asks("p-2", 25_00))
    card = page.locator(".asks")
    expect(card).to_contain_text("wants to pay €25.00 for parking")
    expect(card).to_contain_text("It is more than you agreed.")
    expect(page.locator("#money > div").first).to_have_attribute("id", "money-waits")
    card.get_by_role("button", name="Yes, pay").click()
    expect(page.get_by_label("The code")).to_be_focused()
    page.get_by_label("The code").fill("000000" if house.telephone.code != "000000" else "111111")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#said")).to_have_text("That is not the code that was sent.")
    page.get_by_label("The code").fill(house.telephone.code)
    page.get_by_role("button", name="Confirm").click()
    expect(card).to_have_count(0)
    expect(page.locator(f'[data-payment="{wanted}"]')).to_contain_text("set aside, the bank is paying")
    assert served.service.room.desk.purse.payments[wanted].state is PaymentState.RESERVED
    refused = served.run(house.asks("p-3", 18_00))
    expect(page.locator(f'[data-payment="{refused}"]')).to_contain_text(
        "not paid: there was not enough on your balance"
    )


def test_a_payment_is_confirmed_where_the_notification_came(served: Served, open_page: Opens) -> None:
    """The page says that one came; its link opens the page, which names sum and payee, and one tap pays; it counts once."""
    house = house_of(served, "tapped", "en")
    screen = Telephone(Channel.PUSH)
    served.service.doors.by_channel[Channel.PUSH] = screen
    known = served.service.customers.get(house.customer)
    assert known is not None
    mine = PushSubscription("https://push.example/mine", "B", "a", strong=True)
    served.run(served.service.doors.keep(known.with_push(mine)))
    page = open_page(house)
    wanted = served.run(house.asks("p-1", 25_00))
    page.locator(".asks").get_by_role("button", name="Yes, pay").click()
    expect(page.locator(".asks")).to_contain_text("A notification has come to your device")
    expect(page.get_by_role("button", name="Send a code by SMS instead")).to_be_focused()
    looks_right(page)
    page.goto(screen.got[-1].link)  # as the worker does with a page that is open
    card = page.locator(".asks")
    expect(card).to_contain_text(re.compile("wants to pay €25.00 for parking at .City parking"))
    card.get_by_role("button", name="Confirm").click()
    expect(card).to_have_count(0)
    assert served.service.room.desk.purse.payments[wanted].state is PaymentState.RESERVED
    served.service.doors.by_channel.pop(Channel.PUSH)


def test_a_tap_disputes_and_a_tap_stops(served: Served, open_page: Opens) -> None:
    """Both are the desk's at once, and the page shows it."""
    house = house_of(served, "taps", "en")
    payment = served.run(house.pays("p-1"))
    page = open_page(house)
    expect(page.locator("#money-paid")).to_contain_text("1 payment, €3.50 together.")
    page.locator("#money-paid").get_by_role("button", name="Not right").click()
    expect(page.locator(f'[data-payment="{payment}"]')).to_contain_text("you say it was not right")
    assert served.service.room.desk.purse.payments[payment].state is PaymentState.DISPUTED
    page.get_by_role("button", name="Suspend").click()
    expect(page.locator(".mandate")).to_contain_text("Suspended")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Stop this device").click()
    expect(page.locator("#money-may")).to_contain_text("None of your devices may pay.")


@pytest.mark.parametrize(
    ("answer", "said", "after"),
    [
        ("fine", "We leave it as it is", ("active", PaymentState.SETTLED)),
        ("stop", "Nothing more is paid for it", ("suspended", PaymentState.SETTLED)),
        ("stop_and_dispute", "This device pays nothing more", ("suspended", PaymentState.DISPUTED)),
        ("unsure", "If it goes on, we ask you again", ("active", PaymentState.SETTLED)),
    ],
)
def test_what_looks_unusual_is_shown_and_answered_by_a_tap(
    served: Served, open_page: Opens, answer: str, said: str, after: tuple[str, PaymentState]
) -> None:
    """It appears while the page is open, with the payments that it is about; after a tap it is gone, and the desk has it."""
    house = house_of(served, f"odd-{answer}", "en")
    page = open_page(house)
    last = served.run(house.price_creeps())
    asked = page.locator("[data-question]")
    expect(asked).to_contain_text("has risen from 3.50 EUR to 4.55 EUR")
    expect(asked.locator("li").last).to_contain_text("€4.80 for parking at \u2068City parking\u2069")
    asked.get_by_role("button", name=say(f"page_m_q_{answer}", "en"), exact=True).click()
    expect(page.locator("#said")).to_contain_text(said)
    expect(asked).to_have_count(0)
    expect(page.locator(".mandate")).to_have_attribute("data-state", after[0])
    assert served.service.room.desk.purse.payments[last].state is after[1]
    assert served.service.casebook.money.payments[last].state is after[1]


def test_a_stale_answer_is_told_and_changes_nothing(served: Served, open_page: Opens) -> None:
    """Another page of theirs said that it is fine; this one did not hear, and says no: what was said first holds."""
    house = house_of(served, "odd-stale", "en")
    last = served.run(house.price_creeps())
    page = open_page(house, hears=False)
    ref = page.locator("[data-question]").get_attribute("data-question") or ""
    served.run(served.service.tell(MoneyAnswered(house.customer, ref, "fine", "simulated")))
    page.locator("[data-question]").get_by_role("button", name=say("page_m_q_stop_and_dispute", "en")).click()
    expect(page.locator("#said")).to_have_text(say("page_m_q_over", "en"))
    expect(page.locator("[data-question]")).to_have_count(0)
    assert served.service.room.desk.purse.payments[last].state is PaymentState.SETTLED
    assert served.service.room.desk.purse.given.of_customer(house.customer)[0].state == "active"


def test_people_of_a_story_answer_by_the_same_way_as_the_page(served: Served) -> None:
    """They hear of it in the ledger, as live worlds do, and answer over the API; the second answer changes nothing."""
    house = house_of(served, "odd-story", "en")
    served.run(house.price_creeps())
    rows = list(served.service.journal.ledger.rows())
    with Api(served.http) as api:
        doors, heard = NetworkDoors(simpy.Environment(), api), list[AskAboutMoney]()
        doors.on_question = heard.append
        for row in rows:
            doors.decided(row)
        (mine,) = [one for one in heard if one.customer == house.customer]
        for answer in ("stop", "fine"):
            said = doors.says_of_money(house.customer, mine.ref, answer)  # type: ignore[arg-type] # one of a Literal
            doors.take_in(10.0)
            assert said.triggered
    assert served.service.room.desk.purse.questions.get(mine.ref) is None
    assert served.service.room.desk.purse.given.of_customer(house.customer)[0].state == "suspended"


def test_a_mandate_is_given_by_a_short_form(served: Served, open_page: Opens) -> None:
    """Three values are enough; they agree in so many words; with commas, too; confirmed by the code."""
    house = MoneyHouse(served.service, "lv", "c-form", "volta/car-form")
    page = open_page(house, "light")
    page.locator("#give summary").click()
    page.get_by_label(say("page_m_f_for", "lv")).select_option("charging")
    page.get_by_label(say("page_m_f_once", "lv", currency="EUR")).fill("\u0661\u06f2,50")  # digits of other keyboards
    page.get_by_label(say("page_m_f_agree", "lv")).check()
    page.get_by_label(say("page_m_f_payee", "lv")).fill("Uzlāde")
    page.locator("#give button.primary").click()
    expect(page.locator("#said")).to_have_text(
        say("page_m_need_account", "lv")
    )  # by a name alone anybody would be paid
    page.get_by_label(say("page_m_f_payee", "lv")).fill("")
    page.locator("#give button.primary").click()
    expect(page.get_by_label(say("page_m_code", "lv"))).to_be_focused()
    page.get_by_label(say("page_m_code", "lv")).fill(house.telephone.code)
    page.get_by_role("button", name=say("page_m_confirm", "lv")).click()
    expect(page.locator(".mandate p").first).to_contain_text(
        "par uzlādi jebkuram saņēmējam, ne vairāk kā 12,50\u00a0€ vienā reizē"
    )
    given = served.service.room.desk.purse.given.of_customer("c-form")
    assert [(one.strong, one.mandate.per_payment, one.mandate.limits[0].amount) for one in given] == [
        (True, 12_50, 100_00)
    ]
    page.locator("#give summary").click()
    looks_right(page)


def staff(served: Served, browser: Browser, path: str, name: str = "agent-7") -> Page:
    """A page of somebody of the house, on a machine where nobody has to log in."""
    context = browser.new_context(viewport={"width": 1500, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    kept = json.dumps({"languages": ["en", "lv"], "reads": "en", "simulated": True})
    page.add_init_script(f"localStorage.setItem('callahead-agent:{name}', {json.dumps(kept)})")
    page.goto(f"{served.http}{path}")
    return page


def test_an_agent_sees_why_and_disputes_by_keys(served: Served, browser: Browser) -> None:
    """Nothing before they speak; then payments with why not, mandates, and a dispute in the customer's words, by keys alone."""
    house = house_of(served, "line", "en")
    with_payments(served, house)
    page = staff(served, browser, "/agent?agent=agent-7")
    expect(page.locator("#link")).to_have_text("live", timeout=PATIENCE_MS)  # the process that shows has to start first
    page.keyboard.press("r")
    served.run(served.service.tell(CustomerPhoned("in/77", house.customer, "en", "simulated")))
    expect(page.locator("#phase")).to_have_text("Ringing")
    expect(page.locator("[data-deed=money]")).to_be_hidden()
    page.keyboard.press("a")
    expect(page.locator("#phase")).to_have_text("Talking")
    page.keyboard.press("$")
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("Money of Ilze")
    expect(sheet).to_contain_text("not paid: no mandate lets it be paid (MD01")
    expect(sheet).to_contain_text("car Volta E AB-123 may pay City parking for parking, at most EUR")
    paid = sheet.locator("#payments li[data-state=settled] [data-number]")
    page.keyboard.press(paid.get_attribute("data-number") or "")
    page.keyboard.type("it never stood there")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Disputed: a colleague decides")
    found = served.service.casebook.money.payments[f"pay/{house.device}/p-1"]
    assert (found.state, found.dispute) == (PaymentState.DISPUTED, "it never stood there")
    served.run(house.price_creeps())
    page.keyboard.press("$")
    question = sheet.locator("[data-question]")
    expect(question).to_contain_text("car Volta E AB-123, the price went up.")
    expect(question).to_contain_text("has risen from 3.50 EUR to 4.10 EUR")
    page.context.close()


def test_the_desk_decides_by_keys(served: Served, browser: Browser) -> None:
    """A dispute and a bank that says nothing are told in clear words, and decided with a reason."""
    house = house_of(served, "desk", "en")
    payment = served.run(house.pays("p-1", 7_77))
    served.run(served.service.tell(PaymentDisputed(payment, "wrong barrier", "simulated")))
    page = staff(served, browser, "/")
    panel = page.locator("#panel-money")
    page.keyboard.press("7")
    expect(panel).to_contain_text("Disputed: 7.77 EUR for parking")
    expect(panel).to_contain_text("wrong barrier")
    panel.locator(f'[data-payment="{payment}"]').get_by_role("button", name="Refund").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("the barrier was broken")
    page.keyboard.press("Enter")
    expect(panel).not_to_contain_text("7.77 EUR")
    assert served.service.room.desk.purse.payments[payment].state is PaymentState.REFUNDED
    paid = served.run(house.pays("p-2", 8_88))
    served.run(house.bank(paid, "RJCT"))
    held = panel.locator(f'[data-held="{paid}"]')
    expect(held).to_contain_text("The bank contradicts itself")
    held.get_by_role("button", name="What is booked stands").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("the report was of another order")
    page.keyboard.press("Enter")
    expect(held).to_have_count(0)
    rows = served.service.journal.ledger.rows()
    (row,) = [row for row in rows if row.type == "PuzzleClosed"]
    assert (json.loads(row.body)["how"], row.at > 0, bool(json.loads(row.body)["by"])) == ("stands", True, True)
    assert served.service.room.desk.purse.payments[paid].state is PaymentState.SETTLED
    page.context.close()
