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
    ("name_key",),
    (
        Level(_same("name_folded"), 0.62, 0.0002, _EQUAL, "name_key", equal="name_folded"),
        Level(
            _same("name_key"), 0.05, 0.00005, _("equal but for accents, script or order"), "name_key", equal="name_key"
        ),
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
    ("name_key",),
    (
        Level(_same("name_folded"), 0.6, 0.00005, _("equal without the company form"), "name_key", equal="name_folded"),
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
    ("mail",),
    (
        Level(_same("mail"), 0.7, 0.00002, _EQUAL, equal="mail"),
        Level(f"{_is_typo('mail', 2)} and {_same_digits('mail')}", 0.09, 0.00002, _TYPO),
        Level(f"{_same('mail_local')} and length(mail_local_l) >= 4", 0.06, 0.0001, _("same name before the @")),
        Level("", 0.15, 0.99986, _ELSE),
    ),
)

PHONE: Final = Field(
    "phone",
    _("Phone"),
    ("phone",),
    (
        Level(_same("phone"), 0.65, 0.00003, _EQUAL, equal="phone"),
        Level(f"right(phone_l, 7) = right(phone_r, 7) or {_is_typo('phone')}", 0.07, 0.0002, _TYPO),
        Level("", 0.28, 0.99977, _ELSE),
    ),
)

TAX_NUMBER: Final = Field(
    "tax_number",
    _("Tax number"),
    ("tax",),
    (
        Level(_same("tax"), 0.9, 0.00002, _EQUAL, equal="tax"),
        Level(_is_typo("tax"), 0.05, 0.0001, _TYPO),
        Level("", 0.05, 0.99988, _ELSE),
    ),
)

BORN_ON: Final = Field(
    "born_on",
    _("Born on"),
    ("born",),
    (
        Level(_same("born"), 0.88, 0.0001, _EQUAL, equal="born"),
        Level(_is_typo("born"), 0.07, 0.002, _TYPO),
        Level("", 0.05, 0.9979, _ELSE),
    ),
)

STREET: Final = Field(
    "address",
    _("Address"),
    ("street",),
    (
        Level(_same("street"), 0.55, 0.0001, _EQUAL, "street", equal="street"),
        Level(f"{_is_like('street', 0.9)} or {_is_typo('street', 2)}", 0.25, 0.002, _LIKE),
        Level("", 0.2, 0.9979, _ELSE),
    ),
)

PLACE: Final = Field(
    "place",
    _("Place"),
    ("postcode", "city"),
    (
        Level(_same("postcode"), 0.6, 0.004, _("same postcode"), "postcode", equal="postcode"),
        Level(_same("city"), 0.25, 0.03, _("same city"), "city", equal="city"),
        Level(f"{_is_like('city', 0.9)} or {_is_typo('postcode')}", 0.07, 0.02, _LIKE),
        Level("", 0.08, 0.946, _ELSE),
    ),
    is_telling=False,
)
"""One field, for a postcode says the city: both would count the same thing twice."""

COUNTRY: Final = Field(
    "country",
    _("Country"),
    ("country",),
    (Level(_same("country"), 0.96, 0.4, _EQUAL, "country", equal="country"), Level("", 0.04, 0.6, _ELSE)),
    is_telling=False,
)

DOMAIN: Final = Field(
    "domain",
    _("Domain"),
    ("domain",),
    (Level(_same("domain"), 0.7, 0.0003, _EQUAL, "domain", equal="domain"), Level("", 0.3, 0.9997, _ELSE)),
)

COMPANY: Final = Field(
    "company",
    _("Company"),
    ("company",),
    (Level(_same("company"), 0.8, 0.001, _EQUAL, "company", equal="company"), Level("", 0.2, 0.999, _ELSE)),
)
