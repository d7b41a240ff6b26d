"""What was done and planned, counted: by kind, by outcome, by hour; and what was done for the deals that were won."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crmetrics.analysis import Behind, Choices
from crmetrics.analysis.littleness import SHOWN_FROM
from crmetrics.models.interval import share_of, wilson
from crmetrics.warehouse.rows import Rows

DOINGS: Final = """
    select activity_id, party, kind, outcome, done_at, is_cancelled, is_note and not is_cancelled as is_note,
           not is_cancelled and not is_note and is_done as is_done,
           not is_cancelled and not is_note and is_planned as is_planned,
           not is_cancelled and not is_note and not is_done and not is_planned as is_waiting
    from (
        select a.activity_id, a.party, a.kind, a.outcome, a.done_at, coalesce(a.outcome, '') = 'cancelled' as is_cancelled,
               a.kind = 'note' and (a.owner_id is null or e.employee_id is not null) as is_note,
               coalesce(a.done_at >= $start and a.done_at < $end, false) as is_done,
               case when a.due_at >= $start and a.due_at < $end
                    then case when a.due_at < $today_at then true when a.due_at >= $as_of then false
                              when a.kind in ('meeting', 'visit', 'appointment') then false
                              else extract(hour from local_moment(a.due_at)) + extract(minute from local_moment(a.due_at)) > 0 end
                    else false end as is_planned
        from activities a
        left join (select employee_id from employees where is_bot) e on e.employee_id = a.owner_id
        where (a.done_at >= $start and a.done_at < $end) or (a.due_at >= $start and a.due_at < $end)
    ) a
"""
"""Activities done or due in a period: each is done or planned, or both; or cancelled, a note of nobody, or due later."""
COUNTED: Final = {
    "done": "is_done",
    "planned": "is_planned",
    "completed": "is_planned and done_at is not null",
    "overdue": "is_planned and done_at is null",
    "calls": "is_done and kind = 'call'",
    "answered_calls": "is_done and kind = 'call' and outcome = 'answered'",
}
"""What is counted of them."""

_COUNTED: Final = """
select {parts}, {mark} as is_total,
       {counts},
       count(*) filter (where is_cancelled) as cancelled, count(*) filter (where is_note) as notes,
       count(*) filter (where is_waiting) as waiting, count(*) as activities
from ({doings}) a
group by grouping sets (({parts}), ())
order by is_total, {parts}
"""
BY_PART: Final = {
    part: _COUNTED.format(
        parts=f"party, {part}",
        mark=f"grouping({part}) = 1",
        counts=",\n       ".join(f"count(*) filter (where {each}) as {name}" for name, each in COUNTED.items()),
        doings=DOINGS,
    )
    for part in ("kind", "outcome")
}
"""Activities done or due in a period by party and kind, or outcome, and all of them: due by now counts as planned, later ones wait."""

BY_HOUR: Final = """
select weekday(local_day(done_at)) as day_no, extract(hour from local_moment(done_at)) as hour_no, count(*) as done
from (
    select a.done_at
    from activities a
    left join (select employee_id from employees where is_bot) e on e.employee_id = a.owner_id
    where a.done_at >= $start and a.done_at < $end and coalesce(a.outcome, '') <> 'cancelled'
      and not (a.kind = 'note' and (a.owner_id is null or e.employee_id is not null))
) a
group by day_no, hour_no
order by day_no, hour_no
"""

WON_NOW: Final = "is_won and closed_at >= $start and closed_at < $end"
WON: Final = f"""
select party, grouping(party) = 1 as is_total, count(*) as won
from deals
where {WON_NOW}
group by grouping sets ((party), ())
order by is_total, party
"""
DONE_FOR_WON: Final = """
select d.party, a.kind, grouping(a.kind) = 1 as is_total, count(*) as done
from deals d
join activities a on a.deal_id = d.deal_id
left join (select employee_id from employees where is_bot) e on e.employee_id = a.owner_id
where d.is_won and d.closed_at >= $start and d.closed_at < $end
  and a.done_at is not null and coalesce(a.outcome, '') <> 'cancelled'
  and not (a.kind = 'note' and (a.owner_id is null or e.employee_id is not null))
