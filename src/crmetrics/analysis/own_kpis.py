"""A company's own KPIs: `kpis.toml` in its workspace, read into the same values as the product's own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from crmetrics.analysis.declaration import Analysis
from crmetrics.analysis.kpi import kpi
from crmetrics.analysis.measure import AGGREGATES, Measure, Ratio, Value, columns_of, measures_of
from crmetrics.vocabulary.errors import BadFile, BadQuery, BadValue, CrmetricsError
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import Unit
from crmetrics.warehouse.dialect import parsed
from crmetrics.workspace.hand_written import line_of, read_toml

_ = words("crmetrics")
notes = words("notes")

AREA: Final = "custom"
"""Keys of own KPIs are custom.<name>, so that none can ever take the place of one of the product's."""
UNITS: Final = ("money", "count", "quantity", "share", "ratio", "days", "score")
LONGEST: Final = 200

_PARTS: Final = ("aggregate", "value", "condition")
_TEXTS: Final = ("title", "question", "unit", "over", "date", "better", "formula", "mind")
_NEEDED: Final = ("title", "unit", "over", "date")
_BETTER: Final[tuple[Literal["", "higher", "lower"], ...]] = ("", "higher", "lower")
_KNOWN: Final = (*_TEXTS, *_PARTS, "top", "bottom")


