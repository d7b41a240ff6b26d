"""What several analyses ask of the pipelines: which there are, and how likely a deal is won from each stage on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis.answer import Locked, Note, Result, Table
from crmetrics.analysis.littleness import PLAIN_FROM
from crmetrics.analysis.row import Row
from crmetrics.models.shrinkage import ShrunkenShares
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import midnight, months_later
from crmetrics.warehouse.facts.pipeline import STAGE_RECORD
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.warehouse import Warehouse

_ = words("crmetrics")

R = TypeVar("R", bound=Row)

RECORD_MONTHS: Final = 24


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely a deal at a stage is won: the share won of `decided` deals that reached it, drawn to the pipeline's rate."""

    rate: float
    decided: int


_NO_RECORD: Final = Chance(float("nan"), 0)


def checked_pipeline(asked: str, names: list[str]) -> str:
    """The pipeline asked for; UnknownName, with those that there are, if it is none of them."""
    if asked and asked not in names:
        raise UnknownName(
            _("'{name}' is not a pipeline. There are: {names}.", name=asked, names=", ".join(names) or "-")
        )
    return asked


def stage_chances(warehouse: Warehouse) -> dict[tuple[str, str], Chance]:
    """The chance of every (pipeline, stage) with a record: decided deals of the last 24 months, whole company (R14, R23)."""
    warehouse.derive(STAGE_RECORD, since=midnight(months_later(warehouse.today, -RECORD_MONTHS), warehouse.zone))
    rows = warehouse.query("select pipeline, stage, place, won, decided from stage_record order by pipeline, place")
    pipelines, which = rows.groups("pipeline")
    found: dict[tuple[str, str], Chance] = {}
    for number in range(len(pipelines)):
        own = rows.where(which == number)
        won, decided = own.numbers("won"), own.numbers("decided")
        # the pipeline's own rate is that of the deals that reached its first stage
        whole = float(won[0] / decided[0]) if own.numbers("place")[0] == 1 else None
        shares = ShrunkenShares.fit(won, decided, whole).share
        for pipeline, stage, share, cases in zip(
            own.values("pipeline"), own.values("stage"), shares, decided, strict=True
        ):
            found[pipeline, stage] = Chance(float(share), int(cases))
    return found


def deal_chances(rows: Rows, chances: Mapping[tuple[str, str], Chance]) -> NDArray[np.float64]:
    """The chance of single open deals, (n,): that of their stage, what was typed where its record is short; NaN: nothing known.

    rows  pipeline, stage, probability (typed, blank where none is)
    """
    stages, which = rows.groups("pipeline", "stage")
    found = [
        chances.get(key, _NO_RECORD) for key in zip(stages.values("pipeline"), stages.values("stage"), strict=True)
    ]
    rate, decided = (np.array([getattr(each, name) for each in found])[which] for name in ("rate", "decided"))
    typed = rows.numbers("probability")
    return np.where((decided < PLAIN_FROM) & ~np.isnan(typed), typed, rate)


def locked_earlier(warehouse: Warehouse, row: type[R]) -> Result[R] | None:
    """The locked answer where an earlier date is asked and no history tells what deals were worth then (R21), else None."""
    if not warehouse.views.is_earlier or warehouse.profile.rows("deal_changes"):
        return None
    message = _(
        "Locked for an earlier date: no history tells what {table} held then ({missing}).",
        table=TABLES["deals"].label,
        missing="deal_changes",
    )
    nothing = Table(row, {each.name: [] for each in row.columns})
    return Result(nothing, notes=(Note(message, "warn"),), locked=Locked("deal_changes", message))


def weighed(rows: Rows, chances: Mapping[tuple[str, str], Chance] | None) -> Rows:
    """Weigh the amounts of open deals: by the chances of their stages, by what was typed where a record is short or None is given.

    rows  by pipeline and stage, the one marked `is_total` last: amount; typed_weighted = sum of amount x typed probability;
          typed_amount = the amount of the deals that have one; untyped = how many have none
    Adds `weighted` (NaN: nothing known), `n` (decided deals behind the chance) and `unweighed` (deals left out of it).
    """
    stages = zip(rows.values("pipeline"), rows.values("stage"), strict=True)
    found = [(chances or {}).get(stage, _NO_RECORD) for stage in stages]
    rate, decided = (
        np.array([getattr(each, name) for each in found], dtype=np.float64) for name in ("rate", "decided")
    )
    amount, typed = (np.nan_to_num(rows.numbers(name)) for name in ("amount", "typed_amount"))
    untyped = np.nan_to_num((amount - typed) * rate)
    weighted = np.where(decided >= PLAIN_FROM, amount * rate, np.nan_to_num(rows.numbers("typed_weighted")) + untyped)
    unweighed = np.where(np.isnan(rate), rows.numbers("untyped"), 0.0)
    is_known = (rows.numbers("deals") == 0) | (typed > 0) | ((amount > 0) & ~np.isnan(rate))
    weighted[~is_known] = np.nan
    is_total = rows.flags("is_total")
    held = ~is_total & (rows.numbers("deals") > 0)
    weighted[is_total] = np.nansum(weighted[~is_total]) if is_known[held].any() or not held.any() else np.nan
    unweighed[is_total] = unweighed[~is_total].sum()
    n = [None if whole or chances is None else int(cases) for whole, cases in zip(is_total, decided, strict=True)]
    return rows.with_columns(weighted=weighted, n=n, unweighed=unweighed)
