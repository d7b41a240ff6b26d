"""Values as they are written in TOML, each on one line, as people write mappings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def key(name: str) -> str:
    """A key, quoted where it must be."""
    return name if BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def value(given: Any) -> str:
    """A text, number, yes or no, list or table on one line; a list of one text is that text."""
    if isinstance(given, Mapping):
        return f"{{ {', '.join(f'{key(name)} = {value(each)}' for name, each in given.items())} }}"
    if isinstance(given, list | tuple):
        return value(given[0]) if len(given) == 1 else f"[{', '.join(map(value, given))}]"
    return json.dumps(given, ensure_ascii=False)
