"""Days and moments as people and systems write them, as SQL: in declared forms, counted by Excel, with names of months."""

from __future__ import annotations

from typing import Final

from crmetrics.clean.mapping import Formats
from crmetrics.clean.numbers import first_of
from crmetrics.warehouse.expression import literal

COUNTED: Final = ("excel", "excel-1904", "unix", "unix-ms")
"""Forms that are numbers: days as a spreadsheet counts them, seconds and thousandths since 1970."""

_LOCAL: Final = r"^\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?$"
_ABSOLUTE: Final = r"^\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([Zz]|UTC|[+-]\d{2}(:?\d{2})?)$"

MONTHS: Final = (
    ("jan", "ocak", "oca", "січня", "січень", "січ", "января", "январь", "янв"),
    ("feb", "şubat", "şub", "лютого", "лютий", "лют", "февраля", "февраль", "фев"),
    ("mar", "mart", "березня", "березень", "бер", "марта", "март", "мар"),
    ("apr", "nisan", "nis", "квітня", "квітень", "квіт", "кві", "апреля", "апрель", "апр"),
    ("may", "mayıs", "травня", "травень", "трав", "тра", "мая", "май"),
    ("jun", "haziran", "haz", "червня", "червень", "черв", "чер", "июня", "июнь", "июн"),
    ("jul", "temmuz", "tem", "липня", "липень", "лип", "июля", "июль", "июл"),
    ("aug", "ağustos", "ağu", "серпня", "серпень", "серп", "сер", "августа", "август", "авг"),
    ("sep", "sept", "eylül", "eyl", "вересня", "вересень", "вер", "сентября", "сентябрь", "сент", "сен"),
    ("oct", "ekim", "eki", "жовтня", "жовтень", "жовт", "жов", "октября", "октябрь", "окт"),
    ("nov", "kasım", "kas", "листопада", "листопад", "лист", "лис", "ноября", "ноябрь", "нояб", "ноя"),
    ("dec", "aralık", "ara", "грудня", "грудень", "груд", "гру", "декабря", "декабрь", "дек"),
)
ENGLISH: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_YEAR_WORDS: Final = r"\s*(?:р\.?|року|г\.?|года|yılı)$"


def moment(raw: str, text: str, formats: Formats, zone: str) -> str:
    """Read a moment, in UTC. A day alone is its local midnight; a text with its own offset keeps it."""
    zone = formats.zone or zone
    if formats.dates:

        def read(given: str) -> str:
            parts = [_to_utc(one, zone) if is_local else one for one, is_local in _readings(given, formats)]
            return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"

        return first_of(raw, read(raw), read(text))
    plain_local = f"length({raw}) = 10 or (length({raw}) = 19 and {raw}[17] = ':')"
    return first_of(
        raw,
        f"case when {plain_local} then {_to_utc(f'try_cast({raw} as timestamp)', zone)} end",
        f"case when regexp_matches({text}, '{_LOCAL}') then {_to_utc(f'try_cast({text} as timestamp)', zone)} "
        f"when regexp_matches({text}, '{_ABSOLUTE}') then timezone('UTC', try_cast({text} as timestamptz)) end",
    )


def day(raw: str, text: str, formats: Formats, zone: str) -> str:
    """Read a day as it is written; of a text with an offset of its own, the day it was in the file's zone."""
    zone = formats.zone or zone
    if formats.dates:

        def read(given: str) -> str:
            parts = [
                f"try_cast({one} as date)" if is_local else f"cast({_to_local(one, zone)} as date)"
                for one, is_local in _readings(given, formats)
            ]
            return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"

        return first_of(raw, read(raw), read(text))
    return first_of(
        raw,
        f"case when length({raw}) = 10 then try_cast(try_cast({raw} as timestamp) as date) end",
        f"case when regexp_matches({text}, '{_LOCAL}') then try_cast(try_cast({text} as timestamp) as date) "
        f"when regexp_matches({text}, '{_ABSOLUTE}') "
        f"then cast(timezone({literal(zone)}, try_cast({text} as timestamptz)) as date) end",
    )


