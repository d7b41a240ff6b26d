"""People, roles, passwords, sessions, tokens, failed tries and the audit, below any page."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from crmetrics.vocabulary.errors import BadValue, TooManyTries, UnknownName
from crmetrics.warehouse.scope import Viewer
from crmetrics.workspace import passwords, sessions, tokens, tries
from crmetrics.workspace.audit import Audit
from crmetrics.workspace.company_sign_ins import CompanySignIns
from crmetrics.workspace.passwords import LINKS, Passwords, check_password
from crmetrics.workspace.people import People, Person
from crmetrics.workspace.rights import PERMISSIONS, ROLES, allowed
from crmetrics.workspace.sessions import SESSIONS, Sessions
from crmetrics.workspace.state import State, open_state
from crmetrics.workspace.tokens import TOKENS, Tokens
from crmetrics.workspace.tries import TRIES, Tries, wait_after

GOOD = "correct horse battery"
NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cost of a hash is what keeps guessers out, and what tests need not pay each time."""
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=64))


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = open_state(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def ada(state: State) -> Person:
    return People(state).add("Ada@Example.com", "admin")


def test_what_each_role_may_do() -> None:
    assert {name: "".join(sorted(each[0] for each in role.may)) for name, role in ROLES.items()} == {
        "admin": "".join(sorted(each[0] for each in PERMISSIONS)),
        "manager": "epst",
        "analyst": "cdeips",
        "rep": "ep",
        "viewer": "",
    }
    assert {name: role.sees for name, role in ROLES.items()} == {
        "admin": "all",
        "manager": "team",
        "analyst": "all",
        "rep": "self",
        "viewer": "all",
    }


def test_who_may_not_see_personal_data_cannot_clean_them() -> None:
    assert "clean" in allowed("analyst")
    assert not allowed("analyst", sees_personal=False) & {"clean", "personal"}
    assert allowed("viewer", sees_personal=True) == {"personal"}


def test_a_person_as_the_warehouse_knows_him() -> None:
    assert Person(1, "a", "admin").viewer() == Viewer("anybody", "all")
    assert Person(1, "a", "rep", employee_id="E1").viewer() == Viewer("", "self", "E1")
    assert Person(1, "a", "manager", employee_id="E1").viewer() == Viewer("", "team", "E1")
    assert Person(1, "a", "manager", sees="all", employee_id="E1").viewer() == Viewer("", "all")
    assert Person(1, "a", "viewer").viewer() == Viewer("", "all", None, is_masked=True)
    assert Person(1, "a", "admin").viewer() != Person(1, "a", "viewer").viewer()  # never one answer for both


def test_names_are_one_whatever_their_case(state: State, ada: Person) -> None:
    people = People(state)
    assert people.find(" ADA@example.COM ") == ada
    assert ada.email == "Ada@Example.com"
    with pytest.raises(BadValue, match="already"):
        people.add("ada@EXAMPLE.com", "rep")
    with pytest.raises(BadValue, match="somebody else"):
        people.add("other", "rep", email="ada@example.com")
    with pytest.raises(UnknownName, match="not a role"):
        people.add("bo", "boss")
    with pytest.raises(UnknownName, match="not a scope"):
        people.add("bo", "rep", sees="everything")
    with pytest.raises(BadValue, match="not a name"):
        people.add("b\no", "rep")


def test_a_name_is_found_before_an_email(state: State) -> None:
    people = People(state)
    people.add("first", "rep", email="x@example.com")
    with pytest.raises(BadValue, match="somebody else"):  # or one could sign in as the other
        people.add("x@example.com", "rep")


def test_an_email_is_one_person_s_also_when_it_is_changed(state: State, ada: Person) -> None:
    bo = People(state).add("bo", "rep", email="bo@example.com")
    for other in ("BO@example.com", "bo"):
        with pytest.raises(BadValue, match="somebody else's"):
            People(state).change(ada.number, email=other)
    assert People(state).change(bo.number, email="bo@example.com", role="viewer").email == "bo@example.com"


def test_the_last_administrator_stays(state: State, ada: Person) -> None:
    people = People(state)
    with pytest.raises(BadValue, match="only administrator"):
        people.change(ada.number, role="rep")
    with pytest.raises(BadValue, match="only administrator"):
        people.change(ada.number, disabled_at=NOW)
    other = people.add("bo", "admin")
    assert people.change(ada.number, role="rep").role == "rep"
    with pytest.raises(BadValue, match="only administrator"):
        people.change(other.number, disabled_at=NOW)
    with pytest.raises(UnknownName, match="password"):
        people.change(other.number, password="x")


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaaaa", "ada@example.com", "Ada@Example.com", "crmetrics2026", "x" * 201]
)
def test_passwords_that_would_be_guessed(password: str) -> None:
    with pytest.raises(BadValue):
        check_password(Person(1, "ada@example.com", "admin"), password)


