"""Who may see what: every address with every role, forms and their tokens, whose rows, what is masked, what is noted."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook

from crmetrics.catalogue import keys
from crmetrics.clean.ledger import make_tables
from crmetrics.presenting.json import as_json
from crmetrics.presenting.numbers import format_for
from crmetrics.warehouse.schema import DIMENSIONS, TABLES, Personal
from crmetrics.warehouse.scope import Filter, Scope, Viewer
from crmetrics.web.admission import OPEN, SESSION, SIGNED_IN, Access
from crmetrics.web.application import ROOMS, application
from crmetrics.workspace.audit import Audit
from crmetrics.workspace.people import People
from crmetrics.workspace.rights import ROLES, allowed
from crmetrics.workspace.tokens import Tokens
from tests.company import company, on_both_engines
from tests.web.signed_in import HOME, send, signed_in, site_of, token_of
from tests.web.test_pages import publish

SAMPLES = {"key": "sales.win_rate", "number": "1", "token": "1", "secret": "none", "name": "none"}
PERIOD = {"period": "2025"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """A site over four deals: two of ana, one of bo, one of nobody's; somebody is added, so everybody must sign in."""
    folder = tmp_path_factory.mktemp("rights")
    publish(folder, 1)
    with duckdb.connect(str(next((folder / "versions").glob("*.duckdb")))) as connection:
        make_tables(connection)  # what an import writes down about itself, which some pages read
    made = application(folder)
    People(site_of(made).state).add("first", "admin")
    return made


def declared() -> Iterator[tuple[str, str, str | None]]:
    """Every address of every room: method, path, and the right that its room declares."""
    for room in ROOMS:
        for route in room.routes(site_of(application(Path("unused")))).routes:
            for method in sorted(route.methods - {"HEAD"}):
                yield method, route.path, room.RIGHTS.get(f"{method} {route.path}") or room.RIGHTS.get(route.path)


ADDRESSES = sorted(set(declared()), key=str)


def sample(path: str) -> str:
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: SAMPLES.get(found.group(1), "1"), path)


def test_every_address_says_who_may_ask_it() -> None:
    silent = [f"{method} {path}" for method, path, right in ADDRESSES if right is None]
    assert silent == [], (
        "name these addresses in RIGHTS of their module (see web/admission.py): OPEN, SIGNED_IN or a right"
    )


def test_no_right_is_declared_for_an_address_that_is_not_there() -> None:
    there = {path for _method, path, _right in ADDRESSES} | {f"{method} {path}" for method, path, _right in ADDRESSES}
    assert [path for room in ROOMS for path in room.RIGHTS if path not in there] == []


def test_rooms_and_assets_are_all_that_is_served(app: FastAPI) -> None:
    loose = [route.path for route in app.routes if hasattr(route, "path")]
    assert loose == [], "an address outside the rooms is guarded by nobody"


@pytest.mark.parametrize("role", ["nobody", *ROLES])
@pytest.mark.parametrize(("method", "path", "right"), ADDRESSES, ids=lambda part: str(part))
def test_every_address_with_every_role(app: FastAPI, role: str, method: str, path: str, right: str | None) -> None:
    client = TestClient(app, base_url=HOME, follow_redirects=False) if role == "nobody" else signed_in(app, role)
    answer = client.request(method, sample(path))
    if role == "nobody" and right != OPEN:
        is_sent_away = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        assert is_sent_away or answer.status_code == 401
        return
    may = right in (OPEN, SIGNED_IN) or (role != "nobody" and right in allowed(role))  # type: ignore[arg-type]
    if method != "GET":
        assert answer.status_code == 403  # it carries no token
        if not may:
            with_token = client.request(method, sample(path), headers={"X-CSRF": token_of(client)})
            assert with_token.status_code == 403
    elif may:
        assert answer.status_code not in ((403,) if right == OPEN else (401, 403))
    else:
        assert answer.status_code == 403
        assert "right to" in answer.text


@pytest.mark.parametrize("kind", ["none", "wrong", "of another session", "from another site"])
def test_a_form_that_is_not_ours_does_nothing(app: FastAPI, kind: str) -> None:
    client = signed_in(app, "admin", "csrf@example.com")
    token = {"none": "", "wrong": "0" * 64}.get(kind, token_of(signed_in(app, "admin", "other@example.com")))
    headers = {}
    if kind == "from another site":
        token, headers = token_of(client), {"Sec-Fetch-Site": "cross-site"}
    before = People(site_of(app).state).all()
    answer = client.post("/people", data={"csrf": token, "name": "evil", "role": "admin"}, headers=headers)
    assert answer.status_code == 403
    assert "another site sent it" in answer.text
    assert People(site_of(app).state).all() == before


