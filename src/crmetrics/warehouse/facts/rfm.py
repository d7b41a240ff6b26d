"""RFM scores and segments of all customers: a company-wide reference (R23)."""

from __future__ import annotations

from collections import defaultdict
from math import isfinite
from typing import Any, Final, Literal

from crmetrics.models.scores import SEGMENT_MAP
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.facts.fact import Derived

_ = words("customers")

Money = Literal["net_sales", "without_returns", "average", "margin"]

FEWEST_BUYERS: Final = 25
"""Of fewer no class can be told from the next by rank: they are scored by fixed cut points."""

RECENCY, FREQUENCY = (30, 60, 90, 180), (10, 5, 3, 2)
"""Fixed cut points of the scores 5, 4, 3 and 2: at most so many days, at least so many purchases."""

MONETARY: Final = {
    "net_sales": "sum(case when {when} then net end)",
    "without_returns": "sum(case when {when} then sold end)",
    "average": "sum(case when {when} and is_purchase then net end) / count(case when {when} and is_purchase then 1 end)",
    "margin": "sum(case when {when} then margin end)",
}
WITH_MARGIN: Final = """order_totals t left join (
        select order_id as costed_id, sum(net - full_cost) as margin from costed_lines where not is_cancelled group by order_id
    ) as costed on costed.costed_id = t.order_id"""
NOW, THEN = "ordered_at >= $start", "ordered_at >= $then_start and ordered_at < $then_at"

LimitsOf = Literal["now", "then", "each"]
"""Whose cut points score both dates: those of the later, of the earlier, or each its own."""
_LIMITS_OF: Final[dict[LimitsOf, tuple[tuple[str, str], ...]]] = {
    "now": (("", ""),),
    "then": (("", "_then"),),
    "each": (("", ""), ("_then", "_then")),
}
"""Sets of cut points: the ending of their names, and of the columns that they are drawn from."""

HISTORY: Final = """
with history as (
    select customer_id,
           count(*) filter (where is_purchase) as lifetime,
           max(case when is_purchase then ordered_at end) as last_at,
           count(*) filter (where is_purchase and {now}) as orders,
           sum(case when {now} then net end) as net_sales,
           {monetary} as monetary,
           count(*) filter (where is_purchase and ordered_at < $then_at) as lifetime_then,
           max(case when is_purchase and ordered_at < $then_at then ordered_at end) as last_then_at,
           count(*) filter (where is_purchase and {then}) as orders_then,
           {monetary_then} as monetary_then
    from {orders}
    where customer_id is not null and ordered_at < $now_at
    group by customer_id
),
known as (
    select c.customer_id, h.last_at, coalesce(h.lifetime, 0) as lifetime, coalesce(h.lifetime_then, 0) as lifetime_then,
           coalesce(h.orders, 0) as orders, coalesce(h.orders_then, 0) as orders_then,
           cast(coalesce(h.net_sales, 0) as double) as net_sales,
           days_between(local_day(h.last_at), $now_on) as recency_days,
           days_between(local_day(h.last_then_at), $then_on) as recency_days_then,
           cast(coalesce(h.monetary, 0) as double) as monetary, cast(coalesce(h.monetary_then, 0) as double) as monetary_then,
           $is_compared and (c.created_at is null or c.created_at < $then_at) as was_known
    from customers c
    left join history h on h.customer_id = c.customer_id
    where c.created_at is null or c.created_at < $now_at
),
"""

# Ranks of the different values, not of the customers, and from them the value from which a score is given: that is quicker
# than ranking a million customers, says the same, and scores the earlier day by the same limits.
LIMITS: Final = """
{name}_limits{set} as (
    select {worst}(case when score >= 5 then at end) as {name}5{set}, {worst}(case when score >= 4 then at end) as {name}4{set},
           {worst}(case when score >= 3 then at end) as {name}3{set}, {worst}(case when score >= 2 then at end) as {name}2{set}
    from (
        select at, case when $classes = 3 then 2 * place - 1 else place end as score
        from (
            select at, least($classes, floor($classes * (2e0 * upto - tied) / (2e0 * everybody)) + 1) as place
            from (
                select {value}{of} as at, count(*) as tied, sum(count(*)) over (order by {value}{of} {direction}) as upto,
                       sum(count(*)) over () as everybody
                from known
                where orders{of} > 0
                group by {value}{of}
            ) as ranked
        ) as placed
    ) as scored
),
"""

