"""The desk: each question once, viewers in turn, errors to who asked; and the cache, which works out nothing twice at a time."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from crmetrics.analysis.kept import Answers, Asked
from crmetrics.vocabulary.errors import BadValue, Busy
from crmetrics.vocabulary.language import Message
from crmetrics.warehouse.scope import Scope
from crmetrics.web import desk
from crmetrics.web.desk import Desk

SOON = 10.0


def question(key: str = "sales.win_rate") -> Asked:
    return Asked(key, (), None, None, Scope(), 1, (), "duckdb")


def test_the_same_question_is_one_task() -> None:
    found, let_go = Desk(), threading.Event()
    first = found.ask("q", "ana", lambda: let_go.wait(SOON))
    assert found.ask("q", "bo", lambda: 2) is first
    let_go.set()
    assert first.answer.result(SOON) is True


def test_one_viewers_long_list_leaves_a_worker_for_the_others() -> None:
    found, let_go = Desk(workers=2), threading.Event()
    long_list = [found.ask(("ana", place), "ana", lambda: let_go.wait(SOON)) for place in range(5)]
    assert found.ask("bo", "bo", lambda: "at once").answer.result(SOON) == "at once"
    assert not any(task.answer.done() for task in long_list)
    let_go.set()
    assert all(task.answer.result(SOON) for task in long_list)


def test_an_error_is_told_and_the_question_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Desk()

    def wrong() -> None:
        raise BadValue(Message("no"))

    task = found.ask("q", "ana", wrong)
    with pytest.raises(BadValue):
        task.answer.result(SOON)
    assert found.find("q") is task
    found.forget("q")
    assert found.ask("q", "ana", lambda: 1).answer.result(SOON) == 1
    failed = found.ask("other", "ana", wrong)
    with pytest.raises(BadValue):
        failed.answer.result(SOON)
    monkeypatch.setattr(desk, "REMEMBERED", -1.0)
    assert found.find("other") is None


def test_a_question_that_took_long_to_fail_is_remembered_from_its_failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the page that follows it begins it anew for ever, and never tells why."""
    found, clock = Desk(), [0.0]

    def wrong() -> None:
        clock[0] += 10 * desk.REMEMBERED
        raise BadValue(Message("no"))

    monkeypatch.setattr(desk, "monotonic", lambda: time.monotonic() + clock[0])
    task = found.ask("q", "ana", wrong)
    with pytest.raises(BadValue):
        task.answer.result(SOON)
    assert found.find("q") is task
    assert found.ask("q", "ana", lambda: 1) is task
    clock[0] += 2 * desk.REMEMBERED
    assert found.find("q") is None


def test_a_question_that_is_worked_out_is_waited_for() -> None:
    answers, begun, let_go, worked = Answers(), threading.Event(), threading.Event(), []
    answer: Any = SimpleNamespace(rows=())

    def work() -> Any:
        worked.append(1)
        begun.set()
        let_go.wait(SOON)
        return answer

    got: list[Any] = []
    asking = [threading.Thread(target=lambda: got.append(answers.once(question(), work))) for _each in range(4)]
    for each in asking:
        each.start()
    assert begun.wait(SOON)
    assert answers.get(question()) is None
    let_go.set()
    for each in asking:
        each.join(SOON)
    assert got == [answer] * 4
    assert len(worked) == 1
    assert answers.usual("sales.win_rate") is not None


def test_a_failed_answer_is_not_kept() -> None:
    answers = Answers()

    def wrong() -> Any:
        raise BadValue(Message("no"))

    with pytest.raises(BadValue):
        answers.once(question(), wrong)
    answer: Any = SimpleNamespace(rows=())
    assert answers.once(question(), lambda: answer) is answer
    assert answers.usual("sales.loss_reasons") is None


def test_what_nobody_waits_for_is_done_one_at_a_time_and_gives_way() -> None:
    found, let_go, begun = Desk(), threading.Event(), []

    def slow(name: str) -> str:
        begun.append(name)
        let_go.wait(SOON)
        return name

    aside = [found.ask(name, desk.ASIDE, lambda name=name: slow(name)) for name in ("first", "second", "third")]
    assert found.ask("page", "ana", lambda: "at once").answer.result(SOON) == "at once"
    assert begun == ["first"]
    assert found.ask("third", "ana", lambda: "not this one") is aside[2]
    while "third" not in begun:
        assert not aside[0].answer.done()
    assert begun == ["first", "third"]
    let_go.set()
    assert [task.answer.result(SOON) for task in aside] == ["first", "second", "third"]


def test_a_desk_that_closes_tells_who_waits_at_once_and_begins_nothing() -> None:
    found, let_go, begun = Desk(workers=1), threading.Event(), []

    def slow(name: str) -> None:
        begun.append(name)
        let_go.wait(SOON)

    asked = [found.ask(name, "ana", lambda name=name: slow(name)) for name in ("at work", "waits")]
    while not begun:
        pass
    found.close()
    asked.append(found.ask("comes late", "bo", lambda: slow("comes late")))
    for task in asked:
        with pytest.raises(Busy):
            task.answer.result(0)
    let_go.set()
    while any(each.name == "desk" for each in threading.enumerate()):
        pass
    assert begun == ["at work"]
