"""What the demo company spends and what it plans: costs and targets."""

from __future__ import annotations

from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, Floats, Ints, whole
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.campaigns import Campaigns
from crmetrics.collect.demo.people import SALES_TEAMS, Staff
from crmetrics.collect.demo.sheet import (
    Amount,
    Cell,
    Choice,
    Day,
    EitherOr,
    FirstGiven,
    Number,
    Overwritten,
    Pick,
    Sheet,
    Yes,
)
from crmetrics.collect.demo.span import SEASON, months_of

COSTS: Final = ((1, 0.10, True), (2, 0.05, True), (3, 0.006, True), (4, 0.07, True), (1, 0.012, False))
"""Kind (place in the list), share of the month's sales, whether fixed: of the costs that come every month."""
CHANNEL_SHARES: Final = (0.030, 0.010, 0.0, 0.008, 0.022)
"""Marketing for each sales channel, as shares of the month's sales."""
CAMPAIGN_SHARE: Final = 0.02
OWNERS_PART: Final = 0.40
"""The part of net sales that orders with a representative bring."""
HOPE: Final = 1.06
"""Targets over what a level year would bring."""
MONTHS_AHEAD: Final = 2


def month_starts(blueprint: Blueprint, ahead: int = 0) -> Ints:
    """The first day of every month of the span, and of some after it."""
    span = blueprint.span
    first, last = (int(month) for month in months_of(np.array([span.first, span.last - 1])))
    months = np.arange(first, last + 1 + ahead)
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def level_months(blueprint: Blueprint, total_cents: int, ahead: int = 0) -> Floats:
    """What each month would bring if the span's total came with the season and a steady growth of a tenth a year."""
    starts = month_starts(blueprint, ahead)
    weight = np.asarray(SEASON)[months_of(starts) % 12] * 1.1 ** (np.arange(len(starts)) / 12)
    cents: Floats = total_cents * weight / weight[: len(starts) - ahead].sum()
    return cents


def costs_sheet(blueprint: Blueprint, campaigns: Campaigns, sales_cents: int) -> Sheet:
    """Every month's costs by kind and channel, and those of the campaigns; the amount of one cannot be read."""
    rng, place, span = blueprint.draws("costs"), blueprint.place, blueprint.span
    starts, level = month_starts(blueprint), level_months(blueprint, sales_cents)
    regular = [(kind, share, fixed, BLANK) for kind, share, fixed in COSTS]
    regular += [(0, share, False, channel) for channel, share in enumerate(CHANNEL_SHARES) if share]
    kind, share, fixed, channel = (np.array(column) for column in zip(*regular, strict=True))
    each, months = len(regular), len(starts)
    amount = np.outer(level, share).ravel() * rng.uniform(0.9, 1.1, each * months)
    by_campaign = sales_cents / months * CAMPAIGN_SHARE * rng.uniform(0.6, 1.6, campaigns.count)
    count = each * months + campaigns.count
    day = np.concatenate([np.repeat(starts + 14, each), campaigns.starts + 3])
    day = np.clip(day, span.first, span.last - 1)
    kinds = np.concatenate([np.tile(kind, months), np.zeros(campaigns.count, dtype=np.int64)])
    none = np.full(campaigns.count, BLANK)
    notes = np.array([0, 1, 2, 3, 4])[kinds]
    cells: dict[str, Cell] = {
        "cost_id": Number("CST", np.arange(1, count + 1), 5),
        "spent_on": Day(day),
        "kind": Choice(place.values["cost_kind"], kinds),
        "amount": Amount(whole(np.concatenate([amount, by_campaign])), is_grouped=True),
        "currency": Pick(place.money.codes, np.zeros(count, dtype=np.int64)),
        "campaign_id": Number(
            "CP", np.concatenate([np.full(each * months, BLANK), np.arange(1, campaigns.count + 1)]), 3
        ),
        "channel": Pick(place.lists["channels"], np.concatenate([np.tile(channel, months), none])),
        "is_fixed": Yes(np.concatenate([np.tile(fixed, months), np.zeros(campaigns.count, dtype=bool)]), place.habits),
        "note": Pick(place.lists["cost_notes"], notes),
    }
    faults = [Overwritten("amount", count // 3, place.habits.bad_amounts[1])]
    return Sheet("costs", ("cost_id",), count, cells, overwritten=faults)


def targets_sheet(blueprint: Blueprint, staff: Staff, sales_cents: int, won_cents: int) -> Sheet:
    """Monthly targets for the company, each sales team and each rep, for net sales and won deals."""
    place = blueprint.place
    starts, ends = month_starts(blueprint, MONTHS_AHEAD), month_starts(blueprint, MONTHS_AHEAD + 1)[1:]
    parts = np.concatenate([[1.0], np.full(SALES_TEAMS, 1 / SALES_TEAMS), np.full(staff.reps, 1 / staff.reps)])
    scope = np.concatenate([[0], np.ones(SALES_TEAMS, dtype=np.int64), np.full(staff.reps, 2)]).astype(np.int64)
    team = np.where(scope == 1, np.arange(len(scope)) - 1, BLANK)
    rep = np.where(scope == 2, staff.rep_numbers[0] + np.arange(len(scope)) - 1 - SALES_TEAMS, BLANK)
    sales = np.where(scope == 0, parts, parts * OWNERS_PART)
    values = [
        HOPE * np.outer(level_months(blueprint, cents, MONTHS_AHEAD), part)
        for cents, part in ((sales_cents, sales), (won_cents, parts))
    ]
    each, months = len(scope), len(starts)
    count = 2 * each * months
    target = np.concatenate([np.maximum(whole(value.ravel() / 10_000), 1) * 10_000 for value in values])
    team, rep, scope = (np.tile(column, 2 * months) for column in (team, rep, scope))
    cells: dict[str, Cell] = {
        "kpi": Choice(place.values["kpi"], np.repeat([0, 1], each * months)),
        "scope": Choice(place.values["scope"], scope),
        "scope_id": EitherOr(scope == 1, Pick(place.lists["teams"], team), FirstGiven([Number("E", rep, 4)])),
        "starts_on": Day(np.tile(np.repeat(starts, each), 2)),
        "ends_on": Day(np.tile(np.repeat(ends, each), 2)),
        "target_value": Amount(target),
        "currency": Pick(place.money.codes, np.zeros(count, dtype=np.int64)),
    }
    return Sheet("targets", ("kpi", "scope", "scope_id", "starts_on"), count, cells)
