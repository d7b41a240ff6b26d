"""Segments of customers: the same figures as choosing the customers by hand, and nothing that their reader may not see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crmetrics.analysis import segments as working
from crmetrics.catalogue import OpenCatalogue
from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.warehouse.scope import SEGMENT, Filter, Members, Scope, Viewer
from crmetrics.workspace.segments import Opened, Segment, Segments
from crmetrics.workspace.state import open_state
from tests.company import company, on_both_engines
from tests.warehouse.test_scope import CUSTOMERS, LINES, ORDERS, PEOPLE, PRODUCTS

ONLINE = Opened("kpis.buyers", "value", "/a/kpis.buyers/rows", period="2025", where={"channel": ("online", None)})
STORE = Opened("kpis.buyers", "value", "/a/kpis.buyers/rows", period="2025", where={"channel": ("store",)})
SHOP = {"employees": PEOPLE, "customers": CUSTOMERS, "orders": ORDERS, "order_lines": LINES, "products": PRODUCTS}
BOSS, ANN = Viewer("boss", "all", person=1), Viewer("ann", "self", "ann", person=2)


@pytest.fixture(scope="module")
def shop() -> Iterator[OpenCatalogue]:
    with company(**SHOP) as opened:
        yield opened


@pytest.fixture
def catalogue(shop: OpenCatalogue, tmp_path: Path) -> OpenCatalogue:
    return OpenCatalogue(shop.engine, shop.settings, folder=tmp_path)


def keep(catalogue: OpenCatalogue, question: Opened = ONLINE, owner: int = 1, **given: object) -> str:
    segment = Segment(0, "Ours", question, **given)  # type: ignore[arg-type]
    return str(Segments(open_state(catalogue.folder or Path()), owner).keep(segment).number)


def sales(catalogue: OpenCatalogue, *where: Filter, viewer: Viewer = BOSS, **asked: str) -> list[object]:
    answer = catalogue.ask("kpis.net_sales", viewer=viewer, where=where, period="2025", **asked)
    return [*(row.values for row in answer.rows), answer.total.values if answer.total else None]


def named(*numbers: str | None) -> Filter:
    return Filter(SEGMENT, numbers)


def test_a_segment_gives_the_figures_of_its_customers_chosen_by_hand(catalogue: OpenCatalogue) -> None:
    online, store = keep(catalogue), keep(catalogue, STORE)
    by_hand = Filter("customer", ("c1", "c3", "gone"))
    assert sales(catalogue, named(online), by="customer") == sales(catalogue, by_hand, by="customer")
    assert sales(catalogue, named(online)) != sales(catalogue)
    both = Filter("customer", ("c1", "c2", "c3", "gone"))
    assert sales(catalogue, named(online, store), by="month") == sales(catalogue, both, by="month")
    assert sales(catalogue, named(online), Filter("owner", ("eve",))) == sales(
        catalogue, by_hand, Filter("owner", ("eve",))
    )


def test_it_holds_for_tables_that_customers_are_reached_from(catalogue: OpenCatalogue) -> None:
    scope = catalogue.scope(BOSS, (named(keep(catalogue, STORE)),))
    with catalogue.warehouse(scope) as warehouse:
        assert warehouse.query("select line_no, order_id from order_lines").values("order_id") == ["o2"]
        assert warehouse.query("select customer_id from customers").values("customer_id") == ["c2"]
        assert (
            len(warehouse.query("select product_id from products")) == 1
        )  # no customer is reached: as without a filter


def test_nobody_learns_of_rows_that_he_may_not_see(catalogue: OpenCatalogue) -> None:
    number = keep(catalogue, is_shared=True)
    # the order o7 of c1 is Eve's: Ann's c1 is in by her own o1 alone, and nobody else is
    answer = catalogue.ask("kpis.net_sales", viewer=ANN, where=(named(number),), period="2025", by="customer")
    assert [row.party for row in answer.rows] == ["c1"]
    assert sales(catalogue, named(number), viewer=ANN) == sales(catalogue, Filter("customer", ("c1",)), viewer=ANN)
    stores = keep(catalogue, STORE, is_shared=True)
    assert (
        catalogue.segments.customers(Segments(open_state(catalogue.folder or Path()), 2).find(stores), Scope(ANN)) == ()
    )
    fixed = keep(catalogue, is_shared=True, ids=("c1", "c2"))
    segment = Segments(open_state(catalogue.folder or Path()), 2).find(fixed)
    assert catalogue.segments.count(segment, ANN) == 1
    assert catalogue.segments.count(segment, BOSS) == 2


def test_one_of_somebody_else_is_as_if_it_were_not_there(catalogue: OpenCatalogue) -> None:
    private = keep(catalogue)
    told = []
    for number in (private, "99", "x' or 1 = 1", "²", "9" * 40, None):
        with pytest.raises(UnknownName) as refused:
            sales(catalogue, named(number), viewer=ANN)
        told.append(str(refused.value.message.text))
    assert len(set(told)) == 1
    assert catalogue.segments.titles(ANN) == {}
    # a shared one that rests on a private one tells nobody else of it
    above = keep(catalogue, replace(ONLINE, where={SEGMENT: (private,)}), is_shared=True)
    assert sales(catalogue, named(above)) == sales(catalogue, named(private))
    with pytest.raises(UnknownName, match="segment"):
        sales(catalogue, named(above), viewer=replace(BOSS, person=2))


def test_the_cache_tells_segments_by_who_is_in_them(catalogue: OpenCatalogue) -> None:
    online, store = keep(catalogue), keep(catalogue, STORE)

    def asked(number: str, viewer: Viewer = BOSS):
        return catalogue.question("kpis.net_sales", viewer=viewer, period="2025", where=(named(number),))

    assert asked(online) == asked(online)
    assert asked(online) != asked(store)
    before = asked(online)
    segments = Segments(open_state(catalogue.folder or Path()), 1)
    segments.rename(int(online), "Theirs")
    assert asked(online) != before  # its title stands in the answer
    # the same number with other customers is another question, whoever kept it
    marks = [Filter(SEGMENT, ("1",), Members(mark, (), ())) for mark in ("a", "b")]
    assert Scope(BOSS, (marks[0],)) != Scope(BOSS, (marks[1],))
    segments.remove(int(store))
    assert int(keep(catalogue, STORE)) > int(store)  # a number is never given again


def test_what_cannot_be_worked_out_is_told_in_a_sentence(
    catalogue: OpenCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = keep(catalogue, Opened("finance.cac", "new_customers", "/x", period="2025"))
    with pytest.raises(BadValue, match="rests on an analysis without an answer"):
        sales(catalogue, named(locked))
    deals = keep(catalogue, Opened("kpis.buyers", "n", "/x", period="2025"))
    with pytest.raises(UnknownName, match="are not customers"):
        sales(catalogue, named(deals))
    monkeypatch.setattr(working, "MOST", 2)
    with pytest.raises(BadValue, match="more than"):
        sales(catalogue, named(keep(catalogue)))


def test_thousands_of_customers_are_no_text_of_the_query(catalogue: OpenCatalogue) -> None:
    many = keep(catalogue, ids=tuple(f"c{number}" for number in range(20_000)))
    answer = catalogue.ask("kpis.net_sales", viewer=BOSS, period="2025", where=(named(many),))
    assert answer.total is not None
    assert answer.total.as_dict()["n"] == 4
    assert answer.passport is not None
    assert sum(map(len, answer.passport.statements)) < 20_000
    assert answer.names["where.segment"] == {many: "Ours"}


@pytest.mark.spark
def test_spark_finds_the_same(tmp_path: Path) -> None:
    with on_both_engines(**SHOP) as both:
        for engine in (both.duckdb, both.spark):
            catalogue = OpenCatalogue(engine.engine, engine.settings, folder=tmp_path)
            number, nobody = keep(catalogue), keep(catalogue, ids=())
            by_hand = sales(catalogue, Filter("customer", ("c1", "c3", "gone")), by="customer")
            assert sales(catalogue, named(number), by="customer") == by_hand
            with catalogue.warehouse(catalogue.scope(BOSS, (named(nobody),))) as warehouse:
                assert len(warehouse.query("select order_id from orders")) == 0
