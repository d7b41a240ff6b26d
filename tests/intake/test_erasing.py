"""A person is erased, and nothing in the workspace holds him or her any more."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from contextlib import closing
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from crmetrics.intake.correcting import Change, take
from crmetrics.intake.deciding import decide
from crmetrics.intake.erasing import erase, look
from crmetrics.intake.history import history_of
from crmetrics.intake.person import export_person
from crmetrics.intake.quarantine import set_aside
from crmetrics.intake.rebuilding import rebuild
from crmetrics.intake.undoing import undo
from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.workspace.decisions import Decision, Decisions
from crmetrics.workspace.state import open_state

SHOP = """
    [source]
    name = "shop"
    kind = "{kind}"
    [files.people]
    match = "people*.csv"
    key = ["id"]
    [files.addresses]
    match = "addresses.csv"
    [files.orders]
    match = "orders*.csv"
    key = ["no"]
    [files.letters]
    match = "letters.csv"
    [files.people.join.addresses]
    on = {{ id = "customer" }}
    [customers]
    from = "people"
    customer_id = "id"
    name = "name"
    email = "mail"
    phone = "phone"
    born_on = "born"
    city = "addresses.city"
    parent_id = "boss"
    custom.nickname = "nick"
    [orders]
    from = "orders"
    order_id = "no"
    customer_id = "who"
    ordered_at = "at"
    currency = {{ value = "EUR" }}
    [order_lines]
    from = "orders"
    order_id = "no"
    line_no = {{ value = "1" }}
    quantity = {{ value = "1" }}
    net_amount = "sum"
    [activities]
    from = "letters"
    activity_id = "no"
    kind = {{ value = "email" }}
    customer_id = "who"
    created_at = "at"
    subject = "text"
