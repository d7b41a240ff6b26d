"""A watched folder: what comes into it is imported once it is complete, and what cannot be is told and stays."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from threading import Event, Thread
from typing import Final

from sqlalchemy.exc import DBAPIError

from crmetrics.clean.mapping_file import read_mapping
from crmetrics.intake.history import BY
from crmetrics.intake.imports import import_sources
from crmetrics.intake.open_questions import check_answered
from crmetrics.intake.report import ImportReport, not_read
from crmetrics.vocabulary.errors import BadFile, BadMapping, Busy, CrmetricsError
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.spelling import file_name
from crmetrics.workspace.arrivals import Arrival, Arrivals, Outcome
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import read_settings, seconds_of
from crmetrics.workspace.state import open_state

_ = words("history")

LOG: Final = logging.getLogger("crmetrics.watch")
SETTLED: Final = 5.0
"""So many seconds a file must stay as it is before it counts as complete."""
EVERY: Final = 60.0
"""So many seconds pass at most from one look to the next, where the system does not tell of changes."""
UNFINISHED: Final = (".part", ".tmp", ".temp", ".partial", ".crdownload", ".download", ".filepart", ".swp", ".lock")
MAPPING: Final = "mapping.toml"

Told = Callable[[Arrival], None]
Stamp = tuple[int, int]


def watch(
    workspace: Path,
    folder: Path,
    stop: Event,
    told: Told,
    *,
    mapping: Path | None = None,
    every: float = EVERY,
    settled: float = SETTLED,
) -> None:
    """Import what comes into a folder until `stop` is set; `told` hears what became of every file.

    mapping  how the files are read; by default mapping.toml in the folder, else the one kept for the folder
    every    seconds from one look to the next at most; settled: seconds that a file must stay as it is
    Raises BadFile if the folder is not there. Whatever is wrong with files is told, and the watch goes on; so it does where
    the workspace cannot be read or written for a while, which is logged once.
    """
    if not folder.is_dir():
        raise _no_folder(folder)
    at_work = Watch(workspace, folder.resolve(), told, mapping, settled)
    looked, wrong = time.monotonic() - every, ""
    for is_changed in _ticks(folder, stop, min(every, settled)):
        now = time.monotonic()
        if is_changed or at_work.is_unsettled or now - looked >= every:
            looked = now
            try:
                at_work.look(now)
                wrong = ""
            except (CrmetricsError, OSError, DBAPIError) as error:  # the next look tries again
                if str(error) != wrong:
                    LOG.warning("%s: %s", folder, wrong := str(error))


@contextmanager
def watched(workspace: Path, told: Told) -> Iterator[None]:
    """Watch the folder that the settings name, if they name one, in the background for as long as this lasts.

    Raises BadFile if the folder is not there, BadValue for settings that cannot be read.
    """
    settings = read_settings(Workspace(workspace).settings)
    if not settings.watch:
        yield
        return
    folder = workspace / settings.watch
    if not folder.is_dir():
        raise _no_folder(folder)
    stop = Event()
    every = seconds_of(settings.watch_every)
    thread = Thread(target=lambda: watch(workspace, folder, stop, told, every=every), name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(1)


def _no_folder(folder: Path) -> BadFile:
    return BadFile(_("There is no folder '{folder}' to be watched.", folder=str(folder)))


def _ticks(folder: Path, stop: Event, seconds: float) -> Iterator[bool]:
    """Whether something has changed, at once when the system says so, else after so many seconds; polls where it cannot."""
    import watchfiles

    yield True
    wait = max(50, int(seconds * 1000))
    try:
        for changes in watchfiles.watch(
            folder, stop_event=stop, rust_timeout=wait, yield_on_timeout=True, raise_interrupt=True
        ):
            yield bool(changes)
    except (OSError, RuntimeError):  # a folder of another machine, or too many watches already
        while not stop.wait(seconds):
            yield True


@dataclass
class Watch:
    """One folder being watched; `look` is to be called again and again, with a clock that only goes forward."""

    workspace: Path
    folder: Path
    told: Told
    mapping: Path | None = None
    settled: float = SETTLED
    is_unsettled: bool = False
    _seen: dict[Path, tuple[Stamp, float]] = field(default_factory=dict)

    def look(self, now: float) -> None:
        """Look once, and import what is complete and new. `now`: seconds of any clock."""
        files = {path: _stamp(path) for path in self._files()}
        complete = [path for path, stamp in files.items() if stamp and self._is_settled(path, stamp, now)]
        self.is_unsettled = len(complete) < len(files)
        self._seen = {path: seen for path, seen in self._seen.items() if path in files}
        if self.is_unsettled or not complete:
            return  # the files of one export belong together: all are waited for
        with closing(open_state(self.workspace)) as state:
            arrivals = Arrivals(state)
            known = arrivals.known()
            new = [path for path in complete if not _is_known(path, known)]
            if not new:
                return
            failed = [path for path in complete if path not in new and known[str(path)].outcome == "failed"]
            for arrival in self._taken(complete, new, failed):
                arrivals.add(arrival)
                self.told(arrival)

    def _taken(self, complete: list[Path], new: list[Path], failed: list[Path]) -> Iterator[Arrival]:
        """Import everything at once; where that cannot be, file by file."""
        strange = [path for path in new if not self._is_called_so(path)]
        yield from (self._arrival(path, "passed over", _passed_over(path)) for path in strange)
        complete, new = [[path for path in paths if path not in strange] for paths in (complete, new)]
        if not new:
            return
        try:
            yield from self._outcomes([*new, *failed], self._import(complete))
            return
        except Busy:
            return  # the next look tries again
        except CrmetricsError as error:
            first = error
        good = [path for path in complete if path not in new and path not in failed]
        if len(new) == 1 and not failed:
            yield self._arrival(new[0], "failed", first)
            return
        for path in new:
            try:
                yield from self._outcomes([path], self._import([*good, path]))
                good.append(path)
            except Busy:
                continue
            except CrmetricsError as error:
                yield self._arrival(path, "failed", error)

    def _import(self, files: Sequence[Path]) -> ImportReport:
        return import_sources(self.workspace, list(files), self._mapping(), by=BY)

    def _mapping(self) -> Path:
        kept = self.workspace / "mappings" / f"{file_name(self.folder.resolve().name)}.toml"
        for path in (self.mapping, self.folder / MAPPING, kept):
            if path is not None and path.is_file():
                if path == kept:
                    check_answered(self.workspace, path)
                return path
        raise BadMapping(
            _(
                "Nothing says yet how files of '{folder}' are read. Import them once by hand: crmetrics import '{folder}'.",
                folder=str(self.folder),
            )
        )

    def _is_called_so(self, path: Path) -> bool:
        """Whether the mapping names a kind of file that is called like it; without a mapping everything may be one."""
        try:
            mapping = read_mapping(self._mapping(), "")
        except CrmetricsError:
            return True
        names = {
            path.name.lower(),
            path.name.lower().removesuffix(".gz"),
            path.relative_to(self.folder).as_posix().lower(),
        }
        patterns = [pattern.lower() for entry in mapping.entries.values() for pattern in entry.match]
        return _is_packed(path) or any(fnmatch(name, pattern) for name in names for pattern in patterns)

    def _outcomes(self, files: Sequence[Path], report: ImportReport) -> Iterator[Arrival]:
        """What became of files in an import that went well."""
        read = [*(file.name for file in report.files), *report.known]
        version = report.version.number if report.version and report.is_changed else None
        beside = {path.name for path in self._seen}
        packed = [name for name in report.unread if name not in beside]
        for path in files:
            if any(_is_of(name, path) for name in read) or _is_packed(path):
                lost = any(one.read and not one.kept + one.merged for one in report.files if _is_of(one.name, path))
                more = _held_more(packed) if packed and _is_packed(path) else None
                yield self._arrival(path, "taken", _unusable(path) if lost else more, version)
            else:
                yield self._arrival(path, "passed over", _passed_over(path))

    def _arrival(
        self, path: Path, outcome: Outcome, error: CrmetricsError | None = None, version: int | None = None
    ) -> Arrival:
        # As it was before it was read: what has changed since is another file, to be read again.
        size, changed = self._seen[path][0]
        return Arrival(str(path), size, changed, outcome, error.message if error else None, version)

    def _files(self) -> list[Path]:
        return sorted(
            path for path in self.folder.rglob("*") if _counts(path.relative_to(self.folder)) and path.is_file()
        )

    def _is_settled(self, path: Path, stamp: Stamp, now: float) -> bool:
        """Whether a file was seen to stay as it is for long enough. Its own moment of change says nothing: some copiers set
        it to that of the original before they have written it all."""
        before = self._seen.get(path)
        if before is None or before[0] != stamp:
            self._seen[path] = (stamp, now)
            return self.settled <= 0
        return now - before[1] >= self.settled


def _counts(path: Path) -> bool:
    """Whether a file may be an export: not hidden, not on its way, not the lock of an office program, not a mapping."""
    hidden = any(part.startswith((".", "~$")) for part in path.parts)
    return not hidden and path.suffix.lower() not in UNFINISHED and path.suffix.lower() != ".toml"


def _stamp(path: Path) -> Stamp | None:
    try:
        told = path.stat()
    except FileNotFoundError:  # it went while the folder was looked through
        return None
    return told.st_size, told.st_mtime_ns


def _is_known(path: Path, known: dict[str, Arrival]) -> bool:
    before = known.get(str(path))
    return before is not None and (before.size, before.changed) == _stamp(path)


def _is_of(name: str, path: Path) -> bool:
    """Whether a name that an import tells is that of a file, or of a sheet of it."""
    return f"/{name}".endswith(f"/{path.name}") or f"/{path.name} [" in f"/{name}"


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".zip"  # what is in it bears other names


def _passed_over(path: Path) -> CrmetricsError:
    return BadFile(
        _(
            "Not read: {file}: no table of the mapping names it. To have it read, import it from a folder of its own, or have "
            "the watched folder looked through anew.",
            file=path.name,
        )
    )


def _held_more(unread: Sequence[str]) -> CrmetricsError:
    """What a .zip file held beside the files of the mapping: those outside are told each for itself."""
    return BadFile(not_read(unread))


def _unusable(path: Path) -> CrmetricsError:
    return BadFile(_("No row of '{file}' could be used. crmetrics check says why.", file=path.name))
