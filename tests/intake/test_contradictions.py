"""Files that contradict themselves or what was there: told, or refused, but never taken in silence."""

import pytest

from crmetrics.intake.checking import check_of
from crmetrics.presenting.imports import told_check, told_import
from crmetrics.presenting.numbers import format_for
from crmetrics.vocabulary.errors import BadFile

LINES = """
    [source]
    name = "till"
    [files.lines]
    match = "lines*.csv"
    [orders]
    from = "lines"
    distinct = true
    order_id = "order"
    ordered_at = "day"
    customer_id = "who"
    channel = "channel"
    currency = { value = "EUR" }
    [order_lines]
    from = "lines"
    order_id = "order"
    quantity = { value = 1 }
    net_amount = "amount"
"""
HEADER = "order,day,who,channel,amount\n"
SAID = "Rows of the same key give different values: the last one is kept."
OTHER = '[source]\nname = "crm"\n[files.p]\nmatch = "{name}"\n[{table}]\nfrom = "p"\n{columns}\n'


def told(report):
    return [(one.table, one.column, one.rows) for one in report.warnings if str(one.reason) == SAID]


def examples(company):
    listed = "select import_no, source, entry, table_name, file, row, column_name, value from meta.warnings where reason = '{}'"
    return company.rows(listed.format(SAID) + " order by column_name, row")


def test_an_order_with_two_customers_is_told_and_the_last_is_kept(company):
    company.write(
        "lines.csv", HEADER + "1,2024-01-01,A,,10\n1,2024-01-02,B,shop,20\n2,2024-01-03,C,,30\n2,2024-01-03, C ,web,5\n"
    )
    report = company.take_in(LINES)
    assert told(report) == [("orders", "customer_id", 1), ("orders", "ordered_at", 1)]  # blanks contradict nothing
    assert company.rows("select order_id, customer_id, channel from orders order by 1") == [
        ("1", "B", "shop"),
        ("2", "C", "web"),
    ]
    assert examples(company) == [
        (1, "till", "lines", "orders", "lines.csv", 3, "customer_id", "1: A | B"),
        (1, "till", "lines", "orders", "lines.csv", 3, "ordered_at", "1: 2024-01-01 00:00:00 | 2024-01-02 00:00:00"),
    ]
    assert f"1  orders.customer_id: {SAID}" in told_import(report, format_for("en", "EUR"))
    shown = told_check(check_of(report.version), format_for("en", "EUR"))
    assert f"1  orders.customer_id: {SAID}\n      lines.csv, row 3: '1: A | B'" in shown


def test_lines_that_agree_and_files_of_whole_orders_are_not_told(company):
    company.write("lines.csv", HEADER + "1,2024-01-01,A,web,10\n1,2024-01-01,A,web,20\n2,2024-01-03,C,,30\n")
    assert told(company.take_in(LINES)) == []


def test_the_stages_of_a_log_are_a_history_and_contradict_nothing(company):
    log = OTHER.format(
        name="log.csv", table="deals", columns='distinct = true\ndeal_id = "id"\nstage = "stage"\nname = "n"'
    )
    company.write("log.csv", "id,stage,n,at\nD,new,One,2024-01-01\nD,won,Two,2024-02-01\n")
    assert [one[1] for one in told(company.take_in(log))] == ["name", "stage"]  # without the history, it is lost
    visits = '[deal_stages]\nfrom = "p"\ndeal_id = "id"\nstage = "stage"\nentered_at = "at"\n'
    assert [one[1] for one in told(company.take_in(log + visits))] == ["name"]


def test_a_row_in_quarantine_contradicts_nothing(company):
    company.write("lines.csv", HEADER + "1,2024-01-01,A,web,10\n1,2024-01-01,B,web,ten\n")
    report = company.take_in(LINES)
    assert (told(report), report.files[0].quarantined) == ([], 1)


def test_of_many_values_the_last_ones_are_shown_with_their_file(company):
    company.write("lines-1.csv", HEADER + "1,2024-01-01,A,,1\n1,2024-01-01,B,,1\n1,2024-01-01,C,,1\n")
    company.write("lines-2.csv", HEADER + "1,2024-01-01,A,,1\n1,2024-01-01,D,,1\n9,2024-01-01,Z,,1\n")
    assert told(company.take_in(LINES)) == [("orders", "customer_id", 1)]
    assert [line[4:] for line in examples(company)] == [("lines-2.csv", 3, "customer_id", "1: C | A | D")]


def test_what_was_told_stays_until_the_source_is_read_again(company):
    company.write("lines.csv", HEADER + "1,2024-01-01,A,,10\n1,2024-01-01,B,,20\n")
    company.take_in(LINES)
    found = [("orders", "customer_id", 1)]
    company.write("people.csv", "id\nA\n")
    people = OTHER.format(name="people.csv", table="customers", columns='customer_id = "id"')
    assert told(company.take_in(people, "people.csv")) == found  # another table
    company.write("more.csv", "id,day\n7,2024-05-05\n")
    more = OTHER.replace("crm", "web").format(
        name="more.csv", table="orders", columns='order_id = "id"\nordered_at = "day"\ncurrency = { value = "EUR" }'
    )
    assert told(company.take_in(more, "more.csv")) == found  # the same table by another source
    assert len(examples(company)) == 1
    company.write("lines.csv", HEADER + "1,2024-01-01,B,,10\n1,2024-01-01,B,,20\n")
    assert told(company.take_in(LINES, "lines.csv")) == []
    assert examples(company) == []


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("", "lines.csv holds no rows."),
        (
            "1,someday,A,,10\n2,2024-01-01,A,,x\n",
            "No row of lines.csv can be read. The first is row 2 of lines.csv, ordered_at 'someday': ",
        ),
    ],
)
def test_a_full_source_that_goes_from_rows_to_none_is_refused(company, rows, why):
    company.write("lines.csv", HEADER + "1,2024-01-01,A,,10\n2,2024-01-01,B,,20\n")
    first = company.take_in(LINES)
    before = company.files()
    company.write("lines.csv", HEADER + rows)
    with pytest.raises(BadFile) as refused:
        company.take_in(LINES)
    said = str(refused.value)
    assert said.startswith(why)
    assert "[files.lines] gave 2 rows until now" in said
    assert "may_be_empty = true below [files.lines] in mapping.toml" in said
    assert (company.versions.current(), company.files()) == (first.version, before)
    allowed = LINES.replace('match = "lines*.csv"', 'match = "lines*.csv"\n    may_be_empty = true')
    tables = company.take_in(allowed).tables
    assert (tables["orders"], tables["order_lines"]) == (0, 0)


def test_an_empty_file_is_taken_first_and_beside_others_and_of_a_delta_source(company):
    company.write("lines.csv", HEADER)
    assert company.take_in(LINES).tables["orders"] == 0
    company.write("lines-2.csv", HEADER + "1,2024-01-01,A,,10\n")
    assert company.take_in(LINES).tables["orders"] == 1
    company.write("lines-3.csv", HEADER.replace("amount", "amount,note"))
    assert company.take_in(LINES).tables["orders"] == 1  # a month without orders beside one with some
    delta = LINES.replace('name = "till"', 'name = "shop"\n    kind = "delta"')
    company.take_in(delta, "lines-2.csv")
    assert company.take_in(delta, "lines-3.csv").tables["orders"] == 1
