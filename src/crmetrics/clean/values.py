"""From a file's text to a typed value: SQL that gives NULL for what cannot be read, and does no more than a format needs.

A value is first read the quick way, from the text as it stands in the file. Only what cannot be read so is trimmed, held
against the texts that mean "not given", and taken apart. So a function takes two pieces of SQL: `raw`, the text as it
stands (an alias, for it is written several times), and `text`, the same trimmed (worked out only where it is needed).
"""

from __future__ import annotations

from typing import Final

from crmetrics.clean.mapping import NUMBERS, Formats
from crmetrics.warehouse.expression import literal
from crmetrics.warehouse.schema import Column, Type

BLANKS: Final = " \t\r\n\u00a0\u2007\u202f\ufeff"
"""What is trimmed from every text: blanks, tabs, line ends, non-breaking blanks, a byte order mark."""

_MINUS: Final = "\u2212"
# A sign or code of money beside a number says nothing about its value.
_MONEY: Final = (
    r"[$€£¥₺₴₽₹₩₪₫฿元円]|\b(?:USD|EUR|GBP|TRY|TL|UAH|CNY|RMB|JPY|RUB|PLN|CHF|SEK|NOK|DKK|CAD|AUD|INR)\b|грн\.?|руб\.?"
)
# Signs that name one currency alone; $ and ¥ do not.
_SIGNS: Final = {
    "€": "EUR",
    "£": "GBP",
    "₺": "TRY",
    "TL": "TRY",
    "₴": "UAH",
    "ГРН": "UAH",
    "元": "CNY",
    "RMB": "CNY",
    "US$": "USD",
}
_GAPS: Final = r"'’\s\x{a0}\x{2007}\x{202f}"
_TRUE: Final = ("true", "yes", "y", "t", "1", "on", "evet", "doğru", "так", "да", "是", "对", "真", "有")
_FALSE: Final = (
    "false", "no", "n", "f", "0", "off", "hayır", "hayir", "yanlış", "ні", "нi", "нет", "否", "不是", "不", "错", "假", "无",
)  # fmt: skip
_LOCAL: Final = r"^\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?$"
_ABSOLUTE: Final = r"^\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([Zz]|UTC|[+-]\d{2}(:?\d{2})?)$"


def trimmed(raw: str, missing: tuple[str, ...]) -> str:
    """Trim a raw text; NULL where nothing is left or where it is one of the texts that mean "not given"."""
    # Trimming signs beyond the plain blank is slow, and a search for them is not.
    return tidy(f"case when {is_untidy(raw)} then trim({raw}, '{BLANKS}') else {raw} end", missing)


def tidy(raw: str, missing: tuple[str, ...]) -> str:
    """The same of a text that needs no trimming."""
    return without(f"nullif({raw}, '')", missing)


def is_untidy(raw: str) -> str:
    """Whether a text begins or ends with a sign to be trimmed."""
    return f"regexp_matches({raw}, '^[{BLANKS}]|[{BLANKS}]$')"


def without(text: str, missing: tuple[str, ...]) -> str:
    """NULL where a text is one of those that mean "not given", as they are written or all lower or upper case."""
    for word in dict.fromkeys(form for one in missing for form in (one, one.lower(), one.upper())):
        text = f"nullif({text}, {literal(word)})"
    return text


def may_look_given(missing: tuple[str, ...]) -> bool:
    """Whether a text that means "not given" could be read as a value, such as 0 or 9999-12-31."""
    return any(sign.isdigit() for word in missing for sign in word)


def typed(raw: str, text: str, kind: Type, column: Column | None, formats: Formats, zone: str) -> str:
    """Read a text as the type of its column.

    `zone` is the zone in which the file's moments are written; moments come out in UTC. A text of a column with choices
    comes out in lower case, a currency in upper case.
    """
    if kind in NUMBERS:
        return number(raw, text, kind, formats.decimal)
    if kind is Type.MOMENT:
        return moment(raw, text, formats.dates, zone)
    if kind is Type.DATE:
        return day(raw, text, formats.dates, zone)
    if kind is Type.FLAG:
        return _first_of(raw, flag(raw), flag(text))
    if kind is Type.TIME:
        return f"try_cast({text} as time)"
    if column is not None and column.choices:
        return _first_of(raw, choice(raw, column.choices), choice(text, column.choices))
    if column is not None and column.name == "currency":
        signs = " ".join(f"when {literal(sign)} then {literal(code)}" for sign, code in _SIGNS.items())
        return f"case upper({text}) {signs} else upper({text}) end"
    return text


def can_fail(kind: Type, column: Column | None) -> bool:
    """Whether a given text may be unreadable as this type."""
    return kind is not Type.TEXT or (column is not None and bool(column.choices))


def number(raw: str, text: str, kind: Type, decimal: str) -> str:
    """Read a number: grouped thousands, money signs, parentheses or a trailing minus for negative ones; % for shares.

    A decimal mark of the other kind is never guessed: with a decimal comma, 18500.00 is unreadable and 18.500 is
    eighteen thousand five hundred. A whole number is never rounded.
    """
    into = kind.value
    thorough = f"try_cast({plain(text, decimal)} as {into})"
    if kind is Type.INTEGER:
        broken = " or ".join(f"contains({raw}, '{sign}')" for sign in ".eE")
        quick = f"case when not ({broken}) then try_cast({raw} as bigint) end"
        thorough = f"try_cast(regexp_extract({plain(text, decimal)}, '^([-+]?[0-9]+)([.]0*)?$', 1) as bigint)"
    elif decimal == ",":
        quick = f"try_cast(case when not contains({raw}, '.') then replace({raw}, ',', '.') end as {into})"
    elif kind is Type.SHARE:
        # inf and nan are doubles, but no shares of anything.
        quick = f"case when left({raw}, 1) between '-' and '9' then try_cast({raw} as double) end"
    else:
        quick = f"try_cast({raw} as {into})"
    if kind is Type.SHARE:
        without_sign = f"rtrim({text}, '% ')"
        percent = f"try_cast({plain(without_sign, decimal)} as double) / 1e2"
        thorough = f"case when contains({raw}, '%') then {percent} else {thorough} end"
    return _first_of(raw, quick, thorough)


