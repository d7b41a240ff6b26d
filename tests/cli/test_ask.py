"""The command line: what it prints, and how it ends."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crmetrics.cli.app import command_line
from crmetrics.cli.ask import filters
from crmetrics.vocabulary.errors import BadValue
from crmetrics.warehouse.scope import Filter

KEYS = {
    "key",
    "title",
    "question",
    "choices",
    "period",
    "columns",
    "rows",
    "total",
    "before",
    "notes",
    "findings",
    "passport",
    "locked",
}


def run(*words: str) -> Result:
    return CliRunner().invoke(command_line(lambda *_given: None), [str(word) for word in words])


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small company of files, imported by the road of every user."""
    folder = tmp_path_factory.mktemp("company")
    (folder / "deals.csv").write_text(
        "id,owner,created,closed,outcome,amount\n"
        "1,ana,2025-05-02,2025-05-20,won,20\n"
        "2,ana,2025-05-02,2025-05-21,lost,70\n"
        "3,bo,2025-05-03,2025-05-22,won,=1+1\n"
        "4,bo,2025-05-03,2025-05-22,won,30\n"
    )
    (folder / "mapping.toml").write_text(
        """
        [company]
        name = "Filters Ltd"
        currency = "GBP"
        zone = "Europe/London"
        [files.deals]
        match = "deals.csv"
        [deals]
        from = "deals"
        deal_id = "id"
        owner_id = "owner"
        pipeline = { value = "main" }
        stage = "outcome"
        created_at = "created"
        closed_at = "closed"
        amount = "amount"
        currency = { value = "GBP" }
        is_won = { column = "outcome", map = { won = "true", lost = "false" } }
        """
    )
    done = run("--workspace", folder / "ws", "import", folder)
    assert done.exit_code == 0, done.output
    return folder / "ws"


def test_json_is_one_object_with_the_promised_names(workspace: Path) -> None:
    done = run("--workspace", workspace, "ask", "sales.win_rate", "--period", "2025-05", "--json")
    answer = json.loads(done.stdout)
    assert answer.keys() >= KEYS
    assert answer["period"] == {"start": "2025-05-01", "end": "2025-06-01", "zone": "Europe/London"}
    assert {column["name"]: column["unit"] for column in answer["columns"]}["rate"] == "share"
    assert [(row["party"], row["won"], row["lost"]) for row in answer["rows"]] == [("ana", 1, 1), ("bo", 1, 0)]
    assert answer["total"]["rate"] == pytest.approx(2 / 3)
    assert answer["before"] is None
    assert answer["locked"] is None


def test_a_comparison_is_carried(workspace: Path) -> None:
    done = run("ask", "sales.win_rate", "--workspace", workspace, "--period", "2025-05", "--compare", "year", "--json")
    assert json.loads(done.stdout)["before"]["total"]["won"] == 0


def test_every_switch_is_an_option(workspace: Path) -> None:
    done = run(
        "--workspace",
        workspace,
        "ask",
        "sales.win_rate",
        "--period",
        "2025-05",
        "--of",
        "amount",
        "--by",
        "none",
        "--json",
    )
    assert json.loads(done.stdout)["total"]["rate"] == pytest.approx(50 / 120)
    shown = run("--workspace", workspace, "ask", "sales.win_rate", "--help").output
    for option in ("--by", "--of", "--period", "--compare", "--as-of", "--where", "--json", "--csv", "--sql"):
        assert option in shown


def test_filters(workspace: Path) -> None:
    done = run(
        "--workspace", workspace, "ask", "sales.win_rate", "--period", "2025-05", "--where", "owner=bo", "--json"
    )
    assert json.loads(done.stdout)["total"]["won"] == 1
    assert filters(["a=1", "a=2", "b="]) == (Filter("a", ("1", "2")), Filter("b", (None,)))
    with pytest.raises(BadValue, match="'region' is not a filter"):
        filters(["region"])


def test_csv_holds_every_row(workspace: Path) -> None:
    done = run("--workspace", workspace, "ask", "sales.win_rate", "--period", "2025-05", "--csv")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0][:3] == ["party", "party_name", "won"]
    assert [row[:3] for row in rows[1:3]] == [["ana", "ana", "1"], ["bo", "bo", "1"]]


def test_the_sql_that_ran(workspace: Path) -> None:
    done = run("--workspace", workspace, "ask", "sales.win_rate", "--sql")
    assert done.stdout.startswith("SELECT party")


@pytest.mark.parametrize("language", ["en", "tr", "uk", "zh"])
def test_the_answer_for_people(workspace: Path, language: str) -> None:
    done = run("--workspace", workspace, "--language", language, "ask", "sales.win_rate", "--period", "2025-05")
    assert done.exit_code == 0
    assert "ana" in done.stdout
    assert "sales.win_rate" in done.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("ask", "sales.win_rat"), "There is no analysis 'sales.win_rat'. Did you mean sales.win_rate"),
        (
            ("ask", "sales.win_rate", "--of", "joy"),
            "'joy' is not a choice of of. There are: count, amount, all, honest.",
        ),
        (("ask", "sales.win_rate", "--by", "moon"), "cannot be grouped by 'moon'"),
        (("ask", "sales.win_rate", "--period", "2025-13"), "'2025-13' is not a period."),
        (("ask", "sales.win_rate", "--as-of", "soon"), "'soon' is not a date. Write it like 2026-12-31."),
        (("ask", "sales.win_rate", "--period", "0001"), "'0001' is not a period."),
        (("ask", "sales.win_rate", "--period", "last-1500-years"), "'last-1500-years' is not a period."),
        (("ask", "sales.win_rate", "--as-of", "0001-01-01"), "'0001-01-01' is not a date."),
        (("ask", "sales.win_rate", "--where", "moon=full"), "'moon' is not a dimension."),
        (("ask", "sales.win_rate", "--where", "owner"), "'owner' is not a filter."),
        (("rollback",), "There is no earlier version to go back to."),
    ],
)
def test_a_mistake_is_one_clear_sentence_and_ends_with_1(
    workspace: Path, words: tuple[str, ...], sentence: str
) -> None:
    done = run("--workspace", workspace, *words)
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.output


def test_wrong_usage_ends_with_2(workspace: Path) -> None:
    assert run("--workspace", workspace, "ask", "sales.win_rate", "--nonsense").exit_code == 2
    assert run("--language", "xx", "list").exit_code == 2


def test_a_folder_without_data(tmp_path: Path) -> None:
    done = run("--workspace", tmp_path, "ask", "sales.win_rate")
    assert done.exit_code == 1
    assert "There is no data in" in done.stderr


def test_check_shows_file_row_column_and_value(workspace: Path) -> None:
    done = run("--workspace", workspace, "check")
    assert "deals.amount" in done.stdout
    assert "deals.csv, row 4: '=1+1'" in done.stdout


def test_list_tells_what_is_locked(workspace: Path) -> None:
    done = run("--workspace", workspace, "list")
    assert "sales.win_rate " in done.stdout
    assert "Locked: there are no Orders." in done.stdout


def test_versions_and_the_same_files_again(workspace: Path) -> None:
    assert "*     1" in run("--workspace", workspace, "versions").stdout
    again = run("--workspace", workspace, "import", workspace.parent)
    assert "Nothing new" in again.stdout
    assert run("--workspace", workspace, "versions").stdout.count("\n") == 1


def test_export_parquet(workspace: Path, tmp_path: Path) -> None:
    done = run("--workspace", workspace, "export", "parquet", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert list((tmp_path / "out").rglob("deals*.parquet"))
