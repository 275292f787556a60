"""OpenID Connect against a provider that listens on this machine: it checks us as the standard says, and lies when told to."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dispatch.access.hosts import AllowedHosts
from dispatch.access.provider import Provider
from dispatch.access.roles import Role
from dispatch.cli.sign_on import sign_on
from dispatch.delivery.openid_client import ALGORITHMS, LEEWAY_S, OpenIdClient
from dispatch.service.log_in import LogIn, Where
from dispatch.service.passwords import PasswordHasher
from dispatch.service.provider_file import BadProviderFile, ProviderSettings, read_provider
from dispatch.service.service import Service
from dispatch.service.settings import CannotStart
from dispatch.store.journal import Journal
from dispatch.web.api.app import create_app
from tests.dispatch.conftest import portless

pytestmark = pytest.mark.anyio
HTTP = "http://127.0.0.1:8080"
BACK = f"{HTTP}/log-in/provider/back"
SECRET = "the client's own"  # noqa: S105 - a test's
ANNA = {"sub": "a-1", "preferred_username": "anna", "email": "anna@house.example", "groups": ["dispatch"]}


def new_key() -> RSAKey:
    """Draw one, with a name of its own."""
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)})


KEY, STRANGER_KEY = new_key(), new_key()


@dataclass
class RealProvider:
    """Authorization code with PKCE, by the book. ``lies``: what its next words say instead; ``None``: left out."""

    port: int = 0
    person: dict[str, Any] = field(default_factory=lambda: dict(ANNA))
    lies: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: KEY)
    signs: Callable[[dict[str, Any]], str] | None = None
    down: bool = False
    told_at: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def app(self) -> Starlette:
        """What it serves."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
            ]
        )

    async def _discovery(self, _: Request) -> Response:
        self.told_at.append("discovery")
        if self.down:
            return JSONResponse({"error": "down"}, 503)
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/leave",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": True,
        }
        return JSONResponse({name: value for name, value in (found | self.metadata).items() if value is not None})

    async def _authorize(self, request: Request) -> Response:
        said = dict(request.query_params)
        assert (said["response_type"], said["client_id"], said["redirect_uri"]) == ("code", "callahead", BACK)
        assert said["code_challenge_method"] == "S256"
        assert "openid" in said["scope"].split()
        code = secrets.token_urlsafe()
        self._codes[code] = said
        url = httpx.URL(said["redirect_uri"], params={"code": code, "state": said["state"], "iss": self.issuer})
        return RedirectResponse(str(url), 303)

    async def _token(self, request: Request) -> Response:
        basic = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
        said = dict(parse_qsl((await request.body()).decode()))
        asked = self._codes.pop(said.get("code", ""), None)
        if basic != f"callahead:{SECRET}":
            return JSONResponse({"error": "invalid_client"}, 401)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(said["code_verifier"].encode()).digest()).rstrip(b"=")
        if asked is None or asked["code_challenge"] != challenge.decode() or said["redirect_uri"] != BACK:
            return JSONResponse({"error": "invalid_grant"}, 400)
        access, now = secrets.token_urlsafe(), int(time.time())
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims = {"iss": self.issuer, "aud": "callahead", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= {"at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(), **self.person, **self.lies}
        told = {name: value for name, value in claims.items() if value is not None}
        word = self.signs(told) if self.signs else jwt.encode({"alg": "RS256", "kid": self.key.kid}, told, self.key)
        return JSONResponse({"access_token": access, "token_type": "Bearer", "id_token": word})

    async def _keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


@pytest.fixture
def provider() -> Iterator[RealProvider]:
    """It listens on a free port."""
    provider = RealProvider()
    server = uvicorn.Server(uvicorn.Config(provider.app(), port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    provider.port = server.servers[0].sockets[0].getsockname()[1]
    yield provider
    server.should_exit = True
    thread.join()


def known(provider: RealProvider, **more: Any) -> Provider:
    """What the operator says of it."""
    roles = {"admins": Role.ADMINISTRATOR, "dispatch": Role.DISPATCHER}
    return Provider(provider.issuer, "callahead", "Example House", roles=roles, **more)


@pytest.fixture
async def service(provider: RealProvider) -> AsyncIterator[Service]:
    """A service without broker and port, of a house that has a provider."""
    async with portless() as made:
        made.log_in = LogIn(made.journal, may_be_open=False, hasher=PasswordHasher(cost=4))
        made.sign_on = sign_on(ProviderSettings(known(provider), SECRET), made.log_in)
        yield made


Browser = httpx.AsyncClient
Browse = Callable[[], Browser]


@pytest.fixture
async def browse(service: Service) -> AsyncIterator[Browse]:
    """Open browsers, each with cookies of its own."""
    app = create_app(service, AllowedHosts())
    opened: list[Browser] = []

    def open_one() -> Browser:
        opened.append(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HTTP))
        return opened[-1]

    yield open_one
    for one in opened:
        await one.aclose()


async def at_provider(browser: Browser, then: str = "/") -> str:
    """Go to the provider, log in there, and return where it sends the browser back to."""
    begun = await browser.get("/log-in/provider", params={"next": then})
    assert begun.status_code == 303, begun.text
    async with httpx.AsyncClient(trust_env=False) as outside:
        return (await outside.get(begun.headers["location"])).headers["location"]


async def log_in(browser: Browser, then: str = "/") -> httpx.Response:
    """The whole way, there and back."""
    return await browser.get(
        await at_provider(browser, then), headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    )


async def test_who_the_provider_vouches_for_is_let_in_with_the_role_of_their_group(browse: Browse) -> None:
    """Where they wanted to be, under their name there; the next time they are the same, whatever they are called by then."""
    browser = browse()
    assert "Log in with Example House" in (await browser.get("/log-in")).text
    answer = await log_in(browser, "/api/v1/me")
    assert (answer.status_code, answer.headers["location"]) == (303, "/api/v1/me")
    me = (await browser.get("/api/v1/me")).json()
    assert (me["actor"], me["role"]) == ("user/anna", "dispatcher")
    assert not [one for one in browser.cookies.jar if one.name == "callahead-way"]


async def test_a_person_is_issuer_and_subject_and_nothing_else(
    browse: Browse, provider: RealProvider, service: Service
) -> None:
    """A new name is the same account, with the role of today; another person of that name is another account."""
    await log_in(browse())
    provider.person |= {"preferred_username": "anna.berzina", "groups": ["admins", "dispatch"]}
    browser = browse()
    await log_in(browser)
    me = (await browser.get("/api/v1/me")).json()
    assert (me["actor"], me["role"]) == ("user/anna", "administrator")
    provider.person |= {"sub": "a-2", "preferred_username": "anna"}
    other = browse()
    await log_in(other)
    actor = (await other.get("/api/v1/me")).json()["actor"]
    assert actor.startswith("user/anna-")
    assert len(service.log_in.registers.accounts) == 2


async def test_nobody_becomes_an_account_of_ours_by_its_name(
    browse: Browse, provider: RealProvider, service: Service
) -> None:
    """Who calls themselves as the administrator does is somebody else; and an account of the provider gets no password."""
    await service.log_in.choose_password(service.log_in.first_secret() or "", "boss", "a horse that counts", Where())
    provider.person["preferred_username"] = "boss"
    browser = browse()
    await log_in(browser)
    me = (await browser.get("/api/v1/me")).json()
    assert (me["actor"].startswith("user/boss-"), me["role"]) == (True, "dispatcher")
    with pytest.raises(ValueError, match="comes by OpenID Connect"):
        await service.log_in.registers.invite(me["actor"].removeprefix("user/"), Role.ADMINISTRATOR, None, 0.0)


async def test_who_has_no_group_here_stays_outside_and_who_loses_theirs_is_logged_out(
    browse: Browse, provider: RealProvider
) -> None:
    """Everywhere."""
    inside, again = browse(), browse()
    await log_in(inside)
    provider.person["groups"] = ["canteen"]
    answer = await log_in(again)
    assert (answer.status_code, "None of your groups has a role here" in answer.text) == (401, True)
    assert (await inside.get("/api/v1/me")).status_code == 401


async def test_a_locked_account_stays_locked(browse: Browse, service: Service) -> None:
    """Whatever the provider says."""
    await log_in(browse())
    await service.log_in.registers.lock("anna")
    browser = browse()
    assert "was locked" in (await log_in(browser)).text
    assert (await browser.get("/api/v1/me")).status_code == 401


def none_at_all(claims: dict[str, Any]) -> str:
    """No signature."""
    parts = [json.dumps({"alg": "none"}), json.dumps(claims)]
    return ".".join(base64.urlsafe_b64encode(one.encode()).rstrip(b"=").decode() for one in parts) + "."


def with_our_secret(claims: dict[str, Any]) -> str:
    """Signed with what we know ourselves."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])


NOW = time.time()


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"aud": "another"}, {"aud": None},
        {"aud": ["another"], "azp": "callahead"}, {"aud": ["callahead", "another"], "azp": "another"},
        {"aud": ["callahead", "another"]}, {"exp": NOW - LEEWAY_S - 5}, {"exp": None}, {"nbf": NOW + 3_600},
        {"iat": NOW + 3_600}, {"nonce": "of yesterday"}, {"nonce": None}, {"at_hash": "AAAA"}, {"sub": None}, {"sub": ""},
        {"sub": ["a-1"]}, {"sub": 7},
    ],
)  # fmt: skip
async def test_a_word_that_does_not_hold_lets_nobody_in(
    browse: Browse, provider: RealProvider, lies: dict[str, Any]
) -> None:
    """Another issuer's, for another audience, over, not yet, of another log-in, without a subject."""
    provider.lies = lies
    browser = browse()
    answer = await log_in(browser)
    assert (answer.status_code, "does not hold" in answer.text) == (401, True), answer.text
    assert (await browser.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    "signs",
    [none_at_all, with_our_secret,
     lambda claims: jwt.encode({"alg": "RS256", "kid": "x"}, claims, STRANGER_KEY), lambda _: "a.b", lambda _: 7],
    ids=["none", "ours", "stranger", "nonsense", "number"],
)  # fmt: skip
async def test_a_word_that_the_provider_did_not_sign_lets_nobody_in(
    browse: Browse, provider: RealProvider, signs: Callable[[dict[str, Any]], str]
) -> None:
    """Not signed, with the wrong kind of key, by a stranger."""
    provider.signs = signs
    assert (await log_in(browse())).status_code == 401


async def test_clocks_may_be_a_little_apart(browse: Browse, provider: RealProvider) -> None:
    """A word that was over half a minute ago by ours."""
    provider.lies = {"exp": time.time() - LEEWAY_S / 2, "iat": time.time() + LEEWAY_S / 2}
    assert (await log_in(browse())).status_code == 303


async def test_keys_change(browse: Browse, provider: RealProvider) -> None:
    """A new one counts at once, the old one no more."""
    assert (await log_in(browse())).status_code == 303
    old, provider.key = provider.key, new_key()
    assert (await log_in(browse())).status_code == 303
    provider.signs = lambda claims: jwt.encode({"alg": "RS256", "kid": old.kid}, claims, old)
    assert (await log_in(browse())).status_code == 401


async def test_only_the_browser_that_went_comes_back_and_once(browse: Browse) -> None:
    """Another's code in my browser, mine in another's, the same twice, a state that was never drawn."""
    mine, other = browse(), browse()
    theirs = await at_provider(other)
    await at_provider(mine)
    assert "not where you began" in (await mine.get(theirs)).text
    back = await at_provider(mine)
    assert "begun in another browser" in (await browse().get(back)).text
    assert (await mine.get(back)).status_code == 303
    assert (await mine.get(back)).status_code == 401
    wrongs = [{"state": "guessed"}, {"iss": "https://evil.example"}, {"iss": ""}, {"code": "guessed"}, {"error": "no"}]
    for wrong in wrongs:
        back = await at_provider(mine)
        said = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()} | wrong
        assert (await mine.get("/log-in/provider/back", params=said)).status_code == 401, wrong
    assert (await mine.get("/log-in/provider/back", params={"code": "x" * 10_000})).status_code == 422


@pytest.mark.parametrize(
    "then", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\n/x"]
)
async def test_nobody_is_sent_elsewhere(browse: Browse, then: str) -> None:
    """By a link to the log-in."""
    assert (await log_in(browse(), then)).headers["location"] == "/"


async def test_a_provider_that_is_down_is_said_so_and_passwords_still_count(
    browse: Browse, provider: RealProvider, service: Service
) -> None:
    """It is asked again with the next who wants to go."""
    await service.log_in.choose_password(service.log_in.first_secret() or "", "boss", "a horse that counts", Where())
    provider.down = True
    browser = browse()
    answer = await browser.get("/log-in/provider")
    assert (answer.status_code, "Example House cannot be reached" in answer.text) == (503, True)
    assert 'name="password"' in answer.text
    assert (await browser.post("/log-in", data={"name": "boss", "password": "a horse that counts"})).status_code == 303
    provider.down = False
    assert (await log_in(browser)).status_code == 303


@pytest.mark.parametrize(
    "metadata",
    [{"issuer": "https://evil.example"}, {"issuer": None}, {"token_endpoint": None}, {"token_endpoint": 7},
     {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": "file:///etc/passwd"},
     {"authorization_endpoint": "javascript:alert(1)"}],
)  # fmt: skip
async def test_a_provider_that_says_what_cannot_be_is_not_believed(
    browse: Browse, provider: RealProvider, metadata: dict[str, Any]
) -> None:
    """Another issuer, no address, one that is asked without TLS."""
    provider.metadata = metadata
    assert (await browse().get("/log-in/provider")).status_code == 503


async def test_who_logs_out_here_is_told_where_to_log_out_there(browse: Browse, provider: RealProvider) -> None:
    """By the provider's own address; the session is over at once."""
    browser = browse()
    await log_in(browser)
    left = await browser.post("/log-out", headers={"origin": HTTP})
    assert (left.status_code, left.headers["location"]) == (303, "/log-in?left=1")
    assert (await browser.get("/api/v1/me")).status_code == 401
    page = (await browser.get(left.headers["location"])).text
    assert f'href="{provider.issuer}/leave?client_id=callahead&amp;post_logout_redirect_uri=' in page


async def test_a_service_without_provider_has_no_such_way(browse: Browse, service: Service) -> None:
    """404, and no button."""
    service.sign_on = None
    browser = browse()
    for path in ("/log-in/provider", "/log-in/provider/back"):
        assert (await browser.get(path)).status_code == 404
    assert "Log in with" not in (await browser.get("/log-in")).text


async def test_what_a_provider_answers_has_an_end(provider: RealProvider) -> None:
    """A megabyte is not read."""
    provider.metadata = {"x": "y" * 1_000_000}
    with pytest.raises(Exception, match="too long"):
        await OpenIdClient(provider.issuer, "callahead", SECRET).endpoints()


async def test_nobody_there_is_told_by_name() -> None:
    """Not a traceback."""
    with pytest.raises(Exception, match=r"127\.0\.0\.1:1 cannot be reached"):
        await OpenIdClient("http://127.0.0.1:1", "callahead", None).endpoints()


def test_no_signature_of_ours_or_of_nobody_counts() -> None:
    """What must never slip into the list."""
    assert not [one for one in ALGORITHMS if one.startswith("HS") or one == "none"]


PROVIDER = Provider("https://id.example", "c", "House", roles={"a": Role.AGENT, "b": Role.AUDITOR})


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"preferred_username": "Anna"}, "Anna"), ({"preferred_username": "Anna Bērziņa"}, "Anna-B-rzi-a"),
        ({"preferred_username": "../../x"}, "x"), ({"preferred_username": ["anna"], "email": "a@x.example"}, "a@x.example"),
        ({"email": "ceo@x.example", "email_verified": False}, "s"), ({"preferred_username": "名前", "sub": "名"}, None),
        ({"preferred_username": "a" * 200}, "a" * 64), ({}, "s"),
    ],
)  # fmt: skip
def test_a_name_is_one_that_accounts_may_have(claims: dict[str, Any], name: str | None) -> None:
    """Of what the provider says, the first that can be; an address that it did not check is none."""
    found = PROVIDER.person({"sub": "s"} | claims)
    assert found.name == name if name else found.name.startswith("person-")