SEGMENTS: Final = """
limits as (
    select {limits}, is_fixed, buyers, not is_fixed or $fixed_m5 is not null as has_m
    from (
        select buyers, fewest < {fewest} or $cut = 'fixed' as is_fixed
        from (
            select count(case when orders > 0 then 1 end) as buyers, {scored} as fewest
            from known
        ) as bought
    ) as counted
    {cross}
),
scored as (select k.*, l.*, {scores} from known k cross join limits l),
placed as (select *, {axes} from scored),
named as (select *, {segments} from placed)
select customer_id, recency_days, orders, net_sales, monetary, r, f, m, fm, segment, buyers, is_fixed,{more}
       case when was_known then segment_then end as previous_segment,
       case when not was_known or segment = segment_then then null
            when last_at >= $then_at then local_day(last_at)
            when orders = 0 and orders_then > 0 then days_after(local_day(last_at), $window + 1)
            when r < r_then then days_after(local_day(last_at), cast(round(
                case r when 4 then r5 when 3 then r4 when 2 then r3 else r2 end) as int) + 1) end as changed_on
from named
"""


def rfm_scores(money: Money) -> Derived:
    """The derived table `rfm_scores`: one row for each customer, with the scores and the segment of as-of and of the day then_on.

    Columns: customer_id, recency_days, orders, net_sales, monetary, r, f, m, fm, segment, previous_segment, changed_on;
    the same in every row: buyers (of the company, in the window) and is_fixed (scored by fixed cut points).
    Values to bind: start, then_start, then_at, now_at (UTC instants), then_on, now_on (days), window (days), classes (3 or 5),
    cut, axis, is_compared, fixed_r5 to fixed_m2, and money, which is not read but tells one measure's table from another's.
    Source: `customers.rfm`; rules R12 and R23 of docs/rules.md.
    """
    return Derived("rfm_scores", key="customer_id", table="customers", sql=_sql(money, "now", ""))


def rfm_moves(limits: LimitsOf) -> Derived:
    """The derived table `rfm_moves`: the segments of two days, by the cut points of the days that `limits` names.

    Columns and values as of `rfm_scores` with net sales as the money; beside them net_sales_then and was_known (on the earlier day).
    Source: `customers.rfm_migration` of docs/analyses.md.
    """
    more = " monetary_then as net_sales_then, was_known,"
    return Derived(f"rfm_moves_{limits}", key="customer_id", table="customers", sql=_sql("net_sales", limits, more))


def _sql(money: Money, limits: LimitsOf, more: str) -> str:
    """The scores of two days: `limits` whose cut points, `more` further columns."""
    monetary = MONETARY[money]
    history = HISTORY.replace("{orders}", WITH_MARGIN if money == "margin" else "order_totals")
    history = history.replace("{monetary}", monetary.replace("{when}", NOW)).replace(
        "{monetary_then}", monetary.replace("{when}", THEN)
    )
    sets = _LIMITS_OF[limits]
    drawn = [
        _limits(*each, ending, source)
        for ending, source in sets
        for each in (
            ("r", "recency_days", "desc", "max"),
            ("f", "orders", "asc", "min"),
            ("m", "monetary", "asc", "min"),
        )
    ]
    names = [(name, score, ending) for ending, _source in sets for name in "rfm" for score in range(5, 1, -1)]
    bought = [f"count(case when orders{source} > 0 then 1 end)" for _ending, source in sets]
    by_then = "_then" if limits == "each" else ""
    parts = {
        "fewest": str(FEWEST_BUYERS),
        "scored": bought[0] if len(bought) == 1 else f"least({', '.join(bought)})",
        "cross": " ".join(f"cross join {name}_limits{ending}" for ending, _source in sets for name in "rfm"),
        "limits": ", ".join(
            f"case when is_fixed then cast($fixed_{n}{s} as double) else {n}{s}{e} end as {n}{s}{e}"
            for n, s, e in names
        ),
        "scores": ", ".join((_scores("", ""), _scores("_then", by_then))),
        "axes": ", ".join(_axis(then) for then in ("", "_then")),
        "segments": ", ".join(_segment(then) for then in ("", "_then")),
        "more": more,
    }
    segments = SEGMENTS
    for place, text in parts.items():
        segments = segments.replace("{" + place + "}", text)
    return history.replace("{now}", NOW).replace("{then}", THEN) + "".join(drawn) + segments


