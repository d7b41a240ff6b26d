"""Targets: how each stands and at which pace, and setting, changing and removing them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crmetrics.analysis import Answer, Row
from crmetrics.analysis.metric import headline_column
from crmetrics.analysis.targets import Calendar
from crmetrics.catalogue import OpenCatalogue
from crmetrics.intake.planned import Plan, planned, remove_target, set_target
from crmetrics.intake.report import ImportReport
from crmetrics.presenting.locales import NOTHING
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import Cells
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import SHARE, Unit
from crmetrics.warehouse.scope import Scope, Viewer
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.asking import FILTER
from crmetrics.web.history_page import WORDS as OF_WORK
from crmetrics.web.planning import COMPANY, Party, Typed, parties, plan_of, plannable, spans
from crmetrics.web.site import Place, Site
from crmetrics.web.works import Progress

_ = words("targets")

PLACE: Final = Place("/targets", _("Targets"), 12)
RIGHTS: Final[Rights] = {"GET /targets": SIGNED_IN, "POST /targets": "targets", "/targets/remove": "targets"}
ATTAINMENT: Final = "kpis.target_attainment"
SHOWN: Final = 300
PERIODS: Final[dict[str, Message]] = {
    "": _("Running now"),
    "this-quarter": _("This quarter"),
    "this-year": _("This year"),
}
WRITTEN: Final = ("kpi", "scope_name", "target", "actual", "run_rate", "status")
TONES: Final = {"on": "good", "close": "warn", "behind": "bad"}

WORDS: Final[dict[str, Message]] = {
    **OF_WORK,
    "targets": PLACE.title,
    "targets_sub": _("What was planned for the company, teams and persons, what is reached, and at which pace."),
    "kpi": _("KPI"),
    "who_for": _("For whom"),
    "period": _("Period"),
    "target": _("Target"),
    "actual": _("Actual"),
    "status": _("Status"),
    "pace": _("Pace"),
    "at_pace": _("At this pace"),
    "pace_told": _("{reached} of target at {passed} of the period"),
    "none": _("No target runs in this period."),
    "no_data": _("Targets can be set when data have been imported."),
    "more": _("Only the first ones are shown. All of them:"),
    "set": _("Set a target"),
    "set_sub": _("A target of the same KPI, party and first day is changed. A share is typed in percent."),
    "own_days": _("days of its own"),
    "first": _("First day"),
    "last": _("Last day"),
    "save": _("Set the target"),
    "set_here": _("Set here"),
    "set_here_sub": _("Each change is a step of the record and can be taken back there."),
    "set_by": _("Set by"),
    "remove": _("Remove"),
    "remove_of": _("Remove: {kpi}, {who}, {period}"),
    "teams": _("Teams"),
    "people": _("People"),
    "company": COMPANY,
}


def routes(site: Site) -> APIRouter:
    """The page and its two forms."""
    router = APIRouter()
    _changing(router, site)

    @router.get("/targets")
    def page(request: Request) -> Response:
        period = request.query_params.get("period", "")
        if period not in PERIODS:
            raise BadValue(_("'{period}' is not among the periods of this page.", period=period[:40]))
        return _shown(site, request, period)

    return router


def _shown(
    site: Site, request: Request, period: str = "", given: Typed | None = None, error: BadValue | None = None
) -> Response:
    """The page; with what was typed and what is wrong with it, where that could not be kept."""
    format, viewer = site.format(request), site.viewer(request)
    shown: dict[str, Any] = {"rows": [], "is_cut": False, "forms": None, "own": []}
    if site.has_data:
        catalogue = site.catalogue()
        answer = catalogue.ask(ATTAINMENT, viewer=viewer, period=period or None)
        rows = _rows(catalogue, answer, viewer, format) if answer.locked is None else []
        shown |= {"rows": rows[:SHOWN], "is_cut": len(rows) > SHOWN}
        if site.may(request, "targets"):
            shown |= _forms(site, catalogue, viewer, format)
    periods = [(name, title, name == period) for name, title in PERIODS.items()]
    return site.page(
        request, "targets.html", WORDS, 400 if error else 200, work=site.work(request), periods=periods,
        has_data=site.has_data, given=given or Typed(), said=error.message if error else None, **shown,
    )  # fmt: skip


def _changing(router: APIRouter, site: Site) -> None:
    @router.post("/targets")
    def save(request: Request) -> Response:
        form, person, catalogue = site.form(request), site.person(request), site.catalogue()
        typed = Typed(
            *(str(form.get(name, "")).strip() for name in ("kpi", "party", "period", "first", "last", "value"))
        )
        viewer = site.viewer(request)
        try:
            plan = plan_of(catalogue, viewer, typed, person.name, site.format(request), today_of(catalogue, viewer))
        except BadValue as error:
            return _shown(site, request, given=typed, error=error)

        def work(progress: Progress) -> Message:
            return _done(set_target(site.folder, plan, by=person.name, progress=progress))

        about = f"target {' '.join(plan.key)}: {plan.target_value}"
        site.begin(request, _("A target is set"), work, "definition", about)
        return RedirectResponse("/targets#main", 303)  # not to the form, where a mistake would have led

    @router.post("/targets/remove")
    def remove(request: Request) -> Response:
        form, person = site.form(request), site.person(request)
        plan = own_plan(site, site.viewer(request), str(form.get("target", "")))

        def work(progress: Progress) -> Message:
            return _done(remove_target(site.folder, plan.key, by=person.name, progress=progress))

        site.begin(request, _("A target is removed"), work, "definition", f"target {' '.join(plan.key)} removed")
        return RedirectResponse("/targets", 303)


def today_of(catalogue: OpenCatalogue, viewer: Viewer) -> date:
    """The first day that is not complete in the data."""
    with catalogue.warehouse(Scope(viewer)) as warehouse:
        return warehouse.today


def own_plans(site: Site, viewer: Viewer) -> list[tuple[Plan, Party]]:
    """The targets set here that a viewer may change, with for whom they are."""
    known = {(each.level, each.id): each for each in parties(site.catalogue(), viewer)}
    found = [(plan, known.get((plan.scope, plan.scope_id))) for plan in planned(site.folder)]
    if viewer.sees == "all":  # also for those who are no longer in the data
        return [(plan, party or Party(plan.scope, plan.scope_id, plan.scope_id)) for plan, party in found]
    return [(plan, party) for plan, party in found if party is not None]


def own_plan(site: Site, viewer: Viewer, word: str) -> Plan:
    """The target that a form or an address names; BadValue if there is no such one that he may change."""
    found = next((plan for plan, _party in own_plans(site, viewer) if word_of(plan) == word), None)
    if found is None:
        raise BadValue(_("'{target}' is no target that was set here and that you may change.", target=word[:80]))
    return found


def word_of(plan: Plan) -> str:
    """How a form names a target that was set here."""
    return "|".join(plan.key)


def _forms(site: Site, catalogue: OpenCatalogue, viewer: Viewer, format: Format) -> dict[str, Any]:
    who = parties(catalogue, viewer)
    forms = {
        "kpis": plannable(catalogue, viewer, format),
        "company": [each for each in who if each.level == "company"],
        "teams": [each for each in who if each.level == "team"],
        "people": [each for each in who if each.level == "owner"],
        "spans": spans(today_of(catalogue, viewer), format),
    }
    return {"forms": forms, "own": [_own(catalogue, *each, format) for each in own_plans(site, viewer)]}


def _own(catalogue: OpenCatalogue, plan: Plan, party: Party, format: Format) -> dict[str, str]:
    declared = catalogue.known(plan.kpi)
    figure = None if declared is None else headline_column(declared)
    return {
        "word": word_of(plan),
        "kpi": plan.kpi if declared is None else say(declared.title, format),
        "who": party.name or say(COMPANY, format),
        "period": format.span(plan.starts_on, plan.ends_on - timedelta(days=1)),
        "target": format.value(figure.unit if figure else Unit.QUANTITY, float(plan.target_value)),
        "by": plan.set_by,
    }


def _rows(catalogue: OpenCatalogue, answer: Answer[Any], viewer: Viewer, format: Format) -> list[dict[str, str]]:
    """The targets as the page shows them: each with its share reached, and the share of its period that has passed."""
    cells = Cells(answer, format)
    with catalogue.warehouse(Scope(viewer)) as warehouse:
        calendar, today = Calendar(warehouse), warehouse.today
        return [_row(cells, row, calendar, today) for row in answer.rows]


def _row(cells: Cells, row: Row, calendar: Calendar, today: date) -> dict[str, str]:
    told, format = row.as_dict(), cells.format
    start, last = told["starts_on"], told["last_on"]
    end = last + timedelta(days=1)
    days = calendar.days(start, end)
    passed = calendar.days(start, max(start, min(end, today))) / days if days else None
    asked = {"period": f"{start}..{end}"}
    if told["scope"] != "company":
        asked[FILTER + told["scope"]] = told["scope_name"]
    text = {name: cells.text(cells.all_columns[name], row) for name in WRITTEN}
    reached = told["attainment"]
    pace = NOTHING
    if reached is not None and passed is not None:
        share = [format.value(SHARE, each, 0) for each in (reached, passed)]
        pace = say(WORDS["pace_told"](reached=share[0], passed=share[1]), format)
    return {
        **text,
        "period": format.span(start, last),
        "pace": pace,
        "tone": TONES.get(told["status"], ""),
        "address": f"/a/{told['key']}?{urlencode(asked)}",
    }


def _done(report: ImportReport) -> Message:
    return _("Done. Version {version} is current.", version=report.version.number if report.version else 0)
