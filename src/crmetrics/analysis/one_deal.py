"""One deal with all that is recorded of it: what it is, where it stands, how it came there, and what is to be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from crmetrics.analysis.timeline import SHOWN_EVENTS, Happening
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.facts.fact import Derived
from crmetrics.warehouse.facts.silence import STAY_LIMITS
from crmetrics.warehouse.warehouse import Warehouse

_ = words("deal")

KINDS: Final = ("stage", "change", "quote", "contact", "note", "order")
"""What its timeline tells of; `contact` are calls, meetings and messages, `stage` also its beginning and its end."""

Told = Mapping[str, Any]

_RECORD: Final = "select *, converted(amount, company_rate) as worth from deals where deal_id = $deal"
_CUSTOMER: Final = "select customer_id, name, city, country from customers where customer_id = $customer"
_OWNER: Final = "select name, team from employees where employee_id = $owner"
_LEAD: Final = "select min(source) as source from leads where deal_id = $deal"
_CAMPAIGN: Final = "select name from campaigns where campaign_id = $campaign"

_PRODUCTS: Final = """
select l.product_id, coalesce(p.name, l.product_id) as name, l.quantity, l.unit_price, l.quantity * l.unit_price as amount
from deal_products l
left join products p on p.product_id = l.product_id
where l.deal_id = $deal
order by l.line_no
limit 50
"""
_QUOTES: Final = """
select quote_id, sent_at, amount, currency, expires_on, accepted_at, rejected_at, reject_reason
from quotes
where deal_id = $deal
order by sent_at desc nulls first, quote_id
limit 20
"""
_PLANNED: Final = """
select activity_id, kind, subject, due_at, owner_id
from activities
where deal_id = $deal and done_at is null and kind <> 'note' and coalesce(outcome, '') <> 'cancelled'
      and not (coalesce(direction, '') = 'in' and kind in ('email', 'chat'))
order by due_at nulls last, activity_id
limit 200
"""
_VISITS: Final = """
select v.stage, coalesce(s.kind, 'open') as kind, v.entered_at, coalesce(v.left_at, d.closed_at) as left_at,
       case when coalesce(s.kind, 'open') = 'open'
            then seconds_between(v.entered_at, coalesce(v.left_at, d.closed_at, $as_of)) / 86400 end as days,
       l.usual as usual_days, coalesce(l.won, 0) as won_deals
