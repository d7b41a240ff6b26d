"""What moved open deals between two moments: into the pipeline, out of it, and up and down within it."""

from __future__ import annotations

from typing import Final

OWNED: Final = frozenset(("owner", "team", "manager"))
"""Dimensions of the owner: a deal that changes hands may cross a filter on them."""
REMEMBERED: Final = OWNED | {"stage", "forecast_category"}
"""Dimensions of a deal of which there is a history."""

_SEEN: Final = """
    left join deals_seen_then b on b.deal_id = d.deal_id
    left join deals_seen_now w on w.deal_id = d.deal_id
"""


def _money(found: str) -> str:
    """The company money of an amount kept as a text; where that is blank the deal's own holds."""
    return f"converted(case when {found} is null then amount else try_cast(nullif({found}, '') as decimal(18, 4)) end, rate)"


_MOVES: Final = """
with changes as (
    select deal_id, changed_at, field_name, coalesce(old_value, '') as old_value from changes_known where changed_at >= $since
),
moves as (
    select deal_id, arg_min(old_value, changed_at) filter (where field_name = 'amount') as amount,
           arg_min(old_value, changed_at) filter (where field_name = 'owner_id') as owner_id,
           arg_min(old_value, changed_at) filter (where field_name = 'expected_close_on') as close_on,
           max(case when field_name = 'owner_id' then changed_at end) as handed_at,
           max(case when field_name = 'expected_close_on' then changed_at end) as dated_at
    from changes
    group by deal_id
),
shut as (
    select v.deal_id, count(*) filter (where v.entered_at < $since and v.left_at >= $since) > 0 as was_shut,
           max(case when v.entered_at < $until and v.left_at >= $until then v.entered_at end) as shut_at,
           min(case when v.entered_at < $until and v.left_at >= $until then s.kind end) as shut_as,
           max(case when v.left_at >= $since and v.left_at < $until then v.left_at end) as reopened_at
    from visits_known v
    join deals_known d on d.deal_id = v.deal_id
    join stages s on s.pipeline = d.pipeline and s.stage = v.stage
    where s.kind <> 'open' and v.left_at >= $since
    group by v.deal_id
),
between_both as (
    select d.deal_id, d.party, {party} as party_then, {was_in} as was_in, {is_in} as is_in, d.created_at, d.company_rate as rate,
           d.amount, m.amount as amount_then, d.expected_close_on as close_on,
           case when m.close_on is null then d.expected_close_on else try_cast(nullif(m.close_on, '') as date) end as close_then,
           m.owner_id is not null and nullif(m.owner_id, '') is distinct from d.owner_id as is_handed, m.handed_at, m.dated_at,
           s.reopened_at, coalesce(s.was_shut, false) as was_shut,
           coalesce(d.created_at >= $since, false) as is_new,
           case when d.closed_at >= $since then d.closed_at when d.closed_at is null and s.shut_at >= $since then s.shut_at end as ended_at,
           case when d.closed_at is null then s.shut_as when d.is_won then 'won' else 'lost' end as ended_as,
           not coalesce(s.was_shut, false) and not coalesce(d.created_at >= $since, false) as was_open,
           d.closed_at is null and s.shut_at is null as is_open
    from deals_known d
    left join moves m on m.deal_id = d.deal_id
    left join shut s on s.deal_id = d.deal_id
    {seen}
    where (d.closed_at is null and d.is_won is null) or d.closed_at >= $since
),
sums as (
    select b.deal_id, arg_min(c.old_value, c.changed_at) filter (where c.changed_at >= b.created_at) as at_creation,
           arg_min(c.old_value, c.changed_at) filter (where c.changed_at >= b.handed_at) as at_handing,
           arg_min(c.old_value, c.changed_at) filter (where c.changed_at >= b.dated_at) as at_dating,
           arg_min(c.old_value, c.changed_at) filter (where c.changed_at >= b.reopened_at) as at_reopening,
           arg_min(c.old_value, c.changed_at) filter (where c.changed_at >= b.ended_at) as at_end
    from between_both b
    join changes c on c.deal_id = b.deal_id
    where c.field_name = 'amount'
    group by b.deal_id
),
valued as (
    select b.*, coalesce(converted(amount, rate), 0) as money, coalesce({then}, 0) as money_then, coalesce({at_creation}, 0) as at_creation,
           coalesce({at_handing}, 0) as at_handing, coalesce({at_dating}, 0) as at_dating,
           coalesce({at_reopening}, 0) as at_reopening, coalesce({at_end}, 0) as at_end,
           not $is_due or coalesce(close_then >= $due_from and close_then < $due_until, false) as was_due,
           not $is_due or coalesce(close_on >= $due_from and close_on < $due_until, false) as is_due,
           rate is null and (amount is not null or coalesce(amount_then, '') <> '') as is_unconverted
    from between_both b
    left join sums s on s.deal_id = b.deal_id
),
seen as (
    {contexts}
),
crossing as (
    select *, not was_member and (is_member or (ended_at is not null and counts_now)) as enters
    from (
        select *, was_open and counted_then as was_member, is_open and counts_now as is_member from seen
    ) seen
),
steps as (
    select *,
           case when not enters then null when owner_counts and is_handed and not (is_new or was_in) then 'handed_in'
                when not was_due then 'pulled_in' when is_new then 'created'
                when not was_open then 'reopened' else 'moved_in' end as entered_by,
           case when is_member or not (was_member or enters) then null when ended_at is not null then ended_as
                when owner_counts and is_handed and not is_in then 'handed_on'
                when not is_due then 'slipped' else 'moved_on' end as left_by
    from crossing
),
paid as (
    select *,
           case when was_member then money_then when entered_by = 'handed_in' then at_handing when entered_by = 'pulled_in' then at_dating
                when entered_by = 'created' then at_creation when entered_by = 'reopened' then at_reopening
                else money_then end as start_money,
           case when is_member then money when left_by in ('won', 'lost') then at_end when left_by = 'handed_on' then at_handing
                when left_by = 'slipped' then at_dating else money end as end_money
    from steps
    where was_member or enters
),
moved as (
    select *, case when end_money > start_money then 'grown' when end_money < start_money then 'shrunk' end as changed_by from paid
)
"""
_SUMMED: Final = """
select party, in_groups, in_total, entered_by, left_by, changed_by,
       was_member and is_member and close_on > close_then as is_put_off,
       count(*) as deals, count(*) filter (where was_member) as deals_then,
       sum(case when was_member then money_then else 0 end) as open_then,
       sum(case when entered_by is not null then start_money else 0 end) as entered, sum(end_money - start_money) as changed,
       sum(case when left_by is not null then end_money else 0 end) as gone,
       count(*) filter (where is_member) as deals_now, sum(case when is_member then money else 0 end) as open_now,
       count(*) filter (where is_unconverted) as unconverted
from moved
group by party, in_groups, in_total, entered_by, left_by, changed_by, is_put_off
order by party, in_groups, in_total, entered_by, left_by, changed_by, is_put_off
"""

