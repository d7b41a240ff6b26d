"""A PDF that Chromium printed, read again: its pages and the text on them."""

from __future__ import annotations

import re
import zlib

OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
FONT_OR_TEXT = re.compile(rb"/(\w+) [\d.]+ Tf|<([0-9A-Fa-f]+)>(?=[^>\]]*?(?:Tj|\]|<|-?\d))")


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page without its blanks, in the order in which it was drawn; signs are read by the fonts' own tables."""
    objects = {int(found[1]): found[2] for found in OBJECT.finditer(pdf)}
    return [_text(objects, found) for found in objects.values() if re.search(rb"/Type /Page\b(?!s)", found)]


def _text(objects: dict[int, bytes], page: bytes) -> str:
    fonts = {name: _signs(objects, int(at)) for name, at in re.findall(rb"/(F\d+) (\d+) 0 R", page)}
    content = re.search(rb"/Contents (\d+) 0 R", page)
    told, signs = "", dict[int, str]()
    for font, codes in FONT_OR_TEXT.findall(_stream(objects[int(content[1])]) if content else b""):
        if font:
            signs = fonts.get(font, {})
        else:
            told += "".join(signs.get(int(codes[at : at + 4], 16), "") for at in range(0, len(codes), 4))
    return "".join(told.split())


def _stream(found: bytes) -> bytes:
    stream = STREAM.search(found)
    if stream is None:
        return b""
    return zlib.decompress(stream[1]) if b"/FlateDecode" in found else stream[1]


def _signs(objects: dict[int, bytes], font: int) -> dict[int, str]:
    """Which text each code of a font stands for."""
    table = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    told = _stream(objects[int(table[1])]) if table else b""
    signs: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", told, re.DOTALL):
        for code, text in re.findall(rb"<(\w+)> <(\w+)>", block):
            signs[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", told, re.DOTALL):
        for first, last, text in re.findall(rb"<(\w+)> <(\w+)> <(\w+)>", block):
            start, code = int(text, 16), int(first, 16)
            signs |= {code + more: chr(start + more) for more in range(int(last, 16) - code + 1)}
    return signs
