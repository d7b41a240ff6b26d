"""The reference pages, written from the product's own declarations: the tables, every analysis, every command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from crmetrics.analysis import Analysis, NeedsBy
from crmetrics.analysis.choices import Choice
from crmetrics.catalogue import AREAS, find, keys
from crmetrics.cli.app import command_line
from crmetrics.cli.workspace import Here
from crmetrics.vocabulary.period import GRAINS
from crmetrics.warehouse.schema.page import data_model

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
KINDS = {"D": "descriptive", "G": "diagnostic", "P": "predictive", "R": "prescriptive"}
AREA_NAMES = {"kpis": "KPIs"}
MADE = "<!-- Written by `make docs` from {source}: change it there. -->"


def reference() -> dict[Path, str]:
    """Every page that is made, by its path."""
    made = {DOCS / "data-model.md": data_model(), DOCS / "commands.md": commands(), DOCS / "analyses.md": index()}
    for area in AREAS:
        if declared := [find(key) for key in keys() if key.startswith(f"{area}.")]:
            made[DOCS / "analyses" / f"{area}.md"] = area_page(area, declared)
    return made


def index() -> str:
    """The list of all analyses."""
    found = [find(key) for key in keys()]
    lines = [
        "# Analyses\n",
        MADE.format(source="the analyses themselves") + "\n",
        "| key | | asks |",
        "|---|---|---|",
        *(
            table_row(f"[`{each.key}`](analyses/{each.area}.md#{anchor(each)})", each.title, each.question)
            for each in found
        ),
        "",
    ]
    return "\n".join(lines)


def anchor(declared: Analysis) -> str:
    """The link to an analysis on its area's page."""
    return declared.key.replace(".", "")


def area_page(area: str, declared: list[Analysis]) -> str:
    """The page of one area."""
    head = [f"# {AREA_NAMES.get(area, area.capitalize())}\n", MADE.format(source=f"src/crmetrics/{area}") + "\n"]
    return "\n".join([*head, *(line for each in declared for line in analysis_section(each))])


def analysis_section(declared: Analysis) -> Iterator[str]:
    """One analysis: what it asks, how it is reckoned, its switches and its columns."""
    yield f"## {declared.key}\n"
    yield f"**{declared.title}.** {declared.question}\n"
    yield f"- Formula: {declared.formula}"
    yield f"- Reads: {declared.reads}"
    yield f"- Mind: {declared.mind}"
    yield f"- Source: {declared.source}"
    yield f"- Kind: {', '.join(KINDS[letter] for letter in declared.kind)}; definition version {declared.version}"
    yield f"- Needs: {needed(declared)}"
    if "." in declared.date:
        yield f"- Placed in a period by: `{declared.date}`"
    yield f"- Asked without a period: {f'`{declared.period}`' if declared.period else 'the state at as-of'}\n"
    if declared.choices:
        yield from ("| switch | | values |", "|---|---|---|")
        yield from (switch_row(declared, choice) for choice in declared.choices)
        yield ""
    yield from ("| column | | unit | |", "|---|---|---|---|")
    for column in declared.row.columns:
        yield table_row(f"`{column.name}`", column.label, column.unit, column.meaning or "")
    yield ""


def needed(declared: Analysis) -> str:
    """The tables and columns without which there is no answer."""

    def listed(needs: Mapping[str, Sequence[str]]) -> str:
        names = [f"{table}.{column}" for table, columns in needs.items() for column in columns]
        alone = [table for table, columns in needs.items() if not columns]
        return ", ".join(f"`{name}`" for name in (*names, *alone)) or "nothing but a workspace"

    if not isinstance(declared.needs, NeedsBy):
        return listed(declared.needs)
    by_word = (f"{listed(needs)} for `{word}`" for word, needs in declared.needs.needs.items())
    return f"by `--{declared.needs.choice}`: " + "; ".join(by_word)


def switch_row(declared: Analysis, choice: Choice) -> str:
    """One switch of a definition, its default first."""
    match choice.kind:
        case "by":
            grains = ", ".join(f"`{grain}`" for grain in GRAINS if grain in declared.groupings())
            table = f"what groups [`{declared.table}`](../data-model.md#{declared.table})"
            values = ", ".join(part for part in (table, grains, "`none`") if part)
        case "word":
            ordered = sorted(choice.words, key=lambda word: word != choice.default)
            values = "; ".join(f"`{word}`: {choice.words[word]}" for word in ordered)
        case "flag":
            values = "`true`, `false`"
        case "int" | "float":
            values = f"{choice.low} to {choice.high}"
        case _:
            values = "a text"
    default = str(choice.default).lower() if choice.kind == "flag" else str(choice.default) or "none"
    return table_row(f"`--{choice.name.replace('_', '-')}`", choice.label, f"{values} (default `{default}`)")


def table_row(*cells: object) -> str:
    """One line of a table; a bar inside a cell would break it."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def commands() -> str:
    """The page of the command line: what `--help` says, command by command."""
    lines = ["# Commands\n", MADE.format(source="src/crmetrics/cli") + "\n"]
    nowhere = Here(Path("no-workspace"), "en")
    for name, command in every_command():
        # A width of its own, so that the page does not depend on the terminal it is made in.
        context = click.Context(
            command,
            info_name=name,
            obj=nowhere,
            terminal_width=100,
            max_content_width=100,
            help_option_names=["-h", "--help"],  # as the command itself hands them down
        )
        lines += [f"## {name}\n", "```text", command.get_help(context), "```\n"]
    return "\n".join(lines)


def every_command() -> Iterator[tuple[str, click.Command]]:
    """The fixed commands by their full names; the questions of `ask` have pages of their own."""
    top = command_line(lambda *_given: None)
    yield "crmetrics", top
    for name, command in sorted(top.commands.items()):
        yield f"crmetrics {name}", command
        if isinstance(command, click.Group) and command.commands:
            for inner, each in sorted(command.commands.items()):
                yield f"crmetrics {name} {inner}", each
