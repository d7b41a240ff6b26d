"""The KPIs of a scorecard if nobody names others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crmetrics.analysis import Analysis, Catalogue, Note
from crmetrics.analysis.metric import headline_column, undivided
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period

_ = words("kpis")

NINE: Final = (
    ("sales.win_rate",),
    ("sales.cycle_length", "kpis.time_to_close"),
    ("sales.quote_to_sale", "kpis.accepted_quotes"),
    ("finance.cac",),
    ("customers.repeat_purchase_rate",),
    ("customers.churn_rate",),
    ("service.nps", "kpis.nps"),
    ("customers.clv_predicted", "customers.clv_historic"),
    ("service.fcr",),
)
"""The nine usual ones, each with what tells nearly the same where the first cannot be told as one figure."""
BESIDES: Final = (
    *("kpis.net_sales", "kpis.won_amount", "kpis.average_order_value", "kpis.new_customers", "kpis.margin_pct"),
    *("kpis.purchases", "kpis.won_deals", "kpis.satisfaction", "kpis.first_reply", "kpis.tickets_created"),
)
"""What fills up the nine where some of them cannot be answered."""


def chosen_kpis(catalogue: Catalogue, metrics: str, period: Period) -> tuple[list[Analysis], list[Note]]:
    """The KPIs to be shown, and what the reader must know of the choice.

    metrics  keys with commas between; blank: the nine usual ones, filled up with others where they cannot be answered
    Raises UnknownName for a key that does not exist or has no single figure.
    """
    if keys := [key.strip() for key in metrics.split(",") if key.strip()]:
        return [_with_figure(catalogue.find(key)) for key in dict.fromkeys(keys)], []

    def is_ready(declared: Analysis) -> bool:
        return catalogue.ask(declared.key, period=period, **undivided(declared)).locked is None

    usual = [declared for slot in NINE if (declared := _first(catalogue, slot)) is not None]
    open_places = len(NINE) - sum(is_ready(each) for each in usual)
    others = (declared for key in BESIDES if (declared := _first(catalogue, (key,))) is not None and is_ready(declared))
    filling = [declared for _place, declared in zip(range(open_places), others, strict=False)]
    if not filling:
        return usual, []
    told = _("Not all of the nine usual KPIs can be answered; shown beside them: {names}.", names=listed(filling))
    return [*usual, *filling], [Note(told)]


def _first(catalogue: Catalogue, keys: Sequence[str]) -> Analysis | None:
    """The first of some analyses that is in the catalogue and has one figure."""
    for key in keys:
        declared = catalogue.known(key)
        if declared is not None and headline_column(declared) is not None:
            return declared
    return None


def _with_figure(declared: Analysis) -> Analysis:
    if headline_column(declared) is None:
        raise UnknownName(_("'{key}' has no single figure to be shown on a scorecard.", key=declared.key))
    return declared


def listed(several: Sequence[Analysis]) -> Message:
    """The titles of analyses with commas between."""
    places = ", ".join(f"{{{place}}}" for place in range(len(several)))
    return Message(places, values={str(place): each.title for place, each in enumerate(several)})
