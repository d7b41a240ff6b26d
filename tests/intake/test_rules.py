"""The rules of an import, on files small enough to be checked by hand."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from crmetrics.vocabulary.errors import BadFile, BadMapping

SHOP = """
    [source]
    name = "shop"
    zone = "Europe/Istanbul"
    [company]
    currency = "TRY"
    [files.lines]
    match = "lines*.csv"
    decimal = ","
    dates = "%d.%m.%Y %H:%M"
    missing = ["-", "yok"]
    [customers]
    from = "lines"
    distinct = true
    customer_id = "Customer"
    name = "Name"
    city = "City"
    [products]
    from = "lines"
    distinct = true
    product_id = "Sku"
    [orders]
    from = "lines"
    distinct = true
    order_id = "Order"
    customer_id = "Customer"
    currency = { value = "TRY" }
    ordered_at = "At"
    [order_lines]
    from = "lines"
    order_id = "Order"
    product_id = "Sku"
    quantity = "Quantity"
    unit_price = "Price"
    net_amount = { formula = "Quantity * Price" }
"""

LINES = """
    Order;Customer;Name;City;Sku;Quantity;Price;At
    A1;C1;Ayşe;İzmir;P1;2;1.250,50;01.03.2026 09:30
    A1;C1;Ayşe;-;P2;1;10,00;01.03.2026 09:30
    A2;C2;Burak;Ankara;P1;-1;1.250,50;02.03.2026 00:10
    A3;;;;P3;4;0,25;03.03.2026 10:00
    A1;C1;Ayşe Y.;yok;P3;1;5;01.03.2026 09:30
"""


def test_a_flat_file_gives_customers_products_orders_and_lines(company):
    company.write("lines.csv", LINES)
    report = company.take_in(SHOP)
    # the country's free days come with the first import
    tables = {name: rows for name, rows in report.tables.items() if name != "holidays"}
    assert tables == {"customers": 2, "products": 3, "orders": 3, "order_lines": 5}
    assert [(file.read, file.kept, file.quarantined, file.merged) for file in report.files] == [(5, 5, 0, 0)]
    assert company.rows(
        "select order_id, line_no, product_id, quantity, net_amount from order_lines order by source_row"
    ) == [
        ("A1", 1, "P1", Decimal("2.0000"), Decimal("2501.0000")),
        ("A1", 2, "P2", Decimal("1.0000"), Decimal("10.0000")),
        ("A2", 1, "P1", Decimal("-1.0000"), Decimal("-1250.5000")),
        ("A3", 1, "P3", Decimal("4.0000"), Decimal("1.0000")),
        ("A1", 3, "P3", Decimal("1.0000"), Decimal("5.0000")),
    ]


def test_of_many_rows_the_last_value_that_is_given_wins(company):
    company.write("lines.csv", LINES)
    company.take_in(SHOP)
    assert company.rows("select customer_id, name, city, source_row from customers order by 1") == [
        ("C1", "Ayşe Y.", "İzmir", 2),
        ("C2", "Burak", "Ankara", 4),
    ]


def test_moments_are_local_to_the_source_and_stored_in_utc(company):
    company.write("lines.csv", LINES)
    report = company.take_in(SHOP)
    assert company.rows("select ordered_at, customer_id from orders order by 1") == [
        (datetime(2026, 3, 1, 6, 30), "C1"),
        (datetime(2026, 3, 1, 21, 10), "C2"),
        (datetime(2026, 3, 3, 7, 0), None),
    ]
    assert report.version.reaches == datetime(2026, 3, 3, 21, 0)  # midnight after 3 March in Istanbul


def test_a_row_that_cannot_be_read_is_set_aside_with_its_place_and_reason(company):
    company.write(
        "lines.csv",
        """
        Order;Customer;Name;City;Sku;Quantity;Price;At
        A1;C1;Ayşe;İzmir;P1;2;1.250,50;01.03.2026 09:30
        A2;C2;Burak;;P1;two;10;01.03.2026 09:30
        A3;C3;Can;;P9;1;18500.00;01.03.2026 09:30
        A4;C4;Deniz;;P1;1;5;31.02.2026 09:30
        ;C5;Elif;;P1;1;5;01.03.2026 09:30
        A6;C6;Fatma;;P1;;5;01.03.2026 09:30
        """,
    )
    report = company.take_in(SHOP)
    assert [(file.read, file.kept, file.quarantined, file.merged) for file in report.files] == [(6, 1, 5, 0)]
    found = {(row, column): (value, reason) for _table, _file, row, column, value, reason in company.quarantine()}
    assert set(found) == {(3, "quantity"), (4, "unit_price"), (5, "ordered_at"), (6, "order_id"), (7, "quantity")}
    assert found[3, "quantity"] == ("two", "It is not a number.")
    assert found[4, "unit_price"][0] == "18500.00"
    assert "other mark" in found[4, "unit_price"][1]
    assert found[5, "ordered_at"] == ("31.02.2026 09:30", "It is not a date in the declared form.")
    assert found[7, "quantity"][1] == "It is blank, and the table needs it."
    # None of the tables takes a row that is set aside.
    assert company.rows("select count(*) from customers") == [(1,)]
    assert company.rows("select count(*) from products") == [(1,)]


def test_an_unreadable_value_in_an_optional_column_is_not_lost_in_silence(company):
    company.write("people.csv", "id,name,employees\nC1,One,12\nC2,Two,many\nC3,Three,\n")
    report = company.take_in(
        """
        [files.people]
        match = "people.csv"
        [customers]
        from = "people"
        customer_id = "id"
        name = "name"
        employees = "employees"
        """
    )
    assert company.rows("select customer_id, employees, kind from customers order by 1") == [
        ("C1", 12, "company"),
        ("C3", None, "person"),
    ]
    assert [(told.column, told.rows) for told in report.quarantined] == [("employees", 1)]


def test_keys_that_repeat_keep_the_first_row(company):
    company.write("people.csv", "id,name\nC1,One\nC2,Two\nC1,One\nC1,Other\n")
    report = company.take_in(
        '[files.people]\nmatch = "people.csv"\n[customers]\nfrom = "people"\ncustomer_id = "id"\nname = "name"\n'
    )
    assert company.rows("select customer_id, name from customers order by 1") == [("C1", "One"), ("C2", "Two")]
    assert [(file.read, file.kept, file.quarantined, file.merged) for file in report.files] == [(4, 2, 1, 1)]
    assert company.quarantine()[0][:5] == ("customers", "people.csv", 5, "customer_id", "C1")
    assert str(report.quarantined[0].reason) == (
        "It repeats the key of row 2 of people.csv, with other values: the first row is kept."
    )


ORDERS = """
    [files.orders]
    match = "orders.csv"
    [files.lines]
    match = "lines.csv"
    [orders]
    from = "orders"
    order_id = "id"
    customer_id = "customer"
    owner_id = "seller"
    ordered_at = "day"
    currency = "money"
    [order_lines]
    from = "lines"
    order_id = "order"
    line_no = "line"
    quantity = "n"
    net_amount = "amount"