@pytest.mark.parametrize(
    ("claim", "claims", "role"),
    [
        ("groups", {"groups": ["x", "b"]}, Role.AUDITOR), ("groups", {"groups": ["b", "a"]}, Role.AGENT),
        ("groups", {"groups": "a"}, Role.AGENT), ("groups", {"groups": {"a": 1}}, None), ("groups", {}, None),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, Role.AGENT),
        ("https://x.example/roles", {"https://x.example/roles": ["a"]}, Role.AGENT),
        ("groups", {"groups": [["a"], 7, None]}, None),
    ],
)  # fmt: skip
def test_a_role_is_of_the_first_group_that_the_file_names(
    claim: str, claims: dict[str, Any], role: Role | None
) -> None:
    """In the file's order, wherever the groups stand."""
    provider = Provider(
        "https://id.example", "c", "House", roles_claim=claim, roles={"a": Role.AGENT, "b": Role.AUDITOR}
    )
    assert provider.role(claims) is role


GOOD = 'issuer = "https://id.example"\nclient_id = "callahead"\ndefault_role = "agent"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("https", "http"), "issuer: is not https"), (GOOD.replace("https://id", "id"), "is no address"),
        (GOOD + 'client_secret = "abc"', "not the secret itself"), (GOOD + 'client_secret = "@/nowhere"', "cannot be read"),
        (GOOD + 'default_rol = "agent"', "default_rol"), (GOOD + "[roles]\nx = 'king'", "roles.x"),
        (GOOD + "[roles]\nx = 'vendor'", "a vendor reaches only its own"), (GOOD + 'scopes = ["email"]', "'openid'"),
        (GOOD.replace('default_role = "agent"', ""), "nobody would be let in"), ("[", "not TOML"),
        (GOOD + 'redirect_uri = "http://calls.example/"', "redirect_uri: is not https"),
    ],
)  # fmt: skip
def test_a_file_that_will_not_do_is_refused_with_the_reason(tmp_path: Path, text: str, says: str) -> None:
    """By file, key and rule."""
    file = tmp_path / "oidc.toml"
    file.write_text(text)
    with pytest.raises(BadProviderFile, match=says):
        read_provider(file)


