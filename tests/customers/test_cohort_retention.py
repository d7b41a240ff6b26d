"""Cohort retention: who started together, how many stayed, and what is not over yet."""

from __future__ import annotations

import pytest

from crmetrics.analysis import Answer
from crmetrics.vocabulary.errors import BadValue
from crmetrics.warehouse.scope import Filter, Viewer
from tests.company import company
from tests.customers.purchases import bought

KEY = "customers.cohort_retention"
FOUR = [
    *(("A", "2025-01-05"), ("A", "2025-02-05")),
    *(("B", "2025-01-06"), ("B", "2025-03-07"), ("B", "2025-03-09")),
    *(("C", "2025-02-08"), ("C", "2025-03-08")),
    ("D", "2025-04-02"),
]


def cells(answer: Answer, cohort: str | None) -> list[tuple[int, int, int, bool]]:
    """(k, n, active, complete) of one cohort."""
    return [(row.k, row.n, row.active, row.complete) for row in answer.rows if row.cohort == cohort]


def said(answer: Answer) -> list[str]:
    return [str(note.message) for note in answer.notes]


def left_out(answer: Answer) -> dict[str, int]:
    return {str(left.reason): left.rows for left in answer.passport.rows_left_out}


def asked_of_four(**choices):
    with company(reaches="2025-04-15", **bought(FOUR)) as asked:
        return asked.ask(KEY, period="2025", **{"together": False, **choices})


def test_the_triangle():
    answer = asked_of_four()
    assert cells(answer, "2025-01") == [(0, 2, 2, True), (1, 2, 1, True), (2, 2, 1, True), (3, 2, 0, False)]
    assert cells(answer, "2025-02") == [(0, 1, 1, True), (1, 1, 1, True), (2, 1, 0, False)]
    assert cells(answer, "2025-04") == [(0, 1, 1, False)]
    # over those that reached k: of April not even its first month is over
    assert cells(answer, "all") == [(0, 3, 3, True), (1, 3, 2, True), (2, 2, 1, True)]
    assert [row.rate for row in answer.rows if row.cohort == "all"] == pytest.approx([1, 2 / 3, 1 / 2])
    assert answer.rows[0].size == 4


def trap(**choices):
    """Sizes 100, 10 and 50, of whom 20, 5 and 0 buy again in the month after."""
    sizes = {"2025-01": (100, 20), "2025-02": (10, 5), "2025-03": (50, 0)}
    after = {"2025-01": "2025-02", "2025-02": "2025-03", "2025-03": "2025-04"}
    purchases = [
        (f"{month}-{number}", f"{day}-{1 + again:02}")
        for month, (size, active) in sizes.items()
        for number in range(size)
        for again, day in enumerate([month, after[month]][: 2 if number < active else 1])
    ]
    with company(reaches="2025-05-01", **bought(purchases)) as asked:
        return asked.ask(KEY, period="2025-01-01..2025-04-01", **choices)


def test_cohorts_that_came_to_nothing_count():
    (first,) = [row for row in trap().rows if (row.cohort, row.k) == ("all", 1)]
    assert (first.active, first.n, first.rate) == (25, 160, pytest.approx(0.15625))
    assert (first.low, first.high) == pytest.approx((0.108, 0.221), abs=1e-3)


def test_a_simple_mean_of_few_cohorts_is_not_shown():
    answer = trap(mean="simple")
    assert [row.rate for row in answer.rows if row.cohort == "all"] == [None, None, None, None]
    assert "A mean of fewer than 5 cohorts is not shown." in said(answer)


def test_a_simple_mean_of_enough_cohorts():
    purchases = [
        (f"{month}-{number}", f"2025-{month + again:02}-01")
        for month in range(1, 6)
        for number in range(2 * month)
        for again in range(2 if number < month - 1 else 1)
    ]
    with company(reaches="2025-07-01", **bought(purchases)) as asked:
        answer = asked.ask(KEY, period="2025-01-01..2025-06-01", mean="simple", together=False)
    (first,) = [row for row in answer.rows if (row.cohort, row.k) == ("all", 1)]
    assert first.rate == pytest.approx((0 / 2 + 1 / 4 + 2 / 6 + 3 / 8 + 4 / 10) / 5)
    assert (first.low, first.high) == (None, None)


