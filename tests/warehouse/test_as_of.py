"""An earlier as-of shows what was known then (R21); rows of the future are never read."""

from datetime import date, datetime

import pytest

from crmetrics.vocabulary.errors import UnknownName
from crmetrics.warehouse.scope import ADMINISTRATOR, Filter, Scope, Viewer
from tests.company import company

THEN = datetime(2025, 6, 1)

PEOPLE = [
    {"employee_id": "ann", "team": "North", "hired_on": "2024-01-01"},
    {"employee_id": "ben", "team": "South", "hired_on": "2024-01-01", "left_on": "2025-07-01"},
    {"employee_id": "new", "team": "North", "hired_on": "2025-08-01"},
]
DEALS = [
    {"deal_id": "won_later", "owner_id": "ann", "stage": "won", "amount": 500, "created_at": "2025-01-01",
     "closed_at": "2025-07-01", "is_won": True, "expected_close_on": "2025-07-15", "probability": 1},
    {"deal_id": "lost_before", "owner_id": "ann", "stage": "lost", "amount": 80, "created_at": "2025-01-02",
     "closed_at": "2025-05-31 23:59:59", "is_won": False, "loss_reason": "price"},
    {"deal_id": "at_midnight", "owner_id": "ann", "stage": "won", "amount": 70, "created_at": "2025-01-03",
     "closed_at": "2025-06-01", "is_won": True},
    {"deal_id": "handed_on", "owner_id": "ann", "stage": "offer", "amount": 60, "created_at": "2025-02-01"},
    {"deal_id": "quiet", "owner_id": "ben", "stage": "offer", "created_at": "2025-02-02", "amount": 50},
    {"deal_id": "born_later", "owner_id": "ann", "stage": "talk", "created_at": "2025-06-01", "amount": 40},
    {"deal_id": "ageless", "owner_id": "ann", "stage": "talk"},
]  # fmt: skip
STAGES = [
    {"deal_id": "won_later", "stage": "talk", "entered_at": "2025-01-01", "left_at": "2025-05-01"},
    {"deal_id": "won_later", "stage": "offer", "entered_at": "2025-05-01", "left_at": "2025-07-01"},
    {"deal_id": "won_later", "stage": "won", "entered_at": "2025-07-01"},
    {"deal_id": "at_midnight", "stage": "talk", "entered_at": "2025-01-03"},
    {"deal_id": "at_midnight", "stage": "won", "entered_at": "2025-06-01"},
]
CHANGES = [
    # twice after as-of: the value before the first of them counts
    {"deal_id": "won_later", "changed_at": "2025-06-10", "field_name": "amount", "old_value": "300", "new_value": "400"},
    {"deal_id": "won_later", "changed_at": "2025-06-20", "field_name": "amount", "old_value": "400", "new_value": "500"},
    # before as-of: today's value stood already
    {"deal_id": "lost_before", "changed_at": "2025-03-01", "field_name": "amount", "old_value": "8", "new_value": "80"},
    # it was blank then
    {"deal_id": "at_midnight", "changed_at": "2025-06-01", "field_name": "amount", "old_value": None, "new_value": "70"},
    {"deal_id": "handed_on", "changed_at": "2025-06-15", "field_name": "owner_id", "old_value": "ben", "new_value": "ann"},
    # what people typed is not a number
    {"deal_id": "handed_on", "changed_at": "2025-06-16", "field_name": "amount", "old_value": "about 5k", "new_value": "60"},
    {"deal_id": "won_later", "changed_at": "2025-06-11", "field_name": "expected_close_on", "old_value": "2025-06-30",
     "new_value": "2025-07-15"},
    {"deal_id": "won_later", "changed_at": "2025-06-12", "field_name": "probability", "old_value": "0.3", "new_value": "1"},
]  # fmt: skip


@pytest.fixture(scope="module")
def deals():
    with company(employees=PEOPLE, deals=DEALS, deal_stages=STAGES, deal_changes=CHANGES) as opened:
        yield opened


def asked(catalogue, sql, *, as_of=THEN, where=(), viewer=ADMINISTRATOR, **values):
    with catalogue.warehouse(Scope(viewer, tuple(where), as_of)) as warehouse:
        return list(warehouse.query(sql, **values).records())


def then(catalogue, deal, as_of=THEN):
    columns = "stage, amount, owner_id, is_won, closed_at, loss_reason, expected_close_on, probability"
    found = asked(catalogue, f"select {columns} from deals where deal_id = $deal", as_of=as_of, deal=deal)
    return found[0] if found else None


def test_what_was_decided_later_was_open_and_worth_what_it_was_worth_then(deals):
    assert then(deals, "won_later") == {
        "stage": "offer",
        "amount": 300,
        "owner_id": "ann",
        "is_won": None,
        "closed_at": None,
        "loss_reason": None,
        "expected_close_on": date(2025, 6, 30),
        "probability": 0.3,
    }


