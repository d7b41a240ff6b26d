"""What a viewer sees: himself, his team, everybody; along the paths of filters; without a leak."""

from contextlib import contextmanager

import pytest

from crmetrics.vocabulary.errors import BadQuery, UnknownName
from crmetrics.warehouse.scope import ADMINISTRATOR, Filter, Scope, Viewer
from tests.company import company

PEOPLE = [
    {"employee_id": "ann", "name": "Ann", "team": "North"},
    {"employee_id": "ben", "name": "Ben", "team": "North"},
    {"employee_id": "cem", "name": "Cem", "team": "South"},
    {"employee_id": "dia", "name": "Dia", "manager_id": "eve"},
    {"employee_id": "eve", "name": "Eve", "manager_id": "fay"},
    {"employee_id": "fay", "name": "Fay", "manager_id": "eve"},  # a circle
    {"employee_id": "gus", "name": "Gus"},  # without a row of his own
]
CUSTOMERS = [
    {
        "customer_id": "c1",
        "kind": "company",
        "country": "TR",
        "industry": "retail",
        "owner_id": "ann",
        "custom_area": "west",
    },
    {"customer_id": "c2", "kind": "company", "country": "GB", "owner_id": "cem"},
    {"customer_id": "c3", "kind": "person", "owner_id": "eve", "custom_area": "east"},
    {"customer_id": "us", "kind": "company", "country": "TR", "is_internal": True, "owner_id": "ann"},
]
ORDERS = [
    {"order_id": "o1", "customer_id": "c1", "owner_id": "ann", "ordered_at": "2025-05-01", "channel": "online"},
    {"order_id": "o2", "customer_id": "c2", "owner_id": "ben", "ordered_at": "2025-05-02", "channel": "store"},
    {"order_id": "o3", "customer_id": "c3", "owner_id": "cem", "ordered_at": "2025-05-03"},
    {"order_id": "o4", "owner_id": "dia", "ordered_at": "2025-05-04", "channel": "online"},  # anonymous
    {"order_id": "o5", "customer_id": "gone", "ordered_at": "2025-05-05"},  # an orphan, owned by nobody
    {"order_id": "o6", "customer_id": "us", "owner_id": "ann", "ordered_at": "2025-05-06"},
    {"order_id": "o7", "customer_id": "c1", "owner_id": "eve", "ordered_at": "2025-05-07"},
]
LINES = [
    {
        "order_id": f"o{number}",
        "line_no": 1,
        "product_id": "p1" if number < 4 else None,
        "quantity": 1,
        "net_amount": number,
    }
    for number in range(1, 8)
]
PRODUCTS = [{"product_id": "p1", "category": "tools"}]


@contextmanager
def shop(**more):
    tables = {"employees": PEOPLE, "customers": CUSTOMERS, "orders": ORDERS, "order_lines": LINES, "products": PRODUCTS}
    with company(**(tables | more)) as catalogue:
        yield catalogue


@pytest.fixture(scope="module")
def catalogue():
    with shop() as opened:
        yield opened


def seen(catalogue, table="orders", viewer=ADMINISTRATOR, where=(), as_of=None, column="order_id"):
    with catalogue.warehouse(Scope(viewer, tuple(where), as_of)) as warehouse:
        return warehouse.query(f"select {column} as id from {table} order by id").values("id")


def numbers(ids):
    return "".join(each.removeprefix("o") for each in ids)


@pytest.mark.parametrize(
    ("sees", "employee", "orders"),
    [
        ("all", None, "123457"),  # the order of an internal customer is left out, the anonymous one stays
        ("all", "ann", "123457"),
        ("self", "ann", "1"),
        ("self", "gus", ""),
        ("self", "nobody", ""),
        ("self", None, ""),
        ("team", None, ""),
        ("team", "ann", "12"),  # by the team column
        ("team", "cem", "3"),
        ("team", "dia", "4"),  # no team and nobody below: only himself
        ("team", "eve", "47"),  # below eve: dia and fay, above whom eve stands again
        ("team", "fay", "47"),
        ("team", "gus", ""),
    ],
)
def test_rights(catalogue, sees, employee, orders):
    viewer = Viewer("somebody", sees, employee)
    assert numbers(seen(catalogue, viewer=viewer)) == orders
    assert numbers(seen(catalogue, "order_lines", viewer=viewer)) == orders
    assert numbers(seen(catalogue, "purchases", viewer=viewer)) == orders


def test_the_team_column_goes_before_the_tree():
    people = [
        {"employee_id": "boss", "team": "Top"},
        {"employee_id": "ann", "team": "North", "manager_id": "boss"},
        {"employee_id": "tom", "team": "Top"},
    ]
    orders = [{"order_id": f"o{name}", "owner_id": name, "ordered_at": "2025-05-01"} for name in ("boss", "ann", "tom")]
    with company(employees=people, orders=orders) as catalogue:
        assert seen(catalogue, viewer=Viewer("boss", "team", "boss")) == ["oboss", "otom"]


