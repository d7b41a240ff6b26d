"""An answer as pieces of a page: table, chart, passport, notes, findings, tiles. Escaped, and without any inline style or script.

The class names are those of the product's style sheet. A page puts the pieces together; nothing here knows an address.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup, escape

from crmetrics.analysis import Answer, Column, Finding, Row, Tiles
from crmetrics.presenting.frame import Drawing
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.passport import TRUST_WORDS, lines
from crmetrics.presenting.table import Cells, Header, headers, show
from crmetrics.presenting.words import say, say_safely
from crmetrics.vocabulary.language import Message, words

_ = words("presenting")

ROWS_A_PAGE: Final = 200
Link = Callable[[Mapping[str, str]], str]
Drill = Callable[[Column, Row], str | None]

_SHAPES: Final = {
    "good": "M4 0 8 7H0Z",
    "bad": "M4 8 0 1H8Z",
    "warn": "M4 0 8 4 4 8 0 4Z",
    "info": "M1 1H7V7H1Z",
}
"""A shape beside each colour: up, down, lozenge, square."""


def table(
    answer: Answer[Any], format: Format, *, start: int = 0, count: int | None = ROWS_A_PAGE, drill: Drill | None = None
) -> Markup:
    """The table with its total. `drill` gives the address behind a row's name, None for none."""
    shown, cells = show(answer, format, start=start, count=count), Cells(answer, format)
    heads = Markup("").join(_head(header) for header in shown.headers)
    body = []
    for place, texts in enumerate(shown.rows, start=start):
        address = drill(cells.shown[0], answer.rows[place]) if drill is not None else None
        body.append(_line(shown.headers, texts, address))
    foot = Markup("<tfoot>{}</tfoot>").format(_line(shown.headers, shown.total)) if shown.total is not None else ""
    note = Markup('<p class="s mut">{}</p>').format(shown.note) if shown.note else ""
    return Markup(
        '<div class="tw" tabindex="0" role="region" aria-label="{}"><table><thead><tr>{}</tr></thead><tbody>{}</tbody>{}</table></div>{}'
    ).format(say(answer.declared.title, format), heads, Markup("").join(body), foot, note)


def figure(drawing: Drawing, *, source: Sequence[str] = ()) -> Markup:
    """A chart's place on the page: its title, how to read it, the specification for the script, where it is from."""
    reading = Markup('<p class="s">{}</p>').format(drawing.reading) if drawing.reading else ""
    parts = Markup("").join(Markup("<span>{}</span>").format(part) for part in source if part)
    said = Markup('<div class="src">{}</div>').format(parts) if parts else ""
    return Markup(
        '<figure class="chart"><figcaption><h2>{}</h2>{}</figcaption><div class="vz" role="img" aria-label="{}"></div>'
        '<script type="application/json" class="spec">{}</script>{}</figure>'
    ).format(drawing.title, reading, drawing.label, script_json(drawing.spec), said)


