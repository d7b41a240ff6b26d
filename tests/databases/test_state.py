"""The product's state in a PostgreSQL database that the settings name; no error tells a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from crmetrics.cli.app import command_line
from crmetrics.intake.standing import standing_decisions
from crmetrics.vocabulary.errors import BadDatabase, BadSettings, BadValue
from crmetrics.workspace.audit import Audit
from crmetrics.workspace.boards import Board, Boards
from crmetrics.workspace.carrying import carry_state
from crmetrics.workspace.decisions import Decision, Decisions
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.forgetting import forget
from crmetrics.workspace.passwords import Passwords
from crmetrics.workspace.people import People
from crmetrics.workspace.sessions import Sessions
from crmetrics.workspace.settings import Settings, write_settings
from crmetrics.workspace.state import State, open_state
from crmetrics.workspace.tokens import Tokens
from crmetrics.workspace.tries import Tries
from tests.databases.conftest import DATABASE, PASSWORD, USER, Server

WORD = "a long enough pass phrase"


def settle(folder: Path, address: str) -> Workspace:
    place = Workspace(folder)
    write_settings(place.settings, Settings(state=address))
    return place


@pytest.fixture
def place(postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("CRMETRICS_STATE_PASSWORD", PASSWORD)
    return settle(tmp_path, postgresql.address)


@pytest.fixture
def state(place: Workspace) -> Iterator[State]:
    with closing(open_state(place.folder)) as opened:
        yield opened


def test_people_sign_in_and_keep_what_is_theirs(place: Workspace, state: State) -> None:
    anna = People(state).add("Anna", "manager", employee_id="E1")
    Passwords(state).set(anna, WORD)
    anna = People(state).named("Anna")
    assert Passwords(state).person("anna", WORD) == anna
    assert Sessions(state).person(Sessions(state).start(anna)) == anna
    assert Tokens(state).person(Tokens(state).make(anna.number, "till", 30)) == anna
    Tries(state).begin("Anna", "127.0.0.1")
    Tries(state).succeeded("Anna", "127.0.0.1")
    boards = Boards(state, anna.number)
    kept = boards.keep(Board(anna.number, "Mondays"))
    boards.set_home(kept.number)
    assert boards.home() == kept.number
    Audit(state).note("Anna", "import", "shop")
    assert Audit(state).latest()[0].about == "shop"
    assert not place.state.exists()


def test_decisions_stand_for_whoever_opens_the_workspace_next(place: Workspace, state: State) -> None:
    about = {"table": "customers", "keep": "A", "others": ["B"]}
    kept, taken_back = Decisions(state).add(Decision("merge", about), Decision("apart", {"table": "customers"}))
    Decisions(state).undo(taken_back.number)
    found = standing_decisions(Workspace(place.folder))
    assert [(each.number, dict(each.about)) for each in found] == [(kept.number, about)]
    forget(state, "B", {("customers", "B"): "erased"}, ())
    assert standing_decisions(place)[0].about["others"] == ["erased"]


@pytest.mark.parametrize("wrong", ["wrong s3cret", ""])
def test_a_password_that_is_refused_is_not_told(
    wrong: str, postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRMETRICS_STATE_PASSWORD", wrong)
    monkeypatch.delenv("PGPASSWORD", raising=False)
    settle(tmp_path, postgresql.address)
    with pytest.raises(BadDatabase, match="cannot be opened") as told:
        open_state(tmp_path)
    assert f"{USER}@127.0.0.1" in str(told.value)
    assert "wrong s3cret" not in str(told.value)
    assert told.value.__cause__ is None


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    settle(tmp_path, f"postgresql://{USER}@127.0.0.1:1/{DATABASE}")
    with pytest.raises(BadDatabase, match=r"127\.0\.0\.1:1/shop' cannot be opened"):
        open_state(tmp_path)


def test_a_password_in_the_settings_is_refused_and_not_repeated(tmp_path: Path) -> None:
    settle(tmp_path, "postgresql://crm:hush@db.example.com/crm")
    with pytest.raises(BadValue, match="CRMETRICS_STATE_PASSWORD") as told:
        open_state(tmp_path)
    assert "hush" not in str(told.value)


@pytest.mark.parametrize("address", ["mysql://crm@db.example.com/crm", "crm:hush@db.example.com", "postgresql:///crm"])
def test_what_is_no_postgresql_database_is_refused(address: str, tmp_path: Path) -> None:
    settle(tmp_path, address)
    with pytest.raises(BadValue, match="expected is a PostgreSQL database") as told:
        open_state(tmp_path)
    assert "hush" not in str(told.value)


def test_what_a_workspace_holds_is_carried_into_the_database(
    postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRMETRICS_STATE_PASSWORD", PASSWORD)
    postgresql.run("drop schema if exists crmetrics cascade")
    with closing(open_state(tmp_path)) as here:
        anna = People(here).add("Anna", "manager", employee_id="E1", sees_personal=False)
        Passwords(here).set(anna, WORD)
        Decisions(here).add(
            Decision("apart", {"table": "customers"}), Decision("erase", {"table": "customers", "prints": ["ü"]})
        )
        Decisions(here).undo(1)
        Boards(here, anna.number).keep(Board(anna.number, "Mondays"))
        Audit(here).note("Anna", "import", "shop")
        before = Decisions(here).all()
    place = settle(tmp_path, postgresql.address)
    for _try in range(2):  # nothing is begun anew in silence
        with pytest.raises(BadSettings, match=r"stand in 'state\.db'.*crmetrics state carry"):
            standing_decisions(place)
    done = CliRunner().invoke(command_line(lambda *_given: None), ["--workspace", str(tmp_path), "state", "carry"])
    assert (done.exit_code, "'state.db.carried'" in done.output) == (0, True), done.output
    assert (place.state.exists(), (tmp_path / "state.db.carried").is_file()) == (False, True)
    with closing(open_state(tmp_path)) as there:
        assert Passwords(there).person("anna", WORD) == People(there).named("Anna")
        assert People(there).named("Anna").sees_personal is False
        assert Decisions(there).all() == before
        assert Audit(there).latest()[0].about == "shop"
        (kept,) = Decisions(there).add(Decision("apart", {"table": "contacts"}))
        assert kept.number == 3
    again = CliRunner().invoke(command_line(lambda *_given: None), ["--workspace", str(tmp_path), "state", "carry"])
    assert (again.exit_code, "There is no" in again.output) == (1, True)
    (tmp_path / "state.db.carried").rename(place.state)
    with pytest.raises(BadValue, match="of its own already"):
        carry_state(tmp_path)
    assert place.state.exists()


def test_without_a_database_nothing_is_carried(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="names no database"):
        carry_state(tmp_path)
