"""Which customers stand behind the values that customers have: what they brought, and what they are expected to bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from crmetrics.analysis import Behind, Choices
from crmetrics.customers.future_values import VALUES_OF_ALL
from crmetrics.customers.values_to_date import VALUES_TO_DATE
from crmetrics.vocabulary.period import GRAINS, Period, midnight, months_later
from crmetrics.warehouse.views import GRAIN_TEXT
from crmetrics.warehouse.warehouse import Warehouse

VALUED: Final = """
select v.*, {party} as party
from {values} v
left join customers c on c.customer_id = v.customer_id
"""


def _look(
    whose: Behind,
    values: str,
    day: str,
    warehouse: Warehouse,
    _period: Period | None,
    choices: Choices,
    _at: Mapping[str, Any],
) -> Behind:
    if values == VALUES_TO_DATE.name:
        warehouse.derive(VALUES_TO_DATE, money=choices["money"])
    else:
        given = {name: choices[name] for name in ("horizon", "discount", "money")}
        warehouse.work_out(VALUES_OF_ALL, **given)
    by = choices["by"]
    party = "v.customer_id" if by == "customer" else GRAIN_TEXT.get(by, "c.party").replace("{day}", day)
    source = VALUED.replace("{values}", values).replace("{party}", party)
    return replace(whose, source=source, grouping="" if by in ("customer", *GRAINS) else whose.grouping)


def _of(columns: tuple[str, ...], tells: tuple[str, ...], values: str, day: str) -> tuple[Behind, Behind]:
    """The customers of a group, and, where each stands for himself, those of a grade."""
    told = {name: name for name in tells}
    order = f"-{tells[0]}"
    group = Behind(dict.fromkeys(columns, ""), "customers", "true", tells=told, sort=order)
    grade = replace(group, columns={"grade": ""}, groups={"grade": "grade"}, grouping="")
    return (
        replace(group, look=partial(_look, group, values, day)),
        replace(grade, look=partial(_look, grade, values, day)),
    )


_TO_DATE: Final = _of(
    ("customers", "net_sales", "margin", "service", "value"),
    ("value", "grade", "since", "orders"),
    VALUES_TO_DATE.name,
    "v.since",
)
_TO_COME: Final = _of(
    ("customers", "expected_purchases", "clv", "historic", "lifetime_value"),
    ("clv", "grade", "p_alive", "historic"),
    VALUES_OF_ALL.name,
    "v.first_on",
)


def brought(choices: Choices) -> tuple[Behind, ...]:
    """The customers behind `customers.clv_historic`; only single customers have a grade."""
    return _TO_DATE if choices["by"] == "customer" else _TO_DATE[:1]


def foretold(choices: Choices) -> tuple[Behind, ...]:
    """The customers behind `customers.clv_predicted`; how the models did stands on no rows of today."""
    if choices["show"] != "values":
        return ()
    return _TO_COME if choices["by"] == "customer" else _TO_COME[:1]


BOUGHT: Final = """
select b.customer_id, c.party, max(case when b.ordered_at < $start and b.is_bought then 1 else 0 end) = 1 as was_there,
       max(case when b.ordered_at >= $start and b.is_bought then 1 else 0 end) = 1 as is_buyer
from (
    select order_id, customer_id, ordered_at, coalesce(sum(net) > 0, false) as is_bought
    from costed_lines
    where not is_cancelled and customer_id is not null and ordered_at >= $base and ordered_at < $end
    group by order_id, customer_id, ordered_at
) b
left join customers c on c.customer_id = b.customer_id
group by b.customer_id, c.party
"""
_RATED: Final = Behind({"n": "is_buyer", "active": "was_there"}, "customers", "true", "created_at", source=BOUGHT)


def _year_before(warehouse: Warehouse, period: Period | None, _choices: Choices, _at: Mapping[str, Any]) -> Behind:
    first = warehouse.today if period is None else period.start
    return replace(_RATED, values={"base": midnight(months_later(first, -12), warehouse.zone)})


RATED: Final = (replace(_RATED, look=_year_before),)
"""The customers behind `customers.clv_formula`: those who bought, and those who had bought in the twelve months before."""
