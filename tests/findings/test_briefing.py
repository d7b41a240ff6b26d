"""What is told on a Monday: what moved more than usual, what misses its target, nothing twice, and nothing where nothing is."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from crmetrics.catalogue import OpenCatalogue
from crmetrics.findings import Briefing, briefing
from crmetrics.findings.briefing import Asker
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.vocabulary.language import LANGUAGES, Message
from crmetrics.warehouse.scope import Filter, Viewer
from tests.company import company

MONDAY = date(2025, 6, 2)
"""The data reach up to this day: 33 whole weeks before it."""
STEADY = [100, 104, 97, 101, 99, 103, 98, 102] * 4


def sales(weeks: list[float], *, orders_a_week: int = 6, **more: Any) -> dict[str, Any]:
    """Orders of the weeks up to Monday, each week's amount split over a few of them."""
    orders, lines = [], []
    for week, amount in enumerate(reversed(weeks), start=1):
        for place in range(orders_a_week):
            order_id = f"{week}-{place}"
            day = MONDAY - timedelta(days=7 * week - place % 5)
            customer = f"c{place}"
            orders.append({"order_id": order_id, "customer_id": customer, "ordered_at": str(day), **more})
            lines.append({"order_id": order_id, "line_no": 1, "net_amount": amount / orders_a_week})
    return {"orders": orders, "order_lines": lines}


def told(found: Briefing) -> list[str]:
    return [str(each.finding.message) for each in found.changes]


def by_key(found: Briefing) -> dict[str, Any]:
    return {each.proved_by.key: each for each in found.changes}


def test_nothing_unusual_is_said_so() -> None:
    with company(reaches=str(MONDAY), **sales([*STEADY, 101])) as asked:
        found = briefing(asked)
    assert (found.period.start, found.before.start) == (date(2025, 5, 26), date(2025, 5, 19))
    assert found.changes == ()
    assert found.usual == found.usual_besides >= 1
    assert str(found.opening).endswith("before, within the usual swing.")


def test_what_moves_more_than_usual_is_told_with_money_swing_and_proof() -> None:
    with company(reaches=str(MONDAY), **sales([*STEADY, 40])) as asked:
        found = briefing(asked)
    fell = by_key(found)["kpis.net_sales"]
    assert (fell.finding.tone, fell.finding.money, fell.n) == ("bad", pytest.approx(62, abs=0.01), 6)
    assert str(fell.finding.message).startswith("Net sales fell by 62.00 (")
    assert [str(remark).partition(" (")[0] for remark in fell.remarks] == ["outside the usual swing"]
    assert dict(fell.asked_with) == {"period": "2025-05-26..2025-06-02"}
    assert "more than it usually moves" in str(found.opening)


def test_each_thing_is_told_once() -> None:
    with company(reaches=str(MONDAY), **sales([*STEADY, 40])) as asked:
        found = briefing(asked)
    assert len(set(told(found))) == len(told(found))
    assert len(by_key(found)) == len(found.changes)


def test_a_running_period_is_held_against_the_same_elapsed_part() -> None:
    half_a_week = str(MONDAY - timedelta(days=4))  # Monday to Wednesday have passed
    with company(reaches=half_a_week, **sales([*STEADY, 101])) as asked:
        found = briefing(asked, period="this-week")
    assert found.is_running
    assert (found.before.start, found.before.days) == (date(2025, 5, 19), 3)
    line = next(line for line in found.lines if line.declared.key == "kpis.net_sales")
    assert line.value("before") == pytest.approx(102 * 4 / 6)  # of six orders those of the first three days
    assert found.changes == ()


def test_a_period_that_has_not_begun_tells_nothing() -> None:
    with company(reaches=str(MONDAY), **sales([*STEADY, 101])) as asked:
        found = briefing(asked, period="this-week")
    assert found.changes == ()
    assert {line.status for line in found.lines} <= {"few", "none", "locked"}


def test_without_a_usual_swing_only_large_money_is_told_and_in_grey() -> None:
    with company(reaches=str(MONDAY), **sales([100, 60])) as asked:
        fell = by_key(briefing(asked))["kpis.net_sales"]
    with company(reaches=str(MONDAY), **sales([100, 98])) as asked:
        steady = briefing(asked)
    assert (fell.finding.tone, [str(each) for each in fell.remarks]) == ("info", ["the usual swing is not known yet"])
    assert "kpis.net_sales" not in by_key(steady)


def test_one_more_of_a_handful_is_no_news() -> None:
    """New customers go from 1 to 0: a hundred per cent, and nothing."""
    rows = sales([*STEADY, 101])
    rows["orders"].append({"order_id": "new", "customer_id": "fresh", "ordered_at": "2025-05-20"})
    rows["order_lines"].append({"order_id": "new", "line_no": 1, "net_amount": 5})
    with company(reaches=str(MONDAY), **rows) as asked:
        found = briefing(asked)
    line = next(line for line in found.lines if line.declared.key == "kpis.new_customers")
    assert (line.value("before"), line.value("value")) == (1, 0)
    assert "kpis.new_customers" not in by_key(found)


def test_one_customer_and_one_order_are_too_few() -> None:
    rows = {
        "orders": [{"order_id": "1", "customer_id": "c", "ordered_at": "2025-05-27"}],
        "order_lines": [{"order_id": "1", "line_no": 1, "net_amount": 10}],
    }
    with company(reaches=str(MONDAY), **rows) as asked:
        found = briefing(asked)
    assert found.changes == found.steps == ()
    assert str(found.opening) == "Net sales: 10.00."


@pytest.mark.parametrize("rows", [{}, {"customers": [{"customer_id": "1"}]}])
def test_a_company_without_figures_tells_nothing(rows: Any) -> None:
    with company(reaches=str(MONDAY), **rows) as asked:
        found = briefing(asked)
    assert (found.scorecard, found.lines, found.changes, found.steps) == (None, (), (), ())
    assert "too few cases" in str(found.opening)


