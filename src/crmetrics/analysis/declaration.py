"""The declaration of an analysis: one decorator reads its function, and everything else follows from that."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Literal, get_args, get_type_hints

from crmetrics.analysis.answer import Result
from crmetrics.analysis.behind import Behinds
from crmetrics.analysis.chart import Chart
from crmetrics.analysis.choices import Choice, choice_of
from crmetrics.analysis.littleness import PLAIN_FROM
from crmetrics.analysis.row import Row, domain_of
from crmetrics.vocabulary.language import Message
from crmetrics.vocabulary.period import GRAINS
from crmetrics.warehouse.profile import Profile
from crmetrics.warehouse.schema import DIMENSIONS, TABLES, Path, path_to
from crmetrics.warehouse.views import CUSTOM, custom_path

Kind = Literal["D", "G", "P", "R", "DG", "DP", "DR", "GR", "PR"]
GIVEN: Final = ("warehouse", "period", "before", "catalogue")
"""Parameters that the catalogue fills in; all others are choices."""

SECTIONS: Final = ("Formula", "Reads", "Mind", "Source")


Needs = Mapping[str, Sequence[str]]


class NeedsBy:
    """Needs that depend on a choice: `NeedsBy("source", orders={"orders": [...]}, deals={"deals": [...]})`."""

    def __init__(self, choice: str, **needs: Needs) -> None:
        self.choice, self.needs = choice, needs


@dataclass(frozen=True)
class Analysis:
    """A declared analysis, found by its key, which is its address: `sales.win_rate` is sales/win_rate.py.

    needs   table -> columns without which there is no answer
    date    the driving date, "table.column": what places a row in a period
    table   the table whose rows are counted and grouped
    period  the period of a question that names none; None for a state at as-of
    headline  the column whose total is the one figure of the answer, if it has one: what a scorecard shows
    is_additive  whether the headline adds up over time, so that part of a target belongs to part of its period
    enough  with fewer rows behind it than these an answer is thin: it says too little
    behind  which rows its figures stand on, so that they can be opened; a function of the choices where these change it
    """

    key: str
    title: Message
    question: Message
    formula: Message
    reads: Message
    mind: Message
    source: Message
    kind: Kind
    function: Callable[..., Result[Any]]
    row: type[Row]
    needs: Needs | NeedsBy
    date: str
    table: str
    chart: Chart | None
    version: int
    choices: tuple[Choice, ...]
    given: frozenset[str]
    period: str | None
    headline: str = ""
    is_additive: bool = False
    enough: int = PLAIN_FROM
    behind: Behinds = ()

    @property
    def area(self) -> str:
        """The area that the analysis belongs to."""
        return self.key.partition(".")[0]

    @property
    def takes_period(self) -> bool:
        """Whether it is asked of a period; otherwise it is a state at as-of."""
        return "period" in self.given

    def needed(self, choices: Mapping[str, Any]) -> Needs:
        """The tables and columns without which there is no answer under these choices (defaults where they name none)."""
        if not isinstance(self.needs, NeedsBy):
            return self.needs
        decided = self.choice(self.needs.choice)
        return self.needs.needs[str(choices.get(self.needs.choice, decided.default if decided else ""))]

    def choice(self, name: str) -> Choice | None:
        """The choice of that name."""
        return next((choice for choice in self.choices if choice.name == name), None)

    def groupings(self, profile: Profile | None = None) -> tuple[str, ...]:
        """What its rows can be grouped by: grains of time, dimensions that its table reaches, the company's own columns."""
        if not any(choice.kind == "by" for choice in self.choices) or self.table not in TABLES:
            return ()
        reached = _reached_from(self.table)
        if profile is not None:
            reached = {name: path for name, path in reached.items() if profile.has(path.table, path.column)}
        named = [f"{CUSTOM}{name}" for names in (profile.custom.values() if profile else ()) for name in names]
        own = [name for name in named if profile and custom_path(profile, TABLES[self.table], name) is not None]
        grains = GRAINS if "." in self.date else ()
        return (*reached, *grains, *own)


