"""Cohort value."""

from __future__ import annotations

from typing import Annotated, Any, Final

import numpy as np

from crmetrics.analysis import (
    Catalogue,
    Finding,
    Lines,
    Locked,
    Note,
    Options,
    Result,
    Row,
    Table,
    analysis,
    column,
)
from crmetrics.analysis.littleness import PLAIN_FROM, SHOWN_FROM
from crmetrics.customers.acquisition_cost import AcquisitionCost
from crmetrics.customers.cohort_answers import CohortsBy, Mean, PeriodsOf, Together, counted_in, named
from crmetrics.customers.cohort_money import CohortMoney, Money, notes_of
from crmetrics.customers.cohort_rows import VALUED
from crmetrics.customers.triangle import ALL, Placed, known
from crmetrics.models.cohort_value import CohortValue, first_reached
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, FLAG, MONEY, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

NOTABLE: Final = 0.2


class CohortValues(Row):
    cohort = column("Cohort", meaning="a week by its first day", dimension="month", all="All cohorts")
    size = column("Customers", COUNT, "who started in it")
    k = column("Periods since", COUNT, "whole calendar periods since the start")
    n = column("Counted", COUNT, "those of them whose period has come")
    cum_per_customer = column(
        "Value per customer", MONEY, "brought up to then, for each who started, active or not", better="higher"
    )
    cac = column("Acquisition cost", MONEY, "of a customer of the cohort", better="lower")
    payback_k = column(
        "Repaid in period", COUNT, "the first by which the value reaches the acquisition cost", better="lower"
    )
    complete = column("Complete", FLAG, "whether the period has ended")


@analysis(
    "Cohort value",
    needs={"orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
    date="orders.ordered_at",
    table="customers",
    chart=Lines(x="k", y="cum_per_customer", series="cohort"),
    behind=VALUED,
)
def cohort_value(
    warehouse: Warehouse,
    period: Period,
    catalogue: Catalogue,
    money: Annotated[
        Money,
        Options("Value", margin="margin", net_sales="net sales", without_returns="sales without returns"),
    ] = "margin",
    grain: PeriodsOf = "month",
    mean: Mean = "weighted",
    start: CohortsBy = "first_purchase",
    together: Together = True,
) -> Result[CohortValues]:
    """How much has a customer of each cohort brought so far, and when is his acquisition repaid?

    Formula: margin (or net sales) of the cohort from the start to the k-th calendar period after it / size of the cohort; repaid in the
             first k in which that reaches the acquisition cost of the cohort (`finance.cac`).
    Reads:   orders that are not cancelled and their lines, of known customers; products for the cost of units; costs.
    Mind:    Divided by all who started, not by those still active. The period chooses the cohorts; they are followed to the last day of
             the data. A period that still runs is shown as not complete.
    Source:  Own definition.
    """
    cohorts = CohortMoney(money, start, grain)
    if locked := cohorts.locked(warehouse):
        return _locked(locked)
    rows = cohorts.sums(warehouse, period)
    if locked := cohorts.uncosted(rows):
        return _locked(locked)
    placed = Placed.of(rows, grain, by_label=start in ("campaign", "channel"), together=together)
    found = _followed(placed, rows)
    cost = AcquisitionCost.of(catalogue, period, grain, start, placed)
    columns = _columns(placed, found, cost, is_simple=mean == "simple")
    if start == "campaign":
        columns["cohort"] = named(warehouse, columns["cohort"])
    used, left_out = counted_in(rows)
    return Result(
        Table(CohortValues, columns),
        notes=(*notes_of(placed, found, rows, is_simple=mean == "simple"), *cost.notes),
        findings=_findings(placed, found, cost, grain) if start == "first_purchase" else (),
        used=used,
        left_out=left_out,
    )


def _followed(placed: Placed, rows: Rows) -> CohortValue:
    at_start, money = placed.is_size, ~placed.is_size
    return CohortValue.fit(
        placed.cohort[at_start],
        placed.since[at_start],
        rows.numbers("members")[at_start],
        (placed.cohort[money], placed.since[money], placed.period[money], np.nan_to_num(rows.numbers("money")[money])),
        cohorts=len(placed.names),
        running=placed.running,
        last=placed.last,
    )


def _columns(placed: Placed, found: CohortValue, cost: AcquisitionCost, *, is_simple: bool) -> dict[str, list[Any]]:
    """The rows, all cohorts first: one for each period that was reached. A value of fewer than five customers is blank (R4)."""
    cohort, k = np.nonzero(found.is_known)
    reached = np.nonzero(found.is_complete.any(axis=0))[0]
    all_n, all_value = found.weighted()
    enough = all_n >= SHOWN_FROM
    if is_simple:
        all_value, cohorts = found.simple()
        enough = cohorts >= SHOWN_FROM
    all_value = np.where(enough, all_value, np.nan)
    value = np.where(found.n >= SHOWN_FROM, found.value, np.nan)
    payback = first_reached(value, cost.of_cohort)
    all_payback = first_reached(all_value[None, :], np.array([cost.of_all]))[0]
    few = len(reached)
    parts: dict[str, tuple[Any, Any]] = {
        "size": (np.full(few, found.size.sum()), found.size[cohort]),
        "k": (reached, k),
        "n": (all_n[reached], found.n[cohort, k]),
        "cum_per_customer": (all_value[reached], value[cohort, k]),
        "cac": (np.full(few, cost.of_all), cost.of_cohort[cohort]),
        "payback_k": (np.full(few, all_payback), payback[cohort]),
        "complete": (np.ones(few, dtype=bool), found.is_complete[cohort, k]),
    }
    columns = {name: known(np.concatenate(both)) for name, both in parts.items()}
    columns["payback_k"] = [None if each is None else int(each) for each in columns["payback_k"]]
    return {"cohort": [ALL] * few + [placed.names[each] for each in cohort], **columns}


def _locked(locked: Locked) -> Result[CohortValues]:
    nothing: Table[CohortValues] = Table(CohortValues, {each.name: [] for each in CohortValues.columns})
    return Result(nothing, notes=(Note(locked.message, "warn"),), locked=locked)


def _findings(placed: Placed, found: CohortValue, cost: AcquisitionCost, grain: str) -> tuple[Finding, ...]:
    """The latest large cohort that has gone as far as another one, where it brought notably less or more by then."""
    large = np.flatnonzero((found.size >= PLAIN_FROM) & (found.is_complete.sum(axis=1) >= 2))
    if len(large) < 2:
        return ()
    latest = int(large[-1])
    k = int(found.is_complete[latest].sum()) - 1
    others = [each for each in large[:-1] if found.is_complete[each, k]]
    n = found.n[others, k].astype(np.float64)
    usual = float((n * found.value[others, k]).sum() / n.sum()) if len(others) else 0.0
    value = float(found.value[latest, k])
    if usual <= 0 or abs(value - usual) < NOTABLE * usual:
        return ()
    message = _(
        "The {n} customer of cohort {cohort} brought {value} each by period {k}; those before had brought {usual} by then.",
        "The {n} customers of cohort {cohort} brought {value} each by period {k}; those before had brought {usual} by then.",
        n=int(found.size[latest]),
        cohort=placed.names[latest],
        value=Figure(value, MONEY),
        usual=Figure(usual, MONEY),
        k=k,
    )
    return (Finding(message, (value - usual) * int(found.size[latest]), "good" if value > usual else "bad"),)
