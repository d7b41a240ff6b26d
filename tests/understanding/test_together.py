"""What files tell of each other, what words and values tell together, and what is asked because nothing tells it."""

from contextlib import closing
from dataclasses import replace

import duckdb
import pytest

from crmetrics.clean.mapping_file import parse_mapping
from crmetrics.clean.understanding.recognition import SURE
from crmetrics.intake.imports import import_sources
from crmetrics.intake.understanding import understand
from crmetrics.warehouse.versions import Versions


@pytest.fixture
def proposed(tmp_path):
    def look(**files):
        folder = tmp_path / "exports"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        return understand([folder], tmp_path / "scratch")[0]

    return look


def found(proposal, entry):
    """(table, column of it) -> match of one kind of file"""
    known = next(known for known in proposal.known if known.name == entry)
    return {(table, match.target): match for table, matches in known.found.tables.items() for match in matches}


CUSTOMERS = "Customer ID,Name\nC1,Ann\nC2,Bob\nC3,Cay\n"


@pytest.mark.parametrize(("ids", "is_sure"), [("C1,C2,C3", True), ("X7,X8,X9", False)])
def test_values_that_are_another_files_keys_are_a_reference(proposed, ids, is_sure):
    first, second, third = ids.split(",")
    orders = f"Order ID,Order date,Customer,Amount\n1,2026-01-01,{first},5.5\n2,2026-01-02,{second},6.5\n3,2026-01-03,{third},7\n"
    match = found(proposed(customers=CUSTOMERS, orders=orders), "orders")["orders", "customer_id"]
    assert match.column == "Customer"
    assert (match.confidence >= SURE) is is_sure


def test_a_table_with_a_file_of_its_own_is_not_made_from_others(proposed):
    sales = (
        "Order ID,Order date,Customer ID,Customer Name,Product ID,Quantity,Amount\n"
        "1,2026-01-01,C1,Ann,P1,1,5.5\n1,2026-01-01,C1,Ann,P2,1,5.5\n2,2026-01-02,C2,Bob,P1,2,11.5\n"
    )
    assert ("customers", "name") in found(proposed(sales=sales), "sales")
    assert ("customers", "name") not in found(proposed(sales=sales, customers=CUSTOMERS), "sales")


def test_what_a_file_says_nothing_of_is_asked(proposed):
    table = "No,Name,City,Phone\n1,Ann,Kyiv,+380441234567\n2,Bob,Lviv,+380321234567\n"
    assert all(match.confidence < SURE for match in found(proposed(list=table), "list").values())
    assert found(proposed(clients=table), "clients")["customers", "customer_id"].confidence >= SURE


def test_a_dictionary_is_no_table(proposed):
    assert found(proposed(fields="Variable,Description\na,the first\nb,the second\nc,the third\n"), "fields") == {}


def test_an_id_of_something_else_is_not_the_tables_own(proposed):
    match = found(
        proposed(deals="seller_id,won_date,amount\na1,2026-01-01,5\na2,2026-01-02,6\na3,2026-01-03,7\n"), "deals"
    )
    assert match["deals", "deal_id"].confidence < SURE


DEALS = (
    "Deal ID,Stage,Amount,Close date\n1,Won,10,2026-01-05\n2,Lost,10,2026-01-06\n"
    "3,Proposal,10,2026-12-01\n4,Proposal,10,2026-12-02\n5,Negotiation,10,2026-12-03\n"
)


def test_the_close_date_of_an_open_deal_is_the_expected_one(proposed, tmp_path):
    text = proposed(deals=DEALS).text()
    assert "where = \"Stage not in ('Lost', 'Won')\"" in text
    mapping = parse_mapping(tmp_path / "m.toml", text, "x")
    sections = [section for section in mapping.sections if section.table.name == "deals"]
    assert [{"expected_close_on", "closed_at"} & {cell.target for cell in section.cells} for section in sections] == [
        {"expected_close_on"},
        {"closed_at"},
    ]


