"""Phones, addresses, countries and places in one form each; what they were is kept, what they cannot be is told."""

from contextlib import closing
from importlib.metadata import version

import duckdb
import pytest

from crmetrics.clean.countries import country_code
from crmetrics.clean.phones import international, write_numbers
from crmetrics.clean.places import usual_places
from crmetrics.intake.imports import import_sources
from crmetrics.warehouse.versions import Versions
from crmetrics.workspace.folder import Workspace

MAPPING = """[source]
name = "crm"
kind = "delta"
zone = "Europe/Istanbul"
[company]
zone = "Europe/Istanbul"
[files.customers]
match = "customers*.csv"
[customers]
from = "customers"
customer_id = "Id"
name = "Name"
email = "Mail"
phone = "Phone"
country = "Country"
city = "City"
[files.contacts]
match = "contacts*.csv"
[contacts]
from = "contacts"
contact_id = "Id"
customer_id = "Customer"
name = "Name"
phone = "Phone"
"""
CUSTOMERS = """Id,Name,Mail,Phone,Country,City
C1,Ada,Ada@X.COM,0532 123 45 67,Türkiye,İstanbul
C2,Bob,bob@x.com,+44 20 7946 0018,Великобритания,ISTANBUL
C3,Kiїв Tea,no address,12,Narnia,İstanbul
C4,Dev,Dev <dev@x.com>; other@x.com,2079460018 / 2079460019,GB,Ankara
C5,Eve,,(0532) 123 45 67,,ankara
"""
CONTACTS = "Id,Customer,Name,Phone\nP1,C2,Zed,020 7946 0018\nP2,C5,Yan,0532-1234567\n"


@pytest.fixture
def made(tmp_path):
    def making(customers=CUSTOMERS, contacts=CONTACTS):
        folder = tmp_path / "exports"
        folder.mkdir(exist_ok=True)
        (folder / "customers1.csv").write_text(customers, encoding="utf-8")
        (folder / "contacts1.csv").write_text(contacts, encoding="utf-8")
        mapping = tmp_path / "mapping.toml"
        mapping.write_text(MAPPING, encoding="utf-8")
        report = import_sources(tmp_path / "workspace", [folder], mapping)
        return lambda sql: rows(report.version.path, sql)

    return making


def rows(path, sql):
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        return connection.execute(sql).fetchall()


def test_each_in_its_form(made):
    ask = made()
    assert ask("select customer_id, email, phone, country, city from customers order by 1") == [
        ("C1", "ada@x.com", "+905321234567", "TR", "İstanbul"),
        ("C2", "bob@x.com", "+442079460018", "GB", "İstanbul"),
        ("C3", "no address", "12", "Narnia", "İstanbul"),
        ("C4", "dev@x.com", "+442079460018", "GB", "Ankara"),
        ("C5", None, "+905321234567", None, "Ankara"),
    ]
    # a contact person's phone is of the country of the company
    assert ask("select contact_id, phone from contacts order by 1") == [
        ("P1", "+442079460018"),
        ("P2", "+905321234567"),
    ]


def test_the_originals_are_kept(made):
    ask = made()
    kept = ask(
        "select original, usual, rows from meta.originals where table_name = 'customers' order by column_name, 1"
    )
    assert kept == [
        ("ISTANBUL", "İstanbul", 1), ("ankara", "Ankara", 1),
        ("Türkiye", "TR", 1), ("Великобритания", "GB", 1),
        ("Ada@X.COM", "ada@x.com", 1), ("Dev <dev@x.com>; other@x.com", "dev@x.com", 1),
        ("(0532) 123 45 67", "+905321234567", 1), ("+44 20 7946 0018", "+442079460018", 1),
        ("0532 123 45 67", "+905321234567", 1), ("2079460018 / 2079460019", "+442079460018", 1),
    ]  # fmt: skip
    changed = ask(
        "select column_name, rows, changed from meta.changes where rule like 'A phone%' order by table_name desc"
    )
    assert changed == [("phone", 5, 4), ("phone", 2, 2)]


