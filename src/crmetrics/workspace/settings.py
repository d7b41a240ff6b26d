"""The settings of a workspace (a first version: the import writes and reads crmetrics.toml with it)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What the owner of a workspace has decided."""

    company: str = ""
    currency: str = "EUR"
    zone: str = "UTC"
    language: str = "en"
    week_start: int = 1
    fiscal_start: int = 1
    memory_limit: str = ""
    threads: int = 0
    spill: str = "spill"
