"""The record of every step, and taking steps back."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crmetrics.intake.history import history_of
from crmetrics.intake.undoing import NOTHING_TO_REDO, redo, to_redo, undo, why_not
from crmetrics.presenting.history import as_json, told_step, what, who
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import Message, words
from crmetrics.web.admission import Rights
from crmetrics.web.site import Place, Site
from crmetrics.web.works import Progress

_ = words("upkeep")

PLACE: Final = Place("/history", _("Record of every step"), 44, "import", group="upkeep")
RIGHTS: Final[Rights] = dict.fromkeys(("/history", "/history.json", "/history/{number}"), "import")
SHOWN: Final = 200

WORDS: Final[dict[str, Message]] = {
    "history": PLACE.title,
    "history_sub": _(
        "What was imported, decided and taken back, by whom. Taking a step back brings back every figure."
    ),
    "version": _("Version"),
    "when": _("When"),
    "who": _("By"),
    "what": _("What was done"),
    "current": _("current"),
    "undo": _("Take back"),
    "undo_of": _("Take back step {number}"),
    "redo": _("Do again what was taken back last"),
    "no_redo": NOTHING_TO_REDO,
    "none": _("Nothing has been imported yet."),
    "import": _("Import data"),
    "at_work": _("Being done:"),
    "reload": _("This page shows by itself how far it is."),
}


def routes(site: Site) -> APIRouter:
    """The list of the steps, and its forms."""
    router = APIRouter()
    _taking_back(router, site)

    @router.get("/history")
    def page(request: Request) -> Response:
        found, format = history_of(site.folder), site.format(request)
        steps = [
            {
                "number": step.number,
                "at": format.moment(step.at),
                "by": who(step, format),
                "what": what(found, step, format),
                "more": told_step(found, step, format),
                "is_current": step.number == found.current,
                "why_not": why_not(found, step),
            }
            for step in found.steps[:SHOWN]
        ]
        return site.page(
            request, "history.html", WORDS, steps=steps, may_redo=to_redo(found) is not None, work=site.work(request)
        )

    @router.get("/history.json")
    def as_data(request: Request) -> Response:
        found = history_of(site.folder)
        return Response(as_json(found, tuple(found.steps)), media_type="application/json")

    return router


def _taking_back(router: APIRouter, site: Site) -> None:
    @router.post("/history/{number}")
    def take_back(request: Request, number: str) -> Response:
        person = site.person(request).name
        if number != "redo" and not number.isdecimal():
            raise BadValue(_("'{number}' is no step of the record.", number=number[:20]))

        def work(progress: Progress) -> Message:
            if number == "redo":
                _step, version = redo(site.folder, by=person, progress=progress)
                return _("Done again. Version {version} is current.", version=version.number)
            _step, version = undo(site.folder, int(number), by=person, progress=progress)
            return _("Taken back. Version {version} is current.", version=version.number)

        title = WORDS["redo"] if number == "redo" else _("Step {number} is taken back", number=number)
        site.begin(request, title, work, "decision", f"{'redo' if number == 'redo' else 'undo'} {number}")
        return RedirectResponse("/history", 303)
