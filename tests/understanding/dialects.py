"""One company's exports as systems of other countries write them: heads, words, marks, dates, encodings and sheets."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import xlsxwriter

from crmetrics.clean.mapping import Cell, Section
from crmetrics.clean.mapping import Mapping as SourceMapping
from crmetrics.clean.mapping_file import read_mapping
from crmetrics.clean.understanding.known import Question
from crmetrics.clean.understanding.proposal import Proposal
from crmetrics.collect.demo import write_demo
from crmetrics.collect.demo.place import place
from crmetrics.intake.understanding import understand
from crmetrics.vocabulary.language import translated
from crmetrics.warehouse.schema import TABLES, Type

NUMBER = re.compile(r"-?[\d,]*\d(?:\.\d+)?")


@dataclass(frozen=True)
class Dialect:
    """How the systems of a country write: `encoding` blank stands for workbooks with real dates and numbers."""

    language: str
    encoding: str = ""
    delimiter: str = ";"
    decimal: str = ","
    thousands: str = "."
    day: str = "%d.%m.%Y"
    moment: str = "%d.%m.%Y %H:%M:%S"

    @property
    def name(self) -> str:
        return f"{self.language} {self.encoding or 'xlsx'}"


DIALECTS = (
    Dialect("en", "utf-16", "\t", ".", ",", "%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p"),
    Dialect("tr", "cp1254"),
    Dialect("uk", "cp1251", thousands="\u00a0"),
    Dialect("zh", "gb18030", ",", ".", ",", "%Y/%m/%d", "%Y年%m月%d日 %H:%M:%S"),
    Dialect("tr"),
    Dialect("uk"),
)


class Company:
    """The English demo company in a folder, and what its exports are elsewhere."""

    def __init__(self, folder: Path, lines: int, tables: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.mapping = read_mapping(write_demo(folder / "plain", language="en", lines=lines), "demo")
        for section in self.mapping.sections:
            if tables and section.table.name not in tables:
                for path in (folder / "plain").glob(self.mapping.entries[section.entry].match[0]):
                    path.unlink()
        self.truth: dict[tuple[str, str], str] = {}
        """(file, head) -> canonical column of what was written last"""

    def plain_mapping(self) -> Path:
        """The company's own mapping, of the tables that are there."""
        there = {section.entry for section in self.mapping.sections if any(self._files(section))}
        parts = re.split(r"\n(?=\[)", self.mapping.text)
        kept = [part for part in parts if not (found := re.match(r"\[(?:files\.)?(\w+)\]", part)) or found[1] in
                there | {"source", "company"}]  # fmt: skip
        path = self.folder / "plain.toml"
        path.write_text("\n".join(kept), encoding="utf-8")
        return path

    def written(self, dialect: Dialect) -> Path:
        """The exports in a dialect."""
        folder = self.folder / dialect.name.replace(" ", "-")
        folder.mkdir()
        other = read_mapping(
            write_demo(self.folder / f"words-{dialect.name}", language=dialect.language, lines=500), "x"
        )
        self.truth = {}
        for section in self.mapping.sections:
            for path in self._files(section):
                with path.open(encoding="utf-8", newline="") as file:
                    heads, *rows = csv.reader(file)
                self._write(folder, section, _section_of(other, section), heads, rows, dialect)
        return folder

    def _files(self, section: Section) -> list[Path]:
        return sorted((self.folder / "plain").glob(self.mapping.entries[section.entry].match[0]))

    def _write(
        self, folder: Path, section: Section, other: Section, heads: list[str], rows: list[list[str]], dialect: Dialect
    ) -> None:
        table = section.table.name
        stem = translated(TABLES[table].label, dialect.language).replace(" ", "_")
        cells = {cell.names[0].column: cell for cell in section.cells if cell.names}
        names = [place(dialect.language).header(cells[head].target.replace("custom_", "")) for head in heads]
        self.truth |= {(stem.casefold(), name): cells[head].target for head, name in zip(heads, names, strict=True)}
        writers = [_words(cells[head], other) for head in heads]
        if not dialect.encoding:
            _workbook(folder / f"{stem}.xlsx", names, heads, rows, cells, writers)
            return
        with (folder / f"{stem}.csv").open("w", encoding=dialect.encoding, errors="replace", newline="") as file:
            writer = csv.writer(file, delimiter=dialect.delimiter)
            writer.writerow(names)
            for row in rows:
                writer.writerow(
                    [
                        _cell(text, cells[head], words, dialect)
                        for text, head, words in zip(row, heads, writers, strict=True)
                    ]
                )

    def answered(self, proposal: Proposal) -> Proposal:
        """The proposal after its questions were answered as one would who knows the company."""
        while questions := proposal.questions():
            proposal = proposal.after(questions[0], self._answer(questions[0]))
        return proposal

    def _answer(self, question: Question) -> bool | str:
        if question.doubt == "currency":
            return "GBP"
        if question.doubt == "column":
            # a sheet is called by its file and its own name
            entry = next(stem for stem, _name in self.truth if question.entry in (stem, f"{stem}_sheet1"))
            told = self.truth.get((entry, question.proposed))
            return question.target == told or TABLES[question.table].key[0] == question.target
        return True

    def understood(self, folder: Path) -> tuple[Proposal, Path]:
        """What is understood of exports without a mapping, answered, as a mapping."""
        proposal, errors = understand([folder], self.folder / "scratch")
        assert errors == (), [str(error) for error in errors]
        answered = self.answered(proposal)
        path = folder.with_suffix(".toml")
        path.write_text(answered.text(), encoding="utf-8")
        return answered, path


