"""JSON: lists of objects, objects that wrap one, an object a line; nothing lost, nothing guessed."""

import gzip
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmetrics.collect.documents import Documents, flat, looks_like_json
from crmetrics.collect.files import FileEntry
from crmetrics.vocabulary.errors import BadFile

ORDERS = [
    {"id": 1, "customer": {"name": "Ayşe", "city": None}},
    {"id": 2, "total": 0.1, "tags": ["a", "b"], "paid": True},
]
COLUMNS = ("id", "customer.name", "customer.city", "total", "tags", "paid")
ROWS = [("1", "Ayşe", None, None, None, None), ("2", None, None, "0.1", '["a", "b"]', "true")]


def test_a_list_of_objects(read):
    shown = read(json.dumps(ORDERS, ensure_ascii=False), "orders.json")
    assert (shown.raw.columns, shown.rows, shown.numbers) == (COLUMNS, ROWS, [1, 2])


@pytest.mark.parametrize("indent", [None, 2])
def test_an_object_that_wraps_the_list(read, indent):
    wrapped = {"page": 1, "errors": [], "results": ORDERS}
    shown = read(json.dumps(wrapped, indent=indent), "orders.json")
    assert (shown.raw.columns, shown.rows) == (COLUMNS, ROWS)


def test_an_object_that_wraps_no_list_is_the_one_record(read):
    assert read('{"id": "007", "name": "客"}').rows == [("007", "客")]


def test_an_object_a_line_and_the_lines_that_are_none(read):
    lines = [json.dumps(ORDERS[0]), "", "{broken", json.dumps(ORDERS[1]), "[1, 2]"]
    shown = read("\n".join(lines), "orders.jsonl")
    assert (shown.rows, shown.numbers) == (ROWS, [1, 4])
    assert shown.rejects == [(3, None, "{broken"), (5, None, "[1, 2]")]
    assert [str(each.reason) for each in shown.raw.rejected] == ["It is not an object of JSON."] * 2


def test_the_first_line_may_be_the_broken_one(read):
    shown = read('{"id": 1,}\n{"id": 2}\n')
    assert (shown.rows, shown.rejects) == ([("2",)], [(1, None, '{"id": 1,}')])


def test_packed_in_utf_16_and_with_a_mark(read):
    text = json.dumps(ORDERS, ensure_ascii=False)
    for content in (gzip.compress(text.encode()), text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode()):
        assert read(content).rows == ROWS


def test_numbers_stay_as_they_are_written(read):
    shown = read('[{"a": 0.10, "b": 1e3, "c": 12345678901234567890.10, "d": -0}]')
    assert shown.rows == [("0.10", "1e3", "12345678901234567890.10", "-0")]


def test_names_that_differ_by_case_alone_are_kept_apart(read):
    assert read('[{"Id": 1, "id": 2, "_row": 3}]').raw.columns == ("Id", "id_2", "_row_2")


@pytest.mark.parametrize(
    "content", ['[{"id": 1}, {"id": 2', '[{"id": 1} {"id": 2}]', '[{"id": 1},', '{"data": [{"id": 1}']
)
def test_a_list_cut_off_is_told(read, content):
    with pytest.raises(BadFile, match=r"'sales\.csv' is not whole: its JSON breaks at record [123]\. Export or copy"):
        read(content)


@pytest.mark.parametrize("content", ["[]", "[ ]", "{}"])
def test_no_record_is_told(read, content):
    with pytest.raises(BadFile, match=r"'sales\.csv' is empty: it holds no rows\."):
        read(content)


def test_a_list_of_other_things_is_no_table(read):
    shown = read('[{"id": 1}, 7, "x"]')
    assert (shown.rows, shown.rejects) == ([("1",)], [(2, None, "7"), (3, None, "x")])


def test_texts_that_only_look_like_it_stay_texts():
    assert not looks_like_json(b"[Region],[Sales]\n1,2\n")
    assert not looks_like_json(b"{name};{id}\n")
    assert looks_like_json(b'\xef\xbb\xbf [\n {"a": 1}]')


def test_what_lies_too_deep_stays_a_text():
    deep = {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}
    assert flat(deep) == {"a.b.c.d.e": '{"f": 1}'}
    assert flat({"a": {}}) == {"a": "{}"}


def test_thousands_of_columns(read):
    assert len(read(json.dumps([{f"c{number}": number for number in range(10_000)}])).raw.columns) == 10_000
    with pytest.raises(BadFile, match="more than 20000 columns"):
        read(json.dumps([{f"c{number}": number for number in range(20_001)}]))


def test_a_long_list_is_not_held_in_memory(tmp_path):
    path = tmp_path / "long.json"
    with path.open("w") as file:
        file.write("[")
        file.writelines(f'{{"id": {number}, "text": "{"x" * 1000}"}},\n' for number in range(30_000))
        file.write('{"id": -1}]')
    tracemalloc.start()
    rows = sum(1 for _row in Documents(path, FileEntry("lines", ("*",))).listing(lambda share: None).rows)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == 30_001
    assert peak < path.stat().st_size / 2


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(st.characters(blacklist_categories=["Cs"]), max_size=5)
)
RECORDS = st.lists(st.dictionaries(st.text(st.characters(blacklist_categories=["Cs"]), max_size=3), VALUES), max_size=5)


@settings(max_examples=60, deadline=None)
@given(RECORDS.filter(lambda records: any(records)), st.booleans(), st.sampled_from([None, 1]))
def test_every_record_is_there(tmp_path_factory, records, by_lines, indent):
    path = tmp_path_factory.mktemp("documents") / "records.json"
    texts = [json.dumps(record, indent=None if by_lines else indent) for record in records]
    path.write_text("\n".join(texts) if by_lines else f"[{','.join(texts)}]")
    documents = Documents(path, FileEntry("lines", ("*",)))
    rows = list(documents.listing(lambda share: None).rows)
    assert len(rows) + len(documents.rejected) == len(records)
    order = list(dict.fromkeys(key for record in records for key in record))
    for (number, cells), record in zip(rows, records, strict=True):
        assert number >= 1
        assert cells == [flat(record).get(name, "") for name in order]
