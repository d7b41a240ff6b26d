"""What an import kept is read back as it was written."""

from datetime import datetime

import pytest

from crmetrics.collect.manifest import RawImport, read_import, write_import
from crmetrics.vocabulary.errors import BadFile


def test_there_and_back(read, connection, tmp_path):
    first = read("id,name\n1,Ayşe\n2\n3,x,'y\n", "a.csv").raw
    kept = RawImport(
        folder=first.path.parent,
        source="online-retail",
        kind="delta",
        number=7,
        started_at=datetime(2024, 1, 31, 13, 45, 10),
        mapping='[source]\nname = "online-retail"  # Ağrı\n',
        files=(first,),
    )
    write_import(connection, kept)
    assert sorted(path.name for path in kept.folder.iterdir()) == [
        "lines-1.parquet",
        "manifest.json",
        "rejects.parquet",
    ]
    again = read_import(connection, kept.folder)
    assert again == kept
    assert again.sha256s == {first.sha256}
    assert [str(row.reason) for row in again.files[0].rejected] == [str(row.reason) for row in first.rejected]
    assert len(first.rejected) == 2
    reasons = connection.execute(
        "select file, row, value, reason from read_parquet(?)", [f"{kept.folder}/rejects.parquet"]
    )
    assert reasons.fetchone() == ("a.csv", 3, "2", str(first.rejected[0].reason))


def test_an_import_without_rejects(read, connection):
    raw = read("id,name\n1,a\n").raw
    kept = RawImport(raw.path.parent, "s", "full", 1, datetime(2024, 1, 1), "", (raw,))
    write_import(connection, kept)
    assert read_import(connection, kept.folder) == kept


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"source": "x"}'])
def test_a_damaged_manifest_is_told(connection, tmp_path, text):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BadFile, match=r"manifest.json' of an earlier import is missing or damaged\. Restore it"):
        read_import(connection, tmp_path)


def test_the_fingerprint_is_that_of_the_bytes_as_they_are(read):
    import gzip
    import hashlib

    for content in (
        b"id,name\n1,a\n",
        gzip.compress(b"id,name\n1,a\n"),
        "id,name\n1,ğ\n".encode("utf-16"),
        b"id,n\n1\n",
    ):
        assert read(content).raw.sha256 == hashlib.sha256(content).hexdigest()
