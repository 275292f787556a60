"""Who may do what, spoken to over HTTP: roles times routes, sessions, keys, links, calls of others, foreign pages."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter

from dispatch.access import totp
from dispatch.access.lockout import FREE_OF_STRANGERS
from dispatch.access.permissions import Permission
from dispatch.access.roles import BY_LINK, GRANTS, OWNERS, Reach, Role
from dispatch.delivery.partner_networks import PartnerNetworks
from dispatch.ledger.rows import read
from dispatch.service.access_registers import new_authenticator
from dispatch.service.log_in import SESSION_S, Attempted, LogIn, NotLoggedIn, Where
from dispatch.service.passwords import PasswordHasher
from dispatch.service.service import Service
from dispatch.web.api.app import routes
from dispatch.web.may import DeclaredRoute, NothingDeclared, Own, declared
from tests.dispatch.conftest import HTTP, Connect, Hour, portless

pytestmark = pytest.mark.anyio
PASSWORD = "a horse that counts to twelve"  # noqa: S105 - a test's
WHOSE = {Role.VENDOR: "volta", Role.PARTNER: "w-1", Role.CUSTOMER: "c-1", Role.HELPER: "help/truck-1"}
Words = Any


@pytest.fixture
async def service(hour: Hour) -> AsyncIterator[Service]:
    """A service without broker and without port, whose passwords are hashed quickly."""
    async with portless(partner_networks=PartnerNetworks.parse(["127.0.0.0/8"])) as made:
        made.log_in = LogIn(made.journal, now=hour, hasher=PasswordHasher(cost=4))
        yield made


@pytest.fixture
async def house(service: Service, connect: Connect, words: Words) -> httpx.AsyncClient:
    """A house with devices, a customer and partners, and an administrator, as whom the client is logged in."""
    boss = connect()
    where = {"latitude": 56.9, "longitude": 24.1, "provenance": "simulated"}
    for path, body in (
        ("/vendors", words.vendors), ("/devices", words.registered), ("/customers", [words.customer]),
        ("/workshops", [{"workshop": "w-1", **where}]),
        ("/suppliers", [{"supplier": "s-1", "serves": ["supplies"], "url": "https://8.8.8.8/", **where}]),
    ):  # fmt: skip
        (await boss.post(f"/api/v1{path}", json=body)).raise_for_status()
    first = service.log_in.first_secret()
    form = {"name": "boss", "password": PASSWORD, "again": PASSWORD}
    answer = await boss.post(f"/enter/{first}", data=form)
    assert answer.status_code == 303
    return boss


async def account(boss: httpx.AsyncClient, connect: Connect, name: str, role: Role) -> httpx.AsyncClient:
    """Have somebody invited, choose a password, and be logged in."""
    told = await boss.post("/api/v1/accounts", json={"name": name, "role": role, "owns": WHOSE.get(role)})
    assert told.status_code == 200, told.text
    client = connect()
    answer = await client.post(told.json()["path"], data={"password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


async def known_as(boss: httpx.AsyncClient, connect: Connect, role: Role) -> httpx.AsyncClient:
    """Return a client of that role: by link, or with an account."""
    if role not in BY_LINK:
        return await account(boss, connect, f"some-{role}", role)
    told = await boss.post("/api/v1/links", json={"role": role, "owns": WHOSE[role]})
    client = connect()
    assert (await client.post(told.json()["path"])).status_code == 303
    return client


def asked(found: list[DeclaredRoute]) -> Iterator[tuple[str, str, DeclaredRoute]]:
    """Yield each route as method and path with things of nobody's in it."""
    for route in found:
        for method in route.methods - {"HEAD", "OPTIONS"}:
            yield method, re.sub(r"\{[^}]*\}", "nobodys", route.path), route


