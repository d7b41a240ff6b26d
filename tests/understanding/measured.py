"""How much of a set is understood without a mapping, against a truth made by hand."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from crmetrics.clean.mapping_file import parse_mapping
from crmetrics.clean.understanding.proposal import Known, Proposal
from crmetrics.clean.understanding.recognition import SURE
from crmetrics.warehouse.schema import TABLES

HERE = Path(__file__).parent / "truth"
PARTS_OF_NAMES = ("first_name", "last_name")
LEFT_OUT = ""
"""Stands first among the homes of a column that may as well be left out."""

Truth = Mapping[str, Mapping[str, Sequence[str]]]
"""file -> column -> the canonical columns that it may be"""


@dataclass(frozen=True)
class Measured:
    """One set: columns with a home, those of them that were mapped there, and what was mapped wrong with which confidence."""

    name: str
    columns: int
    right: int
    missed: tuple[str, ...]
    wrong: tuple[tuple[str, float], ...]

    @property
    def surely_wrong(self) -> tuple[str, ...]:
        """What nobody would have been asked about."""
        return tuple(told for told, confidence in self.wrong if confidence >= SURE)

    def __str__(self) -> str:
        share = f"{self.right / self.columns:7.1%}" if self.columns else "      -"
        wrong = f", wrong {len(self.wrong)}, of these sure {len(self.surely_wrong)}" if self.wrong else ""
        return f"{share} {self.right:4} of {self.columns:4}  {self.name}{wrong}"


def truth_of(name: str) -> Truth:
    """The truth of a set, made by hand."""
    return tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))


def truth_of_mapping(path: Path) -> Truth:
    """A mapping as truth: each column that it reads, and where to."""
    mapping = parse_mapping(path, path.read_text(encoding="utf-8"), path.stem)
    found: dict[str, dict[str, list[str]]] = {}
    for section in mapping.sections:
        for cell in section.cells:
            for name in cell.names:
                file = found.setdefault(mapping.entries[name.of or section.entry].match[0], {})
                if section.table.has(cell.target):
                    file.setdefault(name.column, []).append(f"{section.table.name}.{cell.target}")
    return found


def measured(name: str, proposal: Proposal, truth: Truth) -> Measured:
    """Hold what was understood against the truth; a column is right where it is at home, and nowhere else."""
    missed: list[str] = []
    wrong: list[tuple[str, float]] = []
    columns = right = 0
    for known in (each for each in proposal.known if not each.copy_of):  # a copy is read where its first is
        homes = next((homes for file, homes in truth.items() if _is_file(known, file)), {})
        given = dict(_given(known))
        for column in known.columns:
            home = homes.get(column.name, ())
            told = given.get(column.name, {})
            strays = [
                (target, sure) for target, sure in told.items() if target not in home and not _is_of(target, home)
            ]
            wrong += [(f"{known.name}: {column.name} as {target} {sure:.2f}", sure) for target, sure in strays]
            if home and home[0] != LEFT_OUT:
                columns += 1
                is_right = bool(told) and not strays
                right += is_right
                missed += [] if is_right else [f"{known.name}: {column.name} is {home[0]}"]
    return Measured(name, columns, right, tuple(missed), tuple(wrong))


def _is_of(target: str, homes: Sequence[str]) -> bool:
    """Whether a column is the key of a table that it refers to: the reps that deals name are employees."""
    table, name = target.split(".")
    referring = [home.split(".") for home in homes if home]
    return name == TABLES[table].key[-1] and any(
        TABLES[own].column(column).references == table or (own, column, table) == ("deals", "stage", "stages")
        for own, column in referring
        if TABLES[own].has(column)
    )


def _is_file(known: Known, file: str) -> bool:
    return any(fnmatch(f"{match} {known.sheet}" if known.sheet else match, file) for match in known.match)


def _given(known: Known) -> Iterator[tuple[str, dict[str, float]]]:
    """Each column that was mapped, and where to with which confidence."""
    for column in known.columns:
        told = {}
        for table, matches in known.found.tables.items():
            for match in matches:
                if column.name == match.column or column.name in match.joined:
                    told[f"{table}.{'name' if match.target in PARTS_OF_NAMES else match.target}"] = match.confidence
        if told:
            yield column.name, told
