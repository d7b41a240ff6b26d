"""A company's own KPIs: the same values as the product's, and nothing but them."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmetrics.analysis.kept import Answers
from crmetrics.analysis.own_kpis import mark_of, read_own_kpis
from crmetrics.catalogue import OpenCatalogue
from crmetrics.vocabulary.errors import BadFile, BadValue, CrmetricsError, UnknownName
from tests.company import company

BIG = """
[big_orders]
title = "Orders above {least}"
unit = "count"
better = "higher"
over = "purchases"
date = "ordered_at"
aggregate = "count"
condition = "net > {least}"
"""


def read(folder: Path, text: str):
    path = folder / "kpis.toml"
    path.write_text(text, encoding="utf-8")
    return read_own_kpis(path)


def orders(*amounts: float) -> dict[str, list[dict[str, object]]]:
    heads = [{"order_id": str(n), "customer_id": "c", "ordered_at": "2025-05-02"} for n in range(len(amounts))]
    lines = [
        {"order_id": str(n), "line_no": 1, "net_amount": amount, "quantity": 1} for n, amount in enumerate(amounts)
    ]
    return {"orders": heads, "order_lines": lines}


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert dict(read_own_kpis(tmp_path / "kpis.toml")) == {}


def test_an_own_kpi_is_asked_like_any_other(tmp_path: Path) -> None:
    own = read(tmp_path, BIG.format(least=100))
    with company(**orders(50, 150, 250)) as asked:
        catalogue = OpenCatalogue(asked.engine, asked.settings, own=own)
        answer = catalogue.ask("custom.big_orders", period="2025-05", by="none")
        assert "custom.big_orders" in [entry.declared.key for entry in catalogue.entries()]
        with pytest.raises(UnknownName, match=r"Did you mean custom\.big_orders"):
            catalogue.ask("custom.big_order")
    assert answer.total.value == 2
    assert str(answer.declared.title) == "Orders above 100"
    assert str(answer.declared.formula) == "count where net > 100; purchases by ordered_at"


def test_a_changed_file_gives_new_answers_from_the_same_cache(tmp_path: Path) -> None:
    kept = Answers()
    with company(**orders(50, 150, 250)) as asked:
        found = []
        for least in (100, 200):
            own = read(tmp_path, BIG.format(least=least))
            catalogue = OpenCatalogue(asked.engine, asked.settings, kept, own)
            found.append(catalogue.ask("custom.big_orders", period="2025-05", by="none").total.value)
    assert found == [2, 1]
    assert mark_of({}) == ""


def test_a_ratio_of_counts_is_a_share_with_its_interval(tmp_path: Path) -> None:
    text = """
[big_share]
title = "Share of big orders"
unit = "share"
over = "purchases"
date = "ordered_at"
top = { aggregate = "count", condition = "net > 100" }
bottom = { aggregate = "count" }
"""
    with company(**orders(50, 150, 250, 10)) as asked:
        catalogue = OpenCatalogue(asked.engine, asked.settings, own=read(tmp_path, text))
        total = catalogue.ask("custom.big_share", period="2025-05", by="none").total
    assert (total.value, total.k, total.n) == (0.5, 2, 4)
    assert total.low < 0.5 < total.high


@pytest.mark.parametrize(
    "condition",
    [
        "net > 1; drop table orders",
        "net > (select count(*) from customers)",
        "1 = 1) or (select 1) = 1 --",
        "version.main.orders.net > 1",
        "customers.name = 'x'",
        "read_csv('/etc/passwd') is not null",
        "getenv('HOME') = 'x'",
        "net > $start",
        "$$x$$ = 'x'",
        "lower(channel) = 'web'",
        "secret > 1",
        "company_rate > 1",
        "channel > 5",
        "net",
        "(" * 60 + "net > 1" + ")" * 60,
    ],
)
def test_hostile_conditions_are_refused(tmp_path: Path, condition: str) -> None:
    text = BIG.format(least=1).replace('condition = "net > 1"', f"condition = '''{condition}'''")
    with pytest.raises(BadValue, match=r"^kpis\.toml, \[big_orders\]: 'condition' is "):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('unit = "count"', 'unit = "apples"', "'unit' is 'apples'. Expected is one of: money, count"),
        ('better = "higher"', 'better = "up"', "'better' is 'up'. Expected is one of: higher, lower"),
        ('aggregate = "count"', 'aggregate = "mode"', "'aggregate' is 'mode'. Expected is one of: sum, count"),
        ('aggregate = "count"', 'aggregate = "sum"', "'value' is missing"),
        ('aggregate = "count"', 'aggregate = "sum"\nvalue = "channel"', "'channel' is not a number"),
        ('over = "purchases"', 'over = "pg_tables"', "'over': 'pg_tables' is not a canonical table or fact"),
        ('date = "ordered_at"', 'date = "channel"', "'channel' is not a date of purchases"),
        ('date = "ordered_at"', 'date = "paid_at"', "'paid_at' is not a date of purchases"),
        ('title = "Orders above 1"', "", "'title' is missing"),
        ('title = "Orders above 1"', "title = 7", "'title' is '7'; a text in quotes was expected"),
        ('better = "higher"', 'colour = "red"', "'colour' is not known"),
        ('aggregate = "count"', 'top = { aggregate = "count" }', "'condition' belongs into 'top' and 'bottom'"),
    ],
)
def test_a_fault_names_file_kpi_key_and_value(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = BIG.format(least=1)
    assert old in text
    with pytest.raises(CrmetricsError) as told:
        read(tmp_path, text.replace(old, new))
    assert str(told.value).startswith("kpis.toml, [big_orders]: ")
    assert said in str(told.value)


def test_a_name_is_small_letters(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="named in small letters"):
        read(tmp_path, BIG.format(least=1).replace("[big_orders]", '["../x"]'))


def test_what_is_not_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"kpis\.toml is not valid TOML"):
        read(tmp_path, "[big")
