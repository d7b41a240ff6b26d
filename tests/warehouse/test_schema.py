"""The declaration of the canonical tables is whole: what it names is there, and every piece of its SQL runs."""

from datetime import date

import duckdb
import pytest

from crmetrics.vocabulary.language import LANGUAGES, Message, translated
from crmetrics.warehouse.schema import CHOICE_LABELS, DIMENSIONS, ORIGIN, TABLES, Check, Personal, Table, Type, ddl

EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))

# The key of each table as the data model gives it, written down a second time on purpose.
KEYS = {
    "customers": "customer_id",
    "contacts": "contact_id",
    "employees": "employee_id",
    "targets": "kpi scope scope_id starts_on",
    "products": "product_id",
    "stock_levels": "product_id warehouse counted_on",
    "leads": "lead_id",
    "stages": "pipeline stage",
    "deals": "deal_id",
    "deal_stages": "deal_id stage entered_at",
    "deal_changes": "deal_id changed_at field_name",
    "deal_products": "deal_id line_no",
    "quotes": "quote_id",
    "orders": "order_id",
    "order_lines": "order_id line_no",
    "invoices": "invoice_id",
    "payments": "payment_id",
    "subscriptions": "subscription_id started_on",
    "costs": "cost_id",
    "activities": "activity_id",
    "events": "event_id",
    "campaigns": "campaign_id",
    "campaign_members": "campaign_id customer_id wave",
    "tickets": "ticket_id",
    "ticket_events": "ticket_id event_no",
    "sla_targets": "priority kind starts_on",
    "responses": "response_id",
    "competitor_facts": "fact_id",
    "market_sizes": "segment region period_start competitor",
    "forecasts": "forecast_id",
    "exchange_rates": "currency rated_on",
    "business_hours": "calendar valid_from weekday opens_at",
    "holidays": "calendar held_on",
    "other_records": "record_id other_system of_table line_no",  # ours: what another system says, for data.reconcile
}
MAY_BE_BLANK_IN_A_KEY = {"targets": {"scope_id"}, "market_sizes": {"competitor"}}

# Every other column that the data model marks R, besides keys (but responses.answered_at, which what was asked and not
# answered lacks).
REQUIRED = {
    "customers": "kind",
    "contacts": "customer_id name",
    "targets": "ends_on target_value",
    "stock_levels": "quantity",
    "leads": "created_at",
    "stages": "stage_no kind",
    "deals": "pipeline stage",
    "deal_products": "quantity",
    "orders": "ordered_at is_cancelled currency",
    "order_lines": "quantity net_amount",
    "invoices": "customer_id issued_on amount currency",
    "payments": "customer_id paid_on amount currency",
    "subscriptions": "customer_id monthly_amount currency",
    "costs": "spent_on kind amount currency",
    "activities": "kind created_at",
    "events": "kind occurred_at",
    "campaigns": "name",
    "campaign_members": "arm assigned_at",
    "tickets": "status created_at",
    "ticket_events": "occurred_at kind actor_kind",
    "sla_targets": "limit_minutes",
    "responses": "kind",
    "competitor_facts": "competitor kind seen_on",
    "market_sizes": "period_end demand_value unit source_note",
    "forecasts": "kind metric period_start period_end made_on amount",
    "exchange_rates": "rate_to_company",
    "business_hours": "closes_at time_zone",
    "other_records": "stated_on amount currency",
}

# Words that a language writes as English does.
SAME_AS_ENGLISH = {
    "tr": {"Bot", "CES", "CSAT", "Model", "NPS", "Plan", "SMS", "Segment", "Spam"},
    "uk": {"CES", "CSAT", "NPS", "SMS"},
    "zh": {"CES", "CSAT", "NPS"},
}


@pytest.fixture(scope="module")
def version():
    """Every table of a version, without a row."""
    with duckdb.connect() as connection:
        for table in TABLES.values():
            connection.execute(ddl(table))
        yield connection


def type_of(version: duckdb.DuckDBPyConnection, table: Table, expression: str) -> str:
    return str(version.execute(f"describe select ({expression}) as x from {table.name}").fetchall()[0][1])


def value(table: Table, expression: str, **row: object) -> object:
    """An expression over one row of a table; the columns not given are blank."""
    with duckdb.connect() as connection:
        connection.execute(ddl(table))
        names, places = ", ".join(row), ", ".join("?" for _ in row)
        connection.execute(f"insert into {table.name} ({names}) values ({places})", list(row.values()))
        return connection.execute(f"select ({expression}) from {table.name}").fetchall()[0][0]


