"""A published version as Parquet files: what Spark, and whoever else reads Parquet, works on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

import duckdb

from crmetrics.vocabulary.errors import BadFile, BadValue, NoSpace, NoWorkspace
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import TABLES

_ = words("crmetrics")

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
"""Raised when files are laid out in another way, so that an old export is refused and not misread."""


def export_parquet(version_path: Path, target: Path) -> list[Path]:
    """Write every canonical table of a version as `<table>.parquet`, its meta tables below `meta/`, and a manifest.

    Moments are UTC without a zone mark, times of day are texts (Spark knows no such type). The folder is written aside
    and then put in its place, so that a reader sees the old export or the new one and never half of it. Returns the
    files. Raises NoWorkspace without a version, BadValue for a folder that holds something else, NoSpace if it cannot be
    written.
    """
    if not version_path.is_file():
        raise NoWorkspace(_("There is no data yet at '{path}'. Run crmetrics import first.", path=str(version_path)))
    _check_replaceable(target)
    aside = target.with_name(f".{target.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)  # of an export that was killed
    try:
        aside.mkdir(parents=True)
        (aside / "meta").mkdir()
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"attach {literal(str(version_path))} as version (read_only)")
            files = _write_tables(connection, aside)
        _put_in_place(aside, target)
    except (OSError, duckdb.IOException) as error:
        raise NoSpace(
            _("The export to '{path}' could not be written: {reason}", path=str(target), reason=str(error))
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return [target / file for file in files]


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an export; NoWorkspace if there is none, BadFile if another crmetrics wrote it."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError:
        raise NoWorkspace(
            _("There is no export at '{path}'. Run crmetrics export parquet first.", path=str(folder))
        ) from None
    except ValueError:
        manifest = {}
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BadFile(
            _("'{path}' was not written by this crmetrics. Export the data again.", path=str(folder / MANIFEST))
        )
    return manifest


def _write_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[Path]:
    files, rows = [Path(MANIFEST)], {}
    found = connection.execute(
        "select table_schema, table_name, list((column_name, data_type) order by ordinal_position) "
        "from information_schema.columns where table_catalog = 'version' group by all order by all"
    ).fetchall()
    for schema, table, columns in found:
        if schema == "main" and table not in TABLES:
            continue
        file = Path(f"{table}.parquet") if schema == "main" else Path(schema) / f"{table}.parquet"
        shown = ", ".join(
            f"cast({identifier(name)} as varchar) as {identifier(name)}" if kind == "TIME" else identifier(name)
            for name, kind in columns
        )
        source = f"version.{identifier(schema)}.{identifier(table)}"
        written = connection.execute(
            f"copy (select {shown} from {source}) to {literal(str(folder / file))} (format parquet, compression zstd)"
        ).fetchall()
        if schema == "main":
            rows[table] = written[0][0]
        files.append(file)
    facts = dict(connection.execute("select name, value from version.meta.facts").fetchall())
    manifest = {"format": FORMAT, "data_version": int(facts["number"]), "reaches": facts["reaches"], "rows": rows}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return files


def _check_replaceable(target: Path) -> None:
    """Refuse to write over anything that is not an earlier export."""
    if target.exists() and not target.is_dir():
        raise BadValue(_("'{path}' is a file. Name a folder for the export.", path=str(target)))
    if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise BadValue(_("'{path}' holds other files. Name a new or empty folder for the export.", path=str(target)))


def _put_in_place(aside: Path, target: Path) -> None:
    old = aside.with_suffix(".old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    try:
        aside.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
