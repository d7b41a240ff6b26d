"""Subscription life."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from crmetrics.analysis import By, LeftOut, Lines, Number, Options, Result, Row, Table, analysis, column
from crmetrics.customers.lives import Lives, findings_of, notes_of
from crmetrics.customers.stays import Grace
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import COUNT, SHARE
from crmetrics.warehouse.facts.stays import LIVES
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

Unit = Annotated[
    Literal["day", "month", "renewal"],
    Options("Counted in", day="days", month="whole months", renewal="monthly renewals"),
]


class Survival(Row):
    party = column("Group", dimension="by")
    t = column("Time", COUNT, "days, months or renewals since the first start")
    at_risk = column("Still there", COUNT, "subscriptions that had lasted so long and were not yet gone")
    ended = column("Ended", COUNT, "of them, at that time", better="lower")
    s = column("Share left", SHARE, "of those who started, after that time", better="higher")
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")
    s_model = column("Share left by the model", SHARE, "shifted beta-geometric, by monthly renewals")


@analysis(
    "Subscription life",
    needs={"subscriptions": ["started_on", "customer_id"]},
    date="subscriptions.started_on",
    kind="P",
    chart=Lines(x="t", y="s", series="party", band=("low", "high")),
)
def survival(
    warehouse: Warehouse,
    by: By = By(""),
    unit: Unit = "day",
    ahead: Annotated[int, Number("Renewals ahead by the model", 0, 60)] = 0,
    grace: Grace = 30,
    trials: Annotated[str, Options("Trial plans, which are left out, with commas between")] = "trial",
) -> Result[Survival]:
    """How long do subscriptions last, and how many remain after k renewals?

    Formula: Kaplan-Meier on the time from the first start to the end, spans joined over changes of price or plan and over gaps within
             the grace; those that run are followed to as-of; interval even in log(-log S). Groups: log-rank test. Model: shifted
             beta-geometric on monthly renewals, from 30 ends on.
    Reads:   subscriptions; the grouping column, of the first span.
    Mind:    The mean life of those that ended is far too short: those that last are still running. A customer who comes back after the
             grace starts anew.
    Source:  Kaplan and Meier (1958), JASA 53(282), 457-481; Mantel (1966); Fader and Hardie (2007), J. Interactive Marketing 21(1), 76-90.
    """
    rows = warehouse.query(
        LIVES,
        by=by,
        of="subscriptions",
        moment="started_on",
        grace=grace,
        trials=trials,
        renewing=int(unit == "renewal"),
    )
    lives = Lives.of(rows, unit)
    told = rows.one()
    reasons = (
        (_("trial plans"), told["trials"]),
        (_("ended on the day of their start"), told["without_length"]),
        (_("begin after the end of the data"), told["to_come"]),
    )
    return Result(
        Table(Survival, _columns(lives, ahead if unit != "day" else 0)),
        notes=notes_of(lives, unit),
        findings=findings_of(lives, unit),
        used=int(np.nansum(rows.numbers("spans"))) if len(rows) else 0,
        left_out=tuple(LeftOut(reason, int(count)) for reason, count in reasons if count),
        n=int(rows.numbers("lives").sum()) if len(rows) else 0,
    )


def _columns(lives: Lives, ahead: int) -> dict[str, list[Any]]:
    """For each group its start, every time at which some ended, and the renewals to come by the model."""
    found: dict[str, list[Any]] = {each.name: [] for each in Survival.columns}
    curve, (low, high) = lives.curve, lives.curve.interval()
    for group, party in enumerate(lives.parties):
        own = curve.group == group
        later = np.arange(1, ahead + 1) + curve.longest[group] if lives.models[group] is not None else np.array([])
        blank = np.full(len(later), np.nan)
        times = np.r_[0.0, curve.time[own], later]
        columns = {
            "t": times,
            "at_risk": np.r_[float(lives.size[group]), curve.at_risk[own], blank],
            "ended": np.r_[0.0, curve.gone[own, 0], blank],
            "s": np.r_[1.0, curve.survival[own], blank],
            "low": np.r_[np.nan, low[own], blank],
            "high": np.r_[np.nan, high[own], blank],
            "s_model": lives.model(group, times),
        }
        for name, values in columns.items():
            is_count = name in ("t", "at_risk", "ended")
            found[name] += [None if value != value else int(value) if is_count else value for value in values.tolist()]
        found["party"] += [party] * len(times)
    return found
