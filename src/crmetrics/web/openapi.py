"""The description of the REST API (OpenAPI 3.1), made from the same declarations as everything else: a path for each question."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from crmetrics.analysis import Analysis
from crmetrics.analysis.choices import Choice
from crmetrics.analysis.opening import opens
from crmetrics.analysis.segments import reaches_customers
from crmetrics.catalogue import OpenCatalogue
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import LANGUAGES
from crmetrics.vocabulary.unit import Unit
from crmetrics.warehouse.schema import DIMENSIONS
from crmetrics.warehouse.scope import SEGMENT

Document = dict[str, Any]

_TYPES: Final[dict[Unit, list[str]]] = {
    Unit.FLAG: ["boolean", "null"],
    Unit.DATE: ["string", "null"],
    Unit.MOMENT: ["string", "null"],
}
_NUMBER: Final = ["number", "null"]
_PROBLEM: Final[Document] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong with which value, what was expected, the way out."},
    },
}


def description(app: FastAPI, catalogue: OpenCatalogue, format: Format, *, has_own: bool = True) -> Document:
    """The document, its texts in the reader's language. What a company counts in its own way is not everybody's to know: `has_own`."""
    document: Document = get_openapi(
        title="crmetrics",
        version=version("crmetrics"),
        description="Questions and answers about customers, sales and money. Sign in, or send a token: Authorization: Bearer crm_...",
        routes=app.routes,
    )
    paths = {path: told for path, told in document.pop("paths", {}).items() if path.startswith("/api/")}
    for general in ("/api/ask/{key}", "/api/ask/{key}/rows"):  # each question has a path of its own
        paths.pop(general, None)
    keys = catalogue.keys()
    for declared in (catalogue.find(key) for key in keys if has_own or key not in catalogue.own):
        paths[f"/api/ask/{declared.key}"] = {"get": _asked(declared, format)}
        if declared.behind:
            paths[f"/api/ask/{declared.key}/rows"] = {"get": _opened(declared, format)}
    for each in paths.values():
        for operation in each.values():
            operation["responses"] |= _mistakes()
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return document | {"paths": paths, "security": [{"token": []}]}


def _mistakes() -> Document:
    told = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        "400": {"description": "A value is not what was expected; `detail` says which and what was."} | told,
        "401": {"description": "Nobody is signed in, or the token does not hold."} | told,
        "403": {"description": "The right to it is missing."} | told,
        "404": {"description": "There is no such thing."} | told,
        "503": {"description": "crmetrics is being stopped; Retry-After says in how many seconds to ask again."} | told,
    }


def answers(status: str, said: str, schema: Document) -> Document:
    """What an address gives that is no question: for the description of its route."""
    return {"responses": {status: {"description": said, "content": {"application/json": {"schema": schema}}}}}


def _asked(declared: Analysis, format: Format) -> Document:
    return {
        "tags": [declared.area],
        "operationId": f"ask_{declared.key}",
        "summary": say(declared.title, format),
        "description": say(declared.question, format),
        "parameters": [*_question(declared, format), *parts()],
        "responses": {
            "200": {"description": "The answer", "content": {"application/json": {"schema": _answer(declared, format)}}}
        },
    }


def _opened(declared: Analysis, format: Format) -> Document:
    defaults = {each.name: each.default for each in declared.choices}
    cell = {
        "name": "cell",
        "in": "query",
        "required": True,
        "description": "The column whose figure is opened; at.COLUMN=VALUE says in whose row it stands, without it that of the total.",
        "schema": {"type": "string", "enum": list(opens(declared, defaults))},
    }
    return {
        "tags": [declared.area],
        "operationId": f"open_{declared.key}",
        "summary": say(declared.title, format),
        "description": "The very rows behind a figure.",
        "parameters": [*_question(declared, format), cell, *parts()],
        "responses": {
            "200": {"description": "The rows", "content": {"application/json": {"schema": {"type": "object"}}}}
        },
    }


def _question(declared: Analysis, format: Format) -> Iterator[Document]:
    """The parameters of a question."""
    if declared.takes_period:
        yield _parameter(
            "period",
            {
                "type": "string",
                "default": str(declared.period),
                "examples": ["last-month", "2026-03", "2026-Q1", "2026-01-01..2026-03-31"],
            },
        )
        yield _parameter("compare", {"type": "string", "enum": ["previous", "year", "weekdays"]})
    yield _parameter("as_of", {"type": "string", "format": "date"})
    yield _parameter("language", {"type": "string", "enum": list(LANGUAGES)})
    for choice in declared.choices:
        yield _parameter(choice.name, _choice(choice, declared), say(choice.label, format))
    for name in declared.groupings():
        if name in DIMENSIONS:
            yield _parameter(
                f"where.{name}",
                {"type": "array", "items": {"type": "string"}},
                "Rows with one of these values alone; an empty one stands for blank.",
            )
    if reaches_customers(declared.table):
        yield _parameter(
            f"where.{SEGMENT}",
            {"type": "array", "items": {"type": "string"}},
            "Rows of the customers in one of these segments alone, by the number of the segment.",
        )


def parts() -> Iterator[Document]:
    """The parameters of what is given in parts."""
    yield _parameter("page", {"type": "integer", "minimum": 1, "maximum": 10**9, "default": 1})
    yield _parameter("rows", {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1_000})


def _parameter(name: str, schema: Document, said: str = "") -> Document:
    return {"name": name, "in": "query", "required": False, "schema": schema} | ({"description": said} if said else {})


def _choice(choice: Choice, declared: Analysis) -> Document:
    if choice.kind == "word":
        return {"type": "string", "enum": list(choice.words), "default": choice.default}
    if choice.kind == "flag":
        return {"type": "boolean", "default": choice.default}
    if choice.kind in ("int", "float"):
        kind = "integer" if choice.kind == "int" else "number"
        return {"type": kind, "minimum": choice.low, "maximum": choice.high, "default": choice.default}
    if choice.kind == "by":
        return {"type": "string", "enum": ["none", *declared.groupings()], "default": choice.default or "none"}
    return {"type": "string", "default": choice.default}


def _answer(declared: Analysis, format: Format) -> Document:
    columns: Document = {
        each.name: _column(each.unit) | {"description": say(each.label, format)} for each in declared.row.columns
    }
    row = {"type": "object", "properties": columns}
    return {
        "type": "object",
        "required": ["key", "columns", "rows", "count", "passport"],
        "properties": {
            "key": {"type": "string", "const": declared.key},
            "rows": {"type": "array", "items": row},
            "total": {"anyOf": [row, {"type": "null"}]},
            "count": {"type": "integer"},
            "passport": {"type": ["object", "null"]},
            "locked": {"type": ["object", "null"]},
        },
    }


def _column(unit: Unit) -> Document:
    """What a column's values are in JSON; one of no unit may hold figures of several."""
    return {} if unit is Unit.TEXT else {"type": _TYPES.get(unit, _NUMBER)}