"""


def test_missing_parents_are_made_of_the_ids_that_name_them(company):
    company.write(
        "orders.csv",
        "id,customer,seller,day,money\n1,C1,S1,2026-01-05,eur\n2,C2,S1,2026-01-03,EUR\n3,,,2026-01-04,EUR\n",
    )
    company.write("lines.csv", "order,line,n,amount\n1,1,1,10\n2,1,2,20\n3,1,1,5\n")
    report = company.take_in(ORDERS)
    assert company.rows("select customer_id, name, kind, created_at, source_system from customers order by 1") == [
        ("C1", "C1", "person", datetime(2026, 1, 5), "crmetrics"),
        ("C2", "C2", "person", datetime(2026, 1, 3), "crmetrics"),
    ]
    assert company.rows("select employee_id, name from employees") == [("S1", "S1")]
    assert company.rows("select distinct currency from orders") == [("EUR",)]
    assert report.derived["customers", "customer_id"] == 2
    assert report.derived["customers", "created_at"] == 2


def test_a_line_without_its_order_is_set_aside(company):
    company.write("orders.csv", "id,customer,seller,day,money\n1,C1,S1,2026-01-05,EUR\n")
    company.write("lines.csv", "order,line,n,amount\n1,1,1,10\n9,1,2,20\n")
    report = company.take_in(ORDERS)
    assert company.rows("select order_id from order_lines") == [("1",)]
    assert [(q[0], q[2], q[3], q[4]) for q in company.quarantine()] == [("order_lines", 3, "order_id", "9")]
    lines = next(file for file in report.files if file.name == "lines.csv")
    assert (lines.read, lines.kept, lines.quarantined) == (2, 1, 1)


def test_an_orphan_is_kept_and_told(company):
    company.write("orders.csv", "id,customer,seller,day,money\n1,C1,,2026-01-05,EUR\n2,C9,,2026-01-05,EUR\n")
    company.write("lines.csv", "order,line,n,amount\n1,1,1,10\n2,1,2,20\n")
    company.write("people.csv", "id\nC1\n")
    report = company.take_in(
        ORDERS
        + '\n    [files.people]\n    match = "people.csv"\n    [customers]\n    from = "people"\n    customer_id = "id"\n'
    )
    assert company.rows("select order_id, customer_id from orders order by 1") == [("1", "C1"), ("2", "C9")]
    assert [(told.table, told.column, told.rows) for told in report.warnings] == [("orders", "customer_id", 1)]
    assert "'customers'" in str(report.warnings[0].reason)


PIPELINE = """
    [source]
    name = "crm"
    [files.deals]
    match = "deals.csv"
    [files.visits]
    match = "visits.csv"
    [files.stages]
    match = "stages.csv"
    [stages]
    from = "stages"
    stage = "stage"
    stage_no = "no"
    kind = "kind"
    [deals]
    from = "deals"
    deal_id = "id"
    stage = "stage"
    amount = "amount"
    currency = { value = "EUR" }
    probability = "chance"
    [deal_stages]
    from = "visits"
    deal_id = "id"
    stage = "stage"
    entered_at = "at"
