"""Delimited text: every row of an even file, and of an odd one what can be read."""

import gzip


def test_an_even_file(read):
    shown = read('id,name,note\n1,Ali,"line\nbreak"\n2,Bob,\n3,,"said ""hi"""\n')
    assert shown.raw.columns == ("id", "name", "note")
    assert shown.rows == [("1", "Ali", "line\nbreak"), ("2", "Bob", None), ("3", None, 'said "hi"')]
    assert shown.numbers == [2, 3, 4]
    assert shown.raw.rejected == ()


def test_odd_rows_are_named_and_the_others_read(read):
    shown = read('id,name,note\n1,a,"line\nbreak"\n2,b\n3,c,x,extra\n4,d,\n', delimiter=",")
    assert shown.rows == [("1", "a", "line\nbreak"), ("4", "d", None)]
    assert shown.numbers == [2, 5]
    assert shown.rejects == [(3, None, "2,b"), (4, None, "3,c,x,extra")]


def test_a_packed_file(read):
    text = "id;name\n1;Ayşe\n2;Çağrı\n"
    packed = read(gzip.compress(text.encode()), "sales.csv.gz")
    assert packed.rows == [("1", "Ayşe"), ("2", "Çağrı")]