def test_what_was_decided_before_stays(deals):
    lost = then(deals, "lost_before")
    assert (lost["is_won"], lost["amount"], lost["loss_reason"], lost["stage"]) == (False, 80, "price", "lost")
    assert lost["closed_at"] == datetime(2025, 5, 31, 23, 59, 59)


def test_the_instant_itself_is_no_longer_covered(deals):
    assert then(deals, "born_later") is None
    midnight = then(deals, "at_midnight")
    assert (midnight["is_won"], midnight["stage"], midnight["amount"]) == (None, "talk", None)
    a_second_later = then(deals, "at_midnight", datetime(2025, 6, 1, 0, 0, 1))
    assert (a_second_later["is_won"], a_second_later["stage"], a_second_later["amount"]) == (True, "won", 70)


def test_the_owner_is_the_one_of_then_and_a_typed_word_is_no_amount(deals):
    assert (then(deals, "handed_on")["owner_id"], then(deals, "handed_on")["amount"]) == ("ben", None)


def test_where_no_history_tells_today_counts(deals):
    quiet = then(deals, "quiet")
    assert (quiet["owner_id"], quiet["stage"], quiet["amount"]) == ("ben", "offer", 50)


def test_rows_without_a_moment_are_always_there(deals):
    assert then(deals, "ageless")["stage"] == "talk"


def test_an_as_of_at_or_after_the_end_of_the_data_is_now(deals):
    for as_of in (None, datetime(2026, 1, 1), datetime(2030, 1, 1)):
        assert then(deals, "won_later", as_of)["amount"] == 500
        with deals.warehouse(Scope(as_of=as_of)) as warehouse:
            assert (warehouse.as_of, warehouse.today) == (datetime(2026, 1, 1), date(2026, 1, 1))


def test_groups_and_filters_go_by_what_was_known_then(deals):
    by_owner = "select party, count(*) as n from deals group by party order by party"
    groups = {row["party"]: row["n"] for row in asked(deals, by_owner, by="owner", of="deals")}
    assert groups == {"ann": 4, "ben": 2}
    groups = {row["party"]: row["n"] for row in asked(deals, by_owner, by="team", of="deals")}
    assert groups == {"North": 4, "South": 2}
    groups = {row["party"]: row["n"] for row in asked(deals, by_owner, by="stage", of="deals")}
    assert groups == {"offer": 3, "lost": 1, "talk": 2}
    ids = "select deal_id from deals order by deal_id"
    south = [row["deal_id"] for row in asked(deals, ids, where=[Filter("team", ("South",))])]
    assert south == ["handed_on", "quiet"]
    offers = [row["deal_id"] for row in asked(deals, ids, where=[Filter("stage", ("offer",))])]
    assert offers == ["handed_on", "quiet", "won_later"]
    # children go along: the stage visits of the deals that were at an offer then
    visits = asked(deals, "select deal_id, stage from deal_stages order by 1, 2", where=[Filter("owner", ("ben",))])
    assert visits == []


def test_rights_go_by_todays_owner(deals):
    ids = "select deal_id from deals order by deal_id"
    bens = [row["deal_id"] for row in asked(deals, ids, viewer=Viewer("ben", "self", "ben"))]
    assert bens == ["quiet"]
    anns = [row["deal_id"] for row in asked(deals, ids, viewer=Viewer("ann", "self", "ann"))]
    assert anns == ["ageless", "at_midnight", "handed_on", "lost_before", "won_later"]


def test_histories_end_at_as_of_too(deals):
    visits = asked(deals, "select stage, left_at from deal_stages where deal_id = 'won_later' order by entered_at")
    assert visits == [{"stage": "talk", "left_at": datetime(2025, 5, 1)}, {"stage": "offer", "left_at": None}]
    assert asked(deals, "select count(*) as n from deal_changes") == [{"n": 1}]


def test_days_end_at_the_local_day_of_as_of(deals):
    people = asked(deals, "select employee_id, left_on from employees order by 1")
    assert people == [{"employee_id": "ann", "left_on": None}, {"employee_id": "ben", "left_on": None}]
    assert asked(deals, "select left_on from employees where employee_id = 'ben'", as_of=datetime(2025, 7, 2))[0][
        "left_on"
    ] == date(2025, 7, 1)


