"""A file can be read at one sitting, a function at one look."""

import ast

FILE_LINES = 400
ANALYSIS_LINES = 200
FUNCTION_LINES = 40


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function's body and one for its name: a signature that lists the switches of a definition is a
    declaration, and a docstring is prose."""
    statements = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return 1 + ((node.end_lineno or node.lineno) - statements[0].lineno + 1 if statements else 0)


def test_files_are_short(product_files):
    limits = {file.name: ANALYSIS_LINES if file.is_analysis else FILE_LINES for file in product_files}
    lengths = {file.name: len(file.text.splitlines()) for file in product_files}
    too_long = {
        name: f"{length} lines, at most {limits[name]}" for name, length in lengths.items() if length > limits[name]
    }
    assert too_long == {}


def test_functions_are_short(product_files):
    too_long = {
        f"{file.place(node)} {node.name}": f"{function_lines(node)} lines, at most {FUNCTION_LINES}"
        for file in product_files
        for node in ast.walk(file.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and function_lines(node) > FUNCTION_LINES
    }
    assert too_long == {}


def test_neither_signature_nor_docstring_count():
    function = ast.parse('def f(\n    a,\n    b,\n):\n    """One\n    two.\n    """\n    c = a\n    return c\n').body[0]
    assert isinstance(function, ast.FunctionDef)
    assert function_lines(function) == 3