def fixed_limits(classes: int, money_limits: str) -> dict[str, Any]:
    """The fixed cut points fixed_r5 to fixed_m2 as values to bind; with three scores, those of 4 and 3 give 5 and 3.

    money_limits  four rising numbers, from which on money scores 2, 3, 4 and 5, such as "50,100,500,1000"; blank: none
    Raises BadValue for anything else.
    """
    try:
        money = [float(each) for each in money_limits.split(",")] if money_limits.strip() else []
    except ValueError:
        money = [0.0]
    if money and (len(money) != 4 or money != sorted(set(money)) or not all(map(isfinite, money))):
        raise BadValue(
            _(
                "'{value}' does not do for money_limits: four rising numbers were expected, such as 50,100,500,1000.",
                value=money_limits,
            )
        )
    found: dict[str, Any] = {}
    falling: tuple[float | None, ...] = tuple(reversed(money)) or (None, None, None, None)
    for name, limits in (("r", RECENCY), ("f", FREQUENCY), ("m", falling)):
        five, four, three, two = limits if classes == 5 else (limits[1], limits[1], limits[2], limits[2])
        found |= {f"fixed_{name}5": five, f"fixed_{name}4": four, f"fixed_{name}3": three, f"fixed_{name}2": two}
    return found


def _limits(name: str, value: str, direction: str, worst: str, ending: str, source: str) -> str:
    sql = LIMITS
    parts = (
        ("name", name),
        ("value", value),
        ("direction", direction),
        ("worst", worst),
        ("set", ending),
        ("of", source),
    )
    for place, text in parts:
        sql = sql.replace("{" + place + "}", text)
    return sql


def _scores(then: str, by: str) -> str:
    """r, f and m, null for who did not buy in the window; m also where money has no cut points. `by`: the ending of those."""
    r = " ".join(f"when recency_days{then} <= r{score}{by} then {score}" for score in range(5, 1, -1))
    f = " ".join(f"when orders{then} >= f{score}{by} then {score}" for score in range(5, 1, -1))
    m = " ".join(f"when monetary{then} >= m{score}{by} then {score}" for score in range(5, 1, -1))
    return (
        f"case when orders{then} = 0 then null {r} else 1 end as r{then}, "
        f"case when orders{then} = 0 then null {f} else 1 end as f{then}, "
        f"case when orders{then} = 0 or not has_m then null when monetary{then} <= 0 then 1 {m} else 1 end as m{then}"
    )


def _axis(then: str) -> str:
    """The second axis of the map: one purchase in a lifetime is 1, more are 2 or better."""
    mean = f"cast(floor((f{then} + m{then}) / 2e0 + 5e-1) as int)"
    score = f"case when $axis = 'f' or m{then} is null then f{then} else {mean} end"
    return (
        f"case when orders{then} = 0 then null when lifetime{then} = 1 then 1 else greatest(2, {score}) end as fm{then}"
    )


def _segment(then: str) -> str:
    places = defaultdict(list)
    for (r, fm), segment in SEGMENT_MAP.items():
        places[segment].append(str(10 * r + fm))
    cells = " ".join(f"when 10 * r{then} + fm{then} in ({', '.join(places[each])}) then '{each}'" for each in places)
    return f"case when lifetime{then} = 0 then 'prospects' when orders{then} = 0 then 'hibernating' {cells} end as segment{then}"
