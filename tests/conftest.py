"""What several tests share: the demo company, made and imported once for all workers of a run; the browser, one for each."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crmetrics.collect.demo import write_demo
from crmetrics.intake.imports import import_sources

DemoCompany = Callable[[str], Path]
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Any]:
    """Chromium, started once: its driver cannot be started twice in one process."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=chromium_path, args=BROWSER_FLAGS)
        yield started
        started.close()


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
