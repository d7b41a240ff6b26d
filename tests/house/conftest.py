"""The files of the house, read once for all its tests."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AREAS = {"customers", "sales", "finance", "marketing", "service", "data", "kpis", "actions"}


@dataclass(frozen=True)
class SourceFile:
    """One Python file: `name` is its path from the root of the project, `room` the first folder in src/crmetrics."""

    path: Path
    name: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        parts = Path(self.name).parts
        return parts[2] if len(parts) > 3 and parts[0] == "src" else ""

    @property
    def is_analysis(self) -> bool:
        return self.room in AREAS and self.path.name != "__init__.py"

    def place(self, node: ast.AST) -> str:
        return f"{self.name}:{getattr(node, 'lineno', 1)}"


def read_files(folder: Path) -> list[SourceFile]:
    files = []
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        files.append(SourceFile(path, path.relative_to(ROOT).as_posix(), text, ast.parse(text, str(path))))
    return files


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def product_files() -> list[SourceFile]:
    files = read_files(ROOT / "src")
    assert files, "src/ holds no Python file: these tests would prove nothing"
    return files


@pytest.fixture(scope="session")
def files_of_tests() -> list[SourceFile]:
    return read_files(ROOT / "tests")
