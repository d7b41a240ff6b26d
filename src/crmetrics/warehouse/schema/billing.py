"""Money asked, received, promised month by month, and spent."""

from __future__ import annotations

from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema.columns import NEVER, choice, day, flag, key, link, money, number, text
from crmetrics.warehouse.schema.table import Check, Personal, Table, Type

_ = words("schema")

INVOICES = Table(
    "invoices",
    _("Invoices"),
    _("One row per invoice or credit note."),
    (
        key("invoice_id", _("Invoice ID")),
        link("customer_id", "customers", _("Customer"), is_required=True),
        link("order_id", "orders", _("Order")),
        day("issued_on", _("Issued on"), is_required=True),
        day("due_on", _("Due on"), is_planned=True),
        money("amount", _("Amount"), _("With tax; a credit note is negative."), is_required=True),
        money("tax_amount", _("Tax")),
        text("currency", _("Currency"), is_required=True),
        flag("is_disputed", _("Disputed"), expected=NEVER),
    ),
    appears="issued_on",
    priced_at="issued_on",
    checks=(Check("due_on >= issued_on", _("Due before it was issued."), "due_on"),),
)

PAYMENTS = Table(
    "payments",
    _("Payments"),
    _("One row per payment or refund."),
    (
        key("payment_id", _("Payment ID")),
        link("customer_id", "customers", _("Customer"), is_required=True),
        link(
            "invoice_id",
            "invoices",
            _("Invoice"),
            _("Blank: on account, applied to the oldest open invoice."),
            expected=NEVER,
        ),
        day("paid_on", _("Paid on"), is_required=True),
        money("amount", _("Amount"), _("A refund is negative."), is_required=True),
        text("currency", _("Currency"), is_required=True),
    ),
    appears="paid_on",
    priced_at="paid_on",
)

SUBSCRIPTIONS = Table(
    "subscriptions",
    _("Subscriptions"),
    _("One row per span of a subscription with an unchanged price."),
    (
        key("subscription_id", _("Subscription ID")),
        key("started_on", _("Started on"), of=Type.DATE, is_planned=True),
        link("customer_id", "customers", _("Customer"), is_required=True),
        text("plan", _("Plan")),
        day(
            "ended_on",
            _("Ended on"),
            _("The first day no longer in it. Blank: running."),
            expected=NEVER,
            is_planned=True,
        ),
        money("monthly_amount", _("Monthly amount"), is_required=True),
        text("currency", _("Currency"), is_required=True),
        number("seats", _("Seats"), of=Type.INTEGER),
        text(
            "end_reason",
            _("Reason of the end"),
            _("The word changed: a new price or plan, and the next row starts on the day this one ends."),
            expected="ended_on is not null",
        ),
    ),
    appears="started_on",
    settles={"ended_on": ("ended_on", "end_reason")},
    priced_at="started_on",
    checks=(
        Check("monthly_amount >= 0", _("The monthly amount is negative."), "monthly_amount"),
        Check("ended_on >= started_on", _("Ended before it started."), "ended_on"),
        Check("seats >= 0", _("The number of seats is negative."), "seats"),
    ),
)

COSTS = Table(
    "costs",
    _("Costs"),
    _("One row per amount spent."),
    (
        key("cost_id", _("Cost ID")),
        day("spent_on", _("Spent on"), is_required=True),
        choice(
            "kind",
            ("marketing", "sales", "service", "crm", "goods_other", "staff", "overhead", "other"),
            _("Kind"),
            is_required=True,
        ),
        money("amount", _("Amount"), is_required=True),
        text("currency", _("Currency"), is_required=True),
        link("campaign_id", "campaigns", _("Campaign"), expected="kind = 'marketing'"),
        text("channel", _("Sales channel"), expected=NEVER),
        link("customer_id", "customers", _("Customer"), expected=NEVER),
        link("employee_id", "employees", _("Employee"), expected="kind = 'staff'"),
        flag("is_fixed", _("Fixed"), _("Does not grow with sales.")),
        text("note", _("Note"), expected="amount < 0", personal=Personal.SAYS),
    ),
    appears="spent_on",
    priced_at="spent_on",
    checks=(
        Check("amount >= 0 or note is not null", _("A negative amount without a note that explains it."), "amount"),
    ),
)