def script_json(value: Any) -> Markup:
    """A value as JSON that may stand inside a script element, whatever the names in it say."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign, code in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(sign, code)
    return Markup(text)


def passport(answer: Answer[Any], format: Format) -> Markup:
    """How the figures came about, as a list of terms."""
    return _terms((line.label, line.values, line.kind == "code") for line in lines(answer, format))


def meanings(answer: Answer[Any], format: Format) -> Markup:
    """What the columns mean, as a list of terms; nothing stands in a tooltip alone."""
    return _terms((header.label, (header.meaning,), False) for header in headers(answer, format) if header.meaning)


def notes(answer: Answer[Any], format: Format) -> Markup:
    """What the reader must know; an answer that is locked says why."""
    told = [(note.kind, note.message) for note in answer.notes]
    if answer.locked is not None and answer.locked.message not in [message for _kind, message in told]:
        told.insert(0, ("warn", answer.locked.message))
    kinds = {"few": "note", "warn": "note", "info": "note info"}
    return Markup("").join(
        Markup('<p class="{}">{}</p>').format(kinds[kind], say_safely(message, format)) for kind, message in told
    )


def findings(answer: Answer[Any], format: Format, link: Link | None = None) -> Markup:
    """What stands out, the most money first; `link` gives the address of where to look."""
    if not answer.findings:
        return Markup("")
    items = Markup("").join(_finding(each, format, link) for each in answer.findings)
    return Markup('<ul class="finds">{}</ul>').format(items)


def trust(answer: Answer[Any], format: Format) -> Markup:
    """The trust mark: three bars, the word, and its reason."""
    if answer.passport is None:
        return Markup("")
    mark, reason = answer.passport.trust, say(answer.passport.trust_reason, format)
    lit = {"high": 3, "medium": 2, "low": 1}[mark]
    bars = Markup("").join(
        Markup('<rect class="{}" x="{}" y="{}" width="3" height="{}"/>').format(
            "on" if bar < lit else "off", 4 * bar, 6 - 3 * bar, 4 + 3 * bar
        )
        for bar in range(3)
    )
    drawn = Markup('<svg viewBox="0 0 12 10" aria-hidden="true">{}</svg>').format(bars)
    words_ = say(TRUST_WORDS[mark], format)
    return Markup('<span class="trust">{}<span class="tx">{}</span><span class="why">{}</span></span>').format(
        drawn, words_, reason
    )


def tiles(answer: Answer[Any], format: Format) -> Markup:
    """The tiles of an answer whose chart is `Tiles`: label, value, change, status in a word with its shape."""
    chart = answer.declared.chart
    if not isinstance(chart, Tiles):
        return Markup("")
    cells = Cells(answer, format)
    named = cells.all_columns
    found = [
        _tile(cells, {part: named[getattr(chart, part)] for part in ("x", "y", "before", "change", "status")}, row)
        for row in answer.rows
    ]
    return Markup('<div class="kpis">{}</div>').format(Markup("").join(found))


def _tile(cells: Cells, named: Mapping[str, Column], row: Row) -> Markup:
    raw = {part: row.values[column.position] for part, column in named.items()}
    text = {part: cells.text(column, row) for part, column in named.items()}
    tone = {"on": "good", "close": "warn", "behind": "bad"}.get(str(raw["status"]), "")
    shape = (
        Markup('<svg viewBox="0 0 8 8" aria-hidden="true"><path d="{}"/></svg>').format(_SHAPES[tone]) if tone else ""
    )
    pill = Markup('<span class="pill {}">{}{}</span>').format(tone, shape, text["status"]) if tone else ""
    few = " few" if raw["status"] == "few" else ""
    value = text["status"] if few else text["y"]
    before = say(_("before: {value}", value=text["before"]), cells.format) if raw["before"] is not None else ""
    change = (
        Markup('<span class="delta">{}</span> {}').format(text["change"], before)
        if raw["change"] is not None
        else before
    )
    return Markup(
        '<div class="tile{}"><div class="l"><span>{}</span>{}</div><div class="v">{}</div><div class="d">{}</div></div>'
    ).format(few, text["x"], pill, value, change)


def _head(header: Header) -> Markup:
    kind = Markup(' class="n"') if header.is_number else ""
    return Markup('<th scope="col"{}>{}</th>').format(kind, header.label)


def _line(heads: Sequence[Header], texts: Sequence[str], address: str | None = None) -> Markup:
    cells = []
    for place, (header, text) in enumerate(zip(heads, texts, strict=True)):
        kind = Markup(' class="n"') if header.is_number else ""
        shown: Markup | str = text
        if place == 0 and address is not None:
            shown = Markup('<a class="q" href="{}">{}</a>').format(address, text)
        cells.append(Markup("<td{}>{}</td>").format(kind, shown))
    return Markup("<tr>{}</tr>").format(Markup("").join(cells))


def _finding(finding: Finding, format: Format, link: Link | None) -> Markup:
    shape = Markup('<svg viewBox="0 0 8 8" aria-hidden="true"><path d="{}"/></svg>').format(_SHAPES[finding.tone])
    tone_words: Mapping[str, Message] = {
        "good": _("Better"),
        "bad": _("Worse"),
        "warn": _("Look here"),
        "info": _("Note"),
    }
    spoken = Markup('<span class="vh">{}: </span>').format(say(tone_words[finding.tone], format))
    more = ""
    if link is not None and finding.link:
        more = Markup(' <a href="{}">{}</a>').format(link(finding.link), say(_("Show"), format))
    money = (
        Markup('<div class="m"><span>{}</span></div>').format(format.money(finding.money))
        if finding.money is not None
        else ""
    )
    return Markup('<li><span class="g {}">{}</span><div><p>{}{}{}</p>{}</div></li>').format(
        finding.tone, shape, spoken, say_safely(finding.message, format), more, money
    )


def _terms(terms: Any) -> Markup:
    found = []
    for label, values, is_code in terms:
        shown = (Markup("<code>{}</code>").format(value) if is_code else escape(value) for value in values)
        found.append(Markup("<dt>{}</dt><dd>{}</dd>").format(label, Markup("<br>").join(shown)))
    return Markup("<dl>{}</dl>").format(Markup("").join(found)) if found else Markup("")
