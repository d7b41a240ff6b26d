"""Duplicates that people made one: what survives, what points to it, what a later import and an undo do."""

from __future__ import annotations

import json
from contextlib import closing

import duckdb
import pytest

from crmetrics.intake.rebuilding import rebuild
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.workspace.decisions import Decision, Decisions
from crmetrics.workspace.state import open_state
from tests.intake.people_and_orders import ORDERS as OF_ORDERS
from tests.intake.people_and_orders import mapping

OF_PEOPLE = """
city = "city"
parent_id = "parent"
is_marketing_allowed = "allowed"
created_at = "made"
custom.colour = "colour"
"""
BESIDE = """
[files.contacts]
match = "contacts.csv"
[files.members]
match = "members.csv"
[contacts]
from = "contacts"
contact_id = "id"
customer_id = "who"
name = "name"
[campaign_members]
from = "members"
campaign_id = "campaign"
customer_id = "who"
assigned_at = "at"
opened_at = "opened"
"""
MAPPING = mapping("crm", of_people=OF_PEOPLE, beside=BESIDE)
ORDERS_ALONE = f"""
[source]
name = "crm"
{OF_ORDERS}
"""
PEOPLE = """
    id,name,mail,phone,city,parent,allowed,made,colour
    A1,Ann Lee,,+4930111111,Berlin,,yes,2025-03-01,red
    A2,Ann B. Lee,ann@x.org,,,A1,no,2026-01-01,
    B,Bo,bo@x.org,,Ulm,A2,,2025-05-01,blue
"""
ORDERS = "id,who,at,sum\n1,A1,2026-01-05,10\n2,A2,2026-02-05,20\n3,B,2026-02-06,30\n"


def a_shop(company):
    company.write("people.csv", PEOPLE)
    company.write("orders.csv", ORDERS)
    company.write("contacts.csv", "id,who,name\nK1,A2,Kim\n")
    company.write(
        "members.csv", "campaign,who,at,opened\nX,A1,2026-01-01,\nX,A2,2026-01-02,2026-01-03\nX,B,2026-01-02,\n"
    )
    company.take_in(MAPPING)


def decide(company, *about, kind="merge"):
    with closing(open_state(company.workspace)) as state:
        return Decisions(state).add(*(Decision(kind, each) for each in about))


def everything(company):
    with closing(duckdb.connect(str(company.versions.current().path), read_only=True)) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name = 'main' or table_name in "
            "('quarantine', 'warning_counts', 'derived', 'profile', 'merged', 'apart', 'added_up_orders')"
        ).fetchall()
        return {name: sorted(map(repr, connection.execute(f"from {name}").fetchall())) for (name,) in tables}


ONE = {"table": "customers", "keep": "A1", "others": ["A2"]}


def test_the_kept_row_takes_the_latest_value_of_each_column(company):
    a_shop(company)
    (decision,) = decide(company, ONE)
    rebuild(company.workspace)
    assert company.rows(
        "select customer_id, name, email, phone, city, parent_id, is_marketing_allowed, created_at::date::varchar, "
        "custom_colour from customers order by 1"
    ) == [
        ("A1", "Ann B. Lee", "ann@x.org", "+4930111111", "Berlin", None, False, "2025-03-01", "red"),
        ("B", "Bo", "bo@x.org", None, "Ulm", "A1", None, "2025-05-01", "blue"),
    ]
    assert company.rows("select * from meta.merged") == [("customers", "A2", "A1", decision.number)]


def test_whatever_named_a_merged_row_names_the_one_that_survives(company):
    a_shop(company)
    decide(company, ONE)
    rebuild(company.workspace)
    assert company.rows("select order_id, customer_id from orders order by 1") == [("1", "A1"), ("2", "A1"), ("3", "B")]
    assert company.rows("select order_id, customer_id from meta.added_up_orders order by 1")[1] == ("2", "A1")
    assert company.rows("select customer_id from contacts") == [("A1",)]
    assert company.rows(
        "select count(*) from meta.warnings where reason like '%not there%' and table_name <> 'campaign_members'"
    ) == [(0,)]


def test_a_member_of_a_campaign_who_was_two_is_one(company):
    a_shop(company)
    decide(company, ONE)
    rebuild(company.workspace)
    assert company.rows(
        "select customer_id, assigned_at::date::varchar, opened_at::date::varchar from campaign_members order by 1"
    ) == [("A1", "2026-01-01", "2026-01-03"), ("B", "2026-01-02", None)]


