"""Orders with what their lines add up to: worked out at the import, and the same as adding them up for each question."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from crmetrics.catalogue import OpenCatalogue, current_version, open_workspace
from crmetrics.warehouse.engine import DuckDbEngine
from crmetrics.warehouse.scope import Filter

CATEGORY = "Cartridges"
ASKED = ("kpis.purchases", "kpis.average_order_value", "kpis.new_customers", "customers.repeat_purchase_rate")
FILTERS = {
    "none": (),
    "of the customer": (Filter("region", ("London", "Yorkshire")),),
    "of the order": (Filter("channel", ("online", None)),),
    "of the line": (Filter("category", (CATEGORY,)),),
    "of line and order": (Filter("category", (CATEGORY,)), Filter("channel", ("online",))),
}


@pytest.fixture(scope="module")
def at_rest(demo_company) -> OpenCatalogue:
    return open_workspace(demo_company("en"))


@pytest.fixture(scope="module")
def each_time(
    demo_company, at_rest: OpenCatalogue, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenCatalogue]:
    """The same company, its version without them."""
    path: Path = tmp_path_factory.mktemp("each") / "version.duckdb"
    shutil.copyfile(current_version(demo_company("en")).path, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table meta.added_up_orders")
        connection.execute("delete from meta.facts where name = 'added_up'")
    with DuckDbEngine(path) as engine:
        yield OpenCatalogue(engine, at_rest.settings)


def test_the_import_adds_up_every_order_that_has_lines(demo_company) -> None:
    with duckdb.connect(str(current_version(demo_company("en")).path), read_only=True) as connection:
        ours, told = connection.execute(
            "select (select sum(lines_net) from meta.added_up_orders), (select sum(net_amount) from order_lines)"
        ).fetchall()[0]
        assert ours == told
        columns = {name for name, *_rest in connection.execute("describe meta.added_up_orders").fetchall()}
    assert {"order_id", "customer_id", "lines_net", "lines_sold"} <= columns
    assert "source_file" not in columns


@pytest.mark.parametrize("key", ASKED)
@pytest.mark.parametrize("where", FILTERS.values(), ids=FILTERS)
def test_both_ways_say_the_same(at_rest: OpenCatalogue, each_time: OpenCatalogue, key: str, where: tuple[Filter, ...]):
    assert at_rest.engine.profile.is_added_up
    assert not each_time.engine.profile.is_added_up
    earlier = at_rest.engine.profile.reaches - timedelta(days=200)
    for as_of in (None, earlier):
        for by in ("month", "region"):
            ours, theirs = (each.ask(key, by=by, where=where, as_of=as_of) for each in (at_rest, each_time))
            assert [row.values for row in ours.rows] == [row.values for row in theirs.rows]
            assert (ours.total, ours.result.used) == (theirs.total, theirs.result.used)
            assert sum(each.rows for each in ours.result.left_out) == sum(each.rows for each in theirs.result.left_out)


def test_a_filter_on_the_lines_counts_what_is_left_of_each_order(at_rest: OpenCatalogue) -> None:
    whole = at_rest.ask("kpis.average_order_value", by="none").total
    category = at_rest.ask("kpis.average_order_value", by="none", where=FILTERS["of the line"]).total
    assert whole is not None
    assert category is not None
    assert 0 < category.as_dict()["n"] < whole.as_dict()["n"]
    assert category.as_dict()["value"] < whole.as_dict()["value"]
