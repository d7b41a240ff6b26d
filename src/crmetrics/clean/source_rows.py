"""A source with all its raw files that count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crmetrics.clean.mapping import Mapping as SourceMapping
from crmetrics.clean.raw_rows import RawPart


@dataclass(frozen=True)
class SourceRows:
    """A source with all its live raw files: what its tables are made of.

    `zone` is that of the times in its files; `imports` are the folders of its imports, the one at work last.
    """

    mapping: SourceMapping
    zone: str
    parts: Mapping[str, Sequence[RawPart]]
    imports: Sequence[Path] = ()

    def tells(self, table: str, column: str = "") -> bool:
        """Whether its files fill a table, or a column of it."""
        sections = [section for section in self.mapping.sections if section.table.name == table]
        return any(not column or column in section.by_target for section in sections)

    @property
    def is_watched(self) -> bool:
        """Whether the product writes a history of its deals, because its files tell of none."""
        return self.tells("deals") and not (self.tells("deal_stages") and self.tells("deal_changes"))

    @property
    def name(self) -> str:
        """The source's name."""
        return self.mapping.name

    @property
    def all_parts(self) -> list[RawPart]:
        """Its live files, in the order of the entries."""
        return [part for parts in self.parts.values() for part in parts]
