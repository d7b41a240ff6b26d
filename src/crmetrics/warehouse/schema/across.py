"""What must hold between tables: sums, the order of moments, and what two tables say of the same thing."""

from __future__ import annotations

from typing import Final

from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema.rule import Rule

_ = words("quality")

_LINES: Final = """(select order_id, sum(net_amount) as net, sum(tax_amount) as tax, count(*) as n, count(tax_amount) as taxed
    from order_lines group by order_id)"""
_INVOICED: Final = """(select order_id, max(currency) as currency, sum(amount) as amount, sum(tax_amount) as tax,
    count(*) as n, count(tax_amount) as taxed from invoices where order_id is not null group by order_id)"""
_PAID: Final = """(select invoice_id, max(currency) as currency, sum(amount) as paid
    from payments where invoice_id is not null group by invoice_id)"""
_RETURNED: Final = """(select o.returns_order_id as order_id, l.product_id as product_id, sum(l.quantity) as back
    from order_lines l join orders o on o.order_id = l.order_id
    where o.returns_order_id is not null and l.product_id is not null and l.quantity < 0
    group by o.returns_order_id, l.product_id)"""
_SOLD: Final = """(select order_id, product_id, sum(case when quantity > 0 then quantity else 0 end) as sold
    from order_lines group by order_id, product_id)"""
_VISITS: Final = """(select left_at, lead(entered_at) over (partition by deal_id order by entered_at, stage) as next_at
    from deal_stages)"""
_SPANS: Final = """(select ended_on, lead(started_on) over (partition by subscription_id order by started_on) as next_on
    from subscriptions)"""
_RATES: Final = """(select cast(rate_to_company as double) as rate,
    lag(cast(rate_to_company as double)) over (partition by currency order by rated_on) as rate_before from exchange_rates)"""


def _employed(table: str, moment: str) -> Rule:
    """Whoever answers for a record was employed when it was made."""
    day = f"local_day(t.{moment})"
    return Rule(
        table, "owner_id", "consistency",
        "case when p.hired_on is not null or p.left_on is not null "
        f"then {day} >= coalesce(p.hired_on, {day}) and {day} <= coalesce(p.left_on, {day}) end",
        _("The owner was not employed then."),
        f"{table} t join employees p on p.employee_id = t.owner_id", ("employees",),
    )  # fmt: skip


ACROSS: Final = (
    Rule(
        "deals", "is_won", "consistency",
        "(p.kind = 'won') = (t.is_won is not null and t.is_won) and (p.kind = 'lost') = (t.is_won is not null and not t.is_won)",
        _("The outcome of the deal does not fit the kind of its stage."),
        "deals t join stages p on p.pipeline = t.pipeline and p.stage = t.stage", ("stages",),
    ),
    Rule(
        "deals", "created_at", "consistency",
        "seconds_between(t.created_at, s.first_at) <= 86400 and seconds_between(s.first_at, t.created_at) <= 86400",
        _("The deal entered its first stage more than a day before or after it was created."),
        "deals t join (select deal_id, min(entered_at) as first_at from deal_stages group by deal_id) s on s.deal_id = t.deal_id",
        ("deal_stages",),
    ),
    Rule(
        "deal_stages", "left_at", "consistency",
        "case when next_at is not null then left_at is not null and left_at <= next_at end",
        _("The deal entered another stage before it left this one."), _VISITS,
    ),
    Rule(
        "leads", "deal_id", "consistency", "p.created_at >= t.created_at",
        _("The deal was created before the lead that it came from."),
        "leads t join deals p on p.deal_id = t.deal_id", ("deals",),
    ),
    Rule(
        "quotes", "sent_at", "consistency", "local_day(t.sent_at) >= local_day(p.created_at)",
        _("The quote was sent before its deal was created."),
        "quotes t join deals p on p.deal_id = t.deal_id", ("deals",),
    ),
    Rule(
        "orders", "ordered_at", "consistency", "local_day(t.ordered_at) >= local_day(p.closed_at)",
        _("The order came before its deal was won."),
        "orders t join deals p on p.deal_id = t.deal_id", ("deals",),
    ),
    Rule(
        "orders", "order_id", "consistency", "s.order_id is not null", _("The order has no line."),
        "orders t left join (select order_id from order_lines group by order_id) s on s.order_id = t.order_id",
        ("order_lines",),
    ),
    Rule(
        "order_lines", "quantity", "consistency", "0 - t.back <= s.sold",
        _("More came back than was sold in the order that it returns."),
        f"{_RETURNED} t join {_SOLD} s on s.order_id = t.order_id and s.product_id = t.product_id", ("orders",),
    ),
    Rule(
        "invoices", "issued_on", "consistency", "t.issued_on >= local_day(p.ordered_at)",
        _("The invoice was issued before its order."),
        "invoices t join orders p on p.order_id = t.order_id", ("orders",),
    ),
    Rule(
        "invoices", "amount", "consistency",
        "case when t.currency <> o.currency then null "
        "when s.taxed = s.n then abs(t.amount - s.net - s.tax) <= abs(s.net) * 1e-2 + 1e-2 "
        "when t.taxed = t.n then abs(t.amount - t.tax - s.net) <= abs(s.net) * 1e-2 + 1e-2 end",
        _("The invoices of the order are more than 1 % off the sum of its lines."),
        f"{_INVOICED} t join orders o on o.order_id = t.order_id join {_LINES} s on s.order_id = t.order_id",
        ("orders", "order_lines"),
    ),
    Rule(
        "payments", "amount", "consistency",
        "case when p.currency = t.currency and p.amount >= 0 then t.paid <= p.amount + 1e-2 end",
        _("More was paid than the invoice asks."),
        f"{_PAID} t join invoices p on p.invoice_id = t.invoice_id", ("invoices",),
    ),
    Rule(
        "subscriptions", "ended_on", "consistency",
        "case when next_on is not null then ended_on is not null and ended_on <= next_on end",
        _("The next span of the subscription starts before this one ends."), _SPANS,
    ),
    Rule(
        "contacts", "customer_id", "consistency", "p.kind = 'company'",
        _("The customer of the contact person is no company."),
        "contacts t join customers p on p.customer_id = t.customer_id", ("customers",),
    ),
    Rule(
        "exchange_rates", "rate_to_company", "consistency",
        "case when rate_before is not null then rate <= rate_before * 12e-1 and rate_before <= rate * 12e-1 end",
        _("The rate is more than 20 % off the one before."), _RATES,
    ),
    _employed("deals", "created_at"),
    _employed("orders", "ordered_at"),
    _employed("activities", "created_at"),
    _employed("tickets", "created_at"),
)  # fmt: skip
