"""Cohorts: which customers started together, and in which periods they were active since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from crmetrics.analysis import Locked
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, local_day, months_later
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.schema import TABLES, Type
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

Activity = Literal["purchases", "events", "subscriptions"]
Grain = Literal["day", "week", "month", "quarter"]
Start = Literal["first_purchase", "sign_up", "campaign", "channel"]

FIRST_DAYS: Final = {"day": "{day}", **{grain: f"calendar_{grain}({{day}})" for grain in ("week", "month", "quarter")}}
MONTHS: Final = {"month": 1, "quarter": 3}
SOURCES: Final = {
    "purchases": ("orders", "ordered_at"),
    "events": ("events", "occurred_at"),
    "subscriptions": ("subscriptions", "started_on"),
}
"""Activity -> its table and driving date."""

ACTIVE: Final = {
    activity: f"""
    select customer_id, {{happened}} as active_in, min(happened_at) as first_seen, {{label}} as label
    from customer_{activity}
    group by customer_id, {{happened}}
    """
    for activity in ("purchases", "events")
}
# a subscription runs in the period in which it starts and in all on whose first day it still runs
SUBSCRIBED: Final = """
    select customer_id, active_in, min(seen_on) as first_seen, cast(null as varchar) as label
    from (
        select customer_id, {started} as active_in, started_on as seen_on
        from subscriptions
        where ended_on is null or ended_on > started_on
        union all
        select s.customer_id, p.starts_on, p.starts_on
        from subscriptions s
        join (select distinct {a_day} as starts_on from (values {days}) as d(day_on)) as p
          on s.started_on < p.starts_on and (s.ended_on is null or s.ended_on > p.starts_on)
    ) as spans
    group by customer_id, active_in
"""

STARTED: Final = """
    select customer_id, min(active_in) as start_in, {first_day} as first_on, {label} as label
    from active
    group by customer_id
"""
SIGNED_UP: Final = """
    select customer_id, {signed_up} as start_in, local_day(created_at) as first_on, cast(null as varchar) as label
    from customers
    where created_at is not null
"""
JOINED_ONCE: Final = "select customer_id, label, start_in from lives where first_on >= $start_on and first_on < $end_on"
JOINED_EACH_TIME: Final = """
    select a.customer_id, l.label, a.active_in as start_in
    from active a
    join lives l on l.customer_id = a.customer_id
    where {own_day} >= $start_on and {own_day} < $end_on
"""
EACH_TIME: Final = "select customer_id, active_in, false as is_again from active"
LAST_TIME: Final = "select customer_id, max(active_in) as active_in, false as is_again from active group by customer_id"
ONE_AFTER_ANOTHER: Final = """
    select customer_id, active_in, lag(active_in) over (partition by customer_id order by active_in) = {day_before} as is_again
    from active
