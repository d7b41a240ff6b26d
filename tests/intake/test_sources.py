"""Sources over time: the same files again, full and delta ones, several of them side by side."""

from decimal import Decimal

import pytest

FULL = """
    [source]
    name = "erp"
    [files.people]
    match = "people*.csv"
    [files.bills]
    match = "bills*.csv"
    [customers]
    from = "people"
    customer_id = "id"
    name = "name"
    [invoices]
    from = "bills"
    invoice_id = "no"
    customer_id = "customer"
    issued_on = "day"
    amount = "amount"
    currency = { value = "EUR" }
"""
SALES = """
    [source]
    name = "till"
    kind = "delta"
    [files.lines]
    match = "*.csv"
    [orders]
    from = "lines"
    distinct = true
    order_id = "order"
    ordered_at = "day"
    currency = { value = "EUR" }
    [order_lines]
    from = "lines"
    order_id = "order"
    product_id = "sku"
    quantity = "n"
    net_amount = "amount"
"""
CRM = """
    [source]
    name = "crm"
    [files.contacts]
    match = "contacts.csv"
    [customers]
    from = "contacts"
    customer_id = "id"
    name = "title"
    email = "mail"
"""
BY_KEY = SALES.replace('match = "*.csv"', 'match = "*.csv"\n    key = ["order", "line"]').replace(
    'order_id = "order"\n    product_id', 'order_id = "order"\n    line_no = "line"\n    product_id'
)


def total(company):
    return company.rows("select count(*), sum(net_amount) from order_lines")[0]


def test_the_same_files_again_change_nothing(company):
    company.write("people.csv", "id,name\nC1,One\n")
    company.write("bills.csv", "no,customer,day,amount\nI1,C1,2026-01-01,10\n")
    first = company.take_in(FULL)
    before = company.files()
    again = company.take_in(FULL)
    assert (again.is_changed, again.version, again.files) == (False, first.version, ())
    assert sorted(again.known) == ["bills.csv", "people.csv"]
    assert company.files() == before


def test_the_same_file_by_another_mapping_is_made_again(company):
    company.write("people.csv", "id,name\nC1,One\n")
    company.write("bills.csv", "no,customer,day,amount\nI1,C1,2026-01-01,10\n")
    company.take_in(FULL)
    report = company.take_in(FULL.replace('name = "name"', ""))
    assert report.is_changed
    assert company.rows("select name from customers") == [("C1",)]


def test_a_full_source_replaces_what_it_gave_before(company):
    company.write("people.csv", "id,name\nC1,One\nC2,Two\n")
    company.write("bills.csv", "no,customer,day,amount\nI1,C1,2026-01-01,10\n")
    company.take_in(FULL)
    company.write("people.csv", "id,name\nC2,Two b\nC3,Three\n")
    report = company.take_in(FULL, "people.csv")
    assert company.rows("select customer_id, name from customers order by 1") == [("C2", "Two b"), ("C3", "Three")]
    assert company.rows("select invoice_id, customer_id from invoices") == [("I1", "C1")]  # the other file stays
    assert [file.name for file in report.files] == ["people.csv"]
    assert [(told.column, told.rows) for told in report.warnings] == [("customer_id", 1)]


def test_files_of_a_full_source_that_are_known_still_count_beside_a_new_one(company):
    """A folder with a file a month: the months before are not read again, but are there still."""
    months = FULL.replace('match = "bills.csv"', 'match = "bills*.csv"')
    company.write("people.csv", "id,name\nC1,One\n")
    company.write("bills-1.csv", "no,customer,day,amount\nI1,C1,2026-01-01,10\n")
    company.take_in(months)
    company.write("bills-2.csv", "no,customer,day,amount\nI2,C1,2026-02-01,20\n")
    report = company.take_in(months)
    assert company.rows("select invoice_id from invoices order by 1") == [("I1",), ("I2",)]
    assert sorted(report.known) == ["bills-1.csv", "people.csv"]
    (company.exports / "bills-1.csv").unlink()
    company.write("bills-3.csv", "no,customer,day,amount\nI3,C1,2026-03-01,30\n")
    company.take_in(months)
    assert company.rows("select invoice_id from invoices order by 1") == [("I2",), ("I3",)]  # what is gone is gone


def test_rows_that_a_full_source_no_longer_has_are_marked_beside_the_raw_files(company):
    company.write("people.csv", "id,name\nC1,One\nC2,Two\n")
    company.write("bills.csv", "no,customer,day,amount\nI1,C2,2026-01-01,10\n")
    company.take_in(FULL)
    company.write("people.csv", "id,name\nC2,Two\n")
    company.take_in(FULL, "people.csv")
    mark = company.workspace / "raw" / "erp" / "000002" / "removed.parquet"
    assert company.rows(f"select table_name, key_value, source_row from read_parquet('{mark}')") == [
        ("customers", "C1", 2)
    ]
    assert company.rows("select is_live, count(*) from meta.files group by 1 order by 1") == [(False, 1), (True, 2)]


