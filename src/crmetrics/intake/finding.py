"""What an import reads: the files that match its mapping, and the tables of a database, pulled beside the workspace first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from os.path import commonpath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb

from crmetrics.clean.mapping import Entry
from crmetrics.clean.mapping import Mapping as SourceMapping
from crmetrics.clean.raw_rows import RawPart
from crmetrics.collect.archives import UNPACKED, unpacked
from crmetrics.collect.servers.address import Address
from crmetrics.collect.servers.reading import Wanted, opened, pull
from crmetrics.collect.sources import FileEntry, find_files, fingerprint, sheets_of
from crmetrics.collect.unnamed import unnamed_files
from crmetrics.vocabulary.errors import BadFile, BadMapping, BadValue
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal

_ = words("servers")

PULLED: Final = "unpacked-pulled-"
"""How the folders begin that tables are pulled to; they go as those of .zip files do."""

Progress = Callable[[str, float], None]
Source = Path | Address


@dataclass(frozen=True)
class Found:
    """The files of an import with their entries, the names of tables in which nothing is new, and of files that no entry
    names."""

    files: Sequence[tuple[FileEntry, Path]]
    unchanged: Sequence[str] = ()
    unread: Sequence[str] = ()


@dataclass(frozen=True)
class Sources:
    """What a user has named: `paths` with .zip files unpacked, and a database. `aside` is where its tables are pulled to."""

    paths: Sequence[Path]
    address: Address | None
    aside: Path
    config: Mapping[str, Any] = field(default_factory=dict)

    def find(self, mapping: SourceMapping, live: Sequence[RawPart], is_same_mapping: bool, progress: Progress) -> Found:
        """The files and tables of an import: every entry must find some, unless an earlier import brought some already.

        Errors: BadFile, BadMapping, BadDatabase.
        """
        entries = [entry for entry in mapping.entries.values() if entry.asked is None]
        asked = [entry for entry in mapping.entries.values() if entry.asked is not None]
        files = self._files(entries, {part.entry for part in live})
        unread = unnamed_files(self.paths, [file_entry(entry) for entry in entries]) if self.paths else []
        if self.address is None:
            missing = [entry for entry in asked if entry.name not in {part.entry for part in live}]
            if missing:
                raise BadMapping(
                    _(
                        "{file}, [files.{entry}] is read from a database. Name its address as the source of the import, such "
                        "as postgresql://reader@db.example.com/shop.",
                        file=mapping.path.name,
                        entry=missing[0].name,
                    )
                )
            return Found(files, unread=unread)
        if not asked:
            raise BadMapping(
                _(
                    "{file} reads nothing from a database. Add a kind of file such as [files.orders] with "
                    'table = "orders", or leave the address out.',
                    file=mapping.path.name,
                )
            )
        tables = self._tables(asked, live, is_same_mapping, progress)
        return Found([*files, *tables.files], tables.unchanged, unread)

    def _files(self, entries: Sequence[Entry], brought: set[str]) -> list[tuple[FileEntry, Path]]:
        wanted = [entry for entry in entries if entry.name not in brought]
        if not self.paths:
            if wanted:
                raise BadFile(
                    _("[files.{entry}] is read from files: name them beside the database.", entry=wanted[0].name)
                )
            return []
        found = find_files(self.paths, [file_entry(entry) for entry in wanted])
        missed: BadFile | None = None
        for entry in (entry for entry in entries if entry.name in brought):
            try:
                found += find_files(self.paths, [file_entry(entry)])
            except BadFile as error:
                missed = error
        if not found and missed is not None:
            raise missed
        return [(one, path) for entry, path in found for one in _of_sheets(entry, path)]

    def _tables(
        self, asked: Sequence[Entry], live: Sequence[RawPart], is_same_mapping: bool, progress: Progress
    ) -> Found:
        files: list[tuple[FileEntry, Path]] = []
        unchanged: list[str] = []
        if self.address is None:
            return Found(files)
        with (
            closing(duckdb.connect(":memory:", config=dict(self.config))) as connection,
            opened(self.address) as session,
        ):
            for place, entry in enumerate(asked):
                name = f"{self.address.database}: {entry.asked.table or entry.name}" if entry.asked else entry.name
                before = [part for part in live if part.entry == entry.name and part.name == name]
                wanted = _wanted(connection, entry, before)
                target = self.aside / str(place) / name.replace("/", "_")
                target.parent.mkdir()
                raw = pull(connection, session, self.address, wanted, target, progress)
                if is_same_mapping and wanted.seen is not None and not _is_new(connection, target, before, wanted):
                    unchanged.append(raw.name)
                else:
                    files.append((replace(file_entry(entry), is_pulled=True), target))
        return Found(files, unchanged)


@contextmanager
def sources_of(named: Sequence[Source], spill: Path, config: Mapping[str, Any]) -> Iterator[Sources]:
    """What a user has named, made ready to be read; what that took goes when it has served."""
    addresses = [one for one in named if isinstance(one, Address)]
    if len(addresses) > 1:
        raise BadValue(
            _("An import reads one database. Name {second} in an import of its own.", second=str(addresses[1]))
        )
    paths = [one for one in named if isinstance(one, Path)]
    with TemporaryDirectory(dir=spill, prefix=PULLED) as aside, unpacked(paths, spill) as ready:
        yield Sources(ready, addresses[0] if addresses else None, Path(aside), config)


def source_name(named: Sequence[Source]) -> str:
    """What a source is called unless its mapping says otherwise: the folder, or the database."""
    first = named[0]
    if isinstance(first, Address):
        return first.name
    path = first.resolve()
    return (path.name if path.is_dir() else path.parent.name) or "files"


def told_apart(found: Sequence[tuple[FileEntry, Path]]) -> list[tuple[FileEntry, Path]]:
    """The files of an import, those that have one name, as in a folder a year, called by their folders as well.

    A row is known again by the import, the name of its file and its number there.
    """
    alike: dict[str, list[Path]] = {}
    for _entry, path in found:
        alike.setdefault(path.name, [])
        alike[path.name] += [path] if path not in alike[path.name] else []
    called = {path: name for paths in alike.values() if len(paths) > 1 for path, name in _by_folders(paths).items()}
    return [(replace(entry, called=called.get(path, "")), path) for entry, path in found]


def without_doubles(found: Sequence[tuple[FileEntry, Path]]) -> list[tuple[FileEntry, Path]]:
    """The files of an import, of those of one kind that hold the very same bytes the first: one that was saved twice is one."""
    alike: dict[tuple[FileEntry, int], list[Path]] = {}
    for entry, path in found:
        alike.setdefault((entry, path.stat().st_size), []).append(path)
    doubles = set()
    for (entry, _size), paths in alike.items():
        prints = [fingerprint(path) for path in paths] if len(paths) > 1 else []
        doubles |= {
            (entry, path) for place, path in enumerate(paths) if prints[place:] and prints[place] in prints[:place]
        }
    return [each for each in found if each not in doubles]


def _by_folders(paths: Sequence[Path]) -> dict[Path, str]:
    """Names of files of one name: from the folder on that holds them all, and numbered where that tells them not apart."""
    above = commonpath([path.absolute().parent for path in paths])
    told: dict[Path, str] = {}
    for path in paths:
        parts = path.absolute().relative_to(above).parts
        name = "/".join(
            parts[1:] if parts[0].startswith(UNPACKED) else parts
        )  # what a .zip file is unpacked to tells nothing
        same = sum(other.partition(" #")[0] == name for other in told.values())
        told[path] = f"{name} #{same + 1}" if same else name
    return told


def file_entry(entry: Entry) -> FileEntry:
    """A kind of file as it is read."""
    return FileEntry(
        entry.name,
        entry.match,
        entry.sheet,
        entry.encoding,
        entry.delimiter,
        entry.header,
        entry.layout.names,
        entry.layout.spans,
    )


def _of_sheets(entry: FileEntry, path: Path) -> list[FileEntry]:
    """An entry for each sheet that a pattern such as "20*" means: sheets of many years are read as one table."""
    if entry.sheet is None or not any(mark in entry.sheet for mark in "*?"):
        return [entry]
    sheets = [name for name in sheets_of(path) if name is not None]
    found = [name for name in sheets if fnmatchcase(name.casefold(), entry.sheet.casefold())]
    if not found:
        raise BadFile(
            _(
                "'{file}' has no sheet like '{sheet}'. It has: {sheets}. Correct `sheet` in [files.{entry}].",
                file=path.name,
                sheet=entry.sheet,
                sheets=", ".join(f"'{name}'" for name in sheets),
                entry=entry.name,
            )
        )
    return [replace(entry, sheet=name) for name in found]


def _wanted(connection: duckdb.DuckDBPyConnection, entry: Entry, before: Sequence[RawPart]) -> Wanted:
    if entry.asked is None:
        return Wanted(entry.name)
    seen = _last_seen(connection, before, entry.asked.cursor) if entry.asked.cursor else None
    return Wanted(entry.name, entry.asked.table, entry.asked.query, entry.asked.cursor, seen)


def _last_seen(connection: duckdb.DuckDBPyConnection, before: Sequence[RawPart], cursor: str) -> str | None:
    """The greatest value of the cursor column in the rows that are here: of numbers by their size, of moments in ISO form."""
    column = identifier(cursor)
    files = ", ".join(literal(str(part.path)) for part in before if cursor in part.columns)
    if not files:
        return None
    number = "try_cast(v as decimal(38, 10))"
    all_, numbers, last, greatest = connection.execute(
        f"select count(*), count({number}), max(v), arg_max(v, {number}) from (select {column} as v "
        f"from read_parquet([{files}], union_by_name = true)) where regexp_matches(v, '\\d')"
    ).fetchall()[0]
    found = greatest if all_ and numbers == all_ else last
    return None if found is None else str(found)


def _is_new(connection: duckdb.DuckDBPyConnection, pulled: Path, before: Sequence[RawPart], wanted: Wanted) -> bool:
    """Whether rows were pulled that are not here yet; those of the last value seen, and of none, come every time."""
    files = ", ".join(literal(str(part.path)) for part in before)
    column, seen = identifier(wanted.cursor), literal(wanted.seen or "")
    again = f"({column} = {seen} or {column} is null)"
    newer = f"select 1 from read_parquet({literal(str(pulled))}) where not {again} limit 1"
    if connection.execute(newer).fetchall():
        return True
    described = connection.execute(f"describe from read_parquet({literal(str(pulled))})").fetchall()
    columns = [str(one[0]) for one in described[:-2]]
    if any(not set(columns) <= set(part.columns) for part in before):
        return True
    named = ", ".join(identifier(one) for one in columns)
    found = connection.execute(
        f"select 1 from (select {named} from read_parquet({literal(str(pulled))}) except "
        f"select {named} from read_parquet([{files}], union_by_name = true) where {again}) limit 1"
    )
    return bool(found.fetchall())