def _readings(given: str, formats: Formats) -> list[tuple[str, bool]]:
    """SQL of a text by each group of its forms, in an order in which none takes what is another's, and whether the
    result is local (True) or in UTC.

    Two-digit years are tried first: %Y would read 26 as the year 26, while %y leaves a rest of 2026 and fails.
    """
    written = [one for one in formats.dates if one not in COUNTED]
    named = [one for one in written if "%b" in one or "%B" in one]
    found: list[tuple[str, bool]] = []
    for forms, text in (([one for one in written if one not in named], given), (named, _english(given))):
        plain = [one.replace("%B", "%b") for one in forms]
        short = [one for one in plain if "%y" in one and not _is_absolute(one)]
        full = [one for one in plain if "%y" not in one and not _is_absolute(one)]
        absolute = [one for one in plain if _is_absolute(one)]
        if short:
            found.append((_in_century(f"try_strptime({text}, {_list(short)})", formats.last_year), True))
        if full:
            # a year below 1000 was written with two digits
            first = "timestamp '1000-01-01'"
            found.append((f"nullif(greatest(try_strptime({text}, {_list(full)}), {first}), {first})", True))
        if absolute:
            found.append((f"timezone('UTC', try_strptime({text}, {_list(absolute)}))", False))
    found += [_counted(given, one) for one in formats.dates if one in COUNTED]
    return found


def _is_absolute(form: str) -> bool:
    """Whether a form holds an offset, or the name of a zone."""
    return "%z" in form or "%Z" in form


def _counted(given: str, form: str) -> tuple[str, bool]:
    if form.startswith("unix"):
        micros = 1_000 if form == "unix-ms" else 1_000_000
        whole = f"try_cast(case when regexp_full_match({given}, '\\d{{1,13}}') then {given} end as bigint)"
        return f"make_timestamp({whole} * {micros})", False
    is_count = f"regexp_full_match({given}, '\\d{{1,7}}([.,]\\d+)?')"
    days = f"try_cast(case when {is_count} then replace({given}, ',', '.') end as double)"
    # seconds, for a spreadsheet's fractions of a day are no exact ones
    seconds = f"to_seconds(cast(round({days} * 86400) as bigint))"
    if form == "excel-1904":
        return f"case when {days} < 2957004 then timestamp '1904-01-01' + {seconds} end", True
    # 60 is 29 February 1900, a day that there was not: what is below it counts from a day later
    return (
        f"case when {days} >= 61 and {days} < 2958466 then timestamp '1899-12-30' + {seconds} "
        f"when {days} < 60 then timestamp '1899-12-31' + {seconds} end"
    ), True


def _in_century(sql: str, last_year: int) -> str:
    """A moment whose year was written with two digits, among the hundred years up to `last_year`; 0: 1969 to 2068."""
    if not last_year:
        return sql
    earlier, later = f"year(m) > {last_year}", f"year(m) <= {last_year - 100}"
    shifted = f"case when {earlier} then m - interval 100 year when {later} then m + interval 100 year else m end"
    return f"list_transform([{sql}], lambda m: {shifted})[1]"


def _english(given: str) -> str:
    """A text with the name of its month in English, in three letters, and without the word for "year" behind it."""
    lower = f"replace(lower({given}), 'ı', 'i')"
    word = f"regexp_extract({lower}, '\\p{{L}}{{3,}}')"
    pairs = {name.lower().replace("ı", "i"): names[0] for names in MONTHS for name in names[1:]}
    pairs |= {name: name[:3] for name in ENGLISH}
    keys, months = (f"[{', '.join(map(literal, side))}]" for side in (pairs.keys(), pairs.values()))
    english = f"coalesce(map({keys}, {months})[{word}], {word})"
    bare = f"regexp_replace(regexp_replace({lower}, '{_YEAR_WORDS}', ''), '(\\p{{L}})\\.', '\\1')"
    return f"replace({bare}, {word}, {english})"


def _list(forms: list[str]) -> str:
    return f"[{', '.join(map(literal, forms))}]"


def _to_utc(local: str, zone: str) -> str:
    return local if zone == "UTC" else f"timezone('UTC', timezone({literal(zone)}, {local}))"


def _to_local(utc: str, zone: str) -> str:
    return f"timezone({literal(zone)}, timezone('UTC', {utc}))"
