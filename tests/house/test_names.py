"""Files are named by what they hold; errors are named, never swallowed; nothing is left half done."""

import ast
import io
import re
import tokenize
from pathlib import Path

SAYS_NOTHING = {"base", "common", "core", "helper", "helpers", "manager", "misc", "shared", "util", "utils"}
ENDS_BADLY = re.compile(r"_(utils?|helpers?|manager|base|common|core|old|new|tmp|v\d+)$")
LEFT_UNDONE = re.compile(r"\b(TODO|FIXME|HACK)\b")
CATCHES_ALL = {"Exception", "BaseException"}


def says_nothing(name: str) -> bool:
    return name in SAYS_NOTHING or ENDS_BADLY.search(name) is not None


def named(node: ast.expr | None) -> str:
    """The name of an exception as written: `Exception`, `Exception(...)` or `builtins.Exception`."""
    if isinstance(node, ast.Call):
        return named(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def caught(handler: ast.ExceptHandler) -> set[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {named(kind) for kind in kinds}


def hands_on(handler: ast.ExceptHandler) -> bool:
    """Whether the handler ends by raising the very same error again, having cleaned up."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_names_say_something(product_files, files_of_tests):
    parts = {
        (file.name, part)
        for file in product_files + files_of_tests
        for part in Path(file.name).with_suffix("").parts[1:]
    }
    assert sorted(name for name, part in parts if says_nothing(part)) == []


def test_names_of_what_a_file_might_be():
    assert [name for name in ("win_rate", "customer_base_utils", "utils", "rates_v2") if says_nothing(name)] == [
        "customer_base_utils",
        "utils",
        "rates_v2",
    ]


def test_errors_have_a_name_of_their_own(product_files):
    nameless = [
        file.place(node)
        for file in product_files
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Raise) and named(node.exc) in CATCHES_ALL | {"NotImplementedError"}
    ]
    assert nameless == []


def test_errors_are_not_swallowed(product_files):
    swallowed = [
        file.place(node)
        for file in product_files
        for node in ast.walk(file.tree)
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None or "Exception" in caught(node) or ("BaseException" in caught(node) and not hands_on(node))
        )
    ]
    assert swallowed == []


def test_input_is_not_asserted(product_files):
    # python -O removes every assert, and its error tells a user nothing.
    asserts = [
        file.place(node) for file in product_files for node in ast.walk(file.tree) if isinstance(node, ast.Assert)
    ]
    assert asserts == []


def test_nothing_is_left_undone(product_files):
    undone = [
        f"{file.name}:{token.start[0]} {token.string}"
        for file in product_files
        for token in tokenize.generate_tokens(io.StringIO(file.text).readline)
        if token.type == tokenize.COMMENT and LEFT_UNDONE.search(token.string)
    ]
    assert undone == []


def can_fail(test: ast.AST) -> bool:
    """Whether a test asserts, expects an error, or calls a function whose name says that it checks."""
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = named(node.func)
            if name in {"raises", "fail", "warns"} or name.startswith(("assert_", "check_", "expect", "validate")):
                return True
            if any(keyword.arg == "validate" for keyword in node.keywords):
                return True
    return False


def test_every_test_can_fail(files_of_tests):
    idle = [
        f"{file.place(node)} {node.name}"
        for file in files_of_tests
        for node in ast.walk(file.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not any("fixture" in ast.dump(decorator) for decorator in node.decorator_list)
        and not can_fail(node)
    ]
    assert idle == []
