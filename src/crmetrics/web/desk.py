"""Where questions are worked out that are not known yet: by a few workers, viewers in turn, each question once."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from threading import RLock, Thread
from time import monotonic
from typing import Any, Final

from crmetrics.vocabulary.errors import CrmetricsError
from crmetrics.warehouse.ending import broken_off

WORKERS: Final = 4  # the engine spreads each question over all cores by itself
REMEMBERED: Final = (
    60.0  # seconds from its failing for which a question is not begun anew: its page has yet to tell why
)
ASIDE: Final = None  # in whose place stand the questions that nobody waits for


@dataclass(eq=False)
class Task:
    """A question that waits for its answer, and since when; of no viewer if it is worked out ahead of who will ask it."""

    viewer: str | None
    work: Callable[[], Any]
    answer: Future[Any] = field(default_factory=Future)
    since: float = field(default_factory=monotonic)
    ended: float | None = None

    @property
    def seconds(self) -> float:
        """How long it has been asked."""
        return monotonic() - self.since

    @property
    def is_forgotten(self) -> bool:
        """Whether it ended so long ago that nobody will come back for what was told."""
        return self.ended is not None and monotonic() - self.ended > REMEMBERED

    def tell(self, told: Any) -> None:
        """Give it its answer or error; one that was broken off has been told already."""
        self.ended = monotonic()
        with suppress(InvalidStateError):
            if isinstance(told, BaseException):
                self.answer.set_exception(told)
            else:
                self.answer.set_result(told)


class Desk:
    """Takes questions and lets workers answer them. One viewer's long list never keeps all of them busy.

    What nobody waits for is done aside: one at a time, when nothing else is to be begun.
    """

    def __init__(self, workers: int = WORKERS) -> None:
        self._workers, self._lock = workers, RLock()
        self._tasks: dict[Hashable, Task] = {}
        self._waiting: OrderedDict[str | None, deque[tuple[Hashable, Task]]] = OrderedDict()
        self._running: Counter[str | None] = Counter()
        self._is_closed = False

    def ask(self, question: Hashable, viewer: str | None, work: Callable[[], Any]) -> Task:
        """Have `work` done for a viewer, or ASIDE, or join those who wait for the same question already.

        What waits aside is taken in front by the first viewer who asks it.
        """
        with self._lock:
            known = self.find(question)
            if known is not None:
                if viewer is not ASIDE and known.viewer is ASIDE:
                    self._take_in_front(question, viewer)
                return known
            for each in list(self._tasks):
                self.find(each)  # forgets what failed long ago and nobody came back for
            task = self._tasks[question] = Task(viewer, work)
            if self._is_closed:
                task.tell(broken_off())
                return task
            self._waiting.setdefault(viewer, deque()).append((question, task))
            self._begin()
            return task

    def find(self, question: Hashable) -> Task | None:
        """The task of a question: waiting, at work, or failed a moment ago."""
        with self._lock:
            task = self._tasks.get(question)
            if task is not None and task.is_forgotten:
                del self._tasks[question]
                return None
            return task

    def forget(self, question: Hashable) -> None:
        """Let a question that failed be asked anew: its error has been told."""
        with self._lock:
            task = self._tasks.get(question)
            if task is not None and task.answer.done():
                del self._tasks[question]

    def close(self) -> None:
        """Begin nothing any more; who waits is told so at once. Work that is under way has nobody left who waits for it."""
        with self._lock:
            self._is_closed = True
            self._waiting.clear()
            for task in self._tasks.values():
                task.tell(broken_off())

    def _begin(self) -> None:
        """Give what waits to workers, as long as there are any."""
        while self._running.total() < self._workers and (taken := self._next()) is not None:
            Thread(target=self._answer, args=taken, daemon=True, name="desk").start()

    def _answer(self, viewer: str | None, question: Hashable, task: Task) -> None:
        try:
            task.tell(task.work())
        except CrmetricsError as error:
            task.tell(error)
        except BaseException as error:
            task.tell(error)
            raise  # it belongs to who asked, and into the log
        finally:
            with self._lock:
                self._running[viewer] -= 1
                # from now on the cache has it; what was asked anew meanwhile is another task
                if task.answer.exception() is None and self._tasks.get(question) is task:
                    del self._tasks[question]
                self._begin()

    def _take_in_front(self, question: Hashable, viewer: str) -> None:
        """Let a question that waits aside wait among those of a viewer."""
        aside = self._waiting.pop(ASIDE, deque())
        for each in aside:
            self._waiting.setdefault(viewer if each[0] == question else ASIDE, deque()).append(each)
        self._begin()

    def _next(self) -> tuple[str | None, Hashable, Task] | None:
        """The next task of the viewer who has waited longest for a turn; one worker is always left for the others."""
        for viewer, waiting in sorted(self._waiting.items(), key=lambda each: each[0] is ASIDE):
            if self._running[viewer] < (1 if viewer is ASIDE else max(1, self._workers - 1)):
                taken = waiting.popleft()
                del self._waiting[viewer]
                if waiting:
                    self._waiting[viewer] = waiting  # behind the others
                self._running[viewer] += 1
                return viewer, *taken
        return None
