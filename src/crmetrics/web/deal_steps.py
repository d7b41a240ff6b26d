"""What is to be done about a deal, and what became of it, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from crmetrics.analysis.one_deal import Deal
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import local_day
from crmetrics.warehouse.schema import CHOICE_LABELS
from crmetrics.web.profile_view import money_in

_ = words("deal")

Sentence = tuple[str, Message]


def sentences(found: Deal, format: Format) -> list[tuple[str, str]]:
    """What stands out of a deal: tone and sentence, what is wrong first."""
    told = list(_open(found, format) if found.is_open else _decided(found, format))
    order = {"bad": 0, "warn": 1, "good": 2, "info": 3}
    return [(tone, say(message, format)) for tone, message in sorted(told, key=lambda each: order[each[0]])]


def _decided(found: Deal, format: Format) -> Iterator[Sentence]:
    record = found.record
    closed, reason = record.get("closed_at"), record.get("loss_reason")
    is_won = bool(record["is_won"])
    tone = "good" if is_won else "bad"
    if closed is None:
        yield tone, _("It was won; when is not recorded.") if is_won else _("It was lost; when is not recorded.")
    elif record.get("created_at") is None:
        day = format.day(local_day(closed, format.zone))
        yield tone, _("Won on {day}.", day=day) if is_won else _("Lost on {day}.", day=day)
    else:
        values = {
            "day": format.day(local_day(closed, format.zone)),
            "days": _days(record["created_at"], closed, format),
        }
        text = (
            _("Won on {day}, {days} after it was created.")
            if is_won
            else _("Lost on {day}, {days} after it was created.")
        )
        yield tone, text(**values)
    if not is_won:
        yield "info", _("Reason: {reason}.", reason=reason) if reason else _("Why it was lost is not recorded.")
    yield from _put_off(found, format)


def _open(found: Deal, format: Format) -> Iterator[Sentence]:
    if found.is_done_told:
        yield from _next_step(found, format)
    else:
        yield "info", _("Whether a next step is planned is not known: there are no activities.")
    yield from _close(found, format)
    yield from _stay(found, format)
    yield from _quotes(found, format)
    if found.record.get("amount") is None:
        yield "warn", _("No amount is recorded, so nothing is expected of it.")


def _next_step(found: Deal, format: Format) -> Iterator[Sentence]:
    late = [each for each in found.planned if each["due_at"] is not None and _day(each["due_at"], format) < found.today]
    if late:
        values = {"what": what(late[0], format), "days": _days(late[0]["due_at"], found.as_of, format)}
        many = _(
            "{n} planned step is not done; it was due {days} ago: {what}.",
            "{n} planned steps are not done; the oldest was due {days} ago: {what}.",
        )
        yield "bad", many(n=len(late), **values)
    if found.next_at is not None:
        day = format.day(_day(found.next_at, format))
        own = next((each for each in found.planned if each["due_at"] == found.next_at), None)
        if own is not None:
            yield "info", _("Next step on {day}: {what}.", day=day, what=what(own, format))
        else:
            yield "info", _("A colleague's next step is due on {day}.", day=day)
        return
    if any(each["due_at"] is None for each in found.planned):
        yield "info", _("A step is planned without a day: {what}.", what=what(found.planned[-1], format))
    elif late:
        return
    elif found.done_at is None:
        yield "bad", _("No next step is planned, and no activity is recorded.")
    else:
        days = _days(found.done_at, found.as_of, format)
        yield "bad", _("No next step is planned; the last activity was {days} ago.", days=days)


def _close(found: Deal, format: Format) -> Iterator[Sentence]:
    due = found.record.get("expected_close_on")
    if due is None:
        if found.is_due_told:
            yield "warn", _("No expected close is set.")
    elif due < found.today:
        days = format.days_in_words((found.today - due).days)
        yield "bad", _("The expected close has passed: it was {day}, {days} ago.", day=format.day(due), days=days)
    yield from _put_off(found, format)


def _put_off(found: Deal, format: Format) -> Iterator[Sentence]:
    slips, due = found.slips, found.record.get("expected_close_on")
    if not slips.times:
        return
    text = _("Its close was put off {n} time.", "Its close was put off {n} times.", n=slips.times)
    if slips.first_on is not None and due is not None and due > slips.first_on:
        text = _(
            "Its close was put off {n} time, from {first} to {last}.",
            "Its close was put off {n} times, from {first} to {last}.",
            n=slips.times, first=format.day(slips.first_on), last=format.day(due),
        )  # fmt: skip
    yield "warn" if found.is_open else "info", text


def _stay(found: Deal, format: Format) -> Iterator[Sentence]:
    days, stay, stage = found.days_in_stage, found.stay, str(found.record["stage"])
    if days is None or stay is None:
        yield "info", _("How long it has stood in {stage} is not known: there is no stage history of it.", stage=stage)
        return
    values = {"stage": stage, "days": format.days_in_words(round(days, 1 if days < 10 else 0))}
    if stay.usual_days is None:
        yield "info", _("It has stood in {stage} for {days}; no won deal tells what is usual.", **values)
        return
    usual = format.days_in_words(round(stay.usual_days, 1 if stay.usual_days < 10 else 0))
    text = _(
        "It has stood in {stage} for {days}; the {n} won deal left it within {usual}.",
        "It has stood in {stage} for {days}; half of the {n} won deals left it within {usual}.",
    )
    yield "warn" if days > stay.usual_days else "info", text(usual=usual, n=stay.won_deals, **values)


def _quotes(found: Deal, format: Format) -> Iterator[Sentence]:
    """The latest quote that is sent and not answered."""
    sent = [each for each in found.quotes if each["sent_at"] and not each["accepted_at"] and not each["rejected_at"]]
    if not sent:
        return
    quote = sent[0]
    values = {
        "id": str(quote["quote_id"]),
        "money": money_in(quote["currency"], quote["amount"], format),
        "days": _days(quote["sent_at"], found.as_of, format),
    }
    if quote["expires_on"] is not None and quote["expires_on"] < found.today:
        day = format.day(quote["expires_on"])
        yield "bad", _("Quote {id} of {money} expired on {day} without an answer.", day=day, **values)
    else:
        yield "info", _("Quote {id} of {money} has been waiting for an answer for {days}.", **values)


def what(step: Mapping[str, Any], format: Format) -> str:
    """An activity in a word or two: its kind and what it is about."""
    kind = say(CHOICE_LABELS[step["kind"]], format) if step["kind"] in CHOICE_LABELS else str(step["kind"])
    return format.listed((kind, str(step["subject"] or "")))


def _day(moment: datetime, format: Format) -> date:
    return local_day(moment, format.zone)


def _days(since: datetime, until: datetime, format: Format) -> str:
    """The days between two moments by the calendar; as-of is the first moment that is not known."""
    return format.days_in_words(max(0, (_day(until, format) - _day(since, format)).days))