def operand(raw: str, text: str, decimal: str) -> str:
    """Read a number inside a formula, as a double: figures of six digits after the point must survive there."""
    return number(raw, text, Type.SHARE, decimal)


def plain(text: str, decimal: str) -> str:
    """Rewrite a number as 1234.5; blank if it is not one by the declared marks."""
    marks, point = ("," + _GAPS, r"\.") if decimal == "." else (r"\." + _GAPS, ",")
    sql = f"trim(regexp_replace(replace({text}, '{_MINUS}', '-'), {literal(_MONEY)}, '', 'g'), {literal(BLANKS)})"
    sql = rf"regexp_replace({sql}, '^\((.*)\)$|^([^-].*)-$', '-\1\2')"
    sql = f"regexp_replace({sql}, {literal(f'^([-+]?)[{_GAPS}]+')}, '\\1')"
    shape = rf"^[-+]?(?:\d{{1,3}}(?:[{marks}]\d{{3}})+|\d+)?(?:{point}\d*)?$"
    sql = f"regexp_extract({sql}, {literal(shape)}, 0)"
    sql = f"regexp_replace({sql}, {literal(f'[{marks}]')}, '', 'g')"
    return sql if decimal == "." else f"replace({sql}, ',', '.')"


def other_marks(text: str, decimal: str) -> str:
    """Whether a number that cannot be read would be one with the other decimal mark."""
    return f"{plain(text, ',' if decimal == '.' else '.')} <> ''"


def moment(raw: str, text: str, formats: tuple[str, ...], zone: str) -> str:
    """Read a moment, in UTC. A day alone is its local midnight; a text with its own offset keeps it."""
    if formats:
        local, absolute = _by_offset(formats)
        reads = [(f"try_strptime({{0}}, {local})", True)] if local else []
        reads += [(f"try_strptime({{0}}, {absolute})", False)] if absolute else []

        def read(given: str) -> str:
            parts = [
                _to_utc(one.format(given), zone) if here else f"timezone('UTC', {one.format(given)})"
                for one, here in reads
            ]
            return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"

        return _first_of(raw, read(raw), read(text))
    plain_local = f"length({raw}) = 10 or (length({raw}) = 19 and {raw}[17] = ':')"
    return _first_of(
        raw,
        f"case when {plain_local} then {_to_utc(f'try_cast({raw} as timestamp)', zone)} end",
        f"case when regexp_matches({text}, '{_LOCAL}') then {_to_utc(f'try_cast({text} as timestamp)', zone)} "
        f"when regexp_matches({text}, '{_ABSOLUTE}') then timezone('UTC', try_cast({text} as timestamptz)) end",
    )


def day(raw: str, text: str, formats: tuple[str, ...], zone: str) -> str:
    """Read a day as it is written; of a text with an offset of its own, the day it was in the file's zone."""
    if formats:
        local, absolute = _by_offset(formats)

        def read(given: str) -> str:
            parts = [f"try_cast(try_strptime({given}, {local}) as date)"] if local else []
            if absolute:
                parts.append(f"cast(timezone({literal(zone)}, try_strptime({given}, {absolute})) as date)")
            return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"

        return _first_of(raw, read(raw), read(text))
    return _first_of(
        raw,
        f"case when length({raw}) = 10 then try_cast(try_cast({raw} as timestamp) as date) end",
        f"case when regexp_matches({text}, '{_LOCAL}') then try_cast(try_cast({text} as timestamp) as date) "
        f"when regexp_matches({text}, '{_ABSOLUTE}') "
        f"then cast(timezone({literal(zone)}, try_cast({text} as timestamptz)) as date) end",
    )


def flag(text: str) -> str:
    """Read yes and no, in the four languages."""
    yes, no = (", ".join(map(literal, group)) for group in (_TRUE, _FALSE))
    return f"case when lower({text}) in ({yes}) then true when lower({text}) in ({no}) then false end"


def choice(text: str, choices: tuple[str, ...]) -> str:
    """Read a word out of a closed list: lower case, "Best Case" and "best-case" are best_case."""
    listed = ", ".join(map(literal, choices))
    joined = f"replace(replace(lower({text}), ' ', '_'), '-', '_')"
    return f"case when lower({text}) in ({listed}) then lower({text}) when {joined} in ({listed}) then {joined} end"


def _first_of(raw: str, quick: str, thorough: str) -> str:
    """Try the quick way, then the thorough one.

    The thorough one stands in a CASE, for there the optimizer never works a part out ahead for all rows because it is
    written twice, as it would in COALESCE.
    """
    return f"coalesce({quick}, case when {raw} is not null then {thorough} end)"


def _to_utc(local: str, zone: str) -> str:
    return local if zone == "UTC" else f"timezone('UTC', timezone({literal(zone)}, {local}))"


def _by_offset(formats: tuple[str, ...]) -> tuple[str, str]:
    """SQL lists of the formats without and with an offset of their own; blank for none.

    Two-digit years are tried first: %Y would read 26 as the year 26, while %y leaves a rest of 2026 and fails.
    """
    ordered = sorted(formats, key=lambda one: "%y" not in one)
    groups = ([one for one in ordered if "%z" not in one], [one for one in ordered if "%z" in one])
    lists = [f"[{', '.join(map(literal, group))}]" if group else "" for group in groups]
    return lists[0], lists[1]