def test_in_the_period_or_later():
    answer = asked_of_four(counted="later")
    assert cells(answer, "2025-01") == [(0, 2, 2, True), (1, 2, 2, True), (2, 2, 1, True), (3, 2, 0, False)]


def test_of_those_active_in_the_period_before():
    answer = asked_of_four(base="previous")
    # A came back in February and stayed away in March; B came in March without having come in February
    assert cells(answer, "2025-01") == [(0, 2, 2, True), (1, 2, 1, True), (2, 1, 0, True), (3, 1, 0, False)]
    later = asked_of_four(base="previous", counted="later")
    assert cells(later, "2025-01") == [(0, 2, 2, True), (1, 2, 2, True), (2, 2, 1, True), (3, 1, 0, False)]


def test_recurring_cohorts():
    answer = asked_of_four(joins="recurring")
    assert cells(answer, "2025-02") == [(0, 2, 2, True), (1, 2, 1, True), (2, 2, 0, False)]
    assert cells(answer, "2025-03") == [(0, 2, 2, True), (1, 2, 0, False)]
    assert answer.passport.rows_used == 4


@pytest.mark.parametrize(
    ("grain", "cohorts"),
    [
        ("day", ["all", "2025-01-05", "2025-01-06", "2025-02-08", "2025-04-02"]),
        ("week", ["all", "2024-12-30", "2025-01-06", "2025-02-03", "2025-03-31"]),
        ("month", ["all", "2025-01", "2025-02", "2025-04"]),
        ("quarter", ["all", "2025-Q1", "2025-Q2"]),
    ],
)
def test_grains(grain, cohorts):
    answer = asked_of_four(grain=grain)
    assert list(dict.fromkeys(answer.rows.values("cohort"))) == cohorts
    assert sum(row.size for row in answer.rows if row.k == 0 and row.cohort != "all") == 4


def test_k_counts_calendar_periods():
    with company(reaches="2025-03-01", **bought([("A", "2025-01-31"), ("A", "2025-02-01")])) as asked:
        assert cells(asked.ask(KEY, period="2025"), "2025-01") == [(0, 1, 1, True), (1, 1, 1, True)]
        weeks = asked.ask(KEY, period="2025", grain="week")
    assert cells(weeks, "2025-01-27")[0] == (0, 1, 1, True)
    assert cells(weeks, "2025-01-27")[1][2] == 0


def test_weeks_start_on_the_companys_weekday():
    # a Sunday and the Monday after it
    with company(reaches="2025-02-01", week_start=7, **bought([("A", "2025-01-05"), ("A", "2025-01-06")])) as asked:
        answer = asked.ask(KEY, period="2025-01", grain="week")
    assert cells(answer, "2025-01-05")[:2] == [(0, 1, 1, True), (1, 1, 0, True)]


def test_a_cohort_is_of_the_local_day():
    # 21:30 UTC on 31 January is February in Istanbul
    with company(reaches="2025-03-01", zone="Europe/Istanbul", **bought([("A", "2025-01-31 21:30")])) as asked:
        assert [row.cohort for row in asked.ask(KEY, period="2025").rows] == ["all", "2025-02", "2025-02"]
        assert len(asked.ask(KEY, period="2025-01").rows) == 0


def test_a_period_that_has_just_ended_is_complete():
    with company(reaches="2025-02-01", **bought([("A", "2025-01-31")])) as asked:
        assert cells(asked.ask(KEY, period="2025"), "2025-01") == [(0, 1, 1, True)]


def test_small_cohorts_are_shown_together_by_quarter():
    big = [(f"big{number}", "2025-02-01") for number in range(10)]
    with company(reaches="2025-05-01", **bought([*FOUR, *big])) as asked:
        answer = asked.ask(KEY, period="2025", together=True)
        apart = asked.ask(KEY, period="2025", together=False)
    # January has 2 and April 1: but one small cohort each in its quarter
    assert list(dict.fromkeys(answer.rows.values("cohort"))) == ["all", "2025-01", "2025-02", "2025-04"]
    with company(reaches="2025-04-15", **bought(FOUR)) as asked:
        answer = asked.ask(KEY, period="2025")
    # January's third month runs; of February's only one more is over
    assert cells(answer, "2025-Q1") == [(0, 3, 3, True), (1, 3, 2, True), (2, 2, 1, True), (3, 2, 0, False)]
    assert cells(answer, "all") == cells(asked_of_four(), "all")
    assert "2 cohorts of fewer than 10 customers are shown together with others of their quarter: 2025-Q1." in said(
        answer
    )
    assert len(apart.rows) > 0
    assert not any("shown together" in note for note in said(apart))


