"""Conversion from interest to sale: one cohort, each lead once, the young ones pending."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from crmetrics.sales.leads import is_no_lead
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.scope import Filter, Viewer
from tests.company import company

KEY = "sales.lead_conversion"
STAGES = [
    {"stage": name, "stage_no": no, "kind": kind}
    for no, (name, kind) in enumerate((("talk", "open"), ("won", "won"), ("lost", "lost")))
]


def lead(lead_id: str, created: str = "2025-05-02", **more: Any) -> dict[str, Any]:
    return {"lead_id": lead_id, "created_at": created, **more}


def deal(deal_id: str, is_won: bool | None = None, closed: str | None = None, **more: Any) -> dict[str, Any]:
    stage = {True: "won", False: "lost", None: "talk"}[is_won]
    return {
        "deal_id": deal_id, "stage": stage, "created_at": "2025-05-10", "closed_at": closed, "is_won": is_won, "amount": 100, **more,
    }  # fmt: skip


def quote(quote_id: str, sent: str, **more: Any) -> dict[str, Any]:
    return {"quote_id": quote_id, "sent_at": sent, **more}


def asked_of(leads: list[dict[str, Any]], period: str = "2025-05", reaches: str = "2025-12-01", **more: Any) -> Any:
    tables = {
        name: more.pop(name) for name in ("deals", "quotes", "orders", "order_lines", "exchange_rates") if name in more
    }
    with company(reaches=reaches, stages=STAGES, leads=leads, **tables) as asked:
        return asked.ask(KEY, period=period, **more)


def column(answer: Any, name: str) -> list[Any]:
    return [getattr(row, name) for row in answer.rows]


def left_out(answer: Any) -> list[tuple[str, int]]:
    return [(str(left.reason), left.rows) for left in answer.passport.rows_left_out]


def notes(answer: Any) -> list[str]:
    return [str(note.message) for note in answer.notes]


def test_the_worked_example() -> None:
    # 100 leads in May; 30 quotes dated May, of which 12 are of these leads
    may = [lead(f"m{number}", deal_id=f"m{number}" if number < 12 else None) for number in range(100)]
    april = [lead(f"a{number}", "2025-04-10", deal_id=f"a{number}") for number in range(18)]
    deals = [deal(each["deal_id"]) for each in (*may, *april) if each["deal_id"]]
    quotes = [quote(each["deal_id"], "2025-05-20", deal_id=each["deal_id"]) for each in deals]
    answer = asked_of(may + april, deals=deals, quotes=quotes, within=90)
    rates = {row.step: row.cumulative for row in answer.rows}
    assert rates["quote"] == 0.12
    assert column(answer, "leads") == [100, 12, 12, 12, 0]


CASES = [
    lead("won", deal_id="w", qualified_at="2025-05-05"),
    lead("skipped", deal_id="s"),  # no qualification and no quote, yet won
    lead("lost deal", deal_id="l", qualified_at="2025-05-06"),
    lead("no need", disqualified_at="2025-05-08", disqualify_reason="no need"),
    lead("later no need", qualified_at="2025-05-04", disqualified_at="2025-05-09", disqualify_reason="no need"),
    lead("waits"),
]
DEALS = [
    deal("w", True, "2025-06-01"),
    deal("s", True, "2025-06-02", amount=300),
    deal("l", False, "2025-06-03", amount=50),
]
QUOTES = [quote("1", "2025-05-20", deal_id="w"), quote("2", "2025-05-21", deal_id="l"), quote("3", None, deal_id="s")]


def test_reached_or_later() -> None:
    answer = asked_of(CASES, deals=DEALS, quotes=QUOTES, within=90)
    assert column(answer, "step") == ["lead", "qualified", "deal", "quote", "sale"]
    assert column(answer, "leads") == [6, 4, 3, 3, 2]
    assert column(answer, "lost") == [1, 1, 0, 1, 0]
    assert column(answer, "reason") == ["no need", "no need", None, None, None]
    assert column(answer, "open_leads") == [1, 0, 0, 0, 0]
    assert column(answer, "amount") == [450, 450, 450, 450, 400]
    assert (answer.total.leads, answer.total.moved, answer.total.next_rate) == (6, 2, pytest.approx(1 / 3))
    for row in list(answer.rows)[:-1]:
        assert row.leads == row.moved + row.lost + row.open_leads


def test_only_what_happened_within_the_days_counts() -> None:
    answer = asked_of(CASES, deals=DEALS, quotes=QUOTES, within=19)
    assert column(answer, "leads") == [6, 4, 3, 2, 0]  # by 21 May: two quotes, no sale
    assert column(answer, "open_leads") == [1, 0, 1, 2, 0]


def test_the_young_ones_are_pending_and_in_no_rate() -> None:
    young = [lead("y1", "2025-05-30", deal_id="y"), lead("y2", "2025-05-31")]
    deals = [*DEALS, deal("y", True, "2025-06-01", created_at="2025-05-31")]
    answer = asked_of([*CASES, *young], deals=deals, quotes=QUOTES, within=40, reaches="2025-07-01")
    assert column(answer, "leads") == [6, 4, 3, 3, 2]
    assert column(answer, "pending") == [2, 1, 1, 1, 1]
    assert (answer.passport.rows_used, left_out(answer)) == (6, [("younger than 40 days", 2)])
    # on the day on which they are old enough they count
    older = asked_of([*CASES, *young], deals=deals, quotes=QUOTES, within=40, reaches="2025-07-10")
    assert (older.total.leads, older.total.moved) == (8, 3)


def test_the_window_is_what_nine_of_ten_sales_took() -> None:
    leads = [lead(f"{days}", "2025-03-01", deal_id=f"{days}") for days in (10, 20, 30, 40, 50)]
    deals = [
        deal(
            each["deal_id"],
            True,
            str(datetime(2025, 3, 1) + timedelta(days=int(each["deal_id"]))),
            created_at="2025-03-01",
        )
        for each in leads
    ]
    answer = asked_of(leads, deals=deals, period="2025-03")
    assert "Nine of ten leads that were won had been within 46 days: so long each lead is given." in notes(answer)
    assert (answer.total.leads, answer.total.moved) == (5, 4)
    few = asked_of(leads[:4], deals=deals, period="2025-03")
    assert "Too few leads were won to tell how long it takes: 90 days are taken." in notes(few)
    assert (few.total.leads, few.total.moved) == (4, 4)
    # sales of more than two years ago do not tell
    assert any(
        "90 days" in note for note in notes(asked_of(leads, deals=deals, period="2025-03", reaches="2027-06-01"))
    )


def test_the_window_is_the_companys_for_everybody() -> None:
    leads = [
        lead(f"{days}", "2025-03-01", deal_id=f"{days}", owner_id="ann" if days > 30 else "ben")
        for days in (10, 20, 30, 40, 50)
    ]
    deals = [
        deal(
            each["deal_id"],
            True,
            str(datetime(2025, 3, 1) + timedelta(days=int(each["deal_id"]))),
            owner_id=each["owner_id"],
        )
        for each in leads
    ]
    answer = asked_of(leads, deals=deals, period="2025-03", viewer=Viewer("ann", "self", "ann"))
    assert (answer.total.leads, answer.total.moved) == (2, 1)
    assert any("within 46 days" in note for note in notes(answer))


def test_what_never_was_a_lead_is_left_out_unless_asked_for() -> None:
    wrong = [
        lead("x1", disqualified_at="2025-05-03", disqualify_reason="SPAM mail"),
        lead("x2", disqualified_at="2025-05-03", disqualify_reason="Test entry"),
        lead("x3", disqualified_at="2025-05-03", disqualify_reason="Дублікат"),
        lead("x4", "2025-05-03", deal_id="w"),  # a second lead of a deal
    ]
    answer = asked_of([*CASES, *wrong], deals=DEALS, quotes=QUOTES, within=90)
    assert column(answer, "leads") == [6, 4, 3, 3, 2]
    assert left_out(answer) == [("disqualified as spam, test or duplicate", 3), ("a further lead of a deal", 1)]
    everything = asked_of([*CASES, *wrong], deals=DEALS, quotes=QUOTES, within=90, spam=True)
    assert (everything.total.leads, everything.total.moved, left_out(everything)) == (10, 3, [])


@pytest.mark.parametrize(
    ("reason", "is_none"),
    [
        *((each, True) for each in ("test", "Test lead", "Deneme kaydı", "тестовий лід", "测试数据", "Mükerrer kayıt")),
        *((each, False) for each in ("wanted the latest model", "Deneme süresi bitti", "Контест", "no contest", None)),
        *((each, False) for each in ("Test failed", "а", "other")),
    ],
)
def test_only_what_says_nothing_but_test_is_one(reason: str | None, is_none: bool) -> None:
    rows = Rows({}).with_columns(reason=[reason])
    assert is_no_lead(rows).tolist() == [is_none]


def test_a_filter_goes_by_the_lead_and_follows_its_deal_to_others() -> None:
    leads = [lead("1", deal_id="w", source="web", owner_id="ann"), lead("2", source="web", owner_id="ann")]
    deals = [deal("w", True, "2025-06-01", source="referral", owner_id="ben")]
    for where in (Filter("source", ("web",)), Filter("owner", ("ann",))):
        answer = asked_of(leads, deals=deals, within=90, where=(where,))
        assert (answer.total.leads, answer.total.moved) == (2, 1)


def test_groups_and_their_total() -> None:
    leads = [each | {"source": "web" if number % 2 else "fair"} for number, each in enumerate(CASES)]
    answer = asked_of(leads, deals=DEALS, quotes=QUOTES, within=90, by="source")
    assert {(row.party, row.step): row.leads for row in answer.rows if row.step in ("lead", "sale")} == {
        ("fair", "lead"): 3, ("fair", "sale"): 1, ("web", "lead"): 3, ("web", "sale"): 1,
    }  # fmt: skip
    assert answer.total == asked_of(leads, deals=DEALS, quotes=QUOTES, within=90).total


def test_by_money_only_deals_have_rates() -> None:
    answer = asked_of(CASES, deals=DEALS, quotes=QUOTES, within=90, of="amount")
    assert column(answer, "next_rate") == [None, None, 1, pytest.approx(400 / 450), None]
    assert column(answer, "leads") == [6, 4, 3, 3, 2]
    dollars = [*DEALS[:2], deal("l", False, "2025-06-03", amount=50, currency="USD")]
    answer = asked_of(CASES, deals=dollars, quotes=QUOTES, within=90, of="amount")
    assert column(answer, "amount") == [400, 400, 400, 400, 400]
    assert "1 deal is in a currency without a rate." in notes(answer)


def test_without_deals_the_first_purchase_after_the_lead_is_the_sale() -> None:
    leads = [lead("1", customer_id="c"), lead("2", customer_id="d"), lead("3")]
    orders = [
        {"order_id": name, "customer_id": customer, "ordered_at": day}
        for name, customer, day in (
            ("o0", "c", "2025-05-01"),
            ("o1", "c", "2025-06-01"),
            ("o2", "c", "2025-06-09"),
            ("o3", "d", "2025-05-01"),
        )
    ]
    lines = [{"order_id": each["order_id"], "line_no": 1, "quantity": 1, "net_amount": 40} for each in orders]
    quotes = [quote("q", "2025-05-20", customer_id="d")]
    answer = asked_of(leads, orders=orders, order_lines=lines, quotes=quotes, within=90)
    assert column(answer, "step") == ["lead", "qualified", "quote", "sale"]
    assert column(answer, "leads") == [3, 2, 2, 1]
    assert column(answer, "amount") == [40, 40, 40, 40]
    assert "There are no deals: won is the customer's first purchase after the lead." in notes(answer)


def test_the_step_that_loses_most_is_told() -> None:
    gone = [
        lead(f"g{number}", qualified_at="2025-05-03", disqualified_at="2025-05-04", disqualify_reason="price")
        for number in range(40)
    ]
    answer = asked_of([*gone, *CASES], deals=DEALS, quotes=QUOTES, within=90)
    assert [str(each.message) for each in answer.findings] == [
        "The step that loses most leads is Qualified: 41 of 44, 93.2%."
    ]
    assert asked_of(CASES, deals=DEALS, quotes=QUOTES, within=90).findings == ()


@pytest.mark.parametrize("seed", range(3))
def test_counted_one_by_one(seed: int) -> None:
    rng = random.Random(seed)
    start = datetime(2025, 5, 1)
    leads, deals, quotes, furthest = [], [], [], []
    for number in range(60):
        at = start + timedelta(hours=rng.randrange(24 * 30))
        moments = [at + timedelta(days=rng.randint(1, 60)) for _ in range(4)]
        qualified, made, sent, ended = (moment if rng.random() < 0.6 else None for moment in sorted(moments))
        name = f"d{number}"
        leads.append(
            lead(f"l{number}", str(at), qualified_at=qualified and str(qualified), deal_id=name if made else None)
        )
        if made:
            is_won = rng.random() < 0.5 if ended else None
            deals.append(deal(name, is_won, ended and str(ended), created_at=str(made)))
            quotes += [quote(f"q{number}", str(sent), deal_id=name)] if sent else []
        won = ended if made and ended and deals[-1]["is_won"] else None
        reached = [qualified, made, sent if made else None, won]
        within = [each is not None and each - at <= timedelta(days=30) for each in reached]
        if start + timedelta(days=60) - at >= timedelta(days=30):
            furthest.append(max((place for place, came in enumerate(within, 1) if came), default=0))
    answer = asked_of(leads, deals=deals, quotes=quotes, within=30, reaches=str(start + timedelta(days=60)))
    assert column(answer, "leads") == [sum(each >= place for each in furthest) for place in range(5)]


def test_nothing_asked_of_nothing() -> None:
    answer = asked_of(CASES, deals=DEALS, period="2020", within=90)
    assert (answer.total.leads, answer.total.next_rate) == (0, None)
    assert notes(answer) == ["No cases in this period, so there is no rate."]