_WHOLE: Final = """
    select v.*, v.was_in and v.was_due as counted_then, v.is_in and v.is_due as counts_now, $is_owned as owner_counts,
           true as in_groups, true as in_total
    from valued v
"""
_APART: Final = """
    select v.*, v.was_in and v.was_due as counted_then, v.is_in and v.is_due as counts_now, $is_owned as owner_counts,
           v.is_new or v.party is not distinct from v.party_then as in_groups, true as in_total
    from valued v
    union all
    select v.deal_id, v.party, v.party_then, false as was_in, v.is_in, {rest}, false as counted_then, v.is_in and v.is_due as counts_now,
           true as owner_counts, true as in_groups, false as in_total
    from valued v where not v.is_new and v.party is distinct from v.party_then
    union all
    select v.deal_id, v.party_then as party, v.party_then, v.was_in, false as is_in, {rest}, v.was_in and v.was_due as counted_then,
           false as counts_now, true as owner_counts, true as in_groups, false as in_total
    from valued v where not v.is_new and v.party is distinct from v.party_then
"""
_REST: Final = ", ".join(
    f"v.{name}"
    for name in (
        *(
            "created_at",
            "rate",
            "amount",
            "amount_then",
            "close_on",
            "close_then",
            "is_handed",
            "handed_at",
            "dated_at",
        ),
        *("reopened_at", "was_shut", "is_new", "ended_at", "ended_as", "was_open", "is_open", "money", "money_then"),
        *("at_creation", "at_handing", "at_dating", "at_reopening", "at_end", "was_due", "is_due", "is_unconverted"),
    )
)


def moves_sql(*, is_tracked: bool, is_apart: bool) -> str:
    """The query for what moved open deals between $since and $until, summed by how they came in and how they left.

    It reads deals_known, changes_known (as of $until, unfiltered) and visits_known (as of now); where `is_tracked`, a filter or
    grouping may be crossed, also deals_seen_then and deals_seen_now (under the filters, as of $since and $until);
    `is_apart`: rows of groups are told apart from the total, for a deal may have changed its group
    Binds also $is_due with $due_from and $due_until (a window of the expected close), and $is_owned (a filter goes by the owner).
    """
    return _moved(is_tracked, is_apart) + _SUMMED


def moved_sql(*, is_tracked: bool, is_apart: bool) -> str:
    """The same of each single deal: what it added and what it took away, once for each group that it crossed."""
    return _moved(is_tracked, is_apart) + "select * from moved"


def _moved(is_tracked: bool, is_apart: bool) -> str:
    named = {name: _money(f"s.{name}") for name in ("at_creation", "at_handing", "at_dating", "at_reopening", "at_end")}
    return _MOVES.format(
        party="b.party" if is_tracked else "d.party",
        was_in="b.deal_id is not null" if is_tracked else "true",
        is_in="w.deal_id is not null" if is_tracked else "true",
        seen=_SEEN if is_tracked else "",
        contexts=_APART.format(rest=_REST) if is_apart else _WHOLE,
        then=_money("amount_then"),
        **named,
    )