def test_a_form_may_carry_its_token_aside(app: FastAPI) -> None:
    client = signed_in(app, "admin", "aside@example.com")
    token = token_of(client)
    assert client.post("/me/language", data={"language": "tr"}, headers={"X-CSRF": token}).status_code == 303
    assert client.post(f"/me/language?csrf={token}", data={}).status_code == 303


def test_a_form_larger_than_a_form_is_not_read(app: FastAPI) -> None:
    client = signed_in(app, "admin", "large@example.com")
    answer = client.post("/people", data={"csrf": token_of(client), "name": "x" * 2_000_001})
    assert answer.status_code == 400
    assert "too large" in answer.text


def figures(client: TestClient, where: dict[str, str] | None = None) -> dict[str, Any]:
    """The same answer by every door: won deals in all, and the owners named."""
    asked = {**PERIOD, "by": "owner", **(where or {})}
    data = client.get("/a/sales.win_rate.json", params=asked).json()
    text = client.get("/a/sales.win_rate.csv", params=asked).text
    sheet = client.get("/a/sales.win_rate.xlsx", params=asked).content
    cells = [
        cell
        for row in CalamineWorkbook.from_filelike(io.BytesIO(sheet)).get_sheet_by_index(0).to_python()
        for cell in row
    ]
    page = re.sub(
        r"<nav.*?</nav>", "", client.get("/a/sales.win_rate", params=asked, follow_redirects=True).text, flags=re.DOTALL
    )
    return {
        "n": data["total"]["n"],
        "json": {row["party"] for row in data["rows"]},
        "bo": {"json": "Bo" in json.dumps(data.get("names", data)), "csv": "Bo" in text,
               "xlsx": "Bo" in cells, "page": ">Bo<" in page},
    }  # fmt: skip


def test_a_rep_sees_his_rows_by_every_door(app: FastAPI) -> None:
    everything = figures(signed_in(app, "admin"))
    assert everything["n"] == 4
    assert all(everything["bo"].values())
    own = figures(signed_in(app, "rep", "ana@example.com", employee_id="ana"))
    assert (own["n"], own["json"]) == (2, {"ana"})
    assert not any(own["bo"].values())


@pytest.mark.parametrize(
    "forged",
    [
        {"where.owner": "bo"},
        {"viewer": "all"},
        {"sees": "all"},
        {"scope": "all"},
        {"employee_id": "bo"},
        {"where.employee_id": "bo"},
        {"where.owner": "bo') or 1=1 --"},
        {"by": "owner", "where.owner": "bo"},
        {"as_of": "2025-06-01", "where.owner": "bo"},
    ],
)
def test_forged_parameters_open_nothing(app: FastAPI, forged: dict[str, str]) -> None:
    client = signed_in(app, "rep", "ana@example.com", employee_id="ana")
    for ending in ("", ".json", ".csv", ".xlsx", "/rows"):
        answer = client.get(f"/a/sales.win_rate{ending}", params={**PERIOD, **forged})
        assert answer.status_code < 500
        if ending == ".json" and answer.status_code == 200:
            assert answer.json()["total"]["n"] == 0
        assert b">Bo<" not in answer.content


def test_a_kept_answer_is_not_handed_to_another(app: FastAPI) -> None:
    """The same address, one after the other, each way round: everybody gets his own."""
    admin, ana = signed_in(app, "admin"), signed_in(app, "rep", "ana@example.com", employee_id="ana")
    bo = signed_in(app, "rep", "bo@example.com", employee_id="bo")
    address = "/a/sales.win_rate.json?period=2025-Q2"
    asked = [(client, client.get(address).json()["total"]["n"]) for client in (admin, ana, bo, admin, bo, ana)]
    assert [n for _client, n in asked] == [4, 2, 1, 4, 1, 2]
    assert "no-store" in admin.get(address).headers["cache-control"]
    assert "no-store" in admin.get("/a/sales.win_rate").headers["cache-control"]


def test_who_is_linked_to_nobody_sees_nothing_and_is_told(app: FastAPI) -> None:
    client = signed_in(app, "rep", "new@example.com")
    assert client.get("/a/sales.win_rate.json", params=PERIOD).json()["total"]["n"] == 0
    assert "not linked to an employee" in client.get("/a/sales.win_rate").text


def test_a_manager_sees_his_team() -> None:
    deals = [
        {"deal_id": str(n), "owner_id": owner, "stage": "won", "is_won": True, "closed_at": "2025-05-05"}
        for n, owner in enumerate("abc")
    ]
    staff = [
        {"employee_id": each, "name": each.upper(), "team": team}
        for each, team in (("a", "West"), ("b", "West"), ("c", "East"))
    ]
    with company(deals=deals, employees=staff) as asked:
        seen = asked.ask("sales.win_rate", viewer=Viewer("m", "team", "a"), period="2025", by="owner")
        assert set(seen.rows.values("party")) == {"a", "b"}


