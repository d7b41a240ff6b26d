"""From a file's text to a typed value: SQL that gives NULL for what cannot be read, and does no more than a format needs.

Every function takes the SQL of a text (`given`: an alias, for it may be written several times) and returns SQL.
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
_GAPS: Final = r"'’\s\x{a0}\x{2007}\x{202f}"
_TRUE: Final = ("true", "yes", "y", "t", "1", "on", "evet", "doğru", "так", "да", "是", "对", "真", "有")
_FALSE: Final = (
    "false", "no", "n", "f", "0", "off", "hayır", "hayir", "yanlış", "ні", "нi", "нет", "否", "不是", "不", "错", "假", "无",
)  # fmt: skip
_LOCAL: Final = r"^\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?$"
_ABSOLUTE: Final = r"^\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([Zz]|UTC|[+-]\d{2}(:?\d{2})?)$"


def trimmed(raw: str, missing: tuple[str, ...]) -> str:
    """Trim a raw text; NULL where nothing is left or where it is one of the texts that mean "not given"."""
    return without(f"nullif(trim({raw}, {literal(BLANKS)}), '')", missing)


def without(text: str, missing: tuple[str, ...]) -> str:
    """NULL where a text is one of those that mean "not given", as they are written or all lower or upper case."""
    sql = text
    for word in dict.fromkeys(form for text in missing for form in (text, text.lower(), text.upper())):
        sql = f"nullif({sql}, {literal(word)})"
    return sql


def typed(given: str, kind: Type, column: Column | None, formats: Formats, zone: str) -> str:
    """Read a given text as the type of its column.

    `zone` is the zone in which the file's moments are written; moments come out in UTC. A text of a column with choices
    comes out in lower case, a currency in upper case; neither is checked here against what is not a text.
    """
    if kind in NUMBERS:
        return number(given, kind, formats.decimal)
    if kind is Type.MOMENT:
        return moment(given, formats.dates, zone)
    if kind is Type.DATE:
        return day(given, formats.dates, zone)
    if kind is Type.FLAG:
        return flag(given)
    if kind is Type.TIME:
        return f"try_cast({given} as time)"
    if column is not None and column.choices:
        return choice(given, column.choices)
    if column is not None and column.name == "currency":
        return f"upper({given})"
    return given


def can_fail(kind: Type, column: Column | None) -> bool:
    """Whether a given text may be unreadable as this type."""
    return kind is not Type.TEXT or (column is not None and bool(column.choices))


def number(given: str, kind: Type, decimal: str) -> str:
    """Read a number: grouped thousands, money signs, parentheses or a trailing minus for negative ones; % for shares.

    The quick way is tried first; only what it cannot read is taken apart. A decimal mark of the other kind is never
    guessed: with a decimal comma, 18500.00 is unreadable and 18.500 is eighteen thousand five hundred.
    """
    if kind is Type.INTEGER:
        # A plain cast would round 3.7 to 4.
        quick = f"case when regexp_matches({given}, '^[-+]?[0-9]+$') then try_cast({given} as bigint) end"
        whole = f"regexp_extract({plain(given, decimal)}, '^([-+]?[0-9]+)([.]0*)?$', 1)"
        return _first_of(quick, f"try_cast({whole} as bigint)")
    into = kind.value
    if decimal == ".":
        quick = f"try_cast({given} as {into})"
        if kind is Type.SHARE:
            # inf and nan are doubles, but no shares of anything.
            quick = f"case when left({given}, 1) between '-' and '9' then try_cast({given} as double) end"
    else:
        quick = f"try_cast(case when not contains({given}, '.') then replace({given}, ',', '.') end as {into})"
    read = _first_of(quick, f"try_cast({plain(given, decimal)} as {into})")
    if kind is Type.SHARE:
        percent = plain(f"rtrim({given}, '% ')", decimal)
        read = f"case when ends_with({given}, '%') then try_cast({percent} as double) / 100 else {read} end"
    return read


def operand(given: str, decimal: str) -> str:
    """Read a number inside a formula, as a double: figures of six digits after the point must survive there."""
    return number(given, Type.SHARE, decimal).replace("/ 100", "/ 1e2")


def plain(given: str, decimal: str) -> str:
    """Rewrite a number as 1234.5; blank if it is not one by the declared marks."""
    marks, point = ("," + _GAPS, r"\.") if decimal == "." else (r"\." + _GAPS, ",")
    sql = f"trim(regexp_replace(replace({given}, '{_MINUS}', '-'), {literal(_MONEY)}, '', 'g'), {literal(BLANKS)})"
    sql = rf"regexp_replace({sql}, '^\((.*)\)$|^([^-].*)-$', '-\1\2')"
    sql = f"regexp_replace({sql}, {literal(f'^([-+]?)[{_GAPS}]+')}, '\\1')"
    shape = rf"^[-+]?(?:\d{{1,3}}(?:[{marks}]\d{{3}})+|\d+)?(?:{point}\d*)?$"
    sql = f"regexp_extract({sql}, {literal(shape)}, 0)"
    sql = f"regexp_replace({sql}, {literal(f'[{marks}]')}, '', 'g')"
    return sql if decimal == "." else f"replace({sql}, ',', '.')"


def other_marks(given: str, decimal: str) -> str:
    """Whether a number that cannot be read would be one with the other decimal mark."""
    return f"{plain(given, ',' if decimal == '.' else '.')} <> ''"


def moment(given: str, formats: tuple[str, ...], zone: str) -> str:
    """Read a moment, in UTC. A day alone is its local midnight; a text with its own offset keeps it."""
    if formats:
        local, absolute = _by_offset(formats)
        parts = [_to_utc(f"try_strptime({given}, {local})", zone)] if local else []
        if absolute:
            parts.append(f"timezone('UTC', try_strptime({given}, {absolute}))")
        return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"
    read = _to_utc(f"try_cast({given} as timestamp)", zone)
    return (
        f"case when length({given}) = 10 or (length({given}) = 19 and {given}[17] = ':') "
        f"or regexp_matches({given}, '{_LOCAL}') then {read} "
        f"when regexp_matches({given}, '{_ABSOLUTE}') then timezone('UTC', try_cast({given} as timestamptz)) end"
    )


def day(given: str, formats: tuple[str, ...], zone: str) -> str:
    """Read a day as it is written; of a text with an offset of its own, the day it was in the file's zone."""
    if formats:
        local, absolute = _by_offset(formats)
        parts = [f"try_cast(try_strptime({given}, {local}) as date)"] if local else []
        if absolute:
            parts.append(f"cast(timezone({literal(zone)}, try_strptime({given}, {absolute})) as date)")
        return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"
    return (
        f"case when length({given}) = 10 or regexp_matches({given}, '{_LOCAL}') "
        f"then try_cast(try_cast({given} as timestamp) as date) when regexp_matches({given}, '{_ABSOLUTE}') "
        f"then cast(timezone({literal(zone)}, try_cast({given} as timestamptz)) as date) end"
    )


def flag(given: str) -> str:
    """Read yes and no, in the four languages."""
    yes, no = (", ".join(map(literal, group)) for group in (_TRUE, _FALSE))
    return f"case when lower({given}) in ({yes}) then true when lower({given}) in ({no}) then false end"


def choice(given: str, choices: tuple[str, ...]) -> str:
    """Read a word out of a closed list: lower case, "Best Case" and "best-case" are best_case."""
    listed = ", ".join(map(literal, choices))
    joined = f"replace(replace(lower({given}), ' ', '_'), '-', '_')"
    return f"case when lower({given}) in ({listed}) then lower({given}) when {joined} in ({listed}) then {joined} end"


def _first_of(quick: str, thorough: str) -> str:
    """Try the quick way, then the thorough one. Only the branches of CASE are never worked out ahead for all rows: the
    optimizer would take what two COALESCE share out of them."""
    return f"case when {quick} is null then {thorough} else {quick} end"


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
