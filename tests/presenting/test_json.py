"""The object of `ask --json`: strict, raw, and the same after a round trip."""

import json
import math
from dataclasses import replace

import pytest

from crmetrics.catalogue import find
from crmetrics.presenting.json import as_json, as_object, plain
from crmetrics.presenting.numbers import format_for
from crmetrics.vocabulary.language import LANGUAGES

KEYS = {
    "key", "title", "question", "language", "currency", "choices", "period", "is_incomplete", "columns", "rows", "total", "before",
    "names", "notes", "findings", "passport", "locked",
}  # fmt: skip
ENGLISH = format_for("en", "EUR", "Europe/Istanbul")


def test_a_round_trip_changes_nothing(any_answer, language):
    format = format_for(language, "EUR", "Europe/Istanbul")
    told = json.loads(as_json(any_answer, format), parse_constant=pytest.fail)
    assert told == as_object(any_answer, format)
    assert told.keys() == KEYS
    names = [column["name"] for column in told["columns"]]
    assert all(list(row) == names for row in told["rows"])


def test_values_are_raw(win_rate, rfm):
    told = as_object(win_rate, ENGLISH)
    assert told["rows"][2] == {"party": "11", "won": 3, "lost": 1, "n": 4, "rate": 0.75, "low": 0.301, "high": 0.954}
    assert told["rows"][3]["party"] is None
    assert told["total"]["n"] == 130
    assert told["names"]["party"]["7"] == "Elif Şahin"
    assert told["period"] == {"start": "2025-12-01", "end": "2026-12-01", "zone": "Europe/Istanbul"}
    assert as_object(rfm, ENGLISH)["period"] is None
    assert as_object(rfm, ENGLISH)["rows"][0]["last_on"] == "2026-01-01"


def test_columns_tell_unit_and_meaning(win_rate):
    told = {column["name"]: column for column in as_object(win_rate, ENGLISH)["columns"]}
    assert {name: told["rate"][name] for name in ("label", "unit", "meaning")} == {
        "label": "Win rate",
        "unit": "share",
        "meaning": "by the chosen definition",
    }
    assert told["won"]["meaning"] is None


def test_the_most_money_comes_first(win_rate):
    findings = as_object(win_rate, ENGLISH)["findings"]
    assert [finding["money"] for finding in findings] == [-83400.0, 10.0]
    assert findings[0] == {
        "text": "<script>alert('1')</script> wins 60%",
        "money": -83400.0,
        "tone": "bad",
        "link": {"by": "owner", "where": "owner=9"},
    }


def test_the_passport_tells_its_source_in_the_readers_language(win_rate):
    answer = replace(win_rate, passport=replace(win_rate.passport, source=find("kpis.net_sales").source))
    told = {
        language: as_object(answer, format_for(language, "EUR", "UTC"))["passport"]["source"] for language in LANGUAGES
    }
    assert told["en"] == "Rule R8 of docs/rules.md."
    assert told["uk"] == "Правило R8 з docs/rules.md."
    assert len(set(told.values())) == len(LANGUAGES)


def test_the_passport_tells_what_was_left_out(win_rate):
    passport = as_object(win_rate, ENGLISH)["passport"]
    assert passport["rows_left_out"] == [
        {"reason": "still open", "rows": 312, "amount": None},
        {"reason": "without an amount", "rows": 4, "amount": 1200.5},
    ]
    assert passport["as_of"] == "2026-11-21T21:00:00Z"
    assert passport["trust_reason"] == "13 cases"


def test_a_locked_answer_says_what_is_missing(locked):
    told = as_object(locked, ENGLISH)
    assert told["locked"] == {"missing": "deals", "message": "Locked: there are no Deals."}
    assert (told["rows"], told["total"], told["passport"]) == ([], None, None)


def test_a_comparison_brings_its_rows_and_period(compared):
    before = as_object(compared, ENGLISH)["before"]
    assert before["period"] == {"start": "2024-12-01", "end": "2025-12-01", "zone": "Europe/Istanbul"}
    assert before["total"]["amount"] == 1419000.0
    assert [row["party"] for row in before["rows"]] == ["web", "shop"]


def test_json_knows_no_infinity():
    assert [plain(value, ENGLISH) for value in (math.nan, math.inf, -math.inf, 1.5)] == [None, None, None, 1.5]
