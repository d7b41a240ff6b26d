"""Which encoding a text file is written in, and the same text in UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import Final

from crmetrics.collect.files import FileEntry
from crmetrics.vocabulary.errors import BadFile, BadMapping
from crmetrics.vocabulary.language import words

_ = words("collect")

UTF_8: Final = "utf-8"
BOM_UTF8: Final = codecs.BOM_UTF8
CANDIDATES: Final = ("cp1252", "cp1254", "cp1251", "gb18030")
"""What programs of the speakers of our languages write where they do not write Unicode."""

BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

TURKISH: Final = frozenset("ğışĞİŞ".encode("cp1254"))
"""The bytes that cp1254 and cp1252 read differently."""

ICELANDIC: Final = frozenset("áéíóúæÁÉÍÓÚÆ".encode("cp1252"))
"""Letters that no Turkish word has, and that stand beside ð, ý and þ where those bytes mean these."""

EVIDENCE: Final = 1 << 16
CHAOS_APART: Final = 0.05
ASCII: Final = bytes(range(0x80))

FAULT: Final = "\udcff"
"""Stands for bytes that mean nothing; written as a byte that is not UTF-8, so that its row alone is rejected."""


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
        return _declared(entry.encoding, entry)
    return blank_halves(head)


def blank_halves(head: bytes) -> str | None:
    """UTF-16 without a byte order mark: one half of each plain letter, and of each line end, is NUL."""
    sample = head[: 1 << 16]
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    for encoding, line_end, blank, other in (("utf-16-le", b"\n\0", odd, even), ("utf-16-be", b"\0\n", even, odd)):
        ends = sum(sample[at : at + 2] == line_end for at in range(0, len(sample), 2))
        if blank > max(9 * other, len(sample) // 100) and ends and ends >= 0.9 * sample.count(b"\n"):
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
        self._evidence = b""

    def see(self, block: bytes, is_last: bool = False) -> None:
        pending = bool(self._decoder.getstate()[0])
        if block.isascii() and not pending:
            return
        faults = self._decoder.decode(block, is_last).count(FAULT)
        others = block.translate(None, ASCII)
        self._faults += faults
        # A letter of two to four bytes cannot stand in another encoding by chance, save now and then.
        self._letters += len(others) // 2 if not faults else 0
        self._bytes.update(others)
        if faults and len(self._evidence) < EVIDENCE:
            self._evidence += b"\n".join(line for line in block.splitlines() if not line.isascii())[:EVIDENCE]

    @property
    def is_utf_8(self) -> bool:
        """Whether the text is UTF-8, damaged in a few places at most."""
        return self._faults == 0 or self._letters > self._faults

    def guess(self, name: str, entry: FileEntry) -> str:
        """The encoding that the letters speak for. Errors: BadFile naming the candidates if they do not agree."""
        from charset_normalizer import from_bytes

        found = from_bytes(self._evidence, cp_isolation=list(CANDIDATES))
        scored = {match.encoding: match.chaos for match in found if match.encoding in CANDIDATES}
        least = min(scored.values(), default=0.0)
        likely = [name for name in CANDIDATES if scored.get(name, 1.0) <= least + CHAOS_APART]
        if {"cp1252", "cp1254"} & set(likely):
            likely = [*self._western_or_turkish(), *(name for name in likely if not name.startswith("cp125"))]
        if len(likely) == 1:
            return likely[0]
        raise BadFile(
            _(
                "'{file}' is not UTF-8, and its letters do not tell which encoding it is. Likely: {candidates}. "
                'Write it into [files.{entry}] of the mapping, like encoding = "{example}", or save it as UTF-8.',
                file=name,
                candidates=", ".join(likely or CANDIDATES),
                entry=entry.name,
                example=(likely or CANDIDATES)[0],
            )
        )

    def _western_or_turkish(self) -> list[str]:
        turkish, icelandic = bool(self._bytes & TURKISH), bool(self._bytes & ICELANDIC)
        if turkish and icelandic:
            return ["cp1252", "cp1254"]
        return ["cp1254"] if turkish else ["cp1252"]


def _declared(encoding: str, entry: FileEntry) -> str:
    try:
        found = codecs.lookup(encoding)
        "".encode(found.name)
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
    return UTF_8 if found.name in (UTF_8, "ascii", "utf-8-sig") else found.name
