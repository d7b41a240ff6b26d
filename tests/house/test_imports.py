"""Imports run one way, and a plain question loads nothing that it does not need."""

import ast
import json
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest
from click.testing import CliRunner

from crmetrics.cli.app import command_line

# What draws, serves or models on a grand scale; a question on the command line needs none of it.
TOO_HEAVY_TO_ASK = {
    "altair", "fastapi", "holidays", "lightgbm", "pandas", "playwright", "pyspark", "scipy", "sklearn", "sqlalchemy",
    "starlette", "uvicorn", "vl_convert",
}  # fmt: skip
# `import crmetrics` gives the names alone; what is behind them is loaded when it is called.
TOO_HEAVY_TO_IMPORT = TOO_HEAVY_TO_ASK | {"babel", "duckdb", "jinja2", "numpy", "pyarrow", "rich", "sqlglot"}

NAMES_LOADED = "import json, sys; print(json.dumps(sorted(sys.modules)))"

MAPPING = """
[files.deals]
match = "deals.csv"

[deals]
from = "deals"
deal_id = "id"
stage = "stage"
is_won = { column = "stage", map = { "Won" = "true", "Lost" = "false" } }
amount = "amount"
currency = { value = "EUR" }
created_at = "created"
closed_at = "closed"
"""
DEALS = "id,stage,amount,created,closed\nD1,Won,100,2026-01-05,2026-02-01\nD2,Lost,50,2026-01-06,2026-03-01\n"


def loaded_by(statement: str) -> tuple[set[str], str]:
    """The modules that are loaded once a statement has run in a process of its own, and what it printed."""
    run = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{NAMES_LOADED}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    *told, names = run.stdout.splitlines()
    return set(json.loads(names)), "\n".join(told)


def a_circle(graph: grimp.ImportGraph) -> list[str]:
    """Find one circle of imports; empty if there is none."""
    order = TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules})
    try:
        order.prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_circle_of_imports():
    # Two types of one room may name each other; when the program runs, no file waits for itself.
    assert a_circle(grimp.build_graph("crmetrics", exclude_type_checking_imports=True)) == []


def test_a_circle_would_be_found():
    graph = grimp.ImportGraph()
    for module, imported in (("sales", "models"), ("models", "warehouse"), ("warehouse", "sales")):
        graph.add_import(importer=module, imported=imported)
    assert set(a_circle(graph)) == {"sales", "models", "warehouse"}


def test_no_room_goes_through_the_front_door(product_files):
    # `from crmetrics import ask` inside a room would lead from the bottom of the house to its top.
    through = [
        file.place(node)
        for file in product_files
        if file.room
        for node in ast.walk(file.tree)
        if (isinstance(node, ast.ImportFrom) and node.module == "crmetrics" and node.level == 0)
        or (isinstance(node, ast.Import) and any(name.name == "crmetrics" for name in node.names))
    ]
    assert through == []


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_by("import crmetrics")[0] & TOO_HEAVY_TO_IMPORT == set()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A workspace with two decided deals."""
    folder = tmp_path_factory.mktemp("deals")
    (folder / "deals.csv").write_text(DEALS, encoding="utf-8")
    (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    run = CliRunner().invoke(
        command_line(lambda *_given: None), ["--workspace", str(folder), "import", str(folder / "deals.csv")]
    )
    assert run.exit_code == 0, run.output
    return folder


def test_asking_a_question_loads_nothing_heavy(workspace):
    words = ["crmetrics", "--workspace", str(workspace), "ask", "sales.win_rate", "--period", "2026", "--json"]
    asked = f"import sys; sys.argv = {words!r}\nfrom crmetrics.main import main\ntry: main()\nexcept SystemExit: pass"
    loaded, told = loaded_by(asked)
    assert json.loads(told)["total"]["won"] == 1
    assert loaded & TOO_HEAVY_TO_ASK == set()
    asked_for = {"crmetrics.sales.win_rate", "crmetrics.sales.young_cohorts"}
    assert {name for name in loaded if name.startswith("crmetrics.sales.")} == asked_for


def test_the_command_itself_loads_nothing_heavy():
    assert loaded_by("import crmetrics.main")[0] & TOO_HEAVY_TO_ASK == set()
