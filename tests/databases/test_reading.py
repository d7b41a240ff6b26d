"""Tables of real servers, written down exactly."""

import duckdb
import pytest

from crmetrics.collect.servers.address import read_address
from crmetrics.collect.servers.reading import Wanted, opened, pull, tables_to_understand
from crmetrics.vocabulary.errors import BadDatabase


@pytest.fixture
def rows(tmp_path):
    def pulled(server, wanted):
        address = read_address(server.address)
        with opened(address) as session, duckdb.connect() as connection:
            raw = pull(connection, session, address, wanted, tmp_path / "x.parquet")
            found = connection.execute("select * from read_parquet(?) order by _row", [str(raw.path)]).fetchall()
            assert raw.rows == len(found)
            return raw.columns, [row[:-2] for row in found]

    return pulled


EXACT = "12345678901234567.12345678901234567890"


def test_types_of_postgresql_are_kept_to_the_last_digit(postgresql, monkeypatch, rows):
    from tests.databases.conftest import PASSWORD

    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    postgresql.run(
        'create table kinds (i bigint, d numeric(38,20), "Größe %s" numeric, tz timestamptz, ts timestamp, dt date, '
        "b bool, m money, by bytea, j jsonb, a int[], f float8, e text, n text)"
    )
    postgresql.run(
        f"insert into kinds values (9007199254740993, {EXACT}, 1e40, '2026-03-29 03:30:00.123456+03', '2026-03-01 10:00', "
        "'2026-03-15', true, 1234.5, '\\xdeadbeef', '{\"a\": [1]}', '{1,2}', 0.1, '', null)"
    )
    columns, found = rows(postgresql, Wanted("k", "kinds"))
    assert columns[2] == "Größe %s"
    assert found == [
        (
            "9007199254740993", EXACT, "1" + "0" * 40, "2026-03-29 00:30:00.123456+00", "2026-03-01 10:00:00", "2026-03-15",
            "true", "1234.50", "\\xdeadbeef", '{"a": [1]}', "{1,2}", "0.1", "", None,
        )
    ]  # fmt: skip


def test_types_of_mariadb_are_kept_to_the_last_digit(mariadb, monkeypatch, rows):
    from tests.databases.conftest import PASSWORD

    monkeypatch.setenv("MYSQL_PWD", PASSWORD)
    mariadb.run(
        "create table kinds (i bigint unsigned, d decimal(38,20), `Größe %s` int, tz timestamp(6), ts datetime(3), dt date, "
        "b bool, by1 blob, j json, f double, bits bit(4), e text, n text, zh varchar(9))"
    )
    mariadb.run("set time_zone = '+03:00'")
    mariadb.run(
        f"insert into kinds values (18446744073709551615, {EXACT}, 7, '2026-03-29 03:30:00.123456', '2026-03-01 10:00:00.5', "
        "'2026-03-15', true, x'deadbeef', '{\"a\": [1]}', 0.1, b'101', '', null, '订单日期')"
    )
    columns, found = rows(mariadb, Wanted("k", "kinds"))
    assert columns[2] == "Größe %s"
    assert found == [
        (
            "18446744073709551615", EXACT, "7", "2026-03-29 00:30:00.123456+00:00", "2026-03-01 10:00:00.500", "2026-03-15",
            "1", "DEADBEEF", '{"a": [1]}', "0.1", "5", "", None, "订单日期",
        )
    ]  # fmt: skip


def test_texts_of_any_signs_and_many_rows(server, rows):
    server.run("drop table if exists notes")
    server.run("create table notes (id int, note varchar(200))")
    server.run("insert into notes values (1, 'line\nbreak, \"quoted\"; 100% \\ ''x'' :y'), (2, null)")
    server.run("insert into notes select a.id * 0 + 3, null from notes a, notes b, notes c, notes d, notes e, notes f")
    server.run("insert into notes select 4, 'late' from notes a, notes b")
    _columns, found = rows(server, Wanted("n", "notes"))
    assert len(found) == 66 + 66 * 66
    assert sorted(found, key=str).count(("4", "late")) == 66 * 66
    assert found.count(("3", None)) == 64
    mark = "\\ " if server.scheme == "postgresql" else " "  # a backslash is one there
    assert dict(found)["1"] == f"line\nbreak, \"quoted\"; 100% {mark}'x' :y"


def test_a_query_is_read_as_its_owner_wrote_it(server, rows):
    server.run("drop table if exists sold")
    server.run("create table sold (id int, name varchar(20))")
    server.run("insert into sold values (1, '5% off'), (2, 'plain')")
    query = "select id, name as label from sold where name like '%\\%%' or 1 = 2 -- only those;\n"
    with pytest.raises(BadDatabase):
        rows(server, Wanted("q", query="select broken from sold"))
    assert rows(server, Wanted("q", query=query.replace("\\%", "!%").replace("' or", "' escape '!' or"))) == (
        ("id", "label"),
        [("1", "5% off")],
    )