def test_cohorts_by_the_channel_of_the_first_purchase():
    purchases = [
        ("A", "2025-01-05", 10, {"channel": "store"}),
        ("A", "2025-02-05", 10, {"channel": "online"}),
        ("B", "2025-02-06", 10, {"channel": "store"}),
        ("C", "2025-02-06", 10, {"channel": None}),
        ("D", "2025-02-06", 10, {"channel": "online"}),
    ]
    with company(reaches="2025-03-15", **bought(purchases)) as asked:
        answer = asked.ask(KEY, period="2025", start="channel")
    # each member counted from his own start: of A's second month the end is not there yet
    assert cells(answer, "store") == [(0, 2, 2, True), (1, 1, 1, True), (2, 1, 0, False)]
    assert cells(answer, "online") == [(0, 1, 1, True), (1, 1, 0, False)]
    assert cells(answer, None) == [(0, 1, 1, True), (1, 1, 0, False)]


def test_cohorts_by_campaign_carry_its_name():
    purchases = [("A", "2025-01-05", 10, {"campaign_id": "c1"}), ("B", "2025-01-05", 10, {"campaign_id": "c2"})]
    purchases.append(("C", "2025-01-05", 10, {"campaign_id": "c3"}))
    campaigns = [
        {"campaign_id": f"c{number}", "name": name} for number, name in ((1, "Spring"), (2, "Sale"), (3, "Sale"))
    ]
    with company(reaches="2025-02-01", campaigns=campaigns, **bought(purchases)) as asked:
        answer = asked.ask(KEY, period="2025", start="campaign")
    assert list(answer.rows.values("cohort")) == ["all", "Spring", "Sale (c2)", "Sale (c3)"]


def test_cohorts_by_sign_up_hold_those_who_never_bought():
    tables = bought([("A", "2025-01-20"), ("B", "2025-01-20"), ("B", "2025-03-01")])
    created = {"A": "2025-01-01", "B": "2025-02-10", "C": "2025-01-31", "D": "2024-05-01", "E": None}
    tables["customers"] = [{"customer_id": each, "kind": "person", "created_at": day} for each, day in created.items()]
    with company(reaches="2025-04-01", **tables) as asked:
        answer = asked.ask(KEY, period="2025", start="sign_up", together=False)
    assert cells(answer, "2025-01") == [(0, 2, 1, True), (1, 2, 0, True), (2, 2, 0, True)]
    assert cells(answer, "2025-02") == [
        (0, 1, 0, True),
        (1, 1, 1, True),
    ]  # B's purchase before his sign-up has no place
    assert answer.passport.rows_used == 3
    assert left_out(answer) == {"started in another period": 1, "without a start": 1}


def test_activity_by_events():
    days = [
        ("A", "2025-01-01", False),
        ("A", "2025-02-01", False),
        ("B", "2025-01-01", True),
        (None, "2025-01-01", False),
    ]
    events = [
        {
            "event_id": str(i),
            "kind": "login",
            "occurred_at": day,
            "customer_id": who,
            "visitor_id": "v",
            "is_bot": is_bot,
        }
        for i, (who, day, is_bot) in enumerate(days)
    ]
    with company(reaches="2025-03-01", events=events) as asked:
        answer = asked.ask(KEY, period="2025", activity="events")
    assert cells(answer, "2025-01") == [(0, 1, 1, True), (1, 1, 1, True)]


