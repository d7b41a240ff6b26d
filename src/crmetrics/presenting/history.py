"""What was done to the data, step by step, as text for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from crmetrics.intake.history import BY, History, Step
from crmetrics.presenting.letters import harmless, padded, width
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.schema import TABLES
from crmetrics.workspace.audit import TERMINAL

_ = words("history")

FILES_NAMED: Final = 2
_KINDS: Final = {
    "merge": _("Duplicates made one"),
    "apart": _("Marked as not the same"),
    "correct": _("A row was corrected"),
    "erase": _("A person was erased"),
}
_NOBODY: Final = {
    "administrator": _("administrator"),
    BY: _("watched folder"),
    TERMINAL: _("the terminal"),
}
"""Who did something where nobody had signed in."""


def told_history(history: History, format: Format) -> str:
    """One line a step, the newest first: number, moment, by whom, what. `*` marks the current version."""
    if not history.steps:
        return say(_("Nothing has been imported yet."), format)
    lines = [
        (
            f"{'*' if step.number == history.current else ' '} {step.number:>4}",
            format.moment(step.at),
            harmless(who(step, format)),
            what(history, step, format),
        )
        for step in history.steps
    ]
    wide = [max(width(line[place]) for line in lines) for place in range(3)]
    shown = ["  ".join([*(padded(line[place], wide[place]) for place in range(3)), line[3]]) for line in lines]
    return "\n".join(
        [*shown, "", say(_("crmetrics history NUMBER tells more of one; crmetrics undo NUMBER takes it back."), format)]
    )


def what(history: History, step: Step, format: Format) -> str:
    """What was done at a step, in one line; whether it does not hold any more is said behind it."""
    said = "; ".join(say(each, format) for each in _doings(history, step))
    gone = not history.is_in_force(step) and bool(step.import_no or step.decided or step.taken_back)
    return f"{said}  [{say(_('does not hold any more'), format)}]" if gone else said


def told_step(history: History, step: Step, format: Format) -> str:
    """Everything that is known of one step: files with their rows, what each table gained or lost, what was left out."""
    made_from = _("Made from version {number}.", number=step.made_from) if step.made_from else _("The first version.")
    lines = [
        say(
            _(
                "Version {version}, {moment}, by {who}",
                version=step.number,
                moment=format.moment(step.at),
                who=who(step, format),
            ),
            format,
        ),
        what(history, step, format),
        say(made_from, format),
    ]
    if step.mapping:
        changed = _("The mapping is another one than before ({print}).", print=step.mapping)
        same = _("Mapping: {print}.", print=step.mapping)
        lines.append(say(changed if step.is_new_mapping else same, format))
    lines += ["", *_files(step, format)] if step.files else []
    lines += ["", *_tables(step, format)]
    lines += ["", *(say(each, format) for each in _left_out(step, format))]
    return "\n".join(lines)


def as_json(history: History, steps: tuple[Step, ...]) -> str:
    """Steps as JSON, each with whether it still holds and the kinds of its decisions."""
    told = [
        {
            **asdict(step),
            "is_current": step.number == history.current,
            "is_in_force": history.is_in_force(step),
            "decisions": [_decision(history, number) for number in (*step.decided, *step.taken_back)],
        }
        for step in steps
    ]
    return json.dumps({"current": history.current, "steps": told}, ensure_ascii=False, indent=1, default=str)


def _decision(history: History, number: int) -> dict[str, Any]:
    found = history.decisions.get(number)
    return {"number": number, "kind": found.kind if found else None, "made_by": found.made_by if found else None}


def who(step: Step, format: Format) -> str:
    """Who did a step: a person's name; in the reader's words where nobody had signed in or the watched folder did it."""
    return doer(step.by or "administrator", format)


def doer(by: str, format: Format) -> str:
    """A name as it is kept, as text: what is no person's name in the reader's words."""
    return say(_NOBODY[by], format) if by in _NOBODY else by


def _doings(history: History, step: Step) -> Iterator[Message]:
    if step.import_no:
        names = ", ".join(harmless(file.name) for file in step.files[:FILES_NAMED])
        more = len(step.files) - FILES_NAMED
        if more > 0:
            yield _(
                "Import {number} of {source}: {files} and {n} more file",
                "Import {number} of {source}: {files} and {n} more files",
                number=step.import_no,
                source=step.source,
                files=names,
                n=more,
            )
        else:
            yield _("Import {number} of {source}: {files}", number=step.import_no, source=step.source, files=names)
    yield from _decided(history, step.decided, is_taken_back=False)
    yield from _decided(history, step.taken_back, is_taken_back=True)
    if not (step.import_no or step.decided or step.taken_back):
        yield _("All tables made again from the raw files")


def _decided(history: History, numbers: tuple[int, ...], is_taken_back: bool) -> Iterator[Message]:
    """Decisions in words; of one kind, when there are several, only how many."""
    by_kind: dict[str, list[int]] = {}
    for number in numbers:
        found = history.decisions.get(number)
        by_kind.setdefault(found.kind if found else "", []).append(number)
    for kind, alike in by_kind.items():
        if kind == "erase":
            yield _KINDS[kind]  # under however many ids
        elif kind in _KINDS and len(alike) > 1:
            several = _("{what} ({n} decision)", "{what} ({n} decisions)", what=_KINDS[kind], n=len(alike))
            yield _("Taken back: {what}", what=several) if is_taken_back else several
        else:
            yield from (_said(history, number, is_taken_back) for number in alike)


def _said(history: History, number: int, is_taken_back: bool) -> Message:
    found = history.decisions.get(number)
    if found is None:
        return _("Decision {number}", number=number)
    if found.kind == "leave_out":
        again, back = _("Import {number} of {source} counts again"), _("Import {number} of {source} taken back")
        said = again if is_taken_back else back
        return said(number=int(found.about["import_no"]), source=str(found.about["source"]))
    kind = _KINDS[found.kind]
    if is_taken_back:
        return _("Taken back: {what} (decision {number})", what=kind, number=number)
    return _("{what} (decision {number})", what=kind, number=number)


def _files(step: Step, format: Format) -> Iterator[str]:
    for file in step.files:
        told = _(
            "{file}: {read} rows read, {kept} kept, {quarantined} set aside, {merged} merged",
            file=harmless(file.name),
            read=format.count(file.read),
            kept=format.count(file.kept),
            quarantined=format.count(file.quarantined),
            merged=format.count(file.merged),
        )
        yield f"  {say(told, format)}"


def _tables(step: Step, format: Format) -> Iterator[str]:
    """Rows of every table, and how many more or fewer than in the version before."""
    names = [name for name in TABLES if step.rows.get(name) or step.rows_before.get(name)]
    labels = {name: say(TABLES[name].label, format) for name in names}
    wide = max((width(label) for label in labels.values()), default=0)
    for name, label in labels.items():
        now, before = step.rows.get(name, 0), step.rows_before.get(name, 0)
        change = (
            f"  {'+' if now > before else '−'}{format.count(abs(now - before))}"
            if step.made_from and now != before
            else ""
        )
        yield f"  {padded(label, wide)}  {format.count(now):>12}{change}"


def _left_out(step: Step, format: Format) -> Iterator[Message]:
    yield _(
        "Set aside in all: {aside} rows; kept though odd: {odd} values; changed by cleaning: {cleaned} values.",
        aside=format.count(step.set_aside),
        odd=format.count(step.odd),
        cleaned=format.count(step.cleaned),
    )
