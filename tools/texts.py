"""Which English texts of the package are shown to people, and in which translation domain each stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "crmetrics"
AREAS = ("customers", "sales", "finance", "marketing", "service", "data", "kpis", "actions")
SHARED = "crmetrics"


@dataclass(frozen=True)
class Rule:
    """Where a call holds texts: by position, or by keyword.

    `docstring`: a decorator; the first line of the function's docstring is a text too, if it is a question.
    """

    call: str
    text: tuple[int | str, ...]
    plural: tuple[int | str, ...] = ()
    docstring: bool = False


RULES = {
    rule.call: rule
    for rule in (
        Rule("_", text=(0,), plural=(1, "plural")),
        Rule("column", text=(0, "label", 2, "meaning")),
        Rule("analysis", text=(0, "title"), docstring=True),
    )
}


@dataclass(frozen=True, order=True)
class Text:
    """One text for people: `place` is "src/crmetrics/sales/win_rate.py:12"."""

    domain: str
    text: str
    plural: str
    place: str


class UnreadableText(ValueError):
    """A text that is put together when the program runs, so that no translator ever sees it."""


def texts() -> list[Text]:
    """Every text for people in the package, sorted; raises UnreadableText for one that does not stand literally."""
    found: set[Text] = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        found.update(in_python(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()))
    for path in sorted(PACKAGE.rglob("*.html")):
        found.update(in_template(path, path.relative_to(ROOT).as_posix()))
    return sorted(found)


def in_python(source: str, name: str) -> Iterator[Text]:
    """The texts of one Python file."""
    tree = ast.parse(source, name)
    domain = _domain(tree, name)
    for node in ast.walk(tree):
        rule = RULES.get(_called(node)) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and rule is not None:
            plural = "".join(_literals(node, rule.plural, name))
            for text in _literals(node, rule.text, name):
                yield Text(domain, text, plural, f"{name}:{node.lineno}")
        if isinstance(node, ast.FunctionDef) and any(_asks(decorator) for decorator in node.decorator_list):
            question = (ast.get_docstring(node) or "").partition("\n")[0]
            if question.endswith("?"):
                yield Text(domain, question, "", f"{name}:{node.lineno}")


def in_template(path: Path, name: str) -> Iterator[Text]:
    """The texts of one page template."""
    with path.open("rb") as file:
        for line, _function, message, _comments in babel_extract(file, ("_",), [], {}):
            forms = (message,) if isinstance(message, str) else tuple(form for form in message or () if form)
            yield Text(_room(name), forms[0], forms[1] if len(forms) > 1 else "", f"{name}:{line}")


def _domain(tree: ast.Module, name: str) -> str:
    """The domain that the file chose by `_ = words("sales")`; without one, its area or the shared one."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _called(node.value) == "words":
            chosen = node.value.args[0] if node.value.args else None
            if isinstance(chosen, ast.Constant) and isinstance(chosen.value, str):
                return chosen.value
    room = _room(name)
    return room if room in AREAS else SHARED


def _room(name: str) -> str:
    parts = Path(name).parts
    return parts[2] if len(parts) > 3 else SHARED


def _called(call: ast.Call) -> str:
    """The bare name that is called; blank for a method, such as sqlglot's exp.column(...), which marks no text."""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _asks(decorator: ast.expr) -> bool:
    rule = RULES.get(_called(decorator)) if isinstance(decorator, ast.Call) else None
    return rule is not None and rule.docstring


def _literals(call: ast.Call, places: tuple[int | str, ...], name: str) -> Iterator[str]:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    for place in places:
        if isinstance(place, str):
            value = keywords.get(place)
        else:
            value = call.args[place] if place < len(call.args) else None
        if value is None or (isinstance(value, ast.Constant) and value.value in (None, "")):
            continue
        if isinstance(value, ast.Call) and _called(value) in RULES:
            continue  # column(_("Customer")): the inner call is found by itself
        if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
            written = ast.unparse(value)
            raise UnreadableText(f"{name}:{value.lineno}: {written} is not a literal text, so it is never translated")
        yield value.value
