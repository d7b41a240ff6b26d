"""What was spent on winning customers, and on whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from crmetrics.vocabulary.period import GRAINS, Period, midnight, months_later, parse_period, start_of, text_of
from crmetrics.warehouse.facts.acquisition import LEADS_OF_CAMPAIGNS, SPENT, WORK_FOR_NEW, WORKED
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.schema import DIMENSIONS, TABLES
from crmetrics.warehouse.views import CUSTOM, custom_path, reach
from crmetrics.warehouse.warehouse import Warehouse

Money = Mapping[str | None, float]


@dataclass(frozen=True)
class Spending:
    """Company money by party.

    for_new     the part of the sales cost that is for new business, as a share; None where no activity tells it, and all is taken
    at_times    the same by grain of time, where the parties are such
    span        the days of the cost
    """

    marketing: Money
    sales: Money
    for_new: float | None
    at_times: Money
    span: Period
    unconverted: int


def spending(warehouse: Warehouse, period: Period, by: str, months: int) -> Spending:
    """The cost of winning the customers of a period: that of so many months earlier, in parties of a grouping of orders."""
    span = period.moved(-months)
    is_reached = by in GRAINS or (by != "source" and _reaches(warehouse, by))
    rows = warehouse.query(SPENT, period=span, by=by if is_reached else "", of="costs", moment="spent_on")
    parties = _sources(warehouse, rows) if by == "source" else [{each: 1.0} for each in rows.values("party")]
    for_new, at_times = _for_new(warehouse, span, by if by in GRAINS else "")
    if by in GRAINS and months:
        parties = [{_later(str(each), by, months, warehouse): 1.0 for each in shares} for shares in parties]
        at_times = {_later(str(each), by, months, warehouse): share for each, share in at_times.items()}
    found: tuple[dict[str | None, float], dict[str | None, float]] = (defaultdict(float), defaultdict(float))
    for shares, *money in zip(parties, rows.values("marketing"), rows.values("sales"), strict=True):
        for sums, amount in zip(found, money, strict=True):
            for party, share in shares.items():
                if amount is not None:
                    sums[party] += float(amount) * share
    return Spending(*found, for_new, at_times, span, int(rows.numbers("unconverted").sum()))


def _for_new(warehouse: Warehouse, span: Period, grain: str) -> tuple[float | None, Money]:
    """The share of the activities that were for new business: in all, and in each day, week or month where such are asked."""
    if not warehouse.profile.rows("activities"):
        return None, {}
    since, until = (midnight(day, warehouse.zone) for day in (span.start, span.end))
    warehouse.derive(WORK_FOR_NEW, since=since, until=until)
    rows = warehouse.query(WORKED, period=span, by=grain, of="activities", moment="done_at")
    shares = {
        (is_total, party): done / every if every else None
        for is_total, party, done, every in zip(
            rows.flags("is_total").tolist(),
            rows.values("party"),
            rows.values("for_new"),
            rows.values("activities"),
            strict=True,
        )
    }
    at_times = {
        party: share for (is_total, party), share in shares.items() if grain and not is_total and share is not None
    }
    return shares.get((True, None)), at_times


def names_in(text: str) -> frozenset[str]:
    """Names with commas between, as they are compared: without regard to capitals and outer blanks."""
    return frozenset(plain(each) for each in text.split(",") if each.strip())


def plain(name: str) -> str:
    return name.strip().casefold()


def _reaches(warehouse: Warehouse, by: str) -> bool:
    """Whether costs lead to a dimension."""
    if by.startswith(CUSTOM):
        return custom_path(warehouse.profile, TABLES["costs"], by) is not None
    return by in DIMENSIONS and reach(TABLES["costs"], by) is not None


def _sources(warehouse: Warehouse, rows: Rows) -> list[dict[str | None, float]]:
    """For each row of costs the sources that it belongs to, with their shares: {None: 1} where none is known."""
    leads: dict[str, dict[str | None, float]] = defaultdict(dict)
    if warehouse.profile.rows("leads"):
        for row in warehouse.query(LEADS_OF_CAMPAIGNS).records():
            leads[row["campaign_id"]][row["source"]] = float(row["leads"])
    known = warehouse.query(SOURCES).values("source")
    named: dict[str, str] = {}
    for source in sorted(known, reverse=True):
        named[plain(source)] = source
    channels = dict(_channels(warehouse))
    found: list[dict[str | None, float]] = []
    for campaign, channel in zip(rows.values("campaign_id"), rows.values("channel"), strict=True):
        shares = leads.get(campaign) if campaign else None
        if shares:
            whole = sum(shares.values())
            found.append({source: count / whole for source, count in shares.items()})
        else:
            found.append({named.get(plain(channel or channels.get(campaign) or "")): 1.0})
    return found


SOURCES = """
select source
from (
    select source from customers where source is not null group by source
    union all
    select source from leads where source is not null group by source
) sources
group by source
order by source
"""
CHANNELS = "select campaign_id, channel from campaigns order by campaign_id"


def _channels(warehouse: Warehouse) -> list[tuple[str, str | None]]:
    if not warehouse.profile.rows("campaigns"):
        return []
    rows = warehouse.query(CHANNELS)
    return list(zip(rows.values("campaign_id"), rows.values("channel"), strict=True))


def _later(label: str, grain: str, months: int, warehouse: Warehouse) -> str:
    """The grain of time so many months after another, as it is labelled."""
    day = start_of(grain, months_later(parse_period(label, warehouse.today).start, months), warehouse.week_start)
    return text_of(day, grain)
