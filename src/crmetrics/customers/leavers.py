"""Who left, by what was known of him before, and by what was said at the end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from crmetrics.customers.stays import Parts, Stays
from crmetrics.vocabulary.period import midnight
from crmetrics.warehouse.facts.stays import STAYS
from crmetrics.warehouse.facts.traits import TRAITS, Traits
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

QUARTER, HALF_YEAR, YEAR = timedelta(days=90), timedelta(days=182), timedelta(days=365)

AT_START: Final = """
with {stays},
at_start as (
    select s.customer_id, s.lost_on, s.lost_on < $lost_before as is_lost,
           s.is_pending and s.lost_on < $lost_before as is_pending, s.from_on >= $known_on as is_safe
    from stays s
    where s.from_on < $start_on and s.lost_on >= $start_on
),
"""

COUNTED: Final = """
known_before as (
    select a.is_lost, a.is_safe, c.customer_id is null as is_unknown, {columns}
    from at_start a
    {joins}
    where not a.is_pending
),
answers as (
    {answers}
    union all
    select '', 'present', count(*), coalesce(sum(case when is_lost then 1 else 0 end), 0) from known_before where not is_safe
    union all
    select '', 'safe', count(*), 0 from known_before where is_safe
    union all
    select '', 'unknown', count(*), 0 from known_before where is_unknown
    union all
    select '', 'pending', count(*), 0 from at_start where is_pending
    union all
    select '', 'known', count(*), 0 from customers
)
select trait, answer, sum(customers) as customers, sum(lost) as lost
from answers
group by trait, answer
order by trait, answer
"""
ANSWERS: Final = """
    select '{trait}' as trait, cast({trait} as varchar) as answer, count(*) as customers, sum(case when is_lost then 1 else 0 end) as lost
    from known_before
    where not is_safe
    group by {trait}
"""

MARKED: Final = """
known_before as (
    select a.customer_id, a.is_lost, a.is_safe, {answer} as answer
    from at_start a
    left join customers c on c.customer_id = a.customer_id
    {joined}
    where not a.is_pending
)
select customer_id, is_lost, answer from known_before where not is_safe
"""

REASONS: Final = """
reasons as (
    select a.customer_id, max(s.end_reason) as reason
    from at_start a
    left join subscriptions s
      on s.customer_id = a.customer_id and s.ended_on = a.lost_on and coalesce(s.end_reason, '') not in ('', 'changed')
    where a.is_lost and not a.is_pending
    group by a.customer_id
)
"""
LOST: Final = REASONS + "select customer_id, reason from reasons"
STATED: Final = (
    REASONS
    + """
select reason, count(*) as lost
from reasons
group by reason
order by lost desc, reason
"""
)


def counted_traits(warehouse: Warehouse, stays: Stays, parts: Parts) -> Rows:
    """How many of the customers at the start had each answer of each trait, and how many of those were lost.

    Columns: trait, answer (blank where it is not known), customers, lost. Only what was known on `known_on` is read. The trait ''
    counts the customers at the start who could be lost (present), those who could not yet (safe), those of no customer record
    (unknown), those pending, and all records (known).
    """
    columns, joins, answers = [], ["left join customers c on c.customer_id = a.customer_id"], []
    ctes = []
    for number, source in enumerate(each for each in TRAITS if _is_there(warehouse, each)):
        alias = f"t{number}"
        if source.sql:
            ctes.append(f"{source.name} as ({source.sql}),")
            joins.append(f"left join {source.name} {alias} on {alias}.customer_id = a.customer_id")
        columns += [f"{sql.replace('t.', alias + '.')} as {trait}" for trait, sql in source.traits.items()]
        answers += [ANSWERS.replace("{trait}", trait) for trait in source.traits]
    sql = COUNTED.replace("{columns}", ", ".join(columns)).replace("{joins}", "\n    ".join(joins))
    return _ask(warehouse, stays, parts, "\n".join(ctes) + sql.replace("{answers}", "union all".join(answers)))


def at_start(rows: Rows) -> dict[str, float]:
    """Of `counted_traits` the customers at the start: present, safe, unknown, pending, lost, and the known records."""
    found = {row["answer"]: row for row in rows.records() if not row["trait"]}
    return {"lost": float(found["present"]["lost"]), **{name: float(row["customers"]) for name, row in found.items()}}


def stated_reasons(warehouse: Warehouse, stays: Stays, parts: Parts) -> Rows:
    """The reason that the subscription of each lost customer names at its end, blank where it names none: reason, lost."""
    return _ask(warehouse, stays, parts, STATED)


def known_on(stays: Stays, parts: Parts) -> date:
    """The day before which traits are known: the first of the period, or that on which the silence of the last one lost began.

    Who is lost by silence within the period bought nothing from `end - window` on. Read later, silence itself would mark the lost;
    and who came only later cannot be lost yet.
    """
    whole = parts.spans[0]
    if stays.basis == "subscriptions":
        return whole.start
    return min(whole.start, whole.end - timedelta(days=stays.window))


def _is_there(warehouse: Warehouse, source: Traits) -> bool:
    return all(warehouse.profile.rows(table) for table in source.tables)


def customers_marked(warehouse: Warehouse, stays: Stays, parts: Parts, trait: str) -> tuple[str, dict[str, Any]]:
    """SQL of the customers whom `counted_traits` counts by one trait, and what it binds: customer_id, is_lost, answer."""
    source = next((each for each in TRAITS if trait in each.traits and _is_there(warehouse, each)), None)
    answer, joined, ctes = "cast(null as varchar)", "", ""
    if source is not None:
        answer = f"cast({source.traits[trait]} as varchar)"
        if source.sql:
            ctes = f"{source.name} as ({source.sql}),"
            joined = f"left join {source.name} t on t.customer_id = a.customer_id"
    sql = MARKED.replace("{answer}", answer).replace("{joined}", joined)
    return _begun(stays) + ctes + sql, _values(warehouse, stays, parts)


def customers_lost(warehouse: Warehouse, stays: Stays, parts: Parts) -> tuple[str, dict[str, Any]]:
    """SQL of the customers whom `stated_reasons` counts, and what it binds: customer_id, reason."""
    return _begun(stays) + LOST, _values(warehouse, stays, parts)


def _begun(stays: Stays) -> str:
    return AT_START.replace("{stays}", STAYS[stays.basis].strip())


def _ask(warehouse: Warehouse, stays: Stays, parts: Parts, sql: str) -> Rows:
    return warehouse.query(_begun(stays) + sql, period=parts.spans[0], **_values(warehouse, stays, parts))


def _values(warehouse: Warehouse, stays: Stays, parts: Parts) -> dict[str, Any]:
    whole, zone, known = parts.spans[0], warehouse.zone, known_on(stays, parts)
    values: dict[str, Any] = {
        "reach": midnight(whole.start - timedelta(days=stays.window), zone),
        "until": midnight(whole.end, zone),
        "window": stays.window,
        "grace": stays.grace,
        "lost_before": whole.end,
        "known": midnight(known, zone),
        "known_on": known,
    }
    for name, span in (("quarter_ago", QUARTER), ("half_year_ago", HALF_YEAR), ("year_ago", YEAR)):
        values |= {name: midnight(known - span, zone), f"{name}_on": known - span}
    return values