"""


def pipeline(company):
    company.write("stages.csv", "stage,no,kind\nNew,1,Open\nOffer,2,open\nWon,3,won\nLost,4,LOST\n")
    company.write("deals.csv", "id,stage,amount,chance\nD1,Won,100,\nD2,Offer,,45%\nD3,Lost,5,0.1\nD4,Legal,7,\n")
    company.write(
        "visits.csv",
        "id,stage,at\nD1,New,2026-01-01\nD1,Won,2026-01-09 15:00\nD2,New,2026-01-02\nD2,Offer,2026-01-05\nD3,Lost,2026-02-01\n",
    )
    return company.take_in(PIPELINE)


def test_the_outcome_of_a_deal_follows_from_its_stage(company):
    report = pipeline(company)
    assert company.rows("select deal_id, is_won, closed_at, created_at, forecast_category from deals order by 1") == [
        ("D1", True, datetime(2026, 1, 9, 15), datetime(2026, 1, 1), "closed"),
        ("D2", None, None, datetime(2026, 1, 2), "best_case"),
        ("D3", False, datetime(2026, 2, 1), datetime(2026, 2, 1), "omitted"),
        ("D4", None, None, None, None),
    ]
    assert report.derived["deals", "is_won"] == 2
    assert report.derived["deals", "created_at"] == 3


def test_an_unknown_stage_is_added_as_open_and_last_of_the_open_ones(company):
    report = pipeline(company)
    assert company.rows("select stage, stage_no, kind from stages order by stage_no") == [
        ("New", 1, "open"),
        ("Offer", 2, "open"),
        ("Legal", 3, "open"),
        ("Won", 4, "won"),
        ("Lost", 5, "lost"),
    ]
    assert [str(told.reason) for told in report.warnings if told.table == "stages"] == [
        "The stage 'Legal' is not among the stages of 'main'; it was added as an open one, last."
    ]


def test_a_visit_ends_where_the_next_one_begins(company):
    pipeline(company)
    assert company.rows("select deal_id, stage, left_at from deal_stages order by deal_id, entered_at") == [
        ("D1", "New", datetime(2026, 1, 9, 15)),
        ("D1", "Won", None),
        ("D2", "New", datetime(2026, 1, 5)),
        ("D2", "Offer", None),
        ("D3", "Lost", None),
    ]


def test_stages_are_made_of_the_deals_where_there_is_no_such_table(company):
    company.write(
        "deals.csv", "id,stage,closed,won\nD1,Won,2026-01-02,yes\nD2,New,,\nD3,Lost,2026-01-03,no\nD4,New,,\n"
    )
    company.take_in(
        """
        [files.deals]
        match = "deals.csv"
        [deals]
        from = "deals"
        deal_id = "id"
        stage = "stage"
        closed_at = "closed"
        is_won = "won"
        """
    )
    assert company.rows("select stage, kind, stage_no from stages order by stage_no") == [
        ("New", "open", 1),
        ("Won", "won", 2),
        ("Lost", "lost", 3),
    ]


def test_values_are_looked_up_in_another_file(company):
    company.write("sales.csv", "order,sku,n,day,money\n1,P1,2,1/5/2026,eur\n2,P9,1,1/6/2026,EUR\n")
    company.write("products.csv", "sku,price\nP1,$6.62 \nP1,$99\n")
    company.take_in(
        """
        [files.sales]
        match = "sales.csv"
        dates = "%m/%d/%Y"
        [files.sales.join.products]
        on = { sku = "sku" }
        [files.products]
        match = "products.csv"
        [orders]
        from = "sales"
        distinct = true
        order_id = "order"
        ordered_at = "day"
        currency = "money"
        [order_lines]
        from = "sales"
        order_id = "order"
        product_id = "sku"
        quantity = "n"
        net_amount = { formula = "coalesce(n * products.price, 0)" }
        """
    )
    # The first price of a product counts; a product without a price is not an error of the formula.
    assert company.rows("select order_id, net_amount from order_lines order by 1") == [
        ("1", Decimal("13.2400")),
        ("2", Decimal("0.0000")),
    ]


def test_own_columns_are_kept(company):
    company.write("people.csv", "id,tier,group name\nC1,gold,north\nC2,,south\n")
    company.take_in(
        """
        [files.people]
        match = "people.csv"
        [customers]
        from = "people"
        customer_id = "id"
        custom.tier = "tier"
        custom."Group" = "group name"
        """
    )
    assert company.rows('select customer_id, custom_tier, "custom_Group" from customers order by 1') == [
        ("C1", "gold", "north"),
        ("C2", None, "south"),
    ]
    profile = "select column_name, filled from meta.profile where starts_with(column_name, 'custom_') order by 1"
    assert company.rows(profile) == [("custom_Group", 2), ("custom_tier", 1)]


def test_rows_are_taken_by_a_condition(company):
    company.write("moves.csv", "id,kind,amount,day\n1,sale,10,2026-01-01\n2,cost,4,2026-01-02\n3,Cost,0,2026-01-02\n")
    report = company.take_in(
        """
        [files.moves]
        match = "moves.csv"
        [costs]
        from = "moves"
        where = "lower(kind) = 'cost' and amount > 0"
        cost_id = "id"
        spent_on = "day"
        kind = { value = "other" }
        amount = "amount"
        currency = { value = "EUR" }
        """
    )
    assert company.rows("select cost_id, spent_on, amount from costs") == [("2", date(2026, 1, 2), Decimal("4.0000"))]
    assert report.files[0].read == 3


def test_a_fatal_check_sets_the_row_aside(company):
    company.write("rates.csv", "money,day,rate\nusd,2026-01-01,40\neur,2026-01-01,0\n")
    company.take_in(
        """
        [files.rates]
        match = "rates.csv"
        [exchange_rates]
        from = "rates"
        currency = "money"
        rated_on = "day"
        rate_to_company = "rate"
        """
    )
    assert company.rows("select currency from exchange_rates") == [("USD",)]
    assert [(q[2], q[3], q[5]) for q in company.quarantine()] == [(3, "rate_to_company", "The rate is not above 0.")]


def test_rates_hold_for_seven_days(company):
    company.write("rates.csv", "money,day,rate\nUSD,2026-01-01,40\nUSD,2026-01-03,41\nEUR,2026-01-01,50\n")
    company.take_in(
        '[files.rates]\nmatch = "rates.csv"\n[exchange_rates]\nfrom = "rates"\ncurrency = "money"\n'
        'rated_on = "day"\nrate_to_company = "rate"\n'
    )
    days = "select day(day_on), rate::int from meta.daily_rates where currency = 'USD' order by 1"
    assert company.rows(days) == [(1, 40), (2, 40), *[(day, 41) for day in range(3, 11)]]
    assert company.rows("select max(day(day_on)) from meta.daily_rates where currency = 'EUR'") == [(8,)]
    assert company.rows("select currency, rate::int from meta.latest_rates order by 1") == [("EUR", 50), ("USD", 41)]


def test_a_future_moment_is_told_and_does_not_move_the_end_of_the_data(company):
    company.write("orders.csv", "id,customer,seller,day,money\n1,C1,,2026-01-05,EUR\n2,C1,,2031-01-05,EUR\n")
    company.write("lines.csv", "order,line,n,amount\n1,1,1,10\n2,1,2,20\n")
    report = company.take_in(ORDERS)
    assert report.version.reaches == datetime(2026, 1, 6)
    assert ("orders", "ordered_at", 1) in [(told.table, told.column, told.rows) for told in report.warnings]
    assert company.rows(
        "select future_rows from meta.profile where table_name = 'orders' and column_name = 'ordered_at'"
    ) == [(1,)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('order_id = "Order"', 'order_id = "Ordr"'), "'Ordr' is not a column of lines.csv. Did you mean 'Order'?"),
        (('currency = { value = "TRY" }', 'curency = "x"'), "orders has no such column. Did you mean 'currency'?"),
        (('match = "lines*.csv"', 'match = "none*.csv"'), "none*.csv"),
    ],
)
def test_a_mapping_that_does_not_fit_is_told_and_changes_nothing(company, change, says):
    company.write("lines.csv", LINES)
    with pytest.raises((BadMapping, BadFile)) as told:
        company.take_in(SHOP.replace(*change))
    assert says in str(told.value)
    assert company.versions.current() is None
    assert [name for name in company.files() if name not in ("import.lock",)] == []