@pytest.mark.parametrize("role", Role)
async def test_each_role_may_do_what_the_table_says_on_each_route(
    role: Role, house: httpx.AsyncClient, connect: Connect
) -> None:
    """And nothing else; what is another's is refused to whoever reaches only their own."""
    client = await known_as(house, connect, role)
    assert (await client.get("/api/v1/me")).json()["role"] == role
    wrong = []
    for method, path, route in asked(routes()):
        if route.path in {"/log-out", "/log-in"}:
            continue
        answer = await client.request(method, path)
        reach = GRANTS[role].get(route.needs.permission)
        names_another = route.needs.own in {Own.DEVICE, Own.VENDOR, Own.PARTNER, Own.CUSTOMER}
        refused = reach is None or (reach is Reach.OWN and (route.needs.own is Own.NOT_SAID or names_another))
        if refused is not (answer.status_code == 403) or answer.status_code in {401, 500}:
            wrong.append((method, path, answer.status_code))
    assert wrong == []
    console = await client.get("/nothing-of-ours")
    assert console.status_code == (404 if Permission.WATCH_CONSOLE in GRANTS[role] else 403)


async def test_a_stranger_gets_no_further_than_the_door(house: httpx.AsyncClient, connect: Connect) -> None:
    """401 everywhere, whatever the body; but for logging in, whether it lives, and signed webhooks."""
    stranger, wrong = connect(), connect("callahead_nonsense")
    for client in (stranger, wrong):
        for method, path, route in asked(routes()):
            answer = await client.request(method, path, content=b"{", headers={"content-type": "application/json"})
            open_to_all = route.needs.permission is Permission.BE_ANYBODY
            assert (answer.status_code == 401) is (not open_to_all or (path == "/log-in" and method == "POST")), path
        for path in ("/", "/_nicegui/x", "/api/v1/docs", "/api/v1/openapi.json", "/static-offline-docs/x", "/anything"):
            assert (await client.get(path)).status_code == 401, path
    assert (await house.get("/api/v1/docs")).status_code == 200


def test_a_route_that_says_not_what_it_needs_does_not_start() -> None:
    """Nobody can forget it."""
    router = APIRouter()
    router.add_api_route("/open", lambda: None)
    with pytest.raises(NothingDeclared, match="each route says with may"):
        list(declared([router]))


async def test_who_reaches_only_their_own_does(house: httpx.AsyncClient, connect: Connect) -> None:
    """A vendor its devices, a partner its requests, a customer their cases, a helper their truck."""
    clients = {role: await known_as(house, connect, role) for role in OWNERS}
    vendor, partner = clients[Role.VENDOR], clients[Role.PARTNER]
    assert (await vendor.get("/api/v1/devices/volta/car-1")).status_code == 200
    assert (await vendor.get("/api/v1/devices/help/truck-1")).status_code == 403
    device = {"kind": "car", "provenance": "simulated", "customer": "c-1"}
    for name, paired, status in (("volta/car-9", None, 200), ("help/x", None, 403), ("volta/car-9", "help/p", 403)):
        body = [device | {"device": name, "paired_phone": paired}]
        assert (await vendor.post("/api/v1/devices", json=body)).status_code == status
    assert (await vendor.post("/api/v1/vendors/volta/credentials", json={})).status_code == 200
    assert (await vendor.post("/api/v1/devices/help/truck-1/credentials", json={})).status_code == 403
    assert (await partner.get("/api/v1/requests", params={"partner": "w-1"})).status_code == 200
    assert (await partner.get("/api/v1/requests", params={"partner": "s-1"})).status_code == 403
    assert (await partner.post("/api/v1/partners/s-1/secret")).status_code == 403
    assert (await clients[Role.CUSTOMER].get("/api/v1/cases")).json() == []
    assert (await clients[Role.HELPER].get("/api/v1/devices/help/truck-1")).status_code == 200
    assert (await clients[Role.HELPER].get("/api/v1/devices/volta/car-1")).status_code == 403


CLAIM = {"languages": ["lv"], "provenance": "simulated"}


async def test_a_customer_sees_their_own_case_alone(
    house: httpx.AsyncClient, connect: Connect, hear: Any, words: Words
) -> None:
    """Another's is neither listed nor told."""
    mine = await known_as(house, connect, Role.CUSTOMER)
    told = await house.post("/api/v1/links", json={"role": "customer", "owns": "c-2"})
    other = connect()
    await other.post(told.json()["path"])
    await hear(words.flat_battery())
    (case,) = (await mine.get("/api/v1/cases")).json()
    assert (await other.get("/api/v1/cases")).json() == []
    statuses = [
        (await one.get("/api/v1/cases/timeline", params={"case": case["case"]})).status_code for one in (mine, other)
    ]
    assert statuses == [200, 403]


