"""Lifetime value on public data: CDNOW to the digits of the literature, Online Retail beside its baselines."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pytest

from crmetrics.catalogue import OpenCatalogue, open_workspace
from crmetrics.customers.purchase_histories import HISTORIES_OF_ALL
from crmetrics.models import BetaGeometric, BetaGeometricBetaBinomial, GammaGamma, ModifiedBetaGeometric, ParetoNbd
from crmetrics.models.buying_contest import Plain
from crmetrics.models.foretold import Foretold
from crmetrics.models.purchase_counts import PurchaseCounts
from crmetrics.warehouse.scope import Scope
from tests.acceptance.conftest import Expected, Imported

CUT, WEEKS = date(1997, 9, 30), 39


@dataclass(frozen=True)
class Cdnow:
    """The sample's customers until the cut, what they bought in the 39 weeks after it, and their mean repeat value."""

    x: np.ndarray
    t: np.ndarray
    T: np.ndarray
    later: np.ndarray
    value: np.ndarray

    @property
    def history(self):
        return self.x, self.t, self.T


@pytest.fixture(scope="module")
def sample(imported: Callable[..., Imported]) -> Imported:
    return imported("cdnow", ["CDNOW_sample.txt"], "sample.toml")


@pytest.fixture(scope="module")
def cdnow(sample: Imported) -> Cdnow:
    """From the clean tables; the literature counts what cost nothing as a purchase, too."""
    bought: dict[str, dict[date, float]] = {}
    rows = sample.rows(
        "select o.customer_id, cast(o.ordered_at as date), sum(l.net_amount) from orders o join order_lines l using (order_id) group by all"
    )
    for customer, day, value in rows:
        bought.setdefault(str(customer), {})[day] = value
    columns: list[tuple[float, ...]] = []
    for days in bought.values():
        known = sorted(day for day in days if day <= CUT)
        first, again = known[0], known[1:]
        value = float(np.mean([days[day] for day in again])) if again else 0.0
        since = [(each - first).days / 7 for each in (known[-1], CUT)]
        columns.append((len(again), *since, len(days) - len(known), value))
    return Cdnow(*np.array(columns).T)


@pytest.fixture(scope="module")
def known(expected: Callable[[str], Expected]) -> Expected:
    return expected("cdnow")


def bins(cdnow: Cdnow, values) -> list[float]:
    return [float(values[np.minimum(cdnow.x, 7) == each].mean()) for each in range(8)]


def test_the_whole_file_is_read_to_the_cent(imported, known):
    totals = known["master_totals"]
    whole = imported("cdnow", ["CDNOW_master.txt"])
    counted = whole.one(
        "select count(*), count(distinct o.customer_id), sum(l.quantity), sum(l.net_amount),"
        " strftime(min(o.ordered_at), '%Y%m%d'), strftime(max(o.ordered_at), '%Y%m%d')"
        " from order_lines l join orders o using (order_id)"
    )
    assert counted == tuple(totals[name] for name in ("lines", "customers", "cds", "value", "first", "last"))


def test_customers_are_reduced_as_the_literature_does(cdnow, known):
    sums = known["check_sums"]
    assert (len(cdnow.x), cdnow.x.sum(), cdnow.later.sum()) == (sums["n"], sums["x"], sums["holdout"])
    # days, never calendar weeks: those would lose purchases
    assert (len(PurchaseCounts.of(*cdnow.history)), int((cdnow.x > 0).sum())) == (sums["cells"], sums["repeaters"])
    assert (cdnow.T.min(), cdnow.T.max()) == (sums["Tmin"], pytest.approx(sums["Tmax"]))


@pytest.mark.parametrize(
    ("model", "name"), [(BetaGeometric, "bgnbd"), (ModifiedBetaGeometric, "mbgnbd"), (ParetoNbd, "pareto_nbd")]
)
def test_parameters_and_likelihood(cdnow, known, model, name):
    fitted, wanted = model.fit(*cdnow.history), known[name]
    # unscaled time, no hidden prior: a and b are not drawn anywhere
    assert fitted.log_likelihood == pytest.approx(wanted["ll"], abs=1e-4)
    for each in model.NAMES:
        assert getattr(fitted, each) == pytest.approx(wanted[each], rel=1e-4)
    assert fitted.likelihood_of(PurchaseCounts.of(*cdnow.history)) == pytest.approx(fitted.log_likelihood)


