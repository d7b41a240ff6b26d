"""Which encoding a text file is written in, and the same text in UTF-8."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from crmetrics.collect.files import FileEntry
from crmetrics.collect.letters import CANDIDATES, likely_encodings
from crmetrics.vocabulary.errors import BadFile, BadMapping
from crmetrics.vocabulary.language import Message, words

_ = words("collect")

UTF_8: Final = "utf-8"
BOM_UTF8: Final = codecs.BOM_UTF8
BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

EVIDENCE: Final = 1 << 16
ASCII: Final = bytes(range(0x80))
NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
ENOUGH_WORDS: Final = 200

FAULT: Final = "\udcff"
"""Stands for bytes that mean nothing; written as a byte that is not UTF-8, so that its row alone is rejected."""


class UnclearEncoding(BadFile):
    """The letters of a text do not tell which of several encodings it is in."""

    def __init__(self, candidates: Sequence[str], message: Message) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)


def _mark_fault(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return FAULT, error.end


codecs.register_error("crmetrics.fault", _mark_fault)


def known_encoding(head: bytes, entry: FileEntry) -> str | None:
    """The encoding by its byte order mark, the mapping, or the blank halves of UTF-16; None leaves it to the text."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    if entry.encoding is not None:
        return _declared(entry.encoding, entry, head)
    return blank_halves(head)


def blank_halves(head: bytes) -> str | None:
    """UTF-16 without a byte order mark: one half of each plain letter, and of each line end, is NUL."""
    sample = head[: min(len(head) // 2 * 2, 1 << 16)]
    low, high = sample[::2], sample[1::2]
    for encoding, letters, halves in (("utf-16-le", low, high), ("utf-16-be", high, low)):
        plain = bytes(letter for letter, half in zip(letters, halves, strict=True) if half == 0)
        # A plain text may hold a NUL; the byte of a line end stands in other letters too, such as 上.
        is_usual = len(plain) > max(len(sample) // 100, 2) and len(plain) > 9 * letters.count(0)
        if is_usual and len(set(plain)) > 1 and plain.count(b"\n") > sample.count(b"\n") // 5:
            return encoding
    return None


def in_utf_8(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The same text in UTF-8, block by block; bytes that mean nothing in the encoding become a byte 0xFF."""
    decoder = codecs.getincrementaldecoder(encoding)("crmetrics.fault")
    for block in blocks:
        yield decoder.decode(block).encode(UTF_8, "surrogateescape")
    yield decoder.decode(b"", True).encode(UTF_8, "surrogateescape")


class Utf8Check:
    """Sees blocks pass by, and tells whether they are UTF-8, and if not, what speaks for which encoding."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder(UTF_8)("crmetrics.fault")
        self._letters = 0
        self._faults = 0
        self._bytes: set[int] = set()
        self._good: set[str] = set()
        self._bad: set[str] = set()
        self._evidence = b""

    def see(self, block: bytes) -> None:
        pending = bool(self._decoder.getstate()[0])
        if block.isascii() and not pending:
            return
        text = self._decoder.decode(block)
        faults = text.count(FAULT)
        others = block.translate(None, ASCII)
        self._faults += faults
        self._letters += len(text) - len(text.encode("ascii", "ignore")) - faults if faults else len(others) // 4
        self._bytes.update(others)
        if faults or len(self._good) < ENOUGH_WORDS:
            runs = set(NOT_ASCII.findall(text))
            self._bad.update(run for run in runs if FAULT in run)
            self._good.update(run for run in runs if FAULT not in run)
        if faults and len(self._evidence) < EVIDENCE:
            self._evidence += _telling(block)

    @property
    def is_utf_8(self) -> bool:
        """Whether the text is UTF-8, damaged in a few places at most.

        Text in another encoding hardly ever looks like letters of UTF-8, but a word may: Ні (no) of cp1251, in every row
        of a column, does. So the different words count as well.
        """
        return self._faults == 0 or (self._letters > self._faults and len(self._good) >= len(self._bad))

    def guess(self, name: str, entry: FileEntry) -> str:
        """The encoding that the letters speak for. Errors: BadFile naming the candidates if they do not agree."""
        likely = likely_encodings(self._evidence, frozenset(self._bytes))
        if len(likely) == 1:
            return likely[0]
        raise UnclearEncoding(
            likely or CANDIDATES,
            _(
                "'{file}' is not UTF-8, and its letters do not tell which encoding it is. Likely: {candidates}. "
                'Write it into [files.{entry}] of the mapping, like encoding = "{example}", or save it as UTF-8.',
                file=name,
                candidates=", ".join(likely or CANDIDATES),
                entry=entry.name,
                example=(likely or CANDIDATES)[0],
            ),
        )


def encoding_told(blocks: Iterable[bytes], name: str, entry: FileEntry, head: bytes) -> str:
    """The encoding of a text by itself; UTF-8 where it holds no other letters. Errors: UnclearEncoding."""
    if found := known_encoding(head, entry):
        return found
    check = Utf8Check()
    for block in blocks:
        check.see(block)
    return UTF_8 if check.is_utf_8 else check.guess(name, entry)


def _telling(block: bytes) -> bytes:
    """Lines of a block that hold other letters than ASCII; the first and the last, maybe cut, only for want of others."""
    lines = block.splitlines(keepends=True)
    found = [line for line in lines[1:-1] if not line.isascii()] or [line for line in lines if not line.isascii()]
    sizes = accumulate(len(line) for line in found)
    return b"".join(line for line, size in zip(found, sizes, strict=True) if size - len(line) < EVIDENCE)


def _declared(encoding: str, entry: FileEntry, head: bytes) -> str:
    try:
        found = codecs.lookup(encoding).name
        "".encode(found)
    except LookupError as error:
        raise BadMapping(
            _(
                "[files.{entry}] encoding: '{encoding}' is not an encoding. "
                "Usual ones are utf-8, utf-16, cp1252 (Western), cp1254 (Turkish), cp1251 (Cyrillic) "
                "and gb18030 (Chinese).",
                entry=entry.name,
                encoding=encoding,
            )
        ) from error
    if found.startswith(("utf-16", "utf-32")) and 0 not in head:
        raise BadMapping(
            _(
                "[files.{entry}] encoding: the files are not written in '{encoding}'. "
                "Leave `encoding` out, and it is found in the files.",
                entry=entry.name,
                encoding=encoding,
            )
        )
    if found in ("utf-16", "utf-32"):
        # its byte order mark would have told; without one the halves do
        return (blank_halves(head) if found == "utf-16" else None) or f"{found}-le"
    return UTF_8 if found in ("ascii", "utf-8-sig") else found
