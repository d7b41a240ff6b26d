"""Files that nobody has described become tables, and a mapping that imports."""

from dataclasses import replace

import duckdb
import pytest

from crmetrics.clean.mapping_file import parse_mapping
from crmetrics.clean.understanding.recognition import SURE, patterns
from crmetrics.intake.imports import import_sources
from crmetrics.intake.understanding import understand
from crmetrics.vocabulary.errors import BadFile
from crmetrics.warehouse.schema import TABLES


@pytest.fixture
def exports(tmp_path):
    def write(**files):
        folder = tmp_path / "exports"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        return folder

    return write


def targets(proposal, entry):
    """column -> table.column of what was understood"""
    known = next(known for known in proposal.known if known.name == entry)
    return {
        f"{table}.{match.target}": match.column for table, matches in known.found.tables.items() for match in matches
    }


TURKISH = (
    "Fatura No;Tarih;Cari Kodu;Cari Adı;Stok Kodu;Ürün Adı;Miktar;Birim Fiyat;Tutar\n"
    "F1;31.01.2026;C1;Ayşe;S1;Çay;2;1.250,50;2.501,00\n"
    "F1;31.01.2026;C1;Ayşe;S2;Kahve;1;10,00;10,00\n"
    "F2;01.02.2026;C2;Barış;S1;Çay;3;1.250,50;3.751,50\n"
)
UKRAINIAN = (
    "Номер замовлення;Дата замовлення;Код клієнта;Назва товару;Кількість;Ціна\n"
    "1;31.01.2026;К1;Чай;2;10,50\n1;31.01.2026;К1;Кава;1;20,00\n2;13.02.2026;К2;Чай;5;10,50\n"
)
CHINESE = (
    "订单编号,下单日期,客户编号,客户名称,产品编码,产品名称,数量,金额\n"
    "1,2026/01/31,C1,王芳,P1,茶,2,21.00\n1,2026/01/31,C1,王芳,P2,咖啡,1,20.00\n2,2026/02/13,C2,李伟,P1,茶,5,52.50\n"
)


def test_a_turkish_list_of_sales(exports):
    proposal, errors = understand([exports(satislar=TURKISH)], exports().parent / "scratch")
    assert errors == ()
    found = targets(proposal, "satislar")
    assert found["order_lines.order_id"] == "Fatura No"
    assert found["orders.ordered_at"] == "Tarih"
    assert found["customers.customer_id"] == found["orders.customer_id"] == "Cari Kodu"
    assert found["customers.name"] == "Cari Adı"
    assert found["products.product_id"] == found["order_lines.product_id"] == "Stok Kodu"
    assert found["products.name"] == "Ürün Adı"
    assert (found["order_lines.quantity"], found["order_lines.net_amount"]) == ("Miktar", "Tutar")
    assert 'decimal = ","' in proposal.text()
    assert 'dates = "%d.%m.%Y"' in proposal.text()


@pytest.mark.parametrize(("text", "name", "order", "day"), [
    (UKRAINIAN, "продажі", "Номер замовлення", "Дата замовлення"),
    (CHINESE, "销售", "订单编号", "下单日期"),
])  # fmt: skip
def test_lists_of_sales_in_ukrainian_and_chinese(exports, text, name, order, day):
    proposal, _errors = understand([exports(**{name: text})], exports().parent / "scratch")
    found = targets(proposal, proposal.known[0].name)
    assert (found["order_lines.order_id"], found["orders.ordered_at"]) == (order, day)
    assert "order_lines.quantity" in found


def test_what_was_understood_imports_to_the_cent(exports, tmp_path):
    folder = exports(satislar=TURKISH)
    proposal, _errors = understand([folder], tmp_path / "scratch")
    assert [question.doubt for question in proposal.questions()] == ["currency"]
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(replace(proposal, currency="TRY").text(), encoding="utf-8")
    report = import_sources(tmp_path / "workspace", [folder], mapping)
    tables = dict(report.tables)
    assert (tables["customers"], tables["products"], tables["orders"], tables["order_lines"]) == (2, 2, 2, 3)
    assert report.quarantined == ()
    with duckdb.connect(str(report.version.path), read_only=True) as connection:
        assert float(connection.execute("select sum(net_amount) from order_lines").fetchall()[0][0]) == 6262.50


