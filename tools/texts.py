"""Which English texts of the package are shown to people, and in which translation domain each stands.

A text is found in one of three ways: where it is marked, `_("Still open")` with `_ = words("sales")`; where a
declaration holds it when the package is imported (titles, columns, choices, questions of analyses, the schema); or in a
page template.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import ModuleType

from jinja2.ext import babel_extract

from crmetrics.vocabulary.language import SHARED, Message

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "crmetrics"


@dataclass(frozen=True, order=True)
class Text:
    """One text for people: `place` is "src/crmetrics/sales/win_rate.py:12"."""

    domain: str
    text: str
    plural: str
    place: str


class UnreadableText(ValueError):
    """A text that is put together when the program runs, so that no translator ever sees it."""


def texts() -> tuple[list[Text], list[str]]:
    """Every text for people in the package, and the modules that cannot be imported, so that theirs are not known.

    Raises UnreadableText for a text that does not stand literally in its file.
    """
    unread: list[str] = []
    found: dict[Text, None] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        found.update(dict.fromkeys(marked(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())))
    for path in sorted(PACKAGE.rglob("*.html")):
        found.update(dict.fromkeys(in_template(path, path.relative_to(ROOT).as_posix())))
    for module in modules(unread):
        found.update(dict.fromkeys(declared(module)))
    return list(found), unread


def marked(source: str, name: str) -> Iterator[Text]:
    """The texts of one Python file that stand in a call of a marker, and those of a literal `Message("...")`."""
    tree = ast.parse(source, name)
    markers = {"_": _room(name), **_markers(tree)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            continue
        place = f"{name}:{node.lineno}"
        if node.func.id in markers:
            forms = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "plural")][:2]
            text, plural = [*(_literal(form, place) for form in forms), ""][:2]
            yield Text(markers[node.func.id], text, plural, place)
        elif node.func.id == "Message" and len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
            # A blank holds the place of words to come, such as the title of an analysis that is being read.
            yield from (Text(SHARED, text, "", place) for text in (_literal(node.args[0], place),) if text)


def in_template(path: Path, name: str) -> Iterator[Text]:
    """The texts of one page template."""
    with path.open("rb") as file:
        for line, _function, message, _comments in babel_extract(file, ("_",), [], {}):
            forms = (message,) if isinstance(message, str) else tuple(form for form in message or () if form)
            yield Text(_room(name), forms[0], forms[1] if len(forms) > 1 else "", f"{name}:{line}")


def modules(unread: list[str]) -> Iterator[ModuleType]:
    """Every module of the package, imported; those that cannot be are told in `unread`."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if parts[-1] == "__main__":
            continue
        try:
            module = importlib.import_module(name)
        except (ImportError, SyntaxError, TypeError) as error:
            unread.append(
                f"{path.relative_to(ROOT).as_posix()}: cannot be imported ({error}), so its texts are not known"
            )
        else:
            yield module


def declared(module: ModuleType) -> Iterator[Text]:
    """The texts that the module's own declarations hold: every Message that its public and private names lead to."""
    place = Path(module.__file__ or "").resolve().relative_to(ROOT).as_posix()
    seen: set[int] = set()
    for value in list(vars(module).values()):
        for message in _messages(value, seen):
            yield Text(message.domain, message.text, message.plural or "", place)


def _messages(value: object, seen: set[int]) -> Iterator[Message]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Message):
        yield from (value,) if value.text else ()
    elif isinstance(value, Mapping):
        for each in list(value.values()):
            yield from _messages(each, seen)
    elif isinstance(value, tuple | list | set | frozenset):
        for each in list(value):
            yield from _messages(each, seen)
    elif isinstance(value, type):
        # A Row class: its columns are what an answer shows.
        yield from _messages(getattr(value, "columns", ()), seen)
    elif is_dataclass(value) and _is_ours(type(value)):
        for each in fields(value):
            yield from _messages(getattr(value, each.name, None), seen)


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "crmetrics"


def _markers(tree: ast.Module) -> dict[str, str]:
    """Markers that a file makes: `_ = words("sales")` gives {"_": "sales"}."""
    made = {}
    for node in tree.body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Name(id="words"), args=[ast.Constant(value=str(domain))]),
            ):
                made[name] = domain
    return made


def _room(name: str) -> str:
    parts = Path(name).parts
    return parts[2] if len(parts) > 3 else SHARED


def _literal(value: ast.expr, place: str) -> str:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    raise UnreadableText(f"{place}: {ast.unparse(value)} is not a literal text, so it is never translated")
