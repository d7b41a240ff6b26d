"""Bad input through the whole road: it is told, or set aside, and never ends in a stack of calls."""

import gzip
from datetime import datetime
from decimal import Decimal

import pytest

from crmetrics.presenting.imports import told_import
from crmetrics.presenting.numbers import format_for
from crmetrics.vocabulary.errors import BadFile, BadMapping, CrmetricsError

ORDERS = """
    [files.orders]
    match = "orders*"
    [orders]
    from = "orders"
    order_id = "id"
    customer_id = "who"
    ordered_at = "day"
    currency = { value = "EUR" }
    [customers]
    from = "orders"
    distinct = true
    customer_id = "who"
    name = "name"
"""
HEADER = "id,who,name,day\n"


def test_a_file_with_a_header_only_gives_empty_tables(company):
    company.write("orders.csv", HEADER)
    report = company.take_in(ORDERS, now=datetime(2026, 5, 5, 12))
    assert dict(report.tables) == {"orders": 0, "customers": 0}
    assert report.version.reaches == datetime(2026, 5, 6)


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\xff\xfe\x00binary\x00" * 50])
def test_an_empty_or_binary_file_is_told(company, content):
    company.exports.mkdir()
    (company.exports / "orders.csv").write_bytes(content)
    with pytest.raises(CrmetricsError) as told:
        company.take_in(ORDERS)
    assert "orders.csv" in str(told.value)
    assert company.versions.current() is None


def test_ragged_rows_are_set_aside_and_the_account_holds(company):
    company.write("orders.csv", HEADER + "1,C1,One,2026-01-01\n2,C2,Two,2026-01-02,too,many\n3,C3,Three,2026-01-03\n")
    report = company.take_in(ORDERS)
    file = report.files[0]
    assert (file.read, file.kept + file.quarantined) == (3, 3)
    assert file.quarantined == 1
    assert company.quarantine()[0][1:3] == ("orders.csv", 3)
    again = company.take_in(ORDERS.replace('name = "name"', ""))  # made again from the raw rows by another mapping
    assert [(one.read, one.quarantined) for one in again.files] == [(3, 1)]


def test_cells_that_start_a_formula_and_hostile_names_stay_texts(company):
    hostile = [
        "=cmd|' /C calc'!A0",
        "+1+1",
        "@SUM(A1)",
        "<script>alert(1)</script>",
        "'; drop table orders; --",
        "{{7*7}}",
        "%s%n",
    ]
    lines = "".join(f'{number},C{number},"{name}",2026-01-01\n' for number, name in enumerate(hostile))
    company.write("orders.csv", HEADER + lines)
    company.take_in(ORDERS)
    assert [name for (name,) in company.rows("select name from customers order by customer_id")] == hostile


def test_hostile_column_names_and_file_names(company):
    name = 'id"; drop table x; --'
    company.write("orders'; --.csv", f'"{name.replace(chr(34), chr(34) * 2)}",who,day\n1,C1,2026-01-01\n')
    company.take_in(
        f"""
        [files.orders]
        match = "orders*"
        [orders]
        from = "orders"
        order_id = '{name}'
        ordered_at = "day"
        currency = {{ value = "E'UR" }}
        custom."a'b\\"c" = "who"
        """
    )
    assert company.rows("select order_id, currency, source_file from orders") == [("1", "E'UR", "orders'; --.csv")]


def test_all_dates_missing_or_one_customer_alone(company):
    company.write("orders.csv", HEADER + "1,C1,One,\n2,C1,One,\n")
    report = company.take_in(ORDERS)
    assert dict(report.tables) == {"orders": 0, "customers": 0}
    assert report.files[0].quarantined == 2
    company.write("orders.csv", HEADER + "1,C1,One,2026-01-01\n")
    assert dict(company.take_in(ORDERS).tables) == {"orders": 1, "customers": 1}


def test_a_packed_file_and_one_of_another_encoding(company):
    company.exports.mkdir()
    (company.exports / "orders-1.csv.gz").write_bytes(
        gzip.compress((HEADER + "1,C1,Çağ,2026-01-01\n").encode("utf-8-sig"))
    )
    (company.exports / "orders-2.csv").write_bytes((HEADER + "2,C2,Şule,2026-01-01\n").encode("utf-16"))
    company.take_in(ORDERS)
    assert company.rows("select name from customers order by customer_id") == [("Çağ",), ("Şule",)]


def test_a_missing_source_is_told(company):
    with pytest.raises(BadFile, match="does not exist"):
        company.take_in(ORDERS, "nowhere")


def test_a_column_of_the_second_file_alone_is_no_column(company):
    company.write("orders.csv", "id,who,nme,day\n1,C1,One,2026-01-01\n")
    with pytest.raises(BadMapping, match=r"'name' is not a column of orders\.csv\. Did you mean 'nme'"):
        company.take_in(ORDERS)


def test_numbers_at_the_edge_of_what_money_holds(company):
    company.write(
        "bills.csv",
        "id,who,day,amount\n1,C1,2026-01-01,99999999999999.9999\n2,C1,2026-01-01,100000000000000\n3,C1,2026-01-01,1e308\n",
    )
    report = company.take_in(
        '[files.bills]\nmatch = "bills.csv"\n[invoices]\nfrom = "bills"\ninvoice_id = "id"\ncustomer_id = "who"\n'
        'issued_on = "day"\namount = "amount"\ncurrency = { value = "EUR" }\n'
    )
    assert company.rows("select amount from invoices") == [(Decimal("99999999999999.9999"),)]
    assert report.files[0].quarantined == 2


def test_a_formula_that_cannot_be_worked_out(company):
    company.write(
        "lines.csv", "o,n,p,day\n1,2,3,2026-01-01\n2,x,3,2026-01-01\n3,1e300,1e300,2026-01-01\n4,5,0,2026-01-01\n"
    )
    report = company.take_in(
        '[files.lines]\nmatch = "lines.csv"\n[orders]\nfrom = "lines"\norder_id = "o"\nordered_at = "day"\n'
        'currency = { value = "EUR" }\n[order_lines]\nfrom = "lines"\norder_id = "o"\nquantity = { value = 1 }\n'
        'net_amount = { formula = "n * p" }\nunit_price = { formula = "n / p" }\n'
    )
    assert company.rows("select order_id, net_amount::int, unit_price from order_lines order by 1") == [
        ("1", 6, Decimal("0.6667")),
        ("4", 0, None),
    ]
    assert [(q[2], q[3], q[4]) for q in company.quarantine()] == [
        (3, "net_amount", "x | 3"),
        (4, "net_amount", "1e300 | 1e300"),
    ]
    assert report.files[0].quarantined == 2


def test_a_row_that_no_table_could_take_is_told_without_a_place(company):
    company.write("orders.csv", HEADER + "1,C1,One,2026-01-01\n2,C2\n")
    said = told_import(company.take_in(ORDERS), format_for("en", "EUR"))
    line = next(line for line in said.splitlines() if "4 are expected" in line)
    assert line.split() == ["1", "The", "row", *line.split()[3:]]
