"""The account of files that an import does not read again: what was kept, set aside and merged of them stays told."""

from __future__ import annotations

from crmetrics.intake.rebuilding import rebuild
from tests.intake.test_merging import MAPPING, ONE, ORDERS, PEOPLE, a_shop, decide

ACCOUNT = (
    "select entry, file, rows_read, rows_kept, rows_quarantined, rows_merged from meta.files where is_live order by all"
)
DELTA = MAPPING.replace('name = "crm"', 'name = "crm"\n    kind = "delta"')
PRODUCTS = """
    [files.products]
    match = "products.csv"
    [products]
    from = "products"
    product_id = "id"
    name = "name"
"""


def test_rows_that_repeat_stay_merged_when_other_files_come(company):
    company.write("people.csv", PEOPLE)
    company.write("contacts.csv", "id,who,name\nK1,B,Kim\n")
    company.write("members.csv", "campaign,who,at,opened\nX,B,2026-01-02,\n")
    company.write("products.csv", "id,name\nP1,Pump\nP1,Pump\nP2,Filter\n,Bad\n")
    company.write("orders.csv", ORDERS)
    company.take_in(DELTA + PRODUCTS)
    told = ("products", "products.csv", 4, 2, 1, 1)
    assert told in company.rows(ACCOUNT)
    company.write("more/orders.csv", "id,who,at,sum\n4,B,2026-03-06,30\n")
    company.take_in(DELTA + PRODUCTS, "more")
    assert told in company.rows(ACCOUNT)
    account = company.rows(ACCOUNT)
    rebuild(company.workspace)
    assert company.rows(ACCOUNT) == account


def test_rows_that_people_made_one_are_counted_once_however_many_imports_follow(company):
    a_shop(company)
    company.take_in(DELTA)
    decide(company, ONE)
    rebuild(company.workspace)
    account = company.rows(ACCOUNT)
    assert ("people", "people.csv", 3, 2, 0, 1) in account
    for number in (4, 5):
        company.write(f"more{number}/orders.csv", f"id,who,at,sum\n{number},A2,2026-03-06,30\n")
        company.take_in(DELTA, f"more{number}")
        others = [line for line in company.rows(ACCOUNT) if line[0] != "orders"]
        assert others == [line for line in account if line[0] != "orders"]
