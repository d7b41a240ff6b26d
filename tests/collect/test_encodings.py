"""Encodings: declared, marked, or found by their letters; what cannot be told apart is told."""

import codecs
import gzip

import pytest

from crmetrics.vocabulary.errors import BadFile, BadMapping

TURKISH = "Müşteri;Şehir\nAyşe Yılmaz;İstanbul\nÇağrı Öztürk;Ağrı\n"
UKRAINIAN = "Клієнт;Місто\nОлександр Шевченко;Київ\nЇжак Ґанок;Запоріжжя\n"
WESTERN = "Prénom;Ville\nAndré Müller;Besançon – Ouest\nZoë Lefèvre;Orléans\n"
CHINESE = "客户;城市\n王小明;北京\n李雷;上海\n"
SPOKEN = {"cp1254": TURKISH, "cp1251": UKRAINIAN, "cp1252": WESTERN, "gb18030": CHINESE}


def rows_of(text):
    return [tuple(line.split(";")) for line in text.splitlines()[1:]]


@pytest.mark.parametrize(("encoding", "text"), SPOKEN.items())
def test_an_encoding_is_found_by_its_letters(read, encoding, text):
    shown = read(text.encode(encoding))
    assert shown.rows == rows_of(text)
    assert shown.raw.columns == tuple(text.splitlines()[0].split(";"))


@pytest.mark.parametrize(("encoding", "text"), SPOKEN.items())
def test_an_encoding_is_declared(read, encoding, text):
    assert read(text.encode(encoding), encoding=encoding).rows == rows_of(text)
    assert read(gzip.compress(text.encode(encoding)), "x.csv.gz", encoding=encoding.upper()).rows == rows_of(text)


@pytest.mark.parametrize("text", SPOKEN.values())
def test_utf_16_with_and_without_a_mark(read, text):
    for data in (
        text.encode("utf-16"),
        codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        text.encode("utf-16-le"),
        text.encode("utf-16-be"),
        text.replace("\n", "\r\n").encode("utf-16-le"),
        text.encode("utf-32"),
    ):
        assert read(data).rows == rows_of(text)


def test_a_mark_outdoes_what_the_mapping_says(read):
    assert read(TURKISH.encode("utf-8-sig"), encoding="cp1254").rows == rows_of(TURKISH)


def test_other_letters_far_below_the_first_rows(read):
    text = "id;name\n" + "1;plain\n" * 200_000 + "2;Ağrı Şahin\n"
    assert read(text).rows[-1] == ("2", "Ağrı Şahin")
    assert read(text.encode("cp1254")).rows[-1] == ("2", "Ağrı Şahin")


def test_letters_cut_by_the_end_of_a_block(read):
    for shift in range(4):
        name = "x" * shift + "Їжак客" * 400_000
        assert read(f"id;name\n1;{name}\n").rows == [("1", name)]


def test_letters_of_two_languages_are_told_with_the_candidates(read):
    # ð in an Icelandic name is ğ in a Turkish one: the same byte.
    text = "Nafn;Bær\nÞórður Guðmundsson;Ísafjörður\nÝmir Björnsdóttir;Garðabær\n"
    with pytest.raises(BadFile) as told:
        read(text.encode("cp1252"))
    assert str(told.value) == (
        "'sales.csv' is not UTF-8, and its letters do not tell which encoding it is. Likely: cp1252, cp1254. "
        'Write it into [files.lines] of the mapping, like encoding = "cp1252", or save it as UTF-8.'
    )
    assert read(text.encode("cp1252"), encoding="cp1252").rows == rows_of(text)


def test_a_wrong_declared_encoding_rejects_the_rows_that_show_it(read):
    shown = read("id;name\n1;plain\n2;Ağrı\n3;x\n".encode("cp1254"), encoding="utf-8")
    assert shown.rows == [("1", "plain"), ("3", "x")]
    assert shown.rejects == [(3, "name", "A�r�")]
    # 0x98 is nothing in cp1251.
    assert read(b"id;name\n1;\x98\n2;\xcf\n", encoding="cp1251").rows == [("2", "П")]


def test_a_broken_utf_16_letter_takes_its_row_alone(read):
    broken = "id;name\n1;a\n2;".encode("utf-16-le") + b"\x00\xd8" + "\n3;c\n".encode("utf-16-le")
    shown = read(codecs.BOM_UTF16_LE + broken)
    assert (shown.rows, [row for row, _column, _value in shown.rejects]) == ([("1", "a"), ("3", "c")], [3])


@pytest.mark.parametrize("encoding", ["klingon", "base64", ""])
def test_an_unknown_encoding_is_told(read, encoding):
    with pytest.raises(BadMapping, match=rf"^\[files.lines\] encoding: '{encoding}' is not an encoding\. Usual ones"):
        read("id;name\n1;a\n", encoding=encoding)


def test_utf_16_that_is_none_is_told(read):
    message = r"\[files.lines\] encoding: the files are not written in 'UTF-16'\. Leave `encoding` out, and it is found"
    with pytest.raises(BadMapping, match=message):
        read("id;name\n1;Ağrı\n", encoding="UTF-16")
    assert read("id;name\n1;Ağrı\n".encode("utf-16-le"), encoding="utf-16-le").rows == [("1", "Ağrı")]
