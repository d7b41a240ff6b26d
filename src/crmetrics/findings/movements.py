"""What moved more than it usually does, or misses its target: the lines of a scorecard told in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from crmetrics.analysis import Analysis, Answer, Finding, Row
from crmetrics.analysis.littleness import SHOWN_FROM
from crmetrics.findings.ranking import StandingOut
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import SHARE, Figure, Unit

_ = words("home")

LARGE: Final = 0.1
"""A figure whose usual swing is not known yet is told if a tenth more or less money came of it."""

_ROSE: Final = _("{metric} rose by {difference} ({change}) to {now}.")
_FELL: Final = _("{metric} fell by {difference} ({change}) to {now}.")
_ROSE_FROM: Final = _("{metric} rose from {before} to {now} ({change}).")
_FELL_FROM: Final = _("{metric} fell from {before} to {now} ({change}).")


@dataclass(frozen=True)
class Line:
    """One figure of a scorecard, with its values as numbers."""

    declared: Analysis
    row: Row

    def value(self, name: str) -> float | None:
        """One of its values; None where it is unknown."""
        found = self.row.as_dict()[name]
        value = found.value if isinstance(found, Figure) else found
        return float(value) if isinstance(value, int | float) else None

    @property
    def unit(self) -> Unit:
        """The unit of the figure."""
        return Unit(self.row.as_dict()["unit"])

    @property
    def verdict(self) -> str | None:
        """better, worse or usual; None where nothing can be said."""
        return None if (found := self.row.as_dict()["verdict"]) is None else str(found)

    @property
    def status(self) -> str:
        """How it stands against its target (R19)."""
        return str(self.row.as_dict()["status"])

    @property
    def is_behind(self) -> bool:
        """Whether it misses its target clearly."""
        return self.status == "behind"

    @property
    def is_large(self) -> bool:
        """Whether much money came or went that no swing can be held against."""
        change, is_known = self.value("change"), self.value("swing") is not None
        return self.unit is Unit.MONEY and not is_known and self.status != "few" and abs(change or 0.0) >= LARGE

    @property
    def is_tiny(self) -> bool:
        """Whether it counts a handful: one more or less is a whole per cent of many, and nothing to tell (R4)."""
        counted = (self.value("value") or 0.0, self.value("before") or 0.0)
        return self.unit is Unit.COUNT and max(counted) < SHOWN_FROM

    @property
    def moved(self) -> float | None:
        """The money that came, or went (less than 0); None of what is not a sum of money."""
        now, before = self.value("value"), self.value("before")
        is_sum = self.unit is Unit.MONEY and self.declared.is_additive
        return now - before if is_sum and now is not None and before is not None else None

    @property
    def missing(self) -> float | None:
        """The money that is missing to the target by now; None of what is not a sum of money."""
        now, expected = self.value("value"), self.value("expected")
        is_sum = self.unit is Unit.MONEY and self.declared.is_additive
        return expected - now if is_sum and now is not None and expected is not None else None

    def figure(self, name: str) -> Figure:
        """One of its values in its own unit, for a sentence."""
        return Figure(self.value(name), self.unit)


def lines_of(scorecard: Answer[Any], find: Callable[[str], Analysis]) -> tuple[Line, ...]:
    """The figures of a scorecard for the whole that its viewer sees."""
    return tuple(Line(find(row.as_dict()["key"]), row) for row in scorecard.rows)


def movements(scorecard: Answer[Any], lines: tuple[Line, ...]) -> Iterator[StandingOut]:
    """The figures that stand out: moved more than usual, behind their target, or much money without a usual swing."""
    for line in lines:
        has_moved = line.verdict in ("better", "worse") and not line.is_tiny
        if has_moved or line.is_behind or line.is_large:
            moved = has_moved or not line.is_behind
            tone: Literal["good", "bad", "info"] = (
                "good" if has_moved and line.verdict == "better" else "bad" if has_moved or line.is_behind else "info"
            )
            money = abs(line.moved) if moved and line.moved is not None else None if moved else line.missing
            message = moved_in_words(line) if moved else _behind(line)
            yield StandingOut(
                Finding(message, money, tone),
                scorecard,
                about=line.declared.key,
                n=_cases(line),
                remarks=tuple(_remarks(line, moved)),
                proof=(line.declared, {}),
                moved=line.moved if moved else None,
            )


def moved_in_words(line: Line) -> Message:
    """How a figure moved: of amounts by how much, of shares and scores from where to where."""
    now, before = line.value("value") or 0.0, line.value("before") or 0.0
    if line.unit in (Unit.SHARE, Unit.POINTS, Unit.SCORE):
        told = _ROSE_FROM if now > before else _FELL_FROM
    else:
        told = _ROSE if now > before else _FELL
    return told(
        metric=line.declared.title,
        difference=Figure(abs(now - before), line.unit),
        change=line.row.as_dict()["change"],
        now=line.figure("value"),
        before=line.figure("before"),
    )


def swing_in_words(line: Line) -> Message | None:
    """The usual swing as it is written behind a plus-minus sign; None where it is not known."""
    swing = line.row.as_dict()["swing"]
    if not isinstance(swing, Figure) or swing.value is None:
        return None
    if swing.unit is Unit.CHANGE:
        return _("±{swing}", swing=Figure(swing.value, SHARE))
    if swing.unit is Unit.POINTS:
        return _("±{swing} percentage points", swing=round(float(str(swing.value)) * 100, 1))
    return _("±{swing}", swing=swing)


def _behind(line: Line) -> Message:
    told = _("{metric} is behind target: {now} where {expected} was due.")
    return told(metric=line.declared.title, now=line.figure("value"), expected=line.figure("expected"))


def _remarks(line: Line, moved: bool) -> Iterator[Message]:
    swing = swing_in_words(line)
    if moved and swing is not None and line.verdict in ("better", "worse"):
        yield _("outside the usual swing ({swing})", swing=swing)
    elif moved and swing is None:
        yield _("the usual swing is not known yet")
    elif not moved and swing is not None and line.verdict == "usual":
        change = line.row.as_dict()["change"]
        yield _("{change} against before, within the usual swing ({swing})", change=change, swing=swing)
    if moved and line.is_behind:
        yield _("behind target: {expected} was due", expected=line.figure("expected"))


def _cases(line: Line) -> int | None:
    n = line.row.as_dict()["n"]
    return None if n is None else int(n)