def test_what_has_no_such_form_is_told(made):
    told = made()(
        "select column_name, value, row from meta.warnings where reason like 'It %' and row is not null order by 1"
    )
    assert told[:3] == [("country", "Narnia", 4), ("email", "no address", 4), ("phone", "12", 4)]


def test_letters_that_look_alike_are_told(made):
    assert made()("select value, row from meta.warnings where reason like 'A word mixes%'") == [("Kiїв Tea", 4)]


def test_a_later_import_keeps_what_was_written_before(made, tmp_path):
    made()
    (tmp_path / "exports" / "contacts2.csv").write_text(
        "Id,Customer,Name,Phone\nP3,C5,Wyn,0532 765 43 21\n", encoding="utf-8"
    )
    import_sources(tmp_path / "workspace", [tmp_path / "exports"], tmp_path / "mapping.toml")
    path = Versions(Workspace(tmp_path / "workspace").versions).current().path
    assert rows(path, "select count(*) from meta.originals where table_name = 'customers'") == [(10,)]
    assert rows(path, "select phone from contacts order by contact_id")[2] == ("+905327654321",)
    assert rows(path, "select count(*) from meta.originals where table_name = 'contacts'") == [(3,)]


def test_numbers_worked_out_together_are_those_worked_out_alone():
    given = [
        (f"{start}{middle:03}{end:04}", region)
        for middle in (0, 7, 123, 555, 999)
        for end in (0, 17, 4567, 9999)
        for start, region in [
            ("0532", "TR"), ("532", "TR"), ("+90 532 ", "TR"), ("0090532", "TR"), ("(0212) ", "TR"), ("050", "UA"), ("+38050", "UA"),
            ("8050", "UA"), ("138", "CN"), ("0108", "CN"), ("+861381", "CN"), ("020 7", "GB"), ("07700", "GB"), ("+44 (0)20 7", "GB"),
            ("15 11 2", "AR"), ("011 15 2", "AR"), ("+54 9 11 2", "AR"), ("044 55 1", "MX"), ("0 11 9", "BR"), ("8 495 ", "RU"),
            ("1 212 ", "US"), ("212-", "US"), ("00", "DE"), ("0", None), ("+", None), ("+49 30 1", None), ("99", "FR"),
        ]
    ]  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute("create table phones_given(original varchar, region varchar)")
        connection.executemany("insert into phones_given values (?, ?)", given)
        write_numbers(connection)
        told = {(text, region): usual for text, region, usual in connection.execute("from phones_usual").fetchall()}
    assert {each: told.get(each) for each in given} == {(text, of): international(text, of or "") for text, of in given}
    assert version("phonenumbers")


@pytest.mark.parametrize(
    ("name", "code"),
    [("Turkey", "TR"), ("TÜRKİYE", "TR"), ("Туреччина", "TR"), ("土耳其", "TR"), ("tur", "TR"), ("tr", "TR"), ("ABD", "US"),
     ("United  States", "US"), ("Deutschland", "DE"), ("ALMANYA", "DE"), ("Німеччина", "DE"), ("德国", "DE"), ("uk", "GB"),
     ("INDIA", "IN"), ("IRELAND", "IE"), ("Côte d'Ivoire", "CI"), ("Україна", "UA"), ("中国", "CN"), ("no", "NO"), ("Narnia", None),
     ("", None), ("European Union", None)],
)  # fmt: skip
def test_countries_by_their_names(name, code):
    assert country_code(name) == code


def test_the_commonest_way_of_writing_a_place():
    counted = {"İstanbul": 5, "ISTANBUL": 4, "istanbul ili": 1, "Київська область": 2, "Київська обл.": 3, "广东": 2, "广东省": 5,
               "м. Львів": 1, "Львів": 4, "York": 1, "New York": 1}  # fmt: skip
    assert usual_places(counted) == {
        "ISTANBUL": "İstanbul", "istanbul ili": "İstanbul", "Київська область": "Київська обл.", "广东": "广东省", "м. Львів": "Львів",
    }  # fmt: skip
