"""One import at a time in a workspace."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from crmetrics.vocabulary.errors import Busy
from crmetrics.vocabulary.language import words

_ = words("import")


@contextmanager
def import_lock(path: Path) -> Iterator[None]:
    """Hold the workspace's lock; raises Busy, naming the process that holds it and since when.

    The system lets go of the lock when its holder ends, however it ends, so no lock outlives a killed import. It is let go of
    by name as well: a child that began meanwhile holds the file open a while longer, and would hold the lock with it.
    """
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            process, _blank, since = file.read().strip().partition(" ")
            raise Busy(
                _(
                    "Another import is at work in this workspace (process {process}, since {since}). "
                    "Wait until it has ended, then import again.",
                    process=process or "?",
                    since=since or "?",
                )
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()} {datetime.now().astimezone().isoformat(sep=' ', timespec='seconds')}")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
            fcntl.flock(file, fcntl.LOCK_UN)
