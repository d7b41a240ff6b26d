"""Mapping files: every mistake is told with its place and the way out."""

import tomllib

import pytest

from crmetrics.clean.mapping_file import read_mapping
from crmetrics.vocabulary.errors import BadMapping

GOOD = """
[source]
name = "shop"
[files.lines]
match = "*.csv"
[files.lines.join.products]
on = { sku = "sku" }
[files.products]
match = "products.csv"
[orders]
from = "lines"
distinct = true
order_id = "order"
ordered_at = { column = "day", dates = "%d.%m.%Y" }
currency = { value = "EUR" }
channel = { column = "shop", map = { "0" = "online", "*" = "store" } }
custom.floor = "floor"
[[order_lines]]
from = "lines"
order_id = "order"
quantity = "n"
net_amount = { formula = "n * products.price" }
[[order_lines]]
from = "lines"
where = "n < 0"
order_id = "order"
quantity = "n"
net_amount = "amount"
"""


def reading(tmp_path, text):
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path, "folder")


def test_a_good_one_is_read(tmp_path):
    mapping = reading(tmp_path, GOOD)
    assert (mapping.name, mapping.kind, mapping.tables) == ("shop", "full", ("orders", "order_lines"))
    assert [section.place for section in mapping.sections] == ["orders", "order_lines (1)", "order_lines (2)"]
    assert mapping.names_read("lines") == ("order", "day", "shop", "floor", "n", "amount", "sku")
    assert mapping.names_read("products") == ("price", "sku")
    assert mapping.sections[0].custom == ("custom_floor",)


def test_the_folder_names_a_source_that_names_itself_not(tmp_path):
    assert reading(tmp_path, GOOD.replace('name = "shop"', "")).name == "folder"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[orders]", "[ordrs]", "there is no table 'ordrs'. Did you mean 'orders'"),
        ('order_id = "order"', 'ordr_id = "order"', "[orders], ordr_id: orders has no such column. Did you mean 'order_id'"),
        ('from = "lines"', 'from = "line"', "[orders], from: there is no file entry 'line'. Did you mean 'lines'?"),
        ("distinct = true", 'distinct = "yes"', "[orders], distinct: 'yes' is neither true nor false."),
        ('currency = { value = "EUR" }', "", "[orders], currency: the table needs it."),
        ("%d.%m.%Y", "dd.mm.yyyy", "[orders], dates: 'dd.mm.yyyy' is not a date format"),
        ("%d.%m.%Y", "%d.%Y", "'%d.%Y' is not a date format with year, month and day"),
        ('name = "shop"', 'name = "shop"\nkind = "some"', "[source], kind: 'some' is neither full nor delta."),
        ('name = "shop"', 'name = "shop"\nzone = "Mars"', "[source], zone: 'Mars' is not a time zone."),
        ('name = "shop"', 'name = "../x"', "'../x' cannot name a source"),
        ('name = "shop"', 'nme = "shop"', "[source], nme: there is no such key. Did you mean 'name'?"),
        ('match = "*.csv"', "", "[files.lines], match: say which files these are"),
        ('match = "*.csv"', 'match = "*.csv"\ndecimal = ";"', "[files.lines], decimal: ';' is neither . nor ,"),
        ("join.products", "join.product", "there is no file entry 'product'. Did you mean 'products'?"),
        ('on = { sku = "sku" }', "", "say which columns are equal"),
        ("n * products.price", "n * prices.price", "is of a file that is not joined"),
        ("n * products.price", "n * (select 1)", "is not allowed in 'n * (select 1)'"),
        ("n * products.price", "n > 1", "'n > 1' does not fit: it is no number."),
        ('where = "n < 0"', 'where = "n"', "'n' does not fit: it is no condition."),
        ('{ value = "EUR" }', '{ value = "EUR", column = "x" }', "say exactly one of column, value, formula."),
        ('{ value = "EUR" }', '{ vale = "EUR" }', "there is no such key. Did you mean 'value'"),
        ('{ value = "EUR" }', "12", "'12' stands where a column name or { ... } is expected."),
        ('quantity = "n"', 'quantity = { value = "many" }', "[order_lines (1)], quantity: 'many' does not fit the column."),
        ("[[order_lines]]\n", "[[order_lines]]\ncustom.x = 'y'\n", "only customers, products, deals, orders keep columns of your own."),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path, old, new, says):
    assert old in GOOD
    with pytest.raises(BadMapping) as told:
        reading(tmp_path, GOOD.replace(old, new, 1))
    assert says in str(told.value)
    assert str(told.value).startswith("mapping.toml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "mapping.toml names no files."),
        ("[files.a]\nmatch = 'a'", 'mapping.toml fills no table. Add a section such as [orders] with from = "a".'),
        ("[orders", "mapping.toml is not valid TOML:"),
        ("kind = 1\n[files.a]\nmatch = 'a'", "there is no table 'kind'"),
    ],
)
def test_an_empty_or_broken_file_is_told(tmp_path, text, says):
    with pytest.raises(BadMapping) as told:
        reading(tmp_path, text)
    assert says in str(told.value)


def test_a_missing_file_or_one_of_another_encoding_is_told(tmp_path):
    with pytest.raises(BadMapping, match="There is no mapping file"):
        read_mapping(tmp_path / "none.toml", "x")
    path = tmp_path / "mapping.toml"
    path.write_bytes("[source]\nname = 'ş'".encode("cp1254"))
    with pytest.raises(BadMapping, match="is not a text file in UTF-8"):
        read_mapping(path, "x")


def test_the_kind_of_a_choice_is_checked(tmp_path):
    text = '[files.a]\nmatch = "a"\n[customers]\nfrom = "a"\ncustomer_id = "id"\nkind = { value = "firm" }\n'
    assert tomllib.loads(text)
    with pytest.raises(BadMapping, match="'firm' is none of 'person', 'company'"):
        reading(tmp_path, text)
