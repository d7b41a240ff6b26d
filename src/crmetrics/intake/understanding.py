"""Files nobody has described: read, looked through, and proposed as a mapping."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb

from crmetrics.clean.understanding.evidence import evidence_of, middle_rates
from crmetrics.clean.understanding.formats import reading_of
from crmetrics.clean.understanding.headers import meanings_of
from crmetrics.clean.understanding.known import Known
from crmetrics.clean.understanding.proposal import Proposal
from crmetrics.clean.understanding.recognition import Recognised, recognise
from crmetrics.clean.understanding.shapes import shape_of
from crmetrics.clean.understanding.suiting import Read
from crmetrics.clean.understanding.together import seen_together
from crmetrics.collect.archives import unpacked
from crmetrics.collect.sources import FileEntry, RawFile, find_files, read_raw, sheets_of
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

_ = words("import")

Progress = Callable[[str, float], None]
DIGITS: Final = re.compile(r"\d+")
UNDERSTANDING: Final = "understanding-"
BESIDE_A_SYSTEM: Final = 6.0
"""The score from which on a file beside the exports of a known system is taken for a table of the user's own."""


@dataclass(frozen=True)
class _Sheet:
    """One table in one file, read into raw Parquet."""

    path: Path
    sheet: str | None
    raw: RawFile


def understand(
    sources: Sequence[Path], scratch: Path, progress: Progress = lambda name, share: None
) -> tuple[Proposal, tuple[BadFile, ...]]:
    """Look through files or folders, and propose a mapping; the errors are those of files that are no table.

    Files with the same columns become one kind. Nothing is published, and nothing stays in `scratch`.
    Errors: BadFile if none of them is a table.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(dir=scratch, prefix=UNDERSTANDING) as folder,
        unpacked(sources, scratch) as opened,
        closing(duckdb.connect(":memory:")) as connection,
    ):
        sheets, errors = _read(connection, opened, Path(folder), progress)
        if not sheets:
            raise errors[0] if errors else BadFile(_("There is no table in '{path}'.", path=str(sources[0])))
        kinds = _kinds(sheets)
        known = [_known(connection, name, group) for name, group in zip(_names(kinds), kinds, strict=True)]
    return Proposal(_source_name(sources), tuple(_of_a_system(known))), tuple(errors)


def _read(
    connection: duckdb.DuckDBPyConnection, opened: Sequence[Path], folder: Path, progress: Progress
) -> tuple[list[_Sheet], list[BadFile]]:
    sheets: list[_Sheet] = []
    errors: list[BadFile] = []
    for number, (_entry, path) in enumerate(find_files(opened, [FileEntry("all", ("*",))])):
        try:
            for place, sheet in enumerate(sheets_of(path)):
                entry = FileEntry(path.stem, ("*",), sheet)
                sheets.append(
                    _Sheet(
                        path, sheet, read_raw(connection, entry, path, folder / f"{number}-{place}.parquet", progress)
                    )
                )
        except BadFile as error:
            errors.append(error)
    return sheets, errors


def _kinds(sheets: Sequence[_Sheet]) -> list[list[_Sheet]]:
    """Files of the same columns are of one kind, unless their names tell of different things, as calls and notes are.

    Sheets of one workbook stay apart, for each is named in the mapping.
    """
    found: dict[tuple[object, ...], list[_Sheet]] = {}
    for one in sheets:
        stem = DIGITS.sub("", one.path.name.split(".")[0])
        told = stem if meanings_of(stem).words else ""
        found.setdefault((one.raw.columns, told, one.sheet, one.path if one.sheet else None), []).append(one)
    return list(found.values())


def _names(kinds: Sequence[Sequence[_Sheet]]) -> list[str]:
    """A name for each kind of file, of its first file and sheet."""
    taken: set[str] = set()
    names = []
    for group in kinds:
        first = group[0]
        stem = first.path.name.split(".")[0]
        wanted = f"{stem} {first.sheet}" if first.sheet else DIGITS.sub("", stem).strip("-_ .") or "files"
        wanted = (
            re.sub(r"[^\w]+", "_", wanted if len(group) > 1 or first.sheet else stem).strip("_").casefold() or "files"
        )
        name, repeat = wanted, 1
        while name in taken:
            repeat += 1
            name = f"{wanted}_{repeat}"
        taken.add(name)
        names.append(name)
    return names


def _known(connection: duckdb.DuckDBPyConnection, name: str, group: Sequence[_Sheet]) -> Known:
    columns = group[0].raw.columns
    looked_at = evidence_of(connection, [one.raw.path for one in group], columns)
    read = tuple(Read(each, reading_of(each), meanings_of(each.name)) for each in looked_at)
    titled = f"{name} {group[0].sheet or ''}"
    found = recognise(titled, read)
    known = Known(name, _match(group), read, found, group[0].sheet)
    if found.own == "exchange_rates":
        # the rows of this kind of file are still at hand
        told = {match.target: match.column for match in found.tables[found.own]}
        decimal = known.column(told["rate_to_company"]).reading.decimal or "."
        known = replace(known, rates=middle_rates(connection, told["currency"], told["rate_to_company"], decimal))
    return known


def _of_a_system(known: Sequence[Known]) -> list[Known]:
    """The kinds of files, those of a known system as its mapping says."""
    found = shape_of({each.name: ([column.name for column in each.columns], each.match) for each in known})
    if found is None:
        return seen_together(known)
    shape, which = found
    of_shape = {name: entry for entry, name in which.items()}
    given = {section.table.name for section in shape.mapping.sections if section.entry in which}

    def known_as(each: Known) -> Known:
        if each.name in of_shape:
            entry = of_shape[each.name]
            # called as there, for its look-ups name it so
            return replace(each, name=entry, shape=shape, found=shape.recognised(entry))
        # what the system's other files would tell of the same tables is a history or a variant of them
        is_another = each.found.own in given or each.found.score < BESIDE_A_SYSTEM
        free = each.name if each.name not in which else f"{each.name}_file"
        return replace(each, name=free, found=Recognised(each.name) if is_another else each.found)

    return [known_as(each) for each in known]


def _match(group: Sequence[_Sheet]) -> tuple[str, ...]:
    """The pattern of file names: one for names that differ in their digits alone, else each name."""
    names = list(dict.fromkeys(one.path.name for one in group))
    patterns = list(dict.fromkeys(DIGITS.sub("*", name) for name in names)) if len(names) > 1 else names
    return tuple(patterns if len(patterns) < len(names) else names)


def _source_name(sources: Sequence[Path]) -> str:
    first = sources[0].resolve()
    return (first.name if first.is_dir() else first.parent.name) or "files"