def test_a_team_without_a_table_of_employees_is_oneself():
    with company(orders=ORDERS) as catalogue:
        assert numbers(seen(catalogue, viewer=Viewer("ann", "team", "ann"))) == "16"


PLANS = [
    {"kpi": "k", "scope": scope, "scope_id": name, "starts_on": "2025-05-01", "ends_on": "2025-06-01", "target_value": 1}
    for scope, name in (("company", None), ("team", "North"), ("team", "South"), ("team", "ann"), ("owner", "ann"), ("owner", "ben"),
                        ("owner", "cem"), ("owner", "fay"), ("owner", "North"))
]  # fmt: skip
"""A rep may be called like a team: what is planned for the one is no plan of the other."""


@pytest.mark.parametrize(
    ("sees", "employee", "plans"),
    [
        (
            "all",
            "ann",
            {"company", "team North", "team South", "team ann"}
            | {"owner ann", "owner ben", "owner cem", "owner fay", "owner North"},
        ),
        ("self", "ann", {"owner ann"}),
        ("self", "gus", set()),
        ("self", None, set()),
        ("team", "ann", {"team North", "owner ann", "owner ben"}),
        ("team", "cem", {"team South", "owner cem"}),
        ("team", "eve", {"owner fay"}),  # a team by the tree of managers has no name, and so no plan of its own
        ("team", None, set()),
    ],
)  # fmt: skip
def test_everybody_sees_what_is_planned_for_those_he_sees(sees, employee, plans):
    forecasts = [
        {"forecast_id": f"f{place}", "kind": "model", "metric": "k", "period_start": "2025-05-01", "period_end": "2025-06-01",
         "made_on": "2025-04-01", "amount": 1, "scope": each["scope"], "scope_id": each["scope_id"]}
        for place, each in enumerate(PLANS)
    ]  # fmt: skip
    with shop(targets=PLANS, forecasts=forecasts) as opened:
        viewer = Viewer("somebody", sees, employee)
        for table in ("targets", "forecasts"):
            found = seen(opened, table, viewer, column="scope || coalesce(' ' || scope_id, '')")
            assert set(found) == plans


def test_a_rep_sees_himself_his_customers_and_shared_tables_only(catalogue):
    rep = Viewer("ann", "self", "ann")
    assert seen(catalogue, "employees", rep, column="employee_id") == ["ann"]
    assert seen(catalogue, "customers", rep, column="customer_id") == ["c1"]
    assert seen(catalogue, "products", rep, column="product_id") == ["p1"]


@pytest.mark.parametrize(
    ("dimension", "values", "orders"),
    [
        ("channel", ("online",), "14"),
        ("channel", ("online", "store"), "124"),
        ("channel", (None,), "357"),
        ("channel", ("store", None), "2357"),
        ("channel", (), ""),
        ("country", ("TR",), "17"),  # along the customer; the internal one stays out
        ("country", (None,), "345"),  # a customer without a country, no customer, a customer nobody knows
        ("country", ("GB", None), "2345"),
        ("customer", ("gone",), "5"),  # an order keeps the ID of an unknown customer
        ("customer", (None,), "4"),
        ("team", ("North",), "12"),
        ("team", (None,), "457"),
        ("manager", ("eve",), "4"),
        ("industry", ("retail",), "17"),
        ("custom.area", ("west",), "17"),
        ("custom.area", (None,), "245"),
        ("custom.area", ("east", None), "2345"),
    ],
)
def test_filters_go_along_their_paths(catalogue, dimension, values, orders):
    wanted = [Filter(dimension, values)]
    assert numbers(seen(catalogue, where=wanted)) == orders
    assert numbers(seen(catalogue, "order_lines", where=wanted)) == orders


def test_filters_add_up_to_rights_and_to_each_other(catalogue):
    ann = Viewer("ann", "team", "ann")
    assert numbers(seen(catalogue, viewer=ann, where=[Filter("channel", ("online", None))])) == "1"
    assert numbers(seen(catalogue, where=[Filter("channel", ("online",)), Filter("country", (None,))])) == "4"


def test_a_filter_that_does_not_reach_a_table_is_told(catalogue):
    by_category, by_channel = Filter("category", ("tools",)), Filter("channel", ("online",))
    with catalogue.warehouse(Scope(filters=(by_category, by_channel))) as warehouse:
        from crmetrics.warehouse.schema import TABLES

        assert warehouse.views.unreached(TABLES["orders"]) == ("category",)
        assert warehouse.views.unreached(TABLES["order_lines"]) == ()
        assert warehouse.views.unreached(TABLES["products"]) == ("channel",)
    assert numbers(seen(catalogue, "order_lines", where=[by_category])) == "123"
    assert numbers(seen(catalogue, where=[by_category])) == "123457"


