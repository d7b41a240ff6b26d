"""Every text for people has its words in Turkish, Ukrainian and Chinese."""

from types import ModuleType

import pytest
from babel.messages.pofile import read_po

from crmetrics.analysis import Note, Row, column
from crmetrics.vocabulary.language import Message
from crmetrics.vocabulary.unit import COUNT
from tools.texts import Text, UnreadableText, declared, in_template, marked, texts
from tools.translations import HEADER, PLURAL_FORMS, po_path, problems, update

WON = Text("sales", "Won", "", "src/crmetrics/sales/win_rate.py:1")
DEALS = Text("sales", "{n} deal of {name}", "{n} deals of {name}", "src/crmetrics/sales/win_rate.py:2")
WORDS = {
    "tr": {"Won": ["Kazanılan"], "{n} deal of {name}": ["{name}: {n} fırsat"] * 2},
    "uk": {"Won": ["Виграно"], "{n} deal of {name}": ["{n} угода {name}", "{n} угоди {name}", "{n} угод {name}"]},
    "zh": {"Won": ["赢单"], "{n} deal of {name}": ["{name} 的 {n} 个商机"]},
}


@pytest.fixture
def locale(tmp_path):
    """A locale folder that translates WON and DEALS fully."""
    for language, words in WORDS.items():
        path = po_path(language, "sales", tmp_path)
        path.parent.mkdir(parents=True)
        forms = "\n".join(f'msgstr[{i}] "{form}"' for i, form in enumerate(words[DEALS.text]))
        path.write_text(
            HEADER.format(language=language, forms=PLURAL_FORMS[language])
            + f'msgid "Won"\nmsgstr "{words["Won"][0]}"\n\n'
            + f'msgid "{DEALS.text}"\nmsgid_plural "{DEALS.plural}"\n{forms}\n',
            encoding="utf-8",
        )
    return tmp_path


def changed(locale, language, old, new):
    path = po_path(language, "sales", locale)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return problems([WON, DEALS], locale)


def test_every_text_has_its_words():
    found, unread = texts()
    assert unread == []
    assert problems(found) == []


def test_a_full_translation_is_accepted(locale):
    assert problems([WON, DEALS], locale) == []


@pytest.mark.parametrize(
    ("language", "old", "new", "said"),
    [
        ("tr", "Kazanılan", "", "has no translation"),
        ("tr", 'msgid "Won"', '#, fuzzy\nmsgid "Won"', "fuzzy"),
        ("tr", "Kazanılan", "Kazanılan {n}", "places"),
        ("uk", "{n} угод {name}", "{n} угод {nаme}", "places"),  # a Cyrillic letter inside the name
        ("uk", "{n} угода {name}", "одна угода {name}", "places"),  # this form is for 21 too
        ("uk", 'msgstr[2] "{n} угод {name}"', "", "has no translation"),
        ("zh", 'msgid "Won"', 'msgid "Lost"', "is missing"),
        ("zh", 'msgid "Won"', 'msgid "Lost"', "not in the code any more"),
        ("zh", "nplurals=1; plural=0;", "nplurals=2; plural=(n != 1);", "Plural-Forms"),
    ],
)
def test_a_fault_is_told(locale, language, old, new, said):
    told = changed(locale, language, old, new)
    assert any(f"{language}/LC_MESSAGES/sales.po" in line and said in line for line in told), told


def test_shared_words_serve_every_area_and_are_said_once(locale):
    shared = po_path("tr", "crmetrics", locale)
    shared.write_text(
        HEADER.format(language="tr", forms=PLURAL_FORMS["tr"]) + 'msgid "Won"\nmsgstr "Kazanılan"\n', encoding="utf-8"
    )
    assert [line for line in problems([WON, DEALS], locale) if "says the same as crmetrics.po" in line]
    assert not changed(locale, "tr", 'msgid "Won"\nmsgstr "Kazanılan"\n', "")


def test_update_keeps_what_is_known_and_asks_for_the_rest(locale):
    lost = Text("sales", "Lost", "", "src/crmetrics/sales/win_rate.py:3")
    assert update([lost, DEALS], locale=locale)
    with po_path("uk", "sales", locale).open("rb") as file:
        catalog = read_po(file, locale="uk")
    assert {message.id: message.string for message in catalog if message.id} == {
        "Lost": "",
        (DEALS.text, DEALS.plural): tuple(WORDS["uk"][DEALS.text]),
    }
    assert {line.rpartition("/")[2] for line in problems([lost, DEALS], locale)} == {
        "win_rate.py:3) has no translation",
    }
    assert update([lost, DEALS], locale=locale) == []


def test_update_gives_each_language_its_number_of_plural_forms(tmp_path):
    update([DEALS], locale=tmp_path)
    forms = {language: po_path(language, "sales", tmp_path).read_text().count("msgstr[") for language in PLURAL_FORMS}
    assert forms == {"tr": 2, "uk": 3, "zh": 1}


def test_marked_texts_are_found_with_their_domain():
    source = """
_ = words("schema")
shared = words("crmetrics")
def left_out(n):
    return _("{n} deal", "{n} deals", n=n), shared("still "
        "open"), Message("Grouped by"), exp.column("closed_at")
"""
    found = list(marked(source, "src/crmetrics/warehouse/schema.py"))
    assert sorted((text.domain, text.text, text.plural) for text in found) == [
        ("crmetrics", "Grouped by", ""),
        ("crmetrics", "still open", ""),
        ("schema", "{n} deal", "{n} deals"),
    ]


def test_declared_texts_are_found_in_values_and_in_rows():
    class Deal(Row):
        won = column("Won", COUNT, "decided in our favour", yes="Won it")

    module = ModuleType("deals")
    module.__file__ = __file__
    module.Deal = Deal
    module.LEFT_OUT = {"open": (Note(Message("still open", "sales")),)}
    assert {text.text for text in declared(module)} == {"Won", "decided in our favour", "Won it", "still open"}


def test_a_text_put_together_at_run_time_is_refused():
    with pytest.raises(UnreadableText, match="is not a literal text"):
        list(marked('_(f"Won by {name}")', "src/crmetrics/sales/win_rate.py"))


def test_texts_of_a_page_are_found(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<h1>{{ _('Analyses') }}</h1>\n<p>{{ _('{n} row', '{n} rows') }}</p>", encoding="utf-8")
    found = list(in_template(page, "src/crmetrics/web/templates/page.html"))
    assert [(text.domain, text.text) for text in found] == [("web", "Analyses"), ("web", "{n} row")]
