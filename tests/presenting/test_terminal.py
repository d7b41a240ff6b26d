"""An answer on a terminal of any width, in letters of any width."""

from dataclasses import replace
from datetime import date

import pytest

from crmetrics.analysis import Result, Table
from crmetrics.presenting.letters import cut, harmless, padded, width, wrapped
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.terminal import period_words, shown
from crmetrics.vocabulary.period import parse_period


def format_of(language):
    return format_for(language, "EUR", "Europe/Istanbul")


@pytest.mark.parametrize("wide", [24, 40, 80, 200])
def test_no_line_is_wider_than_the_terminal(any_answer, language, wide):
    told = shown(any_answer, format_of(language), width=wide)
    assert max(width(line) for line in told.splitlines()) <= wide
    assert not told.endswith("\n")


def test_columns_stand_below_each_other_in_chinese_too(win_rate):
    lines = shown(win_rate, format_of("zh"), width=200).splitlines()
    rule = next(place for place, line in enumerate(lines) if line.startswith("─"))
    ends = {
        width(line[: line.rindex(" ")]) if line.endswith("–") else width(line) for line in lines[rule + 1 : rule + 6]
    }
    assert max(ends) == width(lines[rule])
    assert "张伟 Zhang" in "\n".join(lines)


def test_a_wide_table_comes_in_blocks_with_its_first_column(win_rate):
    told = shown(win_rate, format_of("en"), width=60)
    assert told.count("Owner  ") == 2
    assert "At most" in told


def test_every_block_has_the_columns_that_name_its_rows(series):
    told = shown(series, format_of("en"), width=40)
    assert told.count("Month     Channel") == 2


def test_a_long_text_takes_the_room_that_is_left(scorecard):
    rows = scorecard.rows
    columns = {each.name: rows.values(each.name) for each in rows.row.columns} | {"metric": ["m" * 70, "n"]}
    object.__setattr__(scorecard.result, "rows", type(rows)(rows.row, columns))
    assert "m" * 70 in shown(scorecard, format_of("en"), width=150)
    assert "m" * 70 not in shown(scorecard, format_of("en"), width=100)


def test_what_it_says(win_rate):
    told = shown(win_rate, format_of("en"), width=200)
    for said in (
        "Which share of the decided deals did we win?",
        "1 Dec 2025 to 30 Nov 2026 inclusive",
        "Counted over: decided deals",
        "3 of 4",
        "Worked out anew for the total",
        "▼ <script>alert('1')</script> wins 60%",
        "○ Only 13 cases.",
        "1,204 rows used",
        "312 still open",
    ):
        assert said in told


def test_a_bar_is_drawn_for_no_share_of_few_cases(win_rate):
    lines = shown(win_rate, format_of("en"), width=100).splitlines()
    chart = {line.split()[0]: line for line in reversed(lines) if line.endswith(("45.0%", "60.0%", "3 of 4"))}
    assert "█" not in chart["张伟"]
    assert chart["Elif"].count("█") < chart["<script>alert('1')</script>"].count("█")


def test_rows_that_are_not_printed_are_counted(rfm):
    told = shown(rfm, format_of("en"), width=100, rows=10)
    assert "50 more rows." in told
    assert "more row" not in shown(rfm, format_of("en"), width=100, rows=None)


def test_why_it_is_locked(locked):
    assert "Locked: there are no Deals." in shown(locked, format_of("en"))


def test_a_name_cannot_steer_the_terminal(win_rate):
    steering = "\x1b[2J\x07Mal\u202e\nlory"
    assert harmless(steering) == "[2JMal lory"
    names = {"party": {"7": steering}}
    object.__setattr__(win_rate, "names", names)
    assert "\x1b" not in shown(win_rate, format_of("en"))


def test_bold_only_where_it_is_known(win_rate):
    assert "\x1b" not in shown(win_rate, format_of("en"), width=80)
    assert "\x1b[1m" in shown(win_rate, format_of("en"), is_plain=False)


def test_a_half_open_period_is_said_with_its_last_day():
    period = parse_period("2011-01-01..2011-12-10", date(2012, 1, 1))
    assert period_words(period, format_of("en")) == "1 Jan 2011 to 9 Dec 2011 inclusive"


def test_letters():
    assert [width(text) for text in ("abc", "净水", "e\u0301", "Şş", "▁█")] == [3, 4, 1, 2, 2]
    assert cut("净水设备二期", 5) == "净水…"
    assert padded("净", 4) + "|" == "净  |"
    assert padded("7", 3, right=True) == "  7"
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("净水设备二期", 5) == ["净水", "设备", "二期"]
    assert wrapped("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert wrapped("", 4) == [""]


def test_the_steps_of_a_waterfall_stand_where_the_ones_before_ended(waterfall):
    told = shown(waterfall, format_of("en"), width=80).splitlines()
    first, more, less, last = (
        next(line for line in told if line.startswith(name))
        for name in ("Before", "From number", "From days", "Dec 2025 – Nov 2026")
    )
    assert first.index("┃") == more.index("█")
    assert less.rindex("▒") == more.rindex("█")
    assert less.index("▒") == last.index("┃")
    assert more.endswith("+€400")
    assert less.endswith("−€250")
    assert any(line.startswith("张伟 Zhang") and "█" in line for line in told)


def test_an_ungrouped_answer_has_no_second_line_of_all(compared):
    row = compared.total.values
    columns = {each.name: [row[each.position]] for each in compared.declared.row.columns}
    one = replace(compared, choices={"by": ""}, result=Result(Table(compared.rows.row, columns), compared.total))
    told = shown(one, format_of("en"), width=100).splitlines()
    assert len([line for line in told if line.startswith("All")]) == 1