def test_a_delta_source_adds_rows_and_counts_a_repeated_line_once(company):
    company.write(
        "all.csv", "order,sku,day,n,amount\n1,P1,2026-01-01,1,10\n1,P1,2026-01-01,1,10\n2,P2,2026-01-02,1,5\n"
    )
    company.take_in(SALES, "all.csv")
    assert total(company) == (3, Decimal("25.0000"))
    # One of the two equal lines is in the daily file: both stay, none is added.
    company.write("day1.csv", "order,sku,day,n,amount\n1,P1,2026-01-01,1,10\n")
    report = company.take_in(SALES, "day1.csv")
    assert total(company) == (3, Decimal("25.0000"))
    assert [(file.read, file.kept, file.merged) for file in report.files] == [(1, 0, 1)]
    # Three equal lines in one file are three; a new line is new.
    company.write(
        "day2.csv",
        "order,sku,day,n,amount\n1,P1,2026-01-01,1,10\n1,P1,2026-01-01,1,10\n1,P1,2026-01-01,1,10\n3,P1,2026-01-03,1,1\n",
    )
    report = company.take_in(SALES, "day2.csv")
    assert total(company) == (5, Decimal("36.0000"))
    assert [(file.read, file.kept, file.merged) for file in report.files] == [(4, 2, 2)]


def test_daily_files_at_once_with_the_whole_file_do_not_double(company):
    company.write("a-all.csv", "order,sku,day,n,amount\n1,P1,2026-01-01,1,10\n2,P2,2026-01-02,1,5\n")
    company.write("b-day.csv", "order,sku,day,n,amount\n2,P2,2026-01-02,1,5\n3,P2,2026-01-03,1,7\n")
    report = company.take_in(SALES)
    assert total(company) == (3, Decimal("22.0000"))
    assert sorted((file.name, file.kept, file.merged) for file in report.files) == [
        ("a-all.csv", 2, 0),
        ("b-day.csv", 1, 1),
    ]


def test_a_key_replaces_the_row_of_an_earlier_file(company):
    company.write("1.csv", "order,line,sku,day,n,amount\n1,1,P1,2026-01-01,1,10\n1,2,P2,2026-01-01,1,5\n")
    company.take_in(BY_KEY, "1.csv")
    company.write("2.csv", "order,line,sku,day,n,amount\n1,2,P3,2026-01-01,1,6\n2,1,P1,2026-01-04,1,8\n")
    report = company.take_in(BY_KEY, "2.csv")
    assert company.rows("select order_id, line_no, product_id, net_amount::int from order_lines order by 1, 2") == [
        ("1", 1, "P1", 10),
        ("1", 2, "P3", 6),
        ("2", 1, "P1", 8),
    ]
    assert [(file.read, file.kept, file.merged) for file in report.files] == [(2, 2, 0)]


def test_a_column_that_came_later_is_blank_in_earlier_files(company):
    company.write("1.csv", "order,sku,day,n,amount\n1,P1,2026-01-01,1,10\n")
    company.take_in(SALES, "1.csv")
    company.write("2.csv", "order,sku,day,n,amount,shop\n2,P1,2026-01-02,1,10,north\n")
    company.take_in(SALES.replace("currency = {", 'channel = "shop"\n    currency = {'), "2.csv")
    assert company.rows("select order_id, channel from orders order by 1") == [("1", None), ("2", "north")]


def two_sources(company):
    company.write("erp/people.csv", "id,name\nC1,\nC2,Two\n")
    company.write("erp/bills.csv", "no,customer,day,amount\nI1,C1,2026-01-01,10\n")
    company.take_in(FULL, "erp")
    company.write("crm/contacts.csv", "id,mail,title\nC1,one@x.org,Dr One\nC4,four@x.org,Four\n")
    return company.take_in(CRM, "crm")


def test_what_one_source_leaves_blank_another_one_fills(company):
    two_sources(company)
    assert company.rows("select customer_id, name, email, source_system from customers order by 1") == [
        ("C1", "Dr One", "one@x.org", "erp"),
        ("C2", "Two", None, "erp"),
        ("C4", "Four", "four@x.org", "crm"),
    ]


def test_what_another_source_no_longer_says_is_gone(company):
    two_sources(company)
    company.write("crm/contacts.csv", "id,mail,title\nC1,,\nC4,four@x.org,Four\n")
    company.take_in(CRM, "crm")
    assert company.rows("select customer_id, name, email from customers order by 1") == [
        ("C1", "C1", None),
        ("C2", "Two", None),
        ("C4", "Four", "four@x.org"),
    ]


