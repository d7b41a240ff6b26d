"""Kept filters: those of a view that somebody kept, put onto the answer at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import Request

from crmetrics.analysis import Analysis
from crmetrics.vocabulary.language import Message, words
from crmetrics.web.asking import FILTER, address
from crmetrics.web.site import Site
from crmetrics.web.values import Values
from crmetrics.workspace.boards import Boards

_ = words("notes")

WORDS: Final[dict[str, Message]] = {
    "kept_filters": _("Kept filters"),
    "kept_in_part": _("in part: the rest does not apply here"),
}


@dataclass(frozen=True, slots=True)
class KeptFilter:
    """The filters of a kept view: where they hold on this page; of `is_part` some are on dimensions that it does not reach."""

    title: str
    address: str
    is_part: bool


def kept_filters(site: Site, request: Request, declared: Analysis, values: Values) -> tuple[KeptFilter, ...]:
    """Those of the reader and the shared ones that this analysis reaches and that are not set already.

    They take the place of what is set on the same dimensions; all else of the page stays.
    """
    given, found = request.query_params, []
    views = [view for view in Boards(site.state, site.person(request).number).views() if view.filters]
    reached = (
        {FILTER + name for name in values.dimensions(site.catalogue(), declared, site.viewer(request))}
        if views
        else set()
    )
    for view in views:
        own = {name: list(several) for name, several in view.filters.items() if name in reached}
        if any(set(given.getlist(name)) != set(several) for name, several in own.items()):
            there = address(declared.key, given, {**own, "page": None, "choose": None, "language": None})
            found.append(KeptFilter(view.title, there, len(own) < len(view.filters)))
    return tuple(found)
