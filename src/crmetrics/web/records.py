"""The pages of single records: where a customer and a deal are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import Request

from crmetrics.analysis.search import is_there
from crmetrics.warehouse.scope import Scope

if TYPE_CHECKING:
    from crmetrics.web.site import Site


def customer_address(customer: str) -> str:
    """The address of a customer's page."""
    return f"/customers/{quote(customer, safe='')}"


def deal_address(deal: str) -> str:
    """The address of a deal's page."""
    return f"/deals/{quote(deal, safe='')}"


def is_number(site: Site, request: Request, table: str, number: str) -> bool:
    """Whether a whole address names a customer or a deal that the viewer sees, though it ends as that of a file does."""
    with site.catalogue().warehouse(Scope(site.viewer(request))) as warehouse:
        return is_there(warehouse, table, number)


def telling_columns(columns: Iterable[str], *, is_of_deals: bool) -> frozenset[str]:
    """The columns of rows that lead to the page of a record; where each row is a deal its name does, too."""
    names = frozenset(columns)
    of_deals = {"deal_id", "name"} if is_of_deals and "deal_id" in names else {"deal_id"}
    return names & ({"customer_id"} | of_deals)


def page_of(column: str, row: Mapping[str, Any]) -> str | None:
    """Where a cell of such a column leads; None: nowhere, for it is blank."""
    if row[column] is None:
        return None
    if column == "customer_id":
        return customer_address(str(row[column]))
    return None if row["deal_id"] is None else deal_address(str(row["deal_id"]))
