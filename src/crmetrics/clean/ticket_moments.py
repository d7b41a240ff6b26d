"""The moments of a ticket out of its history: first reply, solution, closing, how often it was opened again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import duckdb

from crmetrics.clean.ledger import count

Fill = Callable[[str, str, str, str, str], None]
"""Fills a column where it is blank: table, column, value, joins, condition."""

# A repeated "solved" is no second solution: only coming there from elsewhere counts. An opening text by one of ours is no reply.
MOMENTS: Final = """
create or replace temp table ticket_moments as
with moves as (
    select ticket_id, occurred_at, event_value as status, event_value in ('solved', 'closed') as is_done,
        coalesce(lag(event_value) over story in ('solved', 'closed'), false) as was_done,
        lead(occurred_at) over story is null as is_last
    from main.ticket_events
    where kind = 'status' and event_value is not null
    window story as (partition by ticket_id order by occurred_at, event_no)
),
moved as (
    select ticket_id, max(occurred_at) filter (where is_done and not was_done) as solved_at,
        max(occurred_at) filter (where status = 'closed') as closed_at,
        count(*) filter (where was_done and not is_done) as reopened,
        bool_or(is_last and is_done) as ends_done, bool_or(is_last and status = 'closed') as ends_closed
    from moves group by ticket_id
),
replies as (
    select e.ticket_id, min(e.occurred_at) as first_at, count(*) as replies
    from main.ticket_events as e join main.tickets as t using (ticket_id)
    where e.kind = 'reply' and e.actor_kind = 'agent' and e.is_public is not false
      and (e.occurred_at > t.created_at or (e.occurred_at = t.created_at and t.created_by in ('customer', 'system')))
    group by e.ticket_id
),
talking as (select distinct source_system from main.ticket_events where kind = 'reply')
select t.ticket_id as of_ticket, m.solved_at, m.closed_at, m.reopened, m.ends_done, m.ends_closed, r.first_at,
    case when t.source_system in (select source_system from talking) then coalesce(r.replies, 0) end as replies
from main.tickets as t left join moved as m using (ticket_id) left join replies as r using (ticket_id)
where t.ticket_id in (select ticket_id from main.ticket_events)
"""

JOIN: Final = "join ticket_moments as m on m.of_ticket = t.ticket_id"


def derive_ticket_moments(connection: duckdb.DuckDBPyConnection, tables: set[str], fill: Fill) -> None:
    """Fill the moments that a source does not tell, where it tells the history; a ticket open again has no solution yet.

    Shapes: `resolved_at` is the last time it was solved (or closed without); replies are public ones of agents.
    """
    if not {"tickets", "ticket_events"} <= tables:
        return
    if not count(connection, "select count(*) from (select 1 from main.ticket_events limit 1)"):
        return
    connection.execute(MOMENTS)
    fill("tickets", "first_reply_at", "m.first_at", JOIN, "true")
    fill("tickets", "resolved_at", "m.solved_at", JOIN, "m.ends_done and t.status in ('solved', 'closed')")
    fill("tickets", "closed_at", "m.closed_at", JOIN, "m.ends_closed and t.status = 'closed'")
    fill("tickets", "reopen_count", "m.reopened", JOIN, "true")
    fill("tickets", "reply_count", "m.replies", JOIN, "true")
    connection.execute("drop table ticket_moments")
