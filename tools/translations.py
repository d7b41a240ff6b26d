"""Whether every text for people has its words in every language, and the .po files brought up to date.

`python -m tools.translations` checks; `--update [DOMAIN ...]` adds what is missing (blank, to be filled in by hand) and
drops what no longer is in the code; `--missing LANGUAGE` lists what is still to be translated.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from crmetrics.vocabulary.language import LANGUAGES, SHARED
from tools.texts import PACKAGE, ROOT, Text, UnreadableText, texts

FOREIGN = tuple(language for language in LANGUAGES if language != "en")
LOCALE = PACKAGE / "locale"
# CLDR's plural categories for whole numbers, as gettext writes them.
PLURAL_FORMS = {
    "tr": "nplurals=2; plural=(n != 1);",
    "uk": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "zh": "nplurals=1; plural=0;",
}
HEADER = """msgid ""
msgstr ""
"Project-Id-Version: crmetrics\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {forms}\\n"

"""
PLACE = re.compile(r"\{(\w+)\}")


def plural_count(language: str) -> int:
    return int(PLURAL_FORMS[language].partition("=")[2].partition(";")[0])


def po_path(language: str, domain: str, locale: Path = LOCALE) -> Path:
    return locale / language / "LC_MESSAGES" / f"{domain}.po"


def read(language: str, domain: str, locale: Path = LOCALE) -> Catalog:
    """The .po file of a language and domain; an empty catalogue if there is none."""
    path = po_path(language, domain, locale)
    if not path.is_file():
        return Catalog(locale=language, domain=domain)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def problems(found: Iterable[Text], locale: Path = LOCALE) -> list[str]:
    """Everything that would show a reader English, a wrong form or an unfilled place; empty if all is well."""
    wanted = by_domain(found)
    told: list[str] = []
    for language in FOREIGN:
        catalogs = {domain: read(language, domain, locale) for domain in domains(language, wanted, locale)}
        for domain, catalog in sorted(catalogs.items()):
            path = po_path(language, domain, locale)
            name = path.relative_to(ROOT if path.is_relative_to(ROOT) else locale).as_posix()
            told += [f"{name}: {fault}" for fault in faults(language, domain, wanted, catalogs)]
            if path.is_file() and f"Plural-Forms: {PLURAL_FORMS[language]}" not in path.read_text(encoding="utf-8"):
                told.append(f'{name}: the header must say "Plural-Forms: {PLURAL_FORMS[language]}\\n"')
            told += [f"{name}: {fault} (it is not in the code any more)" for fault in catalog.obsolete]
    return told


def by_domain(found: Iterable[Text]) -> dict[str, dict[str, Text]]:
    """The texts of each domain by their English."""
    wanted: dict[str, dict[str, Text]] = defaultdict(dict)
    for text in found:
        known = wanted[text.domain].get(text.text)
        if known is None or text.plural:
            wanted[text.domain][text.text] = text
    return dict(wanted)


def domains(language: str, wanted: Iterable[str], locale: Path = LOCALE) -> set[str]:
    """The domains that the code names, and those that have a file."""
    return {*wanted, SHARED} | {path.stem for path in (locale / language / "LC_MESSAGES").glob("*.po")}


def faults(
    language: str, domain: str, wanted: dict[str, dict[str, Text]], catalogs: dict[str, Catalog]
) -> Iterator[str]:
    catalog, shared = catalogs[domain], catalogs[SHARED]
    for english, text in sorted(wanted.get(domain, {}).items()):
        entry = catalog.get(english) or shared.get(english)
        if entry is None:
            yield f"{short(english)} ({text.place}) is missing"
        else:
            yield from entry_faults(language, text, entry)
    used = set().union(*wanted.values()) if domain == SHARED else set(wanted.get(domain, {}))
    for entry in catalog:
        if entry.id and first_form(entry) not in used:
            yield f"{short(first_form(entry))} is not in the code any more"
        elif entry.id and domain != SHARED and is_said_twice(entry, shared):
            yield f"{short(first_form(entry))} says the same as {SHARED}.po; once is enough"


def is_said_twice(entry: Message, shared: Catalog) -> bool:
    common = shared.get(first_form(entry))
    return common is not None and bool(common.string) and common.string == entry.string


def entry_faults(language: str, text: Text, entry: Message) -> Iterator[str]:
    """What is wrong with one translation."""
    forms = forms_of(entry)
    if entry.fuzzy:
        yield f"{short(text.text)} is marked fuzzy: look at it and remove the mark"
    if not all(form.strip() for form in forms):
        yield f"{short(text.text)} ({text.place}) has no translation"
        return
    if not text.plural:
        if len(forms) > 1 or not isinstance(entry.id, str):
            yield f"{short(text.text)} has plural forms here, but none in the code ({text.place})"
        elif places(forms[0]) != places(text.text):
            yield difference(text.text, forms[0])
        return
    count = plural_count(language)
    if isinstance(entry.id, str) or len(forms) != count:
        yield f'{short(text.text)} needs {count} plural form(s): msgid_plural "{text.plural}", msgstr[0] ...'
        return
    for number, form in enumerate(forms):
        # Turkish and English may write "one" as a word; in Ukrainian the first form is for 21 and 101 too.
        may_omit = number == 0 and language == "tr" and places(form) == places(text.text)
        if places(form) != places(text.plural) and not may_omit:
            yield difference(text.plural, form)


def places(text: str) -> set[str]:
    return set(PLACE.findall(text))


def difference(english: str, foreign: str) -> str:
    wanted, given = places(english), places(foreign)
    return f"{short(english)} has the places {sorted(wanted)}, its translation {short(foreign)} has {sorted(given)}"


def short(text: str) -> str:
    """A text as it is named in a complaint."""
    return f'"{text}"' if len(text) <= 70 else f'"{text[:67]}..."'


def first_form(entry: Message) -> str:
    return entry.id if isinstance(entry.id, str) else entry.id[0]


def forms_of(entry: Message) -> tuple[str, ...]:
    """The translation's forms: one, or as many as the language has plurals."""
    words = entry.string or ""
    return (words,) if isinstance(words, str) else tuple(form or "" for form in words)


