"""crmetrics: what a company's CRM, shop, ERP and help desk already record, turned into answers and next steps.

>>> from crmetrics import open_workspace  # doctest: +SKIP
>>> answer = open_workspace("my-company").ask("sales.win_rate", period="2026-Q3", by="owner")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmetrics.analysis import Answer
    from crmetrics.catalogue import open_workspace
    from crmetrics.vocabulary.errors import CrmetricsError
    from crmetrics.vocabulary.period import Period

__all__ = ["Answer", "CrmetricsError", "Period", "open_workspace"]

_HOMES = {
    "Answer": "crmetrics.analysis",
    "CrmetricsError": "crmetrics.vocabulary.errors",
    "Period": "crmetrics.vocabulary.period",
    "open_workspace": "crmetrics.catalogue",
}


def __getattr__(name: str) -> Any:
    """Import a name of the public face when it is first used, so that `import crmetrics` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'crmetrics' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
