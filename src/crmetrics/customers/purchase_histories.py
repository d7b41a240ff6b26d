"""What customers bought, reduced to one row each, and the model that foretells best what they will: for the company as a whole (R23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np

from crmetrics.analysis.littleness import LOCKED_ABOVE
from crmetrics.customers.baskets import HISTORIES
from crmetrics.models.buying_contest import CANDIDATES, BuyingContest, Classes, Plain, by_frequency, by_tenth
from crmetrics.models.buying_model import BuyingModel
from crmetrics.models.columns import Floats
from crmetrics.models.foretold import Foretold, mean_ranks
from crmetrics.models.gamma_gamma import GammaGamma, related
from crmetrics.models.purchase_counts import PurchaseCounts
from crmetrics.models.refusal import CannotFit
from crmetrics.models.shrunken_value import ShrunkenValue
from crmetrics.vocabulary.language import Message
from crmetrics.vocabulary.period import local_day
from crmetrics.warehouse.facts.fact import WorkedOut
from crmetrics.warehouse.rows import Array, Rows
from crmetrics.warehouse.warehouse import Warehouse

WEEK: Final = 7
"""Days of the unit of time of the models: an exact division, never whole calendar weeks."""
FEWEST, FEWEST_REPEATERS = 100, 50


@dataclass(frozen=True)
class Spending:
    """What customers bring of what they spend: shares of the value of purchases that stay.

    sales   net sales, returns taken off, over the value of purchases
    margin  margin over the same, returns taken off; None where too much is sold without a known cost
    """

    sales: float
    margin: float | None
    uncosted: float


@dataclass(frozen=True)
class Buying:
    """What was learned from all purchase histories of the company.

    model      the winner fitted on all of the time, None where no model stands: then `baseline` is used
    spend      what customers spend at a purchase; `spend_refused` says why it is not by Gamma-Gamma
    relation   correlation of purchases and their mean value, NaN where it cannot be told
    test       None with too few customers
    """

    customers: int
    repeaters: int
    cut: date
    horizon: float
    model: BuyingModel | None
    baseline: Plain
    spend: GammaGamma | ShrunkenValue | None
    spend_refused: Message | None
    relation: float
    spending: Spending
    test: BuyingContest | None
    frequencies: Classes | None
    tenths: Classes | None
    values: tuple[Foretold, Foretold] | None

    @property
    def used(self) -> str:
        """The title of the model, or the name of the baseline, that values are made with."""
        return self.baseline.name if self.model is None else self.model.TITLE

    @property
    def is_enough(self) -> bool:
        """Whether there are customers enough to learn from."""
        return self.test is not None and self.spend is not None


def learn(company: Warehouse, _values: Mapping[str, Any]) -> tuple[Mapping[str, Array], Buying]:
    """The reduced histories of all customers and what they teach."""
    first = company.profile.column("orders", "ordered_at").first
    begin = local_day(first, company.zone) if isinstance(first, datetime) else company.today
    days = max((company.today - begin).days, 0)
    cut = begin + timedelta(days=days - days // 3)
    rows = company.query(HISTORIES, cut=cut)
    x, value = rows.numbers("days_bought") - 1, _mean_value(rows, "days_bought", "days_blank", "spent")
    history = (x, rows.numbers("apart") / WEEK, rows.numbers("age") / WEEK)
    columns = {
        "customer_id": rows.columns["customer_id"],
        "first_on": rows.columns["first_on"],
        **dict(zip(("frequency", "recency", "age"), history, strict=True)),
        "value": value,
        **{name: rows.numbers(name) for name in ("purchases", "net", "margin")},
    }
    return columns, _learned(rows, history, value, cut, (company.today - cut).days / WEEK)


HISTORIES_OF_ALL: Final[WorkedOut[Buying]] = WorkedOut(
    "purchase_histories",
    key="customer_id",
    table="customers",
    columns={
        "customer_id": "VARCHAR",
        "first_on": "DATE",
        **dict.fromkeys(("frequency", "recency", "age", "value", "purchases", "net", "margin"), "DOUBLE"),
    },
    work=learn,
)
"""One row a customer who ever bought: x, t_x and T in weeks, the mean value of his repeat purchases (0: none), and what he brought."""


def _mean_value(rows: Rows, days: str, blank: str, spent: str) -> Floats:
    """The mean value of repeat purchase days, the first one and those of unknown value left out; 0 where there is none."""
    first = np.nan_to_num(rows.numbers("spent_first"))
    again = rows.numbers(days) - rows.numbers(blank) - (first > 0)
    money = rows.numbers(spent) - first
    return np.divide(money, again, out=np.zeros(len(rows)), where=again > 0)


def _learned(rows: Rows, history: tuple[Floats, Floats, Floats], value: Floats, cut: date, horizon: float) -> Buying:
    x, t, T = history
    customers, repeaters = len(rows), int(np.sum(x > 0))
    known = rows.numbers("days_before") > 0
    before = (rows.numbers("days_before")[known] - 1, rows.numbers("apart_before")[known] / WEEK, T[known] - horizon)
    paid = (x > 0) & (value > 0)
    spend, refused = _spend_of(x[paid], value[paid])
    test = model = frequencies = tenths = values = None
    if customers >= FEWEST and repeaters >= FEWEST_REPEATERS and known.any() and before[0].any():
        test = BuyingContest.fit(before, (x[known], t[known], T[known]), horizon)
        happened = x[known] - before[0]
        frequencies, tenths = by_frequency(test, before[0], happened), by_tenth(test, happened, mean_ranks)
        values = _values(rows, known, before[0], test)
        model = _refitted(test, PurchaseCounts.of(*history))
    plain = {each.name: each for each in Plain.all_of(x, T)}
    return Buying(
        customers,
        repeaters,
        cut,
        horizon,
        model,
        plain[test.baseline if test is not None else "mean"],
        spend,
        refused,
        related(x[paid], value[paid]),
        _spending(rows),
        test,
        frequencies,
        tenths,
        values,
    )


def _refitted(test: BuyingContest, counts: PurchaseCounts) -> BuyingModel | None:
    """The most likely of the models that stood the test which all of the time can carry, too."""
    by_title = {each.TITLE: each for each in CANDIDATES}
    for title in test.ranked:
        try:
            return by_title[title].of(counts)
        except CannotFit:
            continue
    return None


def _spend_of(x: Floats, value: Floats) -> tuple[GammaGamma | ShrunkenValue | None, Message | None]:
    """What customers spend, by Gamma-Gamma or, where that says nothing, by their means drawn to that of all; and why."""
    if not len(x):
        return None, None
    try:
        return GammaGamma.fit(x, value), None
    except CannotFit as refusal:
        return ShrunkenValue.fit(x, value), refusal.message


def _values(rows: Rows, known: Array, x: Floats, test: BuyingContest) -> tuple[Foretold, Foretold] | None:
    """The test of what customers spend in the held-out time: by the winner, and at the rate and mean value of their own."""
    value = _mean_value(rows, "days_before", "blank_before", "spent_before")[known]
    paid = (x > 0) & (value > 0)
    spend, _why = _spend_of(x[paid], value[paid])
    if spend is None:
        return None
    spent = (rows.numbers("spent") - rows.numbers("spent_before"))[known]
    foretold = test.expected * spend.expected_value(np.where(paid, x, 0), value)
    return Foretold.fit(test.winner, foretold, spent), Foretold.fit("rate", test.at_own_rate * value, spent)


def _spending(rows: Rows) -> Spending:
    spent, net, costed, margin = (float(np.nansum(rows.numbers(name))) for name in ("spent", "net", "costed", "margin"))
    if spent <= 0:
        return Spending(1.0, None, 1.0)
    uncosted = 1 - costed / net if net > 0 else 1.0
    sales = net / spent
    return Spending(sales, sales * margin / costed if costed > 0 and uncosted <= LOCKED_ABOVE else None, uncosted)
