"""Files that people write by hand: read as TOML, and where one is not, the line and what is wrong there in words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import Message, words

_ = words("import")

_PLACE: Final = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)
_PROBLEMS: Final[Mapping[str, Message]] = {
    "Invalid value": _("what stands here is no value; a text must stand in quotes"),
    "Invalid statement": _("this is neither name = value nor [name]"),
    "Unterminated string": _("a text has no closing quotation mark"),
    "Illegal character": _("a text has no closing quotation mark, or holds a sign that cannot stand there"),
    "Expected '='": _("a = is missing between a name and its value"),
    "Expected newline": _("something stands behind a value that ended already"),
    'Expected "\'"': _("a text has no closing quotation mark"),
    "Expected ']'": _("a closing ] is missing"),
    "Unclosed array": _("a closing ] is missing"),
    "Unclosed inline table": _("a closing } is missing"),
    "Cannot declare": _("this section stands in the file twice"),
    "Cannot overwrite": _("this name has a value already"),
    "Unescaped '\\'": _("a \\ in a text must be written \\\\"),
}
"""What the reader of TOML says, by how that begins, as a person would."""


def read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """The text of a file and what it says; FileNotFoundError if it is not there, BadFile if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise
    except tomllib.TOMLDecodeError as error:
        raise BadFile(_("{file} is not valid TOML: {problem}.", file=path.name, problem=_told(str(error)))) from None
    except UnicodeDecodeError:
        raise BadFile(_("{file} is not valid TOML: {problem}.", file=path.name, problem=_("it is not UTF-8"))) from None
    except OSError as error:
        raise BadFile(
            _("{file} cannot be opened: {problem}.", file=path.name, problem=error.strerror or str(error))
        ) from None


def line_of(text: str, section: str, key: str = "") -> int:
    """The line, from 1, on which a section of a file stands, or a key of it if that is found; 0 if neither is."""
    found, is_inside = 0, False
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r'\s*\[+\s*"?([^\]".]+)"?', line):
            is_inside = header[1].strip() == section
            found = found or (number if is_inside else 0)
        elif not found and re.match(rf'\s*"?{re.escape(section)}"?\s*[.=]', line):
            found = number
        elif is_inside and key and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return found


def _told(said: str) -> Message:
    """What the reader of TOML says of a file, with the place first."""
    placed = _PLACE.fullmatch(said)
    problem: object = placed[1] if placed else said
    for beginning, message in _PROBLEMS.items():
        if said.startswith(beginning):
            problem = message
    if placed is None:
        return _("at its end: {problem}", problem=problem)
    return _("line {line}, column {column}: {problem}", line=placed[2], column=placed[3], problem=problem)
