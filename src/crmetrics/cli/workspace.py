"""Which workspace a command works in, and in which language it speaks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from crmetrics.presenting.numbers import Format, format_for
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import CrmetricsError
from crmetrics.vocabulary.language import LANGUAGES, Message
from crmetrics.workspace.settings import Settings, read_settings


@dataclass(frozen=True)
class Here:
    """The workspace folder and the language of one command; both may be named before or after the command's name."""

    folder: Path
    language: str | None

    @cached_property
    def settings(self) -> Settings:
        """The workspace's settings, or the defaults where it has none yet."""
        return read_settings(self.folder / "crmetrics.toml")

    @property
    def speaks(self) -> str:
        """The language of the output: asked for, else the workspace's."""
        return self.language or self.settings.language or "en"

    def format(self) -> Format:
        """How numbers and dates are written."""
        return format_for(self.speaks, self.settings.currency or "EUR", self.settings.zone or "UTC")

    def say(self, message: Message) -> str:
        """A message in the language of the output."""
        return say(message, self.format())


WORKSPACE = click.option(
    "--workspace",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of the workspace (default: the current one).",
)
LANGUAGE = click.option(
    "--language", type=click.Choice(LANGUAGES), help="Language of the output (default: the workspace's)."
)


def in_workspace(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--workspace` and `--language`, and pass it the workspace as its first argument."""

    @WORKSPACE
    @LANGUAGE
    @click.pass_context
    def wrapped(context: click.Context, /, workspace: Path | None, language: str | None, **given: Any) -> Any:
        outer: Here = context.obj
        here = replace(outer, folder=workspace or outer.folder, language=language or outer.language)
        return told(here, lambda: command(here, **given))

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    return wrapped


def told(here: Here, work: Callable[[], Any]) -> Any:
    """Do the work; a user's mistake is told in one clear sentence and ends the command with 1."""
    try:
        return work()
    except CrmetricsError as error:
        try:
            sentence = here.say(error.message)
        except CrmetricsError:  # the settings themselves cannot be read: English will do
            sentence = str(error)
        click.echo(sentence, err=True)
        sys.exit(1)
    except BrokenPipeError:  # `crmetrics ask ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
