"""A company in a folder: files and a mapping are written, imported and asked, as a user would."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from crmetrics.intake.imports import import_sources
from crmetrics.intake.report import ImportReport
from crmetrics.warehouse.versions import Version, Versions

NOW = datetime(2026, 11, 21, 12, 0)


@dataclass(frozen=True)
class Company:
    """A workspace with a folder of exports beside it."""

    folder: Path

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def exports(self) -> Path:
        return self.folder / "exports"

    @property
    def versions(self) -> Versions:
        return Versions(self.workspace / "versions")

    def write(self, name: str, text: str) -> Path:
        path = self.exports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def mapping(self, text: str, name: str = "mapping.toml") -> Path:
        path = self.folder / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def take_in(self, mapping: str | Path, *sources: str, now: datetime = NOW) -> ImportReport:
        path = self.mapping(mapping) if isinstance(mapping, str) else mapping
        found = [self.exports / source for source in sources] or [self.exports]
        return import_sources(self.workspace, found, path, now=now)

    def rows(self, sql: str, version: Version | None = None) -> list[tuple[object, ...]]:
        current = version or self.versions.current()
        assert current is not None
        with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
            return connection.execute(sql).fetchall()

    def quarantine(self) -> list[tuple[object, ...]]:
        return self.rows(
            "select table_name, file, row, column_name, value, reason from meta.quarantine order by file, row"
        )

    def files(self) -> Sequence[str]:
        """Everything that stands in the workspace, without its folders."""
        return sorted(
            path.relative_to(self.workspace).as_posix() for path in self.workspace.rglob("*") if path.is_file()
        )


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("TZ", "UTC")  # proposed as the company's zone where a mapping names none
    return Company(tmp_path)