@cache
def _reached_from(table: str) -> Mapping[str, Path]:
    """The dimensions that a table reaches, each with the way."""
    paths = ((name, path_to(table, each)) for name, each in DIMENSIONS.items())
    return MappingProxyType({name: path for name, path in paths if path is not None})


def analysis(
    title: str,
    *,
    needs: Needs | NeedsBy,
    date: str,
    table: str = "",
    kind: Kind = "D",
    chart: Chart | None = None,
    version: int = 1,
    period: str = "last-12-months",
    headline: str = "",
    is_additive: bool = False,
    enough: int = PLAIN_FROM,
    behind: Behinds = (),
) -> Callable[[Callable[..., Result[Any]]], Analysis]:
    """Declare the decorated function an analysis. `table` is the one whose rows are counted and grouped, default the date's.

    Its parameters after warehouse, period, before and catalogue are the switches of the definition, their first values the
    defaults; its docstring is the question, then Formula, Reads, Mind and Source; its return annotation names the Row.
    """

    def declared(function: Callable[..., Result[Any]]) -> Analysis:
        read = _read(function, chart, headline)
        return replace(
            read,
            title=Message(title, read.question.domain),
            kind=kind,
            needs=needs,
            date=date,
            table=table or date.partition(".")[0],
            version=version,
            period=period if read.takes_period else None,
            is_additive=is_additive,
            enough=enough,
            behind=behind,
        )

    return declared


def _read(function: Callable[..., Result[Any]], chart: Chart | None, headline: str) -> Analysis:
    """What a function's name, signature and docstring say of its analysis, the rest left blank.

    TypeError, at import, where it does not fit its file, its chart or its headline.
    """
    area, name = function.__module__.split(".")[-2:]
    domain = domain_of(function.__module__)
    hints = get_type_hints(function, include_extras=True)
    row = get_args(hints["return"])[0]
    parameters = inspect.signature(function).parameters
    question, sections = read_docstring(function)
    if chart is not None:
        chart.check(row)
    if headline and headline not in {each.name for each in row.columns}:
        raise TypeError(f"{function.__module__}: {row.__name__} has no column {headline!r} for its headline")
    if name != function.__name__:
        raise TypeError(f"{function.__module__}.{function.__name__}: the function is named like its file")
    chosen = {each: parameter.default for each, parameter in parameters.items() if each not in GIVEN}
    return Analysis(
        key=f"{area}.{name}",
        title=Message(""),
        question=Message(question, domain),
        formula=Message(sections["Formula"], domain),
        reads=Message(sections["Reads"], domain),
        mind=Message(sections["Mind"], domain),
        source=Message(sections["Source"], domain),
        kind="D",
        function=function,
        row=row,
        needs={},
        date="",
        table="",
        chart=chart,
        version=0,
        choices=tuple(choice_of(each, hints[each], default, domain) for each, default in chosen.items()),
        given=frozenset(parameters.keys() - chosen.keys()),
        period=None,
        headline=headline,
    )


def read_docstring(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """The question and the sections of an analysis' docstring; TypeError, at import, if one is missing."""
    text = inspect.getdoc(function) or ""
    question, _blank, rest = text.partition("\n\n")
    question = " ".join(question.split())
    if not question.endswith("?"):
        raise TypeError(
            f"{function.__module__}: the docstring starts with the question that is answered, ending in '?'"
        )
    found = dict.fromkeys(SECTIONS, "")
    current = ""
    for line in rest.splitlines():
        match = re.match(rf"({'|'.join(SECTIONS)}):\s*(.*)", line)
        if match:
            current, line = match[1], match[2]
        if current:
            found[current] = f"{found[current]} {line.strip()}".strip()
    if missing := [name for name in SECTIONS if not found[name]]:
        raise TypeError(f"{function.__module__}: the docstring lacks {', '.join(missing)}")
    return question, found
