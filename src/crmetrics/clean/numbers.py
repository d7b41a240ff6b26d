"""Numbers as people and systems write them, as SQL: grouped, with money signs, in thousands, in percent."""

from __future__ import annotations

from typing import Final

from crmetrics.clean.mapping import Formats
from crmetrics.warehouse.expression import literal
from crmetrics.warehouse.schema import Type

BLANKS: Final = " \t\r\n\u00a0\u2007\u202f\ufeff"
"""What is trimmed from every text: blanks, tabs, line ends, non-breaking blanks, a byte order mark."""

_MINUS: Final = "\u2212"
# A sign or code of money beside a number says nothing about its value.
MONEY: Final = (
    r"(?i:US\$|[$€£¥￥₺₴₽₹₩₪₫₸₼₾₦฿元円]|\b(?:USD|EUR|GBP|TRY|TL|UAH|CNY|RMB|JPY|RUB|PLN|CHF|SEK|NOK|DKK|CAD|AUD|INR|KZT|AED)\b"
    r"|грн\.?|руб\.?|тенге|zł|人民币)"
)
# Signs that name one currency alone; $ and ¥ do not.
SIGNS: Final = {
    "€": "EUR", "£": "GBP", "₺": "TRY", "TL": "TRY", "₴": "UAH", "ГРН": "UAH", "元": "CNY", "人民币": "CNY", "RMB": "CNY",
    "US$": "USD", "₽": "RUB", "РУБ": "RUB", "₹": "INR", "₸": "KZT", "ТЕНГЕ": "KZT", "ZŁ": "PLN",
}  # fmt: skip
_GAPS: Final = r"'’\s\x{a0}\x{2007}\x{2009}\x{202f}"
_WIDE: Final = ("０１２３４５６７８９．，％－（）", "0123456789.,%-()")
"""Digits and signs as wide as a Chinese letter, as input methods leave them, and as they are read."""
_LETTERS: Final = r"(\p{L}+)\.?\s*(\)?)$"


def number(raw: str, text: str, kind: Type, formats: Formats) -> str:
    """Read a number: grouped thousands, money signs, parentheses or a trailing minus for negative ones; % for shares.

    A decimal mark of the other kind is never guessed: with a decimal comma, 18500.00 is unreadable and 18.500 is
    eighteen thousand five hundred. A whole number is never rounded. A word such as k or 万 is read where it is declared.
    """
    into, decimal = kind.value, formats.decimal
    thorough = f"try_cast({scaled(text, formats)} as {into})"
    if kind is Type.INTEGER:
        # 3.7 and 1e3 are no whole numbers, and 0x10 is a code.
        broken = " or ".join([*(f"contains({raw}, '{sign}')" for sign in ".eE"), f"{raw}[2] >= 'A'"])
        quick = f"case when not ({broken}) then try_cast({raw} as bigint) end"
        thorough = f"try_cast(regexp_extract({_whole(text, formats)}, '^([-+]?[0-9]+)([.]0*)?$', 1) as bigint)"
    elif decimal == ",":
        quick = f"try_cast(case when not contains({raw}, '.') then replace({raw}, ',', '.') end as {into})"
    elif kind is Type.SHARE:
        # inf and nan are doubles, but no shares of anything.
        quick = f"case when left({raw}, 1) between '-' and '9' then try_cast({raw} as double) end"
    else:
        quick = f"try_cast({raw} as {into})"
    if kind is Type.SHARE:
        without_sign = f"trim(replace(replace({text}, '%', ''), '％', ''), {literal(BLANKS)})"
        percent = f"try_cast({scaled(without_sign, formats)} as double) / 1e2"
        thorough = f"case when contains({raw}, '%') or contains({raw}, '％') then {percent} else {thorough} end"
    return first_of(raw, quick, thorough)


def operand(raw: str, text: str, formats: Formats) -> str:
    """Read a number inside a formula, as a double: figures of six digits after the point must survive there."""
    return number(raw, text, Type.SHARE, formats)


