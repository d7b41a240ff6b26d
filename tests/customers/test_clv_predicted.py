"""Predicted lifetime value: the reduced histories, the contest of models, values and their intervals, and what they never do."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

import numpy as np
import pytest

from crmetrics.customers.future_values import VALUES_OF_ALL, grades
from crmetrics.customers.purchase_histories import HISTORIES_OF_ALL
from crmetrics.models import BetaGeometric, GammaGamma
from crmetrics.models.lifetime_value import MONTH
from crmetrics.warehouse.scope import Scope, Viewer
from tests.company import company, on_both_engines
from tests.customers.purchases import bought

KEY = "customers.clv_predicted"
FIRST, AS_OF = date(2024, 1, 1), date(2026, 1, 1)


def day(number):
    return str(FIRST + timedelta(days=int(number)))


def histories(tables, **more):
    with company(**tables, **more) as opened, opened.warehouse(Scope()) as warehouse:
        learned = warehouse.work_out(HISTORIES_OF_ALL)
        rows = warehouse.query("select * from purchase_histories order by customer_id")
        return {row["customer_id"]: row for row in rows.records()}, learned


def shop(seed=1, customers=260, costs=True):
    """Customers who come within the first half, buy at rates of their own and leave after purchases (BG/NBD)."""
    chance = np.random.default_rng(seed)
    purchases = []
    for number in range(customers):
        rate, leaves, now = chance.gamma(0.9, 1 / 40), chance.beta(0.8, 2.5), chance.integers(0, 400)
        typical = chance.gamma(6, 5)
        while now < (AS_OF - FIRST).days:
            purchases.append((f"c{number:03}", day(now), round(float(typical * chance.gamma(5, 0.2)), 2) + 1))
            if chance.random() < leaves:
                break
            now += int(np.ceil(chance.exponential(1 / rate)))
    tables = bought(purchases)
    for line in tables["order_lines"] if costs else []:
        line["cost_amount"] = round(0.6 * line["net_amount"], 2)
    for place, row in enumerate(tables["customers"]):
        row |= {"source": "web" if place % 3 else "fair", "owner_id": "R" if place % 5 == 0 else "Q"}
    return tables


@pytest.fixture(scope="module")
def opened():
    with company(**shop()) as asked:
        yield asked


def said(answer):
    return " ".join(str(note.message) for note in answer.notes)


# ── reduced histories ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_meanings_of_recency():
    found, _learned = histories(bought([("A", day(0)), ("A", day(70))]), reaches=day(100))
    assert (found["A"]["frequency"], found["A"]["recency"]) == (1, 10)
    assert found["A"]["age"] == pytest.approx(14.2857142857)


def test_purchases_of_one_week_are_several_and_of_one_day_one():
    # Monday, Wednesday and Wednesday of one calendar week
    found, _learned = histories(
        bought([("A", "2025-06-02", 10), ("A", "2025-06-04", 20), ("A", "2025-06-04 15:00", 40)])
    )
    assert (found["A"]["frequency"], found["A"]["value"]) == (1, 60)
    assert found["A"]["recency"] == pytest.approx(2 / 7)


def test_refunds_cancelled_and_free_orders_are_no_purchases():
    tables = bought(
        [("A", day(0), 50), ("A", day(10), -20), ("A", day(20), 0), ("A", day(30), 70, {"is_cancelled": True})]
    )
    found, _learned = histories(tables)
    assert (found["A"]["frequency"], found["A"]["recency"], found["A"]["value"]) == (0, 0, 0)
    assert found["A"]["net"] == 30


def test_a_purchase_of_unknown_value_does_not_lower_the_mean():
    """In a currency without a rate: it is a purchase, and nobody knows what it is worth."""
    dollars = {"currency": "USD"}
    later = [("A", day(0), 10), ("A", day(10), 60), ("A", day(20), 99, dollars), ("A", day(30), 80)]
    first = [("B", day(0), 99, dollars), ("B", day(10), 60), ("B", day(20), 80)]
    found, _learned = histories(bought([*later, *first, ("C", day(0), 10), ("C", day(10), 99, dollars)]))
    assert {who: (row["frequency"], row["value"]) for who, row in found.items()} == {
        "A": (3, 70),
        "B": (2, 70),
        "C": (1, 0),
    }


def test_days_are_those_of_the_company():
    tables = bought([("A", "2025-06-01 22:30", 10), ("A", "2025-06-02 20:30", 10)])
    assert histories(tables, zone="Europe/Istanbul")[0]["A"]["frequency"] == 0
    assert histories(tables, zone="UTC")[0]["A"]["frequency"] == 1


def test_histories_written_out():
    chance = Random(5)
    purchases = [
        (f"c{chance.randint(1, 25):02}", day(chance.randint(0, 700)), chance.choice([-30, 0, 15, 40, 40, 90]))
        for _ in range(220)
    ]
    found, learned = histories(bought(purchases), reaches=str(AS_OF))
    for customer in {who for who, _day, _amount in purchases}:
        days = {}
        for who, on, amount in purchases:
            if who == customer and amount > 0:
                days[on] = days.get(on, 0) + amount
        if not days:
            assert customer not in found
            continue
        first, last = (date.fromisoformat(each(days)) for each in (min, max))
        row = found[customer]
        assert (row["frequency"], row["first_on"]) == (len(days) - 1, first)
        assert row["recency"] == pytest.approx((last - first).days / 7)
        assert row["age"] == pytest.approx((AS_OF - first).days / 7)
        again = sorted(days.items())[1:]
        assert row["value"] == pytest.approx(sum(money for _on, money in again) / len(again) if again else 0)
    assert learned.test is None  # too few customers


# ── values ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_value_is_that_of_the_formula(opened):
    answer = opened.ask(KEY, horizon=6, discount=12)
    with opened.warehouse(Scope()) as warehouse:
        buying = warehouse.work_out(HISTORIES_OF_ALL)
        values = {
            row["customer_id"]: row["value"]
            for row in warehouse.query("select * from purchase_histories order by customer_id").records()
        }
    model, spend, rate = buying.model, buying.spend, buying.spending.margin
    assert isinstance(spend, GammaGamma)
    assert rate == pytest.approx(0.4, abs=1e-3)
    for row in list(answer.rows)[:20]:
        history = (row.btyd_x, row.btyd_tx, row.btyd_t)
        upto = [0.0, *(float(model.expected_purchases(month * MONTH / 7, *history)) for month in range(1, 7))]
        discounted = sum((upto[k] - upto[k - 1]) / 1.12 ** (k / 12) for k in range(1, 7))
        each = float(spend.expected_value(row.btyd_x, values[row.customer_id]))
        assert row.p_alive == pytest.approx(float(model.alive(*history)))
        assert row.expected_purchases == pytest.approx(upto[-1])
        assert row.expected_value == pytest.approx(each)
        assert row.clv == row.per_customer == pytest.approx(rate * each * discounted)
        assert row.lifetime_value == pytest.approx(row.historic + row.clv)
        assert 0 <= row.low <= row.clv <= row.high


def test_a_model_wins_that_foretells_better_than_the_baselines(opened):
    rows = {row.model: row for row in opened.ask(KEY, show="models").rows}
    used = [name for name, row in rows.items() if row.is_used == "yes"]
    assert len(used) == 1
    assert used[0] in ("BG/NBD", "MBG/NBD", "Pareto/NBD")  # the customers do leave
    assert rows[used[0]].rmse < min(rows[name].rmse for name in ("rate", "mean", "zero"))
    assert abs(rows[used[0]].bias) < 0.2
    assert rows["zero"].bias == -1
    assert rows["rate"].surprise is None
    least = min(row.surprise for row in rows.values() if row.surprise is not None and row.rmse < rows["mean"].rmse)
    assert rows[used[0]].surprise == least


def test_the_test_by_class_adds_up(opened):
    models = {row.model: row for row in opened.ask(KEY, show="models").rows}
    used = next(row for row in models.values() if row.is_used == "yes")
    tenths, bins = (list(opened.ask(KEY, show=show).rows) for show in ("tenths", "frequency"))
    assert sum(row.foretold for row in tenths) == pytest.approx(used.foretold)
    assert sum(row.happened for row in tenths) == pytest.approx(used.happened)
    assert sum(row.at_own_rate for row in tenths) == pytest.approx(models["rate"].foretold)
    assert sum(row.happened * row.customers for row in bins) == pytest.approx(used.happened)
    assert [row.class_no for row in bins][:2] == ["0", "1"]
    assert bins[0].at_own_rate == 0
    assert tenths[0].happened / tenths[0].customers < tenths[-1].happened / tenths[-1].customers
    for show in ("tenths", "frequency", "models"):
        assert opened.ask(KEY, show=show).total is None


def test_groups_and_cohorts_are_sums_with_intervals_of_their_own(opened):
    single = list(opened.ask(KEY).rows)
    for by in ("source", "quarter"):
        answer = opened.ask(KEY, by=by)
        assert answer.total.clv == pytest.approx(sum(row.clv for row in single))
        assert sum(row.customers for row in answer.rows) == len(single)
        assert sum(row.clv for row in answer.rows) == pytest.approx(answer.total.clv)
        for row in answer.rows:
            assert row.low < row.clv < row.high
        # chance evens out: the whole is surer than its parts
        assert (answer.total.high - answer.total.low) / answer.total.clv < max(
            (row.high - row.low) / row.clv for row in answer.rows
        )
    assert answer.total.per_customer == pytest.approx(answer.total.clv / len(single))


def test_choices_of_money_horizon_and_discount(opened):
    plain = opened.ask(KEY).total.clv
    assert opened.ask(KEY, discount=0).total.clv > plain
    assert opened.ask(KEY, horizon=24).total.clv > 1.3 * plain
    sales = opened.ask(KEY, money="net_sales")
    assert sales.total.clv == pytest.approx(plain / 0.4, rel=2e-3)
    assert "net sales, not margin" in said(sales)


def test_grades_are_cut_by_cumulated_value(opened):
    rows = list(opened.ask(KEY).rows)
    whole, before = sum(row.clv for row in rows), 0.0
    for row in rows:
        assert row.grade == ("A" if before < 0.8 * whole else "B" if before < 0.95 * whole else "C")
        before += row.clv
    assert grades(np.array([5.0, 5.0, 5.0, 5.0])).tolist() == ["A", "A", "A", "A"]  # equal values share their grade
    assert grades(np.array([0.0, -1.0])).tolist() == ["C", "C"]
    assert grades(np.array([])).tolist() == []


def test_a_value_is_the_same_for_every_viewer(opened):
    whole = {row.customer_id: row.as_dict() for row in opened.ask(KEY).rows}
    own = opened.ask(KEY, viewer=Viewer("rep", "self", "R"))
    assert 0 < len(own.rows) < len(whole)
    for row in own.rows:
        assert row.as_dict() == whole[row.customer_id]
    assert own.total.clv == pytest.approx(sum(row.clv for row in own.rows))


def test_nothing_later_is_read():
    tables, cut = shop(), datetime(2025, 7, 1)
    with company(**tables) as opened:
        then = opened.ask(KEY, as_of=cut)
    kept = {order["order_id"] for order in tables["orders"] if order["ordered_at"] < str(cut.date())}
    known = {
        "customers": tables["customers"],
        "orders": [row for row in tables["orders"] if row["order_id"] in kept],
        "order_lines": [row for row in tables["order_lines"] if row["order_id"] in kept],
    }
    with company(**known, reaches=str(cut.date())) as opened:
        now = opened.ask(KEY)
    for row, same in zip(then.rows, now.rows, strict=True):
        for name, value in row.as_dict().items():
            other = getattr(same, name)
            assert (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value) == other


def test_without_costs_it_says_that_values_are_net_sales():
    with company(**shop(costs=False)) as opened:
        answer = opened.ask(KEY)
    assert "100.0% of the sales have no cost, so values are net sales, not margin." in said(answer)
    assert answer.total.clv > 0


def test_few_customers_are_told_to_ask_the_formula():
    with company(**shop(customers=80)) as opened:
        answer = opened.ask(KEY)
        assert "Only 80 customers" in said(answer)
        assert "customers.clv_formula" in said(answer)
        for show in ("values", "tenths", "models"):
            assert len(opened.ask(KEY, show=show).rows) == 0
        assert opened.ask(KEY, by="source").total is None


def test_a_history_too_short_to_be_tested_is_told():
    # the first came long ago, all others of late: there is nobody to learn from before the cut
    late = [(f"c{number:03}", day(600 + number % 20 + 40 * turn)) for number in range(120) for turn in range(2)]
    with company(**bought([("first", day(0)), *late])) as opened:
        answer = opened.ask(KEY)
    assert len(answer.rows) == 0
    assert "Nobody bought again before" in said(answer)


def test_the_baseline_is_used_and_said_where_no_model_foretells_well_enough(monkeypatch):
    monkeypatch.setattr("crmetrics.models.buying_contest.CANDIDATES", ())
    with company(**shop()) as opened:
        answer = opened.ask(KEY)
        used = [row.model for row in opened.ask(KEY, show="models").rows if row.is_used == "yes"]
    assert used[0] in ("rate", "mean")
    assert "No model foretold better than a plain baseline" in said(answer)
    row = answer.rows[0]
    assert (row.p_alive, row.low, row.high) == (None, None, None)
    assert row.clv > 0
    assert answer.total.clv == pytest.approx(sum(each.clv for each in answer.rows))


def test_who_probably_left_of_the_best_is_a_finding(opened):
    told = [str(finding.message) for finding in opened.ask(KEY).findings]
    gone = [row for row in opened.ask(KEY).rows if row.p_alive < 0.5]
    assert any("have probably left" in each for each in told)
    assert gone


def test_the_scorecard_shows_it_as_a_state_with_nothing_before(opened):
    rows = {row.key: row for row in opened.ask("kpis.scorecard", metrics=f"{KEY},customers.clv_historic").rows}
    for key in (KEY, "customers.clv_historic"):
        assert rows[key].value.value == pytest.approx(opened.ask(key).total.per_customer)
        assert (rows[key].before, rows[key].change, rows[key].unit) == (None, None, "money")


@pytest.mark.spark
def test_spark_reduces_to_the_same_histories_and_fits_the_same():
    with on_both_engines(**shop(customers=130)) as both:
        found = []
        for engine in both:
            with engine.warehouse(Scope()) as warehouse:
                learned = warehouse.work_out(HISTORIES_OF_ALL)
                rows = warehouse.query("select * from purchase_histories order by customer_id")
                found.append((list(rows.records()), learned.model, learned.spend))
    for row, same in zip(found[0][0], found[1][0], strict=True):
        assert row.pop("margin") == pytest.approx(same.pop("margin"), rel=1e-9)  # of doubles the order of a sum shows
        assert row == same
    assert found[0][1].parameters == pytest.approx(found[1][1].parameters, rel=1e-9)
    assert found[0][2].parameters == pytest.approx(found[1][2].parameters, rel=1e-9)


def test_what_was_learned_tells_the_model(opened):
    with opened.warehouse(Scope()) as warehouse:
        seen = warehouse.work_out(VALUES_OF_ALL, horizon=12, discount=10.0, money="margin")
    assert seen.is_margin
    assert 0 < seen.unsure < 0.5
    assert isinstance(seen.buying.model, BetaGeometric) or seen.buying.used == "Pareto/NBD"
    assert seen.buying.cut == date(2025, 5, 2) or seen.buying.cut.year == 2025
