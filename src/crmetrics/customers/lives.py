"""Lives of subscriptions: their curves, what a model makes of them, and whether groups differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crmetrics.analysis import Finding, Note
from crmetrics.models.interval import Floats
from crmetrics.models.kaplan_meier import KaplanMeier
from crmetrics.models.log_rank import log_rank
from crmetrics.models.refusal import CannotFit
from crmetrics.models.shifted_beta_geometric import ShiftedBetaGeometric
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import DAYS, SHARE, Figure
from crmetrics.warehouse.rows import Rows

_ = words("customers")

ENOUGH_ENDS: Final = 30
MONTH: Final = 365.25 / 12
LEAST_CHANCE: Final = 0.001
PROVED_BELOW: Final = 0.05
FEW_GROUPS: Final = 12
"""Of more groups nothing is said one by one."""


@dataclass(frozen=True)
class Lives:
    """The lives of g groups, the largest first.

    parties  their names
    size     (g,) how many lives there are, `ended` (g,) of them over
    curve    Kaplan-Meier over all groups in the unit asked
    models   of each group, None where fewer than 30 have ended or none can be fitted
    p        of the log-rank test; NaN for one group
    """

    parties: tuple[str | None, ...]
    size: NDArray[np.int64]
    ended: NDArray[np.int64]
    curve: KaplanMeier
    models: tuple[ShiftedBetaGeometric | None, ...]
    p: float
    unit: str

    @classmethod
    def of(cls, rows: Rows, unit: str) -> Self:
        """The curves of the counted lives (`facts.stays.LIVES`)."""
        names, counts = rows.values("party") if len(rows) else [], rows.numbers("lives") if len(rows) else np.array([])
        sizes: dict[str | None, int] = {}
        for name, count in zip(names, counts.tolist(), strict=True):
            sizes[name] = sizes.get(name, 0) + int(count)
        parties = tuple(sorted(sizes, key=lambda name: (-sizes[name], name or "")))
        place = {name: number for number, name in enumerate(parties)}
        group = np.array([place[name] for name in names], dtype=np.int64)
        is_over = rows.flags("is_over") if len(rows) else np.array([], dtype=bool)
        gone, running = counts * is_over, counts * ~is_over
        months = np.maximum(rows.numbers("months"), is_over) if len(rows) else counts
        lasted = rows.numbers("days") if unit == "day" and len(rows) else months
        curve = KaplanMeier.fit(lasted, gone, running, group, len(parties))
        ended = np.bincount(group, gone, len(parties)).astype(np.int64)
        models = tuple(
            _fitted(months[group == each], gone[group == each], running[group == each]) for each in range(len(parties))
        )
        p = log_rank(lasted, gone, running, group).p if len(parties) > 1 else float("nan")
        return cls(parties, np.array([sizes[each] for each in parties], dtype=np.int64), ended, curve, models, p, unit)

    @cached_property
    def median(self) -> Floats:
        """The time by which half of each group have ended, (g,); NaN where fewer have."""
        return self.curve.median()

    def model(self, group: int, time: ArrayLike) -> Floats:
        """The share left by the model at any times, (m,); NaN without one. Between renewals nothing ends."""
        times, model = np.asarray(time, dtype=np.float64), self.models[group]
        if model is None:
            return np.full(len(times), np.nan)
        return model.survival(np.floor(times / MONTH) if self.unit == "day" else times)


def _fitted(renewal: Floats, gone: Floats, running: Floats) -> ShiftedBetaGeometric | None:
    if gone.sum() < ENOUGH_ENDS:
        return None
    try:
        return ShiftedBetaGeometric.fit(renewal, gone, running)
    except CannotFit:
        return None


def notes_of(lives: Lives, unit: str) -> tuple[Note, ...]:
    """What must be known to read the curves: the half-life, where there is one, and where there is no model."""
    if not lives.parties:
        return (Note(_("There are no subscriptions to follow."), "few"),)
    notes = []
    if len(lives.parties) == 1:
        low, high = (each[0] for each in lives.curve.median_interval())
        if np.isnan(lives.median[0]):
            told = _("Fewer than half have ended so far: the median life is longer than {time}.")
            notes.append(Note(told(time=_time(lives.curve.longest[0], unit))))
        else:
            told = _("Half have ended after {time} (95 % interval: {low} to {high}).")
            open_end = _("not yet known")
            ends = (open_end if np.isnan(each) else _time(float(each), unit) for each in (low, high))
            notes.append(Note(told(time=_time(lives.median[0], unit), **dict(zip(("low", "high"), ends, strict=True)))))
    if few := int((lives.ended < ENOUGH_ENDS).sum()):
        message = _(
            "In {n} group fewer than 30 have ended: too few for the model.",
            "In {n} groups fewer than 30 have ended: too few for the model.",
            n=few,
        )
        notes.append(Note(message, "few"))
    if any(model is None and ended >= ENOUGH_ENDS for model, ended in zip(lives.models, lives.ended, strict=True)):
        notes.append(Note(_("The renewals seen do not carry the model: it is not shown.")))
    if len(lives.parties) > 1 and not np.isnan(lives.p):
        differ = _("The groups differ (log-rank test: by chance alone in {p}).")
        same = _("That the groups differ is not proved (log-rank test: by chance alone in {p}).")
        clearly = _("The groups differ (log-rank test: by chance alone in less than {p}).")
        proof = clearly if lives.p < LEAST_CHANCE else differ if lives.p < PROVED_BELOW else same
        notes.append(Note(proof(p=Figure(max(lives.p, LEAST_CHANCE), SHARE))))
    return tuple(notes)


def findings_of(lives: Lives, unit: str) -> tuple[Finding, ...]:
    """The group that is gone soonest, where the groups are proved to differ."""
    if not 1 < len(lives.parties) <= FEW_GROUPS or not lives.p < PROVED_BELOW:
        return ()
    told = [
        each
        for each in range(len(lives.parties))
        if lives.size[each] >= ENOUGH_ENDS and not np.isnan(lives.median[each])
    ]
    if len(told) < 2:
        return ()
    shortest, longest = min(told, key=lambda each: lives.median[each]), max(told, key=lambda each: lives.median[each])
    if lives.median[shortest] == lives.median[longest]:
        return ()
    message = _(
        "{group}: half are gone after {short}, of {other} only after {long}.",
        group=lives.parties[shortest],
        other=lives.parties[longest],
        short=_time(lives.median[shortest], unit),
        long=_time(lives.median[longest], unit),
    )
    return (Finding(message, tone="bad"),)


def _time(value: float, unit: str) -> Figure | Message:
    """A time in its unit, for a sentence."""
    if unit == "day":
        return Figure(float(value), DAYS)
    months = _("{n} month", "{n} months", n=int(value))
    return months if unit == "month" else _("{n} renewal", "{n} renewals", n=int(value))
