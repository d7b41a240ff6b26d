"""By what figures can be grouped and filtered, and how far each dimension reaches (R22)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.schema.tables import TABLES

_ = words("schema")


@dataclass(frozen=True)
class Dimension:
    """Something to group and filter by.

    columns      table -> its column of that meaning; other tables reach the nearest of these by their references
    names        where the name of an ID stands (table, column); None: the value is its own name
    meaning      what the label does not say
    is_personal  an attribute of a person, used for description only and for groups that are large enough (R17)
    is_country   the values are codes of countries (ISO 3166-1), shown by the names that the reader's language has for them
    """

    name: str
    label: Message
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    names: tuple[str, str] | None = None
    meaning: Message | None = None
    is_personal: bool = False
    is_country: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """From a row to its parent: our `column` names the parent's `key` in `table`."""

    column: str
    table: str
    key: str


@dataclass(frozen=True, slots=True)
class Path:
    """The way from a table to a dimension: many-to-one `steps` (none: a column of its own), then `table.column`."""

    steps: tuple[Step, ...]
    table: str
    column: str


def path_to(table: str, dimension: Dimension) -> Path | None:
    """Find the nearest column of a dimension, from a canonical table along its references.

    Breadth first, each row to at most one parent, so that no row is ever counted twice; among equally near ones the
    reference declared first wins. A reference that names the very value (orders.customer_id for the customer) is read
    as it stands: an order of an unknown customer keeps its ID. None: no path leads there.
    """
    waiting: deque[tuple[str, tuple[Step, ...]]] = deque([(table, ())])
    seen = {table}
    while waiting:
        here, steps = waiting.popleft()
        if here in dimension.columns:
            return Path(steps, here, dimension.columns[here])
        for column in TABLES[here].columns:
            parent = column.references
            if parent is not None and parent not in seen:
                seen.add(parent)
                waiting.append((parent, (*steps, Step(column.name, parent, TABLES[parent].key[0]))))
    return None


def _wherever(column: str, **others: str) -> Mapping[str, str]:
    """Return every table with that column, and others (table=column) that call it by another name."""
    return {table.name: column for table in TABLES.values() if table.has(column)} | others


_IN_ORDER = (
    Dimension(
        "owner",
        _("Owner"),
        # Named table by table, for an employee's manager or parent record is not who answers for it.
        _wherever("owner_id", employees="employee_id", costs="employee_id"),
        ("employees", "name"),
        _("Who answers for the record: of an order line the owner of the order."),
    ),
    Dimension("team", _("Team"), {"employees": "team"}, meaning=_("The team of the owner.")),
    Dimension(
        "manager",
        _("Manager"),
        {"employees": "manager_id"},
        ("employees", "name"),
        _("The manager of the owner."),
    ),
    Dimension("customer", _("Customer"), _wherever("customer_id"), ("customers", "name")),
    Dimension("customer_kind", _("Person or company"), {"customers": "kind"}),
    Dimension(
        "country",
        _("Country"),
        {"customers": "country"},
        meaning=_("The customer's; where an order was delivered is the delivery country."),
        is_country=True,
    ),
    Dimension(
        "region",
        _("Region"),
        {"customers": "region", "market_sizes": "region"},
        meaning=_("The customer's; where an order was delivered is the delivery region."),
    ),
    Dimension(
        "city",
        _("City"),
        {"customers": "city"},
        meaning=_("The customer's; where an order was delivered is the delivery city."),
    ),
    Dimension("industry", _("Industry"), {"customers": "industry"}),
    Dimension("size_band", _("Size"), {"customers": "size_band"}, meaning=_("The size of the customer's company.")),
    Dimension("gender", _("Gender"), {"customers": "gender"}, is_personal=True),
    Dimension("occupation", _("Occupation"), {"customers": "occupation"}, is_personal=True),
    Dimension(
        "source",
        _("Source"),
        {"customers": "source", "leads": "source", "deals": "source"},
        meaning=_("Of a lead and a deal their own; of an order or a ticket how we got to know the customer."),
    ),
    Dimension(
        "deal_source",
        _("Deal source"),
        {"deals": "source"},
        meaning=_("Where the deal came from, also of the orders and activities that belong to it."),
    ),
    Dimension("loyalty_tier", _("Loyalty tier"), {"customers": "loyalty_tier"}),
    Dimension("product", _("Product"), _wherever("product_id"), ("products", "name")),
    Dimension("category", _("Category"), {"products": "category"}, meaning=_("The category of the product.")),
    Dimension("subcategory", _("Subcategory"), {"products": "subcategory"}),
    Dimension("brand", _("Brand"), {"products": "brand"}),
    Dimension("warehouse", _("Warehouse"), {"stock_levels": "warehouse"}),
    Dimension(
        "channel",
        _("Channel"),
        _wherever("channel"),
        meaning=_("Of an order the sales channel; of a campaign, a ticket or an event the one it came by."),
    ),
    Dimension("campaign", _("Campaign"), _wherever("campaign_id"), ("campaigns", "name")),
    Dimension("order_country", _("Delivery country"), {"orders": "country"}, is_country=True),
    Dimension("order_region", _("Delivery region"), {"orders": "region"}),
    Dimension("order_city", _("Delivery city"), {"orders": "city"}),
    Dimension(
        "currency",
        _("Currency"),
        dict.fromkeys(("deals", "quotes", "orders", "invoices", "payments", "subscriptions", "costs"), "currency"),
        meaning=_("In which the amount was agreed, not the one it is reported in."),
    ),
    Dimension("pipeline", _("Pipeline"), _wherever("pipeline")),
    Dimension(
        "stage",
        _("Stage"),
        _wherever("stage"),
        meaning=_("Where the deal stands; in the stage history the stage that was visited."),
    ),
    Dimension("forecast_category", _("Forecast category"), {"deals": "forecast_category"}),
    Dimension("loss_reason", _("Loss reason"), {"deals": "loss_reason"}),
    Dimension(
        "competitor",
        _("Competitor"),
        _wherever("competitor"),
        meaning=_("Several competitors in one deal are a group of their own."),
    ),
    Dimension("ticket_category", _("Ticket category"), {"tickets": "category"}),
    Dimension("priority", _("Priority"), _wherever("priority"), meaning=_("The priority of the ticket.")),
    Dimension("activity_kind", _("Kind of activity"), {"activities": "kind"}),
    Dimension("event_kind", _("Kind of event"), {"events": "kind"}),
    Dimension("response_kind", _("Kind of response"), {"responses": "kind"}),
    Dimension("cost_kind", _("Kind of cost"), {"costs": "kind"}),
    Dimension("plan", _("Plan"), {"subscriptions": "plan"}),
)

DIMENSIONS: Final[Mapping[str, Dimension]] = MappingProxyType({dimension.name: dimension for dimension in _IN_ORDER})

COUNTRIES: Final = frozenset(each.name for each in _IN_ORDER if each.is_country)
"""The dimensions whose values are codes of countries."""


def country_dimension(table: str, column: str) -> str | None:
    """The dimension of countries that a column of a table holds; None if it holds none."""
    return next((name for name in sorted(COUNTRIES) if DIMENSIONS[name].columns.get(table) == column), None)
