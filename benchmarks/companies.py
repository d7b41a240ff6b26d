"""The companies that are measured: demo companies of a given size, made and imported once."""

from __future__ import annotations

import shutil
from pathlib import Path

from crmetrics.collect.demo import write_demo
from crmetrics.intake.imports import import_sources

FOLDER = Path(".benchmarks")


def company_of(lines: int) -> Path:
    """The workspace of the demo company with so many order lines; its exports stand beside its versions."""
    workspace = FOLDER / f"demo-{lines}"
    if not (workspace / "versions" / "current").is_file():
        shutil.rmtree(workspace, ignore_errors=True)
        mapping = write_demo(workspace / "exports", lines=lines)
        import_sources(workspace, [workspace / "exports"], mapping)
    return workspace
