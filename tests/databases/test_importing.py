"""Databases imported as files are: by a mapping, again and again, with the password kept out of everything."""

from __future__ import annotations

import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from crmetrics.cli.app import command_line
from crmetrics.collect.servers.address import read_address
from crmetrics.intake.imports import import_sources
from crmetrics.intake.understanding import understand
from crmetrics.vocabulary.errors import BadFile, BadMapping, BadValue
from tests.databases.conftest import PASSWORD
from tests.intake.conftest import NOW, Company

MAPPING = """
[source]
name = "shop"
kind = "delta"
zone = "Europe/Istanbul"
[files.sold]
table = "sold"
key = ["id"]
cursor = "changed_at"
[files.people]
query = "select id, full_name from people where id <> '%x'"
key = ["id"]
[customers]
from = "people"
customer_id = "id"
name = "full_name"
[orders]
from = "sold"
order_id = "id"
customer_id = "customer"
ordered_at = "changed_at"
currency = { value = "TRY" }
[order_lines]
from = "sold"
order_id = "id"
quantity = "pieces"
net_amount = "amount"
"""


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("TZ", "UTC")
    return Company(tmp_path)


@pytest.fixture
def shop(server):
    """Sales at either server, each with the moment of its last change."""
    return stocked(server)


@pytest.fixture
def pg_shop(postgresql, monkeypatch):
    """The same at PostgreSQL alone: what stands above the servers is tried once."""
    monkeypatch.setenv("CRMETRICS_DATABASE_PASSWORD", PASSWORD)
    return stocked(postgresql)


def stocked(server):
    server.run("drop table if exists sold")
    server.run("drop table if exists people")
    moment = "timestamptz" if server.scheme == "postgresql" else "timestamp(6)"
    server.run(
        f"create table sold (id int, customer varchar(9), pieces int, amount decimal(20,6), changed_at {moment} null)"
    )
    server.run("create table people (id varchar(9), full_name varchar(40))")
    server.run("insert into people values ('C1', 'Ayşe Yılmaz'), ('C2', '')")
    return server


def sell(server, number, amount, moment, customer="C1"):
    # the server's own session may stand in any zone
    told = (
        f"'{moment}+00'" if server.scheme == "postgresql" else f"convert_tz('{moment}', '+00:00', @@session.time_zone)"
    )
    server.run(f"insert into sold values ({number}, '{customer}', 2, {amount}, {told})")


def take_in(company, server, mapping=MAPPING, *files):
    sources = [read_address(server.address), *files]
    return import_sources(company.workspace, sources, company.mapping(mapping), now=NOW)


def orders(company):
    return company.rows(
        "select order_id, net_amount, ordered_at from orders join order_lines using (order_id) order by cast(order_id as int)"
    )


def test_a_database_is_imported_and_then_only_what_is_new(company, shop):
    sell(shop, 1, "12345678901.5", "2026-01-05 22:30:00.250000")
    sell(shop, 2, "0.1", "2026-01-06 10:00:00")
    report = take_in(company, shop)
    assert sorted((file.name, file.read, file.kept) for file in report.files) == [
        ("shop: people", 2, 2),
        ("shop: sold", 2, 2),
    ]
    assert orders(company) == [
        ("1", Decimal("12345678901.5000"), datetime(2026, 1, 5, 22, 30, 0, 250000)),
        ("2", Decimal("0.1000"), datetime(2026, 1, 6, 10)),
    ]
    assert company.rows("select name from customers order by customer_id") == [("Ayşe Yılmaz",), ("C2",)]

    again = take_in(company, shop)
    assert (again.is_changed, sorted(again.known)) == (False, ["shop: people", "shop: sold"])

    sell(shop, 3, "7", "2026-01-06 10:00:00")  # late, and of the very moment that was seen last
    shop.run("update sold set amount = 99 where id = 1")
    report = take_in(company, shop)
    # what changed without a new moment is not seen; the late one is, and the one seen before does not double
    assert [(file.name, file.read, file.kept, file.merged) for file in report.files] == [("shop: sold", 2, 2, 0)]
    assert [row[0] for row in orders(company)] == ["1", "2", "3"]

    shop.run("delete from sold where id = 1")
    sell(shop, 1, "8", "2026-02-01 00:00:00", "C2")
    take_in(company, shop)
    assert [(row[0], row[1]) for row in orders(company)] == [("1", 8), ("2", Decimal("0.1")), ("3", 7)]


def test_rows_without_a_key_do_not_double(company, pg_shop):
    keyless = MAPPING.replace('key = ["id"]\ncursor', "cursor")
    sell(pg_shop, 1, "5", "2026-01-05 10:00:00")
    sell(pg_shop, 1, "5", "2026-01-05 10:00:00")
    take_in(
        company,
        pg_shop,
        keyless.replace('order_id = "id"\ncustomer_id', 'distinct = true\norder_id = "id"\ncustomer_id'),
    )
    sell(pg_shop, 2, "6", "2026-01-05 10:00:00")
    take_in(
        company,
        pg_shop,
        keyless.replace('order_id = "id"\ncustomer_id', 'distinct = true\norder_id = "id"\ncustomer_id'),
    )
    assert company.rows("select count(*), sum(net_amount) from order_lines") == [(3, 16)]


