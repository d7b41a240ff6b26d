"""What merging would change, tried on a version made aside; and that the merge then changes just that."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from crmetrics.catalogue import open_workspace
from crmetrics.intake import duplicates as service
from crmetrics.intake.imports import import_sources
from crmetrics.warehouse.versions import Versions
from tests.company import company
from tests.intake.people_and_orders import mapping


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One person under two numbers, who bought in January under one and in February under the other; in March somebody else."""
    monkeypatch.setenv("TZ", "UTC")
    files = tmp_path / "files"
    files.mkdir()
    people = (
        "id,name,mail,phone\nA1,Ann Lee,ann@lee1.com,+4930111222333\nA2,ann LEE,ann@lee1.com,+4930111222333\nB,Bo,,\n"
    )
    (files / "people.csv").write_text(people, encoding="utf-8")
    (files / "orders.csv").write_text(
        "id,who,at,sum\n1,A1,2026-01-10,10\n2,A2,2026-02-10,20\n3,B,2026-03-02,30\n", encoding="utf-8"
    )
    (files / "mapping.toml").write_text(mapping("shop"), encoding="utf-8")
    import_sources(tmp_path / "shop", [files], files / "mapping.toml", now=datetime(2026, 3, 5))
    return tmp_path / "shop"


def asked(shop, key, **how):
    catalogue = open_workspace(shop)
    answer = catalogue.ask(key, **how)
    catalogue.engine.close()
    return answer


def effect(shop, **how):
    rows = asked(shop, "data.merge_effect", **how).rows
    return {row.key: tuple(each and each.value for each in (row.before, row.after, row.change)) for row in rows}


def test_a_merge_changes_the_past_and_that_is_told_before(shop):
    """The example of the definition: repeat rate 0/2 -> 1/1; new customers of February 1 -> 0."""
    numbers = [each.number for each in Versions(shop / "versions").all()]
    told = effect(shop)
    assert told[""] == (3, 2, -1)
    assert told["customers.repeat_purchase_rate"] == (0.0, 1.0, 1.0)
    assert told["kpis.new_customers"] == (2, 1, -1)
    assert [each.number for each in Versions(shop / "versions").all()] == numbers  # nothing was published
    february = asked(shop, "kpis.new_customers", period="2026-02").total
    assert february is not None
    assert february.value == 1
    outcome = service.merge(shop, [("A1", "A2")])
    assert outcome.records == (3, 2)
    after = asked(shop, "kpis.new_customers", period="2026-02").total
    assert after is not None
    assert after.value == 0
    assert effect(shop)["customers.repeat_purchase_rate"] == (1.0, 1.0, 0.0)  # as it was told
    service.undo(shop)
    assert effect(shop) == told


def test_groups_may_be_chosen_by_their_numbers(shop):
    assert effect(shop, groups="1")[""] == (3, 2, -1)
    assert effect(shop, which="all")[""] == (3, 2, -1)


def test_without_duplicates_nothing_changes_and_without_raw_rows_nothing_can_be_tried():
    alone = {"customer_id": "1", "kind": "person", "name": "Ann Lee", "phone": "+4930111222333"}
    with company(customers=[alone]) as catalogue:
        (note,) = catalogue.ask("data.merge_effect").notes
        assert str(note.message) == "There are no such duplicates, so nothing would change."
    with company(customers=[alone, alone | {"customer_id": "2"}]) as catalogue:
        answer = catalogue.ask("data.merge_effect")
        assert "can be worked out in a workspace only" in str(answer.notes[0].message)
        assert [row.after for row in answer.rows] == [None] * len(answer.rows)
