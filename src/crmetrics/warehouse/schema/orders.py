"""What was bought."""

from __future__ import annotations

from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema.columns import NEVER, flag, key, link, moment, money, number, text
from crmetrics.warehouse.schema.table import Check, Personal, Table, Type

_ = words("schema")

ORDERS = Table(
    "orders",
    _("Orders"),
    _("One row per order or return document."),
    (
        key("order_id", _("Order ID")),
        link(
            "customer_id",
            "customers",
            _("Customer"),
            _("Blank: an anonymous sale, which counts in sales but not in figures of customers."),
        ),
        moment("ordered_at", _("Ordered"), _("For a return document the date of the return."), is_required=True),
        flag(
            "is_cancelled", _("Cancelled"), _("A return is not a cancelled order."), is_required=True, default="false"
        ),
        link("returns_order_id", "orders", _("Returned order"), _("Of a return document."), expected=NEVER),
        text("currency", _("Currency"), _("By ISO 4217, of all lines."), is_required=True),
        text("channel", _("Sales channel"), _("Such as online, store, field, distributor, marketplace.")),
        link("owner_id", "employees", _("Owner")),
        link("campaign_id", "campaigns", _("Campaign"), expected=NEVER),
        link("deal_id", "deals", _("Deal"), expected=NEVER),
        text("country", _("Delivery country"), _("Two letters by ISO 3166-1.")),
        text("region", _("Delivery region")),
        text("city", _("Delivery city"), personal=Personal.DESCRIBES),
    ),
    appears="ordered_at",
    priced_at="ordered_at",
    checks=(
        Check("returns_order_id <> order_id", _("The document returns itself."), "returns_order_id"),
        Check("country is null or length(country) = 2", _("The country is not two letters by ISO 3166-1."), "country"),
    ),
)

ORDER_LINES = Table(
    "order_lines",
    _("Order lines"),
    _("One row per line of an order; a return is a line with a negative quantity."),
    (
        key("order_id", _("Order"), references="orders"),
        key("line_no", _("Line"), of=Type.INTEGER),
        link("product_id", "products", _("Product")),
        number("quantity", _("Quantity"), _("Negative: returned."), is_required=True),
        money("unit_price", _("Unit price"), _("Before discount and tax.")),
        money("discount", _("Discount"), _("Of the whole line; 0 or more on sales."), expected=NEVER),
        money("net_amount", _("Net amount"), _("After discount, without tax; negative on returns."), is_required=True),
        money("cost_amount", _("Cost"), _("What these units cost us; negative on returns.")),
        money("tax_amount", _("Tax")),
    ),
    appears_with="order_id",
    checks=(
        Check(
            "abs(net_amount - (quantity * unit_price - coalesce(discount, 0))) <= 0.01",
            _("The net amount is not quantity times unit price less discount."),
            "net_amount",
        ),
        Check("quantity < 0 or discount >= 0", _("The discount of a sale is negative."), "discount"),
        Check(
            "quantity = 0 or net_amount = 0 or (quantity < 0) = (net_amount < 0)",
            _("Quantity and net amount have opposite signs."),
            "net_amount",
        ),
        Check(
            "quantity = 0 or cost_amount = 0 or (quantity < 0) = (cost_amount < 0)",
            _("Quantity and cost have opposite signs."),
            "cost_amount",
        ),
    ),
)
