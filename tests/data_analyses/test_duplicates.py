"""Duplicates: who is proposed to be one, why, and what is never taken for one."""

import pytest

from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import BadValue
from crmetrics.warehouse.scope import Viewer
from tests.company import company


def people(*rows, **more):
    names = ("customer_id", "name", "email", "phone", "tax_number", "city", "born_on")
    return company(customers=[dict(zip(names, row, strict=True), kind=more.get("kind", "person")) for row in rows])


def groups(answer):
    found = {}
    for row in answer.rows:
        found.setdefault(row.group_id, set()).update((row.left, row.right))
    return sorted(sorted(ids) for ids in found.values())


def test_a_chain_over_two_tax_numbers_is_not_one_group():
    """The trap of the definition: A = B by phone, B = C by mail, A and C have different tax numbers."""
    with people(
        ("A", "Ann Lee", None, "+4930111222333", "1112223334", "Ulm", None),
        ("B", "Ann Lee", "ann@lee.example.com", "+4930111222333", None, "Ulm", None),
        ("C", "Ann Lee", "ann@lee.example.com", None, "9998887776", "Ulm", None),
    ) as catalogue:
        answer = catalogue.ask("data.duplicates", ask_from=0.1)
        assert len(groups(answer)) == 1
        assert len(groups(answer)[0]) == 2
        assert "B" in groups(answer)[0]


def test_turkish_letters_in_any_case_are_equal_and_without_their_marks_near():
    with people(
        ("1", "IŞIK YILDIZ", "isik@posta1.com.tr", None, None, "İzmir", None),
        ("2", "ışık yıldız", "isik@posta1.com.tr", None, None, "izmir", None),
        ("3", "ISIK YILDIZ", "isik@posta1.com.tr", None, None, "IZMIR", None),
    ) as catalogue:
        answer = catalogue.ask("data.duplicates", ask_from=0.1)
        assert groups(answer) == [["1", "2", "3"]]
        told = {(row.left, row.right): str(row.reasons) for row in answer.rows}
        assert "Name: equal (" in told["1", "2"]
        assert "Name: equal but for accents, script or order" in told["1", "3"]


def test_the_forms_of_companies_are_dropped():
    with people(
        ("1", "Karasu Filtre A.Ş.", None, "+902125550101", None, "Bursa", None),
        ("2", "KARASU FİLTRE ANONİM ŞİRKETİ", None, "+902125550101", None, "bursa", None),
        ("3", "ТОВ «Ромашка»", None, "+380445550101", None, "Київ", None),
        ("4", "Ромашка, ТОВ", None, "+380445550101", None, "Київ", None),
        ("5", "北京远方科技有限公司", None, "+861055550101", None, "北京", None),
        ("6", "北京远方科技股份有限公司", None, "+861055550101", None, "北京", None),
        kind="company",
    ) as catalogue:
        answer = catalogue.ask("data.duplicates")
        assert groups(answer) == [["1", "2"], ["3", "4"], ["5", "6"]]
        assert {row.proposal for row in answer.rows} == {"sure"}
        assert all("Name: equal without the company form" in str(row.reasons) for row in answer.rows)


def test_letters_that_only_look_alike_are_the_same_name():
    with people(
        ("1", "Соса Trade", "a@cocatrade1.com", "+4930111222333", None, "Kyiv", None),  # Cyrillic С, о, с, а
        ("2", "Coca Trade", None, "+4930111222333", None, "Kyiv", None),
        kind="company",
    ) as catalogue:
        answer = catalogue.ask("data.duplicates")
        assert "Name: equal" in str(answer.rows[0].reasons)


def test_mail_boxes_of_a_role_and_phones_of_many_say_nothing():
    with people(
        ("1", "Ann Lee", "info@x1.com", "+4930111222333", None, None, None),
        ("2", "Bob Roe", "info@x1.com", None, None, None, None),
        *((f"p{n}", f"Person {'abcdef'[n]}xyz", None, "+4930999888777", None, None, None) for n in range(6)),
    ) as catalogue:
        assert len(catalogue.ask("data.duplicates", ask_from=0.1).rows) == 0