async def test_a_call_is_connected_and_ended_by_whom_it_was_given_to(
    house: httpx.AsyncClient, connect: Connect, hear: Any, words: Words, service: Service
) -> None:
    """An agent claims for nobody else and speaks for nobody else; a supervisor takes over, and the row tells both."""
    anna, bob = [await account(house, connect, name, Role.AGENT) for name in ("anna", "bob")]
    chief = await account(house, connect, "chief", Role.SUPERVISOR)
    await hear(words.truck())
    await hear(words.flat_battery())
    assert (await bob.post("/api/v1/agents/anna/claim", json=CLAIM)).status_code == 403
    brief = (await anna.post("/api/v1/agents/anna/claim", json=CLAIM)).json()
    said = {"call": brief["call"], "attempt": 1}
    for body in (said, said | {"agent": "bob"}):
        assert (await bob.post("/api/v1/calls/connected", json=body)).status_code == 409
    assert (await bob.post("/api/v1/calls/connected", json=said | {"agent": "anna"})).status_code == 403
    assert (await bob.post("/api/v1/calls/ended", json=said | {"outcome": "informed"})).status_code == 409
    assert (await anna.post("/api/v1/calls/connected", json=said)).status_code == 200
    assert (await chief.post("/api/v1/calls/ended", json=said | {"outcome": "informed"})).status_code == 200
    rows = {row.type: read(row) for row in service.journal.ledger.rows() if row.type.startswith(("Call", "Agent"))}
    assert (rows["AgentBecameFree"].by, rows["CallConnected"].agent, rows["CallConnected"].by) == (
        "user/anna",
        "anna",
        "user/anna",
    )
    assert (rows["CallEnded"].agent, rows["CallEnded"].by) == ("anna", "user/chief")
    assert service.casebook.calls[brief["call"]].state == "done"
    lines = (await chief.get("/api/v1/cases/timeline", params={"case": brief["case"]})).json()
    assert any("anna's, taken over by chief" in line["what"] for line in lines)


async def test_a_case_is_a_dispatchers_until_it_is_handed_over_or_a_supervisor_takes_over(
    house: httpx.AsyncClient, connect: Connect, hear: Any, words: Words
) -> None:
    """A person acts for nobody else; colleagues are those who may have cases; a customer reads no notes about themselves."""
    anna, bob = [await account(house, connect, name, Role.DISPATCHER) for name in ("anna", "bob")]
    chief = await account(house, connect, "chief", Role.SUPERVISOR)
    await account(house, connect, "agent", Role.AGENT)
    await hear(words.truck())
    await hear(words.flat_battery())

    async def acts(who: httpx.AsyncClient, name: str, **more: Any) -> tuple[int, str]:
        (case,) = (await anna.get("/api/v1/cases")).json()
        acts.count += 1  # type: ignore[attr-defined]
        body = {"ref": f"r-{acts.count}", "case": case["case"], "seen": case["version"], **more}  # type: ignore[attr-defined]
        answer = await who.post(f"/api/v1/cases/{name}", json=body)
        return answer.status_code, answer.json().get("type", "").rpartition(":")[2]

    acts.count = 0  # type: ignore[attr-defined]
    assert await acts(anna, "take", dispatcher="bob") == (403, "not-allowed")
    assert await acts(anna, "take") == (200, "")
    assert await acts(bob, "take") == (409, "not-yours")
    assert await acts(bob, "take", take_over=True) == (403, "not-allowed")
    assert await acts(bob, "note", text="I see it, too") == (200, "")
    assert await acts(anna, "hand-over", to="agent") == (404, "unknown-dispatcher")
    assert await acts(anna, "hand-over", to="user/bob") == (200, "")
    assert await acts(bob, "acknowledge") == (200, "")
    assert await acts(chief, "take", take_over=True) == (200, "")
    found = {one["dispatcher"]: one["cases"] for one in (await chief.get("/api/v1/dispatchers")).json()}
    assert found == {"user/anna": 0, "user/bob": 0, "user/chief": 1}
    mine = await known_as(house, connect, Role.CUSTOMER)
    (case,) = (await mine.get("/api/v1/cases")).json()
    lines = (await mine.get("/api/v1/cases/timeline", params={"case": case["case"]})).json()
    assert case["notes"] == []
    assert not any("I see it" in line["what"] for line in lines)
    assert any("chief takes the case, though it is another's" in line["what"] for line in lines)


