"""Predicted lifetime value (CLTV)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import numpy as np

from crmetrics.analysis import Bars, By, Finding, FirstOf, Number, Options, Result, Row, Table, analysis, column
from crmetrics.customers.counted_orders import CountedOrders
from crmetrics.customers.future_values import VALUES_OF_ALL, Foreseen
from crmetrics.customers.value_notes import value_notes
from crmetrics.customers.value_rows import foretold
from crmetrics.customers.value_tables import by_party, table_of, tests_of
from crmetrics.models.buying_model import Z
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import CHANGE, COUNT, MONEY, QUANTITY, RATIO, SHARE, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

NOTABLE: Final = 0.05
CONCENTRATED: Final = 0.35
"""Customers of grade A bring 80 %: that so few of all do is worth a word."""
VALUES = ("show", ("values",))
CLASSES = ("show", ("frequency", "tenths"))
MODELS, TESTS = ("show", ("models",)), ("show", ("frequency", "tenths", "models"))

BY_CUSTOMER = """
select customer_id as party, customer_id, 1 as customers, frequency as btyd_x, recency as btyd_tx, age as btyd_t, p_alive,
       expected_purchases, expected_value, clv, low, high, clv as per_customer, grade, historic, historic + clv as lifetime_value
from customer_values
order by clv desc nulls last, historic desc, customer_id
"""

BY_PARTY = """
select party, grouping(party) = 1 as is_total, count(*) as customers, avg(p_alive) as p_alive,
       sum(expected_purchases) as expected_purchases,
       sum(expected_purchases * expected_value) / sum(expected_purchases) as expected_value, sum(clv) as clv, sum(variance) as variance,
       sum(clv) / count(clv) as per_customer, sum(historic) as historic, sum(historic + clv) as lifetime_value,
       sum(case when grade = 'A' then clv end) as of_best, count(*) filter (where grade = 'A') as best,
       sum(case when historic_grade = 'A' and p_alive < 5e-1 then historic end) as lost,
       count(*) filter (where historic_grade = 'A' and p_alive < 5e-1) as gone
