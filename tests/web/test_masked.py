"""A reader without the right to personal data: no page, file, mark or opened row names a customer, contact person or lead."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_plus

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook

from crmetrics.analysis import Answer
from crmetrics.analysis.opening import opens
from crmetrics.catalogue import find, keys
from crmetrics.warehouse.scope import Scope, Viewer
from crmetrics.web.application import application
from crmetrics.workspace.people import People
from tests.web.serving import copy_of
from tests.web.signed_in import send, signed_in, site_of

MODELS = {"customers.churn_risk", "customers.clv_predicted", "sales.win_probability"}
"""They learn for seconds, and open customers and deals as their neighbours do."""
OPENED = [key for key in keys() if find(key).behind and not key.startswith("kpis.") and key not in MODELS]
OTHERWISE: dict[str, list[tuple[dict[str, Any], int]]] = {
    "data.quality": [({"show": "columns"}, 4), ({"show": "outliers"}, 2)],
    "data.coverage": [({"show": "tables"}, 4), ({"show": "months"}, 1)],
}
"""Switches that open rows of other tables, and of how many groups they are opened."""
_WORDS = re.compile(r"[^\W\d_][\w'’.-]*")
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\w")
_NUMBER = re.compile(r"\+\d{7,}")

Known = frozenset[str]


@pytest.fixture(scope="module")
def app(demo_company: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    yield application(copy_of(demo_company("en"), tmp_path_factory.mktemp("masked")))
    for thread in threading.enumerate():
        if thread.name == "desk":  # an engine at work does not survive the end of Python
            thread.join(20)


@pytest.fixture(scope="module")
def known(app: FastAPI) -> Known:
    """The names, e-mail addresses and telephone numbers of all persons; what a company or a colleague is called too is no secret."""
    with site_of(app).catalogue().warehouse(Scope(Viewer("all", "all"))) as warehouse:

        def said(sql: str) -> set[str]:
            rows = warehouse.query(sql)
            return {str(each) for name in rows.names for each in rows.values(name) if each is not None}

        told = said("select name, email, phone from customers where kind = 'person'")
        told |= said("select email, phone from customers where kind = 'company'")
        told |= said("select name, email, phone from contacts") | said("select name, email, phone from leads")
        told -= said("select name from employees") | said("select name from customers where kind = 'company'")
    return frozenset(told)


@pytest.fixture(scope="module")
def reader(app: FastAPI) -> Iterator[TestClient]:
    """An analyst without the right: unlike a viewer he may take files away and ask programs' addresses."""
    with signed_in(app, "analyst", "reader", sees_personal=False) as client:
        yield client


@pytest.fixture(scope="module")
def boss(app: FastAPI) -> Iterator[TestClient]:
    with signed_in(app, "admin", "boss") as client:
        yield client


def text_of(sent: bytes, ending: str) -> str:
    """What a file says; JSON with its letters as they are read."""
    if ending == "json":
        return json.dumps(json.loads(sent), ensure_ascii=False)
    if ending == "csv":
        return sent.decode("utf-8-sig")
    book = CalamineWorkbook.from_filelike(io.BytesIO(sent))
    return "\n".join(
        str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row
    )


def persons(text: str, known: Known) -> frozenset[str]:
    """Of the persons' data what stands in a text, also in its addresses."""
    plain = unescape(text)
    plain = f"{plain}\n{unquote_plus(plain)}" if "%" in plain or "+" in plain else plain
    words = _WORDS.findall(plain)
    several = {" ".join(words[at : at + n]) for n in (1, 2, 3) for at in range(len(words) - n + 1)}
    return known & (several | set(_ADDRESS.findall(plain)) | set(_NUMBER.findall(plain)))


