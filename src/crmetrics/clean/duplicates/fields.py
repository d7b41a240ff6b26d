"""What is compared of two records: fields with levels of agreement, each with how often it is met among duplicates and by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crmetrics.vocabulary.language import Message, words

_ = words("duplicates")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of agreement; of a field the first that holds counts.

    condition  SQL over the two records' columns (`name_l`, `name_r`); blank: whatever is left, a disagreement
    m, u       default shares: among pairs of the same customer, and of different ones
    said       what people are told
    by_chance  the column whose value's own frequency says how telling the agreement is: "Yılmaz" less than "Özkurtuluş"
    """

    condition: str
    m: float
    u: float
    said: Message
    by_chance: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record. Blank in one of the two it says nothing: 0 bits.

    blank  SQL over one record's columns, `{side}` its side, that holds where the field is blank
    """

    name: str
    label: Message
    column: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """How records of one kind are compared: by which fields, and which pairs are looked at at all.

    keys  a name -> SQL over one record: pairs that agree in a key are compared, unless too many records share its value
    """

    name: str
    fields: tuple[Field, ...]
    keys: tuple[tuple[str, str], ...]


def _is_like(column: str, similarity: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {similarity}"


def _is_typo(column: str, edits: int = 1) -> str:
    return f"damerau_levenshtein({column}_l, {column}_r) <= {edits}"


def _same(column: str) -> str:
    return f"{column}_l = {column}_r"


_ELSE: Final = _("differs")
_EQUAL: Final = _("equal")
_TYPO: Final = _("equal but for a slip of the pen")
_LIKE: Final = _("similar")

_SWAPPED: Final = "(first_l = last_r or last_l = first_r or (first_l is null and last_l = last_r) or (first_r is null and last_l = last_r))"
_INITIAL: Final = (
    "((length(first_l) = 1 or length(first_r) = 1) and left(first_l, 1) = left(first_r, 1) "
    "or least(length(first_l), length(first_r)) >= 3 and (starts_with(first_l, first_r) or starts_with(first_r, first_l)))"
)

PERSON_NAME: Final = Field(
    "name",
    _("Name"),
    "name_key",
    (
        Level(_same("name_folded"), 0.62, 0.0002, _EQUAL, "name_key"),
        Level(_same("name_key"), 0.05, 0.00005, _("equal but for accents, script or order"), "name_key"),
        Level(
            f"{_same('last')} and ({_is_like('first', 0.85)} or {_INITIAL})",
            0.1,
            0.0003,
            _("same family name, similar given name"),
        ),
        Level(
            f"{_same('first')} and {_is_like('last', 0.85)}", 0.08, 0.0003, _("same given name, similar family name")
        ),
        Level(_is_like("name_key", 0.92), 0.05, 0.001, _LIKE),
        Level(_same("last"), 0.05, 0.004, _("same family name"), "last"),
        Level(f"{_same('first')} or {_SWAPPED}", 0.03, 0.01, _("same given name")),
        Level("", 0.02, 0.98455, _ELSE),
    ),
)

COMPANY_NAME: Final = Field(
    "name",
    _("Name"),
    "name_key",
    (
        Level(_same("name_folded"), 0.6, 0.00005, _("equal without the company form"), "name_key"),
        Level(
            f"{_same('name_key')} or {_same('squeezed')}",
            0.1,
            0.00002,
            _("equal but for accents, script or order"),
            "name_key",
        ),
        Level(f"least(length(squeezed_l), length(squeezed_r)) >= 5 and {_is_typo('squeezed')}", 0.08, 0.0001, _TYPO),
        Level(
            "least(length(squeezed_l), length(squeezed_r)) >= 4 and (starts_with(squeezed_l, squeezed_r) or "
            "starts_with(squeezed_r, squeezed_l))",
            0.08,
            0.0004,
            _("one name begins with the other"),
        ),
        Level(_is_like("squeezed", 0.9), 0.07, 0.002, _LIKE),
        Level(_same("first"), 0.03, 0.003, _("same first word"), "first"),
        Level("", 0.04, 0.99443, _ELSE),
    ),
)

MAIL: Final = Field(
    "email",
    _("E-mail"),
    "mail",
    (
        Level(_same("mail"), 0.7, 0.00002, _EQUAL),
        Level(_is_typo("mail"), 0.06, 0.00001, _TYPO),
        Level(f"{_same('mail_local')} and length(mail_local_l) >= 4", 0.06, 0.0001, _("same name before the @")),
        Level(f"{_is_like('mail', 0.92)}", 0.05, 0.001, _LIKE),
        Level("", 0.13, 0.99887, _ELSE),
    ),
)

PHONE: Final = Field(
    "phone",
    _("Phone"),
    "phone",
    (
        Level(_same("phone"), 0.65, 0.00003, _EQUAL),
        Level(f"right(phone_l, 7) = right(phone_r, 7) or {_is_typo('phone')}", 0.07, 0.0002, _TYPO),
        Level("", 0.28, 0.99977, _ELSE),
    ),
)

TAX_NUMBER: Final = Field(
    "tax_number",
    _("Tax number"),
    "tax",
    (
        Level(_same("tax"), 0.9, 0.00002, _EQUAL),
        Level(_is_typo("tax"), 0.05, 0.0001, _TYPO),
        Level("", 0.05, 0.99988, _ELSE),
    ),
)

BORN_ON: Final = Field(
    "born_on",
    _("Born on"),
    "born",
    (
        Level(_same("born"), 0.88, 0.0001, _EQUAL),
        Level(_is_typo("born"), 0.07, 0.002, _TYPO),
        Level("", 0.05, 0.9979, _ELSE),
    ),
)

STREET: Final = Field(
    "address",
    _("Address"),
    "street",
    (
        Level(_same("street"), 0.55, 0.0001, _EQUAL, "street"),
        Level(f"{_is_like('street', 0.9)} or {_is_typo('street', 2)}", 0.25, 0.002, _LIKE),
        Level("", 0.2, 0.9979, _ELSE),
    ),
)

POSTCODE: Final = Field(
    "postcode",
    _("Postcode"),
    "postcode",
    (
        Level(_same("postcode"), 0.75, 0.004, _EQUAL, "postcode"),
        Level(_is_typo("postcode"), 0.1, 0.01, _TYPO),
        Level("", 0.15, 0.986, _ELSE),
    ),
)

CITY: Final = Field(
    "city",
    _("City"),
    "city",
    (
        Level(_same("city"), 0.8, 0.06, _EQUAL, "city"),
        Level(_is_like("city", 0.9), 0.07, 0.01, _LIKE),
        Level("", 0.13, 0.93, _ELSE),
    ),
)

COUNTRY: Final = Field(
    "country",
    _("Country"),
    "country",
    (Level(_same("country"), 0.96, 0.4, _EQUAL, "country"), Level("", 0.04, 0.6, _ELSE)),
)

DOMAIN: Final = Field(
    "domain",
    _("Domain"),
    "domain",
    (Level(_same("domain"), 0.7, 0.0003, _EQUAL, "domain"), Level("", 0.3, 0.9997, _ELSE)),
)

COMPANY: Final = Field(
    "company",
    _("Company"),
    "company",
    (Level(_same("company"), 0.8, 0.001, _EQUAL, "company"), Level("", 0.2, 0.999, _ELSE)),
)
