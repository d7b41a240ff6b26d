"""The encoding of files whose letters do not tell it, by those that came with them."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Sequence
from pathlib import Path

from crmetrics.collect.encodings import UTF_8, UnclearEncoding, encoding_told
from crmetrics.collect.files import FileEntry, find_files
from crmetrics.collect.kinds import Kind, kind_of
from crmetrics.collect.originals import Original, head_of
from crmetrics.vocabulary.errors import BadFile


def shared_encodings(paths: Sequence[Path]) -> dict[Path, str]:
    """The encodings of the text files that do not tell theirs, where all the others that tell have the same one.

    One program wrote them: a list of products without a Turkish letter but one is in the encoding of the others.
    """
    told: set[str] = set()
    unclear: list[Path] = []
    for _entry, path in find_files(paths, [FileEntry("all", ("*",))]):
        try:
            if kind_of(path) is Kind.TEXT:
                told.add(encoding_told(Original(path).blocks(), path.name, FileEntry(path.stem, ("*",)), head_of(path)))
        except UnclearEncoding:
            unclear.append(path)
        except BadFile:
            continue  # what is wrong with it is told where it is read
    own = told - {UTF_8}
    return {path: encoding for path in unclear for encoding in own if len(own) == 1 and _is_in(path, encoding)}


def _is_in(path: Path, encoding: str) -> bool:
    """Whether all letters of a file mean something in an encoding."""
    decoder = getincrementaldecoder(encoding)()
    try:
        for block in Original(path).blocks():
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