@pytest.mark.parametrize(("model", "name"), [(BetaGeometric, "holdout_bgnbd"), (ParetoNbd, "holdout_pareto_nbd")])
def test_purchases_foretold_for_the_held_out_weeks(cdnow, known, model, name):
    foretold = model.fit(*cdnow.history).expected_purchases(WEEKS, *cdnow.history)
    test, wanted = Foretold.fit(name, foretold, cdnow.later), known[name]
    assert bins(cdnow, foretold) == pytest.approx(wanted["bins"], abs=0.002)
    assert test.expected == pytest.approx(wanted["total"], rel=1e-4)
    assert (test.bias, test.mae, test.rmse, test.correlation) == pytest.approx(
        (wanted["bias"], wanted["mae"], wanted["rmse"], wanted["corr"]), rel=1e-3
    )


def test_the_baselines_are_those_that_must_be_beaten(cdnow, known):
    assert bins(cdnow, cdnow.later) == pytest.approx(known["holdout_actual"]["bins"], rel=1e-9)
    rate, _mean, zero = Plain.all_of(cdnow.x, cdnow.T)
    naive = Foretold.fit("rate", rate.expected(WEEKS, cdnow.x, cdnow.T), cdnow.later)
    wanted = known["holdout_naive"]
    assert (naive.expected, naive.bias, naive.mae, naive.rmse, naive.correlation) == pytest.approx(
        (wanted["total"], wanted["bias"], wanted["mae"], wanted["rmse"], wanted["corr"]), rel=1e-9
    )
    nothing = Foretold.fit("zero", zero.expected(WEEKS, cdnow.x, cdnow.T), cdnow.later)
    assert (nothing.mae, nothing.rmse) == pytest.approx(
        (known["holdout_zero"]["mae"], known["holdout_zero"]["rmse"]), rel=1e-9
    )


def test_single_customers_of_the_vignettes(cdnow, known):
    bg, pareto = BetaGeometric.fit(*cdnow.history), ParetoNbd.fit(*cdnow.history)
    often = (26, 30.857142857, 31)
    assert float(bg.expected_purchases(52, *often)) == pytest.approx(known["customer_1516"]["bgnbd"], rel=1e-4)
    assert float(pareto.expected_purchases(52, *often)) == pytest.approx(known["customer_1516"]["pareto"], rel=1e-4)
    assert float(bg.expected_purchases(52)) == pytest.approx(known["expected_52_weeks"], rel=1e-5)
    assert bg.expected_purchases(52, [10, 15, 20, 25], 20, 39) == pytest.approx(known["frequency_paradox"], rel=1e-3)
    mbg = ModifiedBetaGeometric.fit(*cdnow.history)
    assert [round(float(each.expected_purchases(52)), 4) for each in (bg, mbg, pareto)] == [1.4440, 1.4189, 1.4734]
    assert [round(float(each.no_purchase(52)), 4) for each in (bg, mbg, pareto)] == [0.5389, 0.5544, 0.5738]


def test_spend(cdnow, known, real_data):
    paid = (cdnow.x > 0) & (cdnow.value > 0)
    log = GammaGamma.fit(cdnow.x[paid], cdnow.value[paid])
    with (real_data / "cdnow" / "cdnow_customers_summary_with_transactions.csv").open(encoding="utf-8") as file:
        rows = [(float(row["x"]), float(row["zbar"])) for row in csv.DictReader(file) if float(row["zbar"]) > 0]
    summary = GammaGamma.fit(*zip(*rows, strict=True))
    for fitted, name in ((log, "gamma_gamma_from_log"), (summary, "gamma_gamma")):
        wanted = known[name]
        assert fitted.log_likelihood == pytest.approx(wanted["ll"], abs=1e-3)
        assert (fitted.p, fitted.q, fitted.v, fitted.cases) == pytest.approx(
            (wanted["p"], wanted["q"], wanted["gamma"], wanted["n"]), rel=1e-4
        )


