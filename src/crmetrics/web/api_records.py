"""The REST API beyond questions: customers, deals, targets, and the record of what was imported and decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from crmetrics.analysis.metric import headline_column
from crmetrics.analysis.search import Hit, hits_of
from crmetrics.intake.history import history_of
from crmetrics.intake.planned import Plan, remove_target, set_target
from crmetrics.presenting.history import what
from crmetrics.presenting.json import plain
from crmetrics.presenting.numbers import format_for
from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import Unit
from crmetrics.warehouse.scope import Scope
from crmetrics.web.admission import Rights
from crmetrics.web.api import part_of
from crmetrics.web.customer_page import customer_as_data
from crmetrics.web.deal_page import deal_as_data
from crmetrics.web.files import json_of, marked_json
from crmetrics.web.openapi import parts
from crmetrics.web.planning import Typed, plan_of
from crmetrics.web.sent_objects import object_sent
from crmetrics.web.site import Site
from crmetrics.web.targets_page import own_plans, today_of

_ = words("api")

RIGHTS: Final[Rights] = {
    "/api/customers": "export",
    "/api/customers/{customer:path}": "export",
    "/api/deals": "export",
    "/api/deals/{deal:path}": "export",
    "/api/imports": "import",
    "GET /api/targets": "export",
    "PUT /api/targets": "targets",
    "DELETE /api/targets": "targets",
}
_FIELDS: Final = ("kpi", "party", "period", "first", "last")
LARGEST: Final = 10_000  # bytes of a target
LONGEST_SOUGHT: Final = 200
DIGITS: Final = 24  # of a number; one of 10 ** 999999 would be written out in full


def routes(site: Site) -> APIRouter:
    """The addresses of customers, deals, targets and imports."""
    router = APIRouter(prefix="/api")
    _customers(router, site)
    _deals(router, site)
    _targets(router, site)

    @router.get("/imports", tags=["imports"], summary="What was imported, decided and taken back, the newest first")
    def imports(request: Request) -> Response:
        found, format = history_of(site.folder), site.format(request)
        steps = [
            {
                "version": step.number,
                "at": step.at,
                "by": step.by,
                "source": step.source or None,
                "import_no": step.import_no or None,
                "what": what(found, step, format),
                "is_in_force": found.is_in_force(step),
                "rows": dict(step.rows),
                "files": [asdict(each) for each in step.files],
            }
            for step in found.steps
        ]
        return marked_json(request, site, {"current": found.current, "steps": plain(steps, format)})

    return router


def _hits(site: Site, request: Request, table: str, typed: str) -> tuple[Sequence[Hit], bool]:
    """The part that is asked for of what holds the words typed, and whether there is more behind it."""
    start, count = part_of(request)
    with site.catalogue().warehouse(Scope(site.viewer(request))) as warehouse:
        hits = hits_of(warehouse, table, typed[:LONGEST_SOUGHT], start + count + 1)
    return hits[start : start + count], len(hits) > start + count


def _customers(router: APIRouter, site: Site) -> None:
    @router.get(
        "/customers",
        tags=["customers"],
        summary="Customers by a part of their name, or by their number",
        openapi_extra={"parameters": [*parts()]},
    )
    def search(request: Request, q: str) -> Response:
        hits, is_cut = _hits(site, request, "customers", q)
        told = [{"customer_id": hit.id, "name": hit.name, "city": hit.more or None} for hit in hits]
        return marked_json(request, site, {"customers": told, "is_cut": is_cut})

    @router.get("/customers/{customer:path}", tags=["customers"], summary="One customer with what is recorded of him")
    def one(request: Request, customer: str) -> Response:
        return marked_json(request, site, customer_as_data(site, request, customer))


def _deals(router: APIRouter, site: Site) -> None:
    @router.get(
        "/deals",
        tags=["deals"],
        summary="Deals by a part of their name, or by their number",
        openapi_extra={"parameters": [*parts()]},
    )
    def search(request: Request, q: str) -> Response:
        hits, is_cut = _hits(site, request, "deals", q)
        told = [
            {"deal_id": hit.id, "name": hit.name, "stage": hit.more or None, "customer_id": hit.customer or None}
            for hit in hits
        ]
        return marked_json(request, site, {"deals": told, "is_cut": is_cut})

    @router.get("/deals/{deal:path}", tags=["deals"], summary="One deal with what is recorded of it")
    def one(request: Request, deal: str) -> Response:
        return marked_json(request, site, deal_as_data(site, request, deal))


def _targets(router: APIRouter, site: Site) -> None:
    @router.get("/targets", tags=["targets"], summary="The targets that were set here and that you may change")
    def listed(request: Request) -> Response:
        plans = own_plans(site, site.viewer(request))
        return marked_json(request, site, {"targets": [_plan(plan) for plan, _party in plans]})

    @router.put(
        "/targets", tags=["targets"], summary="Set a target: kpi, party, value, and a period or first and last day"
    )
    async def put(request: Request) -> Response:
        given = await _body(request)
        return await run_in_threadpool(_set, site, request, given)

    @router.delete(
        "/targets", tags=["targets"], summary="Remove a target that was set here: kpi, scope, scope_id, starts_on"
    )
    async def delete(request: Request) -> Response:
        given = await _body(request)
        return await run_in_threadpool(_removed, site, request, given)


async def _body(request: Request) -> dict[str, Any]:
    """What was sent, a JSON object; BadValue for anything else."""
    given = await object_sent(request, LARGEST)
    if given is None:
        raise BadValue(_("Send one target as a JSON object."))
    return given


def _set(site: Site, request: Request, given: dict[str, Any]) -> Response:
    viewer, person, catalogue = site.viewer(request), site.person(request), site.catalogue()
    column = headline_column(catalogue.find(str(given.get("kpi", ""))))
    try:
        value = Decimal(str(given.get("value")))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value.adjusted()) > DIGITS:
        raise BadValue(_("'{value}' is not a number.", value=str(given.get("value"))[:40]))
    # a form takes shares in percent, a program as they are in answers
    shown = value * 100 if column is not None and column.unit is Unit.SHARE else value
    kpi, party, period, first, last = (str(given.get(name) or "") for name in _FIELDS)
    typed = Typed(kpi, party, period, first, last, f"{shown:f}")
    english = format_for("en", catalogue.settings.currency, catalogue.settings.zone)
    plan = plan_of(catalogue, viewer, typed, person.name, english, today_of(catalogue, viewer))
    report = set_target(site.folder, plan, by=person.name)
    site.note(request, "definition", f"target {' '.join(plan.key)}: {plan.target_value}")
    return json_of({"target": _plan(plan), "version": report.version.number if report.version else None})


def _removed(site: Site, request: Request, given: dict[str, Any]) -> Response:
    key = tuple(str(given.get(name) or "") for name in ("kpi", "scope", "scope_id", "starts_on"))
    plan = next((plan for plan, _party in own_plans(site, site.viewer(request)) if plan.key == key), None)
    if plan is None:
        raise UnknownName(_("There is no such target that you may change."))
    report = remove_target(site.folder, plan.key, by=site.person(request).name)
    site.note(request, "definition", f"target {' '.join(plan.key)} removed")
    return json_of({"version": report.version.number if report.version else None})


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "kpi": plan.kpi,
        "scope": plan.scope,
        "scope_id": plan.scope_id or None,
        "starts_on": plan.starts_on.isoformat(),
        "ends_on": plan.ends_on.isoformat(),
        "value": float(plan.target_value),
        "currency": plan.currency or None,
        "set_by": plan.set_by,
    }
