"""What we sell, and how much of it is there."""

from __future__ import annotations

from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema.columns import NEVER, day, flag, key, money, number, text
from crmetrics.warehouse.schema.table import Check, Table, Type

_ = words("schema")

PRODUCTS = Table(
    "products",
    _("Products"),
    _("One row per product or service that we sell."),
    (
        key("product_id", _("Product ID")),
        text("name", _("Name"), default="product_id"),
        text("category", _("Category")),
        text("subcategory", _("Subcategory")),
        text("brand", _("Brand")),
        money("unit_cost", _("Unit cost"), _("What one unit costs us, where an order line does not say.")),
        money("list_price", _("List price"), _("Of one unit, without tax.")),
        text("currency", _("Currency"), expected="unit_cost is not null or list_price is not null"),
        number("lead_time_days", _("Lead time in days"), _("From our order at the supplier to the delivery.")),
        number("min_order_quantity", _("Minimum order quantity"), _("At the supplier.")),
        flag("is_active", _("Active"), _("Sold today."), default="true"),
        flag("is_service", _("Service"), _("Has no stock."), expected=NEVER),
        day("launched_on", _("Launched on"), is_planned=True),
    ),
    is_shared=True,
    checks=(
        Check("list_price >= 0", _("The list price is negative."), "list_price"),
        Check("unit_cost >= 0", _("The unit cost is negative."), "unit_cost"),
        Check("unit_cost <= list_price", _("The unit cost is above the list price."), "unit_cost"),
        Check("lead_time_days >= 0", _("The lead time is negative."), "lead_time_days"),
        Check("min_order_quantity >= 0", _("The minimum order quantity is negative."), "min_order_quantity"),
    ),
)

STOCK_LEVELS = Table(
    "stock_levels",
    _("Stock"),
    _("One row per count of a product in a warehouse: levels, not moves."),
    (
        key("product_id", _("Product"), references="products"),
        key("warehouse", _("Warehouse"), default="'main'"),
        key("counted_on", _("Counted on"), of=Type.DATE),
        number("quantity", _("Quantity"), is_required=True),
        number("on_order", _("On order"), _("Ordered at the supplier, not yet here.")),
    ),
    appears="counted_on",
    is_shared=True,
    checks=(
        Check("quantity >= 0", _("The quantity in stock is negative."), "quantity"),
        Check("on_order >= 0", _("The quantity on order is negative."), "on_order"),
    ),
)
