"""What became of quotes: single ones, and the cases that they were made for."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.cycles import calendar_days
from crmetrics.warehouse.facts.fact import Derived, Fact

_ANSWER: Final = """
           case when q.accepted_at is not null then 'won' when q.rejected_at is not null then 'lost' end as answer,
           coalesce(q.accepted_at, q.rejected_at) as answered_at
"""

QUOTED_DEALS: Final = Derived(
    "quoted_deals",
    key="quote_id",
    table="quotes",
    sql="""
    select q.quote_id, d.deal_id, d.is_won, d.closed_at, c.accepted, c.last_id
    from quotes q
    join deals d on d.deal_id = q.deal_id
    join (
        select deal_id, count(accepted_at) as accepted, arg_max(quote_id, sent_at) as last_id
        from quotes
        where sent_at is not null and deal_id is not null
        group by deal_id
    ) c on c.deal_id = q.deal_id
    where q.sent_at is not null
    """,
)
"""What became of the deal of each sent quote, whoever has that deal: a quote of mine on a colleague's deal is decided with it, too.

accepted, last_id  how many of the deal's sent quotes are marked accepted; its last one
"""

QUOTE_CASES: Final = Fact(
    "quote_cases",
    parties={"quotes": "q"},
    sql=f"""
    select g.first_id as quote_id, g.quotes, g.sent_at, nullif(g.party, '') as party,
           g.amount, g.first_amount, g.accepted_amount, g.without_amount,
           g.unconverted, d.deal_id is not null as has_deal,
           case when d.deal_id is null then g.expires_on end as expires_on,
           case when d.deal_id is null then g.answer when d.is_won then 'won' when not d.is_won then 'lost' end as answer,
           case when d.deal_id is null then g.answered_at else d.closed_at end as answered_at
    from (
        select case_id, max(deal_id) as deal_id, count(*) as quotes, min(sent_at) as sent_at,
               arg_min(coalesce(party, ''), sent_at) as party, arg_min(quote_id, sent_at) as first_id,
               arg_max(money, sent_at) as amount, arg_min(money, sent_at) as first_amount,
               arg_max(case when accepted_at is not null then money end, accepted_at) as accepted_amount,
               count(money) = 0 and count(amount) = 0 as without_amount, count(money) = 0 and count(amount) > 0 as unconverted,
               max(expires_on) as expires_on, max(answer) as answer, max(answered_at) as answered_at
        from (
            select q.quote_id, coalesce(q.deal_id, q.quote_id) as case_id, q.deal_id is null as is_single,
                   q.deal_id, q.sent_at, q.accepted_at,
                   q.expires_on, q.amount, converted(q.amount, q.company_rate) as money, {{party}} as party, {_ANSWER}
            from quotes q
            where q.sent_at is not null
        ) q
        group by case_id, is_single
    ) g
    left join (
        select deal_id, is_won, closed_at from quoted_deals group by deal_id, is_won, closed_at
    ) d on d.deal_id = g.deal_id
    """,
)
"""One row a case: a deal with its sent quotes, or a quote without a deal. Reads `quoted_deals`: derive it first.

quote_id         of the first sent quote, as are sent_at and party
answer           won or lost with the deal; without a deal by the answer to the quote; blank while undecided
answered_at      when the deal was decided or the quote answered
expires_on       of a quote without a deal; past it is lost
amount           of the last sent quote; first_amount, accepted_amount: of the first and of the accepted one; company money
"""

SINGLE_QUOTES: Final = Fact(
    "single_quotes",
    parties={"quotes": "q"},
    sql=f"""
    select quote_id, quotes, sent_at, party, money as amount, cast(null as double) as first_amount, cast(null as double) as accepted_amount,
           amount is null as without_amount, amount is not null and money is null as unconverted, has_deal, expires_on,
           case when answer is not null then answer when is_won is null then null
                when is_won and accepted = 0 and last_id = quote_id then 'won' else 'lost' end as answer,
           coalesce(answered_at, closed_at) as answered_at
    from (
        select 1 as quotes, q.quote_id, q.sent_at, {{party}} as party, q.amount, converted(q.amount, q.company_rate) as money,
               d.deal_id is not null as has_deal, q.expires_on, d.is_won, d.closed_at, d.accepted, d.last_id, {_ANSWER}
        from quotes q
        left join quoted_deals d on d.quote_id = q.quote_id
        where q.sent_at is not null
    ) q
    """,
)
"""One row a sent quote, in the columns of `quote_cases`. Once its deal is decided a quote without an answer is lost, but for the
last one of a won deal none of whose quotes is marked accepted."""

AGED: Final = f"""
    select *, case when ended_at >= sent_at then round({calendar_days("sent_at", "ended_at")} * 1440) end as minutes
    from (
        select *, case when answer is null and expires_on < $today then 'lost' else answer end as outcome,
               case when answer is not null then answered_at
                    when expires_on < $today then cast(days_after(expires_on, 1) as timestamp)
                    else $as_of end as ended_at
        from {{cases}}
        where sent_at >= $start and sent_at < $end
    ) cases
"""
"""The cases of a period with what became of them and how long it took; `{cases}` is one of the facts above."""

CASES_BY_AGE: Final = f"""
select party, minutes,
       count(*) filter (where outcome = 'won') as won,
       count(*) filter (where outcome = 'lost') as lost,
       count(*) filter (where outcome is null) as pending,
       sum(amount) filter (where outcome = 'won') as won_amount,
       sum(amount) filter (where outcome = 'lost') as lost_amount,
       sum(amount) filter (where outcome is null) as open_amount,
       sum(first_amount) filter (where outcome = 'won' and accepted_amount is not null) as first_amount,
       sum(accepted_amount) filter (where outcome = 'won' and first_amount is not null) as accepted_amount,
       count(*) filter (where without_amount) as without_amount,
       count(*) filter (where unconverted) as unconverted
from ({AGED}) cases
group by party, minutes
"""
"""What became of the cases of a period by how long they took or have been waiting, in minutes; `{cases}` is one of the facts above."""

DRAFTS: Final = "select count(*) as drafts from quotes where sent_at is null"
