"""Published versions of a workspace's data: one file each, made aside, put in place at once, kept for going back.

    versions/warehouse-000123.duckdb   a version; never written again once it bears this name
    versions/warehouse-000123.json     what can be told of it without opening it
    versions/current                   the name of the version that is read

A file is never renamed over one that a process has open: a connection opened later in that process would still see the
old data. So every version has a name of its own, and only the small `current` is ever replaced.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from crmetrics.vocabulary.errors import NoWorkspace, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import utc_now
from crmetrics.warehouse.disk import replace, sync
from crmetrics.warehouse.ending import inside

_ = words("import")

KEPT: Final = 5
"""So many versions are kept, the current one among them."""

_NAME: Final = re.compile(r"warehouse-(\d{6,})\.duckdb")
_CURRENT: Final = "current"
# What `current` is made of on its way. The name says whether the version it names is new and may go with it.
_PUBLISHING: Final = "current.publishing"
_GOING_BACK: Final = "current.going-back"


@dataclass(frozen=True, slots=True)
class Version:
    """A published version. Moments are UTC without a mark; `reaches` is the local midnight up to which its data go."""

    number: int
    path: Path
    published_at: datetime
    reaches: datetime
    note: str


@dataclass(frozen=True)
class Resources:
    """What one import may use of the machine."""

    memory_limit: str | None = None
    threads: int | None = None
    spill: Path | None = None

    def config(self) -> dict[str, Any]:
        """The same for DuckDB."""
        config: dict[str, Any] = {}
        if self.memory_limit:
            config["memory_limit"] = self.memory_limit
        if self.threads:
            config["threads"] = self.threads
        if self.spill is not None:
            config["temp_directory"] = str(self.spill)
        return config


@dataclass(frozen=True)
class Versions:
    """The versions in one folder (`<workspace>/versions`)."""

    folder: Path

    def current(self) -> Version | None:
        """The version that is read now; None before the first import."""
        try:
            name = (self.folder / _CURRENT).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        found = _NAME.fullmatch(name)
        if found is None or not (self.folder / name).is_file():
            raise NoWorkspace(
                _(
                    "'{file}' names '{name}', which is not there. crmetrics versions lists what is; crmetrics rollback "
                    "NUMBER goes to one of them.",
                    file=str(self.folder / _CURRENT),
                    name=name,
                )
            )
        return self._read(int(found[1]))

    def all(self) -> list[Version]:
        """All versions that are kept, the newest first."""
        return [self._read(number) for number in sorted(self._numbers(), reverse=True)]

    def publish(
        self,
        fill: Callable[[duckdb.DuckDBPyConnection], None],
        *,
        note: str = "",
        resources: Resources | None = None,
        by: str = "",
    ) -> Version:
        """Make a new version and put it in place; `by` is whose doing it is.

        `fill` gets a connection to the new, empty version (its tables go into `main` and `meta`) with the current
        version attached read-only as `old`, and must write `reaches`, `zone` and `currency` into `meta.facts`. Whatever
        goes wrong before the end leaves the current version as it is. One at a time: the caller holds the import lock.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        number = max([*self._numbers(), 0]) + 1
        path = self._path(number)
        part = path.with_name(path.name + ".part")
        published_at = utc_now()
        try:
            facts = self._make(part, fill, number, published_at, resources or Resources(), self.current(), by)
            _check(part)
            sync(part)
            told = {"number": number, "published_at": str(published_at), "reaches": facts["reaches"], "note": note}
            replace(path.with_suffix(".json"), json.dumps(told, ensure_ascii=False), path.stem + ".json.part")
        except BaseException:
            _remove(part, part.with_name(part.name + ".wal"), path.with_suffix(".json"))
            raise
        # From here on `recover` knows by this file that the version was never read.
        (self.folder / _PUBLISHING).write_text(path.name, encoding="utf-8")
        sync(self.folder / _PUBLISHING)
        part.rename(path)
        sync(self.folder)
        (self.folder / _PUBLISHING).replace(self.folder / _CURRENT)
        sync(self.folder)
        with suppress(OSError):  # the new version stands; what cannot be removed now goes another time
            self.prune()
        return self._read(number)

    def make_aside(
        self,
        path: Path,
        fill: Callable[[duckdb.DuckDBPyConnection], None],
        old: Version | None,
        resources: Resources | None = None,
    ) -> Version:
        """Make a version at `path` that nobody else will read: it is not published, and its number is 0.

        `fill` is as for `publish`, with `old` attached in place of the current version.
        """
        published_at = utc_now()
        facts = self._make(path, fill, 0, published_at, resources or Resources(), old)
        return Version(0, path, published_at, datetime.fromisoformat(facts["reaches"]), "")

    def rollback(self, number: int) -> Version:
        """Make an earlier (or later) kept version the current one; the others stay."""
        if number not in self._numbers():
            kept = ", ".join(str(one) for one in sorted(self._numbers()))
            raise UnknownName(_("There is no version {number}. Kept are: {kept}.", number=number, kept=kept or "-"))
        replace(self.folder / _CURRENT, self._path(number).name, _GOING_BACK)
        return self._read(number)

    def recover(self) -> None:
        """Clear what a killed import left behind. The caller holds the import lock."""
        if not self.folder.is_dir():
            return
        publishing = self.folder / _PUBLISHING
        if publishing.is_file():
            # Written, perhaps in place, but never read: the import it belongs to is not finished.
            name = publishing.read_text(encoding="utf-8").strip()
            if _NAME.fullmatch(name) and name != self._current_name():
                _remove(self.folder / name, (self.folder / name).with_suffix(".json"))
            publishing.unlink()
        (self.folder / _GOING_BACK).unlink(missing_ok=True)
        numbers = {self._path(number).stem for number in self._numbers()}
        for path in self.folder.iterdir():
            is_part = path.name.endswith((".part", ".wal", ".tmp"))
            if is_part or (path.suffix == ".json" and path.stem not in numbers):
                path.unlink(missing_ok=True)

    def prune(self, keep: int = KEPT) -> None:
        """Remove old versions, never the current one nor one that another process reads."""
        current = self._current_name()
        others = [number for number in sorted(self._numbers(), reverse=True) if self._path(number).name != current]
        for number in others[max(keep - 1, 0) :]:
            path = self._path(number)
            if not _is_read(path):
                _remove(path, path.with_suffix(".json"))

    def drop(self, *numbers: int) -> None:
        """Remove versions though others may read them, which they do to their end; never the current one."""
        for number in numbers:
            path = self._path(number)
            if path.name != self._current_name():
                _remove(path, path.with_suffix(".json"))
        sync(self.folder)

    def _numbers(self) -> list[int]:
        if not self.folder.is_dir():
            return []
        return [int(found[1]) for path in self.folder.iterdir() if (found := _NAME.fullmatch(path.name))]

    def _path(self, number: int) -> Path:
        return self.folder / f"warehouse-{number:06d}.duckdb"

    def _current_name(self) -> str:
        try:
            return (self.folder / _CURRENT).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""

    def _read(self, number: int) -> Version:
        path = self._path(number)
        try:
            told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            told = facts_of(path)
        return Version(
            number,
            path,
            datetime.fromisoformat(told["published_at"]),
            datetime.fromisoformat(told["reaches"]),
            told.get("note", ""),
        )

    def _make(
        self,
        part: Path,
        fill: Callable[[duckdb.DuckDBPyConnection], None],
        number: int,
        published_at: datetime,
        resources: Resources,
        old: Version | None,
        by: str = "",
    ) -> dict[str, str]:
        _remove(part)
        with closing(duckdb.connect(":memory:", config=resources.config())) as connection, inside(connection):
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"attach '{_quoted(part)}' as fresh")
            if old is not None:
                connection.execute(f"attach '{_quoted(old.path)}' as old (read_only)")
            connection.execute("use fresh")
            connection.execute("create schema meta")
            connection.execute("create table meta.facts(name varchar, value varchar)")
            fill(connection)
            facts = {"number": str(number), "published_at": str(published_at), "made_by": by}
            facts["made_from"] = str(old.number if old else 0)
            connection.executemany("insert into meta.facts values (?, ?)", list(facts.items()))
            found = dict(connection.execute("select name, value from meta.facts").fetchall())
            connection.execute("use memory")
            connection.execute("checkpoint fresh")
            connection.execute("detach fresh")
        return found


def _check(path: Path) -> None:
    """Open a finished version once as a reader would, so that none is published that cannot be read."""
    with closing(duckdb.connect(str(path), read_only=True)) as connection, inside(connection):
        connection.execute("select count(*) from meta.facts").fetchall()
        for (table,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'main'"
        ).fetchall():
            connection.execute(f'select * from main."{table}" limit 1').fetchall()


def facts_of(path: Path) -> dict[str, str]:
    """What a version tells of itself in `meta.facts`."""
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        return dict(connection.execute("select name, value from meta.facts").fetchall())


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _is_read(path: Path) -> bool:
    """Whether another process holds the version open (DuckDB keeps a shared lock on what it has attached)."""
    handle = os.open(path, os.O_RDWR)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