def test_a_close_date_of_decided_deals_alone_is_theirs(proposed):
    text = proposed(deals=DEALS.replace("2026-12-01", "").replace("2026-12-02", "").replace("2026-12-03", "")).text()
    assert text.count("[[deals]]") == 1
    assert 'closed_at = "Close date"' in text
    assert "expected_close_on" not in text


def test_an_outcome_in_words_beside_the_stage(proposed):
    text = proposed(
        deals="Deal ID,Stage,Status,Amount,Probability %\n1,Closed,Won,10,100\n2,Closed,Lost,10,0\n3,Offer,,10,60\n"
    ).text()
    assert 'is_won = { column = "Status", map = { Lost = "false", Won = "true" } }' in text
    assert 'probability = { formula = "\\"Probability %\\" / 100" }' in text


@pytest.mark.parametrize("kinds", [("Company", "Person"), ("Firma", "Şahıs"), ("Компанія", "Особа"), ("企业", "个人")])
def test_a_kind_is_told_by_its_values(proposed, tmp_path, kinds):
    one, other = kinds
    text = proposed(customers=f"Customer ID,Name,Type\nC1,Ann,{other}\nC2,Acme,{one}\nC3,Bob,{other}\n").text()
    cells = {cell.target: cell for cell in parse_mapping(tmp_path / "m.toml", text, "x").sections[0].cells}
    assert dict(cells["kind"].map) == {one: "company", other: "person"}


def test_a_word_over_values_that_are_no_kinds(proposed):
    known = proposed(customers="Customer ID,Name,Type\nC1,Ann,Alpha\nC2,Bob,Beta\nC3,Cay,Alpha\n")
    assert ("customers", "kind") not in found(known, "customers")


def staffed(tmp_path, text):
    folder = tmp_path / "hr"
    folder.mkdir()
    (folder / "employees.csv").write_text(text, encoding="utf-8")
    proposal, _errors = understand([folder], tmp_path / "spill")
    while questions := proposal.questions():
        proposal = proposal.after(questions[0], True)
    mapping = tmp_path / "m.toml"
    mapping.write_text(proposal.text(), encoding="utf-8")
    report = import_sources(tmp_path / "w", [folder], mapping)
    version = Versions(tmp_path / "w" / "versions").current()
    with closing(duckdb.connect(str(version.path), read_only=True)) as connection:
        rows = connection.execute("select employee_id, manager_id, team from employees order by 1").fetchall()
    return rows, report


def test_managers_who_stand_in_no_row_of_their_own_are_employees(tmp_path):
    rows, report = staffed(
        tmp_path, "Employee,Manager,Team\nAnn Lee,Dora Wren,North\nBob Fox,Dora Wren,North\nDora Wren,Max Orr,South\n"
    )
    assert rows == [
        ("Ann Lee", "Dora Wren", "North"),
        ("Bob Fox", "Dora Wren", "North"),
        ("Dora Wren", "Max Orr", "South"),
        ("Max Orr", None, None),
    ]
    assert report.warnings == ()


def test_managers_by_name_beside_numbers_of_employees_are_looked_up(tmp_path):
    people = "".join(f"{n},Ann Lee{'abcdefghijkl'[n]},Dora Wren,North\n" for n in range(2, 12))
    rows, report = staffed(tmp_path, f"Employee ID,Name,Manager,Team\n1,Dora Wren,,South\n{people}")
    assert {manager for _id, manager, team in rows if team == "North"} == {"1"}
    assert len(rows) == 11
    assert report.warnings == ()


def rows_of(head, *cells):
    """A file of 30 rows below a head, each cell with the row's number where it says {n}."""
    lines = [",".join(cell.format(n=n, d=n % 28 + 1, c=n % 7) for cell in cells) for n in range(30)]
    return "\n".join([head, *lines, ""])


def test_the_company_whose_system_it_is_is_not_the_customer(proposed):
    text = rows_of("Company,Invoice No,Invoice Date,Partner,Amount,Company Currency",
                   "Our Works Ltd", "I{n}", "2025-03-{d:02}", "Harbour {c}", "{n}.50", "EUR")  # fmt: skip
    told = found(proposed(invoices=text), "invoices")
    assert told["invoices", "customer_id"].column == "Partner"
    assert all(
        match.confidence < SURE
        for (table, _t), match in told.items()
        if table == "customers" and match.column != "Partner"
    )


