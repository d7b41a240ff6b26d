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
    equal      the column that is equal in it and in no level after it: how often that is by chance follows from its values
    """

    condition: str
    m: float
    u: float
    said: Message
    by_chance: str = ""
    equal: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record. Blank in one of the two it says nothing: 0 bits.

    columns     those it is made of: it is blank where each of them is blank in one of the two
    is_telling  whether it is of one customer, as a name or a phone is; a city is of many
    """

    name: str
    label: Message
    columns: tuple[str, ...]
    levels: tuple[Level, ...]
    is_telling: bool = True

    @property
    def column(self) -> str:
        """The column that tells most of it."""
        return self.columns[0]

    @property
    def blank(self) -> str:
        """SQL of a pair that holds where nothing can be compared."""
        return " and ".join(f"({column}_l is null or {column}_r is null)" for column in self.columns)


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


def _same_digits(column: str) -> str:
    """Of two addresses like ann.lee71@ and ann.lee17@ the digits make two people."""
    return " = ".join(f"regexp_replace({column}_{side}, '[^0-9]', '', 'g')" for side in "lr")


_DIFFERS: Final = _("differs")
_EQUAL: Final = _("equal")
_TYPO: Final = _("equal but for a slip of the pen")
_LIKE: Final = _("similar")


def _field(name: str, label: Message, columns: tuple[str, ...], *agreed: Level, is_telling: bool = True) -> Field:
    """A field with its levels of agreement, and what is left of the pairs as the one that differs."""
    rest = Level(
        "",
        round(1 - sum(level.m for level in agreed), ndigits=5),
        round(1 - sum(level.u for level in agreed), ndigits=5),
        _DIFFERS,
    )
    return Field(name, label, columns, (*agreed, rest), is_telling)


def _equal(column: str, m: float, u: float, said: Message = _EQUAL, by_chance: str = "") -> Level:
    return Level(_same(column), m, u, said, by_chance, equal=column)


_SWAPPED: Final = "(first_l = last_r or last_l = first_r or (first_l is null and last_l = last_r) or (first_r is null and last_l = last_r))"
_INITIAL: Final = (
    "((length(first_l) = 1 or length(first_r) = 1) and left(first_l, 1) = left(first_r, 1) "
    "or least(length(first_l), length(first_r)) >= 3 and (starts_with(first_l, first_r) or starts_with(first_r, first_l)))"
)

PERSON_NAME: Final = _field(
    "name",
    _("Name"),
    ("name_key",),
    _equal("name_folded", 0.62, 0.0002, by_chance="name_key"),
    _equal("name_key", 0.05, 0.00005, _("equal but for accents, script or order"), by_chance="name_key"),
    Level(
        f"{_same('last')} and ({_is_like('first', 0.85)} or {_INITIAL})",
        0.1,
        0.0003,
        _("same family name, similar given name"),
    ),
    Level(f"{_same('first')} and {_is_like('last', 0.85)}", 0.08, 0.0003, _("same given name, similar family name")),
    Level(_is_like("name_key", 0.92), 0.05, 0.001, _LIKE),
    Level(_same("last"), 0.05, 0.004, _("same family name"), "last"),
    Level(f"{_same('first')} or {_SWAPPED}", 0.03, 0.01, _("same given name")),
)

COMPANY_NAME: Final = _field(
    "name",
    _("Name"),
    ("name_key",),
    _equal("name_folded", 0.6, 0.00005, _("equal without the company form"), by_chance="name_key"),
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
)

MAIL: Final = _field(
    "email",
    _("E-mail"),
    ("mail",),
    _equal("mail", 0.7, 0.00002),
    Level(f"{_is_typo('mail', 2)} and {_same_digits('mail')}", 0.09, 0.00002, _TYPO),
    Level(f"{_same('mail_local')} and length(mail_local_l) >= 4", 0.06, 0.0001, _("same name before the @")),
)

PHONE: Final = _field(
    "phone",
    _("Phone"),
    ("phone",),
    _equal("phone", 0.65, 0.00003),
    Level(f"right(phone_l, 7) = right(phone_r, 7) or {_is_typo('phone')}", 0.07, 0.0002, _TYPO),
)

TAX_NUMBER: Final = _field(
    "tax_number",
    _("Tax number"),
    ("tax",),
    _equal("tax", 0.9, 0.00002),
    Level(_is_typo("tax"), 0.05, 0.0001, _TYPO),
)

BORN_ON: Final = _field(
    "born_on",
    _("Born on"),
    ("born",),
    _equal("born", 0.88, 0.0001),
    Level(_is_typo("born"), 0.07, 0.002, _TYPO),
)

STREET: Final = _field(
    "address",
    _("Address"),
    ("street",),
    _equal("street", 0.55, 0.0001, by_chance="street"),
    Level(f"{_is_like('street', 0.9)} or {_is_typo('street', 2)}", 0.25, 0.002, _LIKE),
)

PLACE: Final = _field(
    "place",
    _("Place"),
    ("postcode", "city"),
    _equal("postcode", 0.6, 0.004, _("same postcode"), by_chance="postcode"),
    _equal("city", 0.25, 0.03, _("same city"), by_chance="city"),
    Level(f"{_is_like('city', 0.9)} or {_is_typo('postcode')}", 0.07, 0.02, _LIKE),
    is_telling=False,
)
"""One field, for a postcode says the city: both would count the same thing twice."""

COUNTRY: Final = _field(
    "country",
    _("Country"),
    ("country",),
    _equal("country", 0.96, 0.4, by_chance="country"),
    is_telling=False,
)

DOMAIN: Final = _field(
    "domain",
    _("Domain"),
    ("domain",),
    _equal("domain", 0.7, 0.0003, by_chance="domain"),
)

COMPANY: Final = _field(
    "company",
    _("Company"),
    ("company",),
    _equal("company", 0.8, 0.001, by_chance="company"),
)
