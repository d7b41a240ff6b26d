"""What is not read is said: columns that nobody uses, names of columns without rows, and the same rows a second time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from crmetrics.clean.understanding.proposal import Proposal
from crmetrics.intake.imports import import_sources
from crmetrics.intake.understanding import check_understood, understand
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.understanding import told_proposal
from crmetrics.vocabulary.errors import BadFile

HEADS = "Order ID,Order Date,Customer ID,Amount,Mood"
ROWS = [
    (f"o{n}", n % 28 + 1, n % 12 + 1, f"c{n % 5}", f"{n * 7 % 91}.50", "calm" if n % 3 else "") for n in range(1, 60)
]
Look = Callable[[], Proposal]


def lines(turned: bool = False) -> str:
    """The orders as a text, days first, or with the days of two rows exchanged."""
    days = [(day, month) for _o, day, month, *_rest in ROWS]
    if turned:
        days[0], days[1] = days[1], days[0]
    told = [
        f"{order},{day:02}/{month:02}/2025,{who},{amount},{mood}"
        for (order, _d, _m, who, amount, mood), (day, month) in zip(ROWS, days, strict=True)
    ]
    return "\n".join([HEADS, *told, ""])


def document(path: Path) -> None:
    """The same orders as JSON lines: days in ISO form, amounts with a float's last digits, in another order."""
    told = [
        dict(zip(HEADS.split(","), (order, f"2025-{month:02}-{day:02}", who, float(amount) + 1e-9, mood), strict=True))
        for order, day, month, who, amount, mood in reversed(ROWS)
    ]
    path.write_text("\n".join(map(json.dumps, told)), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "shop"
    place.mkdir()
    return place


@pytest.fixture
def looked(folder: Path, tmp_path: Path) -> Look:
    def look() -> Proposal:
        proposal, errors = understand([folder], tmp_path / "spill")
        assert not errors
        return proposal

    return look


def told(proposal: Proposal, language: str = "en") -> str:
    return told_proposal(proposal, Format(language, "EUR"))


def test_columns_that_nobody_reads_are_named(folder: Path, looked: Look) -> None:
    (folder / "orders.csv").write_text(lines(), encoding="utf-8")
    proposal = looked()
    assert "\n  Not used: Mood" in told(proposal)
    assert "\n  Kullanılmayan: Mood" in told(proposal, "tr")
    assert "\n  Не використано: Mood" in told(proposal, "uk")
    assert "\n  未使用：Mood" in told(proposal, "zh")


def test_of_many_unused_columns_the_first_are_named_and_blank_ones_come_last(folder: Path, looked: Look) -> None:
    heads = ",".join(["zz_blank", *(f"zz_{n}" for n in range(20))])
    rows = [f"{line},{','.join(['', *('x' * 20)])}" for line in lines().splitlines()[1:]]
    (folder / "orders.csv").write_text("\n".join([f"{HEADS},{heads}", *rows, ""]), encoding="utf-8")
    proposal = looked()
    assert proposal.known[0].unused[-1] == "zz_blank"
    assert "zz_10 and 10 more" in told(proposal)


def test_names_of_columns_without_rows_are_told_and_the_other_files_imported(
    folder: Path, looked: Look, tmp_path: Path
) -> None:
    (folder / "customers.csv").write_text("Customer ID,Name,E-mail\n", encoding="utf-8")
    (folder / "orders.csv").write_text(lines(), encoding="utf-8")
    proposal = looked()
    assert "No rows, only names of columns, and left out: customers.csv" in told(proposal)
    assert "Not understood" not in told(proposal)
    assert not [question for question in proposal.questions() if question.entry == "customers"]
    mapping = tmp_path / "m.toml"
    mapping.write_text(answered(proposal).text(), encoding="utf-8")
    assert import_sources(tmp_path / "w", [folder], mapping).tables["orders"] == len(ROWS)


def test_nothing_but_names_of_columns_is_no_import(folder: Path, looked: Look) -> None:
    (folder / "customers.csv").write_text("Customer ID,Name,E-mail\n", encoding="utf-8")
    with pytest.raises(BadFile, match=r"no rows below them: customers\.csv"):
        check_understood(looked())


def test_the_same_rows_as_a_document_and_as_a_text_are_read_once(folder: Path, looked: Look, tmp_path: Path) -> None:
    (folder / "orders.csv").write_text(lines(), encoding="utf-8")
    document(folder / "orders.jsonl")
    proposal = looked()
    (copy,) = proposal.copies
    assert "holds the same rows as" in told(proposal)
    assert sum(bool(known.found.own) for known in proposal.known) == 1
    mapping = tmp_path / "m.toml"
    mapping.write_text(answered(proposal).text(), encoding="utf-8")
    report = import_sources(tmp_path / "w", [folder], mapping)
    assert [each.read for each in report.files] == [len(ROWS)]
    assert copy.match[0] not in [each.name for each in report.files]


@pytest.mark.parametrize("other", ["days", "a row", "an amount"])
def test_tables_that_differ_are_no_copies(other: str, folder: Path, looked: Look) -> None:
    text = lines(turned=other == "days")
    if other == "a row":
        text = text.replace("\no3,", "\no77,")
    if other == "an amount":
        text = text.replace(",7.50,", ",8.50,", 1)
    assert text != lines() or other == "days"
    (folder / "orders.csv").write_text(text, encoding="utf-8")
    document(folder / "orders.jsonl")
    proposal = looked()
    assert proposal.copies == ()
    assert sum(bool(known.found.own) for known in proposal.known) == 2


def answered(proposal: Proposal) -> Proposal:
    """The proposal with every question answered by yes, or by euros."""
    while questions := proposal.questions():
        proposal = proposal.after(questions[0], True if questions[0].is_yes_or_no else "EUR")
    return proposal
