"""Repeat purchase rate: one name, two readings, and what is told of both."""

from __future__ import annotations

import pytest

from crmetrics.analysis import Answer
from crmetrics.warehouse.scope import Filter, Viewer
from tests.company import company
from tests.customers.purchases import bought

KEY = "customers.repeat_purchase_rate"
EXAMPLE = [("A", "2026-01-05"), ("A", "2026-02-05"), ("B", "2026-02-06"), ("B", "2026-02-07"), ("C", "2026-02-08")]


def figures(answer: Answer) -> tuple[int, int, float | None]:
    return answer.total.buyers, answer.total.repeaters, answer.total.rate


def by_party(answer: Answer) -> dict[str | None, tuple[int, int]]:
    return {row.party: (row.buyers, row.repeaters) for row in answer.rows}


def left_out(answer: Answer) -> dict[str, int]:
    return {str(left.reason): left.rows for left in answer.passport.rows_left_out}


def said(answer: Answer) -> list[str]:
    return [str(note.message) for note in answer.notes]


def test_two_readings():
    with company(reaches="2026-03-01", **bought(EXAMPLE)) as asked:
        assert figures(asked.ask(KEY, period="2026-02")) == (3, 1, pytest.approx(1 / 3))
        ever = asked.ask(KEY, period="2026-02", again="ever")
    assert figures(ever) == (3, 2, pytest.approx(2 / 3))
    assert "Later purchases count too, so the figures of past periods still change." in said(ever)


def test_ever_looks_at_later_purchases_too():
    with company(reaches="2026-03-01", **bought(EXAMPLE)) as asked:
        assert figures(asked.ask(KEY, period="2026-01", again="ever")) == (1, 1, 1.0)
        assert figures(asked.ask(KEY, period="2026-01")) == (1, 0, 0.0)


def test_the_interval_is_wilsons_and_little_data_is_said():
    with company(reaches="2026-03-01", **bought(EXAMPLE)) as asked:
        answer = asked.ask(KEY, period="2026-02")
    assert (answer.total.low, answer.total.high) == pytest.approx((0.0615, 0.7923), abs=1e-4)
    assert "3 cases: too few to say." in said(answer)


def test_the_total_is_worked_out_anew():
    # each month has but one purchase of A and B, so no month has a repeat buyer; the two months together have two
    purchases = [
        ("A", "2026-01-05"),
        ("A", "2026-02-05"),
        ("B", "2026-01-06"),
        ("B", "2026-02-07"),
        ("C", "2026-02-08"),
    ]
    with company(reaches="2026-03-01", **bought(purchases)) as asked:
        answer = asked.ask(KEY, period="2026-01-01..2026-03-01", by="month")
    assert by_party(answer) == {"2026-01": (2, 0), "2026-02": (3, 0)}
    assert figures(answer) == (3, 2, pytest.approx(2 / 3))


@pytest.mark.parametrize("again", ["period", "ever"])
def test_days_with_a_purchase_instead_of_orders(again):
    purchases = [("A", "2026-01-05 09:00"), ("A", "2026-01-05 18:00"), ("B", "2026-01-05"), ("B", "2026-01-06")]
    with company(**bought(purchases), reaches="2026-02-01") as asked:
        assert figures(asked.ask(KEY, period="2026-01", again=again)) == (2, 2, 1.0)
        assert figures(asked.ask(KEY, period="2026-01", again=again, count="days")) == (2, 1, 0.5)


def test_a_purchase_day_is_a_local_day():
    # 22:30 and 23:30 UTC in January: two days in Istanbul only if midnight lies between them there (21:00 UTC)
    purchases = [
        ("A", "2026-01-05 22:30"),
        ("A", "2026-01-05 23:30"),
        ("B", "2026-01-05 20:30"),
        ("B", "2026-01-05 21:30"),
    ]
    with company(**bought(purchases), reaches="2026-02-01", zone="Europe/Istanbul") as asked:
        assert figures(asked.ask(KEY, period="2026-01", count="days")) == (2, 1, 0.5)


def test_within_so_many_days_of_the_first_purchase():
    purchases = [
        *(("A", "2025-12-31"), ("A", "2026-01-02")),  # first bought before the period
        *(("B", "2026-01-01"), ("B", "2026-01-31")),  # on the thirtieth day
        *(("C", "2026-01-01"), ("C", "2026-02-01")),  # a day too late
        *(("D", "2026-01-20"), ("D", "2026-01-21")),  # too young to tell, although he is back already
        *(("E", "2026-01-03"), ("E", "2026-01-03", 10), ("E", "2026-01-04", -10)),
    ]
    with company(**bought(purchases), reaches="2026-02-15") as asked:
        answer = asked.ask(KEY, period="2026-01", again="within", days=30)
        in_days = asked.ask(KEY, period="2026-01", again="within", days=30, count="days")
    assert figures(answer) == (3, 2, pytest.approx(2 / 3))
    assert answer.total.pending == 1
    assert "1 customer first bought less than 30 days ago: pending, in neither count." in said(answer)
    assert answer.passport.rows_used == 3
    assert left_out(answer) == {
        "first purchases too recent to tell": 1,
        "not first purchases, or of nothing above zero": 5,
    }
    assert figures(in_days) == (3, 1, pytest.approx(1 / 3))  # E's second order is of the same day


