"""Records of a JSON file: a list of objects, an object that holds such a list, or an object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from crmetrics.collect.encodings import BYTE_ORDER_MARKS, UTF_8, in_utf_8, known_encoding
from crmetrics.collect.files import FileEntry
from crmetrics.collect.listing import Listing, shown
from crmetrics.collect.originals import Original, head_of
from crmetrics.collect.raw import Rejected, column_names
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

_ = words("collect")

LONGEST: Final = 64 << 20
"""Letters of the longest record that is read, and of what may stand before the list of records."""

MOST_COLUMNS: Final = 20_000

SPACE: Final = " \t\r\n\ufeff"
DEEPEST: Final = 5
"""Objects within objects become columns such as `customer.address.city`, so deep; what lies deeper stays a text."""

# Numbers stay as they are written: 0.10 is 0.10, and no digit of an id is lost.
DECODER: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False)


@dataclass(slots=True)
class Documents:
    """The records of one file, read from start to end as often as asked."""

    path: Path
    entry: FileEntry
    rejected: list[Rejected] = field(default_factory=list)

    def listing(self, progress: Callable[[float], None]) -> Listing:
        """Their rows, numbered from 1 (an object a line: by lines); columns in the order in which they are first met.

        Objects within a record become columns with points in their names, lists stay texts of JSON.
        A line that is no object is rejected and told. Errors: BadFile if the list itself is broken, or holds no record.
        """
        names: dict[str, None] = {}
        for _number, record in self._records(lambda share: progress(share / 2)):
            names.update(dict.fromkeys(record))
            if len(names) > MOST_COLUMNS:
                raise BadFile(
                    _("'{file}' has more than {most} columns. Export fewer.", file=self.path.name, most=MOST_COLUMNS)
                )
        if not names:
            raise BadFile(
                _("'{file}' is empty: it holds no rows. Export it again, or take it out of the import.", file=self.path.name)
            )  # fmt: skip
        self.rejected.clear()
        order = list(names)
        rows = (
            (number, [record.get(name, "") for name in order])
            for number, record in self._records(lambda share: progress((1 + share) / 2))
        )
        return Listing(self.entry.name_of(self.path), column_names(order), rows)

    def _records(self, progress: Callable[[float], None]) -> Iterator[tuple[int, dict[str, str]]]:
        text = _Text(self.path, self.entry, progress)
        first = text.peek()
        if first == "[" or (first == "{" and not text.is_by_lines()):
            yield from self._of_a_list(text)
        else:
            yield from self._of_lines(text)

    def _of_lines(self, text: _Text) -> Iterator[tuple[int, dict[str, str]]]:
        for number, line in text.lines():
            if not line.strip(SPACE):
                continue
            try:
                found = DECODER.decode(line.strip(SPACE))
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict):
                yield number, flat(found)
            else:
                reason = _("It is not an object of JSON.")
                self.rejected.append(Rejected(self.entry.name_of(self.path), number, None, line[:500], reason))

    def _of_a_list(self, text: _Text) -> Iterator[tuple[int, dict[str, str]]]:
        if text.peek() == "{":
            whole = text.value(self._broken)
            lists = [value for value in whole.values() if _is_list_of_objects(value)]
            # an answer of an interface wraps its records: {"data": [...], "page": 1}
            records = max(lists, key=len, default=[whole])
            yield from ((number, flat(record)) for number, record in enumerate(records, start=1))
            return
        number = 0
        text.skip("[")
        while text.peek() not in ("]", ""):
            number += 1
            found = text.value(partial(self._broken, number))
            if isinstance(found, dict):
                yield number, flat(found)
            else:
                reason = _("It is not an object of JSON.")
                self.rejected.append(Rejected(self.entry.name_of(self.path), number, None, shown(found)[:500], reason))
            if text.peek() == ",":
                text.skip(",")
            elif text.peek() != "]":
                raise self._broken(number)
        if text.peek() == "":
            raise self._broken(number)

    def _broken(self, number: int = 1) -> BadFile:
        return BadFile(
            _(
                "'{file}' is not whole: its JSON breaks at record {number}. Export or copy it again.",
                file=self.path.name,
                number=number,
            )
        )


def looks_like_json(head: bytes) -> bool:
    """Whether a text begins as a list of objects or as an object of JSON."""
    encoding = next((found for mark, found in BYTE_ORDER_MARKS if head.startswith(mark)), UTF_8)
    text = head[: 1 << 16].decode(encoding, "ignore").lstrip(SPACE)
    if text.startswith("["):
        return text[1:].lstrip(SPACE)[:1] in ("{", "]")
    return text.startswith("{") and text[1:].lstrip(SPACE)[:1] in ('"', "}")


def flat(record: dict[str, Any], before: str = "", depth: int = 1) -> dict[str, str]:
    """A record as one row of texts: {"a": {"b": 1}} is {"a.b": "1"}; a list is a text of JSON, null is ''."""
    row: dict[str, str] = {}
    for key, value in record.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and value and depth < DEEPEST:
            row.update(flat(value, f"{name}.", depth + 1))
        else:
            row[name] = shown(value)
    return row


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


class _Text:
    """The letters of a file, held a part at a time."""

    def __init__(self, path: Path, entry: FileEntry, progress: Callable[[float], None]) -> None:
        encoding = known_encoding(head_of(path), entry) or UTF_8
        # blocks end between letters: the text is decoded on the way
        self._parts = (
            block.decode("utf-8", "replace") for block in in_utf_8(Original(path, progress).blocks(), encoding)
        )
        self._held, self._at = "", 0

    def _more(self) -> bool:
        part = next(self._parts, None)
        if part is None:
            return False
        self._held, self._at = self._held[self._at :] + part, 0
        return True

    def peek(self) -> str:
        """The next letter that is not blank; '' at the end."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in SPACE:
                self._at += 1
            if self._at < len(self._held) or not self._more():
                return self._held[self._at : self._at + 1]

    def skip(self, mark: str) -> None:
        if self.peek() == mark:
            self._at += 1

    def is_by_lines(self) -> bool:
        """Whether the first line is an object of its own, and something stands below it."""
        while "\n" not in self._held[self._at :] and self._more():
            pass
        line, _end, rest = self._held[self._at :].partition("\n")
        is_followed = rest.lstrip(SPACE).startswith("{")
        try:
            DECODER.decode(line.strip(SPACE))
        except (ValueError, RecursionError):
            # the first line may be the broken one of many
            return is_followed and line.rstrip(SPACE).endswith("}")
        return is_followed

    def lines(self) -> Iterator[tuple[int, str]]:
        number = 0
        while True:
            at = self._held.find("\n", self._at)
            if at >= 0:
                number += 1
                line, self._at = self._held[self._at : at], at + 1
                yield number, line
            elif len(self._held) - self._at > LONGEST or not self._more():
                break
        if self._at < len(self._held):
            yield number + 1, self._held[self._at :]

    def value(self, broken: Callable[[], BadFile]) -> Any:
        """The value that begins here. Errors: what `broken` gives, if it is none, or has no end."""
        self.peek()
        while True:
            try:
                found, end = DECODER.raw_decode(self._held, self._at)
            except (ValueError, RecursionError):
                if len(self._held) - self._at > LONGEST or not self._grown():
                    raise broken() from None
            else:
                # a number at the end of a part may go on in the next one
                if end < len(self._held) or not self._more():
                    self._at = end
                    return found

    def _grown(self) -> bool:
        """Hold twice as much, so that a long record is not tried again for each of its parts."""
        wanted = 2 * (len(self._held) - self._at)
        is_more = self._more()
        while is_more and len(self._held) - self._at < wanted and self._more():
            pass
        return is_more
