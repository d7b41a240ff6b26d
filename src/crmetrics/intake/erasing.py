"""A person is erased: in raw files, tables, quarantine, decisions, versions and copies inside the workspace.

What stays are anonymous rows that figures are made of, and a record that somebody was erased, when and by whom. Its
prints are one-way: with them a later import of the same files is kept from bringing the person back, and nothing else.
"""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import duckdb

from crmetrics.collect.sources import fingerprint
from crmetrics.intake.forgetting import KEY, erased, forget_all, pattern_of, raw_sources, scrub_text
from crmetrics.intake.lock import import_lock
from crmetrics.intake.person import Person, current_of, person_of
from crmetrics.intake.rebuilding import rebuild_locked, room_of
from crmetrics.intake.recovery import recover, resources
from crmetrics.intake.standing import standing_decisions
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.warehouse.versions import Version, Versions
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import read_settings

if TYPE_CHECKING:
    from crmetrics.clean.personal import Prints
    from crmetrics.intake.forgetting import RawFile
    from crmetrics.workspace.decisions import Decision

Progress = Callable[[str, float], None]

OWN: Final = frozenset(("raw", "versions", "history", "spill", "mappings"))
"""Folders of a workspace that hold no copies of files."""
EXPORTS: Final = "exports"
"""The folder of a workspace whose files are copies; all others may be somebody's own, and are only told of."""
UNREADABLE: Final = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    RuntimeError,
    NotImplementedError,
)
"""What a packed file that is damaged, locked with a password or packed in another way is told by."""
BLOCK: Final = 1 << 20
ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be", "cp1254", "cp1251", "gb18030")


@dataclass(frozen=True)
class Erasure:
    """What was, or would be, erased.

    person   who that is; after it was done only the ids that stand for him or her now
    files    copies in the exports of the workspace that hold the person, and go
    outside  files elsewhere that hold the person, and imported ones by their names: whoever keeps them must see to them
    dropped  numbers of versions that are gone
    """

    person: Person
    files: tuple[Path, ...]
    outside: tuple[str, ...]
    dropped: tuple[int, ...] = ()
    version: Version | None = None


def look(workspace: Path, customer_id: str) -> Erasure:
    """What would be erased, to be shown before it is done. Raises NoWorkspace, UnknownName."""
    place = Workspace(workspace)
    person = person_of(workspace, customer_id)
    return _looked(place, person, _telling(place, person))


def erase(
    workspace: Path, customer_id: str, *, by: str = "administrator", progress: Progress = lambda name, share: None
) -> Erasure:
    """Erase a person. It cannot be taken back.

    A reader of an earlier version finishes its question; then that version is gone. One that was killed is finished by
    asking for it again. Errors: NoWorkspace, UnknownName, Busy, NoSpace, and those of `rebuild`.
    """
    place = Workspace(workspace)
    with room_of(place), import_lock(place.lock):
        recover(place)
        person = _person(place, customer_id)
        texts = _telling(place, person)
        looked, pattern = _looked(place, person, texts), pattern_of(texts)
        decisions, prints = _decide(place, person, by)
        room = resources(place, read_settings(place.settings))
        progress("raw", 0.0)
        ids = [id_ for _table, id_ in person.ids]
        corrections = _corrections(place, prints, decisions)
        forget_all(place, prints, room, pattern, ids, standing_decisions(place))
        _forget_state(place, person, prints, pattern, {each.number for each in corrections})
        progress("versions", 0.5)
        version = rebuild_locked(place, standing_decisions(place), progress, "", by=by, is_forgotten=True)
        dropped = _drop_versions(place, version)
        for path in (*place.history.glob("*.json"), *(place.folder / "mappings").glob("*.toml")):
            scrub_text(path, pattern)
        for path in looked.files:
            path.unlink(missing_ok=True)
    return Erasure(person, looked.files, looked.outside, dropped, version)