def test_a_pipeline_whose_stage_says_won_or_lost(exports, tmp_path):
    folder = exports(
        fırsatlar="Fırsat No;Müşteri;Satış Temsilcisi;Aşama;Tutar;Oluşturma Tarihi;Kapanış Tarihi\n"
        "1;Acme;Ali;Kazanıldı;100;2026-01-05;2026-02-01\n2;Beta;Ece;Kaybedildi;50;2026-01-06;2026-02-02\n"
        "3;Acme;Ali;Teklif;70;2026-01-07;\n"
    )
    proposal, _errors = understand([folder], tmp_path / "scratch")
    text = proposal.text()
    assert 'is_won = { column = "Aşama", map = { Kaybedildi = "false", "Kazanıldı" = "true" } }' in text
    assert 'owner_id = "Satış Temsilcisi"' in text
    assert parse_mapping(tmp_path / "m.toml", text, "x").tables[-1] == "deals"


def test_word_and_values_must_agree(exports, tmp_path):
    # a system whose translation calls the number of an invoice a quantity
    folder = exports(x="数量,客户编号,日期,金额\nINV-1,C1,2026-01-01,5.5\nINV-2,C2,2026-01-02,7.5\n")
    proposal, _errors = understand([folder], tmp_path / "scratch")
    assert "order_lines.quantity" not in targets(proposal, "x")


def test_files_of_the_same_columns_are_one_kind(exports, tmp_path):
    days = {f"2026-01-0{day}": TURKISH for day in (1, 2, 3)}
    proposal, _errors = understand([exports(**days)], tmp_path / "scratch")
    assert [known.match for known in proposal.known] == [("*-*-*.csv",)]


def test_what_is_no_table_is_told(exports, tmp_path):
    folder = exports(a=TURKISH)
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 50)
    (folder / "licence.txt").write_text("Some words on the licence.\nAnd some more.\n")
    proposal, errors = understand([folder], tmp_path / "scratch")
    assert str(errors[0]).startswith("'picture.png' is a file of type PNG")
    assert [known.match for known in proposal.unknown] == [("licence.txt",)]
    (folder / "a.csv").unlink()
    (folder / "licence.txt").unlink()
    with pytest.raises(BadFile, match=r"picture\.png"):
        understand([folder], tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_every_pattern_names_columns_that_there_are():
    for table, pattern in patterns().items():
        for name in pattern.columns:
            assert name in ("first_name", "last_name") or TABLES[table].has(name), (table, name)
        assert all(name in pattern.columns for names in pattern.needs for name in names), table
    assert 0.5 < SURE < 1


def test_orders_without_amounts_are_orders(exports):
    rows = "".join(f"O{number},C{number % 3},2026-01-{number:02},EUR\n" for number in range(1, 9))
    proposal, _errors = understand(
        [exports(orders="order_id,customer_id,ordered_at,currency\n" + rows)], exports().parent / "scratch"
    )
    assert targets(proposal, "orders") == {
        f"orders.{name}": name for name in ("order_id", "customer_id", "ordered_at", "currency")
    }
    assert [question for question in proposal.questions() if question.doubt == "column"] == []


def test_a_table_whose_key_repeats_and_which_nothing_else_tells_of_is_asked_about(exports):
    rows = "".join(f"O{number},C{number % 3},EUR\n" for number in range(1, 9))
    proposal, _errors = understand(
        [exports(orders="order_id,customer_id,currency\n" + rows)], exports().parent / "scratch"
    )
    assert all(
        match.confidence < SURE for each in proposal.known for told in each.found.tables.values() for match in told
    )


def test_a_language_that_is_not_known_is_asked_about(exports):
    german = (
        "Rechnungsnummer;Kunde;Datum;Fälligkeitsdatum;Zahlungsbedingungen;Gesamtbetrag;Verkäufer;Herkunft\n"
        "R1;K1;31.01.2026;28.02.2026;30 Tage;2501,00;Anna;Messe\nR2;K2;13.02.2026;28.02.2026;14 Tage;20,50;Jan;Web\n"
    )
    proposal, _errors = understand([exports(invoices=german)], exports().parent / "scratch")
    assert [
        match for each in proposal.known for told in each.found.tables.values() for match in told
        if match.confidence >= SURE
    ] == []  # fmt: skip
