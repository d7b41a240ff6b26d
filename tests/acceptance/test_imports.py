"""The public sets come in by their example mappings, to the row and the cent."""

from datetime import datetime
from pathlib import Path

import pytest

from crmetrics.intake.imports import import_sources

ROOT = Path(__file__).resolve().parents[2]
LOCAL_DAY = "cast(timezone('America/New_York', timezone('UTC', {moment})) as date)"


def near(value):
    """Equal to the cent, or to nine digits."""
    return pytest.approx(float(value), rel=1e-9, abs=0.005)


def test_every_row_of_every_file_is_accounted_for(imported):
    sets = ("crm_maven_kaggle", "superstore", "contoso_global_electronics", "dunnhumby_complete_journey")
    for report in (imported(name).report for name in sets):
        assert all(file.read == file.kept + file.quarantined + file.merged for file in report.files)
        assert sum(file.read for file in report.files) > 0


def test_online_retail(imported, expected):
    retail, known = imported("online_retail_uci", ["online_retail_all.csv.gz"]), expected("online_retail_uci")
    assert [(file.read, file.kept) for file in retail.report.files] == [(known["rows"], known["rows"])]
    lines = "from order_lines join orders using (order_id)"
    assert retail.one("select count(*), sum(net_amount) from order_lines") == (known["rows"], near(known["net_all"]))
    assert retail.one("select count(*) from orders") == (known["distinct"]["invoices"],)
    assert retail.one("select count(*) from customers") == (known["distinct"]["customers"],)
    assert retail.one("select count(*) from products") == (known["distinct"]["stock_codes"],)
    assert retail.one(f"select count(*) {lines} where customer_id is null") == (known["oddities"]["no_customer"],)
    assert retail.one(f"select count(*), count(distinct order_id) {lines} where order_id like 'C%'") == (
        known["oddities"]["cancel_lines"],
        known["oddities"]["cancel_invoices"],
    )
    assert retail.one("select count(*) from orders where is_cancelled") == (0,)
    sold = "where not starts_with(order_id, 'C') and quantity > 0 and unit_price > 0 and customer_id is not null"
    sales = known["customer_sales"]
    assert retail.one(
        f"select count(*), sum(net_amount), count(distinct customer_id), count(distinct order_id), sum(quantity) {lines} {sold}"
    ) == (sales["lines"], near(sales["amount"]), sales["customers"], sales["orders"], sales["units"])
    assert retail.one("select min(ordered_at), max(ordered_at) from orders") == (
        datetime.fromisoformat(known["first_datetime"]),  # London in winter is UTC
        datetime.fromisoformat(known["last_datetime"]),
    )
    assert retail.one(
        "select max(line_no) - count(*) from (select line_no from order_lines where order_id = '536365')"
    ) == (0,)
    assert retail.report.version.reaches == datetime(2011, 12, 10)
    assert retail.one("select value from meta.facts where name = 'currency'") == ("GBP",)


def test_online_retail_by_country_without_a_mapping(imported, expected):
    """The country of a line is its order's delivery place as well as its customer's: some customers stand in two countries."""
    retail = imported("online_retail_uci", ["online_retail_all.csv.gz"], "understood.toml")
    known = expected("online_retail_uci")["net_by_country"]
    found = dict(
        retail.rows("select country, sum(net_amount) from order_lines join orders using (order_id) group by country")
    )
    codes = {"Australia": "AU", "Germany": "DE", "EIRE": "IE", "Israel": "IL", "Japan": "JP", "RSA": "ZA"}
    assert {name: found[code] for name, code in codes.items()} == {name: near(known[name]) for name in codes}
    assert sum(found.values()) == near(sum(known.values()))


def test_online_retail_by_day_gives_the_same_days(imported, expected):
    days = imported("online_retail_uci", ["by-day"])
    known = expected("online_retail_uci")["by_day_files"]
    assert {file.name.removesuffix(".csv"): file.kept for file in days.report.files} == {
        day: rows for day, (rows, _sum) in known.items()
    }
    assert days.one("select sum(net_amount) from order_lines") == (
        near(sum(amount for _rows, amount in known.values())),
    )


def test_the_daily_files_and_the_whole_file_do_not_double(imported, expected, real_data):
    retail, known = imported("online_retail_uci"), expected("online_retail_uci")
    assert retail.one("select count(*), sum(net_amount) from order_lines") == (known["rows"], near(known["net_all"]))
    again = import_sources(
        retail.workspace,
        [real_data / "online_retail_uci" / "by-day"],
        ROOT / "examples" / "online_retail_uci" / "mapping.toml",
    )
    assert not again.is_changed
    assert len(again.known) == 10


