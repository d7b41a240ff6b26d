"""Tables of SQLite files."""

import sqlite3
from contextlib import closing

import pytest

from crmetrics.vocabulary.errors import BadFile


@pytest.fixture
def database(tmp_path):
    def make(*statements, name="crm.db"):
        (tmp_path / "exports").mkdir(exist_ok=True)
        path = tmp_path / "exports" / name
        with sqlite3.connect(path) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()
        return path

    return make


ORDERS = (
    'create table "my orders" (id integer primary key, "total amount" real, note text, file blob, paid boolean)',
    "insert into \"my orders\" values (1, 12.50, 'Ayşe', null, 1), (2, 1e15, null, x'00ff', 0)",
)


def test_the_only_table(read, database):
    database(*ORDERS)
    shown = read(None, "crm.db")
    assert shown.raw.name == "crm.db [my orders]"
    assert shown.raw.columns == ("id", "total amount", "note", "file", "paid")
    assert shown.rows == [("1", "12.5", "Ayşe", None, "1"), ("2", "1000000000000000", None, "00ff", "0")]
    assert shown.numbers == [1, 2]


def test_a_table_or_a_view_by_its_name(read, database):
    database(*ORDERS, 'create view paid as select id from "my orders" where paid')
    assert read(None, "crm.db", sheet="paid").rows == [("1",)]
    with pytest.raises(
        BadFile, match=r"'crm.db' has several tables: 'my orders', 'paid'. Name one in \[files.lines\]: sheet"
    ):
        read(None, "crm.db")
    with pytest.raises(BadFile, match=r"'crm.db' has no table 'x\"; drop'. It has: 'my orders', 'paid'."):
        read(None, "crm.db", sheet='x"; drop')


def test_nothing_is_written_beside_it(read, database):
    path = database(*ORDERS)
    before = (path.read_bytes(), sorted(path.parent.iterdir()))
    read(None, "crm.db")
    assert (path.read_bytes(), sorted(path.parent.iterdir())) == before


def test_without_a_table_and_damaged(read, database):
    path = database("create table t (a)", "drop table t")
    with pytest.raises(BadFile, match=r"'crm\.db' is a database without a table"):
        read(None, "crm.db")
    whole = database(*ORDERS, name="whole.db").read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * 4000)
    with pytest.raises(BadFile, match=r"'crm\.db' is a damaged or encrypted database"):
        read(None, "crm.db")


def test_what_another_program_has_not_written_into_it_yet_is_not_passed_over(read, database):
    path = database(*ORDERS)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("pragma journal_mode = wal")
        with writer:
            writer.execute('insert into "my orders" values (3, 7, null, null, 1)')
        with pytest.raises(BadFile, match=r"'crm\.db' is at work in another program: .* stands in 'crm\.db-wal' yet"):
            read(None, "crm.db")
    assert len(read(None, "crm.db").rows) == 3
