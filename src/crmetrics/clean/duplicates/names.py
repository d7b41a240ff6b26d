"""Names of people and companies: titles and company forms dropped, words in an order of their own."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from crmetrics.clean.duplicates.letters import folded, plain

_FORMS: Final = (
    "a ş|aş|anonim şirketi|anonim şti|limited şirketi|ltd şti|limited şti|şti|şirketi|sanayi ve ticaret|san ve tic|san tic|tic san|"
    "ticaret ve sanayi|тов|товариство з обмеженою відповідальністю|пп|приватне підприємство|фоп|"
    "фізична особа підприємець|ат|акціонерне товариство|прат|пат|тдв|дп|кп|ооо|общество с ограниченной ответственностью|"
    "оао|зао|пао|ао|ип|inc|incorporated|corp|corporation|co|company|llc|l l c|llp|lp|ltd|limited|plc|pty|pvt|pte|gmbh|"
    "mbh|ag|kg|ohg|ug|gmbh co kg|se|sa|s a|sas|sarl|s a r l|srl|s r l|spa|s p a|bv|b v|nv|n v|ab|as|oy|oyj|aps|a s|"
    "sp z o o|sp zoo|s r o|sro|a s|kk|k k|тоо|tov|pp|fop|at|prat|too|ooo"
)
"""Words that say what a company is by law, as they are folded; several words are one form."""

_CHINESE_FORMS: Final = ("股份有限公司", "有限责任公司", "有限公司", "集团公司", "分公司", "公司", "集团")
"""Longest first: the shorter ones are ends of the longer."""

_TITLES: Final = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "prof",
        "sir",
        "madam",
        "herr",
        "frau",
        "sayın",
        "bay",
        "bayan",
        "hanım",
        "bey",
        "av",
        "пан",
        "пані",
        "фоп",
        "ип",
        "г",
        "госпожа",
        "господин",
    ]
)
_PATRONYMIC: Final = re.compile(r"(ович|евич|йович|івна|ївна|овна|евна)$")
_IN_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")

_ORDERED_FORMS: Final = tuple(
    sorted({tuple(form.split()) for form in _FORMS.split("|")}, key=lambda form: (-len(form), form))
)
_FORM_WORDS: Final = frozenset(word for form in _ORDERED_FORMS for word in form)


class NameForms(NamedTuple):
    """A name in the forms that are compared; None for what it lacks.

    folded  the name itself, for "equal"
    key     its words without accents, in an order of their own, for "near"
    first, last  given and family name of a person, the first and the last word of a company, without accents
    """

    folded: str | None
    key: str | None
    first: str | None
    last: str | None


NOTHING: Final = NameForms(None, None, None, None)


def person_name(text: str, is_turkish: bool = False) -> NameForms:
    """The forms of a person's name: "Smith, John" is John Smith, a patronymic tells that the family name goes first."""
    family, comma, given = text.partition(",")
    if comma and given.strip() and "," not in given:
        text = f"{given} {family}"
    words = [word for word in folded(text, is_turkish).split() if word not in _TITLES]
    if not words:
        return NOTHING
    if len(words) > 2 and _PATRONYMIC.search(words[2]):
        words = [words[1], words[0], *words[3:]]  # Іваненко Петро Олексійович
    elif len(words) > 2 and _PATRONYMIC.search(words[1]):
        words = [words[0], *words[2:]]  # Петро Олексійович Іваненко
    bare = [plain(word) for word in words]
    first = bare[0] if len(bare) > 1 else None
    return NameForms(" ".join(words), " ".join(sorted(bare)), first, bare[-1])


def company_name(text: str, is_turkish: bool = False) -> NameForms:
    """The forms of a company's name without what it is by law; of a name that is nothing else, that stays."""
    words = without_forms(folded(text, is_turkish).split())
    if not words:
        return NOTHING
    bare = [plain(word) for word in words]
    return NameForms(" ".join(words), " ".join(sorted(bare)), bare[0], bare[-1])


def is_company(text: str) -> bool:
    """Whether a name says that it is a company's. A sole proprietor (ФОП, ИП) is a person."""
    words = folded(text).split()
    while words and words[0] in ("фоп", "ип", "fop"):
        words = words[1:]
    return len(without_forms(words)) < len(words) or (bool(words) and without_forms(words) != words)


def without_forms(words: list[str]) -> list[str]:
    """Folded words without company forms at the beginning and the end."""
    if words and _IN_CHINESE.search(words[-1]):
        words = [*words[:-1], _without_chinese_form(words[-1])]
    for at_start in (True, False):
        while len(words) > 1 and words[0 if at_start else -1] in _FORM_WORDS:
            form = next((each for each in _ORDERED_FORMS if _stands(words, each, at_start)), None)
            if form is None:
                break
            words = words[len(form) :] if at_start else words[: -len(form)]
    return words


def _stands(words: list[str], form: tuple[str, ...], at_start: bool) -> bool:
    """Whether a form stands at one end of the words, with a word besides it."""
    if len(form) >= len(words):
        return False
    return tuple(words[: len(form)] if at_start else words[-len(form) :]) == form


def _without_chinese_form(word: str) -> str:
    for form in _CHINESE_FORMS:
        if word.endswith(form) and len(word) > len(form):
            return word.removesuffix(form)
    return word
