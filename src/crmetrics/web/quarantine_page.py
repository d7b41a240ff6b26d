"""What was set aside: looked at, taken away to be corrected, brought back."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from crmetrics.intake.checking import OddRow, check_of
from crmetrics.intake.correcting import take_workbook
from crmetrics.intake.quarantine import current_of, set_aside
from crmetrics.intake.report import Told
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.quarantine import as_workbook
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.schema import TABLES
from crmetrics.web.admission import Rights
from crmetrics.web.files import XLSX, saved_as
from crmetrics.web.history_page import WORDS as OF_WORK
from crmetrics.web.site import Place, Site
from crmetrics.web.works import Progress

_ = words("upkeep")

PLACE: Final = Place("/quarantine", _("What was set aside"), 42, "clean", group="upkeep")
RIGHTS: Final[Rights] = dict.fromkeys(("/quarantine", "/quarantine/corrected", "/quarantine/rows.xlsx"), "clean")
LARGEST: Final = 100_000_000
EXAMPLES: Final = 5

WORDS: Final[dict[str, Message]] = {
    **OF_WORK,
    "quarantine": PLACE.title,
    "quarantine_sub": _(
        "Rows that could not be used, each with its file, row, column and value. Nothing of them is lost."
    ),
    "take": _("Take them away as a workbook"),
    "bring": _("Bring the corrected workbook back"),
    "bring_sub": _(
        "Correct the cells in the workbook, and send it here. Only what you changed is taken; it can be taken back."
    ),
    "file": _("File"),
    "row": _("Row"),
    "column": _("Column"),
    "value": _("Value"),
    "send": _("Send"),
    "nothing": _("Nothing stands in quarantine."),
    "odd": _("Kept, but odd"),
    "rows": _("{n} row", "{n} rows"),
}


def routes(site: Site) -> APIRouter:
    """The page, the workbook and its way back."""
    router = APIRouter()

    @router.get("/quarantine")
    def page(request: Request) -> Response:
        report, format = check_of(current_of(site.folder), EXAMPLES), site.format(request)
        site.saw(request, "quarantine")
        return site.page(
            request,
            "quarantine.html",
            WORDS,
            aside=[_told(told, rows, format) for told, rows in report.quarantined],
            odd=[_told(told, rows, format) for told, rows in report.warnings],
            work=site.work(request),
        )

    @router.get("/quarantine/rows.xlsx")
    def workbook(request: Request) -> Response:
        content = as_workbook(set_aside(site.folder), site.format(request))
        site.note(request, "export", "quarantine")
        return Response(content, media_type=XLSX, headers=saved_as("quarantine", "xlsx"))

    @router.post("/quarantine/corrected")
    async def corrected(request: Request) -> Response:
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            raise BadFile(_("This is larger than a workbook of corrections can be."))
        form = await request.form(max_files=1, max_fields=5)
        sent = form.get("file")
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise BadFile(_("No file was chosen."))
        await run_in_threadpool(_begin, site, request, sent)
        return RedirectResponse("/quarantine", 303)

    return router


def _begin(site: Site, request: Request, sent: UploadFile) -> None:
    folder = Path(tempfile.mkdtemp(prefix="corrected-", dir=site.folder))
    path, person = folder / "corrected.xlsx", site.person(request).name

    def work(progress: Progress) -> Message:
        try:
            taken = take_workbook(site.folder, path, by=person, progress=progress)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        told = _("{n} row corrected", "{n} rows corrected", n=taken.corrected)
        if taken.problems:
            first = taken.problems[0]
            return _(
                "{corrected}; {left} still cannot be used. The first: {reason}",
                corrected=told,
                left=len(taken.problems),
                reason=first.reason,
            )
        return _("{corrected}.", corrected=told)

    try:
        with path.open("wb") as target:
            shutil.copyfileobj(sent.file, target)
        site.begin(request, _("Corrections are taken"), work, "decision", "quarantine")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _label(table: str, column: str, format: Format) -> str:
    """What a canonical column is called; of a row that no table could take it is a column of its file."""
    is_canonical = table in TABLES and TABLES[table].has(column)
    return say(TABLES[table].column(column).label, format) if is_canonical else column


def _told(told: Told, rows: tuple[OddRow, ...], format: Format) -> dict[str, object]:
    table = TABLES.get(told.table)
    column = _label(told.table, told.column, format) if table and table.has(told.column) else ""
    where = " · ".join(each for each in (say(table.label, format) if table else "", column) if each)
    return {
        "where": where,
        "reason": say(told.reason, format),
        "rows": told.rows,
        "examples": [
            (each.file, each.row, _label(told.table, each.column, format), each.value, say(each.reason, format))
            for each in rows
        ],
    }
