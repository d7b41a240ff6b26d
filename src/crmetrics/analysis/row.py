"""The rows of an answer: a class whose attributes are columns with label, unit and meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, overload

from crmetrics.vocabulary.language import SHARED, Message
from crmetrics.vocabulary.unit import TEXT, Unit


@dataclass(frozen=True)
class Column:
    """One column of an answer. `dimension` says what its values are (ids of owners, stages ...), so that names can be shown.

    `better` is which direction is good: "higher", "lower" or None for neither. `of` names the columns that hold numerator and
    denominator of a share, so that "3 of 4" can be shown in place of 75 % (R4).
    A hidden column is for programs and charts: JSON carries it, tables for people do not. `only` names the choices under which
    it holds anything: ("show", ("tables",)).
    """

    label: Message
    unit: Unit = TEXT
    meaning: Message | None = None
    name: str = ""
    dimension: str | None = None
    better: str | None = None
    words: tuple[tuple[str, Message], ...] = ()
    of: tuple[str, str] | None = None
    is_hidden: bool = False
    only: tuple[str, tuple[str, ...]] | None = None
    position: int = -1

    def is_shown(self, choices: Mapping[str, Any]) -> bool:
        """Whether people see it under these choices."""
        return not self.is_hidden and (self.only is None or choices.get(self.only[0]) in self.only[1])

    @overload
    def __get__(self, row: None, owner: type) -> Column: ...
    @overload
    def __get__(self, row: Row, owner: type) -> Any: ...
    def __get__(self, row: Row | None, owner: type) -> Any:
        return self if row is None else row.values[self.position]


def column(
    label: str,
    unit: Unit = TEXT,
    meaning: str | None = None,
    *,
    dimension: str | None = None,
    better: str | None = None,
    of: tuple[str, str] | None = None,
    is_hidden: bool = False,
    only: tuple[str, tuple[str, ...]] | None = None,
    **words: str,
) -> Any:
    """Declare a column of a Row class: `rate = column("Win rate", SHARE, "by the chosen definition")`.

    words  what the column's fixed values are called: `stage = column("Status", on="on target", behind="behind")`
    """
    return Column(
        Message(label),
        unit,
        Message(meaning) if meaning else None,
        dimension=dimension,
        better=better,
        words=tuple((value, Message(shown)) for value, shown in words.items()),
        of=of,
        is_hidden=is_hidden,
        only=only,
    )


class Row:
    """One line of an answer's table. Subclasses declare columns; an instance holds one value for each, None if unknown."""

    __slots__ = ("values",)
    columns: ClassVar[tuple[Column, ...]] = ()

    def __init_subclass__(cls, *, keeps_words: bool = False) -> None:
        """Words belong to the area of the class, unless it keeps those of the columns that it takes over."""
        domain = domain_of(cls.__module__)
        found: list[Column] = []
        for name, declared in list(vars(cls).items()):
            if isinstance(declared, Column):
                placed = replace(declared, name=name, position=len(found))
                if not keeps_words:
                    placed = _in_domain(placed, domain)
                setattr(cls, name, placed)
                found.append(placed)
        cls.columns = tuple(found)

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values

    def as_dict(self) -> dict[str, Any]:
        """The row's values by column name."""
        return {column.name: value for column, value in zip(self.columns, self.values, strict=True)}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and other.values == self.values

    def __hash__(self) -> int:
        return hash(self.values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.as_dict().items())})"


def _in_domain(column: Column, domain: str) -> Column:
    """The column with all its words in a domain."""
    return replace(
        column,
        label=replace(column.label, domain=domain),
        meaning=None if column.meaning is None else replace(column.meaning, domain=domain),
        words=tuple((value, replace(shown, domain=domain)) for value, shown in column.words),
    )


def domain_of(module: str) -> str:
    """The domain of a module's words: its area's name."""
    parts = module.split(".")
    return parts[1] if parts[0] == "crmetrics" and len(parts) > 2 else SHARED
