"""What customers would bring if they stayed, and whether a model of buying thinks that they do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from crmetrics.customers.churn_features import days_from
from crmetrics.models.beta_geometric import BetaGeometric
from crmetrics.models.buying_model import BuyingModel
from crmetrics.models.gamma_gamma import GammaGamma
from crmetrics.models.gamma_poisson import GammaPoisson
from crmetrics.models.modified_beta_geometric import ModifiedBetaGeometric
from crmetrics.models.pareto_nbd import ParetoNbd
from crmetrics.models.refusal import CannotFit
from crmetrics.vocabulary.period import midnight
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

Floats = NDArray[np.float64]

WEEK: Final = 7.0
COSTED: Final = 0.8
"""With fewer sales whose cost is known the stake is told in sales, not in margin."""

# equal customers together, so that a million stay few
COUNTS: Final = """
select days, last_day, age, count(*) as customers
from (
    select count(*) - 1 as days, days_between(min(day_on), max(day_on)) as last_day, days_between(min(day_on), $origin) as age
    from buying_days
    where orders > 0 and day_on < $origin
    group by customer_id
) known
group by days, last_day, age
order by days, last_day, age
"""
VALUES: Final = """
select days, value, count(*) as customers
from (
    select count(*) as days, round(sum(net) / count(*) * 100) / 100 as value
    from buying_days
    where orders > 0 and day_on < $origin
    group by customer_id
) known
where value > 0
group by days, value
order by days, value
"""
MARGIN: Final = """
select sum(case when full_cost is not null then net end) as costed, sum(net) as net, sum(net - full_cost) as margin
from costed_lines
where not is_cancelled and ordered_at >= $year_before and ordered_at < $origin_at
"""


@dataclass(frozen=True)
class Buying:
    """How customers bought until a day. None where the data cannot carry the model.

    margin_rate  what is left of a sale after its costs; 1 where too few costs are known
    """

    model: BuyingModel | None
    spend: GammaGamma | None
    margin_rate: float
    is_margin: bool

    @classmethod
    def until(cls, company: Warehouse, day: date) -> Self:
        """As known at the midnight that begins a day."""
        counts = company.query(COUNTS, origin=day)
        x, t, age, n = (counts.numbers(name) for name in ("days", "last_day", "age", "customers"))
        values = company.query(VALUES, origin=day)
        model, spend = _model(x, t / WEEK, age / WEEK, n), _spend(values)
        found = company.query(
            MARGIN, year_before=midnight(day - timedelta(days=365), company.zone), origin_at=midnight(day, company.zone)
        ).one()
        costed, net = float(found["costed"] or 0), float(found["net"] or 0)
        is_margin = net > 0 and costed >= COSTED * net
        rate = float(found["margin"]) / costed if is_margin else 1.0
        return cls(model, spend, rate, is_margin)

    @property
    def is_known(self) -> bool:
        """Whether the model of buying could be fitted."""
        return self.model is not None

    def no_purchase(self, states: Rows, horizon: int) -> Floats:
        """The chance (n,) that nothing is bought within so many days."""
        if self.model is None:
            return np.full(len(states), np.nan)
        x, t, age = _summary(states)
        return self.model.no_purchase(horizon / WEEK, x, t, age)

    def stake(self, states: Rows, horizon: int) -> Floats:
        """The margin (n,) that is expected within so many days of a customer who stays; sales where too few costs are known."""
        x, _t, age = _summary(states)
        mean = states.numbers("net") / states.numbers("days")
        with np.errstate(divide="ignore", invalid="ignore"):
            usual = (x + 1) / np.maximum(age, 4.0)
            purchases = usual * horizon / WEEK if self.model is None else self.model.if_alive(horizon / WEEK, x, age)
        value = mean if self.spend is None else self.spend.expected_value(x + 1, np.maximum(mean, 0.0))
        found: Floats = np.maximum(purchases * value * self.margin_rate, 0.0)
        return found


def _model(x: Floats, t: Floats, age: Floats, n: Floats) -> BuyingModel | None:
    """The first of the models of buying that the data carry; None: the customers' own rates must do, and no model is a baseline."""
    kinds: tuple[type[BuyingModel], ...] = (BetaGeometric, ModifiedBetaGeometric, ParetoNbd, GammaPoisson)
    for kind in kinds:
        with suppress(CannotFit):
            return kind.fit(x, t, age, n)
    return None


def _spend(values: Rows) -> GammaGamma | None:
    """What purchases are worth; None: the customers' own means must do."""
    with suppress(CannotFit):
        return GammaGamma.fit(values.numbers("days"), values.numbers("value"), values.numbers("customers"))
    return None


def _summary(states: Rows) -> tuple[Floats, Floats, Floats]:
    """Purchase days after the first, first to last and first to now in weeks."""
    first, last = days_from(states, "first_on"), days_from(states, "last_on")
    return states.numbers("days") - 1, (first - last) / WEEK, first / WEEK