@pytest.mark.parametrize("dimension", ["colour", "custom.colour", "owner_id", "orders.channel", "channel' or 1=1", ""])
def test_unknown_dimensions_are_refused(catalogue, dimension):
    with pytest.raises(UnknownName, match="is not a"):
        seen(catalogue, where=[Filter(dimension, ("x",))])
    with catalogue.warehouse(Scope()) as warehouse, pytest.raises(UnknownName):
        warehouse.query("select party from orders", by=dimension or "nothing", of="orders")


HOSTILE = (
    "'",
    "''",
    "' or 1 = 1 --",
    "\\",
    "\\' or 1 = 1 --",
    "a\\nb",
    "a\nb",
    '"',
    "%",
    "_",
    "{column}",
    "{party}",
    "$start",
    ":start",
    "?",
    "${env:HOME}",
    "*/ -- /*",
    "ıİiI Şğ",
    "Київ",
    "客户",
    "🙂",
    " ",
    "",
)


def test_hostile_values_match_themselves_and_nothing_else():
    orders = [
        {"order_id": f"o{number}", "channel": value, "ordered_at": "2025-05-01", "customer_id": "c"}
        for number, value in enumerate(HOSTILE)
    ]
    customers = [{"customer_id": "c", "kind": "person", "custom_odd \"name'": "'"}]
    with company(orders=orders, customers=customers) as catalogue:
        for number, value in enumerate(HOSTILE):
            assert seen(catalogue, where=[Filter("channel", (value,))]) == [f"o{number}"], value
            assert seen(catalogue, where=[Filter("channel", (value, None))]) == [f"o{number}"], value
            viewer = Viewer("x", "self", value)
            assert seen(catalogue, viewer=viewer) == []
        assert len(seen(catalogue, where=[Filter("custom.odd \"name'", ("'",))])) == len(HOSTILE)


@pytest.mark.parametrize(
    "sql",
    [
        "select order_id as id from version.main.orders",
        "select order_id as id from main.orders",
        "select order_id as id from memory.main.orders",
        "select a.order_id as id from orders a join version.main.orders b on a.order_id = b.order_id",
        "with x as (select * from version.main.orders) select order_id as id from x",
        "select order_id as id from orders where order_id in (select order_id from version.main.orders)",
    ],
)
def test_qualified_tables_are_refused(catalogue, sql):
    with catalogue.warehouse(Scope()) as warehouse, pytest.raises(BadQuery, match="qualified names are refused"):
        warehouse.query(sql)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("select 1 as id from nowhere", UnknownName),
        ("select 1 as id from duckdb_tables()", BadQuery),
        ("select 1 as id from read_csv('/etc/passwd')", BadQuery),
        ("select 1 as id from '/etc/passwd'", UnknownName),
        ("select 1 as id from information_schema.tables", BadQuery),
        ("select 1 as id from pg_catalog.pg_class", BadQuery),
        ("select getenv('HOME') as id", BadQuery),
        ("select current_setting('threads') as id", BadQuery),
        ("select * from query('select 1')", BadQuery),
        ("pivot orders on channel using count(*)", BadQuery),
        ("drop view orders", BadQuery),
        ("insert into orders values (1)", BadQuery),
        ("copy orders to '/tmp/orders.csv'", BadQuery),
        ("attach '/tmp/x' as x", BadQuery),
        ("select 1 as id; select 2 as id", BadQuery),
        ("select order_id as id from orders where channel = $channel", BadQuery),
    ],
)
def test_whatever_is_not_a_question_over_the_tables_is_refused(catalogue, sql, error):
    with catalogue.warehouse(Scope()) as warehouse, pytest.raises(error):
        warehouse.query(sql)


def test_a_query_may_shadow_a_table_and_still_sees_no_more(catalogue):
    rep = Viewer("ann", "self", "ann")
    with catalogue.warehouse(Scope(rep)) as warehouse:
        shadowed = (
            "with orders as (select order_id, owner_id from orders) select order_id as id from orders order by id"
        )
        assert warehouse.query(shadowed).values("id") == ["o1"]
        inner = (
            "select order_id as id from orders where exists (with orders as (select 1 as one) select one from orders)"
        )
        assert warehouse.query(inner).values("id") == ["o1"]


def test_two_questions_at_once_do_not_see_each_others_views(catalogue):
    ann, cem = (Viewer(name, "self", name) for name in ("ann", "cem"))
    query = "select order_id as id from orders order by id"
    with catalogue.warehouse(Scope(ann)) as first, catalogue.warehouse(Scope(cem)) as second:
        assert [first.query(query).values("id"), second.query(query).values("id")] == [["o1"], ["o3"]]
        assert first.query(query).values("id") == ["o1"]


def test_names_are_those_that_the_viewer_may_see(catalogue):
    with catalogue.warehouse(Scope(Viewer("ann", "self", "ann"))) as warehouse:
        assert warehouse.names_of("employees", "name", ["ann", "cem", "it's"]) == {"ann": "Ann"}
    with catalogue.warehouse(Scope()) as warehouse:
        many = [person["employee_id"] for person in PEOPLE] + [str(number) for number in range(2000)]
        assert warehouse.names_of("employees", "name", many)["cem"] == "Cem"