from deal_stages v
join deals d on d.deal_id = v.deal_id
left join stages s on s.pipeline = d.pipeline and s.stage = v.stage
left join stay_limits l on l.pipeline = d.pipeline and l.stage = v.stage
where v.deal_id = $deal
order by v.entered_at, s.stage_no, v.stage
"""
_CHANGES: Final = f"""
select changed_at, field_name, old_value, new_value
from deal_changes
where deal_id = $deal
order by changed_at desc, field_name
limit {SHOWN_EVENTS}
"""
_SLIPS: Final = """
select count(*) as times, min(changed_at) as since, arg_min(old_value, changed_at) as first_date
from deal_changes
where deal_id = $deal and field_name = 'expected_close_on' and try_cast(new_value as date) > try_cast(old_value as date)
"""

_DOINGS: Final = Derived(
    "deal_doings",
    key="deal_id",
    table="deals",
    sql="""
    select deal_id, max(done_at) as done_at,
           min(case when done_at is null and due_at >= $as_of and coalesce(outcome, '') <> 'cancelled' then due_at end) as next_at
    from activities
    where deal_id is not null
    group by deal_id
    """,
)
"""When something was last done about each deal and when the next step is due: whoever of the company does it."""

_NOTHING: Final = "cast(null as varchar)"
_NO_MONEY: Final = "cast(null as decimal(18, 4))"
_WRITTEN: Final = "(kind = 'note' or (coalesce(direction, '') = 'in' and kind in ('email', 'chat')))"
"""What is there when it is written down: it needs no mark that it is done."""
_TIMELINE: Final = f"""
select at, kind, what, id, said, amount, tone
from (
    select created_at as at, 'stage' as kind, 'created' as what, deal_id as id, {_NOTHING} as said, {_NO_MONEY} as amount,
           'info' as tone, 0 as place
    from deals where deal_id = $deal and created_at is not null
    union all
    select v.entered_at, 'stage', 'entered', v.stage, {_NOTHING}, {_NO_MONEY}, 'info', 1
    from deal_stages v
    join deals d on d.deal_id = v.deal_id
    left join stages s on s.pipeline = d.pipeline and s.stage = v.stage
    where v.deal_id = $deal and coalesce(s.kind, 'open') = 'open'
    union all
    select closed_at, 'stage', case when is_won then 'won' else 'lost' end, deal_id, loss_reason,
           converted(amount, company_rate), case when is_won then 'good' else 'bad' end, 2
    from deals where deal_id = $deal and is_won is not null and closed_at is not null
    union all
    select sent_at, 'quote', 'quoted', quote_id, {_NOTHING}, converted(amount, company_rate), 'info', 1
    from quotes where deal_id = $deal and sent_at is not null
    union all
    select coalesce(accepted_at, rejected_at), 'quote', case when accepted_at is not null then 'accepted' else 'rejected' end,
           quote_id, reject_reason, converted(amount, company_rate), case when accepted_at is not null then 'good' else 'bad' end, 2
    from quotes where deal_id = $deal
    union all
    select case when {_WRITTEN} then coalesce(done_at, created_at) else done_at end,
           case when kind = 'note' then 'note' else 'contact' end, kind, activity_id, subject, {_NO_MONEY}, 'info', 1
    from activities where deal_id = $deal
    union all
    select ordered_at, 'order', case when is_cancelled then 'cancelled' when net < 0 then 'returned' else 'ordered' end,
           order_id, {_NOTHING}, net, case when net < 0 or is_cancelled then 'bad' else 'good' end, 1
    from (select order_id, ordered_at, is_cancelled, sum(net) as net from ordered_lines
          where order_id in (select order_id from orders where deal_id = $deal)
          group by order_id, ordered_at, is_cancelled) orders
) happened
where at < $as_of and ($kind = '' or kind = $kind)
order by at desc, place desc, kind, what, id
limit {SHOWN_EVENTS}
"""


@dataclass(frozen=True, slots=True)
class Stay:
    """A visit of a stage. `days` is None for a stage that ends a deal; `usual_days` the median of won deals' stay, of `won_deals`."""

    stage: str
    kind: str
    entered_at: datetime
    left_at: datetime | None
    days: float | None
    usual_days: float | None
    won_deals: int


@dataclass(frozen=True, slots=True)
class Slips:
    """How often the expected close was put off, and from which day first."""

    times: int
    first_on: date | None


@dataclass(frozen=True, slots=True)
class Deal:
    """What is recorded of one deal. What is not known is empty or None.

    record    its columns that are filled; `amount` in its own currency
    worth     the amount in company currency; None without one, or without a rate
    customer  customer_id and, if he is recorded and the viewer sees him, name, city and country
    owner     owner_id with name and team
    source    its own, else that of the lead that it came from
    planned   activities that are open, by when they are due; next_at: when the next step is due, whoever's it is
    done_at   when something was last done about it, whoever did it
    is_done_told, is_due_told   whether the company records activities, and days of expected closes, at all
    """

    deal_id: str
    today: date
    as_of: datetime
    record: Told
    worth: float | None
    customer: Told
    owner: Told
    source: str | None
    campaign: str | None
    products: tuple[Told, ...]
    quotes: tuple[Told, ...]
    planned: tuple[Told, ...]
    next_at: datetime | None
    done_at: datetime | None
    stays: tuple[Stay, ...]
    slips: Slips
    changes: tuple[Told, ...]
    timeline: tuple[Happening, ...]
    names: Mapping[str, str]
    is_done_told: bool
    is_due_told: bool

    @property
    def is_open(self) -> bool:
        """Whether it is neither won nor lost."""
        return self.record.get("is_won") is None

    @property
    def days_in_stage(self) -> float | None:
        """The days that it has been in its stage, all visits summed; None without a history of it."""
        own = [each.days for each in self.stays if each.stage == self.record["stage"] and each.days is not None]
        return sum(own) if own else None

    @property
    def stay(self) -> Stay | None:
        """The last visit of the stage in which it is."""
        return next((each for each in reversed(self.stays) if each.stage == self.record["stage"]), None)