def _person(place: Workspace, customer_id: str) -> Person:
    """Who is meant; of one whose erasure was begun and not ended there is only the id."""
    try:
        return person_of(place.folder, customer_id)
    except UnknownName:
        found = erased(place, standing_decisions(place))
        if found is None or found.of("customers", customer_id) not in found.known.get("customers", frozenset()):
            raise
        return Person(customer_id, frozenset({("customers", customer_id)}), frozenset(), {})


def _decide(place: Workspace, person: Person, by: str) -> tuple[tuple[Decision, ...], Prints]:
    """Keep that the person is erased, before anything is touched: whatever happens then, it can be finished."""
    from crmetrics.workspace.decisions import Decision, Decisions
    from crmetrics.workspace.keys import key_of
    from crmetrics.workspace.state import open_state

    with closing(open_state(place.folder)) as state:
        prints = person.prints(key_of(state, KEY))
        decisions = Decisions(state)
        known = {print_ for each in decisions.standing("erase") for print_ in each.about["prints"]}
        told: list[dict[str, Any]] = [
            {"table": table, "prints": sorted(found)} for table, found in sorted(prints.known.items())
        ]
        if rows := _by_correction(place, prints):
            told.append({"table": "rows", "prints": sorted(rows), "rows": rows})
        decisions.add(*(Decision("erase", each, by) for each in told if not known.issuperset(each["prints"])))
        return decisions.all(), prints


def _by_correction(place: Workspace, prints: Prints) -> dict[str, dict[str, str]]:
    """The rows that are the person's by a corrected id, by their prints: in a later file they will stand without it."""
    standing = standing_decisions(place)
    found: dict[str, dict[str, str]] = {}
    with closing(duckdb.connect(":memory:")) as connection:
        for source in raw_sources(place):
            people = source.looked_through(connection, prints, standing)
            for file in source.files:
                found |= {
                    prints.of("rows", row): ids for row, ids in people.by_correction(file.entry, file.path).items()
                }
    return found


def _telling(place: Workspace, person: Person) -> list[str]:
    """The texts that tell who the person is wherever they stand: e-mails, phones, tax numbers and full names that are nobody
    else's."""
    candidates = sorted(text for text in person.texts if _is_telling(text))
    with closing(duckdb.connect(str(current_of(place).path), read_only=True)) as connection:
        shared = {text for text in candidates if _is_shared(connection, text, person)}
    return [text for text in candidates if text not in shared]


def _is_telling(text: str) -> bool:
    digits = sum(sign.isdigit() for sign in text)
    is_han = any("一" <= sign <= "鿿" for sign in text)
    return "@" in text or digits >= 7 or (len(text.split()) > 1 and len(text) >= 5) or (is_han and len(text) >= 3)


def _is_shared(connection: duckdb.DuckDBPyConnection, text: str, person: Person) -> bool:
    """Whether another person has the same name, e-mail, phone or tax number."""
    from crmetrics.clean.personal import PEOPLE
    from crmetrics.warehouse.schema import TABLES, Personal

    for table, key in {**PEOPLE, "employees": "employee_id"}.items():
        there = {
            str(name)
            for (name,) in connection.execute(
                "select column_name from duckdb_columns() where schema_name = 'main' and table_name = $table",
                {"table": table},
            ).fetchall()
        }
        names = [
            column.name
            for column in TABLES[table].columns
            if column.personal == Personal.NAMES and column.name in there
        ]
        own = [id_ for of, id_ in person.ids if of == table]
        if (
            names
            and connection.execute(
                f"select 1 from {table} where not list_contains($own, {key}) and "
                f"({' or '.join(f'lower({name}) = lower($text)' for name in names)}) limit 1",
                {"own": own, "text": text},
            ).fetchall()
        ):
            return True
    return False


