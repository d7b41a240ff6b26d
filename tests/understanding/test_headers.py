"""Heads of columns as meanings, in the languages of our users."""

import pytest

from crmetrics.clean.understanding.headers import lexicon, meanings_of


@pytest.mark.parametrize(
    ("head", "meant"),
    [
        ("InvoiceNo", "invoice id"),
        ("stockcode", "product id"),
        ("ORDER_DATE", "order date"),
        ("property_dealname", "deal name"),
        ("Sub-Category", "subcategory"),
        ("Number of Employees", "headcount"),
        ("Müşteri Adı", "customer name"),
        ("MÜŞTERİ ADI", "customer name"),
        ("Sipariş Tarihi", "order date"),
        ("Cari Kodu", "customer id"),
        ("Birim Fiyat", "unit price"),
        ("KDV Hariç Tutar", "net amount"),
        ("Kapanış Tarihi", "closed date"),
        ("Дата замовлення", "order date"),
        ("Назва товару", "product name"),
        ("Сума з ПДВ", "gross amount"),
        ("Номер телефона клиента", "id phone customer"),
        ("客户名称", "customer name"),
        ("订单日期", "order date"),
        ("预计成交日期", "expected date deal"),
    ],
)
def test_what_a_head_means(head, meant):
    assert meanings_of(head).words == set(meant.split())


def test_words_that_are_not_known_count_and_fillers_do_not():
    assert meanings_of("name of the customer").unknown == 0
    assert meanings_of("xyzzy customer plugh") == (found := meanings_of("customer xyzzy plugh"))
    assert found.unknown == 2
    assert meanings_of("").words == meanings_of("42 / 7").words == frozenset()


def test_no_word_is_of_a_single_meaning_twice():
    known = lexicon()
    assert len(known.whole) > 800
    assert {"customer", "order", "product", "deal"} <= known.things
    assert "date" not in known.things
