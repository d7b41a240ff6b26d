"""What is won, due and needed for a target: of the company, its teams or its people."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis.littleness import PLAIN_FROM, SHOWN_FROM
from crmetrics.analysis.targets import Planned
from crmetrics.models.interval import share_of
from crmetrics.warehouse.rows import Rows

PLANNED: Final = "kpis.won_amount"
SPANS: Final = (12, 24)

DEALS_BY_STAGE = """
select party, pipeline, stage,
       sum(case when is_won_now then money end) as won, count(*) filter (where is_won_now and money is not null) as won_deals,
       sum(case when is_due then money end) as amount, count(*) filter (where is_due and money is not null) as deals,
       sum(case when is_due then cast(money as double) * probability end) as typed_weighted,
       sum(case when is_due and probability is not null then money end) as typed_amount,
       count(*) filter (where is_due and money is not null and probability is null) as untyped,
       sum(case when is_late then money end) as overdue, count(*) filter (where is_late) as overdue_deals,
       count(*) filter (where is_won is null and expected_close_on is null) as undated,
       count(*) filter (where is_won is null and not is_due and not is_late and expected_close_on is not null) as elsewhere,
       count(*) filter (where (is_due or is_won_now) and amount is null) as without_amount,
       count(*) filter (where (is_due or is_won_now) and amount is not null and money is null) as unconverted,
       sum(case when is_won and closed_at >= $months_12 then money end) as won_12,
       sum(case when closed_at >= $months_12 then money end) as decided_12,
       count(*) filter (where closed_at >= $months_12 and money is not null) as n_12,
       sum(case when is_won and closed_at >= $months_24 then money end) as won_24,
       sum(case when closed_at >= $months_24 then money end) as decided_24,
       count(*) filter (where closed_at >= $months_24 and money is not null) as n_24
from (
    select d.party, case when $is_weighted then d.pipeline end as pipeline, case when $is_weighted then d.stage end as stage,
           d.is_won, d.closed_at, d.expected_close_on, d.amount,
           converted(d.amount, d.company_rate) as money,
           case when $is_weighted then coalesce(d.probability, s.probability) end as probability,
           coalesce(d.is_won and d.closed_at >= $start and d.closed_at < $end, false) as is_won_now,
           coalesce(d.is_won is null and d.expected_close_on >= $due_from and d.expected_close_on < $end_on, false) as is_due,
           coalesce(d.is_won is null and d.expected_close_on < $overdue_until, false) as is_late
    from deals d
    left join stages s on s.pipeline = d.pipeline and s.stage = d.stage and d.is_won is null and $is_weighted
    where d.is_won is null or d.closed_at >= $months_24 or (d.closed_at >= $start and d.closed_at < $end)
) deals
group by party, pipeline, stage
order by party, pipeline, stage
"""
"""All of it adds up, so the whole is the sum of its parts; rates are worked out afterwards."""
COUNTS: Final = (
    "won_deals",
    "deals",
    "overdue_deals",
    "undated",
    "elsewhere",
    "without_amount",
    "unconverted",
    "n_12",
    "n_24",
)
SUMS: Final = ("won", "amount", "overdue", "won_12", "decided_12", "won_24", "decided_24")


def by_scope(rows: Rows, planned: Planned, level: str) -> Rows:
    """What was won, is due and was decided in each scope, with its target: the largest target first, then the whole company."""
    groups, which = rows.groups("party")
    place = {party: number for number, party in enumerate(groups.values("party"))}
    for kpi, scope, scope_id in planned:
        if (kpi, scope) == (PLANNED, level):
            place.setdefault(scope_id, len(place))
    if level == "company":
        place.setdefault(None, 0)
    names = [name for name in (*SUMS, *COUNTS, "weighted") if name in rows.names]
    sums: dict[str, NDArray[np.float64]] = {}
    for name in names:
        values = np.nan_to_num(rows.numbers(name))
        sums[name] = np.append(np.bincount(which, values, len(place)), values.sum())
    is_total = np.arange(len(place) + 1) == len(place)
    parties = [*place, None]
    keys = [*((PLANNED, level, party) for party in place), (PLANNED, "company", None)]
    target = np.array([planned[key].whole if key in planned else np.nan for key in keys])
    scopes = ["company", None] if level == "company" else parties
    found = Rows({"is_total": is_total, "target": target, **sums}).with_columns(scope=scopes)
    seen = is_total | (target > 0) | (sums["won"] + sums["amount"] + sums["overdue"] > 0)
    order = sorted(np.flatnonzero(seen), key=lambda n: (is_total[n], -np.nan_to_num(target[n]), parties[n] or ""))
    return found.taken(np.array(order, dtype=np.int64))


def covered(rows: Rows, *, is_weighted: bool, is_of_remaining: bool) -> Rows:
    """The rows of `by_scope` with what is left to win, how it is covered and what is missing."""
    target, won = rows.numbers("target"), rows.numbers("won")
    remaining = np.maximum(0, target - won)
    is_short = rows.numbers("n_12") < PLAIN_FROM
    n, gained, decided = (
        np.where(is_short, rows.numbers(f"{name}_24"), rows.numbers(f"{name}_12")) for name in ("n", "won", "decided")
    )
    rate = np.where(n >= SHOWN_FROM, share_of(gained, decided), np.nan)
    open_due = rows.numbers("weighted" if is_weighted else "amount")
    needed = np.where(remaining == 0, 0.0, remaining if is_weighted else share_of(remaining, rate))
    is_reached = remaining == 0
    coverage = np.where(is_reached, np.nan, share_of(open_due, remaining if is_of_remaining else target))
    states = np.select([is_reached, open_due >= needed, open_due < needed], ["reached", "enough", "short"], "")
    return rows.with_columns(
        remaining=remaining,
        deals=rows.numbers("deals").astype(np.int64),
        open_due=open_due,
        coverage=coverage,
        rate=rate,
        n=n.astype(np.int64),
        needed=needed,
        shortfall=np.maximum(0, needed - open_due),
        is_longer=is_short & (n > 0),
        status=[str(state) or None for state in states],
    )
