"""RFM segments: what they are called, and what their sums tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis import Finding, Note, column
from crmetrics.analysis.answer import Tone
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import DATE, MONEY, SHARE, Figure
from crmetrics.warehouse.facts.rfm import FEWEST_BUYERS
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

ENOUGH_BUYERS, ENOUGH_DAYS = 500, 180
SLIPPED_FROM: Final = 0.01
SLIPPING_FROM: Final = 0.05
"""So large a share of sales is worth a word: of who slipped within a month, of all who have stopped buying."""
BEST = ("champions", "loyal")

SUMS = """
select segment, previous_segment, count(*) as customers, sum(case when orders > 0 then 1 else 0 end) as bought, sum(orders) as orders,
       sum(net_sales) as net_sales, sum(monetary) as monetary, max(buyers) as buyers,
       max(case when is_fixed then 1 else 0 end) as is_fixed
from rfm_scores
group by segment, previous_segment
order by segment, previous_segment
"""


def segment_column(label: str, **more: Any) -> Any:
    """A column of segments by their names for people, and of more values than segments."""
    return column(
        label,
        champions="Champions",
        loyal="Loyal",
        potential_loyalists="Potential loyalists",
        new="New customers",
        promising="Promising",
        need_attention="Need attention",
        about_to_sleep="About to sleep",
        at_risk="At risk",
        cannot_lose="Cannot lose",
        hibernating="Hibernating",
        prospects="Prospects (no order yet)",
        **more,
    )


@dataclass(frozen=True)
class SegmentSums:
    """The customers in sight by the segment they are in and the one they were in a month ago, added up."""

    rows: Rows

    @classmethod
    def of(cls, warehouse: Warehouse) -> Self:
        """The sums of the derived table `rfm_scores`."""
        return cls(warehouse.query(SUMS))

    @property
    def buyers(self) -> int:
        """How many in sight bought in the window."""
        return int(self.rows.numbers("bought").sum())

    def totals(self) -> dict[str, float]:
        """Purchases, net sales and the scored money of all."""
        added = {name: float(np.nansum(self.rows.numbers(name))) for name in ("net_sales", "monetary")}
        return {"orders": int(self.rows.numbers("orders").sum()), **added}

    def notes(self, days: int, then_on: date | None, has_limits: bool) -> tuple[Note, ...]:
        """What must be known to read the segments. `days` of history; `then_on` the day of the segments a month ago."""
        buyers, notes = int(self.rows.numbers("buyers").max(initial=0)), []
        is_seen = len(self.rows) > 0  # the number is the company's, told by any row; without one it is not known here
        if is_seen and buyers < FEWEST_BUYERS:
            few = _(
                "Only {n} buyer: scored by fixed cut points.", "Only {n} buyers: scored by fixed cut points.", n=buyers
            )
            notes.append(Note(few, "few"))
        elif is_seen and buyers < ENOUGH_BUYERS:
            few = _("Only {n} buyer: the scores are rough.", "Only {n} buyers: the scores are rough.", n=buyers)
            notes.append(Note(few, "few"))
        if days < ENOUGH_DAYS:
            short = _(
                "The data reach back {n} day only: the scores are rough.",
                "The data reach back {n} days only: the scores are rough.",
                n=days,
            )
            notes.append(Note(short, "few"))
        if self.rows.numbers("is_fixed").any() and not has_limits:
            notes.append(Note(_("No cut points of money are given, so FM is the frequency alone.")))
        if then_on is not None:
            told = _("The segment a month ago is that of {day}, by the cut points of today.", day=Figure(then_on, DATE))
            notes.append(Note(told))
        return tuple(notes)

    def findings(self) -> tuple[Finding, ...]:
        """Who slipped out of the best segments within the month, and what hangs on all who have stopped buying."""
        segment, before = (np.array(self.rows.values(name), dtype=object) for name in ("segment", "previous_segment"))
        whole = self.totals()["net_sales"]
        slipped = np.isin(before, BEST) & ~np.isin(segment, (*BEST, "potential_loyalists"))
        stopped = np.isin(segment, ("at_risk", "cannot_lose"))
        money = np.nan_to_num(self.rows.numbers("net_sales"))
        customers = self.rows.numbers("customers")

        def told(which: NDArray[np.bool_], template: Message, least: float, tone: Tone) -> tuple[Finding, ...]:
            at_stake = float(money[which].sum())
            if whole <= 0 or at_stake < least * whole:
                return ()
            shown = {"money": Figure(at_stake, MONEY), "share": Figure(at_stake / whole, SHARE)}
            return (Finding(template(n=int(customers[which].sum()), **shown), at_stake, tone),)

        left = _(
            "{n} champion or loyal customer slipped to a lower segment within a month: {money}, {share} of sales.",
            "{n} champions and loyal customers slipped to a lower segment within a month: {money}, {share} of sales.",
        )
        gone = _(
            "{n} good customer has stopped buying: {money}, {share} of sales.",
            "{n} good customers have stopped buying: {money}, {share} of sales.",
        )
        return (*told(slipped, left, SLIPPED_FROM, "bad"), *told(stopped, gone, SLIPPING_FROM, "warn"))
