"""What is held about one person: handed out, or erased."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmetrics.cli.data import Progress
from crmetrics.cli.workspace import Here, in_workspace
from crmetrics.vocabulary.language import words

if TYPE_CHECKING:
    from crmetrics.intake.erasing import Erasure

_ = words("history")


@click.group()
def person() -> None:
    """Give a person what is held about him or her, or erase it."""


@person.command("export")
@click.argument("customer_id", metavar="CUSTOMER_ID")
@click.option(
    "--to",
    required=True,
    metavar="DIR|ZIP",
    type=click.Path(path_type=Path),
    help="A new folder, or a file ending in .zip.",
)
@in_workspace
def export_(here: Here, customer_id: str, to: Path) -> None:
    """Write everything about a customer, as JSON and CSV: rows of all tables, and of all files as they came."""
    from crmetrics.intake.person import export_person

    about = here.say(
        _(
            "Everything that is held about customer {customer}. tables/: as it is understood; files/: the rows of the imported "
            "files as they came; person.json: all of it in one.",
            customer=customer_id,
        )
    )
    found = export_person(here.folder, customer_id, to, about)
    rows = sum(found.rows.values())
    click.echo(
        here.say(
            _(
                "{n} row about customer {customer} is written to {path}.",
                "{n} rows about customer {customer} are written to {path}.",
                n=rows,
                customer=customer_id,
                path=str(to),
            )
        )
    )


@person.command("erase")
@click.argument("customer_id", metavar="CUSTOMER_ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_workspace
def erase_(here: Here, customer_id: str, yes: bool) -> None:
    """Erase a customer from files, tables, decisions, versions and copies in the workspace. It cannot be taken back."""
    from crmetrics.intake.erasing import erase, look

    if not yes:
        _tell(here, look(here.folder, customer_id))
        question = _(
            "This cannot be taken back, and earlier versions go with it. Erase customer {customer}?",
            customer=customer_id,
        )
        click.confirm(here.say(question), abort=True)
    progress = Progress()
    try:
        done = erase(here.folder, customer_id, progress=progress)
    finally:
        progress.end()
    version = done.version.number if done.version else 0
    click.echo(
        here.say(
            _(
                "The customer is erased. Version {version} is published; amounts and moments stay in it under an anonymous number.",
                version=version,
            )
        )
    )
    if yes:
        _tell_files(here, done)
    elif done.outside:
        _tell_outside(here, done)


def _tell(here: Here, seen: Erasure) -> None:
    """Who is meant, what there is, and which files go."""
    from crmetrics.presenting.person import told_person

    click.echo(told_person(seen.person, here.format()))
    _tell_files(here, seen)


def _tell_files(here: Here, seen: Erasure) -> None:
    if seen.files:
        click.echo(here.say(_("Copies in the exports of the workspace that hold the person, and are removed:")))
        for path in seen.files:
            click.echo(f"  {path.relative_to(here.folder)}")
    _tell_outside(here, seen)


def _tell_outside(here: Here, seen: Erasure) -> None:
    if seen.outside:
        click.echo(
            here.say(
                _(
                    "Files that still hold the person, here or where they were imported from; whoever keeps them must see to it:"
                )
            )
        )
        for name in seen.outside:
            click.echo(f"  {name}")
