"""Which files an entry finds, and the fingerprint by which a file is known again."""

import gzip
import hashlib

import pytest

from crmetrics.collect.sources import FileEntry, find_files, fingerprint
from crmetrics.vocabulary.errors import BadFile


@pytest.fixture
def folder(tmp_path):
    for name in ("b.csv", "A.CSV.gz", "2024/c.csv", ".hidden.csv", ".git/x.csv", "~$book.xlsx", "book.xlsx"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("id\n")
    (tmp_path / "t.parquet").mkdir()
    (tmp_path / "t.parquet" / "part-0.parquet").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path)
    return tmp_path


def found(sources, *patterns):
    return [path.name for _entry, path in find_files(sources, [FileEntry("lines", patterns)])]


def test_folders_are_walked_and_names_matched_in_any_case(folder):
    assert found([folder], "*.csv*") == ["c.csv", "A.CSV.gz", "b.csv"]
    assert found([folder], "a.csv.GZ", "book.*") == ["A.CSV.gz", "book.xlsx"]
    assert found([folder], "*.parquet") == ["t.parquet"]


def test_a_file_that_is_named_twice_is_read_once(folder):
    assert found([folder / "b.csv", folder, folder / "b.csv"], "b.csv") == ["b.csv"]


def test_a_file_may_serve_several_entries(folder):
    entries = [FileEntry("orders", ("book.xlsx",), sheet="Orders"), FileEntry("returns", ("*.xlsx",), sheet="Returns")]
    assert [(entry.name, path.name) for entry, path in find_files([folder], entries)] == [
        ("orders", "book.xlsx"),
        ("returns", "book.xlsx"),
    ]


def test_what_is_missing_is_told(folder, tmp_path):
    with pytest.raises(BadFile, match=r"'/no/where' does not exist\. Check the path"):
        found([folder.__class__("/no/where")], "*")
    (tmp_path / "2025").mkdir()
    with pytest.raises(BadFile, match=r"2025' holds no file\. Name a folder or a file that holds data\."):
        found([tmp_path / "2025"], "*")
    with pytest.raises(BadFile) as told:
        found([folder], "sales*.csv", "deals.csv")
    assert str(told.value) == (
        "No file matches 'sales*.csv', 'deals.csv' of [files.lines]. There are: 'A.CSV.gz', 'b.csv', 'book.xlsx', "
        "'c.csv', 't.parquet'. Correct `match` in the mapping, or name the folder that holds the file."
    )


def test_only_some_of_many_names_are_listed(tmp_path):
    for i in range(30):
        (tmp_path / f"{i:02}.csv").write_text("id\n")
    with pytest.raises(BadFile, match=r"'18.csv', '19.csv', \.\.\.\. Correct"):
        found([tmp_path], "x.csv")


def test_the_fingerprint_is_that_of_the_bytes_as_they_are(read):
    plain = b"id,name\n1,a\n"
    for content in (
        plain,
        gzip.compress(plain),
        "id,name\n1,ğ\n".encode("utf-16"),
        "id,name\n1,Ağrı\n".encode("cp1254"),
    ):
        assert read(content).raw.sha256 == hashlib.sha256(content).hexdigest()


def test_the_fingerprint_of_a_folder_is_that_of_its_files(tmp_path):
    for folder, name, text in (("a", "x", "1"), ("b", "x", "1"), ("c", "x", "2"), ("d", "y", "1")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    same, again, other, renamed = (fingerprint(tmp_path / name) for name in "abcd")
    assert same == again
    assert len({same, other, renamed}) == 3
