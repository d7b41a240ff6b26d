"""Questions on a mapping that nobody has answered yet: they stand above it, and it is not used in silence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.workspace.folder import Workspace

_ = words("import")

MARK: Final = "# ? "


def with_questions(text: str, questions: Sequence[str]) -> str:
    """The text of a mapping below what must be answered before it may be used."""
    return "".join(f"{MARK}{' '.join(question.split())}\n" for question in questions) + text


def check_answered(workspace: Path, mapping: Path) -> None:
    """A mapping that was proposed and kept may be used without being named once its questions are answered.

    They are when their lines are gone, or when the same text was imported before, which the user did by naming it.
    Errors: BadValue, saying what to do.
    """
    text = mapping.read_text(encoding="utf-8")
    if not any(line.startswith(MARK) for line in text.splitlines()):
        return
    manifests = Workspace(workspace).raw.glob("*/[0-9]*/manifest.json")
    if any(json.loads(path.read_text(encoding="utf-8"))["mapping"] == text for path in manifests):
        return
    raise BadValue(
        _(
            "'{path}' begins with questions that nobody has answered yet. Look at them and correct the mapping where it is "
            "wrong, then import with --mapping '{path}'.",
            path=str(mapping),
        )
    )
