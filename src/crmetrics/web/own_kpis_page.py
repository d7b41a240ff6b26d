"""The company's own KPIs: made in a form, looked at before they are kept, taken out again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crmetrics.analysis import Analysis, Answer
from crmetrics.analysis.kpi_file import NAME, put, sections, take_out
from crmetrics.analysis.measure import AGGREGATES
from crmetrics.analysis.own_kpis import AREA, UNITS, faults_of, own_kpi
from crmetrics.catalogue import OpenCatalogue
from crmetrics.vocabulary.errors import BadValue, CrmetricsError, UnknownName
from crmetrics.vocabulary.language import Message, words
from crmetrics.web.admission import Rights
from crmetrics.web.noted import WORDS as OF_NOTES
from crmetrics.web.noted import notes_for
from crmetrics.web.own_kpis_view import columns_listed, dates_of, preview_of, tables_listed
from crmetrics.web.site import Place, Site

_ = words("notes")

PLACE: Final = Place("/kpis", _("Own KPIs"), 46, "define", group="settings")
RIGHTS: Final[Rights] = dict.fromkeys(("/kpis", "/kpis/form", "/kpis/{name}/remove"), "define")

LONGEST: Final = 1000
FIRST_TABLE: Final = "purchases"
FIELDS: Final = (
    *("name", "title", "question", "unit", "better", "over", "date", "mind"),
    *("aggregate", "value", "condition", "bottom_aggregate", "bottom_value", "bottom_condition"),
)
BLANK: Final[Mapping[str, str]] = {"over": FIRST_TABLE, "aggregate": "count", "unit": "count", "better": "higher"}
AGGREGATE_WORDS: Final[Mapping[str, Message]] = {
    "count": _("number of rows"),
    "sum": _("sum"),
    "average": _("average"),
    "median": _("median"),
    "distinct": _("number of different values"),
}
UNIT_WORDS: Final[Mapping[str, Message]] = {
    "money": _("money"),
    "count": _("a number of things"),
    "quantity": _("a quantity"),
    "share": _("a share, in percent"),
    "ratio": _("a ratio"),
    "days": _("days"),
    "score": _("a score"),
}
WORDS: Final[dict[str, Message]] = {
    **OF_NOTES,
    "kpis": PLACE.title,
    "kpis_sub": _(
        "Figures that your company counts in its own way. They are asked, filtered, compared, exported and put on "
        "dashboards like all others, and stand in kpis.toml of the workspace."
    ),
    "none": _("None has been made yet."),
    "faults": _(
        "{n} thing in kpis.toml cannot be read. What it says is missing from the pages until it is mended by hand.",
        "{n} things in kpis.toml cannot be read. What they say is missing from the pages until they are mended by hand.",
    ),
    "at_line": _("Line {line}. {said}"),
    "kpi": _("KPI"),
    "reads": _("How it is counted"),
    "change": _("Change"),
    "change_of": _("Change: {title}"),
    "remove": _("Remove"),
    "remove_of": _("Remove: {title}"),
    "new": _("New KPI"),
    "title": _("Title"),
    "question": _("The question that it answers"),
    "mind": _("What to mind"),
    "optional": _("may be left out"),
    "over": _("Table"),
    "tables": _("Tables"),
    "facts": _("Ready-made views"),
    "look": _("Show its columns"),
    "columns_of": _("Columns of {table}"),
    "date": _("The date that places a row in a period"),
    "what": _("What is counted"),
    "aggregate": _("Aggregate"),
    "value": _("Column"),
    "value_sub": _("A column, or columns with + - * /. A number of rows needs none."),
    "condition": _("Condition"),
    "condition_sub": _("Which rows are meant; left out: every row."),
    "divided": _("Divided by"),
    "divided_sub": _("For a ratio, over the same table and date. A ratio of two numbers of rows is a share."),
    "by_nothing": _("nothing: no ratio"),
    "unit": _("Unit"),
    "better": _("Better is"),
    "higher": _("higher"),
    "lower": _("lower"),
    "neither": _("neither"),
    "examples": _("How a condition is written"),
    "examples_sub": _(
        "Columns, 'texts', numbers, comparisons, and, or, not, in (...), is null, like, coalesce, starts_with."
    ),
    "preview": _("Preview"),
    "save": _("Save"),
    "fresh": _("Make a new one instead"),
    "previewed": _("The last 12 months. Nothing is kept yet."),
    "comments": _(
        "Comments in kpis.toml stay, but for those between the lines of the KPI that is changed or removed itself."
    ),
}
EXAMPLES: Final = (
    "net > 500",
    "not is_cancelled and channel in ('online', 'marketplace')",
    "loss_reason = 'price'",
    "campaign_id is null",
    "coalesce(discount, 0) > 0.1 * net",
)


def routes(site: Site) -> APIRouter:
    """The list, the form with its preview, and the way out."""
    router = APIRouter()

    @router.get("/kpis")
    def page(request: Request) -> Response:
        name = request.query_params.get("change", "")
        written = sections(site.folder / NAME) if name else {}
        if name and f"{AREA}.{name}" not in site.catalogue().own:
            raise UnknownName(_("There is no own KPI '{name}'.", name=name))
        return _page(site, request, _fields_of(name, written[name]) if name else BLANK)

    @router.post("/kpis/form")
    def form(request: Request) -> Response:
        sent = site.form(request)
        given = {key: _clean(str(sent.get(key, ""))) for key in FIELDS}
        what, preview = str(sent.get("what", "")), None
        if what == "look":
            return _page(site, request, given)
        try:
            preview = _asked(site, request, given)
            if what == "save":
                return _saved(site, request, given)
        except CrmetricsError as error:
            return _page(site, request, given, error=error)
        return _page(site, request, given, preview)

    @router.post("/kpis/{name}/remove")
    def remove(request: Request, name: str) -> Response:
        before = _spelled(site.catalogue().known(f"{AREA}.{name}"))
        if name not in sections(site.folder / NAME):
            raise UnknownName(_("There is no own KPI '{name}'.", name=name))
        take_out(site.folder / NAME, name)
        site.note(request, "definition", f"{AREA}.{name}: {before} → -")
        return RedirectResponse("/kpis", 303)

    return router


def _saved(site: Site, request: Request, given: Mapping[str, str]) -> Response:
    """Write the KPI; a changed one keeps its name, and so its key on dashboards."""
    path = site.folder / NAME
    written = sections(path)
    name = given["name"] if given["name"] in written else name_of(given["title"], written)
    before = _spelled(site.catalogue().known(f"{AREA}.{name}"))
    section = section_of(given)
    old = written.get(name, {})
    if old.get("formula") and all(old.get(key) == section.get(key) for key in _DEFINING):
        section["formula"] = old["formula"]
    put(path, name, section)
    site.note(request, "definition", f"{AREA}.{name}: {before} → {_spelled(own_kpi(name, section))}")
    return RedirectResponse(f"/kpis#{name}", 303)


_DEFINING: Final = ("over", "date", "aggregate", "value", "condition", "top", "bottom")


def section_of(given: Mapping[str, str]) -> dict[str, Any]:
    """What a form says, as a section of kpis.toml: a ratio where it is divided by something."""
    found: dict[str, Any] = {
        key: given[key] for key in ("title", "question", "unit", "better", "over", "date", "mind") if given.get(key)
    }
    top = {key: given[key] for key in ("aggregate", "value", "condition") if given.get(key)}
    bottom = {key: given[f"bottom_{key}"] for key in ("value", "condition") if given.get(f"bottom_{key}")}
    if given.get("bottom_aggregate"):
        return {**found, "top": top, "bottom": {"aggregate": given["bottom_aggregate"], **bottom}}
    if bottom:
        raise BadValue(
            _("'{text}' stands below the line of a ratio: say what it is divided by.", text=next(iter(bottom.values())))
        )
    return {**found, **top}


def name_of(title: str, taken: Mapping[str, Any]) -> str:
    """A free name in small letters for a title: Big orders -> big_orders."""
    plain = unicodedata.normalize("NFKD", title.replace("ı", "i").replace("İ", "I"))
    letters = re.sub(r"[^a-z0-9]+", "_", plain.encode("ascii", "ignore").decode().lower()).strip("_0123456789")
    stem = letters[:50].strip("_") or "kpi"
    return next(
        name for place in range(1, len(taken) + 2) if (name := stem if place == 1 else f"{stem}_{place}") not in taken
    )


def _fields_of(name: str, section: Mapping[str, Any]) -> dict[str, str]:
    """A section as the fields of the form."""
    top, bottom = section.get("top", section), section.get("bottom", {})
    return {
        "name": name,
        **{key: section.get(key, "") for key in ("title", "question", "unit", "better", "over", "date", "mind")},
        **{key: top.get(key, "") for key in ("aggregate", "value", "condition")},
        **{f"bottom_{key}": bottom.get(key, "") for key in ("aggregate", "value", "condition")},
    }


def _clean(text: str) -> str:
    """A text of one line without signs that cannot be seen."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())[:LONGEST]