def _section_of(mapping: SourceMapping, section: Section) -> Section:
    return next(one for one in mapping.sections if one.table is section.table)


def _words(cell: Cell, other: Section) -> Mapping[str, str]:
    """The words of one language for those of the other, by what both mean."""
    theirs = (
        {meant: word for word, meant in other.by_target[cell.target].map.items()}
        if cell.target in other.by_target
        else {}
    )
    return {word: theirs.get(meant, word) for word, meant in cell.map.items()}


def _cell(text: str, cell: Cell, words: Mapping[str, str], dialect: Dialect) -> str:
    value = _value(text, cell, words)
    if isinstance(value, datetime):
        return value.strftime(dialect.moment if cell.type is Type.MOMENT else dialect.day)
    if isinstance(value, float):
        grouped = "," in text
        written = f"{value:,.2f}" if grouped else text
        return written.translate(str.maketrans({",": dialect.thousands, ".": dialect.decimal}))
    return value


def _value(text: str, cell: Cell, words: Mapping[str, str]) -> str | float | datetime:
    if text in words:
        return words[text]
    if cell.type in (Type.MOMENT, Type.DATE):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return text
    if cell.type is not Type.TEXT and cell.type is not Type.FLAG and NUMBER.fullmatch(text):
        return float(text.replace(",", ""))
    return text


def _workbook(
    path: Path, names: list[str], heads: list[str], rows: list[list[str]], cells: Mapping[str, Cell],
    writers: list[Mapping[str, str]],
) -> None:  # fmt: skip
    with xlsxwriter.Workbook(str(path)) as book:
        sheet, form = book.add_worksheet(), book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"})
        sheet.write_row(0, 0, names)
        for place_of, row in enumerate(rows, 1):
            for number, text in enumerate(row):
                value = _value(text, cells[heads[number]], writers[number])
                if isinstance(value, datetime) and value.year < 9999:
                    sheet.write_datetime(place_of, number, value, form)
                elif isinstance(value, float):
                    sheet.write_number(place_of, number, value)
                else:
                    sheet.write_string(place_of, number, str(value))


def differences(plain: Mapping[str, object], other: Mapping[str, object]) -> Iterator[str]:
    """What is not the same in two sets of figures."""
    for name, value in plain.items():
        if value != other.get(name):
            yield f"{name}: {value} and {other.get(name)}"
