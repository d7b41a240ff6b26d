"""The features that the chance of a deal is learned from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from crmetrics.models.design import Features
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

FEW_AMOUNTS: Final = 5

USUAL_STAYS: Final = """
select pipeline, stage, median(seconds_between(entered_at, ended_at)) / 86400 as days
from stage_visits
where not is_passing and ended_at < $until
group by pipeline, stage
order by pipeline, stage
"""
USUAL_AMOUNTS: Final = """
select owner_id, median(money) as money
from (
    select d.owner_id,
           case when c.amount is null then converted(d.amount, d.company_rate)
                else converted(try_cast(nullif(c.amount, '') as decimal(18, 4)), d.company_rate) end as money
    from deals d
    left join (
        select deal_id, arg_min(coalesce(old_value, ''), changed_at) as amount
        from deal_changes
        where field_name = 'amount' and changed_at >= $until
        group by deal_id
    ) c on c.deal_id = d.deal_id
    where d.created_at < $until and d.owner_id is not null
) known
group by owner_id
having count(money) >= $least
order by owner_id
"""
HISTORY_OF_AMOUNTS: Final = "select min(changed_at) as since from deal_changes where field_name = 'amount'"


@dataclass(frozen=True)
class Usual:
    """What was usual until a moment: the median days in each (pipeline, stage) and the median amount of each owner.

    amounts_since  from when on a history tells what deals were worth then; None: never, for what a deal is worth in the end
                   must not be learned from
    """

    stays: dict[tuple[str, str], float]
    amounts: dict[str, float]
    amounts_since: datetime | None
    tables: frozenset[str]

    @classmethod
    def until(cls, warehouse: Warehouse, until: datetime) -> Self:
        """As known at a UTC instant."""
        stays = warehouse.query(USUAL_STAYS, until=until)
        amounts = warehouse.query(USUAL_AMOUNTS, until=until, least=FEW_AMOUNTS)
        places = zip(stays.values("pipeline"), stays.values("stage"), strict=True)
        since = warehouse.query(HISTORY_OF_AMOUNTS).one()["since"]
        return cls(
            dict(zip(places, stays.values("days"), strict=True)),
            dict(zip(amounts.values("owner_id"), amounts.values("money"), strict=True)),
            since,
            frozenset(each for each in ("activities", "quotes", "deal_changes") if warehouse.profile.rows(each)),
        )

    def features(self, states: Rows) -> Features:
        """The features (n,) of states: times and amounts as logarithms, what the company does not record NaN throughout."""
        unknown = np.full(len(states), np.nan)
        places = list(zip(states.values("pipeline"), states.values("stage"), strict=True))
        usual_stay = np.array([self.stays.get(place, np.nan) for place in places], dtype=np.float64)
        usual_amount = np.array(
            [self.amounts.get(owner, np.nan) for owner in states.values("owner_id")], dtype=np.float64
        )
        numbers: dict[str, NDArray[Any]] = {"age": np.log1p(states.numbers("age"))}
        with np.errstate(divide="ignore", invalid="ignore"):
            stay = states.numbers("stay") / np.where(usual_stay > 0, usual_stay, np.nan)
            amount = states.numbers("money") / np.where(usual_amount > 0, usual_amount, np.nan)
            numbers["stay"] = np.log1p(stay)
            numbers["amount"] = np.where((amount > 0) & self._is_told(states), np.log(amount), np.nan)
        has = {name: name in self.tables for name in ("activities", "quotes", "deal_changes")}
        numbers["silence"] = np.log1p(states.numbers("silence")) if has["activities"] else unknown
        numbers["next_step"] = (states.numbers("planned") > 0) * 1.0 if has["activities"] else unknown
        numbers["quote"] = (states.numbers("quotes") > 0) * 1.0 if has["quotes"] else unknown
        numbers["pushes"] = np.minimum(states.numbers("pushes"), 5.0) if has["deal_changes"] else unknown
        for name in ("stage", "source", "industry", "team"):
            numbers[name] = _words(states, name)
        return numbers

    def _is_told(self, states: Rows) -> NDArray[np.bool_]:
        if self.amounts_since is None:
            return np.zeros(len(states), dtype=bool)
        seen: NDArray[np.bool_] = instants(states, "seen_at") >= np.datetime64(self.amounts_since)
        return seen


def instants(rows: Rows, name: str) -> NDArray[np.datetime64]:
    """A column of moments, NaT where it is blank."""
    return np.ma.filled(np.ma.asarray(rows.columns[name]).astype("M8[us]"), np.datetime64("NaT"))


def _words(states: Rows, name: str) -> NDArray[Any]:
    found = np.empty(len(states), dtype=object)
    found[:] = states.values(name)
    return found
