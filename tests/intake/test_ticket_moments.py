"""The moments of tickets out of their history, against a second way of working them out."""

import random
from datetime import datetime, timedelta

import pytest

from crmetrics.clean.understanding.shapes import shapes

MAPPING = """
    [source]
    name = "desk"
    kind = "delta"
    zone = "UTC"
    [files.tickets]
    match = "tickets*.csv"
    key = ["id"]
    [files.events]
    match = "events*.csv"
    [tickets]
    from = "tickets"
    ticket_id = "id"
    created_at = "created"
    status = "status"
    created_by = "by"
    [ticket_events]
    from = "events"
    ticket_id = "ticket"
    occurred_at = "at"
    kind = "kind"
    actor_kind = "who"
    is_public = "public"
    event_value = "value"
"""
DONE = ("solved", "closed")
START = datetime(2026, 1, 1, 9)
COLUMNS = "first_reply_at, resolved_at, closed_at, reopen_count, reply_count"


def expected(ticket, events):
    """One event after the other, as a person would go through them."""
    first = solved = closed = None
    reopened = replies = 0
    status = ""
    for event in sorted(events, key=lambda one: one["at"]):
        if event["kind"] == "status":
            if event["value"] in DONE and status not in DONE:
                solved = event["at"]
            if event["value"] not in DONE and status in DONE:
                reopened += 1
            if event["value"] == "closed":
                closed = event["at"]
            status = event["value"]
        elif event["who"] == "agent" and event["public"] == "true":
            is_opening = event["at"] <= ticket["created"] and ticket["by"] == "agent"
            if event["at"] >= ticket["created"] and not is_opening:
                replies += 1
                first = first or event["at"]
    if status not in DONE:
        solved = None
    if status != "closed":
        closed = None
    return first, solved, closed, reopened if status else None, replies


def story(draw, number):
    created = START + timedelta(hours=number)
    ticket = {"id": f"T{number}", "created": created, "by": draw.choice(["agent", "customer"])}
    events, at = [], created
    for _step in range(draw.randint(1, 12)):
        kind = draw.choice(["status", "status", "reply"])
        event = {"at": at, "kind": kind, "who": draw.choice(["agent", "customer"]), "public": "", "value": ""}
        if kind == "status":
            event["value"] = draw.choice(["new", "open", "pending", "hold", "solved", "solved", "closed"])
        else:
            event["public"] = draw.choice(["true", "true", "false"])
        events.append(event)
        at += timedelta(minutes=draw.randint(1, 5000))
    ended = [event["value"] for event in events if event["kind"] == "status"]
    ticket["status"] = ended[-1] if ended else "open"
    return ticket, events


def write(company, name, stories):
    tickets = [f"{one['id']},{one['created']},{one['status']},{one['by']}\n" for one, _events in stories]
    company.write(f"tickets{name}.csv", "id,created,status,by\n" + "".join(tickets))
    events = [
        f"{one['id']},{event['at']},{event['kind']},{event['who']},{event['public']},{event['value']}\n"
        for one, events in stories
        for event in events
    ]
    random.Random(3).shuffle(events)
    company.write(f"events{name}.csv", "ticket,at,kind,who,public,value\n" + "".join(events))


def told(company):
    rows = company.rows(f"select ticket_id, {COLUMNS} from tickets")
    return {row[0]: row[1:] for row in rows}


def test_moments_are_those_of_going_through_each_history(company):
    draw = random.Random(7)
    stories = [story(draw, number) for number in range(200)]
    write(company, "", stories)
    company.take_in(MAPPING)
    assert told(company) == {ticket["id"]: expected(ticket, events) for ticket, events in stories}
    assert company.rows("select count(*) from meta.derived where table_name = 'tickets'")[0][0] == 5


def test_an_import_of_later_events_alone_moves_the_moments(company):
    ticket = {"id": "T1", "created": START, "status": "solved", "by": "customer"}
    solved = {"at": START + timedelta(hours=1), "kind": "status", "who": "agent", "public": "", "value": "solved"}
    write(company, "", [(ticket, [solved])])
    company.take_in(MAPPING)
    assert told(company) == {"T1": (None, solved["at"], None, 0, None)}
    later = [
        solved | {"at": START + timedelta(hours=2), "value": "open"},
        solved | {"at": START + timedelta(hours=3), "kind": "reply", "public": "true", "value": ""},
        solved | {"at": START + timedelta(hours=4)},
    ]
    write(company, "", [(ticket, later)])
    company.take_in(MAPPING, "events.csv")
    assert told(company) == {"T1": (later[1]["at"], later[2]["at"], None, 1, 1)}


def test_what_a_source_tells_itself_is_not_worked_out(company):
    company.write("tickets.csv", "id,created,status,by,done\nT1,2026-01-01,solved,agent,2026-01-05\n")
    company.write("events.csv", "ticket,at,kind,who,public,value\nT1,2026-01-02,status,agent,,solved\n")
    company.take_in(MAPPING.replace('created_by = "by"', 'created_by = "by"\n    resolved_at = "done"'))
    assert told(company)["T1"][1] == datetime(2026, 1, 5)


def test_the_history_of_the_known_ticket_gives_its_known_minutes(company, real_data):
    (shape,) = [shape for shape in shapes() if shape.system == "zendesk"]
    path = company.mapping(shape.mapping.text)
    company.exports.mkdir()
    for name in ("user", "organization", "ticket", "ticket_field_history", "ticket_comment"):
        source = real_data / "dbt_zendesk" / "seeds" / f"{name}_data.csv"
        (company.exports / source.name).write_bytes(source.read_bytes())
    company.take_in(path)
    found = company.rows(
        "select date_diff('second', created_at, resolved_at) / 60, reopen_count, closed_at from tickets where ticket_id = '11071'"
    )
    assert found[0][0] == pytest.approx(111894.85)
    assert found[0][1] == 0