def test_a_password_signs_in_its_owner_only(state: State, ada: Person) -> None:
    own = Passwords(state)
    assert own.person("ada@example.com", "") is None  # no password yet: none fits
    assert not own.is_any()
    own.set(ada, GOOD)
    assert own.is_any()
    assert own.person("ADA@example.com", GOOD) == People(state).by_number(ada.number)
    assert own.person("ada@example.com", GOOD + " ") is None
    assert own.person("nobody", GOOD) is None
    People(state).add("bo", "admin")
    People(state).change(ada.number, disabled_at=NOW)
    assert own.person("ada@example.com", GOOD) is None
    assert not own.is_any()


def test_nothing_in_the_state_signs_in(state: State, ada: Person, tmp_path: Path) -> None:
    """Who reads the file finds no password, no session, no token and no link."""
    Passwords(state).set(ada, GOOD)
    secrets = [
        GOOD,
        Sessions(state).start(ada),
        Tokens(state).make(ada.number, "BI", 5),
        Passwords(state).make_link(ada),
    ]
    state.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("state.db*"))
    assert b"$argon2id$" in kept
    assert [secret for secret in secrets if secret.encode() in kept] == []


def test_a_link_holds_once_and_for_a_day(state: State, ada: Person) -> None:
    own = Passwords(state)
    earlier, link = own.make_link(ada), own.make_link(ada)
    with pytest.raises(UnknownName, match="used or has ended"):
        own.linked(earlier)  # a new link ends the one before
    with pytest.raises(BadValue):
        own.use_link(link, "short")
    assert own.use_link(link, GOOD).name == "Ada@Example.com"  # a mistake has not used it up
    with pytest.raises(UnknownName, match="used or has ended"):
        own.use_link(link, GOOD + GOOD)
    late = own.make_link(ada)
    with state.begin(LINKS) as connection:
        connection.execute(update(LINKS).values(ends_at=NOW - timedelta(seconds=1)))
    with pytest.raises(UnknownName, match="used or has ended"):
        own.use_link(late, GOOD)


def test_two_who_use_one_link_at_once(state: State, ada: Person) -> None:
    link = Passwords(state).make_link(ada)

    def use(password: str) -> str:
        try:
            return Passwords(state).use_link(link, password).name
        except UnknownName:
            return ""

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(use, [GOOD, "another horse battery"]))
    assert sorted(told) == ["", "Ada@Example.com"]


def test_sessions_end(state: State, ada: Person) -> None:
    own = Sessions(state)
    first, second = own.start(ada, "10.0.0.1", "Firefox"), own.start(ada)
    assert first != second
    assert own.person(first) == ada
    assert {each.browser for each in own.of(ada.number)} == {"Firefox", ""}
    own.end(first)
    assert own.person(first) is None
    assert own.person(second) == ada
    assert own.person("anything") is None
    Passwords(state).set(ada, GOOD)
    assert own.person(second) is None
    third = own.start(ada)
    own.end_all(ada.number)
    assert own.person(third) is None


@pytest.mark.parametrize(
    ("column", "past"), [("seen_at", sessions.IDLE), ("made_at", sessions.ABSOLUTE)], ids=["idle", "absolute"]
)
def test_a_session_ends_by_itself(state: State, ada: Person, column: str, past: timedelta) -> None:
    own = Sessions(state)
    secret = own.start(ada)

    def aged(by: timedelta) -> None:
        with state.begin(SESSIONS) as connection:
            connection.execute(update(SESSIONS).values({column: datetime.now(UTC).replace(tzinfo=None) - by}))

    aged(past - timedelta(minutes=5))
    assert own.person(secret) is not None
    aged(past + timedelta(minutes=5))
    assert own.person(secret) is None
    aged(timedelta())  # ended is ended
    assert own.person(secret) is None


def test_who_is_disabled_is_out_at_once(state: State, ada: Person) -> None:
    People(state).add("bo", "admin")
    session, token = Sessions(state).start(ada), Tokens(state).make(ada.number, "BI", 5)
    assert Tokens(state).person(token) == ada
    People(state).change(ada.number, disabled_at=NOW)
    assert Sessions(state).person(session) is None
    assert Tokens(state).person(token) is None