def update(found: Iterable[Text], only: Iterable[str] = (), locale: Path = LOCALE) -> list[Path]:
    """Write the .po files anew: what is in the code, with the words that are known; returns the files that changed."""
    wanted = by_domain(found)
    changed = []
    for language in FOREIGN:
        shared = read(language, SHARED, locale)
        for domain in sorted(domains(language, wanted, locale)):
            if only and domain not in only:
                continue
            path = po_path(language, domain, locale)
            written = brought_up_to_date(language, domain, wanted, read(language, domain, locale), shared)
            if written != (path.read_bytes() if path.is_file() else b""):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(written)
                changed.append(path)
    return changed


def brought_up_to_date(
    language: str, domain: str, wanted: dict[str, dict[str, Text]], old: Catalog, shared: Catalog
) -> bytes:
    """One .po file as bytes. A text that the shared domain translates is not asked for again."""
    new = Catalog(locale=language, domain=domain)
    new.mime_headers = [("Plural-Forms", PLURAL_FORMS[language])]
    mine = dict(wanted.get(domain, {}))
    if domain == SHARED:
        for others in wanted.values():
            mine |= {english: text for english, text in others.items() if english in old and english not in mine}
    for english, text in sorted(mine.items()):
        known = old.get(english)
        if known is None and domain != SHARED and english in shared:
            continue
        forms = forms_of(known) if known is not None else ("",)
        count = plural_count(language) if text.plural else 1
        forms = forms if len(forms) == count else ("",) * count
        entry = new.add(
            (english, text.plural) if text.plural else english,
            string=forms if text.plural else forms[0],
            locations=[(text.place.rpartition(":")[0], 0)],
            user_comments=known.user_comments if known is not None else (),
        )
        # Babel guesses formats by their looks ("95 % interval" is none); a fuzzy mark stays until someone looked.
        entry.flags = {"fuzzy"} if known is not None and known.fuzzy else set()
    body = BytesIO()
    write_po(body, new, omit_header=True, include_lineno=False, width=110, sort_output=True)
    return HEADER.format(language=language, forms=PLURAL_FORMS[language]).encode() + body.getvalue()


def main() -> int:
    """Check, or do what the options say; 1 if something is wrong."""
    options = argparse.ArgumentParser(prog="python -m tools.translations", description=__doc__)
    options.add_argument("--update", nargs="*", metavar="DOMAIN", help="bring the .po files up to date")
    options.add_argument("--missing", choices=FOREIGN, help="list what is still to be translated")
    chosen = options.parse_args()
    try:
        found, unread = texts()
    except UnreadableText as error:
        print(error, file=sys.stderr)
        return 1
    print(*unread, sep="\n", end="\n" if unread else "", file=sys.stderr)
    if chosen.update is not None:
        for path in update(found, chosen.update):
            print(path.relative_to(ROOT))
        return 0
    told = problems(found)
    if chosen.missing:
        told = [line for line in told if f"/{chosen.missing}/" in line]
    print(*told, sep="\n", end="\n" if told else "")
    count = len({(text.domain, text.text) for text in found})
    print(
        f"{count} texts in {len(by_domain(found))} domains: " + (f"{len(told)} problems" if told else "all translated")
    )
    return 1 if told or unread else 0


if __name__ == "__main__":
    sys.exit(main())
