"""How far each dimension reaches (R22): by which rows a figure can be grouped and filtered."""

import pytest

from crmetrics.warehouse.schema import DIMENSIONS, TABLES, Dimension, Path, Step, path_to

EVERY_DIMENSION = pytest.mark.parametrize("dimension", DIMENSIONS.values(), ids=list(DIMENSIONS))


def way(table: str, dimension: str) -> str | None:
    """A path as text: "order_id > customer_id > customers.country"."""
    path = path_to(table, DIMENSIONS[dimension])
    if path is None:
        return None
    return " > ".join([*(step.column for step in path.steps), f"{path.table}.{path.column}"])


@pytest.mark.parametrize(
    ("table", "dimension", "expected"),
    [
        # country without a qualifier is the customer's; the delivery place is order_country
        ("customers", "country", "customers.country"),
        ("orders", "country", "customer_id > customers.country"),
        ("order_lines", "country", "order_id > customer_id > customers.country"),
        ("payments", "country", "customer_id > customers.country"),
        ("orders", "order_country", "orders.country"),
        ("order_lines", "order_country", "order_id > orders.country"),
        ("deals", "order_country", None),
        ("deals", "region", "customer_id > customers.region"),
        ("deal_stages", "region", "deal_id > customer_id > customers.region"),
        ("market_sizes", "region", "market_sizes.region"),
        # a ticket through its customer to the sector
        ("tickets", "industry", "customer_id > customers.industry"),
        ("ticket_events", "industry", "ticket_id > customer_id > customers.industry"),
        ("campaign_members", "loyalty_tier", "customer_id > customers.loyalty_tier"),
        # who answers for it, and his team
        ("employees", "owner", "employees.employee_id"),
        ("employees", "team", "employees.team"),
        ("deals", "owner", "deals.owner_id"),
        ("deals", "team", "owner_id > employees.team"),
        ("deals", "manager", "owner_id > employees.manager_id"),
        ("order_lines", "owner", "order_id > orders.owner_id"),
        ("order_lines", "team", "order_id > owner_id > employees.team"),
        ("deal_changes", "team", "deal_id > owner_id > employees.team"),
        ("costs", "owner", "costs.employee_id"),
        ("payments", "owner", "customer_id > customers.owner_id"),
        ("payments", "team", "customer_id > owner_id > employees.team"),
        ("stages", "owner", None),
        # the ID itself, without a join: an order of an unknown customer keeps it
        ("orders", "customer", "orders.customer_id"),
        ("order_lines", "customer", "order_id > orders.customer_id"),
        ("order_lines", "product", "order_lines.product_id"),
        ("order_lines", "category", "product_id > products.category"),
        ("order_lines", "brand", "product_id > products.brand"),
        ("ticket_events", "category", "ticket_id > product_id > products.category"),
        ("tickets", "ticket_category", "tickets.category"),
        ("stock_levels", "category", "product_id > products.category"),
        # never from one row to many
        ("orders", "product", None),
        ("orders", "category", None),
        ("customers", "product", None),
        ("customers", "channel", None),
        ("deals", "product", None),
        ("products", "country", None),
        # nearest home
        ("deals", "source", "deals.source"),
        ("leads", "source", "leads.source"),
        ("orders", "source", "customer_id > customers.source"),
        ("tickets", "source", "customer_id > customers.source"),
        ("deal_stages", "source", "deal_id > deals.source"),
        ("quotes", "source", "deal_id > deals.source"),
        ("orders", "deal_source", "deal_id > deals.source"),
        ("order_lines", "channel", "order_id > orders.channel"),
        ("payments", "channel", "invoice_id > order_id > orders.channel"),
        ("campaign_members", "channel", "campaign_id > campaigns.channel"),
        ("deals", "channel", "campaign_id > campaigns.channel"),
        ("tickets", "channel", "tickets.channel"),
        ("order_lines", "currency", "order_id > orders.currency"),
        ("deal_stages", "stage", "deal_stages.stage"),
        ("deal_stages", "pipeline", "deal_id > deals.pipeline"),
        ("quotes", "stage", "deal_id > deals.stage"),
        ("responses", "priority", "ticket_id > tickets.priority"),
        ("activities", "campaign", "deal_id > deals.campaign_id"),
        ("exchange_rates", "country", None),
    ],
)
def test_nearest_way(table, dimension, expected):
    assert way(table, dimension) == expected


@EVERY_DIMENSION
def test_every_dimension_reaches_a_table(dimension):
    assert dimension.columns
    for table, column in dimension.columns.items():
        assert TABLES[table].has(column)
        assert path_to(table, dimension) == Path((), table, column)
    if dimension.names:
        table, column = dimension.names
        assert TABLES[table].has(column)
        assert len(TABLES[table].key) == 1


@EVERY_DIMENSION
def test_every_step_goes_to_one_parent(dimension):
    for name in TABLES:
        path = path_to(name, dimension)
        here = name
        for step in path.steps if path else ():
            assert TABLES[here].column(step.column).references == step.table
            assert TABLES[step.table].key == (step.key,)
            here = step.table
        assert path is None or here == path.table
        assert path is None or dimension.columns[path.table] == path.column


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("of_the_owner", ["team", "manager"])
def test_the_team_is_the_team_of_the_owner(table, of_the_owner):
    owner, team = (path_to(table, DIMENSIONS[name]) for name in ("owner", of_the_owner))
    if table == "employees":
        return
    if owner is None:
        assert team is None
    else:
        assert team is not None
        assert team.steps == (*owner.steps, Step(owner.column, "employees", "employee_id"))


def test_a_column_of_the_companys_own_is_reached_like_any_other():
    sector = Dimension("custom.sector", DIMENSIONS["industry"].label, {"customers": "custom_sector"})
    to_customer = (Step("order_id", "orders", "order_id"), Step("customer_id", "customers", "customer_id"))
    assert path_to("order_lines", sector) == Path(to_customer, "customers", "custom_sector")
    assert path_to("products", sector) is None


def test_what_is_personal_says_so():
    assert {name for name, dimension in DIMENSIONS.items() if dimension.is_personal} == {"gender", "occupation"}
