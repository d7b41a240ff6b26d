"""The answers that are kept, by everything that can change them, and those that somebody is just working out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any, Final

from crmetrics.analysis.answer import Answer
from crmetrics.vocabulary.period import Compare, Period
from crmetrics.warehouse.scope import Scope

KEPT: Final = 1024
"""Answers; those of a version never change, so nothing but space limits them. A first page stands on about sixty."""
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
    """The only cache: answers by everything that can change them. What is asked twice at a time is worked out once."""

    def __init__(self, kept: int = KEPT, rows: int = KEPT_ROWS) -> None:
        self._kept, self._rows, self._lock = kept, rows, Lock()
        self._answers: OrderedDict[Asked, Answer[Any]] = OrderedDict()
        self._size = 0  # rows of all of them
        self._working: dict[Asked, Future[Answer[Any]]] = {}
        self._took: dict[str, float] = {}

    def get(self, asked: Asked) -> Answer[Any] | None:
        """The answer, if it is kept."""
        with self._lock:
            return self._get(asked)

    def once(self, asked: Asked, work: Callable[[], Answer[Any]]) -> Answer[Any]:
        """The answer that is kept, or that somebody is working out now, or else that of `work`, kept from then on.

        Whoever waits for another's work gets its error, too; the next who asks tries anew.
        """
        with self._lock:
            kept, others = self._get(asked), self._working.get(asked)
            if kept is None and others is None:
                mine = self._working[asked] = Future()
        if kept is not None:
            return kept
        if others is not None:
            return others.result()
        return self._worked(asked, work, mine)

    def keep(self, asked: Asked, answer: Answer[Any]) -> None:
        """Keep an answer, letting go of those longest unasked; the newest always stays."""
        with self._lock:
            if (former := self._answers.pop(asked, None)) is not None:
                self._size -= len(former.rows)
            self._answers[asked] = answer
            self._size += len(answer.rows)
            while len(self._answers) > 1 and (len(self._answers) > self._kept or self._size > self._rows):
                _oldest, dropped = self._answers.popitem(last=False)
                self._size -= len(dropped.rows)

    def usual(self, key: str) -> float | None:
        """How many seconds the last answer of an analysis took, None if there was none yet."""
        return self._took.get(key)

    def _worked(self, asked: Asked, work: Callable[[], Answer[Any]], mine: Future[Answer[Any]]) -> Answer[Any]:
        started = monotonic()
        try:
            answer = work()
            self.keep(asked, answer)
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._working[asked]
        self._took[asked.key] = monotonic() - started
        mine.set_result(answer)
        return answer

    def _get(self, asked: Asked) -> Answer[Any] | None:
        if asked in self._answers:
            self._answers.move_to_end(asked)
        return self._answers.get(asked)