def test_a_mapping_that_changed_is_used_for_what_is_there_already(company, pg_shop):
    sell(pg_shop, 1, "5", "2026-01-05 10:00:00")
    take_in(company, pg_shop)
    report = take_in(
        company, pg_shop, MAPPING.replace('net_amount = "amount"', 'net_amount = { formula = "amount * 2" }')
    )
    assert report.is_changed
    assert [row[1] for row in orders(company)] == [10]


def test_files_stand_beside_a_database(company, pg_shop):
    sell(pg_shop, 1, "5", "2026-01-05 10:00:00")
    company.write("people.csv", "id,full_name\nC1,Ayşe\n")
    mapping = MAPPING.replace("query = \"select id, full_name from people where id <> '%x'\"", 'match = "people.csv"')
    take_in(company, pg_shop, mapping, company.exports)
    assert company.rows("select name from customers") == [("Ayşe",)]
    with pytest.raises(BadFile, match=r"people\.csv"):
        take_in(company, pg_shop, mapping.replace("shop", "other"), company.workspace)
    with pytest.raises(BadFile, match=r"\[files\.people\] is read from files"):
        take_in(company, pg_shop, mapping.replace('name = "shop"', 'name = "other"'))


def test_the_password_stands_nowhere_and_nothing_is_left(company, shop, caplog):
    sell(shop, 1, "5", "2026-01-05 10:00:00")
    at = shop.address.replace(
        "reader@", f"reader:{PASSWORD.replace(' ', '%20').replace('/', '%2F').replace('#', '%23')}@"
    )
    runner = CliRunner()
    mapping = company.mapping(MAPPING)
    told = runner.invoke(
        command_line(lambda *_given: None),
        ["--workspace", str(company.workspace), "import", at, "--mapping", str(mapping)],
    )
    assert told.exit_code == 0, told.output
    written = [path.read_bytes() for path in company.workspace.rglob("*") if path.is_file()]
    said = (told.output + caplog.text).encode()
    for secret in (PASSWORD.encode(), b"s3cret"):
        assert not any(secret in text for text in [*written, said])
    assert list((company.workspace / "spill").iterdir()) == []


def test_an_import_that_fails_on_the_way_leaves_all_as_it_was(company, pg_shop):
    sell(pg_shop, 1, "5", "2026-01-05 10:00:00")
    take_in(company, pg_shop)
    before = company.files()
    pg_shop.run("drop table people")
    with pytest.raises(Exception, match="people"):
        take_in(company, pg_shop)
    assert company.files() == before


def test_what_does_not_fit_is_told(company, tmp_path):
    company.write("sold.csv", "id\n1\n")
    mapping = company.mapping(MAPPING)
    with pytest.raises(BadMapping, match=r"\[files.sold\] is read from a database"):
        import_sources(company.workspace, [company.exports], mapping)
    files = company.mapping('[files.a]\nmatch = "*.csv"\n[customers]\nfrom = "a"\ncustomer_id = "id"\n', "files.toml")
    address = read_address("postgresql://r:hush@127.0.0.1:1/shop")
    with pytest.raises(BadMapping, match="reads nothing from a database"):
        import_sources(company.workspace, [address, company.exports], files)
    with pytest.raises(BadValue, match="one database") as error:
        import_sources(company.workspace, [address, address], mapping)
    assert "hush" not in str(error.value)
    shutil.rmtree(company.workspace)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('table = "sold"\nquery = "select 1"', "exactly one of table and query"),
        ('table = "sold"\nmatch = "*.csv"', "this is said of files"),
        ('table = "sold"\ndelimiter = ";"', "this is said of files"),
        ('query = "select 1; drop table x"', "semicolon"),
        ('cursor = "id"', "exactly one of table and query"),
        ('table = ""', "not a text"),
        ("table = 7", "not a text"),
    ],
)
def test_what_is_declared_wrong_is_told(company, said, told):
    mapping = f'[source]\nkind = "delta"\n[files.a]\n{said}\n[customers]\nfrom = "a"\ncustomer_id = "id"\n'
    with pytest.raises(BadMapping, match=told):
        import_sources(company.workspace, [company.folder], company.mapping(mapping))


def test_a_cursor_needs_a_source_that_adds(company):
    mapping = '[files.a]\ntable = "a"\ncursor = "id"\n[customers]\nfrom = "a"\ncustomer_id = "id"\n'
    with pytest.raises(BadMapping, match='kind = "delta"'):
        import_sources(company.workspace, [company.folder], company.mapping(mapping))


def test_tables_that_nobody_described_are_understood(company, pg_shop):
    pg_shop.run("drop table if exists customers")
    pg_shop.run("create table customers (customer_id int, name text, email text, created_at timestamptz)")
    pg_shop.run(
        "insert into customers select g, 'Firma ' || g, 'f' || g || '@x.com', now() from generate_series(1, 40) g"
    )
    address = read_address(pg_shop.address)
    proposal, errors = understand([address], company.folder / "spill")
    assert (proposal.source, errors) == ("shop", ())
    assert '[files.customers]\ntable = "customers"\n' in proposal.text()
    import_sources(company.workspace, [address], company.mapping(proposal.text()), now=NOW)
    assert company.rows("select count(*), min(email) from customers") == [(40, "f10@x.com")]
