"""The expression grammar: what it understands, and that it understands nothing else."""

import re

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmetrics.vocabulary.errors import BadValue
from crmetrics.warehouse.expression import Kind, Name, Typed, identifier, literal, parse_expression

TYPED = {"stage": Kind.TEXT, "amount": Kind.NUMBER, "is_won": Kind.FLAG, "due_on": Kind.DATE, "closed_at": Kind.MOMENT}
CONNECTION = duckdb.connect(":memory:")
FILE = {"Quantity": "3", "Unit Price": "1.50", "Status": " Paid ", "Blank": None, "Discount": None}


def column(name):
    if name.column not in TYPED:
        raise BadValue(Kind.RAW.word)
    return Typed(identifier(name.column), TYPED[name.column])


def of_file(text):
    """Work an expression out over one row of a file."""
    names = {}

    def raw(name):
        return Typed(names.setdefault(name, f"x{len(names)}"), Kind.RAW)

    written = parse_expression(text).sql(raw, lambda name: f"try_cast({raw(name).sql} as double)").sql
    row = ", ".join(
        f"{literal(FILE[name.column]) if FILE[name.column] is not None else 'null'} as {alias}"
        for name, alias in names.items()
    )
    return CONNECTION.execute(f"select {written} from (select {row or '1 as one'})").fetchall()[0][0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('Quantity * "Unit Price"', 4.5),
        ("-Quantity + 2 * (1 + 1)", 1.0),
        ("Quantity / 2", 1.5),
        ("Quantity / 0", None),
        ('Quantity * "Unit Price" - coalesce(Discount, 0)', 4.5),
        ("Quantity > 2 and Quantity <= 3", True),
        ("Quantity = 3", True),
        ("Quantity = '3'", True),
        ("Quantity in (1, 3)", True),
        ("Status in ('Paid', ' Paid ')", True),
        ("Blank is null", True),
        ("Blank is not null or Quantity <> 3", False),
        ("not (Quantity > 5)", True),
        ("lower(trim(Status)) = 'paid'", True),
        ("starts_with(trim(Status), 'P')", True),
        ("Status like '%aid%'", True),
        ("Status not like '%aid%'", False),
        ("upper(replace(trim(Status), 'a', 'o')) || '!'", "POID!"),
        ("coalesce(Blank, Status, 'none')", " Paid "),
        ("'it''s'", "it's"),
        ("0.1", 0.1),
    ],
)
def test_what_it_understands_over_a_file(text, value):
    assert of_file(text) == value


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("is_won and amount > 1000", '("is_won" and ("amount" > 1000))'),
        ("amount > 0.5", '("amount" > 0.5e0)'),
        ("due_on < '2026-03-01'", "(\"due_on\" < date '2026-03-01')"),
        ("closed_at >= '2026-03-01'", "(\"closed_at\" >= timestamp '2026-03-01 00:00:00')"),
        ("stage in ('New', 'Offer')", "(\"stage\" in ('New', 'Offer'))"),
        ("amount / 2 = 1", '((("amount") * 1e0 / nullif(2, 0)) = 1)'),
        ("is_won is null", '("is_won" is null)'),
    ],
)
def test_what_it_writes_over_typed_columns(text, sql):
    assert parse_expression(text).condition(column) == sql


@pytest.mark.parametrize(
    "text",
    [
        "", "select 1", "(select 1)", "Quantity; drop table orders", "a; b", "exists (select 1)", "a in (select b from c)",
        "a::int", "cast(a as int)", "a between 1 and 2", "case when a then b end", "a.b.c", "main.orders.id", "*", "a.*",
        "$x", "?", "@x", "a[1]", "a -> 'b'", "a ** 2", "a % 2", "a // 2", "sum(a)", "count(*)", "sum(a) over ()",
        "read_csv('/etc/passwd')", "getenv('HOME')", "current_user", "current_date", "random()", "a ilike 'b'", "a ~ 'b'",
        "trim(both 'x' from a)", "lower(a, b)", "replace(a, 'x')", "starts_with(a)", "a is true", "date '2026-01-01'",
        "interval 1 day", "x'41'", "1e400", "0x10", "a collate nocase", "{a: 1}", "[1, 2]", "a and", "and b", "(a", "a)",
        "a like 'b' escape 'c'", "unnest(a)", "a in unnest(b)", "a as b", "a, b", "distinct a", "not", "pragma x", "attach 'x'",
        "(" * 200 + "a" + ")" * 200, "a" * 5000, "a and " * 500 + "a",
    ],
)  # fmt: skip
def test_everything_else_is_refused(text):
    with pytest.raises(BadValue):
        parse_expression(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("stage > 5", "'stage' is a text, but a number is needed there"),
        ("amount = 'ten'", "''ten'' is a text, but a number is needed there"),
        ("amount", "is not a condition"),
        ("is_won and stage", "'stage' is a text, but a condition is needed there"),
        ("due_on > 'soon'", "'soon' is not a date"),
        ("lower(amount) = 'x'", "is a number, but a text is needed there"),
        ("is_won + 1 = 2", "is a condition, but a number is needed there"),
    ],
)
def test_kinds_that_do_not_fit_are_told(text, says):
    with pytest.raises(BadValue, match=re.escape(says)):
        parse_expression(text).condition(column)


def test_the_names_it_reads():
    expression = parse_expression('a * products."Unit Price" + coalesce(a, b)')
    assert expression.names == (Name("a"), Name("Unit Price", "products"), Name("b"))


@given(st.text(max_size=60))
def test_no_text_gets_through_as_anything_but_an_expression(text):
    try:
        expression = parse_expression(text)
    except BadValue:
        return
    quoted = "'" + text.replace("'", "''") + "'"
    assert parse_expression(f"lower({quoted})").names == ()
    assert all(isinstance(name, Name) for name in expression.names)


@given(st.text(max_size=40).filter(lambda text: "\x00" not in text))
def test_a_quoted_text_stays_what_it_is(text):
    with CONNECTION.cursor() as cursor:
        assert cursor.execute(f"select {literal(text)}").fetchall() == [(text,)]
        named = cursor.execute(f"select 1 as {identifier(text or 'x')}")
        assert named.description[0][0] == (text or "x")
        assert named.fetchall() == [(1,)]
