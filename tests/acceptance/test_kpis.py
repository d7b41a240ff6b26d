"""KPIs of the public sets, to the cent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from crmetrics.catalogue import OpenCatalogue, open_workspace
from tests.acceptance.conftest import Imported


@contextmanager
def opened(at_rest: Imported) -> Iterator[OpenCatalogue]:
    catalogue = open_workspace(at_rest.workspace)
    yield catalogue
    catalogue.engine.close()


def near(value: float) -> object:
    """Equal to nine digits, or to the cent where the file has more decimals than money has."""
    return pytest.approx(value, rel=1e-9, abs=0.005)


def course(catalogue: OpenCatalogue, key: str, period: str, by: str = "month") -> dict[str, float]:
    return {row.party: row.value for row in catalogue.ask(f"kpis.{key}", period=period, by=by).rows}


def total(catalogue: OpenCatalogue, key: str, period: str) -> float:
    return catalogue.ask(f"kpis.{key}", period=period, by="none").total.value


def test_online_retail(imported: Callable[..., Imported], expected) -> None:
    known, span = expected("online_retail_uci"), "2010-12-01..2011-12-10"
    with opened(imported("online_retail_uci", ["online_retail_all.csv.gz"])) as asked:
        assert total(asked, "net_sales", span) == near(known["net_all"])
        assert course(asked, "net_sales", span) == near(known["monthly_net"])
        assert total(asked, "average_order_value", span) == near(known["aov_all_sales"])
        assert total(asked, "purchases", span) == known["gross"]["invoices"]
        assert total(asked, "buyers", span) == known["customer_sales"]["customers"]
        # every customer's first purchase lies in the only year there is
        assert total(asked, "new_customers", span) == known["customer_sales"]["customers"]
        told = asked.ask("kpis.purchases", period=span, by="none").passport
        assert told.rows_used + sum(left.rows for left in told.rows_left_out) == known["distinct"]["invoices"]


def test_maven_deals(imported: Callable[..., Imported], expected) -> None:
    known, span = expected("crm_maven_kaggle"), "2016-01-01..2018-01-01"
    with opened(imported("crm_maven_kaggle")) as asked:
        assert total(asked, "won_amount", span) == near(known["won_value"])
        assert course(asked, "won_amount", span) == near(known["won_value_by_month"])
        assert total(asked, "won_deals", span) == known["stage_counts"]["Won"]
        assert total(asked, "average_deal_size", span) == near(known["avg_won_value"]["mean"])
        assert total(asked, "time_to_close", span) == near(known["cycle_days"]["won"]["median"])
        quarters = {name.replace("-", ""): value for name, value in course(asked, "won_deals", span, "quarter").items()}
        assert quarters == {name: row["won"] for name, row in known["by_close_quarter"].items()}


def test_superstore(imported: Callable[..., Imported], expected) -> None:
    known, span = expected("superstore"), "2019-01-01..2023-01-01"
    totals = known["totals"]
    with opened(imported("superstore")) as asked:
        assert total(asked, "net_sales", span) == near(totals["sales"])
        assert course(asked, "net_sales", span) == near(known["monthly_sales"])
        assert total(asked, "margin", span) == near(totals["profit"])
        assert total(asked, "margin_pct", span) == near(totals["margin"])
        assert total(asked, "units_sold", span) == totals["quantity"]
        assert total(asked, "average_order_value", span) == near(totals["aov"])
        assert total(asked, "purchases", span) == known["rows"]["orders"]
        # two orders of the file name four customers each; an order has one here, so three buyers have none
        assert total(asked, "buyers", span) == known["rows"]["customers"] - 3
        years = {year: sales for year, (sales, _profit) in known["by_year"].items()}
        assert course(asked, "net_sales", span, "year") == near(years)


def test_contoso_in_company_money(imported: Callable[..., Imported], expected) -> None:
    known, span = expected("contoso_global_electronics"), "2016-01-01..2021-03-01"
    totals = known["totals_usd"]
    with opened(imported("contoso_global_electronics")) as asked:
        assert total(asked, "net_sales", span) == near(totals["revenue"])
        assert total(asked, "margin", span) == near(totals["margin"])
        assert total(asked, "margin_pct", span) == near(totals["margin_rate"])
        assert total(asked, "units_sold", span) == totals["units"]
        assert course(asked, "net_sales", span, "year") == near(known["by_year"])


def test_a_scorecard_of_real_sales(imported: Callable[..., Imported], expected) -> None:
    known = expected("online_retail_uci")
    with opened(imported("online_retail_uci", ["online_retail_all.csv.gz"])) as asked:
        row = asked.ask("kpis.scorecard", period="2011-11", metrics="kpis.net_sales").rows[0]
    months = list(known["monthly_net"].values())
    assert (row.value.value, row.before.value) == (near(months[-2]), near(months[-3]))
    assert list(row.series) == near(months[:-1])
    assert row.verdict in ("better", "usual")