from (
    select v.*, {party} as party
    from customer_values v
    left join customers c on c.customer_id = v.customer_id
) as valued
group by grouping sets ((party), ())
order by is_total, clv desc nulls last, party
"""


class ClvPredicted(Row):
    party = column("Customer or group", dimension="by", only=VALUES)
    model = column(
        "Foretold by", only=MODELS, rate="each at his own rate", mean="all at the mean rate", zero="nobody buys"
    )
    class_no = column(
        "Class", meaning="purchases before the cut, or tenth of what was foretold, 1 the lowest", only=CLASSES
    )
    customer_id = column("Customer number", is_hidden=True)
    customers = column("Customers", COUNT, only=("show", ("values", "frequency", "tenths")))
    btyd_x = column("Repeat purchases", COUNT, "days with a purchase after the first one", only=VALUES)
    btyd_tx = column("Weeks to the last", QUANTITY, "from the first purchase to the last one", only=VALUES)
    btyd_t = column("Weeks since the first", QUANTITY, "from the first purchase to as-of", only=VALUES)
    p_alive = column("Still a customer", SHARE, "the chance; of a group the mean", better="higher", only=VALUES)
    expected_purchases = column("Purchases to come", QUANTITY, "within the horizon", better="higher", only=VALUES)
    foretold = column("Purchases foretold", QUANTITY, only=TESTS)
    happened = column("Purchases that came", QUANTITY, only=TESTS)
    at_own_rate = column("At the own rate", QUANTITY, "foretold if each goes on at his own rate", only=CLASSES)
    expected_value = column("Value of a purchase", MONEY, "expected, before costs", better="higher", only=VALUES)
    clv = column("Value to come", MONEY, "within the horizon, discounted to today", better="higher", only=VALUES)
    low = column("At least", MONEY, "lower end of the 95 % interval", only=VALUES)
    high = column("At most", MONEY, "upper end of the 95 % interval", only=VALUES)
    per_customer = column("Value to come per customer", MONEY, better="higher", only=VALUES)
    grade = column("Grade", meaning="A until 80 % of all value, B until 95 %, C the rest", only=VALUES)
    historic = column("Brought so far", MONEY, better="higher", only=VALUES)
    lifetime_value = column("Lifetime value", MONEY, "brought so far and to come", better="higher", only=VALUES)
    bias = column("Bias", CHANGE, "of the sum of purchases foretold", only=MODELS)
    rmse = column("Error (RMSE)", RATIO, "of a customer's purchases", better="lower", only=MODELS)
    mae = column(
        "Mean absolute error", RATIO, "never told alone: nobody buys can have a low one", better="lower", only=MODELS
    )
    correlation = column("Correlation", RATIO, better="higher", only=MODELS)
    spearman = column("Rank correlation", RATIO, better="higher", only=MODELS)
    found = column("True best fifth found", SHARE, better="higher", only=MODELS)
    surprise = column(
        "Surprise",
        RATIO,
        "less is more likely: -ln likelihood of a customer's held-out time",
        better="lower",
        only=MODELS,
    )
    is_used = column("Used", only=MODELS, yes="yes", no="no")


@analysis(
    "Predicted lifetime value (CLTV)",
    kind="P",
    needs={"orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
    date="orders.ordered_at",
    table="customers",
    chart=FirstOf((Bars(x="party", y="clv", band=("low", "high")), Bars(x="class_no", y="happened", goal="foretold"))),
    headline="per_customer",
    enough=100,
    behind=foretold,
)
def clv_predicted(
    warehouse: Warehouse,
    by: By = By("customer"),
    horizon: Annotated[int, Number("Horizon in months", 1, 60)] = 12,
    discount: Annotated[float, Number("Discount in % a year", 0, 100)] = 10.0,
    money: Annotated[
        Literal["margin", "net_sales"], Options("Money", margin="margin", net_sales="net sales")
    ] = "margin",
    show: Annotated[
        Literal["values", "frequency", "tenths", "models"],
        Options(
            "Show",
            values="values",
            frequency="test by purchases made",
            tenths="test by tenth foretold",
            models="models and baselines compared",
        ),
    ] = "values",
) -> Result[ClvPredicted]:
    """How many purchases and how much margin will each customer bring within the horizon?

    Formula: value to come = margin rate x expected value of a purchase x expected purchases, month by month discounted; purchases by the
             model of BG/NBD, MBG/NBD, Pareto/NBD and NBD that made the held-out last third of the time most likely, of those that beat
             the plain baselines; value by Gamma-Gamma; interval by 200 drawn futures.
    Reads:   orders that are not cancelled and their lines, of known customers; costs of lines or products where they are known.
    Mind:    A value is an expectation: most single customers bring nothing or much more. It is the same for every viewer. By month or
             another grain of time customers are grouped by their first purchase. Weeks since the last purchase are not recency of RFM.
    Source:  Fader, Hardie and Lee (2005); Batislam et al. (2007); Schmittlein et al. (1987); Fader and Hardie (2013); rules R18 and R23.
    """
    seen = warehouse.work_out(VALUES_OF_ALL, horizon=horizon, discount=discount, money=money)
    rows, orders = _groups(warehouse, by, seen), CountedOrders.of(warehouse)
    is_total = rows.flags("is_total")
    total = rows.where(is_total).one()
    shown: Table[ClvPredicted] = table_of(ClvPredicted, rows.where(~is_total))
    if show != "values":
        shown = tests_of(ClvPredicted, seen.buying, show)
    elif by == "customer" and len(rows):
        shown = table_of(ClvPredicted, warehouse.query(BY_CUSTOMER))
    whole = table_of(ClvPredicted, rows.where(is_total))
    return Result(
        shown,
        whole[0] if show == "values" and len(whole) else None,
        notes=(*value_notes(seen, money), *orders.notes),
        findings=_findings(total) if len(rows) else (),
        used=orders.used,
        left_out=orders.left_out,
        n=int(total["customers"] or 0),
    )


def _groups(warehouse: Warehouse, by: str, seen: Foreseen) -> Rows:
    """Groups and the whole with the ends of their intervals; none with too few customers."""
    rows = by_party(warehouse, BY_PARTY, by, "v.first_on")
    if not seen.buying.is_enough:
        return rows.where(np.zeros(len(rows), dtype=bool))
    clv = rows.numbers("clv")
    # customers vary by themselves, the parameters are wrong for all of them at once
    spread = Z * np.sqrt(rows.numbers("variance") + (seen.unsure * clv) ** 2)
    return rows.with_columns(low=np.maximum(clv - spread, 0.0), high=clv + spread)


def _findings(total: dict[str, Any]) -> tuple[Finding, ...]:
    """Who has probably left of those who brought most, and on how few customers the value to come hangs."""
    found, historic, clv = [], total["historic"] or 0.0, total["clv"] or 0.0
    if (lost := total["lost"] or 0.0) >= NOTABLE * historic > 0:
        message = _(
            "{n} customer of those who brought most has probably left; {money} was brought so.",
            "{n} customers of those who brought most have probably left; they brought {money}.",
            n=int(total["gone"]),
            money=Figure(lost, MONEY),
        )
        found.append(Finding(message, lost, "bad"))
    if total["best"] and total["best"] < CONCENTRATED * total["customers"]:
        message = _(
            "{n} of {all} customers are to bring {share} of all value to come: {money}.",
            n=int(total["best"]),
            all=int(total["customers"]),
            share=Figure(total["of_best"] / clv, SHARE),
            money=Figure(total["of_best"], MONEY),
        )
        found.append(Finding(message, total["of_best"], "info"))
    return tuple(found)