def test_within_is_grouped_by_the_first_purchase():
    purchases = [
        ("A", "2026-01-01", 10, {"channel": "store"}),
        ("A", "2026-02-01", 10, {"channel": "online"}),
        ("B", "2026-01-01", 10, {"channel": None}),
    ]
    with company(**bought(purchases), reaches="2027-01-01") as asked:
        answer = asked.ask(KEY, period="2026", again="within", by="channel")
        months = asked.ask(KEY, period="2026", again="within", by="month")
    assert by_party(answer) == {"store": (1, 1), None: (1, 0)}
    assert by_party(months) == {"2026-01": (2, 1)}


def test_what_is_no_purchase_is_counted_as_left_out():
    purchases = [
        ("A", "2026-01-01"),
        ("A", "2026-01-02", 10, {"is_cancelled": True}),
        ("A", "2026-01-03", -10),
        ("A", "2026-01-04", 0),
        (None, "2026-01-05"),
        ("A", "2026-02-01"),
    ]
    with company(**bought(purchases), reaches="2026-03-01") as asked:
        answer = asked.ask(KEY, period="2026-01")
    assert figures(answer) == (1, 0, 0.0)
    assert answer.passport.rows_used == 1
    assert left_out(answer) == {"cancelled": 1, "without a customer": 1, "of nothing above zero, such as returns": 2}


def test_a_group_counts_its_own_purchases():
    purchases = [
        ("A", "2026-01-01", 10, {"channel": "store"}),
        ("A", "2026-01-02", 10, {"channel": "online"}),
        ("B", "2026-01-01", 10, {"channel": "store"}),
    ]
    with company(**bought(purchases), reaches="2026-03-01") as asked:
        answer = asked.ask(KEY, period="2026-01", by="channel")
        ever = asked.ask(KEY, period="2026-01", by="channel", again="ever")
        store = asked.ask(KEY, period="2026-01", by="", where=(Filter("channel", ("store",)),))
    assert by_party(answer) == {"store": (2, 0), "online": (1, 0)}
    assert figures(answer) == (2, 1, 0.5)
    assert by_party(ever) == {"store": (2, 1), "online": (1, 1)}
    assert figures(store) == (2, 0, 0.0)


def test_a_representative_sees_the_rate_of_his_own_orders():
    purchases = [
        ("A", "2026-01-01", 10, {"owner_id": "ana"}),
        ("A", "2026-01-02", 10, {"owner_id": "bob"}),
        ("B", "2026-01-01", 10, {"owner_id": "ana"}),
        ("B", "2026-01-02", 10, {"owner_id": "ana"}),
    ]
    people = [{"employee_id": "ana"}, {"employee_id": "bob"}]
    with company(**bought(purchases), employees=people, reaches="2026-03-01") as asked:
        answer = asked.ask(KEY, period="2026-01", viewer=Viewer("ana", "self", "ana"))
        whole = asked.ask(KEY, period="2026-01")
    assert figures(answer) == (2, 1, 0.5)
    assert figures(whole) == (2, 2, 1.0)


def test_an_earlier_as_of_knows_no_later_purchase():
    with company(reaches="2026-03-01", **bought(EXAMPLE)) as asked:
        as_of = asked.engine.profile.reaches.replace(month=2, day=7)
        assert figures(asked.ask(KEY, period="2026-02", again="ever", as_of=as_of)) == (2, 1, 0.5)


def test_nobody_bought():
    with company(reaches="2026-03-01", **bought(EXAMPLE)) as asked:
        answer = asked.ask(KEY, period="2025-02")
    assert len(answer.rows) == 0
    assert answer.passport.rows_used == 0
    assert "No cases in this period, so there is no rate." in said(answer)


def test_a_group_that_falls_behind_is_found():
    one_by_one = [
        (f"{channel}{number}", f"2026-01-{1 + again:02}", 20, {"channel": channel})
        for channel, repeaters in (("online", 50), ("store", 10))
        for number in range(100)
        for again in range(2 if number < repeaters else 1)
    ]
    with company(**bought(one_by_one), reaches="2026-02-01") as asked:
        answer = asked.ask(KEY, period="2026-01", by="channel")
        monthly = asked.ask(KEY, period="2026-01", by="month")
    (found,) = answer.findings
    # 60 of 200 bought again, of the store's 100 only 10: 20 are lacking, each a purchase of 20
    assert str(found.message).startswith("store: 10.0% bought again, against 30.0% of all buyers")
    assert (found.money, found.tone) == (pytest.approx(400), "bad")
    assert monthly.findings == ()


def test_without_customers_it_is_locked():
    with company(**bought([(None, "2026-01-01"), (None, "2026-01-02")]), reaches="2026-02-01") as asked:
        answer = asked.ask(KEY, period="2026-01")
    assert answer.locked.missing == "orders.customer_id"
