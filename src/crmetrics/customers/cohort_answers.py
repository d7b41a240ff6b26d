"""What every answer on cohorts shares: its switches, the names of its cohorts, and who is in none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Literal

from crmetrics.analysis import LeftOut, Note, Options, Toggle
from crmetrics.customers.cohorts import Grain, Start
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

PeriodsOf = Annotated[Grain, Options("Periods of a", day="day", week="week", month="month", quarter="quarter")]
Mean = Annotated[
    Literal["weighted", "simple"], Options("Mean of the cohorts", weighted="weighted by customers", simple="simple")
]
CohortsBy = Annotated[
    Start,
    Options(
        "Cohorts by",
        first_purchase="first purchase",
        sign_up="sign-up",
        campaign="campaign of the first purchase",
        channel="channel of the first purchase",
    ),
]
Together = Annotated[bool, Toggle("Small cohorts together by quarter")]


def named(warehouse: Warehouse, campaigns: list[str | None]) -> list[str | None]:
    """Campaigns by name; with their id too, where a name stands for several."""
    names = warehouse.names_of("campaigns", "name", [each for each in set(campaigns) if each is not None])
    often = Counter(names.values())
    shown = {each: name if often[name] == 1 else f"{name} ({each})" for each, name in names.items()}
    return [None if each is None else shown.get(each, each) for each in campaigns]


def counted_in(rows: Rows) -> tuple[int, tuple[LeftOut, ...]]:
    """How many customers are in the cohorts of these rows, and how many are in none and why."""
    total = rows.one()
    used, known, never = (int(total[name] or 0) for name in ("used", "known", "never"))
    left_out = ((_("started in another period"), known - used), (_("without a start"), never))
    return used, tuple(LeftOut(reason, count) for reason, count in left_out if count)


def notes_on_small(together: Mapping[str, int]) -> tuple[Note, ...]:
    """Which small cohorts are shown together, by quarter: how many of each."""
    if not together:
        return ()
    message = _(
        "{n} cohort of fewer than 10 customers is shown together with others of its quarter: {names}.",
        "{n} cohorts of fewer than 10 customers are shown together with others of their quarter: {names}.",
        n=sum(together.values()),
        names=", ".join(together),
    )
    return (Note(message),)
