"""A country in a sentence: its code, which `presenting` writes as the reader calls the country."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """A country by its code of two letters (ISO 3166-1), for use inside a message; any other text is written as it stands."""

    code: str

    def __str__(self) -> str:
        return self.code
