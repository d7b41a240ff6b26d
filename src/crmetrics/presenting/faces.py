"""The typefaces of pictures: where they are, what is missing, and how wide their letters are."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from crmetrics.presenting.theme import CHINESE_FACE, LATIN_FACE
from crmetrics.vocabulary.errors import CrmetricsError
from crmetrics.vocabulary.language import words

_ = words("presenting")

_FILES: Final[Mapping[tuple[str, bool], tuple[str, ...]]] = MappingProxyType(
    {
        (LATIN_FACE, False): ("NotoSans-Regular.ttf", "NotoSans-Regular.otf"),
        (LATIN_FACE, True): ("NotoSans-Bold.ttf", "NotoSans-Bold.otf"),
        (CHINESE_FACE, False): ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf"),
        (CHINESE_FACE, True): ("NotoSansCJK-Bold.ttc", "NotoSansCJKsc-Bold.otf"),
    }
)
_PACKAGES: Final = {LATIN_FACE: "fonts-noto-core", CHINESE_FACE: "fonts-noto-cjk"}
_FOLDERS: Final = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "C:/Windows/Fonts",
)


class MissingFace(CrmetricsError):
    """A typeface that a picture needs and the machine does not have."""


@cache
def face_file(face: str, is_bold: bool) -> Path:
    """The file of a typeface; MissingFace, with the package that brings it, if the machine has none.

    It is looked for where font packages put it, then asked of fontconfig.
    """
    names = _FILES[face, is_bold]
    for folder in _FOLDERS:
        for name in names:
            found = next(Path(folder).expanduser().glob(f"**/{name}"), None)
            if found is not None:
                return found
    told = _from_fontconfig(face, is_bold)
    if told is not None:
        return told
    raise MissingFace(
        _(
            "The typeface '{face}' is not installed, so a picture would show boxes. Debian, Ubuntu: sudo apt install {package}",
            face=f"{face} {'Bold' if is_bold else 'Regular'}",
            package=_PACKAGES[face],
        )
    )


def _from_fontconfig(face: str, is_bold: bool) -> Path | None:
    if shutil.which("fc-match") is None:
        return None
    asked = f"{face}:style={'Bold' if is_bold else 'Regular'}"
    run = subprocess.run(
        ["fc-match", "--format=%{family}\n%{file}", asked], capture_output=True, text=True, timeout=20, check=False
    )
    family, _line, file = run.stdout.partition("\n")
    # fontconfig always answers, with another family if it has not this one
    return Path(file) if face in family.split(",") and Path(file).is_file() else None


def missing_faces() -> tuple[str, ...]:
    """The names of the typefaces that the machine lacks, each with its package."""
    missing = []
    for face, is_bold in _FILES:
        try:
            face_file(face, is_bold)
        except MissingFace as error:
            missing.append(str(error))
    return tuple(missing)


@dataclass(frozen=True)
class Advances:
    """How far each letter of a typeface takes the line, in its own units (`per_em` to the size)."""

    letters: Mapping[int, int]
    unknown: int
    per_em: int

    def width(self, text: str, size: float) -> float:
        """The width of a text at a size, in pixels."""
        return sum(self.letters.get(ord(letter), self.unknown) for letter in text) * size / self.per_em


@cache
def advances(face: str, is_bold: bool) -> Advances:
    """The advances of a TrueType or OpenType file, read from its tables head, hhea, hmtx and cmap."""
    data = face_file(face, is_bold).read_bytes()
    tables = _tables(data)
    (per_em,) = struct.unpack_from(">H", data, tables["head"] + 18)
    (known,) = struct.unpack_from(">H", data, tables["hhea"] + 34)
    widths = [struct.unpack_from(">H", data, tables["hmtx"] + 4 * glyph)[0] for glyph in range(known)]
    # glyphs beyond the table's end are as wide as its last
    letters = {letter: widths[min(glyph, known - 1)] for letter, glyph in _letters(data, tables["cmap"]).items()}
    return Advances(letters, widths[0], per_em)


def _tables(data: bytes) -> dict[str, int]:
    """Where each table starts; of a collection the first face's."""
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    (count,) = struct.unpack_from(">H", data, start + 4)
    found = {}
    for place in range(count):
        tag, _sum, offset, _length = struct.unpack_from(">4sIII", data, start + 12 + 16 * place)
        found[tag.decode("latin-1")] = offset
    return found


def _letters(data: bytes, cmap: int) -> dict[int, int]:
    """Letter -> glyph of the fullest Unicode map (format 12, else 4)."""
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    maps = {}
    for place in range(count):
        (offset,) = struct.unpack_from(">I", data, cmap + 8 + 8 * place)
        maps[struct.unpack_from(">H", data, cmap + offset)[0]] = cmap + offset
    if 12 in maps:
        return _by_groups(data, maps[12])
    return _by_segments(data, maps[4]) if 4 in maps else {}


def _by_groups(data: bytes, start: int) -> dict[int, int]:
    (count,) = struct.unpack_from(">I", data, start + 12)
    found = {}
    for place in range(count):
        first, last, glyph = struct.unpack_from(">III", data, start + 16 + 12 * place)
        found.update({letter: glyph + letter - first for letter in range(first, last + 1)})
    return found


def _by_segments(data: bytes, start: int) -> dict[int, int]:
    (double,) = struct.unpack_from(">H", data, start + 6)
    count = double // 2
    ends, starts = start + 14, start + 16 + double
    found = {}
    for place in range(count):
        (last,) = struct.unpack_from(">H", data, ends + 2 * place)
        (first,) = struct.unpack_from(">H", data, starts + 2 * place)
        (delta,) = struct.unpack_from(">h", data, starts + double + 2 * place)
        at = starts + 2 * double + 2 * place
        (offset,) = struct.unpack_from(">H", data, at)
        for letter in range(first, min(last, 0xFFFE) + 1):
            glyph = letter + delta
            if offset:
                (glyph,) = struct.unpack_from(">H", data, at + offset + 2 * (letter - first))
                glyph = glyph and glyph + delta
            if glyph % 65536:
                found[letter] = glyph % 65536
    return found