def test_maven_crm(imported, expected):
    maven, known = imported("crm_maven_kaggle"), expected("crm_maven_kaggle")
    assert (maven.report.quarantined, maven.report.warnings) == ((), ())
    assert maven.one("select count(*), count(distinct deal_id), count(distinct owner_id) from deals") == (
        known["rows"]["deals"],
        known["rows"]["ids"],
        known["rows"]["agents"],
    )
    assert maven.one("select (select count(*) from customers), (select count(*) from products)") == (
        known["rows"]["accounts"],
        known["rows"]["products"],
    )
    assert dict(maven.rows("select stage, count(*) from deals group by 1")) == known["stage_counts"]
    missing = ", ".join(f"count(*) - count({name})" for name in ("customer_id", "created_at", "closed_at", "amount"))
    assert maven.one(f"select {missing} from deals") == tuple(
        known["missing"][name] for name in ("account", "engage_date", "close_date", "close_value")
    )
    assert maven.one("select sum(amount) from deals where is_won") == (near(known["won_value"]),)
    assert maven.one("select sum(amount) from deals where not is_won") == (known["lost_close_value"],)
    assert maven.one("select count(*) filter (where is_won) / count(is_won) from deals") == (
        near(known["win_rate_count"]),
    )
    days = f"{LOCAL_DAY.format(moment='closed_at')} - {LOCAL_DAY.format(moment='created_at')}"
    assert maven.one(f"select avg({days}), median({days}) from deals where is_won") == (
        near(known["cycle_days"]["won"]["mean"]),
        known["cycle_days"]["won"]["median"],
    )
    value = "sum(list_price) filter (where is_won) / sum(list_price) filter (where is_won is not null)"
    assert maven.one(
        f"select {value} from deals join deal_products using (deal_id) join products using (product_id)"
    ) == (near(known["win_rate_amount_list_price"]),)
    sellers = "select employee_id from employees where job_title is null and employee_id not in (select owner_id from deals) order by 1"
    assert [name for (name,) in maven.rows(sellers)] == known["agents_without_deals"]
    managers = (
        "select m.name, count(*) filter (where is_won), sum(amount) filter (where is_won) from deals as d "
        "join employees as e on e.employee_id = d.owner_id join employees as m on m.employee_id = e.manager_id group by 1"
    )
    assert {name: (won, near(value)) for name, won, value in maven.rows(managers)} == {
        name: (one["won"], near(one["won_value"])) for name, one in known["by_manager"].items()
    }
    assert maven.report.version.reaches == datetime(2018, 1, 1, 5)


def test_superstore(imported, expected):
    store, known = imported("superstore"), expected("superstore")
    totals = "select count(*), sum(net_amount), sum(net_amount - cost_amount), sum(quantity) from order_lines"
    assert store.one(totals) == (
        known["rows"]["rows"],
        near(known["totals"]["sales"]),
        near(known["totals"]["profit"]),
        known["totals"]["quantity"],
    )
    assert tuple(store.report.tables[name] for name in ("orders", "customers", "products")) == tuple(
        known["rows"][name] for name in ("orders", "customers", "products")
    )
    by_category = (
        "select category, sum(net_amount), sum(net_amount - cost_amount) "
        "from order_lines join products using (product_id) group by 1"
    )
    assert {name: (near(sales), near(profit)) for name, sales, profit in store.rows(by_category)} == {
        name: (near(one["sales"]), near(one["profit"])) for name, one in known["by_category"].items()
    }
    day = LOCAL_DAY.format(moment="ordered_at")
    assert [str(moment) for moment in store.one(f"select min({day}), max({day}) from orders")] == [
        known["dates"]["first"],
        known["dates"]["last"],
    ]
    two_customers = "from meta.warnings where table_name = 'orders' and column_name = 'customer_id'"
    assert [order for (order,) in store.rows(f"select split_part(value, ':', 1) {two_customers} order by 1")] == [
        "CA-2021-121465",
        "CA-2022-130494",
    ]