def test_opportunities_of_the_donors(known, real_data):
    with (real_data / "cdnow" / "donations.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = [[float(row[name]) for row in rows] for name in ("frequency", "recency", "periods", "weights")]
    fitted, wanted = BetaGeometricBetaBinomial.fit(*columns), known["published"]["bgbb_donations"]
    assert fitted.log_likelihood == pytest.approx(wanted["ll"], abs=0.005)
    names = ("alpha", "beta", "gamma", "delta")
    assert list(fitted.parameters) == pytest.approx([wanted[name] for name in names], rel=5e-4)


@pytest.fixture(scope="module")
def shop(sample: Imported) -> Iterator[OpenCatalogue]:
    catalogue = open_workspace(sample.workspace)
    yield catalogue
    catalogue.engine.close()


def test_the_analysis_foretells_cdnow_from_the_cut(shop, sample, known):
    as_of = datetime(1997, 9, 30, 23)  # the literature counts the last day, and time up to its beginning
    answer = shop.ask("customers.clv_predicted", as_of=as_of, horizon=9)
    # who only got something for nothing has not bought (R9)
    free = sample.one(
        "select count(*) from (select o.customer_id from orders o join order_lines l using (order_id) where o.ordered_at <= '1997-09-30'"
        " group by o.customer_id having max(l.net_amount) = 0)"
    )[0]
    assert len(answer.rows) == known["check_sums"]["n"] - free
    with shop.warehouse(Scope(as_of=as_of)) as warehouse:
        buying = warehouse.work_out(HISTORIES_OF_ALL)
    wanted = known[{"BG/NBD": "bgnbd", "MBG/NBD": "mbgnbd", "Pareto/NBD": "pareto_nbd"}[buying.used]]
    for name in ("r", "alpha"):
        assert getattr(buying.model, name) == pytest.approx(wanted[name], rel=0.03)
    assert (buying.spend.q, buying.spend.v) == pytest.approx((3.74, 15.44), rel=0.1)
    # 9 months are 39.1 weeks: as many purchases as the literature foretells, where 1,882 came
    assert answer.total.expected_purchases == pytest.approx(1650, rel=0.06)


def test_the_analysis_beats_its_baselines_on_cdnow(shop):
    rows = {row.model: row for row in shop.ask("customers.clv_predicted", show="models").rows}
    used = next(row for row in rows.values() if row.is_used == "yes")
    assert used.model in ("BG/NBD", "MBG/NBD", "Pareto/NBD")
    assert used.rmse < 0.85 * min(rows[name].rmse for name in ("rate", "mean", "zero"))
    assert abs(used.bias) < 0.05
    assert rows["rate"].bias > 0.5  # most have left: their own rates promise too much
    assert used.found > rows["rate"].found


def test_the_value_to_date_of_cdnow(shop, known):
    answer = shop.ask("customers.clv_historic")
    assert answer.total.net_sales == pytest.approx(known["sample_rows"]["value"], abs=0.005)


def test_online_retail_is_told_by_its_baseline_where_no_model_beats_it(imported, expected):
    catalogue = open_workspace(imported("online_retail_uci", ["online_retail_all.csv.gz"]).workspace)
    rows = {row.model: row for row in catalogue.ask("customers.clv_predicted", show="models").rows}
    # a year of a shop for gifts, its best months held out: no model foretells them better than the own rate of each
    assert rows["rate"].is_used == "yes"
    assert rows["rate"].rmse <= rows["NBD"].rmse < min(rows["mean"].rmse, rows["zero"].rmse)
    values = catalogue.ask("customers.clv_predicted", by="country")
    notes = [str(note.message) for note in values.notes]
    assert any("No model foretold better than a plain baseline" in note for note in notes)
    assert any("BG/NBD could not be used: No customer is seen to leave" in note for note in notes)
    assert values.total.p_alive is None
    answer, sales = catalogue.ask("customers.clv_historic"), expected("online_retail_uci")
    assert (answer.total.customers, answer.total.orders) == tuple(
        sales["customer_sales"][name] for name in ("customers", "orders")
    )
    assert values.total.customers == answer.total.customers
    catalogue.engine.close()
