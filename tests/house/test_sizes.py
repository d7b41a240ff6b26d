"""A file can be read at one sitting, a function at one look."""

import ast

FILE_LINES = 400
ANALYSIS_LINES = 200
FUNCTION_LINES = 40


def docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    if ast.get_docstring(node, clean=False) is None:
        return 0
    first = node.body[0]
    return (first.end_lineno or first.lineno) - first.lineno + 1


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring_lines(node)


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


def test_a_docstring_does_not_count():
    function = ast.parse('def f():\n    """One\n    two.\n    """\n    return 1\n').body[0]
    assert isinstance(function, ast.FunctionDef)
    assert function_lines(function) == 2
