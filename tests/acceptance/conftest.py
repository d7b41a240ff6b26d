"""Public data sets, imported once each by the mappings of `examples/`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from crmetrics.intake.imports import import_sources
from crmetrics.intake.report import ImportReport
from crmetrics.intake.understanding import understand

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Imported:
    """A set at rest in a workspace of its own."""

    workspace: Path
    report: ImportReport

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        assert self.report.version is not None
        with closing(duckdb.connect(str(self.report.version.path), read_only=True)) as connection:
            found = connection.execute(sql).fetchall()
        return [tuple(float(value) if isinstance(value, Decimal) else value for value in row) for row in found]

    def one(self, sql: str) -> tuple[object, ...]:
        return self.rows(sql)[0]


@dataclass(frozen=True)
class Expected:
    """The figures that are known of a set."""

    figures: dict[str, dict[str, object]]

    def __getitem__(self, name: str):
        return self.figures[name]["value"]


@pytest.fixture(scope="session")
def expected(real_data: Path) -> Callable[[str], Expected]:
    """The known figures of a set, by its name."""
    return lambda name: Expected(
        json.loads((real_data / "expected" / f"{name}.json").read_text(encoding="utf-8"))["figures"]
    )


@pytest.fixture(scope="session")
def imported(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Imported]:
    """Import a set by its example mapping, or by what is understood of it without one, once in a session."""
    done: dict[tuple[object, ...], Imported] = {}

    def importing(name: str, files: Sequence[str] = (), mapping: str = "mapping.toml") -> Imported:
        key = (name, tuple(files), mapping)
        if key not in done:
            workspace = tmp_path_factory.mktemp(name) / "workspace"
            sources = [real_data / name / file for file in files] or [real_data / name]
            written = ROOT / "examples" / name / mapping
            if not written.is_file():  # exports of a known system need none
                proposal, _errors = understand(sources, workspace / "spill")
                written = workspace / mapping
                written.write_text(replace(proposal, currency="USD").text(), encoding="utf-8")
            done[key] = Imported(workspace, import_sources(workspace, sources, written))
        return done[key]

    return importing
