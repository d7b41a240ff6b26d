"""Signing in at the company's own server: a small one of ours over real HTTP, with signed tokens, honest and not."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from crmetrics.vocabulary.errors import BadValue
from crmetrics.web.application import application
from crmetrics.web.company_sign_in import SECRET, company_server
from crmetrics.workspace.audit import Audit
from crmetrics.workspace.people import People
from tests.web.signed_in import HOME, site_of
from tests.web.test_pages import publish

CLIENT, PASSWORD = "crmetrics", "the secret of the client"
KEY = RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class Provider:
    """What the server knows and does; `lies` change what its tokens say."""

    issuer: str = ""
    key: Any = field(default_factory=lambda: KEY)
    signs_with: Any = None
    algorithm: str = "RS256"
    claims: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)
    tokens_given: int = 0

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.lies.get("metadata_issuer", self.issuer),
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def token(self, sent: dict[str, list[str]], authorization: str) -> tuple[int, dict[str, Any]]:
        """Give a token for a code, to the client alone who knows secret and verifier."""
        digest = hashlib.sha256(sent["code_verifier"][0].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{PASSWORD}".encode()).decode()
        if sent["code"] != ["the code"] or [challenge] != self.asked["code_challenge"] or authorization != basic:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "u1", "iat": now, "exp": now + 300,
            "nonce": self.asked["nonce"][0], **self.claims, **self.lies,
        }  # fmt: skip
        signed = jwt.encode(
            {"alg": self.algorithm, "kid": "one"}, claims, self.signs_with or self.key, [self.algorithm]
        )
        self.tokens_given += 1
        return 200, {"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": signed}


def handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, content: Any) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            told = {
                "/.well-known/openid-configuration": provider.metadata(),
                "/keys": {"keys": [provider.key.as_dict(private=False)]},
            }
            self.answer(200 if self.path in told else 404, told.get(self.path, {}))

        def do_POST(self) -> None:
            sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.answer(*provider.token(sent, self.headers.get("Authorization", "")))

        def log_message(self, *_given: object) -> None:
            """Tests print nothing."""

    return Handler


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(made))
    made.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def app(tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setenv(SECRET, PASSWORD)
    publish(tmp_path, 1)
    settings = tmp_path / "crmetrics.toml"
    settings.write_text(
        settings.read_text()
        + f'[sign_in]\nissuer = "{provider.issuer}"\nclient_id = "{CLIENT}"\nemployee_claim = "staff_no"\n'
    )
    made = application(tmp_path)
    People(site_of(made).state).add("ada@example.com", "admin")
    return made


def browser(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=HOME, follow_redirects=False)


def there(client: TestClient, provider: Provider, going_on: str = "/analyses") -> str:
    """Go to the provider; the state with which it would send the browser back."""
    sent = client.get("/sign-in/company", params={"next": going_on})
    assert sent.status_code == 303
    address = urlsplit(sent.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{provider.issuer}/authorize"
    provider.asked = parse_qs(address.query)
    assert provider.asked["code_challenge_method"] == ["S256"]
    assert provider.asked["redirect_uri"] == [f"{HOME}/sign-in/company/back"]
    return provider.asked["state"][0]


def back(client: TestClient, state: str, code: str = "the code") -> Any:
    return client.get("/sign-in/company/back", params={"state": state, "code": code})


def test_who_is_known_by_a_confirmed_address_is_let_in(app: FastAPI, provider: Provider) -> None:
    provider.claims = {"email": "Ada@example.com", "email_verified": True, "staff_no": "ana"}
    client = browser(app)
    assert "company&#39;s account" in client.get("/sign-in").text
    answer = back(client, there(client, provider))
    assert (answer.status_code, answer.headers["location"]) == (303, "/analyses")
    assert "ada@example.com" in client.get("/me").text
    ada = People(site_of(app).state).named("ada@example.com")
    assert ada.employee_id == "ana"
    assert Audit(site_of(app).state).latest()[0].about == provider.issuer
    provider.claims = {"email": "renamed@example.com", "email_verified": True}
    again = browser(app)  # from now on by what the server calls him, whatever his address
    assert back(again, there(again, provider)).status_code == 303
    assert People(site_of(app).state).by_subject(f"{provider.issuer}|u1") == ada
    (rights,) = Audit(site_of(app).state).latest(kind="rights")  # the server said once which employee she is
    assert (rights.who, rights.about.endswith(", employee ana")) == ("ada@example.com", True)


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"email": "ada@example.com", "email_verified": False}, "not known here"),
        ({"email": "ada@example.com"}, "not known here"),
        ({"email": "ida@example.com", "email_verified": True}, "not known here"),
        ({}, "not known here"),
    ],
    ids=["not confirmed", "confirmed by nobody", "unknown", "nothing told"],
)
def test_who_is_not_one_of_ours_is_refused(app: FastAPI, provider: Provider, claims: dict[str, Any], said: str) -> None:
    provider.claims = claims
    client = browser(app)
    answer = back(client, there(client, provider))
    assert answer.status_code == 401
    assert said in answer.text
    assert provider.tokens_given == 1
    assert client.get("/me").status_code == 303
    assert Audit(site_of(app).state).latest()[0].kind == "refused"


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"},
        {"aud": "another client"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"metadata_issuer": "https://evil.example"},
        {"nonce": None},
    ],
    ids=["nonce", "audience", "issuer", "too old", "another server", "no nonce"],
)
def test_a_token_that_is_not_for_us_is_refused(app: FastAPI, provider: Provider, lies: dict[str, Any]) -> None:
    provider.claims = {"email": "ada@example.com", "email_verified": True}
    client = browser(app)
    state = there(client, provider)
    provider.lies = lies
    answer = back(client, state)
    assert answer.status_code == 401
    assert client.get("/me").status_code == 303


@pytest.mark.parametrize("kind", ["another key", "a shared secret"])
def test_a_token_signed_by_another_is_refused(app: FastAPI, provider: Provider, kind: str) -> None:
    provider.claims = {"email": "ada@example.com", "email_verified": True}
    if kind == "another key":
        provider.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    else:
        provider.signs_with, provider.algorithm = OctKey.import_key(PASSWORD.encode() * 2, {"kid": "one"}), "HS256"
    client = browser(app)
    answer = back(client, there(client, provider))
    assert answer.status_code == 401
    assert "does not hold" in answer.text
    assert provider.tokens_given == 1


def test_a_sign_in_belongs_to_the_browser_that_began_it(app: FastAPI, provider: Provider) -> None:
    provider.claims = {"email": "ada@example.com", "email_verified": True}
    attacker, victim = browser(app), browser(app)
    state = there(attacker, provider)
    victim.get("/sign-in")
    assert "not begun here" in back(victim, state).text  # nobody is signed in as another by a link
    assert back(attacker, "made up").status_code == 401
    assert back(attacker, state, code="a wrong code").status_code == 401
    assert back(attacker, state).status_code == 401  # once only
    assert provider.tokens_given == 0


def test_new_people_where_the_settings_let_them_in(app: FastAPI, provider: Provider, tmp_path: Path) -> None:
    settings = tmp_path / "crmetrics.toml"
    settings.write_text(settings.read_text() + 'new_people = "rep"\n')
    provider.claims = {"preferred_username": "bo", "staff_no": "bo"}
    client = browser(app)
    assert back(client, there(client, provider)).status_code == 303
    bo = People(site_of(app).state).named("bo")
    assert (bo.role, bo.employee_id, bo.has_password) == ("rep", "bo", False)
    assert [each.about for each in Audit(site_of(app).state).latest(kind="rights")] == [
        f"{bo.name}: rep, self, employee bo"
    ]
    assert client.get("/a/sales.win_rate.json?period=2025").json()["total"]["n"] == 1


def test_a_server_that_does_not_answer_is_told(app: FastAPI, provider: Provider, tmp_path: Path) -> None:
    settings = tmp_path / "crmetrics.toml"
    settings.write_text(settings.read_text().replace(provider.issuer, "http://127.0.0.1:9"))
    answer = browser(application(tmp_path)).get("/sign-in/company")
    assert answer.status_code == 401
    assert "does not answer" in answer.text


def test_settings_that_cannot_be_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    assert company_server({}) is None
    monkeypatch.setenv(SECRET, "x")
    with pytest.raises(BadValue, match="https://"):
        company_server({"issuer": "http://login.example.com", "client_id": "c"})
    with pytest.raises(BadValue, match="client_id"):
        company_server({"issuer": "https://login.example.com"})
    monkeypatch.delenv(SECRET)
    with pytest.raises(BadValue, match=SECRET):
        company_server({"issuer": "https://login.example.com", "client_id": "c"})