"""
PEOPLE = (
    "id,name,mail,phone,born,boss,nick,remark\n"
    "K-1,Zoë Winterbottom,zoe.w@example.com,+44 20 7946 0991,1971-03-05,,Zozo,likes blue Teslas\n"
    "K-2,Bo Berg,bo@example.com,+44 20 7946 0992,1980-01-02,K-1,Bobo,\n"
    "K-9,Zoë Winterbottom-Old,zoe.old@example.com,,1971-03-05,,,twice\n"
)
ADDRESSES = "customer,city,street\nK-1,Little Snoring,Quince Lane 77\nK-2,Leeds,High Street 1\n"
ORDERS = "no,who,at,sum,ship_to\n1,K-1,2026-01-05,10.50,Z. Winterbottom c/o Quince Lane 77\n2,K-2,2026-01-06,20,Bo\n"
LETTERS = (
    "no,who,at,text\n1,K-1,2026-01-07,Dear Zoë\n2,K-2,2026-01-08,Please forward to zoe.w@example.com\n"
    "3,K-2,2026-01-09,asked for Zoë Winterbottom twice\n"
)
VALUES = (
    "Zoë Winterbottom", "Winterbottom", "zoe.w@example.com", "zoe.old@example.com", "7946 0991", "+442079460991", "1971-03-05",
    "Zozo", "blue Teslas", "Little Snoring", "Quince Lane", "Dear Zoë", "K-1", "K-9",
)  # fmt: skip
FIGURES = "select count(*), sum(net_amount)::double from order_lines join orders using (order_id) where {0}"


def shop(company, kind="delta"):
    for name, text in (("people", PEOPLE), ("addresses", ADDRESSES), ("orders", ORDERS), ("letters", LETTERS)):
        company.write(f"{name}.csv", text)
    company.take_in(SHOP.format(kind=kind), now=datetime(2026, 2, 1))
    company.write(
        "people2.csv", PEOPLE.split("\n")[0] + "\nK-1,Zoe Winterbottom,zoe.w@example.com,,1971-03-05,,,new remark\n"
    )
    company.write(
        "orders2.csv", "no,who,at,sum,ship_to\n3,K-1,2026-01-15,5,Winterbottom\nx,K-1,someday,1,Winterbottom\n"
    )
    company.take_in(SHOP.format(kind=kind), now=datetime(2026, 2, 8))


def texts_of(workspace: Path):
    """Everything that stands in a workspace as text: raw bytes, packed members, and every cell of Parquet and DuckDB."""
    for path in sorted(workspace.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield path, content.decode("utf-8", errors="replace")
        yield path, content.decode("utf-16-le", errors="replace")
        if path.suffix == ".parquet":
            yield path, repr(duckdb.sql(f"select * from '{path}'").fetchall())
        elif path.suffix == ".duckdb":
            with closing(duckdb.connect(str(path), read_only=True)) as connection:
                names = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
                for schema, name in names:
                    yield path, repr(connection.execute(f'select * from {schema}."{name}"').fetchall())
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield path, archive.read(name).decode("utf-8", errors="replace")


def found_in(workspace: Path, values=VALUES):
    return sorted({(value, path.name) for path, text in texts_of(workspace) for value in values if value in text})


@pytest.mark.parametrize("kind", ["full", "delta"])
def test_nothing_of_an_erased_person_is_left_and_all_totals_are(company, kind):
    shop(company, kind)
    exports = company.workspace / "exports"
    exports.mkdir()
    (exports / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (exports / "plan.csv").write_text("nothing about anybody\n", encoding="utf-8")
    with zipfile.ZipFile(exports / "report.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.txt", "A report about Zoë Winterbottom")
    own = company.workspace / "letter.txt"
    own.write_text("My letter to zoe.w@example.com", encoding="utf-8")
    people = Decision("merge", {"table": "customers", "keep": "K-1", "others": ["K-9"]})
    decide(company.workspace, [people])
    assert {value for value, _name in found_in(company.workspace)} == set(VALUES)
    total = company.rows(FIGURES.format("true"))
    others = company.rows("select * exclude (parent_id, imported_at) from customers where customer_id = 'K-2'")

    done = erase(company.workspace, "K-1", by="ana")

    assert found_in(company.workspace) == [("zoe.w@example.com", "letter.txt")]  # somebody's own: it is told of
    assert "letter.txt" in done.outside
    assert company.rows(FIGURES.format("true")) == total
    assert company.rows(FIGURES.format("customer_id like 'erased-%'")) == [(2, 15.5)]
    assert company.rows("select * exclude (parent_id, imported_at) from customers where customer_id = 'K-2'") == others
    assert [path.name for path in done.files] == ["people.csv", "report.zip"]
    assert (exports / "plan.csv").exists()
    assert "orders2.csv" in done.outside
    assert len(company.versions.all()) == 1
    names = company.rows(
        "select name, email, phone, born_on, city, custom_nickname from customers where name like 'erased-%'"
    )
    assert [line[1:] for line in names] == [(None,) * 5]


def test_who_was_erased_does_not_come_back_with_the_next_import(company):
    shop(company)
    erase(company.workspace, "K-1")
    before = company.rows("select customer_id, name from customers order by 1")
    company.write("people3.csv", PEOPLE)
    company.write("orders3.csv", ORDERS.replace("1,K-1", "7,K-1"))
    company.take_in(SHOP.format(kind="delta"), "people3.csv", "orders3.csv", "addresses.csv")
    others = {"K-9", "zoe.old@example.com", "1971-03-05", "Winterbottom", "Zoë Winterbottom"}  # another one's
    assert {value for value, _name in found_in(company.workspace)} == others
    assert company.rows("select name from customers where customer_id = 'K-9'") == [("Zoë Winterbottom-Old",)]
    assert company.rows("select customer_id, name from customers order by 1") == before
    assert company.rows(FIGURES.format("customer_id like 'erased-%'")) == [(3, 26.0)]


def test_the_record_says_that_it_was_done_and_cannot_be_taken_back(company):
    shop(company)
    erase(company.workspace, "K-1", by="ana")
    history = history_of(company.workspace)
    done = history.steps[0]
    assert (done.by, [history.decisions[number].kind for number in done.decided]) == ("ana", ["erase"])
    with pytest.raises(BadValue, match="cannot be taken back"):
        undo(company.workspace, done.number)
    with pytest.raises(UnknownName, match="K-404"):
        erase(company.workspace, "K-404")
    with closing(open_state(company.workspace)) as state:
        (decision,) = Decisions(state).standing("erase")
    assert decision.about["table"] == "customers"
    assert all(print_.startswith("erased-") for print_ in decision.about["prints"])


def test_a_correction_of_an_erased_row_stays_in_its_amount_and_goes_from_the_decisions(company):
    shop(company)
    part = json.loads((company.workspace / "raw/shop/000001/manifest.json").read_text())
    sha256 = next(each["sha256"] for each in part["files"] if each["name"] == "orders.csv")
    about = {
        "source": "shop", "entry": "orders", "file": "orders.csv", "sha256": sha256, "row": 2, "print": "x",
        "was": {"sum": "10.50", "ship_to": "Winterbottom"}, "values": {"sum": "100", "ship_to": "Winterbottom"},
    }  # fmt: skip
    decide(company.workspace, [Decision("correct", about)])
    total = company.rows(FIGURES.format("true"))
    assert total == [(3, 125.0)]
    erase(company.workspace, "K-1")
    assert company.rows(FIGURES.format("true")) == total
    holding = {name for _value, name in found_in(company.workspace, ("Winterbottom",))}
    assert holding == {"people-1.parquet", "warehouse-000004.duckdb"}  # another one's name


ADA = ("Ada Nobody", "ada.n@example.com", "1969-03-05", "K-77", "hates letters")


def test_who_stands_by_a_corrected_id_is_erased_and_does_not_come_back(company):
    """In the files themselves the rows are under no id, or under one that is none: a later file holds them so again."""
    heads = PEOPLE.split("\n")[0]
    ada = ",Ada Nobody,ada.n@example.com,,1969-03-05,,,hates letters"
    company.write("people.csv", f"{heads}\n{ada}\nK-2,Bo,bo@example.com,,,,,\n")
    for name, other in (("addresses", ADDRESSES), ("letters", LETTERS)):
        company.write(f"{name}.csv", other)
    company.write("orders.csv", ORDERS + "5,,someday,7.25,to Ada\n")
    company.take_in(SHOP.format(kind="delta"), now=datetime(2026, 2, 1))
    rows = {each.place.entry: each for each in set_aside(company.workspace)}
    found = {"people": {"id": "K-77"}, "orders": {"who": "K-77", "at": "2026-01-20"}}
    take(company.workspace, [Change(rows[entry], values) for entry, values in found.items()])
    total = company.rows(FIGURES.format("true"))
    assert {value for value, _name in found_in(company.workspace, ADA)} == set(ADA)
    seen = look(company.workspace, "K-77")
    assert (seen.person.rows, "people.csv" in seen.outside) == ({"customers": 1, "orders": 1, "order_lines": 1}, True)

    erase(company.workspace, "K-77")

    assert found_in(company.workspace, ADA) == []
    assert company.rows(FIGURES.format("true")) == total
    assert company.rows(FIGURES.format("customer_id like 'erased-%'")) == [(1, 7.25)]
    company.write("people2.csv", f"{heads}\n{ada}\nK-3,Cy,cy@example.com,,,,,\n")
    company.write("orders2.csv", ORDERS.split("\n")[0] + "\n5,,someday,7.25,to Ada\n6,K-3,2026-01-22,1,\n")
    company.take_in(SHOP.format(kind="delta"), "people2.csv", "orders2.csv", "addresses.csv", "letters.csv")
    assert found_in(company.workspace, ADA) == []
    assert company.rows("select count(*) from customers where name = 'Cy'") == [(1,)]
    assert company.rows("select count(distinct customer_id) from customers where customer_id like 'erased-%'") == [(1,)]
    assert len(company.versions.all()) == 2


def test_a_packed_file_that_cannot_be_looked_into_is_told_and_stays(company):
    shop(company)
    exports = company.workspace / "exports"
    exports.mkdir()
    (exports / "old.csv.gz").write_bytes(b"\x1f\x8b cut off")
    (exports / "kept.csv").write_bytes(b"x" * 2_000_000 + "zoe.w@example.com".encode("utf-16-le"))
    done = erase(company.workspace, "K-1")
    assert [path.name for path in done.files] == ["kept.csv"]
    assert "exports/old.csv.gz" in done.outside
    assert (exports / "old.csv.gz").exists()


def test_an_erasure_that_was_killed_is_finished_by_the_next_version(company):
    shop(company)
    killer = (
        "import sys\nfrom pathlib import Path\nfrom crmetrics.intake import erasing\n"
        "erasing.forget_all = lambda *given: sys.exit(7)\nerasing.erase(Path(sys.argv[1]), 'K-1')"
    )
    run = subprocess.run([sys.executable, "-c", killer, company.workspace], check=False, timeout=60)
    assert run.returncode == 7
    rebuild(company.workspace)
    assert company.rows("select count(*) from customers where name like '%Winterbottom' or customer_id = 'K-1'") == [
        (0,)
    ]
    erase(company.workspace, "K-1")  # the rest: earlier versions
    assert len(company.versions.all()) == 1


def test_what_would_be_erased_is_shown_first_and_changes_nothing(company):
    shop(company)
    at_work = company.workspace / "raw" / "shop" / "000003.part"
    shutil.copytree(at_work.with_name("000002"), at_work)  # an import goes on meanwhile
    files = company.files()
    seen = look(company.workspace, "K-1")
    assert seen.person.rows == {"customers": 1, "orders": 2, "order_lines": 2, "activities": 1}
    assert company.files() == files


def test_a_person_is_exported_whole(company, tmp_path):
    shop(company)
    export_person(company.workspace, "K-1", tmp_path / "zoe.zip", "About you.")
    with zipfile.ZipFile(tmp_path / "zoe.zip") as archive:
        told = json.loads(archive.read("person.json"))
        assert archive.read("README.txt").decode() == "About you.\n"
        assert "Dear Zoë" in archive.read("tables/activities.csv").decode("utf-8-sig")
        files = "".join(archive.read(name).decode() for name in archive.namelist() if name.startswith("files/"))
    assert set(told["tables"]) == {"customers", "orders", "order_lines", "activities"}
    for value in ("blue Teslas", "new remark", "Quince Lane 77", "someday"):
        assert value in files
    assert "Bo Berg" not in json.dumps(told)
    with pytest.raises(BadValue, match="stands there already"):
        export_person(company.workspace, "K-1", tmp_path / "zoe.zip")
