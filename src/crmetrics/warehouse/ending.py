"""The end of the program while DuckDB is at work: its queries are interrupted, and Python ends only when they have.

A thread that is inside DuckDB when Python ends takes the whole process down with it ("terminate called ..."), so nothing may
be inside any more, whether the program ends by itself, by Ctrl+C or by a signal.
"""

from __future__ import annotations

import atexit
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Condition
from time import monotonic
from typing import Final

import duckdb

from crmetrics.vocabulary.errors import BeingStopped
from crmetrics.vocabulary.language import words

_ = words("upkeep")

LONGEST: Final = 2.0
"""Seconds for which the end waits for what was interrupted."""
_AGAIN: Final = 0.02
"""Seconds from one interruption to the next: one that falls between two statements interrupts nothing."""


class Ending:
    """Who is inside DuckDB, and whether anybody may still go in."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside: Counter[duckdb.DuckDBPyConnection] = Counter()
        self._has_begun = False

    @contextmanager
    def inside(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Be inside with a connection; BeingStopped once the program ends, also for what was under way then."""
        with self._changed:
            self._refuse()
            self._inside[connection] += 1
        try:
            yield
        except duckdb.InterruptException:
            self._refuse()
            raise
        finally:
            with self._changed:
                self._inside[connection] -= 1
                if not self._inside[connection]:
                    del self._inside[connection]
                self._changed.notify_all()

    def end(self, seconds: float = LONGEST) -> bool:
        """Let nobody in any more and interrupt who is inside; whether all are out after so many seconds."""
        until = monotonic() + seconds
        with self._changed:
            self._has_begun = True
            while self._inside and monotonic() < until:
                for connection in list(self._inside):
                    with suppress(duckdb.Error):  # closed a moment ago
                        connection.interrupt()
                self._changed.wait(_AGAIN)
            return not self._inside

    def _refuse(self) -> None:
        if self._has_begun:
            raise broken_off()


def broken_off() -> BeingStopped:
    """What is told to whoever asked for something that is not finished any more."""
    return BeingStopped(_("crmetrics is being stopped. Nothing was changed; begin again when it is back."))


ENDING: Final = Ending()
inside: Final = ENDING.inside
atexit.register(ENDING.end)
