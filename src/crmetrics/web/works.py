"""Work on the data that takes its time: begun by a form, one at a time, told of until it has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock, Thread

from crmetrics.vocabulary.errors import Busy, CrmetricsError
from crmetrics.vocabulary.language import Message, words

_ = words("upkeep")

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Work:
    """One work. `said` tells what came of it, `wrong` why nothing did; neither while it is going on.

    by  the number of who began it
    """

    title: Message
    by: int = 0
    doing: str = ""
    share: float = 0.0
    said: Message | None = None
    wrong: Message | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it is over."""
        return self.said is not None or self.wrong is not None


@dataclass
class Works:
    """The work at hand, or the last one."""

    _last: Work | None = None
    _lock: Lock = field(default_factory=Lock)

    @property
    def last(self) -> Work | None:
        """The work at hand, or the last one; None if there was none."""
        return self._last

    def told_to(self, person: int) -> Work | None:
        """The work at hand, whoever began it; what came of the last one is news only to who began it."""
        last = self._last
        return last if last is not None and (not last.has_ended or last.by == person) else None

    def start(self, title: Message, work: Callable[[Progress], Message], by: int = 0) -> None:
        """Begin a work; what it gives is told when it has ended. Busy if another one is going on."""
        with self._lock:
            if self._last is not None and not self._last.has_ended:
                raise Busy(
                    _(
                        "Something else is being done to the data: {work}. Wait until it has ended.",
                        work=self._last.title,
                    )
                )
            self._last = begun = Work(title, by)

        def progress(name: str, share: float) -> None:
            self._last = replace(begun, doing=name, share=share)

        def run() -> None:
            try:
                self._last = replace(begun, share=1.0, said=work(progress))
            except CrmetricsError as error:
                self._last = replace(begun, wrong=error.message)
            except OSError as error:
                self._last = replace(begun, wrong=_("The machine could not do it: {problem}.", problem=str(error)))
            finally:
                if (
                    self._last is not None and not self._last.has_ended
                ):  # a fault of ours: the next work must be able to begin
                    self._last = replace(begun, wrong=_("The machine could not do it: {problem}.", problem="?"))

        Thread(target=run, name="work-on-data", daemon=True).start()
