"""What the history that an import saw depends on: which imports counted until then, and what was decided about its deals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from crmetrics.clean.mapping import Mapping

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision


def lineage(numbers: Iterable[int], source: str, mapping: Mapping, decisions: Sequence[Decision]) -> str:
    """A short print of everything that the history seen by an import depends on.

    numbers  the imports of all sources that count, up to this one: even another source tells how far the data reach
    """
    bearing = [each for each in decisions if _bears(each, source, mapping)]
    told = [sorted(numbers), [[each.kind, json.dumps(dict(each.about), sort_keys=True)] for each in bearing]]
    return sha256(json.dumps(told).encode()).hexdigest()[:12]


def _bears(decision: Decision, source: str, mapping: Mapping) -> bool:
    """Whether a decision may change what was seen of the source's deals. A row that is corrected is known again in every
    file, so it bears on all imports."""
    about = decision.about
    if decision.kind == "merge":
        return bool(about.get("table") == "deals")
    if decision.kind != "correct" or about.get("source") != source:
        return False
    feeding = {section.entry for section in mapping.sections if section.table.name in ("deals", "stages")}
    feeding |= {join.name for entry in feeding for join in mapping.entries[entry].joins}
    return about.get("entry") in feeding
