"""What an import records of itself, as data.quality and data.cleaning tell it."""

from __future__ import annotations

from datetime import datetime

from crmetrics.catalogue import open_workspace
from crmetrics.warehouse.scope import Viewer

MAPPING = """
[source]
name = "shop"
kind = "{kind}"

[company]
currency = "TRY"
zone = "UTC"
language = "en"

[files.sales]
match = "sales*.csv"
decimal = ","
dates = ["%d.%m.%Y"]
missing = ["yok"]

[customers]
from = "sales"
distinct = true
customer_id = "Cari"
city = "Sehir"

[orders]
from = "sales"
order_id = "No"
ordered_at = "Tarih"
customer_id = "Cari"
is_cancelled = {{ column = "Iptal", map = {{ evet = "true", "*" = "false" }} }}
currency = {{ column = "Para" }}
"""
HEAD = "No;Tarih;Cari;Sehir;Iptal;Para;Tutar\n"
MONEY = (
    MAPPING
    + """
[order_lines]
from = "sales"
order_id = "No"
line_no = {{ value = "1" }}
quantity = {{ value = "1" }}
net_amount = "Tutar"
"""
)


def told(company, key, **choices):
    return open_workspace(company.workspace).ask(key, **choices)


def quality(company):
    return {
        (str(row.table_name), str(row.column_name), row.dimension): (row.checked, row.passed)
        for row in told(company, "data.quality").rows
        if row.passed < row.checked or row.dimension == "timeliness"
    }


def test_every_rule_tells_what_it_changed_with_one_example(company):
    company.write(
        "sales-1.csv",
        HEAD
        + "1;05.01.2026; K1 ;İzmir;evet;tl;1.234,56\n2;06.01.2026;K2;yok;-;TRY;18500.00\n3;07.01.2026;K3;Ankara;-;TRY;5\n",
    )
    company.take_in(MONEY.format(kind="full"))
    answer = told(company, "data.cleaning")
    found = {
        (str(row.column_name), str(row.rule)): (row.rows, row.changed, row.example_before, row.example_after)
        for row in answer.rows
        if row.changed
    }
    assert found["Net amount", "A number is read by the marks of its file."] == (2, 1, "1.234,56", "1234.5600")
    assert found["Ordered", "A date is read by the form of its file."] == (2, 2, "05.01.2026", "2026-01-05 00:00:00")
    assert found["Currency", "A currency is written by its ISO 4217 code."] == (2, 1, "tl", "TRY")
    assert found["Cancelled", "A value is replaced as the mapping says."] == (2, 2, "evet", "true")
    assert found["Customer", "Blanks around the value are removed."][1:] == (1, " K1 ", "K1")
    aside = [row for row in answer.rows if row.quarantined]
    assert [(row.example_before, row.quarantined) for row in aside] == [("18500.00", 1)]  # ambiguous, never 1850000
    assert "it is not guessed" in str(aside[0].rule)
    total = answer.total
    assert total.rows == total.kept + total.quarantined + total.merged == 3
    assert {row.undo_id for row in answer.rows} == {"shop:1"}
    assert (answer.result.used, [(str(each.reason), each.rows) for each in answer.result.left_out]) == (
        2,
        [("stands in quarantine", 1)],
    )


def test_a_file_in_which_nothing_changes_tells_of_no_change(company):
    company.write("sales-1.csv", "No,At,Cari\n1,2026-01-05,K1\n")
    company.take_in(
        '[source]\nname = "shop"\n[company]\ncurrency = "EUR"\nzone = "UTC"\n[files.sales]\nmatch = "*.csv"\n'
        '[orders]\nfrom = "sales"\norder_id = "No"\nordered_at = "At"\ncustomer_id = "Cari"\ncurrency = { value = "EUR" }\n'
    )
    assert len(told(company, "data.cleaning").rows) == 0
    assert [(row.file, row.rows, row.kept) for row in told(company, "data.cleaning", show="files").rows] == [
        ("sales-1.csv", 1, 1)
    ]


def test_who_sees_a_part_is_not_shown_what_others_rows_held(company):
    company.write("sales-1.csv", HEAD + "1;x;K1;A;-;TRY;1\n2;06.01.2026;K1;A;-;TRY;1\n")
    company.take_in(MAPPING.format(kind="full"))
    answer = told(company, "data.cleaning", viewer=Viewer("a rep", "self", "E1"))
    assert (len(answer.rows), answer.total) == (0, None)


def test_contradictions_and_repeated_keys_lower_the_score(company):
    company.write(
        "sales-1.csv",
        HEAD + "1;05.01.2026;K1;Ankara;-;TRY;1\n2;05.01.2026;K1;Bursa;-;TRY;1\n2;09.01.2026;K2;Bursa;-;TRY;1\n",
    )
    company.take_in(MAPPING.format(kind="full"))
    found = quality(company)
    assert found["Customers", "City", "consistency"] == (2, 1)
    assert found["Orders", "Order ID", "uniqueness"] == (3, 2)


def test_what_comes_in_late_is_told_of_sources_that_only_add(company):
    mapping = (
        MAPPING.format(kind="delta").split("[customers]")[0]
        + "[orders]"
        + MAPPING.format(kind="delta").split("[orders]")[1]
    )
    company.write("sales-1.csv", HEAD + "1;05.01.2025;K1;A;-;TRY;1\n")
    company.take_in(mapping, now=datetime(2026, 1, 10))
    assert not any(dimension == "timeliness" for _table, _column, dimension in quality(company))
    company.write("sales-2.csv", HEAD + "2;19.01.2026;K1;A;-;TRY;1\n3;11.01.2026;K1;A;-;TRY;1\n")
    company.take_in(mapping, now=datetime(2026, 1, 20))
    assert quality(company)["Orders", "Ordered", "timeliness"] == (2, 1)