async def test_every_row_that_somebody_asked_for_says_who(
    house: httpx.AsyncClient, connect: Connect, service: Service
) -> None:
    """A key by its name; where nobody logs in, the demo; a partner as partner."""
    told = await house.post("/api/v1/keys", json={"name": "exchange", "scopes": ["announce-calls"]})
    exchange = connect(told.json()["key"])
    assert (await exchange.post("/api/v1/calls/inbound", json={"ref": "1", "customer": "c-1"})).status_code == 200
    assert (await exchange.get("/api/v1/cases")).status_code == 403
    by = {row.type: json.loads(row.body).get("by") for row in service.journal.ledger.rows() if row.kind == "input"}
    assert by == {
        "WorkshopOpened": "demo-dispatcher", "SupplierOpened": "demo-dispatcher", "CustomerPhoned": "key/exchange",
    }  # fmt: skip


async def test_a_key_holds_until_it_expires_or_is_revoked(
    house: httpx.AsyncClient, connect: Connect, hour: Hour
) -> None:
    """It is told once; the name is free again only then."""
    made = {"name": "k", "scopes": ["read-health"], "days": 1}
    client = connect((await house.post("/api/v1/keys", json=made)).json()["key"])
    assert (await client.get("/api/v1/health")).status_code == 200
    assert (await house.post("/api/v1/keys", json=made)).status_code == 422
    assert (await house.delete("/api/v1/keys/k")).status_code == 204
    assert (await client.get("/api/v1/health")).status_code == 401
    client = connect((await house.post("/api/v1/keys", json=made)).json()["key"])
    hour.now += 86_401
    assert (await client.get("/api/v1/health")).status_code == 401
    assert (await house.delete("/api/v1/keys/other")).status_code == 401  # the administrator's session is over, too


@pytest.mark.parametrize(
    "body",
    [{"name": "k"}, {"name": "k", "role": "agent", "scopes": ["read-cases"]}, {"name": "k", "role": "vendor"},
     {"name": "../k", "role": "agent"}, {"name": "k", "scopes": ["read-everything"]}],
)  # fmt: skip
async def test_a_key_that_makes_no_sense_is_not_made(house: httpx.AsyncClient, body: dict[str, Any]) -> None:
    """422, with the reason."""
    assert (await house.post("/api/v1/keys", json=body)).status_code == 422


async def test_no_secret_is_kept(house: httpx.AsyncClient, service: Service) -> None:
    """Neither password, nor key, session or link stands in the store: hashes do."""
    key = (await house.post("/api/v1/keys", json={"name": "k", "role": "auditor"})).json()["key"]
    link = (
        (await house.post("/api/v1/links", json={"role": "customer", "owns": "c-1"})).json()["path"].rpartition("/")[2]
    )
    journal = service.journal
    kept = repr([journal.accounts.all(), journal.api_keys.all(), journal.sessions.all(), journal.access_links.all()])
    cookie = house.cookies["callahead"]
    assert not [secret for secret in (PASSWORD, key, link, cookie) if secret in kept]


