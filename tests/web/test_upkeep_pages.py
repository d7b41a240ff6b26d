"""The record of every step, what was set aside and the duplicates, by the browser."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient

from crmetrics.catalogue import open_workspace
from crmetrics.intake.imports import import_sources
from crmetrics.vocabulary.errors import Busy
from crmetrics.vocabulary.language import Message
from crmetrics.web.application import application
from crmetrics.web.works import Works
from crmetrics.workspace.people import People
from tests.web.shop import CUSTOMERS_AND_ORDERS, settled
from tests.web.signed_in import signed_in, site_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with a duplicate that is sure and an order that cannot be read."""
    files = tmp_path / "files"
    files.mkdir()
    rows = [f"C{n},Firm {n} Ltd,office{n}@firm{n}.example,TAX{n:05}" for n in range(1, 30)]
    rows.append("C99,Firm 7 Limited,office7@firm7.example,TAX00007")
    (files / "customers.csv").write_text("id,name,email,tax\n" + "\n".join(rows) + "\n")
    orders = [f"O{n},C{n % 29 + 1},2025-0{n % 9 + 1}-10,{n}.50" for n in range(1, 60)]
    orders += ["O98,C99,2025-03-10,10.00", "O99,C3,someday,20.00"]
    (files / "orders.csv").write_text("no,customer,day,amount\n" + "\n".join(orders) + "\n")
    (tmp_path / "mapping.toml").write_text(CUSTOMERS_AND_ORDERS)
    workspace = tmp_path / "workspace"
    import_sources(workspace, [files], tmp_path / "mapping.toml")
    return workspace


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(application(folder), base_url="http://127.0.0.1") as opened:
        yield opened


def token(client: TestClient, page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"|csrf=([0-9a-f]+)"', client.get(page).text)
    assert found is not None
    return found[1] or found[2]


def figures(folder: Path) -> list[object]:
    catalogue = open_workspace(folder)
    return [catalogue.ask(key, period="2025").total for key in ("kpis.net_sales", "kpis.buyers", "kpis.new_customers")]


def test_a_sure_duplicate_is_merged_and_taken_back_to_the_same_figures(client: TestClient, folder: Path) -> None:
    before = figures(folder)
    page = client.get("/duplicates").text
    assert "Firm 7 Ltd" in page
    assert "1 merge is sure" in page
    assert "29" in client.get("/duplicates/effect").text
    csrf = token(client, "/duplicates")
    offered = client.get("/history").text
    assert 'action="/history/' not in offered
    assert "Nothing was taken back that could be done again." in offered
    assert "without it there would be no data" in offered
    client.post("/duplicates", data={"csrf": csrf, "what": "sure"})
    assert "30 -&gt; 29" in settled(client, "/duplicates")
    assert figures(folder) != before
    newest = re.search(r'action="/history/(\d+)"', client.get("/history").text)
    assert newest is not None
    client.post(f"/history/{newest[1]}", data={"csrf": csrf})
    taken_back = settled(client, "/history")
    assert "Taken back" in taken_back
    assert 'action="/history/redo"' in taken_back
    assert "does not hold any more" in taken_back
    assert figures(folder) == before


def test_what_is_kept_apart_is_not_proposed_again(client: TestClient) -> None:
    csrf = token(client, "/duplicates")
    assert client.post("/duplicates", data={"csrf": csrf, "what": "apart"}).status_code == 400
    client.post("/duplicates", data={"csrf": csrf, "what": "apart", "group": '["C7", "C99"]'})
    assert "Kept apart" in settled(client, "/duplicates")
    assert "Firm 7 Ltd" not in client.get("/duplicates").text


def test_what_was_set_aside_is_corrected_in_the_workbook(client: TestClient, folder: Path) -> None:
    page = client.get("/quarantine").text
    assert "someday" in page
    assert "ordered_at" not in page
    content = client.get("/quarantine/rows.xlsx").content
    book, changed = ZipFile(io.BytesIO(content)), io.BytesIO()
    with ZipFile(changed, "w") as target:
        for name in book.namelist():
            target.writestr(name, book.read(name).replace(b">someday<", b">2025-04-04<"))
    csrf = token(client, "/quarantine")
    client.post(f"/quarantine/corrected?csrf={csrf}", files={"file": ("corrected.xlsx", changed.getvalue())})
    page = settled(client, "/quarantine")
    assert "1 row corrected" in page
    assert "Nothing stands in quarantine" in page
    assert not list(folder.glob("corrected-*"))


def test_a_file_that_is_no_such_workbook_is_refused_and_changes_nothing(client: TestClient, folder: Path) -> None:
    csrf = token(client, "/quarantine")
    client.post(f"/quarantine/corrected?csrf={csrf}", files={"file": ("x.xlsx", b"not a workbook")})
    page = settled(client, "/quarantine")
    assert 'role="alert"' in page
    assert "someday" in page
    assert len(list((folder / "versions").glob("*.duckdb"))) == 1


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/duplicates", {"what": "explode"}),
        ("/duplicates", {"what": "merge", "group": '["C1", "C2"]'}),
        ("/duplicates", {"what": "sure", "of": "orders; drop"}),
        ("/history/x", {}),
    ],
)
def test_what_cannot_be_done_is_said(client: TestClient, address: str, fields: dict[str, str]) -> None:
    csrf = token(client, "/duplicates")
    answer = client.post(address, data={"csrf": csrf, **fields})
    assert answer.status_code == 400
    assert answer.text.count("<h1>") == 1


def test_one_work_at_a_time() -> None:
    works, go = Works(), []

    def waits(_progress: object) -> Message:
        while not go:
            time.sleep(0.01)
        return Message("done")

    works.start(Message("first"), waits)
    with pytest.raises(Busy, match="first"):
        works.start(Message("second"), waits)
    go.append(1)
    for _try in range(500):
        if works.last is not None and works.last.has_ended:
            break
        time.sleep(0.01)
    works.start(Message("second"), waits)


@pytest.mark.parametrize("language", ["tr", "uk", "zh"])
@pytest.mark.parametrize("address", ["/history", "/quarantine", "/duplicates"])
def test_the_pages_speak_the_reader_s_language(client: TestClient, address: str, language: str) -> None:
    page = client.get(address, params={"language": language}).text
    for english in ("Record of every step", "What was set aside", "Duplicates<", "Take back<", "Make them one"):
        assert english not in page
    assert "administrator" not in page


def test_the_record_keeps_what_stands_in_files_from_who_may_not_see_it(folder: Path) -> None:
    app = application(folder)
    with signed_in(app, "analyst", "ana", sees_personal=False) as analyst, signed_in(app, "admin", "boss") as boss:
        reason = Message("'{value}': no day", values={"value": "ada@example.com"})
        for client, shown in (
            (boss, "1 left: &#39;ada@example.com&#39;: no day"),
            (analyst, "1 left: &#39;…&#39;: no day"),
        ):
            person = People(site_of(app).state).named("boss" if client is boss else "ana")
            done = Message("1 left: {reason}", values={"reason": reason})
            site_of(app).works.start(Message("Corrections"), lambda _progress, done=done: done, person.number)
            assert shown in settled(client, "/history")
        assert analyst.get("/quarantine").status_code == 403
