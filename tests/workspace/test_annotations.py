"""Notes on dates as they are kept: whose they are, who sees and changes them, what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crmetrics.vocabulary.errors import BadValue, NotAllowed, UnknownName
from crmetrics.workspace.annotations import LONGEST, Annotation, Annotations
from crmetrics.workspace.state import State, open_state

AREAS = ("kpis", "sales")
MARCH = date(2026, 3, 12)
ANA, BO, CEM = 1, 2, 3


@pytest.fixture
def state(tmp_path: Path) -> State:
    return open_state(tmp_path)


def of(state: State, person: int, **rights: bool) -> Annotations:
    return Annotations(state, person, AREAS, **rights)


def note(text: str = "Price rise", first: date = MARCH, last: date | None = None, **more: object) -> Annotation:
    return Annotation(0, text, first, last or first, **more)  # type: ignore[arg-type]


def test_what_is_kept_is_read_again(state: State) -> None:
    kept = of(state, ANA).keep(note("  Fair in\nIstanbul ", last=date(2026, 3, 15), areas=("sales",), written_by="ana"))
    assert (kept.owner, kept.text, kept.number) == (ANA, "Fair in Istanbul", 1)
    assert of(state, ANA).all() == (kept,)
    assert of(state, ANA).find(1) == kept


def test_ones_own_is_seen_by_nobody_else_and_what_is_shared_by_everybody(state: State) -> None:
    boss = of(state, ANA, may_share=True)
    own, shared = boss.keep(note("Secret")), boss.keep(note("Price rise", is_shared=True))
    assert boss.all() == (shared, own)
    assert of(state, BO).all() == (shared,)
    assert of(state, BO).on_charts("sales") == (shared,)
    with pytest.raises(UnknownName) as hidden:
        of(state, BO, may_share=True, tends=True).find(own.number)
    with pytest.raises(UnknownName) as missing:
        of(state, BO).find(99)
    assert hidden.value.message.text == missing.value.message.text


def test_a_note_stands_on_the_charts_of_its_areas_or_of_all(state: State) -> None:
    mine = of(state, ANA)
    sales, everywhere = mine.keep(note("Fair", areas=("sales",))), mine.keep(note("Snow", date(2026, 1, 5)))
    assert mine.on_charts("sales") == (everywhere, sales)  # the earliest first
    assert mine.on_charts("kpis") == (everywhere,)
    with pytest.raises(BadValue, match="'evil' is not an area"):
        mine.keep(note(areas=("evil",)))


def test_only_its_writer_changes_a_note_and_who_tends_them_the_shared_ones(state: State) -> None:
    boss = of(state, ANA, may_share=True)
    own, shared = boss.keep(note("Secret")), boss.keep(note(is_shared=True, written_by="ana"))
    for number, refusal in ((own.number, UnknownName), (shared.number, NotAllowed)):
        with pytest.raises(refusal):
            of(state, BO, may_share=True).keep(note("Mine now", number=number))
        with pytest.raises(refusal):
            of(state, BO, may_share=True).remove(number)
    admin = of(state, CEM, may_share=True, tends=True)
    changed = admin.keep(note("Price rise of 5 %", is_shared=True, number=shared.number, written_by="cem"))
    assert (changed.owner, changed.written_by) == (ANA, "ana")
    assert of(state, ANA).find(shared.number).text == "Price rise of 5 %"
    with pytest.raises(UnknownName):
        admin.remove(own.number)
    admin.remove(shared.number)
    assert of(state, ANA).all() == (own,)


def test_sharing_needs_the_right(state: State) -> None:
    rep = of(state, BO)
    with pytest.raises(NotAllowed, match="right to share"):
        rep.keep(note(is_shared=True))
    kept = rep.keep(note())
    with pytest.raises(NotAllowed, match="right to share"):
        rep.keep(note(is_shared=True, number=kept.number))
    assert rep.all() == (kept,)


@pytest.mark.parametrize("text", ["", "   ", "\u202e\u2066", "\x00\x07", "x" * (LONGEST + 1)])
def test_a_text_that_does_not_do_is_refused(state: State, text: str) -> None:
    with pytest.raises(BadValue, match="is no note"):
        of(state, ANA).keep(note(text))


def test_signs_that_turn_a_line_around_are_taken_out(state: State) -> None:
    assert of(state, ANA).keep(note("Price \u202eesir\x1b[31m 涨价")).text == "Price esir [31m 涨价"


@pytest.mark.parametrize(
    ("first", "last"), [(MARCH, date(2026, 3, 11)), (date(1, 1, 1), MARCH), (MARCH, date(9999, 12, 31))]
)
def test_days_that_do_not_do_are_refused(state: State, first: date, last: date) -> None:
    with pytest.raises(BadValue):
        of(state, ANA).keep(note(first=first, last=last))
    assert of(state, ANA).all() == ()


def test_nobody_keeps_notes_without_end(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmetrics.workspace.annotations.MOST", 2)
    mine = of(state, ANA)
    kept = [mine.keep(note(str(each))) for each in range(2)]
    with pytest.raises(BadValue, match="2 notes"):
        mine.keep(note())
    mine.keep(note("changed", number=kept[0].number))  # those that are there can be changed
    of(state, BO).keep(note())  # and others write theirs
