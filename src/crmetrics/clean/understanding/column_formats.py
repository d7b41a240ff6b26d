"""How the single columns of a file are written where it is not as its others are, as they stand in a mapping."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from crmetrics.clean.numbers import SIGNS
from crmetrics.clean.understanding.formats import GIVEN_OR_NOT, YES_NO
from crmetrics.clean.understanding.headers import folded
from crmetrics.clean.understanding.known import Known
from crmetrics.clean.understanding.readings import NUMERIC, TEMPORAL, Form
from crmetrics.clean.understanding.suiting import Read
from crmetrics.clean.understanding.toml import key, value
from crmetrics.warehouse.schema import TABLES, Type

if TYPE_CHECKING:
    from crmetrics.clean.understanding.proposal import Proposal

IN_UTC: Final = re.compile(r"(?i)(?<![a-z])(?:utc|gmt)(?![a-z+\-0-9])")
ANSWERS: Final = YES_NO | {folded(word) for pair in GIVEN_OR_NOT for word in pair}
"""Words that mean "not given" in one column may be a no in another, so they are said of their column alone."""


def decimal_of(proposal: Proposal, known: Known) -> str:
    """The decimal mark of a file: that of most columns which show one."""
    if known.name in proposal.decimals:
        return proposal.decimals[known.name]
    marks = Counter(column.reading.decimal for column in known.columns if column.reading.form in NUMERIC)
    return "," if marks[","] > marks["."] else "."


def dates_of_file(proposal: Proposal, known: Known) -> tuple[str, ...]:
    """The forms of dates that most of its columns share; none for ISO."""
    forms = Counter(
        _dates(proposal, known, column)
        for column in known.columns
        if column.reading.form in TEMPORAL and not column.reading.swap
    )
    return forms.most_common(1)[0][0] if forms else ()


def missing_of(known: Known) -> tuple[str, ...]:
    """The words that mean "not given" in a file."""
    words = (word for column in known.columns for word in column.reading.missing if folded(word) not in ANSWERS)
    return tuple(dict.fromkeys(word for word in words if not any(sign.isdigit() for sign in word)))


def column_formats(proposal: Proposal, known: Known) -> Iterator[str]:
    """The lines below a file that say how single columns are written."""
    lines = []
    for column in known.columns:
        targets = list(_targets(known, column))
        said = dict(_said(proposal, known, column, targets)) if targets else {}
        if said:
            lines.append(f"{key(column.name)} = {value(said)}{_why(column, said)}")
    if lines:
        yield ""
        yield f"[files.{key(known.name)}.columns]"
        yield from lines


def _said(
    proposal: Proposal, known: Known, column: Read, targets: list[tuple[str, str]]
) -> Iterator[tuple[str, object]]:
    reading, place = column.reading, (known.name, column.name)
    types = {TABLES[table].column(target).type for table, target in targets if TABLES[table].has(target)}
    is_timed = bool(types & {Type.DATE, Type.MOMENT})
    if reading.form in NUMERIC and not is_timed:
        mark = "" if reading.others else reading.decimal
        if mark and mark != decimal_of(proposal, known):
            yield "decimal", mark
        if reading.scales:
            said = {word: 10 ** (proposal.scales.get(place, power) if word == reading.doubted else power)
                    for word, power in reading.scales}  # fmt: skip
            yield "scales", said
        doubtful = {
            sign: proposal.signs[sign] for sign in reading.signs if sign not in SIGNS and sign in proposal.signs
        }
        if doubtful and Type.MONEY in types:
            yield "signs", doubtful
    if is_timed:
        yield from _timed(proposal, known, column, targets)
    words = [word for word in reading.missing if folded(word) in ANSWERS or any(sign.isdigit() for sign in word)]
    if reading.code and types - {Type.TEXT, Type.DATE, Type.MOMENT} and proposal.codes.get(place, True):
        words.append(reading.code.text)
    if words:
        yield "missing", words


def _timed(
    proposal: Proposal, known: Known, column: Read, targets: list[tuple[str, str]]
) -> Iterator[tuple[str, object]]:
    dates = _dates(proposal, known, column)
    if dates != dates_of_file(proposal, known) and (dates or column.reading.form in TEMPORAL):
        yield "dates", list(dates)
    now = datetime.now(UTC).year
    is_past = not any(TABLES[table].column(target).is_planned for table, target in targets if TABLES[table].has(target))
    if column.reading.years > now and is_past:
        yield "last_year", now
    has_offset = any("%z" in one or "%Z" in one or one.startswith("unix") for one in dates)
    if IN_UTC.search(column.name) and column.reading.form is Form.MOMENT and not has_offset:
        yield "zone", "UTC"


def _dates(proposal: Proposal, known: Known, column: Read) -> tuple[str, ...]:
    found = proposal.dates.get((known.name, column.name))
    if found is not None:
        return found
    return column.reading.dates if column.reading.form in TEMPORAL else column.reading.counted[:1]


def _targets(known: Known, column: Read) -> Iterator[tuple[str, str]]:
    """The canonical columns that a column was taken for."""
    for table, matches in known.found.tables.items():
        for match in matches:
            if column.name == match.column or column.name in match.joined:
                yield table, match.target
    if column.name in known.structure.stages:
        yield "deal_stages", "entered_at"


def _why(column: Read, said: Mapping[str, object]) -> str:
    """A word on what showed it, behind what is unusual."""
    reading = column.reading
    if "missing" in said and reading.code:
        return f"    # {reading.code.text} stands in {reading.code.rows} rows; the value nearest to it is {reading.code.nearest:g}"
    if "dates" in said and reading.swap:
        swap = reading.swap
        return (
            f"    # ? day and month in both orders: {swap.example} (row {swap.row}, {swap.rows} such), "
            f"{swap.other_example} (row {swap.other_row}, {swap.others} such)"
        )
    if reading.doubted and "scales" in said:
        return f"    # ? {reading.doubted}: {reading.evidence}"
    return ""
