"""Exports of known systems: recognised by the columns that their mapping reads, and mapped as it says."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from crmetrics.clean.mapping import Mapping as MappingFile
from crmetrics.clean.mapping_file import parse_mapping
from crmetrics.clean.understanding.headers import HERE
from crmetrics.clean.understanding.recognition import Match, Recognised
from crmetrics.clean.understanding.toml import key, value

FOLDER: Final = HERE / "shapes"
LEAST_COLUMNS: Final = 4
LEAST_KINDS: Final = 2
"""Columns that a kind of file of another name must have in common with a system's, and kinds of files that must be there."""


@dataclass(frozen=True)
class Shape:
    """The mapping of one system: `document` as it is written, `mapping` as it is read."""

    system: str
    document: Mapping[str, Any]
    mapping: MappingFile

    def columns(self, entry: str) -> frozenset[str]:
        """The columns that a kind of file must have."""
        return frozenset(self.mapping.names_read(entry))

    def sections(self, entry: str, there: Collection[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The sections made from one kind of file, as they are written: the table, and what stands below it.

        there  the kinds of files at hand: a section that looks something up in another one is left out
        """
        for table in self.mapping.tables:
            body = self.document[table]
            read = [section for section in self.mapping.sections if section.table.name == table]
            for written, section in zip(body if isinstance(body, list) else [body], read, strict=True):
                if section.entry == entry and all(not name.of or name.of in there for name in section.names):
                    yield table, written

    def recognised(self, entry: str) -> Recognised:
        """The tables that a kind of file gives, its own one last in the mapping first, each with its columns."""
        tables: dict[str, tuple[Match, ...]] = {}
        for section in self.mapping.sections_from(entry):
            matches = [
                Match(cell.target, name.column, 1.0, 1.0)
                for cell in section.cells
                for name in cell.names
                if not name.of
            ]
            tables[section.table.name] = (*tables.get(section.table.name, ()), *matches)
        return Recognised(entry, dict(reversed(tables.items())), score=float(len(self.columns(entry))))


@cache
def shapes() -> tuple[Shape, ...]:
    """The systems whose exports are known."""
    found = []
    for path in sorted(Path(FOLDER).glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        found.append(Shape(path.stem, tomllib.loads(text), parse_mapping(path, text, path.stem)))
    return tuple(found)


def shape_of(kinds: Mapping[str, tuple[Collection[str], Sequence[str]]]) -> tuple[Shape, dict[str, str]] | None:
    """The system that kinds of files (name -> columns, file names) come from, and which kind is which of its own.

    None if none of its kinds is there. Where two kinds of files have the columns, the file names decide.
    """
    best: tuple[Shape, dict[str, str]] | None = None
    for shape in shapes():
        which: dict[str, str] = {}
        for entry in shape.mapping.entries:
            needed = shape.columns(entry)
            fits = [
                name
                for name, (columns, _files) in kinds.items()
                if needed <= set(columns) and name not in which.values()
            ]
            named = [
                name for name in fits if any(shape.mapping.entries[entry].match[0] in file for file in kinds[name][1])
            ]
            if named or (len(needed) >= LEAST_COLUMNS and len(fits) == 1):
                which[entry] = (named or fits)[0]
        if len(which) >= LEAST_KINDS and (best is None or len(which) > len(best[1])):
            best = (shape, which)
    return best


def shaped_entry(shape: Shape, entry: str, there: Collection[str]) -> Iterator[str]:
    """What stands below a kind of file but its name; there: the system's kinds of files at hand."""
    body = shape.document["files"][entry]
    for name, given in body.items():
        if name not in ("match", "sheet", "join"):
            yield f"{key(name)} = {value(given)}"
    for other, join in body.get("join", {}).items():
        if other in there:
            yield ""
            yield f"[files.{key(entry)}.join.{key(other)}]"
            yield from (f"{key(name)} = {value(given)}" for name, given in join.items())


def shaped_sections(shape: Shape, entry: str, there: Collection[str]) -> Iterator[str]:
    """The sections made from one kind of file, line by line."""
    for table, section in shape.sections(entry, there):
        yield f"[[{table}]]"
        for name, given in section.items():
            yield f"{key(name)} = {value(given)}"
        yield ""