group by grouping sets ((d.party, a.kind), ())
order by is_total, d.party, a.kind
"""
"""What was done, at any time, for the deals won in a period: by the party of the deal and the kind of activity."""

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DONE: Final = ("done", "calls", "answered_calls")
PLANNED: Final = ("planned", "completed", "overdue")


def doings_behind(choices: Choices) -> tuple[Behind, ...]:
    """The activities done and due, and the deals won in their groups; by the hour they are not told apart."""
    if choices["show"] == "hours":
        return ()
    part = "kind" if choices["show"] == "kinds" else "outcome"
    names = {"done": DONE, "due": PLANNED} if part == "kind" else {"done": ("done",)}
    counted = (
        Behind({each: COUNTED[each] for each in some}, "activities", "true", f"{day}_at", {part: part}, source=DOINGS)
        for day, some in names.items()
    )
    return (*counted, *((Behind({"won": ""}, "deals", WON_NOW, "closed_at"),) if part == "kind" else ()))


def by_both_dates(done: Rows, due: Rows, part: str) -> Rows:
    """One table from the counts by the month (or another grain) in which it was done and by that in which it was due."""
    keys = [
        list(zip(each.flags("is_total").tolist(), each.values("party"), each.values(part), strict=True))
        for each in (done, due)
    ]
    order = sorted({*keys[0], *keys[1]}, key=lambda key: (key[0], key[1] or "", key[2] or ""))
    place = {key: number for number, key in enumerate(order)}
    columns: dict[str, Any] = {}
    for rows, own, names in ((done, keys[0], DONE), (due, keys[1], PLANNED)):
        for name in names:
            columns[name] = np.zeros(len(order), dtype=np.int64)
            columns[name][[place[key] for key in own]] = rows.numbers(name)
    is_total, party, value = (list(each) for each in zip(*order, strict=True))
    return Rows({"is_total": np.array(is_total, dtype=bool), **columns}).with_columns(**{"party": party, part: value})


def rated(rows: Rows) -> Rows:
    """Counts with what was completed of the planned and answered of the calls; rows of nothing left out, the busiest group first."""
    planned, completed = rows.numbers("planned"), rows.numbers("completed")
    low, high = wilson(completed, planned)
    rows = rows.with_columns(
        completion=share_of(completed, planned),
        low=low,
        high=high,
        answered=share_of(rows.numbers("answered_calls"), rows.numbers("calls")),
    )
    is_total, parties = rows.flags("is_total"), rows.values("party")
    of_party: dict[Any, float] = {}
    for party, done, whole in zip(parties, rows.numbers("done"), is_total, strict=True):
        of_party[party] = of_party.get(party, 0) + (0 if whole else done)
    kept = np.flatnonzero(is_total | (rows.numbers("done") + planned > 0))
    order = sorted(kept, key=lambda n: (is_total[n], -of_party[parties[n]], parties[n] or "", -rows.numbers("done")[n]))
    return rows.taken(np.array(order, dtype=np.int64))


def for_won(rows: Rows, won: Rows, done: Rows, *, has_deals: bool) -> dict[str, list[Any]]:
    """The deals won in each row's group and what was done for each of them on average (R4: of five or more)."""
    deals = dict(zip(zip(won.flags("is_total"), won.values("party"), strict=True), won.values("won"), strict=True))
    spent = dict(
        zip(
            zip(done.flags("is_total"), done.values("party"), done.values("kind"), strict=True),
            done.values("done"),
            strict=True,
        )
    )
    told: dict[str, list[Any]] = {"won": [], "per_won": []}
    for is_total, party, kind in zip(rows.flags("is_total"), rows.values("party"), rows.values("kind"), strict=True):
        number = deals.get((is_total, party), 0) if has_deals or is_total else None
        told["won"].append(number)
        is_shown = number is not None and number >= SHOWN_FROM
        told["per_won"].append(spent.get((is_total, party, kind), 0) / number if is_shown and number else None)
    return told


def by_hour(rows: Rows) -> Rows:
    """Every hour of every weekday between the first and the last hour in which anything was done, and the total."""
    done = np.zeros((7, 24), dtype=np.int64)
    done[rows.numbers("day_no").astype(np.int64) - 1, rows.numbers("hour_no").astype(np.int64)] = rows.numbers("done")
    hours = np.flatnonzero(done.sum(axis=0))
    span = range(int(hours.min()), int(hours.max()) + 1) if len(hours) else range(0)
    cells = [(DAYS[day], f"{hour:02}:00", int(done[day, hour])) for day in range(7) for hour in span]
    day, hour, count = (list(each) for each in zip(*cells, (None, None, int(done.sum())), strict=True))
    return Rows({"is_total": np.arange(len(cells) + 1) == len(cells)}).with_columns(weekday=day, hour=hour, done=count)
