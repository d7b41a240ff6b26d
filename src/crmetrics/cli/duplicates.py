"""Duplicates on the command line: the list, what merging would change, merging, keeping apart, taking back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from crmetrics.clean.duplicates.groups import Group, Limits
from crmetrics.cli.workspace import Here, in_workspace
from crmetrics.data.duplicate_pairs import groups_in
from crmetrics.data.duplicates import reasons_of
from crmetrics.data.merge_effect import chosen_groups
from crmetrics.intake.duplicates import Outcome
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import COUNT, SHARE, Figure

if TYPE_CHECKING:
    from crmetrics.clean.duplicates.groups import Group
    from crmetrics.intake.duplicates import Outcome

_ = words("duplicates")

SHOWN: Final = 30
"""So many groups are listed; `crmetrics ask data.duplicates --csv` gives all."""

TABLES: Final = {"customers": _("customers"), "contacts": _("contact persons")}


@click.command()
@click.option(
    "--of", "table", type=click.Choice(list(TABLES)), default="customers", show_default=True, help="The records."
)
@click.option("--merge", metavar="sure|GROUP...", help="Make one record of each group that is sure, or of these: 1,4.")
@click.option("--apart", metavar="GROUP...", help="These are not the same: never propose them again.")
@click.option("--undo", is_flag=True, help="Take the last step back.")
@click.option("--effect", is_flag=True, help="Show what the sure merges would change in the KPIs.")
@click.option(
    "--take",
    multiple=True,
    metavar="COLUMN=WAY",
    help="Whose value survives in a column: latest (default), first, kept or strictest.",
)
@in_workspace
def duplicates(
    here: Here, table: str, merge: str | None, apart: str | None, undo: bool, effect: bool, take: tuple[str, ...]
) -> None:
    """List records that may be one and why; merge them, keep them apart, or take that back."""
    if sum((merge is not None, apart is not None, undo, effect)) > 1:
        raise BadValue(_("Choose one of --merge, --apart, --undo and --effect."))
    if undo:
        _undo(here)
    elif effect:
        _effect(here, table)
    elif merge is not None or apart is not None:
        _decide(here, table, merge, apart, take)
    else:
        _list(here, table)


def _groups(here: Here, table: str) -> tuple[list[Group], dict[str, str]]:
    """The groups, and the names of the records in those that are listed."""
    from crmetrics.catalogue import open_workspace
    from crmetrics.warehouse.scope import Scope

    with open_workspace(here.folder).warehouse(Scope()) as warehouse:
        _found, groups = groups_in(warehouse, table, Limits())
        ids = sorted({one for group in groups[:SHOWN] for one in group.ids})
        return groups, warehouse.names_of(table, "name", ids) if ids else {}


def _list(here: Here, table: str) -> None:

    groups, names = _groups(here, table)
    if not groups:
        click.echo(here.say(_("No duplicates were found.")))
        return
    for group in groups[:SHOWN]:
        shown = " = ".join(f"{names[one]} ({one})" if one in names else one for one in group.ids)
        click.echo(f"{group.number:>5}  {here.say(_headed(group))}  {shown}")
        for pair in group.pairs:
            which = f"{pair.left} = {pair.right}: " if len(group.pairs) > 1 else ""
            click.echo(f"       {which}{here.say(reasons_of(pair))}")
    if len(groups) > SHOWN:
        more = Figure(len(groups) - SHOWN, COUNT)
        click.echo(here.say(_("and {n} more; crmetrics ask data.duplicates --csv gives all of them.", n=more)))
    click.echo()
    click.echo(here.say(_summary(groups)))
    click.echo(
        here.say(
            _(
                "What that changes: crmetrics duplicates --effect. Merge what is sure: --merge sure; some of them: --merge 1,4; "
                "not the same: --apart 2."
            )
        )
    )


def _headed(group: Group) -> Message:
    score = Figure(group.score, SHARE)
    if group.is_sure:
        return _("merge, {score}:", score=score)
    return _("merge a part, ask: {score}:", score=score) if group.sure else _("ask, {score}:", score=score)


def _summary(groups: Sequence[Group]) -> Message:
    sure = [part for group in groups for part in group.sure]
    return _(
        "{sure} merges are sure ({fewer} records less); {asked} groups are to be asked about.",
        sure=Figure(len(sure), COUNT),
        fewer=Figure(sum(len(part) - 1 for part in sure), COUNT),
        asked=Figure(sum(not group.is_sure for group in groups), COUNT),
    )


def _effect(here: Here, table: str) -> None:
    from crmetrics.catalogue import open_workspace
    from crmetrics.presenting.terminal import shown

    if table != "customers":
        raise BadValue(_("Merging contact persons changes no KPI: ask without --of."))
    click.echo(shown(open_workspace(here.folder).ask("data.merge_effect"), here.format()))


def _decide(here: Here, table: str, merge: str | None, apart: str | None, take: tuple[str, ...]) -> None:
    from crmetrics.cli.data import Progress
    from crmetrics.intake import duplicates as service

    groups, _names = _groups(here, table)
    if merge is None:
        chosen = chosen_groups(groups, "all", apart or "-")
    else:
        chosen = chosen_groups(groups, "sure", "" if merge.strip() == "sure" else merge or "-")
    if not chosen:
        click.echo(here.say(_("No merge is sure, so nothing was changed.")))
        return
    progress = Progress()
    try:
        if merge is None:
            outcome = service.apart(here.folder, chosen, table=table, progress=progress)
        else:
            outcome = service.merge(here.folder, chosen, table=table, take=_taken(take), progress=progress)
    finally:
        progress.end()
    click.echo(here.say(_done(outcome)))


def _taken(take: tuple[str, ...]) -> dict[str, str]:
    told = {}
    for each in take:
        column, equals, way = each.partition("=")
        if not equals or not way:
            raise BadValue(_("'{text}' is not of the form COLUMN=WAY, such as name=kept.", text=each))
        told[column.strip()] = way.strip()
    return told


def _done(outcome: Outcome) -> Message:
    before, after = (Figure(each, COUNT) for each in outcome.records)
    told = {
        "n": Figure(outcome.groups, COUNT),
        "records": TABLES[outcome.table],
        "version": outcome.version.number,
    }
    if outcome.kind == "merge":
        return _(
            "{n} group was made one record; {records}: {before} -> {after}. Version {version} is current; "
            "crmetrics duplicates --undo takes it back.",
            "{n} groups were made one record each; {records}: {before} -> {after}. Version {version} is current; "
            "crmetrics duplicates --undo takes it back.",
            before=before, after=after, **told,
        )  # fmt: skip
    return _(
        "{n} group is kept apart ({records}) and not proposed again. Version {version} is current; "
        "crmetrics duplicates --undo takes it back.",
        "{n} groups are kept apart ({records}) and not proposed again. Version {version} is current; "
        "crmetrics duplicates --undo takes it back.",
        **told,
    )


def _undo(here: Here) -> None:
    from crmetrics.cli.data import Progress
    from crmetrics.intake import duplicates as service

    progress = Progress()
    try:
        outcome = service.undo(here.folder, progress=progress)
    finally:
        progress.end()
    before, after = (Figure(each, COUNT) for each in outcome.records)
    click.echo(
        here.say(
            _(
                "The last step was taken back; {records}: {before} -> {after}. Every figure is what it was. Version {version} is "
                "current.",
                records=TABLES[outcome.table], before=before, after=after, version=outcome.version.number,
            )
        )
    )  # fmt: skip
