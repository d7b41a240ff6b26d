"""The catalogue: finding, reading choices, and the one cache with its full key."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from crmetrics.analysis import Answer
from crmetrics.analysis.kept import Answers
from crmetrics.catalogue import AREAS, OpenCatalogue, find, keys
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import LANGUAGES
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.scope import Filter, Viewer
from tests.company import company
from tests.sales.test_win_rate import example


def test_the_same_question_is_worked_out_once() -> None:
    with company(deals=example()) as asked:
        first = asked.ask("sales.win_rate", period="2025-05")
        assert asked.ask("sales.win_rate", period="2025-05", of="count") is first


@pytest.mark.parametrize(
    "other",
    [
        {"period": "2025-06"},
        {"of": "all"},
        {"by": ""},
        {"compare": "year"},
        {"as_of": datetime(2025, 5, 10)},
        {"where": (Filter("owner", ("ana",)),)},
        {"viewer": Viewer("ana", "self", "ana")},
        {"viewer": Viewer("ana", "team", "ana")},
    ],
    ids=str,
)
def test_whatever_can_change_an_answer_is_part_of_its_key(other: dict[str, object]) -> None:
    with company(deals=example(), employees=[{"employee_id": "ana"}]) as asked:
        first = asked.ask("sales.win_rate", period="2025-05")
        assert asked.ask("sales.win_rate", **{"period": "2025-05", **other}) is not first


def test_settings_are_part_of_the_key() -> None:
    answers = Answers()
    with company(deals=example()) as asked:
        one = OpenCatalogue(asked.engine, asked.settings, answers)
        other = OpenCatalogue(asked.engine, replace(asked.settings, zone="Asia/Tokyo"), answers)
        assert one.ask("sales.win_rate", period="2025-05") is not other.ask("sales.win_rate", period="2025-05")


def test_the_longest_unasked_go_first_by_number_and_by_rows() -> None:
    with company(deals=example()) as asked:
        by_owner = asked.ask("sales.win_rate", period="2025-05")
        few, small = Answers(kept=2), Answers(rows=2)
        for answers in (few, small):
            for name in ("a", "b", "c"):
                answers.keep(_key(name), by_owner)
            assert [answers.get(_key(name)) is not None for name in ("a", "b", "c")] == [False, True, True]
        assert isinstance(by_owner, Answer)
        tiny = Answers(rows=0)
        tiny.keep(_key("a"), by_owner)
        assert tiny.get(_key("a")) is by_owner


def _key(name: str) -> Any:
    return name


def test_an_unknown_choice_names_what_there_is() -> None:
    with (
        company(deals=example()) as asked,
        pytest.raises(UnknownName, match=r"sales\.win_rate has no choice 'off'\. It has: by, of\."),
    ):
        asked.ask("sales.win_rate", off="count")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_analyses_bear_one_title(language: str) -> None:
    """Side by side in a list nobody could tell which to take."""
    format_ = format_for(language, "EUR")
    titles: dict[str, list[str]] = {}
    for key in keys():
        titles.setdefault(say(find(key).title, format_), []).append(key)
    assert {title: found for title, found in titles.items() if len(found) > 1} == {}


def test_a_definition_sends_nobody_to_an_analysis_that_there_is_not() -> None:
    known, areas = set(keys()), "|".join(AREAS)
    lost = {}
    for key in known:
        declared = find(key)
        told = " ".join(str(each) for each in (declared.question, declared.formula, declared.reads, declared.mind))
        named = [(found[1], found[2]) for found in re.finditer(rf"\b({areas})\.([a-z_]+)", told)]
        columns = {(name, column.name) for name, table in TABLES.items() for column in table.columns}
        if missing := [
            f"{area}.{name}" for area, name in named if (area, name) not in columns and f"{area}.{name}" not in known
        ]:
            lost[key] = missing
    assert lost == {}
