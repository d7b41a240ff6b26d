"""Files nobody has described: read, looked through, and proposed as a mapping."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb

from crmetrics.clean.understanding.evidence import ALL_ROWS, middle_rates
from crmetrics.clean.understanding.headers import meanings_of
from crmetrics.clean.understanding.known import Known
from crmetrics.clean.understanding.proposal import Proposal
from crmetrics.clean.understanding.recognition import SURE, Recognised, recognise
from crmetrics.clean.understanding.shapes import shape_of
from crmetrics.clean.understanding.structure import Structure, stages_of, without_stages
from crmetrics.clean.understanding.together import seen_together
from crmetrics.collect.archives import unpacked
from crmetrics.collect.encodings import UnclearEncoding
from crmetrics.collect.kinds import kind_of
from crmetrics.collect.servers.address import Address
from crmetrics.intake.copies import without_copies
from crmetrics.intake.finding import Source, source_name
from crmetrics.intake.looked_through import (
    DIGITS,
    MOST_COLUMNS,
    Sheet,
    reads_of,
    sheets_of_database,
    sheets_of_files,
    telling_reads,
)
from crmetrics.intake.shared_encodings import shared_encodings
from crmetrics.vocabulary.errors import BadFile, CrmetricsError
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import TABLES

_ = words("import")

Progress = Callable[[str, float], None]
UNDERSTANDING: Final = "understanding-"
COPY: Final = re.compile(r"(?:[\s_.-]*(?:\(\s*\)|\bcopy|\bkopya\w*|\bкопі[яї]|\bкопия|副本))+[\s_.-]*$", re.IGNORECASE)
"""What browsers and systems put behind the name of a file that is there already."""
OVERLAPPING: Final = 0.5
"""The share of a file's rows that stand in another one of its kind, from which on it was exported anew: by chance few do."""
BESIDE_A_SYSTEM: Final = 6.0
"""The score from which on a file beside the exports of a known system is taken for a table of the user's own."""