def test_what_was_taken_away_and_seen_is_noted(app: FastAPI) -> None:
    client = signed_in(app, "rep", "noted@example.com", employee_id="ana")
    client.get("/a/sales.win_rate.csv", params=PERIOD)
    client.get("/a/customers.rfm?by=customer")
    client.get("/a/customers.rfm?by=customer")
    client.get("/a/sales.win_rate")
    noted = Audit(site_of(app).state).latest(who="noted@example.com")
    assert [(each.kind, each.about) for each in reversed(noted)] == [
        ("export", "/a/sales.win_rate.csv?period=2025"),
        ("personal", "customers.rfm"),
    ]
    masked = signed_in(app, "viewer", "masked@example.com")
    masked.get("/a/customers.rfm?by=customer")
    assert Audit(site_of(app).state).latest(who="masked@example.com") == []  # he has seen nobody


PERSON = {
    "customer_id": "1", "name": "Ayşe Nur Yılmaz", "kind": "person", "email": "ayse@example.com", "phone": "+905321234512",
    "born_on": "1980-01-01", "gender": "f", "tax_number": "11223344556", "custom_address": "Gül Sokak 5",
}  # fmt: skip


def test_masked_alike_on_both_engines() -> None:
    customers = [
        PERSON,
        {"customer_id": "2", "name": "Acme Ltd", "kind": "company", "email": "info@acme.example", "tax_number": "99"},
        {"customer_id": "3", "name": "3", "kind": "person"},
        {"customer_id": "4", "name": "Çınar", "kind": "person"},
    ]
    columns = ("name", "email", "phone", "born_on", "gender", "tax_number")
    for catalogue in on_both(customers):
        with catalogue.warehouse(Scope(Viewer("x", "all", is_masked=True))) as warehouse:
            rows = warehouse.query(f"select {', '.join(columns)} from customers order by customer_id")
            assert list(zip(*(rows.values(name) for name in columns), strict=True)) == [
                ("A… Y…", "a…@…", "+90 … 12", None, None, "112 … 56"),
                ("Acme Ltd", "i…@…", None, None, None, "99"),  # a company is no person
                ("3", None, None, None, None, None),
                ("Ç…", None, None, None, None, None),
            ]
            assert warehouse.names_of("customers", "name", ["1", "3"]) == {"1": "A… Y…"}


def on_both(customers: list[dict[str, Any]]) -> Iterator[Any]:
    with company(customers=customers) as alone:
        yield alone


@pytest.mark.spark
def test_masked_on_spark() -> None:
    with (
        on_both_engines(customers=[PERSON]) as both,
        both.spark.warehouse(Scope(Viewer("x", "all", is_masked=True))) as warehouse,
    ):
        rows = warehouse.query("select name, email, phone from customers")
        assert [rows.values(name)[0] for name in rows.names] == ["A… Y…", "a…@…", "+90 … 12"]


def test_a_column_of_the_companys_own_may_tell_of_persons() -> None:
    with company(customers=[PERSON]) as asked:
        masked = Scope(Viewer("x", "all", is_masked=True), (Filter("custom.address", ("Gül Sokak 5",)),))
        with asked.warehouse(masked) as warehouse, pytest.raises(Exception, match="may tell of single persons"):
            warehouse.query("select count(*) as n from customers")


def test_no_dimension_groups_by_who_somebody_is() -> None:
    telling = [
        name
        for name, each in DIMENSIONS.items()
        for table, column in each.columns.items()
        if TABLES[table].column(column).personal in (Personal.NAMES, Personal.SAYS)
    ]
    assert telling == []


ENOUGH = 8


