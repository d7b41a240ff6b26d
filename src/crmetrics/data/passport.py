"""Number passport."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import urlencode

from crmetrics.analysis import Answer, Catalogue, Options, Result, Row, Table, analysis, column
from crmetrics.analysis.answer import Passport as Told
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, DATE, DAYS, MOMENT, Figure
from crmetrics.warehouse.schema import TABLES

_ = words("data")


class Passport(Row):
    item = column("Item")
    value = column("Value")


@analysis("Number passport", needs={}, date="")
def passport(
    period: Period,
    catalogue: Catalogue,
    key: Annotated[str, Options("Analysis")] = "kpis.net_sales",
    choices: Annotated[str, Options("Its choices")] = "",
) -> Result[Passport]:
    """How did this number come about?

    Formula: rows used + rows left out, by reason = rows in scope; all else is told as it was asked.
    Reads:   The answer itself; `choices` are written like by=owner,of=amount.
    Mind:    The same figure under other choices, filters, dates or data is another figure.
    Source:  Rules R1, R7 and R16 of docs/rules.md.
    """
    answer = catalogue.ask(key, period=period, **_read(choices))
    told = answer.passport
    lines = [] if told is None else [(item, value) for item, value in _lines(answer, told) if value is not None]
    return Result(
        Table(Passport, {"item": [item for item, _value in lines], "value": [value for _item, value in lines]}),
        notes=answer.notes,
        used=answer.result.used,
        left_out=answer.result.left_out,
        n=answer.result.n,
        locked=answer.locked,
    )


def _read(choices: str) -> dict[str, Any]:
    """Choices written like by=owner,of=amount."""
    found: dict[str, Any] = {}
    for pair in filter(str.strip, choices.split(",")):
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise BadValue(_("'{pair}' is not a choice. Write it like by=owner.", pair=pair))
        found[name.strip()] = value.strip()
    return found


def _lines(answer: Answer[Any], told: Told) -> Iterator[tuple[Message, Any]]:
    yield _("Key"), told.key
    yield _("Definition version"), Figure(told.definition_version, COUNT)
    yield _("Formula"), told.formula
    yield _("Choices"), _pairs(answer.choices)
    yield (
        _("Filters"),
        _pairs({name: "|".join(value or "" for value in values) for name, values in told.filters.items()}),
    )
    if answer.period is not None:
        yield _("First day"), Figure(answer.period.start, DATE)
        yield _("Last day"), Figure(answer.period.last_day, DATE)
    yield _("Dated by"), told.driving_date
    yield _("Time zone"), told.zone
    yield TABLES["orders"].column("currency").label, answer.currency
    yield _("Rates of the day"), told.rate_date
    yield _("Rows in scope"), Figure(told.rows_used + sum(each.rows for each in told.rows_left_out), COUNT)
    yield _("Rows used"), Figure(told.rows_used, COUNT)
    for each in told.rows_left_out:
        yield _("Left out: {reason}", reason=each.reason), Figure(each.rows, COUNT)
    yield _("Data version"), Figure(told.data_version, COUNT)
    yield _("Data up to"), Figure(told.as_of, MOMENT)
    yield _("Data age"), Figure(told.data_age_days, DAYS)
    yield _("Trust"), _("{mark}: {reason}", mark=_MARKS[told.trust], reason=told.trust_reason)
    for statement in told.statements:
        yield _("Statement"), statement
    yield _("Link"), _link(answer, told)


_MARKS = {"high": _("high"), "medium": _("medium"), "low": _("low")}


def _pairs(values: Any) -> str | None:
    return ", ".join(f"{name} = {value}" for name, value in values.items() if value != "") or None


def _link(answer: Answer[Any], told: Told) -> str:
    """The same question as an address: its rows are those of the figure."""
    asked = {} if answer.period is None else {"period": str(answer.period)}
    asked |= {name: str(value) for name, value in answer.choices.items() if value != ""}
    filters = [(f"where.{name}", value or "") for name, values in told.filters.items() for value in values]
    return f"{told.key}?{urlencode([*asked.items(), *filters])}"
