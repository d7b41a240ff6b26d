"""Churn early warning: who is lost already is not warned of, nothing of tomorrow is learned from, reasons in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from crmetrics.catalogue import open_workspace
from crmetrics.customers.churn_features import features_of, overdue_of
from crmetrics.customers.churn_scores import CHURN_SCORES
from crmetrics.customers.churn_states import Span, prepare
from crmetrics.customers.risk_reasons import LOGARITHMS, PACES, SAID, UNKNOWN, in_words, next_step
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.words import say
from crmetrics.warehouse.scope import Filter, Scope, Viewer
from tests.company import company, on_both_engines

END = date(2026, 1, 1)


def orders_of(*bought: tuple[str, str, float], **more):
    """Tables of a company from (customer, day, net amount)."""
    named = [(f"o{number:05d}", *each) for number, each in enumerate(bought)]
    return {
        "customers": [
            {"customer_id": each, "kind": "person"} for each in sorted({customer for customer, _, _ in bought})
        ],
        "orders": [{"order_id": number, "customer_id": who, "ordered_at": day} for number, who, day, _ in named],
        "order_lines": [
            {
                "order_id": number,
                "line_no": 1,
                "quantity": 1 if net > 0 else -1,
                "net_amount": str(net),
                "product_id": "p1",
            }
            for number, _, _, net in named
        ],
        **more,
    }


def steady(customers=600):
    """Customers who buy every ten days or so. Half of those who complain stop within days; hardly any of the others does."""
    rng = np.random.default_rng(11)
    bought, tickets = [], []
    for number in range(customers):
        who, day = f"c{number:04d}", float(rng.uniform(0, 60))
        while day < 365:
            bought.append((who, str(datetime(2025, 1, 1) + timedelta(days=day)), round(float(rng.uniform(20, 80)), 2)))
            stops = rng.random() < 0.01
            if rng.random() < 0.08:
                filed = datetime(2025, 1, 1) + timedelta(days=day + 1)
                tickets.append(
                    {
                        "ticket_id": f"t{len(tickets)}",
                        "customer_id": who,
                        "is_complaint": True,
                        "status": "open",
                        "created_at": str(filed),
                    }
                )
                stops = stops or rng.random() < 0.8
            if stops:
                # comes back after two months as if new, so that there is somebody to lose on every day
                day += 60 + float(rng.uniform(0, 20))
            day += float(rng.exponential(6)) + 4
    kept = [ticket for ticket in tickets if ticket["created_at"] < "2026"]
    return orders_of(*bought, tickets=kept, products=[{"product_id": "p1", "name": "P", "category": "tea"}])


@pytest.fixture(scope="module")
def found():
    with company(reaches="2026-01-01", **steady()) as opened:
        yield opened


def test_what_was_planted_is_learned_and_said(found):
    answer = found.ask("customers.churn_risk", window=30)
    rows = list(answer.rows)
    assert answer.locked is None
    assert {row.model for row in rows} <= {"logistic", "boosted"}
    complained = [row for row in rows if row.next_step == "settle"]
    others = [row for row in rows if row.next_step != "settle"]
    assert len(complained) > 10
    assert np.mean([row.p for row in complained]) > 2 * np.mean([row.p for row in others])
    riskiest = max(rows, key=lambda row: row.p)
    assert "complaint" in " ".join(str(each) for each in (riskiest.reason_1, riskiest.reason_2, riskiest.reason_3))
    assert all(row.band == ("high" if row.p > 0.66 else "low" if row.p < 0.33 else "medium") for row in rows)
    assert [row.stake for row in rows] == sorted((row.stake for row in rows), reverse=True)
    assert answer.total.stake == pytest.approx(sum(row.stake for row in rows))


def test_the_models_are_told_beside_their_baselines(found):
    models = {row.model: row for row in found.ask("customers.churn_risk", window=30, show="models").rows}
    assert list(models)[:2] == ["base", "recency"]
    assert list(models)[-2:] == ["logistic", "boosted"]
    best = next(row for row in models.values() if row.is_used == "yes")
    assert best.average_precision > models["recency"].average_precision > 0
    assert models["base"].lift == pytest.approx(1)
    tenths = list(found.ask("customers.churn_risk", window=30, show="calibration").rows)
    assert sum(row.n for row in tenths) == models["base"].n
    assert sum(row.hits for row in tenths) / models["base"].n == pytest.approx(models["base"].average_precision)


def test_past_warnings_are_held_against_what_happened(found):
    runs = list(found.ask("customers.churn_risk", window=30, show="record").rows)
    assert [row.run_on for row in runs] == [date(2025, 12, 2), date(2025, 11, 2), date(2025, 10, 3)]
    for row in runs:
        assert row.right <= min(row.warned, row.lost)
        assert row.base == pytest.approx(row.lost / row.n)
        assert row.precision is None or row.precision == pytest.approx(row.right / row.warned)
        assert row.lead_days is None or 0 <= row.lead_days <= 30


def test_learned_and_tested_on_days_of_the_past(found):
    """H = 90, data end before 1 January 2026: learned on 5 July 2025, tested on 3 October 2025."""
    with found.warehouse(Scope()) as warehouse:
        model = warehouse.work_out(CHURN_SCORES, basis="purchases", window=90, horizon=90)
        assert (model.learned_on, model.tested_on) == (date(2025, 7, 5), date(2025, 10, 3))
        shorter = warehouse.work_out(CHURN_SCORES, basis="purchases", window=60, horizon=90)
        assert (shorter.span.window, shorter.span.horizon) == (60, 60)  # never further ahead than back


def test_the_window_is_that_of_nine_of_ten_gaps_before_the_day_of_learning(found):
    with found.warehouse(Scope()) as warehouse:
        span = warehouse.work_out(CHURN_SCORES, basis="purchases", window=0, horizon=0).span
        assert span.window == span.horizon == 30  # nearly all gaps are shorter: 30 days at least


def test_the_long_silent_are_lost_already():
    bought = [(f"live{number}", f"2025-12-{1 + number % 20:02d}", 10.0) for number in range(60)]
    bought += [(f"live{number}", f"2025-11-{1 + number % 20:02d}", 10.0) for number in range(60)]
    bought += [(f"gone{number}", "2023-12-20", 10.0) for number in range(40)]
    with company(reaches="2026-01-01", **orders_of(*bought)) as opened:
        answer = opened.ask("customers.churn_risk", window=60)
    assert len(answer.rows) == answer.passport.rows_used == 60
    assert {row.customer_id[:4] for row in answer.rows} == {"live"}
    assert [(each.rows, "lost already" in str(each.reason)) for each in answer.passport.rows_left_out] == [(40, True)]


def test_too_few_to_learn_from_stand_in_the_order_of_the_rule():
    bought = [("often", f"2025-{month:02d}-01", 10.0) for month in range(1, 12)]
    bought += [
        ("seldom", "2025-05-01", 10.0),
        ("seldom", "2025-11-01", 10.0),
        ("steady", "2025-11-20", 5.0),
        ("steady", "2025-12-20", 5.0),
    ]
    with company(reaches="2026-01-01", **orders_of(*bought)) as opened:
        answer = opened.ask("customers.churn_risk", window=90)
        assert [row.customer_id for row in answer.rows] == ["often", "seldom", "steady"]
        assert {row.p for row in answer.rows} | {row.stake for row in answer.rows} == {None}
        assert {row.model for row in answer.rows} == {"rule"}
        assert any("Too few customers" in str(note.message) and note.kind == "few" for note in answer.notes)
        assert len(opened.ask("customers.churn_risk", window=90, show="models").rows) == 0


def test_the_own_gap_is_drawn_to_that_of_all():
    """One gap of 10 days, 40 in the middle of all: (10 + 80) / 3 = 30 days (the worked example of the purchase rhythm)."""
    tables = orders_of(("a", "2025-12-01", 5.0), ("a", "2025-12-11", 5.0))
    with company(reaches="2026-01-01", **tables) as opened, opened.warehouse(Scope()) as warehouse:
        prepare(warehouse)
        states = Span("purchases", 60, 60).states(warehouse, END)
        assert overdue_of(states, 40.0)[0] == pytest.approx(21 / 30)


WHO = "c0000"
EXTRA = {
    "tickets": [{"ticket_id": "x1", "customer_id": WHO, "is_complaint": True, "status": "open", "created_at": "2025-07-05"}],
    "responses": [{"response_id": "r1", "kind": "csat", "customer_id": WHO, "score": "1", "scale_max": 5, "answered_at": "2025-07-06"}],
    "activities": [{"activity_id": "a1", "kind": "call", "customer_id": WHO, "created_at": "2025-07-05"}],
    "events": [{"event_id": "e1", "kind": "login", "customer_id": WHO, "occurred_at": "2025-07-05"}],
    "campaign_members": [{"campaign_id": "k", "customer_id": WHO, "wave": 1, "arm": "treated",
                          "assigned_at": "2025-06-01", "opened_at": "2025-07-05"}],
    "invoices": [{"invoice_id": "i1", "customer_id": WHO, "issued_on": "2025-05-01", "due_on": "2025-06-01", "amount": "10"}],
    "payments": [{"payment_id": "y1", "customer_id": WHO, "invoice_id": "i1", "paid_on": "2025-07-05", "amount": "10"}],
}  # fmt: skip


def told_on(day: date, **more):
    """The features of a day by customer, and whether each left, in a company with some more rows."""
    given = steady(30)
    given |= {
        name: [*given.get(name, []), *rows] for name, rows in more.items() if name not in ("orders", "order_lines")
    }
    for name in ("orders", "order_lines"):
        given[name] = [*given[name], *more.get(name, [])]
    with company(reaches="2026-01-01", **given) as opened, opened.warehouse(Scope()) as warehouse:
        prepare(warehouse)
        states = Span("purchases", 60, 60).states(warehouse, day)
        features = features_of(warehouse, states, 10.0)
        return (
            states.values("customer_id"),
            {name: values.tolist() for name, values in features.items()},
            states.values("is_lost"),
        )


def test_nothing_dated_on_the_day_or_later_is_learned_from():
    day = date(2025, 7, 5)
    old = {name: _old(rows) for name, rows in EXTRA.items() if name != "payments"} | {"invoices": EXTRA["invoices"]}
    line = {"order_id": "z", "line_no": 1, "quantity": 1, "net_amount": "999", "product_id": "p1"}
    later = {
        name: [*rows, *(old[name] if name not in ("invoices", "payments") else [])] for name, rows in EXTRA.items()
    }
    later["orders"] = [{"order_id": "z", "customer_id": WHO, "ordered_at": "2025-07-05"}]
    before, after = told_on(day, **old), told_on(day, **later, order_lines=[line])
    assert before[0] == after[0]
    where = before[0].index(WHO)
    before[1].pop("days_late")  # nothing tells which invoices are paid where no payment names one
    assert after[1].pop("days_late")[where] == pytest.approx(np.log1p(34))  # unpaid that morning, due on 1 June
    assert str(before[1]) == str(after[1])
    assert after[2][where] is False  # the order of that very day is what is to be foretold


def _old(rows):
    """The same rows long before, under another key."""
    first = next(iter(rows[0]))
    dated = [key for key in rows[0] if key.endswith(("ed_at", "paid_on"))]
    return [{**row, first: f"old-{row[first]}", **dict.fromkeys(dated, "2025-01-01")} for row in rows]


def test_a_day_of_the_past_is_told_as_it_was_told_then(demo_company):
    """What is learned from is what the product would have shown as the state of that day."""
    opened = open_workspace(demo_company("en"))
    span, day = Span("purchases", 120, 120), date(2026, 3, 1)
    told = []
    for scope in (Scope(), Scope(as_of=datetime(2026, 3, 1))):
        with opened.warehouse(scope) as warehouse:
            prepare(warehouse)
            states = span.states(warehouse, day)
            told.append((states.values("customer_id"), features_of(warehouse, states, 50.0)))
    assert len(told[0][0]) > 100
    assert told[0][0] == told[1][0]
    for name, values in told[0][1].items():
        assert values == pytest.approx(told[1][1][name], nan_ok=True), name


def test_the_risk_is_the_same_for_every_viewer(found):
    everything = {row.customer_id: row.p for row in found.ask("customers.churn_risk", window=30).rows}
    some = found.ask("customers.churn_risk", window=30, where=(Filter("customer", ("c0001", "c0002", "c0003")),))
    assert len(some.rows) <= 3
    assert all(everything[row.customer_id] == row.p for row in some.rows)
    assert len(found.ask("customers.churn_risk", window=30, viewer=Viewer("nobody", "self", None)).rows) == 0


def subscribed(customers=700):
    """Subscriptions: who stops using what he pays for gives it up soon, few of the others do."""
    rng = np.random.default_rng(2)
    rows, events = [], []
    for number in range(customers):
        who, start = f"s{number:04d}", date(2024, 1, 1) + timedelta(days=int(rng.integers(0, 500)))
        idle = rng.random() < 0.4
        life = int(rng.exponential(120 if idle else 1500)) + 60
        end = start + timedelta(days=life)
        dates = {"started_on": str(start), "ended_on": str(end) if end < END else None}
        plan = "basic" if number % 3 else "gold"
        rows.append(
            {"subscription_id": f"n{number}", "customer_id": who, "plan": plan, **dates, "monthly_amount": "30"}
        )
        for at in range(0, min(life, (END - start).days), 15):
            if not idle or at < 30:
                moment = datetime.combine(start, datetime.min.time()) + timedelta(days=at)
                events.append(
                    {"event_id": f"e{len(events)}", "kind": "usage", "customer_id": who, "occurred_at": str(moment)}
                )
    return {
        "customers": [{"customer_id": row["customer_id"], "kind": "person"} for row in rows],
        "subscriptions": rows,
        "events": events,
    }


def test_contracts_are_lost_when_they_end():
    with company(reaches="2026-01-01", **subscribed()) as opened:
        answer = opened.ask("customers.churn_risk", of="subscriptions")
        running = {row["customer_id"] for row in subscribed()["subscriptions"] if row["ended_on"] is None}
        assert {row.customer_id for row in answer.rows} == running
        assert answer.rows[0].model in ("recency", "logistic", "boosted")
        assert all(row.stake == pytest.approx(row.p * 30 * 90 / (365.25 / 12)) for row in answer.rows)
        models = {row.model: row for row in opened.ask("customers.churn_risk", of="subscriptions", show="models").rows}
        assert "alive" not in models
        runs = list(opened.ask("customers.churn_risk", of="subscriptions", show="record").rows)
        assert runs[0].run_on == date(2025, 10, 3)


@pytest.mark.slow
@pytest.mark.spark
def test_spark_learns_the_same():
    """To six digits: what is learned from is equal, but sums over thousands of cases differ with the order of adding."""
    with on_both_engines(reaches="2026-01-01", **steady(500)) as both:
        for show, names in (
            ("models", ("brier", "log_loss", "average_precision", "auc")),
            ("customers", ("p", "stake", "rule")),
        ):
            one, other = (each.ask("customers.churn_risk", window=30, show=show) for each in both)
            assert len(one.rows) == len(other.rows) > 0
            by_key = {(row.customer_id, row.model): row for row in other.rows}
            for row in one.rows:
                found = by_key[row.customer_id, row.model]
                assert row.next_step == found.next_step
                for name in names:
                    assert getattr(row, name) == pytest.approx(getattr(found, name), rel=1e-6, nan_ok=True), name
        assert next(iter(one.rows)).model in ("logistic", "boosted")


def test_reasons_are_said_in_every_language():
    kept = [f"{sign}|{name}|{value}" for name in SAID for sign, value in (("+", "2"), ("-", ""))] + [
        "+|plan|gold",
        "-|plan|",
        "-|days_late|0",
        *(f"+|{name}|2/0" for name in PACES),
    ]
    for language in ("en", "tr", "uk", "zh"):
        said = [say(in_words(each), format_for(language, "EUR", "UTC")) for each in kept]
        assert all("{" not in each for each in said)
        assert all(each[0] in "↑↓" for each in said)
    assert str(in_words("+|satisfaction|")) == "↑ satisfaction never asked"
    assert str(in_words("-|days_late|0")) == "↓ no invoice late"
    assert str(in_words("+|tickets|1/0")) == "↑ requests: 1, in the window before: 0"  # +200 % would be made up
    assert in_words(None) is None
    assert set(LOGARITHMS) | set(UNKNOWN) <= set(SAID)


def test_the_next_step_is_by_what_speaks_for_the_loss():
    assert next_step(("-|open_complaints|0", "+|days_late|30", None), True) == "pay"
    assert next_step(("+|recency|30", None, None), True) == "call"
    assert next_step((None, None, None), False) == "write"


def test_no_step_against_what_is_not_there():
    """In a company where who complains stays, having no complaint speaks for the loss: there is nothing to settle."""
    for absent in ("open_complaints|0", "complaints|0", "days_late|0", "returns|0", "discount|0", "price_change|-0.1"):
        assert next_step((f"+|{absent}", None, None), True) == "call", absent
    for silent in ("satisfaction|", "satisfaction|0.9", "days_late|"):
        assert next_step((f"+|{silent}", "+|open_complaints|1", None), True) == "settle", silent
    assert next_step(("+|satisfaction|0.2", None, None), True) == "ask"