def test_what_names_the_table_itself_comes_first_among_days_and_keys(proposed):
    text = rows_of("Date,ID,Invoice Date,Invoice No,Customer,Total,Due Date",
                   "2025-04-{d:02}", "9{n}", "2025-03-{d:02}", "I{n}", "Harbour {c}", "{n}.50", "2025-05-{d:02}")  # fmt: skip
    told = found(proposed(invoices=text), "invoices")
    assert told["invoices", "issued_on"].column == "Invoice Date"
    assert told["invoices", "invoice_id"].column == "Invoice No"


def test_a_contact_beside_a_customer_is_asked_about(proposed):
    text = rows_of("Deal No,Customer,Contact Name,Stage,Amount,Created",
                   "D{n}", "Harbour {c} Ltd", "Ann Lee", "New", "{n}.50", "2025-03-{d:02}")  # fmt: skip
    told = found(proposed(deals=text), "deals")
    assert told["deals", "customer_id"].column == "Customer"
    assert all(match.confidence < SURE for match in told.values() if match.column == "Contact Name")


HEADS = "Order ID,Order Date,Customer No,Product,Quantity,Net Amount"
LINES = [f"A{n},2026-01-{n:02},C{n % 3},P{n % 2},{n % 4 + 1},{n}.50" for n in range(1, 21)]


def taken_in(tmp_path, proposal):
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(replace(proposal, currency="EUR").text(), encoding="utf-8")
    return import_sources(tmp_path / "w", [tmp_path / "exports"], mapping)


def rows(tmp_path, sql):
    version = Versions(tmp_path / "w" / "versions").current()
    assert version is not None
    with closing(duckdb.connect(str(version.path), read_only=True)) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("again", ["orders (1).csv", "orders - Copy.csv", "orders - Kopya (2).csv"])
def test_an_export_that_was_fetched_again_doubles_nothing(tmp_path, again):
    exports = tmp_path / "exports"
    exports.mkdir()
    heads, lines = f"{HEADS},print", [f"{line},yes" for line in LINES]
    (exports / "orders.csv").write_text("\n".join([heads, *lines[:15], ""]))
    (exports / again).write_text("\n".join([heads, *lines, ""]))
    proposal, _errors = understand([exports], tmp_path / "spill")
    taken_in(tmp_path, proposal)
    assert rows(tmp_path, "select count(*), sum(net_amount)::double from order_lines") == [(20, 220.0)]


def test_files_of_several_shops_are_not_taken_for_one_another(tmp_path):
    exports = tmp_path / "exports"
    exports.mkdir()
    for name, lines in (("orders.csv", LINES[:10]), ("orders (1).csv", LINES[9:])):  # one line in common may be chance
        (exports / name).write_text("\n".join([HEADS, *lines, ""]))
    proposal, _errors = understand([exports], tmp_path / "spill")
    assert 'kind = "full"' in proposal.text()


def test_beside_files_a_day_a_list_of_customers_is_kept_up_to_date(tmp_path):
    exports = tmp_path / "exports"
    exports.mkdir()
    customers = "Customer No,Customer Name,E-mail\n" + "".join(f"C{n},Firm {n},a{n}@x.com\n" for n in range(3))
    (exports / "customers.csv").write_text(customers)
    for day in (1, 2):
        (exports / f"orders-2026-01-{day:02}.csv").write_text("\n".join([HEADS, *LINES[day * 5 : day * 5 + 8], ""]))
    proposal, _errors = understand([exports], tmp_path / "spill")
    assert 'kind = "delta"' in proposal.text()
    taken_in(tmp_path, proposal)
    (exports / "customers.csv").write_text(customers.replace("a1@x.com", "new@x.com"))
    report = import_sources(tmp_path / "w", [exports], tmp_path / "mapping.toml")
    assert [(each.kept, each.quarantined) for each in report.files] == [(3, 0)]
    assert rows(tmp_path, "select email from customers order by customer_id") == [
        ("a0@x.com",),
        ("new@x.com",),
        ("a2@x.com",),
    ]