def everything_of(person: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a company may know of one customer, who is a person: table and row."""
    who, day = f"P{person}", f"2025-{1 + person % 12:02}-1{person % 10}"
    told = {
        "name": f"Given{person} Family{person}",
        "email": f"mail{person}@example.com",
        "phone": f"+9053212345{person:02}",
    }
    yield "customers", {"customer_id": who, "kind": "person", "owner_id": "E", "created_at": "2024-01-01", **told}
    for number in range(4):
        order = f"{who}-{number}"
        at = f"{2024 + number // 2}-{1 + (person + 5 * number) % 12:02}-02"
        yield "orders", {"order_id": order, "customer_id": who, "ordered_at": at, "owner_id": "E"}
        yield "order_lines", {"order_id": order, "line_no": 1, "quantity": 1, "unit_price": 10, "net_amount": 10}
    deal = {
        "deal_id": who,
        "customer_id": who,
        "owner_id": "E",
        "stage": "won",
        "amount": 10,
        "created_at": "2024-05-01",
    }
    is_won = None if person % 3 == 0 else person % 3 == 1
    closed = {} if is_won is None else {"is_won": is_won, "closed_at": day}
    yield "deals", {**deal, "name": told["name"], **closed}
    yield "leads", {"lead_id": who, "created_at": day, "owner_id": "E", **told}
    yield "tickets", {"ticket_id": who, "customer_id": who, "created_at": day, "subject": told["name"], "owner_id": "E"}
    yield "activities", {"activity_id": who, "kind": "call", "created_at": day, "customer_id": who, "deal_id": who,
                         "owner_id": "E", "subject": told["email"]}  # fmt: skip


def test_no_answer_names_a_person_to_who_may_not_see_it() -> None:
    """Every analysis, asked by a reader: no name, e-mail address or number of a customer comes out of any."""
    tables: dict[str, list[dict[str, Any]]] = {"employees": [{"employee_id": "E", "name": "Colleague"}]}
    for person in range(40):
        for table, row in everything_of(person):
            tables.setdefault(table, []).append(row)
    telling, format_ = re.compile(r"Given\d|Family\d|mail\d+@|53212345"), format_for("en", "EUR")
    open_to_all, told = set(), set()
    with company(**tables) as asked:
        for key in keys():
            by = {"by": "customer"} if "customer" in asked.find(key).groupings() else {}
            if telling.search(as_json(asked.ask(key, viewer=Viewer("reader", "all", is_masked=True), **by), format_)):
                told.add(key)
            if len(open_to_all) < ENOUGH and telling.search(as_json(asked.ask(key, **by), format_)):
                open_to_all.add(key)
    assert len(open_to_all) == ENOUGH  # who may see names does: the test can fail
    assert told == set()


def test_an_api_token_acts_for_its_person(app: FastAPI) -> None:
    state = site_of(app).state
    ana = People(state).find("ana@example.com") or People(state).add("ana@example.com", "rep", employee_id="ana")
    secret = Tokens(state).make(ana.number, "BI", 30)
    client = TestClient(app, base_url=HOME, follow_redirects=False)
    bearer = {"Authorization": f"Bearer {secret}"}
    answer = client.get("/a/sales.win_rate.json", params=PERIOD, headers=bearer)
    assert answer.json()["total"]["n"] == 2
    assert client.get("/people", headers=bearer).status_code == 403
    assert client.get("/a/sales.win_rate.json", headers={"Authorization": f"Bearer {secret}x"}).status_code == 401
    signed = signed_in(app, "admin")
    wrong = signed.get("/a/sales.win_rate.json", headers={"Authorization": "Basic x"})
    assert wrong.status_code == 401  # a token that does not hold is not made good by a cookie
    People(state).change(ana.number, disabled_at=datetime(2026, 1, 1))
    assert client.get("/a/sales.win_rate.json", headers=bearer).status_code == 401


def test_only_this_machine_is_nobodys(tmp_path: Path) -> None:
    """While nobody has been added, who sits before the machine is the administrator, and is told; nobody else is."""
    publish(tmp_path, 1)
    here = TestClient(application(tmp_path), base_url=HOME, follow_redirects=False)
    assert "whoever sits before this machine is the administrator" in here.get("/people").text
    assert here.get("/", headers={"X-Forwarded-For": "203.0.113.9"}).headers["location"] == "/sign-in"
    public = TestClient(application(tmp_path, None, Access(is_local=False)), base_url=HOME, follow_redirects=False)
    assert public.get("/").headers["location"] == "/sign-in"
    first = send(here, "/people", "/people", name="ada@example.com", role="rep")
    assert first.status_code == 400
    assert "must be an administrator" in first.text
    first = send(here, "/people", "/people", name="ada@example.com", role="admin")
    assert here.get("/").headers["location"] == "/sign-in"  # from now on one signs in
    set_ = send(
        here, first.headers["location"], first.headers["location"], password="four good words", again="four good words"
    )
    assert SESSION in set_.cookies
    assert here.get("/people").status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8765", 200),
        ("localhost", 200),
        ("[::1]:8765", 200),
        ("LOCALHOST:1", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("localhost.evil.example:8765", 400),
        ("", 400),
        ("[::1", 400),
    ],
)
def test_a_host_that_is_not_ours_is_refused(tmp_path_factory: pytest.TempPathFactory, host: str, status: int) -> None:
    folder = tmp_path_factory.getbasetemp() / "hosts"
    if not folder.exists():
        folder.mkdir()
        publish(folder, 1)
    access = Access(hosts=frozenset({"127.0.0.1", "localhost", "[::1]"}))
    client = TestClient(application(folder, None, access), base_url=HOME)
    assert client.get("/people", headers={"Host": host}).status_code == status
