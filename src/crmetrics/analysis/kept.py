"""The answers that are kept, by everything that can change them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from crmetrics.analysis.answer import Answer
from crmetrics.vocabulary.period import Compare, Period
from crmetrics.warehouse.scope import Scope

KEPT: Final = 256  # answers; those of a version never change, so nothing but space limits them
KEPT_ROWS: Final = 2_000_000  # in all: a list of a million customers is as large as thousands of small answers


@dataclass(frozen=True)
class Asked:
    """A question in full: everything that can change its answer, and so the key of the cache."""

    key: str
    choices: tuple[tuple[str, Any], ...]
    period: Period | None
    compare: Compare | None
    scope: Scope
    data_version: int
    settings: tuple[object, ...]
    engine: str


class Answers:
    """The only cache: answers by everything that can change them."""

    def __init__(self, kept: int = KEPT, rows: int = KEPT_ROWS) -> None:
        self._kept, self._rows, self._lock = kept, rows, Lock()
        self._answers: OrderedDict[Asked, Answer[Any]] = OrderedDict()

    def get(self, asked: Asked) -> Answer[Any] | None:
        """The answer, if it is kept."""
        with self._lock:
            if asked in self._answers:
                self._answers.move_to_end(asked)
            return self._answers.get(asked)

    def keep(self, asked: Asked, answer: Answer[Any]) -> None:
        """Keep an answer, letting go of those longest unasked; the newest always stays."""
        with self._lock:
            self._answers[asked] = answer
            while len(self._answers) > 1 and (len(self._answers) > self._kept or self._size() > self._rows):
                self._answers.popitem(last=False)

    def _size(self) -> int:
        return sum(len(each.rows) for each in self._answers.values())