@pytest.mark.parametrize(
    ("grain", "cohort", "expected"),
    [
        ("month", "2025-01", [(0, 2, 2, True), (1, 2, 2, True), (2, 2, 1, True), (3, 2, 1, True)]),
        ("quarter", "2025-Q1", [(0, 2, 2, True)]),
        ("week", "2024-12-30", [(k, 1, 1, True) for k in range(5)]),
    ],
)
def test_activity_by_running_subscriptions(grain, cohort, expected):
    spans = [("A", "2025-01-01", "2025-02-01"), ("A", "2025-02-01", "2025-03-01"), ("B", "2025-01-15", None)]
    subscriptions = [
        {"subscription_id": who, "customer_id": who, "started_on": start, "ended_on": end, "monthly_amount": 5}
        for who, start, end in spans
    ]
    with company(reaches="2025-05-01", subscriptions=subscriptions) as asked:
        answer = asked.ask(KEY, period="2025", activity="subscriptions", grain=grain, together=False)
        with pytest.raises(BadValue, match="Subscriptions tell no channel"):
            asked.ask(KEY, period="2025", activity="subscriptions", start="channel")
    assert cells(answer, cohort)[: len(expected)] == expected


def test_what_is_missing_locks_the_answer():
    with company(reaches="2025-04-15", **bought(FOUR)) as asked:
        assert asked.ask(KEY, period="2025", start="channel").locked.missing == "orders.channel"
        assert asked.ask(KEY, period="2025", start="sign_up").locked.missing == "customers.created_at"
        assert asked.ask(KEY, period="2025", activity="events").locked.missing == "events"


def test_who_started_in_another_period_or_never_is_counted():
    tables = bought([*FOUR, ("E", "2025-01-01", -5)])
    with company(reaches="2025-04-15", **tables) as asked:
        answer = asked.ask(KEY, period="2025-02")
    assert answer.passport.rows_used == 1
    assert left_out(answer) == {"started in another period": 3, "without a start": 1}


def test_the_beginning_of_the_data_is_told():
    note = "The data begin on 2025-01-05: who starts in the 90 days after it may have been a customer before."
    with company(reaches="2025-12-31", **bought([*FOUR, ("E", "2025-12-01")])) as asked:
        assert note in said(asked.ask(KEY, period="2025-03"))
        assert note not in said(asked.ask(KEY, period="2025-12"))


def test_little_data_is_said():
    answer = asked_of_four()
    assert "4 cases: too few to say." in said(answer)


def test_a_filter_and_a_viewer_make_cohorts_of_their_own():
    purchases = [
        ("A", "2025-01-05", 10, {"channel": "store", "owner_id": "ana"}),
        ("A", "2025-02-05", 10, {"channel": "online", "owner_id": "bob"}),
        ("A", "2025-03-05", 10, {"channel": "online", "owner_id": "bob"}),
    ]
    with company(reaches="2025-04-01", employees=[{"employee_id": "bob"}], **bought(purchases)) as asked:
        online = asked.ask(KEY, period="2025", where=(Filter("channel", ("online",)),))
        bobs = asked.ask(KEY, period="2025", viewer=Viewer("bob", "self", "bob"))
    assert cells(online, "2025-02") == cells(bobs, "2025-02") == [(0, 1, 1, True), (1, 1, 1, True)]


def test_an_earlier_as_of_knows_no_later_purchase():
    with company(reaches="2025-04-15", **bought(FOUR)) as asked:
        as_of = asked.engine.profile.reaches.replace(month=3, day=1)
        answer = asked.ask(KEY, period="2025", together=False, as_of=as_of)
    assert cells(answer, "2025-01") == [(0, 2, 2, True), (1, 2, 1, True)]


def test_the_latest_cohort_is_told_where_it_differs():
    purchases = [
        (f"{month}-{number}", f"2025-{month + again:02}-01")
        for month, active in ((1, 50), (2, 50), (3, 10))
        for number in range(100)
        for again in range(2 if number < active else 1)
    ]
    with company(reaches="2025-05-01", **bought(purchases)) as asked:
        (found,) = asked.ask(KEY, period="2025").findings
        calm = asked.ask(KEY, period="2025-01-01..2025-03-01").findings
    assert str(found.message) == (
        "Of the 100 customers of cohort 2025-03 10.0% came back one period later; of the other cohorts 50.0%."
    )
    assert found.tone == "bad"
    assert calm == ()


def test_nobody_started():
    with company(reaches="2025-04-15", **bought(FOUR)) as asked:
        answer = asked.ask(KEY, period="2024")
    assert len(answer.rows) == 0
    assert "No cases in this period, so there is no rate." in said(answer)