def test_contoso(imported, expected):
    contoso, known = imported("contoso_global_electronics"), expected("contoso_global_electronics")
    day = LOCAL_DAY.format(moment="ordered_at")
    lines = (
        "from order_lines join orders using (order_id) left join meta.daily_rates as r "
        f"on r.currency = orders.currency and r.day_on = {day}"
    )
    assert contoso.one(
        f"select count(*), count(r.rate), sum(quantity), sum(net_amount * rate), sum(cost_amount * rate) {lines}"
    ) == (
        known["rows"]["sales"],
        known["rows"]["sales"],
        known["totals_usd"]["units"],
        near(known["totals_usd"]["revenue"]),
        near(known["totals_usd"]["cost"]),
    )
    local = contoso.rows(f"select orders.currency, count(*), sum(net_amount) {lines} group by 1")
    assert {currency: (rows, pytest.approx(float(amount), rel=1e-8)) for currency, rows, amount in local} == {
        currency: (one["lines"], one["revenue_local"]) for currency, one in known["by_currency"].items()
    }
    by_year = contoso.rows(f"select year({day})::varchar, sum(net_amount * rate) {lines} group by 1")
    assert {year: near(amount) for year, amount in by_year} == {
        year: near(amount) for year, amount in known["by_year"].items()
    }
    channels = contoso.rows(f"select channel, count(*), sum(net_amount * rate) {lines} group by 1")
    assert {name: [rows, near(amount)] for name, rows, amount in channels} == {
        name: [rows, near(amount)] for name, (rows, amount, _delivered) in known["online_vs_store"].items()
    }
    assert contoso.one(
        "select count(*), count(distinct customer_id) from orders where not starts_with(order_id, 'no number')"
    ) == (
        known["orphans"]["orders"],
        known["orphans"]["buyers"] - without_number(contoso),
    )
    assert contoso.one(
        "select count(*) from order_lines join orders using (order_id) where customer_id not in (select customer_id from customers)"
    ) == (known["orphans"]["orphan_lines"],)
    assert [(told.table, told.rows) for told in contoso.report.quarantined] == [
        ("customers", known["orphans"]["cust_no_key"])
    ]


def without_number(contoso):
    """Customers who bought on lines without an order number alone."""
    return contoso.one(
        "select count(*) from (select customer_id from orders group by 1 having bool_and(starts_with(order_id, 'no number')))"
    )[0]


def test_dunnhumby(imported, expected):
    journey, known = imported("dunnhumby_complete_journey"), expected("dunnhumby_complete_journey")
    totals = known["totals"]
    assert journey.one(
        "select count(*), sum(net_amount), sum(quantity), count(*) filter (where quantity = 0) from order_lines"
    ) == (
        known["rows"]["transactions"],
        near(totals["sales"]),
        totals["quantity"],
        totals["zero_lines"],
    )
    assert (journey.report.tables["orders"], journey.report.tables["customers"]) == (
        totals["baskets"],
        totals["households"],
    )
    assert journey.one("select count(custom_income) from customers") == (known["demographics_join"]["with_"],)
    months = (
        "select strftime(timezone('America/New_York', timezone('UTC', ordered_at)), '%Y-%m'), sum(net_amount) "
        "from order_lines join orders using (order_id) group by 1"
    )
    assert {month: near(amount) for month, amount in journey.rows(months)} == {
        month: near(amount) for month, amount in known["monthly_sales"].items()
    }
    assert journey.one("select count(*) from campaign_members") == (known["rows"]["campaigns"],)


@pytest.mark.parametrize(
    ("mapping", "name", "copies"), [("helpdesk.toml", "helpdesk", 91), ("bpi_12.toml", "bpi_12_w_no_repeat", 0)]
)
def test_event_logs(imported, expected, mapping, name, copies):
    log, known = imported("event_logs", mapping=mapping), expected("event_logs")[name]
    file = log.report.files[0]
    # Two entries into the same activity at the same second are one visit.
    assert (file.read, file.kept, file.merged) == (known["events"], known["events"] - copies, copies)
    assert log.report.tables["deals"] == known["cases"]
    assert log.report.version.reaches == datetime.fromisoformat(known["as_of"])
    visits = (
        "select stage, count(distinct deal_id), count(distinct deal_id) filter (where left_at is null) from deal_stages "
        "where left_at is null or left_at - entered_at >= interval 60 second group by 1"
    )
    assert {stage: (cases, running) for stage, cases, running in log.rows(visits)} == {
        stage: (one["cases"], one["running"]) for stage, one in known["activities"].items()
    }
    assert log.report.warnings == ()
