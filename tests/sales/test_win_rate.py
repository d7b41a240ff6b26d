"""Win rate: one name, four numbers, each by its definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crmetrics.analysis.opening import Cell, Part
from crmetrics.catalogue import OpenCatalogue
from crmetrics.warehouse.scope import ADMINISTRATOR
from tests.company import company


def deal(number: int, is_won: bool | None, amount: float | None, **more: Any) -> dict[str, Any]:
    decided = {"is_won": is_won, "closed_at": "2025-05-20"} if is_won is not None else {}
    return {
        "deal_id": str(number),
        "stage": "quote",
        "amount": amount,
        "owner_id": "ana",
        "created_at": "2025-05-02",
        **decided,
        **more,
    }


def example() -> list[dict[str, Any]]:
    """Won 6 (120), lost 4 (280), open 10 of which 3 overdue."""
    won = [deal(number, True, 20) for number in range(6)]
    lost = [deal(number, False, 70) for number in range(6, 10)]
    overdue = [deal(number, None, 10, expected_close_on="2025-05-25") for number in range(10, 13)]
    still_open = [deal(number, None, 10, expected_close_on="2025-09-25") for number in range(13, 20)]
    return won + lost + overdue + still_open


@pytest.fixture(scope="module")
def catalogue() -> Iterator[OpenCatalogue]:
    with company(deals=example(), employees=[{"employee_id": "ana", "name": "Ana"}]) as asked:
        yield asked


@pytest.mark.parametrize(
    ("of", "rate", "loss_rate", "n"),
    [
        ("count", 6 / 10, 4 / 10, 10),
        ("amount", 120 / 400, 280 / 400, 10),
        ("all", 6 / 20, 4 / 20, 20),
        ("honest", 6 / 13, 4 / 13, 13),
    ],
)
def test_one_name_four_numbers(catalogue: OpenCatalogue, of: str, rate: float, loss_rate: float, n: int) -> None:
    answer = catalogue.ask("sales.win_rate", period="2025-05", of=of)
    assert answer.total.rate == pytest.approx(rate)
    assert answer.total.loss_rate == pytest.approx(loss_rate)
    assert answer.total.n == n
    assert (answer.total.won, answer.total.lost, answer.total.open_deals, answer.total.overdue) == (6, 4, 10, 3)


def test_the_interval_is_wilsons(catalogue: OpenCatalogue) -> None:
    total = catalogue.ask("sales.win_rate", period="2025-05").total
    assert (total.low, total.high) == pytest.approx((0.313, 0.832), abs=5e-4)  # rule R3: 6 of 10


def test_what_is_left_out_is_counted(catalogue: OpenCatalogue) -> None:
    passport = catalogue.ask("sales.win_rate", period="2025-05").passport
    assert passport is not None
    assert passport.rows_used == 10
    assert [(str(left.reason), left.rows) for left in passport.rows_left_out] == [("still open", 10)]


def test_little_data_is_said(catalogue: OpenCatalogue) -> None:
    notes = [str(note.message) for note in catalogue.ask("sales.win_rate", period="2025-05").notes]
    assert "Only 10 cases: read the rate with its interval." in notes


def test_no_case_gives_no_rate(catalogue: OpenCatalogue) -> None:
    answer = catalogue.ask("sales.win_rate", period="2024-05")
    assert answer.total.rate is None
    assert "No cases in this period, so there is no rate." in [str(note.message) for note in answer.notes]


def test_a_deal_without_amount_is_left_out_of_the_amount_form_and_counted() -> None:
    with company(deals=[deal(1, True, 100), deal(2, False, None), deal(3, False, 300)]) as asked:
        answer = asked.ask("sales.win_rate", period="2025-05", of="amount")
    assert answer.total.rate == pytest.approx(0.25)
    assert [(str(left.reason), left.rows) for left in answer.passport.rows_left_out] == [
        ("decided without an amount", 1)
    ]


def test_the_driving_date_is_the_close_not_the_creation() -> None:
    deals = [deal(1, True, 1, created_at="2024-01-01"), deal(2, False, 1, closed_at="2025-06-01")]
    with company(deals=deals) as asked:
        total = asked.ask("sales.win_rate", period="2025-05").total
    assert (total.won, total.lost) == (1, 0)


def test_a_blank_owner_is_a_group_of_its_own() -> None:
    with company(deals=[deal(1, True, 1), deal(2, False, 1, owner_id=None)]) as asked:
        rows = {row.party: (row.won, row.lost) for row in asked.ask("sales.win_rate", period="2025-05").rows}
    assert rows == {"ana": (1, 0), None: (0, 1)}


def test_by_month_open_deals_make_no_month() -> None:
    with company(deals=example()) as asked:
        rows = list(asked.ask("sales.win_rate", period="2025", by="month").rows)
    assert [row.party for row in rows] == ["2025-05"]


def test_locked_by_the_very_column() -> None:
    """data.coverage's trap: deals with an empty close date are no ground for a rate."""
    deals = [deal(number, True, 1, closed_at=None) for number in range(10)]
    with company(deals=deals) as asked:
        answer = asked.ask("sales.win_rate", period="2025-05")
    assert answer.locked is not None
    assert answer.locked.missing == "deals.closed_at"


def test_by_month_an_overdue_deal_belongs_to_the_month_in_which_it_should_have_closed() -> None:
    """Honest of each month is honest of that month alone."""
    june = [deal(20 + number, True, 1, closed_at="2025-06-10") for number in range(3)]
    july = [deal(30, None, 1, expected_close_on="2025-07-05")]
    with company(deals=[*example(), *june, *july]) as asked:
        answer = asked.ask("sales.win_rate", period="2025", by="month", of="honest")
        alone = asked.ask("sales.win_rate", period="2025-05", by="none", of="honest").total
        opened = asked.open(
            "sales.win_rate", Cell("overdue", {"party": "2025-05"}), Part(), viewer=ADMINISTRATOR,
            period="2025", by="month", of="honest",
        )  # fmt: skip
    rows = {row.party: (row.won, row.lost, row.overdue, row.n, row.open_deals) for row in answer.rows}
    assert rows == {
        "2025-05": (6, 4, 3, 13, None),
        "2025-06": (3, 0, 0, 3, None),
        "2025-07": (0, 0, 1, 1, None),
        "2025-09": (0, 0, 7, 7, None),
    }
    assert answer.rows[0].rate == alone.rate
    assert (answer.total.n, answer.total.overdue, answer.total.open_deals) == (24, 11, 11)
    assert sorted(opened.rows.values("deal_id")) == ["10", "11", "12"]


def test_of_all_created_the_young_are_told_to_grow() -> None:
    """R13: where most are still open the share won says how young they are."""
    still_open = [deal(number, None, 1) for number in range(50, 60)]
    with company(deals=[*example(), *still_open]) as asked:
        told = asked.ask("sales.win_rate", period="2025-05", of="all")
        decided = asked.ask("sales.win_rate", period="2025-05")
    assert any("will still grow" in str(note.message) for note in told.notes)
    assert not any("will still grow" in str(note.message) for note in decided.notes)
