"""`kpis.toml` written: one KPI put in, changed or taken out; whatever people wrote about the others stays as it is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Final

from crmetrics.analysis.own_kpis import own_kpi
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.disk import replace

_ = words("notes")

NAME: Final = "kpis.toml"
_ORDER: Final = (
    *("title", "question", "unit", "better", "over", "date", "aggregate", "value", "condition"),
    *("top", "bottom", "formula", "mind"),
)
_ANY_HEADER: Final = re.compile(r"\s*\[")
_WRITING: Final = Lock()


def sections(path: Path) -> dict[str, Any]:
    """The KPIs of the file as they are written, by name; none if there is no such file. BadFile if it is not TOML."""
    return _parsed(_text(path))


def put(path: Path, name: str, section: Mapping[str, Any]) -> None:
    """Write a KPI into the file, in the place of one of that name. BadValue if it is none, BadFile if the file cannot be kept."""
    own_kpi(name, section)
    written = {key: value for key in _ORDER if (value := section.get(key))}
    with _WRITING:
        before = _text(path)
        _write(path, before, _with(before, name, written), {**_parsed(before), name: written})


def take_out(path: Path, name: str) -> None:
    """Take a KPI out of the file; nothing happens if it is not there."""
    with _WRITING:
        before = _text(path)
        found = _parsed(before)
        if found.pop(name, None) is not None:
            _write(path, before, _with(before, name, {}), found)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise _unreadable(str(error)) from None


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(str(error)) from None


def _unreadable(problem: str) -> BadFile:
    return BadFile(_("{file} cannot be read: {problem}. Correct it by hand first.", file=NAME, problem=problem))


def _write(path: Path, before: str, after: str, expected: Mapping[str, Any]) -> None:
    """Only what says the same of every other KPI is written: the file is cut by its lines, and a hand may lay it out otherwise."""
    try:
        is_meant = tomllib.loads(after) == expected
    except tomllib.TOMLDecodeError:
        is_meant = False
    if not is_meant:
        raise BadFile(_("{file} is laid out in a way that a page cannot change. Change it by hand.", file=NAME))
    if after != before:
        replace(path, after, f".{NAME}.new")


def _with(text: str, name: str, section: Mapping[str, Any]) -> str:
    """The text with the lines of one section replaced; comments above a section belong to it, and stay where they are."""
    lines = text.splitlines()
    own = re.compile(rf'\s*\[\s*"?{re.escape(name)}"?\s*[\].]')
    starts = [place for place, line in enumerate(lines) if _ANY_HEADER.match(line)]
    mine = [place for place in starts if own.match(lines[place])]
    if not mine:
        return "\n".join((*_without_end(lines), *([""] if lines else []), *_lines(name, section), ""))
    first = mine[0]
    last = next((place for place in starts if place > mine[-1]), len(lines))
    while last > first and (not lines[last - 1].strip() or lines[last - 1].lstrip().startswith("#")):
        last -= 1
    head = lines[:first]
    if not section:  # what was said above it goes with it
        while head and head[-1].lstrip().startswith("#"):
            head.pop()
        head = _without_end(head) + ([""] if _without_end(head) and last < len(lines) else [])
        tail = lines[last:]
        while tail and not tail[0].strip():
            tail.pop(0)
        return "\n".join((*head, *tail, "")) if head or tail else ""
    return "\n".join((*head, *_lines(name, section), *lines[last:], ""))


def _without_end(lines: list[str]) -> list[str]:
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


def _lines(name: str, section: Mapping[str, Any]) -> list[str]:
    return [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in section.items())] if section else []


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items() if each) + " }"
    # JSON's texts are TOML's, but for one sign
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
