"""Whatever happens to an import, the version that was current stays so, and nothing is left lying about."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from crmetrics.cli.app import command_line
from crmetrics.intake.history import history_of
from crmetrics.intake.imports import init_workspace, recover
from crmetrics.intake.lock import import_lock
from crmetrics.intake.rebuilding import rebuild
from crmetrics.vocabulary.errors import BadMapping, BadValue, Busy, NoSpace, UnknownName
from crmetrics.warehouse.versions import KEPT, Versions
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import read_settings

PEOPLE = """
    [source]
    name = "erp"
    kind = "delta"
    [files.people]
    match = "*.csv"
    key = ["id"]
    [customers]
    from = "people"
    customer_id = "id"
    name = "name"
"""
ROWS_KILLED = 5_000
"""So many rows stand in the file whose import is killed: each of its steps takes a while."""
MANY_IMPORTS = """
    import os
    import sys
    from pathlib import Path
    from crmetrics.intake.imports import import_sources
    for line in sys.stdin:
        if not (child := os.fork()):
            print(os.getpid(), flush=True)
            workspace, source, mapping = map(Path, line.rstrip().split("|"))
            import_sources(workspace, [source], mapping)
            os._exit(0)
        sys.stdin.readline()  # until then its number is nobody else's, even if it has ended
        os.waitpid(child, 0)
        print("ended", flush=True)
"""
ONE_IMPORT = """
    import sys
    from pathlib import Path
    from crmetrics.intake.imports import import_sources
    from crmetrics.vocabulary.errors import CrmetricsError
    {before}
    print("ready", flush=True)
    try:
        import_sources(Path(sys.argv[1]), [Path(sys.argv[2])], Path(sys.argv[3]))
    except CrmetricsError as error:
        print(type(error).__name__, error)
"""


def people(company, name, count, first=0):
    return company.write(
        name, "id,name\n" + "".join(f"C{number},Name {number}\n" for number in range(first, first + count))
    )


def in_a_process(company, source, before=""):
    script = textwrap.dedent(ONE_IMPORT).replace("{before}", before)
    mapping = company.mapping(PEOPLE)
    arguments = [str(company.workspace), str(company.exports / source), str(mapping)]
    return subprocess.Popen([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True)


def state(company):
    """The workspace's files without the lock, which is empty when nobody holds it."""
    return [name for name in company.files() if name != "import.lock"]


def customers(company):
    return company.rows("select count(*) from customers")[0][0]


@pytest.fixture
def importer():
    """A process that has read the product once and makes each import in a child of its own, started in no time."""
    script = [sys.executable, "-c", textwrap.dedent(MANY_IMPORTS)]
    with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


def begun(importer, company, source):
    """An import by a child: its process id, as soon as it starts."""
    places = (company.workspace, company.exports / source, company.mapping(PEOPLE))
    print(*places, sep="|", file=importer.stdin, flush=True)
    return int(importer.stdout.readline())


def ended(importer):
    """Wait for the end of the import that has begun."""
    print(file=importer.stdin, flush=True)
    return importer.stdout.readline() == "ended\n"


@pytest.mark.slow
def test_a_kill_at_twenty_moments_leaves_the_current_version_and_no_rubbish(company, tmp_path, importer):
    people(company, "1.csv", 50)
    company.take_in(PEOPLE, "1.csv")
    people(company, "2.csv", ROWS_KILLED, first=100)
    before = state(company)

    def a_copy(name):
        copy = type(company)(tmp_path / name)
        shutil.copytree(company.folder / "workspace", copy.workspace)
        shutil.copytree(company.exports, copy.exports)
        return copy

    whole = a_copy("whole")
    begun(importer, whole, "2.csv")
    started = time.monotonic()
    assert ended(importer)
    length = time.monotonic() - started
    assert customers(whole) == 50 + ROWS_KILLED
    finished = 0
    for moment in range(20):
        copy = a_copy(f"copy-{moment}")
        child = begun(importer, copy, "2.csv")
        time.sleep(length * (moment + 0.5) / 20)
        os.kill(child, signal.SIGKILL)
        assert ended(importer)
        # Either it had not yet published, and the old data stand, or it had, and the new ones do: whole in both cases.
        current = copy.versions.current().number
        assert customers(copy) == {1: 50, 2: 50 + ROWS_KILLED}[current]
        recover(Workspace(copy.workspace))
        assert current == 2 or state(copy) == before
        assert [name for name in state(copy) if ".part" in name] == []
        finished += current == 2
    assert finished < 20


