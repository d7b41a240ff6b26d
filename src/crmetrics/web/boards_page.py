"""Boards: the pages on which people put together what they look at, and the views they keep."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, Final, cast
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import QueryParams

from crmetrics.presenting.words import alphabetical, say
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import Message, words
from crmetrics.web.admission import SIGNED_IN, Number, Rights
from crmetrics.web.asking import FILTER, asked_by, asking_of
from crmetrics.web.board_view import parts_of, question_of
from crmetrics.web.files import json_of
from crmetrics.web.noted import WORDS as OF_NOTES
from crmetrics.web.segments_page import WORDS as OF_SEGMENTS
from crmetrics.web.segments_page import listed as segments_listed
from crmetrics.web.site import Place, Site
from crmetrics.workspace.boards import KINDS, Board, Boards, Part, PartKind, View

_ = words("boards")

PLACE: Final = Place("/boards", _("Dashboards"), 10)
RIGHTS: Final[Rights] = dict.fromkeys(
    (
        *("/boards", "/boards/add", "/boards/{number}", "/boards/{number}.json", "/boards/{number}/change"),
        *("/views", "/views/{number}/remove"),
    ),
    SIGNED_IN,
)

KIND_NAMES: Final[dict[str, Message]] = {
    "figure": _("Figure"),
    "chart": _("Chart"),
    "table": _("Table"),
    "text": _("Text"),
}

WORDS: Final[dict[str, Message]] = {
    **OF_NOTES,
    **OF_SEGMENTS,
    "boards": PLACE.title,
    "boards_sub": _("Figures, charts and tables that you put together. Whoever opens a shared one sees his own rows."),
    "new": _("New dashboard"),
    "title": _("Title"),
    "make": _("Make"),
    "none": _("No dashboards yet. Make one here, or add a chart from the page of an analysis."),
    "shared": _("Shared"),
    "home": _("First page"),
    "change": _("Change"),
    "done": _("Done"),
    "rename": _("Rename"),
    "share": _("Share with everybody"),
    "unshare": _("Share no more"),
    "set_home": _("Have it as the first page"),
    "unset_home": _("Have the usual first page"),
    "copy": _("Make a copy of mine"),
    "remove_board": _("Remove this dashboard"),
    "up": _("Move up: {part}"),
    "down": _("Move down: {part}"),
    "wide": _("Whole width: {part}"),
    "narrow": _("Half width: {part}"),
    "remove": _("Remove: {part}"),
    "add_part": _("Add a part"),
    "question": _("Analysis"),
    "kind": _("Shown as"),
    "to_board": _("Dashboard"),
    "new_board": _("a new one"),
    "add": _("Add"),
    "text": _("Text"),
    "save_text": _("Save the text"),
    "empty": _("Nothing stands here yet."),
    "working": _("Being worked out: this comes by itself."),
    "locked": _("Locked"),
    "all_rows": _("All rows: {n}"),
    "views": _("Kept views"),
    "views_sub": _("An answer with its filters, or filters alone, under a name of yours."),
    "keep_view": _("Keep this view"),
    "keep": _("Keep"),
    "no_views": _("None yet. Keep one from the menu of an analysis."),
    "remove_view": _("Remove: {title}"),
}


def routes(site: Site) -> APIRouter:
    """The list, the boards and the forms that change them."""
    router = APIRouter()
    _making(router, site)
    _adding(router, site)
    _looking(router, site)
    _changing(router, site)
    _views(router, site)
    return router


def _mine(site: Site, request: Request) -> Boards:
    return Boards(site.state, site.person(request).number)


def _making(router: APIRouter, site: Site) -> None:
    @router.get("/boards")
    def listed(request: Request) -> Response:
        boards, me = _mine(site, request), site.person(request).number
        return site.page(
            request,
            "boards.html",
            WORDS,
            boards=boards.all(),
            views=boards.views(),
            segments=segments_listed(site, request),
            may_share=site.may(request, "share"),
            me=me,
            home=boards.home(),
        )

    @router.post("/boards")
    def make(request: Request) -> Response:
        person = site.person(request).number
        board = _mine(site, request).keep(Board(person, str(site.form(request).get("title", ""))))
        return RedirectResponse(f"/boards/{board.number}?change=1", 303)


def _adding(router: APIRouter, site: Site) -> None:
    @router.get("/boards/add")
    def choose(request: Request) -> Response:
        given = request.query_params
        key, query = given.get("key", ""), question_of(given.get("query", ""))
        declared = site.catalogue().find(key)
        own = [board for board in _mine(site, request).all() if board.owner == site.person(request).number]
        kinds = [(kind, say(KIND_NAMES[kind], site.format(request))) for kind in KINDS if kind != "text"]
        title, may_share = say(declared.title, site.format(request)), site.may(request, "share")
        return site.page(
            request, "board_add.html", WORDS, key=key, query=query, boards=own, kinds=kinds, answer=title, may_share=may_share
        )  # fmt: skip

    @router.post("/boards/add")
    def add(request: Request) -> Response:
        boards, form = _mine(site, request), site.form(request)
        number = str(form.get("board", ""))
        board = boards.own(int(number)) if number.isdecimal() and len(number) < 16 and int(number) else None
        if board is None:
            board = Board(site.person(request).number, str(form.get("title", "")))
        board = boards.keep(board.with_part(_part(site, form)))
        return RedirectResponse(f"/boards/{board.number}", 303)


def _looking(router: APIRouter, site: Site) -> None:
    @router.get("/boards/{number}.json")
    def as_data(request: Request, number: Number) -> Response:
        board = _mine(site, request).find(number)
        shown = parts_of(site, request, board, site.format(request))
        told = {
            "number": board.number,
            "title": board.title,
            "is_shared": board.is_shared,
            "parts": [
                {**asdict(each.part), "title": each.title, "state": each.state, "figure": each.figure or None,
                 "answer": f"/a/{each.part.key}.json" + (f"?{each.part.query}" if each.part.query else "") if each.part.key else None}
                for each in shown
            ],
        }  # fmt: skip
        return json_of(told)

    @router.get("/boards/{number}")
    def board(request: Request, number: Number) -> Response:
        return _page(site, request, _mine(site, request), number)


def _changing(router: APIRouter, site: Site) -> None:
    @router.post("/boards/{number}/change")
    def change(request: Request, number: Number) -> Response:
        boards, form = _mine(site, request), site.form(request)
        what, place = str(form.get("what", "")), str(form.get("place", "0"))
        if what == "copy":
            found = boards.find(number)
            made = boards.keep(replace(found, owner=site.person(request).number, number=0, is_shared=False))
            return RedirectResponse(f"/boards/{made.number}?change=1", 303)
        if what in ("set_home", "unset_home"):
            boards.set_home(number if what == "set_home" else None)
            return RedirectResponse(f"/boards/{number}", 303)
        if what == "remove_board":
            boards.remove(number)
            return RedirectResponse("/boards", 303)
        if what in ("share", "unshare"):
            site.need(request, "share")
        found = boards.own(number)
        if (
            what == "remove" and form.get("seen", found.mark) != found.mark
        ):  # pressed twice, or changed in another window
            return RedirectResponse(f"/boards/{number}?change=1", 303)
        boards.keep(_changed(site, found, what, int(place) if place.isdecimal() and len(place) < 4 else -1, form))
        return RedirectResponse(f"/boards/{number}?change=1" + (f"#part-{place}" if place != "0" else ""), 303)


def _views(router: APIRouter, site: Site) -> None:
    @router.post("/views")
    def keep_view(request: Request) -> Response:
        form = site.form(request)
        view = _view(site, str(form.get("title", "")), str(form.get("address", "")))
        if form.get("shared"):
            site.need(request, "share")
            view = replace(view, is_shared=True)
        _mine(site, request).keep_view(view)
        return RedirectResponse("/boards#views", 303)

    @router.post("/views/{number}/remove")
    def remove_view(request: Request, number: Number) -> Response:
        _mine(site, request).remove_view(number)
        return RedirectResponse("/boards#views", 303)


def _page(site: Site, request: Request, boards: Boards, number: int) -> Response:
    board, format = boards.find(number), site.format(request)
    is_own = board.owner == site.person(request).number
    entries = site.catalogue().entries(site.viewer(request)) if is_own else ()
    offered = [(each.declared.key, say(each.declared.title, format)) for each in entries if each.state != "locked"]
    return site.page(
        request,
        "board.html",
        WORDS,
        board=board,
        parts=parts_of(site, request, board, format),
        is_own=is_own,
        is_changing=is_own and "change" in request.query_params,
        is_home=boards.home() == number,
        may_share=site.may(request, "share"),
        offered=sorted(offered, key=lambda pair: alphabetical(pair[1], format.language)),
        kinds=[(kind, say(KIND_NAMES[kind], format)) for kind in KINDS],
    )


def _part(site: Site, form: Any) -> Part:
    """The part that a form describes; UnknownName or BadValue for a question that cannot be asked."""
    kind = str(form.get("kind", ""))
    if kind == "text":
        return Part("text", text=str(form.get("text", "")).strip(), is_wide=True)
    if kind not in KINDS:
        raise BadValue(
            _("'{kind}' is not a way to show an answer. There are: {kinds}.", kind=kind, kinds=", ".join(KINDS))
        )
    key, query = str(form.get("key", "")), question_of(str(form.get("query", "")))
    catalogue = site.catalogue()
    asking_of(catalogue.find(key), QueryParams(query), catalogue.settings.zone)
    return Part(cast(PartKind, kind), key, query, is_wide=kind == "table")


def _changed(site: Site, board: Board, what: str, place: int, form: Any) -> Board:
    part = board.parts[place] if 0 <= place < len(board.parts) else None
    match what:
        case "rename":
            return replace(board, title=str(form.get("title", "")))
        case "share" | "unshare":
            return replace(board, is_shared=what == "share")
        case "add":
            return board.with_part(_part(site, form))
        case "up" | "down":
            return board.moved(place, -1 if what == "up" else 1)
        case "remove":
            return board.changed(place, None)
        case "wide" | "narrow" if part is not None:
            return board.changed(place, replace(part, is_wide=what == "wide"))
        case "text" if part is not None:
            return board.changed(place, replace(part, text=str(form.get("text", "")).strip()))
    raise BadValue(_("'{what}' is not something that can be done with a dashboard.", what=what[:40]))


def _view(site: Site, title: str, address: str) -> View:
    """A view from the address of an answer's page; BadValue for any other address."""
    asked = asked_by(address)
    if asked is None:
        raise BadValue(_("'{address}' is not the address of an answer.", address=address[:80]))
    key, query = asked[0], question_of(asked[1])
    catalogue = site.catalogue()
    asking_of(catalogue.find(key), QueryParams(query), catalogue.settings.zone)
    filters: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.startswith(FILTER):
            filters.setdefault(name, []).append(value)
    return View(0, title, f"/a/{key}" + (f"?{query}" if query else ""), filters)
