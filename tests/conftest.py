"""What several tests share: the demo company, made and imported once for all workers of a run."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest

from crmetrics.collect.demo import write_demo
from crmetrics.intake.imports import import_sources

DemoCompany = Callable[[str], Path]


@pytest.fixture(scope="session")
def demo_company(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> DemoCompany:
    """The workspace of the small demo company in a language; `exports/truth.json` beside its versions holds what is planted."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def made(language: str) -> Path:
        workspace = shared / f"demo-{language}"
        with (shared / f"demo-{language}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (workspace / "versions" / "current").is_file():
                exports = workspace / "exports"
                import_sources(workspace, [exports], write_demo(exports, language=language, lines=6_000))
        return workspace

    return made