def scaled(text: str, formats: Formats) -> str:
    """Rewrite a number as 1234.5, one in declared thousands or 万 as 12.5e4: no value is multiplied, so none is rounded."""
    if not formats.scales:
        return plain(text, formats.decimal)
    bare = f"trim(regexp_replace({text}, {literal(MONEY)}, '', 'g'), {literal(BLANKS)})"
    word = f"lower(regexp_extract({bare}, {literal(_LETTERS)}, 1))"
    powers = " ".join(f"when {literal(name.lower())} then 'e{power}'" for name, power in formats.scales)
    rest = f"regexp_replace({bare}, {literal(_LETTERS)}, '\\2')"
    whole = f"case when {word} = '' then {plain(text, formats.decimal)} "
    return f"{whole} else nullif({plain(rest, formats.decimal)}, '') || case {word} {powers} end end"


def _whole(text: str, formats: Formats) -> str:
    """The same for a whole number: 12.5e4 is written as 125000."""
    if not formats.scales:
        return plain(text, formats.decimal)
    written = scaled(text, formats)
    return f"case when contains({written}, 'e') then cast(try_cast({written} as decimal(28,6)) as varchar) else {written} end"


def plain(text: str, decimal: str) -> str:
    """Rewrite a number as 1234.5; blank if it is not one by the declared marks."""
    marks, point = ("," + _GAPS, r"\.") if decimal == "." else (r"\." + _GAPS, ",")
    narrow = f"translate({text}, {literal(_WIDE[0] + _MINUS)}, {literal(_WIDE[1] + '-')})"
    sql = f"trim(regexp_replace({narrow}, {literal(MONEY)}, '', 'g'), {literal(BLANKS)})"
    sql = rf"regexp_replace({sql}, '^\((.*)\)$|^([^-].*)-$', '-\1\2')"
    sql = f"regexp_replace({sql}, {literal(f'^([-+]?)[{_GAPS}]+')}, '\\1')"
    shape = rf"^[-+]?(?:\d{{1,3}}(?:[{marks}]\d{{3}})+|\d+)?(?:{point}\d*)?$"
    sql = f"regexp_extract({sql}, {literal(shape)}, 0)"
    sql = f"regexp_replace({sql}, {literal(f'[{marks}]')}, '', 'g')"
    return sql if decimal == "." else f"replace({sql}, ',', '.')"


def other_marks(text: str, decimal: str) -> str:
    """Whether a number that cannot be read would be one with the other decimal mark."""
    return f"{plain(text, ',' if decimal == '.' else '.')} <> ''"


def currency(text: str, formats: Formats) -> str:
    """Read a currency: a code or a sign, alone or beside an amount; a sign of several currencies as it is declared."""
    signs = {**SIGNS, **{sign.upper(): code for sign, code in formats.signs}}
    cases = " ".join(f"when {literal(sign)} then {literal(code)}" for sign, code in signs.items())
    beside = f"regexp_extract(upper({text}), {literal(_sign(signs))}, 0)"
    inside = f"case {beside} when '' then null {cases} else {beside} end"
    rest = f"case upper({text}) {cases} else case when regexp_matches({text}, '\\d') then {inside} else upper({text}) end end"
    # as a rule it is a code of three letters, and nothing is to be looked for
    is_code = f"length({text}) = 3 and {text} between 'AAA' and 'ZZZ' and upper({text}) <> 'RMB'"
    return f"case when {is_code} then upper({text}) else {rest} end"


def _sign(signs: dict[str, str]) -> str:
    """A pattern of a sign or code beside a number, the longest sign first."""
    known = sorted((_escaped(sign) for sign in signs), key=len, reverse=True)
    return rf"{'|'.join(known)}|\b[A-Z]{{3}}\b|[$¥￥]"


def _escaped(sign: str) -> str:
    return sign.replace("$", r"\$").replace(".", r"\.")


def first_of(raw: str, quick: str, thorough: str) -> str:
    """Try the quick way, then the thorough one.

    The thorough one stands in a CASE, for there the optimizer never works a part out ahead for all rows because it is
    written twice, as it would in COALESCE.
    """
    return f"coalesce({quick}, case when {raw} is not null then {thorough} end)"