@pytest.mark.usefixtures("house")
async def test_sessions_end(connect: Connect, hour: Hour, service: Service) -> None:
    """By logging out, after hours without a question, after a shift, and when an account is locked."""
    for over in ("log out", "idle", "shift", "locked"):
        client = connect()
        answer = await client.post("/log-in", data={"name": "boss", "password": PASSWORD, "next": "//evil.example"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(answer.headers["set-cookie"].split("; "))
        assert (await client.get("/api/v1/me")).json()["actor"] == "user/boss"
        if over == "log out":
            assert (await client.post("/log-out")).status_code == 303
        elif over == "idle":
            hour.now += 2 * 3600
        elif over == "shift":
            for _ in range(int(SESSION_S // 3600)):
                hour.now += 3600
                await client.get("/api/v1/me")
        else:
            assert (await client.post("/api/v1/accounts/boss/lock")).status_code == 204
        assert (await client.get("/api/v1/me")).status_code == 401, over
    assert (await connect().post("/log-in", data={"name": "boss", "password": PASSWORD})).status_code == 401
    assert len(service.journal.sessions.all()) <= 1


async def test_sessions_and_keys_outlive_a_restart(house: httpx.AsyncClient, service: Service, hour: Hour) -> None:
    """They are in the store."""
    service.log_in = again = LogIn(service.journal, now=hour)
    assert again.by_session(house.cookies["callahead"]).actor == "user/boss"
    assert (again.open, again.first_secret()) == (False, None)


@pytest.mark.usefixtures("house")
async def test_wrong_passwords_have_to_wait(connect: Connect, hour: Hour) -> None:
    """Told, by name and by address; whether there is such a name is told to nobody."""
    for name in ("boss", "nobody"):
        client = connect()
        answers = [await client.post("/log-in", data={"name": name, "password": "wrong"}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        assert "Name, password or code is wrong." in answers[0].text
        assert (answers[5].headers["retry-after"], "try again in 60 s" in answers[5].text) == ("60", True)
    hour.now += 61
    assert (await connect().post("/log-in", data={"name": "boss", "password": PASSWORD})).status_code == 303
    for number in range(10):
        await connect().post("/log-in", data={"name": f"guess-{number}", "password": "wrong"})
    assert (await connect().post("/log-in", data={"name": "boss", "password": PASSWORD})).status_code == 429


@pytest.mark.usefixtures("house")
async def test_of_a_burst_of_guesses_five_are_looked_at(connect: Connect, service: Service) -> None:
    """A hundred at once: counted before they are looked at; another address still gets in where the owner has been."""
    client = connect()
    burst = [client.post("/log-in", data={"name": "boss", "password": f"guess {number}"}) for number in range(100)]
    answers = [answer.status_code for answer in await asyncio.gather(*burst)]
    assert (answers.count(401), answers.count(429)) == (5, 95)
    assert (await client.post("/log-in", data={"name": "boss", "password": PASSWORD})).status_code == 429
    stranger = Where("203.0.113.7")
    assert await service.log_in.log_in(Attempted("boss", PASSWORD, where=stranger))


@pytest.mark.usefixtures("house")
async def test_a_restart_is_no_new_beginning_for_who_guesses(service: Service, hour: Hour) -> None:
    """What strangers tried with an account is kept; the owner gets in from where they have been."""
    for number in range(FREE_OF_STRANGERS):
        with pytest.raises(NotLoggedIn):
            await service.log_in.log_in(Attempted("boss", "wrong", where=Where(f"192.0.2.{number}")))
    again = LogIn(service.journal, now=hour, hasher=PasswordHasher(cost=4))
    with pytest.raises(NotLoggedIn, match="try again in 60 s"):
        await again.log_in(Attempted("boss", PASSWORD, where=Where("198.51.100.1")))
    assert await again.log_in(Attempted("boss", PASSWORD, where=Where("127.0.0.1")))


@pytest.mark.usefixtures("house")
async def test_wrong_codes_count_as_wrong_passwords_do_and_a_code_counts_once_beyond_a_restart(
    service: Service, hour: Hour
) -> None:
    """Six digits are guessed quickly where one may guess."""
    secret = new_authenticator()
    code = totp.code_at(secret, int(hour.now // totp.STEP_S))
    await service.log_in.add_authenticator("boss", secret, code)
    said, wrong = Attempted("boss", PASSWORD, code), Attempted("boss", PASSWORD, "000000")
    assert await service.log_in.log_in(said)
    again = LogIn(service.journal, now=hour, hasher=PasswordHasher(cost=4))
    for tried, why in ((said, "code is wrong"), *((wrong, "code is wrong"),) * 4, (wrong, "try again in 60 s")):
        with pytest.raises(NotLoggedIn, match=why):
            await again.log_in(tried)


@pytest.mark.usefixtures("house")
async def test_of_two_changes_at_once_none_undoes_the_other(service: Service) -> None:
    """An account is locked while a wrong password is written down."""
    wrong = [service.log_in.log_in(Attempted("boss", "wrong", where=Where(f"192.0.2.{one}"))) for one in range(4)]
    await asyncio.gather(*wrong, service.log_in.registers.lock("boss"), return_exceptions=True)
    (kept,) = service.journal.accounts.all()
    assert (kept.locked, kept.record.wrong) == (True, 4)


async def test_a_code_is_asked_for_where_there_is_an_authenticator(
    house: httpx.AsyncClient, connect: Connect, hour: Hour
) -> None:
    """It counts from when it was confirmed, each code once; an administrator can take it away."""
    told = (await house.post("/api/v1/me/authenticator")).json()
    now = lambda: totp.code_at(told["secret"], int(hour.now // totp.STEP_S))  # noqa: E731
    assert (
        await house.put("/api/v1/me/authenticator", json={"secret": told["secret"], "code": "000000"})
    ).status_code == 422
    assert (
        await house.put("/api/v1/me/authenticator", json={"secret": told["secret"], "code": now()})
    ).status_code == 204
    said = {"name": "boss", "password": PASSWORD}
    assert (await connect().post("/log-in", data=said)).status_code == 401
    assert (await connect().post("/log-in", data=said | {"code": now()})).status_code == 303
    assert (await connect().post("/log-in", data=said | {"code": now()})).status_code == 401
    assert (await house.delete("/api/v1/accounts/boss/authenticator")).status_code == 204
    assert (await connect().post("/log-in", data=said)).status_code == 303


async def test_a_link_is_used_once_and_shows_itself_before(house: httpx.AsyncClient, connect: Connect) -> None:
    """Looking at it uses nothing up; passwords that do not fit are told."""
    path = (await house.post("/api/v1/accounts", json={"name": "anna", "role": "agent"})).json()["path"]
    client = connect()
    assert "Welcome, anna" in (await client.get(path)).text
    for password, again, says in ((PASSWORD, "other", "not the same"), ("short", "short", "12 to 200")):
        answer = await client.post(path, data={"password": password, "again": again})
        assert (answer.status_code, says in answer.text) == (422, True)
    statuses = [
        answer.status_code
        for answer in await asyncio.gather(
            *(client.post(path, data={"password": PASSWORD, "again": PASSWORD}) for _ in "ab")
        )
    ]
    assert sorted(statuses) in ([303, 404], [303, 422])
    assert (await client.get(path)).status_code == 404
    assert (await client.get("/enter/nonsense")).status_code == 404


async def test_of_several_invitations_the_last_one_leads_in_and_none_behind_a_password(
    house: httpx.AsyncClient, connect: Connect, service: Service
) -> None:
    """Whoever finds an older link, or one that its owner has no more need of, does not become them."""
    asked, form = {"name": "anna", "role": "agent"}, {"password": PASSWORD, "again": PASSWORD}
    paths = [(await house.post("/api/v1/accounts", json=asked)).json()["path"] for _ in "ab"]
    anna = connect()
    assert (await connect().post(paths[0], data=form)).status_code == 404
    assert (await anna.post(paths[1], data=form)).status_code == 303
    unused = (await house.post("/api/v1/accounts", json=asked)).json()["path"]
    assert (await connect().get(unused)).status_code == 200
    who = service.log_in.by_session(anna.cookies["callahead"])
    await service.log_in.change_password(who, Attempted("anna", PASSWORD), f"{PASSWORD}!")
    assert (await connect().get(unused)).status_code == 404


async def test_cookies_of_others_do_not_log_one_out(house: httpx.AsyncClient, connect: Connect) -> None:
    """A browser sends what other programs of this machine have set, whatever their port and however they write it."""
    ours = f"callahead={house.cookies['callahead']}"
    for others in ('theirs={"a":1}', "[x]=1", "a b=c", "=", 'x="', "näme=ü"):
        headers = {"cookie": f"{others}; {ours}".encode()}
        assert (await connect().get("/api/v1/me", headers=headers)).status_code == 200, others


async def test_a_customer_tells_what_they_see_themselves(
    house: httpx.AsyncClient, connect: Connect, hear: Any, words: Words
) -> None:
    """No crew's finding, which nobody doubts, for no agent, and on nobody's call."""
    mine = await known_as(house, connect, Role.CUSTOMER)
    await hear(words.flat_battery())
    (case,) = (await mine.get("/api/v1/cases")).json()
    told = {"ref": "r-1", "case": case["case"], "part": "tyre"}
    for more in ({"by": "crew"}, {"agent": "agent-7"}, {"call": "another's"}):
        answer = await mine.post("/api/v1/cases/reported", json=told | more)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:callahead:problem:not-allowed"), more
    assert (await mine.post("/api/v1/cases/reported", json=told)).status_code == 200


async def test_the_first_account_closes_the_door(connect: Connect, service: Service) -> None:
    """Before, whoever is on this machine may do everything, and it is said; a proxy's strangers are not on this machine."""
    client = connect()
    assert (await client.get("/api/v1/me")).json()["actor"] == "demo-dispatcher"
    assert "Nobody has to log in here" in (await client.get("/log-in")).text
    forwarded = await client.get("/api/v1/me", headers={"x-forwarded-for": "192.0.2.1"})
    assert (forwarded.status_code, "over a proxy" in forwarded.json()["detail"]) == (403, True)
    first = service.log_in.first_secret()
    assert (await client.post("/api/v1/keys", json={"name": "k", "role": "auditor"})).status_code == 200
    assert (await client.get("/api/v1/me")).status_code == 401
    form = {"name": "boss", "password": PASSWORD, "again": PASSWORD}
    assert (await client.post(f"/enter/{first}", data=form | {"name": "<b>"})).status_code == 422
    assert (await client.post(f"/enter/{first}", data=form)).status_code == 303
    assert (await client.get("/api/v1/me")).json()["role"] == "administrator"
    assert (await connect().post(f"/enter/{first}", data=form)).status_code == 404


async def test_a_foreign_page_can_do_nothing(house: httpx.AsyncClient) -> None:
    """With the administrator's cookie, by a form that needs no body; nor can a name that was re-bound to this machine."""
    drawn = "/api/v1/partners/s-1/secret"
    assert (await house.post(drawn)).status_code == 200
    for headers in ({"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
                    {"host": "evil.example"}, {"origin": "http://127.0.0.1:9"}):  # fmt: skip
        answer = await house.post(drawn, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:callahead:problem:foreign")
    assert (await house.post(drawn, headers={"origin": HTTP, "sec-fetch-site": "same-origin"})).status_code == 200


async def test_an_idempotency_key_belongs_to_who_sent_it(house: httpx.AsyncClient, connect: Connect) -> None:
    """Another's same key is another request: nobody is told another's secret."""
    told = await house.post("/api/v1/keys", json={"name": "volta", "role": "vendor", "owns": "volta"})
    once, path = {"idempotency-key": "1"}, "/api/v1/vendors/volta/credentials"
    first = (await house.post(path, json={}, headers=once)).json()
    assert (await house.post(path, json={}, headers=once)).json() == first
    other = await connect(told.json()["key"]).post(path, json={}, headers=once)
    assert other.json()["password"] != first["password"]
    answer = await connect().post(path, json={}, headers=once)
    assert answer.status_code == 401


async def test_who_is_hashed_does_not_keep_others_waiting(
    house: httpx.AsyncClient, connect: Connect, service: Service
) -> None:
    """A password's hash is slow on purpose; meanwhile the loop turns."""
    service.log_in._hasher = PasswordHasher(cost=11)
    slow = asyncio.create_task(connect().post("/log-in", data={"name": "boss", "password": PASSWORD}))
    turns = 0
    while not slow.done():
        turns += (await house.get("/health/live")).status_code == 200
        await asyncio.sleep(0)  # nothing of a service without a port ever waits
    assert turns > 3


async def test_a_session_is_known_by_heart(house: httpx.AsyncClient, service: Service) -> None:
    """Among thousands, without the store: what checking one costs is in benchmarks/session_check.py."""
    for number in range(2_000):
        await service.log_in._begin(f"user-{number}", SESSION_S, Where())
    service.journal.close()
    assert service.log_in.by_session(house.cookies["callahead"]).known
    assert not service.log_in.by_session("x" * 43).known