def check(table: str, column: str, word: str = "") -> tuple[Table, Check]:
    """The one check of a column whose condition holds a word."""
    (found,) = (each for each in TABLES[table].checks if each.column == column and word in each.condition)
    return TABLES[table], found


def texts(table: Table) -> list[Message]:
    columns = [text for column in table.columns for text in (column.label, column.meaning) if text]
    return [table.label, table.grain, *columns, *(each.says for each in table.checks)]


def test_every_table_has_its_key():
    assert {name: " ".join(table.key) for name, table in TABLES.items()} == KEYS


def test_required_is_what_the_data_model_requires():
    required = {
        name: " ".join(column.name for column in table.columns if column.is_required and not column.is_key)
        for name, table in TABLES.items()
    }
    assert {name: columns for name, columns in required.items() if columns} == REQUIRED


@EVERY_TABLE
def test_a_key_is_required(table):
    may_be_blank = {column.name for column in table.columns if column.is_key and not column.is_required}
    assert may_be_blank == MAY_BE_BLANK_IN_A_KEY.get(table.name, set())


@EVERY_TABLE
def test_a_reference_names_a_table_above_by_its_single_key(table):
    order = list(TABLES)
    for column in table.columns:
        if column.references is None:
            continue
        parent = TABLES[column.references]
        assert len(parent.key) == 1, column
        assert parent.column(parent.key[0]).type is column.type, column
        assert order.index(parent.name) <= order.index(table.name), column


@EVERY_TABLE
def test_names_say_the_type(table):
    names = [column.name for column in table.columns]
    assert len({*names, *ORIGIN}) == len(names) + len(ORIGIN)
    for column in table.columns:
        assert (column.type is Type.FLAG) == column.name.startswith("is_"), column
        if column.name.endswith("_on") and column.name != "on_order":
            assert column.type is Type.DATE, column
        if column.name.endswith("_at"):
            assert column.type in (Type.MOMENT, Type.TIME), column
        if column.name.endswith("_id"):
            assert column.type is Type.TEXT, column
    if any(column.type is Type.MONEY for column in table.columns):
        assert table.has_money or table.appears_with, "money whose currency nothing tells"


def test_no_name_is_an_sql_keyword(version):
    # DuckDB's unreserved words (name, source, language) are free as names in it, in Spark and in PostgreSQL.
    told = version.execute("select keyword_name from duckdb_keywords() where keyword_category <> 'unreserved'")
    keywords = {word for (word,) in told.fetchall()}
    assert {"select", "group", "left", "open"} & keywords == {"select", "group", "left"}
    names = {name for table in TABLES.values() for name in (table.name, *(column.name for column in table.columns))}
    assert (names | set(DIMENSIONS)) & keywords == set()


@EVERY_TABLE
def test_time_and_money_name_columns_of_the_table(table):
    if table.appears:
        assert table.column(table.appears).type in (Type.DATE, Type.MOMENT)
    if table.appears_with:
        assert not table.appears
        parent = table.column(table.appears_with).references
        assert parent is not None
        assert TABLES[parent].appears
    if table.priced_at:
        assert table.column(table.priced_at).type in (Type.DATE, Type.MOMENT)
        assert table.has_money
    for moment, columns in table.settles.items():
        assert columns[0] == moment
        assert table.column(moment).type in (Type.DATE, Type.MOMENT)
        for name in columns:
            # Blank for an earlier as-of: a required column must then have something else to be.
            assert not table.column(name).is_required or table.column(name).default


@EVERY_TABLE
def test_a_row_with_a_moment_stands_in_time(table):
    always_there = {"products", "targets", "sla_targets", "market_sizes", "business_hours", "holidays", "other_records"}
    has_time = any(column.type in (Type.DATE, Type.MOMENT) for column in table.columns)
    assert bool(table.appears) == (has_time and table.name not in always_there)


@EVERY_TABLE
def test_histories_name_columns_on_both_sides(table):
    for history in table.histories:
        there = TABLES[history.table]
        (back,) = (column.name for column in there.columns if column.references == table.name)
        assert back == table.key[0]
        assert there.appears == history.at
        for name in (history.value, history.before, history.tells):
            assert name is None or there.has(name)
        for name in history.columns:
            assert table.has(name)
            if history.tells:
                assert history.names.get(name, name) in there.column(history.tells).choices


@EVERY_TABLE
def test_checks_defaults_and_expectations_run(table, version):
    for each in table.checks:
        assert table.has(each.column)
        assert type_of(version, table, each.condition) == "BOOLEAN", each
    for column in table.columns:
        if column.expected is not None:
            assert type_of(version, table, column.expected) == "BOOLEAN", column
        if column.default is not None:
            version.execute(f"insert into {table.name} ({column.name}) select {column.default} from {table.name}")