def test_only_rows_from_the_value_seen_on_are_read(server, rows):
    server.run("drop table if exists seen")
    server.run("create table seen (id int, at timestamp null)")
    server.run(
        "insert into seen values (1, '2026-01-01 10:00:00'), (2, '2026-01-02 10:00:00'), (30, '2026-01-02 10:00:00')"
    )
    server.run("insert into seen values (100, null)")
    by_number = rows(server, Wanted("s", "seen", cursor="id", seen="2"))[1]
    assert sorted(row[0] for row in by_number) == ["100", "2", "30"]
    _columns, all_ = rows(server, Wanted("s", "seen"))
    moment = dict(all_)["2"]
    by_moment = rows(server, Wanted("s", "seen", cursor="at", seen=moment))[1]
    # equal ones come again, and those without a moment always
    assert sorted(row[0] for row in by_moment) == ["100", "2", "30"]
    query = Wanted("s", query="select id, at from seen where id > 0", cursor="at", seen=moment)
    assert len(rows(server, query)[1]) == 3


def test_what_is_not_there_is_told(server, rows):
    server.run("drop table if exists orders_2026")
    server.run("create table orders_2026 (id int, note varchar(9))")
    with pytest.raises(BadDatabase, match=r"has no table 'orders'.*'orders_2026'"):
        rows(server, Wanted("o", "orders"))
    with pytest.raises(BadDatabase, match=r"there is no column 'updated'.*'id', 'note'"):
        rows(server, Wanted("o", "orders_2026", cursor="updated"))
    with pytest.raises(BadDatabase, match="'note' cannot tell which rows are new"):
        rows(server, Wanted("o", "orders_2026", cursor="note"))


def test_a_table_of_that_name_in_two_schemas_must_be_named_with_one(postgresql, monkeypatch, rows):
    from tests.databases.conftest import PASSWORD

    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    for schema in ("north", "south"):
        postgresql.run(f"create schema {schema}")
        postgresql.run(f"create table {schema}.visits as select '{schema}' as place")
    with pytest.raises(BadDatabase, match=r"several tables 'visits': 'north\.visits', 'south\.visits'"):
        rows(postgresql, Wanted("v", "visits"))
    assert rows(postgresql, Wanted("v", "south.visits"))[1] == [("south",)]


def test_a_server_that_is_not_there_or_refuses_is_told(server, monkeypatch):
    def told(text):
        with pytest.raises(BadDatabase) as error, opened(read_address(text)):
            raise AssertionError("it opened")
        return str(error.value)

    at = server.address
    assert "No database answers at 127.0.0.1:1 " in told(at.replace(str(server.port), "1"))
    assert "no database 'elsewhere'" in told(at.replace("/shop", "/elsewhere"))
    assert "cannot be encrypted" in told(at + "?sslmode=require")
    monkeypatch.setenv("CRMETRICS_DATABASE_PASSWORD", "wrong-pass")
    refused = told(at)
    assert "refuses the user 'reader'" in refused
    assert "wrong-pass" not in refused
    monkeypatch.setenv("CRMETRICS_DATABASE_PASSWORD", "")
    monkeypatch.setenv("HOME", "/nowhere")
    assert "wants a password for the user 'reader'. Set CRMETRICS_DATABASE_PASSWORD" in told(at)


def test_tables_to_understand_are_those_of_the_company(server):
    server.run("drop table if exists clients")
    server.run("create table clients (id int)")
    server.run("create or replace view clients_view as select * from clients")
    with opened(read_address(server.address)) as session:
        names = [table.shown for table in tables_to_understand(session)]
    assert "clients" in names
    assert not {"clients_view", "pg_class", "pg_catalog.pg_class", "user"} & set(names)


def test_nothing_is_written_to_a_database(server, rows):
    server.run("drop table if exists safe")
    server.run("create table safe (id int)")
    address = read_address(server.address)
    from crmetrics.collect.servers.session import Reading, ServerColumn

    column = ServerColumn("id", "id", "id")
    with opened(address) as session, pytest.raises(BadDatabase):
        list(session.rows(Reading("safe; create table stray (id int)", (column,))))
    with opened(address) as session:
        assert "stray" not in [table.name for table in session.tables()]


def test_without_the_drivers_the_extra_is_named(monkeypatch):
    import socket

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        monkeypatch.setitem(__import__("sys").modules, "pg8000.native", None)
        with (
            pytest.raises(BadDatabase, match=r"pip install 'crmetrics\[databases\]'"),
            opened(read_address(f"postgresql://r:x@127.0.0.1:{port}/shop")),
        ):
            raise AssertionError("it opened")