@pytest.mark.parametrize("limit", [30_000, 400_000, 1_000_000])
def test_a_full_disk_is_told_and_changes_nothing(company, limit):
    people(company, "1.csv", 50)
    company.take_in(PEOPLE, "1.csv")
    before = state(company)
    people(company, "2.csv", 100_000, first=100)
    tight = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    told, _errors = in_a_process(company, "2.csv", tight).communicate(timeout=120)
    assert "NoSpace" in told
    assert "MB are free" in told
    assert (company.versions.current().number, customers(company)) == (1, 50)
    assert state(company) == before


def test_a_second_import_at_the_same_time_is_refused(company):
    people(company, "1.csv", 5)
    company.take_in(PEOPLE, "1.csv")
    with (company.workspace / "import.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711 2026-11-21 10:00:00+02:00")
        lock.flush()
        people(company, "2.csv", 5, first=100)
        with pytest.raises(Busy, match=r"process 4711, since 2026-11-21 10:00:00"):
            company.take_in(PEOPLE, "2.csv")
    assert company.take_in(PEOPLE, "2.csv").is_changed


def test_an_import_that_fails_leaves_nothing(company):
    people(company, "1.csv", 5)
    company.take_in(PEOPLE, "1.csv")
    before = state(company)
    people(company, "2.csv", 5, first=100)
    with pytest.raises(BadMapping):
        company.take_in(PEOPLE.replace('name = "name"', 'name = "nme"'), "2.csv")
    assert state(company) == before
    assert company.versions.current().number == 1