def _looked(place: Workspace, person: Person, texts: Sequence[str]) -> Erasure:
    """The copies of files that hold the person: those inside the workspace, and what was imported from elsewhere."""
    holding = {file.sha256: file.name for file in _holding(place, person.prints(""))}
    files: list[Path] = []
    outside: list[Path] = []
    inside: set[str] = set()
    for path in _copies(place):
        sha256 = fingerprint(path)
        try:
            is_held = sha256 in holding or _holds(path, texts)
        except UNREADABLE:  # whoever keeps it must look himself: it is not removed, for nobody knows what it is
            outside.append(path)
            continue
        if is_held:
            is_copy = path.relative_to(place.folder).parts[0] == EXPORTS
            (files if is_copy else outside).append(path)
            inside.add(sha256)
    names = {str(path.relative_to(place.folder)) for path in outside}
    names |= {name for sha256, name in holding.items() if sha256 not in inside}
    return Erasure(person, tuple(files), tuple(sorted(names)))


def _holding(place: Workspace, prints: Prints) -> Iterator[RawFile]:
    """The raw files with rows about the person."""
    standing = standing_decisions(place)
    with closing(duckdb.connect(":memory:")) as connection:
        for source in raw_sources(place):
            people = source.looked_through(connection, prints, standing)
            yield from (file for file in source.files if people.numbers(file.entry, file.path))


def _copies(place: Workspace) -> Iterator[Path]:
    """Files inside the workspace that are not the product's own."""
    own = {place.settings, place.lock, *(place.state.with_name(place.state.name + end) for end in ("", "-wal", "-shm"))}
    for path in sorted(place.folder.rglob("*")):
        inside = path.relative_to(place.folder).parts[0]
        if path.is_file() and inside not in OWN and path not in own:
            yield path


def _holds(path: Path, texts: Sequence[str]) -> bool:
    """Whether a file holds one of the texts, in any usual encoding, packed or not. Raises one of UNREADABLE."""
    wanted = [one for text in texts for one in _encoded(text)]
    longest = max(map(len, wanted), default=0)
    for content in _contents(path) if wanted else ():
        before = b""
        while block := content.read(BLOCK):
            before = before[-longest:] + block
            if any(one in before for one in wanted):
                return True
    return False


def _encoded(text: str) -> set[bytes]:
    found = set()
    for encoding in ENCODINGS:
        try:
            found.add(text.encode(encoding))
        except UnicodeEncodeError:
            continue
    return found


def _contents(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    with path.open("rb") as file:
        yield file
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    yield member
    elif path.suffix == ".gz":
        with gzip.open(path) as unpacked:
            yield unpacked


def _corrections(place: Workspace, prints: Prints, decisions: Sequence[Decision]) -> list[Decision]:
    """The corrections of rows that are about the people."""
    corrections = [each for each in decisions if each.kind == "correct" and each.about.get("sha256")]
    if not corrections:
        return []
    rows: dict[tuple[str, str, str], set[int]] = {}
    standing = [each for each in decisions if each.undone_at is None]
    with closing(duckdb.connect(":memory:")) as connection:
        for source in raw_sources(place):
            people = source.looked_through(connection, prints, standing)
            for file in source.files:
                rows[source.name, file.entry, file.sha256] = people.numbers(file.entry, file.path)
    return [each for each in corrections if int(each.about["row"]) in rows.get(_file_of(each), set())]


def _file_of(correction: Decision) -> tuple[str, str, str]:
    about = correction.about
    return str(about["source"]), str(about["entry"]), str(about["sha256"])


def _forget_state(place: Workspace, person: Person, prints: Prints, pattern: str, corrections: set[int]) -> None:
    from crmetrics.workspace.forgetting import forget
    from crmetrics.workspace.state import open_state

    with closing(open_state(place.folder)) as state:
        ids = {(table, id_): prints.of(table, id_) for table, id_ in person.ids}
        forget(state, pattern, ids, corrections)


def _drop_versions(place: Workspace, version: Version) -> tuple[int, ...]:
    """Remove every version from before; whoever reads one keeps it to the end of the question, though its name is gone."""
    versions = Versions(place.versions)
    old = [one.number for one in versions.all() if one.number != version.number]
    versions.drop(*old)
    return tuple(sorted(old))
