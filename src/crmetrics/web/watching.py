"""What goes into the audit by itself: files taken away, and pages that show personal data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from crmetrics.analysis import Analysis
from crmetrics.warehouse.masking import PERSONS
from crmetrics.warehouse.schema import DIMENSIONS, TABLES, path_to

if TYPE_CHECKING:
    from fastapi import Request

    from crmetrics.web.site import Site

AGAIN: Final = timedelta(hours=1)
"""Who looks at the same page again within the hour has seen it once."""
LONGEST: Final = 400


def watch(site: Site, request: Request, is_export: bool) -> None:
    """Note an export, and a page of an analysis whose answer names persons."""
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if is_export:
        site.note(request, "export", address[:LONGEST])
    key = str(request.path_params.get("key", ""))
    declared = site.catalogue().known(key) if key else None
    if declared is not None and names_persons(declared, request.url.path, request.query_params):
        site.saw(request, key)


def names_persons(declared: Analysis, path: str, given: Mapping[str, str]) -> bool:
    """Whether the answer to an address names customers, contact persons or leads: in a column, a grouping, or its opened rows."""
    if "/rows" in path and declared.table in TABLES:
        return declared.table in PERSONS or path_to(declared.table, DIMENSIONS["customer"]) is not None
    defaults = {choice.name: choice.default for choice in declared.choices}
    for column in declared.row.columns:
        name = column.dimension
        if name in defaults:
            name = given.get(name) or str(defaults[name])
        named = DIMENSIONS[name].names if name and name in DIMENSIONS else None
        if named is not None and named[0] in PERSONS:
            return True
    return False


class Seen:
    """Who has seen what within the hour, so that the audit is not flooded."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], datetime] = {}

    def is_new(self, who: str, about: str) -> bool:
        """Whether it is to be noted now."""
        now = datetime.now(UTC)
        if len(self._last) > 10_000:
            self._last = {key: at for key, at in self._last.items() if now - at < AGAIN}
        last = self._last.get((who, about))
        if last is not None and now - last < AGAIN:
            return False
        self._last[who, about] = now
        return True
