"""Which files are read: folders walked, names matched against the patterns of the mapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from crmetrics.collect.zipped import is_archive
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

_ = words("collect")

SHOWN: Final = 20
"""How many names of files an error lists."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One kind of file, as the mapping declares it; what is None is found in the file itself.

    `names` are those of its columns where its rows do not hold them; `spans` where each stands in a line, of a file of
    fixed width. `is_pulled`: it was read from a database, and stands as raw Parquet already. `called` is what the file is
    told by, where others of the same import have its name.
    """

    name: str
    match: tuple[str, ...]
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool = True
    names: tuple[str, ...] = ()
    spans: tuple[tuple[int, int | None], ...] = ()
    is_pulled: bool = False
    called: str = ""

    def name_of(self, path: Path) -> str:
        """What a file of this kind is told by."""
        return self.called or path.name

    def matches(self, name: str) -> bool:
        return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in self.match)


def find_files(sources: Sequence[Path], entries: Sequence[FileEntry]) -> list[tuple[FileEntry, Path]]:
    """Find the files of each entry, in the order of the entries and of the paths; a file may serve several entries.

    Folders are walked; hidden files are passed over; a folder named like `sales.parquet` is one file.
    Errors: BadFile if a source does not exist, holds no file, or an entry finds nothing; it lists what was there.
    """
    paths = files_there(sources)
    found = []
    for entry in entries:
        mine = [path for path in paths if entry.matches(path.name)]
        if not mine:
            raise _nothing_matches(entry, paths)
        found += [(entry, path) for path in mine]
    return found


def files_there(sources: Sequence[Path]) -> list[Path]:
    """All files of the sources, each once. Errors: BadFile if a source does not exist, or there is no file at all."""
    there: dict[Path, Path] = {}
    for source in sources:
        if not source.exists():
            raise BadFile(_("'{path}' does not exist. Check the path; a folder or a file is expected.", path=source))
        there.update((path.resolve(), path) for path in _walk(source))
    if not there:
        named = ", ".join(str(source) for source in sources)
        raise BadFile(_("'{path}' holds no file. Name a folder or a file that holds data.", path=named))
    return sorted(there.values())


def is_parquet_folder(path: Path) -> bool:
    """Whether a folder is one table, as Spark writes it."""
    return path.is_dir() and path.suffix.casefold() == ".parquet"


def visible(path: Path, folder: Path) -> bool:
    """Whether no part of a path below its folder is hidden or a mark left by a writer, such as `_SUCCESS`."""
    parts = path.relative_to(folder).parts
    return not any(part.startswith(".") for part in parts) and not parts[-1].startswith(("_", "~$"))


def _walk(source: Path) -> Iterator[Path]:
    if not source.is_dir() or is_parquet_folder(source):
        yield source
        return
    for path in sorted(source.iterdir()):
        # A folder linked into itself would never end.
        is_link_to_folder = path.is_symlink() and path.is_dir()
        # A .zip file stands for what it holds, which is unpacked elsewhere.
        if not path.name.startswith((".", "~$")) and not is_link_to_folder and not is_archive(path):
            yield from _walk(path)


def _nothing_matches(entry: FileEntry, paths: Sequence[Path]) -> BadFile:
    names = sorted({path.name for path in paths})
    shown = ", ".join(f"'{name}'" for name in names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return BadFile(
        _(
            "No file matches {patterns} of [files.{entry}]. There are: {names}. "
            "Correct `match` in the mapping, or name the folder that holds the file.",
            patterns=", ".join(f"'{pattern}'" for pattern in entry.match),
            entry=entry.name,
            names=shown,
        )
    )
