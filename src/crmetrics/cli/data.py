"""Getting data in, looking at what became of it, and going back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crmetrics.cli.workspace import Here, in_workspace
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words

if TYPE_CHECKING:
    from crmetrics.intake.finding import Source

_ = words("cli")


class Progress:
    """Shows what an import is doing: one line on a terminal, a line a step elsewhere. Nothing for what takes no time."""

    def __init__(self) -> None:
        self._is_live = sys.stderr.isatty()
        self._last = ""

    def __call__(self, step: str, fraction: float) -> None:
        """Show a step and how far it is (0-1)."""
        line = f"{step} {fraction:4.0%}"
        if self._is_live:
            click.echo(f"\r\033[K{line}", nl=False, err=True)
        elif fraction >= 1 and step != self._last:
            click.echo(step, err=True)
            self._last = step

    def end(self) -> None:
        """Clear the line."""
        if self._is_live:
            click.echo("\r\033[K", nl=False, err=True)


class SourceType(click.ParamType[Any]):
    """A file or folder, or the address of a database."""

    name = "source"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Source:
        """The source that a text names."""
        from crmetrics.collect.servers.address import is_address, read_address

        text = str(value)
        return read_address(text) if is_address(text) else Path(text)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@in_workspace
def init(here: Here, folder: Path) -> None:
    """Make a workspace in the folder DIR: its settings stand in crmetrics.toml. A language named here is kept there."""
    from crmetrics.intake.imports import init_workspace

    init_workspace(folder, here.language or "")
    click.echo(
        here.say(
            _(
                "The workspace is ready: {folder}. Import with: crmetrics --workspace {folder} import SOURCE --mapping FILE",
                folder=str(folder),
            )
        )
    )


@click.command("import")
@click.argument("sources", nargs=-1, metavar="SOURCE...", type=SourceType())
@click.option(
    "--mapping",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The mapping file (default: mapping.toml beside the source; without one, the files are looked through).",
)
@click.option("--propose", is_flag=True, help="Only find out what the files are, and write the mapping.")
@click.option("--currency", default="", metavar="CODE", help="Currency of amounts that name none, such as EUR.")
@click.option(
    "--watch",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Go on importing what comes into a folder, until stopped.",
)
@click.option(
    "--every",
    default="1m",
    show_default=True,
    metavar="TIME",
    help="With --watch: look at least so often (30s, 15m, 2h).",
)
@in_workspace
def import_(
    here: Here,
    sources: tuple[Source, ...],
    mapping: Path | None,
    propose: bool,
    currency: str,
    watch: Path | None,
    every: str,
) -> None:
    """Import files or folders: CSV, TSV, fixed width, XLSX, XLS, ODS, JSON, Parquet, SQLite, also as .gz or .zip.

    A database is named by its address: postgresql://reader@host/name (also mysql://, mariadb://, sqlserver://).
    """
    if watch is not None:
        from crmetrics.cli.watching import watch_folder

        watch_folder(here, watch, mapping, every)
        return
    if not sources:
        raise click.UsageError("Missing argument 'SOURCE...'.")
    found = mapping or (None if propose else _beside(sources) or _kept(here, sources))
    left_out: tuple[str, ...] = ()
    if found is None:
        from crmetrics.cli.understanding import proposed_mapping

        progress = Progress()
        try:
            proposed = proposed_mapping(here, sources, currency.upper(), progress, propose)
            found, left_out = proposed.path, proposed.left_out
        finally:
            progress.end()
    elif currency:
        _check_currency(found, currency.upper())
    if not propose:
        run_import(here, sources, found, left_out)


def _check_currency(mapping: Path, currency: str) -> None:
    """A currency that is told beside a mapping is not passed over in silence."""
    if not mapping.is_file() or f'"{currency}"' in mapping.read_text(encoding="utf-8"):
        return
    raise BadValue(
        _(
            "The mapping '{path}' tells the currencies, and '{currency}' is not among them. Write it there, or leave --currency out.",
            path=str(mapping),
            currency=currency,
        )
    )


def _beside(sources: tuple[Source, ...]) -> Path | None:
    for source in (source for source in sources if isinstance(source, Path)):
        found = (source if source.is_dir() else source.parent) / "mapping.toml"
        if found.is_file():
            return found
    return None


def _kept(here: Here, sources: tuple[Source, ...]) -> Path | None:
    """The mapping that was found out, and maybe corrected, at an earlier import of the same source; never an unsure one."""
    from crmetrics.cli.understanding import mapping_path
    from crmetrics.intake.finding import source_name
    from crmetrics.intake.open_questions import check_answered

    path = mapping_path(here, source_name(sources))
    if not path.is_file():
        return None
    check_answered(here.folder, path)
    return path


def run_import(here: Here, sources: tuple[Source, ...], mapping: Path, left_out: Sequence[str] = ()) -> None:
    """Import and tell what came of it; `left_out` are patterns of files of which it was told already that they are not read."""
    from crmetrics.intake.imports import import_sources
    from crmetrics.presenting.imports import told_import

    progress = Progress()
    try:
        report = import_sources(here.folder, sources, mapping, progress=progress)
    finally:
        progress.end()
    unread = tuple(name for name in report.unread if not any(fnmatchcase(name, each) for each in left_out))
    report = replace(report, unread=unread)
    fresh = Here(here.folder, here.language)  # the first import may have proposed the settings
    click.echo(told_import(report, fresh.format()))


@click.command()
@click.option(
    "--lines",
    type=click.IntRange(500, 100_000_000),
    default=20_000,
    show_default=True,
    help="Order lines of the company.",
)
@click.option("--seed", type=int, default=2026, show_default=True, help="Another seed is another company.")
@in_workspace
def demo(here: Here, lines: int, seed: int) -> None:
    """Make a demo company: its exports, imported by the same road as your own."""
    from crmetrics.collect.demo import write_demo

    if (here.folder / "versions").is_dir() and not (here.folder / "exports").is_dir():
        raise BadValue(
            _(
                "'{folder}' holds data that is not the demo company's. Choose another folder with --workspace DIR.",
                folder=str(here.folder),
            )
        )
    exports = here.folder / "exports"
    mapping = write_demo(exports, language=here.language or "en", lines=lines, seed=seed)
    # what is planted in the company is not for the import to know
    run_import(here, (exports,), mapping, left_out=("truth.json",))


@click.group()
def export() -> None:
    """Give the data to others."""


@export.command("parquet")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@in_workspace
def export_parquet_(here: Here, folder: Path) -> None:
    """Write the canonical tables as Parquet, for Spark or anything else."""
    from crmetrics.warehouse.export import export_parquet

    written = export_parquet(_current(here), folder)
    click.echo(
        here.say(
            _("{n} table written to {folder}", "{n} tables written to {folder}", n=len(written), folder=str(folder))
        )
    )


def _current(here: Here) -> Path:
    from crmetrics.catalogue import current_version

    return current_version(here.folder).path


@click.command()
@in_workspace
def versions(here: Here) -> None:
    """List the published versions of the data."""
    from crmetrics.warehouse.versions import Versions

    store, format_ = Versions(here.folder / "versions"), here.format()
    current: Any = store.current()
    for each in store.all():
        mark = "*" if current and each.number == current.number else " "
        click.echo(f"{mark} {each.number:>5}  {format_.moment(each.published_at)}  {each.note}")


def _before_current(store: Any) -> int:
    """The number of the version before the current one."""
    current = store.current()
    earlier = [each.number for each in store.all() if current and each.number < current.number]
    if not earlier:
        raise BadValue(_("There is no earlier version to go back to."))
    return int(max(earlier))


@click.command()
@click.argument("number", type=int, required=False)
@in_workspace
def rollback(here: Here, number: int | None) -> None:
    """Go back to an earlier version (default: the one before the current)."""
    from crmetrics.intake.lock import import_lock
    from crmetrics.warehouse.versions import Versions
    from crmetrics.workspace.folder import Workspace

    place = Workspace(here.folder)
    store = Versions(place.versions)
    with (
        import_lock(place.lock) if place.versions.is_dir() else nullcontext()
    ):  # an import is made on top of the current one
        version = store.rollback(number if number is not None else _before_current(store))
    click.echo(here.say(_("Version {number} is current again.", number=version.number)))
