"""Customers at the start of a period: who stayed, who was lost, and who came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Annotated, Final, Self

import numpy as np

from crmetrics.analysis import NeedsBy, Note, Number, Options
from crmetrics.models.interval import Floats
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period, local_day, midnight, months_later, start_of, text_of
from crmetrics.vocabulary.unit import DATE, Figure
from crmetrics.warehouse.facts.standing import COUNTED, DAILY, WEIGHED
from crmetrics.warehouse.facts.stays import PURCHASE_GAPS, STAYS, WORTH, Basis
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

CustomerBy = Annotated[
    Basis,
    Options("A customer is who", purchases="bought within the window", subscriptions="has a running subscription"),
]
Window = Annotated[int, Number("Days without a purchase, 0 for the 90th percentile of all gaps", 0, 3650)]
Grace = Annotated[int, Number("Days of grace after a subscription", 0, 90)]

NEEDS: Final = NeedsBy(
    "customer_by",
    purchases={"orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
    subscriptions={"subscriptions": ["started_on", "customer_id"]},
)
"""Without which nobody can be told to be a customer."""

USUAL_WINDOW: Final = 365
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_AN_AVERAGE_MONTH: Final = 365.25 / 12


@dataclass(frozen=True)
class Stays:
    """By what somebody is a customer, and how long one stays it without a purchase or a subscription."""

    basis: Basis
    window: int
    grace: int
    gaps: int = 0

    @classmethod
    def of(cls, warehouse: Warehouse, basis: Basis, window: int, grace: int) -> Self:
        """The window as asked; for 0 the 90th percentile of the gaps between purchases of the whole company (R23)."""
        if basis == "subscriptions" or window:
            return cls(basis, window, grace)
        found = warehouse.work_out(PURCHASE_GAPS)
        if found.long is None:
            return cls(basis, USUAL_WINDOW, grace)
        return cls(basis, max(ceil(found.long), 1), grace, found.gaps)

    def counted(self, warehouse: Warehouse, parts: Parts, by: str) -> Rows:
        """Customers at the start of each part by group: place, party, present, at_end, lost, pending, won_back, unknown, known."""
        return self._ask(warehouse, COUNTED, parts, by)

    def weighed(self, warehouse: Warehouse, parts: Parts, by: str) -> Rows:
        """The same but at_end, with money, lost_money, squares (the sum of squared money) and unweighed (how many without money)."""
        return self._ask(warehouse, WEIGHED, parts, by)

    def daily(self, warehouse: Warehouse, parts: Parts, by: str) -> Rows:
        """place, party, lost, hazard and variance of all losses, also of those who came within the period."""
        return self._ask(warehouse, DAILY, parts, by)

    def notes(self, warehouse: Warehouse, period: Period) -> tuple[Note, ...]:
        """What must be known of the window, and of what lies before the data."""
        notes = []
        if self.gaps:
            message = _(
                "Lost is who has not bought for {days} days: nine of ten of the company's {n} gap between purchases are no longer.",
                "Lost is who has not bought for {days} days: nine of ten of the company's {n} gaps between purchases are no longer.",
                days=self.window,
                n=self.gaps,
            )
            notes.append(Note(message))
        seen, span = self.seen_from(warehouse), timedelta(days=self.window)
        if seen is not None and seen > period.start:
            told = _("The data begin on {day}: who bought before that and not since is not known as a customer.")
            notes.append(Note(told(day=Figure(seen - span, DATE))))
            none = _(
                "Nobody can be seen to be lost before {day}, {days} days later: up to then nothing is told of losses."
            )
            notes.append(Note(none(day=Figure(seen, DATE), days=self.window), "warn"))
        return tuple(notes)

    def seen_from(self, warehouse: Warehouse) -> date | None:
        """The first day on which somebody can be lost whose purchases are all in the data; None for subscriptions, which tell an end."""
        first = warehouse.profile.column("orders", "ordered_at").first
        if self.basis == "subscriptions" or not isinstance(first, datetime):
            return None
        return local_day(first, warehouse.zone) + timedelta(days=self.window)

    def _ask(self, warehouse: Warehouse, sql: str, parts: Parts, by: str) -> Rows:
        sql = sql.replace("{stays}", STAYS[self.basis].strip()).replace("{worth}", WORTH[self.basis])
        zone, span = warehouse.zone, timedelta(days=self.window)
        periods = ", ".join(
            f"({place}, cast('{part.start}' as date), cast('{part.end}' as date), "
            f"cast('{midnight(part.start, zone)}' as timestamp), cast('{midnight(part.start - span, zone)}' as timestamp))"
            for place, part in enumerate(parts.spans)
        )
        reach, until = midnight(parts.spans[0].start - span, zone), midnight(parts.spans[0].end, zone)
        return warehouse.query(
            sql.replace("{periods}", periods),
            by="" if by in GRAINS else by,
            of="customers",
            reach=reach,
            until=until,
            window=self.window,
            grace=self.grace,
        )


@dataclass(frozen=True)
class Parts:
    """A period and the grains it is cut into, no longer than the data reach: spans[0] is the whole, the others are named."""

    spans: tuple[Period, ...]
    names: tuple[str, ...]
    is_whole: tuple[bool, ...]

    @classmethod
    def of(cls, period: Period, grain: str, today: date, week_start: int) -> Self:
        """The period alone, unless `grain` is a grain of time; nothing where the period has not begun."""
        if period.start >= today:
            return cls((), (), ())
        whole = period.elapsed(today)
        found = [(whole, "", whole == period)]
        day = start_of(grain, period.start, week_start) if grain in GRAINS else whole.end
        while day < whole.end:
            after = (
                months_later(day, _MONTHS[grain])
                if grain in _MONTHS
                else day + timedelta(days=7 if grain == "week" else 1)
            )
            start, end = max(day, whole.start), min(after, whole.end)
            is_whole = (start, end) == (day, after)
            found.append((Period(start, end, _MONTHS.get(grain, 0) if is_whole else 0), text_of(day, grain), is_whole))
            day = after
        return cls(*(tuple(column) for column in zip(*found, strict=True)))

    @property
    def months(self) -> Floats:
        """The length of each part in months; NaN where it was cut short, for its rate is of no length that compares."""
        lengths = [part.months or part.days / _AN_AVERAGE_MONTH for part in self.spans]
        return np.where(self.is_whole, lengths, np.nan)
