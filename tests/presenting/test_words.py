"""A message becomes a sentence: translated, its values written by their units, nothing in a value taken for markup."""

import json
from datetime import date

import pytest

from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.words import say, say_safely, without_cells
from crmetrics.vocabulary.language import Message, read_back, written
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import MONEY, SHARE, Figure

ENGLISH = format_for("en", "EUR")


def test_values_are_written_by_their_units():
    message = Message("{who} won {rate} of {amount} on {day}, {n} deals, {yes}, {none}")
    said = message(
        who="Elif",
        rate=Figure(0.121, SHARE),
        amount=Figure(104600.0, MONEY),
        day=date(2026, 11, 22),
        n=1204,
        yes=True,
        none=None,
    )
    assert say(said, ENGLISH) == "Elif won 12.1% of €104,600 on 22 Nov 2026, 1,204 deals, yes, "
    assert "%12,1" in say(said, format_for("tr", "EUR"))
    assert say(Message("{p}", values={"p": Period(date(2026, 1, 1), date(2027, 1, 1))}), ENGLISH) == "2026"


def test_a_message_in_a_message_is_said_too():
    inner = Message("{rate}", values={"rate": Figure(0.5, SHARE)})
    assert say(Message("about {inner}", values={"inner": inner}), format_for("uk", "EUR")) == "about 50\u00a0%"


@pytest.mark.parametrize(("count", "said"), [(1, "1 case"), (2, "2 cases"), (0, "0 cases")])
def test_the_plural_follows_n(count, said):
    message = Message("{n} case", values={"n": count}, plural="{n} cases")
    assert say(message, ENGLISH) == said


def test_a_value_is_never_a_place_or_markup():
    message = Message("<i>{who}</i> & {amount}", values={"who": "{amount}<b>", "amount": Figure(5.0, MONEY)})
    assert say(message, ENGLISH) == "<i>{amount}<b></i> & €5"
    assert say_safely(message, ENGLISH) == "&lt;i&gt;{amount}&lt;b&gt;&lt;/i&gt; &amp; <strong>€5</strong>"


def test_an_inner_message_is_safe_too():
    message = Message("{inner}", values={"inner": Message("{who}", values={"who": "<script>"})})
    assert say_safely(message, ENGLISH) == "&lt;script&gt;"


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("uk", 1, "1 випадок"),
        ("uk", 21, "21 випадок"),
        ("uk", 3, "3 випадки"),
        ("uk", 11, "11 випадків"),
        ("uk", 1204, "1\u00a0204 випадки"),
        ("tr", 1204, "1.204 kayıt"),
        ("zh", 1204, "1,204 例"),
    ],
)
def test_words_and_plural_are_those_of_the_language(language, count, said):
    message = Message("{n} case", values={"n": count}, plural="{n} cases")
    assert say(message, format_for(language, "EUR")) == said


def test_a_message_that_was_written_down_is_told_later_in_any_language():
    inner = Message("{n} row", plural="{n} rows", values={"n": 1204})
    told = Message("{file}: {problem}", "import", {"file": "a.csv", "problem": inner, "share": Figure(0.5, SHARE)})
    again = read_back(json.loads(json.dumps(written(told))))
    assert say(again, ENGLISH) == say(told, ENGLISH) == "a.csv: 1,204 rows"
    assert say(again, format_for("tr", "EUR")) == "a.csv: 1.204 rows"
    assert written(again) == written(told)


def test_what_stands_in_cells_can_be_kept_back():
    inner = Message("'{value}' in row {row}", values={"value": "ada@example.com", "row": 7})
    told = Message("{file}: {problem}", values={"file": "a.csv", "problem": inner})
    assert say(without_cells(told), ENGLISH) == "a.csv: '…' in row 7"
    assert say(told, ENGLISH) == "a.csv: 'ada@example.com' in row 7"
