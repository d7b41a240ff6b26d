"""All canonical tables, parents before children."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from crmetrics.warehouse.schema import (
    billing,
    campaigns,
    contact,
    goods,
    orders,
    others,
    people,
    pipeline,
    reference,
    service,
)
from crmetrics.warehouse.schema.table import Table

_IN_ORDER = (
    people.EMPLOYEES,
    people.CUSTOMERS,
    people.CONTACTS,
    goods.PRODUCTS,
    goods.STOCK_LEVELS,
    campaigns.CAMPAIGNS,
    campaigns.CAMPAIGN_MEMBERS,
    pipeline.STAGES,
    pipeline.DEALS,
    pipeline.LEADS,
    pipeline.DEAL_STAGES,
    pipeline.DEAL_CHANGES,
    pipeline.DEAL_PRODUCTS,
    pipeline.QUOTES,
    orders.ORDERS,
    orders.ORDER_LINES,
    billing.INVOICES,
    billing.PAYMENTS,
    billing.SUBSCRIPTIONS,
    billing.COSTS,
    contact.ACTIVITIES,
    contact.EVENTS,
    service.TICKETS,
    service.TICKET_EVENTS,
    service.RESPONSES,
    reference.TARGETS,
    reference.SLA_TARGETS,
    reference.COMPETITOR_FACTS,
    reference.MARKET_SIZES,
    reference.FORECASTS,
    reference.EXCHANGE_RATES,
    reference.BUSINESS_HOURS,
    reference.HOLIDAYS,
    others.OTHER_RECORDS,
)

TABLES: Final[Mapping[str, Table]] = MappingProxyType({table.name: table for table in _IN_ORDER})
