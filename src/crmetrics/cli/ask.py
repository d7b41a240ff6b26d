"""Asking a question: every analysis is a command of its own, its options made from its declaration."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from crmetrics.analysis import Analysis, Answer
from crmetrics.analysis.choices import day_of
from crmetrics.analysis.own_kpis import AREA, read_own_kpis
from crmetrics.catalogue import AREAS, find, keys, open_workspace
from crmetrics.cli.workspace import Here, in_workspace, told
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import midnight
from crmetrics.warehouse.scope import Filter

_ = words("cli")

ROWS_SHOWN = 40
"""A terminal is for reading; --csv and --json give all rows."""


class Questions(click.Group):
    """The analyses as commands: `crmetrics ask sales.win_rate --help` is made from that one file."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All keys."""
        return [*keys(), *read_own_kpis(ctx.obj.folder / "kpis.toml")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of one analysis; an unknown key is a user's mistake, told with the nearest keys."""
        command: click.Command = told(
            ctx.obj, lambda: question(find(cmd_name, read_own_kpis(ctx.obj.folder / "kpis.toml")))
        )
        return command


@click.group("ask", cls=Questions, subcommand_metavar="KEY [OPTIONS]")
def ask() -> None:
    """Ask a question by its key, such as sales.win_rate. `crmetrics ask KEY --help` shows its own options."""


def question(declared: Analysis) -> click.Command:
    """The command of one analysis."""

    @in_workspace
    def asked(here: Here, **given: Any) -> None:
        _ask(here, declared, given)

    about = f"{declared.question.text}\n\nFormula: {declared.formula}\n\nReads: {declared.reads}\n\nMind: {declared.mind.text}"
    of_workspace: list[click.Parameter] = asked.__click_params__  # type: ignore[attr-defined]  # click's decorators put them there
    return click.Command(
        declared.key,
        callback=asked,
        params=[*_switches(declared), *_common(declared), *of_workspace],
        help=about,
        short_help=declared.question.text,
    )


def _switches(declared: Analysis) -> list[click.Parameter]:
    """One option a choice of the definition."""
    options: list[click.Parameter] = []
    for choice in declared.choices:
        if choice.kind == "by":
            meaning = f"Group by: {', '.join(declared.groupings())}, or none."
        elif choice.kind == "word":
            meaning = (
                f"{choice.label.text}: "
                + "; ".join(f"{word} = {shown.text}" for word, shown in choice.words.items())
                + "."
            )
        else:
            meaning = f"{choice.label.text}."
        options.append(
            click.Option(
                [f"--{choice.name.replace('_', '-')}", f"choice_{choice.name}"],
                metavar="D"
                if choice.kind == "by"
                else choice.kind.upper()
                if not choice.words
                else "|".join(choice.words),
                help=f"{meaning} [default: {choice.default if choice.default != '' else 'none'}]",
            )
        )
    return options


def _common(declared: Analysis) -> list[click.Parameter]:
    """The options of every question."""
    period = [
        click.Option(
            ["--period"],
            metavar="P",
            help="2026, 2026-Q3, 2026-07, 2026-W27, last-12-months, this-month, 2026-01-01..2026-07-01 (end not included). "
            f"[default: {declared.period}]",
        ),
        click.Option(
            ["--compare"],
            type=click.Choice(["previous", "year", "weekdays"]),
            help="Also show the period before, or the same last year.",
        ),
    ]
    return [
        *(period if declared.takes_period else []),
        click.Option(["--as-of"], metavar="DATE", help="What was known at the beginning of that day."),
        click.Option(
            ["--where"],
            metavar="D=V",
            multiple=True,
            help="Only rows whose dimension D is V; repeat for more. Blank: D=",
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object."),
        click.Option(["--csv", "as_csv"], is_flag=True, help="Print all rows as CSV."),
        click.Option(["--sql", "as_sql"], is_flag=True, help="Print the SQL that ran."),
    ]


def _ask(here: Here, declared: Analysis, given: dict[str, Any]) -> None:
    choices = {
        name.removeprefix("choice_"): value
        for name, value in given.items()
        if name.startswith("choice_") and value is not None
    }
    catalogue = open_workspace(here.folder)
    as_of = given.get("as_of")
    answer = catalogue.ask(
        declared.key,
        period=given.get("period"),
        compare=given.get("compare"),
        as_of=_instant(as_of, catalogue.settings.zone) if as_of else None,
        where=filters(given.get("where") or ()),
        **choices,
    )
    if given["as_json"]:
        from crmetrics.presenting.json import as_json

        click.echo(as_json(answer, here.format()))
    elif given["as_csv"]:
        from crmetrics.presenting.csv import write_csv

        write_csv(answer, here.format(), sys.stdout)
    elif given["as_sql"]:
        click.echo("\n\n".join(f"{statement};" for statement in answer.passport.statements) if answer.passport else "")
    else:
        _show(here, answer)


def _show(here: Here, answer: Answer[Any]) -> None:
    from crmetrics.presenting.terminal import shown

    click.echo(shown(answer, here.format(), rows=ROWS_SHOWN, width=_width(), is_plain=not sys.stdout.isatty()))


def _width() -> int:
    from shutil import get_terminal_size

    return get_terminal_size((120, 40)).columns


def _instant(text: str, zone: str) -> datetime:
    return midnight(day_of(text), zone)


def filters(given: Sequence[str]) -> tuple[Filter, ...]:
    """Read D=V pairs; several values of one dimension are alternatives, and `D=` stands for blank."""
    found: dict[str, list[str | None]] = {}
    for pair in given:
        dimension, equals, value = pair.partition("=")
        if not equals or not dimension.strip():
            raise BadValue(_("'{pair}' is not a filter. Write it like region=West, or region= for blank.", pair=pair))
        found.setdefault(dimension.strip(), []).append(value if value != "" else None)
    return tuple(Filter(dimension, tuple(values)) for dimension, values in found.items())


@click.command("list")
@in_workspace
def listed(here: Here) -> None:
    """List the analyses by area, and what would unlock those that the data cannot answer yet."""
    states = _states(here)
    company = read_own_kpis(here.folder / "kpis.toml")
    everything = (*keys(), *company)
    for area in (*AREAS, AREA):
        own = [key for key in everything if key.startswith(f"{area}.")]
        if own:
            click.echo(f"\n{area}")
        for key in own:
            declared = find(key, company)
            locked = f"  [{states[key]}]" if states.get(key) else ""
            click.echo(f"  {key:<32} {here.say(declared.title)}: {here.say(declared.question)}{locked}")


def _states(here: Here) -> dict[str, str]:
    """Why each locked analysis is locked; empty where there is no data yet."""
    from crmetrics.vocabulary.errors import NoWorkspace

    try:
        entries = open_workspace(here.folder).entries()
    except NoWorkspace:
        return {}
    return {entry.declared.key: here.say(entry.locked.message) for entry in entries if entry.locked}
