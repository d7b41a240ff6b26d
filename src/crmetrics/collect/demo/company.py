"""The demo company from its blueprint to its export files, its mapping and its truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from crmetrics.collect.demo import people, pipeline, products, spending, tickets, voices
from crmetrics.collect.demo.activities import activities_sheet, draw_activities, follow_ups
from crmetrics.collect.demo.arrays import BLANK, DAY, Ints, exact_sums
from crmetrics.collect.demo.billing import (
    Credits,
    credits_of,
    draw_invoices,
    invoices_sheet,
    payments_sheet,
)
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.campaigns import Campaigns, campaigns_sheet, members_sheet
from crmetrics.collect.demo.customers import Customers, contacts_sheet, customer_id, customers_sheet, draw_customers
from crmetrics.collect.demo.deals import Deals, draw_deals
from crmetrics.collect.demo.export import Exporter
from crmetrics.collect.demo.leads import draw_leads, leads_sheet, quotes_sheet
from crmetrics.collect.demo.lines import LineMaker, Part
from crmetrics.collect.demo.order_files import FAR_NUMBER, Faults, order_lines_sheet, orders_sheet
from crmetrics.collect.demo.orders import FIRST_UNKNOWN, Orders, copy_customers, draw_orders, first_traces, parts_of
from crmetrics.collect.demo.people import Staff
from crmetrics.collect.demo.place import SMALLEST, place
from crmetrics.collect.demo.rates import Rates, rates_sheet
from crmetrics.collect.demo.sheet import Sheet
from crmetrics.collect.demo.span import Span, as_date
from crmetrics.collect.demo.subscriptions import draw_subscriptions, subscription_figures, subscriptions_sheet
from crmetrics.collect.demo.truth_deals import DealTruth
from crmetrics.collect.demo.truth_planted import planted
from crmetrics.collect.demo.truth_sales import MILLIONTHS, SalesTruth
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.disk import told_of_a_full_disk

_ = words("demo")

UNTIL: Final = date(2026, 11, 1)
"""The first day not covered, unless another is asked for: fixed, so that the company is the same tomorrow."""
LINES_A_FILE: Final = 500_000
BYTES_A_LINE: Final = 250
"""All files together, for each order line."""


@dataclass(frozen=True)
class Company:
    """Everything that is drawn before the first file is written, the lines of orders excepted."""

    staff: Staff
    customers: Customers
    copied: Ints
    deals: Deals
    orders: Orders
    campaigns: Campaigns
    rates: Rates
    products: products.Products
    mean_rate: float


def write_demo(
    folder: Path, *, language: str = "en", lines: int = 20_000, seed: int = 2026, until: date | None = None
) -> Path:
    """Write a company's export files, the mapping that reads them, and the truth about them; return the mapping's path.

    The same language, lines, seed and until give the same bytes. `lines`: order lines, met within a few percent.
    `until`: the first day not covered (1 November 2026 if not given); the three years before it are.
    Raises UnknownName for a language without a demo company, BadValue for fewer lines than the planted facts need,
    NoSpace where the folder cannot be written.
    """
    if lines < SMALLEST:
        raise BadValue(
            _(
                "A demo company of {lines} order lines is too small to show anything. Ask for {least} or more.",
                lines=lines,
                least=SMALLEST,
            )
        )
    here = place(language)
    blueprint = Blueprint(here, Span.before(until or UNTIL, here.holidays), lines, seed)
    with told_of_a_full_disk(folder, lines * BYTES_A_LINE), Exporter(folder, here) as exporter:
        folder.mkdir(parents=True, exist_ok=True)
        writer = _Writer(blueprint, _draw(blueprint), exporter)
        writer.write_all()
        text = json.dumps(writer.truth(), ensure_ascii=False, indent=1)
        (folder / "truth.json").write_text(text + "\n", encoding="utf-8")
        return exporter.write_mapping()


def _draw(blueprint: Blueprint) -> Company:
    staff = Staff.of(blueprint)
    customers = draw_customers(blueprint, staff)
    deals = draw_deals(blueprint, customers, staff)
    drawn, mean_rate = draw_orders(blueprint, customers, deals)
    orders, copied = copy_customers(drawn, customers)
    return Company(
        staff=staff,
        customers=customers,
        copied=copied,
        deals=deals,
        orders=orders,
        campaigns=Campaigns.of(blueprint.span),
        rates=Rates.draw(blueprint),
        products=products.draw_products(blueprint),
        mean_rate=mean_rate,
    )


def _gross_returns(part: Part) -> tuple[Ints, Ints, Ints]:
    """Order place, second and gross cents of every return document of a part."""
    returns = part.returns
    gross = exact_sums(returns.lines.order, returns.lines.net + returns.lines.tax, len(returns.original))
    return part.start + returns.original, returns.at, gross


class _Writer:
    """Writes the files in the order of the data model and gathers the truth on the way."""

    def __init__(self, blueprint: Blueprint, company: Company, exporter: Exporter) -> None:
        self._blueprint = blueprint
        self._company = company
        self._exporter = exporter
        self._faults = Faults(blueprint.place)
        self._sales = SalesTruth(blueprint, company.rates, company.products)
        self._facts: dict[str, object] = {}
        self._without_customer = 0

    def write_all(self) -> None:
        """Write every file."""
        self._write_people()
        self._write_products()
        self._write_deals()
        credits = self._write_orders()
        self._write_money(credits)
        self._write_service()

    def _write(self, sheet: Sheet) -> None:
        self._exporter.write(self._faults.note(sheet))

    def _write_people(self) -> None:
        blueprint, company = self._blueprint, self._company
        traces = first_traces(company.orders, company.deals, company.customers)
        sheet, strange = customers_sheet(blueprint, company.customers, company.copied, traces)
        # A strange name is no fault of the file: it is read like any other.
        self._exporter.write(sheet)
        self._facts["strange_names"] = strange
        contacts, self._first_contact = contacts_sheet(blueprint, company.customers)
        self._write(contacts)
        self._write(people.employees_sheet(blueprint, company.staff))

    def _write_products(self) -> None:
        self._write(products.products_sheet(self._blueprint, self._company.products))
        self._write(products.stock_sheet(self._blueprint, self._company.products))

    def _write_orders(self) -> Credits:
        """Draw and write the lines part by part; returns the returns."""
        blueprint, company = self._blueprint, self._company
        maker, rng = LineMaker(blueprint, company.products), blueprint.draws("order campaigns")
        returned: list[tuple[Ints, Ints, Ints]] = []
        for number, (start, stop) in enumerate(parts_of(company.orders, LINES_A_FILE), start=1):
            part = maker.draw(number, start, company.orders.part(start, stop))
            self._sales.add(part)
            returned.append(_gross_returns(part))
            nobody = part.orders.customer == BLANK
            self._without_customer += int(nobody.sum() + nobody[part.returns.original].sum())
            self._write(orders_sheet(blueprint, part, company.campaigns.running(rng, part.orders.day, 0.12)))
            self._write(order_lines_sheet(blueprint, part))
        return credits_of(returned)

    def _write_deals(self) -> None:
        blueprint, company = self._blueprint, self._company
        deals, rng = company.deals, blueprint.draws("deal campaigns")
        typed = pipeline.draw_expectations(blueprint, deals)
        leads = draw_leads(blueprint, deals, company.staff)
        by_campaign = company.campaigns.running(rng, deals.created_at // DAY, 0.2)
        self._write(leads_sheet(blueprint, leads, deals, company.campaigns.running(rng, leads.created_at // DAY, 0.2)))
        self._write(pipeline.stages_sheet(blueprint))
        self._write(pipeline.deals_sheet(blueprint, deals, typed, by_campaign))
        self._write(pipeline.deal_stages_sheet(blueprint, deals))
        self._write(pipeline.deal_changes_sheet(blueprint, deals, typed))
        self._write(quotes_sheet(blueprint, deals))
        truth = DealTruth(blueprint, deals, typed, company.rates)
        self._facts["deals"] = truth.figures(company.staff)
        self._won_cents = truth.won_cents
        activities = draw_activities(blueprint, company.customers, deals, leads, company.staff)
        self._write(activities_sheet(blueprint, activities, self._first_contact))
        self._facts["follow_ups"] = follow_ups(blueprint, activities, deals, company.staff)

    def _write_money(self, credits: Credits) -> None:
        blueprint, company = self._blueprint, self._company
        gross = np.concatenate(self._sales.order_gross)
        billed = draw_invoices(blueprint, company.orders, gross, credits, company.customers)
        self._write(invoices_sheet(blueprint, billed))
        self._write(payments_sheet(blueprint, billed))
        subscribed = draw_subscriptions(blueprint, company.customers)
        self._write(subscriptions_sheet(blueprint, company.customers, subscribed))
        self._facts["subscriptions"] = subscription_figures(blueprint, subscribed)
        sales = int(self._sales.by_month["net"].sum()) // (MILLIONTHS // 100)
        self._write(spending.costs_sheet(blueprint, company.campaigns, sales))
        self._write(spending.targets_sheet(blueprint, company.staff, sales, self._won_cents))
        self._write(rates_sheet(blueprint, company.rates))

    def _write_service(self) -> None:
        blueprint, company = self._blueprint, self._company
        self._write(campaigns_sheet(blueprint, company.campaigns))
        self._write(members_sheet(blueprint, company.campaigns, company.customers))
        drawn = tickets.draw_tickets(blueprint, company.customers, company.staff)
        self._write(tickets.tickets_sheet(blueprint, drawn, company.products))
        self._write(tickets.ticket_events_sheet(blueprint, drawn))
        self._write(voices.responses_sheet(blueprint, company.customers, drawn))
        self._write(voices.business_hours_sheet(blueprint))
        self._write(voices.holidays_sheet(blueprint))

    def _fault_figures(self) -> dict[str, object]:
        """The faults of the files: what an import must put aside, and what it must live with."""
        customers, orders, copied = self._company.customers, self._company.orders, self._company.copied
        unknown = orders.customer[(orders.customer >= FIRST_UNKNOWN)]
        copies = [
            {"customer_id": customer_id(customers.count + place), "copy_of": customer_id(int(original))}
            for place, original in enumerate(copied)
        ]
        return {
            "unreadable": self._faults.cells,
            "lines_of_unreadable_orders": self._sales.lines_of_unreadable_orders,
            "duplicate_customers": copies,
            "unknown_customer_ids": sorted(customer_id(int(place)) for place in unknown),
            "orders_without_customer": self._without_customer,
            "cancelled_orders": int(orders.is_cancelled.sum()),
            "order_in_the_future": {"order_id": f"S{FAR_NUMBER}", "ordered_on": "2099-12-31"},
        }

    def truth(self) -> dict[str, object]:
        """Everything that is known about the company."""
        blueprint, company = self._blueprint, self._company
        habits, span = blueprint.place.habits, blueprint.span
        return {
            "company": habits.company,
            "language": blueprint.place.language,
            "currency": blueprint.place.money.currency,
            "zone": habits.zone,
            "lines": blueprint.lines,
            "seed": blueprint.seed,
            "from": as_date(span.first).isoformat(),
            "until": as_date(span.last).isoformat(),
            "rows": self._exporter.rows,
            "faults": self._fault_figures(),
            "sales": self._sales.figures(company.orders, company.customers, company.copied),
            **self._facts,
            "planted": planted(blueprint, company.customers, company.orders, company.mean_rate),
        }
