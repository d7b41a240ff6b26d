"""Facts: named joins that several analyses read, each defined once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from crmetrics.warehouse.facts import (
    closings,
    contacts,
    customers,
    funnels,
    hours,
    losses,
    measured,
    pipeline,
    quoting,
    sales,
    silence,
)
from crmetrics.warehouse.facts.fact import Fact


@cache
def facts() -> Mapping[str, Fact]:
    """Every fact by name."""
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
            *(contacts.CONTACTS, contacts.LEAD_CONTACTS, contacts.QUOTE_WAITS),
            *(quoting.QUOTE_CASES, quoting.SINGLE_QUOTES),
            *(hours.OPENING_SPANS, hours.OPENING_DAYS, hours.COMPANY_HOURS),
            *(funnels.CLOSING_AMOUNTS, funnels.DEAL_PATH, funnels.STRICT_PATH, funnels.STAGE_ENTRIES),
            *(funnels.LEAD_PATH, funnels.STRICT_LEAD_PATH, funnels.LEAD_ENTRIES),
            *(losses.LOST_DEALS, losses.LOST_LEADS, losses.REJECTED_QUOTES),
            closings.CLOSED_DEALS,
            *(customers.ORDER_TOTALS, customers.CUSTOMER_PURCHASES, customers.CUSTOMER_EVENTS),
            *(silence.TALKS, silence.DEAL_SILENCES),
            *(measured.DEAL_CYCLES, measured.TICKET_REPLIES, measured.SURVEY_ANSWERS, measured.NEW_BUYERS),
        )
    }
