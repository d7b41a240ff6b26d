"""Records made comparable, and groups of pairs: names, letters, phones, mail boxes, contradictions."""

import random

import pytest

from crmetrics.clean.duplicates.found import Pair
from crmetrics.clean.duplicates.groups import Limits, groups_of, is_slip
from crmetrics.clean.duplicates.letters import folded, mended, plain
from crmetrics.clean.duplicates.names import company_name, is_company, person_name
from crmetrics.clean.duplicates.reached import comparable_mail, comparable_phone, domain_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IŞIK", "ışık"),
        ("İzmir", "izmir"),
        ("ÇAĞRI", "çağrı"),
        ("КИЇВ", "київ"),
        ("O'Neill", "ONEILL"),
        ("Straße 5", "straße  5"),
    ],
)
def test_texts_that_are_the_same_in_another_case(one, other):
    assert folded(one) == folded(other)


def test_without_accents_and_in_latin_letters_names_are_near():
    assert folded("ISIK") != folded("ışık")
    assert plain(folded("ISIK")) == plain(folded("ışık")) == "isik"
    assert plain(folded("Шевченко")) == "shevchenko"
    assert plain(folded("Œuvre Łódź Ærø")) == "oeuvre lodz aero"
    assert folded("ILIK", is_turkish=True) == "ılık"
    assert folded("远方科技") == plain("远方科技") == "远方科技"


def test_letters_of_another_script_that_look_right_are_mended():
    assert mended("Рowеr Tools") == "Power Tools"  # Cyrillic Р and е
    assert mended("Київcький") == "Київський"  # Latin c
    assert mended("ОАО Power") == "OAO Power"  # a word of look-alikes alone follows the others
    assert mended("Київ Power") == "Київ Power"


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Karasu Filtre A.Ş.", "karasu filtre"),
        ("Karasu Filtre San. ve Tic. Ltd. Şti.", "karasu filtre"),
        ("ТОВ «Ромашка»", "ромашка"),
        ("ФОП Іваненко П.", "іваненко п"),
        ("АТ Укрпошта", "укрпошта"),
        ("北京远方科技股份有限公司", "北京远方科技"),
        ("Acme, Inc.", "acme"),
        ("Müller & Söhne GmbH & Co. KG", "müller söhne"),
        ("GmbH", "gmbh"),
        ("Limited Brands", "brands"),
    ],
)
def test_company_forms_are_dropped_at_both_ends_and_never_all_there_is(name, bare):
    assert company_name(name).folded == bare


def test_which_names_are_those_of_companies():
    assert [is_company(name) for name in ("Acme Ltd", "ТОВ Ромашка", "远方有限公司", "Ann Lee", "ФОП Іваненко")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_a_persons_names_in_any_order_have_one_key():
    assert {person_name(name).key for name in ("Ann Lee", "Lee, Ann", "Mrs. Ann LEE", "lee ann")} == {"ann lee"}
    family_first, given_first = person_name("Іваненко Петро Олексійович"), person_name("Петро Іваненко")
    assert (family_first.first, family_first.last) == (given_first.first, given_first.last) == ("petro", "ivanenko")
    assert person_name("王伟")[:4] == ("王伟", "王伟", None, "王伟")
    assert person_name(" - ").key is None


def test_phones_are_read_by_the_country_and_mails_without_tags():
    assert comparable_phone("0532 123 45 67", "TR") == comparable_phone("+90 (532) 123-4567", None) == "+905321234567"
    assert comparable_phone("12345", None) is None
    assert comparable_mail(" Ann.Lee+shop@X.ORG ") == "ann.lee@x.org"
    assert [comparable_mail(text) for text in ("info@x.org", "Sales2@x.org", "nobody", "a@b")] == [None] * 4
    assert (domain_of("info@acme.com"), domain_of("ann@gmail.com")) == ("acme.com", None)


def pair(left, right, probability, score=None):
    return Pair(left, right, score if score is not None else 40 * probability, probability, ())


def test_groups_are_cut_at_the_weakest_link_while_any_pair_contradicts():
    telling = {"a": ("11112222", None), "c": ("33334444", None)}
    (group,) = groups_of([pair("a", "b", 0.999, 30), pair("b", "c", 0.9999, 35)], telling)
    assert group.ids == ("b", "c")
    (group,) = groups_of([pair("a", "b", 0.999, 30), pair("b", "c", 0.9999, 35)], {})
    assert (group.ids, group.is_sure) == (("a", "b", "c"), True)


def test_a_pair_that_was_compared_may_differ_in_one_thing_but_is_asked_about():
    telling = {"a": (None, "1980-03-12"), "b": (None, "1980-03-21"), "c": (None, "1955-01-01")}
    slip, other = (
        groups_of([pair("a", "b", 0.6), pair("a", "c", 0.6)], telling),
        groups_of([pair("a", "c", 0.999)], telling),
    )
    assert [group.ids for group in slip] == [("a", "b")]
    assert [(group.ids, group.sure) for group in other] == [(("a", "c"), ())]
    both = {"a": ("11112222", "1980-03-12"), "c": ("33334444", "1955-01-01")}
    assert groups_of([pair("a", "c", 0.999)], both) == []


def test_what_was_decided_to_be_apart_stays_apart_also_by_way_of_others():
    pairs = [pair("a", "b", 0.999, 30), pair("b", "c", 0.999, 35), pair("a", "c", 0.999, 40)]
    (group,) = groups_of(pairs, {}, [("c", "a")])
    assert group.ids == ("b", "c")
    assert groups_of(pairs[2:], {}, [("a", "c")]) == []


def test_slips_of_the_pen():
    assert is_slip("1980-03-12", "1980-03-21")
    assert is_slip("1234567890", "1234567891")
    assert not is_slip("1980-03-12", "1981-04-12")
    assert not is_slip("1234", "1235")


def test_no_group_ever_holds_a_contradiction_that_nobody_compared():
    """Held against groups of random pairs: no sure part has two tax numbers, no two that are apart stand together."""
    draw = random.Random(7)
    for _round in range(200):
        ids = [str(n) for n in range(8)]
        telling = {one: (draw.choice(["11111111", "22222222", None]), None) for one in ids}
        pairs = [
            pair(one, other, draw.choice([0.4, 0.6, 0.995]), draw.random() * 40)
            for one in ids
            for other in ids
            if one < other and draw.random() < 0.3
        ]
        apart = [tuple(draw.sample(ids, 2))]
        groups = groups_of(pairs, telling, apart, Limits())
        sure = {frozenset((each.left, each.right)) for each in pairs if each.probability >= 0.99}
        for group in groups:
            assert not set(apart[0]) <= set(group.ids)
            for part in group.sure:
                assert len({telling[one][0] for one in part} - {None}) <= 1
            for one in group.ids:
                for other in group.ids:
                    numbers = {telling[one][0], telling[other][0]} - {None}
                    assert len(numbers) < 2 or frozenset((one, other)) in sure
        assert sum(len(group.ids) for group in groups) == len({one for group in groups for one in group.ids})