def figures(answer: Answer[Any], most: int) -> Iterator[list[tuple[str, str]]]:
    """Addresses of figures to open: of every column that opens by a group of its own, in rows that have some."""
    seen: set[tuple[str, ...]] = set()
    for name, groups in opens(answer.declared, answer.choices).items():
        if groups in seen or (seen and most == 1):
            continue
        filled = [row.as_dict() for row in answer.rows if row.as_dict()[name] not in (None, 0)][:most]
        for told in filled:
            seen.add(groups)
            at = ((f"at.{group}", "" if told[group] is None else str(told[group])) for group in groups)
            yield [("cell", name), *at]


@pytest.mark.parametrize("key", OPENED)
def test_opened_rows(app: FastAPI, reader: TestClient, known: Known, key: str) -> None:
    catalogue, person = site_of(app).catalogue(), People(site_of(app).state).find("reader")
    assert person is not None
    for choices, most in OTHERWISE.get(key, [({}, 1)]):
        answer = catalogue.ask(key, viewer=person.viewer(), **choices)
        for cell in figures(answer, most):
            page = reader.get(f"/a/{key}/rows", params=[*choices.items(), *cell])
            assert page.status_code == 200
            assert persons(page.text, known) == set()


@pytest.mark.parametrize("table", ["customers", "contacts", "leads", "deals"])
def test_rows_as_files(reader: TestClient, boss: TestClient, known: Known, table: str) -> None:
    """Everything that stands in a table: who may see the persons in it does, who may not does not, whatever the file."""
    asked = {"show": "tables", "cell": "rows", "at.table": table}
    for ending in ("json", "csv", "xlsx") if table == "contacts" else ("csv",):
        sent = reader.get(f"/a/data.coverage/rows.{ending}", params=asked)
        assert sent.status_code == 200
        assert persons(text_of(sent.content, ending), known) == set()
    if table != "deals":  # in the names of these deals is nobody
        seen = boss.get("/a/data.coverage/rows.csv", params=asked)
        assert len(persons(text_of(seen.content, "csv"), known)) > 100


def test_customers_deals_and_who_is_sought(app: FastAPI, reader: TestClient, boss: TestClient, known: Known) -> None:
    with site_of(app).catalogue().warehouse(Scope(Viewer("all", "all"))) as warehouse:
        customer, name, deal = warehouse.query(
            "select c.customer_id, c.name, min(d.deal_id) as deal from customers c join deals d on d.customer_id = c.customer_id "
            "where c.kind = 'person' group by 1, 2 order by 1 limit 1"
        ).one().values()  # fmt: skip
    assert name in persons(boss.get(f"/deals/{deal}").text, known)
    for address in (
        f"/customers/{customer}", f"/api/customers/{customer}", f"/deals/{deal}", f"/deals/{deal}.json", f"/api/deals/{deal}",
        "/customers", "/api/customers?q=a", "/api/deals?q=D0000004", "/customers.json?q=a", f"/api/deals?q={quote(name)}",
    ):  # fmt: skip
        page = reader.get(address)
        assert page.status_code == 200, address
        assert persons(page.text, known) == set(), address
    assert reader.get(f"/api/customers?q={quote(name)}").json()["customers"] == []  # nor is he found by it


def test_charts_lists_and_segments(reader: TestClient, boss: TestClient, known: Known) -> None:
    """After somebody asked the same who may see all: what is kept of his answers is not handed on."""
    asked = ("/a/customers.rfm", "/a/data.duplicates", "/a/sales.stale_deals")
    assert persons("".join(boss.get(f"{each}.json").text for each in asked), known)
    kept = send(
        boss, "/segments", title="Best", key="kpis.buyers", query="period=2025&cell=value", kind="list", shared="on"
    )
    assert kept.status_code == 303, kept.text
    lists = (
        "/boards",
        "/notes",
        "/a/kpis.won_deals/values?find.customer=a&choose=customer",
        "/a/customers.rfm?where.segment=1",
    )
    for address in (*(f"{each}.json" for each in asked), *asked, *lists):
        page = reader.get(address)
        assert page.status_code == 200, address
        assert persons(page.text, known) == set(), address
