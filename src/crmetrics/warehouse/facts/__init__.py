"""Facts: named joins that several analyses read, each defined once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Fact:
    """A named SQL view over canonical tables and other facts; one row a row of the first table of `parties`.

    parties  its tables, child before parent -> their aliases in the SQL. Each can carry the grouping: `{party}` in the SQL
             becomes the `party` of the one nearest to the dimension, so that no table is joined a second time for it
    """

    name: str
    parties: Mapping[str, str]
    sql: str

    @property
    def grain(self) -> str:
        """The table of whose rows one makes one row of the fact."""
        return next(iter(self.parties))


@dataclass(frozen=True, slots=True)
class Derived:
    """A company-wide reference (R23), worked out once per version over all rows and then filtered like any other table.

    key, table  the column by which its rows belong to a canonical table: a viewer sees those whose row he sees there
    """

    name: str
    key: str
    table: str
    sql: str


@cache
def facts() -> Mapping[str, Fact]:
    """Every fact by name."""
    from crmetrics.warehouse.facts import customers, funnels, measured, pipeline, sales

    return {
        fact.name: fact
        for fact in (
            *(sales.ORDERED_LINES, sales.SALES_LINES, sales.COSTED_LINES, sales.PURCHASES),
            *(
                pipeline.OPEN_STAGES,
                pipeline.STAGE_VISITS,
                pipeline.STAGE_SPANS,
                pipeline.WORKING_DAYS,
                pipeline.BUSINESS_SPANS,
                pipeline.OPEN_DEALS,
            ),
            *(funnels.CLOSING_AMOUNTS, funnels.DEAL_PATH, funnels.STRICT_PATH, funnels.STAGE_ENTRIES),
            *(funnels.LEAD_PATH, funnels.STRICT_LEAD_PATH, funnels.LEAD_ENTRIES),
            *(customers.ORDER_TOTALS, customers.CUSTOMER_PURCHASES, customers.CUSTOMER_EVENTS),
            *(measured.DEAL_CYCLES, measured.TICKET_REPLIES, measured.SURVEY_ANSWERS, measured.NEW_BUYERS),
        )
    }
