"""The customers at the start of periods, counted: the figures of churn and retention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis import LeftOut, Note
from crmetrics.analysis.littleness import PLAIN_FROM
from crmetrics.customers.stays import Parts, Stays
from crmetrics.models.interval import Floats, share_of
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

SEEN_FROM: Final = 3
"""So many whole periods make a finding of the latest one: those before it must show what is usual."""

COUNTS: Final = ("present", "unknown", "lost", "pending", "won_back")
AT_END: Final = ("at_end",)
MONEY: Final = ("money", "lost_money", "squares", "unweighed")
WORTH: Final = {"worth": "money", "lost_worth": "lost_money", "squares": "squares"}


@dataclass(frozen=True)
class Standing:
    """Rows of parts or of groups, and one of the whole.

    rows      party, is_total, start (pending ones left out), lost, won_back, pending, at_end; with money worth, lost_worth and squares;
              by days hazard and variance, and lost counts all that were lost
    months    (n,) the length of what each row counts, NaN where it was cut short
    order     (n,) the place of each row's part, 0 for the whole
    is_whole  (n,) whether its part has ended and is cut at neither end
    is_seen   (n,) whether anybody can be seen to be lost in it: not while the data are younger than the window
    """

    rows: Rows
    months: Floats
    order: NDArray[np.int64]
    is_whole: NDArray[np.bool_]
    is_seen: NDArray[np.bool_]
    left_out: tuple[LeftOut, ...]
    notes: tuple[Note, ...]

    @classmethod
    def of(
        cls,
        stays: Stays,
        warehouse: Warehouse,
        parts: Parts,
        by: str,
        *,
        is_weighed: bool = False,
        is_daily: bool = False,
    ) -> Self:
        """Count them: by a grain of time over the parts, else by group over the whole."""
        if not parts.spans:
            return cls(
                _nothing(), np.full(1, np.nan), np.zeros(1, np.int64), np.zeros(1, bool), np.ones(1, bool), (), ()
            )
        rows = (stays.weighed if is_weighed else stays.counted)(warehouse, parts, by)
        names = (*COUNTS, *(MONEY if is_weighed else AT_END))
        place = rows.numbers("place").astype(np.int64)
        columns = {name: np.nan_to_num(rows.numbers(name)) for name in names}
        party: list[Any] = [parts.names[each] for each in place] if by in GRAINS else rows.values("party")
        if by not in GRAINS or 0 not in place:
            place, party, columns = _with_the_whole(place, party, columns, by)
        is_total = place == 0 if by in GRAINS else np.arange(len(place)) == len(place) - 1
        found = _in_order(by, party, is_total, columns["present"])
        place, is_total = place[found], is_total[found]
        columns = {name: values[found] for name, values in columns.items()}
        party = [None if total else party[each] for each, total in zip(found, is_total, strict=True)]
        if is_daily:
            columns |= _daily(
                stays, warehouse, parts, by, list(zip(place.tolist(), party, is_total.tolist(), strict=True))
            )
        seen = stays.seen_from(warehouse)
        known = int(rows.numbers("known").max(initial=0))
        whole = {name: float(values[is_total].sum()) for name, values in columns.items()}
        return cls(
            Rows({"is_total": is_total}).with_columns(party=party, **_shown(columns)),
            parts.months[place],
            place,
            np.array(parts.is_whole)[place],
            np.array([seen is None or part.end > seen for part in parts.spans])[place],
            left_out_of(whole, known),
            notes_on(whole),
        )

    def unusual(self, part: Floats, low: Floats, high: Floats, by: str) -> tuple[int, float] | None:
        """The row worth a word of a share part / start with this interval, and what the share is elsewhere; None if there is none.

        It is the latest whole grain of time where that is proved to differ from those before, or the group proved to be above
        all that has the most cases more. Where somebody is pending only those are counted who are still there. Shapes: (n,) each.
        """
        start, is_total = self.rows.numbers("start"), self.rows.flags("is_total")
        enough = ~is_total & (start >= PLAIN_FROM) & self.is_seen
        if by in GRAINS:
            told = np.flatnonzero(enough & self.is_whole & (self.rows.numbers("pending") == 0))
            if len(told) < SEEN_FROM:
                return None
            latest, others = int(told[-1]), told[:-1]
            usual = float(part[others].sum() / start[others].sum())
            return None if low[latest] <= usual <= high[latest] else (latest, usual)
        overall = float(share_of(part, start)[is_total].sum())
        above = np.where(enough & (low > overall), part - overall * start, 0.0)
        return (int(np.argmax(above)), overall) if above.max(initial=0) >= 1 else None


def _with_the_whole(
    place: NDArray[np.int64], party: list[Any], columns: dict[str, Floats], by: str
) -> tuple[NDArray[np.int64], list[Any], dict[str, Floats]]:
    """With a row for the whole: a customer is in one group only, so it is their sum; without any it has nobody at its ends."""
    added = 1 if by not in GRAINS else 0
    whole = {name: np.append(values, added * values.sum()) for name, values in columns.items()}
    return np.append(place, 0), [*party, None], whole


def _shown(columns: dict[str, Floats]) -> dict[str, NDArray[Any]]:
    """The counts under the names of the answer, blank where they were not asked for."""
    unknown = np.full(len(columns["present"]), np.nan)
    counts = [name for name in ("lost", "won_back", "pending", *AT_END) if name in columns]
    return {
        "start": (columns["present"] - columns["pending"]).astype(np.int64),
        **{name: columns[name].astype(np.int64) for name in counts},
        **{shown: columns.get(name, unknown) for shown, name in WORTH.items()},
        **{name: columns[name] for name in ("hazard", "variance") if name in columns},
    }


def _in_order(by: str, party: list[Any], is_total: NDArray[np.bool_], size: Floats) -> list[int]:
    """The largest group first, grains as they come; the whole at the end."""
    return sorted(
        range(len(party)),
        key=lambda each: (bool(is_total[each]), 0 if by in GRAINS else -size[each], party[each] or ""),
    )


def _daily(
    stays: Stays, warehouse: Warehouse, parts: Parts, by: str, wanted: list[tuple[int, Any, bool]]
) -> dict[str, Floats]:
    found = {}
    for each in stays.daily(warehouse, parts, by).records():
        party = parts.names[each["place"]] or None if by in GRAINS else each["party"]
        found[each["place"], party, by in GRAINS and not each["place"]] = each
    if by not in GRAINS:  # the rates of groups do not add up to that of all
        found[0, None, True] = stays.daily(warehouse, parts, "").one()
    rows = [found.get(each, {}) for each in wanted]  # where nobody was lost there is none
    return {
        name: np.array([row.get(name) or 0 for row in rows], dtype=np.float64)
        for name in ("hazard", "variance", "lost")
    }


def _nothing() -> Rows:
    names = ("start", "at_end", "lost", "won_back", "pending", "worth", "lost_worth", "squares", "hazard", "variance")
    return Rows({"is_total": np.ones(1, bool)}).with_columns(party=[None], **{name: np.zeros(1) for name in names})


def left_out_of(whole: Mapping[str, float], known: int) -> tuple[LeftOut, ...]:
    """The customers that are in no base. `whole`: present at the start, of them unknown (without a record) and pending."""
    elsewhere = known - int(whole["present"] - whole["unknown"])
    reasons = (
        (_("no customer when the period began"), elsewhere),
        (_("ended too recently to tell"), int(whole["pending"])),
    )
    return tuple(LeftOut(reason, count) for reason, count in reasons if count > 0)


def notes_on(whole: Mapping[str, float]) -> tuple[Note, ...]:
    """What must be known of those pending, and of those whose worth is not known."""
    notes = []
    if pending := int(whole["pending"]):
        message = _(
            "{n} customer ended within the days of grace before the end of the data: pending, in neither count. Until these days have"
            " passed they look better than they are.",
            "{n} customers ended within the days of grace before the end of the data: pending, in neither count. Until these days have"
            " passed they look better than they are.",
            n=pending,
        )
        notes.append(Note(message, "warn"))
    if unweighed := int(whole.get("unweighed", 0)):
        message = _(
            "Of {n} customer at the start nothing is known of the worth then: he counts as lost or kept, but weighs nothing.",
            "Of {n} customers at the start nothing is known of the worth then: they count as lost or kept, but weigh nothing.",
            n=unweighed,
        )
        notes.append(Note(message, "warn"))
    return tuple(notes)
