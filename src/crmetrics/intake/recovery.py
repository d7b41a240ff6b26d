"""What an import and a rebuild do before they begin: clear what a killed one left behind."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from crmetrics.collect.archives import UNPACKED
from crmetrics.intake.raw_store import RawStore
from crmetrics.warehouse.versions import Resources, Versions
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import Settings

ASIDE: Final = "aside-"
"""Folders in `spill` for versions that are not published: aside-<process>-<...>."""


def recover(place: Workspace) -> None:
    """Clear what a killed import left behind. The caller holds the import lock."""
    versions, store = Versions(place.versions), RawStore(place.raw)
    versions.recover()
    store.recover(versions)
    for path in place.spill.glob("duckdb_temp*"):
        path.unlink(missing_ok=True)
    for path in place.spill.glob(f"{UNPACKED}*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in place.spill.glob(f"{ASIDE}*"):
        if not _is_alive(path):
            shutil.rmtree(path, ignore_errors=True)
    place.settings.with_name(place.settings.name + ".part").unlink(missing_ok=True)


def resources(place: Workspace, settings: Settings) -> Resources:
    """What an import or a rebuild may use of the machine."""
    spill = place.folder / settings.spill if settings.spill else place.spill  # as questions read it
    return Resources(settings.memory_limit or None, settings.threads or None, spill)


def _is_alive(path: Path) -> bool:
    """Whether the process that made a folder still runs: a version made aside needs no lock, so it may be at work."""
    process = path.name.removeprefix(ASIDE).partition("-")[0]
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
