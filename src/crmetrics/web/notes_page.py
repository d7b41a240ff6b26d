"""Notes on dates: what happened when, listed, written, changed and removed; they stand on all charts over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import BadValue, CrmetricsError
from crmetrics.vocabulary.language import Message, words
from crmetrics.web.admission import SIGNED_IN, Number, Rights
from crmetrics.web.asking import asked_by
from crmetrics.web.noted import KNOWN, TypedNote, annotations_of, keep_note, remove_note
from crmetrics.web.noted import WORDS as OF_NOTES
from crmetrics.web.pages import AREA_NAMES
from crmetrics.web.site import Place, Site
from crmetrics.workspace.annotations import LONGEST, Annotation, Annotations

_ = words("annotations")

PLACE: Final = Place("/notes", OF_NOTES["notes"], 13)
RIGHTS: Final[Rights] = dict.fromkeys(
    ("GET /notes", "POST /notes", "/notes/{number}/change", "/notes/{number}/remove"), SIGNED_IN
)
ROWS: Final = 100

WORDS: Final[dict[str, Message]] = {
    **OF_NOTES,
    "notes_sub": _(
        "What happened when: a price rise, a fair, a shop that was down. It stands on all charts over time."
    ),
    "none": _("No notes yet. Write the first one here, or below a chart over time."),
    "when": _("When"),
    "stands_on": _("Stands on charts of"),
    "seen_by": _("Seen by"),
    "everywhere": _("all analyses"),
    "mine": _("me alone"),
    "everybody": _("everybody, by {name}"),
    "change": _("Change"),
    "remove": _("Remove"),
    "change_of": _("Change: {note}"),
    "remove_of": _("Remove: {note}"),
    "new": _("Write a note"),
    "areas": _("Only on charts of"),
    "areas_sub": _("Tick none to have it on all of them."),
    "fresh": _("Write a new one instead"),
    "pages": _("Pages"),
    "page": _("Page {page}"),
}
_BLANK: Final = TypedNote("", "", "", (), False)


@dataclass(frozen=True, slots=True)
class Line:
    """One note of the list."""

    number: int
    days: str
    text: str
    areas: str
    by: str
    is_shared: bool
    may_change: bool


def routes(site: Site) -> APIRouter:
    """The list and its forms."""
    router = APIRouter()

    @router.get("/notes")
    def page(request: Request) -> Response:
        changing = request.query_params.get("change", "")
        if not changing:
            return _page(site, request, _BLANK)
        if not changing.isascii() or not changing.isdecimal() or len(changing) > 15:
            raise BadValue(_("'{number}' is not the number of a note.", number=changing[:40]))
        notes = annotations_of(site, request)
        note = notes.find(int(changing))
        return _page(site, request, _typed(note), note.number if notes.may_change(note) else 0)

    @router.post("/notes")
    def write(request: Request) -> Response:
        return _kept(site, request, 0)

    @router.post("/notes/{number}/change")
    def change(request: Request, number: Number) -> Response:
        annotations_of(site, request).find(number)
        return _kept(site, request, number)

    @router.post("/notes/{number}/remove")
    def remove(request: Request, number: Number) -> Response:
        remove_note(site, request, number)
        return RedirectResponse("/notes", 303)

    return router


def _kept(site: Site, request: Request, number: int) -> Response:
    """Keep what a form says and go back to where it was sent from; what does not do is told beside what was typed."""
    form = site.form(request)
    text, first, last = (str(form.get(name, "")) for name in ("text", "first", "last"))
    typed = TypedNote(
        text,
        first,
        last,
        tuple(str(area) for area in form.getlist("areas")),
        bool(form.get("shared")),
    )
    try:
        kept = keep_note(site, request, typed, number)
    except BadValue as error:
        return _page(site, request, typed, number, error)
    return RedirectResponse(_back(str(form.get("back", ""))) or f"/notes#note-{kept.number}", 303)


def _back(address: str) -> str:
    """The page of an analysis that a form was sent from; blank for any other address."""
    asked = asked_by(address)
    if asked is None or not address.isascii() or not address.isprintable() or "\\" in address:
        return ""
    key, query = asked
    return f"/a/{key}?{query}" if query else f"/a/{key}"


def _typed(note: Annotation) -> TypedNote:
    last = "" if note.last == note.first else note.last.isoformat()
    return TypedNote(note.text, note.first.isoformat(), last, note.areas, note.is_shared)


def _page(
    site: Site, request: Request, typed: TypedNote, number: int = 0, error: CrmetricsError | None = None
) -> Response:
    format, notes = site.format(request), annotations_of(site, request)
    found = notes.all()
    pages = max(1, -(-len(found) // ROWS))
    given = request.query_params.get("page", "1")
    page = min(int(given), pages) if given.isascii() and given.isdecimal() and 0 < len(given) < 9 else 1
    page = max(page, 1)
    shown: dict[str, Any] = {
        "lines": [_line(notes, note, format) for note in found[(page - 1) * ROWS : page * ROWS]],
        "pages": [(each, f"/notes?{urlencode({'page': each})}", each == page) for each in range(1, pages + 1)],
        "areas": [(area, say(AREA_NAMES[area], format), area in typed.areas) for area in KNOWN],
        "typed": typed,
        "number": number,
        "longest": LONGEST,
        "said": error.message if error else None,
        "may_share": notes.may_share,
    }
    return site.page(request, "notes.html", WORDS, 400 if error else 200, **shown)


def _line(notes: Annotations, note: Annotation, format: Format) -> Line:
    areas = format.listed(say(AREA_NAMES[area], format) for area in note.areas if area in AREA_NAMES)
    return Line(
        note.number,
        format.span(note.first, note.last),
        note.text,
        areas or say(WORDS["everywhere"], format),
        say(WORDS["everybody"](name=note.written_by) if note.is_shared else WORDS["mine"], format),
        note.is_shared,
        notes.may_change(note),
    )
