"""What is looked through for whoever opens the product on a Monday: which analyses, over which time, and what could be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from crmetrics.vocabulary.language import Message, words

_ = words("home")

Over = Literal["period", "year", "now"]


@dataclass(frozen=True)
class Watched:
    """One analysis that is looked through.

    over     the period that is looked at, the twelve months to its end, or the state of now
    about    what its findings are about: of several analyses about one thing the one with most money at stake is told
    step     what can be done about what it finds; None: it tells what happened
    is_slow  it learns a model: only an answer that is kept already is told, it is never waited for
    """

    key: str
    over: Over
    about: str
    step: Message | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    is_slow: bool = False


WATCHED: Final = (
    Watched("customers.rfm_migration", "period", "segments"),
    Watched("sales.pipeline_changes", "period", ""),
    Watched("sales.pipeline", "now", "", _("Go through these open deals: a next step and a date for each.")),
    Watched("sales.stale_deals", "now", "", _("Talk to these customers, or close the deals.")),
    Watched(
        "sales.follow_up_delay",
        "year",
        "",
        _("Do the late follow-ups; where nobody has talked for longest comes first."),
        {"by": "team"},
    ),
    Watched(
        "sales.leak_ledger",
        "year",
        "where deals are lost",
        _("Look through what was lost at this step and change how it is handled."),
        {"by": "source"},
    ),
    Watched(
        "sales.stage_conversion",
        "year",
        "where deals are lost",
        _("Look through what was lost at this step and change how it is handled."),
    ),
    Watched("sales.time_in_stage", "year", "", _("Find out what holds the deals up at this stage.")),
    Watched("sales.lead_response", "period", "", _("Contact the leads that nobody has called yet.")),
    Watched("sales.product_performance", "year", "below cost", _("Raise the price, or drop what is sold below cost.")),
    Watched("finance.margin", "year", "below cost", _("Raise the price, or drop what is sold below cost.")),
    Watched("finance.whale_curve", "year", "", _("Review prices and service of the customers served at a loss.")),
    Watched("finance.receivables", "now", "", _("Collect what is overdue.")),
    Watched("customers.purchase_gap", "now", "", _("Call the customers whose next order is overdue.")),
    Watched("customers.rfm", "now", "leaving customers", _("Win back the good customers who stopped buying.")),
    Watched(
        "customers.churn_risk",
        "now",
        "leaving customers",
        _("Call the customers at risk; those with most at stake come first."),
        is_slow=True,
    ),
    Watched(
        "customers.clv_predicted",
        "now",
        "leaving customers",
        _("Win back the good customers who stopped buying."),
        is_slow=True,
    ),
    Watched(
        "sales.win_probability",
        "now",
        "",
        _("Look at the deals that are further from being won than their stage says."),
        is_slow=True,
    ),
)
"""The analyses that are looked through. Those that are not in the catalogue, or locked, tell nothing."""

FIGURES: Final = (
    ("kpis.net_sales", "kpis.purchases"),
    ("kpis.won_amount", "kpis.average_order_value"),
    ("kpis.margin_pct", "kpis.units_sold"),
    ("kpis.new_customers", "kpis.created_deals"),
    ("sales.win_rate", "kpis.won_deals"),
    ("sales.cycle_length", "kpis.time_to_close"),
    ("sales.quote_to_sale", "kpis.accepted_quotes"),
    ("sales.pipeline",),
    ("customers.repeat_purchase_rate", "kpis.buyers"),
    ("customers.churn_rate", "customers.retention_rate"),
    ("service.nps", "kpis.nps", "kpis.satisfaction", "customers.clv_historic"),
    ("service.fcr", "finance.cac", "kpis.first_reply", "kpis.return_share"),
)
"""The key figures of the first page, money first; of each line the first that the company's data can answer."""

FILLING: Final = (
    *("kpis.purchases", "kpis.average_order_value", "kpis.created_deals", "kpis.won_deals", "sales.lead_conversion"),
    *("sales.lead_response", "kpis.tickets_created", "kpis.first_reply", "kpis.satisfaction", "kpis.activities_done"),
    *("kpis.overdue_tasks", "kpis.accepted_quotes", "customers.clv_historic", "kpis.units_sold", "kpis.return_share"),
)
"""What fills up the key figures of a company that has only a part of those above: a help desk, a list of leads."""
FIGURES_NEEDED: Final = 8