def test_what_a_killed_import_left_is_cleared_at_the_next_start(company):
    people(company, "1.csv", 5)
    company.take_in(PEOPLE, "1.csv")
    before = state(company)
    rubbish = {
        "versions/warehouse-000002.duckdb.part": b"half",
        "versions/warehouse-000002.duckdb.part.wal": b"half",
        "versions/warehouse-000003.duckdb": b"never read",
        "versions/warehouse-000003.json": b"{}",
        "versions/current.publishing": b"warehouse-000003.duckdb",
        "raw/erp/000002.part/people-1.parquet": b"half",
        "raw/other/000003.part/people-1.parquet": b"half",
        "spill/duckdb_temp_storage-0.tmp": b"half",
    }
    for name, content in rubbish.items():
        (company.workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (company.workspace / name).write_bytes(content)
    assert not company.take_in(PEOPLE, "1.csv").is_changed
    assert state(company) == before


def test_an_import_killed_right_after_publishing_keeps_its_raw_files(company):
    people(company, "1.csv", 5)
    company.take_in(PEOPLE, "1.csv")
    raw = company.workspace / "raw" / "erp" / "000001"
    raw.rename(raw.with_name("000001.part"))
    people(company, "2.csv", 5, first=100)
    company.take_in(PEOPLE, "2.csv")
    assert (raw / "manifest.json").is_file()
    assert customers(company) == 10


def test_rollback_takes_the_import_back(company):
    for number in (1, 2):
        people(company, f"{number}.csv", 5, first=100 * number)
        company.take_in(PEOPLE, f"{number}.csv")
    company.versions.rollback(1)
    assert customers(company) == 5
    people(company, "3.csv", 1, first=500)
    company.take_in(PEOPLE, "3.csv")
    assert customers(company) == 6  # without the file that was taken back
    assert company.take_in(PEOPLE, "2.csv").is_changed  # which can be imported again
    assert customers(company) == 11
    with pytest.raises(UnknownName, match="There is no version 99"):
        company.versions.rollback(99)


def test_old_versions_are_pruned_but_not_one_that_is_read(company):
    held = None
    for number in range(KEPT + 3):
        people(company, f"{number}.csv", 2, first=10 * number)
        report = company.take_in(PEOPLE, f"{number}.csv")
        if number == 0:
            reading = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print('open', flush=True); sys.stdin.read()"
            held = subprocess.Popen(
                [sys.executable, "-c", reading, str(report.version.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            held.stdout.readline()
    numbers = [version.number for version in company.versions.all()]
    held.communicate("")
    assert numbers == [8, 7, 6, 5, 4, 1]
    company.versions.prune()
    assert [version.number for version in company.versions.all()] == [8, 7, 6, 5, 4]
    company.versions.rollback(4)
    people(company, "99.csv", 2, first=990)
    company.take_in(PEOPLE, "99.csv")
    assert [version.number for version in company.versions.all()] == [9, 8, 7, 6, 5]


def test_a_reader_keeps_the_version_it_has_opened(company):
    people(company, "1.csv", 5)
    report = company.take_in(PEOPLE, "1.csv")
    with closing(duckdb.connect(str(report.version.path), read_only=True)) as reader:
        people(company, "2.csv", 5, first=100)
        company.take_in(PEOPLE, "2.csv")
        assert reader.execute("select count(*) from customers").fetchall() == [(5,)]
    assert customers(company) == 10


def test_a_folder_that_cannot_be_written_is_told(company):
    if os.geteuid() == 0:
        pytest.skip("the system's administrator may write everywhere")
    people(company, "1.csv", 5)
    company.workspace.mkdir()
    company.workspace.chmod(0o500)
    with pytest.raises(NoSpace, match="cannot be written"):
        company.take_in(PEOPLE, "1.csv")


def test_a_workspace_that_cannot_be_made_is_told(company, monkeypatch):
    def refused(path, *_given, **_named):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(NoSpace, match="cannot be written"):
        init_workspace(company.workspace)


def test_a_workspace_is_made_once(company):
    init_workspace(company.workspace, "uk")
    assert "# currency" in (company.workspace / "crmetrics.toml").read_text(encoding="utf-8")
    with pytest.raises(BadValue, match="is a workspace already"):
        init_workspace(company.workspace)
    people(company, "1.csv", 5)
    assert company.take_in(PEOPLE, "1.csv").is_changed
    assert read_settings(company.workspace / "crmetrics.toml").language == "uk"


@pytest.mark.parametrize("wrong", [OSError("Input/output error"), KeyboardInterrupt()])
def test_what_goes_wrong_behind_the_publishing_leaves_the_version_its_raw_rows(company, monkeypatch, wrong):
    people(company, "1.csv", 5)
    company.take_in(PEOPLE, "1.csv")
    people(company, "2.csv", 5, first=100)

    def refused(*_given):
        raise wrong

    monkeypatch.setattr(Versions, "prune", refused)
    if isinstance(wrong, OSError):  # an old version that cannot be removed: the import went well all the same
        assert company.take_in(PEOPLE, "2.csv").is_changed
    else:
        with pytest.raises(KeyboardInterrupt):
            company.take_in(PEOPLE, "2.csv")
    monkeypatch.undo()
    assert (company.versions.current().number, customers(company)) == (2, 10)
    assert [step.import_no for step in history_of(company.workspace).steps] == [2, 1]
    rebuild(company.workspace)  # from raw
    assert customers(company) == 10
    assert [name for name in state(company) if ".part" in name] == []


def test_a_child_that_began_meanwhile_does_not_hold_the_lock(company):
    company.workspace.mkdir()
    path = company.workspace / "import.lock"
    with import_lock(path):
        if not (child := os.fork()):
            time.sleep(60)
            os._exit(0)
    try:
        with import_lock(path):
            assert path.read_text(encoding="utf-8").startswith(f"{os.getpid()} ")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_no_version_is_put_back_while_another_is_made_on_top_of_the_current_one(company):
    for number in (1, 2):
        people(company, f"{number}.csv", 5, first=100 * number)
        company.take_in(PEOPLE, f"{number}.csv")
    asked = ["--workspace", str(company.workspace), "rollback"]
    with import_lock(company.workspace / "import.lock"):
        refused = CliRunner().invoke(command_line(lambda *_given: None), asked)
    assert (refused.exit_code, company.versions.current().number) == (1, 2)
    assert "Another import is at work" in refused.output
    assert CliRunner().invoke(command_line(lambda *_given: None), asked).exit_code == 0
    assert company.versions.current().number == 1
