"""Pieces of a page: escaped, free of inline style and script, the same figures as everywhere."""

import json
import re
from html.parser import HTMLParser

import pytest

from crmetrics.presenting import html
from crmetrics.presenting.chart import drawings
from crmetrics.presenting.numbers import format_for

ENGLISH = format_for("en", "EUR", "Europe/Istanbul")
VOID = {"br", "path", "rect"}


class Strict(HTMLParser):
    """Fails on what a strict content security policy would refuse, and on tags that do not close."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.scripts = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        names = {name for name, _value in attrs}
        assert not any(name == "style" or name.startswith("on") for name in names), attrs
        assert tag != "script" or dict(attrs) == {"type": "application/json", "class": "spec"}

    def handle_startendtag(self, tag, attrs):
        assert "style" not in dict(attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)


def parsed(markup):
    parser = Strict()
    parser.feed(str(markup))
    parser.close()
    assert parser.open == []
    return parser


def pieces(answer, format):
    found = [html.table(answer, format), html.passport(answer, format), html.notes(answer, format)]
    found += [html.findings(answer, format, lambda link: "/a?" + "&".join(link.values())), html.trust(answer, format)]
    found += [html.meanings(answer, format), html.tiles(answer, format)]
    return found + [html.figure(drawing, source=["n = 13", "<b>"]) for drawing in drawings(answer, format)]


def test_every_piece_of_every_answer_is_strict(any_answer, language):
    for piece in pieces(any_answer, format_for(language, "EUR", "Europe/Istanbul")):
        parser = parsed(piece)
        assert all(json.loads(script) for script in parser.scripts)
        assert "<script>alert" not in piece


def test_a_name_cannot_end_the_script(win_rate):
    drawing = drawings(win_rate, ENGLISH)[0]
    markup = html.figure(drawing)
    assert markup.count("</script>") == 1
    assert json.loads(parsed(markup).scripts[0]) == drawing.spec


def test_the_table_has_its_total_and_tells_what_is_no_sum(win_rate):
    markup = html.table(
        win_rate, ENGLISH, drill=lambda _column, row: f"/deals?owner={row.party}&x=<" if row.party else None
    )
    assert '<td><a class="q" href="/deals?owner=7&amp;x=&lt;">Elif Şahin</a></td><td class="n">45</td>' in markup
    assert "<td>unassigned</td>" in markup
    assert "<tfoot><tr><td>All</td>" in markup
    assert "Worked out anew" in markup


def test_findings_say_their_tone_in_a_word(win_rate):
    markup = html.findings(win_rate, ENGLISH)
    assert re.search(r'<span class="vh">Worse: </span>.*<strong>60%</strong>', markup)
    assert "−€83,400" in markup


def test_trust_is_a_word_and_a_reason(win_rate):
    assert html.trust(win_rate, ENGLISH).count('class="on"') == 2
    assert "medium" in html.trust(win_rate, ENGLISH)
    assert "13 cases" in html.trust(win_rate, ENGLISH)


def test_tiles(scorecard):
    markup = html.tiles(scorecard, ENGLISH)
    assert '<div class="v">46.4%</div>' in markup
    assert re.search(r'<span class="pill bad"><svg.*</svg>behind</span>', markup)
    assert "before: 55.0%" in markup


def test_a_locked_answer_says_why(locked):
    assert html.notes(locked, ENGLISH) == '<p class="note">Locked: there are no Deals.</p>'


@pytest.mark.parametrize("sign", ["<", ">", "&", "\u2028", "\u2029"])
def test_json_in_a_script_holds_no_sign_of_html(sign):
    told = html.script_json({"name": f"a{sign}b"})
    assert sign not in told
    assert json.loads(told) == {"name": f"a{sign}b"}
