"""Deal win probability: nothing of tomorrow is learned from, few deals are not learned from, reasons in words."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from crmetrics.catalogue import open_workspace
from crmetrics.models import boosted
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.words import say
from crmetrics.sales.deal_features import Usual
from crmetrics.sales.deal_reasons import in_words
from crmetrics.sales.deal_scores import DEAL_SCORES
from crmetrics.sales.deal_states import past_states, present_states, week_ends
from crmetrics.warehouse.scope import Filter, Scope, Viewer
from tests.company import company
from tests.sales.pipelines import STAGES, tables, walk

MONDAY = datetime(2025, 3, 10)  # the end of week 10 of 2025
SINCE = datetime(2025, 1, 1)


def states_of(found) -> list[dict]:
    return list(found.records())


def changed(at, field, old, new, deal="d1"):
    return {"deal_id": deal, "changed_at": at, "field_name": field, "old_value": old, "new_value": new}


def called(number, deal, created, done, outcome):
    given = {"kind": "call", "direction": "out", "outcome": outcome}
    return {"activity_id": number, "deal_id": deal, "created_at": created, "done_at": done, **given}


WEEK_TEN = {
    "deals": [
        walk("d1", ("lead", "2025-02-01"), ("quote", "2025-02-20"), ("won", "2025-04-01"), owner_id="ann", amount="150",
             customer_id="c1", source="fair"),
        walk("d2", ("lead", "2025-02-10"), ("lost", "2025-03-30"), owner_id="bob", amount="70"),
        walk("d3", ("lead", "2025-01-02"), ("lost", "2025-01-04 00:00:00")),
    ],
    "more": {
        "customers": [{"customer_id": "c1", "kind": "company", "industry": "retail"}],
        "employees": [{"employee_id": "ann", "name": "Ann", "team": "North"}, {"employee_id": "bob", "name": "Bob", "team": "South"}],
        "activities": [
            called("a1", "d1", "2025-02-21", "2025-02-22", "answered"),
            {"activity_id": "a2", "kind": "task", "deal_id": "d1", "created_at": "2025-03-01", "due_at": "2025-03-20"},
            called("a3", "d2", "2025-03-02", "2025-03-03", "no_answer"),
        ],
        "quotes": [{"quote_id": "q1", "deal_id": "d1", "sent_at": "2025-02-25", "amount": "100"}],
        "deal_changes": [
            changed("2025-02-05", "amount", "90", "100"),
            changed("2025-02-06", "expected_close_on", "2025-03-01", "2025-04-01"),
            changed("2025-02-07", "expected_close_on", "2025-04-01", "2025-03-15"),
            changed("2025-03-20", "amount", "100", "150"),
        ],
    },
}  # fmt: skip

WEEK_ELEVEN = {
    "activities": [
        {"activity_id": "b1", "kind": "meeting", "deal_id": "d2", "created_at": "2025-03-12", "done_at": "2025-03-13"},
        {"activity_id": "b2", "kind": "task", "deal_id": "d2", "created_at": "2025-03-11", "due_at": "2025-03-29"},
        # written down in week 11, though it took place in week 9
        {"activity_id": "b3", "kind": "visit", "deal_id": "d2", "created_at": "2025-03-12", "done_at": "2025-03-01"},
    ],
    "quotes": [{"quote_id": "q2", "deal_id": "d2", "sent_at": "2025-03-11", "amount": "9"}],
    "deal_changes": [
        changed("2025-03-11", "amount", "70", "500", "d2"),
        changed("2025-03-12", "owner_id", "bob", "ann", "d2"),
        changed("2025-03-13", "expected_close_on", "2025-03-20", "2025-05-01", "d2"),
    ],
}  # fmt: skip


def at_week_ten(**more):
    """The feature table of the end of week 10, in a company that knows what came of its deals."""
    given = {**WEEK_TEN["more"], **{name: [*WEEK_TEN["more"].get(name, []), *rows] for name, rows in more.items()}}
    walks = WEEK_TEN["deals"]
    if more:  # the deal record shows what was changed last
        deal, history = walk(
            "d2", ("lead", "2025-02-10"), ("quote", "2025-03-11"), ("lost", "2025-03-30"), owner_id="ann", amount="500"
        )
        walks = [walks[0], (deal, history), walks[2]]
    with company(**tables(*walks, **given)) as opened, opened.warehouse(Scope()) as warehouse:
        states = past_states(warehouse, SINCE, [MONDAY])
        features = Usual.until(warehouse, MONDAY).features(states)
        return states_of(states), {name: values.tolist() for name, values in features.items()}


def test_what_is_known_at_a_week_end():
    states, features = at_week_ten()
    assert [row["deal_id"] for row in states] == ["d1", "d2"]  # d3 was decided within two days
    first, second = states
    assert (first["stage"], first["money"], first["pushes"], first["planned"], first["quotes"]) == (
        "quote",
        100,
        1,
        1,
        1,
    )
    assert (first["age"], first["stay"], first["silence"]) == (37, 18, 16)
    assert (first["team"], first["industry"], first["source"]) == ("North", "retail", "fair")
    assert (second["stage"], second["money"], second["pushes"], second["planned"], second["quotes"]) == (
        "lead",
        70,
        0,
        0,
        0,
    )
    assert second["silence"] == 28  # nobody answered: silent since it was created
    assert features["stay"][1] == pytest.approx(
        np.log1p(28 / 10.5)
    )  # of the leads that had ended by then: 19 and 2 days
    assert features["next_step"] == [1, 0]


def test_the_table_of_week_ten_does_not_change_with_what_happens_in_week_eleven():
    before, after = at_week_ten(), at_week_ten(**WEEK_ELEVEN)
    told = [name for name in before[0][0] if name not in ("is_won", "closed_at")]
    assert [[row[name] for name in told] for row in before[0]] == [[row[name] for name in told] for row in after[0]]
    assert str(before[1]) == str(after[1])


def test_a_past_week_end_is_told_as_it_was_told_then(demo_company):
    """The week ends that are learned from are what the product would have shown as the state of that day."""
    opened = open_workspace(demo_company("en"))
    with opened.warehouse(Scope()) as warehouse:
        weeks = week_ends(warehouse, warehouse.as_of - timedelta(days=400))
        past = states_of(past_states(warehouse, warehouse.as_of - timedelta(days=700), weeks))
    week = weeks[20]
    with opened.warehouse(Scope(as_of=week)) as warehouse:
        then = {row["deal_id"]: row for row in states_of(present_states(warehouse))}
    learned = [row for row in past if row["seen_at"] == week]
    assert len(learned) > 10
    # a decided deal is converted at the rate of its last day, an open one at the latest
    unlike = dict.fromkeys(("is_won", "closed_at", "company_rate", "money"))
    for row in learned:
        assert {**row, **unlike} == {**then[row["deal_id"]], **unlike}
        if row["company_rate"] == 1:
            assert row["money"] == then[row["deal_id"]]["money"]


def grown(deals=900):
    """A company in which deals from the fair are won four times out of five and others one time out of five."""
    rng = np.random.default_rng(3)
    walks = []
    for number in range(deals):
        is_fair = rng.random() < 0.5
        start = datetime(2024, 1, 10) + timedelta(days=700 * number / deals)
        is_won = rng.random() < (0.8 if is_fair else 0.2)
        days = [start, start + timedelta(days=10), start + timedelta(days=float(rng.uniform(20, 50)))]
        more = {"source": "fair" if is_fair else "web", "amount": str(100 + number % 7), "owner_id": f"e{number % 3}"}
        is_open = number > deals - 40
        path = [("lead", str(days[0])), ("quote", str(days[1]))]
        end = "won" if is_won else "lost"
        walks.append(walk(f"d{number:04d}", *(path if is_open else [*path, (end, str(days[2]))]), **more))
    staff = [{"employee_id": f"e{number}", "name": f"E{number}", "team": "T"} for number in range(3)]
    return tables(*walks, employees=staff)


@pytest.fixture(scope="module")
def found():
    with company(reaches="2026-01-01", **grown()) as opened:
        yield opened


def test_what_was_planted_is_learned_and_said(found):
    answer = found.ask("sales.win_probability")
    assert answer.locked is None
    deals = {row["deal_id"]: row["source"] for row in grown()["deals"]}
    for row in answer.rows:
        expected = 0.8 if deals[row.deal_id] == "fair" else 0.2
        assert row.p == pytest.approx(expected, abs=0.1)
        assert row.expected_amount == pytest.approx(row.p * row.amount)
        told = row.up if expected > 0.5 else row.down
        assert f"source {deals[row.deal_id]}" in str(told)
    assert answer.total.expected_amount == pytest.approx(sum(row.expected_amount for row in answer.rows))
    assert answer.rows[0].expected_amount >= answer.rows[1].expected_amount
    assert "logistic regression" in str(answer.notes[0].message)


def test_models_are_compared_on_later_week_ends_and_their_chances_come_true(found):
    models = {row.model: row for row in found.ask("sales.win_probability", show="models").rows}
    assert set(models) == {"stage", "logistic", "boosted"}
    assert models["logistic"].brier < models["stage"].brier - 0.05
    assert [name for name, row in models.items() if row.is_used == "yes"] == ["logistic"]
    tenths = list(found.ask("sales.win_probability", show="calibration").rows)
    assert tenths[0].told < 0.3
    assert tenths[-1].told > 0.7
    assert all(row.low <= row.told + 0.1 and row.told - 0.1 <= row.high for row in tenths)
    assert sum(row.n for row in tenths) == pytest.approx(models["stage"].n, abs=5)


def test_nothing_but_later_week_ends_judges(found):
    with found.warehouse(Scope()) as warehouse:
        model = warehouse.work_out(DEAL_SCORES)
        assert model.since < model.until < warehouse.as_of
        assert warehouse.work_out(DEAL_SCORES) is model  # learned once for the version


def test_a_deal_has_the_same_chance_for_every_viewer(found):
    everything = {row.deal_id: row.p for row in found.ask("sales.win_probability").rows}
    his = list(found.ask("sales.win_probability", viewer=Viewer("rep", "self", "e1")).rows)
    assert 0 < len(his) < len(everything)
    assert all(everything[row.deal_id] == row.p for row in his)
    some = found.ask("sales.win_probability", where=(Filter("source", ("fair",)),))
    assert all(everything[row.deal_id] == row.p for row in some.rows)


def test_deals_older_than_any_that_was_decided_are_told():
    rows = grown()
    for deal, start in ((rows["deals"][-1], "2024-02-01"), (rows["deals"][-2], "2024-03-01")):
        deal["created_at"] = start  # all others are decided within 50 days
        next(visit for visit in rows["deal_stages"] if visit["deal_id"] == deal["deal_id"])["entered_at"] = start
    with company(reaches="2026-01-01", **rows) as opened:
        notes = [str(note.message) for note in opened.ask("sales.win_probability").notes]
    assert any("older than any that was decided" in each for each in notes)


def test_few_deals_are_not_learned_from():
    with company(reaches="2026-01-01", **grown(deals=330)) as opened:
        answer = opened.ask("sales.win_probability")
        pipeline = opened.ask("sales.pipeline")
        assert answer.notes[0].kind == "few"
        assert "too few to learn from" in str(answer.notes[0].message)
        assert {row.up for row in answer.rows} | {row.down for row in answer.rows} == {None}
        rates = {row.stage: row.probability for row in pipeline.rows}
        assert all(row.p == pytest.approx(rates[row.stage]) == row.stage_rate for row in answer.rows)
        assert len(opened.ask("sales.win_probability", show="models").rows) == 0


def test_what_no_model_foretells_has_the_rate_of_its_stage():
    rng = np.random.default_rng(5)
    walks = []
    for number in range(700):
        start = datetime(2024, 1, 10) + timedelta(days=number)
        end = "won" if rng.random() < 0.5 else "lost"
        close = start + timedelta(days=20)
        path = [("lead", str(start)), ("quote", str(start + timedelta(days=9)))]
        walks.append(walk(f"d{number:04d}", *(path if close > datetime(2026, 1, 1) else [*path, (end, str(close))])))
    with company(reaches="2026-01-01", **tables(*walks)) as opened:
        answer = opened.ask("sales.win_probability")
        assert "surely better" in str(answer.notes[0].message)
        assert all(row.p == row.stage_rate for row in answer.rows)


def test_without_histories_neither_stage_nor_amount_is_learned_from():
    rows = grown()
    for deal in rows["deals"]:  # what is known in the end tells all: nothing of it may be used
        if deal["is_won"] is False:
            deal["amount"] = "0"
    del rows["deal_stages"]
    with company(reaches="2026-01-01", **rows) as opened:
        answer = opened.ask("sales.win_probability")
        assert {"Without a history of stages nothing is learned from the stage."} <= {
            str(note.message) for note in answer.notes
        }
        used = next(row for row in opened.ask("sales.win_probability", show="models").rows if row.is_used == "yes")
        assert used.auc < 0.9
        assert "amount" not in " ".join(str(row.up) + str(row.down) for row in answer.rows)


def test_without_its_library_the_trees_are_done_without(monkeypatch):
    monkeypatch.setattr("crmetrics.sales.deal_scores.is_available", lambda: False)
    boosted.is_available.cache_clear()
    with company(reaches="2026-01-01", **grown()) as opened:
        answer = opened.ask("sales.win_probability", show="models")
        assert [row.model for row in answer.rows] == ["stage", "logistic"]
        assert any("libgomp1" in str(note.message) for note in answer.notes)


def test_reasons_are_said_in_every_language():
    kept = [
        "silence|45.2",
        "pushes|2",
        "pushes|0",
        "next_step|0",
        "quote|1",
        "amount|2.5",
        "amount|",
        "source|web",
        "team|",
        "stay|3",
        "age|12",
        "stage|Offer",
        "industry|x",
    ]
    for language in ("en", "tr", "uk", "zh"):
        said = [say(in_words([each, "age|10"]), format_for(language, "EUR", "UTC")) for each in kept]
        assert len(set(said)) == len(kept)
    assert str(in_words(["pushes|2", None])) == "its close was put off 2 times"
    assert in_words([None, None]) is None


def test_a_company_without_deals_is_told_so():
    with company(stages=STAGES, deals=[]) as opened:
        assert opened.ask("sales.win_probability").locked is not None