def test_a_secret_stands_in_a_file_or_in_the_environment(tmp_path: Path) -> None:
    """The file's goes first; on this machine a provider needs no TLS."""
    (tmp_path / "secret").write_text("from the file\n")
    file = tmp_path / "oidc.toml"
    file.write_text(GOOD.replace("https://id.example", "http://localhost:8081"))
    assert read_provider(file, "from the environment").secret == "from the environment"  # noqa: S105
    file.write_text(GOOD + f'client_secret = "@{tmp_path}/secret"\n')
    assert read_provider(file, "from the environment").secret == "from the file"  # noqa: S105
    with pytest.raises(CannotStart, match="certificates cannot be used"):
        sign_on(ProviderSettings(PROVIDER, ca=tmp_path / "secret"), LogIn(Journal.in_memory()))


def test_a_served_house_shows_the_way(serve: Callable[..., Any], tmp_path: Path, provider: RealProvider) -> None:
    """``callahead-serve --oidc``: log-in from the first start on, though the service is on this machine alone."""
    file = tmp_path / "oidc.toml"
    file.write_text(
        f'issuer = "{provider.issuer}"\nclient_id = "callahead"\nlabel = "Example House"\ndefault_role = "agent"\n'
    )
    served = serve("--oidc", str(file))
    assert httpx.get(f"{served.http}/api/v1/me").status_code == 401
    assert "Log in with Example House" in httpx.get(f"{served.http}/log-in").text
    sent = httpx.get(f"{served.http}/log-in/provider")
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert asked["redirect_uri"] == [f"{served.http}/log-in/provider/back"]
    assert {"code_challenge", "state", "nonce"} <= asked.keys()


async def test_an_administrator_of_the_provider_is_one(
    browse: Browse, provider: RealProvider, service: Service
) -> None:
    """Then no first link is drawn: there is somebody who lets others in."""
    assert service.log_in.first_secret()
    provider.person["groups"] = ["admins"]
    browser = browse()
    await log_in(browser)
    assert (await browser.get("/api/v1/accounts")).json()[0]["by_openid"] is True
    assert service.log_in.first_secret() is None
