"""The import, step by step: files are sent, what they are is said and asked about, imported, and what came of it is told."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from crmetrics.clean.understanding.known import Known, Question
from crmetrics.clean.understanding.recognition import SURE
from crmetrics.intake.report import Told, not_read
from crmetrics.intake.uploads import LARGEST, MOST_FILES, Upload, Uploads, mark_of
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.understanding import label, told_left_out, told_question
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import BadFile, BadValue
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.masking import PERSONS
from crmetrics.warehouse.schema import TABLES
from crmetrics.web.admission import Rights
from crmetrics.web.site import Place, Site

_ = words("wizard")

PLACE: Final = Place("/import", _("Import data"), 40, "import", group="upkeep")
RIGHTS: Final[Rights] = {
    "/import": "import",
    "/import/upload": "import",
    "/import/{number}": "import",
    "/import/{number}/{what}": "import",
}
SHOWN: Final = 3

WORDS: Final[dict[str, Message]] = {
    "import": PLACE.title,
    "import_sub": _(
        "Exports of your CRM, shop, help desk or bookkeeping, as they are: CSV, Excel, ODS, JSON, SQLite, also packed."
    ),
    "files": _("Files"),
    "source": _("Called"),
    "source_sub": _("The same name again adds to the same source: rows that were imported before are not doubled."),
    "send": _("Send"),
    "open": _("Not ended yet"),
    "sources": _("Imported so far"),
    "imports": _("{n} import", "{n} imports"),
    "no_sources": _("Nothing was imported yet."),
    "steps": _("Steps"),
    "step_files": _("Files"),
    "step_check": _("What was understood"),
    "step_import": _("Import"),
    "step_done": _("What came of it"),
    "looking": _("Looking through the files …"),
    "importing": _("Importing …"),
    "reload": _("This page shows by itself how far it is."),
    "kept_mapping": _("This source was imported before: it is read as it was then."),
    "anew": _("Look through the files, as a source of their own"),
    "column": _("Column"),
    "means": _("Understood as"),
    "values": _("Such as"),
    "sure": _("Sure"),
    "not_used": _("not used"),
    "not_understood": _("Not understood, and left out"),
    "questions": _("Only you can tell"),
    "questions_sub": _("Where the files do not say it, nothing is guessed."),
    "yes": _("Yes"),
    "no": _("No"),
    "answer": _("Answer"),
    "start": _("Import"),
    "mapping": _("The mapping, to be corrected by hand"),
    "save": _("Save"),
    "throw_away": _("Throw away"),
    "close": _("Close this report"),
    "again": _("Try again"),
    "failed": _("This did not work, and nothing was changed."),
    "done": _("Imported"),
    "nothing_new": _("Nothing new: these files had been imported before."),
    "file": _("File"),
    "read": _("Rows read"),
    "kept": _("Kept"),
    "set_aside": _("Set aside"),
    "merged": _("Merged"),
    "table": _("Table"),
    "aside": _("Set aside, and why"),
    "odd": _("Kept, but odd"),
    "way_out": _("To have such files read, send them by themselves, under a name of their own."),
    "next": _("Go on"),
    "next_home": _("See what changed"),
    "next_answers": _("What your data can answer"),
    "next_quality": _("How good the data are"),
    "next_quarantine": _("Correct what was set aside"),
    "next_duplicates": _("Look for duplicates"),
    "next_history": _("The record of every step; undo"),
    "forgotten": _("The import has ended. Its report is in the record of every step."),
}


def routes(site: Site) -> APIRouter:
    """The pages and their forms."""
    router, uploads = APIRouter(), Uploads(site.folder)

    @router.get("/import")
    def begin(request: Request) -> Response:
        return site.page(request, "import.html", WORDS, uploads=uploads.all(), sources=_sources(site), upload=None)

    @router.post("/import/upload")
    async def upload(request: Request) -> Response:
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            raise BadFile(
                _(
                    "These files are larger than {most} GB. Import them from a folder: crmetrics import FOLDER.",
                    most=LARGEST // 10**9,
                )
            )
        form = await request.form(max_files=MOST_FILES, max_fields=20)
        files = [each for each in form.getlist("files") if isinstance(each, UploadFile) and each.filename]
        if not files:
            raise BadFile(_("No file was chosen."))
        name = str(form.get("source", "")) or str(files[0].filename).split(".")[0]
        made = await run_in_threadpool(_kept, uploads, name, site.person(request).name, files)
        return RedirectResponse(f"/import/{made.number}", 303)

    _steps(router, site, uploads)
    return router


def _steps(router: APIRouter, site: Site, uploads: Uploads) -> None:
    @router.get("/import/{number}")
    def page(request: Request, number: int) -> Response:
        found = uploads.find(number)
        shown = _shown(uploads, found, site.format(request), site.may(request, "personal"))
        format = site.format(request)
        shown["wrong"] = say(site.told(request, found.wrong), format) if found.wrong else ""
        shown["left_out"] = [say(site.told(request, each), format) for each in found.left_out]
        may_clean = site.may(request, "clean")
        return site.page(
            request, "import.html", WORDS, upload=found, uploads=[], sources=[], may_clean=may_clean, **shown
        )

    @router.post("/import/{number}/{what}")
    def step(request: Request, number: int, what: str) -> Response:
        form = site.form(request)
        match what:
            case "answer":
                uploads.answer(number, {name: str(value) for name, value in form.items() if name != "csrf"})
            case "mapping":
                uploads.correct(number, str(form.get("mapping", "")).replace("\r\n", "\n"))
            case "start":
                uploads.start(number)
                site.note(request, "import", uploads.find(number).source)
            case "anew" | "again":
                uploads.look(number, is_anew=what == "anew")
            case "throw-away":
                uploads.throw_away(number)
                return RedirectResponse("/import", 303)
            case _:
                raise BadValue(_("'{what}' is not a step of an import.", what=what[:40]))
        return RedirectResponse(f"/import/{number}", 303)


def _kept(uploads: Uploads, name: str, by: str, files: list[UploadFile]) -> Upload:
    """Keep the files that were sent, and look through them; after an error nothing of them stays."""
    made = uploads.begin(name, by)
    try:
        for each in files:
            with uploads.place_of(made, str(each.filename)).open("wb") as target:
                shutil.copyfileobj(each.file, target, 1 << 20)
    except BaseException:
        uploads.throw_away(made.number)
        raise
    uploads.look(made.number)
    return made


def _sources(site: Site) -> list[tuple[str, int]]:
    """The sources that were imported so far, and how many imports of each."""
    from crmetrics.intake.history import history_of

    counted: dict[str, int] = {}
    for step in history_of(site.folder).led_here if site.has_data else ():
        if step.import_no:
            counted[step.source] = counted.get(step.source, 0) + 1
    return sorted(counted.items())


def _shown(uploads: Uploads, upload: Upload, format: Format, sees_personal: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "kinds": [],
        "questions": [],
        "unknown": [],
        "notes": [],
        "report": None,
        "mapping": upload.mapping,
    }
    shown["percent"] = format.percent(upload.share)
    proposal = uploads.proposal(upload.number)
    if proposal is not None:
        shown["kinds"] = [_kind(known, format, sees_personal) for known in proposal.known if known.found.own]
        shown["unknown"] = [known.shown for known in proposal.unknown]
        shown["notes"] = told_left_out(proposal, format)
        shown["questions"] = [
            (mark_of(each), told_question(_asked(each, sees_personal), format), each.is_yes_or_no, each.proposed)
            for each in proposal.questions()
        ]
        shown["mapping"] = proposal.text()
    report = uploads.report(upload.number)
    if report is not None:
        shown["report"] = report
        shown["tables"] = [
            (say(TABLES[name].label, format), format.count(rows))
            for name, rows in report.tables.items()
            if name in TABLES
        ]
        shown["aside"] = [_odd(each, format) for each in report.quarantined[:8]]
        shown["unread"] = say(not_read(report.unread), format) if report.unread else ""
        shown["odd"] = [_odd(each, format) for each in report.warnings[:8]]
        shown["of_files"] = [
            (each.name, *(format.count(n) for n in (each.read, each.kept, each.quarantined, each.merged)))
            for each in report.files
        ]
    return shown


def _odd(told: Told, format: Format) -> tuple[str, str]:
    """Where something was found and what, and in how many rows."""
    table = TABLES.get(told.table)
    column = table.column(told.column).label if table and table.has(told.column) else None
    where = " · ".join(say(each, format) for each in (table.label if table else None, column) if each)
    said = say(told.reason, format)
    return format.named(where, said) if where else said, format.count(told.rows)


def _asked(question: Question, sees_personal: bool) -> Question:
    """A question as who may not see personal data is asked it."""
    hides = question.doubt == "column" and not sees_personal and _is_personal(question.table, question.target)
    return replace(question, examples=("…",)) if hides else question


def _is_personal(table: str, target: str) -> bool:
    """Whether a canonical column tells of persons, or in a file may: where one stands for a person, a name is often his number."""
    if not TABLES[table].has(target):  # a part of a name
        return True
    column = TABLES[table].column(target)
    return column.personal is not None or column.references in PERSONS or (table in PERSONS and column.is_key)


def _kind(known: Known, format: Format, sees_personal: bool) -> dict[str, Any]:
    """One kind of file: its names, and for each column what it was understood as, such as, how sure.

    Who may not see personal data sees no values of columns that hold them, nor of those that are not used: they may.
    """
    visits = say(TABLES["deal_stages"].label, format)
    meant = {column: [(f"{visits} · {stage}", 1.0, False)] for column, stage in known.structure.stages.items()}
    for table, matches in known.found.tables.items():
        for match in matches:
            named = f"{say(TABLES[table].label, format)} · {say(label(table, match.target), format)}"
            for name in match.joined or (match.column,):
                is_personal = _is_personal(table, match.target)
                meant.setdefault(name, []).append((named, match.confidence, is_personal))
    lines = []
    for column in known.columns:
        told: list[tuple[str, float, bool]] = meant.get(column.name, [])
        is_shown = sees_personal or (told and not any(is_personal for *_told, is_personal in told))
        values = ", ".join(str(cell)[:30] for cell, _times in column.evidence.values[:SHOWN])
        least = min([confidence for _told, confidence, _is in told], default=1.0)
        lines.append(
            {
                "column": column.name,
                "means": [each for each, *_rest in told],
                "such_as": values if is_shown else "…" if values else "",
                "sure": format.percent(least, 0) if told else "",
                "is_sure": least >= SURE,
            }
        )
    tables = [say(TABLES[table].label, format) for table in known.found.tables]
    return {"files": known.files, "sheet": known.sheet or "", "tables": format.listed(tables), "lines": lines}
