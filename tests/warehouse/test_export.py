"""The Parquet export: every table, nothing half written, nothing else overwritten."""

import json
import os
import stat

import duckdb
import pytest

from crmetrics.vocabulary.errors import BadFile, BadValue, NoSpace, NoWorkspace
from crmetrics.warehouse.engine import DuckDbEngine
from crmetrics.warehouse.export import export_parquet, read_manifest
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.spark import SparkEngine
from tests.company import write_company

ORDERS = [
    {"order_id": "007", "ordered_at": "2025-03-30 01:30:00.5", "currency": "EUR", "custom_odd name,;": "it's"},
    {"order_id": "ğ客", "ordered_at": "2025-06-01", "currency": "GBP", "is_cancelled": True},
]
HOURS = [
    {
        "calendar": "c",
        "valid_from": "2025-01-01",
        "weekday": 1,
        "opens_at": "09:00",
        "closes_at": "17:30",
        "time_zone": "UTC",
    }
]


@pytest.fixture
def version(tmp_path):
    path = tmp_path / "it's a version.duckdb"
    rows = {"orders": ORDERS, "business_hours": HOURS}
    write_company(path, rows, reaches="2026-01-01", zone="UTC", currency="EUR")
    return path


def asked(sql):
    """On a connection of its own: what another test left unread on the shared one would refuse it."""
    with duckdb.connect(":memory:") as connection:
        return connection.execute(sql).fetchall()


def read(file):
    return asked(f"select * from read_parquet('{str(file).replace(chr(39), chr(39) * 2)}')")


def test_every_table_and_what_is_told_of_them_is_written(version, tmp_path):
    files = export_parquet(version, tmp_path / "out" / "it's here")
    assert all(file.is_file() for file in files)
    assert {file.stem for file in files if file.parent.name == "it's here"} == {*TABLES, "manifest"}
    assert {file.stem for file in files if file.parent.name == "meta"} >= {
        "facts",
        "profile",
        "currencies",
        "daily_rates",
    }
    orders = next(file for file in files if file.stem == "orders")
    assert [row[0] for row in read(orders)] == ["007", "ğ客"]
    assert "it's" in read(orders)[0]
    manifest = json.loads((tmp_path / "out" / "it's here" / "manifest.json").read_text())
    assert manifest == {
        "format": 1,
        "data_version": 1,
        "reaches": "2026-01-01 00:00:00",
        "rows": dict.fromkeys(TABLES, 0) | {"orders": 2, "business_hours": 1},
    }


def test_moments_carry_no_zone_and_times_of_day_are_texts(version, tmp_path):
    export_parquet(version, tmp_path / "out")
    kinds = {
        name: (kind, converted)
        for name, kind, converted in asked(
            f"select name, type, logical_type from parquet_schema('{tmp_path}/out/orders.parquet')"
        )
    }
    assert "isAdjustedToUTC=0" in kinds["ordered_at"][1]
    assert read(tmp_path / "out" / "business_hours.parquet")[0][3:5] == ("09:00:00", "17:30:00")


def test_a_new_export_takes_the_place_of_the_old_one(version, tmp_path):
    target = tmp_path / "out"
    export_parquet(version, target)
    (target / "left_over.parquet").write_bytes(b"")
    export_parquet(version, target)
    assert not (target / "left_over.parquet").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [version.name, "out"]


def test_an_export_that_was_killed_leaves_no_rubbish(version, tmp_path):
    (tmp_path / ".out.partial" / "meta").mkdir(parents=True)
    export_parquet(version, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == [version.name, "out"]


def test_nothing_else_is_overwritten(version, tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    with pytest.raises(BadValue, match="holds other files"):
        export_parquet(version, folder)
    with pytest.raises(BadValue, match="is a file"):
        export_parquet(version, folder / "letter.txt")
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]
    empty = tmp_path / "empty"
    empty.mkdir()
    export_parquet(version, empty)
    assert (empty / "orders.parquet").is_file()


def test_without_a_version_there_is_nothing_to_export(tmp_path):
    with pytest.raises(NoWorkspace, match="no data yet"):
        export_parquet(tmp_path / "nowhere.duckdb", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(version, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(NoSpace, match="could not be written"):
        export_parquet(version, closed / "out")


def test_a_path_through_a_file_is_told(version):
    with pytest.raises(NoSpace, match="could not be written"):
        export_parquet(version, version / "out")


def test_a_folder_that_is_no_export_is_told(tmp_path):
    with pytest.raises(NoWorkspace, match="There is no export"):
        SparkEngine(tmp_path / "nowhere")
    (tmp_path / "manifest.json").write_text('{"format": 99}')
    with pytest.raises(BadFile, match="Export the data again"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("[")
    with pytest.raises(BadFile, match="Export the data again"):
        read_manifest(tmp_path)


@pytest.mark.spark
def test_spark_knows_of_an_export_what_duckdb_knows_of_the_version(version, tmp_path):
    export_parquet(version, tmp_path / "out")
    with DuckDbEngine(version) as on_duckdb, SparkEngine(tmp_path / "out") as on_spark:
        assert on_spark.profile == on_duckdb.profile
        assert on_spark.profile.custom == {"orders": ("odd name,;",)}