TICKETS = [
    {"ticket_id": "open", "status": "open", "created_at": "2025-05-01", "priority": "low", "owner_id": "ann"},
    {"ticket_id": "pending", "status": "pending", "created_at": "2025-05-01"},
    {"ticket_id": "solved_later", "status": "solved", "created_at": "2025-05-01", "resolved_at": "2025-06-02",
     "first_reply_at": "2025-05-02", "reply_count": 3, "handle_minutes": 12},
    {"ticket_id": "closed_later", "status": "closed", "created_at": "2025-05-01", "resolved_at": "2025-05-20",
     "closed_at": "2025-06-03", "first_reply_at": "2025-06-01 00:00:01", "reply_count": 2},
    {"ticket_id": "told", "status": "closed", "created_at": "2025-05-01", "resolved_at": "2025-06-05",
     "closed_at": "2025-06-06", "priority": "high", "owner_id": "ben"},
    {"ticket_id": "later", "status": "new", "created_at": "2025-06-01"},
]  # fmt: skip
EVENTS = [
    {
        "ticket_id": "told",
        "event_no": number,
        "occurred_at": at,
        "kind": kind,
        "actor_kind": "agent",
        "event_value": value,
    }
    for number, (at, kind, value) in enumerate(
        [
            ("2025-05-01", "status", "open"),
            ("2025-05-10", "status", "hold"),
            ("2025-05-11", "priority", "low"),
            ("2025-05-12", "assign", "ann"),
            ("2025-05-13", "reply", None),
            ("2025-06-04", "priority", "high"),
            ("2025-06-04", "assign", "ben"),
            ("2025-06-05", "status", "solved"),
        ]
    )
]


def test_tickets_are_as_they_stood_then():
    with company(tickets=TICKETS, ticket_events=EVENTS) as catalogue:
        columns = (
            "ticket_id, status, priority, owner_id, resolved_at, closed_at, first_reply_at, reply_count, handle_minutes"
        )
        found = {row.pop("ticket_id"): row for row in asked(catalogue, f"select {columns} from tickets order by 1")}
        assert {name: row["status"] for name, row in found.items()} == {
            "open": "open",
            "pending": "pending",
            "solved_later": "open",
            "closed_later": "solved",
            "told": "hold",
        }
        assert (found["told"]["priority"], found["told"]["owner_id"]) == ("low", "ann")
        assert (found["open"]["priority"], found["open"]["owner_id"]) == ("low", "ann")
        solved, closed = found["solved_later"], found["closed_later"]
        assert (solved["resolved_at"], solved["reply_count"], solved["handle_minutes"]) == (None, None, None)
        assert solved["first_reply_at"] == datetime(2025, 5, 2)
        assert (closed["closed_at"], closed["first_reply_at"]) == (None, None)
        assert (closed["resolved_at"], closed["reply_count"]) == (datetime(2025, 5, 20), 2)


def test_rows_of_the_future_are_a_fault_and_not_read():
    orders = [
        {"order_id": "now", "ordered_at": "2025-12-31 23:59:59"},
        {"order_id": "then", "ordered_at": "2026-01-01"},
        {"order_id": "far", "ordered_at": "2099-01-01"},
    ]
    lines = [{"order_id": each["order_id"], "line_no": 1, "quantity": 1, "net_amount": 5} for each in orders]
    deals = [
        {"deal_id": "d", "stage": "won", "created_at": "2025-01-01", "closed_at": "2062-01-01", "is_won": True},
        {"deal_id": "e", "stage": "won", "created_at": "2025-01-01", "closed_at": "2025-02-01", "is_won": True},
    ]
    with company(orders=orders, order_lines=lines, deals=deals) as catalogue:
        assert asked(catalogue, "select order_id from orders order by 1", as_of=None) == [{"order_id": "now"}]
        assert asked(catalogue, "select order_id from order_lines order by 1", as_of=None) == [{"order_id": "now"}]
        known = asked(catalogue, "select deal_id, is_won, closed_at from deals order by 1", as_of=None)
        assert known == [
            {"deal_id": "d", "is_won": None, "closed_at": None},
            {"deal_id": "e", "is_won": True, "closed_at": datetime(2025, 2, 1)},
        ]


def test_what_is_planned_may_lie_in_the_future():
    tasks = [{"activity_id": "a", "kind": "task", "created_at": "2025-12-01", "due_at": "2026-02-01"}]
    with company(activities=tasks) as catalogue:
        assert asked(catalogue, "select due_at from activities", as_of=None) == [{"due_at": datetime(2026, 2, 1)}]


def test_lines_come_and_go_with_their_order():
    orders = [{"order_id": "a", "ordered_at": "2025-05-31"}, {"order_id": "b", "ordered_at": "2025-06-01"}]
    lines = [{"order_id": name, "line_no": 1, "quantity": 1, "net_amount": 1} for name in ("a", "b", "orphan")]
    with company(orders=orders, order_lines=lines) as catalogue:
        found = asked(catalogue, "select order_id from order_lines order by 1")
        assert found == [{"order_id": "a"}, {"order_id": "orphan"}]


def test_a_grouping_by_time_needs_a_driving_date(deals):
    with deals.warehouse(Scope()) as warehouse, pytest.raises(UnknownName, match="no driving date"):
        warehouse.query("select party from deals", by="month", of="deals")
