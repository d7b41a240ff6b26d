"""Files in odd formats, understood and imported: what stands in them arrives, and what is unsure is asked."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from crmetrics.intake.imports import import_sources
from crmetrics.intake.understanding import understand


class Files:
    """Exports in a folder: what is asked of them, and what they become."""

    def __init__(self, folder, **files):
        self.folder, self.exports = folder, folder / "exports"
        self.exports.mkdir(exist_ok=True)
        for name, text in files.items():
            (self.exports / f"{name}.csv").write_text(text, encoding="utf-8")
        self.proposal, _errors = understand([self.exports], folder / "scratch")
        self.asked = {}

    def answer(self, **answers):
        """Answer every question: by its doubt, else yes; a currency is the lira."""
        while open_questions := self.proposal.questions():
            question = open_questions[0]
            self.asked[question.doubt] = question
            usual = True if question.is_yes_or_no else "TRY"
            self.proposal = self.proposal.after(question, answers.get(question.doubt, usual))
        return self

    def rows(self, sql):
        mapping = self.folder / "mapping.toml"
        mapping.write_text(self.proposal.text().replace("[source]", '[source]\nzone = "UTC"'), encoding="utf-8")
        report = import_sources(self.folder / "workspace", [self.exports], mapping)
        with duckdb.connect(str(report.version.path), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def files(tmp_path):
    return lambda **texts: Files(tmp_path, **texts)


ORDERS = "Order No;Customer No;Order Date;Amount\n"


def test_days_counted_by_a_spreadsheet_beside_texts(files):
    found = files(orders=ORDERS + "1;C1;45292;10\n2;C1;45293.5;20\n3;C2;31.12.2025;30\n").answer()
    assert set(found.asked) == {"currency"}
    assert found.rows("select ordered_at from orders order by order_id") == [
        (datetime(2024, 1, 1),), (datetime(2024, 1, 2, 12),), (datetime(2025, 12, 31),),
    ]  # fmt: skip


def test_days_that_are_nothing_but_numbers(files):
    found = files(orders=ORDERS + "1;C1;46292;10\n2;C1;46293;20\n").answer()
    assert 'dates = "excel"' in found.proposal.text()
    assert found.rows("select max(ordered_at) from orders") == [(datetime(2026, 9, 28),)]


@pytest.mark.parametrize(("is_so", "day"), [(True, date(2009, 7, 6)), (False, date(2013, 7, 7))])
def test_of_two_ways_to_count_days_the_user_knows_which(files, is_so, day):
    found = files(orders=ORDERS + "1;C1;40000;10\n2;C1;40001;20\n").answer(dates=is_so)
    assert (found.asked["dates"].proposed, found.asked["dates"].others) == ("excel", ("excel-1904",))
    assert found.rows("select min(ordered_at)::date from orders") == [(day,)]


@pytest.mark.parametrize(("is_so", "day"), [(True, date(2026, 1, 2)), (False, date(2026, 2, 1))])
def test_dates_that_a_spreadsheet_has_turned(files, is_so, day):
    texts = "1;C1;2026-02-01;10\n2;C1;13/02/2026;20\n3;C1;28/02/2026;20\n"
    found = files(orders=ORDERS + texts).answer(swapped=is_so)
    asked = found.asked["swapped"]
    assert asked.is_turned
    assert asked.examples == ("13/02/2026", "3", "2", "2026-02-01", "2", "1")
    # 01/02/2026 was the first of February; a spreadsheet of another country has made the second of January of it
    right = {True: date(2026, 1, 2), False: date(2026, 2, 1)}[is_so]
    assert right == day
    assert "row 2, 1 such" in found.proposal.text()
    assert found.rows("select ordered_at::date from orders where order_id = '1'") == [(day,)]


def test_amounts_in_thousands_with_the_sign_of_their_currency(files):
    found = files(
        orders=ORDERS + "1;C1;2026-01-05;1,5 тис. ₴\n2;C1;2026-01-06;2 млн ₴\n3;C2;2026-01-07;12,50 ₴\n"
    ).answer()
    assert found.asked == {}
    assert found.rows("select net_amount from order_lines order by order_id") == [
        (Decimal("1500"),), (Decimal("2000000"),), (Decimal("12.5"),),
    ]  # fmt: skip
    assert found.rows("select distinct currency from orders") == [("UAH",)]


def test_amounts_in_several_currencies_say_which(files):
    found = files(orders=ORDERS + "1;C1;2026-01-05;€ 1.50\n2;C1;2026-01-06;$ 2.50\n3;C2;2026-01-07;12.50 TL\n")
    found.answer(sign="CAD", currency="EUR")
    assert found.asked["sign"].target == "$"
    assert found.rows("select order_id, currency from orders order by 1") == [("1", "EUR"), ("2", "CAD"), ("3", "TRY")]


@pytest.mark.parametrize(("is_so", "amount"), [(True, 2_000_000_000), (False, 2_000)])
def test_a_word_for_two_powers_is_asked(files, is_so, amount):
    found = files(orders=ORDERS + "1;C1;2026-01-05;2B\n2;C1;2026-01-06;3.5k\n").answer(scale=is_so)
    assert found.asked["scale"].examples == ("2B",)
    assert found.rows("select net_amount::bigint from order_lines order by order_id") == [(amount,), (3500,)]


def test_columns_of_one_file_have_their_own_decimal_marks(files):
    text = "Order No;Order Date;Product No;Quantity;Unit Price;Amount\n"
    text += "".join(f"{n};2026-01-05;P{n};{n}.5;{n},25;{n},75\n" for n in range(1, 6))
    found = files(order_lines=text).answer()
    assert found.rows("select quantity, unit_price, net_amount from order_lines where order_id = '2'") == [
        (Decimal("2.5"), Decimal("2.25"), Decimal("2.75"))
    ]


@pytest.mark.parametrize("is_so", [True, False])
def test_a_number_that_means_nothing_is_asked_with_its_evidence(files, is_so):
    text = "Company No;Company;Employees\n" + "".join(f"C{n};Firm {n};{n}\n" for n in range(1, 40))
    found = files(companies=text + "".join(f"D{n};Shop {n};-1\n" for n in range(5))).answer(code=is_so)
    assert found.asked["code"].examples == ("5", "1")
    assert found.rows("select count(*) from customers where employees is null") == [(5 if is_so else 0,)]


def test_births_lie_in_the_past(files):
    text = "Customer No;Name;Birth Date\nC1;Ada;14/09/45\nC2;Bob;25/01/99\n"
    assert files(customers=text).answer().rows("select born_on from customers order by 1") == [
        (date(1945, 9, 14),), (date(1999, 1, 25),),
    ]  # fmt: skip


def test_a_column_in_utc_says_so_in_its_head(files):
    text = "Ticket No;Subject;Created (UTC)\n1;A;2026-07-01 10:00:00\n2;B;2026-07-02 10:00:00\n"
    found = files(tickets=text).answer()
    assert 'zone = "UTC"' in found.proposal.text()


def test_no_is_no_though_it_means_nothing_in_the_next_column(files):
    text = "Номер замовлення;Дата;Місто;Скасовано;Сума\n1;2026-01-05;нет;да;5\n2;2026-01-05;Київ;нет;5\n3;2026-01-06;Львів;нет;5\n"
    found = files(замовлення=text).answer()
    assert found.rows("select city, is_cancelled from orders order by order_id") == [
        (None, True), ("Київ", False), ("Львів", False),
    ]  # fmt: skip


CUSTOMERS = "Cari Kodu;Cari Adı\nC1;IŞIK Ltd\nC2;Beta\nC3;Beta\nC4;Delta\n"
DEALS = "Fırsat No;Müşteri;Aşama;Tutar;Oluşturma Tarihi\n1;Işık Ltd;Teklif;5;2026-01-05\n2;Beta;Teklif;6;2026-01-05\n"
DEALS += "3;Delta;TEKLİF;7;2026-01-05\n4;DELTA;Teklif;8;2026-01-06\n"


def test_customers_called_by_their_names(files):
    found = files(cariler=CUSTOMERS, fırsatlar=DEALS).answer()
    assert "1 names there are of several" in found.proposal.text()
    assert found.rows("select deal_id, customer_id, stage from deals order by 1") == [
        ("1", "C1", "Teklif"), ("2", "Beta", "Teklif"), ("3", "C4", "Teklif"), ("4", "C4", "Teklif"),
    ]  # fmt: skip
    found = found.rows(
        "select table_name, value, row from meta.warnings where reason like 'Several rows have this name%'"
    )
    assert found == [("customers", "beta", 3)]


RATES = "Date,Currency,Rate\n2026-01-05,{0},{1}\n2026-01-06,{0},{1}\n"


@pytest.mark.parametrize(
    ("currency", "rate", "expected", "is_asked"),
    [("USD", "41.5", 41.5, False), ("USD", "0.0241", 1 / 0.0241, False), ("EUR", "48.2", 48.2, False)],
)
def test_the_direction_of_rates_shows_in_their_values(files, currency, rate, expected, is_asked):
    found = files(exchange_rates=RATES.format(currency, rate)).answer()
    assert ("rate" in found.asked) is is_asked
    assert float(found.rows("select max(rate_to_company) from exchange_rates")[0][0]) == pytest.approx(expected)


@pytest.mark.parametrize(("is_so", "expected"), [(True, 1.08), (False, 1 / 1.08)])
def test_where_the_values_do_not_show_the_direction_it_is_asked(files, is_so, expected):
    found = files(exchange_rates=RATES.format("EUR", "1.08")).answer(currency="USD", rate=is_so)
    assert (found.asked["rate"].target, found.asked["rate"].proposed) == ("USD", "EUR")
    assert float(found.rows("select max(rate_to_company) from exchange_rates")[0][0]) == pytest.approx(expected)


def test_pairs_say_their_direction_themselves(files):
    text = "Date,Pair,Rate\n2026-01-05,EURUSD,1.08\n2026-01-05,USD/TRY,41.5\n2026-01-05,EURGBP,0.87\n"
    found = files(exchange_rates=text).answer(currency="USD")
    assert "rate" not in found.asked
    rows = found.rows("select currency, round(rate_to_company, 6)::double from exchange_rates order by 1")
    assert rows == [("EUR", 1.08), ("TRY", pytest.approx(1 / 41.5, abs=1e-6))]