def understand(
    sources: Sequence[Source], scratch: Path, progress: Progress = lambda name, share: None
) -> tuple[Proposal, tuple[CrmetricsError, ...]]:
    """Look through files or folders, or a database, and propose a mapping; the errors are those of files that are no table.

    Files with the same columns become one kind. Nothing is published, and nothing stays in `scratch`.
    Errors: BadFile if none of them is a table, BadDatabase if the database cannot be read.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(dir=scratch, prefix=UNDERSTANDING) as folder,
        unpacked([one for one in sources if isinstance(one, Path)], scratch) as paths,
        closing(duckdb.connect(":memory:")) as connection,
    ):
        sheets, errors = sheets_of_files(connection, paths, Path(folder), progress) if paths else ([], [])
        encodings: dict[Path, str] = {}
        if any(isinstance(error, UnclearEncoding) for error in errors) and (encodings := shared_encodings(paths)):
            sheets, errors = sheets_of_files(connection, paths, Path(folder), progress, encodings)
        for address in (one for one in sources if isinstance(one, Address)):
            tables, refused = sheets_of_database(connection, address, Path(folder), progress)
            sheets, errors = [*sheets, *tables], [*errors, *refused]
        if not sheets:
            raise errors[0] if errors else BadFile(_("There is no table in '{path}'.", path=str(sources[0])))
        kinds = _kinds(sheets)
        rows = dict(zip(_names(kinds), kinds, strict=True))
        known = [
            replace(_known(connection, name, group), encoding=encodings.get(group[0].path, ""))
            for name, group in rows.items()
        ]
        known = without_copies(connection, known, rows)
    once = _of_a_system([each for each in known if not each.copy_of])
    return Proposal(source_name(sources), (*once, *(each for each in known if each.copy_of))), tuple(errors)


def check_understood(proposal: Proposal) -> None:
    """Whether anything can be imported. Errors: BadFile, saying whether there are no rows or no table that is known."""
    if any(each.found.own for each in proposal.known):
        return
    names = ", ".join(name for each in proposal.known for name in each.match)
    if len(proposal.blank) == len(proposal.known):
        raise BadFile(_("There are names of columns here, and no rows below them: {names}.", names=names))
    raise BadFile(_("None of these files is a table that is known: {names}.", names=names))


def _kinds(sheets: Sequence[Sheet]) -> list[list[Sheet]]:
    """Files of the same columns are of one kind, unless their names tell of different things, as calls and notes are.

    A text and a document are written each in its own way, so they are of two kinds. Sheets of one workbook stay apart,
    for each is named in the mapping, unless they differ in digits alone, as years do.
    """
    found: dict[tuple[object, ...], list[Sheet]] = {}
    for one in sheets:
        stem = COPY.sub("", DIGITS.sub("", one.path.name.split(".")[0]))
        told = stem if meanings_of(stem).words else ""
        is_alone = one.path if one.sheet or one.table else None
        sheet = DIGITS.sub("*", one.sheet) if one.sheet else None
        written = None if one.table else kind_of(one.path)
        found.setdefault((one.raw.columns, told, sheet, is_alone, one.table, one.has_heads, written), []).append(one)
    return list(found.values())


def _names(kinds: Sequence[Sequence[Sheet]]) -> list[str]:
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


def _known(connection: duckdb.DuckDBPyConnection, name: str, group: Sequence[Sheet]) -> Known:
    first = group[0]
    read = reads_of(connection, group)
    titled = f"{name} {first.sheet or ''}"
    has_rows = any(column.evidence.rows for column in read)
    # names of columns alone are told as such, and not asked about
    found = recognise(titled, telling_reads(read)) if has_rows else Recognised(titled)
    structure = Structure(first.table, first.raw.columns, first.has_heads)
    if found.own == "deals":
        told = {match.target: match.column for match in found.tables["deals"]}
        structure = replace(structure, stages=stages_of(read, told.get("stage", "")))
        found = without_stages(found, structure.stages)
    sheet = DIGITS.sub("*", first.sheet) if first.sheet and len(group) > 1 else first.sheet
    known = Known(
        name, _match(group), read, found, sheet, structure=structure, above=first.raw.above,
        overlaps=_overlaps(connection, group), key=_key(connection, group, found),
    )  # fmt: skip
    if found.own == "exchange_rates":
        # the rows of this kind of file are still at hand
        told = {match.target: match.column for match in found.tables[found.own]}
        decimal = known.column(told["rate_to_company"]).reading.decimal or "."
        known = replace(known, rates=middle_rates(connection, told["currency"], told["rate_to_company"], decimal))
    return known


def _overlaps(connection: duckdb.DuckDBPyConnection, group: Sequence[Sheet]) -> bool:
    """Whether a file holds what another one of its kind holds as well, as exports of everything up to a day do."""
    columns = group[0].raw.columns
    if len(group) < 2 or len(columns) > MOST_COLUMNS:
        return False
    files = ", ".join(literal(str(one.raw.path)) for one in group)
    step = _step(sum(one.raw.rows for one in group))
    found = connection.execute(
        f"with printed as (select * from (select hash({', '.join(map(identifier, columns))}) as print, file_index as file "
        f"from read_parquet([{files}], union_by_name = true)) where print % {step} = 0), "
        "shared as (select print from printed group by print having count(distinct file) > 1) "
        "select max(share) from (select avg((print in (select print from shared))::int) as share from printed group by file)"
    ).fetchall()[0][0]
    return (found or 0.0) >= OVERLAPPING


def _step(rows: int) -> int:
    """Of so many rows every how manieth is looked at, by its print: rows that are alike are looked at together or not at all."""
    return max(1, -(-rows // ALL_ROWS))


def _key(connection: duckdb.DuckDBPyConnection, group: Sequence[Sheet], found: Recognised) -> str:
    """The column that tells the rows of a file apart: by it a row of a later export takes the place of an earlier one."""
    key = TABLES[found.own].key if found.own else ()
    match = next((each for each in found.tables[found.own] if (each.target,) == key), None) if key else None
    if match is None or match.joined or match.confidence < SURE:
        return ""
    name = identifier(match.column)
    for one in group:
        again = (
            f"from read_parquet({literal(str(one.raw.path))}) where {name} is not null "
            f"and hash(trim({name})) % {_step(one.raw.rows)} = 0 group by trim({name}) having count(*) > 1"
        )
        if connection.execute(f"select 1 {again} limit 1").fetchall():
            return ""
    return match.column


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


def _match(group: Sequence[Sheet]) -> tuple[str, ...]:
    """The pattern of file names: one for names that differ in their digits alone, else each name."""
    names = list(dict.fromkeys(escape(one.path.name) for one in group))
    patterns = list(dict.fromkeys(DIGITS.sub("*", name) for name in names)) if len(names) > 1 else names
    return tuple(patterns if len(patterns) < len(names) else names)
