"""The rows behind a figure in the order in which readers look them up, in parts, found once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from crmetrics.analysis.opening import Cell, Part
from crmetrics.catalogue import OpenCatalogue
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.order import looked_up
from crmetrics.warehouse.scope import ADMINISTRATOR, Viewer
from tests.company import company

OWNERS = {"e1": "Zoe", "e2": "Adam", "e3": None}
TICKETS = (("t1", "customer"), ("t2", "agent"), ("t3", "system"), ("t4", None))


@pytest.fixture(scope="module")
def asked() -> Iterator[OpenCatalogue]:
    deals = [
        {"deal_id": f"d{place}", "owner_id": owner, "stage": "won", "is_won": True, "closed_at": "2025-05-05"}
        for place, owner in enumerate(OWNERS)
    ]
    staff = [{"employee_id": each, "name": name} for each, name in OWNERS.items() if name]
    tickets = [{"ticket_id": each, "created_by": told, "created_at": "2025-05-05"} for each, told in TICKETS]
    with company(deals=deals, employees=staff, tickets=tickets) as opened:
        yield opened


def opened(asked: OpenCatalogue, part: Part, key: str = "kpis.won_deals", column: str = "owner_id") -> list[str]:
    found = asked.open(key, Cell("value"), part, viewer=ADMINISTRATOR, period="2025")
    return list(found.rows.values(column))


def test_a_column_that_shows_names_is_in_the_order_of_the_names(asked: OpenCatalogue) -> None:
    """e3 is nobody's name, and stands under its own."""
    assert opened(asked, Part("owner_id")) == ["e2", "e1", "e3"]
    assert opened(asked, Part("-owner_id")) == ["e3", "e1", "e2"]


def test_names_that_may_not_be_seen_order_nothing() -> None:
    """To who sees them masked Anna and Anders are both A…, and stand by their numbers."""
    names = ("Anna", "Anders")
    customers = [{"customer_id": f"c{place}", "kind": "person", "name": name} for place, name in enumerate(names)]
    deals = [
        {"deal_id": f"d{place}", "customer_id": f"c{place}", "stage": "won", "is_won": True, "closed_at": "2025-05-05"}
        for place in range(2)
    ]
    with company(deals=deals, customers=customers) as catalogue:
        for viewer, order in ((ADMINISTRATOR, ["c1", "c0"]), (Viewer("x", "all", is_masked=True), ["c0", "c1"])):
            found = catalogue.open("kpis.won_deals", Cell("value"), Part("customer_id"), viewer=viewer, period="2025")
            assert list(found.rows.values("customer_id")) == order


@pytest.mark.parametrize(("language", "order"), [("en", ["t2", "t1", "t3", "t4"]), ("tr", ["t1", "t3", "t2", "t4"])])
def test_a_closed_list_is_in_the_order_of_the_words_that_are_read(
    asked: OpenCatalogue, language: str, order: list[str]
) -> None:
    """Agent, Customer, System; Müşteri, Sistem, Temsilci. What is blank is last both ways."""
    alphabet = partial(looked_up, format=format_for(language, "EUR"))
    part = Part("created_by", alphabet=alphabet)
    assert opened(asked, part, "kpis.tickets_created", "ticket_id") == order
    turned = Part("-created_by", alphabet=alphabet)
    assert opened(asked, turned, "kpis.tickets_created", "ticket_id") == [*reversed(order[:3]), "t4"]


def test_a_part_tells_how_many_there_are_in_all_and_finds_them_once(asked: OpenCatalogue) -> None:
    for part, given in ((Part(count=1), 1), (Part(start=2, count=2), 1), (Part(start=9, count=2), 0)):
        found = asked.open("kpis.won_deals", Cell("value"), part, viewer=ADMINISTRATOR, period="2025")
        passport = found.passport
        assert passport is not None
        assert (len(found.rows), passport.rows_used) == (given, 3)
        assert len(passport.statements) == (1 if given else 2)
        assert "rows_in_all" not in {each.name for each in found.columns}
    nothing = asked.open("kpis.won_deals", Cell("value"), Part(), viewer=ADMINISTRATOR, period="2024")
    assert (len(nothing.rows), nothing.passport and nothing.passport.rows_used) == (0, 0)
