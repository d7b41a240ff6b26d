"""A file written, read, and shown as it stands in the raw Parquet file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from crmetrics.collect.sources import FileEntry, RawFile, read_raw


@dataclass(frozen=True)
class Shown:
    """What came of a file: `rows` as tuples of its columns, `numbers` their row numbers."""

    raw: RawFile
    rows: list[tuple[str | None, ...]]
    numbers: list[int]

    @property
    def rejects(self) -> list[tuple[int, str | None, str | None]]:
        return [(row.row, row.column, row.value) for row in self.raw.rejected]


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def read(tmp_path: Path, connection) -> Callable[..., Shown]:
    """Write bytes (or text as UTF-8) to a file of a name, and read it as the mapping says."""

    def read_it(content: bytes | str | None = None, name: str = "sales.csv", **entry: object) -> Shown:
        path = tmp_path / "exports" / name
        if content is not None:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        folder = tmp_path / "raw"
        folder.mkdir(exist_ok=True)
        raw = read_raw(connection, FileEntry("lines", ("*",), **entry), path, folder / "lines-1.parquet")
        assert [left.name for left in folder.iterdir()] == ["lines-1.parquet"]
        found = connection.execute("select * from read_parquet(?) order by _row", [str(raw.path)]).fetchall()
        described = connection.execute("describe from read_parquet(?)", [str(raw.path)]).fetchall()
        assert [(column[0], column[1]) for column in described] == [
            *((column, "VARCHAR") for column in (*raw.columns, "_file")),
            ("_row", "BIGINT"),
        ]
        assert raw.rows == len(found)
        return Shown(raw, [row[:-2] for row in found], [row[-1] for row in found])

    return read_it
