"""The rows that a query brought back, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Rows:
    """Columns of equal length by name. Shapes: every column (n,); a missing value is masked, or None in an object array."""

    def __init__(self, columns: dict[str, Array], days: frozenset[str] = frozenset()) -> None:
        self.columns = columns
        self._days = days  # columns of calendar days: NumPy has one type for days and moments

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in the order of the query."""
        return tuple(self.columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column as floats, NaN where it is missing."""
        column = self.columns[name]
        if column.dtype == object:
            return np.array([np.nan if value is None else float(value) for value in column], dtype=np.float64)
        return np.ma.filled(column.astype(np.float64), np.nan)

    def flags(self, name: str) -> NDArray[np.bool_]:
        """A column as truth values, false where it is missing."""
        return np.ma.filled(np.ma.asarray(self.columns[name]).astype(bool), False)

    def values(self, name: str) -> list[Any]:
        """A column as plain Python values (float, int, str, bool, date, datetime), None where it is missing."""
        return plain(self.columns[name], name in self._days)

    def where(self, keep: NDArray[np.bool_]) -> Rows:
        """The rows for which `keep` (n,) is true."""
        return Rows({name: column[keep] for name, column in self.columns.items()}, self._days)

    def taken(self, places: NDArray[np.int64]) -> Rows:
        """The rows at these places (m,), in their order."""
        return Rows({name: column[places] for name, column in self.columns.items()}, self._days)

    def with_columns(self, **columns: Array | Sequence[Any]) -> Rows:
        """These rows with columns added or replaced. Shapes: each (n,)."""
        added = {
            name: column if isinstance(column, np.ndarray) else objects(column) for name, column in columns.items()
        }
        return Rows({**self.columns, **added}, self._days - added.keys())

    def groups(self, *names: str) -> tuple[Rows, NDArray[np.int64]]:
        """The distinct values of some columns in the order of their first rows, and which of them each row has.

        Shapes: g rows with the columns `names`; (n,) numbers from 0 to g - 1.
        """
        which = np.zeros(len(self), dtype=np.int64)
        for name in names:
            values = self.values(name)
            numbers = {value: number for number, value in enumerate(dict.fromkeys(values))}
            which = which * len(numbers) + np.fromiter(map(numbers.__getitem__, values), np.int64, len(values))
        _numbers, firsts, which = np.unique(which, return_index=True, return_inverse=True)
        firsts, place = np.sort(firsts), np.argsort(np.argsort(firsts))
        return Rows({name: self.columns[name][firsts] for name in names}, self._days), place[which]

    def one(self) -> dict[str, Any]:
        """The first row as a dictionary; every value None if there is no row."""
        return next(iter(self.records()), dict.fromkeys(self.names))

    def records(self) -> Iterator[dict[str, Any]]:
        """The rows as dictionaries of plain values."""
        columns = [self.values(name) for name in self.names]
        for row in zip(*columns, strict=True):
            yield dict(zip(self.names, row, strict=True))


def joined(above: Rows, below: Rows) -> Rows:
    """The rows of two queries with the same columns, one after the other."""
    columns: dict[str, Array] = {}
    for name in above.names:
        columns[name] = np.ma.concatenate([above.columns[name], below.columns[name]])  # type: ignore[no-untyped-call]  # np.ma has no types
    return Rows(columns, above._days)


def objects(values: Sequence[Any]) -> Array:
    """Values of any kind as one column, (n,)."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def plain(column: Array, is_day: bool = False) -> list[Any]:
    """A column as Python values: NaN and masked become None, days become `date`, moments `datetime`."""
    data = np.ma.getdata(column)
    missing = np.ma.getmaskarray(column) if isinstance(column, np.ma.MaskedArray) else np.zeros(data.shape, dtype=bool)
    if data.dtype.kind == "f":
        missing = missing | np.isnan(data)
    elif data.dtype.kind == "M":
        missing = missing | np.isnat(data)
        data = data.astype("datetime64[D]" if is_day else "datetime64[us]")
    if missing.any():
        data = data.astype(object)
        data[missing] = None
    values: list[Any] = data.tolist()
    return values
