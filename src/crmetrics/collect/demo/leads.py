"""Interest before a deal, and the quotes that deals were offered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, DAY, Flags, Ints, picked
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import customer_number, person_name
from crmetrics.collect.demo.deals import LOST, SOURCE_WEIGHTS, WON, Deals
from crmetrics.collect.demo.people import Staff
from crmetrics.collect.demo.pipeline import deal_number
from crmetrics.collect.demo.sheet import Amount, Cell, Count, Day, Glued, Moment, Number, Pick, Sheet


@dataclass(frozen=True)
class Leads:
    """Leads in order of creation; `deal` is the one it became (BLANK: none)."""

    created_at: Ints
    qualified_at: Ints
    disqualified_at: Ints
    deal: Ints
    owner: Ints
    source: Ints

    @property
    def count(self) -> int:
        return len(self.deal)


def draw_leads(blueprint: Blueprint, deals: Deals, staff: Staff) -> Leads:
    """Two of three deals were leads before; as many leads again came to nothing or are still open."""
    rng, span = blueprint.draws("leads"), blueprint.span
    end = span.working_days
    became = np.flatnonzero(rng.random(deals.count) < 0.65)
    before = np.maximum(deals.start[became] - rng.exponential(5.0, len(became)), 0.0)
    qualified = before + rng.random(len(became)) * (deals.start[became] - before)
    others = deals.count
    came = end * rng.random(others) ** 0.92
    is_refused = rng.random(others) < 0.85
    refused = came + rng.exponential(6.0, others)
    refused = np.where(is_refused & (refused < end), refused, np.inf)
    half_way = came + 0.5 * rng.exponential(6.0, others)
    is_half = (rng.random(others) < 0.2) & (half_way < np.minimum(refused, end))
    created = np.concatenate([before, came])
    order = np.argsort(created, kind="stable")
    created_at = span.working_moment(created[order])
    nobody = np.full(others, BLANK)
    owner = np.concatenate([deals.owner_then[became], staff.draw_reps(rng, span.working_moment(came) // DAY)])
    return Leads(
        created_at=created_at,
        qualified_at=span.working_moment(np.concatenate([qualified, np.where(is_half, half_way, np.inf)])[order]),
        disqualified_at=span.working_moment(np.concatenate([np.full(len(became), np.inf), refused])[order]),
        deal=np.concatenate([became, nobody])[order],
        owner=owner[order],
        source=np.concatenate([deals.source[became], picked(rng, SOURCE_WEIGHTS, others)])[order],
    )


def leads_sheet(blueprint: Blueprint, leads: Leads, deals: Deals, campaign: Ints) -> Sheet:
    """The list of leads; `campaign`: the campaign running when each came, if it came by one."""
    rng, place, count = blueprint.draws("lead list"), blueprint.place, leads.count
    lists, habits = place.lists, place.habits
    number = np.arange(1, count + 1, dtype=np.int64)
    customer = np.where(leads.deal == BLANK, BLANK, deals.customer[np.maximum(leads.deal, 0)])
    is_firm = np.where(rng.random(count) < 0.6, rng.integers(0, 40, count), BLANK)
    reason = np.where(leads.disqualified_at == BLANK, BLANK, picked(rng, [4.0, 4.0, 2.0, 0.6, 1.0], count))
    cells: dict[str, Cell] = {
        "lead_id": Number("L", number),
        "customer_id": customer_number(customer),
        "name": person_name(blueprint, rng.random(count) < 0.5, rng.integers(0, 20, count), rng.integers(0, 40, count)),
        "email": Glued(["lead", Count(number), "@" + habits.mail_company]),
        "phone": Number(habits.phone, rng.integers(0, 10**habits.phone_digits, count), habits.phone_digits),
        "company": Glued(
            [
                Pick(lists["firm_first"], is_firm),
                habits.name_joint,
                Pick(lists["firm_trade"], rng.integers(0, 16, count)),
            ]
        ),
        "source": Pick(lists["sources"], leads.source),
        "campaign_id": Number("CP", campaign, 3),
        "owner_id": Number("E", leads.owner, 4),
        "created_at": Moment(leads.created_at),
        "qualified_at": Moment(leads.qualified_at),
        "disqualified_at": Moment(leads.disqualified_at),
        "disqualify_reason": Pick(lists["disqualify_reasons"], reason),
        "deal_id": deal_number(leads.deal),
    }
    return Sheet("leads", ("lead_id",), count, cells)


@dataclass(frozen=True)
class _Quotes:
    deal: Ints
    sent_at: Ints
    is_last: Flags


def _sent(rng: np.random.Generator, deals: Deals) -> _Quotes:
    """One quote for each visit of the quote stage, and drafts for some deals before it."""
    first, again = np.flatnonzero(deals.slots[:, 3]), np.flatnonzero(deals.slots[:, 5])
    is_before = (deals.stage == 3) & (deals.furthest == 3)
    draft = np.flatnonzero(is_before & (rng.random(deals.count) < 0.4))
    deal = np.concatenate([first, again, draft])
    sent = np.concatenate([deals.entered[first, 3], deals.entered[again, 5], np.full(len(draft), BLANK)])
    is_last = np.concatenate([~deals.slots[first, 5], np.ones(len(again) + len(draft), dtype=bool)])
    order = np.lexsort((sent, deal))
    return _Quotes(deal[order], sent[order], is_last[order])


def quotes_sheet(blueprint: Blueprint, deals: Deals) -> Sheet:
    """The list of quotes: revisions, drafts, and what the customer said to the last one."""
    rng, place = blueprint.draws("quotes"), blueprint.place
    quotes = _sent(rng, deals)
    deal, count = quotes.deal, len(quotes.deal)
    is_sent = quotes.sent_at != BLANK
    answers = is_sent & quotes.is_last
    is_accepted = answers & (deals.outcome[deal] == WON)
    is_rejected = answers & (deals.outcome[deal] == LOST) & (rng.random(count) < 0.7)
    amount = np.where(deals.amount[deal] == BLANK, 120_000, deals.amount[deal])
    asked = np.where(quotes.is_last, amount, amount // 1000 * 1070)
    discount = np.where(rng.random(count) < 0.45, asked // 100 * rng.integers(2, 12, count), BLANK)
    reasons = place.lists["reject_reasons"]
    cells: dict[str, Cell] = {
        "quote_id": Number("Q", np.arange(1, count + 1)),
        "deal_id": deal_number(deal),
        "customer_id": customer_number(deals.customer[deal]),
        "owner_id": Number("E", deals.owner_then[deal], 4),
        "sent_at": Moment(quotes.sent_at),
        "amount": Amount(asked, is_grouped=True),
        "currency": Pick(place.money.codes, deals.currency[deal]),
        "discount": Amount(discount),
        "expires_on": Day(np.where(is_sent, quotes.sent_at // DAY + 30, BLANK)),
        "accepted_at": Moment(np.where(is_accepted, deals.closed_at[deal], BLANK)),
        "rejected_at": Moment(np.where(is_rejected, deals.closed_at[deal], BLANK)),
        "reject_reason": Pick(reasons, np.where(is_rejected, rng.integers(-1, len(reasons), count), BLANK)),
    }
    return Sheet("quotes", ("quote_id",), count, cells)
