"""The catalogue as analyses see it that build on other answers; the real one stands above all areas."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from crmetrics.analysis.answer import Answer, Locked
from crmetrics.analysis.declaration import Analysis
from crmetrics.vocabulary.period import Compare, Period
from crmetrics.warehouse.scope import Filter
from crmetrics.warehouse.warehouse import Warehouse


@dataclass(frozen=True)
class Entry:
    """One analysis and whether the company's data can answer it."""

    declared: Analysis
    state: Literal["ready", "thin", "locked"]
    locked: Locked | None = None


class Catalogue(Protocol):
    """Asks other questions for the same viewer and as-of."""

    def ask(
        self,
        key: str,
        /,
        *,
        period: Period | str | None = None,
        compare: Compare | None = None,
        where: tuple[Filter, ...] = (),
        **choices: Any,
    ) -> Answer[Any]:
        """The answer to another question."""

    def known(self, key: str) -> Analysis | None:
        """The analysis of that key, one of the company's own KPIs among them; None if there is none."""

    def find(self, key: str) -> Analysis:
        """The same; UnknownName, with the nearest keys, if there is none."""

    def entries(self) -> tuple[Entry, ...]:
        """Every analysis with its state."""

    def as_if_merged(
        self, table: str, groups: Sequence[Sequence[str]]
    ) -> AbstractContextManager[tuple[Warehouse, Catalogue]]:
        """The same over a version made aside in which these duplicates are merged; NoWorkspace where there are no raw rows."""