def test_tokens(state: State, ada: Person) -> None:
    own = Tokens(state)
    secret = own.make(ada.number, "Power BI", 30)
    assert secret.startswith(tokens.MARK)
    (token,) = own.of(ada.number)
    assert (token.name, token.used_at, (token.ends_at - token.made_at).days) == ("Power BI", None, 30)
    assert own.person(secret) == ada
    assert own.of(ada.number)[0].used_at is not None
    assert own.person(secret + "x") is None
    own.take_back(token.number, ada.number + 1)  # somebody else's cannot be taken back
    assert own.person(secret) == ada
    with state.begin(TOKENS) as connection:
        connection.execute(update(TOKENS).values(ends_at=NOW - timedelta(seconds=1)))
    assert own.person(secret) is None
    for name, days in (("", 5), ("x", 0), ("x", 367)):
        with pytest.raises(BadValue):
            own.make(ada.number, name, days)


def test_who_goes_on_trying_waits_longer_each_time(state: State) -> None:
    assert [int(wait_after(n, 5).total_seconds()) for n in (4, 5, 6, 7, 10, 14, 15, 999)] == [
        0, 1, 2, 4, 32, 512, 900, 900,
    ]  # fmt: skip
    own = Tries(state)

    def passed(time: timedelta) -> None:
        with state.begin(TRIES) as connection:
            connection.execute(update(TRIES).values(until=TRIES.c.until, last_at=TRIES.c.last_at))
            for row in connection.execute(TRIES.select()).all():
                moved = {"until": row.until - time, "last_at": row.last_at - time}
                connection.execute(update(TRIES).where(TRIES.c.about == row.about).values(moved))

    for _again in range(5):
        own.begin("Ada", "10.0.0.1")
    with pytest.raises(TooManyTries, match="1 second") as refused:
        own.begin(" ADA ", "10.9.9.9")  # the name waits, wherever it comes from
    assert refused.value.seconds == 1
    own.begin("bo", "10.0.0.1")  # others go on
    passed(timedelta(seconds=2))
    own.begin("ada", "10.0.0.1")
    with pytest.raises(TooManyTries) as refused:
        own.begin("ada", "10.0.0.1")
    assert refused.value.seconds == 2
    passed(tries.FORGOTTEN + timedelta(seconds=1))
    own.begin("ada", "10.0.0.1")  # forgotten


def test_who_tries_many_names_waits_too(state: State) -> None:
    own = Tries(state)
    for number in range(tries.FREE_OF_ADDRESS):
        own.begin(f"name {number}", "10.0.0.1")
    with pytest.raises(TooManyTries):
        own.begin("one more", "10.0.0.1")
    own.begin("one more", "10.0.0.2")


def test_a_right_try_takes_the_guilt_away(state: State) -> None:
    own = Tries(state)
    for _again in range(12):
        own.begin("ada", "10.0.0.1")
        own.succeeded("ada", "10.0.0.1")

    def wrong_again_and_again() -> None:
        for _again in range(12):
            own.begin("ada", "10.0.0.1")

    with pytest.raises(TooManyTries):  # without a right one in between
        wrong_again_and_again()


def test_many_tries_at_once_gain_nothing(tmp_path: Path) -> None:
    """Several processes share the count: however many ask in one moment, few are let through."""

    def guess(_n: int) -> bool:
        try:
            Tries(open_state(tmp_path)).begin("ada", "10.0.0.1")
        except TooManyTries:
            return False
        return True

    open_state(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(guess, range(16))) <= tries.FREE_OF_NAME + 1


def test_a_sign_in_elsewhere_comes_back_once_and_to_its_browser(state: State) -> None:
    own = CompanySignIns(state)
    begun = own.begin("browser", "/a/x")
    assert own.take("another browser", begun.state) is None
    assert own.take("browser", "another state") is None
    assert own.take("browser", begun.state) == begun
    assert own.take("browser", begun.state) is None


def test_the_audit(state: State) -> None:
    audit = Audit(state)
    audit.note("ada", "sign_in", address="10.0.0.1")
    audit.note("bo", "export", "/a/sales.win_rate.csv")
    assert [(each.who, each.kind) for each in audit.latest()] == [("bo", "export"), ("ada", "sign_in")]
    assert [each.who for each in audit.latest(kind="sign_in")] == ["ada"]
    assert [each.kind for each in audit.latest(who="bo")] == ["export"]
    assert [each.who for each in audit.latest(before=2)] == ["ada"]
    assert len(audit.latest(1)) == 1