def deal_of(warehouse: Warehouse, deal_id: str, kind: str = "") -> Deal:
    """Gather what is recorded of a deal, under the warehouse's scope; `kind` picks one of KINDS for the timeline.

    UnknownName if there is no such deal, or none that the viewer sees: the two are not told apart.
    """
    if kind not in ("", *KINDS):
        raise UnknownName(_("'{kind}' is not in a timeline. There are: {kinds}.", kind=kind, kinds=", ".join(KINDS)))
    found = [*warehouse.query(_RECORD, deal=deal_id).records()]
    if not found:
        raise UnknownName(_("There is no deal '{deal}' that you may see.", deal=deal_id))
    record = {name: told for name, told in found[0].items() if told is not None and name not in _BESIDE}
    warehouse.derive(STAY_LIMITS)
    warehouse.derive(_DOINGS)
    doings = _one(warehouse, "select done_at, next_at from deal_doings where deal_id = $deal", deal=deal_id)
    lead = _one(warehouse, _LEAD, deal=deal_id)
    campaign = _one(warehouse, _CAMPAIGN, campaign=record.get("campaign_id"))
    slips = _one(warehouse, _SLIPS, deal=deal_id)
    planned, changes = (_all(warehouse, sql, deal_id) for sql in (_PLANNED, _CHANGES))
    return Deal(
        deal_id,
        warehouse.today,
        warehouse.as_of,
        record,
        found[0]["worth"],
        _with_id("customer_id", record, _one(warehouse, _CUSTOMER, customer=record.get("customer_id"))),
        _with_id("owner_id", record, _one(warehouse, _OWNER, owner=record.get("owner_id"))),
        record.get("source") or lead.get("source"),
        campaign.get("name") or record.get("campaign_id"),
        _all(warehouse, _PRODUCTS, deal_id),
        _all(warehouse, _QUOTES, deal_id),
        planned,
        doings.get("next_at"),
        doings.get("done_at"),
        tuple(Stay(**row) for row in _all(warehouse, _VISITS, deal_id)),
        Slips(int(slips["times"]), _day(slips.get("first_date"))),
        changes,
        tuple(Happening(**row) for row in warehouse.query(_TIMELINE, deal=deal_id, kind=kind).records()),
        _names(warehouse, record, planned, changes),
        warehouse.profile.rows("activities") > 0,
        warehouse.profile.column("deals", "expected_close_on").filled > 0,
    )


_BESIDE: Final = ("party", "company_rate", "worth")


def _all(warehouse: Warehouse, sql: str, deal_id: str) -> tuple[dict[str, Any], ...]:
    return tuple(warehouse.query(sql, deal=deal_id).records())


def _one(warehouse: Warehouse, sql: str, **asked: Any) -> dict[str, Any]:
    """The first row's filled columns; nothing where nothing is asked for or found."""
    if None in asked.values():
        return {}
    row = next(iter(warehouse.query(sql, **asked).records()), {})
    return {name: told for name, told in row.items() if told is not None}


def _with_id(key: str, record: Told, found: dict[str, Any]) -> dict[str, Any]:
    return {key: record[key], **found} if key in record else {}


def _day(text: str | None) -> date | None:
    """A day from a history of changes, in which anything may stand."""
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def _names(
    warehouse: Warehouse, record: Told, planned: tuple[Told, ...], changes: tuple[Told, ...]
) -> Mapping[str, str]:
    """The names of the colleagues who are told of."""
    handed = [each[side] for each in changes if each["field_name"] == "owner_id" for side in ("old_value", "new_value")]
    people = [record.get("owner_id"), *(each["owner_id"] for each in planned), *handed]
    ids = [str(each) for each in dict.fromkeys(people) if each]
    return warehouse.names_of("employees", "name", ids) if ids and warehouse.profile.rows("employees") else {}