def plan(scope: str, who: str | None, value: float) -> dict[str, Any]:
    month = {"starts_on": "2025-05-01", "ends_on": "2025-06-01"}
    return {"kpi": "kpis.net_sales", "scope": scope, "scope_id": who, "target_value": value, "currency": "EUR", **month}


def test_a_missed_target_is_told_with_what_is_missing() -> None:
    with company(reaches="2025-06-01", **sales([*STEADY, 101]), targets=[plan("company", None, 4400)]) as asked:
        found = briefing(asked)
        line = next(line for line in found.lines if line.declared.key == "kpis.net_sales")
        late = by_key(found)["kpis.net_sales"]
    assert line.status == "behind"
    assert late.finding.money == pytest.approx((line.value("expected") or 0) - (line.value("value") or 0))
    assert str(late.finding.message).startswith("Net sales is behind target: ")


def with_plans(late: int) -> dict[str, Any]:
    """Six people with a target, of whom so many miss it."""
    rows = sales([*STEADY, 101])
    for place, order in enumerate(rows["orders"]):
        order["owner_id"] = f"e{place % 6}"
    people = [{"employee_id": f"e{place}", "name": f"P{place}", "team": "T"} for place in range(6)]
    targets = [plan("owner", f"e{place}", 1000 if place < late else 1) for place in range(6)]
    return {**rows, "employees": people, "targets": targets}


@pytest.mark.parametrize("late", [1, 2, 5])
def test_people_behind_their_plan_are_one_sentence_in_every_language(late: int) -> None:
    with company(reaches="2025-06-01", **with_plans(late)) as asked:
        (found,) = [each for each in briefing(asked).changes if each.declared.key == "kpis.target_attainment"]
    said = {language: say(found.finding.message, format_for(language, "EUR")) for language in LANGUAGES}
    assert said["en"].startswith(
        f"Net sales: {late} of 6 people with a target {'is' if late == 1 else 'are'} behind, €"
    )
    assert ("відстає" in said["uk"]) == (late == 1)
    assert len(set(said.values())) == 4
    assert not any("{" in sentence for sentence in said.values())


def test_a_representative_is_told_of_his_own_only() -> None:
    with company(reaches="2025-06-01", **with_plans(2)) as asked:
        everybody, own = briefing(asked), briefing(asked, Viewer("P1", "self", "e1"))
        parts = [briefing(asked, Viewer("p", "self", f"e{place}")) for place in range(6)]

    def net(found: Briefing) -> float:
        return next(line.value("value") or 0 for line in found.lines if line.declared.key == "kpis.net_sales")

    assert sum(net(each) for each in parts) == pytest.approx(net(everybody))
    assert 0 < net(own) < net(everybody)
    assert not any("people" in sentence for sentence in told(own))


def test_a_filter_narrows_everything() -> None:
    with company(reaches="2025-06-01", **with_plans(2)) as asked:
        found = briefing(asked, where=(Filter("owner", ("e1",)),))
        own = briefing(asked, Viewer("P1", "self", "e1"))
    values = [{line.declared.key: line.value("value") for line in each.lines} for each in (found, own)]
    assert values[0]["kpis.net_sales"] == values[1]["kpis.net_sales"]


def test_what_does_not_exist_is_refused() -> None:
    with company(reaches=str(MONDAY), **sales([100])) as asked:
        with pytest.raises(BadValue, match="is not a period"):
            briefing(asked, period="someday")
        with pytest.raises(UnknownName, match="is not a dimension"):
            briefing(asked, where=(Filter("moon", ("full",)),))


def test_nothing_is_worked_out_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    with company(reaches=str(MONDAY), **sales([*STEADY, 101])) as asked:
        first = briefing(asked)
        monkeypatch.setattr(OpenCatalogue, "_answer", None)
        assert told(briefing(asked)) == told(first)


def test_where_most_of_a_fall_comes_from_is_told_and_proved() -> None:
    rows = sales([*STEADY, 40])
    channels = ["shop", "web", "fair"]
    for place, (order, line) in enumerate(zip(rows["orders"], rows["order_lines"], strict=True)):
        order["channel"] = channels[place % 3]
        if order["order_id"].startswith("1-"):  # the last week: nothing but the shop fell
            line["net_amount"] = 3 if order["channel"] == "shop" else 17
    with company(reaches=str(MONDAY), **rows) as asked:
        fell = by_key(briefing(asked))["kpis.net_sales"]
    assert str(fell.remarks[0]) == "most of it at shop: 28.00"
    assert dict(fell.asked_with) == {"by": "channel", "period": "2025-05-26..2025-06-02"}


def test_one_that_refuses_does_not_keep_the_others_from_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(asker: Any, key: str, *asked: Any, **choices: Any) -> Any:
        if key == "customers.purchase_gap":
            raise BadValue(Message("Not for you."))
        return answers(asker, key, *asked, **choices)

    answers = Asker.ask
    monkeypatch.setattr(Asker, "ask", refuses)
    with company(reaches=str(MONDAY), **sales([*STEADY, 40])) as asked:
        found = briefing(asked)
    assert [(each.key, str(why)) for each, why in found.failed] == [("customers.purchase_gap", "Not for you.")]
    assert "kpis.net_sales" in by_key(found)


def test_who_may_not_see_personal_data_is_told_the_rest() -> None:
    with company(reaches="2025-06-01", **with_plans(2)) as asked:
        found = briefing(asked, Viewer("masked", "all", is_masked=True))
    assert len(found.lines) >= 6
    assert any("people with a target are behind" in sentence for sentence in told(found))
