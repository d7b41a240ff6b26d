"""Parquet files and folders, and how much memory is needed."""

import duckdb
import pytest

from crmetrics.vocabulary.errors import BadFile, NoSpace

TABLE = """
select 1 as id, 'İstanbul' as city, 17850.0::double as customer, 0.1::double + 0.2::double as ratio,
       1.50::decimal(9, 2) as amount, date '2024-01-31' as "on", timestamp '2024-01-31 13:45:10' as at,
       timestamptz '2024-01-31 13:45:10+03' as moment, true as flag, [1, 2] as list, null as nothing, '' as blank
union all by name
select 2 as id
"""


def write(path, query=TABLE):
    path.parent.mkdir(exist_ok=True, parents=True)
    duckdb.connect().execute(f"copy ({query}) to '{path}' (format parquet)")


def test_every_column_becomes_text(read, tmp_path, connection):
    write(tmp_path / "exports" / "sales.parquet")
    connection.execute("set timezone = 'Asia/Tokyo'")
    shown = read(None, "sales.parquet")
    assert dict(zip(shown.raw.columns, shown.rows[0], strict=True)) == {
        "id": "1",
        "city": "İstanbul",
        "customer": "17850.0",
        "ratio": "0.30000000000000004",
        "amount": "1.50",
        "on": "2024-01-31",
        "at": "2024-01-31 13:45:10",
        "moment": "2024-01-31 10:45:10+00",
        "flag": "true",
        "list": "[1, 2]",
        "nothing": None,
        "blank": None,
    }
    assert shown.rows[1] == ("2", *[None] * 11)
    assert shown.numbers == [2, 3]
    assert connection.execute("select current_setting('timezone')").fetchone() == ("Asia/Tokyo",)


def test_a_folder_is_one_table(read, tmp_path):
    folder = tmp_path / "exports" / "sales.parquet"
    for year, first in ((2024, 1), (2023, 4)):
        write(folder / f"year={year}" / "part [0].parquet", f"select {first} + range as id from range(3)")
    (folder / "_SUCCESS").write_text("")
    shown = read(None, "sales.parquet")
    assert shown.raw.columns == ("id", "year")
    assert shown.rows == [(str(id_), str(2023 if id_ > 3 else 2024)) for id_ in (4, 5, 6, 1, 2, 3)]
    assert shown.numbers == [2, 3, 4, 5, 6, 7]


def test_names_that_the_product_uses_itself(read, tmp_path):
    write(tmp_path / "exports" / "raw.parquet", "select 1 as id, 'a.csv' as _file, 7 as _row")
    shown = read(None, "raw.parquet")
    assert (shown.raw.columns, shown.rows) == (("id", "_file_2", "_row_2"), [("1", "a.csv", "7")])


def test_a_folder_without_parts_is_told(read, tmp_path):
    (tmp_path / "exports" / "sales.parquet").mkdir(parents=True)
    with pytest.raises(BadFile, match=r"'sales.parquet' is a folder without a .parquet file in it"):
        read(None, "sales.parquet")


def test_a_damaged_file_is_told_or_read(read, tmp_path):
    path = tmp_path / "exports" / "sales.parquet"
    write(path, "select i as id, md5(i::varchar) as name from range(5000) t(i)")
    whole = path.read_bytes()
    told = []
    for place in (2, 50, 5_000, len(whole) // 2, len(whole) - 200, len(whole) - 20, len(whole) - 6):
        for damaged in (whole[:place], whole[:place] + bytes(8) + whole[place + 8 :]):
            try:
                read(damaged, "sales.parquet")
            except BadFile as error:
                told.append(str(error))
                assert list((tmp_path / "raw").iterdir()) == []
    assert len(told) > 7
    assert all(text.startswith("'sales.parquet' is ") for text in told)


def test_too_little_memory_is_told(read, tmp_path, connection):
    connection.execute("set memory_limit = '20MB'")
    with pytest.raises(
        NoSpace, match=r"^'sales.csv' needs more memory than the workspace allows\. Raise memory_limit in"
    ):
        read(",".join(f"c{i}" for i in range(2000)) + ("\n" + ",".join(["x"] * 2000)) * 20)
    assert list((tmp_path / "raw").iterdir()) == []


def test_long_rows_need_little_memory(read, connection):
    # A group of 122,880 such rows would be 2.4 GB.
    connection.execute("set memory_limit = '300MB'")
    text = "word " * 4000
    shown = read("id,body\n" + "".join(f"{i},{i} {text}\n" for i in range(1500)))
    assert len(shown.rows) == 1500
