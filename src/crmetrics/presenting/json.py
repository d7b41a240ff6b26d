"""An answer as one JSON object: raw values, ISO dates, null for what is unknown; texts in the chosen language."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crmetrics.analysis import Answer, Finding, LeftOut, Locked, Note, Passport, Result
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import names_of
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import Figure


def as_object(answer: Answer[Any], format: Format) -> dict[str, Any]:
    """The answer as plain dicts, lists, numbers and texts; ready for json.dumps(..., allow_nan=False)."""
    zone = format.zone
    return {
        "key": answer.key,
        "title": say(answer.declared.title, format),
        "question": say(answer.declared.question, format),
        "language": format.language,
        "currency": answer.currency,
        "choices": {name: plain(value, format) for name, value in answer.choices.items()},
        "period": _period(answer.period, zone),
        "is_incomplete": answer.is_incomplete,
        "columns": [
            {
                "name": column.name,
                "label": say(column.label, format),
                "unit": column.unit.value,
                "meaning": say(column.meaning, format) if column.meaning else None,
                "is_hidden": column.is_hidden,
            }
            for column in answer.declared.row.columns
        ],
        **_rows(answer.result, format),
        "before": {"period": _period(answer.before_period, zone), **_rows(answer.before, format)}
        if answer.before
        else None,
        "names": {name: dict(names) for name, names in names_of(answer, format).items()},
        "notes": [_note(note, format) for note in answer.notes],
        "findings": [_finding(finding, format) for finding in answer.findings],
        "passport": _passport(answer.passport, format) if answer.passport else None,
        "locked": _locked(answer.locked, format) if answer.locked else None,
    }


def as_json(answer: Answer[Any], format: Format, *, indent: int | None = None) -> str:
    """The answer as strict JSON text (no NaN), letters of all languages as they are."""
    return json.dumps(as_object(answer, format), ensure_ascii=False, allow_nan=False, indent=indent)


def plain(value: Any, format: Format) -> Any:
    """A value as JSON knows it. Not a number and infinite become null: JSON has neither."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat() + ("Z" if value.tzinfo is None else "")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Figure):
        return plain(value.value, format)
    if isinstance(value, Message):
        return say(value, format)
    if isinstance(value, Mapping):
        return {str(name): plain(each, format) for name, each in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(each, format) for each in value]
    return plain(value.item(), format) if hasattr(value, "item") else str(value)


def records(result: Result[Any], format: Format) -> Iterator[dict[str, Any]]:
    """The rows of a result as objects keyed by column name, one by one."""
    names = [column.name for column in result.rows.row.columns]
    columns = [result.rows.values(name) for name in names]
    for values in zip(*columns, strict=True):
        yield {name: plain(value, format) for name, value in zip(names, values, strict=True)}


def _rows(result: Result[Any], format: Format) -> dict[str, Any]:
    total = result.total
    return {
        "rows": list(records(result, format)),
        "total": plain(total.as_dict(), format) if total is not None else None,
    }


def _period(period: Period | None, zone: str) -> dict[str, str] | None:
    """The half-open period; None for a state."""
    if period is None:
        return None
    return {"start": period.start.isoformat(), "end": period.end.isoformat(), "zone": zone}


def _note(note: Note, format: Format) -> dict[str, Any]:
    return {"kind": note.kind, "text": say(note.message, format)}


def _finding(finding: Finding, format: Format) -> dict[str, Any]:
    text = say(finding.message, format)
    return {"text": text, "money": plain(finding.money, format), "tone": finding.tone, "link": dict(finding.link)}


def _locked(locked: Locked, format: Format) -> dict[str, Any]:
    return {"missing": locked.missing, "message": say(locked.message, format)}


def _left_out(left_out: LeftOut, format: Format) -> dict[str, Any]:
    return {
        "reason": say(left_out.reason, format),
        "rows": left_out.rows,
        "amount": plain(left_out.amount, format),
    }


def _passport(passport: Passport, format: Format) -> dict[str, Any]:
    return {
        "key": passport.key,
        "definition_version": passport.definition_version,
        "formula": say(passport.formula, format),
        "reads": say(passport.reads, format),
        "mind": say(passport.mind, format),
        "source": say(passport.source, format),
        "choices": plain(passport.choices, format),
        "filters": plain(passport.filters, format),
        "zone": passport.zone,
        "driving_date": passport.driving_date,
        "rate_date": passport.rate_date,
        "rows_used": passport.rows_used,
        "rows_left_out": [_left_out(each, format) for each in passport.rows_left_out],
        "derived": dict(passport.derived),
        "filled": plain(passport.filled, format),
        "data_version": passport.data_version,
        "data_published_at": plain(passport.data_published_at, format),
        "data_age_days": plain(passport.data_age_days, format),
        "as_of": plain(passport.as_of, format),
        "statements": list(passport.statements),
        "engine": passport.engine,
        "trust": passport.trust,
        "trust_reason": say(passport.trust_reason, format),
    }
