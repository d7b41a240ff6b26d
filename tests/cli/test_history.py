"""History, undo and persons from the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crmetrics.cli.app import command_line

MAPPING = """
[source]
name = "crm"
kind = "delta"
[files.people]
match = "people*.csv"
key = ["id"]
[customers]
from = "people"
customer_id = "id"
name = "name"
"""


def run(workspace: Path, *words: str, said: str = "") -> Result:
    command = command_line(lambda *_given: None)
    return CliRunner().invoke(command, ["--workspace", str(workspace), *words], input=said)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    for number, line in ((1, "1,Ann Lee"), (2, "2,Bo Berg")):
        (folder / f"people{number}.csv").write_text(f"id,name\n{line}\n", encoding="utf-8")
        done = run(
            folder / "w", "import", str(folder / f"people{number}.csv"), "--mapping", str(folder / "mapping.toml")
        )
        assert done.exit_code == 0, done.output
    return folder / "w"


def test_every_step_is_told_in_every_language(workspace: Path) -> None:
    told = run(workspace, "history").output
    assert "Import 2 of crm: people2.csv" in told
    assert told.startswith("*    2")
    for language, said in (("tr", "içe aktarma"), ("uk", "Імпорт 2 джерела crm"), ("zh", "第 2 次导入")):
        assert said in run(workspace, "--language", language, "history").output
    one = run(workspace, "history", "2").output
    assert "people2.csv: 1 rows read, 1 kept, 0 set aside, 0 merged" in one
    assert "Made from version 1." in one
    steps = json.loads(run(workspace, "history", "--json").output)["steps"]
    assert [(step["number"], step["import_no"], step["is_in_force"]) for step in steps] == [(2, 2, True), (1, 1, True)]


def test_undo_and_redo_say_what_they_did(workspace: Path) -> None:
    assert "Import 2 of crm taken back" in run(workspace, "undo").output
    assert "Import 2 of crm counts again" in run(workspace, "redo").output
    refused = run(workspace, "undo", "99")
    assert (refused.exit_code, "There is no step 99" in refused.output) == (1, True)


def test_nobody_is_erased_before_it_is_confirmed(workspace: Path, tmp_path: Path) -> None:
    assert run(workspace, "person", "export", "1", "--to", str(tmp_path / "ann")).exit_code == 0
    assert json.loads((tmp_path / "ann" / "person.json").read_text(encoding="utf-8"))["customer_id"] == "1"
    asked = run(workspace, "person", "erase", "1", said="n\n")
    assert "Ann Lee" in asked.output
    assert asked.exit_code == 1
    assert run(workspace, "person", "export", "1", "--to", str(tmp_path / "again")).exit_code == 0
    assert "erased" in run(workspace, "person", "erase", "1", said="y\n").output
    gone = run(workspace, "person", "export", "1", "--to", str(tmp_path / "gone"))
    assert "There is no customer '1'" in gone.output
    assert "A person was erased" in run(workspace, "history").output


def test_a_watch_needs_a_folder_and_a_time(workspace: Path, tmp_path: Path) -> None:
    assert "no folder" in run(workspace, "import", "--watch", str(tmp_path / "nowhere")).output
    assert "'soon' is not a time" in run(workspace, "import", "--watch", str(tmp_path), "--every", "soon").output
    assert run(workspace, "import").exit_code == 2
