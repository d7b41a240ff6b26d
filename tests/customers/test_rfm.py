"""RFM: scores that ties share, segments that do not depend on who asks, and what is told of little data."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from crmetrics.analysis import Answer
from crmetrics.models.scores import SEGMENT_MAP, fm_scores, mid_rank_scores
from crmetrics.vocabulary.errors import BadValue
from crmetrics.warehouse.scope import Filter, Viewer
from tests.company import company
from tests.customers.purchases import bought

KEY = "customers.rfm"
AS_OF = date(2026, 1, 1)


def ago(days: int) -> str:
    return str(AS_OF - timedelta(days=days))


def by_customer(answer: Answer) -> dict[str, object]:
    return {row.customer_id: row for row in answer.rows}


def said(answer: Answer) -> list[str]:
    return [str(note.message) for note in answer.notes]


def left_out(answer: Answer) -> dict[str, int]:
    return {str(left.reason): left.rows for left in answer.passport.rows_left_out}


def rfm_of(purchases, **choices):
    with company(reaches=str(AS_OF), **bought(purchases)) as asked:
        return asked.ask(KEY, **choices)


def random_purchases(customers=60, seed=1):
    chance = Random(seed)
    return [
        (f"c{number:02}", ago(chance.randint(1, 700)), chance.choice([-30, 5, 5, 20, 20, 75, 120]))
        for number in range(customers)
        for _ in range(chance.randint(1, 7))
    ]


def written_out(purchases, window=365, classes=5):
    """customer -> (recency, orders, money, R, F, M, FM, segment), by the definition."""
    found = {}
    for customer in {who for who, *_ in purchases}:
        own = [(date.fromisoformat(day), amount) for who, day, amount in purchases if who == customer]
        bought_ever = [day for day, amount in own if amount > 0]
        inside = [(day, amount) for day, amount in own if (AS_OF - day).days <= window]
        orders = sum(amount > 0 for _, amount in inside)
        recency = (AS_OF - max(bought_ever)).days if bought_ever else None
        found[customer] = [recency, orders, sum(amount for _, amount in inside), len(bought_ever)]
    buyers = [customer for customer, (_, orders, _, _) in found.items() if orders]
    scores = {
        name: dict(
            zip(buyers, mid_rank_scores([sign * found[each][place] for each in buyers], classes).tolist(), strict=True)
        )
        for name, place, sign in (("r", 0, -1), ("f", 1, 1), ("m", 2, 1))
    }
    for customer, (recency, orders, money, ever) in found.items():
        if not orders:
            found[customer] = (recency, orders, money, None, None, None, None, "hibernating" if ever else "prospects")
            continue
        r, f, m = (scores[name][customer] for name in "rfm")
        if classes == 3:
            r, f, m = 2 * r - 1, 2 * f - 1, 2 * m - 1
        m = 1 if money <= 0 else m
        fm = 1 if ever == 1 else max(2, int(fm_scores([f], [m])[0]))
        found[customer] = (recency, orders, money, r, f, m, fm, SEGMENT_MAP[r, fm])
    return found


@pytest.mark.parametrize("classes", ["5", "3"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everything_is_that_of_the_definition(seed, classes):
    purchases = random_purchases(seed=seed)
    answer = rfm_of(purchases, classes=classes)
    found = {
        who: (row.recency_days, row.orders, row.net_sales, row.r, row.f, row.m, row.fm, row.segment)
        for who, row in by_customer(answer).items()
    }
    assert found == written_out(purchases, classes=int(classes))


def test_ties_share_a_score():
    # frequencies 1,1,1,1,1,1,2,3,4,9 of the rule R12, each three times so that there are buyers enough
    frequencies = [1, 1, 1, 1, 1, 1, 2, 3, 4, 9] * 3
    purchases = [(f"c{who:02}", ago(1 + time), 10) for who, times in enumerate(frequencies) for time in range(times)]
    found = by_customer(rfm_of(purchases))
    assert [found[f"c{who:02}"].f for who in range(10)] == [2, 2, 2, 2, 2, 2, 4, 4, 5, 5]


def example(orders: int):
    """A buyer of (F, M) = (1, 5) and R 5, with so many orders in his life, among many."""
    crowd = [(f"x{number:02}", ago(200 - number), 10) for number in range(30) for _ in range(4)]
    return [*crowd, *(("A", ago(1 + 400 * time), 5000) for time in range(orders))]


@pytest.mark.parametrize(("orders", "fm", "segment"), [(2, 3, "potential_loyalists"), (1, 1, "new")])
def test_one_purchase_in_a_lifetime_is_new(orders, fm, segment):
    row = by_customer(rfm_of(example(orders)))["A"]
    assert (row.r, row.f, row.m, row.rfm) == (5, 1, 5, "515")
    assert (row.fm, row.segment) == (fm, segment)


def test_second_axis_of_frequency_alone():
    row = by_customer(rfm_of(example(2), axis="f"))["A"]
    assert (row.f, row.fm, row.segment) == (1, 2, "potential_loyalists")  # more than one purchase is at least 2


def test_those_without_a_purchase_in_the_window():
    tables = bought([("A", ago(1)), ("B", ago(366)), ("C", ago(10), -5), ("D", ago(365))])
    tables["customers"].append({"customer_id": "P", "kind": "person"})
    with company(reaches=str(AS_OF), **tables) as asked:
        found = by_customer(asked.ask(KEY))
        own = by_customer(asked.ask(KEY, window=100))
        whole = by_customer(asked.ask(KEY, window=0))
    shown = {
        who: (row.segment, row.recency_days, row.orders, row.net_sales, row.r, row.rfm) for who, row in found.items()
    }
    assert shown["B"] == ("hibernating", 366, 0, 0.0, None, None)
    assert shown["C"] == ("prospects", None, 0, -5.0, None, None)
    assert shown["P"] == ("prospects", None, 0, 0.0, None, None)
    assert found["D"].orders == 1  # the first day of the window
    assert {who: row.orders for who, row in own.items()} == {"A": 1, "B": 0, "C": 0, "D": 0, "P": 0}
    assert {who: row.orders for who, row in whole.items()} == {"A": 1, "B": 1, "C": 0, "D": 1, "P": 0}


def test_recency_counts_local_days():
    # 21:30 UTC is the next day in Istanbul
    with company(
        reaches="2025-12-31 21:00",
        zone="Europe/Istanbul",
        **bought([("A", "2025-12-30 21:30"), ("B", "2025-12-30 20:30")]),
    ) as asked:
        found = by_customer(asked.ask(KEY))
    assert {who: row.recency_days for who, row in found.items()} == {"A": 1, "B": 2}


def test_fixed_cut_points():
    recencies = {30: 5, 31: 4, 60: 4, 61: 3, 90: 3, 91: 2, 180: 2, 181: 1}
    frequencies = {1: 1, 2: 2, 3: 3, 4: 3, 5: 4, 9: 4, 10: 5}
    purchases = [(f"r{days:03}", ago(days)) for days in recencies]
    purchases += [(f"f{times:02}", ago(1)) for times in frequencies for _ in range(times)]
    answer = rfm_of(purchases, cut="fixed")
    found = by_customer(answer)
    assert {days: found[f"r{days:03}"].r for days in recencies} == recencies
    assert {times: found[f"f{times:02}"].f for times in frequencies} == frequencies
    # no cut points of money: FM is F
    assert {times: found[f"f{times:02}"].fm for times in frequencies} == frequencies
    assert (found["f10"].m, found["f10"].rfm) == (None, "55-")
    assert "No cut points of money are given, so FM is the frequency alone." in said(answer)


def test_fixed_cut_points_of_money():
    amounts = {49: 1, 50: 2, 99: 2, 100: 3, 500: 4, 1000: 5}
    purchases = [(f"{amount:04}", ago(1), amount) for amount in amounts]
    found = by_customer(rfm_of(purchases, cut="fixed", money_limits="50,100,500,1000"))
    assert {int(who): row.m for who, row in found.items()} == amounts
    three = by_customer(rfm_of(purchases, cut="fixed", money_limits="50,100,500,1000", classes="3"))
    assert [three[f"{amount:04}"].m for amount in amounts] == [1, 1, 1, 3, 5, 5]


@pytest.mark.parametrize("limits", ["1,2,3", "4,3,2,1", "1,2,2,3", "a,b,c,d", "1,2,3,nan", "1,2,3,inf"])
def test_cut_points_that_do_not_rise_are_refused(limits):
    with pytest.raises(BadValue, match="four rising numbers"):
        rfm_of([("A", ago(1))], money_limits=limits)


@pytest.mark.parametrize(("buyers", "is_fixed"), [(24, True), (25, False)])
def test_fewer_than_25_buyers_have_fixed_cut_points(buyers, is_fixed):
    answer = rfm_of([(f"c{number:02}", ago(1 + number)) for number in range(buyers)])
    assert by_customer(answer)["c00"].r == 5
    assert by_customer(answer)["c23"].r == (5 if is_fixed else 1)
    assert (f"Only {buyers} buyers: scored by fixed cut points." in said(answer)) == is_fixed
    assert (f"Only {buyers} buyers: the scores are rough." in said(answer)) != is_fixed
    assert "The data reach back 25 days only: the scores are rough." in said(rfm_of([("A", ago(25))]))


def test_enough_buyers_and_history_are_not_noted():
    answer = rfm_of([*((f"c{number:03}", ago(1 + number % 200)) for number in range(500))])
    assert [note for note in answer.notes if note.kind == "few"] == []


def test_what_money_is():
    purchases = [
        ("A", ago(10), 100),
        ("A", ago(5), 60),
        ("A", ago(3), -40),
        ("B", ago(9), 90),
        ("C", ago(9), -1),
        ("C", ago(8), 1),
    ]
    tables = bought(purchases)
    for line in tables["order_lines"]:
        line["cost_amount"] = line["net_amount"] * 0.75
    with company(reaches=str(AS_OF), **tables) as asked:
        found = {
            money: {who: row.monetary for who, row in by_customer(asked.ask(KEY, money=money)).items()}
            for money in ("net_sales", "without_returns", "average", "margin")
        }
        totals = {money: asked.ask(KEY, money=money).total for money in ("net_sales", "average")}
        ranked = by_customer(asked.ask(KEY, cut="fixed", money_limits="-5,100,500,1000"))
    assert found == {
        "net_sales": {"A": 120.0, "B": 90.0, "C": 0.0},
        "without_returns": {"A": 160.0, "B": 90.0, "C": 1.0},
        "average": {"A": 80.0, "B": 90.0, "C": 1.0},
        "margin": {"A": 30.0, "B": 22.5, "C": 0.0},
    }
    assert (totals["net_sales"].net_sales, totals["net_sales"].monetary, totals["net_sales"].orders) == (
        210.0,
        210.0,
        4,
    )
    assert totals["average"].monetary is None  # a mean of means would be wrong
    assert ranked["C"].m == 1  # no more than nothing


def test_margin_takes_the_products_cost_where_a_line_has_none():
    tables = bought([("A", ago(10), 100)])
    tables["order_lines"][0] |= {"product_id": "p", "quantity": 2}
    with company(reaches=str(AS_OF), products=[{"product_id": "p", "unit_cost": 30}], **tables) as asked:
        assert by_customer(asked.ask(KEY, money="margin"))["A"].monetary == 40.0


def test_margin_without_costs_is_locked():
    assert rfm_of([("A", ago(1))], money="margin").locked.missing == "order_lines.cost_amount"


def test_the_segment_a_month_ago():
    regular = [("A", ago(days), 50) for days in (300, 250, 200, 150, 120, 100)]
    purchases = [
        *regular,
        *(("B", ago(days), 50) for days in (40, 10)),
        *(("C", ago(days), 50) for days in (380, 370)),
        ("N", ago(5), 50),
        *((f"x{number:02}", ago(20 + 11 * number), 10) for number in range(30)),
    ]
    answer = rfm_of(purchases, cut="fixed", window=365)
    found = by_customer(answer)
    shown = {who: (found[who].previous_segment, found[who].segment, found[who].changed_on) for who in "ABCN"}
    # A last bought 100 days ago: R fell from 3 to 2 on the 91st day
    assert shown["A"] == ("loyal", "at_risk", AS_OF - timedelta(days=100 - 91))
    # B came back ten days ago
    assert shown["B"] == ("new", "potential_loyalists", AS_OF - timedelta(days=10))
    # C's last purchase left the window of 365 days five days ago
    assert shown["C"] == ("hibernating", "hibernating", None)
    assert shown["N"] == ("prospects", "new", AS_OF - timedelta(days=5))
    assert "The segment a month ago is that of 2025-12-01, by the cut points of today." in said(answer)


def test_a_purchase_that_left_the_window_dates_the_change():
    purchases = [*(("C", ago(370), 50) for _ in range(10)), ("x", ago(500), 10)]
    row = by_customer(rfm_of(purchases))["C"]
    assert (row.previous_segment, row.segment) == ("cannot_lose", "hibernating")
    assert row.changed_on == AS_OF - timedelta(days=370 - 366)


@pytest.mark.parametrize("seed", [4, 5])
def test_both_days_are_scored_by_the_same_cut_points(seed):
    purchases = random_purchases(seed=seed)
    answer = rfm_of(purchases)
    scored = [row for row in answer.rows if row.r is not None]
    then = date(2025, 12, 1)
    for row in answer.rows:
        own = [(date.fromisoformat(day), amount) for who, day, amount in purchases if who == row.customer_id]
        ever = [day for day, amount in own if amount > 0 and day < then]
        inside = [(day, amount) for day, amount in own if day < then and (then - day).days <= 365]
        orders, money = sum(amount > 0 for _, amount in inside), sum(amount for _, amount in inside)
        expected = "hibernating" if ever else "prospects"
        if orders:
            # score s from the worst value that got s or more today
            recency = (then - max(ever)).days
            r = max([1, *(each.r for each in scored if recency <= each.recency_days)])
            f = max([1, *(each.f for each in scored if orders >= each.orders)])
            m = max([1, *(each.m for each in scored if 0 < money >= each.monetary)])
            fm = 1 if len(ever) == 1 else max(2, int(fm_scores([f], [m])[0]))
            expected = SEGMENT_MAP[r, fm]
        assert (row.customer_id, row.previous_segment) == (row.customer_id, expected)
        assert row.changed_on is None or (row.segment != row.previous_segment and then <= row.changed_on <= AS_OF)


def test_newcomers_have_no_segment_a_month_ago():
    tables = bought([("A", ago(5)), ("B", ago(400))])
    tables["customers"] = [{"customer_id": "A", "created_at": ago(6)}, {"customer_id": "B", "created_at": ago(500)}]
    with company(reaches=str(AS_OF), **tables) as asked:
        found = by_customer(asked.ask(KEY))
    assert (found["A"].previous_segment, found["A"].changed_on) == (None, None)
    assert found["B"].previous_segment == "hibernating"


def test_data_younger_than_a_month_have_no_segment_before():
    answer = rfm_of([("A", ago(20)), ("B", ago(10))])
    assert {row.previous_segment for row in answer.rows} == {None}
    assert not any("a month ago" in note for note in said(answer))


def test_a_segment_is_the_same_for_every_viewer():
    tables = bought(random_purchases())
    for number, customer in enumerate(tables["customers"]):
        customer |= {"owner_id": "ana" if number % 3 else "bob", "country": "TR" if number % 2 else "UA"}
    with company(reaches=str(AS_OF), employees=[{"employee_id": "bob"}], **tables) as asked:
        whole = by_customer(asked.ask(KEY))
        bobs = asked.ask(KEY, viewer=Viewer("bob", "self", "bob"))
        turkish = by_customer(asked.ask(KEY, where=(Filter("country", ("TR",)),)))
    own = {each["customer_id"] for each in tables["customers"] if each["owner_id"] == "bob"}
    assert by_customer(bobs) == {who: row for who, row in whole.items() if who in own}
    assert bobs.total.net_sales == pytest.approx(sum(whole[who].net_sales for who in own))
    assert turkish == {who: row for who, row in whole.items() if who in turkish}
    assert 0 < len(turkish) < len(whole)


def test_a_filter_that_customers_do_not_have_is_told():
    purchases = [("A", ago(1), 10, {"channel": "store"}), ("B", ago(1), 10, {"channel": "online"})]
    answer = rfm_of(purchases, where=(Filter("channel", ("store",)),))
    assert set(by_customer(answer)) == {"A", "B"}
    assert "The filter 'channel' does not reach Customers: they are not filtered by it." in said(answer)


def test_internal_customers_and_cancelled_orders_are_left_out():
    tables = bought(
        [("A", ago(1)), ("A", ago(2), 10, {"is_cancelled": True}), (None, ago(3)), ("S", ago(1)), ("A", ago(400))]
    )
    tables["customers"] = [{"customer_id": "A"}, {"customer_id": "S", "is_internal": True}]
    tables["orders"].append({"order_id": "orphan", "customer_id": "gone", "ordered_at": ago(1)})
    tables["order_lines"].append({"order_id": "orphan", "line_no": 1, "quantity": 1, "net_amount": 5})
    with company(reaches=str(AS_OF), **tables) as asked:
        answer = asked.ask(KEY)
    assert {row.customer_id: (row.orders, row.net_sales) for row in answer.rows} == {"A": (1, 10.0)}
    assert left_out(answer) == {"cancelled": 1, "without a customer": 1, "of an unknown customer": 1}
    assert answer.passport.rows_used == 1


def test_money_without_a_rate_is_told():
    tables = bought([("A", ago(10), 100, {"currency": "EUR"}), ("A", ago(5), 100, {"currency": "USD"})])
    rates = [{"currency": "USD", "rated_on": ago(200), "rate_to_company": 2}]
    with company(reaches=str(AS_OF), exchange_rates=rates, **tables) as asked:
        answer = asked.ask(KEY)
    row = by_customer(answer)["A"]
    assert (row.orders, row.net_sales) == (2, 100.0)
    assert "1 order in a currency without a rate counts as a purchase, its money does not." in said(answer)


def test_an_earlier_as_of_scores_what_was_known_then():
    purchases = random_purchases()
    with company(reaches=str(AS_OF), **bought(purchases)) as asked:
        earlier = asked.ask(KEY, as_of=asked.engine.profile.reaches - timedelta(days=100), cut="fixed")
    known = [(who, day, amount) for who, day, amount in purchases if day < ago(100)]
    for row in earlier.rows:
        last = max((day for who, day, amount in known if who == row.customer_id and amount > 0), default=None)
        assert row.recency_days == (None if last is None else (AS_OF - date.fromisoformat(last)).days - 100)


def test_who_slips_is_told_with_the_money():
    loyal = [(f"l{number:02}", ago(days), 100) for number in range(10) for days in (300, 200, 150, 120, 110, 91)]
    fresh = [(f"f{number:02}", ago(days), 100) for number in range(20) for days in (20, 10)]
    answer = rfm_of([*loyal, *fresh], cut="fixed")
    assert [(str(each.message), each.money, each.tone) for each in answer.findings] == [
        (
            "10 champions and loyal customers slipped to a lower segment within a month: 6,000.00, 60.0% of sales.",
            6000.0,
            "bad",
        ),
        ("10 good customers have stopped buying: 6,000.00, 60.0% of sales.", 6000.0, "warn"),
    ]
    assert rfm_of(fresh, cut="fixed").findings == ()


def test_nobody_has_bought():
    answer = rfm_of([("A", ago(5), -5), ("B", ago(400), -5)])
    assert {row.segment for row in answer.rows} == {"prospects"}
    assert (answer.total.orders, answer.passport.trust) == (0, "low")
    assert "Only 0 buyers: scored by fixed cut points." in said(answer)


def test_rows_come_by_sales():
    sales = [row.net_sales for row in rfm_of(random_purchases()).rows]
    assert sales == sorted(sales, reverse=True)


def test_the_passport_tells_how_scores_are_made_even_where_they_were_made_before():
    with company(reaches=str(AS_OF), **bought(random_purchases())) as asked:
        whole = asked.ask(KEY)
        again = asked.ask(KEY, where=(Filter("country", ("TR",)),))
    for answer in (whole, again):
        assert answer.passport.statements[0].startswith("create table rfm_scores as WITH history")
    assert len(asked.engine.kept) == 1
