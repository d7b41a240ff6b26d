"""Campaigns of the demo company, who was chosen for them, and what followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, DAY, HOUR, Floats, Ints
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import Customers, customer_number
from crmetrics.collect.demo.sheet import Cell, Choice, Count, Day, Glued, Moment, Number, Pick, Sheet, Yes
from crmetrics.collect.demo.span import Span, years_of

LENGTH: Final = 24
EVERY: Final = 60
KINDS: Final = np.array([0, 1, 2, 0, 3, 4], dtype=np.int64)
"""Kind (place in the list) of the six campaigns that come round."""
SHARE_CHOSEN: Final = 0.10
SHARE_CONTROL: Final = 0.15
CONVERSION: Final = (0.06, 0.03)
"""Share that buys, of those contacted and of the control group."""


@dataclass(frozen=True)
class Campaigns:
    """Campaigns by number (from 1), one every two months; the first day of each."""

    starts: Ints

    @classmethod
    def of(cls, span: Span) -> Campaigns:
        return cls(np.arange(span.first + 20, span.last - LENGTH - 10, EVERY, dtype=np.int64))

    @property
    def count(self) -> int:
        return len(self.starts)

    def running(self, rng: np.random.Generator, days: Ints, share: float) -> Ints:
        """The campaign that brought each of these: a share of those that fall into one; BLANK for the others."""
        place = np.searchsorted(self.starts, days, side="right") - 1
        runs = (place >= 0) & (days < self.starts[np.maximum(place, 0)] + LENGTH)
        return np.where(runs & (rng.random(len(days)) < share), place + 1, BLANK)


def campaigns_sheet(blueprint: Blueprint, campaigns: Campaigns) -> Sheet:
    """The list of campaigns."""
    rng, place, count = blueprint.draws("campaigns"), blueprint.place, campaigns.count
    turn = np.arange(count) % 6
    cells: dict[str, Cell] = {
        "campaign_id": Number("CP", np.arange(1, count + 1), 3),
        "name": Glued([Pick(place.lists["campaigns"], turn), " ", Count(years_of(campaigns.starts))]),
        "channel": Pick(place.lists["campaign_channels"], turn),
        "kind": Choice(place.values["campaign_kind"], KINDS[turn]),
        "starts_on": Day(campaigns.starts),
        "ends_on": Day(campaigns.starts + LENGTH),
        "target_segment": Pick(place.lists["segments"], rng.integers(0, 4, count)),
    }
    return Sheet("campaigns", ("campaign_id",), count, cells)


def members_sheet(blueprint: Blueprint, campaigns: Campaigns, customers: Customers) -> Sheet:
    """Customers chosen for campaigns, a control group among them, and what each did."""
    rng, span, values = blueprint.draws("members"), blueprint.span, blueprint.place.values
    size = max(20, int(customers.count * SHARE_CHOSEN))
    chosen = [np.sort(rng.permutation(customers.count - 2)[:size]) for _ in range(campaigns.count)]
    campaign, customer = np.repeat(np.arange(campaigns.count), size), np.concatenate(chosen)
    count = len(campaign)
    is_control = rng.random(count) < SHARE_CONTROL
    start = campaigns.starts[campaign] * DAY
    sent = np.where(is_control, BLANK, start + 9 * HOUR + (5 * HOUR * rng.random(count)).astype(np.int64))
    bounced = _after(rng, sent, 0.03, 60.0)
    delivered = np.where(bounced == BLANK, _after(rng, sent, 1.0, 120.0), BLANK)
    opened = _after(rng, delivered, 0.38, 5 * 3600.0)
    clicked = _after(rng, opened, 0.22, 600.0)
    left = _after(rng, opened, 0.012, 900.0)
    bought = rng.random(count) < np.where(is_control, CONVERSION[1], CONVERSION[0])
    later = start + 10 * HOUR + (rng.random(count) * LENGTH).astype(np.int64) * DAY + DAY
    converted = np.where(bought, later, BLANK)
    cells: dict[str, Cell] = {
        "campaign_id": Number("CP", campaign + 1, 3),
        "customer_id": customer_number(customer),
        "wave": Count(np.ones(count, dtype=np.int64)),
        "arm": Choice(values["arm"], is_control.astype(np.int64)),
        "assigned_at": Moment(start + 8 * HOUR),
        "sent_at": Moment(sent),
        "delivered_at": Moment(delivered),
        "bounced_at": Moment(bounced),
        "opened_at": Moment(opened),
        "clicked_at": Moment(clicked),
        "unsubscribed_at": Moment(left),
        "converted_at": Moment(np.where(converted < span.end, converted, BLANK)),
        "is_machine_open": Yes(np.where(opened == BLANK, BLANK, rng.random(count) < 0.15), blueprint.place.habits),
    }
    return Sheet("campaign_members", ("campaign_id", "customer_id", "wave"), count, cells)


def _after(rng: np.random.Generator, moments: Ints, share: float, seconds: float) -> Ints:
    """What follows on a share of some moments, within seconds that scatter around `seconds`."""
    lag: Floats = 1 + rng.exponential(seconds, len(moments))
    follows = (moments != BLANK) & (rng.random(len(moments)) < share)
    return np.where(follows, moments + np.minimum(lag, 9 * HOUR).astype(np.int64), BLANK)