"""

FOLLOWED: Final = """
with active as ({active}),
lives as ({lives}),
members as ({members}),
seen as ({seen}),
counted as (
    select (select count(*) from lives) as known, (select count(distinct customer_id) from members) as used,
           (select count(*) from customers c left join lives l on l.customer_id = c.customer_id where l.customer_id is null) as never,
           {running} as running_in, {reached} as reached_in
)
select f.label, f.start_in, f.active_in, f.members, f.again, c.known, c.used, c.never, c.running_in, c.reached_in
from (
    select m.label, m.start_in, s.active_in, count(*) as members, sum(case when s.is_again then 1 else 0 end) as again
    from members m
    join seen s on s.customer_id = m.customer_id and s.active_in >= m.start_in
    group by m.label, m.start_in, s.active_in
    union all
    select label, start_in, cast(null as date), count(*), 0
    from members
    group by label, start_in
) as f
cross join counted c
order by start_in, label, active_in
"""


@dataclass(frozen=True)
class Cohorts:
    """How cohorts are made and followed.

    recurring  a customer is in the cohort of every period in which he is active, not of his first alone
    or_later   activity in a period or any later one counts
    again      tell also who was active in the period before
    """

    activity: Activity
    start: Start
    grain: Grain
    recurring: bool
    or_later: bool
    again: bool

    def locked(self, warehouse: Warehouse) -> Locked | None:
        """The column that is missing for these cohorts, or None. BadValue for cohorts that this activity cannot have."""
        if self.start in ("campaign", "channel") and self.activity == "subscriptions":
            raise BadValue(
                _("Subscriptions tell no {start}: ask for cohorts by first_purchase or sign_up.", start=self.start)
            )
        table, name = {
            "sign_up": ("customers", "created_at"),
            "campaign": (SOURCES[self.activity][0], "campaign_id"),
            "channel": (SOURCES[self.activity][0], "channel"),
            "first_purchase": SOURCES[self.activity],
        }[self.start]
        if warehouse.profile.has(table, name):
            return None
        return Locked(
            f"{table}.{name}", _("Locked: {column} is blank, so there are no cohorts by it.", column=f"{table}.{name}")
        )

    def members(self, warehouse: Warehouse, period: Period) -> Rows:
        """How many of those who started in a period were active in which (active_in blank: how many started).

        Columns: label (campaign or channel), start_in, active_in (first days of periods), members, again (of them active in
        the period before); the same in every row: known (customers with a start), used (of them in these cohorts), never
        (without a start), running_in (the period of as-of's day), reached_in (that of the last day with data).
        """
        reached = local_day(warehouse.as_of - timedelta(microseconds=1), warehouse.zone)
        return warehouse.query(self.written(FOLLOWED, warehouse, reached), period=period, reached_on=reached)

    def written(self, sql: str, warehouse: Warehouse, reached: date) -> str:
        """SQL over `members` and `seen`, spelled out for these cohorts."""
        for place, part in self._parts(warehouse, reached).items():
            sql = sql.replace("{" + place + "}", part)
        return sql

    def _parts(self, warehouse: Warehouse, reached: date) -> dict[str, str]:
        """The pieces of the SQL; a piece may hold places of those after it."""
        is_labelled = self.start in ("campaign", "channel")
        is_dated = self.activity == "subscriptions"
        picked = {"campaign": "campaign_id", "channel": "channel"}.get(self.start, "")
        own_label = f"arg_min(coalesce({picked}, ''), happened_at)" if is_labelled else "cast(null as varchar)"
        return {
            "active": SUBSCRIBED if is_dated else ACTIVE[self.activity].replace("{label}", own_label),
            "lives": SIGNED_UP if self.start == "sign_up" else STARTED,
            "members": JOINED_EACH_TIME if self.recurring and self.start != "sign_up" else JOINED_ONCE,
            "seen": LAST_TIME if self.or_later else ONE_AFTER_ANOTHER if self.again else EACH_TIME,
            "label": "nullif(arg_min(label, first_seen), '')" if is_labelled else "cast(null as varchar)",
            "first_day": "min(first_seen)" if is_dated else "local_day(min(first_seen))",
            "own_day": "a.first_seen" if is_dated else "local_day(a.first_seen)",
            "happened": self._first_day("local_day(happened_at)"),
            "started": self._first_day("started_on"),
            "signed_up": self._first_day("local_day(created_at)"),
            "a_day": self._first_day("day_on"),
            "day_before": self._first_day("days_after(active_in, -1)"),
            "running": self._first_day("cast($today as date)"),
            "reached": self._first_day("cast($reached_on as date)"),
            "days": ", ".join(f"(cast('{day}' as date))" for day in self._days(warehouse, reached)) if is_dated else "",
        }

    def _first_day(self, day: str) -> str:
        return FIRST_DAYS[self.grain].replace("{day}", day)

    def begin(self, warehouse: Warehouse) -> date | None:
        """The first day of the data on this activity."""
        table, name = SOURCES[self.activity]
        first = warehouse.profile.column(table, name).first
        if not isinstance(first, datetime):
            return first
        return local_day(first, warehouse.zone) if TABLES[table].column(name).type is Type.MOMENT else first.date()

    def _days(self, warehouse: Warehouse, reached: date) -> list[date]:
        """A day of every period from the first subscription to the last day with data."""
        day, days, months = self.begin(warehouse) or reached, [], MONTHS.get(self.grain, 0)
        day = day.replace(day=1) if months else day
        while day <= reached:
            days.append(day)
            day = months_later(day, months) if months else day + timedelta(days=7 if self.grain == "week" else 1)
        return [*days, reached]
