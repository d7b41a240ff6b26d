"""Duplicates: what may be one and why, what merging would change, merging, keeping apart, taking back."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crmetrics.clean.duplicates.groups import Group, Limits
from crmetrics.data.duplicate_pairs import groups_in
from crmetrics.data.duplicates import reasons_of
from crmetrics.data.merge_effect import chosen_groups
from crmetrics.intake import duplicates
from crmetrics.intake.duplicates import Outcome
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import show
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import SHARE
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.scope import Scope
from crmetrics.web.admission import Rights
from crmetrics.web.history_page import WORDS as OF_WORK
from crmetrics.web.pages import column_classes
from crmetrics.web.site import Place, Site
from crmetrics.web.works import Progress

_ = words("upkeep")

PLACE: Final = Place("/duplicates", _("Duplicates"), 43, "clean", group="upkeep")
RIGHTS: Final[Rights] = dict.fromkeys(("/duplicates", "/duplicates/effect"), "clean")
SHOWN: Final = 50
OF: Final = ("customers", "contacts")

WORDS: Final[dict[str, Message]] = {
    **OF_WORK,
    "duplicates": PLACE.title,
    "duplicates_sub": _(
        "Records that may be one, with the reason. Nothing is merged before you say so, and a merge can be taken back."
    ),
    "sure": _("{n} merge is sure", "{n} merges are sure"),
    "merge_sure": _("Merge all that are sure"),
    "effect": _("What would that change?"),
    "effect_title": _("Effect of the sure merges"),
    "chosen": _("With those that are ticked:"),
    "merge": _("Make them one"),
    "apart": _("They are not the same"),
    "undo_last": _("Take the last step back"),
    "is_sure": _("sure"),
    "is_asked": _("look at it"),
    "none": _("No duplicates were found."),
    "more": _("and {n} more", "and {n} more"),
    "back": _("Back to the duplicates"),
    "tick": _("Tick: {name}"),
    "of": _("Records"),
}


def routes(site: Site) -> APIRouter:
    """The list with its forms, and the effect on the KPIs."""
    router = APIRouter()

    _deciding(router, site)

    @router.get("/duplicates")
    def page(request: Request) -> Response:
        table, format = request.query_params.get("of", "customers"), site.format(request)
        groups, names = _found(site, request, table)
        site.saw(request, "duplicates")
        return site.page(
            request,
            "duplicates.html",
            WORDS,
            groups=[_shown(group, names, format) for group in groups[:SHOWN]],
            sure=sum(len(group.sure) for group in groups),
            left=max(0, len(groups) - SHOWN),
            of=table,
            tables=[(name, say(TABLES[name].label, format), name == table) for name in OF],
            work=site.work(request),
        )

    @router.get("/duplicates/effect")
    def effect(request: Request) -> Response:
        format = site.format(request)
        answer = site.catalogue().ask("data.merge_effect", viewer=site.viewer(request))
        table = show(answer, format)
        notes = [say(note.message, format) for note in answer.notes]
        return site.page(request, "merge_effect.html", WORDS, table=table, set_as=column_classes(table), notes=notes)

    return router


def _deciding(router: APIRouter, site: Site) -> None:
    @router.post("/duplicates")
    def decide(request: Request) -> Response:
        form, person = site.form(request), site.person(request).name
        what, table = str(form.get("what", "")), str(form.get("of", "customers"))
        if what not in ("sure", "merge", "apart", "undo"):
            raise BadValue(_("'{what}' is not something to be done with duplicates.", what=what[:40]))
        groups: list[tuple[str, ...]] = []
        if what == "sure":
            groups = chosen_groups(_found(site, request, table)[0], "sure", "")
        elif what != "undo":
            groups = _ticked([str(each) for each in form.getlist("group")], _found(site, request, table)[0])
        if what == "sure" and not groups:
            raise BadValue(_("No merge is sure, so nothing was changed."))

        def work(progress: Progress) -> Message:
            if what == "undo":
                return _done(duplicates.undo(site.folder, by=person, progress=progress), is_undone=True)
            if what == "apart":
                return _done(duplicates.apart(site.folder, groups, table=table, by=person, progress=progress))
            return _done(duplicates.merge(site.folder, groups, table=table, by=person, progress=progress))

        site.begin(request, _("Duplicates are decided"), work, "decision", f"duplicates {what}")
        return RedirectResponse(f"/duplicates?of={table}" if table != "customers" else "/duplicates", 303)


def _found(site: Site, request: Request, table: str) -> tuple[list[Group], dict[str, str]]:
    if table not in OF:
        raise BadValue(
            _("'{table}' cannot hold duplicates. There are: {tables}.", table=table[:40], tables=", ".join(OF))
        )
    with site.catalogue().warehouse(Scope(site.viewer(request))) as warehouse:
        groups = groups_in(warehouse, table, Limits())[1] if warehouse.profile.rows(table) else []
        ids = sorted({one for group in groups[:SHOWN] for one in group.ids})
        return groups, warehouse.names_of(table, "name", ids) if ids else {}


def _ticked(ticked: list[str], groups: list[Group]) -> list[tuple[str, ...]]:
    """The groups that were ticked, by the ids of their records: their numbers change with every step that anybody takes."""
    if not ticked:
        raise BadValue(_("Tick the groups first."))
    known = {json.dumps(group.ids): group.ids for group in groups}
    if any(each not in known for each in ticked):
        raise BadValue(_("The duplicates have changed meanwhile. Look at them again, then decide."))
    return [known[each] for each in dict.fromkeys(ticked)]


def _shown(group: Group, names: dict[str, str], format: Format) -> dict[str, object]:
    records = [(one, names.get(one, one)) for one in group.ids]
    return {
        "ids": json.dumps(group.ids),
        "score": format.value(SHARE, group.score),
        "is_sure": group.is_sure,
        "records": records,
        "name": " = ".join(name for _one, name in records),
        "reasons": [
            (f"{pair.left} = {pair.right}" if len(group.pairs) > 1 else "", say(reasons_of(pair), format))
            for pair in group.pairs
        ],
    }


def _done(outcome: Outcome, is_undone: bool = False) -> Message:
    before, after = outcome.records
    told: dict[str, Any] = {
        "records": TABLES[outcome.table].label,
        "before": before,
        "after": after,
        "version": outcome.version.number,
    }
    if is_undone:
        return _("Taken back. {records}: {before} -> {after}. Version {version} is current.", **told)
    if outcome.kind == "merge":
        return _("{records}: {before} -> {after}. Version {version} is current.", **told)
    return _("Kept apart, and not proposed again. Version {version} is current.", version=outcome.version.number)
