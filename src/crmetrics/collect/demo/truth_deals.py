"""The true figures of deals, counted from what was drawn."""

from __future__ import annotations

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, DAY, Flags, Ints
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.deals import (
    LEAK_SOURCE,
    LEAK_STAGE,
    LOST,
    OPEN,
    SLOW_STAGE,
    STAGE_DAYS,
    WON,
    Deals,
    is_leaking,
)
from crmetrics.collect.demo.people import Staff
from crmetrics.collect.demo.pipeline import Expectations
from crmetrics.collect.demo.rates import Rates
from crmetrics.collect.demo.span import months_of, years_of
from crmetrics.collect.demo.truth_sales import MILLIONTHS, Figures, money

STAGES = 5


class DealTruth:
    """Counts and sums over deals. Money in company currency: at the rate of the day for decided deals, else the latest."""

    def __init__(self, blueprint: Blueprint, deals: Deals, typed: Expectations, rates: Rates) -> None:
        self._stages = blueprint.place.lists["stages"]
        self._sources = blueprint.place.lists["sources"]
        self._names = blueprint.place.lists["loss_reasons"]
        self._span = blueprint.span
        self._deals = deals
        self._typed = typed
        day = np.where(deals.is_decided, deals.closed_at // DAY, blueprint.span.last - 1)
        self._has_amount = deals.amount != BLANK
        self._amount = rates.company_units(np.where(self._has_amount, deals.amount, 0), deals.currency, day)

    def figures(self, staff: Staff) -> Figures:
        """Everything about deals for truth.json."""
        deals = self._deals
        year = years_of(deals.created_at // DAY)
        return {
            "rule": "reached-or-later by the furthest open stage; amounts in company currency at the day's rate for "
            "decided deals, at the latest rate for open ones; deals without amount count, their money is 0",
            "count": deals.count,
            "open": int((deals.outcome == OPEN).sum()),
            "won": int((deals.outcome == WON).sum()),
            "lost": int((deals.outcome == LOST).sum()),
            "without_amount": int((~self._has_amount).sum()),
            "without_expected_close": int((self._typed.close_on == BLANK).sum()),
            "skipped_a_stage": int(deals.is_skip.sum()),
            "moved_back": int(deals.is_back.sum()),
            "handed_over": int((deals.handed_at != BLANK).sum()),
            "stuck": self._stuck(),
            "stages": self._funnel(np.ones(deals.count, dtype=bool)),
            "stages_by_year_of_entry": {str(y): self._funnel(year == y) for y in np.unique(year)},
            "by_quarter_of_close": self._quarters(),
            "quoted": self._quoted(),
            "median_days_to_close": self._median_days(),
            "pipeline": self._pipeline(),
            "slow_stage": {"stage": self._stages[SLOW_STAGE - 1], "median_working_days": list(STAGE_DAYS)},
            "strong_rep": self._strong(staff),
            "leak": self._leak(),
            "loss_reasons": self._reasons(),
            "left_rep": self._left(staff),
        }

    @property
    def won_cents(self) -> int:
        """All won deals together, in cents of the company's currency."""
        return int(self._amount[self._deals.outcome == WON].sum()) // (MILLIONTHS // 100)

    def _money(self, chosen: Flags) -> float:
        return money(int(self._amount[chosen].sum()))

    def _funnel(self, chosen: Flags) -> list[Figures]:
        """Reached, lost and open by stage, and the same in money; the last row is won."""
        deals = self._deals
        rows: list[Figures] = []
        for stage in range(1, STAGES + 1):
            here = chosen & (deals.furthest == stage)
            reached = chosen & (deals.furthest >= stage)
            parts = {"reached": reached, "lost": here & (deals.outcome == LOST), "open": here & (deals.outcome == OPEN)}
            counts = {name: int(part.sum()) for name, part in parts.items()}
            amounts = {f"{name}_amount": self._money(part) for name, part in parts.items()}
            rows.append({"stage": self._stages[stage - 1], "stage_no": stage} | counts | amounts)
        won = chosen & (deals.outcome == WON)
        rows.append(
            {"stage": self._stages[5], "stage_no": 6, "reached": int(won.sum()), "reached_amount": self._money(won)}
        )
        return rows

    def _quarters(self) -> dict[str, Figures]:
        """Won and lost by the quarter of the close, in company time."""
        deals = self._deals
        month = months_of(np.where(deals.is_decided, deals.closed_at, 0) // DAY)
        quarter = np.where(deals.is_decided, month // 3, BLANK)
        told: dict[str, Figures] = {}
        for number in np.unique(quarter[deals.is_decided]):
            won, lost = ((quarter == number) & (deals.outcome == outcome) for outcome in (WON, LOST))
            told[f"{number // 4 + 1970}-Q{number % 4 + 1}"] = {
                "won": int(won.sum()),
                "won_amount": self._money(won),
                "won_without_amount": int((won & ~self._has_amount).sum()),
                "lost": int(lost.sum()),
                "lost_amount": self._money(lost),
                "lost_without_amount": int((lost & ~self._has_amount).sum()),
            }
        return told

    def _median_days(self) -> Figures:
        """The median of the days from creation to win by the quarter of the close, by the clock on the wall."""
        deals = self._deals
        is_won = deals.outcome == WON
        quarter = months_of(np.where(is_won, deals.closed_at, 0) // DAY) // 3
        lasted = (deals.closed_at - deals.created_at) / DAY
        return {
            f"{number // 4 + 1970}-Q{number % 4 + 1}": float(np.median(lasted[is_won & (quarter == number)]))
            for number in np.unique(quarter[is_won])
        }

    def _quoted(self) -> Figures:
        """What became of the deals that were sent a quote: those that stood in the quote stage."""
        was_quoted = self._deals.slots[:, 3] | self._deals.slots[:, 5]
        named = {"won": WON, "lost": LOST, "open": OPEN}
        return {
            "cases": int(was_quoted.sum()),
            **{name: int((was_quoted & (self._deals.outcome == end)).sum()) for name, end in named.items()},
        }

    def _pipeline(self) -> list[Figures]:
        """Open deals by the stage they stand in now."""
        deals, rows = self._deals, []
        for stage in range(1, STAGES + 1):
            here = (deals.outcome == OPEN) & (deals.stage == stage)
            row: Figures = {
                "stage": self._stages[stage - 1],
                "deals": int(here.sum()),
                "amount": self._money(here),
                "no_amount": int((here & ~self._has_amount).sum()),
                "no_date": int((here & (self._typed.close_on == BLANK)).sum()),
                "overdue": int((here & known_before(self._typed.close_on, self._span.last)).sum()),
            }
            rows.append(row)
        return rows

    def _stuck(self) -> Figures:
        deals = self._deals
        places = np.flatnonzero(deals.is_stuck & (deals.outcome == OPEN))
        return {"deals": len(places), "first_deal_ids": [f"D{place + 1:07d}" for place in places[:100]]}

    def _rate(self, chosen: Flags) -> Figures:
        deals = self._deals
        won, lost = (int((chosen & (deals.outcome == outcome)).sum()) for outcome in (WON, LOST))
        return {"won": won, "lost": lost, "win_rate": won / max(won + lost, 1)}

    def _strong(self, staff: Staff) -> Figures:
        is_his = self._deals.owner_then == staff.strong
        return {"owner_id": f"E{staff.strong:04d}"} | self._rate(is_his) | {"others": self._rate(~is_his)}

    def _leak(self) -> Figures:
        """The leaking stage: went on or lost there, for deals of the source and for the others."""

        def decided(chosen: Flags) -> Figures:
            deals = self._deals
            moved = int((chosen & ((deals.furthest > LEAK_STAGE) | (deals.outcome == WON))).sum())
            lost = int((chosen & (deals.furthest == LEAK_STAGE) & (deals.outcome == LOST)).sum())
            return {"moved_on": moved, "lost": lost, "next_rate": moved / max(moved + lost, 1)}

        leaks = self._deals.source == LEAK_SOURCE
        named = {"stage": self._stages[LEAK_STAGE - 1], "source": self._sources[LEAK_SOURCE]}
        return named | decided(leaks) | {"other_sources": decided(~leaks)}

    def _reasons(self) -> Figures:
        """How often each reason was given, blanks among them, in all and where the leak is."""

        def counted(chosen: Flags) -> Figures:
            given = self._typed.reason[chosen]
            told: Figures = {name: int((given == place).sum()) for place, name in enumerate(self._names)}
            return {**told, "": int((given == BLANK).sum())}

        return {"all": counted(self._deals.outcome == LOST), "at_the_leak": counted(is_leaking(self._deals))}

    def _left(self, staff: Staff) -> Figures:
        """The rep who left: what he decided himself stays his at close, though all his deals are his successor's now."""
        deals = self._deals
        was_his = deals.handed_from == staff.left
        return {
            "owner_id": f"E{staff.left:04d}",
            "successor_id": f"E{staff.successor:04d}",
            "deals_handed_over": int(was_his.sum()),
            "decided_before": self._rate(was_his & (deals.owner_then == staff.left)),
            "decided_after": self._rate(was_his & (deals.owner_then == staff.successor)),
        }


def known_before(days: Ints, limit: int) -> Flags:
    """Days that are given and lie before the limit."""
    before: Flags = (days != BLANK) & (days < limit)
    return before
