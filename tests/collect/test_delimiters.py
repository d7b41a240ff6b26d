"""The delimiter is found by the evidence of the first rows, or told as unclear."""

import pytest

from crmetrics.vocabulary.errors import BadFile, BadMapping


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~", "¦", "#", "\x1f", "\x01", "=", ":"])
def test_a_delimiter_is_found(read, delimiter):
    rows = [["id", "name", "on"], ["1", "Ayşe", "2024-01-31 10:00"], ["2", f'"a{delimiter}b"', "2024-02-01"]]
    if delimiter == ":":
        rows[1][2] = "2024-01-31"
    shown = read("".join(delimiter.join(row) + "\n" for row in rows), delimiter=":" if delimiter == ":" else None)
    assert shown.raw.columns == ("id", "name", "on")
    assert shown.rows[1] == ("2", f"a{delimiter}b", "2024-02-01")


def test_a_declared_delimiter_of_several_letters(read):
    assert read("id||name\n1||a|b\n", delimiter="||").rows == [("1", "a|b")]


def test_decimal_commas_do_not_separate(read):
    shown = read("id;price;qty\n" + "1;2,50;3,00\n" * 20)
    assert shown.raw.columns == ("id", "price", "qty")
    assert shown.rows[0] == ("1", "2,50", "3,00")
    assert read("1,5;2,5;x\n2,5;3,5;y\n", header=False).rows[0] == ("1,5", "2,5", "x")


def test_lists_within_cells_do_not_separate(read):
    rows = "".join(f"word{i}\t-1.5\t[-1, -2, {i}, 4]\n" for i in range(20))
    assert len(read(rows, header=False).raw.columns) == 3
    assert len(read("".join(f"{i},food|fruit,x\n" for i in range(20)), header=False).raw.columns) == 3


def test_commas_in_unquoted_text_do_not_separate(read):
    rows = "".join(f"{i};{'a, ' * (i % 4)}note;x\n" for i in range(50))
    assert read(f"id;note;flag\n{rows}").raw.columns == ("id", "note", "flag")


def test_delimiters_within_quotes_do_not_separate(read):
    assert read('"Name; first",Age\n"Kaya; Ali",3\n"Öz; Can",4\n').raw.columns == ("Name; first", "Age")


def test_one_column(read):
    shown = read("Customer name\nAli Veli\nBob Smith\n\nCan\n")
    assert shown.raw.columns == ("Customer name",)
    assert shown.rows == [("Ali Veli",), ("Bob Smith",), ("Can",)]
    assert shown.numbers == [2, 3, 5]


def test_a_lone_ragged_row_does_not_hide_the_delimiter(read):
    shown = read("id,name\n1,a\n2,b,c\n")
    assert (shown.rows, len(shown.raw.rejected)) == ([("1", "a")], 1)


def test_an_unclear_delimiter_is_told_with_the_candidates(read):
    with pytest.raises(BadFile) as told:
        read("a;b,c;d\n1,2,3,4\n5;6\n7\n8,9\n")
    assert str(told.value) == (
        "What separates the columns of 'sales.csv' is not clear: with ';', ',' the rows have different widths. "
        'Write it into [files.lines] of the mapping, like delimiter = ";".'
    )


def test_a_first_line_for_excel_is_no_row(read):
    shown = read("sep=;\r\nid;name\r\n1;a,b\r\n2\r\n")
    assert (shown.raw.columns, shown.rows, shown.numbers) == (("id", "name"), [("1", "a,b")], [3])
    assert shown.rejects == [(4, None, "2")]
    assert read('"sep=,"\n1,a\n2,b\n', header=False).rows == [("1", "a"), ("2", "b")]


def test_a_tab_written_as_two_signs(read):
    assert read("id\tname\n1\ta,b\n", delimiter="\\t").rows == [("1", "a,b")]


@pytest.mark.parametrize("delimiter", ["", '"', "\n", "five!", ';"'])
def test_what_cannot_separate_is_told(read, delimiter):
    with pytest.raises(
        BadMapping, match=r"^\[files.lines\] delimiter: '[^']*' cannot separate columns\. Expected: one"
    ):
        read("id,name\n1,a\n", delimiter=delimiter)


def test_quotation_marks_that_do_not_match_in_the_header(read):
    with pytest.raises(BadFile, match=r"The header of 'sales.csv', row 2, cannot be read: its quotation marks do not"):
        read('\nid,"name\n1,a\n2,b\n')
