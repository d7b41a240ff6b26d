"""What a mapping says of a file that does not say it itself: the names and places of its columns, or a database's table."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from crmetrics.vocabulary.errors import BadMapping
from crmetrics.vocabulary.language import Message, words

_ = words("servers")

LAYOUT_KEYS: Final = ("names", "widths", "positions")
DATABASE_KEYS: Final = ("table", "query", "cursor")
OF_FILES: Final = ("match", "sheet", "encoding", "delimiter", "header", *LAYOUT_KEYS)
"""What cannot be said of a table of a database."""

PLACE: Final = re.compile(r"\s*(\d{1,6})\s*(?:(-)\s*(\d{1,6})?\s*)?")
WIDEST: Final = 1_000_000

Wrong = Callable[[str, Message], BadMapping]


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a text file: their names, and in a file of fixed width where each stands.

    `spans` are (first, after the last) character, counted from 0; None: to the end of the line.
    """

    names: tuple[str, ...] = ()
    spans: tuple[tuple[int, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a database: a table, or a query that the owner of the mapping wrote.

    `cursor` is a column that grows: of the next imports, only rows from its greatest value on are read.
    """

    table: str = ""
    query: str = ""
    cursor: str = ""


NO_LAYOUT: Final = Layout()


def read_layout(body: MappingOf[str, object], wrong: Wrong) -> Layout:
    """The layout that a kind of file declares. Errors: what `wrong` makes of a key and a problem."""
    names = _texts(body, "names", wrong)
    repeated = {name for name in names if [other.casefold() for other in names].count(name.casefold()) > 1}
    if any(not name.strip() for name in names) or repeated:
        problem = _("each column needs a name of its own; '{name}' is none.", name=min(repeated, default=""))
        raise wrong("names", problem)
    if "widths" in body and "positions" in body:
        raise wrong("positions", _("say either widths or positions, not both."))
    spans = _widths(body["widths"], wrong) if "widths" in body else _positions(body, wrong)
    if spans and names and len(spans) != len(names):
        key = "widths" if "widths" in body else "positions"
        raise wrong(
            key, _("there are {found} of them and {names} names: each column needs both.", found=len(spans), names=len(names))
        )  # fmt: skip
    return Layout(names, spans)


def read_asked(body: MappingOf[str, object], kind: str, wrong: Wrong) -> Asked | None:
    """The table or query of a database that a kind of file stands for; None for files. Errors: as `read_layout`."""
    told = {key: _text(body[key], key, wrong) for key in DATABASE_KEYS if key in body}
    if not told:
        return None
    if ("table" in told) == ("query" in told):
        raise wrong("table", _("say exactly one of table and query."))
    for key in OF_FILES:
        if key in body:
            raise wrong(key, _("this is said of files; these rows come from a database."))
    if told.get("query", "").strip().rstrip(";").count(";"):
        raise wrong("query", _("it holds a semicolon. Write one query alone."))
    if "cursor" in told and kind != "delta":
        problem = _('what is read from a value on adds to what is there. Write kind = "delta" into [source].')
        raise wrong("cursor", problem)
    return Asked(told.get("table", ""), told.get("query", ""), told.get("cursor", ""))


def _widths(value: object, wrong: Wrong) -> tuple[tuple[int, int | None], ...]:
    if not isinstance(value, list) or not value or not all(type(one) is int and 0 < one <= WIDEST for one in value):
        raise wrong("widths", _("'{value}' is no list of widths in characters, such as [10, 25, 8].", value=str(value)))
    ends = [0]
    for width in value:
        ends.append(ends[-1] + width)
    return tuple(pairwise(ends))


def _positions(body: MappingOf[str, object], wrong: Wrong) -> tuple[tuple[int, int | None], ...]:
    spans: list[tuple[int, int | None]] = []
    for text in _texts(body, "positions", wrong):
        found = PLACE.fullmatch(text)
        first, last = (int(found[1]), found[3]) if found else (0, None)
        after = int(last) if last else None if found and found[2] else first
        if not found or first < 1 or (after is not None and after < first):
            raise wrong(
                "positions",
                _("'{value}' is no place of a column. Write the first and the last character, as in \"1-10\"; "
                  "\"31-\" goes to the end.", value=text),
            )  # fmt: skip
        spans.append((first - 1, after))
    return tuple(spans)


def _texts(body: MappingOf[str, object], key: str, wrong: Wrong) -> tuple[str, ...]:
    value = body.get(key, [])
    if not isinstance(value, list) or (key in body and not value) or not all(isinstance(one, str) for one in value):
        raise wrong(key, _("'{value}' is no list of texts.", value=str(value)))
    return tuple(value)


def _text(value: object, key: str, wrong: Wrong) -> str:
    if not isinstance(value, str) or not value.strip():
        raise wrong(key, _("'{value}' is not a text in quotes.", value=str(value)))
    return value


def is_headed(body: MappingOf[str, object]) -> bool:
    """Whether the first row holds names where the mapping does not say: not where it declares the columns itself."""
    return not any(key in body for key in LAYOUT_KEYS)
