"""Units: what a number counts or measures, and so how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Unit(StrEnum):
    """The unit of a column. Shares are 0-1, money is in the company's currency, moments are in UTC."""

    TEXT = "text"
    FLAG = "flag"
    COUNT = "count"
    QUANTITY = "quantity"
    SCORE = "score"
    RATIO = "ratio"
    SHARE = "share"
    POINTS = "points"  # difference of two shares, 0.01 = one percentage point
    CHANGE = "change"  # relative change, 0.05 = +5 %
    MONEY = "money"
    MONEY_PER_DAY = "money_per_day"
    DAYS = "days"
    DATE = "date"
    MOMENT = "moment"


TEXT, FLAG, COUNT, QUANTITY = Unit.TEXT, Unit.FLAG, Unit.COUNT, Unit.QUANTITY
SCORE, RATIO, SHARE, POINTS, CHANGE = Unit.SCORE, Unit.RATIO, Unit.SHARE, Unit.POINTS, Unit.CHANGE
MONEY, MONEY_PER_DAY, DAYS, DATE, MOMENT = Unit.MONEY, Unit.MONEY_PER_DAY, Unit.DAYS, Unit.DATE, Unit.MOMENT


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its unit, for use inside a sentence; written by `presenting` in the reader's language.

    digits  decimals to be written, where the usual ones would make two figures look alike
    """

    value: float | int | str | date | datetime | None
    unit: Unit
    digits: int | None = None

    def __str__(self) -> str:
        if isinstance(self.value, float):
            return f"{self.value:.1%}" if self.unit is Unit.SHARE else f"{self.value:,.2f}"
        return str(self.value)
