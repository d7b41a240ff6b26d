"""Files that people send by their browser: kept until they are imported, looked through, asked about, imported.

    <workspace>/uploads/<number>/files/<source>/...   the files as they were sent
    <workspace>/uploads/<number>/step.json            how far it is; it survives a restart, as do the answers given

The folder goes when its import has been published (raw rows are kept elsewhere) or when it is thrown away.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final, Literal

from crmetrics.clean.mapping_file import parse_mapping
from crmetrics.clean.understanding.known import Question
from crmetrics.clean.understanding.proposal import Proposal
from crmetrics.intake.imports import import_sources
from crmetrics.intake.open_questions import check_answered
from crmetrics.intake.report import ImportReport
from crmetrics.intake.understanding import check_understood, understand
from crmetrics.vocabulary.errors import BadFile, BadValue, CrmetricsError, UnknownName
from crmetrics.vocabulary.language import Message, read_back, words, written
from crmetrics.warehouse.disk import replace as replace_file
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import read_settings

_ = words("wizard")

State = Literal["sent", "looking", "understood", "importing", "done", "failed"]
LARGEST: Final = 2_000_000_000
"""Bytes of one upload in all. Larger files are imported from a folder of the machine."""
MOST_FILES: Final = 200
INTERRUPTED: Final = _("The work was interrupted. Nothing was changed; begin it again.")
_SOURCE: Final = re.compile(r"[\w-]{1,60}")


@dataclass(frozen=True, slots=True)
class Upload:
    """How far one upload is. `share` is that of the work at hand, 0 to 1; `wrong` why it failed; `left_out` what is wrong with
    files that are no table."""

    number: int
    source: str
    by: str
    at: str
    state: State = "sent"
    doing: str = ""
    share: float = 0.0
    answers: tuple[tuple[str, str], ...] = ()
    mapping: str = ""
    wrong: Message | None = None
    left_out: tuple[Message, ...] = ()


@dataclass
class Uploads:
    """The uploads of a workspace, worked on one after the other in the background."""

    workspace: Path
    _proposals: dict[int, Proposal] = field(default_factory=dict)
    _reports: dict[int, ImportReport] = field(default_factory=dict)
    _at_work: set[int] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    @property
    def folder(self) -> Path:
        """Where they are kept."""
        return self.workspace / "uploads"

    def all(self) -> list[Upload]:
        """Those that are not ended, the newest first."""
        numbers = [int(path.parent.name) for path in self.folder.glob("[0-9]*/step.json")]
        return [self.find(number) for number in sorted(numbers, reverse=True)]

    def find(self, number: int) -> Upload:
        """One of them; UnknownName if there is none. What was at work when the machine stopped has failed."""
        try:
            told = json.loads(self._step(number).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UnknownName(_("There is no upload {number}.", number=number)) from None
        told["wrong"] = read_back(told["wrong"]) if told["wrong"] else None
        told["answers"] = tuple(map(tuple, told["answers"]))
        told["left_out"] = tuple(read_back(each) for each in told["left_out"] if isinstance(each, dict))
        upload = Upload(**told)
        if upload.state in ("looking", "importing") and number not in self._at_work:
            return self._keep(replace(upload, state="failed", wrong=INTERRUPTED))
        return upload

    def begin(self, source: str, by: str) -> Upload:
        """A new upload for a source. BadValue for a name that no source can have."""
        name = re.sub(r"[^\w-]+", "_", source.strip()).strip("_") or "files"
        if not _SOURCE.fullmatch(name):
            raise BadValue(_("'{name}' is no name for a source: letters, digits, - and _ will do.", name=source[:60]))
        with self._lock:
            number = max([0, *(int(path.name) for path in self.folder.glob("[0-9]*") if path.name.isdigit())]) + 1
            self.files(number, name).mkdir(parents=True)
        return self._keep(Upload(number, name, by, datetime.now(UTC).isoformat(timespec="seconds")))

    def files(self, number: int, source: str) -> Path:
        """The folder of the files of an upload."""
        return self.folder / str(number) / "files" / source

    def place_of(self, upload: Upload, name: str) -> Path:
        """Where a file that was sent under a name is written. BadFile for a name that is none, or one too many."""
        plain = name.replace("\\", "/").rpartition("/")[2].strip().lstrip(".")
        if not plain or not plain.isprintable() or len(plain.encode()) > 200:
            raise BadFile(_("'{name}' is no name for a file.", name=name[:80]))
        folder = self.files(upload.number, upload.source)
        if len(list(folder.iterdir())) >= MOST_FILES:
            raise BadFile(_("These are more than {most} files. Pack them into one .zip.", most=MOST_FILES))
        if (folder / plain).exists():
            raise BadFile(_("Two files are called '{name}'. Rename one.", name=plain))
        return folder / plain

    def proposal(self, number: int) -> Proposal | None:
        """What was understood, with the answers given so far; looked through anew after a restart."""
        upload = self.find(number)
        if upload.state != "understood" or upload.mapping:
            return None
        if number not in self._proposals:
            self._understand(upload, lambda name, share: None)
        return _after(self._proposals[number], upload.answers)

    def report(self, number: int) -> ImportReport | None:
        """What the import did, while it is remembered."""
        return self._reports.get(number)

    def look(self, number: int, *, is_anew: bool = False) -> None:
        """Find out what the files are, in the background. With the mapping that the source has already nothing is asked;
        `is_anew` they become a source of their own, so that nothing which was imported before is lost."""
        if self.find(number).state in ("sent", "understood", "failed"):
            self._proposals.pop(number, None)
            self._work(number, "looking", lambda upload, progress: self._look(upload, progress, is_anew))

    def answer(self, number: int, answers: Mapping[str, str]) -> None:
        """Answer questions, by their marks (`mark_of`): yes, no or a text. Unknown marks are passed over."""
        upload, proposal = self.find(number), self.proposal(number)
        if proposal is None:
            return
        asked = {mark_of(question): question for question in proposal.questions()}
        told = [(mark, value.strip()) for mark, value in answers.items() if mark in asked and value.strip()]
        for mark, value in told:
            if not asked[mark].is_yes_or_no and not re.fullmatch("[A-Za-z]{3}", value):
                raise BadValue(_("'{value}' is not a currency. Write three letters, such as EUR.", value=value[:20]))
        self._keep(replace(upload, answers=(*upload.answers, *told)))

    def correct(self, number: int, text: str) -> None:
        """Have the files read by this mapping, which a person has corrected. BadMapping where it cannot be one."""
        upload = self.find(number)
        parse_mapping(Path(f"{upload.source}.toml"), text, upload.source)
        self._keep(replace(upload, mapping=text))

    def start(self, number: int) -> None:
        """Import it, in the background. BadValue while there are open questions."""
        upload, proposal = self.find(number), self.proposal(number)
        questions = proposal.questions() if proposal else []
        if questions:
            raise BadValue(_("{n} question is still open.", "{n} questions are still open.", n=len(questions)))
        text = upload.mapping or (proposal.text() if proposal else "")
        if upload.state != "understood" or not text:
            raise BadValue(_("Upload {number} is not ready to be imported.", number=number))
        self._work(number, "importing", lambda one, progress: self._import(one, text, progress))

    def throw_away(self, number: int) -> None:
        """Forget an upload with its files. BadValue while it is at work."""
        if number in self._at_work:
            raise BadValue(_("Upload {number} is being worked on. Wait until it has ended.", number=number))
        self.find(number)
        shutil.rmtree(self.folder / str(number), ignore_errors=True)
        self._proposals.pop(number, None)
        self._reports.pop(number, None)

    def _look(self, upload: Upload, progress: Callable[[str, float], None], is_anew: bool) -> Upload:
        kept, tried = self._kept_mapping(upload.source), _text_of(self._tried_path(upload))
        if (tried or kept) and not is_anew:
            return replace(upload, state="understood", mapping=tried or kept)
        if kept:
            upload = self._as_another_source(upload)
        errors = self._understand(upload, progress)
        left_out = tuple(error.message for error in errors)
        return replace(upload, state="understood", mapping="", answers=(), left_out=left_out)

    def _as_another_source(self, upload: Upload) -> Upload:
        """The upload under a name that no source has: another mapping of the same source would leave out what it brought so far."""
        number = 2
        while self._mapping_path(f"{upload.source}_{number}").exists():
            number += 1
        renamed = replace(upload, source=f"{upload.source}_{number}")
        self.files(upload.number, upload.source).rename(self.files(upload.number, renamed.source))
        return renamed

    def _understand(self, upload: Upload, progress: Callable[[str, float], None]) -> Sequence[CrmetricsError]:
        place = Workspace(self.workspace)
        place.make()
        proposal, errors = understand([self.files(upload.number, upload.source)], place.spill, progress)
        check_understood(proposal)
        settings = read_settings(place.settings)
        self._proposals[upload.number] = replace(proposal, source=upload.source, currency=settings.currency)
        return errors

    def _import(self, upload: Upload, text: str, progress: Callable[[str, float], None]) -> Upload:
        # Read from beside the files: what is kept for the next import is a mapping that one went well with.
        tried = self._tried_path(upload)
        replace_file(tried, text, tried.name + ".part")
        files = self.files(upload.number, upload.source)
        self._reports[upload.number] = import_sources(self.workspace, [files], tried, progress=progress, by=upload.by)
        kept = self._mapping_path(upload.source)
        kept.parent.mkdir(parents=True, exist_ok=True)
        replace_file(kept, text, kept.name + ".part")
        shutil.rmtree(files.parent, ignore_errors=True)
        return replace(upload, state="done", mapping="")

    def _kept_mapping(self, source: str) -> str:
        """The mapping by which a source is read; blank if it has none, or one with questions that nobody has answered."""
        path = self._mapping_path(source)
        try:
            check_answered(self.workspace, path)
        except (FileNotFoundError, BadValue):
            return ""
        return _text_of(path)

    def _mapping_path(self, source: str) -> Path:
        return self.workspace / "mappings" / f"{source}.toml"

    def _tried_path(self, upload: Upload) -> Path:
        return self.folder / str(upload.number) / f"{upload.source}.toml"

    def _work(self, number: int, state: State, work: Callable[[Upload, Callable[[str, float], None]], Upload]) -> None:
        with self._lock:
            if number in self._at_work:
                return
            self._at_work.add(number)
        upload = self._keep(replace(self.find(number), state=state, share=0.0, doing="", wrong=None))

        told = [("", -1)]

        def progress(name: str, share: float) -> None:
            if told[0] != (name, round(share * 50)):  # each telling is a write that reaches the disk
                told[0] = (name, round(share * 50))
                self._keep(replace(upload, doing=name, share=share))

        def run() -> None:
            ended = replace(upload, state="failed", wrong=INTERRUPTED)  # also after a fault of ours
            try:
                ended = work(upload, progress)
            except CrmetricsError as error:
                ended = replace(upload, state="failed", wrong=error.message)
            except OSError as error:
                told = _("The machine could not do it: {problem}.", problem=str(error))
                ended = replace(upload, state="failed", wrong=told)
            finally:
                self._keep(ended)
                with self._lock:
                    self._at_work.discard(number)

        Thread(target=run, name=f"upload-{number}", daemon=True).start()

    def _step(self, number: int) -> Path:
        return self.folder / str(number) / "step.json"

    def _keep(self, upload: Upload) -> Upload:
        told: dict[str, Any] = asdict(replace(upload, wrong=None, left_out=()))
        told["wrong"] = None if upload.wrong is None else written(upload.wrong)
        told["left_out"] = [written(each) for each in upload.left_out]
        path = self._step(upload.number)
        if path.parent.is_dir():
            replace_file(path, json.dumps(told, ensure_ascii=False), path.name + ".part")
        return upload


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def mark_of(question: Question) -> str:
    """What tells a question from the others of its upload, now and after a restart."""
    return "|".join((question.entry, question.doubt, question.table, question.target))


def _after(proposal: Proposal, answers: Sequence[tuple[str, str]]) -> Proposal:
    """The proposal after the answers, in the order in which they were given."""
    for mark, value in answers:
        question = next((each for each in proposal.questions() if mark_of(each) == mark), None)
        if question is not None:
            proposal = proposal.after(question, value == "yes" if question.is_yes_or_no else value.upper())
    return proposal
