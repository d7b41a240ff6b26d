"""One typeface a run of script in an SVG, each run at its own x, so that no renderer ever needs a fallback.

A font list is not enough: with it Chinese came out as boxes or in serif, and ş, і or ₴ in another family's bold italic.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Final

from crmetrics.presenting.faces import advances
from crmetrics.presenting.theme import CHINESE_FACE, LATIN_FACE

_CHINESE: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\u303f\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
)
_TEXT: Final = re.compile(r"(<text\b[^>]*>)([^<]*)(</text>)")
_LINE: Final = re.compile(r"(<tspan\b[^>]*>)([^<]*)(</tspan>)")
_WHOLE: Final = re.compile(r"<text\b[^>]*/>|<text\b[^>]*>.*?</text>", re.DOTALL)


def split_runs(svg: str) -> str:
    """The SVG with every text's runs named by their own typeface. Raises MissingFace for one that is not installed."""
    return _WHOLE.sub(lambda match: _text(match[0]), svg)


def runs(text: str) -> list[tuple[str, str]]:
    """The text in runs of one typeface; a letter that neither has stays with the run before it."""
    found: list[tuple[str, str]] = []
    for letter in text:
        face = _face_of(letter) or (found[-1][0] if found else LATIN_FACE)
        if found and found[-1][0] == face:
            found[-1] = (face, found[-1][1] + letter)
        else:
            found.append((face, letter))
    return found


@lru_cache(maxsize=4096)
def _face_of(letter: str) -> str | None:
    """The typeface of a letter: Chinese for Chinese and for signs that the Latin face lacks; None if neither has it."""
    if _CHINESE.match(letter):
        return CHINESE_FACE
    for face in (LATIN_FACE, CHINESE_FACE):
        if ord(letter) in advances(face, False).letters:
            return face
    return None


def _text(element: str) -> str:
    if element.endswith("/>"):  # an empty label
        return ""
    one = _TEXT.fullmatch(element)
    if one is not None:
        return _split(one[1], one[2], one[1])
    # labels of two lines: each is a tspan of its own, at its own place
    head = element[: element.index(">") + 1]
    return _with_family(head, LATIN_FACE) + _LINE.sub(lambda line: _split(line[1], line[2], head), element[len(head) :])


def _split(head: str, body: str, styled: str) -> str:
    """One text or one line of it, its runs side by side from where its anchor puts the first."""
    tag = "text" if head.startswith("<text") else "tspan"
    found = runs(html.unescape(body))
    for face, _part in found:
        advances(face, _is_bold(styled))  # a missing typeface is told before boxes are drawn
    if len(found) <= 1:
        return f"{_with_family(head, found[0][0] if found else LATIN_FACE)}{body}</{tag}>"
    size = float(_attribute(styled, "font-size", "11").removesuffix("px"))
    widths = [advances(face, _is_bold(styled)).width(part, size) for face, part in found]
    anchor = _attribute(styled, "text-anchor", "start")
    x = float(_attribute(head, "x", "0")) - {"middle": sum(widths) / 2, "end": sum(widths)}.get(anchor, 0.0)
    parts = []
    for (face, part), wide in zip(found, widths, strict=True):
        place = f'x="{x:.2f}" text-anchor="start" font-family="{face}" xml:space="preserve"'
        parts.append(f"<tspan {place}>{html.escape(part, quote=False)}</tspan>")
        x += wide
    return f"{_with_family(head, LATIN_FACE)}{''.join(parts)}</{tag}>"


def _attribute(head: str, name: str, default: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', head)
    return found[1] if found else default


def _is_bold(head: str) -> bool:
    weight = _attribute(head, "font-weight", "400")
    return weight == "bold" or (weight.isdigit() and int(weight) >= 600)


def _with_family(head: str, face: str) -> str:
    """The element with its typeface named, in place of the one it had."""
    plain = re.sub(r'\sfont-family="[^"]*"', "", head)
    return f'{plain[:-1]} font-family="{face}">'