@EVERY_TABLE
def test_choices_are_lower_case_and_named(table):
    for column in table.columns:
        for choice in column.choices:
            assert choice == choice.lower()
            assert choice in CHOICE_LABELS
        if column.choices and column.default and column.default.startswith("'"):
            assert column.default.strip("'") in column.choices


def test_no_label_is_left_over():
    used = {choice for table in TABLES.values() for column in table.columns for choice in column.choices}
    assert set(CHOICE_LABELS) == used


@EVERY_TABLE
def test_ddl_gives_the_columns_in_order(table):
    with duckdb.connect() as connection:
        connection.execute(ddl(table, ["sector", 'a "quoted" name']))
        told = {name: kind for name, kind, *_ in connection.execute(f"describe {table.name}").fetchall()}
    custom = ["custom_sector", 'custom_a "quoted" name']
    assert list(told) == [*(column.name for column in table.columns), *ORIGIN, *custom]
    assert told["source_row"] == "BIGINT"
    assert told["imported_at"] == "TIMESTAMP"
    assert told["custom_sector"] == "VARCHAR"
    for column in table.columns:
        assert told[column.name].replace(" ", "") == column.type.value.replace(" ", "")


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_text_is_translated(language):
    said = [text for table in TABLES.values() for text in texts(table)]
    said += [text for each in DIMENSIONS.values() for text in (each.label, each.meaning) if text]
    said += CHOICE_LABELS.values()
    in_english = {message.text for message in said if translated(message, language) == message.text}
    assert in_english == SAME_AS_ENGLISH[language]


@pytest.mark.parametrize(
    ("table", "column", "row", "derived"),
    [
        ("customers", "name", {"customer_id": "0042"}, "0042"),
        ("customers", "kind", {}, "person"),
        ("customers", "kind", {"industry": "Textile"}, "company"),
        ("customers", "kind", {"employees": 0}, "company"),
        ("deals", "forecast_category", {}, None),
        ("deals", "forecast_category", {"probability": 0.39}, "pipeline"),
        ("deals", "forecast_category", {"probability": 0.4}, "best_case"),
        ("deals", "forecast_category", {"probability": 0.6}, "commit"),
        ("deals", "forecast_category", {"probability": 1}, "closed"),
        ("deals", "forecast_category", {"is_won": True}, "closed"),
        ("deals", "forecast_category", {"probability": 0.9, "is_won": False}, "omitted"),
        ("tickets", "status", {}, "open"),
        ("tickets", "status", {"resolved_at": "2026-03-01"}, "solved"),
        ("tickets", "status", {"resolved_at": "2026-03-01", "closed_at": "2026-03-02"}, "closed"),
    ],
)
def test_defaults_follow_the_data_model(table, column, row, derived):
    default = TABLES[table].column(column).default
    assert default is not None
    key = {TABLES[table].key[0]: "1"}
    assert value(TABLES[table], default, **{**key, **row}) == derived


MARCH, MAY = "2026-03-01", "2026-05-01"