def test_merged_rows_stand_in_the_account_of_their_file(company):
    a_shop(company)
    decide(company, ONE)
    rebuild(company.workspace)
    assert company.rows("select file, rows_read, rows_kept, rows_merged from meta.files where entry = 'people'") == [
        ("people.csv", 3, 2, 1)
    ]


def test_undo_brings_back_every_row_exactly(company):
    a_shop(company)
    rebuild(company.workspace)
    before = everything(company)
    (decision,) = decide(company, ONE)
    rebuild(company.workspace)
    assert everything(company) != before
    with closing(open_state(company.workspace)) as state:
        Decisions(state).undo(decision.number)
    rebuild(company.workspace)
    assert everything(company) == before


def test_the_next_import_merges_again_and_new_orders_of_the_merged_id_count_for_the_survivor(company):
    a_shop(company)
    decide(company, ONE)
    rebuild(company.workspace)
    company.write("orders.csv", ORDERS + "4,A2,2026-03-01,5\n")
    company.take_in(MAPPING, "orders.csv")  # customers are not read again
    assert company.rows("select order_id from orders where customer_id = 'A1' order by 1") == [("1",), ("2",), ("4",)]
    company.write("people.csv", PEOPLE + "    A2b,Ann,,,,,,2026-02-02,\n")
    company.take_in(MAPPING, "people.csv")
    assert company.rows("select customer_id from customers order by 1") == [("A1",), ("A2b",), ("B",)]
    decide(company, {"table": "customers", "keep": "A2b", "others": ["A1"]})  # what was kept is merged in its turn
    rebuild(company.workspace)
    assert company.rows("select customer_id, phone from customers order by 1") == [("A2b", "+4930111111"), ("B", None)]
    assert company.rows("select count(*) from orders where customer_id = 'A2b'") == [(3,)]


def test_a_merge_holds_where_the_kept_row_came_no_more(company):
    a_shop(company)
    decide(company, ONE)
    company.write("people.csv", PEOPLE.replace("    A1,Ann Lee,,+4930111111,Berlin,,yes,2025-03-01,red\n", ""))
    company.take_in(MAPPING, "people.csv")
    assert company.rows("select customer_id, name from customers order by 1") == [("A1", "Ann B. Lee"), ("B", "Bo")]
    assert company.rows("select count(*) from orders where customer_id = 'A1'") == [(2,)]


def test_each_column_may_be_chosen_in_another_way(company):
    a_shop(company)
    decide(company, ONE | {"take": {"name": "kept", "is_marketing_allowed": "latest", "city": "first"}})
    rebuild(company.workspace)
    assert company.rows("select name, city, is_marketing_allowed from customers where customer_id = 'A1'") == [
        ("Ann Lee", "Berlin", False)
    ]


def test_an_unknown_way_to_choose_is_told(company):
    a_shop(company)
    decide(company, ONE | {"take": {"name": "best"}})
    before = company.versions.current()
    with pytest.raises(UnknownName, match="'best' is no way to choose the surviving value of name"):
        rebuild(company.workspace)
    assert company.versions.current() == before


def test_customers_that_only_orders_tell_of_are_merged_too(company):
    company.write("orders.csv", ORDERS)
    company.take_in(ORDERS_ALONE)
    decide(company, ONE)
    rebuild(company.workspace)
    assert company.rows("select customer_id, name from customers order by 1") == [("A1", "A1"), ("B", "B")]


def test_contacts_are_merged_as_well(company):
    a_shop(company)
    company.write("contacts.csv", "id,who,name\nK1,A2,Kim\nK2,A2,Kim T.\n")
    company.take_in(MAPPING, "contacts.csv")
    decide(company, {"table": "contacts", "keep": "K2", "others": ["K1"]})
    rebuild(company.workspace)
    assert company.rows("select contact_id, name from contacts") == [("K2", "Kim T.")]


def test_what_was_decided_to_be_apart_is_noted(company):
    a_shop(company)
    decide(company, {"table": "customers", "left": "A1", "right": "B"}, kind="apart")
    rebuild(company.workspace)
    assert company.rows("select * from meta.apart") == [("customers", "A1", "B")]
    assert json.dumps(everything(company))  # and nothing else stands in the way
