"""docs/data-model.md says what is declared."""

from pathlib import Path

from crmetrics.warehouse.schema import DIMENSIONS, TABLES
from crmetrics.warehouse.schema.page import data_model

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data-model.md"


def test_the_committed_page_is_true():
    assert PAGE.read_text(encoding="utf-8") == data_model(), "run `make docs`"


def test_every_table_column_and_dimension_is_on_it():
    page = data_model()
    for table in TABLES.values():
        section = page.partition(f"\n### {table.name}\n")[2].partition("\n##")[0]
        for column in table.columns:
            assert f"\n| `{column.name}` | " in section
        for check in table.checks:
            assert f"`{check.condition}`" in section
    for name in DIMENSIONS:
        assert f"\n| `{name}` | " in page.partition("\n## Dimensions\n")[2]


def test_a_cell_never_breaks_its_row():
    rows = [line for line in data_model().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {3, 5}
