"""Exports in .zip files: unpacked for the import, refused where they could do harm."""

import io
import zipfile
import zlib

import pytest

from crmetrics.collect import archives
from crmetrics.collect.archives import is_archive, unpacked
from crmetrics.vocabulary.errors import BadFile


def zipped(path, **files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def found(sources, scratch):
    with unpacked(sources, scratch) as opened:
        return {
            path.relative_to(one).as_posix(): path.read_text()
            for one in opened
            if one.is_dir()
            for path in one.rglob("*")
            if path.is_file() and path.suffix.lower() != ".zip"
        }


def test_a_folder_stands_for_the_archive_and_goes(tmp_path, scratch):
    path = zipped(tmp_path / "export.zip", **{"orders.csv": "a", "in/deals.csv": "b", "__MACOSX/x": "c", "in/.DS": "d"})
    assert found([path], scratch) == {"orders.csv": "a", "in/deals.csv": "b"}
    assert list(scratch.iterdir()) == []


def test_archives_in_a_folder_are_opened_too(tmp_path, scratch):
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "plain.csv").write_text("p")
    zipped(tmp_path / "exports" / "one.zip", **{"one.csv": "1"})
    zipped(tmp_path / "exports" / "two.ZIP", **{"two.csv": "2"})
    assert found([tmp_path / "exports"], scratch) == {"plain.csv": "p", "one.csv": "1", "two.csv": "2"}


def test_a_spreadsheet_is_no_archive(tmp_path):
    assert not is_archive(zipped(tmp_path / "book.xlsx", **{"xl/workbook.xml": "x"}))
    assert not is_archive(zipped(tmp_path / "book.ods", **{"content.xml": "x"}))
    text = tmp_path / "text.csv"
    text.write_bytes(b"a,b\n" + zipped(tmp_path / "a.zip", a="1").read_bytes())
    assert not is_archive(text)


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "..\\evil.csv", "C:\\evil.csv"])
def test_a_path_that_leads_outside_is_refused(tmp_path, scratch, name):
    path = zipped(tmp_path / "export.zip", **{"good.csv": "x", name: "evil"})
    with (
        pytest.raises(BadFile, match=r"'export\.zip' holds a path that leads outside of it: "),
        unpacked([path], scratch),
    ):
        pass
    assert list(scratch.iterdir()) == []
    assert not list(tmp_path.rglob("evil.csv"))


def test_one_that_unpacks_to_too_much_is_refused(tmp_path, scratch, monkeypatch):
    monkeypatch.setattr(archives, "ALWAYS_BYTES", 1 << 20)
    path = zipped(tmp_path / "bomb.zip", **{"zeros.csv": bytes(8 << 20)})
    with (
        pytest.raises(BadFile, match=r"'bomb\.zip' unpacks to too much: more than 200 times its size"),
        unpacked([path], scratch),
    ):
        pass
    assert list(scratch.iterdir()) == []


def test_sizes_that_lie_are_not_believed(tmp_path, scratch, monkeypatch):
    monkeypatch.setattr(archives, "ALWAYS_BYTES", 1 << 20)
    path = zipped(tmp_path / "bomb.zip", **{"zeros.csv": bytes(8 << 20)})
    path.write_bytes(path.read_bytes().replace((8 << 20).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(BadFile), unpacked([path], scratch):
        pass
    assert list(scratch.iterdir()) == []


def test_too_many_files_are_refused(tmp_path, scratch, monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    path = zipped(tmp_path / "many.zip", **{f"{number}.csv": "x" for number in range(4)})
    with pytest.raises(BadFile, match="unpacks to too much"), unpacked([path], scratch):
        pass


def test_a_damaged_one_is_told(tmp_path, scratch):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "some text that is stored")
    path = tmp_path / "export.zip"
    path.write_bytes(packed.getvalue().replace(b"some text", b"same text"))
    assert zlib.crc32(b"some text") != zlib.crc32(b"same text")
    with pytest.raises(BadFile, match=r"'export\.zip' is a damaged or cut off"), unpacked([path], scratch):
        pass