@pytest.mark.parametrize(
    ("of", "row", "holds"),
    [
        (check("deals", "closed_at", "is_won"), {"is_won": True}, False),
        (check("deals", "closed_at", "is_won"), {"closed_at": MARCH}, False),
        (check("deals", "closed_at", "is_won"), {"closed_at": MARCH, "is_won": False}, True),
        (check("deals", "closed_at", "is_won"), {"deal_id": "1"}, True),
        (check("deals", "closed_at", ">="), {"created_at": MAY, "closed_at": MARCH}, False),
        (check("deals", "closed_at", ">="), {"closed_at": MARCH}, None),
        (check("deals", "amount"), {"amount": -1}, False),
        (check("customers", "born_on"), {"born_on": date(1890, 1, 1)}, False),
        (check("customers", "born_on"), {"born_on": date(2999, 1, 1)}, False),
        (check("customers", "born_on"), {"born_on": date(1980, 1, 1)}, True),
        (check("customers", "parent_id"), {"customer_id": "1", "parent_id": "1"}, False),
        (check("order_lines", "net_amount", "abs"), {"quantity": 3, "unit_price": "1.10", "net_amount": "3.30"}, True),
        (
            check("order_lines", "net_amount", "abs"),
            {"quantity": 3, "unit_price": "1.10", "discount": 1, "net_amount": "2.32"},
            False,
        ),
        (check("order_lines", "net_amount", "abs"), {"quantity": 3, "net_amount": 5}, None),
        (check("order_lines", "net_amount", "quantity < 0"), {"quantity": -1, "net_amount": 5}, False),
        (check("order_lines", "net_amount", "quantity < 0"), {"quantity": -1, "net_amount": -5}, True),
        (check("order_lines", "net_amount", "quantity < 0"), {"quantity": 1, "net_amount": 0}, True),
        (check("order_lines", "discount"), {"quantity": 1, "discount": -1}, False),
        (check("order_lines", "discount"), {"quantity": -1, "discount": -1}, True),
        (check("costs", "amount"), {"amount": -5}, False),
        (check("costs", "amount"), {"amount": -5, "note": "booked twice"}, True),
        (check("activities", "due_at"), {"kind": "appointment"}, False),
        (check("activities", "due_at"), {"kind": "call"}, True),
        (check("events", "customer_id"), {"kind": "search"}, False),
        (check("events", "customer_id"), {"visitor_id": "v1"}, True),
        (check("campaign_members", "sent_at", "control"), {"arm": "control", "sent_at": MAY}, False),
        (check("campaign_members", "sent_at", "control"), {"arm": "control"}, True),
        (check("tickets", "resolved_at", "status"), {"status": "solved"}, False),
        (check("tickets", "resolved_at", "status"), {"status": "open"}, True),
        (check("responses", "answered_at", "null or (asked"), {"asked_at": MARCH}, True),
        (check("responses", "answered_at", "null or (asked"), {"asked_at": MARCH, "score": 7}, False),
        (check("responses", "answered_at", "null or (asked"), {"kind": "nps"}, False),
        (check("responses", "score", "nps"), {"kind": "nps", "score": 0}, True),
        (check("responses", "score", "nps"), {"kind": "nps", "score": 11}, False),
        (check("responses", "score", "nps"), {"kind": "csat", "score": 0, "scale_max": 5}, False),
        (check("responses", "score", "nps"), {"kind": "csat", "score": 6, "scale_max": 5}, False),
        (check("responses", "score", "nps"), {"kind": "csat", "score": 5, "scale_max": 5}, True),
        (check("responses", "score", "nps"), {"kind": "csat", "score": 5}, None),
        (check("targets", "scope_id"), {"scope": "team"}, False),
        (check("targets", "scope_id"), {"scope": "company"}, True),
        (check("targets", "ends_on"), {"starts_on": MAY, "ends_on": MAY}, False),
        (check("exchange_rates", "rate_to_company"), {"rate_to_company": 0}, False),
    ],
)
def test_checks_tell_right_from_wrong(of, row, holds):
    table, found = of
    assert value(table, found.condition, **row) is holds


def test_only_what_would_falsify_figures_is_kept_out():
    fatal = {(name, each.column) for name, table in TABLES.items() for each in table.checks if each.is_fatal}
    assert fatal == {
        ("events", "customer_id"),
        ("responses", "answered_at"),
        ("responses", "score"),
        ("targets", "ends_on"),
        ("sla_targets", "limit_minutes"),
        ("market_sizes", "period_end"),
        ("forecasts", "period_end"),
        ("exchange_rates", "rate_to_company"),
        ("business_hours", "weekday"),
        ("business_hours", "closes_at"),
    }


def test_a_small_rate_keeps_its_digits():
    # One Vietnamese dong is 0.0000361278 euros.
    assert str(value(TABLES["exchange_rates"], "rate_to_company", rate_to_company="0.0000361278")) == "0.0000361278"


def test_what_may_tell_of_a_living_person_is_marked_and_what_figures_need_is_not():
    personal = {
        (table.name, column.name): column.personal
        for table in TABLES.values()
        for column in table.columns
        if column.personal
    }
    for table in ("customers", "contacts", "leads"):
        assert {personal.get((table, column)) for column in ("name", "email", "phone")} == {Personal.NAMES}
    assert personal["customers", "born_on"] is Personal.DESCRIBES
    assert {personal["tickets", "body"], personal["responses", "body"]} == {Personal.SAYS}
    for name in personal:
        column = TABLES[name[0]].column(name[1])
        # What is blanked must be allowed to be blank, or the row would be lost: a contact person goes as a whole.
        assert not column.is_key
        assert not column.references
        assert not column.is_required or name[0] == "contacts"


def test_every_dimension_that_describes_people_is_read_from_personal_columns():
    for dimension in DIMENSIONS.values():
        for table, column in dimension.columns.items() if dimension.is_personal else ():
            assert TABLES[table].column(column).personal, dimension.name