Word = TypeVar("Word", bound=str)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file of KPIs: with one of them, that stands at a line, or, without a line, with all of it."""

    error: CrmetricsError
    line: int = 0


class OwnKpis(dict[str, Analysis]):
    """Own KPIs by key, and what cannot be read; `mark` is that of the file, so that a changed one gives new answers."""

    mark: str = ""
    faults: tuple[Fault, ...] = ()


ReadOwn = Callable[[Path], Mapping[str, Analysis]]
"""How a file of KPIs is read: `read_own_kpis` or `readable_own_kpis`."""


def mark_of(own: Mapping[str, Analysis]) -> str:
    """What tells one set of own KPIs from another."""
    return own.mark if isinstance(own, OwnKpis) else ""


def faults_of(own: Mapping[str, Analysis]) -> tuple[Fault, ...]:
    """What could not be read of the file of these KPIs."""
    return own.faults if isinstance(own, OwnKpis) else ()


def read_own_kpis(path: Path) -> Mapping[str, Analysis]:
    """The KPIs of a `kpis.toml` by key; none if there is no such file.

    Raises BadFile for a file that is not TOML, BadValue naming file, KPI, key and value for all else.
    """
    found = readable_own_kpis(path)
    for fault in found.faults:
        raise fault.error
    return found


def readable_own_kpis(path: Path) -> OwnKpis:
    """The KPIs of a `kpis.toml` that can be read; what is wrong with the others, or with the file, stands in `faults`."""
    found = OwnKpis()
    try:
        text, document = read_toml(path)
    except FileNotFoundError:
        return found
    except BadFile as error:
        found.faults = (Fault(error),)
        return found
    found.mark = hashlib.sha256(text.encode()).hexdigest()
    for name, section in document.items():
        try:
            declared = _Section(path.name, name, section).read()
        except BadValue as error:
            found.faults += (Fault(error, _line_of(text, name, error)),)
        else:
            found[declared.key] = declared
    return found


def _line_of(text: str, name: str, error: BadValue) -> int:
    """The line of the value that an error speaks of, or of its section."""
    problem = error.message.values.get("problem")
    key = str(problem.values.get("key", "")) if isinstance(problem, Message) else ""
    return line_of(text, name, key.partition(".")[0])


def own_kpi(name: str, section: Mapping[str, Any]) -> Analysis:
    """One KPI as its section says it; BadValue naming file, KPI, key and value if it is not one."""
    return _Section("kpis.toml", name, dict(section)).read()


class _Section:
    """One KPI of the file."""

    def __init__(self, file: str, name: str, section: Any) -> None:
        self.file, self.name = file, name
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name):
            raise self._fault(_("A KPI is named in small letters, digits and _, beginning with a letter."))
        if not isinstance(section, dict):
            raise self._fault(_("A section was expected: [{name}] and below it title, unit, over, date.", name=name))
        self.section: dict[str, Any] = section

    def read(self) -> Analysis:
        """The KPI; BadValue if it is not one."""
        self._check_keys(self.section, _KNOWN)
        texts = {key: self._text(self.section, key) for key in _TEXTS}
        for key in _NEEDED:
            if not texts[key]:
                raise self._fault(_("'{key}' is missing.", key=key))
        unit, better = self._word("unit", texts["unit"], UNITS), self._word("better", texts["better"], _BETTER)
        value = self._value(texts["over"], texts["date"])
        try:
            return kpi(
                f"{AREA}.{self.name}",
                texts["title"],
                texts["question"] or texts["title"],
                value,
                unit=Unit(unit),
                better=better or None,
                formula=texts["formula"] or _spelled(value),
                mind=texts["mind"] or "-",
                source=self.file,
            )
        except CrmetricsError as error:
            raise self._fault(error.message) from None

    def _value(self, over: str, date: str) -> Value:
        if "top" not in self.section and "bottom" not in self.section:
            return self._measure(self.section, "", over, date)
        if given := [key for key in _PARTS if key in self.section]:
            raise self._fault(_("'{key}' belongs into 'top' and 'bottom' of a ratio.", key=given[0]))
        return Ratio(*(self._part(key, over, date) for key in ("top", "bottom")))

    def _part(self, key: str, over: str, date: str) -> Measure:
        part = self.section.get(key)
        if not isinstance(part, dict):
            raise self._fault(_("'{key}' must be written like { aggregate = \"count\" }.", key=key))
        self._check_keys(part, _PARTS)
        return self._measure(part, f"{key}.", over, date)

    def _measure(self, given: Mapping[str, Any], within: str, over: str, date: str) -> Measure:
        named, value, condition = (self._text(given, key, within) for key in _PARTS)
        aggregate = self._word(f"{within}aggregate", named, AGGREGATES)
        if not value and aggregate != "count":
            raise self._fault(_("'{key}' is missing.", key=f"{within}value"))
        measure = Measure(aggregate, over, date, value, condition)
        try:
            columns_of(over)
        except BadValue as error:
            raise self._fault(_("'{key}': {problem}", key="over", problem=error.message)) from None
        # what the small grammar allows must also be in the language of every engine
        for key, text, work in (
            ("value", value, replace(measure, condition="").sql),
            ("condition", condition, measure.sql),
        ):
            try:
                parsed(f"select {work()} as told from told")
            except (BadValue, BadQuery) as error:
                raise self._fault(
                    _(
                        "'{key}' is '{value}': {problem}",
                        key=f"{within}{key}",
                        value=text[:LONGEST],
                        problem=error.message,
                    )
                ) from None
        return measure

    def _text(self, given: Mapping[str, Any], key: str, within: str = "") -> str:
        value = given.get(key, "")
        if not isinstance(value, str):
            raise self._fault(
                _(
                    "'{key}' is '{value}'; a text in quotes was expected.",
                    key=f"{within}{key}",
                    value=str(value)[:LONGEST],
                )
            )
        return value.strip()

    def _check_keys(self, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
        if unknown := [key for key in given if key not in known]:
            raise self._fault(
                _("'{key}' is not known. Known are: {names}.", key=unknown[0][:LONGEST], names=", ".join(known))
            )

    def _word(self, key: str, value: str, allowed: tuple[Word, ...]) -> Word:
        """The value, as one of the words that are allowed."""
        for word in allowed:
            if word == value:
                return word
        names = ", ".join(filter(None, allowed))
        raise self._fault(
            _("'{key}' is '{value}'. Expected is one of: {names}.", key=key, value=value[:LONGEST], names=names)
        )

    def _fault(self, problem: Message) -> BadValue:
        return BadValue(_("{file}, [{name}]: {problem}", file=self.file, name=self.name[:LONGEST], problem=problem))


_AGGREGATES: Final[Mapping[str, Message]] = {
    "count": _("count"),
    "sum": notes("sum"),
    "average": notes("average"),
    "median": notes("median"),
    "distinct": _("distinct"),
}


def _spelled(value: Value) -> Message:
    """A formula in words for a KPI that brings none."""
    parts = [_counted(each) for each in measures_of(value)]
    what = _("{top} / {bottom}", top=parts[0], bottom=parts[1]) if len(parts) > 1 else parts[0]
    first = measures_of(value)[0]
    return _("{what}; {table} by {date}", what=what, table=first.over, date=first.moment)


def _counted(measure: Measure) -> Message:
    """What a measure counts: its aggregate, of which column, of which rows."""
    what = _AGGREGATES[measure.aggregate]
    if measure.value:
        what = _("{aggregate} {value}", aggregate=what, value=measure.value)
    return _("{what} where {condition}", what=what, condition=measure.condition) if measure.condition else what