def test_another_birth_date_is_never_merged_without_asking():
    with people(
        ("1", "Ann Lee", "ann@lee1.com", "+4930111222333", None, "Ulm", "1980-03-12"),
        ("2", "Ann Lee", "ann@lee1.com", "+4930111222333", None, "Ulm", "1991-11-30"),
        ("3", "Bo Ray", "bo@ray1.com", "+4930111222444", None, "Ulm", "1980-03-12"),
        ("4", "Bo Ray", "bo@ray1.com", "+4930111222444", None, "Ulm", "1980-03-12"),
    ) as catalogue:
        told = {(row.left, row.right): row.proposal for row in catalogue.ask("data.duplicates").rows}
        assert told == {("1", "2"): "review", ("3", "4"): "sure"}


def test_the_limits_are_switches():
    with people(
        ("1", "Ann Lee", None, "+4930111222333", None, "Ulm", None),
        ("2", "Ann Lee", None, "+4930111222333", None, "Ulm", None),
    ) as catalogue:
        (row,) = catalogue.ask("data.duplicates").rows
        assert row.proposal == "sure"
        (row,) = catalogue.ask("data.duplicates", merge_from=1.0).rows
        assert row.proposal == "review"


def test_too_few_pairs_to_learn_from_are_said():
    with people(
        ("1", "Ann Lee", None, "+4930111222333", None, "Ulm", None),
        ("2", "Ann Lee", None, "+4930111222333", None, "Ulm", None),
    ) as catalogue:
        (note,) = catalogue.ask("data.duplicates").notes
        assert (note.kind, str(note.message)) == ("few", "The weights are defaults: 1 pairs are too few to learn from.")


def test_contact_persons_are_compared_within_their_companies():
    contacts = [
        {"contact_id": "k1", "customer_id": "C", "name": "Kim Roe", "email": "kim@roe1.com"},
        {"contact_id": "k2", "customer_id": "C", "name": "Roe, Kim", "email": "kim@roe1.com"},
        {"contact_id": "k3", "customer_id": "D", "name": "Lee Roe"},
    ]
    firms = [
        {"customer_id": one, "kind": "company", "name": name} for one, name in (("C", "Apple tree"), ("D", "Zinc"))
    ]
    with company(customers=firms, contacts=contacts) as catalogue:
        answer = catalogue.ask("data.duplicates", of="contacts")
        assert groups(answer) == [["k1", "k2"]]
        assert len(catalogue.ask("data.duplicates").rows) == 0


def test_a_rep_sees_the_pairs_of_his_own_customers_alone():
    rows = [
        {
            "customer_id": one,
            "kind": "person",
            "name": "Ann Lee",
            "phone": "+4930111222333",
            "owner_id": owner,
            "city": "Ulm",
        }
        for one, owner in (("1", "R1"), ("2", "R1"), ("3", "R2"))
    ]
    with company(customers=rows, employees=[{"employee_id": one} for one in ("R1", "R2")]) as catalogue:
        assert len(catalogue.ask("data.duplicates").rows) == 3
        answer = catalogue.ask("data.duplicates", viewer=Viewer("ann", "self", "R1"))
        assert [(row.left, row.right) for row in answer.rows] == [("1", "2")]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Phone: equal"), ("tr", "Telefon: aynı"), ("uk", "Телефон: збігається"), ("zh", "电话：相同")],
)
def test_the_reasons_are_told_in_the_readers_language(language, words):
    with people(
        ("1", "Ann Lee", None, "+4930111222333", None, "Ulm", None),
        ("2", "Ann Lee", None, "+4930111222333", None, "Ulm", None),
    ) as catalogue:
        (row,) = catalogue.ask("data.duplicates").rows
        assert words in say(row.reasons, format_for(language, "EUR", "UTC"))


def test_a_group_that_is_not_there_is_told():
    alone = ("1", "Ann Lee", None, None, None, "Ulm", None)
    with people(alone) as catalogue, pytest.raises(BadValue, match="'7' is no group of duplicates"):
        catalogue.ask("data.merge_effect", groups="7")


def test_a_name_and_a_city_alone_are_asked_about():
    with people(
        ("1", "Mehmet Yılmaz", None, None, None, "İstanbul", None),
        ("2", "Mehmet Yılmaz", None, None, None, "İstanbul", None),
    ) as catalogue:
        (row,) = catalogue.ask("data.duplicates").rows
        assert row.proposal == "review"