def _spelled(declared: Analysis | None) -> str:
    return str(declared.formula) if declared else "-"


def _asked(site: Site, request: Request, given: Mapping[str, str]) -> Answer[Any]:
    """The figure as it would be, of the rows that who asks may see; nothing is written, and no answer kept."""
    declared = own_kpi(given["name"] or name_of(given["title"], {}), section_of(given))
    open_now = site.catalogue()
    aside = OpenCatalogue(open_now.engine, open_now.settings, None, {declared.key: declared}, site.folder)
    return aside.ask(declared.key, viewer=site.viewer(request), period="last-12-months")


def _page(
    site: Site,
    request: Request,
    given: Mapping[str, str],
    answer: Answer[Any] | None = None,
    error: CrmetricsError | None = None,
) -> Response:
    format, own = site.format(request), site.catalogue().own
    over = given["over"]
    listed = [
        (key.removeprefix(f"{AREA}."), key, each.title, each.formula)
        for key, each in sorted(own.items(), key=lambda item: item[1].title.text.lower())
    ]
    return site.page(
        request,
        "own_kpis.html",
        WORDS,
        400 if error else 200,
        kpis=listed,
        faults=faults_of(own),
        given=given,
        over=over,
        offered=tables_listed(over, format),
        dates=dates_of(over),
        columns=columns_listed(over, format),
        aggregates=[(each, AGGREGATE_WORDS[each]) for each in AGGREGATES],
        units=[(each, UNIT_WORDS[each]) for each in UNITS],
        longest=LONGEST,
        example_texts=EXAMPLES,
        preview=preview_of(answer, format, notes_for(site, request, AREA)) if answer else None,
        said=error.message if error else None,
    )
