"""The import by the browser: sent, understood, asked about, imported, told; what is wrong is said and changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from crmetrics.catalogue import open_workspace
from crmetrics.intake.open_questions import with_questions
from crmetrics.intake.uploads import Uploads
from crmetrics.vocabulary.errors import BadFile, UnknownName
from crmetrics.web.application import application
from tests.web.shop import settled
from tests.web.signed_in import signed_in

HOSTILE = "<script>alert(1)</script>"
ORDERS = "Order No,Customer No,Order Date,Item,Qty,Net Amount\n" + "".join(
    f"A{n},C{n % 7},{2025 if n % 2 else 2026}-0{n % 9 + 1}-1{n % 9},Filter {n % 3},{n % 4 + 1},{n * 1.25:.2f}\n"
    for n in range(1, 60)
)
Do = Callable[..., str]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(application(tmp_path), base_url="http://127.0.0.1") as opened:
        yield opened


def token(page: str) -> str:
    return re.search(r'name="csrf" value="([0-9a-f]+)"|csrf=([0-9a-f]+)"', page).group(0).split("=")[-1].strip('"')  # type: ignore[union-attr]


def send(client: TestClient, source: str = "shop", **files: str) -> str:
    """Send files as a browser does; the address of the upload."""
    csrf = token(client.get("/import").text)
    sent = [("files", (name.replace("__", "."), text.encode())) for name, text in files.items()]
    answer = client.post(f"/import/upload?csrf={csrf}", data={"source": source}, files=sent)
    assert answer.status_code == 200, answer.text[-600:]
    return answer.url.path


def do(client: TestClient, address: str, what: str, **fields: str) -> str:
    csrf = token(client.get(address).text)
    client.post(f"{address}/{what}", data={"csrf": csrf, **fields})
    return settled(client, address)


def answered(client: TestClient, address: str) -> str:
    page = settled(client, address)
    while names := re.findall(r'<input (?:type="radio" )?name="([^"]*\|[^"]*\|[^"]*\|[^"]*)"', page):
        page = do(client, address, "answer", **{name: "EUR" if "currency" in name else "yes" for name in names})
    return page


def test_from_the_first_file_to_an_answer(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/").url.path == "/import"
    assert '<html lang="zh' in client.get("/?language=zh").text
    assert '<html lang="zh' in client.get("/").text  # what was chosen is remembered
    assert '<html lang="en' in client.get("/?language=en").text
    address = send(client, orders__csv=ORDERS)
    page = answered(client, address)
    assert "Order Date" in page
    done = do(client, address, "start")
    assert "What came of it" in done
    assert ">59<" in done
    assert "1 import<" in client.get("/import").text
    assert client.get("/changes").status_code in (200, 202)
    total = open_workspace(tmp_path).ask("kpis.net_sales", period="2025-01-01..2027-01-01", by="").total
    assert total is not None
    assert total.value == pytest.approx(sum(n * 1.25 for n in range(1, 60)), abs=0.2)


def test_the_same_source_again_is_read_as_before_and_nothing_is_doubled(client: TestClient, tmp_path: Path) -> None:
    first = send(client, orders__csv=ORDERS)
    answered(client, first)
    do(client, first, "start")
    again = send(client, orders__csv=ORDERS, visits__csv="Visit,Day\nV1,2026-01-01\n")
    page = settled(client, again)
    assert "read as it was then" in page
    page = do(client, again, "start")
    assert "Nothing new" in page
    assert "Not read: visits.csv: no table of the mapping names it. To have such files read, send them by" in page
    assert [each.number for each in Uploads(tmp_path).all()] == [2, 1]


def test_files_of_another_form_become_a_source_of_their_own_and_nothing_is_lost(
    client: TestClient, tmp_path: Path
) -> None:
    first = send(client, january__csv=ORDERS)
    answered(client, first)
    do(client, first, "start")
    other = ORDERS.replace("Order No", "Receipt").replace("\nA", "\nB")
    second = send(client, february__csv=other)
    settled(client, second)
    assert "nothing was changed" in do(client, second, "start")
    do(client, second, "anew")
    answered(client, second)
    assert "What came of it" in do(client, second, "start")
    total = open_workspace(tmp_path).ask("kpis.purchases", period="2025-01-01..2027-01-01", by="").total
    assert total is not None
    assert total.value == 2 * 59


def test_how_far_it_is_and_what_was_answered_survive_a_restart(client: TestClient, tmp_path: Path) -> None:
    address = send(client, orders__csv=ORDERS)
    settled(client, address)
    with TestClient(application(tmp_path), base_url="http://127.0.0.1") as restarted:
        page = answered(restarted, address)
        assert "Order Date" in page
    with TestClient(application(tmp_path), base_url="http://127.0.0.1") as third:
        assert "fieldset" not in settled(third, address)


def test_what_was_at_work_when_the_machine_stopped_can_be_begun_again(client: TestClient, tmp_path: Path) -> None:
    address = send(client, orders__csv=ORDERS)
    settled(client, address)
    step = tmp_path / "uploads" / "1" / "step.json"
    step.write_text(step.read_text().replace('"understood"', '"importing"'))
    with TestClient(application(tmp_path), base_url="http://127.0.0.1") as restarted:
        assert "interrupted" in restarted.get(address).text
        assert "Order Date" in do(restarted, address, "again")


def test_files_that_say_nothing_are_told_and_leave_nothing(client: TestClient, tmp_path: Path) -> None:
    address = send(client, empty__csv="", notes__txt="hello there")
    page = settled(client, address)
    assert "nothing was changed" in page
    assert not (tmp_path / "versions").is_dir() or not list((tmp_path / "versions").glob("*.duckdb"))
    csrf = token(page)
    client.post(f"{address}/throw-away", data={"csrf": csrf})
    assert not (tmp_path / "uploads" / "1").exists()


def test_names_and_values_harm_nobody(client: TestClient) -> None:
    text = ORDERS.replace("Filter 1", HOSTILE).replace("Item", f"Item {HOSTILE}")
    page = settled(client, send(client, orders__csv=text))
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("name", ["../../etc/cron", "..\\..\\x.csv", "/etc/passwd", "a/b/c.csv"])
def test_no_file_leaves_the_folder_of_its_upload(tmp_path: Path, name: str) -> None:
    uploads = Uploads(tmp_path)
    made = uploads.begin("x", "me")
    place = uploads.place_of(made, name)
    assert place.parent == tmp_path / "uploads" / "1" / "files" / "x"


@pytest.mark.parametrize("name", ["", "...", "x" * 300, "a\x00b.csv", "/"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    uploads = Uploads(tmp_path)
    with pytest.raises(BadFile):
        uploads.place_of(uploads.begin("x", "me"), name)


def test_what_is_too_large_or_comes_from_elsewhere_is_refused(client: TestClient) -> None:
    csrf = token(client.get("/import").text)
    files = [("files", ("a.csv", b"a,b\n1,2\n"))]
    assert client.post("/import/upload", files=files).status_code == 403
    assert (
        client.post(f"/import/upload?csrf={csrf}", files=files, headers={"Content-Length": str(3 * 10**9)}).status_code
        == 400
    )
    assert client.post(f"/import/upload?csrf={csrf}", data={"source": "x"}).status_code == 400
    assert client.post("/import/9/start", data={"csrf": csrf}).status_code == 404


def test_a_mapping_corrected_by_hand_is_checked(client: TestClient) -> None:
    address = send(client, orders__csv=ORDERS)
    page = answered(client, address)
    csrf = token(page)
    wrong = client.post(f"{address}/mapping", data={"csrf": csrf, "mapping": "[files.orders]\nnonsense = 1"})
    assert wrong.status_code == 400
    assert "nonsense" in wrong.text


def test_an_upload_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        Uploads(tmp_path).find(7)


@pytest.mark.parametrize("language", ["tr", "uk", "zh"])
def test_the_pages_speak_the_reader_s_language(client: TestClient, language: str) -> None:
    address = send(client, orders__csv=ORDERS)
    settled(client, address)
    for page in (client.get(f"/import?language={language}").text, client.get(f"{address}?language={language}").text):
        for english in ("Import data", "Understood as", "Throw away", "Only you can tell"):
            assert english not in page
    colon = "：" if language == "zh" else ": "
    assert re.search(rf"<h1>[^<:：]+{colon}\w+</h1>", page)


PEOPLE = "Customer No,Customer Name,E-mail,Loves\n" + "".join(
    f"C{n},Ada Lovelace{n},ada{n}@example.com,horse{n}\n" for n in range(7)
)


def test_who_may_not_see_personal_data_sees_none_of_it_on_the_way(tmp_path: Path) -> None:
    app = application(tmp_path)
    with signed_in(app, "admin", "boss") as boss, signed_in(app, "analyst", "ana", sees_personal=False) as analyst:
        csrf = token(boss.get("/import").text)
        files = [("files", ("customers.csv", PEOPLE.encode())), ("files", ("orders.csv", ORDERS.encode()))]
        boss.post(f"/import/upload?csrf={csrf}", data={"source": "shop"}, files=files)
        seen, told = settled(boss, "/import/1"), settled(analyst, "/import/1")
        for value in ("Ada Lovelace1", "ada1@example.com", "horse1"):
            assert value in seen
            assert value not in told
        assert "Customer Name" in told
        assert "Filter 1" in told  # a product is nobody


def test_what_comes_next_is_offered_to_who_may_do_it(tmp_path: Path) -> None:
    """Who may not see personal data may import, and not clean."""
    app = application(tmp_path)
    with signed_in(app, "admin", "boss") as boss, signed_in(app, "analyst", "ana", sees_personal=False) as analyst:
        boss.follow_redirects = True
        address = send(boss, orders__csv=ORDERS)
        answered(boss, address)
        assert '<li><a href="/duplicates">' in do(boss, address, "start")
        page = analyst.get(address).text
        assert "/duplicates" not in page
        assert '<li><a href="/history">' in page


def test_what_is_wrong_is_told_in_the_reader_s_language(client: TestClient) -> None:
    page = settled(client, send(client, orders__csv=ORDERS, empty__csv=""))
    assert "&#39;empty.csv&#39; is empty: it holds no rows." in page
    assert "it holds no rows" not in client.get("/import/1?language=tr").text
    settled(client, send(client, source="alone", empty__csv=""))
    assert "</b> &#39;empty.csv&#39; is empty: it holds no rows." in client.get("/import/2?language=en").text
    assert "it holds no rows" not in client.get("/import/2?language=zh").text


def test_a_mapping_that_failed_is_not_kept_for_the_next_import(client: TestClient, tmp_path: Path) -> None:
    first = send(client, orders__csv=ORDERS)
    answered(client, first)
    do(client, first, "start")
    kept = tmp_path / "mappings" / "shop.toml"
    good = kept.read_text(encoding="utf-8")
    second = send(client, orders__csv=ORDERS + "A99,C1,2026-05-05,Filter 1,1,9.00\n")
    settled(client, second)
    wrong = good.replace('"Net Amount"', '"Amount"')
    assert wrong != good
    do(client, second, "mapping", mapping=wrong)
    assert "is not a column of" in do(client, second, "start")
    assert kept.read_text(encoding="utf-8") == good
    assert "Amount" in do(client, second, "again")  # what was tried can be corrected
    do(client, second, "mapping", mapping=good)
    assert "What came of it" in do(client, second, "start")
    assert kept.read_text(encoding="utf-8") == good


def test_a_mapping_whose_questions_nobody_has_answered_is_not_used(client: TestClient, tmp_path: Path) -> None:
    first = send(client, orders__csv=ORDERS)
    answered(client, first)
    do(client, first, "start")
    kept, other = tmp_path / "mappings" / "shop.toml", tmp_path / "mappings" / "till.toml"
    text = kept.read_text(encoding="utf-8").replace('name = "shop"', 'name = "till"')
    other.write_text(with_questions(text, ["orders: is the day first?"]), encoding="utf-8")
    page = settled(client, send(client, source="till", orders__csv=ORDERS))
    assert "read as it was then" not in page
    assert "Order Date" in page


def test_columns_that_hold_the_days_of_stages_are_not_said_to_be_unused(client: TestClient) -> None:
    lines = [f"D{n};Won;{n}00;0{n}.02.2026;1{n}.02.2026;2{n}.02.2026" for n in range(1, 9)]
    text = "\n".join(
        ["Deal ID;Stage;Amount;Create date;Qualified on;Won on", *lines, "D9;Qualified;5;01.02.2026;13.02.2026;"]
    )
    page = settled(client, send(client, deals__csv=text))
    assert re.search(r"<td>Qualified on</td><td>[^<]* · Qualified</td>", page)