def test_the_same_number_in_two_sources_is_two_documents_of_which_one_is_set_aside(company):
    company.write("till/1.csv", "order,sku,day,n,amount\n1,P1,2026-01-01,1,10\n")
    company.take_in(SALES, "till")
    company.write("web/1.csv", "order,sku,day,n,amount\n1,P1,2026-05-05,3,99\n2,P1,2026-05-05,1,33\n")
    report = company.take_in(SALES.replace('name = "till"', 'name = "web"'), "web")
    assert company.rows("select order_id, source_system from orders order by 1") == [("1", "till"), ("2", "web")]
    assert [(told.table, told.rows) for told in report.quarantined] == [("order_lines", 1), ("orders", 1)]
    # When the first one goes, the other one takes its place.
    company.write("till/1.csv", "order,sku,day,n,amount\n7,P1,2026-01-01,1,10\n")
    company.take_in(SALES.replace('"delta"', '"full"'), "till")
    assert company.rows("select order_id, source_system from orders order by 1") == [
        ("1", "web"),
        ("2", "web"),
        ("7", "till"),
    ]


def test_an_older_trace_of_a_customer_moves_the_derived_beginning(company):
    two_sources(company)
    assert company.rows("select created_at::date::varchar from customers where customer_id = 'C1'") == [("2026-01-01",)]
    company.write("till/1.csv", "order,sku,day,n,amount,who\n1,P1,2025-06-01,1,10,C1\n")
    company.take_in(SALES.replace("ordered_at", 'customer_id = "who"\n    ordered_at'), "till")
    assert company.rows("select created_at::date::varchar from customers where customer_id = 'C1'") == [("2025-06-01",)]


def test_a_row_that_another_source_had_covered_comes_back(company):
    company.write("erp/people.csv", "id,name\nC1,One\nC2,Two\n")
    company.write("erp/bills.csv", "no,customer,day,amount\nI1,C1,2026-01-01,10\n")
    company.take_in(FULL, "erp")
    company.write("crm/contacts.csv", "id,mail,title\nC1,one@x.org,Dr One\nC4,four@x.org,Four\n")
    company.take_in(CRM, "crm")
    company.write("erp/people.csv", "id,name\nC2,Two\n")
    company.take_in(FULL, "erp/people.csv")
    assert company.rows("select customer_id, name, email from customers order by 1") == [
        ("C1", "Dr One", "one@x.org"),
        ("C2", "Two", None),
        ("C4", "Four", "four@x.org"),
    ]
    company.write("crm/contacts.csv", "id,mail,title\nC4,four@x.org,Four\n")
    company.take_in(CRM, "crm")
    assert company.rows("select customer_id from customers order by 1") == [("C2",), ("C4",)]


def test_tables_that_an_import_does_not_touch_are_copied(company):
    company.write("erp/people.csv", "id,name\nC1,One\n")
    company.write("erp/bills.csv", "no,customer,day,amount\nI1,C1,2026-01-01,10\nI2,C1,soon,10\n")
    company.take_in(FULL, "erp")
    company.write("till/1.csv", "order,sku,day,n,amount\n1,P1,2026-02-01,1,10\n")
    report = company.take_in(SALES, "till")
    assert company.rows("select invoice_id, source_system from invoices") == [("I1", "erp")]
    assert company.quarantine()[0][:5] == ("invoices", "bills.csv", 3, "issued_on", "soon")
    assert dict(report.tables) == {"customers": 1, "invoices": 1, "orders": 1, "order_lines": 1, "products": 1}
    assert company.rows(
        "select source, rows_read, rows_kept, rows_quarantined from meta.imports order by import_no"
    ) == [
        ("erp", 3, 2, 1),
        ("till", 1, 1, 0),
    ]


@pytest.mark.parametrize("kind", ["full", "delta"])
def test_every_row_of_every_file_is_accounted_for(company, kind):
    company.write("1.csv", "order,sku,day,n,amount\n1,P1,2026-01-01,1,10\n1,P1,never,1,10\n,P2,2026-01-02,1,5\n")
    company.write("2.csv", "order,sku,day,n,amount\n1,P1,2026-01-01,1,10\n2,P2,2026-01-02,x,5\n")
    report = company.take_in(SALES.replace('"delta"', f'"{kind}"'))
    assert [(file.name, file.read) for file in report.files] == [("1.csv", 3), ("2.csv", 2)]
    assert all(file.read == file.kept + file.quarantined + file.merged for file in report.files)
    assert company.rows("select count(*) from order_lines")[0][0] == sum(file.kept for file in report.files)


def test_rows_without_their_key_never_replace_each_other(company):
    company.write("1.csv", "order,line,sku,day,n,amount\n1,1,P1,2026-01-01,1,10\n,,P2,2026-01-01,1,5\n")
    company.take_in(BY_KEY, "1.csv")
    company.write("2.csv", "order,line,sku,day,n,amount\n,,P3,2026-01-01,1,6\n")
    company.take_in(BY_KEY, "2.csv")
    assert [(q[1], q[2]) for q in company.quarantine()] == [("1.csv", 3), ("2.csv", 2)]
